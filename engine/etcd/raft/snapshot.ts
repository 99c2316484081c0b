/** What the log no longer has travels as a snapshot. Models raft/raft.go (maybeSendSnapshot, handleSnapshot, MsgSnapStatus). */
import { lastIndex, restoreLog, termAt } from './log.ts'
import { becomeProbe, becomeSnapshot } from './progress.ts'
import { heardLeader } from './heartbeat.ts'
import { respond } from './turn.ts'
import type { MemberId, Progress, RaftMessage, RaftState, SnapshotMeta, Turn } from './types.ts'

type Snapshot = Extract<RaftMessage, { type: 'snapshot' }>

/** After so long without an answer the transport counts a snapshot as lost (snapResponseReadTimeout). */
const SNAPSHOT_TIMEOUT_MS = 5000

export function metaOf(state: RaftState): SnapshotMeta {
  const { applied, voters, learners } = state
  return { index: applied, term: termAt(state.log, applied) as number, voters: [...voters], learners: [...learners] }
}

/** Sends the state machine as it is, to a member that was heard of lately. */
export function sendSnapshot(turn: Turn, to: MemberId, progress: Progress): void {
  const { state, now } = turn
  if (!progress.active) return
  becomeSnapshot(progress, state.applied, now)
  turn.effects.push({ kind: 'sendSnapshot', to, term: state.term, meta: metaOf(state) })
}

/** A snapshot came. One that is old, or that does not know this member, is ignored. */
export function takeSnapshot(turn: Turn, message: Snapshot): void {
  const { state } = turn
  heardLeader(turn, message.from)
  const index = restore(turn, message) ? lastIndex(state.log) : state.commit
  respond(turn, message.from, { from: state.id, type: 'appendResponse', term: state.term, index })
}

function restore(turn: Turn, { meta, data }: Snapshot): boolean {
  const { state } = turn
  if (meta.index <= state.commit || ![...meta.voters, ...meta.learners].includes(state.id)) return false
  if (termAt(state.log, meta.index) === meta.term) {
    state.commit = meta.index
    return false
  }
  restoreLog(state.log, meta)
  Object.assign(state, { commit: meta.index, applied: meta.index, stable: meta.index, snapshot: meta })
  state.voters = [...meta.voters]
  state.learners = [...meta.learners]
  turn.effects.push({ kind: 'restore', meta, data })
  turn.effects.push({ kind: 'role', event: { type: 'membersChanged' } })
  return true
}

/** The transport says what became of a snapshot; either way the next append waits for an answer or a heartbeat. */
export function reportSnapshot(turn: Turn, to: MemberId, arrived: boolean): void {
  const progress = turn.state.progress[to]
  if (turn.role !== 'leader' || progress?.state !== 'snapshot') return
  if (!arrived) progress.pendingSnapshot = 0
  becomeProbe(progress)
  progress.paused = true
}

/** Snapshots that nobody answered are given up. */
export function giveUpSnapshots(turn: Turn): void {
  const { state, now } = turn
  for (const [id, { state: kind, snapshotSentAt }] of Object.entries(state.progress))
    if (kind === 'snapshot' && now - snapshotSentAt >= SNAPSHOT_TIMEOUT_MS) reportSnapshot(turn, id, false)
}
