import { untolerated } from '../../objects/tolerations.ts'
import type { Taint } from '../../objects/types.gen.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

/** Models plugins/tainttoleration (E3): the text changed in 1.24 and in 1.35. */
export const taintToleration: Filter = {
  name: 'TaintToleration',
  filter(pod, { node }, { minor }) {
    const taint = untolerated(node.spec?.taints ?? [], pod.spec?.tolerations ?? [], ['NoSchedule', 'NoExecute'])
    return taint === undefined ? undefined : reject(text(taint, minor), true)
  },
}

function text({ key, value }: Taint, minor: number): string {
  if (minor >= 35) return 'node(s) had untolerated taint(s)'
  if (minor >= 24) return `node(s) had untolerated taint {${key}: ${value ?? ''}}`
  return `node(s) had taint {${key}: ${value ?? ''}}, that the pod didn't tolerate`
}
