import { RaftNode, SYNCED } from '../../engine/etcd/node.ts'
import { bootstrapDisk, emptyDisk } from '../../engine/etcd/raft/disk.ts'
import { lastIndex, lastTerm } from '../../engine/etcd/raft/log.ts'
import type { ConfChange, Entry, MemberId, RaftDisk, RaftMessage, SnapshotMeta } from '../../engine/etcd/raft/types.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../../engine/kernel/machine.ts'
import type { MachineTimeout } from '../../engine/kernel/machine.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

interface Flags {
  preVote: boolean
  checkQuorum: boolean
  stepDownOnRemoval: boolean
  fsyncMs: number
  heartbeatIntervalMs: number
  electionTimeoutMs: number
  maxInflight?: number
}

interface Sent {
  from: MemberId
  to: MemberId
  message: RaftMessage
}

/** A member with a clock of its own: time passes for it only when a directive says so. */
class Member {
  readonly kernel: Kernel
  readonly node: RaftNode<string>
  readonly applied: string[] = []
  isUp = true
  private disk: RaftDisk | undefined

  constructor(
    readonly id: MemberId,
    readonly flags: Flags,
    disk: RaftDisk,
    private readonly script: NodeScript,
  ) {
    this.kernel = new Kernel({ seed: id, epochMs: 0 })
    this.node = new RaftNode<string>(this.kernel, `raft/${id}`, id, [], flags, {
      send: (to, message) => script.post({ from: id, to, message }),
      apply: ({ command }) => void (command !== null && this.applied.push(command)),
      applyConf: (conf) => script.say(`  ${id} applies ${makeConf(conf)}`),
      snapshot: () => [...this.applied],
      restore: (data, meta) => this.restore(data as string[], meta),
      readReady: (context) => script.say(`  ${id} may read ${context}`),
      leaderChanged: () => undefined,
      panic: (message) => this.panic(message),
      record: () => undefined,
    })
    this.kernel.register(`raft/${id}`, {
      handle: (event) => this.handle(event),
      dump: () => null,
      load: () => undefined,
    })
    this.node.start(disk)
  }

  private restore(data: string[], { index, term }: SnapshotMeta): void {
    this.applied.splice(0, this.applied.length, ...data)
    this.script.say(`  ${this.id} restores snapshot ${index}/${term} [${data.join(' ')}]`)
  }

  private handle({ type, data }: KernelEvent): void {
    if (type === MACHINE_TIMEOUT) this.node.timeout(data as MachineTimeout)
    if (type === SYNCED) this.node.synced()
  }

  private panic(message: string): void {
    this.script.say(`  ${this.id} panics: ${message}`)
    this.node.stop()
    this.isUp = false
  }

  /** Somebody removed the data directory. */
  empty(): void {
    this.disk = { ...emptyDisk(), voters: [...this.node.voters] }
  }

  restart(): void {
    this.isUp = true
    this.node.start(this.disk)
    this.disk = undefined
  }

  pass(ms: number): void {
    this.kernel.runUntil(this.kernel.now + ms)
  }

  /** Role, term and members in one line. */
  get state(): string {
    const { view, role } = this.node
    if (!this.isUp) return `stopped term=${view.term}`
    const kind = view.voters.includes(this.id) ? 'voter' : view.learners.includes(this.id) ? 'learner' : 'stranger'
    return `${role} (${kind}) term=${view.term} lead=${view.lead ?? 'none'}`
  }

  get members(): string {
    const { voters, learners } = this.node.view
    return `voters=(${voters.join(' ')})${learners.length > 0 ? ` learners=(${learners.join(' ')})` : ''}`
  }
}

/** The directives of test/interaction/raft; its README lists them. */
export class NodeScript {
  private members = new Map<MemberId, Member>()
  private sent: Sent[] = []
  private lines: string[] = []
  private before = new Map<MemberId, string>()
  private isQuiet = false
  private depth = ''

  private readonly verbs: Record<string, (args: string[]) => void> = {
    quiet: ([verb = '', ...args]) => {
      this.carryOut(verb, args)
      this.lines = []
    },
    'add-nodes': ([count, ...options]) => this.addNodes(Number(count), options),
    campaign: ([id]) => this.at(id).node.campaign(),
    propose: ([id, data = '']) => this.note(this.at(id).node.propose(data)),
    'propose-conf-change': ([id, text = '']) => this.note(this.at(id).node.proposeConf(readConf(text))),
    'transfer-leadership': ([from, to = '']) => this.at(from).node.transferLeadership(to),
    'read-index': ([id, context = '']) => this.note(this.at(id).node.readIndex(context)),
    stabilize: (ids) => this.stabilize(ids),
    deliver: ([to, type]) => this.deliver(to, type),
    drop: ([to, type]) => this.drop(to, type),
    repeat: ([to, type]) => this.repeat(to, type),
    messages: () => this.sent.forEach((sent) => this.say(makeSent(sent))),
    tick: ([id, ms]) => this.at(id).pass(Number.parseInt(ms ?? '', 10)),
    'tick-heartbeat': ([id]) => this.at(id).pass(100),
    'tick-election': ([id]) => this.tickElection(this.at(id)),
    fsync: ([id, ms]) => void (this.at(id).flags.fsyncMs = Number.parseInt(ms ?? '', 10)),
    compact: ([id, index]) => this.at(id).node.compact(Number(index)),
    'report-snapshot': ([from, to = '', outcome]) => this.at(from).node.reportSnapshot(to, outcome === 'arrived'),
    'report-unreachable': ([from, to = '']) => this.at(from).node.reportUnreachable(to),
    crash: ([id, power]) => this.crash(this.at(id), power === 'power'),
    restart: ([id]) => this.at(id).restart(),
    empty: ([id]) => this.at(id).empty(),
    'raft-state': () => this.members.forEach((member) => this.say(`${member.id}: ${member.state}`)),
    members: () => this.members.forEach((member) => this.say(`${member.id}: ${member.members}`)),
    status: ([id]) => this.status(this.at(id)),
    'raft-log': (ids) => this.chosen(ids).forEach((member) => this.say(`${member.id}: ${makeLog(member)}`)),
    applied: (ids) => this.chosen(ids).forEach(({ id, applied }) => this.say(`${id}: ${applied.join(' ')}`)),
  }

  /** Carries out one directive. Returns what there is to see. */
  run(line: string): string {
    const [verb = '', ...args] = line.trim().split(/\s+/)
    this.lines = []
    this.isQuiet = verb === 'quiet'
    this.carryOut(verb, args)
    return this.lines.join('\n')
  }

  private carryOut(verb: string, args: string[]): void {
    const act = this.verbs[verb]
    if (act === undefined) throw new Error(`no directive ${verb}`)
    this.watched(() => act(args))
  }

  say(text: string): void {
    if (!this.isQuiet) this.lines.push(this.depth + text)
  }

  post(sent: Sent): void {
    if (sent.message.type !== 'hello') this.sent.push(sent)
  }

  private at(id: string | undefined): Member {
    const member = this.members.get(id ?? '')
    if (member === undefined) throw new Error(`no member ${id}`)
    return member
  }

  private chosen(ids: string[]): Member[] {
    return ids.length === 0 ? [...this.members.values()] : ids.map((id) => this.at(id))
  }

  private note(isTaken: boolean): void {
    if (!isTaken) this.say('dropped')
  }

  /** Says which members are something else afterwards. */
  private watched(act: () => void): void {
    act()
    for (const [id, member] of this.members) {
      const now = `${member.state}; ${member.members}`
      const [state, members] = now.split('; ')
      const [oldState, oldMembers] = (this.before.get(id) ?? now).split('; ')
      if (state !== oldState) this.say(`  ${id} is ${state}`)
      if (members !== oldMembers) this.say(`  ${id} knows ${members}`)
      this.before.set(id, now)
    }
  }

  private addNodes(count: number, options: string[]): void {
    const option = (name: string): string | undefined =>
      options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
    const ids = (name: string): MemberId[] => option(name)?.replace(/[()]/g, '').split(',').filter(Boolean) ?? []
    const isOn = (name: string): boolean => option(name) === 'true'
    const switches = { preVote: isOn('prevote'), checkQuorum: isOn('checkquorum'), stepDownOnRemoval: isOn('stepdown') }
    const inflight = option('inflight')
    const window = inflight === undefined ? {} : { maxInflight: Number(inflight) }
    const index = Number(option('index') ?? 0)
    const disk = { ...emptyDisk(), commit: index, applied: index, voters: ids('voters'), learners: ids('learners') }
    const log = { offset: index, offsetTerm: Math.min(index, 1), entries: readTerms(option('terms'), index) }
    const term = Math.max(Number(option('term') ?? 0), lastTerm(log))
    const fresh = bootstrapDisk(disk.voters.map((id) => ({ id })))
    const start = isOn('bootstrap') ? fresh : { ...disk, log, term, vote: option('vote') ?? null }
    for (let at = 0; at < count; at++) {
      const id = `${this.members.size + 1}`
      const times = { fsyncMs: 0, heartbeatIntervalMs: 100, electionTimeoutMs: 1000 }
      this.members.set(id, new Member(id, { ...switches, ...times, ...window }, start, this))
    }
  }

  private tickElection(member: Member): void {
    member.kernel.runUntil(member.node.view.electionDueAt)
  }

  private stabilize(ids: string[]): void {
    const isFor = ({ to }: Sent): boolean => ids.length === 0 || ids.includes(to)
    for (let count = 0; this.sent.some(isFor); count++) {
      if (count > 2000) throw new Error('it does not come to rest')
      const place = this.sent.findIndex(isFor)
      this.hand(this.sent.splice(place, 1)[0] as Sent)
    }
  }

  /** `to`: a member, a link `1->3`, or `*`. `type`: messages of one type only. */
  private take(to: string | undefined, type: string | undefined): Sent[] {
    const isMeant = (sent: Sent): boolean =>
      [undefined, '*', sent.to, `${sent.from}->${sent.to}`].includes(to) &&
      (type ?? sent.message.type) === sent.message.type
    const taken = this.sent.filter(isMeant)
    this.sent = this.sent.filter((sent) => !isMeant(sent))
    return taken
  }

  private deliver(to: string | undefined, type: string | undefined): void {
    for (const sent of this.take(to, type)) this.hand(sent)
  }

  private drop(to: string | undefined, type: string | undefined): void {
    for (const sent of this.take(to, type)) this.say(`${makeSent(sent)} (lost)`)
  }

  /** The network duplicates what is on its way. */
  private repeat(to: string | undefined, type: string | undefined): void {
    const twice = this.take(to, type).flatMap((sent) => [sent, sent])
    this.sent.push(...twice)
  }

  private hand(sent: Sent): void {
    const member = this.members.get(sent.to)
    const isThere = member?.isUp === true
    this.say(makeSent(sent) + (isThere ? '' : ' (nobody there)'))
    if (isThere) this.watched(() => member.node.receive(sent.message))
  }

  private crash(member: Member, losesPower: boolean): void {
    member.node.stop({ losesPower })
    member.isUp = false
  }

  private status({ node: { view } }: Member): void {
    for (const [id, progress] of Object.entries(view.progress)) {
      const { state, match, next, paused, inflight, pendingSnapshot } = progress
      const notes = [
        paused ? ' paused' : '',
        inflight.length > 0 ? ` inflight=${inflight.length}` : '',
        pendingSnapshot > 0 ? ` pendingSnapshot=${pendingSnapshot}` : '',
        view.learners.includes(id) ? ' learner' : '',
      ]
      if (id !== view.id) this.say(`${id}: ${state} match=${match} next=${next}${notes.join('')}`)
    }
  }
}

/** `v4`, `l4`, `p4`, `r4`, `u4`: add a voter, add a learner, promote, remove, update. */
function readConf(text: string): ConfChange {
  const types = { v: 'addVoter', l: 'addLearner', p: 'promote', r: 'remove', u: 'update' } as const
  return { type: types[text.charAt(0) as keyof typeof types], id: text.slice(1) }
}

function makeConf({ type, id }: ConfChange): string {
  return `${type} ${id}`
}

/** `terms=(1,1,2)`: what a log holds behind the index. */
function readTerms(text: string | undefined, index: number): Entry[] {
  const terms = (text ?? '').replace(/[()]/g, '').split(',').filter(Boolean)
  return terms.map((term, at) => ({ index: index + at + 1, term: Number(term), command: null }))
}

function makeLog({ node: { view } }: Member): string {
  const { log, commit } = view
  const gone = log.offset > 0 ? `(to ${log.offset}/${log.offsetTerm}) ` : ''
  return `${gone}${makeEntries(log.entries)} last=${lastIndex(log)}/${lastTerm(log)} commit=${commit}`
}

function makeEntries(entries: readonly Entry[]): string {
  const texts = entries.map(
    ({ index, term, command, conf }) => `${index}/${term} ${conf ? makeConf(conf) : JSON.stringify(command ?? '')}`,
  )
  return `[${texts.join(', ')}]`
}

function makeSent({ from, to, message }: Sent): string {
  return `${from}->${to} ${makeMessage(message)}`
}

function makeMessage(message: RaftMessage): string {
  switch (message.type) {
    case 'preVote':
      return `preVote term=${message.term} log=${message.lastIndex}/${message.lastTerm}`
    case 'vote':
      return `vote term=${message.term} log=${message.lastIndex}/${message.lastTerm}${message.transfer ? ' transfer' : ''}`
    case 'preVoteResponse':
    case 'voteResponse':
      return `${message.type} term=${message.term} ${message.granted ? 'granted' : 'refused'}`
    case 'append':
      return `append term=${message.term} prev=${message.prevIndex}/${message.prevTerm} commit=${message.commit} ${makeEntries(message.entries)}`
    case 'appendResponse':
      return `appendResponse term=${message.term} index=${message.index}${makeReject(message.reject)}`
    case 'heartbeat':
      return `heartbeat term=${message.term} commit=${message.commit}${makeContext(message.context)}`
    case 'heartbeatResponse':
      return `heartbeatResponse term=${message.term}${makeContext(message.context)}`
    case 'snapshot':
      return `snapshot term=${message.term} at ${message.meta.index}/${message.meta.term} voters=(${message.meta.voters.join(' ')}) learners=(${message.meta.learners.join(' ')})`
    case 'timeoutNow':
      return `timeoutNow term=${message.term}`
    case 'transferLeader':
      return `transferLeader to ${message.target}`
    case 'propose':
      return `propose ${message.conf ? makeConf(message.conf) : JSON.stringify(message.commands)}`
    case 'readIndex':
      return `readIndex ${message.context}`
    case 'readIndexResponse':
      return `readIndexResponse ${message.context} index=${message.index}`
    default:
      return message.type
  }
}

function makeReject(reject: { hintIndex: number; hintTerm: number } | undefined): string {
  return reject === undefined ? '' : ` refused, hint ${reject.hintIndex}/${reject.hintTerm}`
}

function makeContext(context: string | undefined): string {
  return context === undefined ? '' : ` read=${context}`
}
