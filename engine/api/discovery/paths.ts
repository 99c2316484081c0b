/** Paths that are no resources: discovery, health, version, OpenAPI. */
import type { HttpResponse } from '../../fabric/http.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { JSON_HEADERS } from '../present.ts'
import { failure, methodNotKnown, pathNotFound } from '../status.ts'
import { aggregated, groupList, groupNamed, resourceList, versionsOf } from './groups.ts'
import { answerHealth } from './health.ts'
import { OPENAPI_V2_TYPE, openapiV2 } from './openapi-v2.ts'
import { openapiDocument, openapiIndex } from './openapi.ts'

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
    return json(aggregated(core.registry, isCore, version), { 'content-type': type })
  }
  return json(isCore ? versionsOf(core.advertiseAddress) : groupList(core.registry))
}

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
  if (first === 'apis' && parts.length === 2) return wrap(groupNamed(core.registry, second as string))
  if (first === 'apis' && parts.length === 3) return listOf(core, second as string, third as string)
  if (first === 'version') return json(versionInfo(core))
  if (first === 'healthz' || first === 'livez' || first === 'readyz') return answerHealth(core, flight, first, second)
  if (first === 'openapi' && second === 'v3') return openapi(core, parts.slice(2))
  if (parts.length === 0) return json({ paths: rootPaths(core) })
  return undefined
}

const wrap = (body: object | undefined): HttpResponse | undefined => body && json(body)

const listOf = (core: Core, group: string, version: string): HttpResponse | undefined =>
  wrap(resourceList(core.registry, group, version))

function openapi(core: Core, parts: string[]): HttpResponse | undefined {
  return wrap(
    parts.length === 0 ? openapiIndex(core.registry) : openapiDocument(core.registry, parts.join('/'), core.release),
  )
}

function rootPaths(core: Core): string[] {
  const groups = core.registry
    .groups()
    .filter(({ name }) => name !== '')
    .flatMap(({ name, versions }) => [`/apis/${name}`, ...versions.map((version) => `/apis/${name}/${version}`)])
  return ['/api', '/api/v1', '/apis', ...groups.sort(), '/healthz', '/livez', '/openapi/v3', '/readyz', '/version']
}

function answerOpenapiV2(core: Core, flight: Flight): void {
  if (!(flight.request.headers.accept ?? '').includes('proto-openapi.spec.v2'))
    return core.refuse(flight, failure(406, 'NotAcceptable', 'not simulated: /openapi/v2 as JSON'))
  core.respond(flight, {
    code: 200,
    headers: { 'content-type': OPENAPI_V2_TYPE },
    body: openapiV2(core.registry, core.release),
  })
}

export function answerPath(core: Core, flight: Flight): void {
  const { verb, path } = flight.info
  if (verb !== 'get' && verb !== 'head') return core.refuse(flight, methodNotKnown())
  if (path === '/openapi/v2') return answerOpenapiV2(core, flight)
  const response = serve(core, flight)
  if (response === undefined) return core.refuse(flight, pathNotFound())
  core.respond(flight, response)
}
