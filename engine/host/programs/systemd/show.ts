/** systemctl status, cat and show (Q1). */
import type { Proc, Run } from '../../process.ts'
import type { HostFactsAnswer, JournalAnswer } from '../../syscalls/host.ts'
import { statusWords } from '../../units/exit.ts'
import { commandOf, description, durationMs, value, values } from '../../units/unit-file.ts'
import type { UnitStatus } from '../../units/status.ts'
import { journalLine } from '../journal-format.ts'
import { has, valueOf } from '../options.ts'
import { ago, systemdBytes, systemdTime, timespan } from '../text.ts'
import { fail, statusOf, warnStale } from './common.ts'
import type { Verb } from './common.ts'

export const cat: Verb = function* ({ p, units }) {
  for (const [index, unit] of units.entries()) {
    const { definition } = yield* statusOf(p, unit)
    if (definition.loadState === 'masked') {
      yield* p.out(`# Unit ${unit} is masked.\n`)
      continue
    }
    if (definition.sources.length === 0) return yield* fail(p, `No files found for ${unit}.\n`)
    yield* warnStale(p, unit)
    if (index > 0) yield* p.out('\n')
    const parts: string[] = []
    for (const { path } of definition.sources) {
      const file = yield* p.readFile(path)
      parts.push(`# ${path}\n${'text' in file ? file.text : ''}`)
    }
    yield* p.out(parts.join('\n'))
  }
  return 0
}

export const status: Verb = function* ({ p, units, options }) {
  if (units.length === 0) return yield* systemStatus(p)
  let code = 0
  for (const [index, named] of units.entries()) {
    const unit = yield* unitOfPid(p, named)
    const found = yield* statusOf(p, unit)
    if (index > 0) yield* p.out('\n')
    if (found.definition.loadState === 'not-found') {
      yield* p.err(`Unit ${unit} could not be found.\n`)
      code = 4
      continue
    }
    yield* warnStale(p, unit)
    const now = yield* p.now()
    yield* p.out(makeStatus(found, now))
    const lines = yield* tailOf(p, found.name, Number(valueOf(options, 'lines') ?? 10))
    if (lines !== '') yield* p.out(`\n${lines}`)
    if (found.active !== 'active' && code === 0) code = 3
  }
  return code
}

function* tailOf(p: Proc, unit: string, last: number): Run<string> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const journal = (yield* p.ask('journal.read', {
    query: { units: [unit], last, bootId: facts.bootId },
  })) as JournalAnswer
  if ('error' in journal) return 'Warning: some journal files were not opened due to insufficient permissions.\n'
  return journal.lines.map((line) => `${journalLine(line, facts.name, 'short')}\n`).join('')
}

function label(name: string, text: string): string {
  return `${name.padStart(11)}: ${text}`
}

/** The block that `systemctl status` prints of a unit. */
export function makeStatus(unit: UnitStatus, nowMs: number): string {
  const { definition, active, exit } = unit
  const bullet = active === 'failed' ? '×' : active === 'inactive' ? '○' : '●'
  const lines = [
    `${bullet} ${unit.name}${value(definition, 'Unit.Description') === undefined ? '' : ` - ${description(definition)}`}`,
  ]
  lines.push(
    label('Loaded', loadedText(unit)),
    ...dropInLines(definition.dropIns),
    label('Active', activeText(unit, nowMs)),
  )
  if (unit.unmet !== undefined && active === 'inactive')
    lines.push(
      label(
        'Condition',
        `start condition unmet at ${systemdTime(unit.unmet.atMs)}; ${ago(Math.max(0, nowMs - unit.unmet.atMs))}`,
      ),
      `${' '.repeat(13)}└─ ${unit.unmet.text} was not met`,
    )
  if (unit.durationMs !== undefined && active !== 'active') lines.push(label('Duration', timespan(unit.durationMs)))
  if (unit.timer !== undefined) lines.push(...timerLines(unit.timer, nowMs))
  unit.triggeredBy.forEach((timer, index) =>
    lines.push(index === 0 ? label('TriggeredBy', `● ${timer}`) : `${' '.repeat(13)}● ${timer}`),
  )
  const docs = values(definition, 'Unit.Documentation').flatMap((line) => line.split(/\s+/))
  docs.forEach((doc, index) => lines.push(index === 0 ? label('Docs', doc) : `${' '.repeat(13)}${doc}`))
  const main =
    exit === undefined ? [] : [{ kind: 'ExecStart', line: value(definition, 'Service.ExecStart') ?? '', exit }]
  const ended = [
    ...unit.ended.filter(({ kind }) => ORDER.indexOf(kind) < 3),
    ...main,
    ...unit.ended.filter(({ kind }) => ORDER.indexOf(kind) >= 3),
  ]
  for (const { kind, line, exit: how } of ended)
    lines.push(label('Process', `${how.pid} ${kind}=${line.replace(/^[-@:+!|]+/, '')} (${statusWords(how)})`))
  if (unit.pid !== undefined) lines.push(label('Main PID', `${unit.pid} (${commandName(unit)})`))
  else if (exit !== undefined && exit.pid !== 0) lines.push(label('Main PID', `${exit.pid} (${statusWords(exit)})`))
  if (unit.control !== undefined)
    lines.push(label('Cntrl PID', `${unit.control.pid} (${nameOfPid(unit, unit.control.pid)})`))
  if (unit.pid !== undefined || unit.processes.length > 0) lines.push(...runningLines(unit, nowMs))
  else if (exit !== undefined) lines.push(label('CPU', '45ms'))
  return `${lines.join('\n')}\n`
}

const ORDER: readonly string[] = [
  'ExecCondition',
  'ExecStartPre',
  'ExecStart',
  'ExecStartPost',
  'ExecReload',
  'ExecStop',
  'ExecStopPost',
]

function nameOfPid(unit: UnitStatus, pid: number): string {
  const found = unit.processes.find((process) => process.pid === pid)
  return (found?.argv[0] ?? '').split('/').at(-1)?.slice(0, 15) ?? ''
}

function timerLines(timer: NonNullable<UnitStatus['timer']>, nowMs: number): string[] {
  const next = timer.nextMs === undefined ? 'n/a' : `${systemdTime(timer.nextMs)}; ${left(timer.nextMs - nowMs)} left`
  return [label('Trigger', next), label('Triggers', `● ${timer.unit}`)]
}

/** `5min 2s`, as systemd says how long something will take. */
export function left(ms: number): string {
  return ago(Math.max(0, ms)).replace(/ ago$/, '')
}

/** `systemctl status 1234`: the unit that the process belongs to. */
function* unitOfPid(p: Proc, named: string): Run<string> {
  const pid = /^(\d+)\.service$/.exec(named)?.[1]
  if (pid === undefined) return named
  const all = (yield* p.ask('unit.list')) as UnitStatus[]
  const found = all.find(
    (unit) => String(unit.pid) === pid || unit.processes.some((process) => String(process.pid) === pid),
  )
  return found?.name ?? named
}

function* systemStatus(p: Proc): Run<number> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const all = ((yield* p.ask('unit.list')) as UnitStatus[]).filter(
    ({ definition }) => definition.loadState !== 'not-found',
  )
  const failed = all.filter(({ active }) => active === 'failed').length
  const running = all.filter(({ pid }) => pid !== undefined)
  const jobs = (yield* p.ask('unit.jobs')) as unknown[]
  const line = (name: string, text: string): string => `${name.padStart(9)}: ${text}\n`
  const now = yield* p.now()
  yield* p.out(
    `● ${facts.name}\n${line('State', failed > 0 ? 'degraded' : 'running')}${line('Units', `${all.length} loaded (incl. loaded aliases)`)}${line('Jobs', `${jobs.length} queued`)}${line('Failed', `${failed} units`)}${line('Since', `${systemdTime(facts.bootedAtClockMs)}; ${ago(now - facts.bootedAtClockMs)}`)}${line('systemd', '255.4-1ubuntu8.4')}${line('CGroup', '/')}           ├─init.scope\n           │ └─1 /sbin/init\n           └─system.slice\n`,
  )
  for (const [index, unit] of running.entries()) {
    const last = index === running.length - 1
    yield* p.out(
      `             ${last ? '└' : '├'}─${unit.name}\n             ${last ? ' ' : '│'} └─${unit.pid} ${unit.argv.join(' ')}\n`,
    )
  }
  return 0
}

function commandName(unit: UnitStatus): string {
  return (unit.argv[0] ?? '').split('/').at(-1)?.slice(0, 15) ?? ''
}

function loadedText({ name, definition, enabled }: UnitStatus): string {
  if (definition.loadState === 'masked') return `masked (Reason: Unit ${name} is masked.)`
  if (definition.loadState === 'error')
    return `error (Reason: Unit ${name} failed to load properly, please adjust/correct and reload service manager: Bad message)`
  if (definition.loadState === 'bad-setting') return `bad-setting (Reason: Unit ${name} has a bad unit file setting.)`
  return `loaded (${definition.path}; ${enabled}${enabled === 'static' ? '' : '; preset: enabled'})`
}

/** Drop-ins grouped by their directory, as a tree. */
function dropInLines(paths: readonly string[]): string[] {
  const folders = new Map<string, string[]>()
  for (const path of paths) {
    const slash = path.lastIndexOf('/')
    folders.set(path.slice(0, slash), [...(folders.get(path.slice(0, slash)) ?? []), path.slice(slash + 1)])
  }
  return [...folders].flatMap(([folder, names], index) => [
    index === 0 ? label('Drop-In', folder) : `${' '.repeat(13)}${folder}`,
    `${' '.repeat(13)}└─${names.join(', ')}`,
  ])
}

function activeText({ active, sub, result, sinceMs }: UnitStatus, nowMs: number): string {
  const shown = result === 'success' || active === 'active' ? '' : ` (Result: ${result})`
  const state = active === 'failed' ? `failed${shown}` : `${active} (${sub})${shown}`
  return sinceMs === undefined ? state : `${state} since ${systemdTime(sinceMs)}; ${ago(Math.max(0, nowMs - sinceMs))}`
}

function runningLines(unit: UnitStatus, nowMs: number): string[] {
  const cpuMs = Math.max(3, Math.round((nowMs - (unit.sinceMs ?? nowMs)) / 100))
  const listed = unit.processes.length > 0 ? unit.processes : [{ pid: unit.pid ?? 0, argv: unit.argv }]
  const word = (text: string): string => (/\s/.test(text) ? `"${text}"` : text)
  return [
    label('Tasks', `${unit.processes.length > 0 ? listed.length : 11} (limit: 4544)`),
    label('Memory', `${systemdBytes(unit.memoryBytes)} (peak: ${systemdBytes(Math.round(unit.memoryBytes * 1.02))})`),
    label('CPU', timespan(cpuMs)),
    label('CGroup', `/system.slice/${unit.name}`),
    ...listed.map(
      ({ pid, argv }, index) =>
        `${' '.repeat(13)}${index === listed.length - 1 ? '└' : '├'}─${pid} ${argv.map(word).join(' ')}`,
    ),
  ]
}

export const show: Verb = function* ({ p, units, options }) {
  const wanted = options.values.get('property')?.flatMap((list) => list.split(','))
  for (const [index, unit] of units.entries()) {
    const found = yield* statusOf(p, unit)
    if (index > 0) yield* p.out('\n')
    const relations: Record<string, string> = {}
    for (const relation of RELATIONS)
      relations[relation] = ((yield* p.ask('unit.related', { unit, relation })) as string[]).join(' ')
    const facts = propertiesOf(found, relations)
    const lines = Object.entries(facts).filter(([key]) => wanted === undefined || wanted.includes(key))
    yield* p.out(lines.map(([key, text]) => (has(options, 'value') ? `${text}\n` : `${key}=${text}\n`)).join(''))
  }
  return 0
}

const RELATIONS = ['Requires', 'Requisite', 'Wants', 'BindsTo', 'PartOf', 'Conflicts', 'Before', 'After'] as const

/** `10s`, `1min 30s`, `infinity`. */
const spanOf = (ms: number): string => (ms >= Number.MAX_SAFE_INTEGER / 8 ? 'infinity' : ms === 0 ? '0' : timespan(ms))

const SERVICE_DEFAULTS: readonly [string, string][] = [
  ['KillMode', 'control-group'],
  ['LimitNOFILE', '524288'],
  ['LimitNOFILESoft', '1024'],
  ['LimitNPROC', '15147'],
  ['LimitCORE', 'infinity'],
  ['OOMScoreAdjust', '0'],
  ['User', ''],
  ['Group', ''],
  ['WorkingDirectory', ''],
  ['StandardOutput', 'journal'],
  ['StandardError', 'inherit'],
  ['Slice', 'system.slice'],
  ['Delegate', 'no'],
  ['TasksMax', '4544'],
  ['MemoryMax', 'infinity'],
  ['CPUQuotaPerSecUSec', 'infinity'],
]

/** A command as D-Bus shows it. */
function execText(unit: UnitStatus, key: string): string {
  return values(unit.definition, `Service.${key}`)
    .map((line) => {
      const { path, words, mayFail } = commandOf(line)
      const ran = key === 'ExecStart' ? unit.exit : unit.ended.find(({ kind }) => kind === key)?.exit
      const pid = key === 'ExecStart' ? (unit.pid ?? ran?.pid ?? 0) : (ran?.pid ?? 0)
      const code = ran === undefined ? '(null)' : ran.how
      return `{ path=${path} ; argv[]=${words.join(' ')} ; ignore_errors=${mayFail ? 'yes' : 'no'} ; start_time=[n/a] ; stop_time=[n/a] ; pid=${pid} ; code=${code} ; status=${ran?.code ?? 0}/0 }`
    })
    .join(' ')
}

/** The properties that are modelled, in systemd's order. */
function propertiesOf(unit: UnitStatus, relations: Record<string, string>): Record<string, string> {
  const { definition } = unit
  const of = (key: string, otherwise: string): string => value(definition, `Service.${key}`) ?? otherwise
  const service: Record<string, string> = {}
  if (unit.name.endsWith('.service')) {
    Object.assign(service, {
      Type: of('Type', 'simple'),
      Restart: of('Restart', 'no'),
      NotifyAccess: of('Type', '') === 'notify' ? 'main' : 'none',
      RestartUSec: spanOf(durationMs(value(definition, 'Service.RestartSec'), 100)),
      TimeoutStartUSec: spanOf(durationMs(value(definition, 'Service.TimeoutStartSec'), 90_000)),
      TimeoutStopUSec: spanOf(durationMs(value(definition, 'Service.TimeoutStopSec'), 90_000)),
      RemainAfterExit: of('RemainAfterExit', 'no'),
      MainPID: String(unit.pid ?? 0),
      ControlPID: String(unit.control?.pid ?? 0),
      Result: unit.result,
      NRestarts: String(unit.restarts),
      ExecMainPID: String(unit.pid ?? unit.exit?.pid ?? 0),
      ExecMainCode: unit.exit === undefined ? '0' : unit.exit.how === 'exited' ? '1' : '2',
      ExecMainStatus: String(
        unit.exit?.how === 'killed' ? (SIGNALS[unit.exit.signal ?? ''] ?? 0) : (unit.exit?.code ?? 0),
      ),
    })
    for (const key of ORDER) if (values(definition, `Service.${key}`).length > 0) service[key] = execText(unit, key)
    service.MemoryCurrent = unit.pid === undefined ? '[not set]' : String(unit.memoryBytes)
    service.TasksCurrent = unit.pid === undefined ? '[not set]' : String(Math.max(1, unit.processes.length))
    const environment = values(definition, 'Service.Environment')
    if (environment.length > 0) service.Environment = environment.map((line) => line.replaceAll('"', '')).join(' ')
    const files = values(definition, 'Service.EnvironmentFile')
    if (files.length > 0)
      service.EnvironmentFiles = files
        .map((file) => `${file.replace(/^-/, '')} (ignore_errors=${file.startsWith('-') ? 'yes' : 'no'})`)
        .join('\nEnvironmentFiles=')
    for (const [key, otherwise] of SERVICE_DEFAULTS) {
      const given = of(key.replace(/Soft$/, ''), otherwise)
      const [soft, hard = soft] = given.split(':')
      service[key] = key.startsWith('Limit') ? ((key.endsWith('Soft') ? soft : hard) ?? '') : given
    }
    service.KillSignal = String(SIGNALS[of('KillSignal', 'TERM').replace(/^SIG/, '')] ?? 15)
  }
  const time = (ms: number | undefined): string => (ms === undefined ? '' : systemdTime(ms))
  return {
    ...service,
    ...(unit.timer !== undefined && {
      Unit: unit.timer.unit,
      NextElapseUSecRealtime: time(unit.timer.nextMs),
      LastTriggerUSec: time(unit.timer.lastMs),
    }),
    Id: unit.name,
    Names: unit.name,
    ...Object.fromEntries(Object.entries(relations).filter(([, text]) => text !== '')),
    ...(unit.triggeredBy.length > 0 && { TriggeredBy: unit.triggeredBy.join(' ') }),
    Documentation: values(definition, 'Unit.Documentation').join(' '),
    Description: description(definition),
    LoadState: definition.loadState,
    ActiveState: unit.active,
    FreezerState: 'running',
    SubState: unit.sub,
    FragmentPath: definition.path,
    DropInPaths: definition.dropIns.join(' '),
    UnitFileState: unit.enabled === 'not-found' ? '' : unit.enabled,
    UnitFilePreset: definition.path === '' ? '' : 'enabled',
    StateChangeTimestamp: time(unit.sinceMs),
    ActiveEnterTimestamp: unit.active === 'active' ? time(unit.sinceMs) : '',
    CanStart: definition.loadState === 'loaded' ? 'yes' : 'no',
    CanStop: definition.loadState === 'loaded' ? 'yes' : 'no',
    CanReload: values(definition, 'Service.ExecReload').length > 0 ? 'yes' : 'no',
    CanIsolate: value(definition, 'Unit.AllowIsolate') ?? 'no',
    NeedDaemonReload: unit.needsReload ? 'yes' : 'no',
    ConditionResult: unit.unmet === undefined ? 'yes' : 'no',
  }
}

const SIGNALS: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  TERM: 15,
}
