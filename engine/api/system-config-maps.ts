/**
 * The ConfigMaps that an API server keeps in kube-system: what other servers need to believe its proxied requests, and
 * since when old tokens are tracked. Models pkg/controlplane/controller/{clusterauthenticationtrust,legacytokentracking}.
 */
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'

/** The files that requests are authenticated with, as PEM. */
export interface Authorities {
  client: () => string
  requestHeader: () => string
}

const PREFIX = '/registry/configmaps/kube-system/'
const AUTHENTICATION = 'extension-apiserver-authentication'
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking'

type ConfigMap = KubeObject & { data?: Record<string, string> }

const configMap = (name: string, data: Record<string, string>): { path: string; body: object } => ({
  path: '/api/v1/namespaces/kube-system/configmaps',
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data },
})

/** Those that are missing. */
export function missingConfigMaps(core: Core): { path: string; body: object }[] {
  const lacks = (name: string): boolean => (core.cache.get(PREFIX + name) as ConfigMap | undefined) === undefined
  const { authorities } = core
  const made: { path: string; body: object }[] = []
  if (authorities === undefined) return made
  if (lacks(AUTHENTICATION))
    made.push(
      configMap(AUTHENTICATION, {
        'client-ca-file': authorities.client(),
        'requestheader-allowed-names': '["front-proxy-client"]',
        'requestheader-client-ca-file': authorities.requestHeader(),
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-username-headers': '["X-Remote-User"]',
      }),
    )
  // LegacyServiceAccountTokenTracking: on since 1.27.
  if (core.minor >= 27 && lacks(TRACKING)) made.push(configMap(TRACKING, { since: core.timestamp().slice(0, 10) }))
  return made
}
