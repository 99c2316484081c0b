import type { Pod } from '../../objects/types.gen.ts'
import { podRequests } from '../node-info.ts'
import type { NodeInfo, Resources } from '../node-info.ts'
import type { Score } from '../plugin.ts'

const SCORED = ['cpu', 'memory']

interface Weighed {
  name: string
  weight: number
}

/** How full a node is liked: `scoringStrategy` of NodeResourcesFit's arguments. */
export interface ScoringStrategy {
  type: string
  resources: readonly Weighed[]
  /** Of RequestedToCapacityRatio: utilization in per cent, score from 0 to 10. */
  shape: readonly { utilization: number; score: number }[]
}

const EVEN: ScoringStrategy = {
  type: 'LeastAllocated',
  resources: SCORED.map((name) => ({ name, weight: 1 })),
  shape: [],
}

/** Models plugins/noderesources/least_allocated.go, most_allocated.go and requested_to_capacity_ratio.go (E2). */
export const fitScore = (strategy: ScoringStrategy, weight = 1): Score => ({
  name: 'NodeResourcesFit',
  weight,
  score: (pod, nodes) => nodes.map((node) => fitOn(pod, node, strategy)),
})

export const leastAllocated: Score = fitScore(EVEN)

function fitOn(pod: Pod, node: NodeInfo, strategy: ScoringStrategy): number {
  let sum = 0
  let weights = 0
  for (const { name, weight } of strategy.resources) {
    const capacity = node.allocatable[name] ?? 0
    if (capacity === 0) continue
    const score = scoreOf(strategy, requestedOf(pod, node, name), capacity)
    if (strategy.type === 'RequestedToCapacityRatio' && score === 0) continue
    sum += score * weight
    weights += weight
  }
  if (weights === 0) return 0
  return strategy.type === 'RequestedToCapacityRatio' ? Math.round(sum / weights) : Math.trunc(sum / weights)
}

/** Processor and memory count with upstream's minimum for pods that ask for none. */
function requestedOf(pod: Pod, node: NodeInfo, name: string): number {
  const { nonZero, requests } = podRequests(pod)
  return SCORED.includes(name)
    ? (node.nonZero[name] ?? 0) + (nonZero[name] ?? 0)
    : (node.requested[name] ?? 0) + (requests[name] ?? 0)
}

function scoreOf({ type, shape }: ScoringStrategy, requested: number, capacity: number): number {
  if (type === 'MostAllocated') return Math.trunc((Math.min(requested, capacity) * 100) / capacity)
  if (type === 'LeastAllocated') return requested > capacity ? 0 : Math.trunc(((capacity - requested) * 100) / capacity)
  return alongShape(shape, requested > capacity ? 100 : Math.trunc((requested * 100) / capacity))
}

/** A score between the points of a shape. */
function alongShape(shape: ScoringStrategy['shape'], utilization: number): number {
  const points = shape.map((point) => ({ ...point, score: point.score * 10 }))
  const next = points.findIndex((point) => utilization <= point.utilization)
  const [to, from] = [points[next], points[next - 1]]
  if (to === undefined) return points.at(-1)?.score ?? 0
  if (from === undefined) return to.score
  const share = (utilization - from.utilization) / (to.utilization - from.utilization)
  return Math.trunc(from.score + (to.score - from.score) * share)
}

/** Models plugins/noderesources/balanced_allocation.go (E2): since 1.34, before against after. */
export const balancedAllocation: Score = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score: (pod, nodes, { minor }) => nodes.map((node) => balancedOn(pod, node, minor)),
}

function balancedOn(pod: Pod, node: NodeInfo, minor: number): number {
  const { requests } = podRequests(pod)
  const after = balance(node, requests)
  if (minor < 34) return after
  return 50 + Math.trunc((50 + after - balance(node, {})) / 2)
}

function balance(node: NodeInfo, added: Resources): number {
  const fractions = SCORED.map((resource) => {
    const capacity = node.allocatable[resource] ?? 0
    return capacity === 0 ? 0 : Math.min(1, ((node.requested[resource] ?? 0) + (added[resource] ?? 0)) / capacity)
  })
  const [cpu = 0, memory = 0] = fractions
  return Math.trunc((1 - Math.abs(cpu - memory) / 2) * 100)
}
