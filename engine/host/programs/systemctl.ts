/** Models systemctl of systemd 255 (Q1). Not modelled: edit, dependencies, timers, --user. */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer, JournalAnswer } from '../syscalls/host.ts'
import { statusWords } from '../units/exit.ts'
import { commandOf, description, value, values } from '../units/unit-file.ts'
import type { JobStart, UnitStatus } from '../units/units.ts'
import { journalLine } from './journal-format.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { ago, columns, systemdBytes, systemdTime, timespan } from './text.ts'

interface Ask {
  p: Proc
  verb: string
  units: string[]
  options: Options
}

type Verb = (ask: Ask) => Run<number>

const SPEC = {
  flags: [
    'now',
    'all',
    'a',
    'no-pager',
    'failed',
    'full',
    'l',
    'no-legend',
    'quiet',
    'q',
    'force',
    'f',
    'no-block',
    'plain',
    'value',
    'runtime',
    'no-ask-password',
    'system',
    'no-wall',
    'version',
    'help',
    'h',
  ],
  withValue: ['type', 't', 'state', 'property', 'p', 'lines', 'n', 'output', 'o', 'signal', 's', 'kill-who'],
  alias: {
    a: 'all',
    t: 'type',
    p: 'property',
    n: 'lines',
    q: 'quiet',
    l: 'full',
    o: 'output',
    s: 'signal',
    f: 'force',
    h: 'help',
  },
}

export const systemctl: Program = function* (argv, p) {
  if ((argv[0] ?? '').endsWith('reboot')) return yield* power(p, 'host.reboot')
  const options = parseOptions(argv, SPEC)
  if (options.unknown !== undefined) {
    yield* p.err(
      `systemctl: ${options.unknown.startsWith('--') ? 'unrecognized' : 'invalid'} option ${options.unknown.startsWith('--') ? '' : '-- '}'${options.unknown.replace(/^-(?=[^-])/, '')}'\n`,
    )
    return 1
  }
  const [verb = 'list-units', ...names] = options.rest
  const known = verbs[verb]
  if (known === undefined) {
    yield* p.err(
      verb === 'edit'
        ? 'Cannot edit units if not on a tty.\n'
        : UNMODELLED.has(verb)
          ? `not simulated: systemctl ${verb}\n`
          : `Unknown command verb ${verb}.\n`,
    )
    return 1
  }
  if (NEEDS_UNIT.has(verb) && names.length === 0) {
    yield* p.err('Too few arguments.\n')
    return 1
  }
  const probe = yield* p.ask('unit.status', { unit: names[0] ?? 'systemd-journald' })
  if (typeof probe === 'object' && probe !== null && 'error' in probe) {
    yield* p.err(
      "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
    )
    return 1
  }
  return yield* known({ p, verb, units: names.map(withSuffix), options })
}

const NEEDS_UNIT = new Set([
  'start',
  'stop',
  'restart',
  'reload',
  'try-restart',
  'reload-or-restart',
  'enable',
  'disable',
  'mask',
  'unmask',
  'cat',
  'is-active',
  'is-enabled',
  'is-failed',
  'reenable',
  'kill',
  'edit',
])
const UNMODELLED = new Set([
  'edit',
  'isolate',
  'set-property',
  'link',
  'preset',
  'list-timers',
  'list-sockets',
  'list-dependencies',
  'list-jobs',
  'get-default',
  'set-default',
  'suspend',
  'rescue',
  'revert',
  'help',
  'show-environment',
])

/** `kubelet` → `kubelet.service`; but not `kubelet.target`. */
function withSuffix(name: string): string {
  return /\.(service|target|timer|socket|mount|path|slice|scope|swap|device)$/.test(name) ? name : `${name}.service`
}

function* power(p: Proc, call: string): Run<number> {
  const answer = (yield* p.ask(call)) as { error?: string }
  if (answer.error === undefined) return 0
  yield* p.err('Call to Reboot failed: Interactive authentication required.\n')
  return 1
}

function* statusOf(p: Proc, unit: string): Run<UnitStatus> {
  return (yield* p.ask('unit.status', { unit })) as UnitStatus
}

const RELOAD_FIRST = (unit: string): string =>
  `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`

function* warnStale(p: Proc, unit: string): Run<void> {
  if ((yield* statusOf(p, unit)).needsReload) yield* p.err(RELOAD_FIRST(unit))
}

/** start, stop, restart and their kin: one job a unit, the exit code that of the last failure. */
function jobVerb(call: (status: UnitStatus) => string | undefined): Verb {
  return function* ({ p, verb, units }) {
    let code = 0
    for (const unit of units) {
      yield* warnStale(p, unit)
      const before = yield* statusOf(p, unit)
      const name = call(before)
      if (name === undefined) continue
      const answer = (yield* p.ask(name, { unit })) as JobStart | { error: string }
      code = (yield* tellJob(p, verb, unit, answer)) || code
    }
    return code
  }
}

function* tellJob(p: Proc, verb: string, unit: string, answer: JobStart | { error: string }): Run<number> {
  const what = `Failed to ${verb} ${unit}`
  if ('error' in answer) {
    yield* p.err(`${what}: Interactive authentication required.\n`)
    return 1
  }
  if ('refused' in answer) return yield* tellRefused(p, verb, unit, answer.refused)
  if ('failed' in answer) {
    yield* p.err(failedJob(unit, answer.failed))
    return 1
  }
  return 0
}

function* tellRefused(p: Proc, verb: string, unit: string, why: string): Run<number> {
  const what = `Failed to ${verb} ${unit}`
  if (why === 'not-found') {
    yield* p.err(`${what}: Unit ${unit} not ${verb === 'stop' ? 'loaded' : 'found'}.\n`)
    return 5
  }
  if (why === 'masked') {
    yield* p.err(`${what}: Unit ${unit} is masked.\n`)
    return 1
  }
  const detail =
    why === 'error'
      ? `Unit ${unit} failed to load properly, please adjust/correct and reload service manager: Bad message`
      : `Unit ${unit} has a bad unit file setting.`
  yield* p.err(`${what}: ${detail}\nSee system logs and 'systemctl status ${unit}' for details.\n`)
  return 1
}

function failedJob(unit: string, result: string): string {
  const details = `See "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.\n`
  if (result === 'start-limit-hit')
    return `Job for ${unit} failed because start of the service was attempted too often.\n${details}To force a start use "systemctl reset-failed ${unit}"\nfollowed by "systemctl start ${unit}" again.\n`
  if (result === 'timeout') return `Job for ${unit} failed because a timeout was exceeded.\n${details}`
  if (result === 'signal')
    return `Job for ${unit} failed because a fatal signal was delivered to the control process.\n${details}`
  return `Job for ${unit} failed because the control process exited with error code.\n${details}`
}

const reload: Verb = function* ({ p, verb, units }) {
  for (const unit of units) {
    const status = yield* statusOf(p, unit)
    if (status.definition.loadState === 'not-found') return yield* tellRefused(p, verb, unit, 'not-found')
    if (status.active !== 'active') {
      yield* p.err(`${unit} is not active, cannot reload.\n`)
      return 1
    }
    const answer = (yield* p.ask('unit.reload', { unit })) as { done?: boolean; error?: string }
    if (answer.error !== undefined) return yield* tellJob(p, verb, unit, { error: answer.error })
    if (!answer.done) {
      yield* p.err(`Failed to reload ${unit}: Job type reload is not applicable for unit ${unit}.\n`)
      return 1
    }
  }
  return 0
}

const NOT_INSTALLABLE = `The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,
Also=, or Alias= settings in the [Install] section, and DefaultInstance= for
template units). This means they are not meant to be enabled or disabled using systemctl.
 
Possible reasons for having these kinds of units are:
• A unit may be statically enabled by being symlinked from another unit's
  .wants/, .requires/, or .upholds/ directory.
• A unit's purpose may be to act as a helper for some other unit which has
  a requirement dependency on it.
• A unit may be started when needed via activation (socket, path, timer,
  D-Bus, udev, scripted systemctl call, ...).
• In case of template units, the unit is meant to be enabled with some
  instance name specified.
`

/** enable, disable, mask, unmask: symlinks in /etc/systemd/system, then with --now the job. */
function linkVerb(call: string, now?: string): Verb {
  return function* ({ p, verb, units, options }) {
    for (const unit of units) {
      const answer = (yield* p.ask(call, { unit })) as
        { lines: string[] } | { refused: string } | { exists: string } | { error: string }
      if ('error' in answer) return yield* fail(p, `Failed to ${verb} unit: Interactive authentication required.\n`)
      if ('exists' in answer) return yield* fail(p, `Failed to mask unit: File '${answer.exists}' already exists.\n`)
      if ('refused' in answer) {
        if (answer.refused === 'static') yield* p.err(NOT_INSTALLABLE)
        else
          return yield* fail(
            p,
            `Failed to ${verb} unit: Unit ${answer.refused === 'masked' ? `file /etc/systemd/system/${unit} is masked` : `file ${unit} does not exist`}.\n`,
          )
      } else for (const line of answer.lines) yield* p.err(`${line}\n`)
      if (now !== undefined && has(options, 'now')) {
        const job = (yield* p.ask(now, { unit })) as JobStart
        const code = yield* tellJob(p, now.slice(5), unit, job)
        if (code !== 0) return code
      }
    }
    return 0
  }
}

function* fail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

const isActive: Verb = function* ({ p, units, options }) {
  let any = false
  for (const unit of units) {
    const { active } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${active}\n`)
    any ||= active === 'active'
  }
  return any ? 0 : 3
}

const isFailed: Verb = function* ({ p, units, options }) {
  let any = false
  for (const unit of units) {
    const { active } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${active}\n`)
    any ||= active === 'failed'
  }
  return any ? 0 : 1
}

const isEnabled: Verb = function* ({ p, units, options }) {
  let code = 1
  for (const unit of units) {
    const { enabled } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${enabled}\n`)
    if (enabled === 'not-found') return 4
    if (['enabled', 'static', 'alias'].includes(enabled)) code = 0
  }
  return code
}

const cat: Verb = function* ({ p, units }) {
  for (const [index, unit] of units.entries()) {
    const { definition } = yield* statusOf(p, unit)
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

const status: Verb = function* ({ p, units, options }) {
  if (units.length === 0) return yield* fail(p, 'not simulated: systemctl status without a unit\n')
  let code = 0
  for (const [index, unit] of units.entries()) {
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
  if (unit.durationMs !== undefined && active !== 'active') lines.push(label('Duration', timespan(unit.durationMs)))
  const docs = values(definition, 'Unit.Documentation').flatMap((line) => line.split(/\s+/))
  docs.forEach((doc, index) => lines.push(index === 0 ? label('Docs', doc) : `${' '.repeat(13)}${doc}`))
  if (exit !== undefined)
    lines.push(
      label('Process', `${exit.pid} ExecStart=${value(definition, 'Service.ExecStart') ?? ''} (${statusWords(exit)})`),
    )
  if (unit.pid !== undefined) lines.push(label('Main PID', `${unit.pid} (${commandName(unit)})`))
  else if (exit !== undefined && exit.pid !== 0) lines.push(label('Main PID', `${exit.pid} (${statusWords(exit)})`))
  if (unit.pid !== undefined) lines.push(...runningLines(unit, nowMs))
  else if (exit !== undefined) lines.push(label('CPU', '45ms'))
  return `${lines.join('\n')}\n`
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
  return [
    label('Tasks', '11 (limit: 4544)'),
    label('Memory', `${systemdBytes(unit.memoryBytes)} (peak: ${systemdBytes(Math.round(unit.memoryBytes * 1.02))})`),
    label('CPU', timespan(cpuMs)),
    label('CGroup', `/system.slice/${unit.name}`),
    `${' '.repeat(13)}└─${unit.pid} ${[commandOf(unit.argv[0] ?? '').path, ...unit.argv.slice(1)].map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')}`,
  ]
}

const LEGEND = `
LOAD   → Reflects whether the unit definition was properly loaded.
ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
SUB    → The low-level unit activation state, values depend on unit type.

`

const listUnits: Verb = function* ({ p, options }) {
  const all = (yield* p.ask('unit.list')) as UnitStatus[]
  const failedOnly = has(options, 'failed') || valueOf(options, 'state') === 'failed'
  const type = valueOf(options, 'type')
  const shown = all.filter((unit) => {
    if (type !== undefined && !unit.name.endsWith(`.${type}`)) return false
    if (failedOnly) return unit.active === 'failed'
    return has(options, 'all') || unit.active !== 'inactive'
  })
  const state = valueOf(options, 'state')
  const fit =
    state === undefined || failedOnly ? shown : shown.filter((unit) => unit.active === state || unit.sub === state)
  yield* p.out(
    makeUnitTable(
      fit,
      footer(fit.length, has(options, 'all'), failedOnly || state !== undefined),
      has(options, 'no-legend'),
    ),
  )
  return 0
}

function footer(count: number, all: boolean, filtered: boolean): string {
  if (filtered && !all) return `${count} loaded units listed.\n`
  return `${count} loaded units listed.${all ? '' : ' Pass --all to see loaded but inactive units, too.'}\nTo show all installed unit files use 'systemctl list-unit-files'.\n`
}

function makeUnitTable(units: readonly UnitStatus[], end: string, bare: boolean): string {
  const rows = units.map((unit) => [
    unit.name,
    unit.definition.loadState,
    unit.active,
    unit.sub,
    description(unit.definition),
  ])
  const table = columns([['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'], ...rows], { gap: 1 })
  const marks = [
    '  ',
    ...units.map(({ active, definition }) => (active === 'failed' || definition.loadState !== 'loaded' ? '● ' : '  ')),
  ]
  const lines = table.map((line, index) => `${marks[index]}${line}\n`)
  if (bare) return lines.slice(1).join('')
  return `${lines.join('')}${units.length === 0 ? '\n' : LEGEND}${end}`
}

const listUnitFiles: Verb = function* ({ p, units, options }) {
  const all = (yield* p.ask('unit.list')) as UnitStatus[]
  const type = valueOf(options, 'type')
  const shown = all.filter(
    ({ name }) => (type === undefined || name.endsWith(`.${type}`)) && (units.length === 0 || units.includes(name)),
  )
  const rows = shown.map(({ name, enabled }) => [
    name,
    enabled,
    enabled === 'static' || enabled === 'masked' ? (enabled === 'masked' ? 'enabled' : '-') : 'enabled',
  ])
  yield* p.out(
    `${columns([['UNIT FILE', 'STATE', 'PRESET'], ...rows], { gap: 1 }).join('\n')}\n\n${shown.length} unit files listed.\n`,
  )
  return 0
}

const show: Verb = function* ({ p, units, options }) {
  const wanted = options.values.get('property')?.flatMap((list) => list.split(','))
  for (const unit of units) {
    const found = yield* statusOf(p, unit)
    const facts = propertiesOf(found)
    const lines = Object.entries(facts).filter(([key]) => wanted === undefined || wanted.includes(key))
    yield* p.out(lines.map(([key, text]) => (has(options, 'value') ? `${text}\n` : `${key}=${text}\n`)).join(''))
  }
  return 0
}

/** The properties that are modelled, in systemd's order. */
function propertiesOf(unit: UnitStatus): Record<string, string> {
  const { definition } = unit
  return {
    Type: value(definition, 'Service.Type') ?? 'simple',
    Restart: value(definition, 'Service.Restart') ?? 'no',
    MainPID: String(unit.pid ?? 0),
    Result: unit.result,
    NRestarts: String(unit.restarts),
    ExecMainPID: String(unit.pid ?? unit.exit?.pid ?? 0),
    ExecMainStatus: String(unit.exit?.code ?? 0),
    Id: unit.name,
    Names: unit.name,
    Description: description(definition),
    LoadState: definition.loadState,
    ActiveState: unit.active,
    SubState: unit.sub,
    FragmentPath: definition.path,
    DropInPaths: definition.dropIns.join(' '),
    UnitFileState: unit.enabled === 'not-found' ? '' : unit.enabled,
    NeedDaemonReload: unit.needsReload ? 'yes' : 'no',
  }
}

const kill: Verb = function* ({ p, units, options }) {
  for (const unit of units) {
    const { pid } = yield* statusOf(p, unit)
    if (pid !== undefined)
      yield* p.ask('host.signal', {
        pid,
        signal: (valueOf(options, 'signal') ?? 'TERM').replace(/^SIG/, '').replace(/^9$/, 'KILL'),
      })
  }
  return 0
}

const verbs: Record<string, Verb> = {
  start: jobVerb(() => 'unit.start'),
  stop: jobVerb(() => 'unit.stop'),
  restart: jobVerb(() => 'unit.restart'),
  'try-restart': jobVerb(({ active }) => (active === 'inactive' || active === 'failed' ? undefined : 'unit.restart')),
  'reload-or-restart': jobVerb(() => 'unit.restart'),
  reload,
  enable: linkVerb('unit.enable', 'unit.start'),
  reenable: linkVerb('unit.enable'),
  disable: linkVerb('unit.disable', 'unit.stop'),
  mask: linkVerb('unit.mask', 'unit.stop'),
  unmask: linkVerb('unit.unmask'),
  status,
  cat,
  show,
  kill,
  'is-active': isActive,
  'is-failed': isFailed,
  'is-enabled': isEnabled,
  'list-units': listUnits,
  'list-unit-files': listUnitFiles,
  *'daemon-reload'({ p }) {
    const answer = yield* p.ask('unit.daemonReload')
    return typeof answer === 'object' && answer !== null
      ? yield* fail(p, 'Failed to reload daemon: Interactive authentication required.\n')
      : 0
  },
  *'reset-failed'({ p, units }) {
    for (const unit of units.length === 0 ? [''] : units) yield* p.ask('unit.resetFailed', { unit })
    return 0
  },
  *'is-system-running'({ p }) {
    const failed = ((yield* p.ask('unit.list')) as UnitStatus[]).some(({ active }) => active === 'failed')
    yield* p.out(failed ? 'degraded\n' : 'running\n')
    return failed ? 1 : 0
  },
  *reboot({ p }) {
    return yield* power(p, 'host.reboot')
  },
  *poweroff({ p }) {
    return yield* power(p, 'host.poweroff')
  },
}

/** `service X verb` is `systemctl verb X` with the same texts. */
export const service: Program = function* (argv, p) {
  const [, name, verb] = argv
  if (name === '--status-all' || name === undefined || verb === undefined) {
    yield* p.err(
      name === '--status-all'
        ? 'not simulated: service --status-all\n'
        : 'Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n',
    )
    return 1
  }
  return yield* systemctl(['systemctl', verb, name], p)
}

export const systemdPrograms = { systemctl, service, reboot: systemctl }
