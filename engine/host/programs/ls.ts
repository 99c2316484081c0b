/** Models ls of coreutils, without colours. Not modelled: -C columns by terminal width (names stand two blanks apart), SELinux, --time-style. */
import type { FileStat, Proc, Program, Run } from '../process.ts'
import { idsOf } from './identity.ts'
import { has, parseOptions } from './options.ts'
import type { Options } from './options.ts'
import { MONTHS, columns, errnoText, humanSize, two } from './text.ts'

const SPEC = {
  flags: [
    'l',
    'a',
    'A',
    'h',
    'R',
    '1',
    't',
    'r',
    'S',
    'd',
    'i',
    'n',
    'g',
    'o',
    'F',
    'C',
    'x',
    'p',
    'all',
    'almost-all',
    'human-readable',
    'recursive',
    'reverse',
    'directory',
    'classify',
  ],
  withValue: ['color', 'sort', 'time-style'],
  alias: {
    all: 'a',
    'almost-all': 'A',
    'human-readable': 'h',
    recursive: 'R',
    reverse: 'r',
    directory: 'd',
    classify: 'F',
  },
}

interface Entry {
  name: string
  stat: FileStat
}

const SIX_MONTHS_MS = 15_778_476_000

export const ls: Program = function* (argv, p) {
  const options = parseOptions(
    argv.map((word) => (word === '--color' ? '--color=auto' : word)),
    SPEC,
  )
  if (options.unknown !== undefined) {
    const long = options.unknown.startsWith('--')
    yield* p.err(
      `ls: ${long ? 'unrecognized option' : 'invalid option --'} '${long ? options.unknown : options.unknown.slice(1)}'\nTry 'ls --help' for more information.\n`,
    )
    return 2
  }
  const paths = options.rest.length === 0 ? ['.'] : [...options.rest].sort(byName)
  const files: Entry[] = []
  const directories: string[] = []
  let code = 0
  for (const path of paths) {
    const stat = yield* p.stat(path, { followLinks: !has(options, 'l') })
    const seen = 'error' in stat ? yield* p.stat(path, { followLinks: false }) : stat
    if ('error' in seen) {
      yield* p.err(`ls: cannot ${seen.error === 'EACCES' ? 'access' : 'access'} '${path}': ${errnoText(seen)}\n`)
      code = 2
    } else if (seen.kind === 'directory' && !has(options, 'd')) directories.push(path)
    else files.push({ name: path, stat: seen })
  }
  if (files.length > 0) yield* print(p, options, sorted(files, options), false)
  for (const [index, path] of directories.entries()) {
    const titled = paths.length > 1 || has(options, 'R')
    code = Math.max(code, yield* listDirectory(p, options, path, titled, index > 0 || files.length > 0))
  }
  return code
}

function* listDirectory(p: Proc, options: Options, path: string, titled: boolean, gap: boolean): Run<number> {
  const listed = yield* p.list(path)
  if ('error' in listed) {
    yield* p.err(`ls: cannot open directory '${path}': ${errnoText(listed)}\n`)
    return 2
  }
  const entries: Entry[] = []
  const dots = has(options, 'a') ? ['.', '..'] : []
  const hidden = has(options, 'a') || has(options, 'A')
  for (const name of [...dots, ...listed.names.filter((each) => hidden || !each.startsWith('.'))]) {
    const stat = yield* p.stat(under(path, name), { followLinks: false })
    if (!('error' in stat)) entries.push({ name, stat })
  }
  if (titled) yield* p.out(`${gap ? '\n' : ''}${path}:\n`)
  const inOrder = sorted(entries, options)
  yield* print(p, options, inOrder, true, path)
  if (!has(options, 'R')) return 0
  for (const { name, stat } of inOrder)
    if (stat.kind === 'directory' && name !== '.' && name !== '..')
      yield* listDirectory(p, options, under(path, name), true, true)
  return 0
}

function under(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`
}

/** The order of C.UTF-8, which the hosts speak. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sorted(entries: readonly Entry[], options: Options): Entry[] {
  const order = [...entries].sort((a, b) => {
    if (has(options, 't')) return b.stat.mtimeMs - a.stat.mtimeMs || byName(a.name, b.name)
    if (has(options, 'S')) return b.stat.size - a.stat.size || byName(a.name, b.name)
    return byName(a.name, b.name)
  })
  return has(options, 'r') ? order.reverse() : order
}

function* print(p: Proc, options: Options, entries: readonly Entry[], inDirectory: boolean, path = '.'): Run<void> {
  if (has(options, 'l') || has(options, 'n') || has(options, 'g') || has(options, 'o'))
    return yield* printLong(p, options, entries, inDirectory, path)
  if (entries.length === 0) return
  const names = entries.map((entry) => entry.name + mark(entry, options))
  const perLine = has(options, '1') || !(yield* p.isTty(1))
  yield* p.out(perLine ? names.map((name) => `${name}\n`).join('') : inColumns(names, (yield* p.windowSize()).columns))
}

/** Names down the columns, as wide as the terminal. Models print_many_per_line. */
function inColumns(names: readonly string[], width: number): string {
  for (let rows = 1; rows <= names.length; rows++) {
    const count = Math.ceil(names.length / rows)
    const widths = Array.from(
      { length: count },
      (_, column) => Math.max(...names.slice(column * rows, (column + 1) * rows).map(({ length }) => length)) + 2,
    )
    if (rows < names.length && widths.reduce((sum, each) => sum + each, 0) - 2 > width - 1) continue
    const lines = Array.from({ length: rows }, (_, row) =>
      widths
        .map((each, column) => (names[column * rows + row] ?? '').padEnd(each))
        .join('')
        .trimEnd(),
    )
    return `${lines.join('\n')}\n`
  }
  return ''
}

function mark({ stat }: Entry, options: Options): string {
  if (!has(options, 'F') && !(has(options, 'p') && stat.kind === 'directory')) return ''
  if (stat.kind === 'directory') return '/'
  if (stat.kind === 'symlink') return '@'
  return (stat.mode & 0o111) !== 0 ? '*' : ''
}

function* printLong(
  p: Proc,
  options: Options,
  entries: readonly Entry[],
  inDirectory: boolean,
  path: string,
): Run<void> {
  const now = yield* p.now()
  const numeric = has(options, 'n')
  const asIs = (name: string): string => name
  const ownerText = numeric ? yield* idsOf(p, '/etc/passwd') : asIs
  const groupText = numeric ? yield* idsOf(p, '/etc/group') : asIs
  const rows: string[][] = []
  let blocks = 0
  for (const { name, stat } of entries) {
    blocks += stat.kind === 'symlink' ? 0 : Math.ceil(stat.size / 4096) * 4
    const links = stat.kind === 'directory' ? yield* linksOf(p, under(path, name)) : 1
    const size = has(options, 'h') ? humanSize(stat.size) : String(stat.size)
    rows.push([
      modeText(stat),
      String(links),
      ...(has(options, 'g') ? [] : [ownerText(stat.owner)]),
      ...(has(options, 'o') ? [] : [groupText(stat.group)]),
      size,
      lsTime(stat.mtimeMs, now),
      name + (stat.target === undefined ? mark({ name, stat }, options) : ` -> ${stat.target}`),
    ])
  }
  if (inDirectory)
    yield* p.out(`total ${has(options, 'h') ? (blocks === 0 ? '0' : humanSize(blocks * 1024)) : blocks}\n`)
  const width = rows[0]?.length ?? 0
  yield* p.out(
    columns(rows, { gap: 1, right: [1, width - 3] })
      .map((line) => `${line}\n`)
      .join(''),
  )
}

/** A directory's links: itself, its `.`, and the `..` of each directory in it. */
function* linksOf(p: Proc, path: string): Run<number> {
  const listed = yield* p.list(path)
  if ('error' in listed) return 2
  let links = 2
  for (const name of listed.names) {
    const stat = yield* p.stat(under(path, name), { followLinks: false })
    if (!('error' in stat) && stat.kind === 'directory') links++
  }
  return links
}

/** `drwxr-xr-x`. */
export function modeText({ kind, mode }: Pick<FileStat, 'kind' | 'mode'>): string {
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 4, 2, 1].map((bit, index) =>
    (mode & bit) === 0 ? '-' : 'rwx'.charAt(index % 3),
  )
  if ((mode & 0o1000) !== 0) bits[8] = bits[8] === 'x' ? 't' : 'T'
  if ((mode & 0o4000) !== 0) bits[2] = bits[2] === 'x' ? 's' : 'S'
  return (kind === 'directory' ? 'd' : kind === 'symlink' ? 'l' : '-') + bits.join('')
}

/** `Nov 21 01:34`, or with the year when it is over six months away. */
function lsTime(ms: number, nowMs: number): string {
  const date = new Date(ms)
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`
  const recent = ms <= nowMs && nowMs - ms < SIX_MONTHS_MS
  return recent ? `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}` : `${day}  ${date.getUTCFullYear()}`
}
