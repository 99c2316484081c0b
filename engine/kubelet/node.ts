/**
 * The Node object and its lease. Models pkg/kubelet/kubelet_node_status.go, nodestatus/setters.go and
 * component-helpers/apimachinery/lease (B1, B2). Not modelled: volumes in use, image list, dynamic capacity.
 */
import type { Answer } from '../api/client.ts'
import { conditionOf, microTimestamp, timestamp } from '../objects/meta.ts'
import { quantityOf, makeQuantity, quantityValue } from '../objects/quantity.ts'
import type { Lease, Node, NodeCondition, NodeStatus, Taint } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { NETWORK_NOT_READY } from './pod.actions.ts'
import { hexOf } from './state.ts'
import { sameValue } from './statusManager.ts'

export const NODE_TICK = 'node.tick'
export const LEASE_TICK = 'lease.tick'
export const NODE_TAG = 'node'
export const LEASE_TAG = 'lease'

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
}

/** Events about the Node and log lines. */
export interface NodeVoice {
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

interface NodeState {
  registered: boolean
  registering: boolean
  posted?: NodeStatus
  postedMs: number
  lease?: Lease
  leaseInFlight: boolean
  boots: number
  runtimeDownMs?: number
  /** It was frozen for so long, until then. */
  doubt?: { sinceMs: number; frozenMs: number }
  memoryPressure: boolean
  diskPressure: boolean
  pidPressure: boolean
  announced: string[]
}

/** What a machine calls itself; the boot id is new after each boot. */
type MachineIds = Pick<NonNullable<NodeStatus['nodeInfo']>, 'machineID' | 'systemUUID' | 'bootID'>

export class NodeStatuses {
  private state: NodeState = fresh()
  /** Derived. */
  private ids?: { boots: number; made: MachineIds }
  private wasReady?: string

  constructor(
    private readonly core: Core,
    private readonly options: NodeFactsOption,
    private readonly voice: NodeVoice,
  ) {}

  /** The kubelet's process begins. */
  start(): void {
    this.state = {
      ...fresh(),
      boots: this.state.boots,
      ...(this.state.runtimeDownMs !== undefined && { runtimeDownMs: this.state.runtimeDownMs }),
    }
    delete this.wasReady
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

  /** Faults and eviction set these. */
  pressure(kind: 'memoryPressure' | 'diskPressure' | 'pidPressure', on: boolean): void {
    this.state[kind] = on
    this.update()
  }

  underPressure(kind: 'memoryPressure' | 'diskPressure' | 'pidPressure'): boolean {
    return this.state[kind]
  }

  /** Posts the status if it changed, or if the last post is long ago. */
  update(): void {
    if (!this.core.running) return
    if (!this.state.registered) return this.register()
    const node = this.core.node()
    if (node === undefined) return
    const status = this.makeStatus(node)
    const due = this.core.kernel.now - this.state.postedMs >= this.core.flags.nodeStatusReportMs
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
    if (answer.code === 0 || answer.code >= 400) delete this.state.posted
    if (answer.code === 404) this.state.registered = true
  }

  leaseAnswered(answer: Answer): void {
    this.state.leaseInFlight = false
    const create = answer.call.verb === 'create'
    if (answer.code === 404) {
      delete this.state.lease
      if (!create) this.createLease()
    } else if (answer.code === 409 && create) this.getLease()
    else if (answer.code === 409) this.getLease()
    else if (answer.code >= 200 && answer.code < 300) this.leaseHeld(answer)
    else if (answer.code === 0 || answer.code >= 400) this.leaseFailed(answer)
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
    const reserved = this.options.reserved ?? { memory: '100Mi' }
    return Object.fromEntries(
      Object.entries(this.options.capacity).map(([name, amount]) => [
        name,
        reserved[name] === undefined ? amount : less(amount, reserved[name]),
      ]),
    )
  }

  private register(): void {
    if (this.state.registering) return
    this.state.registering = true
    this.core.log('I', 'kubelet_node_status.go:75', 'Attempting to register node', { node: this.core.nodeName })
    const hollow = this.core.hollow !== undefined
    const body: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: this.core.nodeName,
        labels: this.labels(),
        ...(!hollow && { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } }),
      },
      spec: {
        ...(this.options.taints.length > 0 && { taints: this.options.taints }),
        ...(hollow && { providerID: `kubemark://${this.core.nodeName}` }),
      },
      status: this.makeStatus(undefined),
    }
    this.core.client.call({ verb: 'create', resource: 'v1/nodes', body }, { kind: NODE_TAG, what: 'create' })
  }

  private registrationFailed(answer: Answer): void {
    const err = answer.failure ?? String((answer.body as { message?: string } | undefined)?.message ?? answer.code)
    this.core.log('E', 'kubelet_node_status.go:107', 'Unable to register node with API server', {
      err,
      node: this.core.nodeName,
    })
  }

  private nowRegistered(answer: Answer): void {
    this.core.log('I', 'kubelet_node_status.go:78', 'Successfully registered node', { node: this.core.nodeName })
    this.state.registered = true
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
    return { ...own, ...this.options.labels }
  }

  private makeStatus(node: Node | undefined): NodeStatus {
    const {
      release,
      hostIP,
      osImage = 'Ubuntu 24.04.1 LTS',
      kernelVersion = '6.8.0-45-generic',
      containerRuntimeVersion = 'containerd://1.7.24',
    } = this.options
    return {
      capacity: this.options.capacity,
      allocatable: this.allocatable(),
      conditions: this.conditions(node),
      addresses: [
        { type: 'InternalIP', address: hostIP },
        { type: 'Hostname', address: this.core.nodeName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        ...this.machineIds(),
        kernelVersion,
        osImage,
        containerRuntimeVersion,
        kubeletVersion: `v${release}`,
        kubeProxyVersion: this.core.minor >= 33 ? '' : `v${release}`,
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    }
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
    const { memoryPressure, diskPressure, pidPressure } = this.state
    const made = [
      pressureCondition(
        'MemoryPressure',
        memoryPressure,
        ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
        ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
      ),
      pressureCondition(
        'DiskPressure',
        diskPressure,
        ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
        ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
      ),
      pressureCondition(
        'PIDPressure',
        pidPressure,
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
    if (ports.networkReady?.() === false) troubles.push(NETWORK_NOT_READY)
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
    if (!this.core.running || this.state.leaseInFlight) return
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
    if (answer.call.verb === 'get') this.renew()
  }

  private leaseFailed(answer: Answer): void {
    this.core.log('E', 'controller.go:145', 'Failed to ensure lease exists, will retry', {
      err: answer.failure ?? String(answer.code),
      interval: '200ms',
    })
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
    boots: 0,
    memoryPressure: false,
    diskPressure: false,
    pidPressure: false,
    announced: [],
  }
}

function pressureCondition(type: string, on: boolean, good: [string, string], bad: [string, string]): NodeCondition {
  const [reason, message] = on ? bad : good
  return { type, status: on ? 'True' : 'False', reason, message }
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
