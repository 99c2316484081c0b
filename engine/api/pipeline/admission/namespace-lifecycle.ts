/** Models apiserver admission/plugin/namespace/lifecycle. Not modelled: the 50 ms wait for a namespace that is just being made. */
import type { Plugin } from './plugin.ts'
import type { Core } from '../../core.ts'
import { failure, forbidden, notFound } from '../../status.ts'
import type { ApiStatus } from '../../status.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import type { Namespace } from '../../../objects/types.gen.ts'

const NAMESPACES = { group: '', resource: 'namespaces' }

/** Nobody may delete these. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/** Reviews say something about a namespace but are not stored in it. */
const isReview = ({ group }: KindEntry): boolean => group === 'authorization.k8s.io'

export const namespaceLifecycle: Plugin = (core, flight, entry, object) => {
  if (!entry.namespaced || isReview(entry)) return { object }
  const name = flight.info.namespace
  const namespace = findNamespace(core, name)
  if (namespace === undefined) return { refuse: notFound(NAMESPACES, name) }
  if (namespace.metadata.deletionTimestamp === undefined && namespace.status?.phase !== 'Terminating') return { object }
  return { refuse: terminating(entry, object.metadata.name || object.metadata.generateName || '', name) }
}

function findNamespace(core: Core, name: string): Namespace | undefined {
  return core.cache.get(`/registry/namespaces/${name}`) as Namespace | undefined
}

function terminating(entry: KindEntry, name: string, namespace: string): ApiStatus {
  const status = forbidden(
    entry,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return failure(403, 'Forbidden', status.message ?? '', { ...status.details, causes: [cause] })
}

/** A refusal to delete a namespace that the cluster cannot live without. */
export function immortal(entry: KindEntry, name: string): ApiStatus | undefined {
  if (entry.group !== '' || entry.resource !== 'namespaces' || !IMMORTAL.has(name)) return undefined
  return forbidden(NAMESPACES, name, 'this namespace may not be deleted')
}
