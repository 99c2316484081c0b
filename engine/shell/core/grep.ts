/** grep, line by line. Models GNU grep's options that people type; -P is taken as JavaScript's syntax. */
import type { Program, Proc, Run } from '../../host/process.ts'
import { posixRegex } from '../conditional.ts'
import { escapeRegex, matchesPattern } from '../pattern.ts'
import { posixSource, RegexMistake } from '../sed/regex.ts'
import { LineReader, openInput, parseFlags } from './input.ts'

const LONG = {
  'ignore-case': 'i',
  'invert-match': 'v',
  count: 'c',
  'extended-regexp': 'E',
  'fixed-strings': 'F',
  'perl-regexp': 'P',
  'only-matching': 'o',
  'word-regexp': 'w',
  'line-regexp': 'x',
  quiet: 'q',
  silent: 'q',
  'line-number': 'n',
  recursive: 'r',
  'after-context': 'A',
  'before-context': 'B',
  context: 'C',
  'files-with-matches': 'l',
  'files-without-match': 'L',
  'no-filename': 'h',
  'with-filename': 'H',
  regexp: 'e',
  'max-count': 'm',
  'no-messages': 's',
  file: 'f',
  color: '9',
  colour: '9',
  'line-buffered': '8',
  include: 'I',
  exclude: 'X',
  text: 'a',
}

/** A basic regular expression in JavaScript's syntax: what is special is what has a backslash. */
export function basicRegex(source: string): string {
  let made = ''
  for (let at = 0; at < source.length; at++) {
    const character = source.charAt(at)
    if (character === '[') {
      const close = /^\[\^?\]?(?:\[:\w+:\]|[^\]])*\]/.exec(source.slice(at))?.[0]
      made += close ?? '\\['
      if (close !== undefined) at += close.length - 1
    } else if (character === '\\') {
      const next = source.charAt(++at)
      made += '(){}|+?'.includes(next) ? next : next === '<' || next === '>' ? '\\b' : `\\${next}`
    } else if ('(){}|+?'.includes(character)) made += `\\${character}`
    else if (character === '*' && (made === '' || made === '^' || made.endsWith('('))) made += '\\*'
    else made += character
  }
  return made
}

interface Grep {
  regex: RegExp
  global: RegExp
  flags: Record<string, string>
  before: number
  after: number
  max: number
  named: boolean
}

const grep: Program = function* (argv, p) {
  const name = argv[0]?.split('/').pop() ?? 'grep'
  const { flags, operands } = parseFlags(
    argv.map((word, index) => (index > 0 && /^-\d+$/.test(word) ? `-C${word.slice(1)}` : word)),
    'eABCmfIX',
    LONG,
  )
  const sources = yield* patternsOf(argv, p, flags, operands)
  if (sources === undefined) {
    yield* p.err(`Usage: ${name} [OPTION]... PATTERNS [FILE]...\nTry '${name} --help' for more information.\n`)
    return 2
  }
  if (name === 'egrep') flags.E = ''
  if (name === 'fgrep') flags.F = ''
  const recursive = 'r' in flags || 'R' in flags
  const names = operands.length > 0 ? operands : [recursive ? '.' : '-']
  const first = yield* p.stat(names[0] ?? '.')
  const isFile = names.length === 1 && 'kind' in first && first.kind !== 'directory'
  const g = makeGrep(sources, flags, names.length > 1 || (recursive && !isFile))
  if (typeof g === 'string') {
    yield* p.err(`${name}: ${g}\n`)
    return 2
  }
  let found = false
  let failed = false
  for (const operand of recursive ? yield* filesBelow(p, names, flags) : names) {
    const result = yield* grepFile(p, g, operand)
    if (result === undefined) failed = true
    else if (result) found = true
    if (found && 'q' in flags) return 0
  }
  return failed ? 2 : found ? 0 : 1
}

function* patternsOf(
  argv: string[],
  p: Proc,
  flags: Record<string, string>,
  operands: string[],
): Run<string[] | undefined> {
  const given: string[] = []
  for (const [index, word] of argv.entries()) {
    if (word === '-e') given.push(argv[index + 1] ?? '')
    else if (word.startsWith('--regexp=')) given.push(word.slice(9))
  }
  if (given.length === 0 && flags.e !== undefined) given.push(flags.e)
  if (flags.f !== undefined) {
    const file = yield* p.readFile(flags.f)
    if ('text' in file) given.push(...file.text.replace(/\n$/, '').split('\n'))
  }
  if (given.length > 0) return given
  const first = operands.shift()
  return first === undefined ? undefined : first.split('\n')
}

function makeGrep(sources: readonly string[], flags: Record<string, string>, many: boolean): Grep | string {
  const context = Number(flags.C ?? 0)
  try {
    let text = sources.map((source) => `(?:${sourceOf(source, flags)})`).join('|')
    if ('w' in flags) text = `(?<!\\w)(?:${text})(?!\\w)`
    if ('x' in flags) text = `^(?:${text})$`
    const letter = 'i' in flags ? 'i' : ''
    return {
      regex: new RegExp(text, letter),
      global: new RegExp(text, `g${letter}`),
      flags,
      before: Number(flags.B ?? context),
      after: Number(flags.A ?? context),
      max: Number(flags.m ?? Infinity),
      named: 'H' in flags || (many && !('h' in flags)),
    }
  } catch (error) {
    return error instanceof RegexMistake ? error.message : 'Invalid regular expression'
  }
}

/** JavaScript's source for a pattern. Throws a RegexMistake for what is none. */
function sourceOf(pattern: string, flags: Record<string, string>): string {
  if ('F' in flags) return escapeRegex(pattern)
  if ('P' in flags) return posixRegex(pattern)
  return posixSource('E' in flags ? lenient(pattern) : pattern, 'E' in flags).source
}

const PIECES = /\\[^]|\[\^?\]?(?:\[:\w+:\]|[^\]])*\]|\{\d*(?:,\d*)?\}|[^]/g

/** What sed refuses and grep -E takes: nothing to repeat, a brace or a closing parenthesis that stands for itself. */
function lenient(pattern: string): string {
  let depth = 0
  let isStart = true
  return (pattern.match(PIECES) ?? [])
    .map((piece) => {
      const wasStart = isStart
      isStart = piece === '(' || piece === '|' || (wasStart && /^([*+?]|\{.+)$/.test(piece))
      if (piece === '(') depth++
      if (piece === ')' && depth === 0) return '\\)'
      if (piece === ')') depth--
      if (piece === '{') return '\\{'
      return wasStart && isStart && /^[*+?{]/.test(piece) ? '' : piece
    })
    .join('')
}

function* filesBelow(p: Proc, names: readonly string[], flags: Record<string, string>): Run<string[]> {
  const files: string[] = []
  for (const name of names) {
    const stat = yield* p.stat(name)
    if (!('kind' in stat) || stat.kind !== 'directory') {
      files.push(name)
      continue
    }
    const listed = yield* p.list(name)
    if ('error' in listed) continue
    const inside = yield* filesBelow(
      p,
      listed.names.map((entry) => (name === '.' ? entry : `${name.replace(/\/$/, '')}/${entry}`)),
      flags,
    )
    files.push(...inside)
  }
  return files.filter(
    (file) =>
      (flags.I === undefined || matchesPattern(file.split('/').pop() ?? '', flags.I)) &&
      (flags.X === undefined || !matchesPattern(file.split('/').pop() ?? '', flags.X)),
  )
}

/** Whether a line was selected; undefined: the file could not be read. */
function* grepFile(p: Proc, g: Grep, name: string): Run<boolean | undefined> {
  const { flags } = g
  const fd =
    's' in flags && 'error' in (yield* p.stat(name)) && name !== '-' ? undefined : yield* openInput(p, 'grep', name)
  if (fd === undefined) return undefined
  const lines = new LineReader(p, fd)
  const prefix = (mark: string, number: number): string =>
    `${g.named ? `${name === '-' ? '(standard input)' : name}${mark}` : ''}${'n' in flags ? `${number}${mark}` : ''}`
  const quiet = 'q' in flags || 'c' in flags || 'l' in flags || 'L' in flags
  let count = 0
  let last = 0
  let waiting: string[] = []
  let owed = 0
  let number = 0
  for (let raw = yield* lines.next(); raw !== null && count < g.max; raw = yield* lines.next()) {
    number++
    const line = raw.replace(/\n$/, '')
    if (g.regex.test(line) !== 'v' in flags) {
      count++
      if ('q' in flags || 'l' in flags) break
      if (quiet) continue
      if ((g.before > 0 || g.after > 0) && last > 0 && number - waiting.length > last + 1) yield* p.out('--\n')
      for (const [index, before] of waiting.entries())
        yield* p.out(`${prefix('-', number - waiting.length + index)}${before}\n`)
      waiting = []
      if ('o' in flags)
        for (const [match] of 'v' in flags ? [] : line.matchAll(g.global))
          yield* p.out(match === '' ? '' : `${prefix(':', number)}${match}\n`)
      else yield* p.out(`${prefix(':', number)}${line}\n`)
      last = number
      owed = g.after
    } else if (owed > 0 && !quiet) {
      owed--
      last = number
      yield* p.out(`${prefix('-', number)}${line}\n`)
    } else if (g.before > 0) waiting = [...waiting, line].slice(-g.before)
  }
  if (fd !== 0) yield* p.closeFd(fd)
  if ('c' in flags) yield* p.out(`${g.named ? `${name}:` : ''}${count}\n`)
  if ('l' in flags && count > 0) yield* p.out(`${name === '-' ? '(standard input)' : name}\n`)
  if ('L' in flags && count === 0) yield* p.out(`${name}\n`)
  return count > 0
}

export const grepPrograms: Record<string, Program> = { grep, egrep: grep, fgrep: grep }
