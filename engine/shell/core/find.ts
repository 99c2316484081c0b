/**
 * find of GNU findutils 4.9: tests, operators and actions by words, as the manual lists them. Entries of a directory come
 * in byte order. Not modelled: -ls, -fls, -fprint, -ok, -context, -fstype, -inum, -links, times of access and change as
 * others than those of modification.
 */
import type { FileStat, Proc, Program, Run } from '../../host/process.ts'
import { modeText } from '../../host/programs/ls.ts'
import { matchesPattern } from '../pattern.ts'
import { errnoText } from '../redirect.ts'
import { posixSource, RegexMistake } from '../sed/regex.ts'

interface Entry {
  path: string
  stat: FileStat
  depth: number
  /** The operand that it was found below. */
  top: string
}

interface Walk {
  p: Proc
  nowMs: number
  /** Paths that wait for `-exec … {} +`, by the action. */
  batches: Map<Exec, string[]>
  code: number
  pruned: boolean
  over: boolean
}

interface Exec {
  words: string[]
}

type Test = (entry: Entry, walk: Walk) => Run<boolean>

interface Expression {
  test: Test
  acts: boolean
  depthFirst: boolean
  minDepth: number
  maxDepth: number
  followLinks: boolean
}

class Wrong extends Error {}

const baseOf = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) || '/'
const under = (folder: string, name: string): string => (folder.endsWith('/') ? folder + name : `${folder}/${name}`)

/** `+3`, `-3` or `3` against a count. */
function counted(word: string, what: string): (count: number) => boolean {
  const match = /^([+-]?)(\d+)$/.exec(word)
  if (match === null) throw new Wrong(`find: invalid argument \`${word}' to \`${what}'`)
  const wanted = Number(match[2])
  if (match[1] === '+') return (count) => count > wanted
  return match[1] === '-' ? (count) => count < wanted : (count) => count === wanted
}

const DAY_MS = 86_400_000
const UNITS: Readonly<Record<string, number>> = { c: 1, w: 2, b: 512, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** Tests of one entry that never act. */
// eslint-disable-next-line require-yield
const plain = (judge: (entry: Entry, walk: Walk) => boolean): Test =>
  function* (entry, walk) {
    return judge(entry, walk)
  }

const LETTERS = { file: 'f', directory: 'd', symlink: 'l' } as const

function modeOf(text: string, what: string): number {
  if (!/^[0-7]+$/.test(text)) throw new Wrong(`find: invalid mode ‘${what}’`)
  return parseInt(text, 8)
}

/** Tests that take a word. */
const WITH_WORD: Readonly<Record<string, (word: string) => Test>> = {
  '-name': (word) => plain(({ path }) => matchesPattern(baseOf(path), word)),
  '-iname': (word) => plain(({ path }) => matchesPattern(baseOf(path), word, true)),
  '-path': (word) => plain(({ path }) => matchesPattern(path, word)),
  '-wholename': (word) => plain(({ path }) => matchesPattern(path, word)),
  '-ipath': (word) => plain(({ path }) => matchesPattern(path, word, true)),
  '-regex': (word) => matching(word, ''),
  '-iregex': (word) => matching(word, 'i'),
  '-type': (word) => plain(({ stat }) => word.split(',').includes(LETTERS[stat.kind])),
  '-user': (word) => plain(({ stat }) => stat.owner === word || (word === '0' && stat.owner === 'root')),
  '-group': (word) => plain(({ stat }) => stat.group === word || (word === '0' && stat.group === 'root')),
  '-mtime': (word) => aged(counted(word, '-mtime'), DAY_MS),
  '-ctime': (word) => aged(counted(word, '-ctime'), DAY_MS),
  '-atime': (word) => aged(counted(word, '-atime'), DAY_MS),
  '-mmin': (word) => minutes(word, '-mmin'),
  '-cmin': (word) => minutes(word, '-cmin'),
  '-amin': (word) => minutes(word, '-amin'),
  '-size': sized,
  '-perm': permitted,
  '-newer': (word) =>
    function* ({ stat }, { p }) {
      const other = yield* p.stat(word)
      return !('error' in other) && stat.mtimeMs > other.mtimeMs
    },
}

/** Emacs' expressions, taken as GNU's basic ones. */
function matching(word: string, flags: string): Test {
  try {
    const pattern = new RegExp(`^(?:${posixSource(word, false).source})$`, flags)
    return plain(({ path }) => pattern.test(path))
  } catch (error) {
    const why = error instanceof RegexMistake ? error.message : 'Invalid regular expression'
    throw new Wrong(`find: failed to compile regular expression '${word}': ${why}`)
  }
}

/** Whole units of age, what is left over ignored. */
const aged = (fits: (count: number) => boolean, unitMs: number): Test =>
  plain(({ stat }, { nowMs }) => fits(Math.floor((nowMs - stat.mtimeMs) / unitMs)))

/** Minutes are compared as they are: 90 seconds are more than one and less than two. */
function minutes(word: string, what: string): Test {
  counted(word, what)
  const wanted = Number(word.replace(/^[+-]/, ''))
  return plain(({ stat }, { nowMs }) => {
    const age = (nowMs - stat.mtimeMs) / 60_000
    if (word.startsWith('+')) return age > wanted
    return word.startsWith('-') ? age < wanted : age > wanted - 1 && age <= wanted
  })
}

function sized(word: string): Test {
  const unit = /[cwbkMG]$/.exec(word)?.[0]
  const fits = counted(unit === undefined ? word : word.slice(0, -1), '-size')
  return plain(({ stat }) => fits(Math.ceil(stat.size / (UNITS[unit ?? 'b'] as number))))
}

function permitted(word: string): Test {
  const how = /^[-/]/.exec(word)?.[0] ?? ''
  const wanted = modeOf(word.slice(how.length), word)
  return plain(({ stat }) => {
    const mode = stat.mode & 0o7777
    if (how === '-') return (mode & wanted) === wanted
    return how === '/' ? wanted === 0 || (mode & wanted) !== 0 : mode === wanted
  })
}

function* isEmpty({ path, stat }: Entry, { p }: Walk): Run<boolean> {
  if (stat.kind !== 'directory') return stat.kind === 'file' && stat.size === 0
  const listed = yield* p.list(path)
  return 'names' in listed && listed.names.length === 0
}

/** Tests without a word. */
const ALONE: Readonly<Record<string, Test>> = {
  '-true': plain(() => true),
  '-false': plain(() => false),
  '-empty': isEmpty,
  '-readable': ({ path }, { p }) => can(p, path, ['-r']),
  '-writable': ({ path }, { p }) => can(p, path, ['-w']),
  '-executable': ({ path }, { p }) => can(p, path, ['-x']),
  '-nouser': plain(({ stat }) => /^\d+$/.test(stat.owner)),
  '-nogroup': plain(({ stat }) => /^\d+$/.test(stat.group)),
  '-prune': plain((_, walk) => (walk.pruned = true)),
}

function* can(p: Proc, path: string, flags: string[]): Run<boolean> {
  const made = yield* p.spawn({ argv: ['test', ...flags, path] })
  return 'pid' in made && (yield* p.wait(made.pid)) === 0
}

// Actions.

const printed = (end: string): Test =>
  function* ({ path }, { p }) {
    yield* p.out(path + end)
    return true
  }

function makeFormatted(format: string, { path, stat, depth, top }: Entry): string {
  const folder = path.includes('/') ? path.replace(/\/[^/]*$/, '') : '.'
  const iso = new Date(stat.mtimeMs).toISOString()
  const known: Record<string, string> = {
    '%': '%',
    p: path,
    f: baseOf(path),
    h: folder,
    P: path === top ? '' : path.slice(top.length).replace(/^\//, ''),
    H: top,
    s: String(stat.size),
    m: (stat.mode & 0o7777).toString(8),
    M: modeText(stat),
    u: stat.owner,
    g: stat.group,
    y: LETTERS[stat.kind],
    l: stat.target ?? '',
    d: String(depth),
    T: '',
  }
  return format
    .replace(/%T([YmdHMS@])/g, (_, letter: string) =>
      letter === '@'
        ? `${Math.floor(stat.mtimeMs / 1000)}.0000000000`
        : ({
            Y: iso.slice(0, 4),
            m: iso.slice(5, 7),
            d: iso.slice(8, 10),
            H: iso.slice(11, 13),
            M: iso.slice(14, 16),
            S: `${iso.slice(17, 19)}.0000000000`,
          }[letter] ?? ''),
    )
    .replace(/%([%pfhPHsmMugyld])/g, (_, letter: string) => known[letter] ?? '')
    .replace(/\\([nt0\\])/g, (_, letter: string) => ({ n: '\n', t: '\t', '0': '\0' })[letter] ?? '\\')
}

const formatted = (format: string): Test =>
  function* (entry, { p }) {
    yield* p.out(makeFormatted(format, entry))
    return true
  }

function* removed({ path, depth }: Entry, walk: Walk): Run<boolean> {
  if (depth === 0 && /^\.?$/.test(path)) return true
  const done = yield* walk.p.remove(path)
  if (!('error' in done)) return true
  yield* complain(walk, `find: cannot delete ‘${path}’: ${errnoText(done.error)}\n`)
  return false
}

const executed = ({ words }: Exec): Test =>
  function* ({ path }, walk) {
    return (
      (yield* ran(
        walk,
        words.map((word) => word.replaceAll('{}', path)),
      )) === 0
    )
  }

const gathered = (exec: Exec): Test =>
  plain(({ path }, { batches }) => {
    batches.set(exec, [...(batches.get(exec) ?? []), path])
    return true
  })

function* ran({ p }: Walk, argv: string[]): Run<number> {
  const made = yield* p.spawn({ argv })
  if ('pid' in made) return yield* p.wait(made.pid)
  const why = made.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'
  yield* p.err(`find: ‘${argv[0]}’: ${why}\n`)
  return 1
}

function* complain(walk: Walk, text: string): Run<void> {
  walk.code = 1
  yield* walk.p.err(text)
}

// The expression, by recursive descent: `,` under -o under -a under ! under primaries.

const UNMODELLED = new Set(['-ls', '-fls', '-fprint', '-fprint0', '-fprintf', '-ok', '-okdir', '-execdir', '-fstype', '-inum', '-links', '-samefile', '-xdev', '-mount', '-daystart', '-used', '-context', '-lname']) // prettier-ignore

class Parser {
  private at = 0
  readonly found = { acts: false, depthFirst: false, minDepth: 0, maxDepth: Infinity }

  constructor(private readonly words: readonly string[]) {}

  parse(): Test {
    if (this.words.length === 0) return plain(() => true)
    const whole = this.either()
    if (this.at < this.words.length) throw new Wrong(`find: paths must precede expression: \`${this.words[this.at]}'`)
    return whole
  }

  private either(): Test {
    let left = this.both()
    while (['-o', '-or'].includes(this.words[this.at] ?? '')) {
      this.at++
      const [one, other] = [left, this.both()]
      left = function* (entry, walk) {
        return (yield* one(entry, walk)) || (yield* other(entry, walk))
      }
    }
    return left
  }

  private both(): Test {
    let left = this.negated()
    for (;;) {
      const word = this.words[this.at]
      if (word === undefined || ['-o', '-or', ')'].includes(word)) return left
      if (['-a', '-and'].includes(word)) this.at++
      const [one, other] = [left, this.negated()]
      left = function* (entry, walk) {
        return (yield* one(entry, walk)) && (yield* other(entry, walk))
      }
    }
  }

  private negated(): Test {
    if (!['!', '-not'].includes(this.words[this.at] ?? '')) return this.primary()
    this.at++
    const inner = this.negated()
    return function* (entry, walk) {
      return !(yield* inner(entry, walk))
    }
  }

  private primary(): Test {
    const word = this.words[this.at++] ?? ''
    if (word === '(') {
      const inner = this.either()
      if (this.words[this.at++] !== ')') throw new Wrong("find: invalid expression; I was expecting to find a ')' somewhere but did not see one.") // prettier-ignore
      return inner
    }
    if (UNMODELLED.has(word)) throw new Wrong(`not simulated: find ${word}`)
    const alone = ALONE[word]
    if (alone !== undefined) return alone
    const build = WITH_WORD[word]
    if (build !== undefined) return build(this.wordOf(word))
    return this.option(word) ?? this.action(word)
  }

  private option(word: string): Test | undefined {
    if (word === '-maxdepth' || word === '-mindepth') {
      const given = this.wordOf(word)
      if (!/^\d+$/.test(given))
        throw new Wrong(`find: Expected a positive decimal integer argument to ${word}, but got ‘${given}’`)
      this.found[word === '-maxdepth' ? 'maxDepth' : 'minDepth'] = Number(given)
    } else if (word === '-depth' || word === '-d') this.found.depthFirst = true
    else return undefined
    return plain(() => true)
  }

  private action(word: string): Test {
    this.found.acts = true
    if (word === '-print') return printed('\n')
    if (word === '-print0') return printed('\0')
    if (word === '-printf') return formatted(this.wordOf(word))
    if (word === '-quit') return plain((_, walk) => (walk.over = true))
    if (word === '-delete') {
      this.found.depthFirst = true
      return removed
    }
    if (word === '-exec') return this.exec()
    if (word.startsWith('-')) throw new Wrong(`find: unknown predicate \`${word}'`)
    const before = this.words[this.at - 3]
    const hint = before === '-name' || before === '-iname' ? `\nfind: possible unquoted pattern after predicate \`${before}'?` : '' // prettier-ignore
    throw new Wrong(`find: paths must precede expression: \`${word}'${hint}`)
  }

  private exec(): Test {
    const begin = this.at
    for (; this.at < this.words.length; this.at++) {
      const word = this.words[this.at]
      const isBatch = word === '+' && this.words[this.at - 1] === '{}'
      if (word !== ';' && !isBatch) continue
      const words = this.words.slice(begin, isBatch ? this.at - 1 : this.at)
      this.at++
      return isBatch ? gathered({ words }) : executed({ words })
    }
    throw new Wrong("find: missing argument to `-exec'")
  }

  private wordOf(what: string): string {
    const word = this.words[this.at++]
    if (word === undefined) throw new Wrong(`find: missing argument to \`${what}'`)
    return word
  }
}

const isExpression = (word: string): boolean => /^-.|^[!()]$/.test(word)

function parse(argv: readonly string[]): Expression & { tops: string[] } {
  const links = argv.slice(1).findIndex((word) => !/^-[HLP]$/.test(word))
  const words = links < 0 ? [] : argv.slice(1 + links)
  const first = words.findIndex(isExpression)
  const tops = first < 0 ? [...words] : words.slice(0, first)
  const parser = new Parser(first < 0 ? [] : words.slice(first))
  const test = parser.parse()
  return { tops: tops.length === 0 ? ['.'] : tops, test, ...parser.found, followLinks: argv[1] === '-L' }
}

// The walk.

function* visit(walk: Walk, how: Expression, entry: Entry): Run<void> {
  if (walk.over) return
  walk.pruned = false
  if (!how.depthFirst) yield* judge(walk, how, entry)
  const isPruned = walk.pruned && !how.depthFirst
  if (entry.stat.kind === 'directory' && !isPruned && entry.depth < how.maxDepth) yield* below(walk, how, entry)
  if (how.depthFirst) yield* judge(walk, how, entry)
}

function* judge(walk: Walk, how: Expression, entry: Entry): Run<void> {
  if (entry.depth < how.minDepth || walk.over) return
  if ((yield* how.test(entry, walk)) && !how.acts) yield* walk.p.out(`${entry.path}\n`)
}

function* below(walk: Walk, how: Expression, { path, depth, top }: Entry): Run<void> {
  const listed = yield* walk.p.list(path)
  if ('error' in listed) return yield* complain(walk, `find: ‘${path}’: ${errnoText(listed.error)}\n`)
  for (const name of listed.names) {
    const child = under(path, name)
    const stat = yield* walk.p.stat(child, { followLinks: how.followLinks })
    if ('error' in stat) yield* complain(walk, `find: ‘${child}’: ${errnoText(stat.error)}\n`)
    else yield* visit(walk, how, { path: child, stat, depth: depth + 1, top })
  }
}

const find: Program = function* (argv, p) {
  let how
  try {
    how = parse(argv)
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    yield* p.err(`${error.message}\n`)
    return 1
  }
  const walk: Walk = { p, nowMs: yield* p.now(), batches: new Map(), code: 0, pruned: false, over: false }
  for (const top of how.tops) {
    const stat = yield* p.stat(top, { followLinks: how.followLinks })
    if ('error' in stat) yield* complain(walk, `find: ‘${top}’: ${errnoText(stat.error)}\n`)
    else yield* visit(walk, how, { path: top, stat, depth: 0, top })
  }
  for (const [{ words }, paths] of walk.batches) if ((yield* ran(walk, [...words, ...paths])) !== 0) walk.code = 1
  return walk.code
}

export const findPrograms: Record<string, Program> = { find }
