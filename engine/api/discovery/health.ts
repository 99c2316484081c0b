/** /healthz, /livez, /readyz and their checks (O7, O8). */
import type { HttpResponse } from '../../fabric/http.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { failure } from '../status.ts'

/** Checks that came with a release, each behind another. */
const LATER: { name: string; behind: string; since: number }[] = [
  {
    name: 'poststarthook/peer-endpoint-reconciler-controller',
    behind: 'poststarthook/start-system-namespaces-controller',
    since: 35,
  },
  {
    name: 'poststarthook/storage-readiness',
    behind: 'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
    since: 35,
  },
]

const HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-wait-for-first-sync',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`)

const TAIL = [
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
]

function hooksOf(minor: number): string[] {
  return HOOKS.flatMap((hook) => [
    hook,
    ...LATER.filter(({ behind, since }) => behind === hook && minor >= since).map(({ name }) => name),
  ])
}

export type Endpoint = 'healthz' | 'livez' | 'readyz'

/** The names of an endpoint's checks, in their order. */
export function checksOf(minor: number, endpoint: Endpoint): string[] {
  const ready = endpoint === 'readyz'
  const serving = !ready && minor >= 35 ? ['loopback-serving-certificate'] : []
  return [
    'ping',
    'log',
    ...serving,
    'etcd',
    ...(ready ? ['etcd-readiness', 'informer-sync'] : []),
    ...hooksOf(minor),
    ...TAIL,
    ...(ready ? ['shutdown'] : []),
  ]
}

const passes = (core: Core, check: string): boolean =>
  check.startsWith('etcd') ? core.etcdHealthy : check === 'informer-sync' ? core.cache.ready : true

const text = (code: number, body: string): HttpResponse => ({
  code,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})

/** The answer to a health path; one check by its name. */
export function answerHealth(core: Core, flight: Flight, endpoint: Endpoint, only?: string): HttpResponse | undefined {
  const checks = checksOf(core.minor, endpoint)
  if (only !== undefined) return oneCheck(core, checks, flight.info.path.split('/').slice(2).join('/'))
  const excluded = excludedOf(flight)
  const lines = checks.map((check) => line(core, check, excluded))
  const unknown = [...excluded].filter((name) => !checks.includes(name))
  const warned =
    unknown.length === 0
      ? lines
      : [
          ...lines,
          `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(', ')}`,
        ]
  if (lines.some((one) => one.startsWith('[-]'))) return text(500, `${warned.join('\n')}\n${endpoint} check failed\n`)
  return text(200, 'verbose' in flight.request.query ? `${warned.join('\n')}\n${endpoint} check passed\n` : 'ok')
}

/** `?exclude=a`, more than once where the client's query keeps them apart with commas. */
const excludedOf = (flight: Flight): Set<string> =>
  new Set((flight.request.query.exclude ?? '').split(',').filter((name) => name !== ''))

function line(core: Core, check: string, excluded: Set<string>): string {
  if (excluded.has(check)) return `[+]${check} excluded: ok`
  return passes(core, check) ? `[+]${check} ok` : `[-]${check} failed: reason withheld`
}

function oneCheck(core: Core, checks: string[], name: string): HttpResponse | undefined {
  if (!checks.includes(name)) return undefined
  if (passes(core, name)) return text(200, 'ok')
  const status = failure(500, 'InternalError', `internal server error: ${name} failed`)
  return text(500, status.message ?? '')
}
