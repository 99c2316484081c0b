/**
 * Models pkg/controller/replication/{replication_controller,conversion}.go: ReplicationControllers are run by the
 * ReplicaSet controller, which sees each as a ReplicaSet with the same selector (D).
 */
import type { KubeObject } from '../../api/client.ts'
import type { ReplicaSet, ReplicationController } from '../../objects/types.gen.ts'
import type { SetKind } from '../shared/set-kind.ts'

/** Each read once; derived. */
const seen = new WeakMap<KubeObject, ReplicaSet>()

function asReplicaSet(object: KubeObject): ReplicaSet {
  const known = seen.get(object)
  if (known !== undefined) return known
  const { spec, status, ...rest } = object as ReplicationController
  const template = spec?.template ?? {}
  const set = { ...rest, spec: { ...spec, selector: { matchLabels: spec?.selector ?? {} }, template }, status }
  seen.set(object, set)
  return set
}

export const REPLICATION_CONTROLLER: SetKind = {
  name: 'replicationcontroller-controller',
  resource: 'v1/replicationcontrollers',
  apiVersion: 'v1',
  kind: 'ReplicationController',
  source: 'replication-controller',
  read: asReplicaSet,
}
