import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { loadMutant, MUTANTS } from '../sweep/raft-mutants.ts'
import type { NodeClass } from '../sweep/raft-mutants.ts'
import { makePlan } from '../sweep/raft-plan.ts'
import type { Plan } from '../sweep/raft-plan.ts'
import { runPlan, shrinkPlan } from '../sweep/raft.ts'

/** So many seeds must be enough. */
const SEEDS = 60
/** Shrinking to the last step would take long here; `npm run sweep -- raft --mutant …` does it. */
const TRIES = 25

const FOLDER = resolve(import.meta.dirname, `../../test-results/mutants-${process.pid}`)

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

/** Looks first where the mistake was noticed before. */
function findFailing(mutant: string, firstSeed: number, nodeClass: NodeClass): Plan | undefined {
  const others = Array.from({ length: SEEDS }, (_, seed) => seed)
  return [firstSeed, ...others]
    .map((seed) => makePlan(`raft-${seed}`, { mutant }))
    .find((plan) => runPlan(plan, false, nodeClass).failure !== undefined)
}

describe('a mistake in Raft is noticed, and cut down to a file that fails again', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', async (name, mutant) => {
    const nodeClass = await loadMutant(mutant, FOLDER)
    const plan = findFailing(name, mutant.seed, nodeClass)
    if (plan === undefined) throw new Error(`${name} was not noticed in ${SEEDS} seeds`)
    const { failure } = runPlan(plan, false, nodeClass)
    const small = shrinkPlan(plan, nodeClass, TRIES)
    expect(small.steps.length).toBeLessThan(Math.max(plan.steps.length, 2))

    const path = join(FOLDER, `${name}.json`)
    writeFileSync(path, JSON.stringify(small))
    const again = JSON.parse(readFileSync(path, 'utf8')) as Plan
    expect(runPlan(again, false, nodeClass).failure?.invariant).toBe(failure?.invariant)
    expect(runPlan(again).failure, 'without the mistake it keeps every promise').toBeUndefined()
  })
})
