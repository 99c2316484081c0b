/**
 * What a process needs of the network it lives in. A host's processes use `FabricNetwork`
 * (engine/host/fabric-network.ts); a pod's processes get one that knows Services and cluster DNS.
 *
 * An answer is given at once, after a delay, or later by a `network.answer` event to `processes`.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { ReplyTo } from '../fabric/http.ts'
import type { HttpFailure, Outgoing } from './process.ts'
import type { ProcessRoot } from './runtime/root.ts'

/** Who calls: a process of a host or of a container on it. */
export interface NetworkPoint {
  host: HostName
  root: ProcessRoot
  pid: number
}

/** An answer now (`afterMs` absent or 0) or so much later; or a `network.answer` event will come. */
export type Eventually<T> = { answer: T; afterMs?: number } | { later: true }

/** Where an accepted request went, so that input and cancellation can follow it. Plain data. */
export interface SentRequest {
  /** The address of the component that serves it. */
  address: string
  host: HostName
  /** The request's id; also the tag of its answers. */
  id: string
}

export type Resolved = { addresses: string[]; canonicalName?: string } | { error: 'NXDOMAIN' | 'SERVFAIL' | 'timeout' }

/** A record as dig prints it: the name with its last dot, seconds, `10.96.0.1` or `0 100 443 web.default.svc.cluster.local.` */
export interface DnsRecord {
  name: string
  ttl: number
  type: string
  data: string
}

export interface DnsReply {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED'
  answer: DnsRecord[]
  authority: DnsRecord[]
}

/** One question to one server; the name is absolute, without its last dot. */
export interface DnsQuestion {
  server: string
  name: string
  type: string
}

export type Asked = DnsReply | 'refused' | 'timeout'
export type Connected = 'open' | 'refused' | 'timeout' | 'unreachable'

/** Where requests to a listening process go: all callers, or those of the same host (bound to the loopback). */
export const LISTENING = { everyone: 'processes', loopback: 'processes/loopback' } as const

/** The event type by which a network answers later: data is `NetworkAnswerData`. */
export const NETWORK_ANSWER = 'network.answer'

/** `tag` is the one given with the call; `answer` is what the call's own type says (`Resolved`, `Connected`, `HttpFailure`, `SentRequest`). */
export interface NetworkAnswerData {
  tag: string
  answer: unknown
}

export interface HostNetwork {
  /** Sends a request on its way; its answers are `http.response`, `http.chunk`, `http.end` events to `replyTo`. */
  http(from: NetworkPoint, outgoing: Outgoing, replyTo: ReplyTo): { sent: SentRequest } | Eventually<HttpFailure>
  /** Sends input into an open stream. */
  input(from: NetworkPoint, sent: SentRequest, input: unknown): void
  /** Gives a request up. */
  cancel(from: NetworkPoint, sent: SentRequest): void
  resolve(from: NetworkPoint, name: string, tag: string): Eventually<Resolved>
  /** Asks a name server itself, past /etc/hosts and search lists. */
  query?(from: NetworkPoint, question: DnsQuestion): Eventually<Asked>
  connect(from: NetworkPoint, host: string, port: number, tag: string): Eventually<Connected>
  /** Opens a port of the host for its processes; false when it is taken. `bind`: the address, `0.0.0.0` for all. */
  listen?(at: NetworkPoint, bind: string, port: number): boolean
  unlisten?(at: NetworkPoint, port: number): void
  /** An answer to a request that came in at such a port. */
  reply?(at: NetworkPoint, to: ReplyTo, type: string, data: unknown): void
}
