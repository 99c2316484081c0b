/** How a step says what it wants done. */
import type { MemberId, RaftMessage, Turn } from './types.ts'

export function cast(turn: Turn, to: MemberId, message: RaftMessage): void {
  turn.effects.push({ kind: 'send', to, message, afterSync: false })
}

/** Sends a promise: only when what it promises is on the disk. */
export function respond(turn: Turn, to: MemberId, message: RaftMessage): void {
  turn.effects.push({ kind: 'send', to, message, afterSync: true })
}

export function sendTimeoutNow(turn: Turn, to: MemberId): void {
  cast(turn, to, { from: turn.state.id, type: 'timeoutNow', term: turn.state.term })
}

/** To follower, at a term. Nothing else may follow in the same step. */
export function stepDown(turn: Turn, term: number, lead: MemberId | null, reason: string): void {
  turn.effects.push({ kind: 'role', event: { type: 'stepDown', term, lead, reason } })
}
