/**
 * The Raft sweep: a seed makes a plan of faults, the plan is run and checked after every event, and a plan that fails
 * is cut down to what it needs to fail.
 */
import { RaftNode } from '../../engine/etcd/node.ts'
import { Violation } from './raft-invariants.ts'
import type { NodeClass } from './raft-mutants.ts'
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

/** `nodeClass`: what the members are made of. */
export function runPlan(plan: Plan, isTracing = false, nodeClass: NodeClass = RaftNode): Outcome {
  const world = new World(plan, isTracing, nodeClass)
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

/** The same failure with fewer steps, on a friendlier network, and over sooner. `tries`: how often it may be run. */
export function shrinkPlan(plan: Plan, nodeClass: NodeClass = RaftNode, tries = Infinity): Plan {
  const { failure } = runPlan(plan, false, nodeClass)
  if (failure === undefined) return plan
  const fails = (other: Plan): boolean => runPlan(other, false, nodeClass).failure?.invariant === failure.invariant
  const fewer = (from: Plan): Plan => ({
    ...from,
    steps: shrink(from.steps, (steps) => fails({ ...from, steps }), tries),
  })
  const short = cutBehind(plan, failure.atMs)
  let small = fewer(fails(short) ? short : plan)
  for (const easier of EASIER) {
    const tried = { ...small, ...easier }
    if (fails(tried)) small = tried
  }
  return tries === Infinity ? fewer(small) : small
}

/** What comes after the failure is not needed; only members that do not come to terms must be given the time. */
function cutBehind(plan: Plan, atMs: number): Plan {
  return { ...plan, endMs: Math.ceil(atMs), restMs: 0, steps: plan.steps.filter((step) => step.atMs <= atMs) }
}

const EASIER: Partial<Plan>[] = [
  { loss: 0 },
  { duplication: 0 },
  { echo: 0 },
  { fsyncMs: 0 },
  { delayMs: 2 },
  { snapshotCount: 1000 },
  { maxEntriesPerAppend: 512 },
  { maxInflight: 256 },
  { members: 3 },
]
