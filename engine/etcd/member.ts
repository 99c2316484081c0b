/**
 * One etcd member: a process on a host that speaks etcd's API on its client URLs and Raft on its peer
 * URLs. Models server/etcdserver (server.go, raft.go) and server/embed (H, L). See README.md for its parts, and for
 * what is not modelled.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData, HttpResponse } from '../fabric/http.ts'
import type { JournalFacts } from '../kernel/journal.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { answerFrom } from './answers.ts'
import { Applier } from './applier.ts'
import type { Command, Write } from './apply.ts'
import { AuthGate } from './auth-gate.ts'
import type { Credentials } from './auth-messages.ts'
import { AuthTokens } from './auth-tokens.ts'
import type { TokensState } from './auth-tokens.ts'
import { boot } from './boot.ts'
import type { Boot } from './boot.ts'
import { Calls } from './calls.ts'
import type { EtcdConfig } from './config.ts'
import { CORRUPT_CHECK_DUE, CorruptionChecker } from './corrupt.ts'
import { Database } from './database.ts'
import type { DatabaseState } from './database.ts'
import type { Disk } from './disks.ts'
import { Doors } from './doors.ts'
import type { Listener } from './doors.ts'
import { DEADLINE, ERRORS } from './errors.ts'
import { ETCD_FLAGS, flagsOf } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import { Handover, HANDOVER_DUE } from './handover.ts'
import type { Leaving } from './handover.ts'
import { healthFacts } from './health-facts.ts'
import type { HealthFacts } from './http.ts'
import { LeaderQuestions } from './leader-questions.ts'
import type { LeaderAnswer, LeaderQuestion } from './leader-questions.ts'
import type { Lessor } from './lease.ts'
import { LEASE_DUE, LeaseClock } from './lease-clock.ts'
import type { LeaseClockState } from './lease-clock.ts'
import type { LogLevel } from './logs.ts'
import { Maintenance } from './maintenance.ts'
import type { MaintenanceState } from './maintenance.ts'
import { MemberChanges } from './member-changes.ts'
import type { MembershipState } from './membership.ts'
import { ETCD } from './messages.ts'
import type { EtcdCall, EtcdMemberInfo, EtcdRequest, EtcdResult } from './messages.ts'
import { RaftNode, SYNCED } from './node.ts'
import { configOf } from './options.ts'
import type { EtcdMemberOptions, ProcessPorts } from './options.ts'
import { PeerLinks } from './peer-links.ts'
import type { LinkedMember } from './peer-links.ts'
import { Proposals } from './proposals.ts'
import type { ProposalsState } from './proposals.ts'
import { PUBLISH_DUE, Publisher } from './publisher.ts'
import type { PublisherState } from './publisher.ts'
import { quorumOf } from './raft/quorum.ts'
import type { MemberId, RaftDisk, RaftMessage } from './raft/types.ts'
import { READ_DUE, ReadLoop } from './read-loop.ts'
import type { ReadLoopState } from './read-loop.ts'
import { Replies } from './replies.ts'
import { ServerLog } from './server-log.ts'
import { Storage } from './storage.ts'
import type { StorageState } from './storage.ts'
import type { Store } from './store.ts'
import type { HandshakeProblem, TlsClient } from './tls.ts'
import { isRead, REQUEST_DUE, timeoutText, WaitingClients } from './waiting.ts'
import type { Waiting, WaitingState } from './waiting.ts'
import { WatchServer } from './watch-server.ts'
import type { WatchServerState } from './watch-server.ts'

/** What the running process was started with. */
interface Process {
  config: EtcdConfig
  memberId: MemberId
  clusterId: string
  contacts: EtcdMemberInfo[]
  startedAt: number
  /** What Raft begins with; absent once it has begun. */
  raft?: RaftDisk
  leaderChanges: number
  failedProposals: number
  isLeaving?: boolean
}

interface MemberState {
  running: boolean
  isOpen: boolean
  process: Process | null
  flags: EtcdFlags
  epoch: number
  db: DatabaseState
  clients: WaitingState
  proposals: ProposalsState
  reads: ReadLoopState
  watches: WatchServerState
  leases: LeaseClockState
  leadSince: number
  maintenance: MaintenanceState
  corruption: EventId | null
  publisher: PublisherState
  storage: StorageState
  raft: unknown
  /** Absent: none. */
  tokens?: TokensState
}

/** The event that a member sends to itself when its process is to end. */
const END_DUE = 'etcd.end'

/** How long a process takes to find out that it cannot start. */
const FAIL_MS = 100

export class EtcdMember implements Component {
  readonly host: HostName
  readonly address: string
  readonly flags: EtcdFlags
  readonly db: Database
  raft: RaftNode<Command>
  private process: Process | null = null
  private ports: ProcessPorts
  private up = false
  /** Counts the starts of the process; part of each proposal's id. */
  epoch = 0
  /** When the present leader became known here. */
  private leadSince = 0
  /** Whom the log last named. */
  private leadBefore: MemberId | null = null
  /** Whether the process found data when it began: only of use while it starts. */
  private hadData = false

  private readonly log: ServerLog
  private readonly links: PeerLinks
  private readonly doors: Doors
  private readonly storage: Storage
  private readonly clients: WaitingClients
  private readonly proposals: Proposals
  private readonly reads: ReadLoop
  private readonly watches: WatchServer
  private readonly leases: LeaseClock
  private readonly publisher: Publisher
  private readonly maintenance: Maintenance
  private readonly corruption: CorruptionChecker
  private readonly changes: MemberChanges
  private readonly questions: LeaderQuestions
  private readonly calls: Calls
  private readonly applier: Applier
  private readonly handover: Handover
  private readonly replies: Replies
  private readonly tokens: AuthTokens
  private readonly gate: AuthGate

  constructor(
    private readonly kernel: Kernel,
    fabric: Fabric,
    private readonly options: EtcdMemberOptions,
  ) {
    this.host = options.host
    this.address = options.address ?? `etcd/${options.name ?? options.host}`
    this.flags = { ...ETCD_FLAGS, ...options.flags }
    this.ports = options
    this.db = new Database(Math.ceil((1.5 * this.flags.electionTimeoutMs) / 1000))
    const log = (this.log = new ServerLog(kernel, this, () => this.ports.log))
    this.links = new PeerLinks(kernel, fabric, this, options.hostOfAddress ?? ((address) => address), options.meet)
    this.doors = new Doors(kernel, fabric, this)
    const storage = (this.storage = new Storage(kernel, this, options.files ?? (() => undefined)))
    const replies = (this.replies = new Replies(fabric, this))
    const clients = (this.clients = new WaitingClients(kernel, this))
    const proposals = (this.proposals = new Proposals(this, clients, replies))
    const reads = (this.reads = new ReadLoop(kernel, this, clients, replies))
    const watches = (this.watches = new WatchServer(kernel, this, replies))
    const leases = (this.leases = new LeaseClock(kernel, this))
    const publisher = (this.publisher = new Publisher(kernel, this))
    const maintenance = (this.maintenance = new Maintenance(kernel, this, { replies, log, storage }))
    this.corruption = new CorruptionChecker(kernel, this)
    const changes = (this.changes = new MemberChanges(kernel, this, clients, replies, proposals))
    const questions = new LeaderQuestions(this, this.links, clients, replies, { leases, changes })
    this.questions = questions
    const tokens = (this.tokens = new AuthTokens(kernel, this.address))
    const gate = (this.gate = new AuthGate(this, tokens, log))
    this.calls = new Calls(kernel, this, { replies, proposals, reads, watches, questions, changes, maintenance, gate })
    const concerned = { clients, replies, watches, leases, publisher, storage, log, gate, tokens }
    this.applier = new Applier(kernel, this, concerned)
    this.handover = new Handover(kernel, this, () => this.end(0))
    kernel.register(this.address, this)
    this.raft = this.makeRaft('0')
    if (options.peers === undefined) return
    this.prepare(configOf(options, this.flags))
    if (options.running ?? true) this.start()
  }

  get name(): string {
    return this.process?.config.name ?? this.options.name ?? this.host
  }

  /** What the process runs with, or ran with last. */
  get config(): EtcdConfig | undefined {
    return this.process?.config
  }

  get memberId(): MemberId {
    return this.process?.memberId ?? '0'
  }

  get clusterId(): string {
    return this.process?.clusterId ?? '0'
  }

  get store(): Store {
    return this.db.store
  }

  get lessor(): Lessor {
    return this.db.lessor
  }

  /** Whether the process runs. */
  get running(): boolean {
    return this.up
  }

  get isLeader(): boolean {
    return this.raft.isLeader
  }

  /** Whether it answers a linearizable read. */
  get serves(): boolean {
    return this.doors.isOpen && this.raft.lead !== null && !this.isLearner
  }

  get isLearner(): boolean {
    return this.db.membership.get(this.memberId)?.isLearner === true
  }

  /** The name of the leader this member knows of. */
  get leader(): string | undefined {
    return this.raft.lead === null ? undefined : this.memberInfo(this.raft.lead)?.name
  }

  /** When the process began. */
  get startedAt(): number {
    return this.process?.startedAt ?? 0
  }

  /** What is known of a member: from the log, or from the cluster that is being joined. */
  memberInfo(id: MemberId): EtcdMemberInfo | undefined {
    return this.db.membership.get(id) ?? this.process?.contacts.find((one) => one.id === id)
  }

  /** The text of a file of the host. */
  read(path: string): string | undefined {
    return this.storage.files()?.text(path)
  }

  /** What this member knows of its cluster, for who wants to join. */
  cluster(): MembershipState {
    return this.db.membership.dump()
  }

  /** All members of the cluster, this one included. */
  members(): EtcdMemberInfo[] {
    return this.db.membership.all()
  }

  /** The other members of the cluster that can be reached. */
  others(): LinkedMember[] {
    return this.links.others()
  }

  // --- the process -----------------------------------------------------------------------------

  /**
   * Starts the process: with the flags of `config` on the data directory that they name; without one, as the
   * last time. `log` gets stderr line by line, `exit` the code when the process ends by itself.
   */
  start(config?: EtcdConfig, log?: (text: string) => void, exit?: (code: number) => void): void {
    if (this.up) return
    if (log !== undefined || exit !== undefined)
      this.ports = { ...this.options, ...(log && { log }), ...(exit && { exit }) }
    this.up = true
    this.epoch++
    const wanted = config ?? (this.options.peers === undefined ? this.process?.config : undefined)
    if (wanted !== undefined && !this.prepare(wanted)) return
    const { process } = this
    if (process === null) throw new Error(`${this.address}: started without a config`)
    this.log.started(process.config, !this.hadData)
    if (!this.passesInitialCheck(process.config)) return
    const { raft, ...started } = { ...process, startedAt: this.kernel.now }
    this.process = started
    this.doors.open()
    this.kernel.record('etcd.started', { member: this.name })
    this.publisher.start(this.options.peers !== undefined)
    this.raft.start(raft)
    this.maintenance.start()
    this.corruption.start()
  }

  /** Reads the data directory. Returns false when the process cannot go on. */
  private prepare(config: EtcdConfig): boolean {
    Object.assign(this.flags, this.options.peers === undefined ? flagsOf(config) : {})
    const { files, disks } = this.storage
    const askCluster = (urls: readonly string[]): MembershipState | undefined => this.links.askCluster(urls)
    const booted = boot(config, { files: files(), disks, askCluster })
    if (booted.kind === 'failed') {
      this.giveUp(config, booted)
      return false
    }
    this.take(config, booted)
    this.hadData = booted.db !== undefined
    return true
  }

  /** A member with data compares it with what the others have before it serves (--initial-corrupt-check). */
  private passesInitialCheck(config: EtcdConfig): boolean {
    const problem = config.initialCorruptCheck && this.hadData ? this.corruption.initialProblem() : undefined
    if (problem === undefined) return true
    this.log.inconsistent(config, problem)
    this.giveUp(config, { msg: 'discovery failed', error: problem })
    return false
  }

  private take(
    config: EtcdConfig,
    { memberId, clusterId, raft, db, diskId, contacts }: Extract<Boot, { kind: 'run' }>,
  ): void {
    const counts = { startedAt: 0, leaderChanges: 0, failedProposals: 0 }
    this.process = { config, memberId, clusterId, contacts, raft, ...counts }
    this.db.load(db ?? new Database(1).dump())
    this.db.membership.clusterId = clusterId
    this.raft = this.makeRaft(memberId)
    this.storage.open(diskId)
  }

  /** All that the data directory holds now. */
  disk(): Disk {
    const { memberId, clusterId, flags } = this
    const raft = this.process?.raft ?? this.raft.disk()
    return { memberId, clusterId, version: flags.version, raft, db: this.db.dump() }
  }

  /** Ends the process as a signal that it cannot catch does: what was in memory is gone, connections close. */
  stop(): void {
    if (!this.up) return
    if (this.doors.isOpen) this.close()
    this.up = false
    this.kernel.record('etcd.stopped', { member: this.name })
  }

  private close(): void {
    this.dropClients()
    this.doors.close()
    this.storage.close()
    this.raft.stop()
    this.tokens.clear()
    this.leadSince = 0
    for (const part of [this.leases, this.maintenance, this.corruption, this.publisher]) part.stop()
    for (const part of [this.clients, this.reads]) part.cancelTimer()
    this.links.clear()
  }

  private dropClients(): void {
    for (const { replyTo } of this.clients.end()) this.replies.fail(replyTo, ERRORS.stopped)
    this.watches.end(ERRORS.stopped)
    this.proposals.clear()
    this.reads.clear()
  }

  /** SIGTERM: a leader hands over first. `exit` is called when the process has ended. */
  terminate(): void {
    if (!this.up) return
    this.log.say('info', 'osutil/interrupt_unix.go:64', 'received signal; shutting down', { signal: 'terminated' })
    this.handover.begin()
  }

  /** The process ends by itself. */
  private end(code: number): void {
    const { exit } = this.ports
    this.stop()
    exit?.(code)
  }

  private endLater(code: number, afterMs: number): void {
    this.kernel.send({ to: this.address, type: END_DUE, data: { epoch: this.epoch, code } }, afterMs)
  }

  /** Raft cannot go on, such as with a log that was lost: the process ends as Go's panics do. */
  private panic(message: string): void {
    this.log.say('panic', 'etcdserver/zap_raft.go:101', message)
    this.end(2)
  }

  /** It cannot start: two lines, and it ends. */
  private giveUp(config: EtcdConfig, { msg, error }: { msg: string; error: string }): void {
    this.log.failed(config, msg, error)
    this.kernel.record('etcd.failed', { member: this.name, error })
    this.endLater(1, FAIL_MS)
  }

  /** This member does not belong to the cluster any more: the process ends. */
  leave(afterMs = 0): void {
    if (this.process === null || this.process.isLeaving === true) return
    this.process.isLeaving = true
    this.log.left()
    this.kernel.record('etcd.removed', { member: this.name })
    this.endLater(0, afterMs)
  }

  /** Spoils the newest value of a key on this member's disk alone: what the others have differs from now on. */
  spoil(key: string): void {
    this.store.spoil(key)
    this.kernel.record('etcd.spoilt', { member: this.name, key })
  }

  /** Makes the disk slow, or fast again (0). */
  setFsyncMs(fsyncMs: number): void {
    this.flags.fsyncMs = fsyncMs
  }

  // --- events ----------------------------------------------------------------------------------

  handle(event: KernelEvent): void {
    if (!this.doors.isOpen) return this.handleFailed(event)
    switch (event.type) {
      case ETCD.request:
        return this.admit(event)
      case ETCD.raft:
        return this.raft.receive(event.data as RaftMessage)
      case MACHINE_TIMEOUT:
        return this.raft.timeout(event.data as MachineTimeout)
      case SYNCED:
        return this.raft.synced()
      case ETCD.lease:
        return this.questions.answer(event.data as LeaderQuestion)
      case ETCD.leaseAnswer:
        return this.questions.take(event.data as LeaderAnswer)
      case HTTP.request:
        return this.doors.serve(event.data as HttpRequestData)
      default:
        this.handleOwn(event)
    }
  }

  /** A process that could not start waits for its end. */
  private handleFailed({ type, data }: KernelEvent): void {
    if (this.up && type === END_DUE) this.endDue(data as { epoch: number; code: number })
  }

  private handleOwn(event: KernelEvent): void {
    const { type, data } = event
    switch (type) {
      case READ_DUE:
        return this.reads.retry()
      case REQUEST_DUE:
        return this.failOverdue()
      case LEASE_DUE:
        return this.expireLeases()
      case END_DUE:
        return this.endDue(data as { epoch: number; code: number })
      case PUBLISH_DUE:
        return this.publisher.retry()
      case CORRUPT_CHECK_DUE:
        return this.corruption.check()
      case HANDOVER_DUE:
        return this.handover.look(data as Leaving)
      default:
        if (!this.maintenance.handle(event)) this.watches.handle(type)
    }
  }

  private endDue({ epoch, code }: { epoch: number; code: number }): void {
    if (epoch === this.epoch) this.end(code)
  }

  /** A member that is being defragmented answers later. */
  private admit(event: KernelEvent): void {
    const waitMs = this.maintenance.busyMs
    if (waitMs > 0) this.kernel.send(event, waitMs)
    else this.calls.serve(event.data as EtcdRequest)
  }

  dump(): MemberState {
    return {
      running: this.up,
      isOpen: this.doors.isOpen,
      process: this.process === null ? null : { ...this.process },
      flags: { ...this.flags },
      epoch: this.epoch,
      db: this.db.dump(),
      clients: this.clients.dump(),
      proposals: this.proposals.dump(),
      reads: this.reads.dump(),
      watches: this.watches.dump(),
      leases: this.leases.dump(),
      leadSince: this.leadSince,
      maintenance: this.maintenance.dump(),
      corruption: this.corruption.dump(),
      publisher: this.publisher.dump(),
      storage: this.storage.dump(),
      raft: this.raft.dump(),
      tokens: this.tokens.dump(),
    }
  }

  load(dumped: unknown): void {
    const state = dumped as MemberState
    this.up = state.running
    this.doors.isOpen = state.isOpen
    this.process = state.process === null ? null : { ...state.process }
    Object.assign(this.flags, state.flags)
    this.epoch = state.epoch
    this.db.load(state.db)
    this.tokens.load(state.tokens ?? [])
    this.clients.load(state.clients)
    this.proposals.load(state.proposals)
    this.reads.load(state.reads)
    this.watches.load(state.watches)
    this.leases.load(state.leases)
    this.leadSince = state.leadSince
    this.maintenance.load(state.maintenance)
    this.corruption.load(state.corruption)
    this.publisher.load(state.publisher)
    this.raft = this.makeRaft(this.memberId)
    this.raft.load(state.raft)
    this.leadBefore = this.raft.lead
    this.links.clear()
    this.storage.load(state.storage, this.up)
  }

  // --- clients ---------------------------------------------------------------------------------

  /** What the server wants by itself. */
  propose(write: Write): void {
    this.proposals.propose(write, undefined, this.db.auth.rootInfo())
  }

  /** Whether somebody with these credentials could read a key now. */
  mayRead(key: string, as: Credentials): boolean {
    return this.gate.mayRead(key, as)
  }

  /** What the state machine says now. Throws a StoreError when it cannot, or may not. */
  answerTo(call: EtcdCall, as?: Credentials): EtcdResult {
    this.gate.checkRead(call, as)
    return answerFrom(this.db, this.maintenance, call)
  }

  private failOverdue(): void {
    for (const overdue of this.clients.overdue()) {
      const hadNoLeader = this.proposals.forget(overdue.id)
      if (this.process !== null && !isRead(overdue.call)) this.process.failedProposals++
      this.reads.forget(overdue.id)
      this.replies.fail(overdue.replyTo, hadNoLeader ? DEADLINE : this.timeoutText(overdue))
    }
    this.reads.begin()
    this.clients.arm()
  }

  private timeoutText(overdue: Waiting): string {
    const { leadSince, flags } = this
    const { electionTimeoutMs } = flags
    return timeoutText(overdue, { leadSince, electionTimeoutMs, isCutFromLeader: () => this.isCutFromLeader() })
  }

  /** Whether the leader (for the leader: a quorum) is out of reach. */
  private isCutFromLeader(): boolean {
    const { lead, voters } = this.raft
    if (lead === null) return false
    const reaches = (id: MemberId): boolean => id === this.memberId || this.links.reaches(id)
    return this.raft.isLeader ? voters.filter(reaches).length < quorumOf(voters.length) : !reaches(lead)
  }

  private expireLeases(): void {
    for (const lease of this.leases.expire(this.raft.isLeader)) {
      this.kernel.record('etcd.lease.expired', { member: this.name, lease })
      this.propose({ kind: 'leaseRevoke', id: lease })
    }
    this.leases.arm()
  }

  /** The cluster knows this member: clients are served. */
  published(): void {
    if (this.process !== null) this.log.ready(this.process.config)
    this.kernel.record('etcd.ready', { member: this.name })
  }

  // --- Raft ------------------------------------------------------------------------------------

  private makeRaft(id: MemberId): RaftNode<Command> {
    return new RaftNode<Command>(this.kernel, this.address, id, [], this.flags, {
      send: (to, message) => this.links.send(to, ETCD.raft, message),
      apply: (entry) => this.applier.apply(entry),
      applyConf: (conf, _index, requestId) => this.changes.apply(conf, requestId),
      snapshot: () => this.db.dump(),
      restore: (data) => this.restore(data as DatabaseState),
      reaches: (id) => this.links.reaches(id),
      readReady: (context) => this.reads.ready(context),
      leaderChanged: (lead) => this.leaderChanged(lead),
      panic: (message) => this.panic(message),
      record: (name, facts) => this.record(name, facts),
    })
  }

  /** A leader's snapshot replaces all that this member had. */
  private restore(data: DatabaseState): void {
    const { clusterId } = this
    this.db.load(data)
    this.db.membership.clusterId = clusterId
    this.storage.write()
    this.log.say('info', 'etcdserver/server.go:901', 'applied snapshot', { 'local-member-id': this.memberId })
  }

  private leaderChanged(lead: MemberId | null): void {
    this.leases.lead(this.raft.isLeader)
    this.log.leader(lead, this.leadBefore, this.raft.term)
    this.leadBefore = lead
    if (lead === null) return this.watches.leaderLost()
    if (this.process !== null) this.process.leaderChanges++
    const isFirst = this.leadSince === 0
    this.leadSince = this.kernel.now
    this.watches.leaderFound()
    this.proposals.leaderFound()
    this.publisher.publish()
    this.reads.leaderFound(isFirst)
  }

  private record(name: string, facts: JournalFacts): void {
    this.kernel.record(name, { member: this.name, ...facts })
    this.log.raft(name, facts)
  }

  // --- other members ---------------------------------------------------------------------------

  /** Since when both processes run and see each other. */
  activeSinceMs(id: MemberId): number | undefined {
    return this.links.activeSinceMs(id, this.raft.activeSinceMs(id))
  }

  hasRemoved(id: MemberId): boolean {
    return this.db.membership.isRemoved(id)
  }

  /** A member belongs to the cluster no more, as the log says. */
  removed(id: MemberId): void {
    this.log.removed(id)
    if (id === this.memberId && this.up) this.leave(this.flags.removedStopMs)
  }

  // --- what it says, and its ports -------------------------------------------------------------

  /** A line of the log. */
  say(level: LogLevel, caller: string, msg: string, fields: Record<string, unknown> = {}): void {
    this.log.say(level, caller, msg, fields)
  }

  sayUnreachable(id: MemberId, error: string): void {
    this.log.unreachable(id, error)
  }

  /** Tells that a connection was refused. */
  sayRejected(endpoint: 'client' | 'peer', problem: string, remoteAddress: string, serverName = ''): void {
    this.log.rejected(endpoint, problem, remoteAddress, serverName)
  }

  /** The TCP ports of the process, and what is served there. */
  listeners(): Listener[] {
    return this.doors.listeners()
  }

  /** Whether the process listens at an address of its host. */
  accepts(address: string, port: number): boolean {
    return this.doors.accepts(address, port)
  }

  /** A client at the door of a port: undefined when it may come in. The server logs whom it rejects. */
  handshake(port: number, client: TlsClient, remoteAddress?: string): HandshakeProblem | undefined {
    return this.doors.handshake(port, client, remoteAddress)
  }

  /** HTTP on a client or metrics port; undefined when nothing listens there. */
  respond(port: number, request: HttpRequest): HttpResponse | undefined {
    return this.doors.respond(port, request)
  }

  healthFacts(): HealthFacts {
    const { leaderChanges = 0, failedProposals = 0 } = this.process ?? {}
    const counts = { leaderChanges, failedProposals, pendingProposals: this.clients.size }
    return healthFacts(this, counts, this.kernel)
  }
}
