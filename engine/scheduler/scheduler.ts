/**
 * Models pkg/scheduler (E): one pod at a time, filters then scores, a binding through the API, and a
 * FailedScheduling that says why not. Not modelled: profiles, extenders, DRA, volume binding, sampling
 * of nodes (percentageOfNodesToScore; all nodes are looked at), scheduling gates' own events.
 */
import type { Answer, ApiClient, ApiClientOwner, Change, Informer, Resource } from '../api/client.ts'
import { EventRecorder, IGNORED } from '../api/event-recorder.ts'
import { LEASE_TAG, LeaderElection } from '../api/leader-election.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { conditionOf, setCondition, timestamp } from '../objects/meta.ts'
import { semanticEqual } from '../objects/equal.ts'
import type {
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
  StorageClass,
} from '../objects/types.gen.ts'
import { NO_NODES, cutMessage, fitError, preFilterError } from './fit-error.ts'
import { FILTERS } from './filters/index.ts'
import { SCHEDULER_FLAGS, SCHEDULER_NAME } from './flags.ts'
import { NodeInfo } from './node-info.ts'
import { pinnedNodes } from './filters/node-affinity.ts'
import { reject } from './plugin.ts'
import type { Rejection, Snapshot } from './plugin.ts'
import { preempt } from './preemption.ts'
import { SchedulingQueue } from './queue.ts'
import type { SchedulingQueueState, Waiting } from './queue.ts'
import { SCORES } from './scores/index.ts'

const RESOURCES = {
  nodes: 'v1/nodes',
  pods: 'v1/pods',
  services: 'v1/services',
  namespaces: 'v1/namespaces',
  claims: 'v1/persistentvolumeclaims',
  classes: 'storage.k8s.io/v1/storageclasses',
  budgets: 'policy/v1/poddisruptionbudgets',
} as const

export interface SchedulerOptions {
  kernel: Kernel
  address: string
  host: string
  /** The scheduler's minor release, such as 35. */
  minor: number
  createClient: (owner: ApiClientOwner) => ApiClient
}

interface BindTag {
  bind: string
  node: string
  waiting: Waiting
}

interface SchedulerState {
  running: boolean
  leading: boolean
  cycleQueued: boolean
  queue: SchedulingQueueState
  /** Pods that were given a node which the caches do not show yet. */
  assumed: Record<string, { node: string; pod: Pod }>
  flush: EventId | undefined
  client: unknown
  recorder: ReturnType<EventRecorder['dump']>
  election: unknown
}

/** What an attempt to place a pod came to. */
type Verdict = { node: string } | { message: string; rejectedBy: string[]; rejections: Map<string, Rejection> }

export class Scheduler implements Component, ApiClientOwner {
  private readonly kernel: Kernel
  private readonly client: ApiClient
  private readonly recorder: EventRecorder
  private readonly election: LeaderElection
  private readonly queue = new SchedulingQueue()
  private readonly pods: Informer<Pod>
  private readonly nodeCache: Informer<Node>
  private readonly services: Informer<Service>
  private readonly namespaces: Informer<Namespace>
  private readonly claims: Informer<PersistentVolumeClaim>
  private readonly classes: Informer<StorageClass>
  private readonly budgets: Informer<PodDisruptionBudget>
  private nodes = new Map<string, NodeInfo>()
  private assumed: SchedulerState['assumed'] = {}
  private running = false
  private leading = false
  private cycleQueued = false
  private flush: EventId | undefined

  constructor(private readonly options: SchedulerOptions) {
    this.kernel = options.kernel
    this.client = options.createClient(this)
    this.recorder = new EventRecorder(this.kernel, this.client, { component: SCHEDULER_NAME, host: options.host })
    this.nodeCache = this.client.informer<Node>(RESOURCES.nodes)
    this.pods = this.client.informer<Pod>(RESOURCES.pods)
    this.services = this.client.informer<Service>(RESOURCES.services)
    this.namespaces = this.client.informer<Namespace>(RESOURCES.namespaces)
    this.claims = this.client.informer<PersistentVolumeClaim>(RESOURCES.claims)
    this.classes = this.client.informer<StorageClass>(RESOURCES.classes)
    this.budgets = this.client.informer<PodDisruptionBudget>(RESOURCES.budgets)
    this.election = this.createElection()
    this.kernel.register(options.address, this)
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.election.start()
  }

  stop(): void {
    if (!this.running) return
    this.running = false
    this.leading = false
    this.cycleQueued = false
    this.election.stop()
    this.client.stop()
    this.recorder.reset()
    this.queue.clear()
    this.kernel.cancel(this.flush)
    this.flush = undefined
    this.assumed = {}
    this.nodes.clear()
  }

  handle(event: KernelEvent): void {
    if (!this.running) return
    if (this.client.handle(event)) return
    if (event.type === MACHINE_TIMEOUT) this.election.timeout(event.data as MachineTimeout)
    else if (event.type === 'cycle') this.cycle()
    else if (event.type === 'flush') this.flushQueue()
  }

  onAnswer(answer: Answer): void {
    if (answer.tag === IGNORED) return
    if (answer.tag === LEASE_TAG) return this.election.answer(answer)
    if (typeof answer.tag === 'object' && answer.tag !== null && 'bind' in answer.tag)
      this.bound(answer, answer.tag as BindTag)
  }

  onChange(resource: Resource, change: Change): void {
    if (!this.leading) return
    if (resource === RESOURCES.pods) this.podChanged(change as Change<Pod>)
    else if (resource === RESOURCES.nodes) this.nodeChanged(change as Change<Node>)
    else if (resource === RESOURCES.claims) this.wake(['VolumeBinding'])
  }

  dump(): SchedulerState {
    const { running, leading, cycleQueued, assumed, flush } = this
    const parts = {
      queue: this.queue.dump(),
      client: this.client.dump(),
      recorder: this.recorder.dump(),
      election: this.election.dump(),
    }
    return { running, leading, cycleQueued, assumed, flush, ...parts }
  }

  load(state: unknown): void {
    const saved = state as SchedulerState
    this.running = saved.running
    this.leading = saved.leading
    this.cycleQueued = saved.cycleQueued
    this.assumed = saved.assumed
    this.flush = saved.flush
    this.queue.load(saved.queue)
    this.client.load(saved.client)
    this.recorder.load(saved.recorder)
    this.election.load(saved.election)
    this.rebuildNodes()
  }

  private createElection(): LeaderElection {
    const { kernel, client, options } = this
    return new LeaderElection({
      kernel,
      client,
      address: options.address,
      name: 'kube-scheduler',
      identity: `${options.host}_${kernel.random(options.address).uuid()}`,
      onStartedLeading: () => {
        this.leading = true
        this.client.start()
      },
      onStoppedLeading: () => this.stop(),
    })
  }

  private rebuildNodes(): void {
    this.nodes = new Map(this.nodeCache.list().map((node) => [node.metadata.name, new NodeInfo(node)]))
    for (const pod of this.pods.list()) this.place(pod)
    for (const { node, pod } of Object.values(this.assumed)) this.nodes.get(node)?.add(pod)
  }

  private place(pod: Pod): void {
    if (!isOver(pod)) this.nodes.get(pod.spec?.nodeName ?? '')?.add(pod)
  }

  private podChanged({ type, object: pod, old }: Change<Pod>): void {
    const key = podKey(pod)
    if (type === 'deleted' || isOver(pod)) return this.podGone(key, old ?? pod)
    if ((pod.spec?.nodeName ?? '') !== '') return this.podAssigned(key, pod, old)
    this.podWaits(key, pod, old)
  }

  private podGone(key: string, pod: Pod): void {
    this.queue.remove(key)
    this.unassume(key)
    const node = this.nodes.get(pod.spec?.nodeName ?? '')
    if (node === undefined || !node.pods.has(pod.metadata.uid ?? '')) return
    node.remove(pod.metadata.uid ?? '')
    this.wake(['NodeResourcesFit', 'NodePorts', 'PodTopologySpread', 'InterPodAffinity'])
  }

  private podAssigned(key: string, pod: Pod, old: Pod | undefined): void {
    this.unassume(key)
    this.queue.remove(key)
    this.nodes.get(pod.spec?.nodeName ?? '')?.add(pod)
    const isNews =
      old === undefined || old.spec?.nodeName !== pod.spec?.nodeName || old.metadata.labels !== pod.metadata.labels
    if (isNews) this.wake(['PodTopologySpread', 'InterPodAffinity'])
  }

  private podWaits(key: string, pod: Pod, old: Pod | undefined): void {
    const ours =
      (pod.spec?.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME && pod.metadata.deletionTimestamp === undefined
    if (!ours || (pod.spec?.schedulingGates ?? []).length > 0 || this.assumed[key] !== undefined) return
    const waiting = this.queue.get(key)
    if (waiting !== undefined && waiting.uid === pod.metadata.uid) {
      if (old === undefined || semanticEqual(old.spec, pod.spec)) return
      this.queue.wake('*', this.kernel.now)
    } else this.queue.add(key, pod, this.kernel.now)
    this.queueCycle()
  }

  private nodeChanged({ type, object: node, old }: Change<Node>): void {
    const name = node.metadata.name
    if (type === 'deleted') return void this.nodes.delete(name)
    const known = this.nodes.get(name)
    if (known !== undefined) known.update(node)
    else this.addNode(node)
    const plugins = old === undefined ? '*' : pluginsHelpedBy(node, old)
    if (plugins === '*' || plugins.length > 0) this.wake(plugins)
  }

  private addNode(node: Node): void {
    const info = new NodeInfo(node)
    this.nodes.set(node.metadata.name, info)
    for (const pod of this.pods.list()) if (pod.spec?.nodeName === info.name && !isOver(pod)) info.add(pod)
  }

  private wake(plugins: readonly string[] | '*'): void {
    this.queue.wake(plugins, this.kernel.now)
    if (this.queue.hasActive) this.queueCycle()
    this.planFlush()
  }

  private queueCycle(): void {
    if (this.cycleQueued) return
    this.cycleQueued = true
    this.kernel.send({ to: this.options.address, type: 'cycle' })
  }

  private planFlush(): void {
    const readyMs = this.queue.nextReadyMs()
    if (readyMs === undefined && !this.queue.hasUnschedulable) return
    this.kernel.cancel(this.flush)
    const delay = readyMs === undefined ? SCHEDULER_FLAGS.flushPeriodMs : Math.max(0, readyMs - this.kernel.now)
    this.flush = this.kernel.send({ to: this.options.address, type: 'flush' }, delay)
  }

  private flushQueue(): void {
    this.flush = undefined
    this.queue.flush(this.kernel.now)
    if (this.queue.hasActive) this.queueCycle()
    this.planFlush()
  }

  /** Schedules every pod that is due, one after the other. */
  private cycle(): void {
    this.cycleQueued = false
    if (!this.leading || !this.client.synced) return
    for (let waiting = this.queue.pop(); waiting !== undefined; waiting = this.queue.pop()) this.scheduleOne(waiting)
  }

  private scheduleOne(waiting: Waiting): void {
    const pod = this.pods.get(...splitPodKey(waiting.key))
    if (pod === undefined || pod.metadata.uid !== waiting.uid || (pod.spec?.nodeName ?? '') !== '') return
    const verdict = this.findNode(pod)
    if ('node' in verdict) this.bind(pod, verdict.node, waiting)
    else this.failed(pod, verdict, waiting)
  }

  private snapshot(): Snapshot {
    return {
      nodes: [...this.nodes.values()],
      minor: this.options.minor,
      namespaces: this.namespaces.list(),
      services: (namespace) => this.services.list(namespace),
      claimState: (namespace, name) => this.claimState(namespace, name),
    }
  }

  private claimState(namespace: string, name: string): ReturnType<Snapshot['claimState']> {
    const claim = this.claims.get(namespace, name)
    if (claim === undefined) return 'missing'
    if (claim.metadata.deletionTimestamp !== undefined) return 'deleting'
    if ((claim.spec?.volumeName ?? '') !== '' && claim.status?.phase === 'Bound') return 'bound'
    const storageClass = this.classes.get('', claim.spec?.storageClassName ?? '')
    return storageClass?.volumeBindingMode === 'WaitForFirstConsumer' ? 'waiting' : 'unbound'
  }

  private findNode(pod: Pod): Verdict {
    const snapshot = this.snapshot()
    const rejections = new Map<string, Rejection>()
    if (snapshot.nodes.length === 0) return { message: NO_NODES, rejectedBy: [], rejections }
    for (const { name, preFilter } of FILTERS) {
      const reason = preFilter?.(pod, snapshot)
      if (reason !== undefined)
        return { message: preFilterError(snapshot.nodes.length, reason), rejectedBy: [name], rejections }
    }
    const { feasible, rejectedBy } = this.filter(pod, snapshot, rejections)
    if (feasible.length > 0) return { node: this.pick(pod, feasible, snapshot) }
    const reasons = [...rejections.values()].flatMap((rejection) => rejection.reasons)
    return { message: fitError(snapshot.nodes.length, reasons), rejectedBy, rejections }
  }

  private filter(
    pod: Pod,
    snapshot: Snapshot,
    rejections: Map<string, Rejection>,
  ): { feasible: NodeInfo[]; rejectedBy: string[] } {
    const prepared = FILTERS.map((filter) => filter.prepare?.(pod, snapshot))
    const rejectedBy = new Set<string>()
    const pinned = pinnedNodes(pod)
    const feasible = snapshot.nodes.filter((node) => {
      if (pinned !== undefined && !pinned.includes(node.name)) {
        rejections.set(node.name, reject("node(s) didn't satisfy plugin(s) [NodeAffinity]", true))
        rejectedBy.add('NodeAffinity')
        return false
      }
      for (const [index, filter] of FILTERS.entries()) {
        const rejection = filter.filter(pod, node, snapshot, prepared[index])
        if (rejection === undefined) continue
        rejections.set(node.name, rejection)
        rejectedBy.add(filter.name)
        return false
      }
      return true
    })
    return { feasible, rejectedBy: [...rejectedBy] }
  }

  /** The best node; among equals one at random. */
  private pick(pod: Pod, feasible: NodeInfo[], snapshot: Snapshot): string {
    if (feasible.length === 1) return (feasible[0] as NodeInfo).name
    const totals = feasible.map(() => 0)
    for (const { weight, applies, score } of SCORES) {
      if (applies?.(pod, snapshot) === false) continue
      score(pod, feasible, snapshot).forEach((value, index) => (totals[index] = (totals[index] ?? 0) + weight * value))
    }
    const max = Math.max(...totals)
    const best = feasible.filter((_, index) => totals[index] === max)
    return this.kernel.random('scheduler').pick(best).name
  }

  private bind(pod: Pod, node: string, waiting: Waiting): void {
    const key = podKey(pod)
    const { namespace, name, uid } = pod.metadata
    this.assumed[key] = {
      node,
      pod: { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node } },
    }
    this.nodes.get(node)?.add((this.assumed[key] as { pod: Pod }).pod)
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    }
    const tag: BindTag = { bind: key, node, waiting }
    this.client.call({ verb: 'create', resource: RESOURCES.pods, namespace, name, subresource: 'binding', body }, tag)
  }

  private bound(answer: Answer, { bind, node, waiting }: BindTag): void {
    const pod = this.pods.get(...splitPodKey(bind)) ?? this.assumed[bind]?.pod
    if (answer.code >= 200 && answer.code < 300 && pod !== undefined) {
      const message = `Successfully assigned ${bind} to ${node}`
      this.recorder.recordSeries(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' })
      this.kernel.record('scheduler.bound', { pod: bind, node })
      return
    }
    this.unassume(bind)
    if (answer.code === 404 || pod === undefined) return
    this.queue.putBack(waiting, [], this.kernel.now)
    this.wake('*')
  }

  private unassume(key: string): void {
    const assumed = this.assumed[key]
    if (assumed === undefined) return
    delete this.assumed[key]
    this.nodes.get(assumed.node)?.remove(assumed.pod.metadata.uid ?? '')
  }

  private failed(pod: Pod, verdict: Exclude<Verdict, { node: string }>, waiting: Waiting): void {
    this.queue.putBack(waiting, verdict.rejectedBy, this.kernel.now)
    this.planFlush()
    const { message, nominated } = this.tryPreemption(pod, verdict)
    this.recorder.recordSeries(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message: cutMessage(message),
      action: 'Scheduling',
    })
    this.kernel.record('scheduler.failed', { pod: podKey(pod), message })
    this.writeUnschedulable(pod, message, nominated)
  }

  private tryPreemption(
    pod: Pod,
    { message, rejections }: Exclude<Verdict, { node: string }>,
  ): { message: string; nominated: string | undefined } {
    if (rejections.size === 0) return { message: this.withoutPreemption(message), nominated: undefined }
    const snapshot = this.snapshot()
    const fits = (node: NodeInfo): boolean => {
      const nodes = snapshot.nodes.map((one) => (one.name === node.name ? node : one))
      const tried = { ...snapshot, nodes }
      return FILTERS.every((filter) => filter.filter(pod, node, tried, filter.prepare?.(pod, tried)) === undefined)
    }
    const result = preempt({ pod, nodes: snapshot.nodes, rejections, budgets: this.budgets.list(), fits })
    if (result.chosen === undefined)
      return { message: this.withPostFilter(message, result.message), nominated: undefined }
    for (const victim of result.chosen.victims) this.evict(pod, victim, result.chosen.node)
    return { message, nominated: result.chosen.node }
  }

  /** The pod as a whole was rejected: no node is one on which preemption could help. */
  private withoutPreemption(message: string): string {
    if (message === NO_NODES) return message
    const reasons = Array<string>(this.nodes.size).fill('Preemption is not helpful for scheduling')
    return this.withPostFilter(message, `preemption: ${fitError(this.nodes.size, reasons)}`)
  }

  /** From 1.34 on the plugin for device claims has its say before preemption. */
  private withPostFilter(message: string, preemption: string): string {
    const claims = this.options.minor >= 34 ? 'no new claims to deallocate, ' : ''
    return `${message} ${claims}${preemption}`
  }

  private evict(preemptor: Pod, victim: Pod, node: string): void {
    const { namespace, name } = victim.metadata
    const message = `${SCHEDULER_NAME}: preempting to accommodate a higher priority pod`
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
      lastTransitionTime: timestamp(this.kernel.clockMs),
    }
    const status = { conditions: setCondition(victim.status?.conditions, condition) }
    this.client.call(
      {
        verb: 'patch',
        resource: RESOURCES.pods,
        namespace,
        name,
        subresource: 'status',
        patchType: 'strategic',
        body: { status },
      },
      IGNORED,
    )
    this.client.call({ verb: 'delete', resource: RESOURCES.pods, namespace, name }, IGNORED)
    this.recorder.recordSeries(victim, {
      type: 'Normal',
      reason: 'Preempted',
      message: `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
      action: 'Preempting',
    })
  }

  private writeUnschedulable(pod: Pod, message: string, nominated: string | undefined): void {
    const present = conditionOf(pod.status?.conditions, 'PodScheduled')
    const unchanged = present?.status === 'False' && present.reason === 'Unschedulable' && present.message === message
    if (unchanged && nominated === undefined) return
    const { namespace, name } = pod.metadata
    const lastTransitionTime = present?.status === 'False' ? present.lastTransitionTime : timestamp(this.kernel.clockMs)
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime,
      lastProbeTime: null,
      ...(this.options.minor >= 34 && { observedGeneration: pod.metadata.generation }),
    }
    const status = { conditions: [condition], ...(nominated !== undefined && { nominatedNodeName: nominated }) }
    this.client.call(
      {
        verb: 'patch',
        resource: RESOURCES.pods,
        namespace,
        name,
        subresource: 'status',
        patchType: 'strategic',
        body: { status },
      },
      IGNORED,
    )
  }
}

function podKey({ metadata: { namespace, name } }: Pod): string {
  return `${namespace}/${name}`
}

function splitPodKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash), key.slice(slash + 1)]
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** The plugins that a changed node may satisfy now. */
function pluginsHelpedBy(node: Node, old: Node): string[] {
  const plugins: string[] = []
  if (node.spec?.unschedulable !== old.spec?.unschedulable) plugins.push('NodeUnschedulable')
  if (!semanticEqual(node.spec?.taints, old.spec?.taints)) plugins.push('TaintToleration')
  if (!semanticEqual(node.metadata.labels, old.metadata.labels))
    plugins.push('NodeAffinity', 'PodTopologySpread', 'InterPodAffinity')
  if (!semanticEqual(node.status?.allocatable, old.status?.allocatable)) plugins.push('NodeResourcesFit')
  return plugins
}
