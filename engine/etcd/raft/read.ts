/** Linearizable reads without the log: ReadIndex. Models raft/read_only.go. */
import { termAt } from './log.ts'
import { quorumOf } from './quorum.ts'
import { sendHeartbeats } from './heartbeat.ts'
import { cast } from './turn.ts'
import type { MemberId, PendingRead, Turn } from './types.ts'

/** The leader takes a read: its answer is the commit index of now, once a quorum says that it still leads. */
export function takeRead(turn: Turn, from: MemberId, context: string): void {
  const { state } = turn
  if (termAt(state.log, state.commit) !== state.term) return addEarly(turn, from, context)
  const read: PendingRead = { context, from, index: state.commit, acks: [state.id] }
  if (state.voters.length === 1 && state.voters[0] === state.id) return release(turn, read)
  if (!state.reads.some((other) => other.context === context)) state.reads.push(read)
  sendHeartbeats(turn, context)
}

function addEarly({ state }: Turn, from: MemberId, context: string): void {
  if (!state.earlyReads.some((read) => read.context === context)) state.earlyReads.push({ context, from })
}

export function releaseEarlyReads(turn: Turn): void {
  const early = turn.state.earlyReads
  turn.state.earlyReads = []
  for (const { from, context } of early) takeRead(turn, from, context)
}

/** A member confirmed the leader for a read; older reads are confirmed with it. */
export function confirmRead(turn: Turn, from: MemberId, context: string): void {
  const { state } = turn
  const place = state.reads.findIndex((read) => read.context === context)
  const read = state.reads[place]
  if (read === undefined) return
  if (!read.acks.includes(from)) read.acks.push(from)
  if (read.acks.filter((id) => state.voters.includes(id)).length < quorumOf(state.voters.length)) return
  for (const done of state.reads.splice(0, place + 1)) release(turn, done)
}

function release(turn: Turn, { from, context, index }: PendingRead): void {
  if (from === turn.state.id) turn.effects.push({ kind: 'readReady', context, index })
  else cast(turn, from, { from: turn.state.id, type: 'readIndexResponse', context, index })
}
