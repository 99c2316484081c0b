/** What a filter and a score are. One a file in filters/ and scores/; the registries list them in order. */
import type { Namespace, Pod, Service } from '../objects/types.gen.ts'
import type { NodeInfo } from './node-info.ts'
import type { VolumeLister } from './volume-lister.ts'

/** What plugins may look at besides the pod and the node. */
export interface Snapshot {
  nodes: NodeInfo[]
  /** The scheduler's minor release, such as 35. */
  minor: number
  namespaces: Namespace[]
  services: (namespace: string) => Service[]
  storage: VolumeLister
}

export interface Rejection {
  reasons: string[]
  /** No preemption on this node could help. */
  unresolvable: boolean
}

export interface Filter {
  name: string
  /** Rejects the pod for every node at once; its text is the whole reason. */
  preFilter?: (pod: Pod, snapshot: Snapshot) => string | undefined
  /** Computed once a pod and handed to each `filter` call. */
  prepare?: (pod: Pod, snapshot: Snapshot) => unknown
  filter: (pod: Pod, node: NodeInfo, snapshot: Snapshot, prepared: unknown) => Rejection | undefined
}

export interface Score {
  name: string
  weight: number
  /** Whether the plugin has anything to say about the pod; others are skipped as they score all alike. */
  applies?: (pod: Pod, snapshot: Snapshot) => boolean
  /** Raw scores for all nodes that passed, in their order, normalised to 0–100. */
  score: (pod: Pod, nodes: NodeInfo[], snapshot: Snapshot) => number[]
}

export function reject(reason: string, unresolvable: boolean): Rejection {
  return { reasons: [reason], unresolvable }
}
