import { componentVersions } from '../../objects/component-versions.ts'
import type { Node, Pod } from '../../objects/types.gen.ts'
import { unsupportedSkew } from '../../versions/skew.ts'
import { fields, flag } from '../format/schema.ts'
import { defineCheck, seen } from './check.ts'

/** The version skew policy over all components of the cluster (A1). */
export const skew = defineCheck({
  schema: fields(
    { supported: flag('Whether all versions are within the version skew policy.') },
    'The versions of the control plane, kubelets and kube-proxies are within the version skew policy, or not.',
  ),
  wanted: (of) => (of.supported ? 'versions within the skew policy' : 'versions outside the skew policy'),
  observe: async (of, { view }) => {
    const nodes = (await view.objects({ kind: 'Node' })) as unknown as Node[]
    const pods = (await view.objects({ kind: 'Pod', namespace: 'kube-system' })) as unknown as Pod[]
    const wrong = unsupportedSkew(componentVersions(nodes, pods))
    const found = wrong[0]?.text ?? 'all versions are within the policy'
    return seen((wrong.length === 0) === of.supported, found)
  },
  mentions: () => [],
})
