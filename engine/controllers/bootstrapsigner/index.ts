/**
 * Signs kube-public/cluster-info with every bootstrap token that may sign, so that who joins with a token can tell
 * that it is the right cluster. Models pkg/controller/bootstrap/bootstrapsigner.go and jws.go (P4).
 */
import type { ConfigMap, Secret } from '../../objects/types.gen.ts'
import { makeDetachedJws } from '../../pki/index.ts'
import type { Context, Controller, Write } from '../controller.ts'

const SECRETS = 'v1/secrets'
const CONFIG_MAPS = 'v1/configmaps'
const TYPE = 'bootstrap.kubernetes.io/token'
const SIGNATURE = 'jws-kubeconfig-'
const KEY = 'cluster-info'

export const bootstrapSigner: Controller = {
  name: 'bootstrapsigner',
  watches: [
    {
      resource: SECRETS,
      keys: ({ object }) =>
        object.metadata.namespace === 'kube-system' && (object as Secret).type === TYPE ? [KEY] : [],
    },
    {
      resource: CONFIG_MAPS,
      keys: ({ object }) =>
        object.metadata.namespace === 'kube-public' && object.metadata.name === 'cluster-info' ? [KEY] : [],
    },
  ],
  reconcile(context): Write[] {
    const info = context.cache<ConfigMap>(CONFIG_MAPS).get('kube-public', 'cluster-info')
    const content = info?.data?.kubeconfig
    if (info === undefined || content === undefined) return []
    const plain = Object.entries(info.data ?? {}).filter(([key]) => !key.startsWith(SIGNATURE))
    const data = Object.fromEntries([...plain, ...signatures(context, content)])
    const isSame = JSON.stringify(sorted(data)) === JSON.stringify(sorted(info.data ?? {}))
    if (isSame) return []
    return [
      {
        verb: 'update',
        resource: CONFIG_MAPS,
        namespace: 'kube-public',
        name: 'cluster-info',
        body: { ...info, data },
      },
    ]
  },
}

const sorted = (data: Record<string, string>): [string, string][] =>
  Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))

function signatures(context: Context, content: string): [string, string][] {
  return context
    .cache<Secret>(SECRETS)
    .list()
    .filter(({ type, metadata }) => type === TYPE && metadata.namespace === 'kube-system')
    .flatMap((secret): [string, string][] => {
      const text = (key: string): string => atob(secret.data?.[key] ?? '')
      const [id, token] = [text('token-id'), text('token-secret')]
      const end = Date.parse(text('expiration'))
      const isFit = secret.metadata.name === `bootstrap-token-${id}` && text('usage-bootstrap-signing') === 'true'
      if (!isFit || token === '' || end <= context.nowMs) return []
      return [[`${SIGNATURE}${id}`, makeDetachedJws(content, id, token)]]
    })
}
