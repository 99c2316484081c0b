/**
 * systemd on one host. Models systemd 255 as far as systemctl and journalctl show it (Q1, Q2).
 * Not modelled: sockets, paths, mounts and slices as units of their own, cgroup limits.
 *
 * What a service runs is a component elsewhere: it gets `unit.start` and `unit.stop`, and answers
 * with `unit.started` and `unit.exited` to `hosts` (events.ts). Daemons without a component are in built-in.ts;
 * everything else runs as a process of the host's process table (commands.ts).
 */
import type { JobStart, Waiter } from './answers.ts'
import { Commands } from './commands.ts'
import { Daemons } from './daemons.ts'
import { related } from './dependencies.ts'
import type { Relation } from './dependencies.ts'
import type {
  BuiltInData,
  TimerData,
  UnitEndedData,
  UnitExitedData,
  UnitLogData,
  UnitOutputData,
  UnitStartedData,
} from './events.ts'
import { exitOf } from './exit.ts'
import { JobRunner } from './job-runner.ts'
import { Jobs } from './jobs.ts'
import * as links from './links.ts'
import type { Linked } from './links.ts'
import { MainProcess } from './main-process.ts'
import type { UnitRecord } from './record.ts'
import type { UnitActions, UnitRows } from './rows.ts'
import { ServiceSteps } from './service-steps.ts'
import { Service } from './service.ts'
import { UnitStatuses } from './status.ts'
import type { UnitStatus } from './status.ts'
import { UnitTable } from './table.ts'
import { TimerUnits } from './timer-units.ts'
import { Transactions } from './transactions.ts'
import type { ModelledProcess, UnitHost } from './unit-host.ts'
import { UnitLog } from './unit-log.ts'

/** The first unit of a boot. */
const JOURNALD = 'systemd-journald.service'

export interface UnitsState {
  records: UnitRecord[]
  jobs: ReturnType<Jobs['dump']>
}

export class Units {
  /** What the machines of services ask. */
  readonly actions: UnitActions
  private readonly lines: UnitLog
  private readonly table: UnitTable
  private readonly jobs: Jobs
  private readonly transactions: Transactions
  private readonly timers: TimerUnits
  private readonly commands: Commands
  private readonly daemons: Daemons
  private readonly main: MainProcess
  private readonly steps: ServiceSteps
  private readonly statuses: UnitStatuses

  constructor(
    private readonly host: UnitHost,
    rows: UnitRows,
  ) {
    const log = (this.lines = new UnitLog(host.journal))
    const table = (this.table = new UnitTable(host, rows, (unit) => jobs.of(unit) !== undefined))
    const jobs: Jobs = (this.jobs = new Jobs({
      run: (job) => runner.run(job),
      isUp: (unit) => runner.isUp(unit),
      failDependency: (job) => runner.failDependency(job),
    }))
    const transactions = (this.transactions = new Transactions(host, table, jobs))
    const timers = (this.timers = new TimerUnits(host, table, log, (unit) => void transactions.start(unit)))
    const runner: JobRunner = new JobRunner(host, table, log, jobs, transactions, timers)
    const commands = (this.commands = new Commands(host))
    const daemons = (this.daemons = new Daemons(host, log))
    const main = (this.main = new MainProcess(host, table, log, commands, daemons))
    const steps = (this.steps = new ServiceSteps(host, table, log, commands, daemons, main))
    this.actions = new Service({ host, table, log, jobs, transactions, runner, timers, commands, main, steps })
    this.statuses = new UnitStatuses(host, table, jobs, commands, timers)
  }

  // What systemctl asks for. `containerd` means `containerd.service`.

  /** Starts a unit with what it needs. With a waiter the end of a longer start is answered to it. */
  start(name: string, waiter?: Waiter): JobStart {
    return this.transactions.start(name, waiter)
  }

  stop(name: string, waiter?: Waiter): JobStart {
    return this.transactions.stop(name, waiter)
  }

  restart(name: string, waiter?: Waiter): JobStart {
    return this.transactions.restart(name, waiter)
  }

  /** Starts a target with what it needs, and stops everything else. */
  isolate(name: string, waiter?: Waiter): JobStart {
    return this.transactions.isolate(name, waiter)
  }

  /** Tells the program to read its configuration again; false when the unit has no ExecReload. */
  reload(name: string): boolean | 'failed' {
    return this.steps.reload(this.table.of(name))
  }

  resetFailed(name?: string): void {
    for (const record of name === undefined ? this.table.all() : [this.table.of(name)]) {
      record.starts = []
      record.restarts = 0
      record.result = 'success'
      this.table.send(record, { type: 'RESET' })
    }
  }

  /** Sends a signal to the main process with that pid. Returns whether there is one. */
  signal(pid: number, signal: string): boolean {
    const record = this.table.all().find((one) => one.pid === pid)
    if (record !== undefined) this.main.signal(record, signal)
    return record !== undefined
  }

  /** SIGSTOP or SIGCONT for the main process with that pid. Returns whether it can stand still. */
  pause(pid: number, paused: boolean): boolean {
    const record = this.table.all().find((one) => one.pid === pid)
    return record !== undefined && this.main.pause(record, paused)
  }

  /** `systemctl kill`: a signal to the main process, or to all of the unit's. Returns whether there is any. */
  kill(name: string, signal: string, whom: string): boolean {
    const record = this.table.of(name)
    const group = this.commands.group(record.invocation).filter(({ pid }) => whom !== 'main' || pid === record.pid)
    for (const { pid } of group) this.commands.signal(pid, signal)
    if (record.pid !== undefined && record.real !== true) this.main.signal(record, signal)
    return group.length > 0 || record.pid !== undefined
  }

  /** `systemd-notify` of a process: `READY=1` and the like. Returns whether it belongs to a unit. */
  notify(invocation: string, message: string): boolean {
    const record = this.table.all().find((one) => one.invocation !== '' && one.invocation === invocation)
    if (record === undefined) return false
    if (/(^|\n)READY=1/.test(message) && this.table.stateOf(record.name) === 'activating') this.steps.ready(record)
    return true
  }

  /** Reads all unit files again. */
  daemonReload(): void {
    this.table.reload()
    this.lines.manager("Reloading requested from client PID 1 ('systemctl')...")
    this.lines.manager('Reloading...')
  }

  // What systemctl shows.

  /** Whether a unit's main process runs. */
  isActive(name: string): boolean {
    return this.table.stateOf(this.table.nameOf(name)) === 'active'
  }

  status(name: string): UnitStatus {
    return this.statuses.of(name)
  }

  processes(): ModelledProcess[] {
    return this.statuses.processes()
  }

  /** The units that a unit names in a setting, `.wants` links included. */
  related(name: string, relation: Relation): string[] {
    return related(this.host.files, this.table.of(name).definition, relation)
  }

  /** The jobs that wait or run, for `systemctl list-jobs`. */
  listJobs(): { id: number; unit: string; kind: string; running: boolean }[] {
    return this.jobs.list().map(({ id, unit, kind, running }) => ({ id, unit, kind, running }))
  }

  /** The names of all unit files and loaded units, sorted. */
  names(): string[] {
    return this.table.names()
  }

  // What is installed.

  isEnabled(name: string): boolean {
    return this.enabledState(this.table.nameOf(name)) === 'enabled'
  }

  /** `enabled`, `disabled`, `static`, `masked`, `alias`, `linked`, `not-found`. */
  enabledState(name: string): string {
    return links.enabledState(this.host.files, name)
  }

  /** Makes the links of [Install]. Returns the lines that systemctl prints. */
  enable(name: string): Linked {
    return this.linked(links.enable(this.host.files, this.table.nameOf(name)))
  }

  disable(name: string): Linked {
    return this.linked(links.disable(this.host.files, this.table.nameOf(name)))
  }

  mask(name: string): Linked {
    return this.linked(links.mask(this.host.files, this.table.nameOf(name)))
  }

  unmask(name: string): Linked {
    return this.linked(links.unmask(this.host.files, this.table.nameOf(name)))
  }

  link(path: string): Linked {
    return this.linked(links.link(this.host.files, path))
  }

  revert(name: string): Linked {
    return this.linked(links.revert(this.host.files, this.table.nameOf(name)))
  }

  setDefault(name: string): Linked {
    return this.linked(links.setDefault(this.host.files, this.table.nameOf(name)))
  }

  defaultTarget(): string {
    return links.defaultTarget(this.host.files)
  }

  // Power.

  /** At boot: starts the default target, and with it what is enabled. */
  boot(): void {
    const { journal, files, kernelVersion } = this.host
    const banner = `Linux version ${kernelVersion} (buildd@lcy02-amd64-080)`
    journal.write('', 5, banner, { identifier: 'kernel', pid: 0 })
    if (files.exists(`/usr/lib/systemd/system/${JOURNALD}`)) this.start(JOURNALD)
    this.start(this.defaultTarget())
  }

  /** The power is gone: nothing runs, and nobody is told goodbye. */
  die(): void {
    this.jobs.clear()
    for (const record of this.table.all()) {
      this.main.cut(record)
      this.timers.cancel(record)
    }
    this.table.clear()
  }

  // What comes from programs, processes and timers.

  started(data: UnitStartedData): void {
    const record = this.table.running(data)
    if (record !== undefined) this.steps.ready(record)
  }

  exited(data: UnitExitedData): void {
    const record = this.table.running(data)
    if (record !== undefined) this.steps.mainExited(record, exitOf(data))
  }

  /** A process of the process table ended that some unit started. */
  ended(data: UnitEndedData): void {
    const record = this.table.told(data)
    if (record?.pid === data.pid) this.exited(data)
    else if (record?.control?.pid === data.pid) this.steps.controlExited(record, exitOf(data))
  }

  /** What a process of the table wrote. */
  output(data: UnitOutputData): void {
    const record = this.table.told(data)
    const pid = record?.control?.pid ?? record?.pid ?? 0
    this.lines.written(this.table.nameOf(data.unit), data.text, { identifier: data.identifier, pid })
  }

  /** A line that the main process wrote to stderr. */
  log(data: UnitLogData): void {
    const record = this.table.told(data)
    if (record !== undefined) this.lines.main(record, data.pid, data.text)
  }

  /** A built-in daemon is ready, or ends. */
  builtIn(data: BuiltInData): void {
    const record = this.table.running(data)
    if (record === undefined) return
    if (data.what !== 'ready') this.exited({ ...data, ...endOf(data.what) })
    else if (this.daemons.ready(record)) this.steps.ready(record)
  }

  /** A timer unit elapses. */
  elapsed(data: TimerData): void {
    this.timers.elapsed(data)
  }

  dump(): UnitsState {
    return { records: this.table.dump(), jobs: this.jobs.dump() }
  }

  load(state: UnitsState): void {
    this.table.load(state.records)
    this.jobs.load(state.jobs)
  }

  private linked(done: Linked): Linked {
    if ('lines' in done) this.daemonReload()
    return done
  }
}

/** `code 1`, or a signal. */
function endOf(what: string): { code: number } | { signal: string } {
  return what.startsWith('code ') ? { code: Number(what.slice(5)) } : { signal: what }
}
