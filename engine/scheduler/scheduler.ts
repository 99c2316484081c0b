/**
 * Models pkg/scheduler (E): one pod at a time, filters then scores, a binding through the API, and a
 * FailedScheduling that says why not. Not modelled: extenders, DRA, sampling of nodes (percentageOfNodesToScore,
 * which begins at 100 nodes; all are looked at), scheduling gates' own events.
 */
import type { Answer, ApiClient, ApiClientOwner, Change, Informer, KubeObject, Resource } from '../api/client.ts'
import { EventRecorder, IGNORED } from '../api/event-recorder.ts'
import { LEASE_TAG, LeaderElection } from '../api/leader-election.ts'
import type { ElectionHooks } from '../api/leader-election.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { conditionOf, setCondition, timestamp } from '../objects/meta.ts'
import { semanticEqual } from '../objects/equal.ts'
import type { Namespace, Node, Pod, PodDisruptionBudget, Service } from '../objects/types.gen.ts'
import { NO_NODES, cutMessage, fitError, preFilterError } from './fit-error.ts'
import { SCHEDULER_FLAGS, SCHEDULER_NAME } from './flags.ts'
import { NodeInfo } from './node-info.ts'
import { pinnedNodes } from './filters/node-affinity.ts'
import { volumeDecisions } from './filters/volume-binding.ts'
import { reject } from './plugin.ts'
import type { Rejection, Snapshot } from './plugin.ts'
import { preempt } from './preemption.ts'
import { pluginsOf } from './profile.ts'
import type { Plugins, Profile, SchedulerStart } from './profile.ts'
import { SchedulingQueue } from './queue.ts'
import type { SchedulingQueueState, Waiting } from './queue.ts'
import { bindingState, openVolumeCaches, volumeWrites } from './volume-binder.ts'
import { volumeLister } from './volume-lister.ts'
import type { VolumeCaches, VolumeDecisions } from './volume-lister.ts'

const RESOURCES = {
  nodes: 'v1/nodes',
  pods: 'v1/pods',
  services: 'v1/services',
  namespaces: 'v1/namespaces',
  budgets: 'policy/v1/poddisruptionbudgets',
} as const

export interface SchedulerOptions {
  kernel: Kernel
  address: string
  host: string
  /** The scheduler's minor release, such as 35. */
  minor: number
  election?: ElectionHooks
  createClient: (owner: ApiClientOwner) => ApiClient
}

interface BindTag {
  bind: string
  node: string
  waiting: Waiting
}

/** The marks of the writes that prepare a pod's volumes. */
interface VolumeTag {
  volumesOf: string
}

/** A pod that was given a node which the caches do not show yet. */
interface Assumed {
  node: string
  pod: Pod
  /** It waits for its volumes to be bound. */
  volumes?: VolumeDecisions & { untilMs: number; waiting: Waiting }
}

interface SchedulerState {
  running: boolean
  leading: boolean
  cycleQueued: boolean
  queue: SchedulingQueueState
  assumed: Record<string, Assumed>
  flush: EventId | undefined
  client: unknown
  recorder: ReturnType<EventRecorder['dump']>
  election: unknown
  profiles: readonly Profile[] | undefined
  /** Of the profiles with names of their own. */
  recorders: Record<string, ReturnType<EventRecorder['dump']>>
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
  private readonly storage: VolumeCaches
  private readonly budgets: Informer<PodDisruptionBudget>
  private nodes = new Map<string, NodeInfo>()
  private assumed: SchedulerState['assumed'] = {}
  private profiles: readonly Profile[] | undefined
  /** By schedulerName; derived. */
  private plugins = pluginsOf(undefined)
  private recorders = new Map<string, EventRecorder>()
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
    this.storage = openVolumeCaches(this.client, options.minor)
    this.budgets = this.client.informer<PodDisruptionBudget>(RESOURCES.budgets)
    this.election = this.createElection()
    this.kernel.register(options.address, this)
  }

  start({ leaderElect = true, profiles }: SchedulerStart = {}): void {
    if (this.running) return
    this.running = true
    this.setProfiles(profiles)
    if (leaderElect) this.election.start()
    else this.lead()
  }

  private setProfiles(profiles: readonly Profile[] | undefined): void {
    this.profiles = profiles
    this.plugins = pluginsOf(profiles)
    this.recorders = new Map([[SCHEDULER_NAME, this.recorder]])
  }

  private lead(): void {
    this.leading = true
    this.client.start()
    this.options.election?.onLeading?.()
  }

  /** The profile that a pod asks for; undefined: another scheduler's pod. */
  private pluginsFor(pod: Pod): Plugins | undefined {
    return this.plugins.get(pod.spec?.schedulerName ?? SCHEDULER_NAME)
  }

  /** Events of a pod come from the scheduler that it named. */
  private recorderFor(pod: Pod): EventRecorder {
    const component = pod.spec?.schedulerName ?? SCHEDULER_NAME
    const known = this.recorders.get(component)
    if (known !== undefined) return known
    const recorder = new EventRecorder(this.kernel, this.client, { component, host: this.options.host })
    this.recorders.set(component, recorder)
    return recorder
  }

  /** SIGTERM: it hands its lease back before it ends. */
  release(): void {
    if (this.running) this.election.release()
  }

  stop(): void {
    if (!this.running) return
    this.running = false
    this.leading = false
    this.cycleQueued = false
    this.election.stop()
    this.client.stop()
    for (const recorder of [this.recorder, ...this.recorders.values()]) recorder.reset()
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
    else if (event.type === 'volumes') this.checkVolumes(event.data as string)
  }

  onAnswer(answer: Answer): void {
    if (answer.tag === IGNORED) return
    if (answer.tag === LEASE_TAG) return this.election.answer(answer)
    if (typeof answer.tag !== 'object' || answer.tag === null) return
    if ('bind' in answer.tag) this.bound(answer, answer.tag as BindTag)
    else if ('volumesOf' in answer.tag) this.volumeWritten(answer, answer.tag as VolumeTag)
  }

  onChange(resource: Resource, change: Change): void {
    if (!this.leading) return
    if (resource === RESOURCES.pods) this.podChanged(change as Change<Pod>)
    else if (resource === RESOURCES.nodes) this.nodeChanged(change as Change<Node>)
    else if (/^v1\/persistentvolume|^storage\.k8s\.io\//.test(resource)) this.wake(VOLUME_PLUGINS)
  }

  dump(): SchedulerState {
    const { running, leading, cycleQueued, assumed, flush } = this
    const parts = {
      queue: this.queue.dump(),
      client: this.client.dump(),
      recorder: this.recorder.dump(),
      election: this.election.dump(),
    }
    const { profiles } = this
    const own = [...this.recorders].filter(([, recorder]) => recorder !== this.recorder)
    const recorders = Object.fromEntries(own.map(([name, recorder]) => [name, recorder.dump()]))
    return { running, leading, cycleQueued, assumed, flush, profiles, recorders, ...parts }
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
    this.setProfiles(saved.profiles)
    for (const [name, state] of Object.entries(saved.recorders))
      this.recorderFor({ spec: { schedulerName: name } } as Pod).load(state)
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
      ...options.election,
      record: (lease, facts) => this.recorder.record(lease as KubeObject, facts, { component: SCHEDULER_NAME }),
      onStartedLeading: () => this.lead(),
      onStoppedLeading: () => {
        this.stop()
        options.election?.onLost?.()
      },
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
    this.wake([
      'NodeResourcesFit',
      'NodePorts',
      'VolumeRestrictions',
      'NodeVolumeLimits',
      'PodTopologySpread',
      'InterPodAffinity',
    ])
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
    const ours = this.pluginsFor(pod) !== undefined && pod.metadata.deletionTimestamp === undefined
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
    const plugins = this.pluginsFor(pod)
    if (plugins === undefined) return
    const verdict = this.findNode(pod, plugins)
    if ('node' in verdict) this.assume(pod, verdict.node, waiting)
    else this.failed(pod, verdict, waiting)
  }

  private snapshot(): Snapshot {
    return {
      nodes: [...this.nodes.values()],
      minor: this.options.minor,
      namespaces: this.namespaces.list(),
      services: (namespace) => this.services.list(namespace),
      storage: volumeLister(
        this.storage,
        Object.values(this.assumed).flatMap(({ node, volumes }) => (volumes === undefined ? [] : [{ node, volumes }])),
      ),
    }
  }

  private findNode(pod: Pod, plugins: Plugins): Verdict {
    const snapshot = this.snapshot()
    const rejections = new Map<string, Rejection>()
    if (snapshot.nodes.length === 0) return { message: NO_NODES, rejectedBy: [], rejections }
    for (const { name, preFilter } of plugins.filters) {
      const reason = preFilter?.(pod, snapshot)
      if (reason !== undefined)
        return { message: preFilterError(snapshot.nodes.length, reason), rejectedBy: [name], rejections }
    }
    const { feasible, rejectedBy } = this.filter(pod, { snapshot, rejections, plugins })
    if (feasible.length > 0) return { node: this.pick(pod, feasible, { snapshot, plugins }) }
    const reasons = [...rejections.values()].flatMap((rejection) => rejection.reasons)
    return { message: fitError(snapshot.nodes.length, reasons), rejectedBy, rejections }
  }

  private filter(
    pod: Pod,
    scene: { snapshot: Snapshot; rejections: Map<string, Rejection>; plugins: Plugins },
  ): { feasible: NodeInfo[]; rejectedBy: string[] } {
    const { snapshot, rejections } = scene
    const { filters } = scene.plugins
    const prepared = filters.map((filter) => filter.prepare?.(pod, snapshot))
    const rejectedBy = new Set<string>()
    const pinned = pinnedNodes(pod)
    const feasible = snapshot.nodes.filter((node) => {
      if (pinned !== undefined && !pinned.includes(node.name)) {
        rejections.set(node.name, reject("node(s) didn't satisfy plugin(s) [NodeAffinity]", true))
        rejectedBy.add('NodeAffinity')
        return false
      }
      for (const [index, filter] of filters.entries()) {
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
  private pick(pod: Pod, feasible: NodeInfo[], scene: { snapshot: Snapshot; plugins: Plugins }): string {
    if (feasible.length === 1) return (feasible[0] as NodeInfo).name
    const totals = feasible.map(() => 0)
    const { snapshot, plugins } = scene
    for (const { weight, applies, score } of plugins.scores) {
      if (applies?.(pod, snapshot) === false) continue
      score(pod, feasible, snapshot).forEach((value, index) => (totals[index] = (totals[index] ?? 0) + weight * value))
    }
    const max = Math.max(...totals)
    const best = feasible.filter((_, index) => totals[index] === max)
    return this.kernel.random('scheduler').pick(best).name
  }

  /** The pod counts for its node from now on; it is bound at once, or when its volumes are. */
  private assume(pod: Pod, node: string, waiting: Waiting): void {
    const key = podKey(pod)
    const info = this.nodes.get(node)
    const decisions = info && volumeDecisions(pod, info, this.snapshot().storage)
    const assumed: Assumed = {
      node,
      pod: { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node } },
    }
    this.assumed[key] = assumed
    info?.add(assumed.pod)
    if (decisions === undefined) return this.bind(pod, node, waiting)
    assumed.volumes = { ...decisions, untilMs: this.kernel.now + SCHEDULER_FLAGS.volumeBindTimeoutMs, waiting }
    for (const write of volumeWrites(decisions, node, this.storage))
      this.client.call(write, { volumesOf: key } satisfies VolumeTag)
    this.pollVolumes(key)
  }

  private pollVolumes(key: string): void {
    this.kernel.send({ to: this.options.address, type: 'volumes', data: key }, SCHEDULER_FLAGS.volumeBindPollMs)
  }

  private volumeWritten({ code, body, failure }: Answer, { volumesOf }: VolumeTag): void {
    if (code >= 200 && code < 300) return
    const why = failure ?? (body as { message?: string } | undefined)?.message ?? ''
    this.volumesFailed(volumesOf, why)
  }

  private checkVolumes(key: string): void {
    const { node, pod, volumes } = this.assumed[key] ?? {}
    if (!this.leading || node === undefined || pod === undefined || volumes === undefined) return
    const state = bindingState(volumes, node, this.storage)
    if (state === 'bound') {
      delete this.assumed[key]?.volumes
      return this.bind(pod, node, volumes.waiting)
    }
    if (state !== 'pending') return this.volumesFailed(key, state)
    if (this.kernel.now >= volumes.untilMs) return this.volumesFailed(key, bindTimeout(this.options.minor))
    this.pollVolumes(key)
  }

  /** The pod gives its node up and is tried again. */
  private volumesFailed(key: string, why: string): void {
    const { volumes } = this.assumed[key] ?? {}
    const pod = this.pods.get(...splitPodKey(key))
    this.unassume(key)
    if (volumes === undefined || pod === undefined) return
    const message = `running PreBind plugin "VolumeBinding": binding volumes: ${why}`
    this.reject(pod, message, { waiting: volumes.waiting, rejectedBy: ['VolumeBinding'], reason: 'SchedulerError' })
    this.wake(VOLUME_PLUGINS)
  }

  private bind(pod: Pod, node: string, waiting: Waiting): void {
    const key = podKey(pod)
    const { namespace, name, uid } = pod.metadata
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
      this.recorderFor(pod).recordSeries(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' })
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
    const { message, nominated } = this.tryPreemption(pod, verdict)
    this.reject(pod, message, { waiting, rejectedBy: verdict.rejectedBy, reason: 'Unschedulable', nominated })
  }

  private reject(
    pod: Pod,
    message: string,
    how: { waiting: Waiting; rejectedBy: string[]; reason: string; nominated?: string },
  ): void {
    this.queue.putBack(how.waiting, how.rejectedBy, this.kernel.now)
    this.planFlush()
    this.recorderFor(pod).recordSeries(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message: cutMessage(message),
      action: 'Scheduling',
    })
    this.kernel.record('scheduler.failed', { pod: podKey(pod), message })
    this.writeUnschedulable(pod, message, how.reason, how.nominated)
  }

  private tryPreemption(
    pod: Pod,
    { message, rejections }: Exclude<Verdict, { node: string }>,
  ): { message: string; nominated: string | undefined } {
    const plugins = this.pluginsFor(pod)
    if (plugins?.preempts !== true) return { message, nominated: undefined }
    if (rejections.size === 0) return { message: this.withoutPreemption(message), nominated: undefined }
    const snapshot = this.snapshot()
    const fits = (node: NodeInfo): boolean => {
      const nodes = snapshot.nodes.map((one) => (one.name === node.name ? node : one))
      const tried = { ...snapshot, nodes }
      return plugins.filters.every(
        (filter) => filter.filter(pod, node, tried, filter.prepare?.(pod, tried)) === undefined,
      )
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
    // The plugin for device claims misses the state of its own PreFilter, which was not reached.
    if (this.options.minor >= 34) return `${message} not found`
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
    const message = `${preemptor.spec?.schedulerName ?? SCHEDULER_NAME}: preempting to accommodate a higher priority pod`
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
      lastTransitionTime: timestamp(this.kernel.clockMs),
    }
    this.patchStatus(victim, { conditions: setCondition(victim.status?.conditions, condition) })
    this.client.call({ verb: 'delete', resource: RESOURCES.pods, namespace, name }, IGNORED)
    this.recorderFor(preemptor).recordSeries(victim, {
      type: 'Normal',
      reason: 'Preempted',
      message: `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
      action: 'Preempting',
    })
  }

  private patchStatus({ metadata: { namespace, name } }: Pod, status: object): void {
    const at = { resource: RESOURCES.pods, namespace, name, subresource: 'status' }
    this.client.call({ verb: 'patch', ...at, patchType: 'strategic', body: { status } }, IGNORED)
  }

  private writeUnschedulable(pod: Pod, message: string, reason: string, nominated: string | undefined): void {
    const present = conditionOf(pod.status?.conditions, 'PodScheduled')
    const unchanged = present?.status === 'False' && present.reason === reason && present.message === message
    if (unchanged && nominated === undefined) return
    const lastTransitionTime = present?.status === 'False' ? present.lastTransitionTime : timestamp(this.kernel.clockMs)
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastTransitionTime,
      lastProbeTime: null,
      ...(this.options.minor >= 34 && { observedGeneration: pod.metadata.generation }),
    }
    this.patchStatus(pod, { conditions: [condition], ...(nominated !== undefined && { nominatedNodeName: nominated }) })
  }
}

/** The plugins that a changed claim, volume, class or driver may satisfy. */
const VOLUME_PLUGINS = ['VolumeBinding', 'VolumeZone', 'VolumeRestrictions', 'NodeVolumeLimits']

function bindTimeout(minor: number): string {
  return minor >= 27 ? 'context deadline exceeded' : 'timed out waiting for the condition'
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

/** Plugins that registered for a new node: upstream asks for a node's taints with it, so that these hear of them too. */
const HEAR_OF_TAINTS = [
  'TaintToleration',
  'NodeUnschedulable',
  'NodeName',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'InterPodAffinity',
  'PodTopologySpread',
  'VolumeBinding',
  'VolumeZone',
]

/** The plugins that a changed node may satisfy now. */
function pluginsHelpedBy(node: Node, old: Node): string[] {
  const plugins: string[] = []
  if (node.spec?.unschedulable !== old.spec?.unschedulable) plugins.push('NodeUnschedulable')
  if (!semanticEqual(node.spec?.taints, old.spec?.taints)) plugins.push(...HEAR_OF_TAINTS)
  if (!semanticEqual(node.metadata.labels, old.metadata.labels))
    plugins.push('NodeAffinity', 'VolumeBinding', 'VolumeZone', 'PodTopologySpread', 'InterPodAffinity')
  if (!semanticEqual(node.status?.allocatable, old.status?.allocatable)) plugins.push('NodeResourcesFit')
  return plugins
}
