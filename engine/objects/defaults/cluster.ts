import type { PlainObject } from '../decode.ts'
import { asObject } from './table.ts'
import type { DefaultsTable } from './table.ts'

const NAME_LABEL = 'kubernetes.io/metadata.name'

function fillNamespace(namespace: PlainObject): PlainObject | undefined {
  const metadata = asObject(namespace.metadata)
  const labels = asObject(metadata.labels)
  if (typeof metadata.name !== 'string' || labels[NAME_LABEL] === metadata.name) return undefined
  return { metadata: { ...metadata, labels: { ...labels, [NAME_LABEL]: metadata.name } } }
}

function fillNodeStatus(status: PlainObject): PlainObject | undefined {
  return status.allocatable === undefined && status.capacity !== undefined
    ? { allocatable: status.capacity }
    : undefined
}

/** Models SetDefaults_LimitRangeItem: default limits from max, default requests from default limits, then min. */
function fillLimitRangeItem(item: PlainObject): PlainObject | undefined {
  if (item.type !== 'Container') return undefined
  const limits = { ...asObject(item.max), ...asObject(item.default) }
  const requests = { ...limits, ...asObject(item.min), ...asObject(item.defaultRequest) }
  const filled: PlainObject = {}
  if (Object.keys(limits).length > 0) filled.default = limits
  if (Object.keys(requests).length > 0) filled.defaultRequest = { ...requests, ...explicitRequests(item, limits) }
  return filled
}

/** A default limit given by name comes before the minimum. */
function explicitRequests(item: PlainObject, limits: PlainObject): PlainObject {
  return { ...limits, ...asObject(item.defaultRequest) }
}

/** Models pkg/apis/{core,scheduling,storage}/v1/defaults.go for what is not a workload. */
export const clusterDefaults: DefaultsTable = {
  'core.v1.Namespace': { fill: fillNamespace },
  'core.v1.NamespaceStatus': { values: { phase: 'Active' } },
  'core.v1.NodeStatus': { fill: fillNodeStatus },
  'core.v1.Secret': { values: { type: 'Opaque' } },
  'core.v1.LimitRangeItem': { fill: fillLimitRangeItem },
  'core.v1.PersistentVolumeSpec': { values: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' } },
  'core.v1.PersistentVolumeStatus': { values: { phase: 'Pending' } },
  'core.v1.PersistentVolumeClaimSpec': { values: { volumeMode: 'Filesystem' } },
  'core.v1.PersistentVolumeClaimStatus': { values: { phase: 'Pending' } },
  'storage.v1.StorageClass': { values: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' } },
  'storage.v1.CSIDriverSpec': {
    values: {
      attachRequired: true,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      podInfoOnMount: false,
      requiresRepublish: false,
      seLinuxMount: false,
      storageCapacity: false,
      volumeLifecycleModes: ['Persistent'],
    },
  },
  'scheduling.v1.PriorityClass': { values: { preemptionPolicy: 'PreemptLowerPriority' } },
}
