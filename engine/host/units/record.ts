/** A unit as systemd has it in memory. Plain data: it is what a snapshot keeps. */
import type { EventId, VirtualMs } from '../../kernel/kernel.ts'
import type { Waiter } from './answers.ts'
import type { UnitExit } from './exit.ts'
import type { UnitDefinition } from './unit-file.ts'

/** The commands of a service beside its main one. */
export type ControlKind =
  'ExecCondition' | 'ExecStartPre' | 'ExecStartPost' | 'ExecReload' | 'ExecStop' | 'ExecStopPost'

/** A command of Exec…= that has ended, for `systemctl status`. */
export interface EndedCommand {
  kind: ControlKind | 'ExecStart'
  line: string
  exit: UnitExit
}

/** A condition that kept a unit from starting, and when. */
export interface Kept {
  text: string
  atMs: number
}

export interface UnitRecord {
  name: string
  definition: UnitDefinition
  /** The main process while it lives. */
  pid?: number
  /** The main process is one of the process table. */
  real?: boolean
  argv: string[]
  /** The kernel address of its component; absent for a built-in. */
  address?: string
  /** The step inside of activating and deactivating: `start-pre`, `start`, `stop` … */
  phase?: string
  /** The command that runs beside the main one. */
  control?: { kind: ControlKind; index: number; pid: number }
  /** Which line of ExecStart runs. */
  step: number
  /** What ran beside the main command in this run. */
  ended: EndedCommand[]
  /** Marks the processes of this run. */
  invocation: string
  /** Of a unit without a process (a target, a timer): whether it is active. */
  isUp: boolean
  startedMs: VirtualMs
  /** Virtual instants at which it last became active, and inactive. */
  activeMs?: VirtualMs
  inactiveMs?: VirtualMs
  /** Milliseconds since 1970 UTC on the host's clock at the last change of state. */
  sinceMs?: number
  /** How long it last was active. */
  durationMs?: number
  exit?: UnitExit
  result: string
  restarts: number
  /** Instants of recent starts, for the start limit. */
  starts: VirtualMs[]
  job: number
  waiters: Waiter[]
  reachedActive: boolean
  /** The condition that kept it from starting. */
  unmet?: Kept
  /** Of a timer: its next elapse. */
  timer?: { nextMs?: VirtualMs; lastMs?: number; event?: EventId }
}

/** A unit that has not run yet. */
export function newRecord(name: string, definition: UnitDefinition): UnitRecord {
  return {
    name,
    definition,
    argv: [],
    step: 0,
    ended: [],
    invocation: '',
    isUp: false,
    startedMs: 0,
    result: 'success',
    restarts: 0,
    starts: [],
    job: 0,
    waiters: [],
    reachedActive: false,
  }
}

/** Forgets the last run, and opens one that its processes are marked with. */
export function beginRun(record: UnitRecord, nowMs: VirtualMs, invocation: string): void {
  record.starts = [...record.starts, nowMs].slice(-20)
  record.reachedActive = false
  record.ended = []
  record.step = 0
  record.invocation = invocation
  for (const key of ['exit', 'control', 'address', 'real', 'pid', 'durationMs'] as const) delete record[key]
}
