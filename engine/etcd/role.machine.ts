/**
 * The role of a Raft member.
 * Models raft/raft.go (becomeFollower, becomePreCandidate, becomeCandidate, becomeLeader) (H1).
 * Not modelled: leadership transfer, learners, removal.
 */
import { setup } from 'xstate'

import type { RoleEvent } from './raft/types.ts'

const stepDown = { target: '#follower', reenter: true, actions: 'follow' } as const

export const roleMachine = setup({
  types: { events: {} as RoleEvent },
  guards: { heardLeader: () => false, preVote: () => true, alone: () => false },
  actions: { follow: () => {}, askPreVotes: () => {}, askVotes: () => {}, lead: () => {}, beat: () => {} },
  delays: { electionTimeout: () => 0, heartbeatInterval: () => 0 },
}).createMachine({
  id: 'raft.role',
  initial: 'follower',
  states: {
    follower: {
      id: 'follower',
      on: { stepDown },
      after: {
        electionTimeout: [
          { guard: 'heardLeader', target: 'follower', reenter: true },
          { guard: 'preVote', target: 'preCandidate' },
          { target: 'candidate' },
        ],
      },
    },
    preCandidate: {
      entry: 'askPreVotes',
      on: { preVotesWon: 'candidate', stepDown },
      after: { electionTimeout: { target: 'preCandidate', reenter: true } },
    },
    candidate: {
      entry: 'askVotes',
      on: {
        votesWon: [{ guard: 'alone', target: 'leader.alone' }, { target: 'leader.withFollowers' }],
        stepDown,
      },
      after: {
        electionTimeout: [
          { guard: 'preVote', target: 'preCandidate' },
          { target: 'candidate', reenter: true },
        ],
      },
    },
    leader: {
      entry: 'lead',
      initial: 'withFollowers',
      on: { stepDown },
      states: {
        alone: {},
        withFollowers: {
          after: { heartbeatInterval: { target: 'withFollowers', reenter: true, actions: 'beat' } },
        },
      },
    },
  },
})
