/** Models apiserver admission/plugin/namespace/lifecycle. Not modelled: the 50 ms wait for a namespace that is just being made. */
import type { Namespace } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import { forbidden, notFound } from '../../status.ts'
import { deny, pass } from './plugin.ts'
import type { Admission, Attributes, Plugin } from './plugin.ts'

const NAMESPACES = { group: '', resource: 'namespaces' }

/** Nobody may delete these. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/** Reviews say something about a namespace but are not stored in it. */
const isReview = ({ entry: { group, resource } }: Attributes): boolean =>
  group === 'authorization.k8s.io' && resource === 'localsubjectaccessreviews'

const isNamespace = ({ entry: { group, resource } }: Attributes): boolean => group === '' && resource === 'namespaces'

export const namespaceLifecycle: Plugin = {
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  admit(core, _flight, attrs) {
    const { operation, name } = attrs
    if (operation === 'DELETE' && isNamespace(attrs) && IMMORTAL.has(name))
      return { refuse: forbidden(NAMESPACES, name, 'this namespace may not be deleted') }
    if (operation === 'DELETE' || isNamespace(attrs) || !attrs.entry.namespaced || isReview(attrs)) return pass(attrs)
    const namespace = findNamespace(core, attrs.namespace)
    if (namespace === undefined) return { refuse: notFound(NAMESPACES, attrs.namespace) }
    return operation === 'CREATE' && isTerminating(namespace) ? terminating(attrs) : pass(attrs)
  },
}

export function findNamespace(core: Core, name: string): Namespace | undefined {
  return core.cache.get(`/registry/namespaces/${name}`) as Namespace | undefined
}

const isTerminating = ({ metadata, status }: Namespace): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating'

function terminating(attrs: Attributes): Admission {
  const { namespace } = attrs
  const { refuse } = deny(
    attrs,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return { refuse: { ...refuse, details: { ...refuse.details, causes: [cause] } } }
}
