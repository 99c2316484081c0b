/** Who belongs to the cluster, and how that changes. Models raft/confchange (simple changes only) and raft.go (switchToConfig). */
import { lastIndex } from './log.ts'
import { makeProgress } from './progress.ts'
import { advanceCommit, sendAppend, sendToAll } from './replication.ts'
import { stepDown } from './turn.ts'
import type { ConfChange, MemberId, RaftState, Turn } from './types.ts'

/** Only a voter may lead. */
export function isPromotable(state: RaftState): boolean {
  return state.voters.includes(state.id)
}

/** Carries out a committed change. */
export function changeMembers(turn: Turn, change: ConfChange): void {
  const { state } = turn
  const { voters, learners } = changed(state, change)
  if (sameIds(voters, state.voters) && sameIds(learners, state.learners)) return
  state.voters = voters
  state.learners = learners
  if (turn.role === 'leader') followMembers(turn)
  turn.effects.push({ kind: 'role', event: { type: 'membersChanged' } })
}

/** What is no change (a voter added again, the last voter removed) leaves the members as they are. */
function changed({ voters, learners }: RaftState, { type, id }: ConfChange): Pick<RaftState, 'voters' | 'learners'> {
  if (type === 'remove') {
    const left = without(voters, id)
    return left.length === 0 ? { voters, learners } : { voters: left, learners: without(learners, id) }
  }
  if (voters.includes(id) || type === 'update') return { voters, learners }
  if (type === 'addLearner') return { voters, learners: withId(learners, id) }
  if (type === 'promote' && !learners.includes(id)) return { voters, learners }
  return { voters: withId(voters, id), learners: without(learners, id) }
}

/**
 * The leader keeps a progress for each member, and sees what the new quorum means. One that is removed itself goes on
 * to tell the others what is committed, but takes no proposals.
 */
function followMembers(turn: Turn): void {
  const { state } = turn
  const ids = [...state.voters, ...state.learners]
  state.progress = Object.fromEntries(ids.map((id) => [id, state.progress[id] ?? newcomer(state)]))
  if (!isPromotable(state)) {
    if (turn.settings.stepDownOnRemoval === true) stepDown(turn, state.term, null, 'removed')
    return
  }
  if (state.transferee !== null && !state.voters.includes(state.transferee)) state.transferee = null
  if (advanceCommit(turn)) return sendToAll(turn)
  for (const id of ids) if (id !== state.id) sendAppend(turn, id, { evenEmpty: false })
}

/** Counted as active, so that the leader does not step down before the newcomer had a chance to speak. */
function newcomer(state: RaftState): ReturnType<typeof makeProgress> {
  return { ...makeProgress(Math.max(lastIndex(state.log), 1)), active: true }
}

function withId(ids: MemberId[], id: MemberId): MemberId[] {
  return ids.includes(id) ? ids : [...ids, id]
}

function without(ids: MemberId[], id: MemberId): MemberId[] {
  return ids.filter((other) => other !== id)
}

function sameIds(a: MemberId[], b: MemberId[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at])
}
