import { SYNCED } from '../../engine/etcd/node.ts'
import type { RaftNode } from '../../engine/etcd/node.ts'
import { bootstrapDisk, emptyDisk } from '../../engine/etcd/raft/disk.ts'
import { lastIndex } from '../../engine/etcd/raft/log.ts'
import type { ConfChange, Entry, MemberId, RaftDisk, RaftMessage } from '../../engine/etcd/raft/types.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../../engine/kernel/machine.ts'
import type { MachineTimeout } from '../../engine/kernel/machine.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import { fail, History, whatIs } from './raft-invariants.ts'
import type { View } from './raft-invariants.ts'
import type { NodeClass } from './raft-mutants.ts'
import { RETIRE_MS } from './raft-plan.ts'
import type { Plan, Step, Verb } from './raft-plan.ts'

const HEARTBEAT_MS = 50
const ELECTION_MS = 300
/** So late comes what nobody expects any more. */
const MAX_ECHO_MS = 1500
/** A member that learns of its removal goes on for so long. */
const EXIT_MS = 300

/** A member: Raft, a disk, and a state machine that is a list. */
class Member implements Component, View {
  readonly node: RaftNode<string>
  readonly flags: { fsyncMs: number } & Record<string, unknown>
  private readonly reads = new Map<string, number>()
  /** The state machine: what was applied, as one text that only grows. */
  private applied = ''
  private backup: RaftDisk | undefined
  isUp = false

  constructor(
    readonly id: MemberId,
    private readonly world: World,
    plan: Plan,
  ) {
    const { preVote, checkQuorum, fsyncMs, snapshotCount, maxEntriesPerAppend, maxInflight } = plan
    const times = { heartbeatIntervalMs: HEARTBEAT_MS, electionTimeoutMs: ELECTION_MS }
    const limits = { snapshotCount, snapshotCatchUpEntries: 3, maxEntriesPerAppend, maxInflight }
    const flags = { preVote, checkQuorum, fsyncMs, ...limits, ...times }
    this.flags = flags
    this.node = new world.nodeClass<string>(world.kernel, `raft/${id}`, id, [], flags, {
      send: (to, message) => world.post(id, to, message),
      apply: (entry) => this.apply(entry),
      applyConf: (conf, index) => {
        this.apply({ index, term: 0, command: null, conf })
        if (conf.type === 'remove' && conf.id === id)
          world.kernel.send({ to: 'world', type: 'exit', data: id }, EXIT_MS)
      },
      snapshot: () => this.applied,
      restore: (data) => void (this.applied = data as string),
      readReady: (context) => this.finishRead(context),
      leaderChanged: () => undefined,
      record: (name, facts) => world.say(`${id} ${name} ${JSON.stringify(facts)}`),
    })
    world.kernel.register(`raft/${id}`, this)
  }

  get role(): View['role'] {
    return this.node.role
  }

  get state(): View['state'] {
    return this.node.view
  }

  handle({ type, data }: KernelEvent): void {
    if (!this.isUp) return
    if (type === MACHINE_TIMEOUT) this.node.timeout(data as MachineTimeout)
    else if (type === SYNCED) this.node.synced()
    else this.node.receive(data as RaftMessage)
    this.world.touched = this
  }

  dump(): null {
    return null
  }

  load(): void {}

  start(disk?: RaftDisk): void {
    if (this.isUp) return
    this.isUp = true
    this.node.start(disk)
  }

  stop(losesPower: boolean): void {
    if (!this.isUp) return
    this.node.stop({ losesPower })
    this.isUp = false
    if (losesPower) this.world.history.forgetTerm(this.id)
    if (this.world.plan.bug !== undefined) this.spoil(this.node.disk())
  }

  /** What no disk may do, to see whether it is noticed. */
  private spoil(disk: RaftDisk): void {
    const { bug } = this.world.plan
    if (bug === 'forgetsVotes') this.replaceDisk({ ...disk, vote: null })
    if (bug === 'lyingDisk') {
      const keep = Math.max(disk.applied, lastIndex(disk.log) - 2) - disk.log.offset
      this.replaceDisk({ ...disk, log: { ...disk.log, entries: disk.log.entries.slice(0, keep) } })
    }
    if (bug === 'oldDisk' && this.backup !== undefined) this.replaceDisk(this.backup)
    else this.backup = disk
  }

  private replaceDisk(disk: RaftDisk): void {
    this.node.start({ ...disk, commit: Math.min(disk.commit, lastIndex(disk.log)) })
    this.node.stop()
  }

  read(): void {
    if (!this.isUp) return
    const context = `${this.id}-${this.world.nextNumber()}`
    this.reads.set(context, this.world.history.lastCommitted)
    if (!this.node.readIndex(context)) this.reads.delete(context)
  }

  private finishRead(context: string): void {
    const atLeast = this.reads.get(context)
    this.reads.delete(context)
    if (atLeast !== undefined && this.node.applied < atLeast)
      fail('LinearizableRead', `${this.id} reads at ${this.node.applied}, but ${atLeast} was committed before`)
  }

  /** Everybody must get the same list. */
  private apply(entry: Entry<string>): void {
    this.applied = digest(`${this.applied}|${entry.index} ${whatIs(entry)}`)
    const known = (this.world.states[entry.index] ??= this.applied)
    if (known !== this.applied) fail('StateMachineSafety', `${this.id} differs after entry ${entry.index}`)
    if (entry.command !== null) this.world.acknowledged++
  }
}

/** Members, the network between them, and what happens to both. */
export class World implements Component {
  readonly kernel: Kernel
  readonly history = new History()
  /** The state machine after each entry, as the first member had it. */
  readonly states: string[] = []
  readonly members = new Map<MemberId, Member>()
  readonly lines: string[] = []
  touched: Member | undefined
  acknowledged = 0
  private count = 0
  private readonly cuts = new Set<string>()
  private readonly slow = new Map<string, number>()
  private isResting = false

  private readonly verbs: Record<Verb, (member: Member, step: Step) => void> = {
    propose: ({ node }) => void node.propose(`c${this.nextNumber()}`),
    read: () => this.members.forEach((member) => member.read()),
    crash: (member) => member.stop(false),
    power: (member) => member.stop(true),
    bounce: (member) => this.bounce(member, false),
    bouncePower: (member) => this.bounce(member, true),
    restart: (member) => this.restart(member),
    cut: ({ id }, { to }) => this.cut(id, to, true),
    cutOneWay: ({ id }, { to }) => this.cut(id, to, false),
    isolate: ({ id }) => this.members.forEach((other) => this.cut(id, other.id, true)),
    split: (_, { to }) => this.split(to),
    mend: () => this.mend(),
    slowLink: ({ id }, { to, ms }) => void this.slow.set(`${id}>${to}`, ms ?? 0),
    slowDisk: ({ flags }, { ms }) => void (flags.fsyncMs = ms ?? 0),
    compact: ({ node }) => node.compact(node.applied - 1),
    addVoter: (member, { to }) => this.join(member, 'addVoter', to),
    addLearner: (member, { to }) => this.join(member, 'addLearner', to),
    promote: (member, { to }) => this.change(member, 'promote', to),
    remove: (member, { to }) => this.change(member, 'remove', to),
    transfer: ({ node }, { to }) => node.transferLeadership(to ?? ''),
    campaign: ({ node }) => node.campaign(),
    duel: ({ node }, { to }) => this.duel(node, this.members.get(to ?? '')),
  }

  constructor(
    readonly plan: Plan,
    private readonly isTracing: boolean,
    /** What a member is made of. */
    readonly nodeClass: NodeClass,
  ) {
    this.kernel = new Kernel({ seed: plan.seed, epochMs: 0 })
    this.kernel.register('world', this)
    const ids = Array.from({ length: plan.members }, (_, at) => ({ id: `${at + 1}` }))
    for (const { id } of ids) this.members.set(id, new Member(id, this, plan))
    this.members.forEach((member) => member.start(bootstrapDisk(ids)))
    for (const step of plan.steps) this.kernel.send({ to: 'world', type: 'step', data: step }, step.atMs)
    if (plan.restMs === 0) return
    this.kernel.send({ to: 'world', type: 'rest' }, plan.endMs - plan.restMs)
    this.kernel.send({ to: 'world', type: 'retire' }, plan.endMs - RETIRE_MS)
  }

  /** Runs to the end. Throws a `Violation`. */
  run(): void {
    for (let at = this.kernel.nextAt(); at !== undefined && at <= this.plan.endMs; at = this.kernel.nextAt()) {
      this.kernel.step()
      this.check()
    }
    if (this.plan.restMs > 0) this.checkRest()
  }

  private exit(id: MemberId): void {
    const member = this.members.get(id)
    if (member !== undefined && ![...member.state.voters, ...member.state.learners].includes(id)) member.stop(false)
  }

  /**
   * A committed removal that somebody has not heard of: who was removed may be needed to elect a leader, and is gone.
   * What was committed and dropped in one event was not seen, and may be one.
   */
  private get isStuck(): boolean {
    const { committed } = this.history
    const lacks = ({ state }: Member): (string | undefined)[] =>
      Array.from(committed.slice(state.applied + 1), (entry) => entry?.what)
    return this.views.some((member) => lacks(member).some((what) => what === undefined || what.startsWith('remove')))
  }

  /** Left alone, the members have a leader, and all have applied the same; but who left by itself (`exit`) is gone. */
  private checkRest(): void {
    const leader = this.leader()
    if (leader === undefined && this.isStuck) return
    if (leader === undefined) return fail('ComesToTerms', 'there is no leader')
    const { commit, voters, learners } = leader.state
    if (commit < this.history.lastCommitted) fail('ComesToTerms', `${leader.id} has not committed all again`)
    const members = [...voters, ...learners]
    const slow = this.views.filter(({ id, isUp, state }) => isUp && members.includes(id) && state.applied < commit)
    if (slow.length > 0) fail('ComesToTerms', `${slow.map(({ id }) => id).join(', ')} did not catch up`)
  }

  handle({ type, data }: KernelEvent): void {
    if (type === 'rest') return this.rest()
    if (type === 'retire') return this.retire()
    if (type === 'exit') return this.exit(data as MemberId)
    const step = data as Step
    const named = this.members.get(step.member) ?? this.views[0]
    const member = step.member === 'leader' ? (this.leader() ?? named) : named
    if (member === undefined || (!member.isUp && !['restart', 'mend', 'split'].includes(step.do))) return
    this.say(`-- ${step.do} ${member.id} ${step.to ?? ''}`)
    this.verbs[step.do](member, step)
    this.touched = member
  }

  dump(): null {
    return null
  }

  load(): void {}

  say(text: string): void {
    if (this.isTracing) this.lines.push(`${String(this.kernel.now).padStart(6)} ${text}`)
  }

  nextNumber(): number {
    return ++this.count
  }

  /** A message may be lost, doubled and late, and come again when nobody thinks of it any more. */
  post(from: MemberId, to: MemberId, said: RaftMessage): void {
    if (said.type === 'hello' || this.cuts.has(`${from}>${to}`)) return
    const message = this.plan.bug === 'overclaims' && said.type === 'appendResponse' ? overclaimed(said) : said
    const random = this.kernel.random('network')
    const { loss, duplication, echo, delayMs } = this.plan
    const isLossy = !this.isResting
    if (isLossy && random.next() < loss) return
    const copies = isLossy && random.next() < duplication ? 2 : 1
    const send = (late: number): void => void this.kernel.send({ to: `raft/${to}`, type: 'raft', data: message }, late)
    const slow = this.slow.get(`${from}>${to}`) ?? 0
    for (let copy = 0; copy < copies; copy++) send(random.between(1, this.isResting ? 2 : delayMs) + slow)
    if (isLossy && random.next() < echo) send(random.between(50, MAX_ECHO_MS))
    if (this.isTracing && !message.type.startsWith('heartbeat')) this.say(`${from}->${to} ${makeMessage(message)}`)
  }

  private check(): void {
    const member = this.touched
    this.touched = undefined
    if (member !== undefined) this.history.check(this.views, member)
  }

  private get views(): Member[] {
    return [...this.members.values()]
  }

  /** The one with the highest term. */
  private leader(): Member | undefined {
    const leaders = this.views.filter(({ isUp, role }) => isUp && role === 'leader')
    return leaders.sort((a, b) => b.state.term - a.state.term)[0]
  }

  private cut(a: string, b: string | undefined, both: boolean): void {
    this.cuts.add(`${a}>${b}`)
    if (both) this.cuts.add(`${b}>${a}`)
  }

  /** Two sides that hear nothing of each other; what was cut before is mended. */
  private split(group = ''): void {
    const side = group.split('+')
    this.cuts.clear()
    for (const { id: a } of this.views)
      for (const { id: b } of this.views) if (side.includes(a) !== side.includes(b)) this.cut(a, b, false)
  }

  private bounce(member: Member, losesPower: boolean): void {
    member.stop(losesPower)
    member.start()
  }

  /** Two campaign at once. */
  private duel(node: Member['node'], other: Member | undefined): void {
    node.campaign()
    if (other?.isUp === true) other.node.campaign()
  }

  /** The named one, or else somebody who is down. */
  private restart(member: Member): void {
    const down = this.views.filter(({ isUp }) => !isUp)
    if (member.isUp && down.length > 0) this.kernel.random('restart').pick(down).start()
    else member.start()
  }

  private mend(): void {
    this.cuts.clear()
    this.slow.clear()
    this.members.forEach(({ flags }) => (flags.fsyncMs = this.plan.fsyncMs))
  }

  /** A member that is new starts with nothing; ids are never used twice for an empty disk. */
  private join(by: Member, type: 'addVoter' | 'addLearner', id = ''): void {
    if (!this.members.has(id)) {
      const member = new Member(id, this, this.plan)
      this.members.set(id, member)
      member.start(emptyDisk())
    }
    this.change(by, type, id)
  }

  private change({ node }: Member, type: ConfChange['type'], id = ''): void {
    node.proposeConf({ type, id })
  }

  /** The faults end, and all are up. */
  private rest(): void {
    this.say('-- rest')
    this.isResting = true
    this.mend()
    this.members.forEach((member) => member.start())
  }

  /** Who was removed is switched off, as etcd's server does with itself when it hears of it. */
  private retire(): void {
    this.say('-- retire')
    const newest = this.views.reduce((a, b) => (b.state.applied > a.state.applied ? b : a))
    const members = new Set([...newest.state.voters, ...newest.state.learners])
    for (const member of this.views) if (!members.has(member.id)) member.stop(false)
  }
}

function overclaimed(message: Extract<RaftMessage, { type: 'appendResponse' }>): RaftMessage {
  return message.reject === undefined ? { ...message, index: message.index + 1 } : message
}

function makeMessage({ from: _, ...message }: RaftMessage): string {
  return JSON.stringify(message)
}

/** A text of fixed length for a text of any. */
function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 16777619)
    b = Math.imul(b ^ text.charCodeAt(at), 2246822519)
  }
  return `${a >>> 0}-${b >>> 0}`
}
