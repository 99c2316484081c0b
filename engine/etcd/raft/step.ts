/**
 * Raft as a pure step: a message in, effects out as data. First `takeTerm`, whose effects may change
 * the role, then `step` with the role that is left. Models raft/raft.go (Step).
 */
import { answerPoll, isLeased, takeVote } from './election.ts'
import { appendProposals, takeAppend, takeAppendResponse, takeHeartbeat, takeHeartbeatResponse } from './replication.ts'
import { confirmRead, takeRead } from './read.ts'
import { takeSnapshot } from './snapshot.ts'
import { takeTimeoutNow, transferLeader } from './transfer.ts'
import { cast, respond, stepDown } from './turn.ts'
import type { MemberId, Proposal, RaftMessage, RaftState, Turn } from './types.ts'

/** Only leaders say these. */
const FROM_LEADER = new Set<RaftMessage['type']>(['append', 'heartbeat', 'snapshot'])

/** Compares terms. Returns whether the message is to be stepped. */
export function takeTerm(turn: Turn, message: RaftMessage): boolean {
  if (!('term' in message)) return true
  if (message.term < turn.state.term) return answerOldTerm(turn, message)
  if (message.term > turn.state.term) return takeNewTerm(turn, message)
  if (FROM_LEADER.has(message.type) && turn.role !== 'follower')
    stepDown(turn, message.term, message.from, 'another leads')
  return true
}

function takeNewTerm(turn: Turn, message: Extract<RaftMessage, { term: number }>): boolean {
  const isPoll = message.type === 'preVote' || message.type === 'vote'
  const isWished = message.type === 'vote' && message.transfer === true
  if (isPoll && !isWished && isLeased(turn)) return false
  if (message.type === 'preVote' || (message.type === 'preVoteResponse' && message.granted)) return true
  stepDown(turn, message.term, FROM_LEADER.has(message.type) ? message.from : null, 'a higher term')
  return true
}

/** A leader or a campaigner of the past learns the present term; without both switches a vote of it does that. */
function answerOldTerm(turn: Turn, message: RaftMessage): false {
  const { id, term, commit } = turn.state
  const isOn = turn.settings.checkQuorum !== false || turn.settings.preVote !== false
  if (isOn && (message.type === 'append' || message.type === 'heartbeat'))
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
    case 'snapshot':
      return takeSnapshot(turn, message)
    case 'timeoutNow':
      return takeTimeoutNow(turn)
    case 'transferLeader':
      return transferLeader(turn, message.target)
    case 'propose':
      return void propose(turn, proposalsIn(message))
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

function proposalsIn({ commands, conf, requestId }: Extract<RaftMessage, { type: 'propose' }>): Proposal[] {
  const entries: Proposal[] = commands.map((command) => ({ command }))
  if (conf !== undefined) entries.push({ command: null, conf, ...(requestId !== undefined && { requestId }) })
  return entries
}

/**
 * Something for the log: appended by the leader, passed on by others. Returns false without a leader, and when the
 * leader drops it because it hands over or was removed.
 */
export function propose(turn: Turn, proposals: Proposal[]): boolean {
  const { state } = turn
  if (turn.role === 'leader') {
    if (state.transferee !== null || state.progress[state.id] === undefined) return false
    appendProposals(turn, proposals)
  } else if (state.lead !== null) for (const proposal of proposals) passOn(turn, state.lead, proposal)
  return state.lead !== null
}

function passOn(turn: Turn, lead: MemberId, { command, conf, requestId }: Proposal): void {
  const from = turn.state.id
  if (conf === undefined) return cast(turn, lead, { from, type: 'propose', commands: [command] })
  cast(turn, lead, { from, type: 'propose', commands: [], conf, ...(requestId !== undefined && { requestId }) })
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
  state.transferee = null
}
