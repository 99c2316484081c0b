/** On the leader: when leases end, and who keeps them alive. Models server/lease/lessor.go (the loop) and v3_server.go. */
import type { EventId, Kernel } from '../kernel/kernel.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import type { Lessor } from './lease.ts'
import type { EtcdCall, EtcdResult } from './messages.ts'

/** What only the leader can answer. */
export type LeaseCall = Extract<EtcdCall, { kind: 'leaseKeepAlive' | 'leaseTimeToLive' }>

/** The event that the clock sends to its server, which hands it to `expire`. */
export const LEASE_DUE = 'etcd.lease.timer'

export interface LeaseHost {
  readonly address: string
  readonly flags: EtcdFlags
  readonly lessor: Lessor
}

export interface LeaseClockState {
  timerId: EventId | null
  timerAt: number | null
}

export class LeaseClock {
  private timerId: EventId | null = null
  private timerAt: number | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly host: LeaseHost,
  ) {}

  answer(call: LeaseCall): EtcdResult {
    const { id } = call
    const { lessor } = this.host
    if (call.kind === 'leaseKeepAlive') return { kind: 'lease', id, ttlSeconds: this.renew(id) }
    const lease = lessor.get(id)
    const ttlSeconds = lessor.remainingSeconds(id, this.kernel.now)
    const keys = call.keys === true ? { keys: [...(lease?.keys ?? [])].sort() } : {}
    return { kind: 'lease', id, ttlSeconds, grantedTtlSeconds: lease?.ttlSeconds ?? 0, ...keys }
  }

  /** Returns the seconds that it has from now on. */
  renew(id: number): number {
    const ttlSeconds = this.host.lessor.renew(id, this.kernel.now)
    this.arm()
    return ttlSeconds
  }

  lead(isLeader: boolean): void {
    const { lessor, flags } = this.host
    if (isLeader) lessor.promote(this.kernel.now, flags.electionTimeoutMs)
    else lessor.demote()
    this.arm()
  }

  arm(): void {
    const next = this.host.lessor.nextExpiry() ?? null
    if (next === this.timerAt) return
    this.kernel.cancel(this.timerId ?? undefined)
    this.timerAt = next
    this.timerId =
      next === null ? null : this.kernel.send({ to: this.host.address, type: LEASE_DUE }, next - this.kernel.now)
  }

  /** The timer went off. Returns the leases that are to be revoked; they are looked at again, should that get lost. */
  expire(isLeader: boolean): number[] {
    const { lessor, flags } = this.host
    this.timerId = this.timerAt = null
    if (!isLeader) {
      // Times that came with a leader's snapshot, or with a directory that a leader left, are nobody's here.
      lessor.demote()
      return []
    }
    const expired = lessor.expired(this.kernel.now)
    for (const id of expired) lessor.postpone(id, this.kernel.now + requestTimeoutMs(flags))
    return expired
  }

  stop(): void {
    this.host.lessor.demote()
    this.kernel.cancel(this.timerId ?? undefined)
    this.timerId = this.timerAt = null
  }

  dump(): LeaseClockState {
    return { timerId: this.timerId, timerAt: this.timerAt }
  }

  load({ timerId, timerAt }: LeaseClockState): void {
    this.timerId = timerId
    this.timerAt = timerAt
  }
}
