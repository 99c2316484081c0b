/** What follows, on this member, from a command that is committed: watches, answers, timers, files. Models server/etcdserver/server.go (applyEntryNormal). */
import type { Kernel } from '../kernel/kernel.ts'
import { apply } from './apply.ts'
import type { Command, Write } from './apply.ts'
import type { AuthGate } from './auth-gate.ts'
import type { AuthTokens } from './auth-tokens.ts'
import type { Database } from './database.ts'
import type { EtcdFlags } from './flags.ts'
import type { LeaseClock } from './lease-clock.ts'
import type { EtcdResult } from './messages.ts'
import type { Publisher } from './publisher.ts'
import type { Entry } from './raft/types.ts'
import type { Replies } from './replies.ts'
import type { ServerLog } from './server-log.ts'
import type { Storage } from './storage.ts'
import type { WaitingClients } from './waiting.ts'
import type { WatchServer } from './watch-server.ts'

export interface ApplierHost {
  readonly name: string
  readonly flags: EtcdFlags
  readonly db: Database
  readonly isLeader: boolean
}

/** Who hears of it. */
export interface Concerned {
  clients: WaitingClients
  replies: Replies
  watches: WatchServer
  leases: LeaseClock
  publisher: Publisher
  storage: Storage
  log: ServerLog
  gate: AuthGate
  tokens: AuthTokens
}

export class Applier {
  constructor(
    private readonly kernel: Kernel,
    private readonly host: ApplierHost,
    private readonly to: Concerned,
  ) {}

  apply({ command }: Entry<Command>): void {
    if (command === null) return
    const { write, id } = command
    const { db, flags } = this.host
    const { result, changes } = apply(db, command, this.kernel.now, flags)
    this.to.gate.tell()
    if (write.kind !== 'txn' && result.kind !== 'error') this.follow(write, result)
    if (changes.length > 0) this.to.watches.offer(changes)
    if (changes.length > 0) this.to.storage.changed()
    const waiting = this.to.clients.take(id)
    if (waiting !== undefined) this.to.replies.answer(waiting.replyTo, result)
  }

  private follow(write: Write, result: EtcdResult): void {
    const { leases, publisher, log } = this.to
    const { name } = this.host
    if (write.kind === 'compact') this.kernel.record('etcd.compacted', { member: name, revision: write.revision })
    if (write.kind === 'leaseGrant' && this.host.isLeader) leases.renew(write.id ?? 0)
    if (write.kind === 'leaseGrant' || write.kind === 'leaseRevoke') leases.arm()
    if (write.kind === 'alarm') this.tellAlarm(write, result)
    if (write.kind === 'publish') publisher.applied(write.memberId)
    if (write.kind === 'clusterVersion') log.versionSet(write.version)
    this.followAuth(write)
  }

  /** Tokens end with what they stand for. */
  private followAuth(write: Write): void {
    const { tokens } = this.to
    if (write.kind === 'authenticate') tokens.assign(write.token, write.name)
    if (write.kind === 'authDisable') tokens.clear()
    if (write.kind === 'userDelete' || write.kind === 'userChangePassword') tokens.invalidate(write.name)
    if (write.kind === 'authEnable' || write.kind === 'authDisable')
      this.kernel.record(write.kind === 'authEnable' ? 'etcd.auth.enabled' : 'etcd.auth.disabled', {
        member: this.host.name,
      })
  }

  private tellAlarm({ action }: Extract<Write, { kind: 'alarm' }>, result: EtcdResult): void {
    if (action === 'get' || result.kind !== 'alarms') return
    const isRaised = action === 'activate'
    for (const alarm of result.alarms) {
      this.to.log.alarm(isRaised ? 'alarm raised' : 'alarm disarmed', alarm)
      const facts = { member: this.host.name, alarm: alarm.alarm }
      this.kernel.record(isRaised ? 'etcd.alarm.raised' : 'etcd.alarm.disarmed', facts)
    }
  }
}
