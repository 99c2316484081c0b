/** The leader's log becomes everybody's. Models raft/raft.go (appendEntry, maybeSendAppend, handleAppendEntries). */
import { checkedCommit, entriesFrom, graft, lastIndex, lastPossibleMatch, termAt } from './log.ts'
import { becomeProbe, becomeReplicate, isPaused, makeProgress, noteMatch, noteReject, noteSent } from './progress.ts'
import { committedIndex } from './quorum.ts'
import { checkQuorum } from './election.ts'
import { heardLeader, others, sendHeartbeats } from './heartbeat.ts'
import { releaseEarlyReads } from './read.ts'
import { giveUpSnapshots, reportSnapshot, sendSnapshot } from './snapshot.ts'
import { cast, respond, sendTimeoutNow } from './turn.ts'
import type { MemberId, Progress, Proposal, RaftMessage, RaftState, Turn } from './types.ts'

type Append = Extract<RaftMessage, { type: 'append' }>
type AppendResponse = Extract<RaftMessage, { type: 'appendResponse' }>
type Heartbeat = Extract<RaftMessage, { type: 'heartbeat' }>

const MAX_ENTRIES_PER_APPEND = 512

/** On entering leader: nothing is known of the others, and an empty entry opens the term. */
export function lead(turn: Turn): void {
  const { state } = turn
  const next = lastIndex(state.log) + 1
  state.lead = state.id
  state.beats = 0
  state.reads = []
  state.earlyReads = []
  state.transferee = null
  state.pendingConfIndex = lastIndex(state.log)
  state.progress = Object.fromEntries([state.id, ...others(turn)].map((id) => [id, makeProgress(next)]))
  appendProposals(turn, [{ command: null }])
}

/** The leader adds to its log and sends out. A change of the members while one is pending becomes an empty entry. */
export function appendProposals(turn: Turn, proposals: readonly Proposal[]): void {
  const { state } = turn
  for (const proposal of proposals) {
    const index = lastIndex(state.log) + 1
    const isEarly = proposal.conf !== undefined && state.pendingConfIndex > state.applied
    if (proposal.conf !== undefined && !isEarly) state.pendingConfIndex = index
    state.log.entries.push({ index, term: state.term, ...(isEarly ? { command: null } : proposal) })
  }
  turn.effects.push({ kind: 'sync', index: lastIndex(state.log), term: state.term })
  sendToAll(turn)
}

/** The leader's own copy is on the disk up to an index. */
export function noteSynced(turn: Turn, index: number, term: number): void {
  const { state } = turn
  const own = state.progress[state.id]
  if (turn.role !== 'leader' || state.term !== term || own === undefined) return
  if (noteMatch(own, index) && advanceCommit(turn)) sendToAll(turn)
}

export function sendToAll(turn: Turn): void {
  for (const to of others(turn)) sendAppend(turn, to)
}

/** Sends what a member lacks: entries, or a snapshot where the log no longer has them. */
export function sendAppend(turn: Turn, to: MemberId, { evenEmpty } = { evenEmpty: true }): void {
  const { state, settings } = turn
  const progress = state.progress[to] as Progress
  if (isPaused(progress, settings.maxInflight)) return
  const prevIndex = progress.next - 1
  const prevTerm = termAt(state.log, prevIndex)
  if (prevTerm === undefined) return sendSnapshot(turn, to, progress)
  const entries = entriesFrom(state.log, progress.next, settings.maxEntriesPerAppend ?? MAX_ENTRIES_PER_APPEND)
  if (entries.length === 0 && !evenEmpty) return
  noteSent(progress, entries.length, prevIndex + entries.length)
  cast(turn, to, {
    from: state.id,
    type: 'append',
    term: state.term,
    prevIndex,
    prevTerm,
    entries,
    commit: state.commit,
    safe: state.safe,
  })
}

/** Commits what a majority has, if it is of this term. Returns whether that is news. */
export function advanceCommit(turn: Turn): boolean {
  const { state } = turn
  const matchOf = (id: MemberId): number => state.progress[id]?.match ?? 0
  const index = committedIndex(state.voters, matchOf)
  state.safe = Math.min(...Object.values(state.progress).map(({ match }) => match))
  if (index <= state.commit || termAt(state.log, index) !== state.term) return false
  state.commit = index
  releaseEarlyReads(turn)
  return true
}

export function takeAppend(turn: Turn, message: Append): void {
  const { state } = turn
  heardLeader(turn, message.from)
  const answer = (index: number, reject?: AppendResponse['reject']): void =>
    respond(turn, message.from, {
      from: state.id,
      type: 'appendResponse',
      term: state.term,
      index,
      ...(reject && { reject }),
    })
  if (message.prevIndex < state.commit) return answer(state.commit)
  if (termAt(state.log, message.prevIndex) !== message.prevTerm)
    return answer(message.prevIndex, hintFor(turn, message))
  state.stable = Math.min(state.stable, graft(state.log, message.entries, state.commit))
  const last = message.prevIndex + message.entries.length
  state.safe = Math.max(state.safe, message.safe)
  state.commit = Math.max(state.commit, Math.min(message.commit, last))
  answer(last)
}

function hintFor({ state }: Turn, { prevIndex, prevTerm }: Append): { hintIndex: number; hintTerm: number } {
  const hint = lastPossibleMatch(state.log, prevIndex, prevTerm)
  return { hintIndex: hint.index, hintTerm: hint.term }
}

export function takeAppendResponse(turn: Turn, message: AppendResponse): void {
  const progress = turn.state.progress[message.from]
  if (progress === undefined) return
  progress.active = true
  if (message.reject !== undefined) takeReject(turn, progress, message, message.reject)
  else takeMatch(turn, progress, message)
}

function takeReject(
  turn: Turn,
  progress: Progress,
  message: AppendResponse,
  { hintIndex, hintTerm }: { hintIndex: number; hintTerm: number },
): void {
  const hint = hintTerm > 0 ? lastPossibleMatch(turn.state.log, hintIndex, hintTerm).index : hintIndex
  if (noteReject(progress, message.index, hint)) sendAppend(turn, message.from)
}

function takeMatch(turn: Turn, progress: Progress, { from, index }: AppendResponse): void {
  const { log, transferee } = turn.state
  const wasPaused = isPaused(progress, turn.settings.maxInflight)
  const isFound = progress.state === 'probe' && index >= progress.match
  const isNews = noteMatch(progress, index)
  if (isFound) becomeReplicate(progress)
  if (isNews && progress.state === 'snapshot') leaveSnapshot(turn, progress, from)
  if (!isNews && !isFound) return
  if (advanceCommit(turn)) sendToAll(turn)
  else if (wasPaused || progress.next <= lastIndex(log)) sendAppend(turn, from)
  if (from === transferee && progress.match === lastIndex(log)) sendTimeoutNow(turn, from)
}

/** The member has so much that the log does the rest; or at least what the snapshot had, which has arrived then. */
function leaveSnapshot(turn: Turn, progress: Progress, from: MemberId): void {
  if (progress.match >= turn.state.log.offset) becomeReplicate(progress)
  else if (progress.match >= progress.pendingSnapshot) reportSnapshot(turn, from, true)
}

/** What was streamed to a member may be lost: the leader feels its way again. */
export function reportUnreachable(state: RaftState, to: MemberId): void {
  const progress = state.progress[to]
  if (progress?.state === 'replicate') becomeProbe(progress)
}

/**
 * The leader's beat: every member is told, and once in an election timeout a quorum must have answered and whoever
 * was to take over must have done so.
 */
export function beat(turn: Turn): void {
  const { state, settings } = turn
  sendHeartbeats(turn, state.reads.at(-1)?.context)
  giveUpSnapshots(turn)
  state.beats++
  if (state.beats * settings.heartbeatIntervalMs < settings.electionTimeoutMs) return
  state.beats = 0
  state.transferee = null
  if (settings.checkQuorum !== false) checkQuorum(turn)
}

export function takeHeartbeat(turn: Turn, message: Heartbeat): void {
  const { state } = turn
  heardLeader(turn, message.from)
  state.safe = Math.max(state.safe, message.safe)
  state.commit = Math.max(state.commit, checkedCommit(state.log, message.commit))
  const { context } = message
  respond(turn, message.from, {
    from: state.id,
    type: 'heartbeatResponse',
    term: state.term,
    ...(context !== undefined && { context }),
  })
}

export function takeHeartbeatResponse(turn: Turn, from: MemberId): void {
  const progress = turn.state.progress[from]
  if (progress === undefined) return
  progress.active = true
  progress.paused = false
  if (progress.inflight.length > 0 && isPaused(progress, turn.settings.maxInflight)) progress.inflight.shift()
  if (progress.match < lastIndex(turn.state.log) || progress.state === 'probe') sendAppend(turn, from)
}
