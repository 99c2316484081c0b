/** Campaigns and votes. Models raft/raft.go (campaign, Step, poll). */
import { isUpToDate, lastIndex, lastTerm } from './log.ts'
import { quorumOf, voteResult } from './quorum.ts'
import { cast, respond, stepDown } from './turn.ts'
import type { MemberId, RaftMessage, Turn } from './types.ts'

type Poll = Extract<RaftMessage, { type: 'preVote' | 'vote' }>
type PollResponse = Extract<RaftMessage, { type: 'preVoteResponse' | 'voteResponse' }>

/** On entering preCandidate: asks who would vote, without touching the term. */
export function askPreVotes(turn: Turn): void {
  turn.state.lead = null
  campaign(turn, 'preVote', turn.state.term + 1)
}

/** On entering candidate: a new term, a vote for itself, and the question. `isTransfer`: the leader wishes it. */
export function askVotes(turn: Turn, isTransfer = false): void {
  const { state } = turn
  state.term++
  state.vote = state.id
  state.lead = null
  campaign(turn, 'vote', state.term, isTransfer)
}

/** The own vote counts when it is on the disk. */
function campaign(turn: Turn, type: Poll['type'], term: number, isTransfer = false): void {
  const { state } = turn
  state.votes = {}
  const from = state.id
  const lastOf = { lastIndex: lastIndex(state.log), lastTerm: lastTerm(state.log) }
  const wish = isTransfer ? { transfer: true as const } : {}
  for (const to of state.voters)
    if (to === from)
      respond(turn, to, { from, type: type === 'vote' ? 'voteResponse' : 'preVoteResponse', term, granted: true })
    else cast(turn, to, { from, type, term, ...lastOf, ...wish } as Poll)
}

function count(turn: Turn, type: Poll['type']): void {
  const { state } = turn
  const result = voteResult(state.voters, state.votes)
  if (result === 'won')
    turn.effects.push({ kind: 'role', event: { type: type === 'preVote' ? 'preVotesWon' : 'votesWon' } })
  if (result === 'lost') stepDown(turn, state.term, null, 'not elected')
}

/** Whether a present leader protects this member from elections (check-quorum's lease). */
export function isLeased(turn: Turn): boolean {
  const { state } = turn
  if (turn.settings.checkQuorum === false) return false
  if (turn.role === 'leader') return true
  return state.lead !== null && turn.now - state.heardAt < turn.settings.electionTimeoutMs
}

/** Somebody asks for a vote of this term, or a promise for a later one. */
export function answerPoll(turn: Turn, message: Poll): void {
  const { state } = turn
  const free = state.vote === message.from || (state.vote === null && state.lead === null)
  const may = free || (message.type === 'preVote' && message.term > state.term)
  const granted = may && isUpToDate(state.log, message.lastIndex, message.lastTerm)
  if (granted && message.type === 'vote') grant(turn, message.from)
  const type = message.type === 'vote' ? 'voteResponse' : 'preVoteResponse'
  respond(turn, message.from, { from: state.id, type, term: granted ? message.term : state.term, granted })
}

function grant({ state, now }: Turn, candidate: MemberId): void {
  state.vote = candidate
  state.heardAt = now
  state.electionDueAt = now + state.electionTimeoutMs
}

/** A vote arrived; only the campaign it belongs to counts it. */
export function takeVote(turn: Turn, message: PollResponse): void {
  const type = turn.role === 'preCandidate' ? 'preVote' : 'vote'
  if (message.type !== `${type}Response`) return
  turn.state.votes[message.from] ??= message.granted
  count(turn, type)
}

/** A leader that heard of no quorum for one election timeout gives up (check-quorum, H1). */
export function checkQuorum(turn: Turn): void {
  const { state } = turn
  const active = state.voters.filter((id) => id === state.id || state.progress[id]?.active === true).length
  for (const progress of Object.values(state.progress)) progress.active = false
  if (active < quorumOf(state.voters.length)) stepDown(turn, state.term, null, 'no quorum')
}
