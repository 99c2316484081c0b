import { describe, expect, it } from 'vitest'

import { emptyDisk, makeState } from '../../engine/etcd/raft/disk.ts'
import { makeLog } from '../../engine/etcd/raft/log.ts'
import type { RaftState, Role } from '../../engine/etcd/raft/types.ts'
import { History, Violation } from '../sweep/raft-invariants.ts'
import type { View } from '../sweep/raft-invariants.ts'

interface Sketch extends Partial<Omit<RaftState, 'log'>> {
  role?: Role
  /** The terms of the entries; a letter behind a term is the command. */
  log?: string[]
}

function viewOf(id: string, { role = 'follower', log = [], ...state }: Sketch): View {
  const entries = log.map((text, at) => ({ index: at + 1, term: Number.parseInt(text, 10), command: text }))
  const disk = {
    ...emptyDisk(),
    term: entries.at(-1)?.term ?? 0,
    voters: ['a', 'b', 'c'],
    log: { ...makeLog(), entries },
  }
  return { id, isUp: true, role, state: { ...makeState(id, disk), ...state } }
}

/** Looks at each member once, in order. Returns what is broken. */
function broken(sketches: Record<string, Sketch>, history = new History()): string {
  const views = Object.entries(sketches).map(([id, sketch]) => viewOf(id, sketch))
  try {
    for (const view of views) history.check(views, view)
    return 'nothing'
  } catch (error) {
    return (error as Violation).invariant
  }
}

describe('the safety properties of the specification notice', () => {
  it('nothing where all is well', () => {
    const log = ['1', '2x', '2y']
    expect(broken({ a: { role: 'leader', log, commit: 3 }, b: { log, commit: 2 }, c: { log: ['1', '2x'] } })).toBe(
      'nothing',
    )
  })

  it('LogInv: two members committed different entries', () => {
    const history = new History()
    expect(broken({ a: { log: ['1x'], commit: 1 }, b: { log: ['1x'] }, c: { log: [] } }, history)).toBe('nothing')
    const others = { b: { log: ['2y'], commit: 1 }, c: { log: ['2y'], commit: 1 } }
    expect(broken(others, history)).toBe('LogInv')
  })

  it('MoreThanOneLeaderInv: two lead one term', () => {
    expect(broken({ a: { role: 'leader', term: 3 }, b: { role: 'leader', term: 3 }, c: {} })).toBe(
      'MoreThanOneLeaderInv',
    )
    expect(broken({ a: { role: 'leader', term: 3 }, b: { role: 'leader', term: 4 }, c: {} })).toBe('nothing')
  })

  it('ElectionSafetyInv: somebody has more of the term than its leader', () => {
    expect(broken({ a: { role: 'leader', log: ['1', '2'] }, b: { log: ['1', '2', '2'] }, c: {} })).toBe(
      'ElectionSafetyInv',
    )
  })

  it('LogMatchingInv: one index and term, two entries', () => {
    expect(broken({ a: { log: ['1x'] }, b: { log: ['1y'] }, c: {} })).toBe('LogMatchingInv')
    expect(broken({ a: { log: ['1', '3'] }, b: { log: ['2', '3'] }, c: {} })).toBe('LogMatchingInv')
  })

  it('QuorumLogInv: a quorum without what is committed', () => {
    expect(broken({ a: { log: ['1', '1'], commit: 2 }, b: { log: ['1'] }, c: { log: ['1'] } })).toBe('QuorumLogInv')
    expect(broken({ a: { log: ['1', '1'], commit: 2 }, b: { log: ['1', '1'] }, c: { log: ['1'] } })).toBe('nothing')
  })

  it('MoreUpToDateCorrectInv: who could be elected lacks what is committed', () => {
    const members = { a: { log: ['1', '2'], commit: 2 }, b: { log: ['1', '2'] }, c: { log: ['1', '1', '3'] } }
    expect(broken(members)).toBe('MoreUpToDateCorrectInv')
  })

  it('LeaderCompletenessInv: a leader lacks what an earlier term committed', () => {
    const history = new History()
    const log = ['1', '2']
    expect(broken({ a: { role: 'leader', log, commit: 2 }, b: { log }, c: { log: ['1'] } }, history)).toBe('nothing')
    const later = {
      b: { log, role: 'follower' as const, voters: [] },
      c: { role: 'leader' as const, log: ['1'], term: 5, voters: [] },
    }
    expect(broken(later, history)).toBe('LeaderCompletenessInv')
  })

  it('CommittedIsDurableInv: a leader committed what no quorum has on its disks', () => {
    const log = ['1', '1']
    const members = (stable: number): Record<string, Sketch> => ({
      a: { role: 'leader', log, commit: 2, stable: 0 },
      b: { log, stable },
      c: { log, stable },
    })
    expect(broken(members(1))).toBe('CommittedIsDurableInv')
    expect(broken(members(2))).toBe('nothing')
  })

  it('Monotonic: commit and term never fall', () => {
    const history = new History()
    const log = ['1', '1']
    expect(broken({ a: { log, commit: 2 }, b: { log }, c: { log } }, history)).toBe('nothing')
    expect(broken({ a: { log, commit: 1 }, b: { log }, c: { log } }, history)).toBe('Monotonic')
  })
})
