/** What systemd and the programs it runs tell each other. The components of programs answer to `UNIT_HOSTS`. */
import type { HostName } from '../../fabric/fabric.ts'

/** The address of `Hosts`, spelt here because host.ts imports this folder. */
export const UNIT_HOSTS = 'hosts'

export const UNIT_EVENTS = {
  /** To the program's component: run. Data: `UnitStartData`. */
  start: 'unit.start',
  /** To the program's component: end. Data: `UnitStopData`. */
  stop: 'unit.stop',
  /** To the program's component: stand still (SIGSTOP), or go on (SIGCONT). Data: `UnitPauseData`. */
  pause: 'unit.pause',
  /** To the program's component: read your configuration again. Data: `UnitStopData`. */
  reload: 'unit.reload',
  /** To `hosts`: the program of a Type=notify unit is ready. Data: `UnitStartedData`. */
  started: 'unit.started',
  /** To `hosts`: the program has ended. Data: `UnitExitedData`. */
  exited: 'unit.exited',
  /** To `hosts`: the program says something on stderr. Data: `UnitLogData`. */
  log: 'unit.log',
  /** Within `hosts`: a built-in daemon's next step. Data: `BuiltInData`. */
  builtIn: 'unit.builtIn',
  /** To `hosts`: a process of the process table that a unit started has ended, or has written something. */
  ended: 'unit.ended',
  output: 'unit.output',
  /** Within `hosts`: a timer unit elapses. Data: `TimerData`. */
  timer: 'unit.timer',
} as const

/** One run of a unit's main process. */
export interface UnitRun {
  host: HostName
  unit: string
  /** Names this run of the unit; give it back in the answers. */
  pid: number
}

export interface UnitStartData extends UnitRun {
  argv: string[]
  env: Record<string, string>
}

export interface UnitStopData extends UnitRun {
  /** Without SIG. */
  signal: string
  /** The host lost its power: no answer is expected. */
  power?: boolean
}

export interface UnitPauseData extends UnitRun {
  paused: boolean
}

export type UnitStartedData = UnitRun

export interface UnitExitedData extends UnitRun {
  code?: number
  /** Without SIG; then it was killed. */
  signal?: string
}

export interface UnitLogData extends UnitRun {
  text: string
}

export interface UnitEndedData extends UnitRun {
  code: number
  signal?: string
}

export interface UnitOutputData {
  host: HostName
  unit: string
  identifier: string
  text: string
}

export interface BuiltInData extends UnitRun {
  /** `ready`; or how it ends: `code 1`, or a signal. */
  what: string
}

export interface TimerData {
  host: HostName
  unit: string
}
