/**
 * Registers what this server serves, and finds out whether the others can be reached. Models kube-aggregator
 * pkg/controllers/{autoregister,status/local,status/remote}. Not modelled: several tries at the same time.
 */
import { HTTP } from '../../fabric/http.ts'
import type { HttpRequest, HttpRequestData, HttpResponseData } from '../../fabric/http.ts'
import type { EventId } from '../../kernel/kernel.ts'
import { conditionOf } from '../../objects/meta.ts'
import type { APIService, Endpoints, EndpointSlice, Service } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import type { OutsideAnswer } from '../outside/answer.ts'
import type { OutsideCall } from '../pipeline/admission/plugin.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'
import { builtInServices, customServices, isManaged } from './local.ts'
import { apiServices, API_SERVICES, callTo, remoteServices } from './remote.ts'

const SYNC_MS = 2
/** The remote controller's resync. */
const CHECK_MS = 30_000
/** One request for a remote server's discovery. */
const TIMEOUT_MS = 5_000
const RETRY_MS = 1_000
/** From this release on the controller looks at EndpointSlices. */
const SLICES_SINCE = 33
const ME = { commonName: 'system:apiserver', organizations: ['system:masters'] }
const TAG = 'apiservice:'
const CHECK = 'availability:'

const SERVICES = directoryOf('', 'services')
const ENDPOINTS = directoryOf('', 'endpoints')
const SLICES = directoryOf('discovery.k8s.io', 'endpointslices')
const WATCHED = new Set([SERVICES, ENDPOINTS, SLICES])

type Verdict = { status: 'True' | 'False'; reason: string; message: string }

/** What a remote server last said of itself. */
export interface Known {
  /** Its APIResourceList; absent after a failure. */
  document?: unknown
  nextMs: number
  failures: number
  asking?: boolean
}

export interface AggregationState {
  serial: number
  registered: boolean
  timerId: EventId | undefined
  known: [string, Known][]
  wanted: string[]
}

export class Aggregation {
  private serial = 0
  /** The built-in ones were all there once since the start. */
  private registered = false
  private timerId: EventId | undefined
  private timerAt = 0
  private known = new Map<string, Known>()
  /** Objects that were asked for and have not come yet. */
  private wanted = new Set<string>()

  constructor(
    private readonly core: Core,
    private readonly syncEvent: string,
    private readonly call: (id: string, call: OutsideCall) => void,
  ) {}

  /** Something in a directory has changed. */
  changed(directory: string): void {
    if (directory === API_SERVICES) this.arm(SYNC_MS)
    else if (this.known.size > 0 && WATCHED.has(directory)) {
      for (const one of this.known.values()) one.nextMs = 0
      this.arm(SYNC_MS)
    }
  }

  /** The kinds that are served may have changed. */
  kindsChanged(): void {
    this.arm(SYNC_MS)
  }

  /** What a remote server last said of itself. */
  documentOf(name: string): unknown {
    return this.known.get(name)?.document
  }

  sync(): void {
    this.core.kernel.cancel(this.timerId)
    this.timerId = undefined
    this.register()
    const remote = remoteServices(this.core)
    for (const name of this.known.keys())
      if (!remote.some(({ metadata }) => metadata.name === name)) this.known.delete(name)
    for (const service of remote) this.check(service)
    const due = [...this.known.values()].filter(({ asking }) => asking !== true).map(({ nextMs }) => nextMs)
    if (due.length > 0) this.arm(Math.max(SYNC_MS, Math.min(...due) - this.core.kernel.now))
  }

  private arm(delayMs: number): void {
    const at = this.core.kernel.now + delayMs
    if (this.timerId !== undefined && this.timerAt <= at) return
    this.core.kernel.cancel(this.timerId)
    this.timerAt = at
    this.timerId = this.core.kernel.send({ to: this.core.address, type: this.syncEvent }, delayMs)
  }

  // What this server serves.

  private register(): void {
    const have = new Set(apiServices(this.core).map(({ metadata }) => metadata.name))
    const builtIn = this.registered ? [] : builtInServices(this.core)
    const custom = customServices(this.core)
    const missing = [...builtIn, ...custom].filter(({ metadata }) => !have.has(metadata.name))
    for (const service of missing) this.create(service)
    if (!builtIn.some(({ metadata }) => !have.has(metadata.name))) this.registered = true
    for (const name of this.wanted) if (have.has(name)) this.wanted.delete(name)
    this.withdraw(new Set(custom.map(({ metadata }) => metadata.name)))
  }

  private create(service: APIService): void {
    const { name } = service.metadata
    if (this.wanted.has(name)) return
    this.wanted.add(name)
    this.send('POST', '', service)
  }

  private withdraw(served: ReadonlySet<string>): void {
    for (const service of apiServices(this.core))
      if (isManaged(service) && !served.has(service.metadata.name)) this.send('DELETE', `/${service.metadata.name}`)
  }

  // What others serve.

  private check(service: APIService): void {
    const { name } = service.metadata
    const known = this.known.get(name) ?? { nextMs: 0, failures: 0 }
    this.known.set(name, known)
    if (known.asking === true || known.nextMs > this.core.kernel.now) return
    const verdict = this.fromCache(service)
    if (verdict !== undefined) {
      delete known.document
      return this.judged(service, known, verdict)
    }
    const { base, ...way } = callTo(service)
    const path = `/apis/${service.spec?.group}/${service.spec?.version}`
    const headers = { accept: 'application/json', 'user-agent': 'kube-apiserver' }
    known.asking = true
    this.call(`${CHECK}${name}`, {
      key: CHECK,
      url: `${base}${path}`,
      request: { method: 'GET', path, query: {}, headers },
      timeoutMs: TIMEOUT_MS,
      ...way,
    })
  }

  /** What the objects alone tell; undefined: the server has to be asked. */
  private fromCache({ spec }: APIService): Verdict | undefined {
    const { namespace = '', name = '', port = 443 } = spec?.service ?? {}
    const where = `service/${name} in ${JSON.stringify(namespace)}`
    const service = this.core.cache.get(keyFor(SERVICES, namespace, name)) as Service | undefined
    if (service === undefined) return no('ServiceNotFound', `${where} is not present`)
    if (service.spec?.type !== undefined && service.spec.type !== 'ClusterIP') return undefined
    const found = service.spec?.ports?.find((one) => one.port === port)
    if (found === undefined) return no('ServicePortError', `${where} is not listening on port ${port}`)
    const what = this.core.minor >= SLICES_SINCE ? 'endpointslices' : 'endpoints'
    const ports = what === 'endpoints' ? this.endpoints(namespace, name) : this.slices(namespace, name)
    if (ports === undefined) return no('EndpointsNotFound', `cannot find ${what} for ${where}`)
    const wanted = found.name ?? ''
    if (ports.includes(wanted)) return undefined
    return no('MissingEndpoints', `${what} for ${where} have no addresses with port name ${JSON.stringify(wanted)}`)
  }

  /** The names of the ports that addresses stand behind. */
  private endpoints(namespace: string, name: string): string[] | undefined {
    const found = this.core.cache.get(keyFor(ENDPOINTS, namespace, name)) as Endpoints | undefined
    return (
      found?.subsets
        ?.filter(({ addresses = [] }) => addresses.length > 0)
        .flatMap(({ ports = [] }) => ports.map((port) => port.name ?? '')) ??
      (found && [])
    )
  }

  private slices(namespace: string, name: string): string[] | undefined {
    const prefix = `${SLICES}${namespace}/`
    const all = (this.core.cache.list(SLICES, prefix) as EndpointSlice[]).filter(
      ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name,
    )
    if (all.length === 0) return undefined
    return all
      .filter(({ endpoints }) => (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false))
      .flatMap(({ ports }) => (ports ?? []).map((port) => port.name ?? ''))
  }

  /** The answer to a question about availability. Whether it was one. */
  answered(id: string, answer: OutsideAnswer): boolean {
    if (!id.startsWith(CHECK)) return false
    const name = id.slice(CHECK.length)
    const known = this.known.get(name)
    const service = remoteServices(this.core).find(({ metadata }) => metadata.name === name)
    if (known === undefined || service === undefined) return true
    known.asking = false
    const problem = this.problem(service, answer)
    if (problem === undefined && 'response' in answer) known.document = documentOf(answer.response.body)
    else delete known.document
    const verdict = problem === undefined ? PASSED : no('FailedDiscoveryCheck', problem)
    this.judged(service, known, verdict)
    this.arm(Math.max(SYNC_MS, known.nextMs - this.core.kernel.now))
    return true
  }

  private problem({ spec }: APIService, answer: OutsideAnswer): string | undefined {
    const { namespace = '', name = '', port = 443 } = spec?.service ?? {}
    const service = this.core.cache.get(keyFor(SERVICES, namespace, name)) as Service | undefined
    const url = `https://${service?.spec?.clusterIP ?? ''}:${port}/apis/${spec?.group}/${spec?.version}`
    const failed = `failing or missing response from ${url}: `
    if ('error' in answer) return `${failed}Get ${JSON.stringify(url)}: ${answer.error}`
    const { code } = answer.response
    return code >= 200 && code < 300 ? undefined : `${failed}bad status from ${url}: ${code}`
  }

  private judged(service: APIService, known: Known, verdict: Verdict): void {
    const { now } = this.core.kernel
    known.failures = verdict.status === 'True' ? 0 : known.failures + 1
    const waitMs = known.failures === 0 ? CHECK_MS : Math.min(CHECK_MS, RETRY_MS * 2 ** (known.failures - 1))
    known.nextMs = now + waitMs
    const before = conditionOf(service.status?.conditions, 'Available')
    const { status, reason, message } = verdict
    if (before?.status === status && before.reason === reason && before.message === message) return
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : this.core.timestamp()
    const rest = (service.status?.conditions ?? []).filter(({ type }) => type !== 'Available')
    const next = { lastTransitionTime, message, reason, status, type: 'Available' }
    this.core.kernel.record('apiserver.available', { name: service.metadata.name, reason })
    this.send('PUT', `/${service.metadata.name}/status`, { ...service, status: { conditions: [...rest, next] } })
  }

  // Requests of the server to itself.

  private send(method: HttpRequest['method'], suffix: string, body?: object): void {
    const { fabric, host, address } = this.core
    const id = `${TAG}${this.serial++}`
    const headers = { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' }
    const { version } = this.core.storageEntry('apiregistration.k8s.io', 'apiservices')
    const path = `/apis/apiregistration.k8s.io/${version}/apiservices${suffix}`
    const request: HttpRequest = { method, path, query: {}, headers, ...(body && { body }), certificate: ME }
    const data: HttpRequestData = { id, from: host, request, replyTo: { host, address, tag: id } }
    fabric.send({ from: host, to: host, event: { to: address, type: HTTP.request, data } })
  }

  /** An answer to a request of ours. A write that came too late is made again at the next look. */
  responded({ tag, response }: HttpResponseData): boolean {
    if (!tag.startsWith(TAG)) return false
    if (response.code === 409) {
      this.wanted.clear()
      for (const one of this.known.values()) one.nextMs = Math.min(one.nextMs, this.core.kernel.now + RETRY_MS)
      this.arm(RETRY_MS)
    }
    return true
  }

  // State.

  clear(): void {
    this.core.kernel.cancel(this.timerId)
    this.timerId = undefined
    this.registered = false
    this.known.clear()
    this.wanted.clear()
  }

  dump(): AggregationState & { timerAt: number } {
    const { serial, registered, timerId, timerAt } = this
    const known = [...this.known].map(([name, one]): [string, Known] => [name, { ...one }])
    return { serial, registered, timerId, timerAt, known, wanted: [...this.wanted] }
  }

  load(state: AggregationState & { timerAt: number }): void {
    this.serial = state.serial
    this.registered = state.registered
    this.timerId = state.timerId
    this.timerAt = state.timerAt
    this.known = new Map(state.known.map(([name, one]) => [name, { ...one }]))
    this.wanted = new Set(state.wanted)
  }
}

const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message })

const PASSED: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' }

function documentOf(body: unknown): unknown {
  if (typeof body !== 'string') return body
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
