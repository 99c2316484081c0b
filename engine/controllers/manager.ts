/**
 * Runs controllers: watches what they watch, queues their keys, carries out their writes, and asks
 * them again. Models cmd/kube-controller-manager with client-go's informers, workqueues and leader
 * election, and the client-side rate limit that each controller has for itself. Not modelled:
 * per-controller concurrency limits; events count against the limit but do not wait.
 */
import type { Answer, ApiClient, ApiClientOwner, Change, Informer, KubeObject, Resource } from '../api/client.ts'
import { EventRecorder, IGNORED } from '../api/event-recorder.ts'
import { LEASE_TAG, LeaderElection } from '../api/leader-election.ts'
import type { ElectionHooks } from '../api/leader-election.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { JournalFacts } from '../kernel/journal.ts'
import type { CustomResourceDefinition } from '../objects/types.gen.ts'
import type { ApiWrite, Context, Controller, CustomKind, EventWrite, Write } from './controller.ts'
import { customKindOf, DEFINITIONS } from './custom-kinds.ts'
import { accountOf, certificateOf } from './identities.ts'
import type { Certificate } from './identities.ts'
import { isFinished, startPass } from './pass.ts'
import type { Pass } from './pass.ts'
import { TokenBucket } from './token-bucket.ts'
import type { TokenBucketState } from './token-bucket.ts'
import { WorkQueue } from './workqueue.ts'
import type { QueueState } from './workqueue.ts'

/** Upstream's ExpectationsTimeout: after it, a pass no longer waits for the caches. */
const EXPECTATIONS_TIMEOUT_MS = 300_000

/** --kube-api-qps and --kube-api-burst, for each controller's own client. */
const API_QPS = 20
const API_BURST = 30

interface CallTag {
  controller: string
  key: string
  index: number
}

/** Of a look for a service account. */
interface AccountTag {
  account: string
}

/** A service account that could be neither found nor made is looked for again. */
const ACCOUNT_RETRY_MS = 1_000

/** What a process is started with; what is absent is as without flags. */
export interface ManagerStart {
  /** --leader-elect */
  leaderElect?: boolean
  /** Controllers that do not run: --controllers and what other flags switch off. */
  disabled?: readonly string[]
  /** --kube-api-qps and --kube-api-burst, for each controller's own client. */
  qps?: number
  burst?: number
  /** --use-service-account-credentials: each controller's account is made, and these. Absent: none is. */
  accounts?: readonly string[]
}

/** A write that waits for its turn under the rate limit. */
interface Turn {
  tag: CallTag
  startedAt: number
  write: ApiWrite
}

interface Slot {
  controller: Controller
  certificate: Certificate | undefined
  queue: WorkQueue
  limit: TokenBucket
  passes: Map<string, Pass>
  context: Context
  /** It does not run in this process. */
  disabled: boolean
  memory: unknown
  memorySet: boolean
}

interface SlotState {
  queue: QueueState
  passes: Record<string, Pass>
  limit: TokenBucketState
  memory: unknown
  memorySet: boolean
}

export interface ManagerOptions {
  kernel: Kernel
  address: string
  /** The host it runs on; also the holder identity's prefix. */
  host: string
  controllers: Controller[]
  /** --leader-elect; false: it works from its start on, as provisioners of their own do. */
  leaderElect?: false
  election?: ElectionHooks
  /** Makes the client whose answers and changes come to the owner. */
  createClient: (owner: ApiClientOwner) => ApiClient
}

export class ControllerManager implements Component, ApiClientOwner {
  private readonly kernel: Kernel
  private readonly address: string
  private readonly client: ApiClient
  private readonly recorder: EventRecorder
  private readonly election: LeaderElection
  private readonly slots = new Map<string, Slot>()
  private readonly informers = new Map<Resource, Informer>()
  /** Every custom kind that was ever watched, in the order of their informers. */
  private custom: (CustomKind & { closed: boolean })[] = []
  private openKinds: readonly CustomKind[] = []
  private running = false
  private leading = false
  private workQueued = false
  private started: ManagerStart = {}

  constructor(private readonly options: ManagerOptions) {
    this.kernel = options.kernel
    this.address = options.address
    this.client = options.createClient(this)
    this.recorder = new EventRecorder(this.kernel, this.client, { component: 'kube-controller-manager' })
    this.election = this.createElection()
    for (const controller of options.controllers) this.slots.set(controller.name, this.createSlot(controller))
    this.openInformers()
    this.kernel.register(this.address, this)
  }

  get isLeading(): boolean {
    return this.leading
  }

  /** The process starts: it joins the election and works once it leads. */
  start(how: ManagerStart = {}): void {
    if (this.running) return
    this.running = true
    this.setStart(how)
    if (this.elects) this.election.start()
    else {
      this.startLeading()
      this.options.election?.onLeading?.()
    }
  }

  private get elects(): boolean {
    return this.options.leaderElect !== false && this.started.leaderElect !== false
  }

  private setStart(how: ManagerStart): void {
    this.started = how
    for (const slot of this.slots.values()) {
      slot.limit = new TokenBucket(how.qps ?? API_QPS, how.burst ?? API_BURST)
      slot.disabled = how.disabled?.includes(slot.controller.name) === true
    }
  }

  /** SIGTERM where the lease is released on exit (ControllerManagerReleaseLeaderElectionLockOnExit). */
  release(): void {
    if (this.running && this.elects) this.election.release()
  }

  /** The process dies: all that it knew is gone. */
  stop(): void {
    if (!this.running) return
    this.running = false
    if (this.elects) this.election.stop()
    this.stopLeading()
  }

  handle(event: KernelEvent): void {
    if (!this.running) return
    if (this.client.handle(event)) return
    if (event.type === MACHINE_TIMEOUT) this.election.timeout(event.data as MachineTimeout)
    else if (event.type === 'account') this.lookForAccount((event.data as AccountTag).account)
    else if (event.type === 'work') this.work()
    else if (event.type === 'turn') this.turn(event.data as Turn)
    else if (event.type === 'due') this.due(event.data as { controller: string; key: string })
    else if (event.type === 'tick') this.tick(event.data as { controller: string; key: string; everyMs: number })
  }

  onAnswer(answer: Answer): void {
    if (answer.tag === IGNORED) return
    if (answer.tag === LEASE_TAG) return this.election.answer(answer)
    const tag = answer.tag as CallTag | AccountTag
    if ('account' in tag) return this.accountAnswered(answer, tag.account)
    const slot = this.slots.get(tag.controller)
    const pass = slot?.passes.get(tag.key)
    if (slot === undefined || pass === undefined) return
    pass.answers[tag.index] = answer
    this.advance(slot, tag.key, pass)
  }

  onChange(resource: Resource, change: Change): void {
    if (!this.leading) return
    if (resource === DEFINITIONS) this.followDefinition(change)
    const isCustom = this.isCustom(resource)
    for (const slot of this.slots.values()) {
      if (slot.disabled) continue
      for (const watch of slot.controller.watches) {
        if (watch.resource !== resource) continue
        for (const key of watch.keys(change, slot.context)) slot.queue.add(key)
      }
      if (isCustom)
        for (const key of slot.controller.custom?.keys(resource, change, slot.context) ?? []) slot.queue.add(key)
      if (slot.passes.size > 0) this.releasePasses(slot)
    }
    this.queueWork()
  }

  dump(): unknown {
    const slots: Record<string, SlotState> = {}
    for (const [name, { queue, passes, limit, memory, memorySet }] of this.slots) {
      slots[name] = { queue: queue.dump(), passes: Object.fromEntries(passes), limit: limit.dump(), memory, memorySet }
    }
    const { running, leading, workQueued, started } = this
    const parts = { client: this.client.dump(), recorder: this.recorder.dump(), election: this.election.dump() }
    return { running, leading, workQueued, started, slots, custom: this.custom, ...parts }
  }

  load(state: unknown): void {
    const saved = state as {
      running: boolean
      leading: boolean
      workQueued: boolean
      started: ManagerStart
      slots: Record<string, SlotState>
      custom: (CustomKind & { closed: boolean })[]
      client: unknown
      recorder: ReturnType<EventRecorder['dump']>
      election: unknown
    }
    this.running = saved.running
    this.leading = saved.leading
    this.workQueued = saved.workQueued
    this.setStart(saved.started)
    for (const kind of saved.custom) this.openCustom(kind)
    this.custom = saved.custom
    this.openKinds = this.custom.filter(({ closed }) => !closed)
    this.client.load(saved.client)
    this.recorder.load(saved.recorder)
    this.election.load(saved.election)
    for (const [name, slot] of this.slots) this.loadSlot(slot, saved.slots[name])
  }

  private loadSlot(slot: Slot, saved: SlotState | undefined): void {
    if (saved === undefined) return
    slot.queue.load(saved.queue)
    slot.passes = new Map(Object.entries(saved.passes))
    slot.limit.load(saved.limit)
    slot.memory = saved.memory
    slot.memorySet = saved.memorySet
  }

  private createElection(): LeaderElection {
    const { host } = this.options
    return new LeaderElection({
      kernel: this.kernel,
      client: this.client,
      address: this.address,
      name: 'kube-controller-manager',
      identity: `${host}_${this.kernel.random(this.address).uuid()}`,
      ...this.options.election,
      record: (lease, facts) => this.recorder.record(lease as KubeObject, facts),
      onStartedLeading: () => {
        this.startLeading()
        this.options.election?.onLeading?.()
      },
      onStoppedLeading: () => {
        this.stop()
        this.options.election?.onLost?.()
      },
    })
  }

  private createSlot(controller: Controller): Slot {
    const queue = new WorkQueue(this.kernel, { to: this.address, type: 'due', controller: controller.name })
    const limit = new TokenBucket(API_QPS, API_BURST)
    const slot: Slot = {
      controller,
      certificate: certificateOf(controller.name),
      queue,
      limit,
      passes: new Map(),
      memory: undefined,
      memorySet: false,
      context: undefined as never,
      disabled: false,
    }
    slot.context = this.createContext(slot)
    return slot
  }

  private createContext(slot: Slot): Context {
    const { kernel, informers } = this
    return {
      get nowMs() {
        return kernel.clockMs
      },
      random: kernel.random(`controller/${slot.controller.name}`),
      cache: <T extends KubeObject>(resource: Resource) => {
        const informer = informers.get(resource)
        if (informer === undefined) throw new Error(`controller ${slot.controller.name} does not watch ${resource}`)
        return informer as unknown as Informer<T>
      },
      customKinds: () => this.openKinds,
      requeueAfter: (key, delayMs) => slot.queue.addAfter(key, delayMs),
      record: (name: string, facts?: JournalFacts) =>
        kernel.record(`controller.${slot.controller.name}.${name}`, facts),
      memory: <T>(initial: () => T) => {
        if (!slot.memorySet) {
          slot.memory = initial()
          slot.memorySet = true
        }
        return slot.memory as T
      },
    }
  }

  /** One informer a resource, with the indexes of every controller that looks at it. */
  private openInformers(): void {
    const indexes = new Map<Resource, Record<string, (object: KubeObject) => string[]>>()
    for (const { controller } of this.slots.values()) {
      for (const { resource } of controller.watches) if (!indexes.has(resource)) indexes.set(resource, {})
      for (const [resource, wanted] of Object.entries(controller.indexes ?? {})) {
        indexes.set(resource, { ...indexes.get(resource), ...wanted })
      }
    }
    if ([...this.slots.values()].some(({ controller }) => controller.custom !== undefined) && !indexes.has(DEFINITIONS))
      indexes.set(DEFINITIONS, {})
    for (const [resource, functions] of indexes)
      this.informers.set(
        resource,
        this.client.informer(resource, { indexes: functions, optional: resource === DEFINITIONS }),
      )
  }

  private isCustom(resource: Resource): boolean {
    return this.openKinds.some((kind) => kind.resource === resource)
  }

  /** A definition came, changed or went: its kind is watched as long as it is established. */
  private followDefinition({ type, object }: Change): void {
    const definition = object as CustomResourceDefinition
    const wanted = type === 'deleted' ? undefined : customKindOf(definition)
    const suffix = `/${definition.spec.names.plural}`
    const watched = this.custom.find(
      (kind) => !kind.closed && kind.resource.startsWith(`${definition.spec.group}/`) && kind.resource.endsWith(suffix),
    )
    if (watched?.resource === wanted?.resource) return
    if (watched !== undefined) this.closeCustom(watched)
    if (wanted === undefined) return
    const kind = { ...wanted, closed: false }
    this.openCustom(kind)
    this.custom = [...this.custom, kind]
    this.openKinds = [...this.openKinds, kind]
  }

  private openCustom(kind: CustomKind & { closed: boolean }): void {
    const indexes = [...this.slots.values()].map(({ controller }) => controller.custom?.indexes ?? {})
    const informer = this.client.informer(kind.resource, { indexes: Object.assign({}, ...indexes), optional: true })
    if (!kind.closed) this.informers.set(kind.resource, informer)
  }

  private closeCustom(kind: CustomKind & { closed: boolean }): void {
    this.client.closeInformer(kind.resource)
    this.custom = this.custom.map((one) => (one === kind ? { ...one, closed: true } : one))
    this.openKinds = this.custom.filter(({ closed }) => !closed)
  }

  private startLeading(): void {
    this.leading = true
    this.client.start()
    this.lookForAccounts()
    for (const { controller, disabled } of this.slots.values()) {
      if (disabled) continue
      for (const { key, everyMs } of controller.ticks ?? []) this.queueTick(controller.name, key, everyMs)
    }
  }

  /** Models controller-manager/pkg/clientbuilder (getOrCreateServiceAccount). */
  private lookForAccounts(): void {
    if (this.started.accounts === undefined) return
    const working = [...this.slots.values()].filter(({ disabled }) => !disabled)
    const own = working.map(({ controller }) => accountOf(controller.name)).filter((account) => account !== undefined)
    for (const account of new Set([...own, ...this.started.accounts].sort())) this.lookForAccount(account)
  }

  private lookForAccount(account: string): void {
    const where = { resource: 'v1/serviceaccounts', namespace: 'kube-system', name: account }
    if (this.leading) this.client.call({ verb: 'get', ...where }, { account })
  }

  private accountAnswered({ code, call }: Answer, account: string): void {
    if (call.verb === 'get' && code === 404) return this.makeAccount(account)
    if (code < 300 || code === 409) return
    this.kernel.send({ to: this.address, type: 'account', data: { account } }, ACCOUNT_RETRY_MS)
  }

  private makeAccount(name: string): void {
    const namespace = 'kube-system'
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }
    this.client.call({ verb: 'create', resource: 'v1/serviceaccounts', namespace, body }, { account: name })
  }

  private stopLeading(): void {
    this.leading = false
    this.running = false
    this.workQueued = false
    for (const kind of this.custom) if (!kind.closed) this.closeCustom(kind)
    this.client.stop()
    this.recorder.reset()
    for (const slot of this.slots.values()) {
      slot.queue.clear()
      slot.passes.clear()
      slot.limit.reset()
      slot.memorySet = false
      slot.memory = undefined
    }
  }

  private queueTick(controller: string, key: string, everyMs: number): void {
    this.kernel.send({ to: this.address, type: 'tick', data: { controller, key, everyMs } }, everyMs)
  }

  private tick(data: { controller: string; key: string; everyMs: number }): void {
    if (!this.leading) return
    this.queueTick(data.controller, data.key, data.everyMs)
    this.slots.get(data.controller)?.queue.add(data.key)
    this.queueWork()
  }

  private due(data: { controller: string; key: string }): void {
    this.slots.get(data.controller)?.queue.due(data.key)
    this.queueWork()
  }

  private queueWork(): void {
    if (this.workQueued) return
    this.workQueued = true
    this.kernel.send({ to: this.address, type: 'work' })
  }

  /** One pass over every queue; keys that are still busy stay. */
  private work(): void {
    this.workQueued = false
    if (!this.leading || !this.client.synced) return
    for (const slot of this.slots.values()) {
      if (slot.queue.size === 0) continue
      const isBusy = (key: string): boolean => slot.passes.has(key)
      for (let key = slot.queue.take(isBusy); key !== undefined; key = slot.queue.take(isBusy))
        this.reconcile(slot, key)
    }
  }

  private reconcile(slot: Slot, key: string): void {
    const writes = slot.controller.reconcile(slot.context, key)
    if (writes.length === 0) return slot.queue.forget(key)
    const pass = startPass(this.kernel.now)
    slot.passes.set(key, pass)
    this.carryOut(slot, key, pass, writes)
    this.advance(slot, key, pass)
  }

  private carryOut(slot: Slot, key: string, pass: Pass, writes: Write[]): void {
    for (const write of writes) {
      if (write.verb === 'event') this.say(slot, write)
      else if (write.verb === 'slowStart') pass.pending.push(...write.writes)
      else this.send(slot, key, pass, write)
    }
    if (pass.pending.length > 0 && pass.batch === 0) this.sendBatch(slot, key, pass)
  }

  private send(slot: Slot, key: string, pass: Pass, write: ApiWrite): void {
    const tag: CallTag = { controller: slot.controller.name, key, index: pass.answers.length }
    pass.answers.push(null)
    const waitMs = slot.limit.reserve(this.kernel.now)
    if (waitMs === 0) return this.call(slot, write, tag)
    this.kernel.send(
      { to: this.address, type: 'turn', data: { tag, startedAt: pass.startedAt, write } satisfies Turn },
      waitMs,
    )
  }

  private turn({ tag, startedAt, write }: Turn): void {
    const slot = this.slots.get(tag.controller)
    const pass = slot?.passes.get(tag.key)
    if (slot === undefined || !this.leading || pass?.startedAt !== startedAt) return
    if (pass.answers[tag.index] === null) this.call(slot, write, tag)
  }

  /** Sends a write with the controller's own service account. */
  private call({ certificate }: Slot, write: ApiWrite, tag: CallTag): void {
    this.client.call(certificate === undefined ? write : { ...write, as: certificate }, tag)
  }

  private say(slot: Slot, write: EventWrite): void {
    slot.limit.reserve(this.kernel.now)
    this.recorder.record(write.about, write, { component: write.source })
  }

  /** Slow start (D1): the next batch is twice the last. */
  private sendBatch(slot: Slot, key: string, pass: Pass): void {
    pass.batch = pass.batch === 0 ? 1 : pass.batch * 2
    for (const write of pass.pending.splice(0, pass.batch)) this.send(slot, key, pass, write)
  }

  private advance(slot: Slot, key: string, pass: Pass): void {
    if (pass.answers.includes(null)) return
    const failed = pass.answers.some((answer) => answer !== null && !succeeded(answer))
    if (pass.pending.length > 0 && !failed) return this.sendBatch(slot, key, pass)
    while (!pass.settled && !pass.answers.includes(null)) this.settle(slot, key, pass)
    if (pass.settled) this.finish(slot, key, pass)
  }

  /** Shows the controller the answers of the last round; it is over when no more writes follow. */
  private settle(slot: Slot, key: string, pass: Pass): void {
    const { controller, context } = slot
    const answers = pass.answers.slice(pass.round).filter((answer) => answer !== null)
    const skipped = pass.pending.splice(0)
    pass.round = pass.answers.length
    pass.batch = 0
    const writes = controller.settle?.(context, key, { answers, skipped }) ?? []
    this.carryOut(slot, key, pass, writes)
    pass.settled = pass.answers.length === pass.round
  }

  private finish(slot: Slot, key: string, pass: Pass): void {
    if (!isFinished(pass, this.informers) && this.kernel.now - pass.startedAt < EXPECTATIONS_TIMEOUT_MS) return
    slot.passes.delete(key)
    const failed = pass.answers.some((answer) => answer !== null && !succeeded(answer))
    if (failed && slot.controller.fixedInterval !== true) slot.queue.fail(key)
    else slot.queue.forget(key)
    if (slot.queue.size > 0) this.queueWork()
  }

  /** Passes whose writes the caches have now seen are over. */
  private releasePasses(slot: Slot): void {
    for (const [key, pass] of slot.passes) if (pass.settled) this.finish(slot, key, pass)
  }
}

/** A call worked, or it told what it was to tell: what is deleted or looked for is not there. */
function succeeded(answer: Answer): boolean {
  const mayBeAbsent = answer.call.verb === 'delete' || answer.call.verb === 'get'
  return (answer.code >= 200 && answer.code < 300) || (mayBeAbsent && answer.code === 404)
}
