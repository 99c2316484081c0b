/** Removes bootstrap tokens when they end. Models pkg/controller/bootstrap/tokencleaner.go (P4). */
import type { Secret } from '../../objects/types.gen.ts'
import type { Controller, Write } from '../controller.ts'

const SECRETS = 'v1/secrets'
const NAMESPACE = 'kube-system'
const TYPE = 'bootstrap.kubernetes.io/token'

export const tokenCleaner: Controller = {
  name: 'tokencleaner',
  watches: [
    {
      resource: SECRETS,
      keys: ({ type, object }) =>
        type !== 'deleted' && object.metadata.namespace === NAMESPACE && (object as Secret).type === TYPE
          ? [object.metadata.name]
          : [],
    },
  ],
  reconcile(context, name): Write[] {
    const secret = context.cache<Secret>(SECRETS).get(NAMESPACE, name)
    const expiration = atob(secret?.data?.expiration ?? '')
    const end = Date.parse(expiration)
    if (secret === undefined || expiration === '' || Number.isNaN(end)) return []
    if (end <= context.nowMs)
      return [
        {
          verb: 'delete',
          resource: SECRETS,
          namespace: NAMESPACE,
          name,
          body: { preconditions: { uid: secret.metadata.uid } },
        },
      ]
    context.requeueAfter(name, end - context.nowMs)
    return []
  },
}
