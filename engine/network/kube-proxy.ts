/**
 * kube-proxy of one node: asks for its Node, watches Services and EndpointSlices and keeps the node's rules. The
 * rules are the kernel's of the node, so they outlive the process, stale. Models cmd/kube-proxy (G3, O6). Not
 * modelled: its informers of Nodes and ServiceCIDRs.
 */
import type { Answer, ApiClient, ApiClientOwner, Informer } from '../api/client.ts'
import { MACHINE_TIMEOUT, MachineRows, compileMachine } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Node, Service } from '../objects/types.gen.ts'
import { NETWORK_FLAGS } from './flags.ts'
import { openEndpoints } from './endpoint-source.ts'
import type { SlicesOf } from './endpoint-source.ts'
import { kubeProxySyncMachine } from './kubeProxySync.machine.ts'
import type { ProxyFacts } from './iptables/kube-chains.ts'
import { makeRules } from './rules.ts'
import type { ServiceRule } from './rules.ts'

const TABLE = compileMachine(kubeProxySyncMachine)
const ROW = 'self'

const ASK = 'askForNode'
/** All that the first lists held has come (OnServiceSynced, OnEndpointSlicesSynced). */
const FILLED = 'filled'
const NODE_TAG = 'node'
/** What it waits between its questions for the Node; then it goes on without. */
const NODE_BACKOFF_MS = [1_000, 2_000, 5_000, 8_000, 14_000]

export interface ProxyStart {
  nodeName: string
  syncPeriodMs?: number
  minSyncPeriodMs?: number
  /** The range of pods, for the masquerading of others. */
  clusterCidr?: string
}

/** What the process around it hears: its Node, or why there is none, or that it goes on without; its first rules. */
export interface ProxyNews {
  found(addresses: string[]): void
  failed(code: number, why: string): void
  gaveUp(): void
  /** Its caches are filled for the first time. */
  synced(): void
}

interface KubeProxyState {
  running: boolean
  started: ProxyStart | undefined
  /** How often it has asked for its Node. */
  asked: number
  filled: boolean
  filling: boolean
  rules: ServiceRule[]
  client: unknown
  rows: ReturnType<MachineRows['dump']>
}

export interface KubeProxyOptions {
  kernel: Kernel
  /** `kube-proxy/<host>` */
  address: string
  nodeName: string
  /** The cluster's minor release. */
  minor: number
  createClient: (owner: ApiClientOwner) => ApiClient
  news?: ProxyNews
}

export class KubeProxy implements Component, ApiClientOwner {
  private readonly client: ApiClient
  private readonly services: Informer<Service>
  private readonly slicesOf: SlicesOf
  private readonly rows: MachineRows
  private running = false
  private started: ProxyStart | undefined
  private asked = 0
  private filled = false
  private filling = false
  private rules: ServiceRule[] = []
  /** Derived: rules by `ip:port/protocol` and by node port. */
  private byAddress = new Map<string, ServiceRule>()

  constructor(private readonly options: KubeProxyOptions) {
    this.client = options.createClient(this)
    this.services = this.client.informer<Service>('v1/services')
    this.slicesOf = openEndpoints(this.client, options.minor)
    this.rows = new MachineRows(options.kernel, options.address, TABLE, {
      actions: { syncRules: () => this.syncRules() },
      delays: {
        minSyncPeriod: () => this.started?.minSyncPeriodMs ?? NETWORK_FLAGS.minSyncPeriodMs,
        syncPeriod: () => this.started?.syncPeriodMs ?? NETWORK_FLAGS.syncPeriodMs,
      },
    })
    options.kernel.register(options.address, this)
  }

  start(how: ProxyStart = { nodeName: this.options.nodeName }): void {
    if (this.running) return
    this.running = true
    this.started = how
    this.asked = 0
    this.filled = this.filling = false
    this.askForNode()
  }

  /** Services and slices are watched once the Node is known. */
  private work(): void {
    this.rows.start(ROW)
    this.client.start()
  }

  private askForNode(): void {
    this.asked++
    this.client.call({ verb: 'get', resource: 'v1/nodes', name: this.started?.nodeName ?? '' }, NODE_TAG)
  }

  /** The process ends; the rules stay as they are. */
  stop(): void {
    if (!this.running) return
    this.running = false
    this.rows.remove(ROW)
    this.client.stop()
  }

  /** The node's kernel is gone, and its rules with it. */
  flush(): void {
    this.stop()
    this.setRules([])
  }

  onAnswer({ tag, code, body, failure }: Answer): void {
    if (tag !== NODE_TAG || !this.running) return
    const { news } = this.options
    if (code === 200) {
      const addresses = (body as Node).status?.addresses ?? []
      news?.found(addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address))
      return this.work()
    }
    news?.failed(code, failure ?? String((body as { message?: string } | undefined)?.message ?? code))
    const waitMs = NODE_BACKOFF_MS[this.asked - 1]
    if (waitMs !== undefined) {
      this.options.kernel.send({ to: this.options.address, type: ASK, data: this.asked }, waitMs)
      return
    }
    news?.gaveUp()
    this.work()
  }

  onChange(): void {
    if (this.filled) this.rows.send(ROW, { type: 'CHANGED' })
    else if (this.client.synced && !this.filling) this.fill()
  }

  /** Nothing is written before the last object of the lists is there: rules without endpoints would refuse. */
  private fill(): void {
    this.filling = true
    this.options.kernel.send({ to: this.options.address, type: FILLED, data: this.asked })
  }

  private fillUp(): void {
    this.filling = false
    this.filled = true
    this.options.news?.synced()
    this.rows.send(ROW, { type: 'CHANGED' })
  }

  handle(event: KernelEvent): void {
    if (!this.running) return
    if (event.type === ASK) {
      if (event.data === this.asked) this.askForNode()
    } else if (event.type === FILLED) {
      if (this.filling) this.fillUp()
    } else if (event.type === MACHINE_TIMEOUT) this.rows.timeout(event.data as MachineTimeout)
    else this.client.handle(event)
  }

  /** The rule for a cluster or external address. */
  ruleFor(ip: string, port: number, protocol = 'tcp'): ServiceRule | undefined {
    return this.byAddress.get(`${ip}:${port}/${protocol}`)
  }

  ruleForNodePort(port: number, protocol = 'tcp'): ServiceRule | undefined {
    return this.byAddress.get(`node:${port}/${protocol}`)
  }

  allRules(): readonly ServiceRule[] {
    return this.rules
  }

  /** What stands in the node's kernel; undefined: nothing was written since it booted. */
  chainFacts(): ProxyFacts | undefined {
    const { rules, started } = this
    const { nodeName: node, minor } = this.options
    return rules.length === 0 ? undefined : { rules, node, minor, clusterCidr: started?.clusterCidr }
  }

  dump(): KubeProxyState {
    const { running, started, asked, filled, filling, rules } = this
    return { running, started, asked, filled, filling, rules, client: this.client.dump(), rows: this.rows.dump() }
  }

  load(state: unknown): void {
    const saved = state as KubeProxyState
    this.running = saved.running
    this.started = saved.started
    this.asked = saved.asked
    this.filled = saved.filled
    this.filling = saved.filling
    this.client.load(saved.client)
    this.rows.load(saved.rows)
    this.setRules(saved.rules)
  }

  private syncRules(): void {
    this.setRules(
      makeRules(this.services.list(), ({ metadata: { namespace, name } }) => this.slicesOf(`${namespace}/${name}`)),
    )
  }

  private setRules(rules: ServiceRule[]): void {
    this.rules = rules
    this.byAddress = new Map()
    for (const rule of rules) {
      for (const ip of [rule.clusterIp, ...rule.externalIps])
        this.byAddress.set(`${ip}:${rule.port}/${rule.protocol}`, rule)
      if (rule.nodePort !== 0) this.byAddress.set(`node:${rule.nodePort}/${rule.protocol}`, rule)
    }
  }
}
