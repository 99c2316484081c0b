/**
 * All processes of all hosts: drives their generators, carries out their system calls, gives them
 * signals, and remembers the answers of traced ones so that a snapshot can bring them back.
 *
 * Models a kernel's process table as far as a shell shows it. The processor is finite: a process
 * that does not wait gets `SLICE` system calls a virtual millisecond, and is killed when it has used
 * `BUDGET` of them at that rate. Not modelled: threads, nice, memory, ptrace, process namespaces.
 */
import { HTTP } from '../../fabric/http.ts'
import type { HttpChunkData, HttpEndData, HttpRequestData, HttpResponseData } from '../../fabric/http.ts'
import type { Component, Kernel } from '../../kernel/kernel.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import { binaryVersion } from '../binary.ts'
import type { Edge } from '../edge.ts'
import { LISTENING, NETWORK_ANSWER } from '../network-port.ts'
import type { NetworkAnswerData } from '../network-port.ts'
import { ANSWER_EVENT, PENDING, RUNTIME_ADDRESS } from '../pending.ts'
import type { AnswerData } from '../pending.ts'
import type { Run, Syscall } from '../process.ts'
import { defaultAction, isForced } from '../signals.ts'
import type { Signal } from '../signals.ts'
import { fileCalls } from './calls/files.ts'
import { forwardSize, forwardTyped } from './calls/forward.ts'
import { cancelExchange, gathered, networkCalls } from './calls/network.ts'
import { absolute, actorOf } from './calls/paths.ts'
import { processCalls } from './calls/processes.ts'
import { arrived, closeSockets, followedUp, socketCalls } from './calls/sockets.ts'
import type { Accepted, ListeningSocket } from './calls/sockets.ts'
import { streamCalls } from './calls/streams.ts'
import { makeExit, makeKilled } from './exit.ts'
import { findProgram, unwritten } from './lookup.ts'
import type { ChildOptions, Machine, NetworkWait, RuntimeCall } from './machine.ts'
import { makeProc } from './proc.ts'
import type { Description, ExitStatus, Pipe, ProcessRecord, Sink, Terminal } from './record.ts'
import { makeTerminal, typeInto } from './terminal.ts'
import type { ProcessRoot, ProcessWorld } from './world.ts'

/** System calls that one process may make in one virtual millisecond. */
const SLICE = 1000
/** System calls that a process may make at that rate before it is taken for a runaway. */
const BUDGET = 500_000
/** Processes in one root (a host or a container). */
const MAX_PROCESSES = 500
/** Characters kept of one captured output. */
const MAX_CAPTURE = 16 * 1024 * 1024

const CALLS: Readonly<Record<string, RuntimeCall>> = {
  ...streamCalls,
  ...fileCalls,
  ...networkCalls,
  ...socketCalls,
  ...processCalls,
}

export interface SpawnRequest {
  host: string
  root?: ProcessRoot
  argv: string[]
  env?: Record<string, string>
  cwd?: string
  user?: string
  stdin?: Sink
  stdout?: Sink
  stderr?: Sink
  /** False: a snapshot drops the process. Otherwise it is replayed from its answers. */
  traced?: boolean
  /** The process id of its parent; absent: none. */
  parent?: number
  /** Sent when it ends; its data is extended by `{ pid, code, signal? }`. */
  onExit?: KernelEvent
  /** The first process of a container. */
  init?: boolean
  /** The name under which its exit code is kept for `captureOf`. */
  captureAs?: string
  /** Plain data for the program (`p.ask('start')`). */
  start?: unknown
}

export type SpawnResult = { pid: number } | { error: 'ENOENT' | 'EACCES' | 'EAGAIN' }

interface TableState {
  processes: ProcessRecord[]
  descriptions: [number, Description][]
  pipes: [number, Pipe][]
  terminals: Terminal[]
  exchanges: [string, NetworkWait][]
  sockets?: [string, ListeningSocket][]
  accepted?: [string, Accepted][]
  captures: [string, string][]
  results: [number, { name: string; code?: number }][]
  ready: number[]
  counters: { pid: number; description: number; pipe: number; token: number }
  running: boolean
}

/** What the outside may watch. Never part of the run. */
export interface TableObserver {
  onOutput?(terminal: string, text: string): void
  onEdit?(terminal: string, request: { id: number; path: string; text: string; editor: string }): void
}

export class ProcessTable implements Component, Machine {
  static readonly address = RUNTIME_ADDRESS
  readonly processes = new Map<number, ProcessRecord>()
  readonly terminals = new Map<string, Terminal>()
  readonly exchanges = new Map<string, NetworkWait>()
  readonly sockets = new Map<string, ListeningSocket>()
  readonly accepted = new Map<string, Accepted>()
  private readonly descriptions = new Map<number, Description>()
  private readonly pipes = new Map<number, Pipe>()
  private readonly captures = new Map<string, string>()
  private readonly results = new Map<number, { name: string; code?: number }>()
  private ready: number[] = []
  private counters = { pid: 1000, description: 0, pipe: 0, token: 0 }
  private runQueued = false
  private readonly generators = new Map<number, Run<number>>()
  private readonly waiting = new Map<string, Set<number>>()
  private readonly observers = new Set<TableObserver>()

  constructor(
    readonly kernel: Kernel,
    readonly world: ProcessWorld,
    private readonly edge?: Edge,
  ) {
    kernel.register(ProcessTable.address, this)
    kernel.register(LISTENING.loopback, {
      handle: (event) => this.handle(event),
      dump: () => null,
      load: () => undefined,
    })
    edge?.attach(kernel)
  }

  observe(observer: TableObserver): () => void {
    this.observers.add(observer)
    return () => void this.observers.delete(observer)
  }

  /** Starts a process from outside. The program is looked up along PATH in the files of its root. */
  spawn(request: SpawnRequest): SpawnResult {
    const { host, argv, root = { kind: 'host' }, env = {}, cwd = '/', user = 'root' } = request
    const streams = [
      request.stdin ?? { kind: 'null' },
      request.stdout ?? { kind: 'null' },
      request.stderr ?? request.stdout ?? { kind: 'null' },
    ] as const
    const tty = streams.find((sink) => sink.kind === 'tty')
    const made = this.make({
      host,
      root,
      argv,
      env,
      cwd,
      user,
      parent: request.parent ?? 0,
      traced: request.traced ?? true,
    })
    if ('error' in made) return made
    if (tty?.kind === 'tty') made.tty = tty.id
    if (request.onExit !== undefined) made.onExit = request.onExit
    if (request.captureAs !== undefined) this.results.set(made.pid, { name: request.captureAs })
    if (request.init === true) made.init = true
    if (request.start !== undefined) made.start = request.start
    streams.forEach((sink, fd) => this.attach(made, fd, sink))
    this.enqueue(made)
    return { pid: made.pid }
  }

  process(pid: number): ProcessRecord | undefined {
    return this.processes.get(pid)
  }

  /** Gives text to a `fed` stdin; null closes it. */
  feed(pid: number, text: string | null): void {
    const process = this.processes.get(pid)
    const stdin = process === undefined ? undefined : this.description(process, 0)
    if (stdin?.kind !== 'pipe') return
    const pipe = this.pipeOf(stdin.pipe)
    if (text !== null) pipe.text += text
    else if (pipe.fed === true) {
      pipe.fed = false
      pipe.writers--
    }
    this.wake(`pipe ${stdin.pipe} read`)
  }

  /** What was written to `capture` sinks of this name; `take` forgets it. */
  captured(name: string, options: { take?: boolean } = {}): string {
    const text = this.captures.get(name) ?? ''
    if (options.take === true) this.captures.delete(name)
    return text
  }

  /** A number for a capture's name that was not used before. */
  nextCapture(): number {
    return ++this.counters.token
  }

  /** The capture name of a process started with `captureAs`, and its exit code when it has ended (once). */
  captureOf(pid: number): { name: string; code: number | undefined } {
    const { name, code } = this.results.get(pid) ?? { name: '', code: 127 }
    if (code !== undefined) this.results.delete(pid)
    return { name, code }
  }

  /** Opens a terminal. With `event` its output becomes events of that kind rather than a person's screen. */
  openTerminal(id: string, size: { columns: number; rows: number }, event?: KernelEvent): Terminal {
    const terminal: Terminal = { ...makeTerminal(id, size), ...(event !== undefined && { event }) }
    this.terminals.set(id, terminal)
    return terminal
  }

  /** Hangs a terminal up: its processes get HUP. */
  closeTerminal(id: string): void {
    this.terminals.delete(id)
    for (const process of [...this.processes.values()]) if (process.tty === id) this.signal(process.pid, 'HUP')
  }

  /** Ends every process that the test names, without a signal: a crash of a host, the end of a container. */
  killAll(which: (process: ProcessRecord) => boolean): void {
    for (const process of [...this.processes.values()])
      if (which(process)) this.exitProcess(process, makeKilled('KILL'))
  }

  handle(event: KernelEvent): void {
    switch (event.type) {
      case 'run':
        return this.runReady()
      case 'host.down': {
        const { host } = event.data as { host: string }
        return this.killAll((process) => process.host === host)
      }
      case 'slice':
        return this.continueSlice((event.data as { pid: number }).pid)
      case 'timer':
        return this.expire(event.data as { pid: number; token: number })
      case HTTP.request:
        return arrived(this, event.data as HttpRequestData)
      case HTTP.cancel:
      case HTTP.input:
        return followedUp(this, event.type, event.data as { id: string; from: string; input?: unknown })
      case HTTP.response:
        return this.gotResponse(event.data as HttpResponseData)
      case HTTP.chunk:
        return this.gotChunk(event.data as HttpChunkData)
      case HTTP.end:
        return this.gotEnd(event.data as HttpEndData)
      case NETWORK_ANSWER:
        return this.gotNetworkAnswer(event.data as NetworkAnswerData)
      case ANSWER_EVENT:
        return this.gotAnswer(event.data as AnswerData)
      case 'tool.done':
        return this.gotTool(event.data as { pid: number; token: number; result: unknown })
      case 'tty.input':
        return this.gotInput(event.data as { id: string; text: string })
      case 'tty.resize':
        return this.gotResize(event.data as { id: string; columns: number; rows: number })
      case 'tty.edited':
        return this.gotEdit(event.data as { id: string; request: number; text?: string })
      case 'signal': {
        const { pid, signal } = event.data as { pid: number; signal: Signal }
        return void this.signal(pid, signal)
      }
      case 'feed': {
        const { pid, text } = event.data as { pid: number; text: string | null }
        return this.feed(pid, text)
      }
    }
  }

  dump(): TableState {
    return {
      processes: [...this.processes.values()],
      descriptions: [...this.descriptions],
      pipes: [...this.pipes],
      terminals: [...this.terminals.values()],
      exchanges: [...this.exchanges],
      sockets: [...this.sockets],
      accepted: [...this.accepted],
      captures: [...this.captures],
      results: [...this.results],
      ready: this.ready,
      counters: this.counters,
      running: this.runQueued,
    }
  }

  load(state: unknown): void {
    const from = state as TableState
    this.generators.clear()
    refill(
      this.processes,
      from.processes.map((process) => [process.pid, process]),
    )
    refill(this.descriptions, from.descriptions)
    refill(this.pipes, from.pipes)
    refill(
      this.terminals,
      from.terminals.map((terminal) => [terminal.id, terminal]),
    )
    refill(this.exchanges, from.exchanges)
    refill(this.sockets, from.sockets ?? [])
    refill(this.accepted, from.accepted ?? [])
    refill(this.captures, from.captures)
    refill(this.results, from.results)
    this.ready = from.ready
    this.counters = from.counters
    this.runQueued = from.running
    this.waiting.clear()
    this.edge?.clear()
    for (const process of this.processes.values())
      if (process.blocked !== undefined) this.awaits(process, process.blocked.key)
    for (const process of [...this.processes.values()]) this.takeBack(process)
  }

  // What system calls use.

  newTag(pid: number): string {
    return `${pid}.${++this.counters.token}`
  }

  description(process: ProcessRecord, fd: number): Description | undefined {
    const id = process.fds[fd]
    return id === undefined ? undefined : this.descriptions.get(id)
  }

  pipeOf(id: number): Pipe {
    const pipe = this.pipes.get(id)
    if (pipe === undefined) throw new Error(`runtime: no pipe ${id} (seed ${this.kernel.seed})`)
    return pipe
  }

  openDescription(process: ProcessRecord, description: Description): number {
    let fd = 3
    while (process.fds[fd] !== undefined || (fd >= 3 && fd < 10)) fd++
    this.point(process, fd, this.idOf(description))
    return fd
  }

  duplicate(process: ProcessRecord, from: number, to: number): boolean {
    const id = process.fds[from]
    if (id === undefined) return false
    if (from !== to) this.point(process, to, id)
    return true
  }

  makePipe(): number {
    const id = ++this.counters.pipe
    this.pipes.set(id, { text: '', readers: 0, writers: 0 })
    return id
  }

  closeDescriptor(process: ProcessRecord, fd: number): void {
    const id = process.fds[fd]
    if (id === undefined) return
    delete process.fds[fd]
    this.release(id)
  }

  block(process: ProcessRecord, syscall: Syscall, key: string): typeof PENDING {
    const token = process.blocked?.token ?? ++this.counters.token
    process.blocked = { syscall, key, token }
    process.state = 'blocked'
    this.awaits(process, key)
    return PENDING
  }

  timer(process: ProcessRecord, ms: number): void {
    const token = process.blocked?.token ?? this.counters.token + 1
    this.kernel.send({ to: ProcessTable.address, type: 'timer', data: { pid: process.pid, token } }, ms)
  }

  isAwaited(key: string): boolean {
    return (this.waiting.get(key)?.size ?? 0) > 0
  }

  wake(key: string): void {
    const pids = this.waiting.get(key)
    if (pids === undefined || pids.size === 0) return
    for (const pid of [...pids]) {
      const process = this.processes.get(pid)
      if (process?.blocked?.key !== key) pids.delete(pid)
      else this.retry(process)
    }
  }

  answer(pid: number, answer: unknown): void {
    const process = this.processes.get(pid)
    if (process?.blocked === undefined || process.exit !== undefined) return
    this.waiting.get(process.blocked.key)?.delete(pid)
    if (!/^(pipe|child)/.test(process.blocked.key)) this.rest(process)
    delete process.blocked
    process.answer = answer
    process.answers = 'call'
    process.state = 'ready'
    if (!process.stopped) this.enqueue(process)
  }

  spawnChild(parent: ProcessRecord, options: ChildOptions): SpawnResult {
    const { argv, env = parent.env, user = parent.user, host = parent.host, root = parent.root } = options
    const cwd = options.cwd === undefined ? parent.cwd : absolute(parent, options.cwd)
    const { traced } = parent
    const made = this.make({
      host,
      root,
      argv,
      env,
      cwd,
      user,
      parent: parent.pid,
      traced,
      ...(options.program === undefined ? {} : { program: options.program }),
    })
    if ('error' in made) return made
    if (parent.tty !== undefined) made.tty = parent.tty
    made.group = options.group === 'new' ? made.pid : (options.group ?? parent.group)
    made.ignored = [...parent.ignored]
    if (options.start !== undefined) made.start = options.start
    if (options.init === true) made.init = true
    for (const [fd, from] of Object.entries(options.fds ?? { 0: 0, 1: 1, 2: 2 })) {
      const id = parent.fds[from]
      if (id !== undefined) this.point(made, Number(fd), id)
    }
    this.enqueue(made)
    return { pid: made.pid }
  }

  replaceProgram(
    process: ProcessRecord,
    argv: string[],
    env: Record<string, string>,
  ): { error: 'ENOENT' | 'EACCES' } | typeof PENDING {
    const found = this.find({ ...process, argv, env })
    if ('error' in found) return found
    Object.assign(process, {
      program: found.program,
      argv: found.argv,
      env,
      startedIn: process.cwd,
      release: this.releaseOf(process, found.path),
      caught: [],
      pending: [],
      trace: [],
      ticks: 0,
    })
    delete process.start
    delete process.kept
    process.answers = 'nothing'
    delete process.answer
    this.generators.delete(process.pid)
    this.enqueue(process)
    return PENDING
  }

  signal(pid: number, signal: Signal): boolean {
    const process = this.processes.get(pid)
    if (process === undefined || process.exit !== undefined) return process !== undefined
    if (signal === 'CONT') this.proceed(process)
    if (signal === 'KILL') this.exitProcess(process, makeKilled(signal))
    else if (isForced(signal)) this.actByDefault(process, signal)
    else if (process.ignored.includes(signal)) return true
    else if (process.caught.includes(signal)) this.notify(process, signal)
    else if (!process.init) this.actByDefault(process, signal)
    return true
  }

  signalGroup(group: number, signal: Signal): boolean {
    const members = [...this.processes.values()].filter(
      (process) => process.group === group && process.exit === undefined,
    )
    for (const member of members) this.signal(member.pid, signal)
    return members.length > 0
  }

  exitProcess(process: ProcessRecord, status: ExitStatus): typeof PENDING {
    if (process.exit !== undefined) return PENDING
    process.exit = status
    process.state = 'zombie'
    process.trace = []
    if (process.blocked !== undefined) this.waiting.get(process.blocked.key)?.delete(process.pid)
    delete process.blocked
    this.generators.delete(process.pid)
    for (const [tag, wait] of [...this.exchanges]) if (wait.pid === process.pid) cancelExchange(this, process, tag)
    closeSockets(this, process)
    for (const fd of Object.keys(process.fds)) this.closeDescriptor(process, Number(fd))
    this.bury(process, status)
    return PENDING
  }

  forget(pid: number): void {
    this.processes.delete(pid)
  }

  output(terminal: Terminal, text: string): void {
    terminal.atLineStart = text.endsWith('\n') || text.endsWith('\r')
    const shown = text.replace(/\r?\n/g, '\r\n')
    if (terminal.event !== undefined) {
      const data = typeof terminal.event.data === 'object' && terminal.event.data !== null ? terminal.event.data : {}
      return void this.kernel.send({ ...terminal.event, data: { ...data, text: shown } })
    }
    for (const observer of this.observers) observer.onOutput?.(terminal.id, shown)
  }

  requestEdit(terminal: Terminal, request: { id: number; path: string; text: string; editor: string }): void {
    for (const observer of this.observers) observer.onEdit?.(terminal.id, request)
  }

  capture(name: string, text: string): void {
    const kept = this.captures.get(name) ?? ''
    if (kept.length >= MAX_CAPTURE) return
    const full = kept.length + text.length >= MAX_CAPTURE
    this.captures.set(
      name,
      full ? `${kept}${text}`.slice(0, MAX_CAPTURE) + '\n[output cut here: limit of the simulator]\n' : kept + text,
    )
  }

  runTool(process: ProcessRecord, syscall: Syscall): typeof PENDING {
    const tree = this.world.tree(process.host, process.root)
    this.block(process, syscall, 'tool')
    if (this.edge === undefined || tree === undefined)
      throw new Error(`runtime: no edge to run ${JSON.stringify(syscall.argv)} at`)
    const extra = syscall.files === undefined ? {} : { files: syscall.files as Record<string, string> }
    const call = {
      pid: process.pid,
      token: process.blocked?.token ?? 0,
      argv: syscall.argv as string[],
      stdin: syscall.stdin as string,
    }
    this.edge.begin(call, {
      tree,
      actor: actorOf(this, process),
      cwd: process.cwd,
      env: process.env,
      clockMs: this.world.clockMs(process.host),
      ...extra,
    })
    return PENDING
  }

  // Running.

  private make(
    of: Pick<ProcessRecord, 'host' | 'root' | 'argv' | 'env' | 'cwd' | 'user' | 'parent' | 'traced'> & {
      program?: string
    },
  ): ProcessRecord | { error: 'ENOENT' | 'EACCES' | 'EAGAIN' } {
    const found = of.program === undefined ? this.find(of) : { program: of.program, argv: of.argv, path: '' }
    if ('error' in found) return found
    // What comes from outside (a new terminal, the kubelet) still fits when the inside is full.
    if (this.countIn(of.host, of.root) >= MAX_PROCESSES * (of.parent === 0 ? 2 : 1)) return { error: 'EAGAIN' }
    const pid = ++this.counters.pid
    const record: ProcessRecord = {
      ...of,
      pid,
      group: pid,
      program: found.program,
      argv: found.argv,
      startedIn: of.cwd,
      release: this.releaseOf(of, found.path),
      startedAtMs: this.kernel.now,
      fds: {},
      state: 'ready',
      stopped: false,
      stopUnseen: false,
      init: false,
      caught: [],
      ignored: [],
      pending: [],
      answers: 'nothing',
      trace: [],
      ticks: 0,
      steps: 0,
      windowAtMs: this.kernel.now,
    }
    this.processes.set(pid, record)
    return record
  }

  /** A binary that says its version is of that one; others are of their host's. */
  private releaseOf({ host, root }: Pick<ProcessRecord, 'host' | 'root'>, path: string): string {
    const tree = path === '' ? undefined : this.world.tree(host, root)
    return (tree && binaryVersion(tree, path)) ?? this.world.release(host)
  }

  private find(
    of: Pick<ProcessRecord, 'host' | 'root' | 'argv' | 'env' | 'cwd' | 'user'>,
  ): ReturnType<typeof findProgram> {
    const tree = this.world.tree(of.host, of.root)
    if (tree === undefined) return { error: 'ENOENT' }
    const actor = { user: of.user, groups: this.world.groups(of.host, of.root, of.user) }
    const { PATH } = of.env
    return findProgram({ tree, actor, cwd: of.cwd, ...(PATH === undefined ? {} : { path: PATH }) }, of.argv)
  }

  private countIn(host: string, root: ProcessRoot): number {
    let count = 0
    for (const other of this.processes.values()) {
      if (other.host !== host || other.root.kind !== root.kind) continue
      if (root.kind === 'host' || (other.root.kind === 'container' && other.root.id === root.id)) count++
    }
    return count
  }

  private attach(process: ProcessRecord, fd: number, sink: Sink): void {
    this.point(process, fd, this.idOf(this.describe(process, sink)))
  }

  private describe(process: ProcessRecord, sink: Sink): Description {
    switch (sink.kind) {
      case 'tty':
        return { kind: 'tty', tty: sink.id, references: 0 }
      case 'event':
        return { kind: 'event', event: sink.event, references: 0 }
      case 'capture':
        return { kind: 'capture', name: sink.name, references: 0 }
      case 'text':
        return { kind: 'text', text: sink.text, offset: 0, references: 0 }
      case 'fed': {
        const pipe = this.makePipe()
        Object.assign(this.pipeOf(pipe), { writers: 1, fed: true })
        return { kind: 'pipe', pipe, end: 'read', references: 0 }
      }
      case 'file': {
        const { host, root, user } = process
        const mode = sink.append === true ? 'a' : 'w'
        if (mode === 'w') this.world.tree(host, root)?.write(sink.path, '', actorOf(this, process))
        return { kind: 'file', host, root, user, path: sink.path, mode, offset: 0, references: 0 }
      }
      default:
        return { kind: 'null', references: 0 }
    }
  }

  private idOf(description: Description): number {
    if (description.references > 0) for (const [id, other] of this.descriptions) if (other === description) return id
    const id = ++this.counters.description
    this.descriptions.set(id, description)
    if (description.kind === 'pipe') this.pipeOf(description.pipe)[description.end === 'read' ? 'readers' : 'writers']++
    return id
  }

  private point(process: ProcessRecord, fd: number, id: number): void {
    const description = this.descriptions.get(id)
    if (description !== undefined) description.references++
    this.closeDescriptor(process, fd)
    process.fds[fd] = id
  }

  private release(id: number): void {
    const description = this.descriptions.get(id)
    if (description === undefined || --description.references > 0) return
    this.descriptions.delete(id)
    if (description.kind === 'pipe') this.closePipeEnd(description.pipe, description.end)
  }

  private closePipeEnd(id: number, end: 'read' | 'write'): void {
    const pipe = this.pipeOf(id)
    pipe[end === 'read' ? 'readers' : 'writers']--
    this.wake(`pipe ${id} ${end === 'read' ? 'write' : 'read'}`)
    if (pipe.readers === 0 && pipe.writers === 0) this.pipes.delete(id)
  }

  private awaits(process: ProcessRecord, key: string): void {
    const pids = this.waiting.get(key)
    if (pids === undefined) this.waiting.set(key, new Set([process.pid]))
    else pids.add(process.pid)
  }

  private retry(process: ProcessRecord): void {
    if (process.blocked === undefined) return
    const answer = this.perform(process, process.blocked.syscall)
    if (answer !== PENDING) this.answer(process.pid, answer)
  }

  private enqueue(process: ProcessRecord): void {
    this.ready.push(process.pid)
    if (this.runQueued) return
    this.runQueued = true
    this.kernel.send({ to: ProcessTable.address, type: 'run' })
  }

  private runReady(): void {
    this.runQueued = false
    for (let turns = 0; this.ready.length > 0 && turns < SLICE; turns++) {
      const process = this.processes.get(this.ready.shift() as number)
      if (process !== undefined) this.runProcess(process)
    }
    if (this.ready.length > 0 && !this.runQueued) {
      this.runQueued = true
      this.kernel.send({ to: ProcessTable.address, type: 'run' })
    }
  }

  private continueSlice(pid: number): void {
    const process = this.processes.get(pid)
    if (process !== undefined) this.runProcess(process)
  }

  private runProcess(process: ProcessRecord): void {
    for (let steps = 0; process.state === 'ready' && !process.stopped; steps++) {
      if (steps >= SLICE)
        return void this.kernel.send({ to: ProcessTable.address, type: 'slice', data: { pid: process.pid } }, 1)
      if (this.isRunaway(process)) return
      const syscall = this.resume(process)
      if (syscall === undefined) return
      const answer = syscall.call === 'tick' ? undefined : this.perform(process, syscall)
      if (answer === PENDING || process.exit !== undefined) return
      process.answer = answer
      process.answers = syscall.call === 'tick' ? 'tick' : syscall.call === 'keep' ? 'nothing' : 'call'
    }
  }

  /** Runs the generator up to its next system call; undefined: it ended. */
  private resume(process: ProcessRecord): Syscall | undefined {
    try {
      const generator = this.generators.get(process.pid) ?? this.revive(process)
      const { answer } = process
      if (process.answers === 'tick') process.ticks++
      else if (process.answers === 'call') this.trace(process, answer)
      else process.ticks = 0
      delete process.answer
      const step = generator.next(answer)
      if (step.done !== true) return step.value
      const failed = process.writeFailed === true && step.value === 0 && !/^-?(ba)?sh$/.test(process.argv[0] ?? '')
      this.exitProcess(process, makeExit(failed ? 1 : step.value))
    } catch (error) {
      this.reportBug(process, error)
    }
    return undefined
  }

  private trace(process: ProcessRecord, answer: unknown): void {
    process.ticks = 0
    if (process.traced) process.trace.push(answer)
  }

  /** Makes the generator of a process, and of a restored one replays the answers without their effects. */
  private revive(process: ProcessRecord): Run<number> {
    const program = this.world.programs.get(process.program) ?? unwritten(process.program)
    const generator = program(process.argv, makeProc(process, process.release))
    this.generators.set(process.pid, generator)
    const fresh = process.answers === 'nothing' && process.kept === undefined
    if (!fresh) this.replay(process, generator)
    return generator
  }

  private replay(process: ProcessRecord, generator: Run<number>): void {
    const answers = process.kept === undefined ? [] : [structuredClone(process.kept.state)]
    answers.push(...process.trace)
    let ticks = process.ticks
    let step = generator.next()
    for (let index = 0; step.done !== true;) {
      const isTick = step.value.call === 'tick'
      if (index >= answers.length && !(isTick && ticks-- > 0)) return
      step = isTick ? generator.next(undefined) : generator.next(answers[index++])
    }
  }

  private perform(process: ProcessRecord, syscall: Syscall): unknown {
    const own = CALLS[syscall.call]
    if (own !== undefined) return own(this, process, syscall)
    const others = this.world.syscalls[syscall.call]
    if (others === undefined) return { error: 'ENOSYS', message: `not simulated: system call ${syscall.call}` }
    const { pid, host, root, user } = process
    const answer = others({ pid, host, root, user }, syscall)
    if (answer !== PENDING) return answer
    return this.block(process, syscall, 'host')
  }

  private isRunaway(process: ProcessRecord): boolean {
    if (++process.steps < BUDGET) return false
    const busy = process.steps / Math.max(1, this.kernel.now - process.windowAtMs) > SLICE / 2
    this.rest(process)
    if (!busy) return false
    if (this.interruptBusy(process)) return false
    this.perform(process, {
      call: 'write',
      fd: 2,
      text: `${process.argv[0]}: killed: it ran ${BUDGET} steps without waiting (limit of the simulator)\n`,
    })
    this.kernel.record('process.runaway', { host: process.host, pid: process.pid, program: process.argv[0] ?? '' })
    this.exitProcess(process, makeKilled('KILL'))
    return true
  }

  /** An interactive shell in a busy loop is interrupted as by Ctrl-C; one that goes on all the same is killed. */
  private interruptBusy(process: ProcessRecord): boolean {
    if (!process.caught.includes('INT') || process.pending.includes('INT')) return false
    this.perform(process, {
      call: 'write',
      fd: 2,
      text: `${process.argv[0]}: interrupted: it ran ${BUDGET} steps without waiting (limit of the simulator)\n`,
    })
    this.kernel.record('process.interrupted', { host: process.host, pid: process.pid, program: process.argv[0] ?? '' })
    return this.signal(process.pid, 'INT')
  }

  private rest(process: ProcessRecord): void {
    process.steps = 0
    process.windowAtMs = this.kernel.now
  }

  /** Our own bug ends the one program, loudly, and is in the journal. */
  private reportBug(process: ProcessRecord, error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.kernel.record('process.bug', {
      host: process.host,
      program: process.argv[0] ?? '',
      message: message.split('\n')[0] ?? '',
    })
    this.perform(process, {
      call: 'write',
      fd: 2,
      text: `${process.argv[0]}: bug in the simulator (seed ${this.kernel.seed}): ${message}\n`,
    })
    this.exitProcess(process, makeExit(70))
  }

  private takeBack(process: ProcessRecord): void {
    if (!process.traced) this.exitProcess(process, makeKilled('KILL'))
    else if (process.blocked?.key === 'tool') this.runTool(process, process.blocked.syscall)
  }

  // Signals.

  private notify(process: ProcessRecord, signal: Signal): void {
    if (!process.pending.includes(signal)) process.pending.push(signal)
    const { blocked } = process
    if (blocked === undefined) return
    const interrupted = INTERRUPTED[blocked.syscall.call]
    if (interrupted === undefined || (blocked.syscall.call === 'wait' && blocked.syscall.interruptible !== true)) return
    if (blocked.key.startsWith('net ') && blocked.syscall.call !== 'next')
      cancelExchange(this, process, blocked.key.slice(4))
    this.answer(process.pid, interrupted)
  }

  private actByDefault(process: ProcessRecord, signal: Signal): void {
    const action = defaultAction(signal)
    if (action === 'stop') this.stop(process)
    else if (action === 'end') this.exitProcess(process, makeKilled(signal))
  }

  private stop(process: ProcessRecord): void {
    if (process.stopped) return
    process.stopped = true
    process.stopUnseen = true
    this.wake(`child ${process.parent}`)
  }

  private proceed(process: ProcessRecord): void {
    if (!process.stopped) return
    process.stopped = false
    process.stopUnseen = false
    if (process.state === 'ready') this.enqueue(process)
    else if (process.blocked?.key.startsWith('tty ')) this.retry(process)
  }

  private bury(process: ProcessRecord, status: ExitStatus): void {
    for (const other of [...this.processes.values()]) {
      if (other.parent !== process.pid) continue
      other.parent = 0
      if (other.exit !== undefined) this.forget(other.pid)
    }
    const result = this.results.get(process.pid)
    if (result !== undefined) result.code = status.code
    if (process.onExit !== undefined) {
      const { onExit } = process
      const data = typeof onExit.data === 'object' && onExit.data !== null ? onExit.data : {}
      this.kernel.send({ ...onExit, data: { ...data, pid: process.pid, ...status } })
    }
    const parent = this.processes.get(process.parent)
    if (parent === undefined || parent.exit !== undefined) this.forget(process.pid)
    else this.wake(`child ${process.parent}`)
  }

  // Events.

  private expire({ pid, token }: { pid: number; token: number }): void {
    const process = this.processes.get(pid)
    if (process?.blocked?.token !== token) return
    const { syscall, key } = process.blocked
    if ((syscall.call === 'http' || syscall.call === 'open') && key.startsWith('net '))
      cancelExchange(this, process, key.slice(4))
    this.answer(pid, 'timeoutAnswer' in syscall ? syscall.timeoutAnswer : TIMED_OUT[syscall.call])
  }

  private gotResponse({ tag, response }: HttpResponseData): void {
    const wait = this.exchanges.get(tag)
    if (wait === undefined) return
    if (wait.stream !== undefined) {
      if (response.streaming !== true) wait.ended = {}
      this.answer(wait.pid, { stream: wait.stream, response })
    } else if (response.streaming === true) {
      wait.response = response
    } else {
      this.exchanges.delete(tag)
      this.answer(wait.pid, response)
    }
  }

  private gotChunk({ tag, chunk }: HttpChunkData): void {
    const wait = this.exchanges.get(tag)
    if (wait === undefined) return
    wait.items.push(chunk)
    if (wait.stream !== undefined) this.wake(`net ${tag}`)
  }

  private gotEnd({ tag, error }: HttpEndData): void {
    const wait = this.exchanges.get(tag)
    if (wait === undefined) return
    wait.ended = error === undefined ? {} : { error }
    if (wait.stream !== undefined) return this.wake(`net ${tag}`)
    this.exchanges.delete(tag)
    if (wait.response === undefined) this.answer(wait.pid, { failure: 'reset', message: error ?? 'EOF' })
    else this.answer(wait.pid, gathered(wait.response, wait.items))
  }

  private gotNetworkAnswer({ tag, answer }: NetworkAnswerData): void {
    const pid = Number(tag.split('.')[0])
    const process = this.processes.get(pid)
    if (process?.blocked?.key !== `net ${tag}`) return
    const wait = this.exchanges.get(tag)
    if (wait !== undefined && typeof answer === 'object' && answer !== null && 'address' in answer) {
      wait.sent = answer
      return
    }
    this.exchanges.delete(tag)
    this.answer(pid, answer)
  }

  private gotAnswer({ pid, call, answer }: AnswerData): void {
    if (this.processes.get(pid)?.blocked?.syscall.call === call) this.answer(pid, answer)
  }

  private gotTool({ pid, token, result }: { pid: number; token: number; result: unknown }): void {
    if (this.processes.get(pid)?.blocked?.token === token) this.answer(pid, result)
  }

  private gotInput({ id, text }: { id: string; text: string }): void {
    const terminal = this.terminals.get(id)
    if (terminal === undefined) return
    const typed = typeInto(terminal, text)
    if (typed.echo !== '') this.output(terminal, typed.echo)
    for (const signal of typed.signals) this.signalGroup(terminal.foreground, signal)
    if (forwardTyped(this, terminal)) return
    this.wake(`tty ${id}`)
  }

  private gotResize({ id, columns, rows }: { id: string; columns: number; rows: number }): void {
    const terminal = this.terminals.get(id)
    if (terminal === undefined) return
    Object.assign(terminal, { columns, rows })
    forwardSize(this, terminal)
    this.signalGroup(terminal.foreground, 'WINCH')
  }

  private gotEdit({ id, request, text }: { id: string; request: number; text?: string }): void {
    const terminal = this.terminals.get(id)
    const edit = terminal?.edit
    if (terminal === undefined || edit?.request !== request) return
    delete terminal.edit
    const process = this.processes.get(edit.pid)
    if (process === undefined) return
    const saved =
      text !== undefined &&
      'ok' in (this.world.tree(process.host, process.root)?.write(edit.path, text, actorOf(this, process)) ?? {})
    if (process.blocked?.key === `edit ${request}`) this.answer(edit.pid, { saved })
  }
}

/** What a waiting call answers when a caught signal cuts it short. */
const INTERRUPTED: Record<string, unknown> = {
  sleep: false,
  read: null,
  readLine: null,
  next: { kind: 'timeout' },
  wait: { code: -2 },
  http: { failure: 'interrupted', message: 'interrupted system call' },
  open: { failure: 'interrupted', message: 'interrupted system call' },
}

const DEADLINE = {
  failure: 'timeout',
  message: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
}

/** What a waiting call answers when its time is up. */
const TIMED_OUT: Record<string, unknown> = {
  sleep: true,
  read: { timeout: true },
  readLine: { timeout: true },
  next: { kind: 'timeout' },
  http: DEADLINE,
  open: DEADLINE,
}

function refill<K, V>(map: Map<K, V>, entries: [K, V][]): void {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}
