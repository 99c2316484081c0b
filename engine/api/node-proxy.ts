/**
 * Streams that the API server passes on to a node's kubelet: log, exec, attach, port-forward.
 * Models pkg/registry/core/pod/rest and apiserver util/proxy.
 */
import { HTTP } from '../fabric/http.ts'
import type { HttpChunkData, HttpEndData, HttpRequest, HttpResponseData, ReplyTo } from '../fabric/http.ts'
import type { Core } from './core.ts'
import type { Flight } from './flight.ts'
import { refusal, unknownError } from './status.ts'

export const KUBELET_PORT = 10_250

/** One stream through this server. */
interface Through {
  from: string
  clientId: string
  replyTo: ReplyTo
  node: string
  /** The kubelet's address. */
  address: string
  id: string
}

export type NodeProxyState = Through[]

export class NodeProxy {
  private streams = new Map<string, Through>()

  constructor(private readonly core: Core) {}

  /** Sends a request on to the kubelet of a node; all that comes back goes to the client. */
  forward(flight: Flight, node: string, request: HttpRequest): void {
    const { core } = this
    const dial = core.fabric.dial(core.host, node, KUBELET_PORT)
    if (dial.kind !== 'open') return core.respond(flight, refusal(unknownError(dialError(request, node, dial.kind))))
    const id = `proxy/${flight.id}`
    const through: Through = { from: flight.from, clientId: flight.clientId, replyTo: flight.replyTo, node, address: dial.address, id }
    this.streams.set(id, through)
    core.land(flight)
    const data = { id, from: core.host, request, replyTo: { host: core.host, address: core.address, tag: id } }
    core.fabric.send({ from: core.host, to: node, port: KUBELET_PORT, event: { to: dial.address, type: HTTP.request, data } })
  }

  responded({ tag, response }: HttpResponseData): void {
    const through = this.streams.get(tag)
    if (through === undefined) return
    this.core.outbox.respond(through.replyTo, response)
    if (response.streaming !== true) this.streams.delete(tag)
  }

  chunk({ tag, chunk }: HttpChunkData): void {
    const through = this.streams.get(tag)
    if (through !== undefined) this.core.outbox.chunk(through.replyTo, chunk)
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

  private find(clientId: string, from: string): Through | undefined {
    for (const through of this.streams.values()) if (through.clientId === clientId && through.from === from) return through
    return undefined
  }

  private toNode(through: Through, type: string, data: unknown): void {
    const { fabric, host } = this.core
    fabric.send({ from: host, to: through.node, port: KUBELET_PORT, event: { to: through.address, type, data } })
  }
}

function dialError(request: HttpRequest, node: string, kind: 'refused' | 'silent'): string {
  const query = new URLSearchParams(request.query).toString()
  const url = `https://${node}:${KUBELET_PORT}${request.path}${query === '' ? '' : `?${query}`}`
  const why = kind === 'refused' ? 'connect: connection refused' : 'i/o timeout'
  return `Get "${url}": dial tcp ${node}:${KUBELET_PORT}: ${why}`
}
