/** REST calls to the API server. Models client-go/rest: errors become values, warnings go to stderr. */
import type { HttpResponse } from '../../fabric/http.ts'
import type { HttpFailure, Proc, Run, StreamItem } from '../../host/process.ts'
import type { Connection } from './config/connection.ts'
import { CommandError, ConnectionError, StatusError, type Status } from './errors.ts'
import type { LoggedRequest, RequestLog } from './verbosity.ts'

export interface ApiObject {
  apiVersion?: string
  kind?: string
  metadata?: ObjectMeta
  [field: string]: unknown
}

export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  creationTimestamp?: string | null
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
  finalizers?: string[]
  continue?: string
  remainingItemCount?: number
  [field: string]: unknown
}

export interface ListObject extends ApiObject {
  items: ApiObject[]
}

/** As upstream's resource.Helper creates: what was read from a cluster leaves its resourceVersion behind. */
function versionless(body: unknown): unknown {
  const { metadata } = body as { metadata?: { resourceVersion?: string } }
  if (metadata?.resourceVersion === undefined) return body
  const { resourceVersion: _, ...rest } = metadata
  return { ...(body as object), metadata: rest }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RequestOptions {
  query?: Record<string, string>
  body?: unknown
  /** `application/strategic-merge-patch+json` and the like. */
  contentType?: string
  accept?: string
  headers?: Record<string, string>
  /** The answer must be an upgraded connection: a plain-text refusal is told in client-go's words for that. */
  upgrade?: boolean
  /** What the command calls its object in Go's generic messages: `pods x`. */
  timeoutMs?: number
}

export const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

const isFailure = (answer: object): answer is HttpFailure => 'failure' in answer

/** An answer that streams: read with `next`, then `close`. */
export interface OpenStream {
  stream: number
  next(timeoutMs?: number): Run<StreamItem>
  send(input: unknown): Run<void>
  close(): Run<void>
}

/** The patience of Go's default transport with a TLS handshake. */
const HANDSHAKE_MS = 10_000

export class Client {
  private readonly warned = new Set<string>()
  /** How many warnings the server gave. */
  warnings = 0

  constructor(
    private readonly p: Proc,
    readonly connection: Connection,
    private readonly log?: RequestLog,
  ) {}

  /** The answer as it came, whatever its code. Throws ConnectionError when none came. */
  *raw(method: Method, path: string, options: RequestOptions = {}): Run<HttpResponse> {
    const outgoing = this.outgoing(method, path, options)
    const startedMs = yield* this.sending(method, path, options)
    const answer = yield* this.p.http(outgoing)
    if (isFailure(answer)) throw this.failed(answer, method, path, options)
    yield* this.answered(method, path, options, answer, startedMs)
    yield* this.warn(answer)
    return answer
  }

  /** The body of a successful answer. Throws StatusError for a refusal. */
  *request<T = ApiObject>(method: Method, path: string, options: RequestOptions = {}): Run<T> {
    const answer = yield* this.raw(method, path, options)
    if (answer.code >= 400) throw refusal(answer, method, path)
    return answer.body as T
  }

  *get<T = ApiObject>(path: string, query: Record<string, string> = {}, accept?: string): Run<T> {
    return yield* this.request<T>('GET', path, { query, ...(accept ? { accept } : {}) })
  }

  *create<T = ApiObject>(path: string, body: unknown, query: Record<string, string> = {}): Run<T> {
    return yield* this.request<T>('POST', path, { body: versionless(body), query })
  }

  *update<T = ApiObject>(path: string, body: unknown, query: Record<string, string> = {}): Run<T> {
    return yield* this.request<T>('PUT', path, { body, query })
  }

  *patch<T = ApiObject>(
    path: string,
    type: keyof typeof PATCH_TYPES,
    body: unknown,
    query: Record<string, string> = {},
  ): Run<T> {
    return yield* this.request<T>('PATCH', path, { body, query, contentType: PATCH_TYPES[type] })
  }

  *delete<T = ApiObject>(path: string, body?: unknown, query: Record<string, string> = {}): Run<T> {
    return yield* this.request<T>('DELETE', path, { body, query })
  }

  /** Opens a streaming answer (watch, log, exec). Throws StatusError or ConnectionError. */
  *open(method: Method, path: string, options: RequestOptions = {}): Run<OpenStream> {
    const startedMs = yield* this.sending(method, path, options)
    const answer = yield* this.p.open(this.outgoing(method, path, options))
    if (isFailure(answer)) throw this.failed(answer, method, path, options)
    yield* this.answered(method, path, options, answer.response, startedMs)
    yield* this.warn(answer.response)
    if (answer.response.code >= 400) {
      yield* this.p.close(answer.stream)
      if (options.upgrade === true && typeof answer.response.body === 'string')
        throw new CommandError(`unable to upgrade connection: ${answer.response.body.trimEnd()}`)
      throw refusal(answer.response, method, path)
    }
    const { p } = this
    const stream = answer.stream
    const { timeoutMs: limitMs } = this.connection
    const endsMs = options.query?.watch === 'true' && limitMs !== undefined ? (yield* p.now()) + limitMs : undefined
    return {
      stream,
      next: (timeoutMs) => (endsMs === undefined ? p.next(stream, timeoutMs) : nextUntil(p, stream, endsMs, timeoutMs)),
      send: (input) => p.send(stream, input),
      close: () => p.close(stream),
    }
  }

  /** Tells -v of a request; since when its answer is awaited, undefined when nothing is told. */
  private *sending(method: Method, path: string, options: RequestOptions): Run<number | undefined> {
    if (this.log?.isLogged(path) !== true) return undefined
    yield* this.log.sent(this.logged(method, path, options))
    return yield* this.p.now()
  }

  private *answered(
    method: Method,
    path: string,
    options: RequestOptions,
    response: HttpResponse,
    startedMs: number | undefined,
  ): Run<void> {
    if (startedMs === undefined || this.log === undefined) return
    yield* this.log.answered(this.logged(method, path, options), response, (yield* this.p.now()) - startedMs)
  }

  private logged(method: Method, path: string, options: RequestOptions): LoggedRequest {
    const url = this.connection.server + path + makeQuery(options.query ?? {})
    return { method, url, headers: this.headersOf(options), body: options.body }
  }

  private outgoing(method: Method, path: string, options: RequestOptions) {
    const timeoutMs = options.timeoutMs ?? this.connection.timeoutMs
    return {
      url: this.connection.server + path,
      request: {
        method,
        query: options.query ?? {},
        headers: this.headersOf(options),
        ...(options.body === undefined ? {} : { body: options.body }),
      },
      tls: this.connection.tls,
      handshakeMs: HANDSHAKE_MS,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }
  }

  private headersOf(options: RequestOptions): Record<string, string> {
    return {
      accept: options.accept ?? 'application/json',
      'user-agent': `kubectl/v${this.p.release} (linux/amd64) kubernetes`,
      ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      ...options.headers,
      ...this.connection.headers,
    }
  }

  private failed(failure: HttpFailure, method: string, path: string, options: RequestOptions): ConnectionError {
    const query = makeQuery(options.query ?? {})
    return new ConnectionError(failure.failure, method, `${this.connection.server}${path}${query}`, failure.message)
  }

  private *warn(answer: HttpResponse): Run<void> {
    for (const text of warningsOf(answer.headers.warning ?? '')) {
      this.warnings++
      if (this.warned.has(text)) continue
      this.warned.add(text)
      yield* this.p.err(`Warning: ${text}\n`)
    }
  }
}

const makeQuery = (query: Record<string, string>): string => {
  const parts = Object.entries(query).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** The texts of a `Warning` header: `299 - "text"`, several parted by commas. */
export function warningsOf(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replace(/\\(.)/g, '$1'))
}

const GENERIC: Record<number, [reason: string, message: string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'the server does not allow access to the requested resource'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', 'the server was unable to respond with a content type that the client supports'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
}

/** A failed answer as an error: its Status, or the generic message of its code. */
export function refusal(answer: HttpResponse, method: string, path: string): StatusError {
  const body = answer.body as Status | string | undefined
  if (typeof body === 'object' && body !== null && body.kind === 'Status') return new StatusError(body)
  const text = typeof body === 'string' ? body.trim() : ''
  const [reason, message] = GENERIC[answer.code] ?? [
    'InternalError',
    `an error on the server (${JSON.stringify(text || 'unknown')}) has prevented the request from succeeding`,
  ]
  const verbose = /^\/apis?\/./.test(path) ? ` (${method.toLowerCase()} ${whatOf(path)})` : ''
  return new StatusError({ kind: 'Status', reason, message: message + verbose, code: answer.code })
}

/** `pods x` of `/api/v1/namespaces/default/pods/x`, `deployments.apps` of `/apis/apps/v1/deployments`. */
function whatOf(path: string): string {
  const parts = path.split('/').filter(Boolean)
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  const tail = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  const [resource = '', name, ...sub] = tail
  const group = parts[0] === 'apis' ? `.${parts[1] ?? ''}` : ''
  return [resource + group + (sub.length ? `.${sub.join('/')}` : ''), name].filter(Boolean).join(' ')
}

/** The next item of a watch, which --request-timeout ends without a word. */
function* nextUntil(p: Proc, stream: number, endsMs: number, timeoutMs = Infinity): Run<StreamItem> {
  const leftMs = Math.max(0, endsMs - (yield* p.now()))
  const item = yield* p.next(stream, Math.min(leftMs, timeoutMs))
  return item.kind === 'timeout' && leftMs <= timeoutMs ? { kind: 'end' } : item
}
