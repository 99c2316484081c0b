/**
 * HTTP between components, as kernel events of plain data. Bodies are JavaScript values passed by
 * reference and never mutated: nothing is turned into text unless a person or a wire needs it.
 *
 * A client sends `http.request` to the listener's address; the server answers with `http.response`,
 * or with `http.response` (streaming: true), any number of `http.chunk`, and `http.end`.
 */
import type { Fabric, HostName } from './fabric.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  /** Absolute path, percent-decoded by segment when it is routed; without the query. */
  path: string
  query: Record<string, string>
  /** Names in lower case. */
  headers: Record<string, string>
  /** A JSON value, text, or bytes, as `content-type` says. */
  body?: unknown
  /** Who the client proved to be at the TLS handshake; absent without a client certificate. */
  certificate?: {
    commonName: string
    organizations: string[]
    /** SHA-256 of the certificate, in hex; absent for a component of the simulation itself. */
    sha256?: string
    /** Why the server does not trust it: `x509: …`. */
    problem?: string
  }
}

export interface HttpResponse {
  code: number
  headers: Record<string, string>
  /** A JSON value, or text, as `content-type` says. Absent for a stream. */
  body?: unknown
  /** Chunks follow, then an end. */
  streaming?: boolean
}

/** Where an answer goes. `tag` is the client's own mark, given back unchanged. */
export interface ReplyTo {
  host: HostName
  address: string
  tag: string
}

export interface HttpRequestData {
  /** Unique among requests of the same client address; `http.cancel` and `http.input` name it. */
  id: string
  from: HostName
  request: HttpRequest
  replyTo: ReplyTo
  /** The host and port that it was sent to; set by the networks of hosts and pods. */
  at?: { host: HostName; port: number }
}

export interface HttpResponseData {
  tag: string
  response: HttpResponse
}

export interface HttpChunkData {
  tag: string
  /** A watch event as an object, or text of a log or a terminal. */
  chunk: unknown
}

export interface HttpEndData {
  tag: string
  /** Set when the stream broke rather than ended. */
  error?: string
}

/** The types of the kernel events. */
export const HTTP = {
  request: 'http.request',
  response: 'http.response',
  chunk: 'http.chunk',
  end: 'http.end',
  /** The client goes away: data is `{ id, from }`. */
  cancel: 'http.cancel',
  /** The client sends into an open stream (exec, attach): data is `{ id, from, input }`. */
  input: 'http.input',
} as const

/** The server's side of one exchange. */
export class Replier {
  constructor(
    private readonly fabric: Fabric,
    private readonly host: HostName,
    private readonly to: ReplyTo,
  ) {}

  respond(response: HttpResponse): void {
    this.post(HTTP.response, { tag: this.to.tag, response } satisfies HttpResponseData)
  }

  chunk(chunk: unknown): void {
    this.post(HTTP.chunk, { tag: this.to.tag, chunk } satisfies HttpChunkData)
  }

  end(error?: string): void {
    this.post(HTTP.end, { tag: this.to.tag, error } satisfies HttpEndData)
  }

  private post(type: string, data: unknown): void {
    this.fabric.send({ from: this.host, to: this.to.host, event: { to: this.to.address, type, data } })
  }
}
