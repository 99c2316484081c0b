/** The scale of a custom resource. Models apiextensions-apiserver pkg/registry/customresource/etcd.go scaleFromCustomResource. */
import type { CustomVersion } from '../../objects/structural/index.ts'
import { integerAt, textAt, withValueAt } from '../../objects/structural/scale.ts'
import type { ScalePaths } from '../../objects/structural/scale.ts'
import type { KubeObject } from '../client.ts'
import { internalError } from '../status.ts'
import type { ApiStatus } from '../status.ts'

type Data = Record<string, unknown>

/** The Scale of an object, or why it has none. */
export function customScale(
  { scale }: CustomVersion,
  object: KubeObject,
): { scale: KubeObject } | { status: ApiStatus } {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale as ScalePaths
  const data = object as unknown as Data
  const replicas = integerAt(data, specReplicasPath)
  if ('error' in replicas) return { status: internalError(replicas.error) }
  if (!replicas.found)
    return { status: internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`) }
  const current = integerAt(data, statusReplicasPath)
  if ('error' in current) return { status: internalError(current.error) }
  const selector = labelSelectorPath === '' ? { value: '' } : textAt(data, labelSelectorPath)
  if ('error' in selector) return { status: internalError(selector.error) }
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    scale: {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: replicas.value === 0 ? {} : { replicas: replicas.value },
      status: { replicas: current.value, ...(selector.value !== '' && { selector: selector.value }) },
    } as unknown as KubeObject,
  }
}

/** The object with another number of replicas. */
export const withReplicas = ({ scale }: CustomVersion, object: KubeObject, replicas: number): KubeObject =>
  withValueAt(object as unknown as Data, (scale as ScalePaths).specReplicasPath, replicas) as unknown as KubeObject
