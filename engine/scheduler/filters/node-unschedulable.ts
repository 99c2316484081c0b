import { tolerates } from '../../objects/tolerations.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Models plugins/nodeunschedulable (E3). */
export const nodeUnschedulable: Filter = {
  name: 'NodeUnschedulable',
  filter(pod, { node }) {
    if (node.spec?.unschedulable !== true) return undefined
    if ((pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, TAINT))) return undefined
    return reject('node(s) were unschedulable', true)
  },
}
