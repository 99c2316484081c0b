/**
 * The metrics-server processes of one host: each asks every kubelet again and again for /metrics/resource, and serves
 * metrics.k8s.io. Models kubernetes-sigs/metrics-server 0.7 and 0.8 (U5). Not modelled: its serving certificate (nobody
 * who looks at it will like it), node selectors, its own /metrics, what a kubelet's webhook authorizes.
 */
import type { ApiClient, ApiClientOwner, Informer } from '../api/client.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpRequest, HttpResponse, HttpResponseData } from '../fabric/http.ts'
import type { HostNetwork } from '../host/network-port.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Node, Pod } from '../objects/types.gen.ts'
import { answer, saysUnready } from './answers.ts'
import type { Facts } from './answers.ts'
import { parseOptions } from './options.ts'
import type { ServerOptions } from './options.ts'
import { emptyBatch, emptyStorage, parseSample, stored } from './points.ts'
import type { Batch, Storage } from './points.ts'

/** From the start of the process until it listens. */
const START_MS = 1_500
const CA = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt'
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** One process, as plain data. */
interface Instance {
  id: string
  podIp: string
  options: ServerOptions
  startedMs: number
  storage: Storage
  batch: Batch
  /** The round and the nodes that have not answered in it. */
  round: number
  open: string[]
}

interface State {
  instances: Record<string, Instance>
  clientRunning: boolean
  client: unknown
}

export interface MetricsServerOptions {
  kernel: Kernel
  /** `metrics-server/<host>` */
  address: string
  host: string
  network: () => HostNetwork
  createClient: (owner: ApiClientOwner) => ApiClient
  readFile: (container: string, path: string) => string | undefined
  log: (container: string, text: string) => void
  exit: (container: string, code: number) => void
}

export class MetricsServer implements Component, ApiClientOwner {
  private readonly client: ApiClient
  private readonly nodes: Informer<Node>
  private readonly pods: Informer<Pod>
  private instances: Record<string, Instance> = {}
  private clientRunning = false

  constructor(private readonly options: MetricsServerOptions) {
    this.client = options.createClient(this)
    this.nodes = this.client.informer<Node>('v1/nodes')
    this.pods = this.client.informer<Pod>('v1/pods')
    options.kernel.register(options.address, this)
  }

  onAnswer(): void {
    // Nothing is called.
  }

  onChange(): void {
    // The next round sees it.
  }

  /** A container's process starts. */
  start(id: string, podIp: string, argv: readonly string[]): void {
    const options = parseOptions(argv.slice(1))
    if ('error' in options) {
      this.options.log(id, `${options.error}\n`)
      return this.options.exit(id, 1)
    }
    const startedMs = this.options.kernel.clockMs
    this.instances[id] = {
      id,
      podIp,
      options,
      startedMs,
      storage: emptyStorage(),
      batch: emptyBatch(),
      round: 0,
      open: [],
    }
    if (!this.clientRunning) this.client.start()
    this.clientRunning = true
    this.later(START_MS, 'started', { id })
  }

  signal(id: string, signal: string): void {
    if (this.instances[id] === undefined) return
    this.forget(id)
    this.options.exit(id, signal === 'KILL' ? 137 : 0)
  }

  crash(): void {
    for (const id of Object.keys(this.instances)) this.forget(id)
  }

  handle(event: KernelEvent): void {
    if (this.client.handle(event)) return
    if (event.type === 'started') return this.started(event.data as { id: string })
    if (event.type === 'scrape') return this.scrape(event.data as { id: string })
    if (event.type === 'failed') return this.failed(event.data as { tag: string; why: string })
    if (event.type === 'timeout') return this.timedOut(event.data as { id: string; round: number })
    if (event.type === HTTP.response) this.answered(event.data as HttpResponseData)
  }

  // What others ask.

  listening(ip: string, port: number): { http: boolean } | undefined {
    return this.at(ip, port) && { http: true }
  }

  respond(ip: string, port: number, request: HttpRequest): HttpResponse | undefined {
    const instance = this.at(ip, port)
    if (instance === undefined) return undefined
    const response = answer(this.facts(instance), request)
    if (saysUnready(response))
      this.say(
        instance.id,
        'I',
        'server.go:191',
        `"Failed probe" probe="metric-storage-ready" err="no metrics to serve"`,
      )
    return response
  }

  private at(ip: string, port: number): Instance | undefined {
    const now = this.options.kernel.clockMs
    return Object.values(this.instances).find(
      (one) => one.podIp === ip && one.options.port === port && one.startedMs + START_MS <= now,
    )
  }

  private facts({ storage }: Instance): Facts {
    return {
      nowMs: this.options.kernel.clockMs,
      storage,
      nodes: this.nodes.list(),
      pods: this.pods.list().filter(isRunning),
    }
  }

  // Rounds.

  private started({ id }: { id: string }): void {
    const instance = this.instances[id]
    if (instance === undefined) return
    const port = instance.options.port
    this.say(id, 'I', 'serving.go:380', 'Generated self-signed cert (/tmp/apiserver.crt, /tmp/apiserver.key)')
    this.say(id, 'I', 'handler.go:288', 'Adding GroupVersion metrics.k8s.io v1beta1 to ResourceManager')
    this.say(id, 'I', 'secure_serving.go:211', `Serving securely on [::]:${port}`)
    this.scrape({ id })
  }

  private scrape({ id }: { id: string }): void {
    const instance = this.instances[id]
    if (instance === undefined) return
    this.close(instance)
    const { resolutionMs, requestTimeoutMs } = instance.options
    const nodes = this.nodes.list()
    instance.round++
    instance.open = nodes.map(({ metadata }) => metadata.name)
    this.later(resolutionMs, 'scrape', { id })
    this.later(requestTimeoutMs, 'timeout', { id, round: instance.round })
    for (const node of nodes) this.ask(instance, node)
  }

  private ask(instance: Instance, node: Node): void {
    const { id, options, podIp, round } = instance
    const { name } = node.metadata
    const address = addressOf(node, options.addressTypes)
    const tag = JSON.stringify([id, round, name])
    if (address === undefined)
      return this.lost(
        instance,
        name,
        `node ${name} had no addresses that matched types [${options.addressTypes.join(' ')}]`,
      )
    const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? options.kubeletPort
    const url = `https://${address}:${port}/metrics/resource`
    const point = { host: this.options.host, root: { kind: 'container' as const, id, ip: podIp }, pid: 1 }
    const ca = this.options.readFile(id, CA)
    const tls = options.insecure ? { insecure: true } : { ...(ca !== undefined && { ca }) }
    const token = this.options.readFile(id, TOKEN)
    const headers = {
      'user-agent': 'metrics-server/v0.8.0',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
    const request = { method: 'GET' as const, query: {}, headers }
    const replyTo = { host: this.options.host, address: this.options.address, tag }
    const sent = this.options.network().http(point, { url, request, tls }, replyTo)
    if ('sent' in sent || 'later' in sent) return
    const why = `Get ${JSON.stringify(url)}: ${sent.answer.message}`
    this.later(sent.afterMs ?? 0, 'failed', { tag, why })
  }

  private answered({ tag, response }: HttpResponseData): void {
    const found = this.openAt(tag)
    if (found === undefined) return
    const { instance, node } = found
    if (response.code !== 200)
      return this.lost(instance, node, `request failed, status: "${response.code} ${REASONS[response.code] ?? ''}"`)
    const sample = parseSample(String(response.body))
    if (sample.node !== undefined) instance.batch.nodes[node] = sample.node
    Object.assign(instance.batch.pods, sample.pods)
    this.done(instance, node)
  }

  private failed({ tag, why }: { tag: string; why: string }): void {
    const found = this.openAt(tag)
    if (found !== undefined) this.lost(found.instance, found.node, why)
  }

  private timedOut({ id, round }: { id: string; round: number }): void {
    const instance = this.instances[id]
    if (instance?.round !== round) return
    for (const node of [...instance.open]) {
      const found = this.nodes.get('', node)
      const address = found && addressOf(found, instance.options.addressTypes)
      this.lost(
        instance,
        node,
        `Get "https://${address}:${instance.options.kubeletPort}/metrics/resource": context deadline exceeded`,
      )
    }
  }

  private lost(instance: Instance, node: string, why: string): void {
    this.say(instance.id, 'E', 'scraper.go:149', `"Failed to scrape node" err=${JSON.stringify(why)} node="${node}"`)
    this.done(instance, node)
  }

  private done(instance: Instance, node: string): void {
    instance.open = instance.open.filter((one) => one !== node)
    if (instance.open.length === 0) this.close(instance)
  }

  /** The round is over: what it brought is stored. */
  private close(instance: Instance): void {
    const { batch, storage, options } = instance
    instance.open = []
    if (Object.keys(batch.nodes).length === 0 && Object.keys(batch.pods).length === 0) return
    instance.storage = stored(storage, batch, options.resolutionMs)
    instance.batch = emptyBatch()
  }

  private openAt(tag: string): { instance: Instance; node: string } | undefined {
    const [id, round, node] = JSON.parse(tag) as [string, number, string]
    const instance = this.instances[id]
    return instance?.round === round && instance.open.includes(node) ? { instance, node } : undefined
  }

  // The process.

  private forget(id: string): void {
    delete this.instances[id]
    if (Object.keys(this.instances).length > 0 || !this.clientRunning) return
    this.client.stop()
    this.clientRunning = false
  }

  private later(delayMs: number, type: string, data: unknown): EventId {
    return this.options.kernel.send({ to: this.options.address, type, data }, delayMs)
  }

  /** A line in klog's format. */
  private say(id: string, level: 'I' | 'E', place: string, text: string): void {
    const iso = new Date(this.options.kernel.clockMs).toISOString()
    const stamp = `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`
    this.options.log(id, `${level}${stamp}       1 ${place}] ${text}\n`)
  }

  dump(): State {
    return { instances: this.instances, clientRunning: this.clientRunning, client: this.client.dump() }
  }

  load(state: unknown): void {
    const { instances, clientRunning, client } = state as State
    this.instances = instances
    this.clientRunning = clientRunning
    this.client.load(client)
  }
}

const REASONS: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
}

const isRunning = ({ status }: Pod): boolean => status?.phase === 'Running'

function addressOf({ status }: Node, types: readonly string[]): string | undefined {
  for (const wanted of types) {
    const found = status?.addresses?.find(({ type }) => type === wanted)
    if (found !== undefined) return found.address
  }
  return undefined
}
