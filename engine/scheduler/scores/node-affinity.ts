import { matchesTerm } from '../../objects/node-selector.ts'
import type { Pod, PreferredSchedulingTerm } from '../../objects/types.gen.ts'
import type { Score } from '../plugin.ts'
import { normalise } from './normalise.ts'

function preferred(pod: Pod): PreferredSchedulingTerm[] {
  return pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
}

/** Models plugins/nodeaffinity Score (E2). */
export const nodeAffinityScore: Score = {
  name: 'NodeAffinity',
  weight: 2,
  applies: (pod) => preferred(pod).length > 0,
  score(pod, nodes) {
    const sums = nodes.map(({ node }) =>
      preferred(pod).reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
    )
    return normalise(sums, false)
  },
}
