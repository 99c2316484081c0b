import { describe, expect, it } from 'vitest'

import { makePlan } from '../sweep/raft-plan.ts'
import type { Plan } from '../sweep/raft-plan.ts'
import { runPlan, shrinkPlan } from '../sweep/raft.ts'
import { shrink } from '../sweep/shrink.ts'

const SEEDS = 150

function findFailing(bug: Plan['bug'], limit: number): Plan {
  for (let seed = 0; seed < limit; seed++) {
    const plan = makePlan(`raft-${seed}`, { bug })
    if (runPlan(plan).failure !== undefined) return plan
  }
  throw new Error(`${bug} was not noticed in ${limit} seeds`)
}

describe('Raft under crashes, power cuts, cuts, losses, slow disks, changes of the members and transfers', () => {
  it(`keeps every promise on ${SEEDS} seeds (npm run sweep -- raft runs more)`, () => {
    let applied = 0
    let leaders = 0
    for (let seed = 0; seed < SEEDS; seed++) {
      const outcome = runPlan(makePlan(`raft-${seed}`))
      expect(outcome.failure, `seed ${seed}`).toBeUndefined()
      applied += outcome.applied
      leaders += outcome.leaders
    }
    expect(applied).toBeGreaterThan(SEEDS * 20)
    expect(leaders).toBeGreaterThan(SEEDS * 4)
  })

  it.each(['lyingDisk', 'oldDisk', 'overclaims'] as const)('does not bear a planted bug: %s', (bug) => {
    const plan = findFailing(bug, 60)
    const small = shrinkPlan(plan)
    expect(small.steps.length).toBeLessThan(plan.steps.length / 4)
    expect(runPlan(small).failure?.invariant).toBe(runPlan(plan).failure?.invariant)
    expect(runPlan({ ...small, bug: undefined } as Plan).failure).toBeUndefined()
  })

  it('runs a plan again to the same end, also from its text', () => {
    const plan = makePlan('again')
    const again = JSON.parse(JSON.stringify(plan)) as Plan
    expect(runPlan(again, true).lines).toEqual(runPlan(plan, true).lines)
  })
})

describe('shrinking', () => {
  it('finds the few of many that matter', () => {
    const list = Array.from({ length: 100 }, (_, at) => at)
    expect(shrink(list, (part) => part.includes(13) && part.includes(77))).toEqual([13, 77])
    expect(shrink(list, () => true)).toEqual([])
  })
})
