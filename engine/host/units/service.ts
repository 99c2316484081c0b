/** What the machine of a service (unit.machine.ts) asks: its actions, guards and delays. Models systemd src/core/service.c (Q1, Q2). */
import type { MachineEvent } from '../../kernel/machine.ts'
import type { Commands } from './commands.ts'
import { related } from './dependencies.ts'
import type { Relation } from './dependencies.ts'
import { makeDirectories } from './directories.ts'
import { isClean, journalStatus, resultOf } from './exit.ts'
import type { UnitExit } from './exit.ts'
import type { JobRunner } from './job-runner.ts'
import type { Jobs } from './jobs.ts'
import type { MainProcess } from './main-process.ts'
import { delayMs, remains, restarts, startsAtOnce, underStartLimit } from './policy.ts'
import { beginRun } from './record.ts'
import type { UnitRecord } from './record.ts'
import type { UnitActionName, UnitActions, UnitDelayName, UnitGuardName } from './rows.ts'
import type { ServiceSteps } from './service-steps.ts'
import type { UnitTable } from './table.ts'
import type { TimerUnits } from './timer-units.ts'
import type { Transactions } from './transactions.ts'
import { environmentOf, serviceType, values } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'
import type { UnitLog } from './unit-log.ts'

/** What a service tells the rest of systemd. */
export interface ServiceWorld {
  host: UnitHost
  table: UnitTable
  log: UnitLog
  jobs: Jobs
  transactions: Transactions
  runner: JobRunner
  timers: TimerUnits
  commands: Commands
  main: MainProcess
  steps: ServiceSteps
}

export class Service implements UnitActions {
  constructor(private readonly world: ServiceWorld) {}

  act(action: UnitActionName, unit: string, event: MachineEvent): void {
    const record = this.world.table.known(unit)
    if (record !== undefined) this.actions[action](record, event)
  }

  guard(guard: UnitGuardName, unit: string, event: MachineEvent): boolean {
    const record = this.world.table.known(unit)
    return record !== undefined && this.guards[guard](record, event.exit as UnitExit)
  }

  delayMs(delay: UnitDelayName, unit: string): number {
    const record = this.world.table.known(unit)
    return record === undefined ? 0 : delayMs(record.definition, delay)
  }

  private readonly guards: Record<UnitGuardName, (record: UnitRecord, exit: UnitExit) => boolean> = {
    underStartLimit: (record) => underStartLimit(record, this.nowMs),
    restarts: (record, exit) => this.world.jobs.of(record.name)?.kind !== 'stop' && restarts(record, exit),
    remains: ({ definition }, exit) => remains(definition, exit),
    clean: (_record, exit) => isClean(exit),
    cleanOneshot: ({ definition }, exit) => isClean(exit) && serviceType(definition) === 'oneshot',
  }

  private readonly actions: Record<UnitActionName, (record: UnitRecord, event: MachineEvent) => void> = {
    enterInactive: (record, { type }) => this.enterInactive(record, type !== 'xstate.init'),
    spawn: (record) => this.spawn(record),
    enterActive: (record) => this.enterActive(record),
    terminate: (record) => this.terminate(record),
    enterAutoRestart: (record) => this.enterAutoRestart(record),
    enterFailed: (record) => this.enterFailed(record),
    noteExit: (record, event) => this.noteExit(record, event.exit as UnitExit),
    remain: (record) => this.changed(record, 'active'),
    finished: (record) => this.finished(record),
    stopped: (record) => this.world.log.step(record, 'stopped', ['Stopped', '.']),
    limitHit: (record) => this.limitHit(record),
    countRestart: (record) => this.countRestart(record),
    startTimedOut: (record) => this.timedOut(record, `${record.phase ?? 'start'} operation timed out. Terminating.`),
    stopTimedOut: (record) => this.timedOut(record, "State 'stop-sigterm' timed out. Killing."),
  }

  private enterInactive(record: UnitRecord, settles: boolean): void {
    this.changed(record, 'inactive')
    if (settles) this.world.runner.settled(record, { done: true })
  }

  private spawn(record: UnitRecord): void {
    const { host, table, steps } = this.world
    const { definition } = record
    const run = `${host.name} ${record.name} ${host.bootedAtMs} ${record.job} ${this.nowMs}`
    beginRun(record, this.nowMs, invocationId(run))
    this.changed(record, 'activating')
    this.sayStarting(record)
    makeDirectories(table.files, definition)
    if ('missing' in environmentOf(table.files, definition)) steps.failBeforeExec(record)
    else steps.begin(record)
  }

  /** A service that starts at once goes without a line about that, unless something runs before it. */
  private sayStarting(record: UnitRecord): void {
    const { definition } = record
    const prepares = ['ExecStartPre', 'ExecCondition'].some((key) => values(definition, `Service.${key}`).length > 0)
    if (!startsAtOnce(definition) || prepares) this.world.log.step(record, 'starting', ['Starting', '...'])
  }

  private terminate(record: UnitRecord): void {
    this.changed(record, 'deactivating')
    this.world.log.step(record, 'stopping', ['Stopping', '...'])
    this.world.steps.beginStop(record)
  }

  private enterActive(record: UnitRecord): void {
    this.changed(record, 'active')
    delete record.phase
    record.result = 'success'
    record.reachedActive = true
    record.activeMs = this.nowMs
    if (serviceType(record.definition) === 'oneshot') this.finished(record)
    else this.world.log.step(record, 'started', ['Started', '.'])
    this.world.runner.settled(record, { done: true })
  }

  private finished(record: UnitRecord): void {
    if (record.result === 'exec-condition') return
    record.activeMs = this.nowMs
    this.world.log.step(record, 'started', ['Finished', '.'])
    this.startAll(this.related(record, 'OnSuccess'))
  }

  private enterAutoRestart(record: UnitRecord): void {
    this.changed(record, 'autoRestart')
    this.world.runner.settled(record, { failed: record.result })
  }

  private enterFailed(record: UnitRecord): void {
    const { log, runner } = this.world
    this.changed(record, 'failed')
    if (!record.reachedActive) log.step(record, 'startFailed', ['Failed to start', '.'], 3)
    const then = this.related(record, 'OnFailure')
    if (then.length > 0) log.say(record, 'Triggering OnFailure= dependencies.', 6)
    runner.settled(record, { failed: record.result })
    this.startAll(then)
  }

  private limitHit(record: UnitRecord): void {
    record.result = 'start-limit-hit'
    this.world.log.say(record, 'Start request repeated too quickly.', 4)
    this.world.log.failed(record, record.result)
    record.reachedActive = false
  }

  private countRestart(record: UnitRecord): void {
    const counter = ++record.restarts
    record.job = this.world.jobs.nextId()
    const text = `Scheduled restart job, restart counter is at ${counter}.`
    this.world.log.say(record, text, 6, { kind: 'restartScheduled', counter })
  }

  private noteExit(record: UnitRecord, exit: UnitExit): void {
    if (exit.control !== true) record.exit = exit
    const stays = remains(record.definition, exit) && this.world.table.stateOf(record.name) === 'active'
    if (record.reachedActive && record.sinceMs !== undefined) record.durationMs = this.nowMs - record.startedMs
    if (record.result !== 'exec-condition') this.judge(record, exit)
    if (!stays) this.endRun(record, exit)
  }

  private judge(record: UnitRecord, exit: UnitExit): void {
    record.result = exit.protocol === true ? 'protocol' : resultOf(exit)
    const failedAtAll = exit.how === 'killed' || exit.code !== 0
    if (!failedAtAll || (isClean(exit) && exit.forgiven !== true)) return
    const status = exit.how === 'killed' ? (exit.signal ?? '') : String(exit.code)
    const who = exit.control === true ? 'Control' : 'Main'
    const catalog = { kind: 'exited', how: exit.how, status } as const
    this.world.log.say(record, `${who} process exited, ${journalStatus(exit)}`, 5, catalog)
  }

  /** The run is over: what is left of it is killed, and the journal hears the result. */
  private endRun(record: UnitRecord, exit: UnitExit): void {
    const { log, commands, steps } = this.world
    record.inactiveMs = this.nowMs
    delete record.phase
    commands.killGroup(record.invocation)
    if (isClean(exit)) log.say(record, 'Deactivated successfully.', 6, { kind: 'succeeded' })
    else log.failed(record, record.result)
    steps.cleanUp(record)
  }

  private timedOut(record: UnitRecord, text: string): void {
    record.result = 'timeout'
    this.world.log.say(record, text, 4)
    this.world.main.abandon(record)
    this.world.log.failed(record, record.result)
  }

  /** The unit has entered a state: the rest of the cluster hears it, and timers count from there. */
  private changed(record: UnitRecord, state: string): void {
    const { host, timers } = this.world
    host.hosts.unitChanged(host.name, record.name, state)
    if (record.starts.length === 0) return
    record.sinceMs = host.clockMs()
    host.hosts.kernel.record(`host.unit.${state}`, { host: host.name, unit: record.name })
    if (state === 'active' || state === 'inactive') timers.unitChanged(record.name)
  }

  private startAll(units: readonly string[]): void {
    for (const unit of units) this.world.transactions.start(unit)
  }

  private related({ definition }: UnitRecord, relation: Relation): string[] {
    return related(this.world.table.files, definition, relation)
  }

  private get nowMs(): number {
    return this.world.host.hosts.kernel.now
  }
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
