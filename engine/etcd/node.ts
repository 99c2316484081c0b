/**
 * Raft at work: runs the role machine, hands messages to the pure step, and carries out its effects.
 * Models raft/node.go and the loop of server/etcdserver/raft.go.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { compileMachine, MachineRows } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { JournalFacts } from '../kernel/journal.ts'
import { Peers } from './peers.ts'
import { compactLog, compactTo } from './raft/compaction.ts'
import type { CompactionFlags } from './raft/compaction.ts'
import { bootstrapDisk, diskOf, makeState } from './raft/disk.ts'
import { askPreVotes, askVotes } from './raft/election.ts'
import { entryAt, lastIndex, RaftPanic } from './raft/log.ts'
import { changeMembers, isPromotable } from './raft/members.ts'
import { beat, lead, noteSynced, reportUnreachable } from './raft/replication.ts'
import { reportSnapshot } from './raft/snapshot.ts'
import { follow, forgetLeadership, propose, readIndex, step, takeTerm } from './raft/step.ts'
import { transferLeader } from './raft/transfer.ts'
import type {
  ConfChange,
  Effect,
  Entry,
  MemberId,
  Progress,
  RaftDisk,
  RaftMessage,
  RaftSettings,
  RaftState,
  Role,
  RoleEvent,
  SnapshotMeta,
  Turn,
} from './raft/types.ts'
import { roleMachine } from './role.machine.ts'
import { SYNCED, Wal } from './wal.ts'

/** Settings of Raft. */
export interface RaftFlags extends RaftSettings, CompactionFlags {
  /** How long a write to the disk takes until it is safe (wal fsync). */
  fsyncMs: number
}

/** What the core wants from the member around it. */
export interface RaftHost<C> {
  send(to: MemberId, message: RaftMessage): void
  apply(entry: Entry<C>): void
  /** A change of the members is committed. `false`: it is refused after all, and changes nothing. */
  applyConf?(conf: ConfChange, index: number, requestId: string | undefined): boolean | void
  /** The state machine as of now, plain data that changes no more. */
  snapshot?(): unknown
  /** Become this state machine; it ends with the entry `meta.index`. */
  restore?(data: unknown, meta: SnapshotMeta): void
  /** Whether a connection to a member could be opened now. */
  reaches?(id: MemberId): boolean
  /** A read may now be answered from what is applied. */
  readReady(context: string): void
  leaderChanged(lead: MemberId | null): void
  /** The process must end with this text; without it, it is thrown. */
  panic?(message: string): void
  record(name: string, facts: JournalFacts): void
}

interface NodeState {
  raft: RaftState
  roles: ReturnType<MachineRows['dump']>
  wal: ReturnType<Wal['dump']>
  laterReads: { context: string; index: number }[]
  peers: ReturnType<Peers['dump']>
}

export { SYNCED }

const TABLE = compileMachine(roleMachine)

export class RaftNode<C> {
  private state: RaftState
  private readonly roles: MachineRows
  private readonly wal: Wal
  private readonly peers = new Peers()
  private isApplying = false
  /** Reads that wait until this member applied as much as they must see. */
  private laterReads: { context: string; index: number }[] = []
  /** The turn whose effects the role machine's actions add to. */
  private turn: Turn | undefined

  constructor(
    private readonly kernel: Kernel,
    private readonly address: string,
    readonly id: MemberId,
    /** The members of a new cluster; `start(disk)` begins with something else. */
    voters: MemberId[],
    private readonly flags: RaftFlags,
    private readonly host: RaftHost<C>,
  ) {
    this.state = makeState(id, bootstrapDisk(voters.map((voter) => ({ id: voter }))))
    this.wal = new Wal(kernel, address, flags)
    this.roles = new MachineRows(kernel, address, TABLE, {
      guards: {
        heardLeader: () => this.state.electionDueAt > kernel.now,
        unpromotable: () => !isPromotable(this.state),
        preVote: () => flags.preVote !== false,
        alone: () => this.others.length === 0,
      },
      actions: {
        follow: (_, event) => follow(this.present, event.term as number, event.lead as MemberId | null),
        askPreVotes: () => askPreVotes(this.present),
        askVotes: (_, event) => this.askVotes(event.type === 'timeoutNow'),
        lead: () => lead(this.present),
        beat: () => beat(this.present),
      },
      delays: { electionTimeout: () => this.untilElection(), heartbeatInterval: () => flags.heartbeatIntervalMs },
    })
  }

  get lead(): MemberId | null {
    return this.state.lead
  }

  get role(): Role {
    return (this.roles.state(this.id)?.split('.')[0] ?? 'follower') as Role
  }

  get isLeader(): boolean {
    return this.state.lead === this.state.id
  }

  get term(): number {
    return this.state.term
  }

  get lastIndex(): number {
    return lastIndex(this.state.log)
  }

  get applied(): number {
    return this.state.applied
  }

  /** The state, to look at. */
  get view(): Readonly<RaftState> {
    return this.state
  }

  get voters(): readonly MemberId[] {
    return this.state.voters
  }

  get learners(): readonly MemberId[] {
    return this.state.learners
  }

  /** Whether the leader hands over, and drops what is proposed. */
  get isTransferring(): boolean {
    return this.state.transferee !== null
  }

  /** What the leader knows of a member's log; undefined elsewhere. */
  progressOf(id: MemberId): Readonly<Progress> | undefined {
    return this.state.progress[id]
  }

  /** Since when the streams to a member are up; undefined when they are not. */
  activeSinceMs(id: MemberId): number | undefined {
    return this.peers.activeSinceMs(id, this.kernel.now, this.host.reaches?.(id))
  }

  /** Starts as a follower on what is on the disk: the own one, or another. */
  start(disk?: RaftDisk): void {
    if (disk !== undefined) this.state = makeState(this.id, disk)
    this.wal.noteAll(this.state)
    this.drawTimeout()
    if (this.isOnlyVoter) this.advanceTicks()
    this.roles.start(this.id)
    this.run(() => undefined)
    for (const to of this.others) this.host.send(to, { from: this.id, type: 'hello', isAnswer: false })
  }

  /** Forgets what is in memory. `losesPower`: and what the disk had not made safe yet. */
  stop({ losesPower }: { losesPower?: boolean } = {}): void {
    this.roles.remove(this.id)
    this.wal.close(this.state, losesPower === true)
    this.laterReads = []
    this.peers.clear()
    this.state.lead = null
    this.state.safe = 0
    forgetLeadership(this.state)
  }

  /** What is on the disk, to start from later or elsewhere. */
  disk(): RaftDisk {
    return diskOf(this.state)
  }

  /**
   * Puts a command into the log by way of the leader. Returns false when none is known, and when the leader drops it
   * because it hands over (`isTransferring`).
   */
  propose(command: C): boolean {
    return this.run((turn) => propose(turn, [{ command }]))
  }

  /** Proposes a change of the members; as `propose`. While another is pending it becomes an empty entry. */
  proposeConf(change: ConfChange, requestId?: string): boolean {
    const proposal = { command: null, conf: change, ...(requestId !== undefined && { requestId }) }
    return this.run((turn) => propose(turn, [proposal]))
  }

  /** Asks for another leader. Whether it comes to that shows in `leaderChanged`. */
  transferLeadership(id: MemberId): void {
    this.run((turn) => transferLeader(turn, id))
  }

  /** Campaigns now (MsgHup). */
  campaign(): void {
    this.run((turn) => this.changeRole(turn, { type: 'hup' }))
  }

  /** Asks for `readReady`. Returns false when no leader is known. */
  readIndex(context: string): boolean {
    return this.run((turn) => readIndex(turn, this.id, context))
  }

  receive(message: RaftMessage): void {
    if (message.type === 'hello') return this.greet(message.from, message.isAnswer)
    this.peers.note(message.from, this.kernel.now)
    this.run((turn) => this.stepWith(turn, message))
  }

  /** The transport says what became of a snapshot. */
  reportSnapshot(to: MemberId, arrived: boolean): void {
    this.run((turn) => reportSnapshot(turn, to, arrived))
  }

  /** The transport says that a message to a member was lost. */
  reportUnreachable(to: MemberId): void {
    reportUnreachable(this.state, to)
  }

  timeout(data: MachineTimeout): void {
    this.run(() => this.roles.timeout(data))
  }

  /** The disk reports the oldest write that it still had to make safe. */
  synced(): void {
    const effect = this.wal.report(this.state)
    if (effect !== undefined) this.run((turn) => this.afterSync(turn, effect))
  }

  /** Takes a snapshot of the own state, and drops the log up to an index that is applied. */
  compact(index: number): void {
    compactTo(this.state, index)
  }

  dump(): NodeState {
    return {
      raft: { ...this.state, ...diskOf(this.state) },
      roles: this.roles.dump(),
      wal: this.wal.dump(),
      laterReads: [...this.laterReads],
      peers: this.peers.dump(),
    }
  }

  load(dumped: unknown): void {
    const { raft, roles, wal, laterReads, peers } = dumped as NodeState
    this.state = { ...raft, ...diskOf(raft) }
    this.roles.load(roles)
    this.wal.load(wal)
    this.laterReads = [...laterReads]
    this.peers.load(peers)
  }

  private get others(): MemberId[] {
    return [...this.state.voters, ...this.state.learners].filter((id) => id !== this.id)
  }

  private get isOnlyVoter(): boolean {
    return this.state.voters.length === 1 && isPromotable(this.state)
  }

  private get present(): Turn {
    if (this.turn === undefined) throw new Error('raft: the role machine moved outside a turn')
    return this.turn
  }

  /** Carries out one step and all that follows from it. */
  private run<T>(act: (turn: Turn) => T): T {
    const before = this.state.lead
    const turn: Turn = { state: this.state, role: this.role, now: this.kernel.now, settings: this.flags, effects: [] }
    const outer = this.turn
    this.turn = turn
    try {
      const result = act(turn)
      this.settle(turn)
      this.turn = outer
      this.finish(before)
      return result
    } catch (error) {
      this.turn = outer
      return this.panic(error) as T
    }
  }

  private finish(leadBefore: MemberId | null): void {
    if (!this.wal.isSlow) this.wal.noteAll(this.state)
    if (this.laterReads.length > 0) this.releaseReads()
    compactLog(this.state, this.flags)
    if (this.state.lead !== leadBefore) this.host.leaderChanged(this.state.lead)
  }

  private panic(error: unknown): undefined {
    if (!(error instanceof RaftPanic) || this.host.panic === undefined) throw error
    this.isApplying = false
    this.host.panic(error.message)
    return undefined
  }

  /** Carries out what is wanted and applies what is committed, until there is nothing left of either. */
  private settle(turn: Turn): void {
    let at = 0
    do {
      for (; at < turn.effects.length; at++) this.carryOut(turn, turn.effects[at] as Effect)
    } while (this.applyNext(turn))
  }

  private carryOut(turn: Turn, effect: Effect): void {
    switch (effect.kind) {
      case 'role':
        return this.changeRole(turn, effect.event)
      case 'readReady':
        return void this.laterReads.push(effect)
      case 'send':
        return effect.afterSync ? this.promise(turn, effect) : this.deliver(turn, effect)
      case 'sync':
        return this.promise(turn, effect)
      case 'sendSnapshot':
        return this.sendSnapshot(effect)
      case 'restore':
        return this.host.restore?.(effect.data, effect.meta)
    }
  }

  /** A message to itself is the next step. */
  private deliver(turn: Turn, { to, message }: Extract<Effect, { kind: 'send' }>): void {
    if (to !== this.id) return this.host.send(to, message)
    turn.role = this.role
    this.stepWith(turn, message)
  }

  private stepWith(turn: Turn, message: RaftMessage): void {
    const from = turn.effects.length
    if (!takeTerm(turn, message)) return
    for (const effect of turn.effects.splice(from)) this.carryOut(turn, effect)
    step(turn, message)
  }

  private sendSnapshot({ to, term, meta }: Extract<Effect, { kind: 'sendSnapshot' }>): void {
    this.host.record('raft.snapshot.sent', { to, index: meta.index })
    this.host.send(to, { from: this.id, type: 'snapshot', term, meta, data: this.host.snapshot?.() ?? null })
  }

  private greet(from: MemberId, isAnswer: boolean): void {
    this.peers.begin(from, this.kernel.now)
    if (!isAnswer) this.host.send(from, { from: this.id, type: 'hello', isAnswer: true })
  }

  private promise(turn: Turn, effect: Extract<Effect, { kind: 'send' | 'sync' }>): void {
    if (this.wal.isSlow) this.wal.defer(effect, this.state)
    else this.afterSync(turn, effect)
  }

  private afterSync(turn: Turn, effect: Extract<Effect, { kind: 'send' | 'sync' }>): void {
    if (effect.kind === 'send') this.deliver(turn, effect)
    else noteSynced(turn, effect.index, effect.term)
  }

  private changeRole(turn: Turn, event: RoleEvent): void {
    const wasLeader = turn.role === 'leader'
    if (event.type !== 'membersChanged') this.state.electionDueAt = 0
    this.roles.send(this.id, { ...event })
    turn.role = this.role
    if (turn.role === 'leader' && !wasLeader) this.host.record('raft.election.won', { term: this.state.term })
    else if (wasLeader && event.type === 'stepDown')
      this.host.record('raft.leader.lost', { term: event.term, reason: event.reason })
  }

  private askVotes(isTransfer: boolean): void {
    askVotes(this.present, isTransfer)
    if (this.others.length > 0) this.host.record('raft.election.started', { term: this.state.term })
  }

  /** Applies one entry. Returns whether there was one. */
  private applyNext(turn: Turn): boolean {
    const { state } = this
    if (this.isApplying || state.applied >= state.commit) return false
    this.isApplying = true
    const entry = entryAt(state.log, ++state.applied) as Entry<C>
    if (entry.conf === undefined) this.host.apply(entry)
    else this.applyConf(turn, entry.conf, entry)
    this.isApplying = false
    return true
  }

  private applyConf(turn: Turn, conf: ConfChange, { index, requestId }: Entry): void {
    if (this.host.applyConf?.(conf, index, requestId) === false) return
    const { voters, learners } = this.state
    changeMembers(turn, conf)
    if (voters === this.state.voters && learners === this.state.learners) return
    this.host.record('raft.members.changed', { type: conf.type, id: conf.id })
  }

  private releaseReads(): void {
    const ready = this.laterReads.filter(({ index }) => index <= this.state.applied)
    this.laterReads = this.laterReads.filter(({ index }) => index > this.state.applied)
    for (const { context } of ready) this.host.readReady(context)
  }

  /** Milliseconds until the election is due; a new draw when it was due. */
  private untilElection(): number {
    if (this.state.electionDueAt <= this.kernel.now) this.drawTimeout()
    return this.state.electionDueAt - this.kernel.now
  }

  private drawTimeout(): void {
    const { electionTimeoutMs, heartbeatIntervalMs } = this.flags
    const random = this.kernel.random(`raft/${this.address}`)
    this.state.electionTimeoutMs = random.between(electionTimeoutMs, 2 * electionTimeoutMs - heartbeatIntervalMs)
    this.state.electionDueAt = this.kernel.now + this.state.electionTimeoutMs
  }

  /** Who is alone need not wait for a leader to show up (advanceTicks). */
  private advanceTicks(): void {
    const { electionTimeoutMs, heartbeatIntervalMs } = this.flags
    this.state.electionDueAt -= electionTimeoutMs - heartbeatIntervalMs
  }
}
