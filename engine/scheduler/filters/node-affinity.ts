import { podFitsNode } from '../../objects/node-selector.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

/** Models plugins/nodeaffinity (E3). Not modelled: addedAffinity of the scheduler's configuration. */
export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  filter(pod, { node }) {
    return podFitsNode(pod.spec, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector", true)
  },
}
