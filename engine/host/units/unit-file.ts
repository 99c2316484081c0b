/** Unit files: parsing, merging with drop-ins, and what they say. Models systemd src/shared/conf-parser.c (Q1). */
import type { FileTree } from '../files.ts'
import { basename } from '../files.ts'
import { UNIT_DEFAULTS } from '../flags.ts'
import { splitWords } from './words.ts'

/** Where unit files are looked for; the first that has one wins. */
export const UNIT_PATHS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
] as const

export type LoadState = 'loaded' | 'not-found' | 'masked' | 'error' | 'bad-setting'

export interface UnitSource {
  path: string
  text: string
}

/** A unit as the manager has it in memory. Plain data. */
export interface UnitDefinition {
  name: string
  loadState: LoadState
  /** The unit file; '' when there is none. */
  path: string
  dropIns: string[]
  /** What was read, to see whether it has changed on disk. */
  sources: UnitSource[]
  /** `Section.Key` → values in order. */
  settings: Record<string, string[]>
  /** What systemd writes to the journal about the file, such as `…:3: Invalid section header '[Service'`. */
  complaints: string[]
}

interface ParsedFile {
  settings: [section: string, key: string, value: string][]
  complaints: string[]
  broken: boolean
}

/** Keys whose values add up; of all others the last value counts. */
const LISTS = new Set([
  'ExecStart',
  'ExecStartPre',
  'ExecStartPost',
  'ExecReload',
  'ExecStop',
  'ExecStopPost',
  'ExecCondition',
  'Environment',
  'EnvironmentFile',
  'Documentation',
  'WantedBy',
  'RequiredBy',
  'Alias',
  'After',
  'Before',
  'Wants',
  'Requires',
  'Requisite',
  'BindsTo',
  'PartOf',
  'Conflicts',
  'OnFailure',
  'OnSuccess',
  'OnCalendar',
  'OnBootSec',
  'OnStartupSec',
  'OnActiveSec',
  'OnUnitActiveSec',
  'OnUnitInactiveSec',
  'SuccessExitStatus',
  'RestartPreventExitStatus',
  'RestartForceExitStatus',
  'Also',
])

/** Keys of families whose values add up. */
const isList = (key: string): boolean => LISTS.has(key) || /^(Condition|Assert)[A-Z]/.test(key)

/** Reads one file's settings. A line that cannot be read is complained about; a bad section header spoils the file. */
export function parseUnitFile(path: string, text: string): ParsedFile {
  const parsed: ParsedFile = { settings: [], complaints: [], broken: false }
  let section = ''
  for (const { line, number } of logicalLines(text)) {
    if (line.startsWith('[')) {
      if (!line.endsWith(']'))
        return {
          ...parsed,
          broken: true,
          complaints: [...parsed.complaints, `${path}:${number}: Invalid section header '${line}'`],
        }
      section = line.slice(1, -1)
      continue
    }
    const equals = line.indexOf('=')
    if (equals < 0) parsed.complaints.push(`${path}:${number}: Missing '=', ignoring line.`)
    else if (section === '') parsed.complaints.push(`${path}:${number}: Assignment outside of section. Ignoring.`)
    else parsed.settings.push([section, line.slice(0, equals).trim(), line.slice(equals + 1).trim()])
  }
  return parsed
}

function* logicalLines(text: string): Generator<{ line: string; number: number }> {
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    let line = (lines[index] ?? '').trim()
    const number = index + 1
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    while (line.endsWith('\\') && index + 1 < lines.length)
      line = `${line.slice(0, -1)} ${(lines[++index] ?? '').trim()}`
    yield { line, number }
  }
}

/** The file that an alias stands for, or the name itself: `sshd.service` → `ssh.service`. */
export function canonicalName(files: FileTree, name: string): string {
  for (const directory of UNIT_PATHS) {
    const path = `${directory}/${name}`
    const stat = files.stat(path, undefined, { followLinks: false })
    if ('error' in stat) continue
    if (stat.kind !== 'symlink' || stat.target === '/dev/null') return name
    return basename(stat.target ?? name)
  }
  return name
}

/** Reads a unit with its drop-ins from disk. */
export function loadUnit(files: FileTree, name: string): UnitDefinition {
  const path = fileOf(files, name) ?? fileOf(files, templateOf(name))
  const empty: UnitDefinition = {
    name,
    loadState: 'not-found',
    path: '',
    dropIns: [],
    sources: [],
    settings: {},
    complaints: [],
  }
  if (path === undefined) return empty
  const link = files.stat(path, undefined, { followLinks: false })
  if (!('error' in link) && link.target === '/dev/null')
    return { ...empty, loadState: 'masked', path, sources: [{ path, text: '' }] }
  const dropIns = dropInsOf(files, name)
  const sources = [path, ...dropIns].map((source) => ({ path: source, text: files.text(source) ?? '' }))
  const parsed = sources.map((source) => parseUnitFile(source.path, source.text))
  const definition: UnitDefinition = {
    ...empty,
    path,
    dropIns,
    sources,
    complaints: parsed.flatMap(({ complaints }) => complaints),
    loadState: 'loaded',
  }
  for (const { settings } of parsed)
    for (const [section, key, value] of settings)
      assign(definition, section, key, value.includes('%') ? specified(files, name, value) : value)
  return parsed.some(({ broken }) => broken) ? { ...definition, loadState: 'error' } : checked(definition)
}

/** `getty@tty1.service` → `getty@.service`; a name without an instance stays. */
function templateOf(name: string): string {
  return name.replace(/^([^@]+@)[^.]+(\.\w+)$/, '$1$2')
}

function fileOf(files: FileTree, name: string): string | undefined {
  return UNIT_PATHS.map((directory) => `${directory}/${name}`).find(
    (candidate) => !('error' in files.stat(candidate, undefined, { followLinks: false })),
  )
}

/** Puts in what `%n`, `%i`, `%H` and their kin stand for; others stay. */
function specified(files: FileTree, name: string, value: string): string {
  const bare = name.replace(/\.\w+$/, '')
  const [prefix = '', instance = ''] = bare.split('@')
  const meanings: Record<string, () => string> = {
    n: () => name,
    N: () => bare,
    p: () => prefix,
    i: () => instance,
    I: () => instance.replaceAll('-', '/'),
    H: () => files.text('/etc/hostname')?.trim() ?? '',
    m: () => files.text('/etc/machine-id')?.trim() ?? '',
    u: () => 'root',
    h: () => '/root',
    t: () => '/run',
    S: () => '/var/lib',
    C: () => '/var/cache',
    L: () => '/var/log',
    E: () => '/etc',
    '%': () => '%',
  }
  return value.replace(/%(.)/g, (all, letter: string) => meanings[letter]?.() ?? all)
}

function assign(definition: UnitDefinition, section: string, key: string, value: string): void {
  const name = `${section}.${key}`
  const before = definition.settings[name] ?? []
  if (value === '') definition.settings[name] = []
  else definition.settings[name] = isList(key) ? [...before, value] : [value]
}

function dropInsOf(files: FileTree, name: string): string[] {
  const found = new Map<string, string>()
  const kind = name.slice(name.lastIndexOf('.') + 1)
  for (const folder of [...new Set([`${kind}.d`, `${templateOf(name)}.d`, `${name}.d`])])
    for (const directory of [...UNIT_PATHS].reverse()) {
      const listed = files.list(`${directory}/${folder}`)
      if ('error' in listed) continue
      for (const file of listed.names) if (file.endsWith('.conf')) found.set(file, `${directory}/${folder}/${file}`)
    }
  return [...found.keys()].sort().map((file) => found.get(file) as string)
}

/** A service must say exactly one command, unless it is a oneshot. */
function checked(definition: UnitDefinition): UnitDefinition {
  if (!definition.name.endsWith('.service')) return definition
  const commands = values(definition, 'Service.ExecStart')
  if (commands.length === 1 || (serviceType(definition) === 'oneshot' && commands.length > 0)) return definition
  if (commands.length === 0 && value(definition, 'Service.RemainAfterExit') === 'yes' && hasStop(definition))
    return definition
  const why =
    commands.length === 0
      ? `${definition.name}: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.`
      : `${definition.name}: Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.`
  return { ...definition, loadState: 'bad-setting', complaints: [...definition.complaints, why] }
}

const hasStop = (definition: UnitDefinition): boolean => values(definition, 'Service.ExecStop').length > 0

export function values(definition: UnitDefinition, name: string): readonly string[] {
  return definition.settings[name] ?? []
}

export function value(definition: UnitDefinition, name: string): string | undefined {
  return values(definition, name).at(-1)
}

export function serviceType(definition: UnitDefinition): string {
  return value(definition, 'Service.Type') ?? 'simple'
}

/** Description, or the unit's name when it has none. */
export function description(definition: UnitDefinition): string {
  return value(definition, 'Unit.Description') ?? definition.name
}

/** As systemd names a unit in messages: `kubelet.service - kubelet: The Kubernetes Node Agent`. */
export function fullName(definition: UnitDefinition): string {
  const text = value(definition, 'Unit.Description')
  return text === undefined ? definition.name : `${definition.name} - ${text}`
}

/** A duration such as `10`, `1min 30s`, `500ms`, `infinity`, in milliseconds. */
export function durationMs(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  if (text === 'infinity') return Number.MAX_SAFE_INTEGER
  const units: Record<string, number> = {
    '': 1000,
    us: 0.001,
    ms: 1,
    s: 1000,
    sec: 1000,
    m: 60_000,
    min: 60_000,
    h: 3_600_000,
    hr: 3_600_000,
    day: 86_400_000,
    days: 86_400_000,
    d: 86_400_000,
    w: 604_800_000,
    week: 604_800_000,
    seconds: 1000,
    second: 1000,
    minutes: 60_000,
    minute: 60_000,
    hours: 3_600_000,
    hour: 3_600_000,
  }
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g))
    sum += Number(amount) * (units[unit ?? ''] ?? 1000)
  return sum
}

export function restartSecMs(definition: UnitDefinition): number {
  return durationMs(value(definition, 'Service.RestartSec'), UNIT_DEFAULTS.restartSecMs)
}

/** StartLimitIntervalSec and Burst; an interval of 0 means no limit. */
export function startLimit(definition: UnitDefinition): { intervalMs: number; burst: number } {
  const interval =
    value(definition, 'Unit.StartLimitIntervalSec') ??
    value(definition, 'Unit.StartLimitInterval') ??
    value(definition, 'Service.StartLimitInterval')
  const burst = value(definition, 'Unit.StartLimitBurst') ?? value(definition, 'Service.StartLimitBurst')
  return {
    intervalMs: durationMs(interval, UNIT_DEFAULTS.startLimitIntervalMs),
    burst: burst === undefined ? UNIT_DEFAULTS.startLimitBurst : Number(burst),
  }
}

/** A line of Exec…= without the marks before its command. */
export function withoutPrefix(line: string): string {
  return line.replace(/^[-@:+!|]+/, '')
}

/** The command of a line of Exec…=, without its prefixes, before variables are put in. */
export function commandOf(line: string): { path: string; words: string[]; mayFail: boolean } {
  const prefix = line.slice(0, line.length - withoutPrefix(line).length)
  const words = splitWords(withoutPrefix(line))
  return { path: words[0] ?? '', words, mayFail: prefix.includes('-') }
}

/** Whether a setting says yes. */
export function isYes(definition: UnitDefinition, name: string): boolean {
  return ['yes', 'true', 'on', '1'].includes(value(definition, name) ?? 'no')
}

/** Whether a setting says no. */
export function isNo(definition: UnitDefinition, name: string): boolean {
  return ['no', 'false', 'off', '0'].includes(value(definition, name) ?? 'yes')
}

/** The variables of Environment= and EnvironmentFile=; or the file that should be there and is not. */
export function environmentOf(
  files: FileTree,
  definition: UnitDefinition,
): Record<string, string> | { missing: string } {
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LANG: 'C.UTF-8' }
  const take = (word: string): void => {
    const equals = word.indexOf('=')
    if (equals > 0) env[word.slice(0, equals)] = word.slice(equals + 1)
  }
  for (const line of values(definition, 'Service.Environment')) splitWords(line).forEach(take)
  for (const line of values(definition, 'Service.EnvironmentFile')) {
    const path = line.replace(/^-/, '')
    const text = files.text(path)
    if (text === undefined && !line.startsWith('-')) return { missing: path }
    for (const entry of (text ?? '').split('\n')) if (!/^\s*[#;]/.test(entry)) take(unquote(entry.trim()))
  }
  return env
}

/** `KEY="a b"` → `KEY=a b`. */
function unquote(entry: string): string {
  return entry.replace(/^([^=]+)=(["'])(.*)\2$/, '$1=$3')
}

/** Puts variables into a command: `$X` as a word of its own splits, `${X}` does not. */
export function expandCommand(words: readonly string[], env: Readonly<Record<string, string>>): string[] {
  return words.flatMap((word) => {
    const alone = /^\$([A-Za-z_]\w*)$/.exec(word)
    if (alone !== null) return splitWords(env[alone[1] ?? ''] ?? '')
    return [word.replace(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => env[name] ?? '').replace(/\$\$/g, '$')]
  })
}
