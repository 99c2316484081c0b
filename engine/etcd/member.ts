/**
 * One etcd member: a process on a host that speaks etcd's API on its client URLs and Raft on its peer
 * URLs. Models server/etcdserver (server.go, v3_server.go, raft.go) and server/embed (H, L). See README.md
 * for what is not modelled.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { HTTP, Replier } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData, HttpResponse, ReplyTo } from '../fabric/http.ts'
import type { JournalFacts } from '../kernel/journal.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { apply, isOverQuota, isReadOnly, readTxn, refusal } from './apply.ts'
import type { Command, Write } from './apply.ts'
import { boot, confChange } from './boot.ts'
import type { Boot } from './boot.ts'
import { defaultConfig, minorOf, parseUrl } from './config.ts'
import type { EtcdConfig } from './config.ts'
import { databasePath, writeDataDir } from './data-dir.ts'
import type { EtcdFiles } from './data-dir.ts'
import { Database } from './database.ts'
import type { DatabaseState } from './database.ts'
import { Disks } from './disks.ts'
import type { Disk } from './disks.ts'
import { DEADLINE, ERRORS } from './errors.ts'
import { ETCD_FLAGS, flagsOf, requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import { respond } from './http.ts'
import type { HealthFacts } from './http.ts'
import { isTtlTooLarge } from './lease.ts'
import type { Lessor } from './lease.ts'
import { LEASE_DUE, LeaseClock } from './lease-clock.ts'
import type { LeaseCall, LeaseClockState } from './lease-clock.ts'
import { differs, Maintenance } from './maintenance.ts'
import type { MaintenanceState } from './maintenance.ts'
import type { MembershipChange, MembershipState } from './membership.ts'
import { ETCD } from './messages.ts'
import type { EtcdCall, EtcdHeader, EtcdMemberInfo, EtcdRequest, EtcdResponse, EtcdResult } from './messages.ts'
import type { EtcdWatchData } from './messages.ts'
import { PeerLinks } from './peer-links.ts'
import type { LinkedMember, Meet } from './peer-links.ts'
import { PUBLISH_DUE, Publisher } from './publisher.ts'
import type { PublisherState } from './publisher.ts'
import { ReadBatches } from './reads.ts'
import type { ReadBatchesState } from './reads.ts'
import { changeOf, changeRefusal } from './reconfiguration.ts'
import type { ChangeCall } from './reconfiguration.ts'
import { RaftNode, SYNCED } from './node.ts'
import type { ConfChange, Entry, MemberId, RaftDisk, RaftMessage } from './raft/types.ts'
import { quorumOf } from './raft/quorum.ts'
import { opBytes } from './sizes.ts'
import { ServerLog } from './server-log.ts'
import { StoreError } from './store.ts'
import type { Store } from './store.ts'
import { handshake } from './tls.ts'
import type { HandshakeProblem, TlsClient } from './tls.ts'
import { WatchServer } from './watch-server.ts'
import type { WatchServerState } from './watch-server.ts'

export interface Peer {
  name: string
  host: HostName
}

/** What the process writes to stderr, and how it says that it ended. */
export interface ProcessPorts {
  log?: (text: string) => void
  exit?: (code: number) => void
}

export interface EtcdMemberOptions extends ProcessPorts {
  host: HostName
  /** Default: `etcd/` and the host (or the name). */
  address?: string
  /** The host's files; absent: the member remembers by itself, whatever becomes of the host. */
  files?: () => EtcdFiles | undefined
  /** The host behind an address or a name of a URL; default: the host of that name. */
  hostOfAddress?: (address: string) => HostName | undefined
  /** How two members judge each other's certificates; default: by the files of their hosts. */
  meet?: Meet
  /** Without a config: the name, and all members of the cluster, this one included; their ports are the usual ones. */
  name?: string
  peers?: Peer[]
  flags?: Partial<EtcdFlags>
  /** With `peers`: whether the process runs from the beginning; default true. */
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

/** A proposal that waits for a leader. */
type Unproposed = { id: string; command: Command } | { id: string; conf: ConfChange }

/** What the running process was started with. */
interface Process {
  config: EtcdConfig
  memberId: MemberId
  clusterId: string
  /** The disk it writes to; absent without files. */
  diskId?: string
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
  calls: number
  db: DatabaseState
  watches: WatchServerState
  pending: Pending[]
  unproposed: Unproposed[]
  reads: ReadBatchesState
  timers: Record<string, EventId | null>
  leases: LeaseClockState
  leadSince: number
  maintenance: MaintenanceState
  publisher: PublisherState
  fileBytes: number
  raft: unknown
}

/** Between members: what only the leader can answer. */
interface LeaseQuestion {
  from: MemberId
  id: string
  call: LeaseCall | PromoteCall
}

type PromoteCall = Extract<EtcdCall, { kind: 'memberPromote' }>

interface LeaseAnswer {
  id: string
  result: EtcdResult
}

/** The kernel events that a member sends to itself. */
const OWN = {
  deadline: 'etcd.deadline',
  retry: 'etcd.read.retry',
  /** The process ends. */
  end: 'etcd.end',
  terminate: 'etcd.terminate',
} as const

/** A file is written anew when the database grew by so much. */
const FILE_GRAIN_BYTES = 256 * 1024
const MAX_COMMIT_GAP = 5000
export class EtcdMember implements Component {
  readonly host: HostName
  readonly address: string
  readonly flags: EtcdFlags
  readonly db: Database
  raft: RaftNode<Command>
  private process: Process | null = null
  private readonly disks: Disks
  private readonly links: PeerLinks
  private readonly watches: WatchServer
  private readonly leases: LeaseClock
  private readonly maintenance: Maintenance
  private readonly publisher: Publisher
  private readonly log: ServerLog
  private readonly files: () => EtcdFiles | undefined
  private ports: ProcessPorts
  private up = false
  /** Whether the process got as far as its data directory and its ports. */
  private isOpen = false
  /** Counts the starts of the process; part of each proposal's id. */
  epoch = 0
  private calls = 0
  private pending = new Map<string, Pending>()
  /** Writes that wait for a leader. */
  private unproposed: Unproposed[] = []
  private readonly reads = new ReadBatches()
  private retryId: EventId | null = null
  private deadlineId: EventId | null = null
  /** Whom the log last named. */
  private leadBefore: MemberId | null = null
  /** When the present leader became known here. */
  private leadSince = 0
  /** The listeners of a config. Derived. */
  private doors: { of: EtcdConfig; list: ReturnType<EtcdMember['listeners']> } | undefined
  /** As large as the database's file is said to be. */
  private fileBytes = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly options: EtcdMemberOptions,
  ) {
    this.host = options.host
    this.address = options.address ?? `etcd/${options.name ?? options.host}`
    this.flags = { ...ETCD_FLAGS, ...options.flags }
    this.files = options.files ?? (() => undefined)
    this.ports = options
    this.disks = Disks.of(kernel)
    this.db = new Database(Math.ceil((1.5 * this.flags.electionTimeoutMs) / 1000))
    this.watches = new WatchServer(kernel, this)
    this.leases = new LeaseClock(kernel, this)
    this.maintenance = new Maintenance(kernel, this)
    this.publisher = new Publisher(kernel, this)
    this.log = new ServerLog(kernel, this, () => this.ports.log)
    this.links = new PeerLinks(kernel, fabric, this, options.hostOfAddress ?? ((address) => address), options.meet)
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
    return this.isOpen && this.raft.lead !== null && !this.isLearner && !this.db.hasAlarm('CORRUPT')
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
    return this.files()?.text(path)
  }

  /** What this member knows of its cluster, for who wants to join. */
  cluster(): MembershipState {
    return this.db.membership.dump()
  }

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
    const { raft, ...started } = { ...process, startedAt: this.kernel.now }
    this.process = started
    this.isOpen = true
    this.listen()
    this.kernel.record('etcd.started', { member: this.name })
    this.log.started(started.config, started.diskId?.endsWith('.1') ?? true)
    this.publisher.start(this.options.peers !== undefined)
    this.raft.start(raft)
    this.maintenance.start()
  }

  /** Reads the data directory. Returns false when the process cannot go on. */
  private prepare(config: EtcdConfig): boolean {
    Object.assign(this.flags, this.options.peers === undefined ? flagsOf(config) : {})
    const files = this.files()
    const askCluster = (urls: readonly string[]): MembershipState | undefined => this.links.askCluster(urls)
    const booted = boot(config, { files, disks: this.disks, askCluster })
    if (booted.kind === 'failed') {
      this.giveUp(config, booted)
      return false
    }
    this.take(config, booted)
    const inconsistent =
      config.initialCorruptCheck &&
      booted.db !== undefined &&
      this.links.others().some(({ store }) => differs(store, this.store))
    if (inconsistent)
      this.giveUp(config, {
        msg: 'checkInitialHashKV failed',
        error: `${this.memberId} found data inconsistency with peers`,
      })
    return !inconsistent
  }

  private take(
    config: EtcdConfig,
    { memberId, clusterId, raft, db, diskId, contacts }: Extract<Boot, { kind: 'run' }>,
  ): void {
    const counts = {
      startedAt: 0,
      leaderChanges: 0,
      failedProposals: 0,
    }
    this.process = { config, memberId, clusterId, contacts, raft, ...counts }
    this.db.load(db ?? new Database(1).dump())
    this.db.membership.clusterId = clusterId
    this.raft = this.makeRaft(memberId)
    if (this.files() === undefined) return
    const { version } = this.flags
    this.process.diskId = diskId ?? this.disks.create({ memberId, clusterId, version, raft, db: this.db.dump() })
    this.disks.use(this.process.diskId, () => this.disk())
    this.writeFiles()
  }

  private makeRaft(id: MemberId): RaftNode<Command> {
    return new RaftNode<Command>(this.kernel, this.address, id, [], this.flags, {
      send: (to, message) => this.links.send(to, ETCD.raft, message),
      apply: (entry) => this.apply(entry),
      applyConf: (conf, _index, requestId) => this.applyConf(conf, requestId),
      snapshot: () => this.db.dump(),
      restore: (data) => this.restore(data as DatabaseState),
      reaches: (id) => this.links.reaches(id),
      readReady: (context) => this.readReady(context),
      leaderChanged: (lead) => this.leaderChanged(lead),
      panic: (message) => this.panic(message),
      record: (name, facts) => this.record(name, facts),
    })
  }

  /** All that the data directory holds now. */
  private disk(): Disk {
    const { memberId, clusterId, flags } = this
    const raft = this.process?.raft ?? this.raft.disk()
    return { memberId, clusterId, version: flags.version, raft, db: this.db.dump() }
  }

  private writeFiles(): void {
    const files = this.files()
    if (files === undefined || this.process?.diskId === undefined) return
    this.fileBytes = this.db.backend.sizeBytes(this.kernel.now)
    writeDataDir(files, this.process.diskId, this.fileBytes, this.process.config.dataDir)
  }

  private listen(): void {
    for (const { port } of this.listeners()) this.fabric.listen(this.host, port, this.address)
  }

  /** The TCP ports of the process, and what is served there. */
  listeners(): { kind: 'client' | 'peer' | 'metrics'; scheme: 'http' | 'https'; address: string; port: number }[] {
    const config = this.process?.config
    if (config === undefined || !this.isOpen) return []
    if (this.doors?.of !== config) this.doors = { of: config, list: this.doorsOf(config) }
    return this.doors.list
  }

  private doorsOf(config: EtcdConfig): ReturnType<EtcdMember['listeners']> {
    const of = (kind: 'client' | 'peer' | 'metrics', urls: string[]): ReturnType<EtcdMember['listeners']> =>
      urls.flatMap((url) => {
        const listener = parseUrl(url)
        return listener === undefined ? [] : [{ kind, ...listener }]
      })
    return [
      ...of('client', config.listenClientUrls),
      ...of('peer', config.listenPeerUrls),
      ...of('metrics', config.listenMetricsUrls),
    ]
  }

  /** Whether the process listens at an address of its host. */
  accepts(address: string, port: number): boolean {
    return this.listeners().some((one) => one.port === port && (one.address === address || isAny(one.address)))
  }

  /** Ends the process as a signal that it cannot catch does: what was in memory is gone, connections close. */
  stop(): void {
    if (!this.up) return
    if (this.isOpen) this.close()
    this.up = this.isOpen = false
    this.kernel.record('etcd.stopped', { member: this.name })
  }

  private close(): void {
    this.dropClients()
    for (const { port } of this.listeners())
      if (this.fabric.listener(this.host, port) === this.address) this.fabric.unlisten(this.host, port)
    this.saveDisk()
    this.raft.stop()
    this.leases.stop()
    this.maintenance.stop()
    this.publisher.stop()
    this.cancelTimers()
    this.links.clear()
  }

  /** What the process leaves behind, if its directory is still there. */
  private saveDisk(): void {
    if (this.process?.diskId === undefined) return
    if (this.read(databasePath(this.process.config.dataDir)) !== undefined) this.writeFiles()
    this.disks.close(this.process.diskId, this.disk())
  }

  /** SIGTERM: a leader hands over first. `exit` is called when the process has ended. */
  terminate(): void {
    if (!this.up) return
    this.log.say('info', 'osutil/interrupt_unix.go:64', 'received signal; shutting down', { signal: 'terminated' })
    const heir = this.heir()
    if (heir === undefined) return this.end(0)
    this.raft.transferLeadership(heir)
    this.kernel.send(
      { to: this.address, type: OWN.terminate, data: { epoch: this.epoch, at: this.kernel.now } },
      this.flags.heartbeatIntervalMs,
    )
  }

  /** Who was connected longest (longestConnected). */
  private heir(): MemberId | undefined {
    if (!this.raft.isLeader) return undefined
    const others = this.raft.voters.filter((id) => id !== this.memberId && this.raft.activeSinceMs(id) !== undefined)
    return others.sort((a, b) => (this.raft.activeSinceMs(a) ?? 0) - (this.raft.activeSinceMs(b) ?? 0))[0]
  }

  private awaitHandover({ epoch, at }: { epoch: number; at: number }): void {
    if (epoch !== this.epoch) return
    if (!this.raft.isLeader || this.kernel.now - at >= requestTimeoutMs(this.flags)) return this.end(0)
    this.kernel.send({ to: this.address, type: OWN.terminate, data: { epoch, at } }, this.flags.heartbeatIntervalMs)
  }

  /** The process ends by itself. */
  private end(code: number): void {
    const { exit } = this.ports
    this.stop()
    exit?.(code)
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
    this.kernel.send({ to: this.address, type: OWN.end, data: { epoch: this.epoch, code: 1 } }, FAIL_MS)
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

  handle(event: KernelEvent): void {
    if (!this.isOpen) return this.handleFailed(event)
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
        return this.answerLease(event.data as LeaseQuestion)
      case ETCD.leaseAnswer:
        return this.takeLeaseAnswer(event.data as LeaseAnswer)
      case HTTP.request:
        return this.serveHttp(event.data as HttpRequestData)
      default:
        this.handleOwn(event)
    }
  }

  /** A process that could not start waits for its end. */
  private handleFailed({ type, data }: KernelEvent): void {
    const { epoch, code } = (data ?? {}) as { epoch?: number; code?: number }
    if (this.up && type === OWN.end && epoch === this.epoch) this.end(code ?? 1)
  }

  private handleOwn({ type, data }: KernelEvent): void {
    switch (type) {
      case OWN.retry:
        return this.retryRead()
      case OWN.deadline:
        return this.failOverdue()
      case LEASE_DUE:
        return this.expireLeases()
      case OWN.end:
        if ((data as { epoch: number }).epoch === this.epoch) this.end((data as { code: number }).code)
        return
      case PUBLISH_DUE:
        return this.publisher.retry()
      case OWN.terminate:
        return this.awaitHandover(data as { epoch: number; at: number })
      default:
        if (!this.maintenance.handle({ to: this.address, type, data })) this.watches.handle(type)
    }
  }

  dump(): MemberState {
    const { retryId, deadlineId } = this
    return {
      running: this.up,
      isOpen: this.isOpen,
      process: this.process === null ? null : { ...this.process },
      flags: { ...this.flags },
      epoch: this.epoch,
      calls: this.calls,
      db: this.db.dump(),
      watches: this.watches.dump(),
      pending: [...this.pending.values()],
      unproposed: [...this.unproposed],
      reads: this.reads.dump(),
      timers: { retryId, deadlineId },
      leases: this.leases.dump(),
      leadSince: this.leadSince,
      maintenance: this.maintenance.dump(),
      publisher: this.publisher.dump(),
      fileBytes: this.fileBytes,
      raft: this.raft.dump(),
    }
  }

  load(dumped: unknown): void {
    const state = dumped as MemberState
    this.up = state.running
    this.isOpen = state.isOpen
    this.process = state.process === null ? null : { ...state.process }
    Object.assign(this.flags, state.flags)
    this.epoch = state.epoch
    this.calls = state.calls
    this.db.load(state.db)
    this.watches.load(state.watches)
    this.pending = new Map(state.pending.map((pending) => [pending.id, pending]))
    this.unproposed = [...state.unproposed]
    this.reads.load(state.reads)
    Object.assign(this, state.timers)
    this.leases.load(state.leases)
    this.leadSince = state.leadSince
    this.maintenance.load(state.maintenance)
    this.publisher.load(state.publisher)
    this.fileBytes = state.fileBytes
    this.raft = this.makeRaft(this.memberId)
    this.raft.load(state.raft)
    this.links.clear()
    if (this.up && this.process?.diskId !== undefined) this.disks.use(this.process.diskId, () => this.disk())
  }

  // --- calls -----------------------------------------------------------------------------------

  /** A member that is being defragmented answers later. */
  private admit(event: KernelEvent): void {
    const waitMs = this.maintenance.busyMs
    if (waitMs > 0) this.kernel.send(event, waitMs)
    else this.serve(event.data as EtcdRequest)
  }

  private serve({ call, replyTo }: EtcdRequest): void {
    if (this.isLearner && !isForLearner(call)) return this.refuseLearner(call, replyTo)
    switch (call.kind) {
      case 'txn':
        return this.serveTxn(call, replyTo)
      case 'compact':
      case 'leaseRevoke':
      case 'alarm':
        return this.propose(call, replyTo)
      case 'leaseGrant':
        return this.serveGrant(call, replyTo)
      case 'range':
        return call.serializable === true ? this.answerRead(call, replyTo) : this.askRead(call, replyTo)
      case 'memberList':
        return this.readsLocally(call) ? this.answerRead(call, replyTo) : this.askRead(call, replyTo)
      case 'readIndex':
      case 'leases':
        return this.askRead(call, replyTo)
      case 'leaseTimeToLive':
      case 'leaseKeepAlive':
        return this.askLeader(call, replyTo)
      case 'status':
      case 'snapshot':
      case 'hashKv':
        return this.answerRead(call, replyTo)
      case 'watch':
        return this.serveWatch(call, replyTo)
      case 'watchCancel':
        return this.watches.cancel(call.watchId, replyTo)
      case 'watchProgress':
        return this.watches.tellProgress(call.watchId, replyTo)
      case 'defragment':
        return this.defragment(replyTo)
      case 'moveLeader':
        return this.maintenance.moveLeader(call.target, replyTo)
      default:
        return this.serveChange(call, replyTo)
    }
  }

  /** 3.4 never asks the others. */
  private readsLocally({ linearizable }: Extract<EtcdCall, { kind: 'memberList' }>): boolean {
    return linearizable === false || minorOf(this.flags.version) < 5
  }

  private refuseLearner(call: EtcdCall, replyTo: ReplyTo): void {
    if (call.kind === 'watch') this.watches.refuse(call.watchId, replyTo, ERRORS.notForLearner)
    else this.fail(replyTo, ERRORS.notForLearner)
  }

  private serveTxn(call: Extract<Write, { kind: 'txn' }>, replyTo: ReplyTo): void {
    const message = refusal(call, this.flags.maxTxnOps)
    if (message !== undefined) this.fail(replyTo, message)
    else if (isReadOnly(call)) this.askRead(call, replyTo)
    else if (this.isOutOfSpace(call, replyTo)) return
    else if (bytesOf(call) > this.flags.maxRequestBytes) this.fail(replyTo, ERRORS.tooLarge)
    else this.propose(call, replyTo)
  }

  /** A member without space says so to all: from then on nobody takes puts (quotaKVServer). */
  private isOutOfSpace(write: Write, replyTo: ReplyTo): boolean {
    if (!isOverQuota(this.db, write, this.kernel.now, this.flags.quotaBytes)) return false
    this.propose({ kind: 'alarm', action: 'activate', memberId: this.memberId, alarm: 'NOSPACE' })
    this.fail(replyTo, ERRORS.noSpace)
    return true
  }

  private serveGrant(call: Extract<Write, { kind: 'leaseGrant' }>, replyTo: ReplyTo): void {
    if (isTtlTooLarge(call.ttlSeconds)) return this.fail(replyTo, ERRORS.leaseTtlTooLarge)
    const id = call.id === undefined || call.id === 0 ? 1 + this.kernel.random(this.address).int(2 ** 48) : call.id
    if (!this.isOutOfSpace(call, replyTo)) this.propose({ ...call, id }, replyTo)
  }

  private serveWatch(call: Extract<EtcdCall, { kind: 'watch' }>, replyTo: ReplyTo): void {
    if (this.raft.lead === null) return this.watches.refuse(call.watchId, replyTo, ERRORS.noLeader)
    this.answer(replyTo, { kind: 'watch', watchId: call.watchId })
    this.watches.begin(call, replyTo)
  }

  private nextId(): string {
    return `${this.memberId}/${this.epoch}/${++this.calls}`
  }

  propose(write: Write, replyTo?: ReplyTo): void {
    const id = this.nextId()
    if (replyTo === undefined) return void this.raft.propose({ id, write })
    if (this.raft.view.commit > this.raft.applied + MAX_COMMIT_GAP) return this.fail(replyTo, ERRORS.tooManyRequests)
    this.remember({ id, call: write as EtcdCall, replyTo, startedAt: this.kernel.now })
    const command = { id, write }
    if (!this.raft.propose(command) && !this.raft.isTransferring) this.unproposed.push({ id, command })
    this.armDeadline()
  }

  // --- members ---------------------------------------------------------------------------------

  private serveChange(call: ChangeCall, replyTo: ReplyTo): void {
    if (call.kind === 'memberPromote' && !this.raft.isLeader) return this.askLeader(call, replyTo)
    const refused = this.changeRefusal(call)
    if (refused !== undefined) return this.fail(replyTo, refused)
    this.proposeChange(call, replyTo)
  }

  private proposeChange(call: ChangeCall, replyTo: ReplyTo): void {
    const id = this.nextId()
    const conf = confChange(changeOf(call, this.db.membership, this.kernel.clockMs))
    this.remember({ id, call, replyTo, startedAt: this.kernel.now })
    if (!this.raft.proposeConf(conf, id)) this.unproposed.push({ id, conf })
    this.armDeadline()
  }

  private changeRefusal(call: ChangeCall): string | undefined {
    const { strictReconfigCheck: strict, healthIntervalMs } = this.flags
    const at = {
      membership: this.db.membership,
      ownId: this.memberId,
      nowMs: this.kernel.now,
      strict,
      healthIntervalMs,
      activeSinceMs: (id: string) => this.links.activeSinceMs(id, this.raft.activeSinceMs(id)),
    }
    return changeRefusal(at, call, (id) => this.raft.progressOf(id))
  }

  /** A change of the members is committed. Returns false when it is refused after all. */
  private applyConf({ id, context }: ConfChange, requestId: string | undefined): boolean {
    const change = context as MembershipChange
    const { membership } = this.db
    const again = change.type === 'add' && membership.get(id)?.peerUrls.join() === change.member.peerUrls.join()
    const problem = again ? undefined : membership.problem(change, this.flags.maxLearners)
    if (problem === undefined && !again) membership.change(change)
    this.answerChange(change, requestId, problem)
    if (problem !== undefined) return false
    if (change.type === 'remove') this.noteRemoved(id)
    return true
  }

  private answerChange(change: MembershipChange, requestId: string | undefined, problem: string | undefined): void {
    const pending = requestId === undefined ? undefined : this.pending.get(requestId)
    if (pending === undefined) return
    this.pending.delete(pending.id)
    if (problem !== undefined) return this.fail(pending.replyTo, problem)
    const members = this.db.membership.all()
    if (change.type === 'add')
      return this.answer(pending.replyTo, { kind: 'memberAdd', member: change.member, members })
    this.answer(pending.replyTo, { kind: 'memberChange', members })
  }

  private noteRemoved(id: MemberId): void {
    this.log.removed(id)
    if (id === this.memberId && this.up) this.leave(this.flags.removedStopMs)
  }

  hasRemoved(id: MemberId): boolean {
    return this.db.membership.isRemoved(id)
  }

  /** This member does not belong to the cluster any more: the process ends. */
  leave(afterMs = 0): void {
    if (this.process === null || this.process.isLeaving === true) return
    this.process.isLeaving = true
    this.log.left()
    this.kernel.record('etcd.removed', { member: this.name })
    this.kernel.send({ to: this.address, type: OWN.end, data: { epoch: this.epoch, code: 0 } }, afterMs)
  }

  // --- maintenance -----------------------------------------------------------------------------

  private defragment(replyTo: ReplyTo): void {
    this.log.say('info', 'backend/backend.go:509', 'defragmenting')
    this.maintenance.defragment(replyTo)
    this.writeFiles()
  }

  // --- reads -----------------------------------------------------------------------------------

  private askRead(call: EtcdCall, replyTo: ReplyTo): void {
    const id = this.nextId()
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
      this.answer(replyTo, this.answerTo(call))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.fail(replyTo, error.message)
    }
  }

  private answerTo(call: EtcdCall): EtcdResult {
    switch (call.kind) {
      case 'range':
        if (call.key === '') throw new StoreError(ERRORS.emptyKey)
        if (this.db.hasAlarm('CORRUPT')) throw new StoreError(ERRORS.corrupt)
        return { kind: 'range', ...this.store.range(call.key, call.rangeEnd, call) }
      case 'txn':
        return readTxn(this.db, call)
      case 'leases':
        return { kind: 'leases', ids: this.lessor.ids() }
      case 'status':
        return { kind: 'status', status: this.maintenance.status() }
      case 'memberList':
        return { kind: 'memberList', members: this.db.membership.all() }
      case 'snapshot':
        return this.maintenance.snapshot()
      case 'hashKv':
        return this.maintenance.hashKv(call.revision)
      default:
        return { kind: 'readIndex' }
    }
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
      const found = this.unproposed.length
      this.unproposed = this.unproposed.filter(({ id }) => id !== pending.id)
      if (this.process !== null && !isRead(pending.call)) this.process.failedProposals++
      if (this.reads.forget(pending.id)) this.reads.end()
      const hadNoLeader = this.unproposed.length < found
      this.failPending(pending.id, hadNoLeader ? DEADLINE : this.timeoutText(pending))
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
    const { lead, voters } = this.raft
    if (lead === null) return false
    const reaches = (id: MemberId): boolean => id === this.memberId || this.links.reaches(id)
    return this.raft.isLeader ? voters.filter(reaches).length < quorumOf(voters.length) : !reaches(lead)
  }

  // --- what Raft says --------------------------------------------------------------------------

  private apply({ command }: Entry<Command>): void {
    if (command === null) return
    const { write, id } = command
    const { result, changes } = apply(this.db, write, this.kernel.now, this.flags.quotaBytes)
    if (write.kind !== 'txn') this.afterApply(write, result)
    if (changes.length > 0) this.watches.offer(changes)
    if (changes.length > 0 && this.process?.diskId !== undefined) this.noteGrowth()
    const pending = this.pending.get(id)
    if (pending === undefined) return
    this.pending.delete(id)
    this.answer(pending.replyTo, result)
  }

  private noteGrowth(): void {
    if (this.db.backend.sizeBytes(this.kernel.now) > this.fileBytes + FILE_GRAIN_BYTES) this.writeFiles()
  }

  private afterApply(write: Write, result: EtcdResult): void {
    if (result.kind === 'error') return
    if (write.kind === 'compact') this.kernel.record('etcd.compacted', { member: this.name, revision: write.revision })
    if (write.kind === 'leaseGrant' && this.raft.isLeader) this.leases.renew(write.id ?? 0)
    if (write.kind === 'leaseGrant' || write.kind === 'leaseRevoke') this.leases.arm()
    if (write.kind === 'alarm') this.afterAlarm(write, result)
    if (write.kind === 'publish') this.publisher.applied(write.memberId)
    if (write.kind === 'clusterVersion') this.log.versionSet(write.version)
  }

  private afterAlarm({ action }: Extract<Write, { kind: 'alarm' }>, result: EtcdResult): void {
    if (action === 'get' || result.kind !== 'alarms') return
    const msg = action === 'activate' ? 'alarm raised' : 'alarm disarmed'
    for (const alarm of result.alarms) {
      this.log.alarm(msg, alarm)
      this.kernel.record(action === 'activate' ? 'etcd.alarm.raised' : 'etcd.alarm.disarmed', {
        member: this.name,
        alarm: alarm.alarm,
      })
    }
  }

  /** The cluster knows this member: clients are served. */
  published(): void {
    if (this.process !== null) this.log.ready(this.process.config)
    this.kernel.record('etcd.ready', { member: this.name })
  }

  /** The other members of the cluster that can be reached. */
  others(): LinkedMember[] {
    return this.links.others()
  }

  /** A leader's snapshot replaces all that this member had. */
  private restore(data: DatabaseState): void {
    const { clusterId } = this
    this.db.load(data)
    this.db.membership.clusterId = clusterId
    this.writeFiles()
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
    const waiting = this.unproposed
    this.unproposed = waiting.filter((one) => !this.proposeAgain(one))
    this.publisher.publish()
    this.restartReads(isFirst)
  }

  private proposeAgain(one: Unproposed): boolean {
    return 'conf' in one ? this.raft.proposeConf(one.conf, one.id) : this.raft.propose(one.command)
  }

  // --- leases ----------------------------------------------------------------------------------

  /** Only the leader knows how long leases live: others ask it. */
  private askLeader(call: LeaseCall | PromoteCall, replyTo: ReplyTo): void {
    if (this.raft.isLeader && call.kind !== 'memberPromote') return this.answer(replyTo, this.leases.answer(call))
    if (this.raft.lead === null) return this.fail(replyTo, ERRORS.noLeader)
    const id = this.nextId()
    this.remember({ id, call, replyTo, startedAt: this.kernel.now })
    this.links.send(this.raft.lead, ETCD.lease, { from: this.memberId, id, call } satisfies LeaseQuestion)
    this.armDeadline()
  }

  /** A promotion that the leader lets through is proposed by the member that was asked. */
  private answerLease({ from, id, call }: LeaseQuestion): void {
    const result = this.raft.isLeader ? this.leaderResult(call) : error(ERRORS.notLeader)
    this.links.send(from, ETCD.leaseAnswer, { id, result } satisfies LeaseAnswer)
  }

  private leaderResult(call: LeaseCall | PromoteCall): EtcdResult {
    if (call.kind !== 'memberPromote') return this.leases.answer(call)
    const refused = this.changeRefusal(call)
    return refused === undefined ? { kind: 'readIndex' } : error(refused)
  }

  private takeLeaseAnswer({ id, result }: LeaseAnswer): void {
    const pending = this.pending.get(id)
    if (pending === undefined) return
    this.pending.delete(id)
    const { call, replyTo } = pending
    if (call.kind === 'memberPromote' && result.kind !== 'error') this.proposeChange(call, replyTo)
    else this.answer(replyTo, result)
  }

  private expireLeases(): void {
    for (const lease of this.leases.expire(this.raft.isLeader)) {
      this.kernel.record('etcd.lease.expired', { member: this.name, lease })
      this.propose({ kind: 'leaseRevoke', id: lease })
    }
    this.leases.arm()
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

  answer(replyTo: ReplyTo, result: EtcdResult): void {
    const data: EtcdResponse = { tag: replyTo.tag, header: this.header(), result }
    this.fabric.send({ from: this.host, to: replyTo.host, event: { to: replyTo.address, type: ETCD.response, data } })
  }

  fail(replyTo: ReplyTo, message: string): void {
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
    const { deadlineId, retryId } = this
    for (const id of [deadlineId, retryId]) this.kernel.cancel(id ?? undefined)
    this.deadlineId = this.retryId = null
    this.leadSince = 0
  }

  // --- connections -----------------------------------------------------------------------------

  /** A client at the door of a port: undefined when it may come in. The server logs whom it rejects. */
  handshake(port: number, client: TlsClient, remoteAddress = '127.0.0.1:40000'): HandshakeProblem | undefined {
    const listener = this.listeners().find((one) => one.port === port)
    if (listener === undefined) return { client: 'connect: connection refused' }
    const { clientTls, peerTls } = this.process?.config ?? {}
    const tls = listener.scheme === 'http' ? undefined : listener.kind === 'peer' ? peerTls : clientTls
    const problem = handshake(client, { tls, read: (path) => this.read(path), nowMs: this.kernel.clockMs })
    if (problem?.server !== undefined)
      this.sayRejected(listener.kind === 'peer' ? 'peer' : 'client', problem.server, remoteAddress, client.serverName)
    return problem
  }

  sayUnreachable(id: MemberId, error: string): void {
    this.log.unreachable(id, error)
  }

  /** Tells that a connection was refused. */
  sayRejected(endpoint: 'client' | 'peer', problem: string, remoteAddress: string, serverName = ''): void {
    this.log.rejected(endpoint, problem, remoteAddress, serverName)
  }

  /** HTTP on a client or metrics port; undefined when nothing listens there. */
  respond(port: number, request: HttpRequest): HttpResponse | undefined {
    const listener = this.listeners().find((one) => one.port === port && one.kind !== 'peer')
    return listener === undefined ? undefined : respond(request, this.facts())
  }

  private serveHttp({ request, replyTo, at }: HttpRequestData): void {
    const response = this.respond(at?.port ?? this.listeners().find(({ kind }) => kind !== 'peer')?.port ?? 0, request)
    if (response !== undefined) new Replier(this.fabric, this.host, replyTo).respond(response)
  }

  private facts(): HealthFacts {
    const { kernel, db, raft, process } = this
    const { commit } = raft.view
    return {
      version: this.flags.version,
      clusterVersion: db.membership.version,
      alarms: db.alarms,
      isLearner: this.isLearner,
      memberId: this.memberId,
      hasLeader: raft.lead !== null,
      isLeader: raft.isLeader,
      leaderChanges: process?.leaderChanges ?? 0,
      proposals: {
        committed: commit,
        applied: raft.applied,
        pending: this.pending.size,
        failed: process?.failedProposals ?? 0,
      },
      dbSize: db.backend.sizeBytes(kernel.now),
      dbSizeInUse: db.backend.inUseBytes(kernel.now),
      quotaBytes: this.flags.quotaBytes,
      keys: db.store.range('\0', '\0', { countOnly: true }).count,
      fsyncMs: this.flags.fsyncMs,
      clockMs: kernel.clockMs,
    }
  }

  private record(name: string, facts: JournalFacts): void {
    this.kernel.record(name, { member: this.name, ...facts })
    this.log.raft(name, facts)
  }
}

/** How long a process takes to find out that it cannot start. */
const FAIL_MS = 100

const WRITES = [
  'txn',
  'compact',
  'leaseGrant',
  'leaseRevoke',
  'alarm',
  'memberAdd',
  'memberRemove',
  'memberUpdate',
  'memberPromote',
]

function isRead(call: EtcdCall): boolean {
  return !WRITES.includes(call.kind) || (call.kind === 'txn' && isReadOnly(call))
}

/** What a learner answers (isRPCSupportedForLearner); streams of snapshots too. */
function isForLearner(call: EtcdCall): boolean {
  if (call.kind === 'range') return call.serializable === true
  return call.kind === 'status' || call.kind === 'snapshot'
}

function bytesOf({ compare, success, failure }: Extract<Write, { kind: 'txn' }>): number {
  const sum = (ops: typeof success): number => ops.reduce((bytes, op) => bytes + opBytes(op), 0)
  return sum(success) + sum(failure) + compare.length * 32
}

const error = (message: string): EtcdResult => ({ kind: 'error', message })

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** What the flags of a member would be whose peers are all known by host. */
function configOf({ name = '', host, peers = [] }: EtcdMemberOptions, flags: EtcdFlags): EtcdConfig {
  const own = { client: `https://${host}:${CLIENT_PORT}`, peer: `https://${host}:${PEER_PORT}` }
  return {
    ...defaultConfig(flags.version),
    name,
    dataDir: '/var/lib/etcd',
    initialCluster: peers.map((peer) => ({ name: peer.name, url: `https://${peer.host}:${PEER_PORT}` })),
    initialAdvertisePeerUrls: [own.peer],
    listenPeerUrls: [own.peer],
    listenClientUrls: [own.client],
    advertiseClientUrls: [own.client],
  }
}
