/**
 * One run of a cluster as the outside meets it: inputs with their virtual arrival time go in, terminal
 * bytes, script results and HTTP answers come out, time passes on demand. Seed + input log = the run.
 * This is an edge of the engine: it is the one driver that awaits (the text tools of the shell).
 */
import { Cluster } from './cluster.ts'
import { LEARNER } from './cluster/cluster-hosts.ts'
import { makePicture, pictureNodes } from './cluster/picture.ts'
import type { ClusterPicture } from './cluster/picture.ts'
import type { OutsideRequest } from './cluster/outside-wires.ts'
import type { ClusterOptions } from './cluster/plan.ts'
import { simulatedHands, simulatedView } from './cluster/ports.ts'
import { HTTP } from './fabric/http.ts'
import type { HttpChunkData, HttpEndData, HttpRequest, HttpResponse, HttpResponseData } from './fabric/http.ts'
import type { EventId } from './kernel/kernel.ts'
import type { Component, KernelSnapshot } from './kernel/kernel.ts'
import type { JournalEntry } from './kernel/journal.ts'
import type { KernelEvent } from './kernel/queue.ts'
import { underTripwire } from './kernel/tripwire.ts'
import { Terminals, runScript, takeScript } from './shell/index.ts'
import { API_PORT, OUTSIDE_FAILED } from './api/server.ts'
import type { NetworkPoint } from './host/network-port.ts'
import type { MeterOptions, MeterReport } from './cluster/meter.ts'
import type { ClusterHands, ClusterView, Reach, Vantage } from './view.ts'

export type FlightOptions = ClusterOptions

export type FlightInput =
  | { kind: 'terminal.open'; terminal: string; host: string; user: string; columns: number; rows: number }
  | { kind: 'terminal.input'; terminal: string; text: string }
  | { kind: 'terminal.resize'; terminal: string; columns: number; rows: number }
  | { kind: 'terminal.close'; terminal: string }
  /** What the page's editor gave back: the text to save, or null. */
  | { kind: 'terminal.edited'; terminal: string; text: string | null }
  | { kind: 'script'; id: string; text: string; host: string; user: string }
  | { kind: 'api'; id: string; request: HttpRequest }
  | { kind: 'api.input'; id: string; input: unknown }
  | { kind: 'api.cancel'; id: string }
  | { kind: 'hands'; action: HandsAction; args: string[] }
  /** A client begins to ask the same question again and again, or stops. */
  | { kind: 'measure'; meter: MeterOptions }
  | { kind: 'measure.stop'; name: string }
  /** What came of a request that left the simulation. */
  | { kind: 'outside.answer'; id: string; answer: { response: HttpResponse } | { error: string } }

/** What an instructor or a check does to the hosts and wires. */
export type HandsAction = 'crash' | 'boot' | 'reboot' | 'cut' | 'mend' | 'writeFile'

/** An input and the virtual millisecond at which it came. */
export interface InputEntry {
  at: number
  input: FlightInput
}

export interface FlightListeners {
  output?(terminal: string, text: string): void
  edit?(terminal: string, request: { path: string; text: string; editor: 'vi' | 'nano' }): void
  scriptExit?(id: string, result: { code: number; stdout: string; stderr: string }): void
  response?(id: string, response: HttpResponse): void
  chunk?(id: string, chunk: unknown): void
  end?(id: string, error?: string): void
  /**
   * A request leaves the simulation: a webhook at a URL outside. The answer is the input `outside.answer`;
   * until it comes, time stands still. Without this listener nobody is there.
   */
  outside?(request: OutsideRequest): void
  journal?(entry: JournalEntry): void
}

interface DoorState {
  /** Scripts under way, by id. */
  scripts: Record<string, number>
  /** Open edit requests by terminal. */
  edits: Record<string, number>
  /** Addresses of the API server that a request went to. */
  requests: Record<string, string>
  /** Requests that left the simulation and are not answered. */
  outside: Record<string, OutsideRequest>
}

/** The run as plain, JSON-able data. */
export interface FlightSnapshot {
  options: FlightOptions
  kernel: KernelSnapshot
  log: InputEntry[]
}

/** How long the boot of a cluster may take, in virtual time. */
const BOOT_LIMIT_MS = 300_000
const STEP_MS = 250
/** A run is settled when nothing but housekeeping happened for this long. */
const SETTLED_MS = 3_000
const SETTLE_LIMIT_MS = 600_000

/** The kernel address at which answers for the outside arrive. */
class Door implements Component {
  static readonly address = 'door'
  state: DoorState = { scripts: {}, edits: {}, requests: {}, outside: {} }
  constructor(private readonly hear: (event: KernelEvent) => void) {}
  handle(event: KernelEvent): void {
    this.hear(event)
  }
  dump(): DoorState {
    return this.state
  }
  load(state: unknown): void {
    this.state = state as DoorState
  }
}

export class Flight {
  readonly cluster: Cluster
  readonly log: InputEntry[] = []
  readonly view: ClusterView
  readonly hands: ClusterHands
  readonly listeners: FlightListeners
  private readonly door: Door
  private readonly terminals: Terminals
  private readonly waiting = new Map<string, (response: HttpResponse) => void>()
  private readonly waitingScripts = new Map<
    string,
    (result: { code: number; stdout: string; stderr: string }) => void
  >()
  private queue: Promise<void> = Promise.resolve()
  /** Answers from outside that a log knows already, by request. */
  private readonly foreseen = new Map<string, FlightInput & { kind: 'outside.answer' }>()
  /** Inputs that came while time stood still for an answer from outside. */
  private held: FlightInput[] = []
  private wakeOutside: (() => void) | undefined
  private serial = 0

  private constructor(
    readonly options: FlightOptions,
    listeners: FlightListeners = {},
  ) {
    this.listeners = listeners
    this.cluster = new Cluster(options)
    this.door = new Door((event) => this.hear(event))
    this.cluster.kernel.register(Door.address, this.door)
    this.cluster.outside = (request) => this.letOut(request)
    this.terminals = new Terminals(this.cluster.processes)
    this.cluster.processes.observe({
      onOutput: (terminal, text) => this.listeners.output?.(terminal, text),
      onEdit: (terminal, { id, path, text, editor }) => {
        this.door.state.edits[terminal] = id
        this.listeners.edit?.(terminal, { path, text, editor: editor === 'nano' ? 'nano' : 'vi' })
      },
    })
    this.cluster.kernel.journal.listen('', (entry) => this.listeners.journal?.(entry))
    this.view = simulatedView(this)
    this.hands = simulatedHands(this)
  }

  /** Boots a cluster until its nodes are Ready and its add-ons run. Throws when they never are. */
  static async launch(options: FlightOptions, listeners: FlightListeners = {}): Promise<Flight> {
    const flight = new Flight(options, listeners)
    flight.cluster.boot()
    while (!flight.isUp()) {
      if (flight.nowMs > BOOT_LIMIT_MS)
        throw new Error(
          `the cluster did not come up within ${BOOT_LIMIT_MS / 1000} s of its time (seed ${options.seed})`,
        )
      await flight.advance(STEP_MS)
    }
    await flight.settle()
    return flight
  }

  /** Puts a snapshot back; the run goes on as the original would. */
  static restore(
    snapshot: FlightSnapshot,
    listeners: FlightListeners = {},
    options: { isOwned?: boolean } = {},
  ): Flight {
    const flight = new Flight(snapshot.options, listeners)
    flight.cluster.kernel.restore(snapshot.kernel, options)
    flight.log.push(...structuredClone(snapshot.log))
    for (const request of Object.values(flight.door.state.outside)) flight.listeners.outside?.(request)
    return flight
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.cluster.kernel.now
  }

  /** Milliseconds since 1970 on the simulated clock. */
  get clockMs(): number {
    return this.cluster.kernel.clockMs
  }

  get journal(): Cluster['kernel']['journal'] {
    return this.cluster.kernel.journal
  }

  /** The rolling hash of everything that happened. */
  hash(): string {
    return this.journal.hash()
  }

  hosts(): { name: string; role: 'base' | 'control-plane' | 'worker' | 'bare' | 'balancer'; ip: string }[] {
    return this.cluster.plan.hosts
  }

  picture(): ClusterPicture {
    return makePicture(this.cluster)
  }

  snapshot(): FlightSnapshot {
    return { options: this.options, kernel: this.cluster.kernel.snapshot(), log: structuredClone(this.log) }
  }

  /** Hands an input in at the present instant, and notes it in the log. */
  input(input: FlightInput): void {
    if (this.standsStill && input.kind !== 'outside.answer') return void this.held.push(input)
    this.take(input)
    if (this.standsStill) return
    for (const late of this.held.splice(0)) this.take(late)
    this.wakeOutside?.()
  }

  private take(input: FlightInput): void {
    this.log.push({ at: this.nowMs, input })
    underTripwire(() => this.apply(input))
  }

  /** Answers that requests for the outside will get, instead of anybody being asked. */
  foresee(log: readonly InputEntry[]): void {
    for (const { input } of log) if (input.kind === 'outside.answer') this.foreseen.set(input.id, input)
  }

  /** An answer from outside is waited for. */
  private get standsStill(): boolean {
    return Object.keys(this.door.state.outside).length > 0
  }

  /** A request leaves the simulation; false when nobody is there. */
  private letOut(request: OutsideRequest): boolean {
    const foreseen = this.foreseen.get(request.id)
    if (foreseen === undefined && this.listeners.outside === undefined) return false
    this.door.state.outside[request.id] = request
    if (foreseen !== undefined) this.take(foreseen)
    else this.listeners.outside?.(request)
    return true
  }

  private outsideAnswered(id: string, answer: { response: HttpResponse } | { error: string }): void {
    const request = this.door.state.outside[id]
    if (request === undefined) return
    delete this.door.state.outside[id]
    const { tag, address } = request.replyTo
    const event =
      'response' in answer
        ? { to: address, type: HTTP.response, data: { tag, response: answer.response } }
        : { to: address, type: OUTSIDE_FAILED, data: { tag, answer } }
    this.cluster.kernel.send(event)
  }

  /**
   * Runs the clock on. Calls queue up, so that two of them never interleave.
   * Throws a RangeError unless `ms` is a whole number of milliseconds, 0 or more.
   */
  advance(ms: number): Promise<void> {
    if (!Number.isInteger(ms) || ms < 0) throw new RangeError(`advance takes whole milliseconds, not ${ms}`)
    return this.enqueue(() => this.runUntil(this.nowMs + ms))
  }

  /** Runs to the next event and carries out its instant. */
  skipToNext(): Promise<void> {
    return this.enqueue(() => this.runUntil(this.cluster.kernel.nextAt() ?? this.nowMs))
  }

  /** Runs until nothing but periodic housekeeping happened for three seconds of the cluster's time. */
  settle(maxMs = SETTLE_LIMIT_MS): Promise<void> {
    return this.enqueue(async () => {
      const limit = this.nowMs + maxMs
      let quietSince = this.nowMs
      const stop = this.journal.listen('', ({ name }) => {
        if (!HOUSEKEEPING.test(name)) quietSince = this.nowMs
      })
      while (this.nowMs < limit && (this.nowMs - quietSince < SETTLED_MS || this.isMoving()))
        await this.runUntil(this.nowMs + STEP_MS)
      stop()
    })
  }

  /** Runs a bash script to its end, as fast as it goes. */
  async script(
    text: string,
    options: { host?: string; user?: string; timeoutMs?: number } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const id = `script-${++this.serial}-${this.nowMs}`
    const limit = this.nowMs + (options.timeoutMs ?? SCRIPT_LIMIT_MS)
    let result: { code: number; stdout: string; stderr: string } | undefined
    this.waitingScripts.set(id, (answer) => (result = answer))
    this.input({ kind: 'script', id, text, host: options.host ?? 'base', user: options.user ?? LEARNER })
    await this.enqueue(async () => {
      const startMs = this.nowMs
      while (result === undefined && this.nowMs < limit) await this.runInstant(limit)
      await this.leave(startMs)
    })
    this.waitingScripts.delete(id)
    return (
      result ?? {
        code: 124,
        stdout: '',
        stderr: `stopped: still running after ${(options.timeoutMs ?? SCRIPT_LIMIT_MS) / 1000} s of the cluster's time\n`,
      }
    )
  }

  /** One API request, run until it is answered. */
  async api(request: HttpRequest): Promise<HttpResponse> {
    const id = `api-${++this.serial}-${this.nowMs}`
    let result: HttpResponse | undefined
    this.waiting.set(id, (response) => (result = response))
    this.input({ kind: 'api', id, request })
    await this.enqueue(async () => {
      const startMs = this.nowMs
      const limit = startMs + API_LIMIT_MS
      while (result === undefined && this.nowMs < limit) await this.runInstant(limit)
      await this.leave(startMs)
    })
    this.waiting.delete(id)
    return result ?? { code: 504, headers: {}, body: 'the API server did not answer' }
  }

  /** Lets a client ask the same question again and again from now on; see `measured`. Throws for what is no URL of HTTP. */
  measure(meter: MeterOptions): void {
    const scheme = /^(https?):\/\/[^/]/.exec(meter.url)?.[1]
    if (scheme === undefined || !URL.canParse(meter.url))
      throw new Error(`${meter.url}: not a URL such as http://host:port/path`)
    const tls = meter.tls ?? (scheme === 'https' ? this.adminTls() : undefined)
    this.input({ kind: 'measure', meter: { ...meter, ...(tls && { tls }) } })
  }

  private adminTls(): MeterOptions['tls'] {
    const text = this.cluster.hosts.find('base')?.files.text('/root/.kube/config') ?? ''
    const data = (field: string): string => atob(new RegExp(`${field}: (\\S+)`).exec(text)?.[1] ?? '')
    return { cert: data('client-certificate-data'), key: data('client-key-data'), insecure: true }
  }

  /** What such a client saw so far: failed requests, outages, how long they lasted. Undefined: no meter of that name. */
  measured(name: string): MeterReport | undefined {
    return this.cluster.meters.report(name)
  }

  /** The request with full rights. */
  asAdmin(request: HttpRequest): HttpRequest {
    return { ...request, certificate: { commonName: 'kubernetes-admin', organizations: ['system:masters'] } }
  }

  /** A copy of the run that goes its own way; nothing that happens there comes back. */
  fork(): Flight {
    return Flight.restore(this.snapshot(), {}, { isOwned: true })
  }

  /** What a connection from a vantage meets: TCP, or HTTP when a URL is given. The clock runs meanwhile. */
  async connectFrom(
    from: Vantage,
    target: { host: string; port: number; url?: string | undefined; timeoutMs: number },
  ): Promise<Reach> {
    const point = this.pointOf(from)
    const resolved = this.cluster.network.resolve(point, target.host)
    if ('answer' in resolved && 'error' in resolved.answer) return { outcome: 'unresolved' }
    const dialled = this.cluster.network.connect(point, target.host, target.port)
    if (!('answer' in dialled)) return { outcome: 'timeout' }
    await this.advance(Math.min(dialled.afterMs ?? 0, target.timeoutMs))
    if (dialled.answer !== 'open') return { outcome: dialled.answer }
    return target.url === undefined ? { outcome: 'open' } : this.fetchFrom(point, target.url, target.timeoutMs)
  }

  async resolveFrom(from: Vantage, name: string): Promise<string[]> {
    const found = this.cluster.network.resolve(this.pointOf(from), name)
    return 'answer' in found && 'addresses' in found.answer ? found.answer.addresses : []
  }

  private async fetchFrom(point: NetworkPoint, url: string, timeoutMs: number): Promise<Reach> {
    const id = `fetch-${++this.serial}-${this.nowMs}`
    let result: HttpResponse | undefined
    this.waiting.set(id, (response) => (result = response))
    const request = { method: 'GET' as const, query: {}, headers: { 'user-agent': 'kubeflight' } }
    const sent = this.cluster.network.http(
      point,
      { url, request, tls: { insecure: true } },
      { host: point.host, address: Door.address, tag: id },
    )
    if ('answer' in sent)
      return {
        outcome:
          sent.answer.failure === 'refused' ? 'refused' : sent.answer.failure === 'dns' ? 'unresolved' : 'timeout',
      }
    await this.enqueue(async () => {
      const startMs = this.nowMs
      const limit = startMs + timeoutMs
      while (result === undefined && this.nowMs < limit) await this.runInstant(limit)
      await this.leave(startMs)
    })
    this.waiting.delete(id)
    return result === undefined
      ? { outcome: 'timeout' }
      : { outcome: 'open', status: result.code, body: String(result.body ?? '') }
  }

  private pointOf(from: Vantage): NetworkPoint {
    if ('host' in from) return { host: from.host, root: { kind: 'host' }, pid: 0 }
    return this.cluster.pointOfPod(from.namespace ?? 'default', from.pod)
  }

  isAtPrompt(terminal: string): boolean {
    return this.terminals.isAtPrompt(terminal)
  }

  isOpen(terminal: string): boolean {
    return this.terminals.isOpen(terminal)
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work)
    this.queue = done.catch(() => undefined)
    return done
  }

  /**
   * What was answered within one instant moves on to the next: an input that follows an answer has a later `at`,
   * so that the log alone tells a replay what came before what.
   */
  private async leave(startMs: number): Promise<void> {
    if (this.nowMs === startMs) await this.runUntil(startMs + 1)
  }

  /** Carries out the next instant that has events; stands at `limitMs` when there is none before it. */
  private runInstant(limitMs: number): Promise<void> {
    return this.runUntil(Math.min(limitMs, Math.max(this.nowMs, this.cluster.kernel.nextAt() ?? limitMs)))
  }

  /** Moves the clock; text tools finish at the instant in which they began. */
  private async runUntil(untilMs: number): Promise<void> {
    const { kernel, edge } = this.cluster
    for (;;) {
      underTripwire(() => {
        for (
          let at = kernel.nextAt();
          at !== undefined && at <= untilMs && !edge.busy && !this.standsStill;
          at = kernel.nextAt()
        )
          kernel.step()
      })
      if (!edge.busy && !this.standsStill) break
      if (edge.busy) await edge.idle()
      else await new Promise<void>((resolve) => (this.wakeOutside = resolve))
    }
    kernel.runUntil(untilMs)
  }

  private apply(input: FlightInput): void {
    switch (input.kind) {
      case 'terminal.open':
        return void this.terminals.open(input.terminal, input)
      case 'terminal.input':
        return this.terminals.input(input.terminal, input.text)
      case 'terminal.resize':
        return this.terminals.resize(input.terminal, input.columns, input.rows)
      case 'terminal.close':
        return this.terminals.close(input.terminal)
      case 'terminal.edited':
        return this.edited(input.terminal, input.text)
      case 'script':
        return this.startScript(input)
      case 'api':
        return this.sendRequest(input.id, input.request)
      case 'api.input':
        return this.post(input.id, HTTP.input, { input: input.input })
      case 'api.cancel':
        return this.post(input.id, HTTP.cancel, {})
      case 'outside.answer':
        return this.outsideAnswered(input.id, input.answer)
      case 'measure':
        return this.cluster.meters.start(input.meter)
      case 'measure.stop':
        return this.cluster.meters.stop(input.name)
      case 'hands':
        return this.act(input.action, input.args)
    }
  }

  private edited(terminal: string, text: string | null): void {
    const request = this.door.state.edits[terminal]
    if (request === undefined) return
    delete this.door.state.edits[terminal]
    this.terminals.edited(terminal, request, text ?? undefined)
  }

  private startScript({ id, text, host, user }: { id: string; text: string; host: string; user: string }): void {
    const onExit = { to: Door.address, type: 'script.ended', data: { id } }
    const made = runScript(this.cluster.processes, text, { host, user, onExit })
    if ('pid' in made) this.door.state.scripts[id] = made.pid
    else this.scriptEnded(id, { code: 127, stdout: '', stderr: `${host}: ${made.error}\n` })
  }

  private sendRequest(id: string, request: HttpRequest): void {
    const { plan, fabric } = this.cluster
    const host = plan.controlPlanes.find(({ name }) => fabric.dial(name, name, API_PORT).kind === 'open')?.name
    if (host === undefined) return this.answered(id, { code: 503, headers: {}, body: 'no API server is up' })
    this.door.state.requests[id] = host
    const data = { id, from: host, request, replyTo: { host, address: Door.address, tag: id } }
    fabric.send({ from: host, to: host, port: API_PORT, event: { to: `apiserver/${host}`, type: HTTP.request, data } })
  }

  private post(id: string, type: string, data: Record<string, unknown>): void {
    const host = this.door.state.requests[id]
    if (host === undefined) return
    this.cluster.fabric.send({
      from: host,
      to: host,
      port: API_PORT,
      event: { to: `apiserver/${host}`, type, data: { ...data, id, from: host } },
    })
    if (type === HTTP.cancel) delete this.door.state.requests[id]
  }

  private act(action: HandsAction, [first = '', second = '', third = '']: string[]): void {
    const { hosts, fabric, kernel } = this.cluster
    kernel.record(`hands.${action}`, { first, second })
    if (action === 'cut') fabric.cut(first, second)
    else if (action === 'mend') fabric.mend(first, second)
    else if (action === 'writeFile') hosts.get(first).files.put(second, third)
    else hosts[action](first)
  }

  private hear(event: KernelEvent): void {
    if (event.type === 'script.ended') return this.takeResult(event.data as { id: string; pid: number })
    if (event.type === HTTP.response) {
      const { tag, response } = event.data as HttpResponseData
      this.answered(tag, response)
    } else if (event.type === HTTP.chunk) {
      const { tag, chunk } = event.data as HttpChunkData
      this.listeners.chunk?.(tag, chunk)
    } else if (event.type === HTTP.end) {
      const { tag, error } = event.data as HttpEndData
      delete this.door.state.requests[tag]
      this.listeners.end?.(tag, error)
    }
  }

  private answered(id: string, response: HttpResponse): void {
    if (response.streaming !== true) delete this.door.state.requests[id]
    this.waiting.get(id)?.(response)
    this.listeners.response?.(id, response)
  }

  private takeResult({ id, pid }: { id: string; pid: number }): void {
    const { stdout, stderr, code } = takeScript(this.cluster.processes, pid)
    delete this.door.state.scripts[id]
    this.scriptEnded(id, { code: code ?? 0, stdout, stderr })
  }

  private scriptEnded(id: string, result: { code: number; stdout: string; stderr: string }): void {
    this.waitingScripts.get(id)?.(result)
    this.listeners.scriptExit?.(id, result)
  }

  private isUp(): boolean {
    if (!this.cluster.kubeadm.done) return false
    const nodes = pictureNodes(this.cluster)
    return (
      nodes.length === this.cluster.plan.nodes.length &&
      nodes.every(({ ready, pods }) => ready && pods.every((pod) => pod.ready))
    )
  }

  /** Pods on their way somewhere. */
  private isMoving(): boolean {
    return pictureNodes(this.cluster).some(({ pods }) =>
      pods.some(({ status }) => /^(Pending|ContainerCreating|Terminating|PodInitializing)$/.test(status)),
    )
  }
}

/** A script that sleeps is given a day. */
const SCRIPT_LIMIT_MS = 24 * 3_600_000
const API_LIMIT_MS = 120_000
/** Journal names that go on for ever. */
const HOUSEKEEPING =
  /^(lease|kubelet\.(node|lease|volume)|etcd\.compacted|hands|container\.probe|kubelet\.probe|coredns\.)/

/** Re-runs a log from the launch on; at `untilMs` the flight stands where the original stood. */
export async function replay(
  options: FlightOptions,
  log: readonly InputEntry[],
  untilMs: number,
  listeners: FlightListeners = {},
): Promise<Flight> {
  const flight = await Flight.launch(options, listeners)
  return replayOn(flight, log, untilMs)
}

/** Goes on from a flight with the entries that it has not seen yet. */
export async function replayOn(flight: Flight, log: readonly InputEntry[], untilMs: number): Promise<Flight> {
  flight.foresee(log)
  for (const { at, input } of log.slice(flight.log.length)) {
    if (input.kind === 'outside.answer') continue
    if (at > flight.nowMs) await flight.advance(at - flight.nowMs)
    flight.input(input)
  }
  if (untilMs > flight.nowMs) await flight.advance(untilMs - flight.nowMs)
  return flight
}

export type { ClusterPicture, EventId }
