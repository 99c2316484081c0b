/** tar: create, extract, list, with the words of GNU tar 1.35 and of busybox. Not modelled: compression (lent to the text tools' tar, but for what is stored in gzip as it is), append, update, incremental archives. */
import type { FileStat, Proc, Program, Run } from '../process.ts'
import { parseGzip } from '../gzip.ts'
import { makeTar, parseTar } from '../tar.ts'
import type { TarEntry } from '../tar.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { modeText } from './ls.ts'
import { errnoText, two } from './text.ts'
import { globPattern } from './patterns.ts'

const FLAGS = 'c x t v z j J m p P k O h a o'.split(' ')
const LONG: Record<string, string> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  verbose: 'v',
  gzip: 'z',
  'to-stdout': 'O',
  touch: 'm',
  'preserve-permissions': 'p',
  'absolute-names': 'P',
  dereference: 'h',
  file: 'f',
  directory: 'C',
}
const OTHER_FLAGS = ['no-same-permissions', 'no-same-owner', 'same-owner', 'overwrite', 'no-recursion']
const WITH_VALUE = ['f', 'file', 'C', 'directory', 'exclude', 'strip-components', 'T']

type Say = { name: string; isBusybox: boolean }

/** `tar xf -`: the first word may lack its dash; the values of its letters follow it in their order. */
function dashed(argv: string[]): string[] {
  const [name = 'tar', first = '', ...rest] = argv
  if (first === '' || first.startsWith('-')) return argv
  const letters = [...first]
  const values = letters
    .filter((letter) => letter === 'f' || letter === 'C')
    .flatMap((letter) => [`-${letter}`, rest.shift() ?? ''])
  const flags = letters.filter((letter) => letter !== 'f' && letter !== 'C').join('')
  return [name, ...(flags === '' ? [] : [`-${flags}`]), ...values, ...rest]
}

const makeProgram = (isBusybox: boolean, compressed: Program): Program =>
  function* (argv, p) {
    const words = dashed(argv)
    const options = parseOptions(words, {
      flags: [...FLAGS, ...Object.keys(LONG).filter((name) => name !== 'file' && name !== 'directory'), ...OTHER_FLAGS],
      withValue: WITH_VALUE,
      alias: LONG,
    })
    const say: Say = { name: 'tar', isBusybox }
    if (options.unknown !== undefined) return yield* refused(p, say, options.unknown)
    const isPacked = ['z', 'j', 'J', 'a'].some((flag) => has(options, flag)) || isNamedPacked(options)
    if (isPacked && !(yield* isStored(options, p))) return yield* compressed(argv, p)
    const modes = ['c', 'x', 't'].filter((flag) => has(options, flag))
    if (modes.length !== 1) return yield* noMode(p, say, modes.length)
    if (modes[0] === 'c') return yield* create(options, p, say)
    const archive = yield* readArchive(options, p, say)
    if (typeof archive === 'number') return archive
    return modes[0] === 't' ? yield* list(options, p, archive) : yield* extract(options, p, say, archive)
  }

const isNamedPacked = (options: Options): boolean => /\.t?gz$/.test(valueOf(options, 'f') ?? '')

/** Whether what is to be read can be read here: from a pipe it is not looked at before. */
function* isStored(options: Options, p: Proc): Run<boolean> {
  if (has(options, 'c')) return false
  const file = valueOf(options, 'f')
  if (file === undefined || file === '-') return true
  const got = yield* p.readFile(file)
  return !('error' in got) && parseGzip(got.text) !== undefined
}

function* refused(p: Proc, { isBusybox }: Say, word: string): Run<number> {
  const what = word.startsWith('--') ? `unrecognized option '${word}'` : `invalid option -- '${word.slice(1)}'`
  const more = isBusybox ? '' : "Try 'tar --help' or 'tar --usage' for more information.\n"
  yield* p.err(`tar: ${isBusybox ? what.replace("option '", 'option: ').replace(/'$/, '') : what}\n${more}`)
  return isBusybox ? 1 : 64
}

function* noMode(p: Proc, { isBusybox }: Say, count: number): Run<number> {
  if (isBusybox) {
    yield* p.err(
      'BusyBox v1.36.1 multi-call binary.\n\nUsage: tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [-T FILE] [-X FILE] [LONGOPT]... [FILE]...\n',
    )
    return 1
  }
  const what =
    count === 0
      ? "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"
      : "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option"
  yield* p.err(`tar: ${what}\nTry 'tar --help' or 'tar --usage' for more information.\n`)
  return 2
}

const under = (directory: string | undefined, path: string): string =>
  directory === undefined || path.startsWith('/') ? path : `${directory.replace(/\/+$/, '') || '/'}/${path}`

/** Names in an archive have no leading slashes and no way up. */
function memberName(path: string): string {
  const clean = path.replace(/\/+$/, '') || '/'
  return clean.replace(/^(.*\/)?\.\.\//, '').replace(/^\/+/, '') || './'
}

function removedPrefix(path: string, name: string): string {
  const clean = path.replace(/\/+$/, '') || '/'
  return clean.endsWith(name) ? clean.slice(0, clean.length - name.length) : ''
}

function* create(options: Options, p: Proc, say: Say): Run<number> {
  const told = new Set<string>()
  const entries: TarEntry[] = []
  let failed = false
  if (options.rest.length === 0) {
    yield* p.err(
      say.isBusybox
        ? 'tar: empty archive\n'
        : "tar: Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.\n",
    )
    return say.isBusybox ? 1 : 2
  }
  for (const path of options.rest) {
    const name = has(options, 'P') ? path : memberName(path)
    const removed = removedPrefix(path, name)
    const full = under(valueOf(options, 'C'), path)
    const stat = yield* p.stat(full, { followLinks: has(options, 'h') })
    if (!('error' in stat) && removed !== '' && !told.has(removed)) {
      told.add(removed)
      yield* p.err(
        say.isBusybox
          ? `tar: removing leading '${removed}' from member names\n`
          : `tar: Removing leading \`${removed}' from member names\n`,
      )
    }
    if (!(yield* collect(options, p, say, full, name, path, entries))) failed = true
  }
  const archive = makeTar(entries)
  const file = valueOf(options, 'f')
  const verbose = has(options, 'v') ? entries.map((entry) => `${shownName(entry)}\n`).join('') : ''
  if (file === undefined || file === '-') {
    yield* p.err(verbose)
    yield* p.out(archive)
  } else {
    yield* p.out(verbose)
    const written = yield* p.writeFile(file, archive)
    if ('error' in written) {
      yield* p.err(`tar: ${file}: Cannot open: ${errnoText(written)}\ntar: Error is not recoverable: exiting now\n`)
      return 2
    }
  }
  if (!failed) return 0
  yield* p.err(
    say.isBusybox
      ? 'tar: error exit delayed from previous errors\n'
      : 'tar: Exiting with failure status due to previous errors\n',
  )
  return say.isBusybox ? 1 : 2
}

const shownName = ({ name, kind }: TarEntry): string =>
  kind === 'directory' && !name.endsWith('/') ? `${name}/` : name

/** Adds a path and what is under it; false when something could not be read. */
function* collect(
  options: Options,
  p: Proc,
  say: Say,
  path: string,
  name: string,
  typed: string,
  entries: TarEntry[],
): Run<boolean> {
  if (excluded(options, name)) return true
  const stat = yield* p.stat(path, { followLinks: has(options, 'h') })
  if ('error' in stat) {
    yield* p.err(
      say.isBusybox ? `tar: ${typed}: ${errnoText(stat)}\n` : `tar: ${typed}: Cannot stat: ${errnoText(stat)}\n`,
    )
    return false
  }
  if (stat.kind === 'symlink') entries.push(entry(name, stat, '', stat.target))
  else if (stat.kind === 'directory') return yield* collectDirectory(options, p, say, path, name, typed, stat, entries)
  else {
    const got = yield* p.readFile(path)
    if ('error' in got) {
      yield* p.err(
        say.isBusybox
          ? `tar: can't open '${typed}': ${errnoText(got)}\n`
          : `tar: ${typed}: Cannot open: ${errnoText(got)}\n`,
      )
      return false
    }
    entries.push(entry(name, stat, got.text))
  }
  return true
}

function* collectDirectory(
  options: Options,
  p: Proc,
  say: Say,
  path: string,
  name: string,
  typed: string,
  stat: FileStat,
  entries: TarEntry[],
): Run<boolean> {
  entries.push(entry(name, stat, ''))
  const listed = yield* p.list(path)
  if ('error' in listed) {
    yield* p.err(`tar: ${typed}: Cannot open: ${errnoText(listed)}\n`)
    return false
  }
  let fine = true
  const join = (base: string, child: string): string => (base.endsWith('/') ? base + child : `${base}/${child}`)
  for (const child of listed.names)
    fine = (yield* collect(options, p, say, join(path, child), join(name, child), join(typed, child), entries)) && fine
  return fine
}

function excluded(options: Options, name: string): boolean {
  const patterns = options.values.get('exclude') ?? []
  const ends = name.split('/').map((_, index, words) => words.slice(index).join('/'))
  return patterns.some((pattern) => ends.some((end) => globPattern(pattern).test(end)))
}

function entry(name: string, stat: FileStat, text: string, target?: string): TarEntry {
  const { kind, mode, mtimeMs, owner, group } = stat
  return { name, kind, mode, mtimeMs, owner, group, text, ...(target !== undefined && { target }) }
}

function* readArchive(options: Options, p: Proc, { isBusybox }: Say): Run<TarEntry[] | number> {
  const file = valueOf(options, 'f')
  const got = file === undefined || file === '-' ? { text: yield* p.readAll() } : yield* p.readFile(file)
  if ('error' in got) {
    yield* p.err(
      isBusybox
        ? `tar: can't open '${file ?? ''}': ${errnoText(got)}\n`
        : `tar: ${file ?? ''}: Cannot open: ${errnoText(got)}\ntar: Error is not recoverable: exiting now\n`,
    )
    return isBusybox ? 1 : 2
  }
  const entries = parseTar(parseGzip(got.text) ?? got.text)
  if (entries !== undefined && (got.text !== '' || isBusybox)) return entries
  yield* p.err(
    isBusybox
      ? 'tar: invalid tar magic\n'
      : got.text === ''
        ? 'tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n'
        : 'tar: This does not look like a tar archive\ntar: Skipping to next header\ntar: Exiting with failure status due to previous errors\n',
  )
  return isBusybox ? 1 : 2
}

/** The members that the operands name, or all. */
function chosen(options: Options, entries: TarEntry[]): TarEntry[] {
  const wanted = options.rest.map((word) => word.replace(/\/+$/, ''))
  if (wanted.length === 0) return entries
  return entries.filter(({ name }) =>
    wanted.some((word) => name.replace(/\/+$/, '') === word || name.startsWith(`${word}/`)),
  )
}

function* list(options: Options, p: Proc, entries: TarEntry[]): Run<number> {
  for (const one of chosen(options, entries)) {
    const name = shownName(one)
    yield* p.out(
      has(options, 'v')
        ? `${longLine(one)} ${name}${one.target === undefined ? '' : ` -> ${one.target}`}\n`
        : `${name}\n`,
    )
  }
  return 0
}

function longLine({ kind, mode, owner, group, text, mtimeMs }: TarEntry): string {
  const time = new Date(mtimeMs)
  const day = `${time.getUTCFullYear()}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`
  const who = `${owner}/${group}`
  const size = String(new TextEncoder().encode(text).length)
  return `${modeText({ kind, mode })} ${who} ${size.padStart(Math.max(1, 18 - who.length))} ${day} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`
}

function* extract(options: Options, p: Proc, say: Say, entries: TarEntry[]): Run<number> {
  const directory = valueOf(options, 'C')
  if (directory !== undefined) {
    const stat = yield* p.stat(directory)
    if ('error' in stat || stat.kind !== 'directory') return yield* noDirectory(p, say, directory, 'error' in stat)
  }
  const strip = Number(valueOf(options, 'strip-components') ?? '0')
  let code = 0
  for (const one of chosen(options, entries)) {
    const name = one.name.split('/').slice(strip).join('/').replace(/^\/+/, '')
    if (name === '' || name.split('/').includes('..')) continue
    if (has(options, 'v')) yield* p.out(`${shownName({ ...one, name })}\n`)
    if (has(options, 'O')) yield* p.out(one.text)
    else code = (yield* write(options, p, say, under(directory, name).replace(/\/+$/, ''), one)) || code
  }
  if (code !== 0 && !say.isBusybox) yield* p.err('tar: Exiting with failure status due to previous errors\n')
  return code
}

function* noDirectory(p: Proc, { isBusybox }: Say, directory: string, isMissing: boolean): Run<number> {
  const why = isMissing ? 'No such file or directory' : 'Not a directory'
  yield* p.err(
    isBusybox
      ? `tar: can't change directory to '${directory}': ${why}\n`
      : `tar: ${directory}: Cannot open: ${why}\ntar: Error is not recoverable: exiting now\n`,
  )
  return isBusybox ? 1 : 2
}

function* write(options: Options, p: Proc, { isBusybox }: Say, path: string, one: TarEntry): Run<number> {
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (parent !== '') yield* p.mkdir(parent, { parents: true })
  const done = yield* written(p, path, one)
  if ('error' in done) {
    const why = errnoText(done as Parameters<typeof errnoText>[0])
    yield* p.err(isBusybox ? `tar: can't open '${path}': ${why}\n` : `tar: ${one.name}: Cannot open: ${why}\n`)
    return isBusybox ? 1 : 2
  }
  if (!has(options, 'm') && one.kind !== 'symlink') yield* p.ask('setTime', { path, mtimeMs: one.mtimeMs })
  if (p.user === 'root' && !has(options, 'no-same-owner') && !has(options, 'o') && one.owner === 'root')
    yield* p.chown(path, one.owner, one.group)
  return 0
}

function* written(p: Proc, path: string, one: TarEntry): Run<{ ok: true } | { error: string }> {
  const stat = yield* p.stat(path, { followLinks: false })
  if (one.kind === 'directory') {
    if (!('error' in stat) && stat.kind === 'directory') return { ok: true }
    return yield* p.mkdir(path, { parents: true, mode: one.mode })
  }
  if (!('error' in stat) && stat.kind !== 'directory') yield* p.remove(path)
  if (one.kind === 'symlink') return yield* p.symlink(one.target ?? '', path)
  return yield* p.writeFile(path, one.text, { mode: one.mode })
}

/** The tars of a host; `compressed` reads and writes archives that are packed. */
export const tarPrograms = (compressed: Program): Record<string, Program> => ({
  tar: makeProgram(false, compressed),
  'busybox-tar': makeProgram(true, compressed),
})
