/**
 * Marks and then removes auto-made token Secrets that nobody used for a year. Models
 * pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go.
 * Not modelled: looking for pods that mount the Secret; the API server's note of the last use (kubernetes.io/legacy-token-last-used).
 */
import type { ConfigMap, Secret, ServiceAccount } from '../../objects/types.gen.ts'
import type { Context, Controller, Write } from '../controller.ts'

const SECRETS = 'v1/secrets'
const ACCOUNTS = 'v1/serviceaccounts'
const CONFIG_MAPS = 'v1/configmaps'
const TYPE = 'kubernetes.io/service-account-token'
const NAME = 'kubernetes.io/service-account.name'
const LAST_USED = 'kubernetes.io/legacy-token-last-used'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking'
const DAY_MS = 86_400_000
/** --legacy-service-account-token-clean-up-period */
const CLEAN_UP_MS = 365 * DAY_MS

export const legacyTokenCleaner: Controller = {
  name: 'legacy-serviceaccount-token-cleaner',
  watches: [
    { resource: SECRETS, keys: () => [] },
    { resource: ACCOUNTS, keys: () => [] },
    { resource: CONFIG_MAPS, keys: () => [] },
  ],
  ticks: [{ key: 'clean', everyMs: DAY_MS }],
  reconcile(context): Write[] {
    const since = context.cache<ConfigMap>(CONFIG_MAPS).get('kube-system', TRACKING)?.data?.since
    if (since === undefined || Date.parse(since) > context.nowMs - CLEAN_UP_MS) return []
    return context
      .cache<Secret>(SECRETS)
      .list()
      .flatMap((secret) => cleaned(context, secret))
  },
}

function cleaned(context: Context, secret: Secret): Write[] {
  const { namespace = '', name, annotations, labels, creationTimestamp } = secret.metadata
  const limit = context.nowMs - CLEAN_UP_MS
  const account = context.cache<ServiceAccount>(ACCOUNTS).get(namespace, annotations?.[NAME] ?? '')
  const isAutomatic = account?.secrets?.some((reference) => reference.name === name) === true
  if (secret.type !== TYPE || !isAutomatic || Date.parse(creationTimestamp ?? '') > limit) return []
  const used = Date.parse(labels?.[LAST_USED] ?? '')
  if (used > limit) return []
  const marked = labels?.[INVALID_SINCE]
  if (marked === undefined) {
    const day = new Date(context.nowMs).toISOString().slice(0, 10)
    const body = { ...secret, metadata: { ...secret.metadata, labels: { ...labels, [INVALID_SINCE]: day } } }
    return [{ verb: 'update', resource: SECRETS, namespace, name, body }]
  }
  return Date.parse(marked) > limit ? [] : [{ verb: 'delete', resource: SECRETS, namespace, name }]
}
