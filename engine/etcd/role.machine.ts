/**
 * The role of a Raft member.
 * Models raft/raft.go (becomeFollower, becomePreCandidate, becomeCandidate, becomeLeader, hup) (H1).
 * Not modelled: forgetting the leader (MsgForgetLeader), which etcd does not use.
 */
import { setup } from 'xstate'

import type { RoleEvent } from './raft/types.ts'

const stepDown = { target: '#follower', reenter: true, actions: 'follow' } as const
/** Learners and strangers do not campaign. */
const stay = { guard: 'unpromotable', target: '#follower', reenter: true } as const

export const roleMachine = setup({
  types: { events: {} as RoleEvent },
  guards: { heardLeader: () => false, unpromotable: () => false, preVote: () => true, alone: () => false },
  actions: { follow: () => {}, askPreVotes: () => {}, askVotes: () => {}, lead: () => {}, beat: () => {} },
  delays: { electionTimeout: () => 0, heartbeatInterval: () => 0 },
}).createMachine({
  id: 'raft.role',
  initial: 'follower',
  states: {
    follower: {
      id: 'follower',
      on: {
        stepDown,
        hup: [stay, { guard: 'preVote', target: 'preCandidate' }, { target: 'candidate' }],
        timeoutNow: [stay, { target: 'candidate' }],
      },
      after: {
        electionTimeout: [
          { guard: 'heardLeader', target: 'follower', reenter: true },
          stay,
          { guard: 'preVote', target: 'preCandidate' },
          { target: 'candidate' },
        ],
      },
    },
    preCandidate: {
      entry: 'askPreVotes',
      on: { preVotesWon: 'candidate', stepDown, hup: [stay, { target: 'preCandidate', reenter: true }] },
      after: { electionTimeout: [stay, { target: 'preCandidate', reenter: true }] },
    },
    candidate: {
      entry: 'askVotes',
      on: {
        votesWon: [{ guard: 'alone', target: 'leader.alone' }, { target: 'leader.withFollowers' }],
        stepDown,
        hup: [stay, { guard: 'preVote', target: 'preCandidate' }, { target: 'candidate', reenter: true }],
      },
      after: {
        electionTimeout: [stay, { guard: 'preVote', target: 'preCandidate' }, { target: 'candidate', reenter: true }],
      },
    },
    leader: {
      entry: 'lead',
      initial: 'withFollowers',
      on: { stepDown },
      states: {
        alone: {
          on: { membersChanged: [{ guard: 'alone', target: 'alone' }, { target: 'withFollowers' }] },
        },
        withFollowers: {
          on: { membersChanged: { guard: 'alone', target: 'alone' } },
          after: { heartbeatInterval: { target: 'withFollowers', reenter: true, actions: 'beat' } },
        },
      },
    },
  },
})
