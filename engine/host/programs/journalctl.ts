/** Models journalctl of systemd 255 (Q2). Not modelled: a pager, cursors, other machines' journals. */
import type { JournalLine, JournalQuery } from '../journald.ts'
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer, JournalAnswer } from '../syscalls/host.ts'
import { OUTPUTS, catalogBlock, fieldsOf, journalLine } from './journal-format.ts'
import type { JournalOutput } from './journal-format.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { systemdBytes, systemdTime } from './text.ts'
import { globPattern, patternOf } from './patterns.ts'

const SPEC = {
  flags: [
    'f',
    'follow',
    'e',
    'pager-end',
    'x',
    'catalog',
    'r',
    'reverse',
    'k',
    'dmesg',
    'no-pager',
    'q',
    'quiet',
    'a',
    'all',
    'l',
    'full',
    'list-boots',
    'disk-usage',
    'no-hostname',
    'utc',
    'no-tail',
    'no-full',
    'system',
    'user',
    'rotate',
    'flush',
    'sync',
    'header',
    'verify',
    'fields',
    'N',
    'merge',
    'm',
    'version',
  ],
  withValue: [
    'u',
    'unit',
    'n',
    'lines',
    'since',
    'S',
    'until',
    'U',
    'p',
    'priority',
    'o',
    'output',
    't',
    'identifier',
    'g',
    'grep',
    'case-sensitive',
    'F',
    'field',
    'output-fields',
    'vacuum-size',
    'vacuum-time',
    'vacuum-files',
    'facility',
    'D',
    'directory',
    'cursor',
    'after-cursor',
  ],
  alias: {
    F: 'field',
    N: 'fields',
    m: 'merge',
    f: 'follow',
    e: 'pager-end',
    x: 'catalog',
    r: 'reverse',
    k: 'dmesg',
    q: 'quiet',
    u: 'unit',
    n: 'lines',
    S: 'since',
    U: 'until',
    p: 'priority',
    o: 'output',
    t: 'identifier',
    g: 'grep',
  },
}

/** How often `-f` looks for new lines. */
const FOLLOW_MS = 500
/** Other names of levels. */
const LEVELS: Record<string, string> = { error: 'err', warn: 'warning', panic: 'emerg' }
const PRIORITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

export const journalctl: Program = function* (argv, p) {
  const { words, boot } = withoutOptional(argv)
  const options = parseOptions(words, SPEC)
  if (options.unknown !== undefined || options.missing !== undefined)
    return yield* complain(p, `journalctl: unrecognized option '${options.unknown ?? options.missing}'\n`)
  for (const refused of ['directory', 'cursor', 'after-cursor', 'facility', 'header', 'verify'])
    if (has(options, refused)) return yield* complain(p, `not simulated: journalctl --${refused}\n`)
  const bad = options.rest.find((word) => word !== '+' && !/^[A-Z_][A-Z0-9_]*=/.test(word) && !word.startsWith('/'))
  if (bad !== undefined) return yield* complain(p, `Failed to add match '${bad}': Invalid argument\n`)
  if (has(options, 'rotate') || has(options, 'flush') || has(options, 'sync'))
    return yield* privileged(p, () => noWork(p))
  if (['vacuum-size', 'vacuum-time', 'vacuum-files'].some((name) => has(options, name)))
    return yield* privileged(p, () => vacuum(p, options))
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (has(options, 'list-boots')) return yield* listBoots(p, facts)
  const query = yield* queryOf(p, options, facts, boot)
  if (typeof query === 'string') return yield* complain(p, query)
  const output = valueOf(options, 'output') ?? 'short'
  if (!(OUTPUTS as readonly string[]).includes(output))
    return yield* complain(p, `Unknown output format '${output}'.\n`)
  // What is looked for in the lines themselves is counted after the search.
  const searches = options.rest.length > 0 || has(options, 'grep')
  const { last, ...unlimited } = query
  return yield* print(
    p,
    options,
    searches ? unlimited : query,
    output as JournalOutput,
    facts,
    searches ? last : undefined,
  )
}

function* noWork(_p: Proc): Run<number> {
  return 0
}

function* privileged(p: Proc, work: () => Run<number>): Run<number> {
  if (p.user !== 'root') return yield* complain(p, 'Failed to send: Interactive authentication required.\n')
  return yield* work()
}

/** Archived journals go; the active one stays, and all lines of this simulator are in it but those of time limits. */
function* vacuum(p: Proc, options: Options): Run<number> {
  const before = valueOf(options, 'vacuum-time')
  const span = before === undefined ? undefined : spanOf(before)
  if (before !== undefined && span === undefined) return yield* complain(p, `Failed to parse time value: ${before}\n`)
  const now = yield* p.now()
  const freed = Number(yield* p.ask('journal.vacuum', { beforeMs: span === undefined ? 0 : now - span }))
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  yield* p.err(
    `Vacuuming done, freed ${systemdBytes(freed)} of archived journals from /var/log/journal/${facts.machineId}.\nVacuuming done, freed 0B of archived journals from /run/log/journal.\nVacuuming done, freed 0B of archived journals from /var/log/journal.\n`,
  )
  return 0
}

/** Field matches: of one field any, of several all; `+` begins an alternative. */
function matchesOf(words: readonly string[]): (fields: Record<string, string>) => boolean {
  const groups: Map<string, string[]>[] = [new Map()]
  for (const word of words) {
    if (word === '+') {
      groups.push(new Map())
      continue
    }
    const [name, text] = word.startsWith('/')
      ? ['_COMM', word.split('/').at(-1) ?? '']
      : [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]
    const group = groups.at(-1) as Map<string, string[]>
    group.set(name, [...(group.get(name) ?? []), text])
  }
  return (fields) => groups.some((group) => [...group].every(([name, texts]) => texts.includes(fields[name] ?? '')))
}

function* complain(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

/** `-b` and `-n` may stand without a value; `-b -1` means the boot before. */
function withoutOptional(argv: readonly string[]): { words: string[]; boot?: number } {
  const words: string[] = []
  let boot: number | undefined
  const isOffset = (word: string | undefined): boolean => word !== undefined && /^[-+]?\d+$/.test(word)
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string
    if (word === '-b' || word === '--boot') boot = isOffset(argv[i + 1]) ? Number(argv[++i]) : 0
    else if (/^(-b|--boot=)[-+]?\d+$/.test(word)) boot = Number(word.replace(/^(-b|--boot=)/, ''))
    else if ((word === '-n' || word === '--lines') && !/^(\d+|all)$/.test(argv[i + 1] ?? '')) words.push('--lines=10')
    else words.push(word)
  }
  return boot === undefined ? { words } : { words, boot }
}

function* queryOf(
  p: Proc,
  options: Options,
  facts: HostFactsAnswer,
  boot: number | undefined,
): Run<JournalQuery | string> {
  const query: JournalQuery = {}
  const now = yield* p.now()
  const units = options.values.get('unit')
  if (units !== undefined) query.units = yield* unitNames(p, units)
  if (has(options, 'identifier')) query.identifiers = options.values.get('identifier') ?? []
  const priority = valueOf(options, 'priority')
  if (priority !== undefined) {
    const levels = priority
      .split('..')
      .map((word) => (/^[0-7]$/.test(word) ? Number(word) : PRIORITIES.indexOf(LEVELS[word] ?? word)))
    if (levels.includes(-1)) return `Unknown log level ${priority}\n`
    query.priority = Math.max(...levels)
    if (levels.length > 1) query.priorityFrom = Math.min(...levels)
  }
  for (const [name, key] of [
    ['since', 'sinceMs'],
    ['until', 'untilMs'],
  ] as const) {
    const text = valueOf(options, name)
    if (text === undefined) continue
    const at = parseTimestamp(text, now)
    if (at === undefined) return `Failed to parse timestamp: ${text}\n`
    query[key] = at
  }
  if (has(options, 'dmesg')) query.kernel = true
  if (boot !== undefined || has(options, 'dmesg')) {
    const index = boot === undefined || boot <= 0 ? facts.boots.length - 1 + (boot ?? 0) : boot - 1
    const wanted = facts.boots[index]
    if (wanted === undefined)
      return `Data from the specified boot (${boot ?? 0}) is not available: No such boot ID in journal\n`
    query.bootId = wanted.id
  }
  const lines =
    valueOf(options, 'lines') ??
    (has(options, 'follow') && !has(options, 'no-tail') ? '10' : has(options, 'pager-end') ? '1000' : undefined)
  if (lines !== undefined && lines !== 'all') query.last = Number(lines)
  return query
}

/** Names with `*`, `?` or `[` stand for the units that fit. */
function* unitNames(p: Proc, units: readonly string[]): Run<string[]> {
  const names: string[] = []
  for (const unit of units) {
    if (!/[*?[]/.test(unit))
      names.push(/\.(service|target|timer|socket|mount|scope)$/.test(unit) ? unit : `${unit}.service`)
    else {
      const shape = globPattern(unit)
      const all = (yield* p.ask('unit.list')) as { name: string }[]
      names.push(...all.filter(({ name }) => shape.test(name)).map(({ name }) => name))
    }
  }
  return names
}

const SPAN_MS: Record<string, number> = {
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  week: 604_800_000,
  w: 604_800_000,
  weeks: 604_800_000,
  month: 2_629_800_000,
  months: 2_629_800_000,
  y: 31_557_600_000,
  year: 31_557_600_000,
  years: 31_557_600_000,
}

/** `5 min ago`, `-1h`, `yesterday`, `today`, `now`, `2026-11-21 01:00`, `01:00`; undefined: not a time. */
export function parseTimestamp(text: string, nowMs: number): number | undefined {
  const midnight = nowMs - (nowMs % 86_400_000)
  const named: Record<string, number> = {
    now: nowMs,
    today: midnight,
    yesterday: midnight - 86_400_000,
    tomorrow: midnight + 86_400_000,
  }
  if (text in named) return named[text]
  if (/^@\d+(\.\d+)?$/.test(text)) return Number(text.slice(1)) * 1000
  const ahead = /^\+\s*(.+)$/.exec(text)
  if (ahead !== null) {
    const span = spanOf(ahead[1] ?? '')
    return span === undefined ? undefined : nowMs + span
  }
  const relative = /^(?:-\s*(.+)|(.+?)\s+ago)$/.exec(text)
  if (relative !== null) {
    const span = spanOf(relative[1] ?? relative[2] ?? '')
    return span === undefined ? undefined : nowMs - span
  }
  const full = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?(?:\.\d+)?(?: ?UTC|Z|\+00:?00)?$/.exec(
    text.replace(/^[A-Z][a-z]{2} (?=\d)/, ''),
  )
  if (full !== null) return Date.parse(`${full[1]}T00:00:00Z`) + clockMs(full[2], full[3], full[4])
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text)
  return clock === null ? undefined : midnight + clockMs(clock[1], clock[2], clock[3])
}

function clockMs(hours = '0', minutes = '0', seconds = '0'): number {
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}

function spanOf(text: string): number | undefined {
  let sum = 0
  if (!/^(\s*\d+\s*[a-z]+\s*)+$/.test(text)) return undefined
  for (const [, count, unit] of text.matchAll(/(\d+)\s*([a-z]+)/g)) {
    const span = SPAN_MS[unit ?? '']
    if (span === undefined) return undefined
    sum += Number(count) * span
  }
  return sum
}

function* print(
  p: Proc,
  options: Options,
  query: JournalQuery,
  output: JournalOutput,
  facts: HostFactsAnswer,
  last: number | undefined,
): Run<number> {
  const first = (yield* p.ask('journal.read', { query })) as JournalAnswer
  if ('error' in first) return yield* noJournal(p, first.error)
  if (has(options, 'disk-usage')) {
    yield* p.out(
      `Archived and active journals take up ${systemdBytes(Math.max(8 * 1024 ** 2, first.sizeBytes))} in the file system.\n`,
    )
    return 0
  }
  const grep = valueOf(options, 'grep')
  const pattern = grep === undefined ? undefined : patternOf(grep, grep === grep.toLowerCase() ? 'i' : '')
  if (grep !== undefined && pattern === undefined) {
    yield* p.err(`Bad pattern ${JSON.stringify(grep)}: invalid regular expression\n`)
    return 1
  }
  const matches = matchesOf(options.rest)
  const fits = (line: JournalLine): boolean =>
    (pattern === undefined || pattern.test(line.text)) &&
    (options.rest.length === 0 || matches(fieldsOf(line, first.hostName)))
  const found = first.lines.filter(fits)
  const lines = last === undefined ? found : found.slice(Math.max(0, found.length - last))
  const field = valueOf(options, 'field')
  if (field !== undefined || has(options, 'fields')) {
    const all = first.lines.map((line) => fieldsOf(line, first.hostName))
    const shown = field === undefined ? all.flatMap((one) => Object.keys(one)) : all.flatMap((one) => one[field] ?? [])
    yield* p.out([...new Set(shown)].map((one) => `${one}\n`).join(''))
    return 0
  }
  if (lines.length === 0 && !has(options, 'follow')) {
    if (!has(options, 'quiet')) yield* p.out('-- No entries --\n')
    return 0
  }
  const wanted = valueOf(options, 'output-fields')?.split(',')
  const look: Look = {
    host: first.hostName,
    output,
    catalog: has(options, 'catalog'),
    hostname: !has(options, 'no-hostname'),
    bootedAtMs: facts.bootedAtClockMs,
    ...(wanted !== undefined && { fields: wanted }),
  }
  yield* p.out(makeLines(has(options, 'reverse') ? [...lines].reverse() : lines, look))
  if (has(options, 'follow')) yield* follow(p, query, first.lastSeq, (news) => makeLines(news.filter(fits), look))
  return 0
}

function* noJournal(p: Proc, error: 'no-journal' | 'denied'): Run<number> {
  if (error === 'no-journal') yield* p.err('No journal files were found.\n')
  else
    yield* p.err(
      "Hint: You are currently not seeing messages from other users and the system.\n      Users in groups 'adm', 'systemd-journal' can see all messages.\n      Pass -q to turn off this notice.\nNo journal files were opened due to insufficient permissions.\n",
    )
  if (error === 'no-journal') yield* p.out('-- No entries --\n')
  return error === 'denied' ? 1 : 0
}

/** How lines are shown. */
interface Look {
  host: string
  output: JournalOutput
  catalog: boolean
  hostname: boolean
  bootedAtMs: number
  fields?: readonly string[]
}

function makeLines(lines: readonly JournalLine[], look: Look): string {
  const { host, output, catalog } = look
  let boot: string | undefined
  let text = ''
  for (const line of lines) {
    if (boot !== undefined && boot !== line.bootId && /^(short|with)/.test(output))
      text += `-- Boot ${line.bootId} --\n`
    boot = line.bootId
    text += `${journalLine(line, host, output, look)}\n`
    if (catalog && line.catalog !== undefined && output.startsWith('short'))
      text += catalogBlock(line.catalog, line.unit)
  }
  return text
}

function* follow(p: Proc, query: JournalQuery, fromSeq: number, make: (lines: JournalLine[]) => string): Run<void> {
  const { last: _last, ...rest } = query
  let seen = fromSeq
  while (yield* p.sleep(FOLLOW_MS)) {
    const answer = (yield* p.ask('journal.read', { query: { ...rest, afterSeq: seen } })) as JournalAnswer
    if ('error' in answer) return
    seen = answer.lastSeq
    const text = make(answer.lines)
    if (text !== '') yield* p.out(text)
  }
}

function* listBoots(p: Proc, facts: HostFactsAnswer): Run<number> {
  yield* p.out('IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n')
  const now = yield* p.now()
  for (const [index, { id, atMs, lastMs }] of facts.boots.entries()) {
    yield* p.out(
      `${String(index - facts.boots.length + 1).padStart(3)} ${id} ${systemdTime(atMs)} ${systemdTime(lastMs ?? now)}\n`,
    )
  }
  return 0
}

export const journalPrograms = { journalctl }
