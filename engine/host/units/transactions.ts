/**
 * From a wish to jobs: what is started and stopped along with a unit. Models systemd src/core/transaction.c.
 * A transaction is not taken back when a part of it is refused; what is queued stays queued.
 */
import { answerWaiters } from './answers.ts'
import type { JobStart, Waiter } from './answers.ts'
import { needs, related } from './dependencies.ts'
import type { Relation } from './dependencies.ts'
import type { JobKind, Jobs } from './jobs.ts'
import { isModelled, isTarget } from './names.ts'
import type { UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import { isNo, value } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'

/** A stop of the unit that they name stops those who have one of these. */
const STOPS_WITH: readonly Relation[] = ['Requires', 'BindsTo', 'PartOf']
/** Isolating leaves it alone (IgnoreOnIsolate=). */
const STAYS = 'systemd-journald.service'

export class Transactions {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly jobs: Jobs,
  ) {}

  /** Starts a unit with what it needs. With a waiter the end of a longer start is answered to it. */
  start(name: string, waiter?: Waiter): JobStart {
    const record = this.table.of(name)
    const { loadState } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    if (waiter !== undefined && value(record.definition, 'Unit.RefuseManualStart') === 'yes')
      return { refused: 'manual' }
    return this.addStart(record, new Set()) ?? this.pumpFor(record, waiter)
  }

  stop(name: string, waiter?: Waiter): JobStart {
    const record = this.table.of(name)
    if (record.definition.loadState === 'not-found' && record.pid === undefined) return { refused: 'not-found' }
    this.addStop(record, 'stop')
    return this.pumpFor(record, waiter)
  }

  restart(name: string, waiter?: Waiter): JobStart {
    const record = this.table.of(name)
    const { loadState } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    if (this.table.isIdle(record.name)) return this.start(name, waiter)
    this.addStop(record, 'restart')
    return this.pumpFor(record, waiter)
  }

  /** Starts a target with what it needs, and stops everything else. */
  isolate(name: string, waiter?: Waiter): JobStart {
    const target = this.table.of(name)
    const { loadState } = target.definition
    if (loadState !== 'loaded') return { refused: loadState }
    const kept = new Set<string>()
    const refused = this.addStart(target, kept)
    if (refused !== undefined) return refused
    for (const record of this.table.all())
      if (!kept.has(record.name) && this.isRunning(record) && record.name !== STAYS) this.addStop(record, 'stop')
    return this.pumpFor(target, waiter)
  }

  /** Stops or restarts a unit and those that depend on it. */
  addStop(record: UnitRecord, kind: 'stop' | 'restart'): void {
    if (this.jobs.of(record.name)?.kind === kind) return
    this.addJob(record, kind)
    for (const other of this.table.all()) {
      if (other === record || !this.isRunning(other)) continue
      if (STOPS_WITH.some((relation) => this.related(other.definition, relation).includes(record.name)))
        this.addStop(other, kind)
    }
  }

  /** Whether a unit runs, or is about to. */
  isRunning({ name }: UnitRecord): boolean {
    return !this.table.isIdle(name) || this.jobs.of(name)?.kind === 'start'
  }

  /** Puts a unit and what it pulls in into the queue. `seen` grows by all that is part of the transaction. */
  private addStart(record: UnitRecord, seen: Set<string>): JobStart | undefined {
    seen.add(record.name)
    const refused = this.lacksRequisite(record) ?? this.addNeeds(record, seen)
    if (refused !== undefined) return refused
    this.addWants(record, seen)
    this.stopConflicts(record)
    if (this.table.stateOf(record.name) !== 'active' || this.jobs.of(record.name)?.kind === 'stop')
      this.addJob(record, 'start')
    return undefined
  }

  private lacksRequisite({ definition }: UnitRecord): JobStart | undefined {
    const requisite = this.related(definition, 'Requisite')
    return requisite.every((name) => this.table.stateOf(name) === 'active') ? undefined : { failed: 'dependency' }
  }

  private addNeeds({ definition }: UnitRecord, seen: Set<string>): JobStart | undefined {
    for (const name of needs(this.table.files, definition)) {
      if (seen.has(name)) continue
      const other = this.table.record(name)
      const { loadState } = other.definition
      if (loadState !== 'loaded' && isModelled(name)) return { refused: loadState, unit: name }
      const refused = loadState === 'loaded' ? this.addStart(other, seen) : undefined
      if (refused !== undefined) return refused
    }
    return undefined
  }

  private addWants({ definition }: UnitRecord, seen: Set<string>): void {
    for (const name of this.related(definition, 'Wants')) {
      if (seen.has(name) || !isModelled(name)) continue
      const other = this.table.record(name)
      if (other.definition.loadState === 'loaded') this.addStart(other, seen)
    }
  }

  private stopConflicts({ definition }: UnitRecord): void {
    for (const name of this.conflictsOf(definition)) {
      const other = this.table.known(name)
      if (other !== undefined && this.isRunning(other)) this.addStop(other, 'stop')
    }
  }

  private conflictsOf(definition: UnitDefinition): string[] {
    const inverse = this.table
      .all()
      .filter((other) => this.related(other.definition, 'Conflicts').includes(definition.name))
    return [...this.related(definition, 'Conflicts'), ...inverse.map(({ name }) => name)]
  }

  private addJob(record: UnitRecord, kind: JobKind): void {
    const { name: unit, definition } = record
    const [after, pulls] = [this.precedingOf(record), this.pulledBy(record)]
    const replaced = this.jobs.of(unit)
    if (replaced !== undefined && replaced.kind !== kind) answerWaiters(this.host, record, { failed: 'canceled' })
    const job = this.jobs.add({ unit, kind, after, pulls, needs: needs(this.table.files, definition) })
    record.job = job.id
    for (const name of this.related(definition, 'Before')) this.jobs.of(name)?.after.push(unit)
  }

  /** The units after which it starts: those that it names, and those in the queue that name it. */
  private precedingOf({ name, definition }: UnitRecord): string[] {
    const queued = this.jobs.list().map(({ unit }) => unit)
    const before = queued.filter((unit) => this.related(this.table.record(unit).definition, 'Before').includes(name))
    return [...this.related(definition, 'After'), ...before]
  }

  private pulledBy({ name, definition }: UnitRecord): string[] {
    if (!isTarget(name) || isNo(definition, 'Unit.DefaultDependencies')) return []
    return [...this.related(definition, 'Wants'), ...this.related(definition, 'Requires')]
  }

  /** Lets the queue run, and says how the unit's own job stands. */
  private pumpFor(record: UnitRecord, waiter: Waiter | undefined): JobStart {
    this.jobs.pump()
    const state = this.table.stateOf(record.name)
    if (this.jobs.of(record.name) === undefined) return state === 'failed' ? { failed: record.result } : { done: true }
    if (waiter !== undefined) record.waiters.push(waiter)
    return { pending: true }
  }

  private related(definition: UnitDefinition, relation: Relation): string[] {
    return related(this.table.files, definition, relation)
  }
}
