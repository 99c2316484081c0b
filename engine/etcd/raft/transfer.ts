/** The leader hands over. Models raft/raft.go (MsgTransferLeader, MsgTimeoutNow). */
import { lastIndex } from './log.ts'
import { isPromotable } from './members.ts'
import { sendAppend } from './replication.ts'
import { cast, sendTimeoutNow } from './turn.ts'
import type { MemberId, Turn } from './types.ts'

/** Somebody wishes another leader: the leader begins to hand over, others pass the wish on. */
export function transferLeader(turn: Turn, target: MemberId): void {
  const { state } = turn
  if (turn.role === 'leader') beginTransfer(turn, target)
  else if (state.lead !== null) cast(turn, state.lead, { from: state.id, type: 'transferLeader', target })
}

/** Has one election timeout to succeed. Learners and strangers cannot lead; another wish replaces the one before. */
function beginTransfer(turn: Turn, target: MemberId): void {
  const { state } = turn
  const progress = state.progress[target]
  if (progress === undefined || !state.voters.includes(target) || state.transferee === target) return
  state.transferee = null
  if (target === state.id) return
  state.beats = 0
  state.transferee = target
  if (progress.match === lastIndex(state.log)) sendTimeoutNow(turn, target)
  else sendAppend(turn, target)
}

/** The leader wishes that this member leads: it campaigns at once, without a pre-vote. */
export function takeTimeoutNow(turn: Turn): void {
  if (turn.role !== 'follower' || !isPromotable(turn.state)) return
  turn.effects.push({ kind: 'role', event: { type: 'timeoutNow' } })
}
