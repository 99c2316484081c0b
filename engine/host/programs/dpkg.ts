/** dpkg, dpkg-query, dpkg-deb (Q3). Models dpkg 1.22. Not modelled: diversions, triggers, --force-* options beyond --force-all. */
import { parseDeb, makeDeb } from '../packages/deb.ts'
import type { Deb } from '../packages/deb.ts'
import {
  configure,
  configurePending,
  finish,
  listText,
  removePackage,
  startDpkg,
  unpack,
} from '../packages/dpkg-run.ts'
import { makeStanza } from '../packages/control.ts'
import { INFO, isThere } from '../packages/status.ts'
import type { Installed } from '../packages/status.ts'
import { readInstalled, readText, releaseLock, takeLock, writeInstalled } from '../packages/system.ts'
import { makeRelation, parseRelations, satisfies, compareDebVersions } from '../packages/versions.ts'
import type { Proc, Program, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { globPattern } from './patterns.ts'

const SPEC = {
  flags: [
    'l',
    'list',
    's',
    'status',
    'L',
    'listfiles',
    'S',
    'search',
    'i',
    'install',
    'r',
    'remove',
    'P',
    'purge',
    'I',
    'info',
    'c',
    'contents',
    'W',
    'show',
    'p',
    'print-avail',
    'C',
    'audit',
    'configure',
    'unpack',
    'a',
    'pending',
    'f',
    'field',
    'x',
    'extract',
    'R',
    'G',
    'E',
    'get-selections',
    'set-selections',
    'print-architecture',
    'print-foreign-architectures',
    'compare-versions',
    'version',
    'help',
    'no-pager',
    'force-all',
    'force-depends',
    'force-confnew',
    'force-confold',
    'force-confdef',
    'force-downgrade',
  ],
  withValue: ['showformat', 'admindir'],
  alias: {
    list: 'l',
    status: 's',
    listfiles: 'L',
    search: 'S',
    install: 'i',
    remove: 'r',
    purge: 'P',
    info: 'I',
    contents: 'c',
    show: 'W',
    audit: 'C',
    field: 'f',
    extract: 'x',
    pending: 'a',
    'print-avail': 'p',
  },
}

type Action = (p: Proc, words: string[], options: Options) => Run<number>

const ACTIONS: Record<string, Action> = {
  l: list,
  s: status,
  L: listFiles,
  S: searchFiles,
  W: show,
  p: (p, words) => printAvail(p, words),
  i: (p, words, options) => install(p, words, options),
  r: (p, words) => removeAll(p, words, false),
  P: (p, words) => removeAll(p, words, true),
  configure: (p, words, options) => configureAll(p, words, options),
  I: info,
  f: field,
  c: contents,
  C: () => zero(),
  'get-selections': selections,
  'set-selections': (p) => setSelections(p),
  'print-architecture': (p) => say(p, 'amd64\n'),
  'print-foreign-architectures': () => zero(),
  'compare-versions': compare,
  version: (p) => say(p, "Debian 'dpkg' package management program version 1.22.6 (amd64).\n"),
}
const UNMODELLED = ['unpack', 'x', 'R', 'G', 'E']

// eslint-disable-next-line require-yield
function* zero(): Run<number> {
  return 0
}

function* say(p: Proc, text: string): Run<number> {
  yield* p.out(text)
  return 0
}

function dpkgProgram(name: string): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, SPEC)
    if (options.unknown !== undefined) {
      yield* p.err(`${name}: error: unknown option ${options.unknown}\n\nType dpkg --help for help about installing and deinstalling packages [*];\n`) // prettier-ignore
      return 2
    }
    const asked = [...options.values.keys()].find((key) => ACTIONS[key] !== undefined || UNMODELLED.includes(key))
    if (asked === undefined) {
      yield* p.err(`${name}: error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];\n`) // prettier-ignore
      return 2
    }
    const action = ACTIONS[asked]
    if (action === undefined) {
      yield* p.err(`not simulated: ${name} ${asked.length === 1 ? '-' : '--'}${asked}\n`)
      return 2
    }
    return yield* action(p, options.rest, options)
  }
}

// Queries.

const WANT: Record<Installed['want'], string> = { install: 'i', hold: 'h', deinstall: 'r', purge: 'p', unknown: 'u' }
const STATE: Record<Installed['state'], string> = {
  installed: 'i',
  'config-files': 'c',
  unpacked: 'U',
  'half-installed': 'H',
  'half-configured': 'F',
  'not-installed': 'n',
}

function matching(rows: Iterable<Installed>, words: string[]): { rows: Installed[]; missing: string[] } {
  const all = [...rows].filter(({ state }) => state !== 'not-installed').sort((a, b) => (a.name < b.name ? -1 : 1))
  if (words.length === 0) return { rows: all, missing: [] }
  const patterns = words.map((word) => [word, globPattern(word)] as const)
  return {
    rows: all.filter(({ name }) => patterns.some(([, pattern]) => pattern.test(name))),
    missing: patterns.filter(([, pattern]) => !all.some(({ name }) => pattern.test(name))).map(([word]) => word),
  }
}

const NAME_WIDTH = 14

function* list(p: Proc, words: string[]): Run<number> {
  const { rows, missing } = matching((yield* readInstalled(p)).values(), words)
  if (rows.length > 0) yield* p.out(table(rows, (yield* p.isTty(1)) ? (yield* p.windowSize()).columns : 0))
  for (const word of missing) yield* p.err(`dpkg-query: no packages found matching ${word}\n`)
  return missing.length > 0 ? 1 : 0
}

/** Columns as wide as their longest cell; on a terminal the description is cut. */
function table(rows: readonly Installed[], columns: number): string {
  const widest = (cells: string[], least: number): number => Math.max(least, ...cells.map((cell) => cell.length))
  const name = widest(
    rows.map((row) => row.name),
    NAME_WIDTH,
  )
  const version = widest(
    rows.map((row) => row.version),
    12,
  )
  const descriptions = rows.map(({ control }) => control.Description ?? '')
  const room = columns > 0 ? Math.max(11, columns - (4 + name + 1 + version + 1 + 12 + 1)) : widest(descriptions, 11)
  const line = (state: string, cells: string[]): string =>
    `${state}${cells[0]?.padEnd(name)} ${cells[1]?.padEnd(version)} ${cells[2]?.padEnd(12)} ${(cells[3] ?? '').slice(0, room)}\n`
  return [
    'Desired=Unknown/Install/Remove/Purge/Hold\n',
    '| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n',
    '|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n',
    line('||/ ', ['Name', 'Version', 'Architecture', 'Description']).replace(/ +\n$/, '\n'),
    `+++-${'='.repeat(name)}-${'='.repeat(version)}-${'='.repeat(12)}-${'='.repeat(room)}\n`,
    ...rows.map(
      (row, index) =>
      line(`${WANT[row.want]}${STATE[row.state]}  `, [row.name, row.version, row.control.Architecture ?? '', descriptions[index] ?? '']), // prettier-ignore
    ),
  ].join('')
}

const NOT_INSTALLED = 'Use dpkg --info (= dpkg-deb --info) to examine archive files.\n'

function* status(p: Proc, words: string[]): Run<number> {
  const installed = yield* readInstalled(p)
  let code = 0
  for (const [index, name] of words.entries()) {
    const row = installed.get(name)
    if (row === undefined) {
      yield* p.err(`dpkg-query: package '${name}' is not installed and no information is available\n${NOT_INSTALLED}`)
      code = 1
      continue
    }
    const { Package: _name, ...rest } = row.control
    yield* p.out(
      `${index > 0 ? '\n' : ''}${makeStanza({ Package: name, Status: `${row.want} ok ${row.state}`, ...rest })}`,
    )
  }
  return code
}

function* printAvail(p: Proc, words: string[]): Run<number> {
  return yield* status(p, words)
}

function* listFiles(p: Proc, words: string[]): Run<number> {
  const installed = yield* readInstalled(p)
  let code = 0
  for (const name of words) {
    if (!installed.has(name)) {
      yield* p.err(`dpkg-query: package '${name}' is not installed\n${NOT_INSTALLED}`)
      code = 1
    } else yield* p.out((yield* readText(p, `${INFO}/${name}.list`)) ?? '/.\n')
  }
  return code
}

function* searchFiles(p: Proc, words: string[]): Run<number> {
  const installed = yield* readInstalled(p)
  let code = 0
  for (const word of words) {
    const pattern = globPattern(word.startsWith('/') ? word : `*${word}*`)
    const hits: string[] = []
    for (const name of [...installed.keys()].sort())
      for (const path of ((yield* readText(p, `${INFO}/${name}.list`)) ?? '').split('\n'))
        if (path !== '' && path !== '/.' && pattern.test(path)) hits.push(`${name}: ${path}\n`)
    if (hits.length === 0) {
      yield* p.err(`dpkg-query: no path found matching pattern ${word}\n`)
      code = 1
    } else yield* p.out(hits.join(''))
  }
  return code
}

/** `dpkg-query -W -f='${Package} ${Version}\n'`. */
function* show(p: Proc, words: string[], options: Options): Run<number> {
  const format = valueOf(options, 'showformat') ?? '${Package}\t${Version}\n'
  const { rows, missing } = matching((yield* readInstalled(p)).values(), words)
  for (const row of rows) yield* p.out(fill(format, row))
  for (const word of missing) yield* p.err(`dpkg-query: no packages found matching ${word}\n`)
  return missing.length > 0 ? 1 : 0
}

function fill(format: string, row: Installed): string {
  const fields: Record<string, string> = {
    ...row.control,
    Status: `${row.want} ok ${row.state}`,
    'db:Status-Abbrev': `${WANT[row.want]}${STATE[row.state]} `,
    'binary:Package': row.name,
    'binary:Summary': row.control.Description ?? '',
  }
  return format
    .replace(/\$\{([^};]+)(?:;(-?\d+))?\}/g, (_whole, name: string, width?: string) => {
      const text = fields[name] ?? ''
      if (width === undefined) return text
      return Number(width) < 0 ? text.padEnd(-Number(width)) : text.padStart(Number(width))
    })
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
}

function* selections(p: Proc, words: string[]): Run<number> {
  const { rows } = matching((yield* readInstalled(p)).values(), words)
  for (const { name, want } of rows) {
    const tabs = Math.max(1, 6 - Math.floor(name.length / 8))
    yield* p.out(`${name}${'\t'.repeat(tabs)}${want}\n`)
  }
  return 0
}

function* setSelections(p: Proc): Run<number> {
  if (p.user !== 'root') return yield* notRoot(p)
  const installed = yield* readInstalled(p)
  for (const line of (yield* p.readAll()).split('\n')) {
    const [name = '', want = ''] = line.trim().split(/\s+/)
    const row = installed.get(name)
    if (row !== undefined && want in WANT) installed.set(name, { ...row, want: want as Installed['want'] })
  }
  yield* writeInstalled(p, installed)
  return 0
}

const OPERATORS: Record<string, (order: number) => boolean> = {
  lt: (n) => n < 0,
  le: (n) => n <= 0,
  eq: (n) => n === 0,
  ne: (n) => n !== 0,
  ge: (n) => n >= 0,
  gt: (n) => n > 0,
  '<<': (n) => n < 0,
  '<=': (n) => n <= 0,
  '=': (n) => n === 0,
  '>=': (n) => n >= 0,
  '>>': (n) => n > 0,
}

// eslint-disable-next-line require-yield
function* compare(_p: Proc, [a = '', operator = '', b = '']: string[]): Run<number> {
  return OPERATORS[operator]?.(compareDebVersions(a, b)) === true ? 0 : 1
}

// Archives.

function* open(p: Proc, path: string): Run<Deb | undefined> {
  const file = yield* p.readFile(path)
  if ('error' in file) {
    const why = file.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'
    yield* p.err(`dpkg: error: cannot access archive '${path}': ${why}\n`)
    return undefined
  }
  const deb = parseDeb(file.text)
  if (deb === undefined) yield* p.err(`dpkg-deb: error: '${path}' is not a Debian format archive\n`)
  return deb
}

function* info(p: Proc, words: string[]): Run<number> {
  const deb = yield* open(p, words[0] ?? '')
  if (deb === undefined) return 2
  const size = makeDeb(deb).length
  const control = makeStanza(deb.control)
  yield* p.out(` new Debian package, version 2.0.\n size ${size} bytes: control archive=${control.length} bytes.\n`)
  yield* p.out(control.split('\n').map((line) => (line === '' ? '' : ` ${line}\n`)).join('')) // prettier-ignore
  return 0
}

function* field(p: Proc, [path = '', ...names]: string[]): Run<number> {
  const deb = yield* open(p, path)
  if (deb === undefined) return 2
  const shown = names.length === 0 ? Object.keys(deb.control) : names
  for (const name of shown)
    yield* p.out(names.length === 1 ? `${deb.control[name] ?? ''}\n` : `${name}: ${deb.control[name] ?? ''}\n`)
  return 0
}

function* contents(p: Proc, words: string[]): Run<number> {
  const deb = yield* open(p, words[0] ?? '')
  if (deb === undefined) return 2
  const sizes = new Map(deb.files.map((file) => [file.path, file]))
  for (const path of listText(deb.files).trimEnd().split('\n')) {
    const file = sizes.get(path)
    const mode = file === undefined ? 'drwxr-xr-x' : file.mode === 0o755 ? '-rwxr-xr-x' : '-rw-r--r--'
    const size = String(file?.sizeBytes ?? file?.text.length ?? 0).padStart(9)
    yield* p.out(`${mode} root/root ${size} 2026-01-01 00:00 .${path === '/.' ? '/' : `${path}${file === undefined ? '/' : ''}`}\n`) // prettier-ignore
  }
  return 0
}

// Changes.

const LOCK = '/var/lib/dpkg/lock-frontend'

function* notRoot(p: Proc): Run<number> {
  yield* p.err('dpkg: error: requested operation requires superuser privilege\n')
  return 2
}

/** Runs with dpkg's lock held. */
function* locked(p: Proc, work: () => Run<number>): Run<number> {
  const got = yield* takeLock(p, LOCK, 'dpkg')
  if ('denied' in got) return yield* notRoot(p)
  if ('heldBy' in got) {
    const pid = /\d+/.exec(got.heldBy)?.[0] ?? ''
    yield* p.err(
      `dpkg: error: dpkg frontend lock was locked by another process with pid ${pid}\nNote: removing the lock file is always wrong, can damage the locked area\nand the entire system. See <https://wiki.debian.org/Teams/Dpkg/FAQ#db-lock>.\n`,
    )
    return 2
  }
  const code = yield* work()
  yield* releaseLock(p, LOCK)
  return code
}

function install(p: Proc, words: string[], options: Options): Run<number> {
  return locked(p, function* () {
    const run = startDpkg(p, yield* readInstalled(p))
    const unpacked: { deb: Deb; fresh: boolean }[] = []
    const failed: string[] = []
    for (const path of words) {
      const deb = yield* open(p, path)
      if (deb === undefined) {
        // An archive that is not there ends the whole run; a broken one only its own part.
        if ('error' in (yield* p.stat(path))) {
          yield* writeInstalled(p, run.installed)
          return 2
        }
        yield* p.err(
          `dpkg: error processing archive ${path} (--install):\n dpkg-deb --control subprocess returned error exit status 2\n`,
        )
        failed.push(path)
        continue
      }
      const before = run.installed.get(deb.control.Package ?? '')
      yield* warnDowngrade(p, before, deb)
      yield* unpack(run, deb, path)
      unpacked.push({ deb, fresh: before === undefined || !isThere(before) })
    }
    for (const { deb, fresh } of unpacked) {
      const problem = has(options, 'force-all') || has(options, 'force-depends') ? [] : missing(run.installed, deb)
      const name = deb.control.Package ?? ''
      if (problem.length === 0) yield* configure(run, deb, fresh)
      else {
        yield* p.err(dependencyProblem(name, problem))
        failed.push(name)
      }
    }
    yield* writeInstalled(p, run.installed)
    yield* finish(run)
    return yield* processed(p, failed)
  })
}

function* warnDowngrade(p: Proc, before: Installed | undefined, { control }: Deb): Run<void> {
  const { Package: name = '', Version: version = '' } = control
  if (before !== undefined && isThere(before) && compareDebVersions(version, before.version) < 0)
    yield* p.err(`dpkg: warning: downgrading ${name} from ${before.version} to ${version}\n`)
}

function* processed(p: Proc, failed: readonly string[]): Run<number> {
  if (failed.length === 0) return 0
  yield* p.err(`Errors were encountered while processing:\n${failed.map((name) => ` ${name}\n`).join('')}`)
  return 1
}

/** Lines about dependencies that nothing installed meets. */
function missing(installed: ReadonlyMap<string, Installed>, { control }: Deb): string[] {
  const name = control.Package ?? ''
  return parseRelations(control.Depends)
    .filter((alternatives) => !alternatives.some((one) => isMet(installed, one)))
    .map((alternatives) => {
      const [first] = alternatives
      const row = installed.get(first?.name ?? '')
      const text = alternatives.map(makeRelation).join(' | ')
      const why =
        row !== undefined && isThere(row)
          ? `Version of ${row.name} on system is ${row.version}`
          : `Package ${first?.name ?? ''} is not installed`
      return ` ${name} depends on ${text}; however:\n  ${why}.\n`
    })
}

function isMet(installed: ReadonlyMap<string, Installed>, relation: ReturnType<typeof parseRelations>[0][0]): boolean {
  const row = installed.get(relation.name)
  return row !== undefined && isThere(row) && satisfies(relation, row.version)
}

function dependencyProblem(name: string, lines: readonly string[]): string {
  return `dpkg: dependency problems prevent configuration of ${name}:\n${lines.join('')}\ndpkg: error processing package ${name} (--install):\n dependency problems - leaving unconfigured\n`
}

function removeAll(p: Proc, words: string[], purge: boolean): Run<number> {
  return locked(p, function* () {
    const run = startDpkg(p, yield* readInstalled(p))
    const failed: string[] = []
    for (const name of words) {
      const row = run.installed.get(name)
      if (row === undefined || (!isThere(row) && !purge)) {
        yield* p.err(`dpkg: warning: ignoring request to remove ${name} which isn't installed\n`)
        continue
      }
      const needed = neededBy(run.installed, name, words)
      if (needed.length > 0) {
        yield* p.err(removalProblem(name, needed))
        failed.push(name)
      } else yield* removePackage(run, name, purge)
    }
    yield* writeInstalled(p, run.installed)
    return yield* processed(p, failed)
  })
}

function neededBy(installed: ReadonlyMap<string, Installed>, name: string, going: readonly string[]): string[] {
  return [...installed.values()]
    .filter((row) => isThere(row) && !going.includes(row.name))
    .filter(({ control }) =>
      parseRelations(control.Depends).some(
        (alternatives) =>
          alternatives.some((one) => one.name === name) &&
          !alternatives.some((one) => one.name !== name && isMet(installed, one)),
      ),
    )
    .map((row) => row.name)
}

function removalProblem(name: string, needed: readonly string[]): string {
  const lines = needed.map((other) => ` ${other} depends on ${name}.\n`).join('')
  return `dpkg: dependency problems prevent removal of ${name}:\n${lines}\ndpkg: error processing package ${name} (--remove):\n dependency problems - not removing\n`
}

/** `dpkg --configure -a`: what was left unpacked. */
function configureAll(p: Proc, words: string[], options: Options): Run<number> {
  return locked(p, function* () {
    const run = startDpkg(p, yield* readInstalled(p))
    const failed = yield* configurePending(
      run,
      (name) => has(options, 'a') || words.includes(name),
      (deb) => missing(run.installed, deb),
    )
    for (const [name, problem] of failed)
      yield* p.err(dependencyProblem(name, problem).replace('--install', '--configure'))
    yield* writeInstalled(p, run.installed)
    return yield* processed(p, [...failed.keys()])
  })
}

/** `dpkg-query -f` takes a format. */
const dpkgQuery: Program = function* (argv, p) {
  const words = argv.flatMap((word, index) => {
    if (word === '-f') return [`--showformat=${argv[index + 1] ?? ''}`]
    if (argv[index - 1] === '-f') return []
    return [word.startsWith('-f') ? `--showformat=${word.slice(2).replace(/^=/, '')}` : word]
  })
  return yield* dpkgProgram('dpkg-query')(words, p)
}

export const dpkgPrograms: Record<string, Program> = {
  dpkg: dpkgProgram('dpkg'),
  'dpkg-query': dpkgQuery,
  'dpkg-deb': dpkgProgram('dpkg-deb'),
}
