/** Runs of programs that are neither components nor processes of the table: the daemons of built-in.ts, and what only ends. */
import { basename } from '../files.ts'
import { BRIEF, BUILT_IN } from './built-in.ts'
import type { BuiltIn } from './built-in.ts'
import { UNIT_EVENTS, UNIT_HOSTS } from './events.ts'
import type { BuiltInData } from './events.ts'
import type { UnitRecord } from './record.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

/** The built-in daemon that is a unit's main process. */
export function builtInOf({ address, real, argv }: UnitRecord): BuiltIn | undefined {
  return address === undefined && real !== true ? BUILT_IN[basename(argv[0] ?? '')] : undefined
}

export class Daemons {
  constructor(
    private readonly host: UnitHost,
    private readonly log: UnitLog,
  ) {}

  /** Begins a run: of a daemon, of something brief, or of nothing that anybody models. */
  run(record: UnitRecord, program: string): void {
    const daemon = BUILT_IN[program]
    if (daemon !== undefined) return this.next(record, 'ready', daemon.readyMs)
    const brief = BRIEF[program]?.(record.argv)
    if (brief === undefined)
      this.tells(record, `not simulated: ${program} as a service; it is taken to run and do nothing`)
    else if (brief.afterMs < Number.MAX_SAFE_INTEGER) this.exitSoon(record, `code ${brief.code}`, brief.afterMs)
  }

  /** The daemon is up: it listens, and says its lines. Returns whether there is one. */
  ready(record: UnitRecord): boolean {
    const daemon = builtInOf(record)
    if (daemon === undefined || record.pid === undefined) return false
    this.sayLines(record, daemon.lines)
    const program = basename(record.argv[0] ?? '')
    if (program === 'systemd-timesyncd') this.host.syncClock()
    if (daemon.port !== undefined) this.host.hosts.fabric.listen(this.host.name, daemon.port, UNIT_HOSTS)
    for (const socket of daemon.sockets ?? []) this.host.addSocket({ ...socket, program, pid: record.pid })
    return true
  }

  /** A signal to a run that only this file knows. */
  signal(record: UnitRecord, signal: string): void {
    const daemon = builtInOf(record)
    if (signal === 'HUP' && daemon !== undefined) return
    if (signal === 'TERM') this.sayLines(record, daemon?.farewell ?? [])
    this.exitSoon(record, daemon !== undefined && signal === 'TERM' ? 'code 0' : signal, signal === 'KILL' ? 0 : 5)
  }

  closePorts(record: UnitRecord): void {
    const daemon = builtInOf(record)
    if (daemon?.port !== undefined) this.host.hosts.fabric.unlisten(this.host.name, daemon.port)
    for (const { address, port } of daemon?.sockets ?? []) this.host.removeSocket(port, address)
  }

  /** The main process ends: `code 1`, or by a signal. */
  exitSoon(record: UnitRecord, what: string, afterMs = 0): void {
    record.pid ??= this.host.nextPid()
    this.next(record, what, afterMs)
  }

  private next(record: UnitRecord, what: string, afterMs: number): void {
    const data: BuiltInData = { host: this.host.name, unit: record.name, pid: record.pid ?? 0, what }
    this.host.hosts.kernel.send({ to: UNIT_HOSTS, type: UNIT_EVENTS.builtIn, data }, afterMs)
  }

  private tells(record: UnitRecord, text: string): void {
    this.log.main(record, record.pid ?? 0, text)
  }

  private sayLines(record: UnitRecord, lines: readonly string[]): void {
    const time = new Date(this.host.clockMs()).toISOString().replace('Z', '000000Z')
    for (const line of lines) this.tells(record, line.replace('<time>', time))
  }
}
