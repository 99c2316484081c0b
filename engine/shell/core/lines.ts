/** sort, uniq, cut, tr: text tools that are common enough to be at hand without the edge. */
import type { Program } from '../../host/process.ts'
import { unescapeFormat } from '../format.ts'
import { LineReader, openInput, parseFlags, readWhole } from './input.ts'

const SORT_LONG = {
  reverse: 'r',
  'numeric-sort': 'n',
  unique: 'u',
  key: 'k',
  'field-separator': 't',
  'ignore-case': 'f',
  'version-sort': 'V',
  'human-numeric-sort': 'h',
  stable: 's',
  output: 'o',
}

type Compare = (a: string, b: string) => number

const compareText: Compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const numberOf = (text: string): number => parseFloat(/^\s*-?\d*\.?\d*/.exec(text)?.[0] ?? '') || 0
const humanOf = (text: string): number =>
  numberOf(text) * 1024 ** ' KMGTP'.indexOf((/^\s*-?[\d.]+([KMGTP])/i.exec(text)?.[1] ?? ' ').toUpperCase())

const compareVersion: Compare = (a, b) => {
  const split = (text: string): string[] => text.split(/(\d+)/)
  const [left, right] = [split(a), split(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x = '', y = ''] = [left[at], right[at]]
    const order = at % 2 === 1 ? Number(x) - Number(y) : compareText(x, y)
    if (order !== 0) return order
  }
  return 0
}

function comparer(letters: string): Compare {
  if (letters.includes('n')) return (a, b) => numberOf(a) - numberOf(b)
  if (letters.includes('h')) return (a, b) => humanOf(a) - humanOf(b)
  if (letters.includes('V')) return compareVersion
  if (letters.includes('f')) return (a, b) => compareText(a.toUpperCase(), b.toUpperCase())
  return compareText
}

function keyCompare(spec: string, separator: string | undefined, shared: string): Compare {
  const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?$/.exec(spec)
  const from = Number(match?.[1] ?? 1)
  const to = match?.[4] === undefined ? Infinity : Number(match[4])
  const letters = `${match?.[3] ?? ''}${match?.[5] ?? ''}`
  const fields = (line: string): string => {
    const all = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator)
    const text = all.slice(from - 1, to).join(separator ?? '')
    return /[nbhV]/.test(letters + shared) ? text.trimStart() : text
  }
  const compare = comparer(letters === '' ? shared : letters)
  const sign = letters.includes('r') || (letters === '' && shared.includes('r')) ? -1 : 1
  return (a, b) => sign * compare(fields(a), fields(b))
}

const sort: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'ktoST', SORT_LONG)
  const lines: string[] = []
  for (const name of operands.length > 0 ? operands : ['-']) {
    const text = yield* readWhole(p, 'sort', name)
    if (text === undefined) return 2
    if (text !== '') lines.push(...text.replace(/\n$/, '').split('\n'))
  }
  const letters = Object.keys(flags).join('')
  const keys = argv.flatMap((word, index) =>
    word === '-k' || word === '--key'
      ? [argv[index + 1] ?? '']
      : /^-k./.test(word)
        ? [word.slice(2)]
        : word.startsWith('--key=')
          ? [word.slice(6)]
          : [],
  )
  if (keys.length === 0 && flags.k !== undefined) keys.push(flags.k)
  const separator = flags.t === undefined ? undefined : unescapeFormat(flags.t)
  const compares =
    keys.length > 0
      ? keys.map((key) => keyCompare(key, separator, letters))
      : [(a: string, b: string) => ('r' in flags ? -1 : 1) * comparer(letters)(a, b)]
  const byKeys: Compare = (a, b) => compares.reduce((order, compare) => (order !== 0 ? order : compare(a, b)), 0)
  const sorted = lines.sort(
    (a, b) => byKeys(a, b) || ('s' in flags || 'u' in flags ? 0 : ('r' in flags ? -1 : 1) * compareText(a, b)),
  )
  const kept =
    'u' in flags ? sorted.filter((line, index) => index === 0 || byKeys(sorted[index - 1] ?? '', line) !== 0) : sorted
  const text = kept.map((line) => `${line}\n`).join('')
  if (flags.o === undefined) yield* p.out(text)
  else yield* p.writeFile(flags.o, text)
  return 0
}

const uniq: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'fsw', { count: 'c', repeated: 'd', unique: 'u', 'ignore-case': 'i' })
  const fd = yield* openInput(p, 'uniq', operands[0] ?? '-')
  if (fd === undefined) return 1
  const keyOf = (line: string): string => {
    const text = flags.f === undefined ? line : line.replace(new RegExp(`^(\\s*\\S+){0,${Number(flags.f)}}`), '')
    return 'i' in flags ? text.toLowerCase() : text
  }
  const lines = new LineReader(p, fd)
  let held: string | undefined
  let count = 0
  for (;;) {
    const raw = yield* lines.next()
    const line = raw?.replace(/\n$/, '')
    if (line !== undefined && held !== undefined && keyOf(line) === keyOf(held)) {
      count++
      continue
    }
    if (held !== undefined && (!('d' in flags) || count > 1) && (!('u' in flags) || count === 1))
      yield* p.out(`${'c' in flags ? `${String(count).padStart(7)} ` : ''}${held}\n`)
    if (line === undefined) return 0
    held = line
    count = 1
  }
}

/** `1,3-5,7-` as a test of a position. */
function parseList(text: string): (position: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const [from = '', to] = part.split('-')
    return {
      from: from === '' ? 1 : Number(from),
      to: to === undefined ? Number(from) : to === '' ? Infinity : Number(to),
    }
  })
  return (position) => ranges.some(({ from, to }) => position >= from && position <= to)
}

const cut: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'dfcb', {
    delimiter: 'd',
    fields: 'f',
    characters: 'c',
    bytes: 'b',
    'only-delimited': 's',
    'output-delimiter': 'O',
  })
  const list = flags.f ?? flags.c ?? flags.b
  if (list === undefined) {
    yield* p.err(
      "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n",
    )
    return 1
  }
  const chosen = parseList(list)
  const delimiter = flags.d ?? '\t'
  const glue = flags.O ?? delimiter
  let status = 0
  for (const name of operands.length > 0 ? operands : ['-']) {
    const fd = yield* openInput(p, 'cut', name)
    if (fd === undefined) {
      status = 1
      continue
    }
    const lines = new LineReader(p, fd)
    for (let raw = yield* lines.next(); raw !== null; raw = yield* lines.next()) {
      const line = raw.replace(/\n$/, '')
      if (flags.f === undefined) yield* p.out(`${[...line].filter((_, index) => chosen(index + 1)).join('')}\n`)
      else if (line.includes(delimiter))
        yield* p.out(
          `${line
            .split(delimiter)
            .filter((_, index) => chosen(index + 1))
            .join(glue)}\n`,
        )
      else if (!('s' in flags)) yield* p.out(`${line}\n`)
    }
  }
  return status
}

const SETS: Record<string, string> = {
  upper: 'A-Z',
  lower: 'a-z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n\r\f\v',
  blank: ' \t',
  punct: '!-/:-@[-`{-~',
  xdigit: '0-9A-Fa-f',
}

function characters(set: string): string[] {
  const text = [...unescapeFormat(set.replace(/\[:(\w+):\]/g, (all, name: string) => SETS[name] ?? all))]
  const made: string[] = []
  for (let at = 0; at < text.length; at++) {
    const [from = '', dash, to] = text.slice(at, at + 3)
    if (dash === '-' && to !== undefined) {
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) made.push(String.fromCharCode(code))
      at += 2
    } else made.push(from)
  }
  return made
}

const tr: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, '', { delete: 'd', 'squeeze-repeats': 's', complement: 'c' })
  const first = characters(operands[0] ?? '')
  const second = operands[1] === undefined ? undefined : characters(operands[1])
  const complement = 'c' in flags || 'C' in flags
  const inFirst = new Set(first)
  const has = (character: string): boolean => inFirst.has(character) !== complement
  const map = new Map<string, string>()
  if (second !== undefined && !complement)
    [...first].forEach((character, index) => map.set(character, second[Math.min(index, second.length - 1)] ?? ''))
  const squeezed = new Set(second ?? first)
  let last = ''
  for (let piece = yield* p.read(); piece !== null; piece = yield* p.read()) {
    let text = ''
    for (const character of piece) {
      if ('d' in flags && has(character)) continue
      const turned =
        'd' in flags || second === undefined
          ? character
          : complement
            ? has(character)
              ? (second.at(-1) ?? '')
              : character
            : (map.get(character) ?? character)
      const squeezes = 's' in flags && (second === undefined ? has(turned) : squeezed.has(turned))
      if (squeezes && turned === last) continue
      last = turned
      text += turned
    }
    yield* p.out(text)
  }
  return 0
}

export const linePrograms: Record<string, Program> = { sort, uniq, cut, tr }
