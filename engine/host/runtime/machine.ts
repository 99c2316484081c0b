/** What the system calls of the runtime may do to it; `ProcessTable` implements it. */
import type { HttpResponse } from '../../fabric/http.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { PENDING } from '../pending.ts'
import type { Syscall } from '../process.ts'
import type { Signal } from '../signals.ts'
import type { Accepted, ListeningSocket } from './calls/sockets.ts'
import type { Description, ExitStatus, Pipe, ProcessRecord, Terminal } from './record.ts'
import type { ProcessWorld } from './world.ts'

export interface NetworkWait {
  pid: number
  /** The caller's stream number; absent for a plain request. */
  stream?: number
  sent?: unknown
  /** The answer's head, when its chunks are still coming. */
  response?: HttpResponse
  items: unknown[]
  ended?: { error?: string }
}

export interface ChildOptions {
  argv: string[]
  env?: Record<string, string>
  cwd?: string
  user?: string
  host?: string
  root?: ProcessRecord['root']
  /** Child descriptor → descriptor of the parent. Absent: 0, 1 and 2 as they are. */
  fds?: Record<number, number>
  /** A process group of its own, or that of another process. */
  group?: 'new' | number
  start?: unknown
  program?: string
  init?: boolean
}

export interface Machine {
  readonly kernel: Kernel
  readonly world: ProcessWorld
  readonly processes: Map<number, ProcessRecord>
  readonly terminals: Map<string, Terminal>
  readonly exchanges: Map<string, NetworkWait>
  /** Ports that processes listen on, by `host:port`. */
  readonly sockets: Map<string, ListeningSocket>
  /** Requests that came in at them, by `from/id`. */
  readonly accepted: Map<string, Accepted>
  newTag(pid: number): string
  description(process: ProcessRecord, fd: number): Description | undefined
  pipeOf(id: number): Pipe
  openDescription(process: ProcessRecord, description: Description): number
  duplicate(process: ProcessRecord, from: number, to: number): boolean
  makePipe(): number
  closeDescriptor(process: ProcessRecord, fd: number): void
  /** Leaves the process waiting for the key; returns PENDING. */
  block(process: ProcessRecord, syscall: Syscall, key: string): typeof PENDING
  /** Starts a timer that ends the present wait of the process with `timeout` of its call. */
  timer(process: ProcessRecord, ms: number): void
  /** Tries the waiting system calls of this key again. */
  wake(key: string): void
  /** Whether a process waits for the key. */
  isAwaited(key: string): boolean
  answer(pid: number, answer: unknown): void
  spawnChild(parent: ProcessRecord, options: ChildOptions): { pid: number } | { error: 'ENOENT' | 'EACCES' | 'EAGAIN' }
  /** execve(2): the process goes on as another program. */
  replaceProgram(
    process: ProcessRecord,
    argv: string[],
    env: Record<string, string>,
  ): { error: 'ENOENT' | 'EACCES' } | typeof PENDING
  signal(pid: number, signal: Signal): boolean
  signalGroup(group: number, signal: Signal): boolean
  exitProcess(process: ProcessRecord, status: ExitStatus): void
  forget(pid: number): void
  output(terminal: Terminal, text: string): void
  requestEdit(terminal: Terminal, request: { id: number; path: string; text: string; editor: string }): void
  capture(name: string, text: string): void
  runTool(process: ProcessRecord, syscall: Syscall): typeof PENDING
}

export type RuntimeCall = (machine: Machine, process: ProcessRecord, args: Syscall) => unknown | typeof PENDING
