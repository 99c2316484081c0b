/**
 * A node's kubelet with its container runtime. Models cmd/kubelet and pkg/kubelet (F, B1, B2). The process can
 * stop and start while containers live on; a crash of the host takes everything.
 */
import type { Answer, ApiClient, ApiClientOwner, Change, Informer, Resource } from '../api/client.ts'
import type { Trouble } from '../api/client/create.ts'
import { failureText, reflectorLines } from './apiTroubles.ts'
import { EventRecorder, IGNORED, RETRIED } from '../api/event-recorder.ts'
import type { Fabric } from '../fabric/fabric.ts'
import { HTTP } from '../fabric/http.ts'
import { ANSWER_EVENT, RUNTIME_ADDRESS } from '../host/pending.ts'
import type { HttpRequestData } from '../fabric/http.ts'
import { goEnd } from '../host/signals.ts'
import { UNIT_EVENTS } from '../host/units/events.ts'
import type { UnitPauseData } from '../host/units/events.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import { compileMachine, MACHINE_TIMEOUT, MachineRows } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Random } from '../kernel/random.ts'
import { isMirror } from '../objects/meta.ts'
import { quantityValue } from '../objects/quantity.ts'
import type { Event as CoreV1Event, Container, Node, Pod, Service } from '../objects/types.gen.ts'
import { criticalRejection, rejectionOf } from './admission.ts'
import type { Others, Rejection } from './admission.ts'
import { CONTAINER_EXIT, Containers, hashOf } from './container.actions.ts'
import { containerMachine } from './container.machine.ts'
import { appendOutput } from './containerOutput.ts'
import { containerOf } from './core.ts'
import type { Core, ExecPurpose, HollowStep } from './core.ts'
import { criList } from './cri.ts'
import { removeContainer, removeSandbox, stopSandbox } from './criChanges.ts'
import type { CriFacts } from './cri.ts'
import { driverOf, runsBySystemd } from './cgroupDriver.ts'
import { GONE_LINES as DOCKER_GONE_LINES, dockerProblem, livesOn } from './dockershim.ts'
import { EXEC_PLANNED, Execs } from './exec.ts'
import type { ExecResult } from './exec.ts'
import { DEFAULT_FLAGS, flagsFrom } from './flags.ts'
import type { KubeletFlags } from './flags.ts'
import { klogLine, structured } from './klog.ts'
import type { LogFacts, LogLevel } from './klog.ts'
import { HOOK_DONE } from './hooks.ts'
import type { HookDone } from './hooks.ts'
import { Pulls } from './imagePull.actions.ts'
import { imagePullMachine } from './imagePull.machine.ts'
import { resolveImage } from './images/catalogue.ts'
import { makeImageReference, parseImageReference } from './images/reference.ts'
import type { Listeners } from './listeners.ts'
import { MIRROR_RECHECK, MIRROR_RETRY, MirrorPods } from './mirrorPods.ts'
import { dropLogs } from './logFiles.ts'
import { NodeShutdown, NOT_ADMITTED, SHUTDOWN_TICK } from './nodeShutdown.ts'
import { LEASE_RETRY, LEASE_TAG, LEASE_TICK, NODE_TAG, NODE_TICK, NodeStatuses, REGISTER_RETRY } from './node.ts'
import type { NodeFactsOption } from './node.ts'
import { graceOf, PodWorkers, REFERENT_TAG, REFRESH_TAG, RESYNC } from './pod.actions.ts'
import { podMachine } from './pod.machine.ts'
import { PodListeners } from './podListeners.ts'
import {
  addOffset,
  addressesOf,
  beginAnew,
  endIsLost,
  forgetMemory,
  gatesOf,
  loseAddress,
  makeRecord,
} from './podRecords.ts'
import { Probes } from './probe.actions.ts'
import { probeMachine } from './probe.machine.ts'
import { RUNTIME } from './runtime.ts'
import type { ExecExit, ExecOutput, KubeletPorts, RuntimeExit, RuntimeOutput } from './runtime.ts'
import { FOLLOW_TICK, Server } from './server.ts'
import { containerKey, hexOf } from './state.ts'
import type { ContainerInstance, Doom, ImageOnNode, PodRecord } from './state.ts'
import { MANIFEST_CHANGED, MANIFEST_LOST, MANIFEST_TICK, StaticPods } from './staticPods.ts'
import { MIRROR_GONE_TAG, MIRROR_TAG } from './staticPods.ts'
import { EVENT_RETRY, unwrittenText } from './eventRetries.ts'
import { EVICTION_TICK, EvictionManager } from './evictionManager.ts'
import { Certificates, CERTIFICATE_TAG, CERTIFICATE_TICK } from './certificates.ts'
import { loadKubeconfig } from './settings/kubeconfig.ts'
import { readSettings } from './settings/settings.ts'
import type { KubeletSettings, Machine, Said } from './settings/settings.ts'
import { allStopped } from './status.ts'
import type { NodeFacts } from './status.ts'
import { DELETE_TAG, sameValue, STATUS_TAG, STATUS_TICK, StatusManager } from './statusManager.ts'
import { MEMORY_TAKEN, relieve } from './systemOom.ts'
import { textsOf } from './texts.ts'
import type { Texts } from './texts.ts'
import type { VolumeFacts } from './volumes.ts'

const TABLES = {
  pod: compileMachine(podMachine),
  container: compileMachine(containerMachine),
  imagePull: compileMachine(imagePullMachine),
  probe: compileMachine(probeMachine),
}

const PLEG = 'pleg.relist'
/** logind is about to shut the host down (engine/host/host.ts). */
const HOST_PREPARES = 'host.prepareForShutdown'
/** A manifest directory that is not there is looked for so often. */
const LOST_MS = 1_000
/** By then the kubelet has looked at its container runtime, and its eviction manager begins. */
const FIRST_EVICTION_LOOK_MS = 10_000
/** From the last write of a manifest to its being read. */
const INOTIFY_MS = 50

export interface KubeletOptions extends NodeFactsOption {
  kernel: Kernel
  fabric: Fabric
  host: string
  nodeName: string
  flags?: Partial<KubeletFlags>
  /** Used until the Node has a podCIDR: `10.244.1.0/24`. */
  podCidr?: string
  ports?: KubeletPorts
  /** A fake runtime, as kubemark's hollow nodes have. */
  hollow?: Hollow
  /** Images that are on the node from the start: `registry.k8s.io/pause:3.10`. */
  images?: string[]
  /**
   * Makes the client that talks to the API server; called once. `kubeconfig` is the path of the file that the
   * running process goes by: its kubeconfig, or the bootstrap kubeconfig until it has a certificate of its own;
   * undefined while no process runs, or when the process has none.
   */
  connect(address: string, owner: KubeletApiOwner, kubeconfig: () => string | undefined): ApiClient
  /** A process begins: it opens its files anew. */
  processStarts?(): void
}

/** Also hears of the lists and watches that fail. */
export interface KubeletApiOwner extends ApiClientOwner {
  onTrouble(trouble: Trouble): void
}

/**
 * How long the steps of a hollow node take: the first status of a pod, the start and the end of its containers,
 * the confirmation of its deletion. May be replaced while the kubelet runs; it is no part of a snapshot.
 */
export interface Hollow {
  delayMs(pod: Pod, step: HollowStep): number
}

interface Answering {
  kind: string
  uid: string
  what: string
  reference: string
}

/** Data of `unit.start` and `unit.stop`. */
interface UnitData {
  host: string
  unit: string
  pid: number
  argv?: string[]
  /** Without SIG. */
  signal?: string
  power?: boolean
}

interface KubeletState {
  /** What the running (or last) process was started with; absent: by `start()` alone. */
  settings?: KubeletSettings
  up: boolean
  runtime: boolean
  /** Docker's daemon does not answer. */
  dockerDown?: boolean
  pid?: number
  lastOffset: number
  dirty: string[]
  relistQueued: boolean
  swept: boolean
  /** A manifest was written and is about to be read. */
  manifestQueued?: string
  generation: number
  /** When the process began, in ms since 1970. */
  startedAtMs?: number
  /** Stopped by SIGSTOP since this virtual millisecond: what comes meanwhile waits. */
  frozenMs?: number
  held: KernelEvent[]
}

interface Dumped {
  state: KubeletState
  records: PodRecord[]
  images: ImageOnNode[]
  rows: ReturnType<MachineRows['dump']>[]
  parts: unknown[]
  recorder: ReturnType<EventRecorder['dump']>
  client: unknown
}

/** Whom events name: of a static pod as its file has it, not its mirror. */
function subjectOf({ source, pod, uid }: PodRecord): Pod['metadata'] {
  const { name, namespace } = pod.metadata
  return source === 'file' ? { name, uid, ...(namespace !== undefined && { namespace }) } : pod.metadata
}

export class Kubelet implements Component, Core {
  readonly kernel: Kernel
  readonly address: string
  readonly host: string
  readonly ports: KubeletPorts
  readonly client: ApiClient
  readonly records = new Map<string, PodRecord>()
  readonly images = new Map<string, ImageOnNode>()
  readonly pods: MachineRows
  readonly containerRows: MachineRows
  readonly workers: PodWorkers
  readonly containers: Containers
  readonly pulls: Pulls
  readonly probes: Probes
  readonly statuses: StatusManager
  readonly execs: Execs
  readonly hollow: Hollow | undefined
  /** For the network and the tools. */
  readonly listeners: Listeners
  private readonly pullRows: MachineRows
  private readonly probeRows: MachineRows
  private readonly recorder: EventRecorder
  private readonly nodeStatus: NodeStatuses
  private readonly server: Server
  private readonly staticPods: StaticPods
  private readonly mirrors: MirrorPods
  private readonly podInformer: Informer<Pod>
  private readonly nodeInformer: Informer<Node>
  private readonly serviceInformer: Informer<Service>
  private readonly byIp = new Map<string, string>()
  /** What the informers select; read at each list. */
  private readonly selections = { pods: { fieldSelector: '' }, nodes: { fieldSelector: '' } }
  /** Derived from the settings. */
  private derived: { of: KubeletSettings | undefined; flags: KubeletFlags; minor: number; texts: Texts } | undefined
  private readonly certificates: Certificates
  private readonly evictions: EvictionManager
  private readonly shutdown: NodeShutdown
  private state: KubeletState = {
    up: false,
    runtime: true,
    lastOffset: 1,
    dirty: [],
    relistQueued: false,
    swept: false,
    generation: 0,
    held: [],
  }

  constructor(private readonly options: KubeletOptions) {
    this.kernel = options.kernel
    this.host = options.host
    this.address = `kubelet/${options.host}`
    this.ports = options.ports ?? {}
    this.hollow = options.hollow
    const owner: KubeletApiOwner = {
      onAnswer: (answer) => this.onAnswer(answer),
      onChange: (resource, change) => this.onChange(resource, change),
      onTrouble: (trouble) => this.apiTrouble(trouble),
    }
    this.client = options.connect(this.address, owner, () => this.kubeconfig)
    this.select()
    this.podInformer = this.client.informer<Pod>('v1/pods', this.selections.pods)
    this.nodeInformer = this.client.informer<Node>('v1/nodes', this.selections.nodes)
    this.serviceInformer = this.client.informer<Service>('v1/services')
    this.recorder = new EventRecorder(this.kernel, this.client, {
      component: 'kubelet',
      host: options.nodeName,
      retryIn: (ms) => this.after(ms, EVENT_RETRY, this.state.generation),
    })
    this.workers = new PodWorkers(this)
    this.containers = new Containers(this)
    this.statuses = new StatusManager(this)
    this.execs = new Execs(this, {
      output: (purpose, stream, text) => this.execOutput(purpose, stream, text),
      ended: (purpose, result) => this.execEnded(purpose, result),
    })
    this.server = new Server(
      this,
      options.fabric,
      () => this.execs,
      () => this.listeners,
    )
    this.listeners = new PodListeners(this, this.byIp, (record, instance) => this.server.grown(record, instance))
    this.pulls = new Pulls(
      this,
      () => this.pullRows,
      (record, failure) => this.workers.pulled(record, failure),
    )
    this.probes = new Probes(
      this,
      () => this.probeRows,
      this.listeners,
      (port) => options.fabric.dial(this.host, this.host, port).kind === 'open',
    )
    this.nodeStatus = new NodeStatuses(this, options, {
      event: (type, reason, message) => this.nodeEvent(type, reason, message),
      isShuttingDown: () => this.shutdown.isRunning,
    })
    this.evictions = new EvictionManager(this, this.nodeStatus, {
      event: (type, reason, message) => this.nodeEvent(type, reason, message),
      records: () => this.records.values(),
      ended: (record, doom) => this.evictFor(record, doom),
    })
    this.shutdown = new NodeShutdown(this, {
      event: (type, reason, message) => this.nodeEvent(type, reason, message),
      records: () => this.records.values(),
      ended: (record, doom) => this.endFor(record, doom),
    })
    this.certificates = new Certificates(this, {
      bootstrapped: () => this.bootstrapped(),
    })
    this.mirrors = new MirrorPods(this, this.podInformer, (record) => this.statuses.push(record))
    this.staticPods = new StaticPods(this, {
      take: (pod, hash) => this.takeStatic(pod, hash),
      drop: (uid) => this.dropStatic(uid),
    })
    this.pods = new MachineRows(this.kernel, this.address, TABLES.pod, this.workers.meaning())
    this.containerRows = new MachineRows(this.kernel, this.address, TABLES.container, this.containers.meaning())
    this.pullRows = new MachineRows(this.kernel, this.address, TABLES.imagePull, this.pulls.meaning())
    this.probeRows = new MachineRows(this.kernel, this.address, TABLES.probe, this.probes.meaning())
    for (const image of options.images ?? []) this.preload(image)
    this.kernel.register(this.address, this)
  }

  get running(): boolean {
    return this.state.up
  }

  get settings(): KubeletSettings | undefined {
    return this.state.settings
  }

  /** `1.35.3`: of the binary that runs, or ran last. */
  get version(): string {
    return this.state.settings?.version ?? this.options.release
  }

  get nodeName(): string {
    return this.state.settings?.nodeName ?? this.options.nodeName
  }

  get minor(): number {
    return this.facts.minor
  }

  get flags(): KubeletFlags {
    return this.facts.flags
  }

  get texts(): Texts {
    return this.facts.texts
  }

  private get facts(): NonNullable<typeof this.derived> {
    const { settings } = this.state
    if (this.derived !== undefined && this.derived.of === settings) return this.derived
    const minor = Number((settings?.version ?? this.options.release).split('.')[1])
    const flags = { ...DEFAULT_FLAGS, ...(settings && flagsFrom(settings.config)), ...this.options.flags }
    return (this.derived = { of: settings, flags, minor, texts: textsOf(minor) })
  }

  /** The kubeconfig that the process goes by now. */
  private get kubeconfig(): string | undefined {
    const { settings } = this.state
    return this.certificates.bootstrapping ? settings?.bootstrapKubeconfig : settings?.kubeconfig
  }

  get bootstrapping(): boolean {
    return this.certificates.bootstrapping
  }

  private select(): void {
    this.selections.pods.fieldSelector = `spec.nodeName=${this.nodeName}`
    this.selections.nodes.fieldSelector = `metadata.name=${this.nodeName}`
  }

  get runtimeUp(): boolean {
    return this.dockershim ? this.state.dockerDown !== true : this.state.runtime
  }

  get cgroupsDiffer(): boolean {
    if (this.dockershim || this.hollow !== undefined || this.state.settings === undefined) return false
    const toml = this.ports.files?.read('/etc/containerd/config.toml') ?? ''
    return driverOf(this.state.settings.config) === 'cgroupfs' && runsBySystemd(toml)
  }

  get dockershim(): boolean {
    return this.hasDocker && this.state.settings?.dockershim !== false
  }

  private get hasDocker(): boolean {
    return this.options.containerRuntimeVersion?.startsWith('docker:') === true
  }

  get random(): Random {
    return this.kernel.random(this.address)
  }

  /** Starts the process. It finds the containers that live. */
  start(): void {
    if (this.state.up) return
    this.state = {
      ...this.state,
      up: true,
      swept: false,
      dirty: [],
      relistQueued: false,
      generation: this.state.generation + 1,
      startedAtMs: this.kernel.clockMs,
    }
    delete this.state.manifestQueued
    for (const port of this.listens) this.options.fabric.listen(this.host, port, this.address)
    this.kernel.record('kubelet.started', { node: this.nodeName })
    for (const record of [...this.records.values()]) this.adopt(record)
    this.select()
    this.certificates.start()
    if (!this.certificates.bootstrapping) this.connectUp()
    else this.nodeStatus.begin()
    this.evictions.begin()
    this.shutdown.begin()
    if (this.settings !== undefined) this.after(FIRST_EVICTION_LOOK_MS, EVICTION_TICK, this.state.generation)
    this.after(this.flags.nodeStatusUpdateMs, NODE_TICK, this.state.generation)
    this.after(this.flags.leaseRenewMs, LEASE_TICK, this.state.generation)
    this.after(this.flags.manifestPollMs, MANIFEST_TICK, this.state.generation)
    this.watchManifests()
    this.readManifests()
  }

  /** Who it is for the API server is known: lists, watches and the Node begin. */
  private connectUp(): void {
    if (this.state.settings !== undefined && this.state.settings.kubeconfig === undefined) return
    this.client.start()
    this.nodeStatus.start()
  }

  private bootstrapped(): void {
    this.client.stop()
    this.client.start()
    this.nodeStatus.start()
  }

  /** The ports that it serves on: its API, and what the configuration adds. */
  private get listens(): number[] {
    const config = this.state.settings?.config
    const extra = ['healthzPort', 'readOnlyPort'].map((name) => Number(config?.[name] ?? 0))
    return [...new Set([this.port, ...extra])].filter((port) => port !== 0)
  }

  get port(): number {
    return Number(this.state.settings?.config['port'] ?? 10250)
  }

  /** Ends the process. Containers live on. */
  stop(): void {
    if (!this.state.up) return
    this.state.up = false
    delete this.state.frozenMs
    this.state.held = []
    for (const port of this.listens)
      if (this.options.fabric.listener(this.host, port) === this.address) this.options.fabric.unlisten(this.host, port)
    this.shutdown.end()
    this.server.reset()
    this.certificates.stop()
    this.client.stop()
    this.recorder.reset()
    this.pulls.reset()
    this.probes.reset()
    this.statuses.reset()
    this.staticPods.reset()
    for (const uid of this.pods.ids()) this.pods.remove(uid)
    for (const record of this.records.values()) forgetMemory(this.kernel, record)
    this.kernel.record('kubelet.stopped', { node: this.nodeName })
  }

  /** The host lost its power: the process and all containers are gone. */
  hostCrashed(): void {
    this.stop()
    for (const record of this.records.values()) {
      this.containers.crash(record)
      if (record.sandbox !== undefined) record.sandbox = { ...record.sandbox, ready: false }
      loseAddress(record)
      if (record.source === 'file' || endIsLost(record)) beginAnew(record)
    }
    this.nodeStatus.booted()
  }

  /** containerd starts or stops, without which containers live on; or Docker, which takes them with it. */
  setRuntime(up: boolean, runtime: 'containerd' | 'docker' = 'containerd'): void {
    const isOwn = this.dockershim === (runtime === 'docker')
    if (this.isUp(runtime) === up) return
    if (runtime === 'docker') this.state.dockerDown = !up
    else this.state.runtime = up
    if (!isOwn) return
    this.nodeStatus.runtimeDown(up ? undefined : this.kernel.now)
    if (!up && runtime === 'docker' && !livesOn(this.ports.files?.read(DAEMON_CONFIG))) this.stopAll()
    if (!up) this.tellRuntimeGone()
    else for (const uid of this.records.keys()) this.workers.sync(uid)
  }

  private isUp(runtime: 'containerd' | 'docker'): boolean {
    return runtime === 'docker' ? this.state.dockerDown !== true : this.state.runtime
  }

  /** The daemon ends, and every container with it; the kubelet hears of it when there is a daemon again. */
  private stopAll(): void {
    for (const record of this.records.values()) {
      this.containers.killAll(record)
      if (record.sandbox !== undefined) record.sandbox = { ...record.sandbox, ready: false }
      record.movesOn = true
    }
  }

  /** A burst when it goes, and again at each look. */
  private tellRuntimeGone(): void {
    if (!this.state.up || this.runtimeUp) return
    if (this.dockershim) {
      for (const [where, message, facts] of DOCKER_GONE_LINES) this.log('E', where, message, facts)
      return
    }
    const socket = String(
      this.state.settings?.config['containerRuntimeEndpoint'] ?? `unix://${RUNTIME_SOCKET}`,
    ).replace(/^unix:\/\//, '')
    const err = `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: connection refused"`
    for (const [where, message, facts] of GONE_LINES) this.log('E', where, message, { err, ...facts })
  }

  setPressure(kind: 'memoryPressure' | 'diskPressure' | 'pidPressure', on: boolean): void {
    this.nodeStatus.pressure(kind, on)
  }

  /** The manifest directory changed. */
  manifestsChanged(written?: string): void {
    if (this.state.up) this.staticPods.read(written)
  }

  /** Looks for manifests; a directory that is not there is looked for each second. */
  private readManifests(): void {
    this.staticPods.read()
    if (this.staticPods.isLost) this.after(LOST_MS, MANIFEST_LOST, this.state.generation)
  }

  private watchManifests(): void {
    const { staticPodPath } = this.flags
    if (staticPodPath !== '')
      this.ports.files?.watch?.(staticPodPath, {
        to: this.address,
        type: MANIFEST_CHANGED,
        data: { generation: this.state.generation },
      })
  }

  /** As inotify says it; what was written is read once it is whole. */
  private manifestEvent({ generation, path }: { generation: number; path?: string }): void {
    if (generation !== this.state.generation || !this.state.up || this.state.manifestQueued !== undefined) return
    this.state.manifestQueued = path ?? ''
    this.after(INOTIFY_MS, MANIFEST_CHANGED, 'read')
  }

  private manifestDue(): void {
    const written = this.state.manifestQueued
    delete this.state.manifestQueued
    this.manifestsChanged(written)
  }

  /** The network plugin of the node came or went. */
  networkChanged(): void {
    this.nodeStatus.update()
    for (const record of this.records.values()) if (record.sandbox?.ready !== true) this.workers.sync(record.uid)
  }

  criList(): CriFacts {
    return criList(this)
  }

  /** Stops one container as `crictl stop` does, or removes it by force. */
  criStop(id: string, graceMs: number): boolean {
    const found = this.containers.find(id)
    if (found === undefined || found.instance.finishedMs !== undefined) return false
    found.instance.stopBy = this.kernel.now + graceMs
    return this.containerRows.send(containerKey(found.record.uid, found.instance.name), { type: 'STOP' })
  }

  criRemovePod(id: string): boolean {
    return removeSandbox(this, id)
  }

  criStopPod(id: string): boolean {
    return stopSandbox(this, id)
  }

  criRemove(id: string, keepsLog = true): boolean {
    return removeContainer(this, id, keepsLog)
  }

  /** `reference` is `docker.io/library/nginx:1.27`, or `nginx:1.27`. */
  criRemoveImage(reference: string): boolean {
    const named = parseImageReference(reference)
    return this.images.delete(reference) || (named !== undefined && this.images.delete(makeImageReference(named)))
  }

  /** Runs a program in a container for a process of the host, which hears of its end. */
  criExec(id: string, argv: string[], pid: number): boolean {
    const found = this.containers.find(id)
    if (found === undefined || found.instance.startedMs === undefined || found.instance.finishedMs !== undefined)
      return false
    this.execs.run(found.record, found.instance, argv, { kind: 'cri', pid })
    return true
  }

  private answerCri(pid: number, answer: ExecResult): void {
    this.kernel.send({
      to: RUNTIME_ADDRESS,
      type: ANSWER_EVENT,
      data: { host: this.host, pid, call: 'cri.exec', answer },
    })
  }

  /** Pulls an image as `crictl pull` does; how long it takes, and why it failed. */
  criPull(image: string): { afterMs: number; error?: string } {
    return this.pulls.pull(image)
  }

  /** SIGSTOP: the process stands still; containers live on. */
  freeze(): void {
    if (!this.state.up || this.state.frozenMs !== undefined) return
    this.state.frozenMs = this.kernel.now
    this.kernel.record('kubelet.frozen', { node: this.nodeName })
  }

  /** SIGCONT: everything that came meanwhile is seen at once. */
  thaw(): void {
    if (this.state.frozenMs === undefined) return
    const { held, frozenMs } = this.state
    delete this.state.frozenMs
    this.state.held = []
    this.kernel.record('kubelet.thawed', { node: this.nodeName })
    this.nodeStatus.thawed(this.kernel.now - frozenMs)
    for (const { type, data } of held) this.after(0, type, data)
  }

  handle(event: KernelEvent): void {
    if (event.type === UNIT_EVENTS.pause) return this.unitPause(event.data as UnitPauseData)
    if (this.state.frozenMs !== undefined && event.type !== UNIT_EVENTS.stop) return void this.state.held.push(event)
    if (event.type === MACHINE_TIMEOUT) return this.timeout(event.data as MachineTimeout)
    if (this.client.handle(event)) return this.sweep()
    this.handlers[event.type]?.(event.data)
  }

  dump(): unknown {
    return {
      state: this.state,
      records: [...this.records.values()],
      images: [...this.images.values()],
      rows: [this.pods, this.containerRows, this.pullRows, this.probeRows].map((rows) => rows.dump()),
      parts: [
        this.workers,
        this.statuses,
        this.execs,
        this.server,
        this.pulls,
        this.probes,
        this.nodeStatus,
        this.staticPods,
        this.certificates,
        this.evictions,
        this.shutdown,
      ].map((part) => part.dump()),
      recorder: this.recorder.dump(),
      client: this.client.dump(),
    }
  }

  load(state: unknown): void {
    const dumped = state as Dumped
    this.state = dumped.state
    this.records.clear()
    this.byIp.clear()
    for (const record of dumped.records) this.index(record)
    this.images.clear()
    for (const image of dumped.images) this.images.set(image.reference, image)
    ;[this.pods, this.containerRows, this.pullRows, this.probeRows].forEach((rows, index) =>
      rows.load(dumped.rows[index] ?? {}),
    )
    ;[
      this.workers,
      this.statuses,
      this.execs,
      this.server,
      this.pulls,
      this.probes,
      this.nodeStatus,
      this.staticPods,
      this.certificates,
      this.evictions,
      this.shutdown,
    ].forEach((part, index) => part.load(dumped.parts[index]))
    this.select()
    this.recorder.load(dumped.recorder)
    this.client.load(dumped.client)
  }

  // What the parts ask for.

  node(): Node | undefined {
    return this.nodeInformer.get('', this.nodeName)
  }

  services(): readonly Service[] {
    return this.serviceInformer.list()
  }

  nodeFacts(): NodeFacts {
    return {
      hostIP: this.options.hostIP,
      minor: this.minor,
      clockMs: this.kernel.clockMs,
      ...(this.hollow && { hollow: true }),
    }
  }

  volumeFacts(record: PodRecord): VolumeFacts {
    return {
      hostIP: this.options.hostIP,
      allocatable: this.options.capacity,
      token: (account) =>
        this.ports.token?.(record.namespace, account, { name: record.name, uid: record.uid }) ??
        `not simulated: token of ${account}`,
      hostPathKind: (path) => (this.ports.hostPathKind === undefined ? 'directory' : this.ports.hostPathKind(path)),
      node: this.node(),
      hollow: this.hollow !== undefined,
    }
  }

  relist(uid: string): void {
    if (!this.state.dirty.includes(uid)) this.state.dirty.push(uid)
    if (this.state.relistQueued || !this.state.up) return
    this.state.relistQueued = true
    if (this.hollow !== undefined) return void this.after(0, PLEG, null)
    const period = this.flags.plegRelistMs
    const phase = parseInt(hexOf(this.nodeName, 6), 16) % period
    this.after(period - ((this.kernel.now + phase) % period), PLEG, null)
  }

  event(record: PodRecord, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void {
    const { initContainers = [], ephemeralContainers = [] } = record.pod.spec ?? {}
    const isIn = (list: readonly { name: string }[]): boolean => list.some((one) => one.name === container?.name)
    const list = isIn(initContainers)
      ? 'initContainers'
      : isIn(ephemeralContainers)
        ? 'ephemeralContainers'
        : 'containers'
    const fieldPath = container === undefined ? undefined : `spec.${list}{${container.name}}`
    const about = { apiVersion: 'v1', kind: 'Pod', metadata: subjectOf(record) }
    if (this.state.up && this.hollow === undefined)
      this.recorder.record(about, { type, reason, message, ...(fieldPath !== undefined && { fieldPath }) })
  }

  after(delayMs: number, type: string, data: unknown): EventId {
    return this.kernel.send({ to: this.address, type, data }, delayMs)
  }

  log(level: LogLevel, where: string, message: string, facts: LogFacts | 'bare' = {}): void {
    this.write(level, where, facts === 'bare' ? message : structured(message, facts))
  }

  private write(level: LogLevel, where: string, text: string): void {
    if (this.ports.log === undefined && this.state.pid === undefined) return
    this.say(klogLine({ level, clockMs: this.kernel.clockMs, pid: this.state.pid ?? 1, where }, text))
  }

  private tell(said: Said): void {
    if (typeof said !== 'string')
      return this.write(
        said.level,
        said.where,
        said.bare === true ? said.message : structured(said.message, said.facts),
      )
    if (this.ports.log !== undefined || this.state.pid !== undefined) this.say(said)
  }

  /** To the port, or to the journal of the unit that this process is. */
  private say(text: string): void {
    if (this.ports.log !== undefined) return this.ports.log(text)
    this.kernel.send({
      to: 'hosts',
      type: 'unit.log',
      data: { host: this.host, unit: 'kubelet.service', pid: this.state.pid, text },
    })
  }

  /** The next free address of the node's range. Models the host-local IPAM plugin. */
  allocateIp(record: PodRecord): string | undefined {
    if (record.pod.spec?.hostNetwork === true) return undefined
    const cidr = this.node()?.spec?.podCIDR ?? this.ports.podCidr?.() ?? this.options.podCidr
    if (cidr === undefined) return undefined
    const [base = '', bits = '24'] = cidr.split('/')
    const size = 2 ** (32 - Number(bits))
    for (let tried = 0; tried < size; tried++) {
      this.state.lastOffset = this.state.lastOffset + 1 >= size - 1 ? 2 : this.state.lastOffset + 1
      const ip = addOffset(base, this.state.lastOffset)
      if (this.byIp.has(ip)) continue
      this.byIp.set(ip, record.uid)
      return ip
    }
    return undefined
  }

  freeIp(ip: string): void {
    this.byIp.delete(ip)
  }

  forget(record: PodRecord): void {
    this.kernel.cancel(record.resync)
    this.pods.remove(record.uid)
    this.pulls.cancel(record.uid)
    this.ports.containers?.removePod(record.uid)
    dropLogs(this.ports.files, record)
    for (const name of Object.keys(record.containers)) this.containerRows.remove(containerKey(record.uid, name))
    for (const ip of addressesOf(record)) this.byIp.delete(ip)
    this.records.delete(record.uid)
    this.kernel.record('kubelet.pod.forgotten', { pod: `${record.namespace}/${record.name}`, node: this.nodeName })
  }

  private readonly handlers: Record<string, (data: unknown) => void> = {
    [PLEG]: () => this.relisted(),
    [RESYNC]: (uid) => this.workers.sync(uid as string),
    [STATUS_TICK]: () => this.statuses.tick(),
    [NODE_TICK]: (generation) =>
      this.periodic(generation, NODE_TICK, this.flags.nodeStatusUpdateMs, () => {
        this.tellRuntimeGone()
        this.nodeStatus.look()
        this.nodeStatus.update()
      }),
    [EVENT_RETRY]: (generation) => generation === this.state.generation && this.recorder.retry(),
    [EVICTION_TICK]: (generation) => this.lookForEvictions(generation),
    [MEMORY_TAKEN]: () => this.memoryTaken(),
    [SHUTDOWN_TICK]: (generation) => generation === this.state.generation && this.shutdown.tick(),
    [HOST_PREPARES]: () => this.state.up && this.goesDown(),
    [LEASE_TICK]: (generation) =>
      this.periodic(generation, LEASE_TICK, this.flags.leaseRenewMs, () => this.nodeStatus.renew()),
    [MANIFEST_TICK]: (generation) =>
      this.periodic(generation, MANIFEST_TICK, this.flags.manifestPollMs, () => this.readManifests()),
    [MANIFEST_LOST]: (generation) => generation === this.state.generation && this.state.up && this.readManifests(),
    [MANIFEST_CHANGED]: (data) =>
      data === 'read' ? this.manifestDue() : this.manifestEvent(data as { generation: number; path?: string }),
    [MIRROR_RETRY]: (uid) => this.mirrors.retry(uid as string),
    [MIRROR_RECHECK]: (place) => this.mirrors.recheck(place as string),
    [CONTAINER_EXIT]: (data) => this.runtimeExit(data as RuntimeExit),
    [HOOK_DONE]: (data) => this.execEnded((data as HookDone).purpose, (data as HookDone).result),
    [EXEC_PLANNED]: (data) => this.execs.planned(data as Parameters<Execs['planned']>[0]),
    [FOLLOW_TICK]: (key) => this.server.tick(key as string),
    [RUNTIME.output]: (data) => this.runtimeOutput(data as RuntimeOutput),
    [RUNTIME.exit]: (data) => this.runtimeExit(data as RuntimeExit),
    [RUNTIME.execOutput]: (data) => this.execs.output(data as ExecOutput),
    [RUNTIME.execExit]: (data) => this.execs.exited(data as ExecExit),
    [HTTP.request]: (data) => this.state.up && this.server.request(data as HttpRequestData),
    [HTTP.cancel]: (data) => this.server.cancel((data as { id: string }).id, (data as { from: string }).from),
    [HTTP.input]: (data) =>
      this.server.input(
        (data as { id: string }).id,
        (data as { from: string }).from,
        (data as { input: unknown }).input,
      ),
    [REGISTER_RETRY]: (generation) => generation === this.state.generation && this.nodeStatus.registerAgain(),
    [LEASE_RETRY]: (generation) => generation === this.state.generation && this.nodeStatus.ensureLease(),
    [CERTIFICATE_TICK]: (generation) => generation === this.state.generation && this.certificates.tick(),
    'unit.start': (data) => this.unitStart(data as UnitData),
    'unit.stop': (data) => this.unitStop(data as UnitData),
  }

  private timeout(data: MachineTimeout): void {
    for (const rows of [this.pods, this.containerRows, this.pullRows, this.probeRows]) if (rows.timeout(data)) return
  }

  private periodic(generation: unknown, type: string, everyMs: number, act: () => void): void {
    if (!this.state.up || generation !== this.state.generation) return
    this.after(everyMs, type, generation)
    act()
  }

  private lookForEvictions(generation: unknown): void {
    if (!this.state.up || generation !== this.state.generation) return
    this.after(this.evictions.tick(), EVICTION_TICK, generation)
  }

  /** The kernel looks, whether or not the kubelet runs. */
  private memoryTaken(): void {
    if (this.hollow !== undefined) return
    const kill = ({ id }: ContainerInstance): void => this.containers.exited({ id, code: 137, reason: 'OOMKilled' })
    relieve(this, quantityValue(this.options.capacity['memory'] ?? '0'), kill, {
      event: (type, reason, message) => this.state.up && this.nodeEvent(type, reason, message),
    })
  }

  /** The node tells at once that it goes down, and its pods end. */
  private goesDown(): void {
    this.shutdown.prepare()
    this.nodeStatus.update()
  }

  private relisted(): void {
    this.state.relistQueued = false
    if (!this.state.up || !this.runtimeUp) return
    const dirty = this.state.dirty
    this.state.dirty = []
    for (const uid of dirty) if (this.records.has(uid)) this.workers.sync(uid)
  }

  private unitStart(data: UnitData): void {
    this.state.pid = data.pid
    this.options.processStarts?.()
    if (this.hollow !== undefined) return this.hollowStart(data)
    const argv = data.argv ?? ['/usr/bin/kubelet']
    const reading = readSettings(argv, this.machine(argv[0] ?? ''))
    if ('printed' in reading) {
      for (const line of reading.printed.replace(/\n$/, '').split('\n')) this.tell(line)
      return this.unitEnds(data, reading.code, 40)
    }
    for (const said of reading.said) this.tell(said)
    if ('refused' in reading) {
      this.log('E', 'run.go:72', 'command failed', { err: reading.refused })
      return this.unitEnds(data, reading.code, reading.afterMs)
    }
    this.kernel.send({ to: 'hosts', type: 'unit.started', data: { host: data.host, unit: data.unit, pid: data.pid } })
    // A kubelet that comes to another runtime finds none of its containers there.
    const moved = this.dockershim !== (reading.settings.dockershim ?? this.dockershim)
    if (moved) this.stopAll()
    // Pods whose cgroup is not where this driver looks for it are killed at their first sync.
    const before = this.state.settings?.config
    if (before !== undefined && driverOf(before) !== driverOf(reading.settings.config)) this.stopAll()
    this.state.settings = reading.settings
    if (moved) this.nodeStatus.runtimeDown(this.runtimeUp ? undefined : this.kernel.now)
    if (!this.portsFree(data)) return
    this.start()
  }

  /** kubemark's kubelets have no files. */
  private hollowStart(data: UnitData): void {
    this.kernel.send({ to: 'hosts', type: 'unit.started', data: { host: data.host, unit: data.unit, pid: data.pid } })
    this.start()
  }

  /** A port of its API that is taken ends it; one for health checks does not. */
  private portsFree(data: UnitData): boolean {
    const { fabric } = this.options
    const config = this.state.settings?.config ?? {}
    const taken = (port: number): boolean => port !== 0 && fabric.listener(this.host, port) !== undefined
    const said = (where: string, message: string, address: unknown, port: number): void =>
      this.log('E', where, message, { err: `listen tcp ${String(address)}:${port}: bind: address already in use` })
    const healthz = Number(config['healthzPort'])
    if (taken(healthz)) said('server.go:880', 'Failed to start healthz server', config['healthzBindAddress'], healthz)
    if (!taken(this.port)) return true
    said('server.go:202', 'Failed to listen and serve', config['address'], this.port)
    this.unitEnds(data, 1, 300)
    return false
  }

  private unitEnds({ host, unit, pid }: UnitData, code: number, afterMs: number): void {
    this.kernel.send({ to: 'hosts', type: 'unit.exited', data: { host, unit, pid, code } }, afterMs)
  }

  /** The host as a process finds it that starts from a binary. */
  private machine(binary: string): Machine {
    const { files, hostPathKind, knowsGate } = this.ports
    const read = (path: string): string | undefined => files?.read(path)
    const version = versionOf(read(binary)) ?? this.options.release
    const minor = Number(version.split('.')[1])
    return {
      read,
      validityOf: (path) => files?.validityOf?.(path),
      list: (path) => files?.list(path),
      clockMs: this.kernel.clockMs,
      hostName: this.options.nodeName,
      version,
      minor,
      isDirectory: (path) => hostPathKind?.(path) === 'directory',
      runtimeProblem: (endpoint) => this.endpointProblem(endpoint, minor),
      hasDocker: this.hasDocker,
      dockerProblem: (driver) => dockerProblem(this.isUp('docker'), driver, read(DAEMON_CONFIG)),
      swaps:
        (read('/proc/swaps') ?? '').split('\n').slice(1).join('\n').trim() === '' ? '' : (read('/proc/swaps') ?? ''),
      knowsGate: (name) => knowsGate?.(name, minor) ?? true,
    }
  }

  /** What a dial to the socket of a container runtime comes to. */
  private endpointProblem(endpoint: string, minor: number): string | undefined {
    const path = endpoint.replace(/^unix:\/\//, '').replace(/^\/var\/run\//, '/run/')
    const failed = `transport: Error while dialing: dial unix ${endpoint.replace(/^unix:\/\//, '')}: connect:`
    if (path !== RUNTIME_SOCKET) return `${failed} no such file or directory`
    if (!this.state.runtime) return `${failed} no such file or directory`
    const withoutPlugin = /^disabled_plugins\s*=.*"cri"/m.test(
      this.ports.files?.read('/etc/containerd/config.toml') ?? '',
    )
    if (this.hasDocker && withoutPlugin)
      return `unknown service runtime.${minor >= 26 ? 'v1' : 'v1alpha2'}.RuntimeService`
    return undefined
  }

  private apiTrouble({ resource, path, failure }: Trouble): void {
    if (!this.state.up || this.hollow !== undefined) return
    const { fieldSelector = '' } = resource === 'v1/nodes' ? this.selections.nodes : {}
    for (const said of reflectorLines({
      resource,
      path,
      failure,
      fieldSelector,
      server: this.apiServer,
      minor: this.minor,
    }))
      this.tell(said)
  }

  /** `https://172.30.1.2:6443` */
  private get apiServer(): string {
    const path = this.kubeconfig
    const config = path === undefined ? undefined : loadKubeconfig(path, (file) => this.ports.files?.read(file))
    return typeof config === 'object' ? config.server : ''
  }

  /** What went wrong with a call, as Go says it. */
  failure(answer: Answer, query = ''): string {
    return failureText(answer, this.apiServer, query)
  }

  private unitPause({ paused }: UnitPauseData): void {
    if (paused) this.freeze()
    else this.thaw()
  }

  private unitStop(data: UnitData): void {
    if (data.power === true) return this.hostCrashed()
    const end = goEnd(data.signal ?? 'TERM')
    if (end === undefined) return
    this.stop()
    if ('code' in end) return this.unitEnds(data, end.code, 20)
    const { host, unit, pid } = data
    this.kernel.send({ to: 'hosts', type: 'unit.exited', data: { host, unit, pid, signal: end.signal } })
  }

  get generation(): number {
    return this.state.generation
  }

  private nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.hollow !== undefined) return
    // The kubelet uses the node's name as the uid of the reference.
    this.recorder.record(
      { apiVersion: 'v1', kind: 'Node', metadata: { name: this.nodeName, uid: this.nodeName } },
      { type, reason, message },
    )
  }

  private eventAnswered(answer: Answer): void {
    const { call, code } = answer
    if (code === 0 && call.resource === 'v1/events' && call.verb === 'create') {
      const event = unwrittenText(call.body as CoreV1Event, this.kernel.clockMs, this.state.startedAtMs ?? 0)
      this.log('E', 'event.go:368', 'Unable to write event (may retry after sleeping)', {
        err: this.failure(answer),
        event,
      })
    }
    this.recorder.answered(answer)
  }

  private onAnswer(answer: Answer): void {
    const tag = answer.tag as Answering | string
    if (tag === IGNORED || tag === RETRIED) return this.eventAnswered(answer)
    if (typeof tag === 'string' || tag === null || tag === undefined) return
    const acts: Record<string, () => void> = {
      [STATUS_TAG]: () => this.statuses.answered(answer, tag.uid),
      [DELETE_TAG]: () => this.statuses.deleted(answer, tag.uid),
      [NODE_TAG]: () => this.nodeStatus.nodeAnswered(answer, tag.what),
      [LEASE_TAG]: () => this.nodeStatus.leaseAnswered(answer),
      [REFERENT_TAG]: () => this.workers.referentAnswered(answer, tag.uid, tag.reference),
      [REFRESH_TAG]: () => this.workers.refreshAnswered(answer, tag.uid, tag.reference),
      [MIRROR_TAG]: () => this.mirrors.answered(answer, tag.uid),
      [MIRROR_GONE_TAG]: () => this.mirrors.removed(answer, tag.reference),
      [CERTIFICATE_TAG]: () => this.certificates.answered(answer, tag.what),
    }
    acts[tag.kind]?.()
  }

  private onChange(resource: Resource, change: Change): void {
    if (resource === 'v1/pods') return this.podChanged(change as Change<Pod>)
    if (resource === 'v1/nodes' && change.type === 'added') this.nodeStatus.update()
  }

  private podChanged(change: Change<Pod>): void {
    const pod = change.object
    if (isMirror(pod)) return this.mirrors.changed(change)
    const record = this.records.get(pod.metadata.uid ?? '')
    if (change.type === 'deleted') return this.podDeleted(record)
    if (record === undefined) return this.podAdded(pod)
    this.podUpdated(record, pod, change.type === 'added')
  }

  private podAdded(pod: Pod): void {
    const record = makeRecord(pod, 'api', this.kernel)
    this.index(record)
    const phase = pod.status?.phase
    if (phase === 'Succeeded' || phase === 'Failed') return this.takeForeign(record)
    if (pod.metadata.deletionTimestamp !== undefined) record.doom = { graceMs: graceOf(record) }
    else if (!this.admit(record)) return
    const delayMs = this.hollow?.delayMs(pod, 'see') ?? 0
    if (delayMs > 0) this.after(delayMs, RESYNC, record.uid)
    else this.workers.sync(record.uid)
  }

  /** It ended before: nothing to run, only a deletion to confirm. */
  private takeForeign(record: PodRecord): void {
    record.foreign = true
    record.doom = { graceMs: 0 }
    this.workers.sync(record.uid)
  }

  private admit(record: PodRecord): boolean {
    const rejection = rejectionOf(
      record.pod,
      this.others(record),
      this.node(),
      this.nodeStatus.allocatable(),
      this.flags.maxPods,
    )
    const refused = rejection ?? this.evictions.admit(record) ?? (this.shutdown.isRunning ? NOT_ADMITTED : undefined)
    return refused === undefined || this.reject(record, refused)
  }

  private reject(record: PodRecord, refused: Rejection): false {
    this.event(record, 'Warning', refused.reason, refused.message.replace(/^Pod was rejected: /, ''))
    record.doom = { graceMs: 0, phase: 'Failed', reason: refused.reason, message: refused.message, isRejected: true }
    this.workers.sync(record.uid)
    return false
  }

  private others(record: PodRecord): Others {
    let count = 0
    for (const one of this.records.values()) if (one !== record && one.finished !== true) count++
    return {
      count,
      pods: () =>
        [...this.records.values()].filter((one) => one !== record && one.finished !== true).map(({ pod }) => pod),
    }
  }

  private podUpdated(record: PodRecord, pod: Pod, first: boolean): void {
    const before = record.pod
    record.pod = pod
    this.statuses.reconcile(record)
    const dying = pod.metadata.deletionTimestamp !== undefined
    if (
      dying &&
      (before.metadata.deletionTimestamp === undefined ||
        before.metadata.deletionGracePeriodSeconds !== pod.metadata.deletionGracePeriodSeconds ||
        first)
    )
      return this.doomed(record)
    if (first) return this.workers.sync(record.uid)
    if (before.spec !== pod.spec && !sameValue(before.spec, pod.spec)) return this.specChanged(record, before)
    if (!sameValue(gatesOf(before), gatesOf(pod))) this.workers.sync(record.uid)
    else if (pod.status?.phase === 'Failed' && record.status?.phase !== 'Failed') this.evicted(record)
  }

  private doomed(record: PodRecord): void {
    const graceMs = graceOf(record)
    record.doom = { ...record.doom, graceMs: Math.min(graceMs, record.doom?.graceMs ?? graceMs) }
    this.workers.sync(record.uid)
  }

  private evictFor(record: PodRecord, doom: Doom): void {
    this.event(record, 'Warning', 'Evicted', doom.message ?? '')
    this.endFor(record, doom)
  }

  private endFor(record: PodRecord, doom: Doom): void {
    record.doom = doom
    this.workers.sync(record.uid)
  }

  /** Someone else set the phase: the containers go. */
  private evicted(record: PodRecord): void {
    record.doom = { graceMs: graceOf(record), phase: 'Failed' }
    this.workers.sync(record.uid)
  }

  /** A changed image restarts its container. */
  private specChanged(record: PodRecord, before: Pod): void {
    const old = new Map(
      [...(before.spec?.containers ?? []), ...(before.spec?.initContainers ?? [])].map((one) => [one.name, one]),
    )
    for (const container of record.pod.spec?.containers ?? []) {
      const was = old.get(container.name)
      if (was === undefined || hashOf(was) === hashOf(container)) continue
      delete record.reasons[container.name]
      this.containers.stop(
        record,
        container.name,
        graceOf(record),
        `Container ${container.name} definition changed, will be restarted`,
      )
    }
    this.workers.sync(record.uid)
  }

  private podDeleted(record: PodRecord | undefined): void {
    if (record === undefined) return
    record.removed = true
    if (record.finished === true || allStopped(record)) return this.forget(record)
    record.doom = { graceMs: Math.min(graceOf(record), record.doom?.graceMs ?? graceOf(record)) }
    this.workers.sync(record.uid)
  }

  /** After the first list: containers of pods that went while the process was down are killed. */
  private sweep(): void {
    if (this.state.swept || !this.state.up || !this.podInformer.synced) return
    this.state.swept = true
    for (const record of [...this.records.values()]) {
      if (record.source !== 'api') continue
      const shown = this.podInformer.get(record.namespace, record.name)
      if (shown?.metadata.uid !== record.uid) this.podDeleted(record)
    }
  }

  private adopt(record: PodRecord): void {
    if (record.source === 'file' && record.removed !== true) this.workers.sync(record.uid)
    for (const container of record.pod.spec?.containers ?? []) {
      const instance = record.containers[container.name]
      if (instance === undefined || instance.finishedMs !== undefined) continue
      this.probes.start(record, container)
    }
  }

  private index(record: PodRecord): void {
    this.records.set(record.uid, record)
    for (const ip of addressesOf(record)) this.byIp.set(ip, record.uid)
  }

  private preload(image: string): void {
    const reference = parseImageReference(image)
    const found = reference && resolveImage(reference, this.minor)
    if (reference === undefined || found === undefined || 'error' in found)
      throw new Error(`kubelet: no image ${image}`)
    const text = makeImageReference(reference)
    this.images.set(text, {
      reference: text,
      imageID: `${reference.repository}@${found.digest}`,
      digest: found.digest,
      sizeBytes: found.sizeBytes,
      pulledMs: 0,
    })
  }

  private takeStatic(pod: Pod, hash: string): void {
    const record = this.records.get(hash) ?? makeRecord(pod, 'file', this.kernel)
    record.configHash = hash
    this.index(record)
    this.mirrors.create(record)
    if (this.admitStatic(record)) this.workers.sync(record.uid)
  }

  /** Static pods are critical: what they lack would have to be taken from others. Not modelled: that it is. */
  private admitStatic(record: PodRecord): boolean {
    const others = this.others(record)
    const rejection = rejectionOf(record.pod, others, this.node(), this.nodeStatus.allocatable(), this.flags.maxPods)
    if (rejection === undefined) return true
    const refused = criticalRejection(rejection)
    const err = /preemption: .*$/.exec(refused.message)?.[0]
    const why = 'Failed to admit pod, unexpected error while attempting to recover from admission failure'
    if (err !== undefined) this.log('E', 'predicate.go:212', why, { err, pod: `${record.namespace}/${record.name}` })
    return this.reject(record, refused)
  }

  private dropStatic(uid: string): void {
    const record = this.records.get(uid)
    if (record === undefined) return
    if (isMirror(record.pod)) this.mirrors.remove(record.namespace, record.name)
    this.podDeleted(record)
  }

  private runtimeOutput({ id, stream, text }: RuntimeOutput): void {
    const found = this.containers.find(id)
    if (found === undefined) return
    appendOutput(found.instance, this.kernel.clockMs, stream, text)
    this.server.printed(found.instance, stream, text)
    this.server.grown(found.record, found.instance)
  }

  private runtimeExit(exit: RuntimeExit): void {
    const found = this.containers.find(exit.id)
    this.containers.exited(exit)
    if (found !== undefined) this.server.ended(found.record, found.instance)
  }

  private execOutput(purpose: ExecPurpose, stream: 'stdout' | 'stderr', text: string): void {
    if (purpose.kind === 'http') this.server.execOutput(purpose.exchange, stream, text)
  }

  private execEnded(purpose: ExecPurpose, result: ExecResult): void {
    if (purpose.kind === 'http') return this.server.execEnded(purpose.exchange, result)
    if (purpose.kind === 'cri') return this.answerCri(purpose.pid, result)
    if (purpose.kind === 'probe') return this.probes.execDone(purpose.id, result.code, result.output, result.failure)
    const record = this.records.get(purpose.uid)
    const instance = record?.containers[purpose.name]
    if (record === undefined || instance?.id !== purpose.id) return
    if (purpose.kind === 'postStart') return this.containers.postStartDone(record, purpose.name, result)
    const container = containerOf(record, purpose.name)
    if (result.code !== 0) this.event(record, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', container)
    this.containerRows.send(containerKey(purpose.uid, purpose.name), { type: 'HOOK_DONE' })
  }
}

/** What fails when nobody answers at the socket of the container runtime. */
const GONE_LINES: readonly (readonly [where: string, message: string, facts: LogFacts])[] = [
  ['log.go:32', 'Status from runtime service failed', {}],
  ['kubelet.go:3117', 'Container runtime sanity check failed', {}],
  ['log.go:32', 'Version from runtime service failed', {}],
  ['log.go:32', 'ListPodSandbox with filter from runtime service failed', { filter: 'nil' }],
  ['kuberuntime_sandbox.go:351', 'Failed to list pod sandboxes', {}],
  ['generic.go:256', 'GenericPLEG: Unable to retrieve pods', {}],
]

const DAEMON_CONFIG = '/etc/docker/daemon.json'
const RUNTIME_SOCKET = '/run/containerd/containerd.sock'

/** The version that an executable carries. */
function versionOf(text: string | undefined): string | undefined {
  return /^\x7fELF \S+ v?(\d+\.\d+\.\d+\S*)/.exec(text ?? '')?.[1]
}
