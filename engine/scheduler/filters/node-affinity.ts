import { podFitsNode } from '../../objects/node-selector.ts'
import type { Pod } from '../../objects/types.gen.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

/** Models plugins/nodeaffinity (E3). Not modelled: addedAffinity of the scheduler's configuration. */
export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  filter(pod, { node }) {
    return podFitsNode(pod.spec, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector", true)
  },
}

/** The nodes that a pod names, as a DaemonSet's pod does: no others are looked at. Models its PreFilter. */
export function pinnedNodes(pod: Pod): string[] | undefined {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const names = terms.map(({ matchFields = [] }) =>
    matchFields
      .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
      .flatMap(({ values = [] }) => values),
  )
  return terms.length > 0 && names.every((list) => list.length > 0) ? names.flat() : undefined
}
