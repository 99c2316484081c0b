/** The timer units of one host: when each elapses next, and what it starts then. `timers.ts` does the sums. */
import { UNIT_EVENTS, UNIT_HOSTS } from './events.ts'
import type { TimerData } from './events.ts'
import type { UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import { badCalendars, nextFire, triggered } from './timers.ts'
import type { TimerFacts } from './timers.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

/** For `systemctl list-timers`; all on the host's clock. */
export interface TimerStatus {
  /** What it starts. */
  unit: string
  nextMs?: number
  lastMs?: number
}

export class TimerUnits {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly log: UnitLog,
    private readonly start: (unit: string) => void,
  ) {}

  begin(record: UnitRecord): void {
    const { path } = record.definition
    for (const text of badCalendars(record.definition))
      this.log.journal(record, `${path}: Failed to parse calendar specification, ignoring: ${text}`, undefined, 4)
    record.timer = {}
    this.schedule(record)
  }

  cancel({ timer }: UnitRecord): void {
    if (timer?.event === undefined) return
    this.host.hosts.kernel.cancel(timer.event)
    delete timer.event
    delete timer.nextMs
  }

  elapsed({ unit }: TimerData): void {
    const record = this.table.known(unit)
    if (record?.timer === undefined || !record.isUp) return
    record.timer = { lastMs: this.host.clockMs() }
    this.start(triggered(record.definition))
    this.schedule(record)
  }

  /** A unit became active or inactive: spans count from there. */
  unitChanged(unit: string): void {
    for (const record of this.startersOf(unit)) this.schedule(record)
  }

  /** The timers that start a unit. */
  startersOf(unit: string): UnitRecord[] {
    return this.table.all().filter(({ timer, definition }) => timer !== undefined && triggered(definition) === unit)
  }

  status({ definition, timer }: UnitRecord): TimerStatus {
    return {
      unit: triggered(definition),
      ...(timer?.nextMs !== undefined && { nextMs: timer.nextMs + this.clockOffsetMs }),
      ...(timer?.lastMs !== undefined && { lastMs: timer.lastMs }),
    }
  }

  private schedule(record: UnitRecord): void {
    const { kernel } = this.host.hosts
    this.cancel(record)
    if (record.timer === undefined) return
    const nextMs = nextFire(record.definition, this.factsOf(record))
    if (nextMs === undefined) return
    const data: TimerData = { host: this.host.name, unit: record.name }
    const event = kernel.send({ to: UNIT_HOSTS, type: UNIT_EVENTS.timer, data }, nextMs - kernel.now)
    record.timer = { ...record.timer, nextMs, event }
  }

  private factsOf(record: UnitRecord): TimerFacts {
    const nowMs = this.host.hosts.kernel.now
    const { activeMs, inactiveMs } = this.table.known(triggered(record.definition)) ?? {}
    return {
      nowMs,
      bootedAtMs: this.host.bootedAtMs,
      activatedMs: record.activeMs ?? nowMs,
      ...(activeMs !== undefined && { unitActiveMs: activeMs }),
      ...(inactiveMs !== undefined && { unitInactiveMs: inactiveMs }),
      clockOffsetMs: this.clockOffsetMs,
    }
  }

  private get clockOffsetMs(): number {
    return this.host.clockMs() - this.host.hosts.kernel.now
  }
}
