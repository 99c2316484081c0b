import type { Pod, WeightedPodAffinityTerm } from '../../objects/types.gen.ts'
import { parseTerm, termMatches } from '../filters/inter-pod-affinity.ts'
import { hasPodAffinity } from '../node-info.ts'
import type { NodeInfo } from '../node-info.ts'
import { SCHEDULER_FLAGS } from '../flags.ts'
import type { Score, Snapshot } from '../plugin.ts'

/** Models plugins/interpodaffinity/scoring.go (E2). */
export const interPodAffinityScore: Score = {
  name: 'InterPodAffinity',
  weight: 2,
  applies: (pod, { nodes }) => hasPodAffinity(pod) || nodes.some(({ withAffinity }) => withAffinity.size > 0),
  score(pod, nodes, snapshot) {
    const domains = weighDomains(pod, snapshot)
    const sums = nodes.map(({ node }) =>
      Object.entries(node.metadata.labels ?? {}).reduce(
        (sum, [key, value]) => sum + (domains.get(`${key}=${value}`) ?? 0),
        0,
      ),
    )
    const [min, max] = [Math.min(...sums), Math.max(...sums)]
    return sums.map((sum) => (max === min ? 0 : Math.trunc((100 * (sum - min)) / (max - min))))
  },
}

/** A pair counts only where one of the two has an affinity. */
function weighDomains(pod: Pod, snapshot: Snapshot): Map<string, number> {
  const domains = new Map<string, number>()
  const own = hasPodAffinity(pod)
  for (const node of snapshot.nodes) {
    for (const other of (own ? node.pods : node.withAffinity).values()) weighPair(pod, other, node, snapshot, domains)
  }
  return domains
}

function weighPair(pod: Pod, other: Pod, { node }: NodeInfo, snapshot: Snapshot, domains: Map<string, number>): void {
  const add = (owner: Pod, target: Pod, terms: WeightedPodAffinityTerm[], sign: number): void => {
    for (const { weight, podAffinityTerm } of terms) {
      const term = parseTerm(podAffinityTerm, owner, snapshot)
      const domain = node.metadata.labels?.[term.topologyKey]
      if (domain === undefined || !termMatches(term, target)) continue
      const key = `${term.topologyKey}=${domain}`
      domains.set(key, (domains.get(key) ?? 0) + sign * weight)
    }
  }
  for (const [owner, target] of [
    [pod, other],
    [other, pod],
  ] as const) {
    const { podAffinity, podAntiAffinity } = owner.spec?.affinity ?? {}
    add(owner, target, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [], 1)
    add(owner, target, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [], -1)
  }
  const hard = (other.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(
    (podAffinityTerm) => ({ weight: SCHEDULER_FLAGS.hardPodAffinityWeight, podAffinityTerm }),
  )
  add(other, pod, hard, 1)
}
