/** Every namespace has its `default` ServiceAccount. Models pkg/controller/serviceaccount/serviceaccounts_controller.go. */
import type { Namespace } from '../../objects/types.gen.ts'
import type { Controller, Write } from '../controller.ts'

const ACCOUNTS = 'v1/serviceaccounts'
const NAMESPACES = 'v1/namespaces'

export const serviceAccountController: Controller = {
  name: 'serviceaccount',
  watches: [
    { resource: NAMESPACES, keys: ({ type, object }) => (type === 'deleted' ? [] : [object.metadata.name]) },
    { resource: ACCOUNTS, keys: ({ type, object }) => (type === 'deleted' ? [object.metadata.namespace ?? ''] : []) },
  ],
  reconcile(context, namespace): Write[] {
    const owner = context.cache<Namespace>(NAMESPACES).get('', namespace)
    if (owner === undefined || owner.status?.phase === 'Terminating') return []
    if (context.cache(ACCOUNTS).get(namespace, 'default') !== undefined) return []
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }
    return [{ verb: 'create', resource: ACCOUNTS, namespace, body }]
  },
}
