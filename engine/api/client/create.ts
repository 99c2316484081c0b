/**
 * The client that components inside the simulation use: calls with deadlines, informers by list and
 * watch, and a look every now and then whether the connection still lives. Models client-go's rest
 * client, tools/cache/reflector.go and the http2 transport's pings. Not modelled: client-side rate limits.
 */
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import { HTTP } from '../../fabric/http.ts'
import type { HttpChunkData, HttpEndData, HttpRequest, HttpRequestData, HttpResponseData } from '../../fabric/http.ts'
import type { EventId, Kernel } from '../../kernel/kernel.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import type {
  Answer,
  ApiClient,
  ApiClientOwner,
  Call,
  Change,
  Informer,
  InformerOptions,
  KubeObject,
  Resource,
} from '../client.ts'
import { InformerCache } from './cache.ts'
import { pathOf, requestOf } from './paths.ts'

export interface ApiClientOptions {
  /** The owner's kernel address: all of the client's events arrive there. */
  address: string
  /** The host that the owner runs on. */
  host: HostName
  /** API servers in order of preference, for a client that nobody needs to let in. */
  servers?: Place[]
  identity?: { user: string; groups: string[] }
  /** Finds a server by what is written in a kubeconfig, in place of `servers` and `identity`. */
  reach?: (held: Place | undefined) => Reached
  owner: ApiClientOwner
  /** The user agent, which is also the field manager; derived from the user when absent. */
  agent?: string
  /** Told about each list and watch that failed, in Go's words. */
  onTrouble?: (trouble: Trouble) => void
  /** How long a call may take; default 30 s. */
  timeoutMs?: number
}

export interface Place {
  host: HostName
  port: number
  /** The load balancer that the connection goes through. */
  via?: HostName
}

const placeOf = ({ host, port, via }: Place): Place => ({ host, port, ...(via !== undefined && { via }) })

/** What an attempt to reach a server came to. `failure` is what Go says of it. */
export type Reached =
  | ({ kind: 'open'; certificate?: HttpRequest['certificate']; token?: string } & Place)
  | { kind: 'refused'; failure: string }
  | { kind: 'silent' }

export interface Trouble {
  resource: Resource
  path: string
  failure: string
}

const CALL_TIMEOUT_MS = 30_000
/** http2: ping after 30 s of silence, gone 15 s later. */
const CHECK_MS = 15_000
const DEAD_AFTER_MS = 45_000
/** A dial that nobody answers is tried again each second, as TCP does. */
const DIAL_RETRY_MS = 1_000
/** The reflector's back-off: 0.8 s doubling to 30 s, with jitter. */
const BACKOFF_MS = 800
const MAX_BACKOFF_MS = 30_000
/** A watch lasts 5 to 10 minutes. */
const MIN_WATCH_SECONDS = 300

const TIMER = 'client.timer'

interface Pending {
  call: Call
  tag: unknown
  sentAt: number
  /** Where it was sent; absent while no server has been reached. */
  place?: Place
}

/** Where an informer's reflector stands. */
interface Reflector {
  resource: Resource
  id: number
  state: 'idle' | 'listing' | 'watching' | 'waiting' | 'closed'
  /** The stream or call in flight. */
  serial: string
  place?: Place
  /** Which boot of the server's host the connection belongs to. */
  boots?: number
  backoffMs: number
  retryAt: number
}

interface ClientState {
  started: boolean
  serial: number
  place?: Place
  pending: [string, Pending][]
  reflectors: Reflector[]
  caches: ReturnType<InformerCache['dump']>[]
  timerId: EventId | undefined
  timerAt: number
  silentSince: number
  checkAt: number
}

/** `system:kube-scheduler` → `kube-scheduler`, `system:node:worker-1` → `kubelet`. */
function agentOf(user: string): string {
  if (user.startsWith('system:node:')) return 'kubelet'
  return user.slice(user.lastIndexOf(':') + 1)
}

/** No client sends as many messages in a millisecond. */
const SERIALS_PER_MS = 1000

/** The first server that opens the door, for a client that nobody needs to let in. */
export function reachOneOf(
  fabric: Fabric,
  { host, servers = [], identity }: Pick<ApiClientOptions, 'host' | 'servers' | 'identity'>,
): () => Reached {
  const certificate = { commonName: identity?.user ?? '', organizations: identity?.groups ?? [] }
  return () => {
    let found: Reached = { kind: 'silent' }
    for (const server of servers) {
      const { kind } = fabric.dial(host, server.host, server.port)
      if (kind === 'open') return { kind, ...server, certificate }
      if (kind === 'refused')
        found = { kind, failure: `dial tcp ${server.host}:${server.port}: connect: connection refused` }
    }
    return found
  }
}

/** A client of the API server for the component `owner`. */
export function createApiClient(kernel: Kernel, fabric: Fabric, options: ApiClientOptions): ApiClient {
  return new HttpApiClient(kernel, fabric, options)
}

class HttpApiClient implements ApiClient {
  private started = false
  private serial: number
  /** The server in use. */
  private place: Place | undefined
  private pending = new Map<string, Pending>()
  private readonly caches: InformerCache[] = []
  private reflectors: Reflector[] = []
  private timerId: EventId | undefined
  private timerAt = 0
  private silentSince = -1
  private checkAt = 0
  private readonly reach: (held: Place | undefined) => Reached
  readonly agent: string
  private readonly timeoutMs: number

  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly options: ApiClientOptions,
  ) {
    this.reach = options.reach ?? reachOneOf(fabric, options)
    this.agent = options.agent ?? agentOf(options.identity?.user ?? '')
    // A client that is made anew under the address of an earlier one must not take its answers.
    this.serial = kernel.now * SERIALS_PER_MS
    this.timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS
  }

  get synced(): boolean {
    return this.caches.every(({ synced, options }) => synced || options.optional === true)
  }

  call(call: Call, tag?: unknown): void {
    const serial = this.nextSerial()
    const pending: Pending = { call, tag, sentAt: this.kernel.now }
    if (call.detached === true) return void this.trySend(serial, pending)
    this.pending.set(serial, pending)
    const sent = this.trySend(serial, pending)
    this.arm(sent === 'silent' ? this.kernel.now + DIAL_RETRY_MS : pending.sentAt + this.limitOf(call))
  }

  informer<T extends KubeObject>(resource: Resource, options: InformerOptions<T> = {}): Informer<T> {
    const cache = new InformerCache<T>(resource, options)
    this.caches.push(cache as unknown as InformerCache)
    this.reflectors.push({
      resource,
      id: this.reflectors.length,
      state: 'idle',
      serial: '',
      backoffMs: 0,
      retryAt: 0,
    })
    if (this.started) this.list(this.reflectors[this.reflectors.length - 1] as Reflector)
    return cache
  }

  closeInformer(resource: Resource): void {
    for (const reflector of this.reflectors.filter((one) => one.resource === resource && one.state !== 'closed')) {
      this.cancel(reflector.serial, reflector.place)
      Object.assign(reflector, { state: 'closed', serial: '', place: undefined, retryAt: 0 })
      this.cacheOf(reflector).clear()
    }
  }

  start(): void {
    if (this.started) return
    this.started = true
    this.checkAt = this.kernel.now + CHECK_MS
    for (const reflector of this.reflectors) if (reflector.state !== 'closed') this.list(reflector)
    this.arm(this.checkAt)
  }

  stop(): void {
    for (const [serial, { place }] of this.pending) this.cancel(serial, place)
    for (const reflector of this.reflectors) {
      this.cancel(reflector.serial, reflector.place)
      const state = reflector.state === 'closed' ? 'closed' : 'idle'
      Object.assign(reflector, { state, serial: '', place: undefined, backoffMs: 0, retryAt: 0 })
    }
    for (const cache of this.caches) cache.clear()
    this.pending.clear()
    this.place = undefined
    this.kernel.cancel(this.timerId)
    this.timerId = undefined
    this.silentSince = -1
    this.started = false
  }

  handle(event: KernelEvent): boolean {
    switch (event.type) {
      case HTTP.response:
        return this.responded(event.data as HttpResponseData)
      case HTTP.chunk:
        return this.chunked(event.data as HttpChunkData)
      case HTTP.end:
        return this.ended(event.data as HttpEndData)
      case TIMER:
        return this.timer()
      default:
        return false
    }
  }

  dump(): ClientState {
    return {
      started: this.started,
      serial: this.serial,
      ...(this.place !== undefined && { place: this.place }),
      pending: [...this.pending].map(([serial, one]) => [serial, { ...one }]),
      reflectors: this.reflectors.map((one) => ({ ...one })),
      caches: this.caches.map((cache) => cache.dump()),
      timerId: this.timerId,
      timerAt: this.timerAt,
      silentSince: this.silentSince,
      checkAt: this.checkAt,
    }
  }

  load(state: unknown): void {
    const saved = state as ClientState
    this.started = saved.started
    this.serial = saved.serial
    this.place = saved.place
    this.pending = new Map(saved.pending)
    this.reflectors = saved.reflectors
    saved.caches.forEach((one, index) => this.caches[index]?.load(one))
    this.timerId = saved.timerId
    this.timerAt = saved.timerAt
    this.silentSince = saved.silentSince
    this.checkAt = saved.checkAt
  }

  // Sending.

  private limitOf({ timeoutMs }: Call): number {
    return timeoutMs ?? this.timeoutMs
  }

  private nextSerial(): string {
    return `${this.options.address}#${this.serial++}`
  }

  private trySend(serial: string, pending: Pending): 'sent' | 'refused' | 'silent' {
    const reached = this.reach(this.place)
    if (reached.kind === 'silent') return 'silent'
    if (reached.kind === 'refused') {
      this.failLater(serial, reached.failure)
      return 'refused'
    }
    this.place = pending.place = placeOf(reached)
    const { certificate, token } = reached
    this.post(
      serial,
      requestOf(pending.call, { agent: this.agent, certificate, ...(token && { token }) }),
      pending.place,
    )
    return 'sent'
  }

  private post(id: string, request: HttpRequest, to: Place): void {
    const { host, address } = this.options
    const listener = this.fabric.listener(to.host, to.port) as string
    const data: HttpRequestData = { id, from: host, request, replyTo: { host, address, tag: id } }
    this.fabric.send({ from: host, to: to.host, port: to.port, event: { to: listener, type: HTTP.request, data } })
  }

  private cancel(id: string, to: Place | undefined): void {
    if (id === '' || to === undefined) return
    const listener = this.fabric.listener(to.host, to.port)
    if (listener === undefined) return
    this.fabric.send({
      from: this.options.host,
      to: to.host,
      port: to.port,
      event: { to: listener, type: HTTP.cancel, data: { id, from: this.options.host } },
    })
  }

  /** Answers come at a later event, failures too. */
  private failLater(serial: string, error: string): void {
    this.kernel.send({ to: this.options.address, type: HTTP.end, data: { tag: serial, error } satisfies HttpEndData })
  }

  // Receiving.

  private responded({ tag, response }: HttpResponseData): boolean {
    const pending = this.pending.get(tag)
    if (pending !== undefined) {
      this.pending.delete(tag)
      this.options.owner.onAnswer({ call: pending.call, tag: pending.tag, code: response.code, body: response.body })
      return true
    }
    const reflector = this.reflectorOf(tag)
    if (reflector === undefined) return isMine(tag, this.options.address)
    if (reflector.state === 'listing') this.listed(reflector, response.code, response.body)
    else if (response.streaming !== true) this.watchFailed(reflector, response.code, response.body)
    return true
  }

  private chunked({ tag, chunk }: HttpChunkData): boolean {
    const reflector = this.reflectorOf(tag)
    if (reflector === undefined) return isMine(tag, this.options.address)
    if (this.isCutOff(reflector)) this.retryLater(reflector)
    else this.changed(reflector, chunk as WatchChunk)
    return true
  }

  private ended({ tag, error }: HttpEndData): boolean {
    if (error !== undefined) this.place = undefined
    const pending = this.pending.get(tag)
    if (pending !== undefined) {
      this.pending.delete(tag)
      this.fail(pending, error ?? 'EOF')
      return true
    }
    const reflector = this.reflectorOf(tag)
    if (reflector === undefined) return isMine(tag, this.options.address)
    if (reflector.state === 'watching' && error === undefined) this.watch(reflector)
    else this.retryLater(reflector, error)
    return true
  }

  private reflectorOf(tag: string): Reflector | undefined {
    for (const reflector of this.reflectors) if (reflector.serial === tag) return reflector
    return undefined
  }

  private fail({ call, tag }: Pending, failure: string): void {
    this.options.owner.onAnswer({ call, tag, code: 0, body: undefined, failure } satisfies Answer)
  }

  // Informers.

  private list(reflector: Reflector): void {
    const cache = this.cacheOf(reflector)
    // The first list may be as old as the server's cache; later ones must not go back in time.
    this.open(reflector, 'listing', { ...this.selection(cache), resourceVersion: String(cache.revision) })
  }

  private watch(reflector: Reflector): void {
    const cache = this.cacheOf(reflector)
    const timeoutSeconds =
      MIN_WATCH_SECONDS + this.kernel.random(`client/${this.options.address}`).int(MIN_WATCH_SECONDS)
    this.open(reflector, 'watching', {
      ...this.selection(cache),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: String(cache.revision),
      timeoutSeconds: String(timeoutSeconds),
    })
  }

  private cacheOf(reflector: Reflector): InformerCache {
    return this.caches[reflector.id] as InformerCache
  }

  private selection({ options: { fieldSelector, labelSelector } }: InformerCache): Record<string, string> {
    return {
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(labelSelector !== undefined && { labelSelector }),
    }
  }

  private open(reflector: Reflector, state: 'listing' | 'watching', query: Record<string, string>): void {
    const { options, resource } = this.cacheOf(reflector)
    const reached = this.reach(this.place)
    if (reached.kind !== 'open')
      return this.retryLater(reflector, reached.kind === 'refused' ? reached.failure : 'dial tcp: i/o timeout')
    reflector.state = state
    reflector.serial = this.nextSerial()
    this.place = reflector.place = placeOf(reached)
    reflector.boots = this.fabric.boots(reached.host)
    const request: HttpRequest = {
      method: 'GET',
      path: pathOf(resource, options.namespace),
      query,
      headers: {
        accept: 'application/json',
        'user-agent': this.agent,
        ...(reached.token !== undefined && { authorization: `Bearer ${reached.token}` }),
      },
      ...(reached.certificate !== undefined && { certificate: reached.certificate }),
    }
    this.post(reflector.serial, request, reflector.place)
  }

  /** The first list, or a list after the watch's revision had expired: the difference becomes changes. */
  private listed(reflector: Reflector, code: number, body: unknown): void {
    const cache = this.cacheOf(reflector)
    if (code === 410 || code === 504) cache.revision = 0
    if (code !== 200) return this.retryLater(reflector, refusalOf(code, body))
    const { items, metadata } = body as { items: KubeObject[]; metadata: { resourceVersion: string } }
    const gone = new Set(cache.keys())
    const first = !cache.synced
    cache.synced = true
    cache.revision = Number(metadata.resourceVersion)
    reflector.backoffMs = 0
    for (const object of items) this.arrive(cache, object, gone)
    for (const key of gone) this.depart(cache, cache.byKey(key) as KubeObject)
    if (first) this.kernel.send({ to: this.options.address, type: SYNCED, data: { resource: cache.resource } })
    this.watch(reflector)
  }

  private arrive(cache: InformerCache, object: KubeObject, gone: Set<string>): void {
    const { namespace, name } = object.metadata
    gone.delete(namespace === undefined || namespace === '' ? name : `${namespace}/${name}`)
    const old = cache.put(object)
    if (old === undefined) this.tell(cache, { type: 'added', object })
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion)
      this.tell(cache, { type: 'modified', object, old })
  }

  private depart(cache: InformerCache, object: KubeObject): void {
    const old = cache.remove(object)
    if (old !== undefined) this.tell(cache, { type: 'deleted', object, old })
  }

  private tell(cache: InformerCache, change: Change): void {
    this.options.owner.onChange(cache.resource, change)
  }

  private changed(reflector: Reflector, { type, object }: WatchChunk): void {
    const cache = this.cacheOf(reflector)
    reflector.backoffMs = 0
    if (type === 'ERROR') return this.expired(reflector, cache)
    cache.revision = Number(object.metadata.resourceVersion)
    if (type === 'BOOKMARK') return
    if (type === 'DELETED') return this.depart(cache, object)
    const old = cache.put(object)
    this.tell(cache, old === undefined ? { type: 'added', object } : { type: 'modified', object, old })
  }

  /** 410: the server has forgotten what happened since; list anew. */
  private expired(reflector: Reflector, cache: InformerCache): void {
    cache.revision = 0
    this.list(reflector)
  }

  private watchFailed(reflector: Reflector, code: number, body: unknown): void {
    if (code === 410) return this.expired(reflector, this.cacheOf(reflector))
    this.retryLater(reflector, refusalOf(code, body))
  }

  private retryLater(reflector: Reflector, failure?: string): void {
    if (failure !== undefined) this.tellTrouble(reflector, failure)
    const base = Math.min(MAX_BACKOFF_MS, reflector.backoffMs === 0 ? BACKOFF_MS : reflector.backoffMs * 2)
    reflector.backoffMs = base
    const jitter = this.kernel.random(`client/${this.options.address}`).int(base)
    Object.assign(reflector, {
      state: 'waiting',
      serial: '',
      place: undefined,
      retryAt: this.kernel.now + base + jitter,
    })
    this.arm(reflector.retryAt)
  }

  private tellTrouble(reflector: Reflector, failure: string): void {
    const { resource, options } = this.cacheOf(reflector)
    this.options.onTrouble?.({ resource, path: pathOf(resource, options.namespace), failure })
  }

  // Time: one timer for everything.

  private arm(at: number): void {
    if (this.timerId !== undefined && this.timerAt <= at) return
    this.kernel.cancel(this.timerId)
    this.timerAt = at
    this.timerId = this.kernel.send({ to: this.options.address, type: TIMER }, Math.max(0, at - this.kernel.now))
  }

  private timer(): boolean {
    this.timerId = undefined
    const now = this.kernel.now
    let next = Infinity
    for (const [serial, pending] of [...this.pending]) next = Math.min(next, this.tendCall(serial, pending, now))
    for (const reflector of this.reflectors) {
      if (reflector.state === 'waiting' && reflector.retryAt <= now) this.resume(reflector)
      if (reflector.state === 'waiting') next = Math.min(next, reflector.retryAt)
    }
    if (this.started && this.checkAt <= now) this.checkConnection(now)
    if (this.started) next = Math.min(next, this.checkAt)
    if (next !== Infinity) this.arm(next)
    return true
  }

  private resume(reflector: Reflector): void {
    if (this.cacheOf(reflector).synced && this.cacheOf(reflector).revision > 0) this.watch(reflector)
    else this.list(reflector)
  }

  /** When a call is next to be looked at. */
  private tendCall(serial: string, pending: Pending, now: number): number {
    const deadline = pending.sentAt + this.limitOf(pending.call)
    if (deadline <= now) {
      this.pending.delete(serial)
      this.cancel(serial, pending.place)
      this.fail(pending, pending.place === undefined ? 'dial tcp: i/o timeout' : 'context deadline exceeded')
      return Infinity
    }
    if (pending.place !== undefined) return deadline
    const sent = this.trySend(serial, pending)
    return sent === 'silent' ? Math.min(deadline, now + DIAL_RETRY_MS) : deadline
  }

  /** How a connection stands: through a load balancer it stands or falls with that too. */
  private stateOf({ host, port, via }: Place): 'open' | 'refused' | 'silent' {
    const own = this.options.host
    if (via === undefined) return this.fabric.dial(own, host, port).kind
    if (!this.fabric.isUp(via) || !this.fabric.passes(own, via) || !this.fabric.passes(via, own)) return 'silent'
    return this.fabric.listener(via, port) === undefined ? 'refused' : this.fabric.dial(via, host, port).kind
  }

  /** Nothing comes through a load balancer that is gone: the watch goes on from where it was, over another connection. */
  private isCutOff(reflector: Reflector): boolean {
    return reflector.place?.via !== undefined && this.stateOf(reflector.place) !== 'open'
  }

  /** A host that has been away and is back knows nothing of its old connections. */
  private leaveReset(): void {
    for (const reflector of this.reflectors) {
      const { serial, place, boots } = reflector
      if (serial !== '' && place !== undefined && this.fabric.boots(place.host) !== boots) this.retryLater(reflector)
    }
  }

  /** A connection that has been dead for 45 s is given up: its watches start anew. */
  private checkConnection(now: number): void {
    this.checkAt = now + CHECK_MS
    if (this.place === undefined) return
    const kind = this.stateOf(this.place)
    if (kind === 'open') {
      this.silentSince = -1
      return this.leaveReset()
    }
    if (this.silentSince < 0) this.silentSince = now
    if (kind === 'silent' && now - this.silentSince < DEAD_AFTER_MS - CHECK_MS) return
    for (const reflector of this.reflectors) if (reflector.serial !== '') this.retryLater(reflector)
    for (const [serial, pending] of [...this.pending]) {
      if (pending.place === undefined || !this.pending.delete(serial)) continue
      this.fail(pending, 'http2: client connection lost')
    }
  }
}

interface WatchChunk {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: KubeObject
}

/** What client-go makes of an answer that is none: the Status' message, or what the code stands for. */
function refusalOf(code: number, body: unknown): string {
  if (code === 401) return 'Unauthorized'
  const message = (body as { message?: unknown } | undefined)?.message
  return typeof message === 'string'
    ? message
    : `an error on the server has prevented the request from succeeding (${code})`
}

/** Sent to the owner's address when an informer has its first list; data is `{ resource }`. Owners may ignore it. */
export const SYNCED = 'client.synced'

const isMine = (tag: string, address: string): boolean => typeof tag === 'string' && tag.startsWith(`${address}#`)
