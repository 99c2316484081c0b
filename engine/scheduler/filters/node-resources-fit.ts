import { podRequests } from '../node-info.ts'
import type { Filter } from '../plugin.ts'

/** Releases before could not tell a request that no victim makes room for. */
const ABSOLUTE_SINCE = 34

/** Models plugins/noderesources/fit.go (E3): all that is insufficient is reported. */
export const nodeResourcesFit: Filter = {
  name: 'NodeResourcesFit',
  prepare: (pod) => podRequests(pod).requests,
  filter(_pod, node, { minor }, prepared) {
    const requests = prepared as Record<string, number>
    const reasons: string[] = []
    let unresolvable = false
    if (node.pods.size + 1 > (node.allocatable['pods'] ?? 0)) reasons.push('Too many pods')
    for (const [resource, wanted] of Object.entries(requests)) {
      const allocatable = node.allocatable[resource] ?? 0
      if (wanted === 0 || wanted <= allocatable - (node.requested[resource] ?? 0)) continue
      reasons.push(`Insufficient ${resource}`)
      unresolvable ||= minor >= ABSOLUTE_SINCE && wanted > allocatable
    }
    return reasons.length === 0 ? undefined : { reasons, unresolvable }
  },
}
