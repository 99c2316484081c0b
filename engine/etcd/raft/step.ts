/**
 * Raft as a pure step: a message in, effects out as data. First `takeTerm`, whose effects may change
 * the role, then `step` with the role that is left. Models raft/raft.go (Step).
 */
import { answerPoll, isLeased, takeVote } from './election.ts'
import { appendCommands, takeAppend, takeAppendResponse, takeHeartbeat, takeHeartbeatResponse } from './replication.ts'
import { confirmRead, takeRead } from './read.ts'
import { cast, respond, stepDown } from './turn.ts'
import type { MemberId, RaftMessage, RaftState, Turn } from './types.ts'

/** Compares terms. Returns whether the message is to be stepped. */
export function takeTerm(turn: Turn, message: RaftMessage): boolean {
  if (!('term' in message)) return true
  if (message.term < turn.state.term) return answerOldTerm(turn, message)
  if (message.term > turn.state.term) return takeNewTerm(turn, message)
  const fromLeader = message.type === 'append' || message.type === 'heartbeat'
  if (fromLeader && turn.role !== 'follower') stepDown(turn, message.term, message.from, 'another leads')
  return true
}

function takeNewTerm(turn: Turn, message: Extract<RaftMessage, { term: number }>): boolean {
  const isPoll = message.type === 'preVote' || message.type === 'vote'
  if (isPoll && isLeased(turn)) return false
  if (message.type === 'preVote' || (message.type === 'preVoteResponse' && message.granted)) return true
  const fromLeader = message.type === 'append' || message.type === 'heartbeat'
  stepDown(turn, message.term, fromLeader ? message.from : null, 'a higher term')
  return true
}

/** A leader or a campaigner of the past learns the present term. */
function answerOldTerm(turn: Turn, message: RaftMessage): false {
  const { id, term, commit } = turn.state
  if (message.type === 'append' || message.type === 'heartbeat')
    cast(turn, message.from, { from: id, type: 'appendResponse', term, index: commit })
  if (message.type === 'preVote')
    respond(turn, message.from, { from: id, type: 'preVoteResponse', term, granted: false })
  return false
}

/** Carries out a message of the present term. */
export function step(turn: Turn, message: RaftMessage): void {
  switch (message.type) {
    case 'preVote':
    case 'vote':
      return answerPoll(turn, message)
    case 'append':
      return takeAppend(turn, message)
    case 'heartbeat':
      return takeHeartbeat(turn, message)
    case 'propose':
      return void propose(turn, message.commands)
    case 'readIndex':
      return void readIndex(turn, message.from, message.context)
    case 'readIndexResponse':
      return void turn.effects.push({ kind: 'readReady', context: message.context, index: message.index })
    default:
      return stepByRole(turn, message)
  }
}

/** Answers mean something only to the role that asked. */
function stepByRole(turn: Turn, message: RaftMessage): void {
  if (message.type === 'preVoteResponse' || message.type === 'voteResponse') {
    if (turn.role === 'preCandidate' || turn.role === 'candidate') takeVote(turn, message)
  } else if (turn.role === 'leader') stepLeader(turn, message)
}

function stepLeader(turn: Turn, message: RaftMessage): void {
  if (message.type === 'appendResponse') return takeAppendResponse(turn, message)
  if (message.type !== 'heartbeatResponse') return
  takeHeartbeatResponse(turn, message.from)
  if (message.context !== undefined) confirmRead(turn, message.from, message.context)
}

/** Commands for the log: appended by the leader, passed on by others. Returns false without a leader. */
export function propose(turn: Turn, commands: unknown[]): boolean {
  const { state } = turn
  if (turn.role === 'leader') appendCommands(turn, commands)
  else if (state.lead !== null) cast(turn, state.lead, { from: state.id, type: 'propose', commands })
  return state.lead !== null
}

/** Asks for the index up to which a read must see. Returns false without a leader. */
export function readIndex(turn: Turn, from: MemberId, context: string): boolean {
  const { state } = turn
  if (turn.role === 'leader') takeRead(turn, from, context)
  else if (state.lead !== null && from === state.id) cast(turn, state.lead, { from, type: 'readIndex', context })
  return state.lead !== null
}

/** On becoming (or staying) a follower, at a term that is never lower. */
export function follow({ state }: Turn, term: number, lead: MemberId | null): void {
  if (term > state.term) state.vote = null
  state.term = term
  state.lead = lead
  forgetLeadership(state)
}

export function forgetLeadership(state: RaftState): void {
  state.votes = {}
  state.progress = {}
  state.reads = []
  state.earlyReads = []
}
