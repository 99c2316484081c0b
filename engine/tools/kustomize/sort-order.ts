/** The order of the output. Models SortOrderTransformer. */
import { KustomizeError } from './errors.ts'
import { gvkText } from './ids.ts'
import type { Gvk } from './ids.ts'
import type { Kustomization } from './kustomization.ts'
import type { Resource } from './resource.ts'
import { byText } from './tree.ts'

const FIRST = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

const gvkKey = ({ group, version, kind }: Gvk): string => [group || '~G', version || '~V', kind || '~K'].join('_')

const idKey = ({ id }: Resource): string => [gvkText(id), id.namespace || '~X', id.name || '~N'].join('|')

/** `legacy` is what happens without sortOptions. */
export function sortResources(resources: Resource[], options: Kustomization['sortOptions']): Resource[] {
  const order = options === undefined || options === null ? 'legacy' : (options.order ?? '')
  if (order !== 'legacy' && order !== 'fifo')
    throw new KustomizeError("the field 'sortOptions.order' must be one of [fifo, legacy]")
  if (order === 'fifo' && options?.legacySortOptions)
    throw new KustomizeError(
      "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
    )
  if (order === 'fifo') return resources
  const { orderFirst = [], orderLast = [] } = options?.legacySortOptions ?? { orderFirst: FIRST, orderLast: LAST }
  const rank = new Map<string, number>([
    ...orderFirst.map((kind, i): [string, number] => [kind, i - orderFirst.length]),
    ...orderLast.map((kind, i): [string, number] => [kind, i + 1]),
  ])
  const rankOf = ({ gvk }: Resource): number => rank.get(gvk.kind) ?? 0
  return resources.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || byText(gvkKey(a.gvk), gvkKey(b.gvk)) || byText(idKey(a), idKey(b)),
  )
}
