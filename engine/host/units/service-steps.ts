/**
 * The commands of a run of a service, one after the other: ExecCondition, ExecStartPre, ExecStart, ExecStartPost;
 * ExecReload; ExecStop, ExecStopPost. Models systemd src/core/service.c (Q1, Q2).
 */
import type { MachineEvent } from '../../kernel/machine.ts'
import { BRIEF } from './built-in.ts'
import { contextOf } from './commands.ts'
import type { Commands, Launched } from './commands.ts'
import type { Daemons } from './daemons.ts'
import { UNIT_EVENTS } from './events.ts'
import { isClean } from './exit.ts'
import type { UnitExit } from './exit.ts'
import type { MainProcess } from './main-process.ts'
import { judged, startsAtOnce } from './policy.ts'
import type { ControlKind, UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import { fullName, serviceType, value, values, withoutPrefix } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

const DONE: UnitExit = { pid: 0, how: 'exited', code: 0 }

/** What follows the last command of a kind. */
type Follow = Record<ControlKind, (record: UnitRecord) => void>
/** What follows a command of a kind that has failed. */
type Failed = Partial<Record<ControlKind, (record: UnitRecord, exit: UnitExit) => void>>

export class ServiceSteps {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly log: UnitLog,
    private readonly commands: Commands,
    private readonly daemons: Daemons,
    private readonly main: MainProcess,
  ) {}

  /** The first step of a run. */
  begin(record: UnitRecord): void {
    record.phase = 'start-pre'
    this.run(record, 'ExecCondition')
  }

  /** The first step of a stop. */
  beginStop(record: UnitRecord): void {
    if (record.control !== undefined) {
      this.commands.signal(record.control.pid, 'TERM')
      delete record.control
    }
    record.phase = 'stop'
    if (record.reachedActive) this.run(record, 'ExecStop')
    else this.signalStop(record)
  }

  /** Beside what follows the end of a run. */
  cleanUp(record: UnitRecord): void {
    this.run(record, 'ExecStopPost')
  }

  /** Tells the program to read its configuration again; false when there is nothing to reload. */
  reload(record: UnitRecord): boolean | 'failed' {
    const has = values(record.definition, 'Service.ExecReload').length > 0
    if (!has || this.table.stateOf(record.name) !== 'active') return false
    this.log.journal(record, `Reloading ${fullName(record.definition)}...`)
    if (record.address !== undefined && !this.mayReload(record)) return 'failed'
    this.main.tellSignal(record, UNIT_EVENTS.reload, 'HUP')
    if (record.real === true) this.run(record, 'ExecReload')
    else this.follow.ExecReload(record)
    return true
  }

  /** The program is up: ExecStartPost, and the unit is active. */
  ready(record: UnitRecord): void {
    if (record.phase !== 'start') return
    record.phase = 'start-post'
    this.run(record, 'ExecStartPost')
  }

  /** No command can run: the run ends before it has begun. */
  failBeforeExec(record: UnitRecord): void {
    this.log.say(record, 'Failed to load environment files: No such file or directory', 4)
    this.log.say(record, "Failed to run 'start' task: No such file or directory", 4)
    record.pid = this.host.nextPid()
    record.argv = []
    record.phase = 'start'
    this.daemons.exitSoon(record, 'code 1')
    if (startsAtOnce(record.definition)) this.ready(record)
  }

  /** The main process has ended. */
  mainExited(record: UnitRecord, ended: UnitExit): void {
    this.daemons.closePorts(record)
    delete record.pid
    const exit = judged(record.definition, ended, values(record.definition, 'Service.ExecStart')[record.step])
    if (this.table.stateOf(record.name) === 'activating') this.endedEarly(record, exit)
    else this.exited(record, exit)
  }

  /** The command that runs beside the main one has ended. */
  controlExited(record: UnitRecord, exit: UnitExit): void {
    if (record.control !== undefined) this.ended(record, record.control.kind, record.control.index, exit)
  }

  /** Runs the commands of a kind from one on; what comes next follows when the last has ended. */
  private run(record: UnitRecord, kind: ControlKind, index = 0): void {
    const line = values(record.definition, `Service.${kind}`)[index]
    if (line === undefined) return this.follow[kind](record)
    const launched = this.commands.launch(contextOf(this.table.files, record), line, false)
    if ('runs' in launched) record.control = { kind, index, pid: launched.pid }
    else this.ended(record, kind, index, this.exitAtOnce(record, kind, launched))
  }

  /** How a command that is no process of the table ends. */
  private exitAtOnce(
    record: UnitRecord,
    kind: ControlKind,
    launched: Exclude<Launched, { runs: 'process' }>,
  ): UnitExit {
    const { pid } = launched
    if ('exit' in launched) {
      if (launched.why !== undefined) this.log.notRun(record, launched, launched.why)
      return launched.exit
    }
    const { program, argv } = launched
    const brief = BRIEF[program]?.(argv)
    if (brief === undefined)
      this.log.written(record.name, `not simulated: ${program} in ${kind}=; it is taken to succeed`, {
        identifier: program,
        pid,
      })
    return { pid, how: 'exited', code: brief?.code ?? 0 }
  }

  private ended(record: UnitRecord, kind: ControlKind, index: number, ended: UnitExit): void {
    delete record.control
    const line = values(record.definition, `Service.${kind}`)[index] ?? ''
    const exit = { ...judged(record.definition, ended, line), control: true }
    record.ended.push({ kind, line: withoutPrefix(line), exit })
    if (isClean(exit)) this.run(record, kind, index + 1)
    else (this.failed[kind] ?? this.failStart)(record, exit)
  }

  private readonly follow: Follow = {
    ExecCondition: (record) => this.run(record, 'ExecStartPre'),
    ExecStartPre: (record) => this.startMain(record),
    ExecStartPost: (record) => this.table.send(record, { type: 'READY' }),
    ExecReload: (record) => this.log.journal(record, `Reloaded ${fullName(record.definition)}.`),
    ExecStop: (record) => this.signalStop(record),
    ExecStopPost: () => {},
  }

  private readonly failed: Failed = {
    ExecCondition: (record, exit) => {
      if (exit.how === 'exited' && exit.code < 255) this.skip(record, exit)
      else this.failStart(record, exit)
    },
    ExecReload: (record, exit) => this.reloadFailed(record, exit),
    ExecStop: (record, exit) => {
      this.log.controlFailed(record, exit)
      this.follow.ExecStop(record)
    },
    ExecStopPost: (record, exit) => this.log.controlFailed(record, exit),
  }

  private readonly failStart = (record: UnitRecord, exit: UnitExit): void => {
    if (record.pid !== undefined) this.main.kill(record, 'TERM')
    delete record.pid
    this.exited(record, exit)
  }

  /** ExecCondition says that the service is not to run; that is no failure. */
  private skip(record: UnitRecord, exit: UnitExit): void {
    this.log.say(record, `Skipped due to 'exec-condition'.`, 6)
    record.result = 'exec-condition'
    this.exited(record, { ...exit, forgiven: true })
  }

  /** The main command: the only one, or the next of a oneshot. */
  private startMain(record: UnitRecord): void {
    record.phase = 'start'
    const line = values(record.definition, 'Service.ExecStart')[record.step]
    if (line === undefined) return this.exited(record, DONE)
    this.main.launch(record, line)
    if (startsAtOnce(record.definition)) this.ready(record)
  }

  private signalStop(record: UnitRecord): void {
    if (this.table.stateOf(record.name) !== 'deactivating') return
    record.phase = 'stop-sigterm'
    this.main.kill(record, value(record.definition, 'Service.KillSignal')?.replace(/^SIG/, '') ?? 'TERM')
  }

  /** The main process ended while the service was still starting: what that means is its Type= to say. */
  private endedEarly(record: UnitRecord, exit: UnitExit): void {
    const type = serviceType(record.definition)
    if (type === 'forking' && isClean(exit)) this.forked(record, exit)
    else if (type === 'oneshot' && isClean(exit)) this.nextOfOneshot(record, exit)
    // A notify service that ends before it is ready has broken its protocol.
    else if (type === 'notify' && exit.how === 'exited' && exit.code === 0)
      this.exited(record, { ...exit, protocol: true })
    else this.exited(record, exit)
  }

  private nextOfOneshot(record: UnitRecord, exit: UnitExit): void {
    const lines = values(record.definition, 'Service.ExecStart')
    if (record.step + 1 >= lines.length) return this.exited(record, exit)
    record.ended.push({ kind: 'ExecStart', line: withoutPrefix(lines[record.step] ?? ''), exit })
    record.step++
    this.startMain(record)
  }

  /** The starter of a Type=forking service is done: what it left behind is the main process. */
  private forked(record: UnitRecord, exit: UnitExit): void {
    record.ended.push({ kind: 'ExecStart', line: values(record.definition, 'Service.ExecStart')[0] ?? '', exit })
    const file = value(record.definition, 'Service.PIDFile')
    const named = file === undefined ? undefined : Number((this.table.files.text(file) ?? '').trim())
    const left = this.commands.group(record.invocation)
    const main = left.find(({ pid }) => pid === named) ?? left[0]
    if (main === undefined || !this.commands.adopt(record.name, main.pid)) return this.exited(record, exit)
    record.pid = main.pid
    record.argv = main.argv
    this.ready(record)
  }

  /** Whether the commands of ExecReload= before the signal succeed, such as a look at the configuration. */
  private mayReload(record: UnitRecord): boolean {
    const context = contextOf(this.table.files, record)
    for (const line of values(record.definition, 'Service.ExecReload')) {
      const code = this.commands.checks(context, line)
      if (code === undefined || code === 0) continue
      this.reloadFailed(record, { pid: 0, how: 'exited', code })
      return false
    }
    return true
  }

  private reloadFailed(record: UnitRecord, exit: UnitExit): void {
    this.log.controlFailed(record, exit)
    this.log.journal(record, `Reload failed for ${fullName(record.definition)}.`)
  }

  private exited(record: UnitRecord, exit: UnitExit): void {
    this.table.send(record, { type: 'EXITED', exit } satisfies MachineEvent)
  }
}
