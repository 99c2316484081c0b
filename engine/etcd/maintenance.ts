/**
 * What an operator asks of one member: defragment, hand over, save, hash, and what it does by itself now
 * and then. Models server/etcdserver/api/v3rpc/maintenance.go and api/v3compactor (H2, L).
 */
import type { ReplyTo } from '../fabric/http.ts'
import type { EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Command, Write } from './apply.ts'
import { minorOf } from './config.ts'
import type { EtcdConfig } from './config.ts'
import type { Database } from './database.ts'
import { ERRORS } from './errors.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import { hashKv } from './hash.ts'
import { decimalId } from './ids.ts'
import type { EtcdResult, EtcdStatus } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { MemberId } from './raft/types.ts'
import type { Replies } from './replies.ts'
import type { ServerLog } from './server-log.ts'
import { makeSnapshot } from './snapshot.ts'
import type { Storage } from './storage.ts'

/** The server around it. */
export interface MaintenanceHost {
  readonly address: string
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: RaftNode<Command>
  readonly config: EtcdConfig | undefined
  readonly isLearner: boolean
  propose(write: Write): void
}

/** What it uses of the server's parts. */
export interface MaintenanceParts {
  replies: Replies
  log: ServerLog
  storage: Storage
}

/** Events that it sends to its server, which hands them to `handle`. */
const OWN = {
  /** Looks whether the leader moved. */
  moved: 'etcd.leader.moved',
  defragmented: 'etcd.defragmented',
  autoCompact: 'etcd.autoCompact',
} as const

interface Move {
  target: MemberId
  replyTo: ReplyTo
  startedAt: number
}

export interface MaintenanceState {
  timerId: EventId | null
  /** Up to where the next periodic compaction goes. */
  compactNext: number
  busyUntil: number
}

const HOUR_MS = 3_600_000
const REVISION_CHECK_MS = 5 * 60_000

export class Maintenance {
  private state: MaintenanceState = { timerId: null, compactNext: 0, busyUntil: 0 }

  constructor(
    private readonly kernel: Kernel,
    private readonly host: MaintenanceHost,
    private readonly to: MaintenanceParts,
  ) {}

  /** How long a defragmentation will go on. */
  get busyMs(): number {
    return Math.max(0, this.state.busyUntil - this.kernel.now)
  }

  start(): void {
    this.state = { timerId: null, compactNext: 0, busyUntil: 0 }
    this.armAutoCompact()
  }

  stop(): void {
    this.kernel.cancel(this.state.timerId ?? undefined)
    this.state.timerId = null
  }

  /** Nobody is answered until it is done. */
  defragment(replyTo: ReplyTo): void {
    this.to.log.say('info', 'backend/backend.go:509', 'defragmenting')
    const tookMs = this.host.db.backend.defragment(this.kernel.now)
    this.state.busyUntil = this.kernel.now + tookMs
    this.send(OWN.defragmented, tookMs, replyTo)
    this.to.storage.write()
  }

  moveLeader(target: MemberId, replyTo: ReplyTo): void {
    const { raft } = this.host
    if (!raft.isLeader) return this.to.replies.fail(replyTo, ERRORS.notLeader)
    if (!raft.voters.includes(target)) return this.to.replies.fail(replyTo, ERRORS.badLeaderTransferee)
    raft.transferLeadership(target)
    this.awaitMove({ target, replyTo, startedAt: this.kernel.now })
  }

  snapshot(): EtcdResult {
    const { db, flags } = this.host
    db.backend.flush()
    const sizeBytes = db.backend.sizeBytes(this.kernel.now)
    return {
      kind: 'snapshot',
      text: makeSnapshot(db.dump(), flags.version, sizeBytes),
      sizeBytes,
      version: flags.version,
    }
  }

  /** Throws a StoreError for a revision that is not there. */
  hashKv(revision: number): EtcdResult {
    const { store } = this.host.db
    store.checkRevision(revision)
    const hashRevision = revision === 0 ? store.revision : revision
    return { kind: 'hashKv', hash: hashKv(store, hashRevision), compactRevision: store.compactRevision, hashRevision }
  }

  status(): EtcdStatus {
    const { db, flags, raft, isLearner } = this.host
    const alarms = db.alarms.map(({ memberId, alarm }) => `memberID:${decimalId(memberId)} alarm:${alarm} `)
    const minor = minorOf(flags.version)
    return {
      version: flags.version,
      ...(minor >= 6 && { storageVersion: `3.${minor}.0`, dbSizeQuota: flags.quotaBytes }),
      dbSize: db.backend.sizeBytes(this.kernel.now),
      dbSizeInUse: db.backend.inUseBytes(this.kernel.now),
      leader: raft.lead ?? '0',
      raftIndex: raft.lastIndex,
      raftTerm: raft.term,
      raftAppliedIndex: raft.applied,
      isLearner,
      errors: [...(raft.lead === null ? [ERRORS.noLeader] : []), ...alarms],
    }
  }

  /** Takes a kernel event. Returns whether it was one of its own. */
  handle({ type, data }: KernelEvent): boolean {
    if (type === OWN.moved) this.awaitMove(data as Move)
    else if (type === OWN.defragmented) this.to.replies.answer(data as ReplyTo, { kind: 'defragment' })
    else if (type === OWN.autoCompact) this.autoCompact()
    else return false
    return true
  }

  dump(): MaintenanceState {
    return { ...this.state }
  }

  load(state: MaintenanceState): void {
    this.state = { ...state }
  }

  /** Looks every heartbeat interval, as the server does. */
  private awaitMove(move: Move): void {
    const { raft, flags } = this.host
    if (raft.lead === move.target) return this.to.replies.answer(move.replyTo, { kind: 'moveLeader' })
    if (this.kernel.now - move.startedAt >= requestTimeoutMs(flags))
      return this.to.replies.fail(move.replyTo, ERRORS.leaderTransferTimeout)
    this.send(OWN.moved, flags.heartbeatIntervalMs, move)
  }

  private armAutoCompact(): void {
    const { autoCompactionMode: mode, autoCompactionRetention: retention = 0 } = this.host.config ?? {}
    if (retention <= 0) return
    this.state.timerId = this.send(
      OWN.autoCompact,
      mode === 'revision' ? REVISION_CHECK_MS : Math.min(retention, HOUR_MS),
    )
  }

  private autoCompact(): void {
    const { autoCompactionMode: mode, autoCompactionRetention: retention = 0 } = this.host.config ?? {}
    const { store } = this.host.db
    const revision = mode === 'revision' ? store.revision - retention : this.state.compactNext
    this.state.compactNext = store.revision
    if (this.host.raft.isLeader && revision > store.compactRevision) this.host.propose({ kind: 'compact', revision })
    this.armAutoCompact()
  }

  private send(type: string, delayMs: number, data?: Move | ReplyTo): EventId {
    return this.kernel.send({ to: this.host.address, type, data }, delayMs)
  }
}
