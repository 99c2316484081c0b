/**
 * The Raft sweep: a seed makes a plan of faults, the plan is run and checked after every event, and a plan that fails
 * is cut down to what it needs to fail.
 */
import { Violation } from './raft-invariants.ts'
import type { Plan } from './raft-plan.ts'
import { World } from './raft-world.ts'
import { shrink } from './shrink.ts'

export interface Outcome {
  /** What is wrong; absent when all promises were kept. */
  failure?: { invariant: string; message: string; atMs: number }
  /** Commands that were applied, on all members together. */
  applied: number
  leaders: number
  /** What happened, when it was asked for. */
  lines: string[]
}

export function runPlan(plan: Plan, isTracing = false): Outcome {
  const world = new World(plan, isTracing)
  try {
    world.run()
    return outcomeOf(world)
  } catch (error) {
    const invariant = error instanceof Violation ? error.invariant : 'Panic'
    const message = (error as Error).message
    return { ...outcomeOf(world), failure: { invariant, message, atMs: world.kernel.now } }
  }
}

function outcomeOf({ acknowledged, history, lines }: World): Outcome {
  return { applied: acknowledged, leaders: history.leaders.size, lines }
}

/** The same failure with fewer steps, on a friendlier network, and over sooner. */
export function shrinkPlan(plan: Plan): Plan {
  const wanted = runPlan(plan).failure?.invariant
  const fails = (other: Plan): boolean => runPlan(other).failure?.invariant === wanted
  const fewer = (from: Plan): Plan => ({ ...from, steps: shrink(from.steps, (steps) => fails({ ...from, steps })) })
  let small = fewer(plan)
  for (const easier of EASIER) {
    const tried = { ...small, ...easier }
    if (fails(tried)) small = tried
  }
  return fewer(small)
}

const EASIER: Partial<Plan>[] = [
  { loss: 0 },
  { duplication: 0 },
  { fsyncMs: 0 },
  { delayMs: 2 },
  { snapshotCount: 1000 },
  { members: 3 },
]
