/** The scores and their weights (E1). */
import type { Score } from '../plugin.ts'
import { imageLocality } from './image-locality.ts'
import { interPodAffinityScore } from './inter-pod-affinity.ts'
import { nodeAffinityScore } from './node-affinity.ts'
import { balancedAllocation, leastAllocated } from './node-resources.ts'
import { podTopologySpreadScore } from './pod-topology-spread.ts'
import { taintTolerationScore } from './taint-toleration.ts'

export const SCORES: Score[] = [
  taintTolerationScore,
  nodeAffinityScore,
  leastAllocated,
  podTopologySpreadScore,
  interPodAffinityScore,
  balancedAllocation,
  imageLocality,
]
