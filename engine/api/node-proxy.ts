/**
 * Streams that the API server passes on to a node's kubelet: log, exec, attach, port-forward.
 * Models pkg/registry/core/pod/rest and apiserver util/proxy.
 */
import { HTTP } from '../fabric/http.ts'
import type {
  HttpChunkData,
  HttpEndData,
  HttpRequest,
  HttpResponse,
  HttpResponseData,
  ReplyTo,
} from '../fabric/http.ts'
import type { Core, KubeletRefusal } from './core.ts'
import type { Flight } from './flight.ts'
import type { Node } from '../objects/types.gen.ts'
import { badRequest, failure, internalError, refusal, unknownError } from './status.ts'
import type { ApiStatus } from './status.ts'
import { directoryOf } from './storage/keys.ts'

export const KUBELET_PORT = 10_250
const TRANSLATED = 'v5.channel.k8s.io'

/** One stream through this server. */
interface Through {
  from: string
  clientId: string
  replyTo: ReplyTo
  node: string
  /** The kubelet's address. */
  address: string
  id: string
  /** A kubelet's refusal is told as a Status (logs); otherwise it is passed on as it is (upgrades). */
  checked?: boolean
  /** The client speaks v5.channel.k8s.io, which this server translates for the kubelet: what failed there is told as its own error. */
  translated?: boolean
}

export type NodeProxyState = Through[]

export class NodeProxy {
  private streams = new Map<string, Through>()

  constructor(private readonly core: Core) {}

  /** Sends a request on to the kubelet of a node; all that comes back goes to the client. */
  forward(flight: Flight, node: string, request: HttpRequest): void {
    const { core } = this
    const dial = core.fabric.dial(core.host, node, KUBELET_PORT)
    if (dial.kind !== 'open')
      return core.respond(flight, refusal(dialError(flight.info.resource, request, this.addressOf(node), dial.kind)))
    const refused = core.kubeletRefusal?.(node, flight.info.subresource === 'log' ? 'get' : 'create')
    if (refused !== undefined) return core.respond(flight, unwelcome(flight, refused))
    const id = `proxy/${flight.id}`
    const through: Through = {
      from: flight.from,
      clientId: flight.clientId,
      replyTo: flight.replyTo,
      node,
      address: dial.address,
      id,
      checked: request.path.startsWith('/containerLogs/'),
      ...((request.headers['sec-websocket-protocol'] ?? '').includes(TRANSLATED) && { translated: true }),
    }
    this.streams.set(id, through)
    core.land(flight)
    const data = { id, from: core.host, request, replyTo: { host: core.host, address: core.address, tag: id } }
    core.fabric.send({
      from: core.host,
      to: node,
      port: KUBELET_PORT,
      event: { to: dial.address, type: HTTP.request, data },
    })
  }

  responded({ tag, response }: HttpResponseData): void {
    const through = this.streams.get(tag)
    if (through === undefined) return
    this.core.outbox.respond(through.replyTo, through.checked === true ? checked(response) : response)
    if (response.streaming !== true) this.streams.delete(tag)
  }

  chunk({ tag, chunk }: HttpChunkData): void {
    const through = this.streams.get(tag)
    if (through === undefined) return
    this.core.outbox.chunk(through.replyTo, through.translated === true ? translated(chunk) : chunk)
  }

  ended({ tag, error }: HttpEndData): void {
    const through = this.streams.get(tag)
    if (through === undefined) return
    this.streams.delete(tag)
    this.core.outbox.end(through.replyTo, error)
  }

  input({ id, from, input }: { id: string; from: string; input: unknown }): void {
    const through = this.find(id, from)
    if (through !== undefined) this.toNode(through, HTTP.input, { id: through.id, from: this.core.host, input })
  }

  canceled(id: string, from: string): void {
    const through = this.find(id, from)
    if (through === undefined) return
    this.streams.delete(through.id)
    this.toNode(through, HTTP.cancel, { id: through.id, from: this.core.host })
  }

  clear(): void {
    for (const through of this.streams.values()) {
      this.core.outbox.end(through.replyTo, 'unexpected EOF')
      this.toNode(through, HTTP.cancel, { id: through.id, from: this.core.host })
    }
    this.streams.clear()
  }

  dump(): NodeProxyState {
    return [...this.streams.values()]
  }

  load(state: NodeProxyState): void {
    this.streams = new Map(state.map((through) => [through.id, through]))
  }

  private addressOf(node: string): string {
    const found = this.core.cache.get(`${directoryOf('', 'nodes')}${node}`) as Node | undefined
    return found?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? node
  }

  private find(clientId: string, from: string): Through | undefined {
    for (const through of this.streams.values())
      if (through.clientId === clientId && through.from === from) return through
    return undefined
  }

  private toNode(through: Through, type: string, data: unknown): void {
    const { fabric, host } = this.core
    fabric.send({ from: host, to: through.node, port: KUBELET_PORT, event: { to: through.address, type, data } })
  }
}

interface StreamStatus {
  status?: string
  message?: string
  details?: { causes?: { reason?: string; message?: string }[] }
}

/** Models apiserver util/proxy/streamtranslator.go: a failure other than an exit code becomes an internal error. */
function translated(chunk: unknown): unknown {
  const { channel, data } = chunk as { channel?: string; data?: StreamStatus }
  if (channel !== 'error' || data?.status !== 'Failure') return chunk
  if (data.details?.causes?.some(({ reason }) => reason === 'ExitCode') === true) return chunk
  const { message = '' } = data
  return { channel, data: { ...internalError(message), metadata: {}, details: { causes: [{ message }] } } }
}

/** Models registry/generic/rest/response_checker.go. */
function checked(response: HttpResponse): HttpResponse {
  if (response.code <= 206) return response
  const text = String(response.body ?? '')
  if (response.code === 400) return refusal(badRequest(text))
  if (response.code === 404) return refusal(failure(404, 'NotFound', text))
  return refusal(internalError(text))
}

/** A kubelet does not take this server for who it is. Models rest/response_checker.go and upgradeaware.go. */
function unwelcome({ info, request }: Flight, { code, text }: KubeletRefusal): HttpResponse {
  const { resource, subresource, name } = info
  if (subresource === 'log') {
    const said = code === 401 ? 'the server has asked for the client to provide credentials' : text
    const reason = code === 401 ? 'Unauthorized' : 'Forbidden'
    return refusal(failure(code, reason, `${said} ( ${resource}/${subresource} ${name})`))
  }
  if ((request.headers['sec-websocket-protocol'] ?? '').includes(TRANSLATED))
    return refusal(internalError(`unable to upgrade connection: ${text}`))
  return { code, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text }
}

/** The words of a query to the kubelet, as url.Values of exec and attach are encoded. */
function kubeletQuery({ command, ...flags }: Record<string, string>): string {
  const words = command === undefined ? [] : command.startsWith('[') ? (JSON.parse(command) as string[]) : [command]
  const names: Record<string, string> = { stderr: 'error', stdin: 'input', stdout: 'output' }
  const rest = Object.entries(flags)
    .filter(([, value]) => value === 'true' || value === '1')
    .map(([name]): [string, string] => [names[name] ?? name, '1'])
  const all: [string, string][] = [...words.map((word): [string, string] => ['command', word]), ...rest]
  return new URLSearchParams(all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))).toString()
}

function dialError(resource: string, request: HttpRequest, address: string, kind: 'refused' | 'silent'): ApiStatus {
  const why = `dial tcp ${address}:${KUBELET_PORT}: ${kind === 'refused' ? 'connect: connection refused' : 'i/o timeout'}`
  if (resource === 'nodes') return failure(503, 'ServiceUnavailable', `error trying to reach service: ${why}`)
  const isLog = request.method === 'GET'
  const query = isLog ? new URLSearchParams(request.query).toString() : kubeletQuery(request.query)
  const url = `https://${address}:${KUBELET_PORT}${request.path}${query === '' ? '' : `?${query}`}`
  return isLog ? unknownError(`Get "${url}": ${why}`) : internalError(`error sending request: Post "${url}": ${why}`)
}
