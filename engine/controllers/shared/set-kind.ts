/** What is run as a set of replicas: ReplicaSets, and ReplicationControllers read as such. */
import type { KubeObject, Resource } from '../../api/client.ts'
import type { ReplicaSet } from '../../objects/types.gen.ts'

export interface SetKind {
  /** As in --controllers. */
  name: string
  resource: Resource
  apiVersion: string
  kind: string
  /** The source of its events. */
  source: string
  read: (object: KubeObject) => ReplicaSet
}
