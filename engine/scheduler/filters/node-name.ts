import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

/** Models plugins/nodename (E3). */
export const nodeName: Filter = {
  name: 'NodeName',
  filter(pod, node) {
    const wanted = pod.spec?.nodeName ?? ''
    return wanted === '' || wanted === node.name
      ? undefined
      : reject("node(s) didn't match the requested node name", true)
  },
}
