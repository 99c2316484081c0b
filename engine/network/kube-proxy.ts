/**
 * kube-proxy of one node: watches Services and EndpointSlices and keeps the node's rules. The rules are
 * the kernel's of the node, so they outlive the process, stale. Models cmd/kube-proxy (G3).
 */
import type { ApiClient, ApiClientOwner, Informer } from '../api/client.ts'
import { MACHINE_TIMEOUT, MachineRows, compileMachine } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Service } from '../objects/types.gen.ts'
import { NETWORK_FLAGS } from './flags.ts'
import { openEndpoints } from './endpoint-source.ts'
import type { SlicesOf } from './endpoint-source.ts'
import { kubeProxySyncMachine } from './kubeProxySync.machine.ts'
import { makeRules } from './rules.ts'
import type { ServiceRule } from './rules.ts'

const TABLE = compileMachine(kubeProxySyncMachine)
const ROW = 'self'

interface KubeProxyState {
  running: boolean
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
}

export class KubeProxy implements Component, ApiClientOwner {
  private readonly client: ApiClient
  private readonly services: Informer<Service>
  private readonly slicesOf: SlicesOf
  private readonly rows: MachineRows
  private running = false
  private rules: ServiceRule[] = []
  /** Derived: rules by `ip:port/protocol` and by node port. */
  private byAddress = new Map<string, ServiceRule>()

  constructor(options: KubeProxyOptions) {
    this.client = options.createClient(this)
    this.services = this.client.informer<Service>('v1/services')
    this.slicesOf = openEndpoints(this.client, options.minor)
    this.rows = new MachineRows(options.kernel, options.address, TABLE, {
      actions: { syncRules: () => this.syncRules() },
      delays: { minSyncPeriod: () => NETWORK_FLAGS.minSyncPeriodMs, syncPeriod: () => NETWORK_FLAGS.syncPeriodMs },
    })
    options.kernel.register(options.address, this)
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.rows.start(ROW)
    this.client.start()
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

  onAnswer(): void {}

  onChange(): void {
    if (this.client.synced) this.rows.send(ROW, { type: 'CHANGED' })
  }

  handle(event: KernelEvent): void {
    if (!this.running) return
    if (event.type === MACHINE_TIMEOUT) this.rows.timeout(event.data as MachineTimeout)
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

  dump(): KubeProxyState {
    return { running: this.running, rules: this.rules, client: this.client.dump(), rows: this.rows.dump() }
  }

  load(state: unknown): void {
    const saved = state as KubeProxyState
    this.running = saved.running
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
