/**
 * Fills Secrets of type kubernetes.io/service-account-token and takes them away with their account. Models
 * pkg/controller/serviceaccount/tokens_controller.go (T10).
 */
import type { Secret, ServiceAccount } from '../../objects/types.gen.ts'
import type { PrivateKey } from '../../pki/index.ts'
import { makeJwt } from '../../pki/index.ts'
import type { Context, Controller, Write } from '../controller.ts'
import { splitKey } from '../controller.ts'

const SECRETS = 'v1/secrets'
const ACCOUNTS = 'v1/serviceaccounts'
const TYPE = 'kubernetes.io/service-account-token'
const NAME = 'kubernetes.io/service-account.name'
const UID = 'kubernetes.io/service-account.uid'

const isToken = (object: object): boolean => (object as Secret).type === TYPE

export interface TokenControllerFiles {
  /** --root-ca-file */
  rootCa: () => string
  /** --service-account-private-key-file */
  key: () => PrivateKey | undefined
}

export function serviceAccountTokenController(files: TokenControllerFiles): Controller {
  return {
    name: 'serviceaccount-token',
    watches: [
      {
        resource: SECRETS,
        keys: ({ type, object }) =>
          type === 'deleted' || !isToken(object) ? [] : [`${object.metadata.namespace}/${object.metadata.name}`],
      },
      {
        resource: ACCOUNTS,
        keys: ({ type, object }, context) =>
          type === 'modified' ? [] : tokensOf(context, object.metadata.namespace ?? '', object.metadata.name),
      },
    ],
    reconcile(context, key): Write[] {
      const { namespace, name } = splitKey(key)
      const secret = context.cache<Secret>(SECRETS).get(namespace, name)
      if (secret === undefined || !isToken(secret) || secret.metadata.deletionTimestamp !== undefined) return []
      const account = context.cache<ServiceAccount>(ACCOUNTS).get(namespace, secret.metadata.annotations?.[NAME] ?? '')
      const uid = secret.metadata.annotations?.[UID] ?? ''
      if (account === undefined || (uid !== '' && uid !== account.metadata.uid)) return [remove(secret)]
      return filled(secret, account, files)
    },
  }
}

function tokensOf(context: Context, namespace: string, account: string): string[] {
  return context
    .cache<Secret>(SECRETS)
    .list()
    .filter(
      (secret) =>
        isToken(secret) && secret.metadata.namespace === namespace && secret.metadata.annotations?.[NAME] === account,
    )
    .map(({ metadata: { name } }) => `${namespace}/${name}`)
}

/** The secret may have been made again meanwhile: only this very one goes. */
function remove({ metadata: { name, namespace, uid, resourceVersion } }: Secret): Write {
  const preconditions = { uid, resourceVersion }
  return { verb: 'delete', resource: SECRETS, namespace: namespace ?? '', name, body: { preconditions } }
}

function filled(secret: Secret, account: ServiceAccount, { rootCa, key }: TokenControllerFiles): Write[] {
  const { namespace = '', name, annotations } = secret.metadata
  const uid = account.metadata.uid ?? ''
  const data = secret.data ?? {}
  const signing = key()
  const ca = btoa(rootCa())
  const isWhole = data['ca.crt'] === ca && data.namespace && data.token && annotations?.[UID] === uid
  if (isWhole || signing === undefined) return []
  const token = data.token || btoa(makeToken(namespace, account.metadata.name, uid, name, signing))
  const body = {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...annotations, [NAME]: account.metadata.name, [UID]: uid } },
    data: { ...data, 'ca.crt': ca, namespace: data.namespace || btoa(namespace), token },
  }
  return [{ verb: 'update', resource: SECRETS, namespace, name, body }]
}

/** Models pkg/serviceaccount/legacy.go: a token that never ends. */
function makeToken(namespace: string, account: string, uid: string, secret: string, key: PrivateKey): string {
  const claim = 'kubernetes.io/serviceaccount'
  return makeJwt(
    {
      iss: 'kubernetes/serviceaccount',
      [`${claim}/namespace`]: namespace,
      [`${claim}/secret.name`]: secret,
      [`${claim}/service-account.name`]: account,
      [`${claim}/service-account.uid`]: uid,
      sub: `system:serviceaccount:${namespace}:${account}`,
    },
    key,
  )
}
