import { podFitsNode } from '../../objects/node-selector.ts'
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { Selector } from '../../objects/selectors.ts'
import { untolerated } from '../../objects/tolerations.ts'
import type { Pod, TopologySpreadConstraint } from '../../objects/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import { reject } from '../plugin.ts'
import type { Filter, Snapshot } from '../plugin.ts'

interface Counted {
  constraint: TopologySpreadConstraint
  selector: Selector
  matchesSelf: number
  /** Matching pods by domain, over the nodes that count. */
  domains: Map<string, number>
}

/** Models plugins/podtopologyspread/filtering.go (E7). */
export const podTopologySpread: Filter = {
  name: 'PodTopologySpread',
  prepare: (pod, snapshot) => countDomains(pod, snapshot, 'DoNotSchedule'),
  filter(_pod, { node }, _snapshot, prepared) {
    for (const { constraint, matchesSelf, domains } of prepared as Counted[]) {
      const domain = node.metadata.labels?.[constraint.topologyKey]
      if (domain === undefined)
        return reject("node(s) didn't match pod topology spread constraints (missing required label)", true)
      const tooFew = constraint.minDomains !== undefined && domains.size < constraint.minDomains
      const least = tooFew || domains.size === 0 ? 0 : Math.min(...domains.values())
      const skew = (domains.get(domain) ?? 0) + matchesSelf - least
      if (skew > constraint.maxSkew) return reject("node(s) didn't match pod topology spread constraints", false)
    }
    return undefined
  },
}

export function countDomains(pod: Pod, snapshot: Snapshot, when: 'DoNotSchedule' | 'ScheduleAnyway'): Counted[] {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === when,
  )
  return constraints.map((constraint) => {
    const selector = selectorOf(constraint, pod)
    const counting = snapshot.nodes.filter((node) => counts(node, pod, constraint, constraints))
    const domains = new Map<string, number>()
    for (const node of counting) {
      const domain = node.node.metadata.labels?.[constraint.topologyKey] ?? ''
      domains.set(domain, (domains.get(domain) ?? 0) + node.countMatching(pod.metadata.namespace ?? '', selector))
    }
    return { constraint, selector, matchesSelf: matchesLabels(selector, pod.metadata.labels) ? 1 : 0, domains }
  })
}

/** matchLabelKeys add the pod's own values to the selector. */
function selectorOf(constraint: TopologySpreadConstraint, pod: Pod): Selector {
  const own = Object.fromEntries(
    (constraint.matchLabelKeys ?? []).flatMap((key) =>
      pod.metadata.labels?.[key] === undefined ? [] : [[key, pod.metadata.labels[key]]],
    ),
  )
  return selectorFromObject({
    ...constraint.labelSelector,
    matchLabels: { ...constraint.labelSelector?.matchLabels, ...own },
  })
}

function counts(
  { node }: NodeInfo,
  pod: Pod,
  constraint: TopologySpreadConstraint,
  all: TopologySpreadConstraint[],
): boolean {
  if (all.some(({ topologyKey }) => node.metadata.labels?.[topologyKey] === undefined)) return false
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !podFitsNode(pod.spec, node)) return false
  const honoursTaints = constraint.nodeTaintsPolicy === 'Honor'
  return (
    !honoursTaints ||
    untolerated(node.spec?.taints ?? [], pod.spec?.tolerations ?? [], ['NoSchedule', 'NoExecute']) === undefined
  )
}
