/** The main process of a service: a component elsewhere, a process of the table, or a built-in daemon. */
import { basename } from '../files.ts'
import { contextOf } from './commands.ts'
import { defaultAction } from '../signals.ts'
import type { Commands, Launched } from './commands.ts'
import type { Daemons } from './daemons.ts'
import { UNIT_EVENTS } from './events.ts'
import type { UnitPauseData, UnitRun, UnitStartData, UnitStopData } from './events.ts'
import type { UnitExit } from './exit.ts'
import type { UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import { value } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

/** The programs whose components hear of `UNIT_EVENTS.pause`. */
const STANDS_STILL: readonly string[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubelet',
]

const CLEAN: UnitExit = { pid: 0, how: 'exited', code: 0 }

export class MainProcess {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly log: UnitLog,
    private readonly commands: Commands,
    private readonly daemons: Daemons,
  ) {}

  /** Starts the command of a line of ExecStart=. */
  launch(record: UnitRecord, line: string): void {
    const { kernel } = this.host.hosts
    const context = contextOf(this.table.files, record)
    const launched = this.commands.launch(context, line, true)
    record.argv = launched.argv
    record.pid = launched.pid
    record.startedMs = kernel.now
    record.real = 'runs' in launched
    const program = 'program' in launched ? launched.program : basename(launched.path)
    kernel.record('host.unit.spawned', { host: this.host.name, unit: record.name, program })
    if ('program' in launched) this.handOver(record, program, context.env)
    else if ('exit' in launched) this.notRun(record, launched)
  }

  /** Signals the main process, and the rest of the control group as KillMode= says. */
  kill(record: UnitRecord, signal: string): void {
    const mode = value(record.definition, 'Service.KillMode') ?? 'control-group'
    const others = this.commands.group(record.invocation).filter(({ pid }) => pid !== record.pid)
    if (mode === 'control-group') for (const { pid } of others) this.commands.signal(pid, signal)
    if (mode !== 'none' || record.pid === undefined) this.signal(record, signal)
    else this.gone(record)
  }

  signal(record: UnitRecord, signal: string): void {
    if (record.pid === undefined) return this.gone(record)
    if (record.real === true) return void (this.commands.signal(record.pid, signal) || this.gone(record))
    if (defaultAction(signal) !== 'end') return
    if (this.hasComponent(record)) this.tellSignal(record, UNIT_EVENTS.stop, signal)
    else this.daemons.signal(record, signal)
  }

  /** Returns whether the component of the program can stand still. */
  pause(record: UnitRecord, paused: boolean): boolean {
    if (!this.hasComponent(record) || !STANDS_STILL.includes(basename(record.argv[0] ?? ''))) return false
    this.tell(record, UNIT_EVENTS.pause, { ...this.runOf(record), paused } satisfies UnitPauseData)
    return true
  }

  /** Signals a component, without a look at whether it is there. */
  tellSignal(record: UnitRecord, type: string, signal: string, power?: true): void {
    const data: UnitStopData = { ...this.runOf(record), signal, ...(power && { power }) }
    this.tell(record, type, data)
  }

  /** The power is gone. */
  cut(record: UnitRecord): void {
    if (record.pid !== undefined) this.tellSignal(record, UNIT_EVENTS.stop, 'KILL', true)
    this.daemons.closePorts(record)
  }

  /** Everything of the run is killed, and nobody waits for it. */
  abandon(record: UnitRecord): void {
    if (record.pid !== undefined) this.tellSignal(record, UNIT_EVENTS.stop, 'KILL')
    this.commands.killGroup(record.invocation)
    for (const key of ['pid', 'control', 'phase'] as const) delete record[key]
  }

  private hasComponent({ address }: UnitRecord): boolean {
    return address !== undefined && this.host.hosts.kernel.component(address) !== undefined
  }

  private gone(record: UnitRecord): void {
    delete record.pid
    this.table.send(record, { type: 'EXITED', exit: CLEAN })
  }

  private notRun(record: UnitRecord, launched: Extract<Launched, { exit: UnitExit }>): void {
    if (launched.why !== undefined) this.log.notRun(record, launched, launched.why)
    this.daemons.exitSoon(record, `code ${launched.exit.code}`)
  }

  private handOver(record: UnitRecord, program: string, env: Record<string, string>): void {
    const address = this.host.hosts.programAddress(program, this.host.name)
    if (address === undefined) return this.daemons.run(record, program)
    record.address = address
    this.tell(record, UNIT_EVENTS.start, { ...this.runOf(record), argv: record.argv, env } satisfies UnitStartData)
  }

  private runOf({ name, pid }: UnitRecord): UnitRun {
    return { host: this.host.name, unit: name, pid: pid ?? 0 }
  }

  private tell({ address }: UnitRecord, type: string, data: unknown): void {
    if (address !== undefined) this.host.hosts.kernel.send({ to: address, type, data })
  }
}
