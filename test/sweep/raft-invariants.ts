import { entryAt, lastIndex, lastTerm, termAt } from '../../engine/etcd/raft/log.ts'
import { quorumOf } from '../../engine/etcd/raft/quorum.ts'
import type { Entry, MemberId, RaftLog, RaftState, Role } from '../../engine/etcd/raft/types.ts'

/** What the checks look at: all members, also those that are down or were removed. */
export interface View {
  id: MemberId
  isUp: boolean
  role: Role
  state: Readonly<RaftState>
}

/** What was committed, and in which term that was first seen. */
interface Committed {
  term: number
  what: string
  seenIn: number
}

/** A promise of Raft is broken. */
export class Violation extends Error {
  constructor(
    readonly invariant: Invariant,
    detail: string,
  ) {
    super(`${invariant}: ${detail}`)
  }
}

/**
 * The safety properties of etcd's TLA+ specification (etcd-io/raft tla/etcdraft.tla), by the names they have there,
 * and others that it does not speak of. Logs forget, so what was once seen committed is kept aside.
 */
export const INVARIANTS = [
  'LogInv',
  'MoreThanOneLeaderInv',
  'ElectionSafetyInv',
  'LogMatchingInv',
  'QuorumLogInv',
  'MoreUpToDateCorrectInv',
  'LeaderCompletenessInv',
  'CommittedIsDurableInv',
  'CandidateCompletenessInv',
  'CommittedByQuorum',
  'Monotonic',
  'StateMachineSafety',
  'LinearizableRead',
  'ComesToTerms',
] as const

export type Invariant = (typeof INVARIANTS)[number]

type Check = (history: History, views: readonly View[], view: View) => void

/** The eight of the specification, and two that see sooner what will go wrong: each looks at one member that changed, next to all others. */
const CHECKS: Check[] = [
  checkMoreThanOneLeader,
  checkLogMatching,
  checkLog,
  checkElectionSafety,
  checkQuorumLog,
  checkMoreUpToDate,
  checkLeaderCompleteness,
  checkCommittedIsDurable,
  checkCandidateCompleteness,
  checkCommittedByQuorum,
]

/** What a member was when it was last looked at. */
interface Seen {
  key: string
  lastIndex: number
  lastTerm: number
  commit: number
  applied: number
  term: number
  voters: readonly MemberId[]
}

const NOTHING: Seen = { key: '', lastIndex: 0, lastTerm: 0, commit: 0, applied: 0, term: 0, voters: [] }

/** What was seen so far, which no single state tells. */
export class History {
  readonly committed: Committed[] = []
  /** By `index/term`: what is there, and the term before it. */
  readonly written = new Map<string, string>()
  readonly leaders = new Map<number, MemberId>()
  private readonly seen = new Map<MemberId, Seen>()

  /** Looks at a member after an event; throws a `Violation`. */
  check(views: readonly View[], view: View): void {
    const { state, role, isUp } = view
    const ends = { lastIndex: lastIndex(state.log), lastTerm: lastTerm(state.log) }
    const { commit, applied, term, stable, voters } = state
    const members = `${voters.join()} ${state.learners.join()}`
    const key = `${ends.lastIndex}/${ends.lastTerm} ${commit} ${applied} ${term} ${stable} ${role} ${isUp} ${members}`
    const before = this.before(view.id)
    if (before.key === key) return
    checkMonotonic(view, before)
    for (const check of CHECKS) check(this, views, view)
    this.seen.set(view.id, { key, ...ends, commit, applied, term, voters })
  }

  before(id: MemberId): Seen {
    return this.seen.get(id) ?? NOTHING
  }

  /** A member lost what its disk had not written: its term may be an older one. */
  forgetTerm(id: MemberId): void {
    this.seen.set(id, { ...this.before(id), key: '', term: 0 })
  }

  /** The last index that is known to be committed. */
  get lastCommitted(): number {
    return Math.max(this.committed.length - 1, 0)
  }
}

function checkMonotonic({ id, state }: View, before: Seen): void {
  for (const name of ['commit', 'applied', 'term'] as const)
    if (state[name] < before[name]) fail('Monotonic', `${id}: ${name} fell from ${before[name]} to ${state[name]}`)
  if (state.applied > state.commit) fail('Monotonic', `${id}: applied ${state.applied} is past commit ${state.commit}`)
  if (state.commit > lastIndex(state.log)) fail('Monotonic', `${id}: commit ${state.commit} is past the log`)
}

/** Every index and term determine the log up to there. */
function checkLogMatching(history: History, _: readonly View[], { id, state: { log } }: View): void {
  const before = history.before(id)
  const isLonger = before.lastIndex >= log.offset && termAt(log, before.lastIndex) === before.lastTerm
  for (let index = (isLonger ? before.lastIndex : log.offset) + 1; index <= lastIndex(log); index++) {
    const place = `${index}/${termAt(log, index)}`
    const what = `${termAt(log, index - 1)} ${whatIs(entryAt(log, index))}`
    const known = history.written.get(place) ?? what
    if (known !== what) fail('LogMatchingInv', `${id} has "${what}" at ${place}, elsewhere "${known}"`)
    history.written.set(place, what)
  }
}

/** What is committed never conflicts between members. */
function checkLog(history: History, _: readonly View[], { id, state: { log, commit, term } }: View): void {
  checkOffset(history, id, log)
  for (let index = Math.max(history.before(id).commit, log.offset) + 1; index <= commit; index++) {
    const found = { term: termAt(log, index) as number, what: whatIs(entryAt(log, index)), seenIn: term }
    const known = (history.committed[index] ??= found)
    if (known.term !== found.term || known.what !== found.what)
      fail('LogInv', `${id} committed ${makePlace(index, found)}, elsewhere it is ${makePlace(index, known)}`)
  }
}

function checkOffset({ committed }: History, id: MemberId, { offset, offsetTerm }: RaftLog): void {
  const known = committed[offset]
  if (known !== undefined && known.term !== offsetTerm)
    fail('LogInv', `${id} begins behind ${offset}/${offsetTerm}, elsewhere it is ${makePlace(offset, known)}`)
}

/** No two leaders of one term, neither at once nor one after the other. */
function checkMoreThanOneLeader({ leaders }: History, _: readonly View[], { id, isUp, role, state }: View): void {
  if (!isUp || role !== 'leader') return
  const other = leaders.get(state.term) ?? id
  if (other !== id) fail('MoreThanOneLeaderInv', `${other} and ${id} lead term ${state.term}`)
  leaders.set(state.term, id)
}

/** A leader has the most entries of its own term. */
function checkElectionSafety(_: History, views: readonly View[]): void {
  for (const leader of leadersAmong(views)) {
    const { term, log } = leader.state
    const own = lastOfTerm(log, term)
    for (const { id, state } of views)
      if (lastOfTerm(state.log, term) > own)
        fail('ElectionSafetyInv', `${id} has more of term ${term} than ${leader.id}`)
  }
}

/** What a member knows to be committed is in the log of at least one member of each quorum that it knows. */
function checkQuorumLog(_: History, views: readonly View[], { id, state }: View): void {
  const lacking = voterViews(views, state).filter(({ state: { log } }) => !holds(log, state.commit, state.log))
  if (state.voters.length > 0 && lacking.length >= quorumOf(state.voters.length))
    fail('QuorumLogInv', `${names(lacking)} lack entry ${state.commit}, which ${id} has committed`)
}

/** Who would get a vote by its log has all that the voter knows to be committed. */
function checkMoreUpToDate(history: History, views: readonly View[], view: View): void {
  for (const other of views) {
    if (other === view) continue
    checkPair(history, view, other)
    checkPair(history, other, view)
  }
}

/**
 * Where an append carries less than all, a member may hear that an old entry is committed before it gets the entry of
 * the new term that committed it: then only the quorum protects it, which `checkCandidateCompleteness` looks at.
 */
function checkPair({ committed }: History, a: View, b: View): void {
  if ((committed[b.state.commit]?.seenIn ?? 0) > lastTerm(b.state.log)) return
  if (isAsUpToDate(a.state.log, b.state.log) && !holds(a.state.log, b.state.commit, b.state.log))
    fail('MoreUpToDateCorrectInv', `${a.id} is up to date but lacks entry ${b.state.commit} that ${b.id} has committed`)
}

/** What was committed in a term is in the logs of the leaders of all higher terms. */
function checkLeaderCompleteness({ committed }: History, views: readonly View[]): void {
  for (const { id, state } of leadersAmong(views)) {
    let index = committed.length - 1
    while (index > 0 && (committed[index]?.seenIn ?? Infinity) >= state.term) index--
    const known = committed[index]
    if (known !== undefined && index > state.log.offset && termAt(state.log, index) !== known.term)
      fail('LeaderCompletenessInv', `${id}, leader of term ${state.term}, lacks ${makePlace(index, known)}`)
  }
}

/** What a leader committed is on the disks of at least one member of each quorum. */
function checkCommittedIsDurable(history: History, views: readonly View[], view: View): void {
  const { state } = view
  if (!hasCommitted(history, view)) return
  const lacking = voterViews(views, state).filter((other) => other.state.stable < state.commit)
  if (lacking.length >= quorumOf(state.voters.length))
    fail('CommittedIsDurableInv', `entry ${state.commit} is not on the disks of ${names(lacking)}`)
}

/** What a leader committed is on the disks of a quorum of those that it counted, which may be others by now. */
function checkCommittedByQuorum(history: History, views: readonly View[], view: View): void {
  const { id, state } = view
  if (!hasCommitted(history, view)) return
  const having = views.filter(
    (other) => other.state.stable >= state.commit && holds(other.state.log, state.commit, state.log),
  )
  const isQuorum = (voters: readonly MemberId[]): boolean =>
    having.filter((other) => voters.includes(other.id)).length >= quorumOf(voters.length)
  if (!isQuorum(state.voters) && !isQuorum(history.before(id).voters))
    fail('CommittedByQuorum', `entry ${state.commit} is only on the disks of ${names(having)}`)
}

/** Whether a leader committed something since it was last looked at. */
function hasCommitted(history: History, { id, isUp, role, state }: View): boolean {
  return isUp && role === 'leader' && state.commit !== history.before(id).commit
}

/** Whoever would be elected now, by the logs of its voters, has all that was ever committed. */
function checkCandidateCompleteness(history: History, views: readonly View[]): void {
  const { lastCommitted } = history
  const known = history.committed[lastCommitted]
  if (known === undefined) return
  for (const candidate of views) {
    const { log, voters } = candidate.state
    if (lastCommitted <= log.offset || termAt(log, lastCommitted) === known.term) continue
    if (!voters.includes(candidate.id)) continue
    const votes = voterViews(views, candidate.state).filter(({ state }) => isAsUpToDate(log, state.log))
    if (votes.length >= quorumOf(voters.length))
      fail('CandidateCompletenessInv', `${names(votes)} would elect ${candidate.id}, which lacks ${lastCommitted}`)
  }
}

/** Whether the owner of a log gets the vote of the owner of the other. */
function isAsUpToDate(log: RaftLog, voter: RaftLog): boolean {
  const [own, other] = [lastTerm(log), lastTerm(voter)]
  return own > other || (own === other && lastIndex(log) >= lastIndex(voter))
}

function leadersAmong(views: readonly View[]): View[] {
  return views.filter(({ isUp, role }) => isUp && role === 'leader')
}

/** Members that were never started have nothing. */
function voterViews(views: readonly View[], { voters }: Readonly<RaftState>): View[] {
  return views.filter(({ id }) => voters.includes(id))
}

function lastOfTerm(log: RaftLog, term: number): number {
  for (let index = lastIndex(log); index > log.offset; index--) {
    const found = termAt(log, index) as number
    if (found === term) return index
    if (found < term) break
  }
  return 0
}

/** Whether a log has what another has at an index; what left a log was committed and applied. */
function holds(log: RaftLog, index: number, other: RaftLog): boolean {
  if (index <= log.offset) return true
  const wanted = termAt(other, index)
  return wanted === undefined || termAt(log, index) === wanted
}

export function whatIs(entry: Entry | undefined): string {
  if (entry?.conf !== undefined) return `${entry.conf.type} ${entry.conf.id}`
  return entry?.command === null || entry === undefined ? '' : commandOf(entry.command)
}

/** Commands of etcd have an id of their own. */
function commandOf(command: unknown): string {
  return typeof command === 'object' && command !== null && 'id' in command ? String(command.id) : String(command)
}

function makePlace(index: number, { term, what }: Pick<Committed, 'term' | 'what'>): string {
  return `${index}/${term} "${what}"`
}

function names(views: readonly View[]): string {
  return views.map(({ id }) => id).join(', ')
}

export function fail(invariant: Invariant, detail: string): never {
  throw new Violation(invariant, detail)
}
