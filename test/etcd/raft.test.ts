import { describe, expect, it } from 'vitest'

import { emptyDisk, makeState } from '../../engine/etcd/raft/disk.ts'
import { answerPoll, takeVote } from '../../engine/etcd/raft/election.ts'
import { graft, isUpToDate, lastPossibleMatch, makeLog, shorten, termAt } from '../../engine/etcd/raft/log.ts'
import {
  makeProgress,
  noteMatch,
  noteReject,
  noteSent,
  becomeReplicate,
  isPaused,
} from '../../engine/etcd/raft/progress.ts'
import { noteSynced, takeAppend, takeAppendResponse } from '../../engine/etcd/raft/replication.ts'
import { follow, takeTerm } from '../../engine/etcd/raft/step.ts'
import type { Entry, RaftLog, RaftState, Role, Turn } from '../../engine/etcd/raft/types.ts'

/** A log whose entries have these terms. */
function logOf(...terms: number[]): RaftLog {
  return { ...makeLog(), entries: entriesOf(1, ...terms) }
}

function entriesOf(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, at) => ({ index: first + at, term, command: null }))
}

function turnOf(role: Role, state: Partial<RaftState>): Turn {
  const own = makeState('a', { ...emptyDisk(), term: 1, voters: ['a', 'b', 'c'] })
  const settings = { electionTimeoutMs: 1000, heartbeatIntervalMs: 100 }
  return { role, now: 5000, settings, effects: [], state: { ...own, electionTimeoutMs: 1500, ...state } }
}

function sent(turn: Turn): unknown[] {
  return turn.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []))
}

describe('the log', () => {
  it('is grafted where it agrees, and never below what is committed', () => {
    const log = logOf(1, 1, 2, 2)
    graft(log, entriesOf(2, 1, 3), 1)
    expect(log.entries.map(({ term }) => term)).toEqual([1, 1, 3])
    graft(log, entriesOf(1, 1, 1), 1)
    expect(log.entries).toHaveLength(3)
    expect(() => graft(log, entriesOf(2, 4), 2)).toThrow('conflict with committed entry')
  })

  it('compares by last term, then by length', () => {
    const log = logOf(1, 2, 2)
    expect([isUpToDate(log, 1, 3), isUpToDate(log, 3, 2), isUpToDate(log, 2, 2), isUpToDate(log, 9, 1)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('skips whole terms when it looks for agreement', () => {
    expect(lastPossibleMatch(logOf(1, 1, 4, 4, 5), 9, 3)).toEqual({ index: 2, term: 1 })
  })

  it('keeps the term of the last entry that left', () => {
    const log = logOf(1, 1, 2, 3)
    shorten(log, 3)
    expect([termAt(log, 2), termAt(log, 3), termAt(log, 4), log.entries.length]).toEqual([undefined, 2, 3, 1])
  })
})

describe('progress', () => {
  it('probes with one append, then streams up to a window', () => {
    const progress = makeProgress(5)
    noteSent(progress, 1, 5)
    expect(isPaused(progress)).toBe(true)
    expect(noteMatch(progress, 5)).toBe(true)
    becomeReplicate(progress)
    for (let index = 6; index < 6 + 256; index++) noteSent(progress, 1, index)
    expect([isPaused(progress), progress.next]).toEqual([true, 262])
    noteMatch(progress, 100)
    expect(isPaused(progress)).toBe(false)
  })

  it('goes back to what matches when a stream breaks, and ignores old refusals', () => {
    const progress = { ...makeProgress(10), match: 4, state: 'replicate' as const }
    expect(noteReject(progress, 3, 2)).toBe(false)
    expect(noteReject(progress, 9, 6)).toBe(true)
    expect([progress.state, progress.next]).toEqual(['probe', 5])
  })
})

describe('a step', () => {
  it('votes once a term, and again for the same candidate', () => {
    const turn = turnOf('follower', { term: 2 })
    for (const from of ['b', 'c', 'b']) answerPoll(turn, { type: 'vote', from, term: 2, lastIndex: 0, lastTerm: 0 })
    expect(sent(turn)).toMatchObject([{ granted: true }, { granted: false }, { granted: true }])
  })

  it('keeps its vote when it steps down in the same term', () => {
    const { state } = turnOf('candidate', { term: 2, vote: 'a' })
    follow({ ...turnOf('candidate', {}), state }, 2, 'b')
    expect(state.vote).toBe('a')
    follow({ ...turnOf('follower', {}), state }, 3, null)
    expect(state.vote).toBe(null)
  })

  it('promises a pre-vote without touching term or vote', () => {
    const turn = turnOf('follower', { term: 2, vote: 'c' })
    answerPoll(turn, { type: 'preVote', from: 'b', term: 3, lastIndex: 0, lastTerm: 0 })
    expect(sent(turn)).toEqual([{ type: 'preVoteResponse', from: 'a', term: 3, granted: true }])
    expect([turn.state.term, turn.state.vote]).toEqual([2, 'c'])
  })

  it('does not hear of elections while its leader is fresh', () => {
    const poll = { type: 'vote', from: 'c', term: 9, lastIndex: 9, lastTerm: 9 } as const
    expect(takeTerm(turnOf('follower', { lead: 'b', heardAt: 4500 }), poll)).toBe(false)
    expect(takeTerm(turnOf('follower', { lead: 'b', heardAt: 3900 }), poll)).toBe(true)
    expect(takeTerm(turnOf('leader', { lead: 'a' }), poll)).toBe(false)
  })

  it('counts votes of its own campaign only', () => {
    const turn = turnOf('candidate', { term: 2, votes: { a: true } })
    takeVote(turn, { type: 'preVoteResponse', from: 'b', term: 2, granted: true })
    expect(turn.effects).toEqual([])
    takeVote(turn, { type: 'voteResponse', from: 'b', term: 2, granted: true })
    expect(turn.effects).toEqual([{ kind: 'role', event: { type: 'votesWon' } }])
  })

  it('commits entries of older terms only together with one of its own', () => {
    const progress = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, makeProgress(3)]))
    const turn = turnOf('leader', { term: 4, lead: 'a', log: logOf(1, 2, 4), progress })
    noteSynced(turn, 3, 4)
    takeAppendResponse(turn, { type: 'appendResponse', from: 'b', term: 4, index: 2 })
    expect(turn.state.commit).toBe(0)
    takeAppendResponse(turn, { type: 'appendResponse', from: 'b', term: 4, index: 3 })
    expect(turn.state.commit).toBe(3)
  })

  it('takes the commit index no further than what it surely shares with the leader', () => {
    const turn = turnOf('follower', { term: 3, log: logOf(1, 1, 2, 2) })
    takeAppend(turn, {
      type: 'append',
      from: 'b',
      term: 3,
      prevIndex: 1,
      prevTerm: 1,
      entries: entriesOf(2, 1),
      commit: 9,
      safe: 0,
    })
    expect(turn.state.commit).toBe(2)
  })

  it('hints where the logs may agree when it refuses', () => {
    const turn = turnOf('follower', { term: 6, log: logOf(1, 1, 4, 4) })
    takeAppend(turn, { type: 'append', from: 'b', term: 6, prevIndex: 4, prevTerm: 3, entries: [], commit: 0, safe: 0 })
    expect(sent(turn)).toEqual([
      { type: 'appendResponse', from: 'a', term: 6, index: 4, reject: { hintIndex: 2, hintTerm: 1 } },
    ])
  })

  it('tells a leader of the past the present term', () => {
    const turn = turnOf('follower', { term: 6 })
    expect(takeTerm(turn, { type: 'heartbeat', from: 'b', term: 4, commit: 0, safe: 0 })).toBe(false)
    expect(sent(turn)).toMatchObject([{ type: 'appendResponse', term: 6 }])
  })
})
