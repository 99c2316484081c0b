/**
 * One kube-apiserver: a pipeline of stages over the simulated etcd. Models cmd/kube-apiserver and
 * k8s.io/apiserver. See README.md for what is left out.
 */
import type { Credentials } from '../etcd/auth-messages.ts'
import type { EtcdHeader, EtcdResponse, EtcdResult, EtcdWatchData, KeyValue } from '../etcd/messages.ts'
import { AUTH_ERRORS } from '../etcd/errors.ts'
import { ETCD } from '../etcd/messages.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpChunkData, HttpEndData, HttpRequestData, HttpResponse, HttpResponseData } from '../fabric/http.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Random } from '../kernel/random.ts'
import { DEFAULT_RELEASE, hubOf, KindRegistry, deprecationWarning, minorOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import { timestamp } from '../objects/meta.ts'
import { Aggregation } from './aggregation/controller.ts'
import { auditLine } from './audit.ts'
import type { AuditFacts, AuditStage } from './audit.ts'
import { Bootstrap } from './bootstrap.ts'
import type { BootstrapState } from './bootstrap.ts'
import type { KubeObject } from './client.ts'
import type { Core, KubeletRefusal } from './core.ts'
import { FLOW_SCHEMAS, PRIORITY_LEVELS, flowHeaders } from './flow-control.ts'
import { API_FLAGS } from './flags.ts'
import type { ApiFlags } from './flags.ts'
import { servedBy } from './runtime-config.ts'
import type { Flight } from './flight.ts'
import { DefinitionControllers } from './custom/controllers.ts'
import type { DefinitionState } from './custom/controllers.ts'
import { customKinds } from './custom/custom-kinds.ts'
import { dispatch, isMutating } from './pipeline/dispatch.ts'
import { authenticate } from './pipeline/authentication.ts'
import type { OutsideCall } from './pipeline/admission/plugin.ts'
import { attributesOf, decide } from './pipeline/authorization.ts'
import { impersonation } from './pipeline/authorization/impersonation.ts'
import { routeRequest } from './pipeline/route.ts'
import { poolKey, publicPartOf } from '../pki/index.ts'
import type { TokenKeys } from './pipeline/service-account-tokens.ts'
import type { Authorities } from './system-config-maps.ts'
import { TokenCache } from './pipeline/token-cache.ts'
import type { TokenCacheState } from './pipeline/token-cache.ts'
import { Outbox } from './outbox.ts'
import { NodeProxy } from './node-proxy.ts'
import { commandFailed, klogHeader } from '../objects/klog.ts'
import { noteAnswer } from './outside/answer.ts'
import type { OutsideAnswer } from './outside/answer.ts'
import { OutsideCalls } from './outside/calls.ts'
import type { CallEnded, OutsideCallsState, OutsideWires } from './outside/calls.ts'
import type { NodeProxyState } from './node-proxy.ts'
import {
  internalError,
  readTimeout,
  refusal,
  tooLargeResourceVersion,
  unauthorized,
  unauthorizedVerb,
  unknownError,
  writeTimeout,
} from './status.ts'
import type { ApiStatus } from './status.ts'
import { ANSWER_STEPS, READ_STEPS, WRITE_STEPS } from './steps.ts'
import { EtcdClient } from './storage/etcd-client.ts'
import type { EtcdEndpoint } from './storage/etcd-client.ts'
import { resumeWrite, startWrite, WRITE_STEP } from './storage/guaranteed-update.ts'
import { directoryOfKey, prefixEnd } from './storage/keys.ts'
import type { EncryptionRule } from './storage/encryption.ts'
import { StoredForm, Unreadable } from './storage/stored-form.ts'
import { WatchCache } from './storage/watch-cache.ts'
import type { CacheDump } from './storage/watch-cache.ts'
import { sendEvent, tendWatches } from './verbs/watch.ts'
import { listsFromCache, listStored } from './verbs/read.ts'
import { Traffic } from './traffic.ts'
import { Watches } from './watch/watches.ts'
import type { Watch } from './watch/watches.ts'

export interface ApiServerOptions {
  kernel: Kernel
  fabric: Fabric
  host: HostName
  /** `1.35` or `1.35.2`. */
  release?: string
  /** etcd endpoints in order of preference, the own member first; a start may name others. */
  etcd: EtcdEndpoint[]
  /** Looks at an etcd endpoint before it is used: why TLS refuses it, in gRPC's words. */
  etcdProblem?: (endpoint: EtcdEndpoint) => string | undefined
  /** Whether the member behind an endpoint answers a linearizable read; default: it does. */
  etcdServes?: (endpoint: EtcdEndpoint) => boolean
  /** What the member behind an endpoint sees of who asks, as long as that matters to it. */
  etcdCredentials?: (endpoint: EtcdEndpoint) => Credentials | undefined
  /** Takes lines of the audit log. */
  audit?: (line: string) => void
  /** The address of a host, as others see it. */
  addressOf?: (host: HostName) => string
  /** It has said that it cannot connect to an endpoint. */
  onEtcdComplaint?: (endpoint: EtcdEndpoint) => void
  /** Takes lines of the process's log. */
  log?: (text: string) => void
  /** The process ends by itself. */
  exit?: (code: number) => void
  serviceCidr?: string
  /** The address that other components reach this server by; the host's name when absent. */
  advertiseAddress?: string
  /** Whether the component of this host that listens on a port is healthy; without it all are. */
  probeLocal?: (port: number) => boolean
  /** What carries calls to webhooks; without it they fail. */
  wires?: OutsideWires
  flags?: Partial<ApiFlags>
  /** --service-account-signing-key-file and --service-account-key-file; absent: a pair of its own. */
  tokenKeys?: TokenKeys
  /** --client-ca-file and --requestheader-client-ca-file, as PEM. */
  authorities?: Authorities
  /** The rules of --encryption-provider-config as the file has them now; undefined: they cannot be read. */
  readEncryption?: () => readonly EncryptionRule[] | undefined
  /** What a node's kubelet makes of --kubelet-client-certificate. */
  kubeletRefusal?: (node: HostName, verb: string) => KubeletRefusal | undefined
}

export const API_PORT = 6443

/** What a process is started with; what is absent stays as it was. */
export interface ApiStart {
  /** `1.35.2` */
  release?: string
  port?: number
  /** Bound to the loopback: only its own host reaches it. */
  loopbackOnly?: boolean
  serviceCidr?: string
  advertiseAddress?: string
  etcd?: EtcdEndpoint[]
  flags?: Partial<ApiFlags>
}

interface ApiSettings {
  release: string
  port: number
  loopbackOnly?: boolean
  serviceCidr: string
  advertiseAddress: string
  etcd: EtcdEndpoint[]
}

/** How long a server waits for etcd at its start (O2). */
const START_DEADLINE_MS = 20_200
/** When gRPC says again that it cannot connect (O2). */
const DIAL_COMPLAINTS_MS = [0, 1_000, 1_700, 2_500, 4_300, 7_000, 12_000]
/** The event that a call which left the simulation has failed. */
export const OUTSIDE_FAILED = 'apiserver.call'

const REGISTRY = '/registry/'
/** The hooks that run once a server has started have that long. */
const HOOKS_MS = 30_000

/** What a flight's step begins with while etcd is asked for one object, or for its revision. */
const STORED = 'stored:'
const FRESH = 'fresh:'
/** The kernel events that a server sends to itself. */
const OWN = {
  sweep: 'apiserver.sweep',
  tend: 'apiserver.tend',
  source: 'apiserver.source',
  bootstrap: 'apiserver.bootstrap',
  compact: 'apiserver.compact',
  definitions: 'apiserver.definitions',
  later: 'apiserver.later',
  call: OUTSIDE_FAILED,
  flows: 'apiserver.flows',
  aggregation: 'apiserver.aggregation',
  complain: 'apiserver.complain',
  deadline: 'apiserver.deadline',
  progress: 'apiserver.progress',
  reload: 'apiserver.reload',
} as const

/** --etcd-compaction-interval */
const COMPACT_MS = 300_000
const SWEEP_MS = 1_000
const SOURCE_CHECK_MS = 2_000
/** How often etcd is asked how far the watch is while somebody waits for it (cacher progressRequestPeriod). */
const PROGRESS_MS = 100
/** How often the encryption configuration is read again (encryptionconfig/controller). */
const RELOAD_MS = 60_000

interface ServerState {
  settings: ApiSettings
  isOpen: boolean
  starts: number
  tokens?: TokenCacheState
  running: boolean
  serial: number
  cache: CacheDump
  watches: Watch[]
  outbox: ReturnType<Outbox['dump']>
  flights: Flight[]
  waiting: [string, { step: string; revision: number }][]
  held: string[]
  etcdCurrent: number
  watchId: string
  lease: { id: number }
  flags: ApiFlags
  heardAt: number
  keptOut: string | undefined
  hooksEndAt: number
  sweepId?: EventId
  tendId?: EventId
  tendAt?: number
  term: number
  compactTo: number
  compactId?: EventId
  sourceId?: EventId
  progressId?: EventId
  bootstrap: BootstrapState
  definitions: DefinitionState
  aggregation: ReturnType<Aggregation['dump']>
  proxy: NodeProxyState
  calls: OutsideCallsState
  traffic: [string, number][]
}

const PANIC: HttpResponse = {
  code: 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'This request caused apiserver to panic. Look in the logs for details.\n',
}

const ownTokenKeys: TokenKeys = { signing: () => poolKey(0), verifying: () => [publicPartOf(poolKey(0))] }

export class ApiServer implements Component, Core {
  readonly kernel: Kernel
  readonly fabric: Fabric
  readonly host: HostName
  readonly address: string
  registry: KindRegistry
  /** Replaced, never changed, when the process starts with other flags. */
  flags: ApiFlags
  readonly tokenKeys: TokenKeys
  readonly authorities: Authorities | undefined
  readonly kubeletRefusal: ((node: HostName, verb: string) => KubeletRefusal | undefined) | undefined
  readonly tokenCache = new TokenCache()
  /** Made anew when the rules change. */
  stored: StoredForm
  readonly cache = new WatchCache((kv) => this.stored.decode(kv))
  readonly watches = new Watches()
  readonly outbox: Outbox
  readonly etcd: EtcdClient
  readonly proxy: NodeProxy
  private readonly calls: OutsideCalls
  leaseMemo = { id: 0 }
  /** What holds for flags that a start does not name. */
  private readonly givenFlags: ApiFlags
  private readonly readEncryption: () => readonly EncryptionRule[] | undefined
  private readonly bootstrap: Bootstrap
  private readonly definitions: DefinitionControllers
  readonly aggregation: Aggregation
  readonly traffic = new Traffic()
  private readonly probeLocal: (port: number) => boolean
  private readonly log: (text: string) => void
  private readonly exit: (code: number) => void
  private readonly audit: ((line: string) => void) | undefined
  private readonly addressOf: (host: HostName) => string
  private readonly onEtcdComplaint: (endpoint: EtcdEndpoint) => void
  private settings: ApiSettings
  private up = false
  /** Whether the port is open: it opens once etcd has answered. */
  private isOpen = false
  /** Counts the starts, so that a deadline of an earlier one is known. */
  private starts = 0
  private serial = 0
  private flights = new Map<string, Flight>()
  /** Reads that wait for the cache to reach a revision. */
  private waiting = new Map<string, { step: string; revision: number }>()
  /** Requests that came before the cache was filled. */
  private held: string[] = []
  private watchId = ''
  private term = 0
  private compactTo = 0
  private compactId: EventId | undefined
  private heardAt = 0
  /** What etcd says who does not know this server; undefined: it was let in. */
  private keptOut: string | undefined
  /** When the hooks after the start give up; 0: they have time. */
  private hooksEndAt = 0
  private sweepId: EventId | undefined
  private tendId: EventId | undefined
  private tendAt: number | undefined
  private sourceId: EventId | undefined
  private progressId: EventId | undefined
  /** The text of the instant that was asked for last; derived. */
  private stampedMs = -1
  private stamp = ''
  private storageEntries = new Map<string, KindEntry>()
  /** What of --runtime-config the registry was made by. Derived. */
  private served = '{}'
  /** Warning texts by group, version and resource. Derived. */
  private readonly deprecations = new Map<string, string[]>()

  constructor(options: ApiServerOptions) {
    const { kernel, fabric, host } = options
    this.kernel = kernel
    this.fabric = fabric
    this.host = host
    this.address = `apiserver/${host}`
    this.settings = {
      release: options.release ?? DEFAULT_RELEASE,
      port: API_PORT,
      serviceCidr: options.serviceCidr ?? '10.96.0.0/12',
      advertiseAddress: options.advertiseAddress ?? host,
      etcd: options.etcd,
    }
    this.registry = new KindRegistry(`1.${this.minor}`)
    this.flags = this.givenFlags = { ...API_FLAGS, ...options.flags }
    this.readEncryption = options.readEncryption ?? (() => undefined)
    this.stored = this.makeStored()
    this.log = options.log ?? (() => {})
    this.exit = options.exit ?? (() => {})
    this.audit = options.audit
    this.addressOf = options.addressOf ?? ((one) => one)
    this.onEtcdComplaint = options.onEtcdComplaint ?? (() => {})
    this.tokenKeys = options.tokenKeys ?? ownTokenKeys
    this.authorities = options.authorities
    this.kubeletRefusal = options.kubeletRefusal
    this.probeLocal = options.probeLocal ?? (() => true)
    this.outbox = new Outbox(fabric, host, () => kernel.now)
    this.etcd = new EtcdClient(
      fabric,
      host,
      this.address,
      () => this.settings.etcd,
      options.etcdProblem,
      options.etcdServes,
      options.etcdCredentials,
    )
    this.proxy = new NodeProxy(this)
    this.calls = new OutsideCalls(this, options.wires, OWN.call, (id, key, answer) =>
      this.callAnswered(id, key, answer),
    )
    this.bootstrap = new Bootstrap(this)
    this.definitions = new DefinitionControllers(this, OWN.definitions)
    this.aggregation = new Aggregation(this, OWN.aggregation, (id, call) => this.calls.start({ id }, call))
    kernel.register(this.address, this)
    kernel.register(`${this.address}/loopback`, {
      handle: (event) => this.handle(event),
      dump: () => null,
      load: () => {},
    })
  }

  /** Whether the process runs. */
  get running(): boolean {
    return this.up
  }

  /** Whether it would answer `/readyz` with ok. */
  get ready(): boolean {
    return this.up && this.cache.ready && this.etcdHealthy
  }

  get etcdHealthy(): boolean {
    return this.cache.ready && this.etcd.healthy
  }

  get random(): Random {
    return this.kernel.random(this.address)
  }

  get release(): string {
    return this.settings.release
  }

  get minor(): number {
    return minorOf(this.settings.release)
  }

  get port(): number {
    return this.settings.port
  }

  get serviceCidr(): string {
    return this.settings.serviceCidr
  }

  get advertiseAddress(): string {
    return this.settings.advertiseAddress
  }

  /** Whether its port is open. */
  get serving(): boolean {
    return this.up && this.isOpen
  }

  /** Whether a connection to one of its host's addresses finds it. */
  answersAt(address: string): boolean {
    return this.settings.loopbackOnly !== true || address.startsWith('127.') || address === 'localhost'
  }

  /** Starts the process: reads everything from etcd, opens the port, and watches etcd from there on. */
  start({ flags, ...settings }: ApiStart = {}): void {
    if (this.up) return
    this.up = true
    this.starts++
    if (flags !== undefined) this.flags = { ...this.givenFlags, ...flags }
    this.configure({ ...this.settings, ...settings })
    this.kernel.record('apiserver.started', { host: this.host })
    this.openSource()
    this.compact()
    if (this.flags.reloadsEncryption)
      this.kernel.send({ to: this.address, type: OWN.reload, data: { start: this.starts } }, RELOAD_MS)
    this.keptOut = undefined
    this.hooksEndAt = 0
    if (!this.cache.ready) this.awaitEtcd()
  }

  private configure(settings: ApiSettings): void {
    const served = JSON.stringify(this.flags.runtimeConfig)
    if (minorOf(settings.release) !== this.minor || served !== this.served) this.registry = this.makeRegistry(settings)
    this.served = served
    this.settings = settings
    this.etcd.current %= Math.max(1, settings.etcd.length)
    this.stored = this.makeStored()
    this.storageEntries.clear()
    this.deprecations.clear()
  }

  /** The kinds of the release, less those that --runtime-config switches off. */
  private makeRegistry({ release }: ApiSettings): KindRegistry {
    const registry = new KindRegistry(`1.${minorOf(release)}`)
    for (const entry of [...registry.all()])
      if (servedBy(this.flags.runtimeConfig, entry) === false) registry.remove(entry)
    return registry
  }

  /** Until etcd answers it complains, and after a while it gives up. Models storage/storagebackend/factory. */
  private awaitEtcd(): void {
    const data = { start: this.starts }
    for (const delay of DIAL_COMPLAINTS_MS) this.kernel.send({ to: this.address, type: OWN.complain, data }, delay)
    this.kernel.send({ to: this.address, type: OWN.deadline, data }, START_DEADLINE_MS)
  }

  private complain(): void {
    for (const { endpoint, text } of this.etcd.complaints(this.kernel.clockMs)) {
      this.log(text)
      this.onEtcdComplaint(endpoint)
    }
    if (!this.cache.ready) this.openSource()
  }

  /** Whom etcd keeps out, the hooks that come after the start wait for; others wait for etcd itself. */
  private giveUp(): void {
    if (this.keptOut !== undefined) return this.waitForHooks()
    this.log(commandFailed(this.kernel.clockMs, 'context deadline exceeded'))
    this.stop()
    this.exit(1)
  }

  /** Models genericapiserver/hooks.go: who fails after the start takes the process along. */
  private waitForHooks(): void {
    const data = { start: this.starts }
    if (this.hooksEndAt === 0) {
      this.hooksEndAt = this.kernel.now + HOOKS_MS - START_DEADLINE_MS
      this.kernel.send({ to: this.address, type: OWN.deadline, data }, HOOKS_MS - START_DEADLINE_MS)
    } else if (this.kernel.now >= this.hooksEndAt) {
      const [hook, why] = [
        'scheduling/bootstrap-system-priority-classes',
        'unable to add default system priority classes',
      ]
      const said = `PostStartHook ${JSON.stringify(hook)} failed: ${why}: timed out waiting for the condition`
      this.log(`${klogHeader('F', this.kernel.clockMs, 'hooks.go:204')} ${said}\n`)
      this.stop()
      this.exit(255)
    }
  }

  private open(): void {
    if (this.isOpen) return
    this.isOpen = true
    this.fabric.listen(
      this.host,
      this.port,
      this.settings.loopbackOnly === true ? `${this.address}/loopback` : this.address,
    )
  }

  /** Ends the process: every connection breaks. */
  stop(): void {
    if (!this.up) return
    this.up = false
    this.tokenCache.clear()
    if (this.isOpen) this.fabric.unlisten(this.host, this.port)
    this.isOpen = false
    for (const flight of this.flights.values()) this.outbox.end(flight.replyTo, 'EOF')
    for (const watch of this.watches.list()) this.outbox.end(watch.replyTo, 'unexpected EOF')
    this.forget()
    this.kernel.record('apiserver.stopped', { host: this.host })
  }

  /** A request that was under way when the process ended: its connection breaks. */
  private cameTooLate({ type, data }: KernelEvent): void {
    if (type === HTTP.request) this.outbox.end((data as HttpRequestData).replyTo, 'EOF')
  }

  handle(event: KernelEvent): void {
    if (!this.up) return this.cameTooLate(event)
    switch (event.type) {
      case HTTP.request:
        return this.receive(event.data as HttpRequestData)
      case ETCD.response:
        return this.recovering((event.data as EtcdResponse).tag, () => this.etcdAnswered(event.data as EtcdResponse))
      case ETCD.watch:
        return this.etcdChanged(event.data as EtcdWatchData)
      case HTTP.cancel:
        return this.canceled(event.data as { id: string; from: HostName })
      case HTTP.input:
        return this.proxy.input(event.data as { id: string; from: HostName; input: unknown })
      case HTTP.response:
        if (this.definitions.responded(event.data as HttpResponseData)) return
        if (this.aggregation.responded(event.data as HttpResponseData)) return
        if (this.calls.responded(event.data as HttpResponseData)) return
        return this.proxy.responded(event.data as HttpResponseData)
      case HTTP.chunk:
        return this.proxy.chunk(event.data as HttpChunkData)
      case HTTP.end:
        return this.proxy.ended(event.data as HttpEndData)
      case OWN.sweep:
        return this.sweep()
      case OWN.tend:
        return this.tend()
      case OWN.source:
        return this.checkSource()
      case OWN.bootstrap:
        return this.bootstrap.run()
      case OWN.compact:
        return this.compact()
      case OWN.flows:
        return this.bootstrap.tendFlowSchemas()
      case OWN.call:
        return this.calls.end(event.data as CallEnded)
      case OWN.definitions:
        return this.definitions.sync()
      case OWN.complain:
        return this.isOpen || !this.isThisStart(event) ? undefined : this.complain()
      case OWN.deadline:
        return this.isOpen || !this.isThisStart(event) ? undefined : this.giveUp()
      case OWN.progress:
        return this.askProgress()
      case OWN.reload:
        return this.isThisStart(event) ? this.reloadEncryption() : undefined
      case OWN.aggregation:
        return this.cache.ready ? this.aggregation.sync() : undefined
      case OWN.later:
        return this.resumeLater(event.data as { id: string })
    }
  }

  private isThisStart(event: KernelEvent): boolean {
    return (event.data as { start: number }).start === this.starts
  }

  // The pipeline.

  private receive(data: HttpRequestData): void {
    const info = routeRequest(data.request)
    const now = this.kernel.now
    const allowed = isMutating(info) ? this.flags.writeTimeoutMs : this.flags.requestTimeoutMs
    const flight: Flight = {
      id: `${this.serial++}`,
      from: data.from,
      clientId: data.id,
      request: data.request,
      replyTo: data.replyTo,
      info,
      user: NOBODY,
      startedAt: now,
      deadlineAt: now + allowed,
      step: '',
      warnings: [],
      memo: {},
    }
    this.flights.set(flight.id, flight)
    if (this.cache.ready || !info.isResource) this.recovering(flight.id, () => this.admit(flight))
    else this.held.push(flight.id)
    if (this.flights.has(flight.id)) this.armSweep()
  }

  /** One request that fails inside the server takes nothing else down. Models apiserver server/filters/wrap.go. */
  private recovering(id: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      const flight = this.flights.get(id)
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.kernel.record('apiserver.panic', { host: this.host, path: flight?.request.path ?? '', why })
      if (flight !== undefined) this.respond(flight, PANIC)
    }
  }

  /** Authentication and authorization, then the verb. */
  private admit(flight: Flight): void {
    const user = authenticate(this, flight.request)
    if (user === undefined) return this.refuse(flight, unauthorized())
    flight.user = user
    this.beginAudit(flight)
    const acting = impersonation(this, flight)
    if (acting !== undefined && 'refuse' in acting) return this.refuse(flight, acting.refuse)
    if (acting !== undefined) {
      flight.user = acting.user
      this.noteAudit(flight, { impersonated: acting.user })
    }
    const { allowed, reason } = decide(this, attributesOf(flight), flight.user)
    this.noteAudit(flight, { decision: { allowed, reason } })
    if (!allowed && !this.bootstrap.rolesMade && flight.info.isResource) return void this.held.push(flight.id)
    if (!allowed && (this.bootstrap.rolesMade || flight.info.isResource))
      return this.refuse(flight, unauthorizedVerb(flight.info, flight.user, reason))
    dispatch(this, flight)
  }

  /** The request is known by its user from here on; a request that waited comes here again. */
  private beginAudit(flight: Flight): void {
    if (this.flags.audit === undefined || flight.memo.audit !== undefined) return
    const id = this.random.uuid()
    const facts: AuditFacts = {
      id,
      user: flight.user,
      sourceIp: this.addressOf(flight.from),
      receivedMs: this.kernel.clockMs,
    }
    flight.memo.audit = facts
    this.tellAudit('RequestReceived', flight)
  }

  private noteAudit(flight: Flight, facts: Partial<AuditFacts>): void {
    if (flight.memo.audit !== undefined) flight.memo.audit = { ...(flight.memo.audit as AuditFacts), ...facts }
  }

  private tellAudit(stage: AuditStage, flight: Flight, response?: HttpResponse): void {
    const facts = flight.memo.audit as AuditFacts | undefined
    if (this.flags.audit === undefined || facts === undefined) return
    const line = auditLine(this.flags.audit, stage, flight, facts, this.kernel.clockMs, response)
    if (line !== undefined) this.audit?.(line)
  }

  /** Releases the requests that waited for the first fill, or for the default roles. */
  releaseHeld(): void {
    const ids = this.held
    this.held = []
    for (const id of ids) {
      const flight = this.flights.get(id)
      if (flight !== undefined) this.admit(flight)
    }
  }

  // Core: what the stages use.

  componentHealthy(port: number): boolean {
    return this.probeLocal(port)
  }

  entryOf(flight: Flight): KindEntry {
    const { group, version, resource } = flight.info
    const entry = this.registry.byResource(group, version, resource)
    if (entry === undefined) throw new Error(`apiserver: no ${group}/${version} ${resource}`)
    return entry
  }

  storageEntry(group: string, resource: string): KindEntry {
    const key = `${group}/${resource}`
    let entry = this.storageEntries.get(key)
    if (entry === undefined) {
      const shared = group === 'events.k8s.io' && resource === 'events' ? '' : group
      entry =
        this.registry.all().find((one) => one.group === shared && one.resource === resource && one.storage) ??
        this.registry.preferred(shared, resource)
      if (entry === undefined) throw new Error(`apiserver: no ${resource} in ${group}`)
      entry = hubOf(entry)
      this.storageEntries.set(key, entry)
    }
    return entry
  }

  timestamp(): string {
    const { clockMs } = this.kernel
    if (clockMs !== this.stampedMs) {
      this.stampedMs = clockMs
      this.stamp = timestamp(clockMs)
    }
    return this.stamp
  }

  respond(flight: Flight, response: HttpResponse): void {
    if (!this.flights.delete(flight.id)) return
    this.traffic.count(flight, response.code)
    this.tellAudit('ResponseComplete', flight, response)
    const warnings = [...new Set([...this.deprecation(flight), ...flight.warnings])]
    const told = { ...response, headers: { ...response.headers, ...flowHeaders(this, flight) } }
    this.outbox.respond(flight.replyTo, warnings.length === 0 ? told : withWarnings(told, warnings))
  }

  /** The kind that was asked for is on its way out. */
  private deprecation({ info: { isResource, group, version, resource } }: Flight): string[] {
    if (!isResource) return []
    const key = `${group}/${version}/${resource}`
    let texts = this.deprecations.get(key)
    if (texts === undefined) {
      const entry = this.registry.byResource(group, version, resource)
      const text = entry && (entry.custom?.deprecation ?? deprecationWarning(entry, this.release))
      texts = text === undefined ? [] : [text]
      this.deprecations.set(key, texts)
    }
    return texts
  }

  refuse(flight: Flight, status: ApiStatus): void {
    this.respond(flight, refusal(status))
  }

  callOut(flight: Flight, call: OutsideCall): void {
    this.calls.start(flight, call)
  }

  private callAnswered(id: string, key: string, answer: OutsideAnswer): void {
    if (this.aggregation.answered(id, answer)) return
    const flight = this.flights.get(id)
    if (flight === undefined) return
    noteAnswer(flight, key, answer)
    this.recovering(id, () => this.resumeCall(flight))
  }

  /** Runs a flight's step again after an answer from outside, which now stands in `flight.memo.calls`. */
  resumeCall(flight: Flight): void {
    flight.warnings.length = 0
    if (flight.write === undefined) dispatch(this, flight)
    else startWrite(this, WRITE_STEPS, flight, flight.write.step, flight.write.key)
  }

  land(flight: Flight): void {
    this.tellAudit('ResponseStarted', flight, { code: 200, headers: {} })
    this.flights.delete(flight.id)
  }

  ask(flight: Flight, call: Parameters<EtcdClient['send']>[0]): void {
    if (this.etcd.send(call, flight.id)) delete flight.unsent
    else flight.unsent = call
  }

  readStored(flight: Flight, step: string, key: string): void {
    flight.step = STORED + step
    this.ask(flight, { kind: 'range', key })
  }

  readConsistently(flight: Flight, step: string): void {
    flight.step = FRESH + step
    this.ask(flight, { kind: 'readIndex', key: REGISTRY })
  }

  readAt(flight: Flight, step: string, revision: number): void {
    if (this.cache.revision >= revision) return this.readStep(flight, step)
    flight.deadlineAt = Math.min(flight.deadlineAt, this.kernel.now + this.flags.freshTimeoutMs)
    this.waiting.set(flight.id, { step, revision })
    if (listsFromCache(this)) this.armProgress()
  }

  private armProgress(): void {
    this.progressId ??= this.kernel.send({ to: this.address, type: OWN.progress }, PROGRESS_MS)
  }

  /** What others than API servers wrote moves etcd's revision, and the watch does not tell of it. Models cacher/progress. */
  private askProgress(): void {
    this.progressId = undefined
    if (this.waiting.size === 0) return
    this.etcd.send({ kind: 'watchProgress', watchId: this.watchId }, 'watch')
    this.armProgress()
  }

  write(flight: Flight, step: string, key: string): void {
    startWrite(this, WRITE_STEPS, flight, step, key)
  }

  arm(): void {
    const next = tendWatches(this)
    if (next === undefined || (this.tendAt !== undefined && this.tendAt <= next)) return
    this.kernel.cancel(this.tendId)
    this.tendAt = next
    this.tendId = this.kernel.send({ to: this.address, type: OWN.tend }, next - this.kernel.now)
  }

  later(flight: Flight, delayMs: number): void {
    this.kernel.send({ to: this.address, type: OWN.later, data: { id: flight.id } }, delayMs)
  }

  private resumeLater({ id }: { id: string }): void {
    const flight = this.flights.get(id)
    if (flight !== undefined) this.recovering(id, () => dispatch(this, flight))
  }

  refreshKinds(): void {
    this.storageEntries.clear()
    this.deprecations.clear()
    customKinds(this)
    for (const watch of this.watches.list()) this.endOrphan(watch)
  }

  /** A watch of a kind that is served no longer ends. */
  private endOrphan({ id, replyTo, group, version, resource }: Watch): void {
    if (this.registry.byResource(group, version, resource) !== undefined) return
    this.watches.remove(id)
    this.outbox.end(replyTo)
  }

  private readStep(flight: Flight, step: string, stored?: KubeObject): void {
    const run = READ_STEPS[step]
    if (run === undefined) throw new Error(`apiserver: no read step ${step}`)
    run(this, flight, stored)
  }

  // etcd.

  private openSource(): void {
    this.heardAt = this.kernel.now
    this.watchId = `${this.address}/${this.serial++}`
    if (this.cache.ready) this.watchSource()
    else this.etcd.send({ kind: 'range', key: REGISTRY, rangeEnd: prefixEnd(REGISTRY) }, 'fill')
    this.sourceId ??= this.kernel.send({ to: this.address, type: OWN.source }, SOURCE_CHECK_MS)
  }

  private watchSource(): void {
    const isSent = this.etcd.send(
      {
        kind: 'watch',
        watchId: this.watchId,
        key: REGISTRY,
        rangeEnd: prefixEnd(REGISTRY),
        startRevision: this.cache.revision + 1,
      },
      'watch',
    )
    this.watching = isSent ? { endpoint: this.etcd.current } : undefined
  }

  private watching: { endpoint: number } | undefined

  /** Opens the watch again when the member behind it is gone, and the first fill while it has not come. */
  private checkSource(): void {
    this.sourceId = this.kernel.send({ to: this.address, type: OWN.source }, SOURCE_CHECK_MS)
    if (!this.cache.ready) return this.openSource()
    const lost = this.watching === undefined || this.watching.endpoint !== this.etcd.current || !this.etcd.connected
    if (lost) this.openSource()
  }

  private etcdAnswered({ tag, result, header }: EtcdResponse): void {
    this.heardAt = this.kernel.now
    if (this.term !== header.raftTerm) this.newTerm(header.raftTerm)
    if (tag === 'fill') return this.filled(result, header)
    if (tag === 'lease' || tag === 'watch' || tag === 'compact') return
    if (tag.startsWith('boot:')) return
    const flight = this.flights.get(tag)
    if (flight !== undefined) this.resume(flight, result, header)
  }

  /** After an election, or a restart of the member, the watch may be gone without a word. */
  private newTerm(term: number): void {
    this.term = term
    if (this.cache.ready && this.watching !== undefined) this.openSource()
  }

  /** Every five minutes, what is older than five minutes. Models storage/etcd3/compact.go. */
  private compact(): void {
    if (this.compactTo > 0) this.etcd.send({ kind: 'compact', revision: this.compactTo }, 'compact')
    this.compactTo = this.cache.revision
    this.compactId = this.kernel.send({ to: this.address, type: OWN.compact }, COMPACT_MS)
  }

  private filled(result: EtcdResult, header: EtcdHeader): void {
    if (result.kind === 'error') return this.fillRefused(result.message)
    if (result.kind !== 'range' || this.cache.ready) return
    this.cache.fill(result.kvs, header.revision)
    this.complainOfKeys()
    this.definitionsChanged()
    this.open()
    this.kernel.record('apiserver.ready', { host: this.host })
    this.watchSource()
    this.bootstrap.run()
    this.releaseHeld()
  }

  /** Every cacher lists its resource in vain, and says so once. */
  private fillRefused(message: string): void {
    const isOfUsers = message === AUTH_ERRORS.denied || message === AUTH_ERRORS.userEmpty
    if (!isOfUsers || this.keptOut === message) return
    this.keptOut = message
    const header = klogHeader('E', this.kernel.clockMs, 'cacher.go:478')
    for (const { name, type } of this.cachers())
      this.log(
        `${header} cacher (${name}): unexpected ListAndWatch error: failed to list ${type}: ${message}; reinitializing...\n`,
      )
  }

  /** Every resource that can be watched, whatever its versions. */
  private cachers(): { name: string; type: string }[] {
    const found = new Map<string, string>()
    for (const { group, resource, kind, verbs } of this.registry.all())
      if (verbs.includes('watch'))
        found.set(group === '' ? resource : `${resource}.${group}`, `*${group.split('.')[0] || 'core'}.${kind}`)
    return [...found].map(([name, type]) => ({ name, type }))
  }

  private resume(flight: Flight, result: EtcdResult, header: EtcdHeader): void {
    if (flight.step === WRITE_STEP) return resumeWrite(this, WRITE_STEPS, flight, result, header)
    const { step } = flight
    const isStored = step.startsWith(STORED)
    if (isStored || step.startsWith(FRESH)) {
      if (result.kind === 'error') return this.refuse(flight, unknownError(result.message))
      if (!isStored) return this.readAt(flight, step.slice(FRESH.length), header.revision)
      return this.foundStored(flight, step.slice(STORED.length), result.kind === 'range' ? result.kvs[0] : undefined)
    }
    ANSWER_STEPS[flight.step]?.(this, flight, result, header)
  }

  private foundStored(flight: Flight, step: string, kv: KeyValue | undefined): void {
    const stored = kv && this.stored.decode(kv)
    if (stored instanceof Unreadable) this.refuse(flight, internalError(stored.problem))
    else this.readStep(flight, step, stored)
  }

  private etcdChanged(data: EtcdWatchData): void {
    if (data.watchId !== this.watchId || !this.cache.ready) return
    this.heardAt = this.kernel.now
    if (data.canceled !== undefined) return this.sourceCanceled(data.canceled)
    for (const event of data.events) this.changed(event)
    const revision =
      data.events.length === 0
        ? data.header.revision
        : (data.events[data.events.length - 1] as EtcdWatchData['events'][number]).kv.modRevision
    if (revision > this.cache.revision) this.cache.revision = revision
    if (this.waiting.size > 0) this.releaseWaiting()
  }

  private changed(event: EtcdWatchData['events'][number]): void {
    const change = this.cache.apply(event, this.kernel.now)
    if (change === 'broken') return this.cacheBroke(event.kv)
    if (change === undefined) return
    if (change.revision > this.cache.revision) this.cache.revision = change.revision
    const directory = change.key.slice(0, change.key.length - tailLength(change.object))
    if (directory === CRDS) this.definitionsChanged()
    this.aggregation.changed(directory)
    if (directory === FLOW_SCHEMAS || directory === PRIORITY_LEVELS)
      this.kernel.send({ to: this.address, type: OWN.flows })
    if (this.held.length > 0 && RBAC_DIRECTORIES.has(directory)) this.releaseHeld()
    this.watches.tell(directory, change, (told) => sendEvent(this, told))
  }

  /** The cacher of a resource lists anew, in vain: its watches end. Models cacher.go (terminateAllWatchers). */
  private cacheBroke(kv: KeyValue): void {
    if (kv.modRevision > this.cache.revision) this.cache.revision = kv.modRevision
    const directory = directoryOfKey(kv.key)
    for (const watch of this.watches.list()) {
      if (watch.directory !== directory) continue
      this.watches.remove(watch.id)
      this.outbox.end(watch.replyTo)
    }
    this.complainOfKeys()
  }

  /** One line for each resource whose cache cannot be filled. */
  private complainOfKeys(): void {
    for (const [directory, [first]] of this.cache.unreadable()) {
      const found = first && this.stored.decode(first)
      if (!(found instanceof Unreadable)) continue
      const { name, type } = this.cacherOf(directory)
      const header = klogHeader('E', this.kernel.clockMs, 'cacher.go:478')
      const why = `failed to list ${type}: unable to transform key ${JSON.stringify(found.key)}: ${found.problem}`
      this.log(`${header} cacher (${name}): unexpected ListAndWatch error: ${why}; reinitializing...\n`)
    }
  }

  /** As logs name it: `secrets` and `*core.Secret`. */
  private cacherOf(directory: string): { name: string; type: string } {
    const { group = '', resource = '' } = this.stored.resourceOf(directory) ?? {}
    const entry = this.registry.all().find((one) => one.group === group && one.resource === resource)
    const name = group === '' ? resource : `${resource}.${group}`
    const isCustom = entry === undefined || entry.custom !== undefined
    return { name, type: isCustom ? '*unstructured.Unstructured' : `*${group.split('.')[0] || 'core'}.${entry.kind}` }
  }

  /** --encryption-provider-config-automatic-reload: once a minute; a file that is not in order changes nothing. */
  private reloadEncryption(): void {
    if (!this.flags.reloadsEncryption) return
    this.kernel.send({ to: this.address, type: OWN.reload, data: { start: this.starts } }, RELOAD_MS)
    const rules = this.readEncryption()
    if (rules === undefined || JSON.stringify(rules) === JSON.stringify(this.flags.encryption)) return
    this.flags = { ...this.flags, encryption: rules }
    this.stored = this.makeStored()
    for (const [, kvs] of this.cache.unreadable()) for (const kv of kvs) this.changed({ type: 'PUT', kv })
  }

  private makeStored(): StoredForm {
    const byte = (): number => this.kernel.random(`${this.address}/encryption`).int(256)
    return new StoredForm({
      rules: this.flags.encryption,
      minor: this.minor,
      resources: () => this.registry.all(),
      randomBytes: (count) => Uint8Array.from({ length: count }, byte),
    })
  }

  private definitionsChanged(): void {
    this.refreshKinds()
    this.definitions.changed()
    this.aggregation.kindsChanged()
  }

  /** The history that the watch needs was compacted away: start over, as a restarted cacher does. */
  private sourceCanceled(canceled: { compactRevision?: number }): void {
    this.watching = undefined
    // Without a leader etcd refuses watches: the next check tries again.
    if (canceled.compactRevision === undefined) return
    for (const watch of this.watches.list()) this.outbox.end(watch.replyTo)
    this.watches.clear()
    this.cache.clear()
    this.openSource()
  }

  private releaseWaiting(): void {
    for (const [id, { step, revision }] of [...this.waiting]) {
      if (this.cache.revision < revision) continue
      this.waiting.delete(id)
      const flight = this.flights.get(id)
      if (flight !== undefined) this.readStep(flight, step)
    }
  }

  // Time.

  private armSweep(): void {
    this.sweepId ??= this.kernel.send({ to: this.address, type: OWN.sweep }, SWEEP_MS)
  }

  /** Ends requests that took too long, and sends again what a broken wire held up. */
  private sweep(): void {
    this.sweepId = undefined
    const now = this.kernel.now
    for (const flight of [...this.flights.values()]) {
      if (flight.deadlineAt <= now) this.expire(flight)
      else if (flight.unsent !== undefined) this.ask(flight, flight.unsent)
    }
    for (const host of this.outbox.retry()) this.dropClients(host)
    if (this.flights.size > 0 || this.outbox.waiting) this.armSweep()
  }

  private expire(flight: Flight): void {
    const wait = this.waiting.get(flight.id)
    this.waiting.delete(flight.id)
    if (wait !== undefined && this.etcd.connected) return this.overdue(flight, wait)
    this.refuse(flight, isMutating(flight.info) ? writeTimeout() : readTimeout(askedFor(flight.info)))
  }

  /** The watch of etcd may have been lost: open it anew. If that does not help, a list without a revision is etcd's. */
  private overdue(flight: Flight, { step, revision }: { step: string; revision: number }): void {
    if (flight.memo.overdue === true && flight.memo.asked !== true) return this.withoutCache(flight, step)
    if (flight.memo.overdue === true) return this.refuse(flight, tooLargeResourceVersion(revision, this.cache.revision))
    flight.memo.overdue = true
    this.openSource()
    flight.deadlineAt = this.kernel.now + SWEEP_MS
    this.waiting.set(flight.id, { step, revision })
  }

  private withoutCache(flight: Flight, step: string): void {
    flight.deadlineAt = flight.startedAt + this.flags.requestTimeoutMs
    if (step === 'list') listStored(this, flight)
    else this.readStep(flight, step)
  }

  private tend(): void {
    this.tendId = undefined
    this.tendAt = undefined
    this.arm()
    if (this.outbox.waiting) this.armSweep()
  }

  private dropClients(host: HostName): void {
    for (const watch of this.watches.list()) if (watch.from === host) this.watches.remove(watch.id)
    for (const flight of [...this.flights.values()]) if (flight.from === host) this.flights.delete(flight.id)
  }

  private canceled({ id, from }: { id: string; from: HostName }): void {
    for (const flight of this.flights.values())
      if (flight.clientId === id && flight.from === from) this.flights.delete(flight.id)
    for (const watch of this.watches.list())
      if (watch.clientId === id && watch.from === from) this.watches.remove(watch.id)
    this.proxy.canceled(id, from)
  }

  // State.

  private forget(): void {
    this.flights.clear()
    this.waiting.clear()
    this.held = []
    this.watches.clear()
    this.cache.clear()
    this.outbox.clear()
    this.proxy.clear()
    this.calls.clear()
    this.watching = undefined
    for (const id of [this.sweepId, this.tendId, this.sourceId, this.compactId, this.progressId]) this.kernel.cancel(id)
    this.sweepId = this.tendId = this.sourceId = this.tendAt = this.progressId = undefined
    this.compactId = undefined
    this.compactTo = 0
    this.term = 0
    this.bootstrap.clear()
    this.definitions.clear()
    this.aggregation.clear()
    this.leaseMemo = { id: 0 }
  }

  dump(): ServerState & { watching: { endpoint: number } | undefined } {
    return {
      settings: this.settings,
      isOpen: this.isOpen,
      starts: this.starts,
      running: this.up,
      tokens: this.tokenCache.dump(this.kernel.clockMs),
      serial: this.serial,
      cache: this.cache.dump(),
      watches: this.watches.dump(),
      outbox: this.outbox.dump(),
      flights: [...this.flights.values()],
      waiting: [...this.waiting],
      held: [...this.held],
      etcdCurrent: this.etcd.current,
      watchId: this.watchId,
      lease: { ...this.leaseMemo },
      flags: this.flags,
      heardAt: this.heardAt,
      keptOut: this.keptOut,
      hooksEndAt: this.hooksEndAt,
      sweepId: this.sweepId,
      tendId: this.tendId,
      tendAt: this.tendAt,
      term: this.term,
      compactTo: this.compactTo,
      compactId: this.compactId,
      sourceId: this.sourceId,
      progressId: this.progressId,
      bootstrap: this.bootstrap.dump(),
      definitions: this.definitions.dump(),
      aggregation: this.aggregation.dump(),
      proxy: this.proxy.dump(),
      calls: this.calls.dump(),
      traffic: this.traffic.dump(),
      watching: this.watching,
    }
  }

  load(state: unknown): void {
    const saved = state as ReturnType<ApiServer['dump']>
    this.up = saved.running
    this.isOpen = saved.isOpen
    this.starts = saved.starts
    this.flags = saved.flags
    this.configure(saved.settings)
    this.tokenCache.load(saved.tokens)
    this.serial = saved.serial
    this.cache.load(saved.cache)
    this.refreshKinds()
    this.watches.load(saved.watches)
    this.outbox.load(saved.outbox)
    this.flights = new Map(saved.flights.map((flight) => [flight.id, flight]))
    this.waiting = new Map(saved.waiting)
    this.held = saved.held
    this.etcd.current = saved.etcdCurrent
    this.watchId = saved.watchId
    this.leaseMemo = saved.lease
    this.heardAt = saved.heardAt
    this.keptOut = saved.keptOut
    this.hooksEndAt = saved.hooksEndAt
    this.sweepId = saved.sweepId
    this.tendId = saved.tendId
    this.tendAt = saved.tendAt
    this.sourceId = saved.sourceId
    this.progressId = saved.progressId
    this.term = saved.term
    this.compactTo = saved.compactTo
    this.compactId = saved.compactId
    this.watching = saved.watching
    this.bootstrap.load(saved.bootstrap)
    this.definitions.load(saved.definitions)
    this.aggregation.load(saved.aggregation)
    this.proxy.load(saved.proxy)
    this.calls.load(saved.calls)
    this.traffic.load(saved.traffic)
  }
}

const NOBODY = { name: '', groups: [] }
/** The tables that decide who may what, for requests that wait for the default roles. */
const RBAC_DIRECTORIES = new Set(
  ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map((name) => `/registry/${name}/`),
)
const CRDS = '/registry/apiextensions.k8s.io/customresourcedefinitions/'

/** How long the namespace and name at the end of an object's key are. */
function tailLength({ metadata: { namespace, name } }: { metadata: { namespace?: string; name: string } }): number {
  return namespace === undefined || namespace === '' ? name.length : namespace.length + 1 + name.length
}

function withWarnings(response: HttpResponse, warnings: string[]): HttpResponse {
  const texts = warnings.map((text) => `299 - ${JSON.stringify(text)}`)
  return { ...response, headers: { ...response.headers, warning: texts.join(', ') } }
}

/** As client-go names a request: ` (get pods web)`. */
function askedFor({ isResource, group, resource, name }: Flight['info']): string {
  if (!isResource) return ''
  const kind = group === '' ? resource : `${resource}.${group}`
  return ` (get ${name === '' ? kind : `${kind} ${name}`})`
}
