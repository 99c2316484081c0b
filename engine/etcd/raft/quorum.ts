/** Majorities of the configured voters, alive or not (H1). Models raft/quorum/majority.go. */
import type { MemberId } from './types.ts'

export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** The highest index that a majority has; Infinity without voters. */
export function committedIndex(voters: readonly MemberId[], matchOf: (id: MemberId) => number): number {
  if (voters.length === 0) return Infinity
  const matches = voters.map(matchOf).sort((a, b) => b - a)
  return matches[quorumOf(voters.length) - 1] as number
}

export function voteResult(
  voters: readonly MemberId[],
  votes: Readonly<Record<MemberId, boolean>>,
): 'won' | 'lost' | 'pending' {
  const yes = voters.filter((id) => votes[id] === true).length
  const no = voters.filter((id) => votes[id] === false).length
  if (voters.length === 0 || yes >= quorumOf(voters.length)) return 'won'
  return yes + (voters.length - yes - no) < quorumOf(voters.length) ? 'lost' : 'pending'
}
