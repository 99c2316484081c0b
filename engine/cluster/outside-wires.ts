/**
 * What carries the API servers' calls to webhooks: the cluster's network for what is inside it, and the flight's
 * outside (a real HTTPS request of the server that hosts the simulation) for a URL that nothing inside answers.
 */
import type { OutsideWires } from '../api/outside/calls.ts'
import type { HttpRequest, ReplyTo } from '../fabric/http.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { HostNetwork } from '../host/network-port.ts'

/** A request that leaves the simulation. Plain data; the answer comes back as an input of the flight. */
export interface OutsideRequest {
  id: string
  url: string
  method: HttpRequest['method']
  headers: Record<string, string>
  /** JSON. */
  body: string
  /** PEM that the other side's certificate must be signed by; absent: the usual authorities. */
  caBundle?: string
  timeoutMs: number
  replyTo: ReplyTo
}

export interface OutsideWorld {
  host: HostName
  network: () => HostNetwork
  /** Whether an address or a name is one of the cluster's own. */
  isInside(name: string, port: number): boolean
  /** Hands a request to the outside; absent: there is none. */
  leave(request: OutsideRequest): boolean
}

interface Place {
  readonly name: string
  readonly port: number
}

function placeOf(url: string): Place {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:?]+)(?::(\d+))?/.exec(url)
  return { name: match?.[2] ?? '', port: Number(match?.[3] ?? (match?.[1] === 'http' ? 80 : 443)) }
}

/** The wires of one host's API server. */
export function outsideWires(world: OutsideWorld): OutsideWires {
  return {
    send(call, { target, serverName }, replyTo) {
      const { name, port } = placeOf(target)
      const query = new URLSearchParams(call.request.query).toString()
      const isService = call.service !== undefined
      if (!isService && !world.isInside(name, port)) {
        const { method, headers, body } = call.request
        const request: OutsideRequest = {
          id: replyTo.tag,
          url: query === '' ? target : `${target}?${query}`,
          method,
          headers,
          body: JSON.stringify(body),
          ...(call.caBundle !== undefined && { caBundle: call.caBundle }),
          timeoutMs: call.timeoutMs,
          replyTo,
        }
        return world.leave(request) ? { sent: true } : { error: nobody({ name, port }), afterMs: 0 }
      }
      const { path: _path, certificate: _certificate, ...request } = call.request
      const point = { host: world.host, root: { kind: 'host' as const }, pid: 0 }
      const tls =
        call.insecure === true
          ? { insecure: true }
          : { ...(call.caBundle !== undefined && { ca: call.caBundle }), serverName }
      const sent = world.network().http(point, { url: target, request, tls }, replyTo)
      if ('sent' in sent || 'later' in sent) return { sent: true }
      return { error: sent.answer.message, afterMs: sent.afterMs ?? 0 }
    },
  }
}

/** Go's words when nothing outside can be reached. */
const nobody = ({ name, port }: Place): string =>
  /^[\d.]+$/.test(name)
    ? `dial tcp ${name}:${port}: connect: connection refused`
    : `dial tcp: lookup ${name}: no such host`
