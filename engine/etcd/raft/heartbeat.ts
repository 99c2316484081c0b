/** What a leader says to all others, and how it is heard. Models raft/raft.go (bcastHeartbeat). */
import { cast } from './turn.ts'
import type { MemberId, Turn } from './types.ts'

export function others({ state }: Turn): MemberId[] {
  return [...state.voters, ...state.learners].filter((id) => id !== state.id)
}

/** `context`: a read that wants the leader confirmed. */
export function sendHeartbeats(turn: Turn, context?: string): void {
  const { state } = turn
  for (const to of others(turn)) {
    const commit = Math.min(state.progress[to]?.match ?? 0, state.commit)
    cast(turn, to, {
      from: state.id,
      type: 'heartbeat',
      term: state.term,
      commit,
      safe: state.safe,
      ...(context !== undefined && { context }),
    })
  }
}

/** A leader of this term is there: the election waits. */
export function heardLeader({ state, now }: Turn, from: MemberId): void {
  state.lead = from
  state.heardAt = now
  state.electionDueAt = now + state.electionTimeoutMs
}
