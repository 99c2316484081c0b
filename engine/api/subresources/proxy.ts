/**
 * The proxies to nodes, pods and Services: `[scheme:]name[:port]` becomes an address, the rest of the path goes there.
 * Models pkg/registry/core/{node,pod,service}/rest/proxy.go, the ResourceLocation of each and apimachinery util/proxy.
 * Not modelled: upgrades, links rewritten in HTML, watches through the proxy, ports of a node other than the kubelet's.
 */
import type { HttpRequest, HttpResponse } from '../../fabric/http.ts'
import type { Endpoints, Node, Pod, Service } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core, ReadSteps, VerbHandler } from '../core.ts'
import type { Flight } from '../flight.ts'
import { KUBELET_PORT } from '../node-proxy.ts'
import type { NodeProxy } from '../node-proxy.ts'
import { answerOf } from '../outside/answer.ts'
import { admit, attributesOf, isAdmitted } from '../pipeline/admission/index.ts'
import { badRequest, failure, notFound, notSimulated, refusal } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'

const KEY = 'proxied'
const TIMEOUT_MS = 60_000
const OPTIONS: Record<string, string> = {
  nodes: 'NodeProxyOptions',
  pods: 'PodProxyOptions',
  services: 'ServiceProxyOptions',
}

interface Named {
  scheme: string
  name: string
  port: string
}

/** Models utilnet.SplitSchemeNamePort. */
function splitName(id: string): Named | undefined {
  const parts = id.split(':')
  const [scheme, name, port] =
    parts.length === 1 ? ['', parts[0], ''] : parts.length === 2 ? ['', parts[0], parts[1]] : parts
  if (parts.length > 3 || !name || (parts.length > 1 && scheme !== '' && scheme !== 'http' && scheme !== 'https'))
    return undefined
  return { scheme: scheme ?? '', name, port: port ?? '' }
}

const unavailable = (text: string): ApiStatus => failure(503, 'ServiceUnavailable', text)

/** A connection, which admission may refuse. */
export const startProxy: VerbHandler = (core, flight) => {
  const kind = OPTIONS[flight.info.resource] ?? ''
  const object = { apiVersion: 'v1', kind, path: restOf(flight) } as unknown as KubeObject
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'CONNECT', object))
  if ('call' in verdict) return core.callOut(flight, verdict.call)
  if (!isAdmitted(verdict)) return core.refuse(flight, verdict.refuse)
  core.readStored(flight, 'proxy', keyOfNamed(flight))
}

/** Of what stands before `/proxy`, without scheme and port. */
function keyOfNamed({ info }: Flight): string {
  const name = splitName(info.name)?.name ?? info.name
  return keyFor(directoryOf('', info.resource), info.resource === 'nodes' ? '' : info.namespace, name)
}

/** What stands behind `…/proxy`. */
function restOf({ request, info }: Flight): string {
  const at = request.path.indexOf(`/${info.resource}/`)
  return /\/proxy(\/.*)?$/.exec(request.path.slice(at).replace(/^\/[^/]+\/[^/]+/, ''))?.[1] ?? '/'
}

type Location = { url: string } | { node: string } | { refuse: ApiStatus }

function serve(core: Core, flight: Flight, stored: KubeObject | undefined): void {
  const named = splitName(flight.info.name)
  const location =
    named === undefined ? badName(flight) : (LOCATE[flight.info.resource] ?? badName)(flight, named, stored, core)
  if ('refuse' in location) return core.refuse(flight, location.refuse)
  if ('node' in location) return toNode(core, flight, location.node)
  const answer = answerOf(flight, KEY)
  if (answer === undefined) return callTo(core, flight, location.url)
  if ('error' in answer)
    return core.respond(flight, refusal(unavailable(`error trying to reach service: ${answer.error}`)))
  core.respond(flight, bare(answer.response))
}

const bare = ({ code, headers, body }: HttpResponse): HttpResponse => ({
  code,
  headers,
  ...(body !== undefined && { body }),
})

function requestOf(flight: Flight): HttpRequest {
  const { certificate: _certificate, ...request } = flight.request
  const { authorization: _authorization, ...headers } = request.headers
  return { ...request, path: restOf(flight), headers }
}

function callTo(core: Core, flight: Flight, url: string): void {
  const request = requestOf(flight)
  core.callOut(flight, { key: KEY, url: `${url}${request.path}`, request, timeoutMs: TIMEOUT_MS, insecure: true })
}

function toNode(core: Core, flight: Flight, node: string): void {
  const { proxy } = core as Core & { proxy?: NodeProxy }
  if (proxy === undefined) return core.refuse(flight, notSimulated('no way to the nodes'))
  proxy.forward(flight, node, requestOf(flight))
}

type Locate = (flight: Flight, named: Named, stored: KubeObject | undefined, core: Core) => Location

const badName = (flight: Flight): Location => {
  const kind = flight.info.resource.replace(/s$/, '')
  return { refuse: badRequest(`invalid ${kind} request ${JSON.stringify(flight.info.name)}`) }
}

const notAllowed: Location = { refuse: badRequest('address not allowed') }
const isProxyable = (ip: string): boolean => ip !== '' && !/^(127\.|169\.254\.)/.test(ip)
const origin = (scheme: string, ip: string, port: string): string =>
  `${scheme || 'http'}://${ip}${port === '' ? '' : `:${port}`}`

const locateNode: Locate = (_flight, { name, port }, stored) => {
  const node = stored as Node | undefined
  if (node === undefined) return { refuse: notFound({ group: '', resource: 'nodes' }, name) }
  const ip = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''
  if (!isProxyable(ip)) return notAllowed
  if (port === '' || Number(port) === KUBELET_PORT) return { node: name }
  return { url: origin('', ip, port) }
}

const locatePod: Locate = (_flight, { scheme, name, port }, stored) => {
  const pod = stored as Pod | undefined
  if (pod === undefined) return { refuse: notFound({ group: '', resource: 'pods' }, name) }
  const first = (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? [])[0]
  const ip = pod.status?.podIP ?? ''
  if (!isProxyable(ip)) return notAllowed
  return { url: origin(scheme, ip, port !== '' ? port : String(first?.containerPort ?? '')) }
}

const locateService: Locate = ({ info }, { scheme, name, port }, stored, core) => {
  const service = stored as Service | undefined
  if (service === undefined) return { refuse: notFound({ group: '', resource: 'services' }, name) }
  const listed = service.spec?.ports?.find((one) => String(one.port) === port)
  if (/^\d+$/.test(port) && listed === undefined)
    return { refuse: unavailable(`no service port ${port} found for service ${JSON.stringify(name)}`) }
  const portName = listed === undefined ? port : (listed.name ?? '')
  const none: Location = { refuse: unavailable(`no endpoints available for service ${JSON.stringify(name)}`) }
  const endpoints = core.cache.get(keyFor(directoryOf('', 'endpoints'), info.namespace, name)) as Endpoints | undefined
  if (endpoints === undefined) return { refuse: notFound({ group: '', resource: 'endpoints' }, name) }
  for (const { ports = [], addresses = [] } of endpoints.subsets ?? []) {
    const target = ports.find((one) => (one.name ?? '') === portName)
    const address = addresses[0]
    if (target === undefined || address === undefined) continue
    return isProxyable(address.ip) ? { url: origin(scheme, address.ip, String(target.port)) } : notAllowed
  }
  return none
}

const LOCATE: Record<string, Locate> = { nodes: locateNode, pods: locatePod, services: locateService }

export const proxyReadSteps: ReadSteps = { proxy: serve }
