/**
 * Calls out of the API server that are under way: to webhooks in the cluster, over its wires, or at a URL outside.
 * Models apiserver util/webhook (client.go, serviceresolver.go) and kube-aggregator's ClusterIP service resolver.
 * Not modelled: keep-alive connections, HTTP/2, authentication of the API server to a webhook.
 */
import type { HttpResponseData, ReplyTo } from '../../fabric/http.ts'
import type { EventId, Kernel } from '../../kernel/kernel.ts'
import type { Service } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import type { OutsideCall } from '../pipeline/admission/plugin.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'
import type { OutsideAnswer } from './answer.ts'

/** What carries calls: the cluster's network. The answer is an `http.response` to `replyTo`, or Go's text of a failure. */
export interface OutsideWires {
  /** `target` is where to dial (`https://10.96.0.12:443/path`), `serverName` whom the certificate must be for. */
  send(
    call: OutsideCall,
    way: { target: string; serverName: string },
    replyTo: ReplyTo,
  ): { sent: true } | { error: string; afterMs: number }
}

interface Open {
  readonly flightId: string
  readonly key: string
  /** The event that gives the call up. */
  readonly timeoutId: EventId
}

export type OutsideCallsState = { serial: number; open: [string, Open][] }

/** The event that ends a call: with a failure, or because time is up. */
export interface CallEnded {
  readonly tag: string
  readonly answer: OutsideAnswer
}

const PREFIX = 'call/'
const LATE: OutsideAnswer = { error: 'context deadline exceeded' }

export class OutsideCalls {
  private open = new Map<string, Open>()
  private serial = 0

  constructor(
    private readonly core: Core & { readonly kernel: Kernel },
    private readonly wires: OutsideWires | undefined,
    /** The type of the event that brings a `CallEnded` back to this server. */
    private readonly endedType: string,
    private readonly answered: (flightId: string, key: string, answer: OutsideAnswer) => void,
  ) {}

  start(flight: Pick<Flight, 'id'>, call: OutsideCall): void {
    const tag = `${PREFIX}${this.core.host}/${this.serial++}`
    const timeoutId = this.later({ tag, answer: LATE }, call.timeoutMs)
    this.open.set(tag, { flightId: flight.id, key: call.key, timeoutId })
    this.core.kernel.record('apiserver.call', { host: this.core.host, url: call.url })
    const way = this.resolve(call)
    if ('error' in way) return void this.later({ tag, answer: way }, 0)
    const { host, address } = this.core
    const sent = this.wires?.send(call, way, { host, address, tag }) ?? { error: 'not simulated: a call', afterMs: 0 }
    if ('error' in sent) this.later({ tag, answer: { error: sent.error } }, sent.afterMs)
  }

  /** Whether the answer was one to a call of ours. */
  responded({ tag, response }: HttpResponseData): boolean {
    if (!tag.startsWith(PREFIX)) return false
    this.end({ tag, answer: { response } })
    return true
  }

  end({ tag, answer }: CallEnded): void {
    const open = this.open.get(tag)
    if (open === undefined) return
    this.open.delete(tag)
    this.core.kernel.cancel(open.timeoutId)
    this.answered(open.flightId, open.key, answer)
  }

  clear(): void {
    for (const { timeoutId } of this.open.values()) this.core.kernel.cancel(timeoutId)
    this.open.clear()
  }

  dump(): OutsideCallsState {
    return { serial: this.serial, open: [...this.open] }
  }

  load(state: OutsideCallsState): void {
    this.serial = state.serial
    this.open = new Map(state.open)
  }

  private later(data: CallEnded, delayMs: number): EventId {
    return this.core.kernel.send({ to: this.core.address, type: this.endedType, data }, delayMs)
  }

  /** Where a call goes: a Service by its cluster IP, anything else by its URL. */
  private resolve(call: OutsideCall): { target: string; serverName: string } | { error: string } {
    const host = /^https?:\/\/([^/:?]+)/.exec(call.url)?.[1] ?? ''
    if (call.service === undefined) return { target: call.url, serverName: host }
    const { namespace, name, port } = call.service
    const found = this.core.cache.get(keyFor(directoryOf('', 'services'), namespace, name)) as Service | undefined
    if (found === undefined) return { error: `service ${JSON.stringify(name)} not found` }
    const way = addressOf(found, port)
    return 'error' in way
      ? way
      : { target: `https://${way.host}:${port}${call.request.path}`, serverName: `${name}.${namespace}.svc` }
  }
}

/** Models kube-aggregator pkg/apiserver/resolvers.go and apiserver util/proxy ResolveCluster. */
function addressOf({ metadata, spec = {} }: Service, port: number): { host: string } | { error: string } {
  if (spec.type === 'ExternalName') return { host: spec.externalName ?? '' }
  if (spec.clusterIP === 'None' || !spec.clusterIP)
    return { error: `cannot route to service with ClusterIP ${JSON.stringify(spec.clusterIP ?? '')}` }
  if ((spec.ports ?? []).some((one) => one.port === port)) return { host: spec.clusterIP }
  return { error: `no service port ${port} found for service ${JSON.stringify(metadata.name)}` }
}
