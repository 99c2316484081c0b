/**
 * One etcd member: a process on a host that speaks etcd's API on port 2379 and Raft on port 2380.
 * Models server/etcdserver (server.go, v3_server.go, raft.go) (H1, H4, L). See README.md for what is
 * not modelled.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { ReplyTo } from '../fabric/http.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { apply, isReadOnly, refusal } from './apply.ts'
import type { Command, Write } from './apply.ts'
import { ERRORS } from './errors.ts'
import { ETCD_FLAGS, requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import { clusterIdOf, memberIdOf } from './ids.ts'
import { isTtlTooLarge, Lessor } from './lease.ts'
import type { LessorState } from './lease.ts'
import { ETCD } from './messages.ts'
import type { EtcdCall, EtcdHeader, EtcdRequest, EtcdResponse, EtcdResult, EtcdWatchData } from './messages.ts'
import { ReadBatches } from './reads.ts'
import type { ReadBatchesState } from './reads.ts'
import { RaftNode, SYNCED } from './node.ts'
import type { Entry, MemberId, RaftMessage } from './raft/types.ts'
import { quorumOf } from './raft/quorum.ts'
import { Store, StoreError } from './store.ts'
import type { StoreState } from './store.ts'
import { WatchServer } from './watch-server.ts'
import type { WatchServerState } from './watch-server.ts'

export interface Peer {
  name: string
  host: HostName
}

export interface EtcdMemberOptions {
  name: string
  host: HostName
  /** All members of the cluster, this one included. */
  peers: Peer[]
  flags?: Partial<EtcdFlags>
  /** Whether the process runs from the beginning; default true. */
  running?: boolean
}

export const CLIENT_PORT = 2379
export const PEER_PORT = 2380

/** A client that waits for its write to be applied, or for its read to be allowed. */
interface Pending {
  id: string
  call: EtcdCall
  replyTo: ReplyTo
  startedAt: number
}

interface MemberState {
  running: boolean
  fsyncMs: number
  epoch: number
  calls: number
  store: StoreState
  lessor: LessorState
  watches: WatchServerState
  pending: Pending[]
  unproposed: Command[]
  reads: ReadBatchesState
  retryId: EventId | null
  deadlineId: EventId | null
  leaseTimerId: EventId | null
  leaseTimerAt: number | null
  leadSince: number
  raft: unknown
}

type LeaseCall = Extract<EtcdCall, { kind: 'leaseKeepAlive' | 'leaseTimeToLive' }>

/** Between members: what only the leader can answer. */
interface LeaseQuestion {
  from: MemberId
  id: string
  call: LeaseCall
}

interface LeaseAnswer {
  id: string
  result: EtcdResult
}

/** The kernel events that a member sends to itself. */
const OWN = { deadline: 'etcd.deadline', lease: 'etcd.lease.timer', retry: 'etcd.read.retry' } as const

export class EtcdMember implements Component {
  readonly name: string
  readonly host: HostName
  readonly address: string
  readonly memberId: MemberId
  readonly clusterId: string
  readonly store = new Store()
  readonly lessor: Lessor
  readonly raft: RaftNode<Command>
  readonly flags: EtcdFlags
  private readonly peers: Map<MemberId, Peer>
  private readonly watches: WatchServer
  private up = false
  /** Counts the starts of the process; part of each proposal's id. */
  private epoch = 0
  private calls = 0
  private pending = new Map<string, Pending>()
  /** Writes that wait for a leader. */
  private unproposed: Command[] = []
  private readonly reads = new ReadBatches()
  private retryId: EventId | null = null
  private deadlineId: EventId | null = null
  private leaseTimerId: EventId | null = null
  private leaseTimerAt: number | null = null
  /** When the present leader became known here. */
  private leadSince = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    options: EtcdMemberOptions,
  ) {
    this.name = options.name
    this.host = options.host
    this.address = `etcd/${options.name}`
    this.flags = { ...ETCD_FLAGS, ...options.flags }
    this.peers = new Map(options.peers.map((peer) => [memberIdOf(peer.name), peer]))
    this.memberId = memberIdOf(options.name)
    this.clusterId = clusterIdOf([...this.peers.keys()])
    this.lessor = new Lessor(Math.ceil((1.5 * this.flags.electionTimeoutMs) / 1000))
    this.watches = new WatchServer(kernel, this)
    this.raft = new RaftNode<Command>(kernel, this.address, this.memberId, [...this.peers.keys()], this.flags, {
      send: (to, message) => this.sendPeer(to, message),
      apply: (entry) => this.apply(entry),
      readReady: (context) => this.readReady(context),
      leaderChanged: (lead) => this.leaderChanged(lead),
      record: (name, facts) => this.kernel.record(name, { member: this.name, ...facts }),
    })
    kernel.register(this.address, this)
    if (options.running ?? true) this.start()
  }

  /** Whether the process runs. */
  get running(): boolean {
    return this.up
  }

  get isLeader(): boolean {
    return this.raft.isLeader
  }

  /** The name of the leader this member knows of. */
  get leader(): string | undefined {
    return this.raft.lead === null ? undefined : this.peers.get(this.raft.lead)?.name
  }

  /** Starts the process on what is on its disk. */
  start(): void {
    if (this.up) return
    this.up = true
    this.epoch++
    this.fabric.listen(this.host, CLIENT_PORT, this.address)
    this.fabric.listen(this.host, PEER_PORT, this.address)
    this.kernel.record('etcd.started', { member: this.name })
    this.raft.start()
  }

  /** Ends the process: what was in memory is gone, clients see their connections close. */
  stop(): void {
    if (!this.up) return
    this.dropClients()
    this.up = false
    this.fabric.unlisten(this.host, CLIENT_PORT)
    this.fabric.unlisten(this.host, PEER_PORT)
    this.raft.stop()
    this.lessor.demote()
    this.cancelTimers()
    this.kernel.record('etcd.stopped', { member: this.name })
  }

  /** Makes the disk slow, or fast again (0). */
  setFsyncMs(fsyncMs: number): void {
    this.flags.fsyncMs = fsyncMs
  }

  handle(event: KernelEvent): void {
    if (!this.up) return
    switch (event.type) {
      case ETCD.request:
        return this.serve(event.data as EtcdRequest)
      case ETCD.raft:
        return this.raft.receive(event.data as RaftMessage)
      case MACHINE_TIMEOUT:
        return this.raft.timeout(event.data as MachineTimeout)
      case SYNCED:
        return this.raft.synced()
      case ETCD.lease:
        return this.answerLease(event.data as LeaseQuestion)
      case ETCD.leaseAnswer:
        return this.takeLeaseAnswer(event.data as LeaseAnswer)
      case OWN.retry:
        return this.retryRead()
      case OWN.deadline:
        return this.failOverdue()
      case OWN.lease:
        return this.expireLeases()
      default:
        this.watches.handle(event.type)
    }
  }

  dump(): MemberState {
    return {
      running: this.up,
      fsyncMs: this.flags.fsyncMs,
      epoch: this.epoch,
      calls: this.calls,
      store: this.store.dump(),
      lessor: this.lessor.dump(),
      watches: this.watches.dump(),
      pending: [...this.pending.values()],
      unproposed: [...this.unproposed],
      reads: this.reads.dump(),
      retryId: this.retryId,
      deadlineId: this.deadlineId,
      leaseTimerId: this.leaseTimerId,
      leaseTimerAt: this.leaseTimerAt,
      leadSince: this.leadSince,
      raft: this.raft.dump(),
    }
  }

  load(dumped: unknown): void {
    const state = dumped as MemberState
    this.up = state.running
    this.flags.fsyncMs = state.fsyncMs
    this.epoch = state.epoch
    this.calls = state.calls
    this.store.load(state.store)
    this.lessor.load(state.lessor)
    this.watches.load(state.watches)
    this.pending = new Map(state.pending.map((pending) => [pending.id, pending]))
    this.unproposed = [...state.unproposed]
    this.reads.load(state.reads)
    this.retryId = state.retryId
    this.deadlineId = state.deadlineId
    this.leaseTimerId = state.leaseTimerId
    this.leaseTimerAt = state.leaseTimerAt
    this.leadSince = state.leadSince
    this.raft.load(state.raft)
  }

  // --- calls -----------------------------------------------------------------------------------

  private serve({ call, replyTo }: EtcdRequest): void {
    switch (call.kind) {
      case 'txn':
        return this.serveTxn(call, replyTo)
      case 'compact':
      case 'leaseRevoke':
        return this.propose(call, replyTo)
      case 'leaseGrant':
        return this.serveGrant(call, replyTo)
      case 'range':
        return call.serializable === true ? this.answerRead(call, replyTo) : this.askRead(call, replyTo)
      case 'readIndex':
      case 'memberList':
      case 'leases':
        return this.askRead(call, replyTo)
      case 'leaseTimeToLive':
      case 'leaseKeepAlive':
        return this.askLeader(call, replyTo)
      case 'status':
        return this.answerRead(call, replyTo)
      case 'watch':
        return this.serveWatch(call, replyTo)
      case 'watchCancel':
        return this.watches.cancel(call.watchId, replyTo)
      case 'watchProgress':
        return this.watches.tellProgress(call.watchId, replyTo)
    }
  }

  private serveTxn(call: Extract<Write, { kind: 'txn' }>, replyTo: ReplyTo): void {
    const message = refusal(call, this.flags.maxTxnOps)
    if (message !== undefined) this.fail(replyTo, message)
    else if (isReadOnly(call)) this.askRead(call, replyTo)
    else this.propose(call, replyTo)
  }

  private serveGrant(call: Extract<Write, { kind: 'leaseGrant' }>, replyTo: ReplyTo): void {
    if (isTtlTooLarge(call.ttlSeconds)) return this.fail(replyTo, ERRORS.leaseTtlTooLarge)
    const id = call.id === undefined || call.id === 0 ? 1 + this.kernel.random(this.address).int(2 ** 48) : call.id
    this.propose({ ...call, id }, replyTo)
  }

  private serveWatch(call: Extract<EtcdCall, { kind: 'watch' }>, replyTo: ReplyTo): void {
    if (this.raft.lead === null) return this.watches.refuse(call.watchId, replyTo, ERRORS.noLeader)
    this.answer(replyTo, { kind: 'watch', watchId: call.watchId })
    this.watches.begin(call, replyTo)
  }

  private propose(write: Write, replyTo?: ReplyTo): void {
    const id = `${this.memberId}/${this.epoch}/${++this.calls}`
    const command: Command = { id, write }
    if (replyTo !== undefined) this.remember({ id, call: write, replyTo, startedAt: this.kernel.now })
    if (!this.raft.propose(command) && replyTo !== undefined) this.unproposed.push(command)
    this.armDeadline()
  }

  private askRead(call: EtcdCall, replyTo: ReplyTo): void {
    const id = `${this.memberId}/${this.epoch}/${++this.calls}`
    this.remember({ id, call, replyTo, startedAt: this.kernel.now })
    this.reads.add(id)
    this.beginReads()
    this.armDeadline()
  }

  private beginReads(): void {
    const context = this.reads.begin(`${this.memberId}/${this.epoch}`)
    if (context === null) return
    this.raft.readIndex(context)
    this.armRetry()
  }

  private readReady(context: string): void {
    if (context !== this.reads.context) return
    for (const id of this.reads.end()) {
      const pending = this.pending.get(id)
      if (pending === undefined) continue
      this.pending.delete(id)
      this.answerRead(pending.call, pending.replyTo)
    }
    this.beginReads()
  }

  private armRetry(): void {
    if (this.reads.context === null) return
    this.retryId ??= this.kernel.send({ to: this.address, type: OWN.retry }, this.flags.readIndexRetryMs)
  }

  private retryRead(): void {
    this.retryId = null
    if (this.reads.context === null) return
    this.raft.readIndex(this.reads.context)
    this.armRetry()
  }

  /** Reads that were asked under another leader fail; those that waited for the first one are asked now. */
  private restartReads(isFirstLeader: boolean): void {
    if (this.reads.context === null) return
    if (isFirstLeader) return void this.raft.readIndex(this.reads.context)
    for (const id of this.reads.end()) this.failPending(id, ERRORS.leaderChanged)
    this.beginReads()
  }

  private failPending(id: string, message: string): void {
    const pending = this.pending.get(id)
    if (pending === undefined) return
    this.pending.delete(id)
    this.fail(pending.replyTo, message)
  }

  private answerRead(call: EtcdCall, replyTo: ReplyTo): void {
    try {
      this.answer(replyTo, this.read(call))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.fail(replyTo, error.message)
    }
  }

  private read(call: EtcdCall): EtcdResult {
    switch (call.kind) {
      case 'range':
        if (call.key === '') throw new StoreError(ERRORS.emptyKey)
        return { kind: 'range', ...this.store.range(call.key, call.rangeEnd, call) }
      case 'txn':
        return apply(this.store, this.lessor, call).result
      case 'leases':
        return { kind: 'leases', ids: this.lessor.ids() }
      case 'status':
        return { kind: 'status', status: this.status() }
      case 'memberList':
        return { kind: 'memberList', members: this.members() }
      default:
        return { kind: 'readIndex' }
    }
  }

  private status(): Extract<EtcdResult, { kind: 'status' }>['status'] {
    return {
      version: this.flags.version,
      dbSize: 20_480 + this.store.size * 1024,
      leader: this.raft.lead ?? '0',
      raftIndex: this.raft.lastIndex,
      raftTerm: this.raft.term,
      raftAppliedIndex: this.raft.applied,
      isLearner: false,
      errors: this.raft.lead === null ? [ERRORS.noLeader] : [],
    }
  }

  private members(): Extract<EtcdResult, { kind: 'memberList' }>['members'] {
    return [...this.peers].map(([id, { name, host }]) => ({
      id,
      name,
      peerUrls: [`https://${host}:${PEER_PORT}`],
      clientUrls: [`https://${host}:${CLIENT_PORT}`],
      isLearner: false,
    }))
  }

  // --- waiting clients -------------------------------------------------------------------------

  private remember(pending: Pending): void {
    this.pending.set(pending.id, pending)
  }

  /** One timer for all who wait: they came in the order in which they will be due. */
  private armDeadline(): void {
    if (this.deadlineId !== null || this.pending.size === 0) return
    const [first] = this.pending.values()
    const due = (first as Pending).startedAt + requestTimeoutMs(this.flags)
    this.deadlineId = this.kernel.send({ to: this.address, type: OWN.deadline }, due - this.kernel.now)
  }

  private failOverdue(): void {
    this.deadlineId = null
    for (const pending of this.pending.values()) {
      if (pending.startedAt + requestTimeoutMs(this.flags) > this.kernel.now) break
      this.unproposed = this.unproposed.filter(({ id }) => id !== pending.id)
      if (this.reads.forget(pending.id)) this.reads.end()
      this.failPending(pending.id, this.timeoutText(pending))
    }
    this.beginReads()
    this.armDeadline()
  }

  /** Why a request got no answer (parseProposeCtxErr). */
  private timeoutText({ call, startedAt }: Pending): string {
    if (isRead(call)) return ERRORS.timeout
    const lostAt = this.leadSince - 2 * this.flags.electionTimeoutMs
    if (this.leadSince > 0 && startedAt > lostAt && startedAt < this.leadSince) return ERRORS.timeoutLeaderFailure
    return this.isCutFromLeader() ? ERRORS.timeoutConnectionLost : ERRORS.timeout
  }

  /** Whether the leader (for the leader: a quorum) is out of reach. */
  private isCutFromLeader(): boolean {
    if (this.raft.lead === null) return false
    if (this.raft.isLeader)
      return [...this.peers.keys()].filter((id) => this.reaches(id)).length < quorumOf(this.peers.size)
    return !this.reaches(this.raft.lead)
  }

  private reaches(id: MemberId): boolean {
    const peer = this.peers.get(id) as Peer
    return this.fabric.dial(this.host, peer.host, PEER_PORT).kind === 'open'
  }

  // --- what Raft says --------------------------------------------------------------------------

  private apply({ command }: Entry<Command>): void {
    if (command === null) return
    const { result, changes } = apply(this.store, this.lessor, command.write)
    if (command.write.kind !== 'txn') this.afterApply(command.write, result)
    if (changes.length > 0) this.watches.offer(changes)
    const pending = this.pending.get(command.id)
    if (pending === undefined) return
    this.pending.delete(command.id)
    this.answer(pending.replyTo, result)
  }

  private afterApply(write: Write, result: EtcdResult): void {
    if (result.kind === 'error') return
    if (write.kind === 'compact') this.kernel.record('etcd.compacted', { member: this.name, revision: write.revision })
    if (write.kind === 'leaseGrant' && this.raft.isLeader) this.lessor.renew(write.id ?? 0, this.kernel.now)
    if (write.kind !== 'compact') this.armLeaseTimer()
  }

  private leaderChanged(lead: MemberId | null): void {
    if (this.raft.isLeader) this.lessor.promote(this.kernel.now, this.flags.electionTimeoutMs)
    else this.lessor.demote()
    this.armLeaseTimer()
    if (lead === null) return this.watches.leaderLost()
    const isFirst = this.leadSince === 0
    this.leadSince = this.kernel.now
    this.watches.leaderFound()
    const waiting = this.unproposed
    this.unproposed = waiting.filter((command) => !this.raft.propose(command))
    this.restartReads(isFirst)
  }

  private sendPeer(to: MemberId, data: RaftMessage | LeaseQuestion | LeaseAnswer, type: string = ETCD.raft): void {
    const peer = this.peers.get(to)
    if (peer === undefined) return
    const event = { to: `etcd/${peer.name}`, type, data }
    this.fabric.send({ from: this.host, to: peer.host, port: PEER_PORT, event })
  }

  // --- leases ----------------------------------------------------------------------------------

  /** Only the leader knows how long leases live: others ask it. */
  private askLeader(call: LeaseCall, replyTo: ReplyTo): void {
    if (this.raft.isLeader) return this.answer(replyTo, this.leaseResult(call))
    if (this.raft.lead === null) return this.fail(replyTo, ERRORS.noLeader)
    const id = `${this.memberId}/${this.epoch}/${++this.calls}`
    this.remember({ id, call, replyTo, startedAt: this.kernel.now })
    this.sendPeer(this.raft.lead, { from: this.memberId, id, call }, ETCD.lease)
    this.armDeadline()
  }

  private answerLease({ from, id, call }: LeaseQuestion): void {
    const result: EtcdResult = this.raft.isLeader
      ? this.leaseResult(call)
      : { kind: 'error', message: ERRORS.notLeader }
    this.sendPeer(from, { id, result }, ETCD.leaseAnswer)
  }

  private takeLeaseAnswer({ id, result }: LeaseAnswer): void {
    const pending = this.pending.get(id)
    if (pending === undefined) return
    this.pending.delete(id)
    this.answer(pending.replyTo, result)
  }

  private leaseResult({ kind, id }: LeaseCall): EtcdResult {
    if (kind === 'leaseKeepAlive') return this.renew(id)
    const ttlSeconds = this.lessor.remainingSeconds(id, this.kernel.now)
    return { kind: 'lease', id, ttlSeconds, grantedTtlSeconds: this.lessor.get(id)?.ttlSeconds ?? 0 }
  }

  private renew(id: number): EtcdResult {
    const ttlSeconds = this.lessor.renew(id, this.kernel.now)
    this.armLeaseTimer()
    return { kind: 'lease', id, ttlSeconds }
  }

  private armLeaseTimer(): void {
    const next = this.lessor.nextExpiry() ?? null
    if (next === this.leaseTimerAt) return
    this.kernel.cancel(this.leaseTimerId ?? undefined)
    this.leaseTimerAt = next
    this.leaseTimerId =
      next === null ? null : this.kernel.send({ to: this.address, type: OWN.lease }, next - this.kernel.now)
  }

  private expireLeases(): void {
    this.leaseTimerId = null
    this.leaseTimerAt = null
    if (!this.raft.isLeader) return
    for (const id of this.lessor.expired(this.kernel.now)) {
      this.lessor.postpone(id, this.kernel.now + requestTimeoutMs(this.flags))
      this.kernel.record('etcd.lease.expired', { member: this.name, lease: id })
      this.propose({ kind: 'leaseRevoke', id })
    }
    this.armLeaseTimer()
  }

  // --- answers ---------------------------------------------------------------------------------

  /** What goes with every answer. */
  header(): EtcdHeader {
    return {
      clusterId: this.clusterId,
      memberId: this.memberId,
      revision: this.store.revision,
      raftTerm: this.raft.term,
    }
  }

  private answer(replyTo: ReplyTo, result: EtcdResult): void {
    const data: EtcdResponse = { tag: replyTo.tag, header: this.header(), result }
    this.fabric.send({ from: this.host, to: replyTo.host, event: { to: replyTo.address, type: ETCD.response, data } })
  }

  private fail(replyTo: ReplyTo, message: string): void {
    this.answer(replyTo, { kind: 'error', message })
  }

  /** Sends to the client of a watch. Returns false when its host is gone, and the connection with it. */
  post(replyTo: ReplyTo, data: EtcdWatchData): boolean {
    if (!this.fabric.isUp(replyTo.host)) return false
    this.fabric.send({ from: this.host, to: replyTo.host, event: { to: replyTo.address, type: ETCD.watch, data } })
    return true
  }

  private dropClients(): void {
    for (const { replyTo } of this.pending.values()) this.fail(replyTo, ERRORS.stopped)
    this.watches.end(ERRORS.stopped)
    this.pending.clear()
    this.unproposed = []
    this.reads.clear()
  }

  private cancelTimers(): void {
    for (const id of [this.deadlineId, this.leaseTimerId, this.retryId]) this.kernel.cancel(id ?? undefined)
    this.deadlineId = this.leaseTimerId = this.leaseTimerAt = this.retryId = null
    this.leadSince = 0
  }
}

function isRead(call: EtcdCall): boolean {
  return (
    !['txn', 'compact', 'leaseGrant', 'leaseRevoke'].includes(call.kind) || (call.kind === 'txn' && isReadOnly(call))
  )
}
