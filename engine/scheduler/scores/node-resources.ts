import type { Pod } from '../../objects/types.gen.ts'
import { podRequests } from '../node-info.ts'
import type { NodeInfo, Resources } from '../node-info.ts'
import type { Score } from '../plugin.ts'

const SCORED = ['cpu', 'memory']

/** Models plugins/noderesources/least_allocated.go (E2). */
export const leastAllocated: Score = {
  name: 'NodeResourcesFit',
  weight: 1,
  score: (pod, nodes) => nodes.map((node) => leastAllocatedOn(pod, node)),
}

function leastAllocatedOn(pod: Pod, node: NodeInfo): number {
  const { nonZero } = podRequests(pod)
  let sum = 0
  let weights = 0
  for (const resource of SCORED) {
    const capacity = node.allocatable[resource] ?? 0
    if (capacity === 0) continue
    const requested = (node.nonZero[resource] ?? 0) + (nonZero[resource] ?? 0)
    sum += requested > capacity ? 0 : Math.trunc(((capacity - requested) * 100) / capacity)
    weights++
  }
  return weights === 0 ? 0 : Math.trunc(sum / weights)
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
