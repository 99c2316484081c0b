/** A process as plain data: all that a snapshot holds of it. */
import type { HostName } from '../../fabric/fabric.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import type { Syscall } from '../process.ts'
import type { Signal } from '../signals.ts'
import type { ProcessRoot } from './world.ts'

/** Where a standard stream of a process leads when the process is started from outside. */
export type Sink =
  | { kind: 'null' }
  | { kind: 'tty'; id: string }
  /** Each write becomes this event, with `text` added to its data. */
  | { kind: 'event'; event: KernelEvent }
  /** Output is kept for `ProcessTable.captured(name)`. */
  | { kind: 'capture'; name: string }
  /** Input that is there from the beginning. */
  | { kind: 'text'; text: string }
  /** Input fed by `ProcessTable.feed(pid, text)`. */
  | { kind: 'fed' }
  | { kind: 'file'; path: string; append?: boolean }

/** An open file description: what several file descriptors, also of several processes, may share. */
export type Description = (
  | { kind: 'null' }
  | { kind: 'tty'; tty: string }
  | { kind: 'pipe'; pipe: number; end: 'read' | 'write' }
  | {
      kind: 'file'
      host: HostName
      root: ProcessRoot
      user: string
      path: string
      mode: 'r' | 'w' | 'a'
      offset: number
    }
  | { kind: 'text'; text: string; offset: number }
  | { kind: 'event'; event: KernelEvent }
  | { kind: 'capture'; name: string }
) & { references: number }

export interface Pipe {
  text: string
  readers: number
  writers: number
  /** The end that the outside writes to, for a `fed` stdin. */
  fed?: boolean
}

export interface Blocked {
  syscall: Syscall
  /** What it waits for, such as `pipe 4 read` or `timer 12`; whoever makes that true wakes the process. */
  key: string
  /** Tells a late timer from the present one. */
  token: number
}

export interface ExitStatus {
  code: number
  /** The signal that killed it. */
  signal?: Signal
  /** It is stopped, not dead. */
  stopped?: boolean
}

export interface ProcessRecord {
  pid: number
  parent: number
  /** The process group. */
  group: number
  host: HostName
  root: ProcessRoot
  program: string
  argv: string[]
  env: Record<string, string>
  cwd: string
  /** The directory it was started in. */
  startedIn: string
  user: string
  release: string
  startedAtMs: number
  /** Plain data given to the program by its starter; never changed. */
  start?: unknown
  fds: Record<number, number>
  /** The controlling terminal. */
  tty?: string
  state: 'ready' | 'blocked' | 'zombie'
  stopped: boolean
  /** A stop that the parent has not been told of. */
  stopUnseen: boolean
  /** The first process of a container: signals that it does not catch do nothing, except KILL. */
  init: boolean
  caught: Signal[]
  ignored: Signal[]
  pending: Signal[]
  blocked?: Blocked
  /** What the program gets when it runs next. */
  answer?: unknown
  /** How that answer enters the trace: as an entry, counted as a tick, or not at all (the first run, a checkpoint). */
  answers: 'call' | 'tick' | 'nothing'
  exit?: ExitStatus
  onExit?: KernelEvent
  traced: boolean
  trace: unknown[]
  /** Ticks since the last entry of the trace. */
  ticks: number
  /** Its output met a full disk. */
  writeFailed?: boolean
  /** The checkpoint that the trace starts from. */
  kept?: { state: unknown }
  /** System calls since `windowAtMs`, for the limit on busy loops. */
  steps: number
  windowAtMs: number
}

export interface Terminal {
  id: string
  columns: number
  rows: number
  /** `cooked`: the terminal echoes and edits lines; `raw`: each byte goes to the reader. */
  mode: 'cooked' | 'raw'
  foreground: number
  /** The line being typed in cooked mode. */
  line: string
  /** Input that is ready to be read. */
  ready: string
  /** Ctrl-D was typed on an empty line. */
  end: boolean
  /** Whether output stands at the start of a line. */
  atLineStart: boolean
  edit?: { request: number; pid: number; path: string }
  /** Its output becomes this event, with `text` added to its data, in place of a person's screen. */
  event?: KernelEvent
  /** What is typed goes on into this open stream of a process. */
  forward?: { pid: number; stream: number }
}
