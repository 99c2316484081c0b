import { describe, expect, it } from 'vitest'

import { committedIndex, quorumOf, voteResult } from '../../engine/etcd/raft/quorum.ts'

/** What each voter has, `-`: nothing; and what is committed (quorum/testdata/majority_commit.txt). */
const COMMITS: [string, number][] = [
  ['', Infinity],
  ['-', 0],
  ['12', 12],
  ['- -', 0],
  ['- 12', 0],
  ['12 5', 5],
  ['- - -', 0],
  ['- 5 -', 0],
  ['- 5 6', 5],
  ['7 5 6', 6],
  ['- - 101', 0],
  ['101 - 103', 101],
  ['100 101 103', 101],
  ['50 50 51', 50],
  ['- - - 99', 0],
  ['99 - - 99', 0],
  ['99 99 - 98', 98],
  ['1 2 3 4', 2],
  ['101 102 - 103 -', 101],
  ['- - - 101 102', 0],
  ['101 102 103 104 103', 103],
]

/** What each voter said, `-`: nothing yet (quorum/testdata/majority_vote.txt). */
const VOTES: [string, string][] = [
  ['', 'won'],
  ['-', 'pending'],
  ['n', 'lost'],
  ['y', 'won'],
  ['- -', 'pending'],
  ['n -', 'lost'],
  ['y -', 'pending'],
  ['n y', 'lost'],
  ['y y', 'won'],
  ['n n', 'lost'],
  ['- - -', 'pending'],
  ['n - -', 'pending'],
  ['y - -', 'pending'],
  ['n n -', 'lost'],
  ['y n -', 'pending'],
  ['y y -', 'won'],
  ['y y n', 'won'],
  ['n y n', 'lost'],
  ['y y - -', 'pending'],
  ['y n n -', 'lost'],
  ['y y n -', 'pending'],
  ['y y y n', 'won'],
  ['y y n n -', 'pending'],
  ['y y y - -', 'won'],
  ['n n n - -', 'lost'],
]

function said(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

describe('quorums (H1)', () => {
  it.each(COMMITS)('of %s commit %s', (text, index) => {
    const has = said(text).map((word) => (word === '-' ? 0 : Number(word)))
    const ids = has.map((_, at) => `${at}`)
    expect(committedIndex(ids, (id) => has[Number(id)] as number)).toBe(index)
    expect(committedIndex(ids.toReversed(), (id) => has[Number(id)] as number)).toBe(index)
  })

  it.each(VOTES)('of %s have %s', (text, result) => {
    const words = said(text)
    const votes = words.flatMap((word, at) => (word === '-' ? [] : [[`${at}`, word === 'y'] as const]))
    const ids = words.map((_, at) => `${at}`)
    expect(voteResult(ids, Object.fromEntries(votes))).toBe(result)
  })

  it('do not hear those who do not vote', () => {
    expect(voteResult(['a', 'b', 'c'], { a: true, x: true, y: true })).toBe('pending')
    expect(committedIndex(['a'], (id) => (id === 'a' ? 1 : 9))).toBe(1)
  })

  it('any two share a member, and bear the loss of (n-1)/2', () => {
    for (let voters = 1; voters <= 9; voters++) {
      expect(2 * quorumOf(voters)).toBeGreaterThan(voters)
      expect(voters - quorumOf(voters)).toBe(Math.floor((voters - 1) / 2))
    }
  })
})
