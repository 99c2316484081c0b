import { tolerates } from '../../objects/tolerations.ts'
import type { Score } from '../plugin.ts'
import { normalise } from './normalise.ts'

/** Models plugins/tainttoleration Score (E2): fewer untolerated PreferNoSchedule taints are better. */
export const taintTolerationScore: Score = {
  name: 'TaintToleration',
  weight: 3,
  applies: (_pod, { nodes }) =>
    nodes.some(({ node }) => (node.spec?.taints ?? []).some(({ effect }) => effect === 'PreferNoSchedule')),
  score(pod, nodes) {
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule',
    )
    const counts = nodes.map(({ node }) => {
      const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule')
      return taints.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint))).length
    })
    return normalise(counts, true)
  },
}
