/**
 * systemd on one host. Models systemd 255 as far as systemctl and journalctl show it (Q1, Q2).
 * Not modelled: targets as units of their own, sockets, timers, dependencies, cgroup limits.
 *
 * What a service runs is a component elsewhere: it gets `unit.start` and `unit.stop`, and answers
 * with `unit.started` and `unit.exited` to `hosts`. Daemons without a component are in built-in.ts.
 */
import type { HostName } from '../../fabric/fabric.ts'
import type { VirtualMs } from '../../kernel/kernel.ts'
import type { MachineEvent } from '../../kernel/machine.ts'
import type { FileTree } from '../files.ts'
import { allows, basename, ROOT } from '../files.ts'
import { UNIT_DEFAULTS } from '../flags.ts'
import type { ModelledProcess, UnitHost } from './unit-host.ts'
import type { Catalog } from '../journald.ts'
import { ANSWER_EVENT, RUNTIME_ADDRESS } from '../pending.ts'
import type { AnswerData } from '../pending.ts'
import { BRIEF, BUILT_IN } from './built-in.ts'
import { isClean, journalStatus, resultOf, wantsRestart } from './exit.ts'
import type { UnitExit } from './exit.ts'
import type { UnitActionName, UnitActions, UnitDelayName, UnitGuardName, UnitRows } from './rows.ts'
import {
  UNIT_PATHS,
  canonicalName,
  commandOf,
  durationMs,
  environmentOf,
  expandCommand,
  fullName,
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
} as const

export interface UnitStartData {
  host: HostName
  unit: string
  /** Names this run of the unit; give it back in the answers. */
  pid: number
  argv: string[]
  env: Record<string, string>
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

interface UnitRecord {
  name: string
  definition: UnitDefinition
  /** The main process while it lives. */
  pid?: number
  argv: string[]
  /** The kernel address of its component; absent for a built-in. */
  address?: string
  startedMs: VirtualMs
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
  startAgain: boolean
  reachedActive: boolean
}

export interface UnitsState {
  records: UnitRecord[]
  jobs: number
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
  restarts: number
  memoryBytes: number
  startedMs: VirtualMs
  needsReload: boolean
}

/** How a job began: done at once, to be told later, or refused. */
export type JobStart =
  | { done: true }
  | { pending: true }
  | { failed: string }
  | { refused: 'not-found' | 'masked' | 'error' | 'bad-setting' }

const DEFAULT_MEMORY = 38 * 1024 ** 2
const SUB: Record<string, string> = {
  inactive: 'dead',
  activating: 'start',
  active: 'running',
  deactivating: 'stop-sigterm',
  autoRestart: 'auto-restart',
  failed: 'failed',
}

export class Units implements UnitActions {
  private records = new Map<string, UnitRecord>()
  private jobs = 0

  constructor(
    private readonly host: UnitHost,
    private readonly rows: UnitRows,
  ) {}

  /** Whether a unit's main process runs; `containerd` means `containerd.service`. */
  isActive(name: string): boolean {
    return this.rows.state(this.host.name, this.nameOf(name)) === 'active'
  }

  /** Starts a unit. With a waiter the end of a longer start is answered to it. */
  start(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    const { loadState } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    const state = this.rows.state(this.host.name, record.name)
    if (state === 'active') return { done: true }
    record.job = ++this.jobs
    if (state === 'deactivating') record.startAgain = true
    else if (state !== 'activating') this.send(record, { type: 'START' })
    return this.outcome(record, waiter)
  }

  stop(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    if (record.definition.loadState === 'not-found' && record.pid === undefined) return { refused: 'not-found' }
    record.job = ++this.jobs
    record.startAgain = false
    this.send(record, { type: 'STOP' })
    return this.outcome(record, waiter)
  }

  restart(name: string, waiter?: Waiter): JobStart {
    const record = this.record(this.nameOf(name))
    const { loadState } = record.definition
    if (loadState !== 'loaded') return { refused: loadState }
    const state = this.rows.state(this.host.name, record.name)
    if (state === 'inactive' || state === 'failed') return this.start(name, waiter)
    record.job = ++this.jobs
    record.startAgain = true
    if (state !== 'deactivating') this.send(record, { type: 'STOP' })
    return this.outcome(record, waiter)
  }

  /** Tells the program to read its configuration again; false when the unit has no ExecReload. */
  reload(name: string): boolean {
    const record = this.record(this.nameOf(name))
    if (values(record.definition, 'Service.ExecReload').length === 0 || record.pid === undefined) return false
    this.tell(record, UNIT_EVENTS.reload, { ...this.runOf(record), signal: 'HUP' } satisfies UnitStopData)
    this.journal(record, `Reloading ${fullName(record.definition)}...`)
    this.journal(record, `Reloaded ${fullName(record.definition)}.`)
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

  /** Reads all unit files again. */
  daemonReload(): void {
    for (const record of this.records.values()) record.definition = this.loaded(record.name)
    this.host.journal.write('', 6, "Reloading requested from client PID 1 ('systemctl')...")
    this.host.journal.write('', 6, 'Reloading...')
  }

  status(name: string): UnitStatus {
    const unit = this.nameOf(name)
    const record = this.record(unit)
    const state = this.rows.state(this.host.name, unit)
    const { definition, result, sinceMs, durationMs: lasted, pid, argv, exit, restarts, startedMs } = record
    const status: UnitStatus = {
      name: unit,
      definition,
      active: state === 'autoRestart' ? 'activating' : state,
      sub: SUB[state] ?? state,
      enabled: this.enabledState(unit),
      result,
      argv,
      restarts,
      startedMs,
      memoryBytes: this.memoryOf(record),
      needsReload: this.needsReload(record),
    }
    if (sinceMs !== undefined) status.sinceMs = sinceMs
    if (lasted !== undefined) status.durationMs = lasted
    if (pid !== undefined) status.pid = pid
    if (exit !== undefined) status.exit = exit
    return status
  }

  /** The names of all unit files and loaded units, sorted. */
  names(): string[] {
    const names = new Set<string>(this.records.keys())
    for (const directory of UNIT_PATHS) {
      const listed = this.files.list(directory)
      if ('names' in listed)
        for (const name of listed.names) if (/\.(service|target|timer|socket)$/.test(name)) names.add(name)
    }
    return [...names].filter((name) => canonicalName(this.files, name) === name).sort()
  }

  isEnabled(name: string): boolean {
    return this.enabledState(this.nameOf(name)) === 'enabled'
  }

  /** `enabled`, `disabled`, `static`, `masked`, `alias`, `not-found`. */
  enabledState(name: string): string {
    const definition = loadUnit(this.files, name)
    if (definition.loadState === 'masked') return 'masked'
    if (definition.path === '') return 'not-found'
    if (canonicalName(this.files, name) !== name) return 'alias'
    if (this.installLinks(definition).some((link) => 'kind' in this.files.stat(link, ROOT, { followLinks: false })))
      return 'enabled'
    return ['WantedBy', 'RequiredBy', 'Alias', 'Also'].some((key) => values(definition, `Install.${key}`).length > 0)
      ? 'disabled'
      : 'static'
  }

  /** Makes the links of [Install]. Returns the lines that systemctl prints. */
  enable(name: string): { lines: string[] } | { refused: 'not-found' | 'masked' | 'static' } {
    const definition = loadUnit(this.files, this.nameOf(name))
    if (definition.loadState === 'masked') return { refused: 'masked' }
    if (definition.path === '') return { refused: 'not-found' }
    const links = this.installLinks(definition)
    if (links.length === 0) return { refused: 'static' }
    const lines: string[] = []
    for (const link of links) {
      if ('kind' in this.files.stat(link, ROOT, { followLinks: false })) continue
      this.files.mkdir(link.slice(0, link.lastIndexOf('/')), ROOT, { parents: true })
      this.files.symlink(definition.path, link)
      lines.push(`Created symlink ${link} → ${definition.path}.`)
    }
    this.daemonReload()
    return { lines }
  }

  disable(name: string): { lines: string[] } | { refused: 'not-found' } {
    const unit = this.nameOf(name)
    const definition = loadUnit(this.files, unit)
    const masked = definition.loadState === 'masked'
    if (definition.path === '') return { refused: 'not-found' }
    const links = masked ? [] : this.installLinks(definition)
    const lines: string[] = []
    for (const link of links) {
      if ('error' in this.files.remove(link)) continue
      lines.push(`Removed "${link}".`)
    }
    this.daemonReload()
    return { lines }
  }

  mask(name: string): { lines: string[] } | { exists: string } {
    const path = `/etc/systemd/system/${this.nameOf(name)}`
    const there = this.files.stat(path, ROOT, { followLinks: false })
    if (!('error' in there)) return there.target === '/dev/null' ? { lines: [] } : { exists: path }
    this.files.symlink('/dev/null', path)
    this.daemonReload()
    return { lines: [`Created symlink ${path} → /dev/null.`] }
  }

  unmask(name: string): { lines: string[] } {
    const path = `/etc/systemd/system/${this.nameOf(name)}`
    const there = this.files.stat(path, ROOT, { followLinks: false })
    if ('error' in there || there.target !== '/dev/null') return { lines: [] }
    this.files.remove(path)
    this.daemonReload()
    return { lines: [`Removed "${path}".`] }
  }

  /** At boot: starts what is enabled. */
  boot(): void {
    this.host.journal.write('', 5, `Linux version ${this.host.kernelVersion} (buildd@lcy02-amd64-080)`, {
      identifier: 'kernel',
      pid: 0,
    })
    for (const name of ['systemd-journald.service', ...this.names()]) {
      if (!name.endsWith('.service')) continue
      const always = name === 'systemd-journald.service'
      if (always ? this.files.exists(`/usr/lib/systemd/system/${name}`) : this.enabledState(name) === 'enabled')
        this.start(name)
    }
  }

  /** The power is gone: nothing runs, and nobody is told goodbye. */
  die(): void {
    for (const record of this.records.values()) {
      if (record.address !== undefined && record.pid !== undefined)
        this.tell(record, UNIT_EVENTS.stop, {
          ...this.runOf(record),
          signal: 'KILL',
          power: true,
        } satisfies UnitStopData)
      this.closePorts(record)
      this.rows.remove(this.host.name, record.name)
    }
    this.records.clear()
  }

  started(data: UnitStartedData): void {
    const record = this.running(data)
    if (record !== undefined) this.send(record, { type: 'READY' })
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
    this.send(record, { type: 'EXITED', exit })
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

  processes(): ModelledProcess[] {
    if (this.host.power !== 'on') return []
    const own = [...this.records.values()].filter(({ pid }) => pid !== undefined)
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
        cpu: 0.01,
        unit: record.name,
      })),
    ]
  }

  dump(): UnitsState {
    return { records: [...this.records.values()], jobs: this.jobs }
  }

  load(state: UnitsState): void {
    this.records = new Map(state.records.map((record) => [record.name, record]))
    this.jobs = state.jobs
  }

  act(action: UnitActionName, unit: string, event: MachineEvent): void {
    const record = this.records.get(unit)
    if (record !== undefined) this.actions[action](record, event)
  }

  guard(guard: UnitGuardName, unit: string, event: MachineEvent): boolean {
    const record = this.records.get(unit)
    if (record === undefined) return false
    if (guard === 'underStartLimit') return this.underStartLimit(record)
    const exit = event.exit as UnitExit
    if (guard === 'restarts') return wantsRestart(value(record.definition, 'Service.Restart') ?? 'no', exit)
    return isClean(exit) && (guard === 'clean' || serviceType(record.definition) === 'oneshot')
  }

  delayMs(delay: UnitDelayName, unit: string): number {
    const definition = this.records.get(unit)?.definition
    if (definition === undefined) return 0
    if (delay === 'restartSec') return restartSecMs(definition)
    const key = delay === 'timeoutStart' ? 'TimeoutStartSec' : 'TimeoutStopSec'
    const oneshot = delay === 'timeoutStart' && serviceType(definition) === 'oneshot'
    return durationMs(
      value(definition, `Service.${key}`) ?? value(definition, 'Service.TimeoutSec'),
      oneshot ? Number.MAX_SAFE_INTEGER / 4 : UNIT_DEFAULTS.timeoutStopMs,
    )
  }

  private readonly actions: Record<UnitActionName, (record: UnitRecord, event: MachineEvent) => void> = {
    enterInactive: (record) => {
      this.changed(record, 'inactive')
      this.answer(record, { done: true })
      this.startIfAsked(record)
    },
    spawn: (record) => this.spawn(record),
    enterActive: (record) => {
      this.changed(record, 'active')
      record.result = 'success'
      record.reachedActive = true
      this.journal(record, `Started ${fullName(record.definition)}.`, { kind: 'started', job: record.job })
      this.answer(record, { done: true })
    },
    terminate: (record) => {
      this.changed(record, 'deactivating')
      this.journal(record, `Stopping ${fullName(record.definition)}...`, { kind: 'stopping', job: record.job })
      this.signalMain(record, value(record.definition, 'Service.KillSignal')?.replace(/^SIG/, '') ?? 'TERM')
    },
    enterAutoRestart: (record) => {
      this.changed(record, 'autoRestart')
      this.answer(record, { failed: record.result })
    },
    enterFailed: (record) => {
      this.changed(record, 'failed')
      if (!record.reachedActive)
        this.journal(
          record,
          `Failed to start ${fullName(record.definition)}.`,
          { kind: 'startFailed', job: record.job },
          3,
        )
      this.answer(record, { failed: record.result })
      this.startIfAsked(record)
    },
    noteExit: (record, event) => this.noteExit(record, event.exit as UnitExit),
    finished: (record) =>
      this.journal(record, `Finished ${fullName(record.definition)}.`, { kind: 'started', job: record.job }),
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
      record.job = ++this.jobs
      this.say(record, `Scheduled restart job, restart counter is at ${record.restarts}.`, 6, {
        kind: 'restartScheduled',
        counter: record.restarts,
      })
    },
    startTimedOut: (record) => this.timedOut(record, 'start operation timed out. Terminating.'),
    stopTimedOut: (record) => this.timedOut(record, "State 'stop-sigterm' timed out. Killing."),
  }

  private get files(): FileTree {
    return this.host.files
  }

  private nameOf(name: string): string {
    return canonicalName(this.files, unitName(name))
  }

  /** The unit in memory. One that does not run and is not enabled is read afresh, as systemd would. */
  private record(name: string): UnitRecord {
    const known = this.records.get(name)
    if (known !== undefined) {
      const idle = ['inactive', 'failed'].includes(this.rows.state(this.host.name, name))
      if (idle && (known.definition.loadState !== 'loaded' || this.enabledState(name) !== 'enabled'))
        known.definition = this.loaded(name)
      return known
    }
    const record: UnitRecord = {
      name,
      definition: this.loaded(name),
      argv: [],
      startedMs: 0,
      result: 'success',
      restarts: 0,
      starts: [],
      job: 0,
      waiters: [],
      startAgain: false,
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

  private send(record: UnitRecord, event: MachineEvent): void {
    this.rows.send(this.host.name, record.name, event)
  }

  private spawn(record: UnitRecord): void {
    const { definition } = record
    record.starts = [...record.starts, this.host.hosts.kernel.now].slice(-20)
    record.reachedActive = false
    record.startAgain = false
    delete record.exit
    this.changed(record, 'activating')
    const type = serviceType(definition)
    if (type !== 'simple' && type !== 'exec')
      this.journal(record, `Starting ${fullName(definition)}...`, { kind: 'starting', job: record.job })
    const env = environmentOf(this.files, definition)
    if ('missing' in env) return this.failBeforeExec(record)
    const command = commandOf(value(definition, 'Service.ExecStart') ?? '')
    record.argv = expandCommand(command.words, env)
    record.pid = this.host.nextPid()
    record.startedMs = this.host.hosts.kernel.now
    this.exec(record, command.path, env)
    if (type === 'simple' || type === 'exec' || type === 'idle') this.send(record, { type: 'READY' })
  }

  private failBeforeExec(record: UnitRecord): void {
    this.say(record, 'Failed to load environment files: No such file or directory', 4)
    this.say(record, "Failed to run 'start' task: No such file or directory", 4)
    this.exitSoon(record, 'resources')
  }

  /** Hands the program to its component, to a built-in daemon, or fails as execve would. */
  private exec(record: UnitRecord, path: string, env: Record<string, string>): void {
    const node = this.files.node(path)
    delete record.address
    if (node === undefined || node.kind !== 'file' || !allows(node, ROOT, 1))
      return this.execFailed(record, path, node === undefined ? 'No such file or directory' : 'Permission denied')
    const program = node.program ?? basename(path)
    const address = this.host.hosts.unitPrograms.get(program)?.replaceAll('<host>', this.host.name)
    this.host.hosts.kernel.record('host.unit.spawned', { host: this.host.name, unit: record.name, program })
    if (address !== undefined) {
      record.address = address
      this.tell(record, UNIT_EVENTS.start, {
        host: this.host.name,
        unit: record.name,
        pid: record.pid as number,
        argv: record.argv,
        env,
      } satisfies UnitStartData)
    } else this.runBuiltIn(record, program)
  }

  private execFailed(record: UnitRecord, path: string, why: string): void {
    const from = { identifier: `(${basename(path).slice(0, 8)})`, pid: record.pid ?? 0 }
    if (why === 'No such file or directory')
      this.host.journal.write(record.name, 3, `${record.name}: Failed to locate executable ${path}: ${why}`, from)
    this.host.journal.write(record.name, 3, `${record.name}: Failed at step EXEC spawning ${path}: ${why}`, from)
    this.exitSoon(record, 'code 203')
  }

  private exitSoon(record: UnitRecord, what: string, afterMs = 0): void {
    record.pid ??= this.host.nextPid()
    const data = {
      host: this.host.name,
      unit: record.name,
      pid: record.pid,
      what: what === 'resources' ? 'code 1' : what,
    }
    this.host.hosts.kernel.send({ to: HOSTS, type: UNIT_EVENTS.builtIn, data }, afterMs)
  }

  private runBuiltIn(record: UnitRecord, program: string): void {
    const brief = BRIEF[program]?.(record.argv)
    if (brief !== undefined) {
      if (brief.afterMs < Number.MAX_SAFE_INTEGER) this.exitSoon(record, `code ${brief.code}`, brief.afterMs)
      return
    }
    const daemon = BUILT_IN[program]
    if (daemon === undefined)
      return this.log({
        host: this.host.name,
        unit: record.name,
        pid: record.pid ?? 0,
        text: `not simulated: ${program} as a service; it is taken to run and do nothing`,
      })
    const data = { host: this.host.name, unit: record.name, pid: record.pid, what: 'ready' }
    this.host.hosts.kernel.send({ to: HOSTS, type: UNIT_EVENTS.builtIn, data }, daemon.readyMs)
  }

  private builtInReady(record: UnitRecord): void {
    const daemon = this.builtInOf(record)
    if (daemon === undefined || record.pid === undefined) return
    this.sayBuiltIn(record, daemon.lines)
    if (daemon.port !== undefined) this.host.hosts.fabric.listen(this.host.name, daemon.port, HOSTS)
    for (const socket of daemon.sockets ?? [])
      this.host.addSocket({ ...socket, program: basename(record.argv[0] ?? ''), pid: record.pid })
    this.send(record, { type: 'READY' })
  }

  private builtInOf(record: UnitRecord): (typeof BUILT_IN)[string] | undefined {
    return record.address === undefined ? BUILT_IN[basename(record.argv[0] ?? '')] : undefined
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

  private signalMain(record: UnitRecord, signal: string): void {
    if (record.pid === undefined)
      return this.send(record, { type: 'EXITED', exit: { pid: 0, how: 'exited', code: 0 } satisfies UnitExit })
    if (record.address !== undefined && this.host.hosts.kernel.component(record.address) !== undefined) {
      return this.tell(record, UNIT_EVENTS.stop, { ...this.runOf(record), signal } satisfies UnitStopData)
    }
    const daemon = this.builtInOf(record)
    if (signal === 'TERM') this.sayBuiltIn(record, daemon?.farewell ?? [])
    this.exitSoon(record, daemon !== undefined && signal === 'TERM' ? 'code 0' : signal, signal === 'KILL' ? 0 : 5)
  }

  private noteExit(record: UnitRecord, exit: UnitExit): void {
    record.exit = exit
    if (record.reachedActive && record.sinceMs !== undefined)
      record.durationMs = this.host.hosts.kernel.now - record.startedMs
    record.result = resultOf(exit)
    const clean = isClean(exit)
    if (!clean)
      this.say(record, `Main process exited, ${journalStatus(exit)}`, 5, {
        kind: 'exited',
        how: exit.how,
        status: exit.how === 'killed' ? (exit.signal ?? '') : String(exit.code),
      })
    if (clean) this.say(record, 'Deactivated successfully.', 6, { kind: 'succeeded' })
    else this.say(record, `Failed with result '${record.result}'.`, 4, { kind: 'failed', result: record.result })
  }

  private timedOut(record: UnitRecord, text: string): void {
    record.result = 'timeout'
    this.say(record, text, 4)
    if (record.pid !== undefined && record.address !== undefined)
      this.tell(record, UNIT_EVENTS.stop, { ...this.runOf(record), signal: 'KILL' } satisfies UnitStopData)
    delete record.pid
    this.say(record, `Failed with result 'timeout'.`, 4, { kind: 'failed', result: 'timeout' })
  }

  /** A restart goes on when the old run is over; later in the instant, since the machine is in mid-step. */
  private startIfAsked(record: UnitRecord): void {
    if (!record.startAgain) return
    record.startAgain = false
    this.send(record, { type: 'START' })
  }

  private outcome(record: UnitRecord, waiter: Waiter | undefined): JobStart {
    const state = this.rows.state(this.host.name, record.name)
    if (record.startAgain || state === 'activating' || state === 'deactivating') {
      if (waiter !== undefined) record.waiters.push(waiter)
      return { pending: true }
    }
    return state === 'failed' ? { failed: record.result } : { done: true }
  }

  private answer(record: UnitRecord, answer: JobStart): void {
    if (record.startAgain) return
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
    return record.pid === undefined ? 0 : (this.builtInOf(record)?.memoryBytes ?? DEFAULT_MEMORY)
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

  private installLinks(definition: UnitDefinition): string[] {
    const targets = (key: string, suffix: string): string[] =>
      values(definition, `Install.${key}`)
        .flatMap((line) => line.split(/\s+/))
        .map((target) => `/etc/systemd/system/${target}.${suffix}/${definition.name}`)
    const aliases = values(definition, 'Install.Alias')
      .flatMap((line) => line.split(/\s+/))
      .map((alias) => `/etc/systemd/system/${alias}`)
    return [...aliases, ...targets('WantedBy', 'wants'), ...targets('RequiredBy', 'requires')]
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

/** `kubelet` → `kubelet.service`; a name that has a suffix stays. */
export function unitName(name: string): string {
  return /\.(service|target|timer|socket|mount|path|slice|scope|swap|device)$/.test(name) ? name : `${name}.service`
}
