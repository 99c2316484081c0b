/**
 * systemd on one host. Models systemd 255 as far as systemctl and journalctl show it (Q1, Q2).
 * Not modelled: sockets, paths, mounts and slices as units of their own, cgroup limits.
 *
 * What a service runs is a component elsewhere: it gets `unit.start` and `unit.stop`, and answers
 * with `unit.started` and `unit.exited` to `hosts`. Daemons without a component are in built-in.ts;
 * everything else runs as a process of the host's process table (commands.ts).
 */
import type { HostName } from '../../fabric/fabric.ts'
import type { VirtualMs } from '../../kernel/kernel.ts'
import type { MachineEvent } from '../../kernel/machine.ts'
import type { EventId } from '../../kernel/kernel.ts'
import type { FileTree } from '../files.ts'
import { ROOT, basename } from '../files.ts'
import { UNIT_DEFAULTS } from '../flags.ts'
import type { ModelledProcess, UnitHost } from './unit-host.ts'
import type { Catalog } from '../journald.ts'
import { ANSWER_EVENT, RUNTIME_ADDRESS } from '../pending.ts'
import type { AnswerData } from '../pending.ts'
import { BRIEF, BUILT_IN } from './built-in.ts'
import { Commands } from './commands.ts'
import type { CommandOf, Launched } from './commands.ts'
import { unmet } from './conditions.ts'
import { needs, related } from './dependencies.ts'
import type { Relation } from './dependencies.ts'
import { isClean, isListed, journalStatus, resultOf, wantsRestart } from './exit.ts'
import type { UnitExit } from './exit.ts'
import { Jobs } from './jobs.ts'
import type { Job, JobHost, JobKind } from './jobs.ts'
import * as links from './links.ts'
import type { Linked } from './links.ts'
import type { UnitActionName, UnitActions, UnitDelayName, UnitGuardName, UnitRows } from './rows.ts'
import { badCalendars, nextFire, triggered } from './timers.ts'
import {
  UNIT_PATHS,
  canonicalName,
  commandOf,
  durationMs,
  environmentOf,
  fullName,
  isYes,
  loadUnit,
  restartSecMs,
  serviceType,
  startLimit,
  value,
  values,
} from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

export const UNIT_EVENTS = {
  /** To the program's component: run. Data: `UnitStartData`. */
  start: 'unit.start',
  /** To the program's component: end. Data: `UnitStopData`. */
  stop: 'unit.stop',
  /** To the program's component: read your configuration again. Data: `UnitStopData`. */
  reload: 'unit.reload',
  /** To `hosts`: the program of a Type=notify unit is ready. Data: `UnitStartedData`. */
  started: 'unit.started',
  /** To `hosts`: the program has ended. Data: `UnitExitedData`. */
  exited: 'unit.exited',
  /** To `hosts`: the program says something on stderr. Data: `UnitLogData`. */
  log: 'unit.log',
  /** Within `hosts`: a built-in daemon's next step. */
  builtIn: 'unit.builtIn',
  /** To `hosts`: a process of the process table that a unit started has ended, or has written something. */
  ended: 'unit.ended',
  output: 'unit.output',
  /** Within `hosts`: a timer unit elapses. */
  timer: 'unit.timer',
} as const

export interface UnitStartData {
  host: HostName
  unit: string
  /** Names this run of the unit; give it back in the answers. */
  pid: number
  argv: string[]
  env: Record<string, string>
}

export interface UnitEndedData {
  host: HostName
  unit: string
  pid: number
  code: number
  signal?: string
}

export interface UnitOutputData {
  host: HostName
  unit: string
  identifier: string
  text: string
}

export interface UnitStopData {
  host: HostName
  unit: string
  pid: number
  /** Without SIG. */
  signal: string
  /** The host lost its power: no answer is expected. */
  power?: boolean
}

export interface UnitStartedData {
  host: HostName
  unit: string
  pid: number
}

export interface UnitExitedData {
  host: HostName
  unit: string
  pid: number
  code?: number
  /** Without SIG; then it was killed. */
  signal?: string
}

export interface UnitLogData {
  host: HostName
  unit: string
  pid: number
  text: string
}

interface Waiter {
  pid: number
  call: string
}

/** The commands of a service beside its main one. */
export type ControlKind =
  'ExecCondition' | 'ExecStartPre' | 'ExecStartPost' | 'ExecReload' | 'ExecStop' | 'ExecStopPost'

/** A command of Exec…= that has ended, for `systemctl status`. */
export interface EndedCommand {
  kind: ControlKind | 'ExecStart'
  line: string
  exit: UnitExit
}

interface UnitRecord {
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
  unmet?: { text: string; atMs: number }
  /** Of a timer: its next elapse. */
  timer?: { nextMs?: VirtualMs; lastMs?: number; event?: EventId }
}

export interface UnitsState {
  records: UnitRecord[]
  jobs: ReturnType<Jobs['dump']>
}

/** What systemctl needs to know of a unit. */
export interface UnitStatus {
  name: string
  definition: UnitDefinition
  /** `active`, `inactive`, `activating`, `deactivating`, `failed`. */
  active: string
  /** `running`, `dead`, `auto-restart`, `start`, `stop-sigterm`, `failed`, `exited`. */
  sub: string
  enabled: string
  result: string
  sinceMs?: number
  durationMs?: number
  pid?: number
  argv: string[]
  exit?: UnitExit
  /** The command that runs beside the main one. */
  control?: { kind: string; pid: number }
  ended: EndedCommand[]
  /** The processes of its control group, where they are processes of the table. */
  processes: { pid: number; argv: string[] }[]
  restarts: number
  memoryBytes: number
  startedMs: VirtualMs
  needsReload: boolean
  unmet?: { text: string; atMs: number }
  /** Of a timer: what it starts, when next and when it last did, on the host's clock. */
  timer?: { unit: string; nextMs?: number; lastMs?: number }
  /** The timers that start it. */
  triggeredBy: string[]
  /** Kind of the job that is under way. */
  job?: string
}

/** How a job began: done at once, to be told later, or refused. */
export type JobStart =
  | { done: true }
  | { pending: true }
  | { failed: string }
  | { refused: 'not-found' | 'masked' | 'error' | 'bad-setting' | 'manual'; unit?: string }

const DEFAULT_MEMORY = 38 * 1024 ** 2
const SUB: Record<string, string> = {
  inactive: 'dead',
  activating: 'start',
  active: 'running',
  deactivating: 'stop-sigterm',
  autoRestart: 'auto-restart',
  failed: 'failed',
}
const TRANSIENT = new Set(['activating', 'deactivating'])
const isService = (name: string): boolean => name.endsWith('.service')

export class Units implements UnitActions, JobHost {
  private records = new Map<string, UnitRecord>()
  private readonly jobs = new Jobs(this)
  private readonly commands: Commands

  constructor(
    private readonly host: UnitHost,
    private readonly rows: UnitRows,
  ) {
    this.commands = new Commands(host)
  }

  /** Whether a unit's main process runs; `containerd` means `containerd.service`. */
  isActive(name: string): boolean {
    return this.stateOf(this.nameOf(name)) === 'active'
  }

  /** Starts a unit with what it needs. With a waiter the end of a longer start is answered to it. */
  start(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    const { loadState, settings } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    if (waiter !== undefined && settings['Unit.RefuseManualStart']?.at(-1) === 'yes') return { refused: 'manual' }
    const refused = this.addStart(record, new Set())
    if (refused !== undefined) return refused
    return this.pumpFor(record, waiter)
  }

  stop(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    if (record.definition.loadState === 'not-found' && record.pid === undefined) return { refused: 'not-found' }
    this.addStop(record, 'stop')
    return this.pumpFor(record, waiter)
  }

  restart(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    const { loadState } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    const state = this.stateOf(record.name)
    if (state === 'inactive' || state === 'failed') return this.start(name, waiter)
    this.addStop(record, 'restart')
    return this.pumpFor(record, waiter)
  }

  /** Starts a target with what it needs, and stops everything else. */
  isolate(name: string, waiter?: Waiter): JobStart {
    const target = this.record(this.nameOf(name))
    const { loadState } = target.definition
    if (loadState !== 'loaded') return { refused: loadState }
    const kept = new Set<string>()
    const refused = this.addStart(target, kept)
    if (refused !== undefined) return refused
    for (const record of [...this.records.values()])
      if (!kept.has(record.name) && this.isRunning(record) && record.name !== 'systemd-journald.service')
        this.addStop(record, 'stop')
    return this.pumpFor(target, waiter)
  }

  /** Tells the program to read its configuration again; false when the unit has no ExecReload. */
  reload(name: string): boolean | 'failed' {
    const record = this.record(this.nameOf(name))
    if (values(record.definition, 'Service.ExecReload').length === 0 || this.stateOf(record.name) !== 'active')
      return false
    this.journal(record, `Reloading ${fullName(record.definition)}...`)
    if (record.address !== undefined && !this.mayReload(record)) return 'failed'
    if (record.address !== undefined)
      this.tell(record, UNIT_EVENTS.reload, { ...this.runOf(record), signal: 'HUP' } satisfies UnitStopData)
    if (record.real === true) this.runControl(record, 'ExecReload', 0)
    else this.journal(record, `Reloaded ${fullName(record.definition)}.`)
    return true
  }

  /** Whether the commands of ExecReload= before the signal succeed, such as a look at the configuration. */
  private mayReload(record: UnitRecord): boolean {
    for (const line of values(record.definition, 'Service.ExecReload')) {
      const code = this.commands.checks(this.commandOf(record), line)
      if (code === undefined || code === 0) continue
      this.say(record, `Control process exited, ${journalStatus({ pid: 0, how: 'exited', code })}`, 5)
      this.journal(record, `Reload failed for ${fullName(record.definition)}.`)
      return false
    }
    return true
  }

  resetFailed(name?: string): void {
    for (const record of name === undefined ? this.records.values() : [this.record(this.nameOf(name))]) {
      record.starts = []
      record.restarts = 0
      record.result = 'success'
      this.send(record, { type: 'RESET' })
    }
  }

  /** Sends a signal to the main process with that pid. Returns whether there is one. */
  signal(pid: number, signal: string): boolean {
    const record = [...this.records.values()].find((candidate) => candidate.pid === pid)
    if (record === undefined) return false
    this.signalMain(record, signal)
    return true
  }

  /** `systemctl kill`: a signal to the main process, or to all of the unit's. Returns whether there is any. */
  kill(name: string, signal: string, whom: string): boolean {
    const record = this.record(this.nameOf(name))
    const group = this.commands.group(record.invocation).filter(({ pid }) => whom !== 'main' || pid === record.pid)
    for (const { pid } of group) this.commands.signal(pid, signal)
    if (record.pid !== undefined && record.real !== true) this.signalMain(record, signal)
    return group.length > 0 || record.pid !== undefined
  }

  /** `systemd-notify` of a process: `READY=1` and the like. Returns whether it belongs to a unit. */
  notify(invocation: string, message: string): boolean {
    const record = [...this.records.values()].find((one) => one.invocation !== '' && one.invocation === invocation)
    if (record === undefined) return false
    if (/(^|\n)READY=1/.test(message) && this.stateOf(record.name) === 'activating') this.ready(record)
    return true
  }

  /** Reads all unit files again. */
  daemonReload(): void {
    for (const record of this.records.values()) record.definition = this.loaded(record.name)
    this.host.journal.write('', 6, "Reloading requested from client PID 1 ('systemctl')...")
    this.host.journal.write('', 6, 'Reloading...')
  }

  status(name: string): UnitStatus {
    const unit = this.nameOf(name)
    const record = this.record(unit)
    const state = this.stateOf(unit)
    const { definition, result, sinceMs, durationMs: lasted, pid, argv, exit, restarts, startedMs, ended } = record
    const status: UnitStatus = {
      name: unit,
      definition,
      active: state === 'autoRestart' ? 'activating' : state,
      sub: this.subOf(record, state),
      enabled: this.enabledState(unit),
      result,
      argv,
      ended: [...ended],
      processes: this.commands.group(record.invocation),
      restarts,
      startedMs,
      memoryBytes: this.memoryOf(record),
      needsReload: this.needsReload(record),
      triggeredBy: this.timersOf(unit),
    }
    if (sinceMs !== undefined) status.sinceMs = sinceMs
    if (lasted !== undefined) status.durationMs = lasted
    if (pid !== undefined) status.pid = pid
    if (exit !== undefined) status.exit = exit
    if (record.control !== undefined) status.control = { kind: record.control.kind, pid: record.control.pid }
    if (record.unmet !== undefined) status.unmet = record.unmet
    if (record.timer !== undefined) status.timer = this.timerStatus(record)
    const job = this.jobs.of(unit)
    if (job !== undefined) status.job = job.kind
    return status
  }

  /** The units that a unit names in a setting, `.wants` links included. */
  related(name: string, relation: Relation): string[] {
    return related(this.files, this.record(this.nameOf(name)).definition, relation)
  }

  /** The jobs that wait or run, for `systemctl list-jobs`. */
  listJobs(): { id: number; unit: string; kind: string; running: boolean }[] {
    return this.jobs.list().map(({ id, unit, kind, running }) => ({ id, unit, kind, running }))
  }

  /** The names of all unit files and loaded units, sorted. */
  names(): string[] {
    const names = new Set<string>(this.records.keys())
    for (const directory of UNIT_PATHS) {
      const listed = this.files.list(directory)
      if ('names' in listed)
        for (const name of listed.names) if (/\.(service|target|timer|socket)$/.test(name)) names.add(name)
    }
    return [...names].filter((name) => canonicalName(this.files, name) === name && !name.includes('@.')).sort()
  }

  isEnabled(name: string): boolean {
    return this.enabledState(this.nameOf(name)) === 'enabled'
  }

  /** `enabled`, `disabled`, `static`, `masked`, `alias`, `linked`, `not-found`. */
  enabledState(name: string): string {
    return links.enabledState(this.files, name)
  }

  /** Makes the links of [Install]. Returns the lines that systemctl prints. */
  enable(name: string): Linked {
    return this.linked(links.enable(this.files, this.nameOf(name)))
  }

  disable(name: string): Linked {
    return this.linked(links.disable(this.files, this.nameOf(name)))
  }

  mask(name: string): Linked {
    return this.linked(links.mask(this.files, this.nameOf(name)))
  }

  unmask(name: string): Linked {
    return this.linked(links.unmask(this.files, this.nameOf(name)))
  }

  link(path: string): Linked {
    return this.linked(links.link(this.files, path))
  }

  revert(name: string): Linked {
    return this.linked(links.revert(this.files, this.nameOf(name)))
  }

  setDefault(name: string): Linked {
    return this.linked(links.setDefault(this.files, this.nameOf(name)))
  }

  defaultTarget(): string {
    return links.defaultTarget(this.files)
  }

  /** At boot: starts the default target, and with it what is enabled. */
  boot(): void {
    this.host.journal.write('', 5, `Linux version ${this.host.kernelVersion} (buildd@lcy02-amd64-080)`, {
      identifier: 'kernel',
      pid: 0,
    })
    const first = 'systemd-journald.service'
    if (this.files.exists(`/usr/lib/systemd/system/${first}`)) this.start(first)
    this.start(this.defaultTarget())
  }

  /** The power is gone: nothing runs, and nobody is told goodbye. */
  die(): void {
    this.jobs.clear()
    for (const record of this.records.values()) {
      if (record.address !== undefined && record.pid !== undefined)
        this.tell(record, UNIT_EVENTS.stop, {
          ...this.runOf(record),
          signal: 'KILL',
          power: true,
        } satisfies UnitStopData)
      this.closePorts(record)
      this.cancelTimer(record)
      if (isService(record.name)) this.rows.remove(this.host.name, record.name)
    }
    this.records.clear()
  }

  started(data: UnitStartedData): void {
    const record = this.running(data)
    if (record !== undefined) this.ready(record)
  }

  exited(data: UnitExitedData): void {
    const record = this.running(data)
    if (record === undefined) return
    const exit: UnitExit =
      data.signal === undefined
        ? { pid: data.pid, how: 'exited', code: data.code ?? 0 }
        : { pid: data.pid, how: 'killed', code: 0, signal: data.signal }
    this.closePorts(record)
    delete record.pid
    this.mainEnded(record, this.judged(record, exit, values(record.definition, 'Service.ExecStart')[record.step]))
  }

  /** A process of the process table ended that some unit started. */
  ended(data: UnitEndedData): void {
    const record = this.records.get(this.nameOf(data.unit))
    if (record === undefined) return
    if (record.pid === data.pid) return this.exited(data)
    const { control } = record
    if (control?.pid !== data.pid) return
    const exit: UnitExit =
      data.signal === undefined
        ? { pid: data.pid, how: 'exited', code: data.code }
        : { pid: data.pid, how: 'killed', code: 0, signal: data.signal }
    this.controlEnded(record, control.kind, control.index, exit)
  }

  /** What a process of the table wrote. */
  output(data: UnitOutputData): void {
    const record = this.records.get(this.nameOf(data.unit))
    const pid = record?.control?.pid ?? record?.pid ?? 0
    for (const text of data.text.replace(/\n$/, '').split('\n'))
      this.host.journal.write(this.nameOf(data.unit), 6, text, { identifier: data.identifier, pid })
  }

  /** A line that the main process wrote to stderr. */
  log(data: UnitLogData): void {
    const record = this.records.get(this.nameOf(data.unit))
    if (record === undefined) return
    for (const text of data.text.replace(/\n$/, '').split('\n'))
      this.host.journal.write(record.name, 6, text, {
        identifier: basename(record.argv[0] ?? record.name),
        pid: data.pid,
      })
  }

  builtIn(data: { unit: string; pid: number; what: string }): void {
    const record = this.running(data)
    if (record === undefined) return
    if (data.what === 'ready') this.builtInReady(record)
    else
      this.exited({
        host: this.host.name,
        unit: data.unit,
        pid: data.pid,
        ...(data.what.startsWith('code ') ? { code: Number(data.what.slice(5)) } : { signal: data.what }),
      })
  }

  /** A timer unit elapses. */
  elapsed(data: { unit: string }): void {
    const record = this.records.get(data.unit)
    if (record?.timer === undefined || !record.isUp) return
    record.timer = { lastMs: this.host.clockMs() }
    this.start(triggered(record.definition))
    this.schedule(record)
  }

  processes(): ModelledProcess[] {
    if (this.host.power !== 'on') return []
    const own = [...this.records.values()].filter(({ pid, real }) => pid !== undefined && real !== true)
    const init: ModelledProcess = {
      pid: 1,
      ppid: 0,
      user: 'root',
      argv: ['/sbin/init'],
      startedMs: this.host.bootedAtMs,
      memoryBytes: 13 * 1024 ** 2,
      cpu: 0,
    }
    return [
      init,
      ...own.map((record) => ({
        pid: record.pid as number,
        ppid: 1,
        user: value(record.definition, 'Service.User') ?? 'root',
        argv: record.argv,
        startedMs: record.startedMs,
        memoryBytes: this.memoryOf(record),
        cpu: record.address === undefined ? 0.001 : 0.015,
        unit: record.name,
      })),
    ]
  }

  dump(): UnitsState {
    return { records: [...this.records.values()], jobs: this.jobs.dump() }
  }

  load(state: UnitsState): void {
    this.records = new Map(state.records.map((record) => [record.name, record]))
    this.jobs.load(state.jobs)
  }

  // What the machine asks.

  act(action: UnitActionName, unit: string, event: MachineEvent): void {
    const record = this.records.get(unit)
    if (record !== undefined) this.actions[action](record, event)
  }

  guard(guard: UnitGuardName, unit: string, event: MachineEvent): boolean {
    const record = this.records.get(unit)
    if (record === undefined) return false
    if (guard === 'underStartLimit') return this.underStartLimit(record)
    const exit = event.exit as UnitExit
    if (guard === 'restarts') return this.restarts(record, exit)
    if (guard === 'remains') return this.remains(record, exit)
    return isClean(exit) && (guard === 'clean' || serviceType(record.definition) === 'oneshot')
  }

  delayMs(delay: UnitDelayName, unit: string): number {
    const definition = this.records.get(unit)?.definition
    if (definition === undefined) return 0
    if (delay === 'restartSec') return restartSecMs(definition)
    const key = delay === 'timeoutStart' ? 'TimeoutStartSec' : 'TimeoutStopSec'
    const oneshot = delay === 'timeoutStart' && serviceType(definition) === 'oneshot'
    const text = value(definition, `Service.${key}`) ?? value(definition, 'Service.TimeoutSec')
    const never = text === 'infinity' || text === '0'
    return never
      ? Number.MAX_SAFE_INTEGER / 4
      : durationMs(text, oneshot ? Number.MAX_SAFE_INTEGER / 4 : UNIT_DEFAULTS.timeoutStopMs)
  }

  private readonly actions: Record<UnitActionName, (record: UnitRecord, event: MachineEvent) => void> = {
    enterInactive: (record, { type }) => {
      this.changed(record, 'inactive')
      if (type !== 'xstate.init') this.settled(record, { done: true })
    },
    spawn: (record) => this.spawn(record),
    enterActive: (record) => this.enterActive(record),
    terminate: (record) => this.terminate(record),
    enterAutoRestart: (record) => {
      this.changed(record, 'autoRestart')
      this.settled(record, { failed: record.result })
    },
    enterFailed: (record) => this.enterFailed(record),
    noteExit: (record, event) => this.noteExit(record, event.exit as UnitExit),
    remain: (record) => this.changed(record, 'active'),
    finished: (record) => this.finished(record),
    stopped: (record) =>
      this.journal(record, `Stopped ${fullName(record.definition)}.`, { kind: 'stopped', job: record.job }),
    limitHit: (record) => {
      record.result = 'start-limit-hit'
      this.say(record, 'Start request repeated too quickly.', 4)
      this.say(record, `Failed with result 'start-limit-hit'.`, 4, { kind: 'failed', result: 'start-limit-hit' })
      record.reachedActive = false
    },
    countRestart: (record) => {
      record.restarts++
      record.job = this.jobs.nextId()
      this.say(record, `Scheduled restart job, restart counter is at ${record.restarts}.`, 6, {
        kind: 'restartScheduled',
        counter: record.restarts,
      })
    },
    startTimedOut: (record) => this.timedOut(record, `${record.phase ?? 'start'} operation timed out. Terminating.`),
    stopTimedOut: (record) => this.timedOut(record, "State 'stop-sigterm' timed out. Killing."),
  }

  // Jobs.

  run(job: Job): void {
    const record = this.record(job.unit)
    record.job = job.id
    if (!isService(job.unit)) return this.runPlain(record, job.kind)
    const state = this.stateOf(job.unit)
    if (job.kind === 'start') {
      if (state === 'active') return this.settled(record, { done: true })
      if (state === 'activating') return
      if (state === 'deactivating') return
      if (this.isKept(record)) return this.settled(record, { done: true })
      this.send(record, { type: 'START' })
      return
    }
    if (state === 'inactive' || state === 'failed') return this.settled(record, { done: true })
    if (state !== 'deactivating') this.send(record, { type: 'STOP' })
  }

  isUp(unit: string): boolean {
    const state = this.stateOf(unit)
    return state === 'active' || state === 'activating'
  }

  failDependency(job: Job): void {
    const record = this.record(job.unit)
    const { definition } = record
    this.host.journal.write(record.name, 4, `Dependency failed for ${fullName(definition)}.`)
    this.say(record, `Job ${record.name}/start failed with result 'dependency'.`, 5)
    this.answer(record, { failed: 'dependency' })
    if (!isService(record.name)) return
    for (const unit of related(this.files, definition, 'OnFailure')) this.start(unit)
  }

  /** Puts a unit and what it pulls in into the queue. */
  private addStart(record: UnitRecord, seen: Set<string>): JobStart | undefined {
    seen.add(record.name)
    const { definition } = record
    const required = needs(this.files, definition)
    for (const name of related(this.files, definition, 'Requisite'))
      if (this.stateOf(name) !== 'active') return { failed: 'dependency' }
    for (const name of required) {
      if (seen.has(name)) continue
      const other = this.record(name)
      const { loadState } = other.definition
      if (loadState !== 'loaded') {
        if (!isModelled(name)) continue
        return { refused: loadState, unit: name }
      }
      const refused = this.addStart(other, seen)
      if (refused !== undefined) return refused
    }
    for (const name of related(this.files, definition, 'Wants')) {
      if (seen.has(name) || !isModelled(name)) continue
      const other = this.record(name)
      if (other.definition.loadState === 'loaded') this.addStart(other, seen)
    }
    for (const name of this.conflictsOf(definition)) {
      const other = this.records.get(name)
      if (other !== undefined && this.isRunning(other)) this.addStop(other, 'stop')
    }
    if (this.stateOf(record.name) !== 'active' || this.jobs.of(record.name)?.kind === 'stop')
      this.addJob(record, 'start')
    return undefined
  }

  /** Stops or restarts a unit and those that depend on it. */
  private addStop(record: UnitRecord, kind: 'stop' | 'restart'): void {
    if (this.jobs.of(record.name)?.kind === kind) return
    this.addJob(record, kind)
    const relations: readonly Relation[] = ['Requires', 'BindsTo', 'PartOf']
    for (const other of [...this.records.values()]) {
      if (other === record || !this.isRunning(other)) continue
      if (relations.some((relation) => related(this.files, other.definition, relation).includes(record.name)))
        this.addStop(other, kind)
    }
  }

  private addJob(record: UnitRecord, kind: JobKind): void {
    const { definition } = record
    const before = this.jobs
      .list()
      .filter(({ unit }) => related(this.files, this.record(unit).definition, 'Before').includes(record.name))
    const after = [...related(this.files, definition, 'After'), ...before.map(({ unit }) => unit)]
    const isTarget = record.name.endsWith('.target') && !isNo(definition, 'Unit.DefaultDependencies')
    const pulls = isTarget
      ? [...related(this.files, definition, 'Wants'), ...related(this.files, definition, 'Requires')]
      : []
    const replaced = this.jobs.of(record.name)
    if (replaced !== undefined && replaced.kind !== kind) this.answer(record, { failed: 'canceled' })
    const job = this.jobs.add({ unit: record.name, kind, after, pulls, needs: needs(this.files, definition) })
    record.job = job.id
    for (const name of related(this.files, definition, 'Before')) this.jobs.of(name)?.after.push(record.name)
  }

  private conflictsOf(definition: UnitDefinition): string[] {
    const inverse = [...this.records.values()].filter((other) =>
      related(this.files, other.definition, 'Conflicts').includes(definition.name),
    )
    return [...related(this.files, definition, 'Conflicts'), ...inverse.map(({ name }) => name)]
  }

  private isRunning({ name }: UnitRecord): boolean {
    return !['inactive', 'failed'].includes(this.stateOf(name)) || this.jobs.of(name)?.kind === 'start'
  }

  private pumpFor(record: UnitRecord, waiter: Waiter | undefined): JobStart {
    this.jobs.pump()
    const state = this.stateOf(record.name)
    if (this.jobs.of(record.name) !== undefined) {
      if (waiter !== undefined) record.waiters.push(waiter)
      return { pending: true }
    }
    return state === 'failed' ? { failed: record.result } : { done: true }
  }

  /** A unit has come to rest: its job is over, or goes on to the start of a restart. */
  private settled(record: UnitRecord, answer: JobStart): void {
    const job = this.jobs.of(record.name)
    const state = this.stateOf(record.name)
    const atRest = state === 'inactive' || state === 'failed'
    if (job?.kind === 'restart' && atRest) {
      job.kind = 'start'
      job.running = false
      return this.jobs.pump()
    }
    if (job?.kind === 'start' && !job.running) return this.jobs.pump()
    if (job !== undefined && !TRANSIENT.has(state) && (job.kind === 'start' || atRest)) this.jobs.done(record.name)
    this.answer(record, answer)
    if (atRest) this.unbind(record)
    this.jobs.pump()
  }

  /** Units bound to one that has gone, go too. */
  private unbind(record: UnitRecord): void {
    for (const other of [...this.records.values()]) {
      if (!this.isRunning(other) || !related(this.files, other.definition, 'BindsTo').includes(record.name)) continue
      if (this.jobs.of(other.name) !== undefined) continue
      this.say(other, `Bound to unit ${record.name}, but unit isn't active.`, 6)
      this.addStop(other, 'stop')
    }
  }

  /** A condition that does not hold keeps a unit from starting. */
  private isKept(record: UnitRecord): boolean {
    delete record.unmet
    const found = unmet(this.files, record.definition)
    if (found === undefined) return false
    record.unmet = { text: found.text, atMs: this.host.clockMs() }
    const what = `${fullName(record.definition)}`
    if (found.kind === 'Condition') {
      this.host.journal.write(
        record.name,
        6,
        `${what} was skipped because of an unmet condition check (${found.text}).`,
      )
      return true
    }
    this.say(record, `Starting requested but asserts failed.`, 5)
    this.host.journal.write(record.name, 3, `Assertion failed for ${what}.`)
    this.jobs.done(record.name)
    this.answer(record, { failed: 'assert' })
    return true
  }

  /** Targets, timers and other units without a process. */
  private runPlain(record: UnitRecord, kind: JobKind): void {
    const up = kind !== 'stop'
    const was = record.isUp
    if (up && !was && this.isKept(record)) return this.settled(record, { done: true })
    record.isUp = up
    if (up !== was || kind === 'restart') {
      record.sinceMs = this.host.clockMs()
      const name = fullName(record.definition)
      const target = record.name.endsWith('.target')
      if (up) record.activeMs = this.host.hosts.kernel.now
      else record.inactiveMs = this.host.hosts.kernel.now
      this.journal(
        record,
        `${target ? (up ? 'Reached target' : 'Stopped target') : up ? 'Started' : 'Stopped'} ${name}.`,
        {
          kind: up ? 'started' : 'stopped',
          job: record.job,
        },
      )
      if (record.name.endsWith('.timer')) {
        if (up) this.beginTimer(record)
        else this.cancelTimer(record)
      }
    }
    this.jobs.done(record.name)
    this.answer(record, { done: true })
    this.jobs.pump()
  }

  // Timers.

  private beginTimer(record: UnitRecord): void {
    for (const text of badCalendars(record.definition))
      this.host.journal.write(
        record.name,
        4,
        `${record.definition.path}: Failed to parse calendar specification, ignoring: ${text}`,
      )
    record.timer = {}
    this.schedule(record)
  }

  private schedule(record: UnitRecord): void {
    const { kernel } = this.host.hosts
    this.cancelTimer(record)
    if (record.timer === undefined) return
    const unit = this.records.get(triggered(record.definition))
    const nextMs = nextFire(record.definition, {
      nowMs: kernel.now,
      bootedAtMs: this.host.bootedAtMs,
      activatedMs: record.activeMs ?? kernel.now,
      ...(unit?.activeMs !== undefined && { unitActiveMs: unit.activeMs }),
      ...(unit?.inactiveMs !== undefined && { unitInactiveMs: unit.inactiveMs }),
      clockOffsetMs: this.host.clockMs() - kernel.now,
    })
    if (nextMs === undefined) return
    const data = { host: this.host.name, unit: record.name }
    const event = kernel.send({ to: HOSTS, type: UNIT_EVENTS.timer, data }, nextMs - kernel.now)
    record.timer = { ...record.timer, nextMs, event }
  }

  private cancelTimer({ timer }: UnitRecord): void {
    if (timer?.event === undefined) return
    this.host.hosts.kernel.cancel(timer.event)
    delete timer.event
    delete timer.nextMs
  }

  private timerStatus({ definition, timer }: UnitRecord): NonNullable<UnitStatus['timer']> {
    const offset = this.host.clockMs() - this.host.hosts.kernel.now
    return {
      unit: triggered(definition),
      ...(timer?.nextMs !== undefined && { nextMs: timer.nextMs + offset }),
      ...(timer?.lastMs !== undefined && { lastMs: timer.lastMs }),
    }
  }

  private timersOf(unit: string): string[] {
    return [...this.records.values()]
      .filter(({ timer, definition }) => timer !== undefined && triggered(definition) === unit)
      .map(({ name }) => name)
  }

  // A run of a service.

  private spawn(record: UnitRecord): void {
    const { definition } = record
    const { kernel } = this.host.hosts
    record.starts = [...record.starts, kernel.now].slice(-20)
    record.reachedActive = false
    record.ended = []
    record.step = 0
    record.invocation = invocationId(
      `${this.host.name} ${record.name} ${this.host.bootedAtMs} ${record.job} ${kernel.now}`,
    )
    for (const key of ['exit', 'control', 'address', 'real', 'pid', 'durationMs'] as const) delete record[key]
    this.changed(record, 'activating')
    const atOnce = ['simple', 'exec', 'idle'].includes(serviceType(definition))
    const prepares = ['ExecStartPre', 'ExecCondition'].some((key) => values(definition, `Service.${key}`).length > 0)
    if (!atOnce || prepares)
      this.journal(record, `Starting ${fullName(definition)}...`, { kind: 'starting', job: record.job })
    for (const key of ['RuntimeDirectory', 'StateDirectory', 'LogsDirectory', 'CacheDirectory'] as const)
      this.makeDirectories(definition, key)
    if ('missing' in environmentOf(this.files, definition)) return this.failBeforeExec(record)
    record.phase = 'start-pre'
    this.runControl(record, 'ExecCondition', 0)
  }

  private makeDirectories(definition: UnitDefinition, key: keyof typeof DIRECTORIES): void {
    const names = values(definition, `Service.${key}`).flatMap((line) => line.split(/\s+/))
    const owner = value(definition, 'Service.User')
    for (const name of names) {
      const path = `${DIRECTORIES[key]}/${name}`
      if (name === '' || this.files.exists(path)) continue
      this.files.mkdir(path, ROOT, { parents: true })
      if (owner !== undefined && owner !== 'root') this.files.chown(path, owner, owner)
    }
  }

  private commandOf(record: UnitRecord): CommandOf {
    const env = environmentOf(this.files, record.definition)
    const found: Record<string, string> = 'missing' in env ? {} : env
    if (record.pid !== undefined) found.MAINPID = String(record.pid)
    return { unit: record.name, definition: record.definition, env: found, invocation: record.invocation }
  }

  /** Runs the commands of a kind from one on; what comes next follows when the last has ended. */
  private runControl(record: UnitRecord, kind: ControlKind, index: number): void {
    const line = values(record.definition, `Service.${kind}`)[index]
    if (line === undefined) return this.controlDone(record, kind)
    const launched = this.commands.launch(this.commandOf(record), line, false)
    if ('runs' in launched) {
      record.control = { kind, index, pid: launched.pid }
      return
    }
    const brief = 'program' in launched ? BRIEF[launched.program]?.(launched.argv) : undefined
    if ('program' in launched && brief === undefined)
      this.host.journal.write(
        record.name,
        6,
        `not simulated: ${launched.program} in ${kind}=; it is taken to succeed`,
        { identifier: launched.program, pid: launched.pid },
      )
    else if ('why' in launched && launched.why !== undefined) this.sayNotRun(record, launched, launched.why)
    const code = brief?.code ?? 0
    const exit: UnitExit = 'exit' in launched ? launched.exit : { pid: launched.pid, how: 'exited', code }
    this.controlEnded(record, kind, index, exit)
  }

  private controlEnded(record: UnitRecord, kind: ControlKind, index: number, ended: UnitExit): void {
    delete record.control
    const line = values(record.definition, `Service.${kind}`)[index] ?? ''
    const exit = { ...this.judged(record, ended, line), control: true }
    record.ended.push({ kind, line: line.replace(/^[-@:+!|]+/, ''), exit })
    if (isClean(exit)) return this.runControl(record, kind, index + 1)
    if (kind === 'ExecCondition' && exit.how === 'exited' && exit.code < 255) {
      this.say(record, `Skipped due to 'exec-condition'.`, 6)
      record.result = 'exec-condition'
      return this.send(record, { type: 'EXITED', exit: { ...exit, forgiven: true } })
    }
    if (kind === 'ExecReload') {
      this.say(record, `Control process exited, ${journalStatus(exit)}`, 5)
      return this.journal(record, `Reload failed for ${fullName(record.definition)}.`)
    }
    if (kind === 'ExecStop' || kind === 'ExecStopPost') {
      this.say(record, `Control process exited, ${journalStatus(exit)}`, 5)
      return this.controlDone(record, kind)
    }
    if (record.pid !== undefined) this.killAll(record, 'TERM')
    delete record.pid
    this.send(record, { type: 'EXITED', exit })
  }

  private controlDone(record: UnitRecord, kind: ControlKind): void {
    if (kind === 'ExecCondition') return this.runControl(record, 'ExecStartPre', 0)
    if (kind === 'ExecStartPre') return this.startMain(record)
    if (kind === 'ExecStartPost') return this.send(record, { type: 'READY' })
    if (kind === 'ExecReload') return this.journal(record, `Reloaded ${fullName(record.definition)}.`)
    if (kind === 'ExecStop') return this.signalStop(record)
  }

  /** The main command: the only one, or the next of a oneshot. */
  private startMain(record: UnitRecord): void {
    record.phase = 'start'
    const line = values(record.definition, 'Service.ExecStart')[record.step]
    if (line === undefined)
      return this.send(record, { type: 'EXITED', exit: { pid: 0, how: 'exited', code: 0 } satisfies UnitExit })
    const of = this.commandOf(record)
    const launched = this.commands.launch(of, line, true)
    record.argv = launched.argv
    record.pid = launched.pid
    record.startedMs = this.host.hosts.kernel.now
    record.real = 'runs' in launched
    const program = 'program' in launched ? launched.program : basename(launched.path)
    this.host.hosts.kernel.record('host.unit.spawned', { host: this.host.name, unit: record.name, program })
    if ('program' in launched) this.handOver(record, launched.program, of.env)
    else if ('exit' in launched) {
      if (launched.why !== undefined) this.sayNotRun(record, launched, launched.why)
      this.exitSoon(record, `code ${launched.exit.code}`)
    }
    const type = serviceType(record.definition)
    if (type === 'simple' || type === 'exec' || type === 'idle') this.ready(record)
  }

  /** The program is up: ExecStartPost, and the unit is active. */
  private ready(record: UnitRecord): void {
    if (record.phase !== 'start') return
    record.phase = 'start-post'
    this.runControl(record, 'ExecStartPost', 0)
  }

  private handOver(record: UnitRecord, program: string, env: Record<string, string>): void {
    const address = this.host.hosts.programAddress(program, this.host.name)
    if (address === undefined) return this.runBuiltIn(record, program)
    record.address = address
    this.tell(record, UNIT_EVENTS.start, {
      host: this.host.name,
      unit: record.name,
      pid: record.pid as number,
      argv: record.argv,
      env,
    } satisfies UnitStartData)
  }

  private sayNotRun(record: UnitRecord, launched: Launched, { step, text }: { step: string; text: string }): void {
    const { path, pid } = launched
    const from = { identifier: `(${basename(path).slice(0, 8)})`, pid }
    const write = (line: string): void => this.host.journal.write(record.name, 3, `${record.name}: ${line}`, from)
    if (step === 'EXEC' && text === 'No such file or directory') write(`Failed to locate executable ${path}: ${text}`)
    if (step === 'USER') write(`Failed to determine user credentials: ${text}`)
    if (step === 'CHDIR') write(`Changing to the requested working directory failed: ${text}`)
    write(`Failed at step ${step} spawning ${path}: ${text}`)
  }

  private failBeforeExec(record: UnitRecord): void {
    this.say(record, 'Failed to load environment files: No such file or directory', 4)
    this.say(record, "Failed to run 'start' task: No such file or directory", 4)
    record.pid = this.host.nextPid()
    record.argv = []
    record.phase = 'start'
    this.exitSoon(record, 'code 1')
    if (['simple', 'exec', 'idle'].includes(serviceType(record.definition))) this.ready(record)
  }

  private exitSoon(record: UnitRecord, what: string, afterMs = 0): void {
    record.pid ??= this.host.nextPid()
    const data = { host: this.host.name, unit: record.name, pid: record.pid, what }
    this.host.hosts.kernel.send({ to: HOSTS, type: UNIT_EVENTS.builtIn, data }, afterMs)
  }

  private runBuiltIn(record: UnitRecord, program: string): void {
    const daemon = BUILT_IN[program]
    if (daemon !== undefined) {
      const data = { host: this.host.name, unit: record.name, pid: record.pid, what: 'ready' }
      this.host.hosts.kernel.send({ to: HOSTS, type: UNIT_EVENTS.builtIn, data }, daemon.readyMs)
      return
    }
    const brief = BRIEF[program]?.(record.argv)
    if (brief === undefined)
      return this.log({
        host: this.host.name,
        unit: record.name,
        pid: record.pid ?? 0,
        text: `not simulated: ${program} as a service; it is taken to run and do nothing`,
      })
    if (brief.afterMs < Number.MAX_SAFE_INTEGER) this.exitSoon(record, `code ${brief.code}`, brief.afterMs)
  }

  private builtInReady(record: UnitRecord): void {
    const daemon = this.builtInOf(record)
    if (daemon === undefined || record.pid === undefined) return
    this.sayBuiltIn(record, daemon.lines)
    if (basename(record.argv[0] ?? '') === 'systemd-timesyncd') this.host.syncClock()
    if (daemon.port !== undefined) this.host.hosts.fabric.listen(this.host.name, daemon.port, HOSTS)
    for (const socket of daemon.sockets ?? [])
      this.host.addSocket({ ...socket, program: basename(record.argv[0] ?? ''), pid: record.pid })
    this.ready(record)
  }

  private builtInOf(record: UnitRecord): (typeof BUILT_IN)[string] | undefined {
    return record.address === undefined && record.real !== true ? BUILT_IN[basename(record.argv[0] ?? '')] : undefined
  }

  private sayBuiltIn(record: UnitRecord, lines: readonly string[]): void {
    const time = new Date(this.host.clockMs()).toISOString().replace('Z', '000000Z')
    for (const line of lines)
      this.log({ host: this.host.name, unit: record.name, pid: record.pid ?? 0, text: line.replace('<time>', time) })
  }

  private closePorts(record: UnitRecord): void {
    const daemon = this.builtInOf(record)
    if (daemon?.port !== undefined) this.host.hosts.fabric.unlisten(this.host.name, daemon.port)
    for (const { address, port } of daemon?.sockets ?? []) this.host.removeSocket(port, address)
  }

  // The end of a run.

  private terminate(record: UnitRecord): void {
    this.changed(record, 'deactivating')
    this.journal(record, `Stopping ${fullName(record.definition)}...`, { kind: 'stopping', job: record.job })
    if (record.control !== undefined) {
      this.commands.signal(record.control.pid, 'TERM')
      delete record.control
    }
    record.phase = 'stop'
    if (record.reachedActive) this.runControl(record, 'ExecStop', 0)
    else this.signalStop(record)
  }

  private signalStop(record: UnitRecord): void {
    if (this.stateOf(record.name) !== 'deactivating') return
    record.phase = 'stop-sigterm'
    this.killAll(record, value(record.definition, 'Service.KillSignal')?.replace(/^SIG/, '') ?? 'TERM')
  }

  /** Signals the main process, and the rest of the control group as KillMode= says. */
  private killAll(record: UnitRecord, signal: string): void {
    const mode = value(record.definition, 'Service.KillMode') ?? 'control-group'
    const others = this.commands.group(record.invocation).filter(({ pid }) => pid !== record.pid)
    if (mode === 'control-group') for (const { pid } of others) this.commands.signal(pid, signal)
    if (mode !== 'none' || record.pid === undefined) this.signalMain(record, signal)
    else this.mainGone(record)
  }

  private mainGone(record: UnitRecord): void {
    delete record.pid
    this.send(record, { type: 'EXITED', exit: { pid: 0, how: 'exited', code: 0 } satisfies UnitExit })
  }

  private signalMain(record: UnitRecord, signal: string): void {
    if (record.pid === undefined) return this.mainGone(record)
    if (record.real === true) return void (this.commands.signal(record.pid, signal) || this.mainGone(record))
    if (record.address !== undefined && this.host.hosts.kernel.component(record.address) !== undefined) {
      return this.tell(record, UNIT_EVENTS.stop, { ...this.runOf(record), signal } satisfies UnitStopData)
    }
    if (signal === 'CONT' || signal === 'TSTP' || signal === 'WINCH') return
    const daemon = this.builtInOf(record)
    if (signal === 'HUP' && daemon !== undefined) return
    if (signal === 'TERM') this.sayBuiltIn(record, daemon?.farewell ?? [])
    this.exitSoon(record, daemon !== undefined && signal === 'TERM' ? 'code 0' : signal, signal === 'KILL' ? 0 : 5)
  }

  /** Whether an end counts as a success is for the line's `-` and SuccessExitStatus= to say too. */
  private judged({ definition }: UnitRecord, exit: UnitExit, line = ''): UnitExit {
    const forgiven = commandOf(line).mayFail || isListed(exit, values(definition, 'Service.SuccessExitStatus'))
    return forgiven && !isClean(exit) ? { ...exit, forgiven } : exit
  }

  private mainEnded(record: UnitRecord, exit: UnitExit): void {
    const type = serviceType(record.definition)
    const activating = this.stateOf(record.name) === 'activating'
    if (type === 'forking' && activating && isClean(exit)) return this.forked(record, exit)
    const lines = values(record.definition, 'Service.ExecStart')
    if (type === 'oneshot' && activating && isClean(exit) && record.step + 1 < lines.length) {
      record.ended.push({ kind: 'ExecStart', line: (lines[record.step] ?? '').replace(/^[-@:+!|]+/, ''), exit })
      record.step++
      return this.startMain(record)
    }
    // A notify service that ends before it is ready has broken its protocol.
    if (type === 'notify' && activating && exit.how === 'exited' && exit.code === 0)
      return this.send(record, { type: 'EXITED', exit: { ...exit, protocol: true } })
    this.send(record, { type: 'EXITED', exit })
  }

  /** The starter of a Type=forking service is done: what it left behind is the main process. */
  private forked(record: UnitRecord, exit: UnitExit): void {
    record.ended.push({ kind: 'ExecStart', line: values(record.definition, 'Service.ExecStart')[0] ?? '', exit })
    const file = value(record.definition, 'Service.PIDFile')
    const named = file === undefined ? undefined : Number((this.files.text(file) ?? '').trim())
    const left = this.commands.group(record.invocation)
    const main = left.find(({ pid }) => pid === named) ?? left[0]
    if (main === undefined || !this.commands.adopt(record.name, main.pid))
      return this.send(record, { type: 'EXITED', exit })
    record.pid = main.pid
    record.argv = main.argv
    this.ready(record)
  }

  private restarts(record: UnitRecord, exit: UnitExit): boolean {
    const { definition } = record
    if (this.jobs.of(record.name)?.kind === 'stop') return false
    if (record.result === 'exec-condition') return false
    if (isListed(exit, values(definition, 'Service.RestartPreventExitStatus'))) return false
    if (isListed(exit, values(definition, 'Service.RestartForceExitStatus'))) return true
    const policy = value(definition, 'Service.Restart') ?? 'no'
    if (serviceType(definition) === 'oneshot' && isClean(exit)) return false
    return wantsRestart(policy, exit)
  }

  private remains(record: UnitRecord, exit: UnitExit): boolean {
    return isYes(record.definition, 'Service.RemainAfterExit') && isClean(exit) && exit.control !== true
  }

  private enterActive(record: UnitRecord): void {
    this.changed(record, 'active')
    delete record.phase
    record.result = 'success'
    record.reachedActive = true
    record.activeMs = this.host.hosts.kernel.now
    if (serviceType(record.definition) === 'oneshot') this.finished(record)
    else this.journal(record, `Started ${fullName(record.definition)}.`, { kind: 'started', job: record.job })
    this.settled(record, { done: true })
  }

  private finished(record: UnitRecord): void {
    if (record.result === 'exec-condition') return
    record.activeMs = this.host.hosts.kernel.now
    this.journal(record, `Finished ${fullName(record.definition)}.`, { kind: 'started', job: record.job })
    for (const unit of related(this.files, record.definition, 'OnSuccess')) this.start(unit)
  }

  private enterFailed(record: UnitRecord): void {
    this.changed(record, 'failed')
    if (!record.reachedActive)
      this.journal(
        record,
        `Failed to start ${fullName(record.definition)}.`,
        { kind: 'startFailed', job: record.job },
        3,
      )
    const then = related(this.files, record.definition, 'OnFailure')
    if (then.length > 0) this.say(record, 'Triggering OnFailure= dependencies.', 6)
    this.settled(record, { failed: record.result })
    for (const unit of then) this.start(unit)
  }

  private noteExit(record: UnitRecord, exit: UnitExit): void {
    if (exit.control !== true) record.exit = exit
    const remains = this.remains(record, exit) && this.stateOf(record.name) === 'active'
    if (record.reachedActive && record.sinceMs !== undefined)
      record.durationMs = this.host.hosts.kernel.now - record.startedMs
    const skipped = record.result === 'exec-condition'
    const clean = isClean(exit)
    if (!skipped) record.result = exit.protocol === true ? 'protocol' : resultOf(exit)
    const failedAtAll = exit.how === 'killed' || exit.code !== 0
    if (failedAtAll && (!clean || exit.forgiven === true) && !skipped)
      this.say(record, `${exit.control === true ? 'Control' : 'Main'} process exited, ${journalStatus(exit)}`, 5, {
        kind: 'exited',
        how: exit.how,
        status: exit.how === 'killed' ? (exit.signal ?? '') : String(exit.code),
      })
    if (remains) return
    record.inactiveMs = this.host.hosts.kernel.now
    delete record.phase
    for (const { pid } of this.commands.group(record.invocation)) this.commands.signal(pid, 'KILL')
    if (clean && exit.protocol !== true) this.say(record, 'Deactivated successfully.', 6, { kind: 'succeeded' })
    else this.say(record, `Failed with result '${record.result}'.`, 4, { kind: 'failed', result: record.result })
    this.runControl(record, 'ExecStopPost', 0)
  }

  private timedOut(record: UnitRecord, text: string): void {
    record.result = 'timeout'
    this.say(record, text, 4)
    if (record.pid !== undefined && record.address !== undefined)
      this.tell(record, UNIT_EVENTS.stop, { ...this.runOf(record), signal: 'KILL' } satisfies UnitStopData)
    for (const { pid } of this.commands.group(record.invocation)) this.commands.signal(pid, 'KILL')
    for (const key of ['pid', 'control', 'phase'] as const) delete record[key]
    this.say(record, `Failed with result 'timeout'.`, 4, { kind: 'failed', result: 'timeout' })
  }

  // Small facts.

  private get files(): FileTree {
    return this.host.files
  }

  private nameOf(name: string): string {
    return canonicalName(this.files, unitName(name))
  }

  private stateOf(name: string): string {
    if (isService(name)) return this.rows.state(this.host.name, name)
    return this.records.get(name)?.isUp === true ? 'active' : 'inactive'
  }

  private subOf(record: UnitRecord, state: string): string {
    if (record.name.endsWith('.target')) return state === 'active' ? 'active' : 'dead'
    if (!isService(record.name)) return state === 'active' ? 'waiting' : 'dead'
    if (TRANSIENT.has(state) && record.phase !== undefined) return record.phase
    return state === 'active' && record.pid === undefined ? 'exited' : (SUB[state] ?? state)
  }

  /** The unit in memory. One that does not run and is not enabled is read afresh, as systemd would. */
  private record(name: string): UnitRecord {
    const known = this.records.get(name)
    if (known !== undefined) {
      const idle = ['inactive', 'failed'].includes(this.stateOf(name)) && this.jobs.of(name) === undefined
      if (idle && (known.definition.loadState !== 'loaded' || this.enabledState(name) !== 'enabled'))
        known.definition = this.loaded(name)
      return known
    }
    const record: UnitRecord = {
      name,
      definition: this.loaded(name),
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
    if (record.definition.loadState !== 'not-found') this.records.set(name, record)
    return record
  }

  private loaded(name: string): UnitDefinition {
    const definition = loadUnit(this.files, name)
    const known = this.records.get(name)?.definition.complaints ?? []
    for (const complaint of definition.complaints)
      if (!known.includes(complaint)) this.host.journal.write(name, 4, complaint)
    return definition
  }

  private linked(done: Linked): Linked {
    if ('lines' in done) this.daemonReload()
    return done
  }

  private send(record: UnitRecord, event: MachineEvent): void {
    if (isService(record.name)) this.rows.send(this.host.name, record.name, event)
  }

  private answer(record: UnitRecord, answer: JobStart): void {
    const waiters = record.waiters
    record.waiters = []
    for (const { pid, call } of waiters) {
      this.host.hosts.kernel.send({
        to: RUNTIME_ADDRESS,
        type: ANSWER_EVENT,
        data: { host: this.host.name, pid, call, answer } satisfies AnswerData,
      })
    }
  }

  private underStartLimit(record: UnitRecord): boolean {
    const { intervalMs, burst } = startLimit(record.definition)
    if (intervalMs === 0) return true
    const { now } = this.host.hosts.kernel
    return record.starts.filter((at) => now - at < intervalMs).length < burst
  }

  private changed(record: UnitRecord, state: string): void {
    this.host.hosts.unitChanged(this.host.name, record.name, state)
    if (record.starts.length === 0) return
    record.sinceMs = this.host.clockMs()
    this.host.hosts.kernel.record(`host.unit.${state}`, { host: this.host.name, unit: record.name })
    if (state !== 'active' && state !== 'inactive') return
    for (const name of this.timersOf(record.name)) {
      const timer = this.records.get(name)
      if (timer !== undefined) this.schedule(timer)
    }
  }

  private running(data: { unit: string; pid: number }): UnitRecord | undefined {
    const record = this.records.get(this.nameOf(data.unit))
    return record?.pid === data.pid ? record : undefined
  }

  private runOf(record: UnitRecord): { host: HostName; unit: string; pid: number } {
    return { host: this.host.name, unit: record.name, pid: record.pid ?? 0 }
  }

  private tell(record: UnitRecord, type: string, data: unknown): void {
    if (record.address !== undefined) this.host.hosts.kernel.send({ to: record.address, type, data })
  }

  private memoryOf(record: UnitRecord): number {
    if (record.pid === undefined) return 0
    if (record.real === true) return 3800 * 1024 * Math.max(1, this.commands.group(record.invocation).length)
    return this.builtInOf(record)?.memoryBytes ?? DEFAULT_MEMORY
  }

  private needsReload(record: UnitRecord): boolean {
    const { sources, loadState } = record.definition
    if (loadState === 'not-found') return false
    const now = loadUnit(this.files, record.name).sources
    return (
      now.length !== sources.length ||
      now.some(({ path, text }, index) => sources[index]?.path !== path || sources[index]?.text !== text)
    )
  }

  /** systemd's own line about a unit. */
  private journal(record: UnitRecord, text: string, catalog?: Catalog, priority: 3 | 6 = 6): void {
    this.host.journal.write(record.name, priority, text, catalog === undefined ? {} : { catalog })
  }

  private say(record: UnitRecord, text: string, priority: 3 | 4 | 5 | 6, catalog?: Catalog): void {
    this.host.journal.write(record.name, priority, `${record.name}: ${text}`, catalog === undefined ? {} : { catalog })
  }
}

/** The address of `Hosts`, spelt here because host.ts imports this file. */
const HOSTS = 'hosts'

const DIRECTORIES = {
  RuntimeDirectory: '/run',
  StateDirectory: '/var/lib',
  LogsDirectory: '/var/log',
  CacheDirectory: '/var/cache',
}

const isNo = (definition: UnitDefinition, name: string): boolean =>
  ['no', 'false', 'off', '0'].includes(value(definition, name) ?? 'yes')

/** Mounts, slices and the like are taken to be there. */
function isModelled(name: string): boolean {
  return /\.(service|target|timer)$/.test(name)
}

/** Thirty-two hex digits out of a name, so that a run is marked without a draw. */
function invocationId(name: string): string {
  let id = ''
  for (let part = 0; part < 4; part++) {
    let hash = 0x811c9dc5 + part
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
    id += hash.toString(16).padStart(8, '0')
  }
  return id
}

/** `kubelet` → `kubelet.service`; a name that has a suffix stays. */
export function unitName(name: string): string {
  return /\.(service|target|timer|socket|mount|path|slice|scope|swap|device)$/.test(name) ? name : `${name}.service`
}
