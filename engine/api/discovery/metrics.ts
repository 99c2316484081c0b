/**
 * /metrics in Prometheus' text: what is counted here. Models apiserver pkg/endpoints/metrics, pkg/storage/etcd3/metrics,
 * component-base/metrics. Not modelled: durations, Go's own and the process's metrics beyond a few.
 */
import { lifecycleOf, minorOf } from '../../objects/kinds.ts'
import type { Core } from '../core.ts'
import { labelText } from '../traffic.ts'
import { directoryOf } from '../storage/keys.ts'

interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge'
  rows(core: Core): [labels: string, value: number][]
}

const storedResources = (core: Core): [string, number][] =>
  core.registry
    .all()
    .filter(({ storage, verbs, group }) => storage && verbs.includes('list') && group !== 'events.k8s.io')
    .map((entry): [string, number] => {
      const name = entry.group === '' ? entry.resource : `${entry.resource}.${entry.group}`
      return [name, core.cache.size(directoryOf(entry.group, entry.resource))]
    })
    .sort(([a], [b]) => (a < b ? -1 : 1))

/** Which deprecated versions were asked for. */
function deprecatedRequests(core: Core): [string, number][] {
  const asked = core.traffic.rows().map(([labels]) => labels)
  return core.registry.all().flatMap(({ group, version, resource, kind }): [string, number][] => {
    const row = lifecycleOf(group, version, kind)
    const since = row?.deprecated ?? null
    if (since === null || minorOf(since) > core.minor) return []
    const [one, two, three] = [`group="${group}"`, `version="${version}"`, `resource="${resource}"`]
    if (!asked.some((labels) => labels.includes(one) && labels.includes(two) && labels.includes(three))) return []
    return [[labelText({ group, removed_release: row?.removed ?? '', resource, subresource: '', version }), 1]]
  })
}

const METRICS: Metric[] = [
  {
    name: 'apiserver_current_inflight_requests',
    help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    type: 'gauge',
    rows: () => [
      ['{request_kind="mutating"}', 0],
      ['{request_kind="readOnly"}', 1],
    ],
  },
  {
    name: 'apiserver_longrunning_requests',
    help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    type: 'gauge',
    rows: (core) => openWatches(core),
  },
  {
    name: 'apiserver_request_total',
    help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    type: 'counter',
    rows: (core) => core.traffic.rows(),
  },
  {
    name: 'apiserver_requested_deprecated_apis',
    help: '[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
    type: 'gauge',
    rows: deprecatedRequests,
  },
  {
    name: 'apiserver_storage_objects',
    help: '[STABLE] [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    type: 'gauge',
    rows: (core) => storedResources(core).map(([resource, count]) => [labelText({ resource }), count]),
  },
  {
    name: 'kubernetes_build_info',
    help: "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    type: 'gauge',
    rows: ({ release, minor }) => [
      [labelText({ git_version: `v${release}`, major: '1', minor: String(minor), platform: 'linux/amd64' }), 1],
    ],
  },
]

function openWatches(core: Core): [string, number][] {
  const counts = new Map<string, number>()
  for (const { group, version, resource, namespace } of core.watches.dump()) {
    const labels = labelText({
      component: 'apiserver',
      group,
      resource,
      scope: namespace === '' ? 'cluster' : 'namespace',
      subresource: '',
      verb: 'WATCH',
      version,
    })
    counts.set(labels, (counts.get(labels) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The text of all metrics. */
export function metricsText(core: Core): string {
  return METRICS.map(({ name, help, type, rows }) => {
    const lines = rows(core).map(([labels, value]) => `${name}${labels} ${value}\n`)
    return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
  }).join('')
}
