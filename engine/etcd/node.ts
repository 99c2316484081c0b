/**
 * Raft at work: runs the role machine, hands messages to the pure step, and carries out its effects.
 * Models raft/node.go and the loop of server/etcdserver/raft.go.
 */
import type { EventId, Kernel } from '../kernel/kernel.ts'
import { compileMachine, MachineRows } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { JournalFacts } from '../kernel/journal.ts'
import type { EtcdFlags } from './flags.ts'
import { askPreVotes, askVotes } from './raft/election.ts'
import { entryAt, lastIndex, makeLog, shorten } from './raft/log.ts'
import { beat, lead, noteSynced } from './raft/replication.ts'
import { follow, forgetLeadership, propose, readIndex, step, takeTerm } from './raft/step.ts'
import type { Effect, Entry, MemberId, RaftMessage, RaftState, Role, RoleEvent, Turn } from './raft/types.ts'
import { roleMachine } from './role.machine.ts'

/** What the core wants from the member around it. */
export interface RaftHost<C> {
  send(to: MemberId, message: RaftMessage): void
  apply(entry: Entry<C>): void
  /** A read may now be answered from what is applied. */
  readReady(context: string): void
  leaderChanged(lead: MemberId | null): void
  record(name: string, facts: JournalFacts): void
}

/** Something that waits for the disk. */
interface DiskWait {
  id: EventId
  effect: Extract<Effect, { kind: 'send' | 'sync' }>
}

interface NodeState {
  raft: RaftState
  roles: ReturnType<MachineRows['dump']>
  disk: DiskWait[]
  laterReads: { context: string; index: number }[]
}

/** The type of the kernel event by which the disk reports; the member hands it to `synced`. */
export const SYNCED = 'etcd.raft.synced'

const TABLE = compileMachine(roleMachine)

export class RaftNode<C> {
  private state: RaftState
  private readonly roles: MachineRows
  /** In the order in which the disk will report. */
  private disk: DiskWait[] = []
  /** Reads that wait until this member applied as much as they must see. */
  private laterReads: { context: string; index: number }[] = []
  /** The turn whose effects the role machine's actions add to. */
  private turn: Turn | undefined

  constructor(
    private readonly kernel: Kernel,
    private readonly address: string,
    readonly id: MemberId,
    voters: MemberId[],
    private readonly flags: EtcdFlags,
    private readonly host: RaftHost<C>,
  ) {
    this.state = makeState(id, voters)
    this.roles = new MachineRows(kernel, address, TABLE, {
      guards: {
        heardLeader: () => this.state.electionDueAt > kernel.now,
        preVote: () => flags.preVote,
        alone: () => this.state.voters.length === 1,
      },
      actions: {
        follow: (_, event) => follow(this.present, event.term as number, event.lead as MemberId | null),
        askPreVotes: () => askPreVotes(this.present),
        askVotes: () => this.campaign(),
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

  /** Starts as a follower on what is on the disk. */
  start(): void {
    this.drawTimeout()
    if (this.state.voters.length === 1) this.advanceTicks()
    this.roles.start(this.id)
  }

  /** Forgets what is in memory. */
  stop(): void {
    this.roles.remove(this.id)
    for (const { id } of this.disk) this.kernel.cancel(id)
    this.disk = []
    this.laterReads = []
    this.state.lead = null
    this.state.safe = 0
    forgetLeadership(this.state)
  }

  /** Puts a command into the log by way of the leader. Returns false when none is known. */
  propose(command: C): boolean {
    return this.run((turn) => propose(turn, [command]))
  }

  /** Asks for `readReady`. Returns false when no leader is known. */
  readIndex(context: string): boolean {
    return this.run((turn) => readIndex(turn, this.id, context))
  }

  receive(message: RaftMessage): void {
    if (this.run((turn) => takeTerm(turn, message))) this.run((turn) => step(turn, message))
  }

  timeout(data: MachineTimeout): void {
    this.run(() => this.roles.timeout(data))
  }

  /** The disk reports the oldest write that it still had to make safe. */
  synced(): void {
    const done = this.disk.shift()
    if (done !== undefined) this.run((turn) => this.afterSync(turn, done.effect))
  }

  dump(): NodeState {
    const { state } = this
    const raft = { ...state, log: { ...state.log, entries: [...state.log.entries] } }
    return { raft, roles: this.roles.dump(), disk: [...this.disk], laterReads: [...this.laterReads] }
  }

  load(dumped: unknown): void {
    const { raft, roles, disk, laterReads } = dumped as NodeState
    this.state = { ...raft, log: { ...raft.log, entries: [...raft.log.entries] } }
    this.roles.load(roles)
    this.disk = [...disk]
    this.laterReads = [...laterReads]
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
    const result = act(turn)
    for (let at = 0; at < turn.effects.length; at++) this.carryOut(turn, turn.effects[at] as Effect)
    this.turn = outer
    this.applyCommitted()
    if (this.state.lead !== before) this.host.leaderChanged(this.state.lead)
    return result
  }

  private carryOut(turn: Turn, effect: Effect): void {
    switch (effect.kind) {
      case 'role':
        return this.changeRole(turn, effect.event)
      case 'readReady':
        return void this.laterReads.push(effect)
      case 'send':
        return effect.afterSync && this.isDiskSlow()
          ? this.awaitDisk(effect)
          : this.host.send(effect.to, effect.message)
      case 'sync':
        return this.isDiskSlow() ? this.awaitDisk(effect) : this.afterSync(turn, effect)
    }
  }

  private isDiskSlow(): boolean {
    return this.flags.fsyncMs > 0 || this.disk.length > 0
  }

  private awaitDisk(effect: DiskWait['effect']): void {
    this.disk.push({ id: this.kernel.send({ to: this.address, type: SYNCED }, this.flags.fsyncMs), effect })
  }

  private afterSync(turn: Turn, effect: DiskWait['effect']): void {
    if (effect.kind === 'send') this.host.send(effect.to, effect.message)
    else noteSynced(turn, effect.index, effect.term)
  }

  private changeRole(turn: Turn, event: RoleEvent): void {
    const wasLeader = turn.role === 'leader'
    this.state.electionDueAt = 0
    this.roles.send(this.id, { ...event })
    turn.role = this.role
    if (turn.role === 'leader') this.host.record('raft.election.won', { term: this.state.term })
    else if (wasLeader && event.type === 'stepDown')
      this.host.record('raft.leader.lost', { term: event.term, reason: event.reason })
  }

  private campaign(): void {
    askVotes(this.present)
    if (this.state.voters.length > 1) this.host.record('raft.election.started', { term: this.state.term })
  }

  private applyCommitted(): void {
    const { state } = this
    while (state.applied < state.commit) this.host.apply(entryAt(state.log, ++state.applied) as Entry<C>)
    if (this.laterReads.length > 0) this.releaseReads()
    if (state.log.entries.length > 2 * this.flags.keptEntries) this.shortenLog()
  }

  private releaseReads(): void {
    const ready = this.laterReads.filter(({ index }) => index <= this.state.applied)
    this.laterReads = this.laterReads.filter(({ index }) => index > this.state.applied)
    for (const { context } of ready) this.host.readReady(context)
  }

  /** Entries that every voter has are of no more use, some of them kept for good measure. */
  private shortenLog(): void {
    const { state } = this
    shorten(state.log, Math.min(state.applied, state.safe) - this.flags.keptEntries)
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

function makeState(id: MemberId, voters: MemberId[]): RaftState {
  const disk = { term: 0, vote: null, log: makeLog(), commit: 0, applied: 0 }
  const memory = { lead: null, votes: {}, progress: {}, reads: [], earlyReads: [], safe: 0, beats: 0 }
  return { id, voters, ...disk, ...memory, heardAt: 0, electionTimeoutMs: 0, electionDueAt: 0 }
}
