/** Models pkg/registry/core/namespace/strategy.go. */
import type { KubeObject } from '../client.ts'
import type { Strategy } from './strategy.ts'

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] }
  status?: { phase?: string }
}

function create(object: Namespace): KubeObject {
  const finalizers = object.spec?.finalizers ?? []
  const spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
  const metadata = {
    ...object.metadata,
    labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
  }
  return { ...object, metadata, spec, status: { phase: 'Active' } } as KubeObject
}

function update(object: Namespace, old: Namespace): KubeObject {
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name }
  const same = object.metadata.labels?.['kubernetes.io/metadata.name'] === object.metadata.name
  return { ...object, ...(!same && { metadata: { ...object.metadata, labels } }), spec: old.spec } as KubeObject
}

export const namespaceStrategy: Strategy = {
  create: (_core, object) => create(object as Namespace),
  update: (_core, object, old) => update(object as Namespace, old as Namespace),
}
