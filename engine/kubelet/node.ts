/**
 * The Node object and its lease. Models pkg/kubelet/kubelet_node_status.go, nodestatus/setters.go and
 * component-helpers/apimachinery/lease (B1, B2). Not modelled: volumes in use, image list, dynamic capacity.
 */
import type { Answer } from '../api/client.ts'
import { conditionOf, microTimestamp, timestamp } from '../objects/meta.ts'
import { makeGoDuration } from '../objects/duration.ts'
import { makeQuantity, milliQuantityOf, quantityMilliValue, quantityOf, quantityValue } from '../objects/quantity.ts'
import type { Lease, Node, NodeCondition, NodeStatus, Taint } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { networkTrouble } from './pod.actions.ts'
import { hexOf } from './state.ts'
import { CONFIG_DEFAULTS } from './settings/config-schema.ts'
import { keptBack } from './settings/eviction.ts'
import type { KubeletSettings } from './settings/settings.ts'
import { sameValue } from './statusManager.ts'

export const NODE_TICK = 'node.tick'
export const LEASE_TICK = 'lease.tick'
export const NODE_TAG = 'node'
export const LEASE_TAG = 'lease'
/** A registration that failed is tried again. */
export const REGISTER_RETRY = 'node.register'
/** The lease is looked for again. */
export const LEASE_RETRY = 'lease.retry'

/** Registration: 100 ms doubling to 7 s. */
const REGISTER_STEP_MS = 100
/** The lease: 200 ms doubling to 7 s. */
const LEASE_STEP_MS = 200
const STEP_CAP_MS = 7_000
/** maxUpdateRetries of the lease; nodeStatusUpdateRetry. */
const UPDATES = 5

export interface NodeFactsOption {
  /** `1.35.2` */
  release: string
  hostIP: string
  labels: Record<string, string>
  taints: Taint[]
  /** cpu, memory, ephemeral-storage, pods. */
  capacity: Record<string, string>
  /** Taken off for the system: kubeReserved, systemReserved and the hard eviction threshold. */
  reserved?: Record<string, string>
  osImage?: string
  kernelVersion?: string
  containerRuntimeVersion?: string
  /** Of the Node, at its registration. */
  annotations?: Record<string, string>
}

/** Events about the Node and log lines. */
export interface NodeVoice {
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
  /** The host goes down. */
  isShuttingDown?(): boolean
}

export type Pressure = 'memoryPressure' | 'diskPressure' | 'pidPressure'

interface NodeState {
  registered: boolean
  registering: boolean
  posted?: NodeStatus
  postedMs: number
  lease?: Lease
  leaseInFlight: boolean
  /** The wait before the next attempt; absent while all is well. */
  registerStepMs?: number
  leaseStepMs?: number
  /** Updates of the lease that failed in a row. */
  leaseFailures: number
  /** Whether it is being updated after it was looked for: if that fails too, the next tick comes. */
  leaseEnsured?: true
  boots: number
  runtimeDownMs?: number
  /** It was frozen for so long, until then. */
  doubt?: { sinceMs: number; frozenMs: number }
  memoryPressure: boolean
  diskPressure: boolean
  pidPressure: boolean
  /** What the eviction manager sees. */
  observed: Pressure[]
  announced: string[]
}

/** What a machine calls itself; the boot id is new after each boot. */
type MachineIds = Pick<NonNullable<NodeStatus['nodeInfo']>, 'machineID' | 'systemUUID' | 'bootID'>

export class NodeStatuses {
  private state: NodeState = fresh()
  /** Derived. */
  private ids?: { boots: number; made: MachineIds }
  /** What is left of which capacity under which configuration. Derived. */
  private left?: { config: KubeletSettings['config'] | undefined; of: string; amounts: Record<string, string> }
  private wasReady?: string

  constructor(
    private readonly core: Core,
    private readonly options: NodeFactsOption,
    private readonly voice: NodeVoice,
  ) {}

  /** The kubelet's process begins: it remembers nothing. */
  begin(): void {
    this.state = {
      ...fresh(),
      boots: this.state.boots,
      ...(this.state.runtimeDownMs !== undefined && { runtimeDownMs: this.state.runtimeDownMs }),
    }
    delete this.wasReady
  }

  /** It may talk to the API server. */
  start(): void {
    this.begin()
    this.voice.event('Normal', 'Starting', 'Starting kubelet.')
    this.voice.event('Warning', 'InvalidDiskCapacity', 'invalid capacity 0 on image filesystem')
    this.register()
    this.renew()
  }

  booted(): void {
    this.state.boots++
  }

  /** The process stood still: until its runtime check and its relist come round, it doubts both. */
  thawed(frozenMs: number): void {
    this.state.doubt = { sinceMs: this.core.kernel.now, frozenMs }
  }

  runtimeDown(sinceMs: number | undefined): void {
    if (sinceMs === undefined) delete this.state.runtimeDownMs
    else this.state.runtimeDownMs = sinceMs
    this.update()
  }

  /** Faults set these. */
  pressure(kind: Pressure, on: boolean): void {
    this.state[kind] = on
    this.update()
  }

  /** What the eviction manager sees; the next status tells it. */
  observed(pressures: readonly Pressure[]): void {
    this.state.observed = [...pressures]
  }

  underPressure(kind: Pressure): boolean {
    return this.state[kind] || this.state.observed.includes(kind)
  }

  /** Posts the status if it changed, or if the last post is long ago. */
  update(): void {
    if (!this.isConnected) return
    if (!this.state.registered) return this.state.registerStepMs === undefined ? this.register() : undefined
    const node = this.core.node()
    if (node === undefined) return
    const status = this.makeStatus(node)
    const sinceMs = this.core.kernel.now - this.state.postedMs
    const { nodeStatusReportMs, nodeStatusUpdateMs } = this.core.flags
    const due = sinceMs >= nodeStatusReportMs || (sinceMs >= nodeStatusUpdateMs && isGivenUp(node))
    const body = { metadata: { uid: node.metadata.uid }, status }
    this.wasReady ??= conditionOf(node.status?.conditions, 'Ready')?.status
    if (!due && sameStatus(status, this.state.posted)) return
    this.noteReboot(node, status)
    this.state.posted = status
    this.state.postedMs = this.core.kernel.now
    this.announce(status)
    this.core.client.call(
      {
        verb: 'patch',
        resource: 'v1/nodes',
        name: this.core.nodeName,
        subresource: 'status',
        patchType: 'strategic',
        body,
      },
      { kind: NODE_TAG, what: 'status' },
    )
  }

  private get isConnected(): boolean {
    const { settings, running } = this.core
    if (!running || this.core.bootstrapping) return false
    return settings === undefined || settings.kubeconfig !== undefined
  }

  /** Each look of the eviction manager needs the Node. */
  look(): void {
    if (!this.isConnected || this.core.settings === undefined || this.core.node() !== undefined) return
    this.core.log('E', 'eviction_manager.go:292', 'Eviction manager: failed to get summary stats', {
      err: `failed to get node info: node "${this.core.nodeName}" not found`,
    })
  }

  private noteReboot(node: Node, status: NodeStatus): void {
    const [before, now] = [node.status?.nodeInfo?.bootID, status.nodeInfo?.bootID]
    if (before === undefined || before === '' || before === now || this.state.announced.includes('rebooted')) return
    this.state.announced.push('rebooted')
    this.voice.event('Warning', 'Rebooted', `Node ${this.core.nodeName} has been rebooted, boot id: ${now ?? ''}`)
  }

  nodeAnswered(answer: Answer, what: string): void {
    if (what === 'create') this.state.registering = false
    if (what === 'create' && (answer.code < 300 || answer.code === 409) && answer.code !== 0)
      return this.nowRegistered(answer)
    if (what === 'create') return this.registrationFailed(answer)
    if (answer.code === 0 || answer.code >= 400) this.statusRefused(answer)
    if (answer.code === 404) this.state.registered = true
  }

  private statusRefused(answer: Answer): void {
    delete this.state.posted
    if (this.core.settings === undefined) return
    const where = 'kubelet_node_status.go:549'
    const err = `error getting node "${this.core.nodeName}": ${this.core
      .failure(answer, '?timeout=10s')
      .replace(/^Patch/, 'Get')
      .replace('/status', '')}`
    for (let tried = 0; tried < UPDATES; tried++)
      this.core.log('E', where, 'Error updating node status, will retry', { err })
    this.core.log('E', 'kubelet_node_status.go:536', 'Unable to update node status', {
      err: 'update node status exceeds retry count',
    })
  }

  leaseAnswered(answer: Answer): void {
    this.state.leaseInFlight = false
    const create = answer.call.verb === 'create'
    if (answer.code === 404) {
      delete this.state.lease
      if (!create) this.createLease()
      else this.leaseFailed(answer)
    } else if (answer.code === 409 && create) this.getLease()
    else if (answer.code === 409) this.leaseConflicts()
    else if (answer.code >= 200 && answer.code < 300) this.leaseHeld(answer)
    else if (answer.code === 0 || answer.code >= 400) this.leaseFailed(answer)
  }

  /** Tries to register again. */
  registerAgain(): void {
    if (this.isConnected && !this.state.registered) this.register()
  }

  /** Looks for the lease again after a failure. */
  ensureLease(): void {
    if (!this.isConnected || this.state.leaseInFlight) return
    this.state.leaseInFlight = true
    this.getLease()
  }

  dump(): unknown {
    return { state: this.state, wasReady: this.wasReady }
  }

  load(state: unknown): void {
    const loaded = state as { state: NodeState; wasReady?: string }
    this.state = loaded.state
    if (loaded.wasReady === undefined) delete this.wasReady
    else this.wasReady = loaded.wasReady
  }

  /** Capacity less what is reserved. */
  allocatable(): Record<string, string> {
    const capacity = this.capacity()
    const config = this.core.settings?.config
    const of = JSON.stringify(capacity)
    if (this.left?.config !== config || this.left?.of !== of) this.left = { config, of, amounts: this.less(capacity) }
    return this.left.amounts
  }

  private less(capacity: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(capacity).map(([name, amount]) => [
        name,
        this.reserved(name, amount).reduce((left, taken) => less(left, taken), amount),
      ]),
    )
  }

  /** What the machine has; pods as configured. */
  capacity(): Record<string, string> {
    const { capacity } = this.options
    const { settings, flags } = this.core
    if (settings === undefined || flags.maxPods === DEFAULT_PODS) return withPods(settings, capacity)
    return withPods(settings, { ...capacity, pods: String(flags.maxPods) })
  }

  /** kubeReserved, systemReserved and the hard eviction threshold. */
  private reserved(name: string, amount: string): string[] {
    const own = this.options.reserved ?? { memory: '100Mi' }
    const config = this.core.settings?.config
    const given = ['kubeReserved', 'systemReserved'].flatMap(
      (field) => ((config?.[field] ?? {}) as Record<string, string>)[name] ?? [],
    )
    const isDefault = config === undefined || sameValue(config['evictionHard'], CONFIG_DEFAULTS['evictionHard'])
    if (isDefault) return [...(own[name] === undefined ? [] : [own[name]]), ...given]
    const signal = { memory: 'memory.available', 'ephemeral-storage': 'nodefs.available' }[name]
    const kept = signal === undefined ? 0 : keptBack(config, signal, quantityValue(amount))
    return [...(kept === 0 ? [] : [String(kept)]), ...given]
  }

  private register(): void {
    if (this.state.registering || !this.mayRegister()) return
    this.state.registering = true
    this.core.log('I', 'kubelet_node_status.go:78', 'Attempting to register node', { node: this.core.nodeName })
    const hollow = this.core.hollow !== undefined
    const body: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: this.core.nodeName,
        labels: this.labels(),
        ...(!hollow && {
          annotations: {
            ...this.options.annotations,
            'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
          },
        }),
      },
      spec: {
        ...(this.taints().length > 0 && { taints: this.taints() }),
        ...(hollow && { providerID: `kubemark://${this.core.nodeName}` }),
      },
      status: this.makeStatus(undefined),
    }
    this.core.client.call({ verb: 'create', resource: 'v1/nodes', body }, { kind: NODE_TAG, what: 'create' })
  }

  /** With registerNode off somebody else must have made the Node. */
  private mayRegister(): boolean {
    if (this.core.settings?.config['registerNode'] !== false) return true
    if (this.core.node() !== undefined) {
      this.state.registered = true
      this.update()
    }
    return false
  }

  private taints(): Taint[] {
    const given = (this.core.settings?.config['registerWithTaints'] as Taint[] | undefined) ?? []
    const isGiven = (taint: Taint): boolean =>
      given.some(({ key, effect }) => key === taint.key && effect === taint.effect)
    return [...this.options.taints.filter((taint) => !isGiven(taint)), ...given]
  }

  private registrationFailed(answer: Answer): void {
    this.core.log('E', 'kubelet_node_status.go:110', 'Unable to register node with API server', {
      err: this.core.failure(answer),
      node: this.core.nodeName,
    })
    this.state.registerStepMs = Math.min(STEP_CAP_MS, (this.state.registerStepMs ?? REGISTER_STEP_MS) * 2)
    this.core.after(this.state.registerStepMs, REGISTER_RETRY, this.core.generation)
  }

  private nowRegistered(answer: Answer): void {
    if (answer.code === 409)
      this.core.log('I', 'kubelet_node_status.go:124', 'Node was previously registered', { node: this.core.nodeName })
    this.core.log('I', 'kubelet_node_status.go:81', 'Successfully registered node', { node: this.core.nodeName })
    this.state.registered = true
    delete this.state.registerStepMs
    if (answer.code < 300) this.announce((answer.body as Node).status ?? {})
    if (answer.code < 300) this.state.posted = (answer.body as Node).status
    this.state.postedMs = this.core.kernel.now
    if (!this.state.announced.includes('allocatable'))
      this.voice.event('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods')
    this.state.announced.push('allocatable')
    this.update()
  }

  private labels(): Record<string, string> {
    const own = {
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': this.core.nodeName,
      'kubernetes.io/os': 'linux',
    }
    return { ...own, ...this.options.labels, ...this.core.settings?.labels }
  }

  /** A kubelet on a host with Docker that speaks to its containerd. */
  private withoutDocker(containerRuntimeVersion: string): string {
    if (!containerRuntimeVersion.startsWith('docker:')) return containerRuntimeVersion
    return `containerd://${/ v(\S+)/.exec(this.core.ports.files?.read('/usr/bin/containerd') ?? '')?.[1] ?? ''}`
  }

  private makeStatus(node: Node | undefined): NodeStatus {
    const {
      osImage = 'Ubuntu 24.04.1 LTS',
      kernelVersion = '6.8.0-45-generic',
      containerRuntimeVersion = 'containerd://1.7.24',
    } = this.options
    return {
      capacity: this.capacity(),
      allocatable: this.allocatable(),
      conditions: this.conditions(node),
      ...this.addresses(),
      daemonEndpoints: { kubeletEndpoint: { Port: this.core.port } },
      nodeInfo: {
        ...this.machineIds(),
        kernelVersion,
        osImage,
        containerRuntimeVersion: this.core.dockershim
          ? containerRuntimeVersion
          : this.withoutDocker(containerRuntimeVersion),
        kubeletVersion: `v${this.core.version}`,
        kubeProxyVersion: this.core.minor >= 33 ? '' : `v${this.core.version}`,
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    }
  }

  /** An address that --node-ip names and the host has not leaves the Node without any. */
  private addresses(): Pick<NodeStatus, 'addresses'> {
    const { hostIP } = this.options
    const { nodeIp } = this.core.settings ?? {}
    if (nodeIp === undefined || ['0.0.0.0', '::', hostIP].includes(nodeIp))
      return {
        addresses: [
          { type: 'InternalIP', address: hostIP },
          { type: 'Hostname', address: this.core.nodeName },
        ],
      }
    this.core.log('E', 'kubelet_node_status.go:718', 'Failed to set some node status fields', {
      err: `failed to validate nodeIP: node IP: ${JSON.stringify(nodeIp)} not found in the host's network interfaces`,
      node: this.core.nodeName,
    })
    return {}
  }

  private machineIds(): MachineIds {
    const { boots } = this.state
    if (this.core.hollow !== undefined) return { machineID: '', systemUUID: '', bootID: '' }
    if (this.ids?.boots === boots) return this.ids.made
    const seed = `${this.core.kernel.seed}/${this.core.nodeName}`
    const made = {
      machineID: hexOf(`machine/${seed}`, 32),
      systemUUID: uuidOf(`system/${seed}`),
      bootID: uuidOf(`boot/${seed}/${boots}`),
    }
    this.ids = { boots, made }
    return made
  }

  private conditions(node: Node | undefined): NodeCondition[] {
    const made = [
      pressureCondition(
        'MemoryPressure',
        this.underPressure('memoryPressure'),
        ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
        ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
      ),
      pressureCondition(
        'DiskPressure',
        this.underPressure('diskPressure'),
        ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
        ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
      ),
      pressureCondition(
        'PIDPressure',
        this.underPressure('pidPressure'),
        ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
        ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
      ),
      this.readyCondition(node),
    ]
    const now = timestamp(this.core.kernel.clockMs)
    return made.map((condition) => {
      const before = conditionOf(node?.status?.conditions, condition.type)
      const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now
      return { ...condition, lastHeartbeatTime: now, lastTransitionTime }
    })
  }

  private readyCondition(node: Node | undefined): NodeCondition {
    const troubles = node === undefined ? [STARTING] : this.troubles()
    if (troubles.length === 0)
      return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    const message = troubles.length === 1 ? (troubles[0] ?? '') : `[${troubles.join(', ')}]`
    return { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message }
  }

  private troubles(): string[] {
    const { flags, kernel, ports } = this.core
    const { doubt } = this.state
    const doubtMs = doubt !== undefined && kernel.now - doubt.sinceMs < flags.plegRelistMs ? doubt.frozenMs : 0
    const downMs = this.state.runtimeDownMs === undefined ? doubtMs : kernel.now - this.state.runtimeDownMs
    const troubles: string[] = []
    if (downMs >= flags.runtimeDownGraceMs) troubles.push('container runtime is down')
    if (downMs >= flags.plegUnhealthyMs)
      troubles.push(`PLEG is not healthy: pleg was last seen active ${goSeconds(downMs)} ago; threshold is 3m0s`)
    if (ports.networkReady?.() === false) troubles.push(networkTrouble(this.core))
    if (this.voice.isShuttingDown?.() === true) troubles.push('node is shutting down')
    return troubles
  }

  /** Events on changes of conditions, in the order of the setters. */
  private announce(status: NodeStatus): void {
    for (const { type, status: value, reason } of status.conditions ?? []) {
      const key = `${type}=${value}`
      if (type === 'Ready') this.announceReady(value)
      else if (!this.state.announced.includes(key)) {
        this.state.announced = [...this.state.announced.filter((one) => !one.startsWith(`${type}=`)), key]
        this.voice.event(
          'Normal',
          (reason ?? '').replace(/^Kubelet/, 'Node'),
          `Node ${this.core.nodeName} status is now: ${(reason ?? '').replace(/^Kubelet/, 'Node')}`,
        )
      }
    }
  }

  private announceReady(value: string): void {
    const before = this.wasReady
    this.wasReady = value
    if (value === before || (before === undefined && value !== 'True')) return
    const reason = value === 'True' ? 'NodeReady' : 'NodeNotReady'
    this.core.kernel.record('kubelet.node.ready', { node: this.core.nodeName, ready: value === 'True' })
    this.voice.event('Normal', reason, `Node ${this.core.nodeName} status is now: ${reason}`)
  }

  /** Renews the lease. */
  renew(): void {
    if (!this.isConnected || this.state.leaseInFlight || this.state.leaseStepMs !== undefined) return
    if (this.state.lease === undefined) return this.createLease()
    this.state.leaseInFlight = true
    const spec = { ...this.state.lease.spec, renewTime: microTimestamp(this.core.kernel.clockMs) }
    this.core.client.call(
      {
        verb: 'update',
        resource: LEASES,
        namespace: LEASE_NAMESPACE,
        name: this.core.nodeName,
        body: { ...this.state.lease, spec },
      },
      { kind: LEASE_TAG },
    )
  }

  private createLease(): void {
    this.state.leaseInFlight = true
    const node = this.core.node()
    const owner =
      node?.metadata.uid === undefined
        ? []
        : [{ apiVersion: 'v1', kind: 'Node', name: this.core.nodeName, uid: node.metadata.uid }]
    const body: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: this.core.nodeName,
        namespace: LEASE_NAMESPACE,
        ...(owner.length > 0 && { ownerReferences: owner }),
      },
      spec: {
        holderIdentity: this.core.nodeName,
        leaseDurationSeconds: this.core.flags.nodeLeaseDurationSeconds,
        renewTime: microTimestamp(this.core.kernel.clockMs),
      },
    }
    this.core.client.call({ verb: 'create', resource: LEASES, namespace: LEASE_NAMESPACE, body }, { kind: LEASE_TAG })
  }

  private getLease(): void {
    this.core.client.call(
      { verb: 'get', resource: LEASES, namespace: LEASE_NAMESPACE, name: this.core.nodeName },
      { kind: LEASE_TAG },
    )
  }

  private leaseHeld(answer: Answer): void {
    this.state.lease = answer.body as Lease
    delete this.state.leaseStepMs
    delete this.state.leaseEnsured
    if (answer.call.verb !== 'get') this.state.leaseFailures = 0
    else {
      this.state.leaseEnsured = true
      this.renew()
    }
  }

  /** The newer lease is fetched and updated, five times in a row at most. */
  private leaseConflicts(): void {
    if (++this.state.leaseFailures < UPDATES) this.getLease()
    else this.leaveLease()
  }

  /** Neither the known lease nor the one that was found could be updated: until the next tick. */
  private leaveLease(): void {
    this.state.leaseFailures = 0
    delete this.state.leaseEnsured
    const interval = makeGoDuration(this.core.flags.leaseRenewMs)
    const err = `failed ${UPDATES} attempts to update lease`
    this.core.log('E', 'controller.go:123', 'Will retry updating lease', { err, interval })
  }

  /** Five updates in a row, then the lease is looked for as if it were new. */
  private leaseFailed(answer: Answer): void {
    const err = this.core.failure(answer, '?timeout=10s')
    if (answer.call.verb === 'update' && this.state.leaseStepMs === undefined) {
      this.core.log('E', 'controller.go:195', 'Failed to update lease', { err })
      if (++this.state.leaseFailures < UPDATES) return this.renew()
      if (this.state.leaseEnsured === true) return this.leaveLease()
      this.core.log('I', 'controller.go:115', 'failed to update lease using latest lease, fallback to ensure lease', {
        err: `failed ${UPDATES} attempts to update lease`,
      })
      this.state.leaseFailures = 0
      this.state.leaseStepMs = LEASE_STEP_MS / 2
      return this.ensureLease()
    }
    const shown = err.replace(/^(Post|Put)(.*\/leases)(\/[^?"]*)?\?/, `Get$2/${this.core.nodeName}?`)
    this.state.leaseStepMs = Math.min(STEP_CAP_MS, (this.state.leaseStepMs ?? LEASE_STEP_MS / 2) * 2)
    const interval = makeGoDuration(this.state.leaseStepMs)
    this.core.log('E', 'controller.go:145', 'Failed to ensure lease exists, will retry', { err: shown, interval })
    this.core.after(this.state.leaseStepMs, LEASE_RETRY, this.core.generation)
  }
}

const STARTING = 'container runtime status check may not have completed yet'
const LEASES = 'coordination.k8s.io/v1/leases'
const LEASE_NAMESPACE = 'kube-node-lease'

function fresh(): NodeState {
  return {
    registered: false,
    registering: false,
    postedMs: 0,
    leaseInFlight: false,
    leaseFailures: 0,
    boots: 0,
    memoryPressure: false,
    diskPressure: false,
    pidPressure: false,
    observed: [],
    announced: [],
  }
}

const DEFAULT_PODS = 110

/** podsPerCore caps maxPods. */
function withPods(settings: KubeletSettings | undefined, capacity: Record<string, string>): Record<string, string> {
  const perCore = Number(settings?.config['podsPerCore'] ?? 0)
  if (perCore === 0) return capacity
  const cores = Math.floor(quantityMilliValue(capacity['cpu'] ?? '1') / 1000)
  return { ...capacity, pods: String(Math.min(Number(capacity['pods'] ?? DEFAULT_PODS), cores * perCore)) }
}

function pressureCondition(type: string, on: boolean, good: [string, string], bad: [string, string]): NodeCondition {
  const [reason, message] = on ? bad : good
  return { type, status: on ? 'True' : 'False', reason, message }
}

/** The node controller has written that it hears nothing of this node: what was posted last no longer stands. */
function isGivenUp({ status }: Node): boolean {
  return (status?.conditions ?? []).some(
    ({ status: value, reason }) => value === 'Unknown' && reason === 'NodeStatusUnknown',
  )
}

/** The same but for heartbeats. */
function sameStatus(a: NodeStatus, b: NodeStatus | undefined): boolean {
  const bare = (status: NodeStatus | undefined): unknown => ({
    ...status,
    conditions: status?.conditions?.map(({ type, status: value, reason, message }) => ({
      type,
      value,
      reason,
      message,
    })),
  })
  return sameValue(bare(a), bare(b))
}

function less(amount: string, reserved: string): string {
  if (/m$/.test(amount) || /m$/.test(reserved))
    return makeQuantity(milliQuantityOf(quantityMilliValue(amount) - quantityMilliValue(reserved)))
  const format = /[KMGT]i$/.test(amount) ? 'BinarySI' : 'DecimalSI'
  return makeQuantity(quantityOf(quantityValue(amount) - quantityValue(reserved), format))
}

function goSeconds(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const seconds = (ms % 60_000) / 1000
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`
}

function uuidOf(seed: string): string {
  const hex = hexOf(seed, 32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}
