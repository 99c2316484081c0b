/** Carries out jobs whose turn has come, and closes them when their unit has come to rest. Models systemd src/core/job.c. */
import { answerWaiters } from './answers.ts'
import type { JobStart } from './answers.ts'
import { unmet } from './conditions.ts'
import { related } from './dependencies.ts'
import type { Job, JobHost, JobKind, Jobs } from './jobs.ts'
import { isService, isTarget, isTimer } from './names.ts'
import type { UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import type { TimerUnits } from './timer-units.ts'
import type { Transactions } from './transactions.ts'
import { fullName } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

const ON_THE_WAY = ['activating', 'deactivating']

export class JobRunner implements JobHost {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly log: UnitLog,
    private readonly jobs: Jobs,
    private readonly transactions: Transactions,
    private readonly timers: TimerUnits,
  ) {}

  run(job: Job): void {
    const record = this.table.record(job.unit)
    record.job = job.id
    if (!isService(job.unit)) this.runPlain(record, job.kind)
    else if (job.kind === 'start') this.runStart(record)
    else this.runStop(record)
  }

  isUp(unit: string): boolean {
    return ['active', 'activating'].includes(this.table.stateOf(unit))
  }

  failDependency(job: Job): void {
    const record = this.table.record(job.unit)
    this.log.journal(record, `Dependency failed for ${fullName(record.definition)}.`, undefined, 4)
    this.log.say(record, `Job ${record.name}/start failed with result 'dependency'.`, 5)
    answerWaiters(this.host, record, { failed: 'dependency' })
    if (!isService(record.name)) return
    for (const unit of related(this.table.files, record.definition, 'OnFailure')) this.transactions.start(unit)
  }

  /** A unit has come to rest: its job is over, or goes on to the start of a restart. */
  settled(record: UnitRecord, answer: JobStart): void {
    const job = this.jobs.of(record.name)
    const atRest = this.table.isIdle(record.name)
    if (job?.kind === 'restart' && atRest) {
      job.kind = 'start'
      job.running = false
    }
    if (job?.kind === 'start' && !job.running) return this.jobs.pump()
    if (job !== undefined && this.isOver(job, atRest)) this.jobs.done(record.name)
    answerWaiters(this.host, record, answer)
    if (atRest) this.unbind(record)
    this.jobs.pump()
  }

  private isOver({ unit, kind }: Job, atRest: boolean): boolean {
    return atRest || (kind === 'start' && !ON_THE_WAY.includes(this.table.stateOf(unit)))
  }

  private runStart(record: UnitRecord): void {
    const state = this.table.stateOf(record.name)
    if (ON_THE_WAY.includes(state)) return
    if (state === 'active' || this.isKept(record)) return this.settled(record, { done: true })
    this.table.send(record, { type: 'START' })
  }

  private runStop(record: UnitRecord): void {
    if (this.table.isIdle(record.name)) return this.settled(record, { done: true })
    if (this.table.stateOf(record.name) !== 'deactivating') this.table.send(record, { type: 'STOP' })
  }

  /** Targets, timers and other units without a process. */
  private runPlain(record: UnitRecord, kind: JobKind): void {
    const up = kind !== 'stop'
    const was = record.isUp
    if (up && !was && this.isKept(record)) return this.settled(record, { done: true })
    record.isUp = up
    if (up !== was || kind === 'restart') this.plainChanged(record)
    this.close(record, { done: true })
    this.jobs.pump()
  }

  private plainChanged(record: UnitRecord): void {
    const { name, isUp } = record
    record.sinceMs = this.host.clockMs()
    record[isUp ? 'activeMs' : 'inactiveMs'] = this.host.hosts.kernel.now
    const started = isTarget(name) ? 'Reached target' : 'Started'
    const stopped = isTarget(name) ? 'Stopped target' : 'Stopped'
    this.log.step(record, isUp ? 'started' : 'stopped', [isUp ? started : stopped, '.'])
    if (!isTimer(name)) return
    if (isUp) this.timers.begin(record)
    else this.timers.cancel(record)
  }

  /** A condition that does not hold keeps a unit from starting. */
  private isKept(record: UnitRecord): boolean {
    delete record.unmet
    const found = unmet(this.table.files, record.definition)
    if (found === undefined) return false
    record.unmet = { text: found.text, atMs: this.host.clockMs() }
    if (found.kind === 'Condition') this.sayCondition(record, found.text)
    else this.failAssert(record)
    return true
  }

  private sayCondition(record: UnitRecord, text: string): void {
    this.log.journal(
      record,
      `${fullName(record.definition)} was skipped because of an unmet condition check (${text}).`,
    )
  }

  private failAssert(record: UnitRecord): void {
    this.log.say(record, `Starting requested but asserts failed.`, 5)
    this.log.journal(record, `Assertion failed for ${fullName(record.definition)}.`, undefined, 3)
    this.close(record, { failed: 'assert' })
  }

  /** The job is over, and those who wait hear how. */
  private close(record: UnitRecord, answer: JobStart): void {
    this.jobs.done(record.name)
    answerWaiters(this.host, record, answer)
  }

  /** Units bound to one that has gone, go too. */
  private unbind({ name }: UnitRecord): void {
    for (const other of this.table.all()) {
      if (!this.transactions.isRunning(other) || this.jobs.of(other.name) !== undefined) continue
      if (!related(this.table.files, other.definition, 'BindsTo').includes(name)) continue
      this.log.say(other, `Bound to unit ${name}, but unit isn't active.`, 6)
      this.transactions.addStop(other, 'stop')
    }
  }
}
