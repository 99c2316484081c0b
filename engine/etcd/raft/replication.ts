/** The leader's log becomes everybody's. Models raft/raft.go (appendEntry, maybeSendAppend, handleAppendEntries). */
import { entriesFrom, graft, lastIndex, lastPossibleMatch, termAt } from './log.ts'
import { becomeReplicate, isPaused, makeProgress, noteMatch, noteReject, noteSent } from './progress.ts'
import { committedIndex } from './quorum.ts'
import { checkQuorum } from './election.ts'
import { others, sendHeartbeats } from './heartbeat.ts'
import { releaseEarlyReads } from './read.ts'
import { cast, respond } from './turn.ts'
import type { MemberId, Progress, RaftMessage, Turn } from './types.ts'

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
  state.progress = Object.fromEntries(state.voters.map((id) => [id, makeProgress(next)]))
  appendCommands(turn, [null])
}

/** The leader adds commands to its log and sends them out. */
export function appendCommands(turn: Turn, commands: readonly unknown[]): void {
  const { state } = turn
  for (const command of commands) state.log.entries.push({ index: lastIndex(state.log) + 1, term: state.term, command })
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

function sendToAll(turn: Turn): void {
  if (turn.state.voters.length === 1) return
  for (const to of others(turn)) sendAppend(turn, to)
}

function sendAppend(turn: Turn, to: MemberId): void {
  const { state } = turn
  const progress = state.progress[to] as Progress
  if (isPaused(progress)) return
  const prevIndex = progress.next - 1
  const prevTerm = termAt(state.log, prevIndex)
  if (prevTerm === undefined) throw new Error(`raft: ${to} needs entry ${prevIndex}, which left the log`)
  const entries = entriesFrom(state.log, progress.next, MAX_ENTRIES_PER_APPEND)
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
function advanceCommit(turn: Turn): boolean {
  const { state } = turn
  const matchOf = (id: MemberId): number => state.progress[id]?.match ?? 0
  const index = committedIndex(state.voters, matchOf)
  state.safe = Math.min(...state.voters.map(matchOf))
  if (index <= state.commit || termAt(state.log, index) !== state.term) return false
  state.commit = index
  releaseEarlyReads(turn)
  return true
}

/** A leader of this term is there: the election waits. */
export function heardLeader({ state, now }: Turn, from: MemberId): void {
  state.lead = from
  state.heardAt = now
  state.electionDueAt = now + state.electionTimeoutMs
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
  graft(state.log, message.entries, state.commit)
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

function takeMatch(turn: Turn, progress: Progress, message: AppendResponse): void {
  const wasPaused = isPaused(progress)
  const found = progress.state === 'probe' && message.index >= progress.match
  const news = noteMatch(progress, message.index)
  if (found) becomeReplicate(progress)
  if (!news && !found) return
  if (advanceCommit(turn)) sendToAll(turn)
  else if (wasPaused || progress.next <= lastIndex(turn.state.log)) sendAppend(turn, message.from)
}

/** The leader's beat: every follower is told, and once in an election timeout a quorum must have answered. */
export function beat(turn: Turn): void {
  const { state, settings } = turn
  sendHeartbeats(turn)
  state.beats++
  if (state.beats * settings.heartbeatIntervalMs < settings.electionTimeoutMs) return
  state.beats = 0
  checkQuorum(turn)
}

export function takeHeartbeat(turn: Turn, message: Heartbeat): void {
  const { state } = turn
  heardLeader(turn, message.from)
  state.safe = Math.max(state.safe, message.safe)
  state.commit = Math.max(state.commit, message.commit)
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
  if (progress.inflight.length > 0 && isPaused(progress)) progress.inflight.shift()
  if (progress.match < lastIndex(turn.state.log) || progress.state === 'probe') sendAppend(turn, from)
}
