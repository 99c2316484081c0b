/**
 * What etcd answers over HTTP on its client URLs and --listen-metrics-urls.
 * Models server/etcdserver/api/etcdhttp (health.go, version.go, metrics.go) (H3).
 */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import { isAtLeast, minorOf } from './config.ts'
import { ERRORS } from './errors.ts'
import { metricsText } from './metrics.ts'
import type { MetricsFacts } from './metrics.ts'

/** What the endpoints look at. */
export interface HealthFacts extends MetricsFacts {
  version: string
  clusterVersion: string | undefined
  alarms: { alarm: string }[]
  isLearner: boolean
}

type Check = { name: string; failure?: string }

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
const JSON_TEXT = { 'content-type': 'application/json' }

export function respond(request: HttpRequest, facts: HealthFacts): HttpResponse {
  const { path, method } = request
  if (path === '/version') return allowed(method, () => json(200, versionText(facts)))
  if (path === '/metrics')
    return {
      code: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: metricsText(facts),
    }
  if (path === '/health') return allowed(method, () => health(request, facts))
  const probe = /^\/(livez|readyz)(?:\/([a-z_]+))?$/.exec(path)
  if (probe === null || !hasProbes(facts.version)) return notFound
  return allowed(method, () => checked(request, checksOf(probe[1] as Probe, facts), probe[1] as Probe, probe[2]))
}

const notFound: HttpResponse = { code: 404, headers: PLAIN, body: '404 page not found\n' }

/** /livez and /readyz came with 3.5.11 and 3.6; late patches of 3.4 have them too, which is not simulated. */
export function hasProbes(version: string): boolean {
  return isAtLeast(version, 5, 11)
}

function allowed(method: string, answer: () => HttpResponse): HttpResponse {
  if (method === 'GET') return answer()
  return { code: 405, headers: { ...PLAIN, allow: 'GET' }, body: 'Method Not Allowed\n' }
}

function json(code: number, body: string): HttpResponse {
  return { code, headers: JSON_TEXT, body }
}

function versionText({ version, clusterVersion }: HealthFacts): string {
  const cluster = clusterVersion ?? 'not_decided'
  const storage = minorOf(version) >= 6 ? `,"storage":"${version.replace(/\.\d+$/, '.0')}"` : ''
  return `{"etcdserver":"${version}","etcdcluster":"${cluster}"${storage}}`
}

/** Excluded alarms do not count; a learner is healthy only for who asks so. */
function health({ query }: HttpRequest, facts: HealthFacts): HttpResponse {
  const excluded = excludedOf(query)
  const reason = healthReason(facts, excluded, query.serializable === 'true')
  const healthy = reason === ''
  const body = minorOf(facts.version) < 5 ? { health: String(healthy) } : { health: String(healthy), reason }
  return json(healthy ? 200 : 503, JSON.stringify(body))
}

function healthReason(facts: HealthFacts, excluded: string[], isSerializable: boolean): string {
  for (const { alarm } of facts.alarms)
    if (!excluded.includes(alarm))
      return alarm === 'NOSPACE' || alarm === 'CORRUPT' ? `ALARM ${alarm}` : 'ALARM UNKNOWN'
  if (!isSerializable && !facts.hasLeader) return 'RAFT NO LEADER'
  if (!isSerializable && facts.isLearner) return 'RANGE ERROR:etcdserver: rpc not supported for learner'
  return ''
}

const excludedOf = (query: Record<string, string>): string[] =>
  (query.exclude ?? '').split(',').filter((name) => name !== '')

type Probe = 'livez' | 'readyz'

function checksOf(probe: Probe, facts: HealthFacts): Check[] {
  const isCorrupt = facts.alarms.some(({ alarm }) => alarm === 'CORRUPT')
  const corrupt = check('data_corruption', isCorrupt ? 'alarm activated: CORRUPT' : undefined)
  const local = check('serializable_read', undefined)
  if (probe === 'livez') return [local]
  if (minorOf(facts.version) < 6) return [corrupt, local, check('linearizable_read', readFailure(facts))]
  const learner = facts.isLearner ? 'not supported for learner' : undefined
  return [
    corrupt,
    local,
    check('read_index', facts.hasLeader ? undefined : ERRORS.timeout),
    check('non_learner', learner),
  ]
}

function readFailure({ hasLeader, isLearner }: HealthFacts): string | undefined {
  if (isLearner) return `range error: ${ERRORS.notForLearner}`
  return hasLeader ? undefined : `range error: ${ERRORS.timeout}`
}

function check(name: string, failure: string | undefined): Check {
  return failure === undefined ? { name } : { name, failure }
}

/** One line a check when something failed or somebody wants to see them. */
function checked({ query }: HttpRequest, checks: Check[], probe: Probe, only: string | undefined): HttpResponse {
  const excluded = excludedOf(query)
  const asked = only === undefined ? checks : checks.filter(({ name }) => name === only)
  if (only !== undefined && asked.length === 0) return notFound
  const lines = asked.map(({ name, failure }) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok`
    return failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}`
  })
  const failed = lines.some((line) => line.startsWith('[-]'))
  if (failed) return { code: 503, headers: PLAIN, body: `${lines.join('\n')}\n${probe} check failed\n` }
  return { code: 200, headers: PLAIN, body: 'verbose' in query ? `${lines.join('\n')}\nok\n` : 'ok\n' }
}
