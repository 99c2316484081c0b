/** Paths that are no resources: discovery, health, version, OpenAPI. */
import type { HttpResponse } from '../../fabric/http.ts'
import { remoteGroup, remoteMark, withRemoteDiscovery, withRemoteGroups } from '../aggregation/discovery.ts'
import { proxied } from '../aggregation/proxy.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { JSON_HEADERS } from '../present.ts'
import { methodNotKnown, notSimulated, pathNotFound } from '../status.ts'
import { aggregated, groupList, groupNamed, resourceList, versionsOf } from './groups.ts'
import { answerHealth, checksOf } from './health.ts'
import type { Endpoint } from './health.ts'
import { answerOpenId } from './openid.ts'
import { metricsText } from './metrics.ts'
import { OPENAPI_V2_TYPE, swaggerProtobuf } from './openapi-v2-protobuf.ts'
import { swaggerDocument, swaggerHash } from './openapi-v2.ts'
import { documentHash, hashOf, openapiDocument, openapiIndex } from './openapi.ts'
import { fingerprint } from './openapi-schemas.ts'

const json = (body: unknown, headers = JSON_HEADERS): HttpResponse => ({ code: 200, headers, body })

/** The version of the aggregated form that a client prefers, when it asks for it. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const one of (accept ?? '').split(',')) {
    const parameters = one.split(';').map((part) => part.trim())
    if (parameters[0] !== 'application/json') continue
    if (!parameters.includes('as=APIGroupDiscoveryList') || !parameters.includes('g=apidiscovery.k8s.io'))
      return undefined
    const version = parameters.find((parameter) => parameter.startsWith('v='))?.slice(2)
    if (version === 'v2' || version === 'v2beta1') return version
  }
  return undefined
}

function discovery(core: Core, flight: Flight, isCore: boolean): HttpResponse {
  const wanted = aggregatedVersion(flight.request.headers.accept)
  const version = wanted === 'v2' && core.minor < 30 ? undefined : wanted
  if (version !== undefined && core.minor >= 26) {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    return tagged(flight, discoveryHash(core, isCore), { 'content-type': type, vary: 'Accept' }, () =>
      withRemote(core, isCore, aggregated(core.registry, isCore, version)),
    )
  }
  return json(isCore ? versionsOf(core.advertiseAddress) : withRemoteGroups(core, groupList(core.registry)))
}

const withRemote = (core: Core, isCore: boolean, list: object): object =>
  isCore ? list : withRemoteDiscovery(core, list, (name) => core.aggregation.documentOf(name))

/** The part after 1.x that a release without one is taken to have. */
const fullVersion = (release: string): string => (release.split('.').length > 2 ? release : `${release}.0`)

const versionInfo = (core: Core): object => ({
  major: '1',
  minor: String(core.minor),
  ...(core.minor >= 34 && {
    emulationMajor: '1',
    emulationMinor: String(core.minor),
    minCompatibilityMajor: '1',
    minCompatibilityMinor: String(core.minor - 1),
  }),
  gitVersion: `v${fullVersion(core.release)}`,
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2025-01-01T00:00:00Z',
  goVersion: 'go1.24.0',
  compiler: 'gc',
  platform: 'linux/amd64',
})

function serve(core: Core, flight: Flight): HttpResponse | undefined {
  const parts = flight.info.path.split('/').filter((part) => part !== '')
  const [first, second, third] = parts
  if (first === 'api') return parts.length === 1 ? discovery(core, flight, true) : listOf(core, '', second ?? '')
  if (first === 'apis' && parts.length === 1) return discovery(core, flight, false)
  if (first === 'apis' && parts.length === 2)
    return wrap(groupNamed(core.registry, second as string) ?? remoteGroup(core, second as string))
  if (first === 'apis' && parts.length === 3) return listOf(core, second as string, third as string)
  if (first === 'version') return json(versionInfo(core))
  if (first === 'healthz' || first === 'livez' || first === 'readyz') return answerHealth(core, flight, first, second)
  if (first === 'openapi' && second === 'v2' && parts.length === 2) return openapiV2(core, flight)
  if (first === 'openapi' && second === 'v3') return openapiV3(core, flight, parts.slice(2).join('/'))
  const openId = answerOpenId(core, `/${parts.join('/')}`)
  if (openId !== undefined) return openId
  if (first === 'metrics' && parts.length === 1) return plainText(metricsText(core))
  if (parts.length === 0) return json({ paths: rootPaths(core) })
  return undefined
}

const wrap = (body: object | undefined): HttpResponse | undefined => body && json(body)

const plainText = (body: string): HttpResponse => ({
  code: 200,
  headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=values' },
  body,
})

const listOf = (core: Core, group: string, version: string): HttpResponse | undefined =>
  wrap(resourceList(core.registry, group, version))

/** An answer that a client need not take again: 304 when it names the same hash. */
function tagged(flight: Flight, hash: string, headers: Record<string, string>, body: () => unknown): HttpResponse {
  const etag = JSON.stringify(hash)
  if (flight.request.headers['if-none-match'] === etag) return { code: 304, headers: { etag } }
  return { code: 200, headers: { ...headers, etag }, body: body() }
}

const discoveryHash = (core: Core, isCore: boolean): string =>
  hashOf(
    core.registry
      .all()
      .filter(({ group }) => (group === '') === isCore)
      .map((entry) => `${entry.resource} ${fingerprint(entry)}`)
      .join(' ') + (isCore ? '' : remoteMark(core)),
  )

const YEAR_S = 365 * 24 * 3600

function openapiV3(core: Core, flight: Flight, path: string): HttpResponse | undefined {
  const { registry, release, flags } = core
  if (path === '') return json(openapiIndex(registry))
  const document = openapiDocument(registry, path, release, flags.openapiEnums)
  if (document === undefined) return undefined
  const hash = documentHash(registry, path)
  const asked = flight.request.query.hash
  if (asked !== undefined && asked !== hash)
    return { code: 301, headers: { location: `/openapi/v3/${path}?hash=${hash}` }, body: '' }
  const lasting: Record<string, string> =
    asked === undefined ? {} : { 'cache-control': `public, immutable, max-age=${YEAR_S}` }
  return tagged(flight, hash, { ...JSON_HEADERS, ...lasting, vary: 'Accept' }, () => document)
}

function openapiV2({ registry, release, flags }: Core, flight: Flight): HttpResponse {
  const document = (): ReturnType<typeof swaggerDocument> => swaggerDocument(registry, release, flags.openapiEnums)
  const hash = swaggerHash(registry)
  if ((flight.request.headers.accept ?? '').includes('proto-openapi.spec.v2'))
    return tagged(flight, hash, { 'content-type': OPENAPI_V2_TYPE, vary: 'Accept' }, () => swaggerProtobuf(document()))
  return tagged(flight, hash, { ...JSON_HEADERS, vary: 'Accept' }, document)
}

/** All paths of `/`, in order, as the muxer knows them. */
function rootPaths(core: Core): string[] {
  const groups = core.registry
    .groups()
    .filter(({ name }) => name !== '')
    .flatMap(({ name, versions }) => [`/apis/${name}`, ...versions.map((version) => `/apis/${name}/${version}`)])
  const checks = (['healthz', 'livez', 'readyz'] as Endpoint[]).flatMap((endpoint) => [
    `/${endpoint}`,
    ...checksOf(core.minor, endpoint).map((check) => `/${endpoint}/${check}`),
  ])
  return [...FIXED_PATHS, ...(core.minor >= 35 ? ['/flagz', '/statusz'] : []), ...groups, ...checks].sort()
}

const FIXED_PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/apis/',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
]

/** Paths that a real server has and this one has not. */
const REFUSED = new Set(['/logs', '/metrics/slis', '/flagz', '/statusz'])

export function answerPath(core: Core, flight: Flight): void {
  const { verb, path } = flight.info
  if (verb !== 'get' && verb !== 'head') return core.refuse(flight, methodNotKnown())
  if (REFUSED.has(path) || path.startsWith('/logs/')) return core.refuse(flight, notSimulated(path))
  const [, root, group = '', version = '', ...more] = path.split('/')
  if (root === 'apis' && more.length === 0 && listOf(core, group, version) === undefined)
    if (proxied(core, flight, group, version)) return
  const response = serve(core, flight)
  if (response === undefined) return core.refuse(flight, pathNotFound())
  core.respond(flight, response)
}
