/** `[[ … ]]` and `test`. */
import type { FileStat, Proc, Run } from '../host/process.ts'
import type { Condition } from './ast.ts'
import { ShellError } from './errors.ts'
import { expandPattern, expandRegex, expandString, numberOf } from './expand.ts'
import { matchesPattern } from './pattern.ts'
import type { Shell } from './shell.ts'
import { findVariable, setArray } from './variables.ts'

export function* testCondition(sh: Shell, node: Condition): Run<boolean> {
  switch (node.type) {
    case 'CondNot':
      return !(yield* testCondition(sh, node.operand))
    case 'CondAnd':
      return (yield* testCondition(sh, node.left)) && (yield* testCondition(sh, node.right))
    case 'CondOr':
      return (yield* testCondition(sh, node.left)) || (yield* testCondition(sh, node.right))
    case 'CondGroup':
      return yield* testCondition(sh, node.expression)
    case 'CondWord':
      return (yield* expandString(sh, node.word)) !== ''
    case 'CondUnary':
      return yield* testUnary(sh.p, node.operator, yield* expandString(sh, node.operand), sh.state.cwd, sh)
    case 'CondBinary':
      return yield* testBinaryWords(sh, node)
  }
}

function* testBinaryWords(sh: Shell, node: Extract<Condition, { type: 'CondBinary' }>): Run<boolean> {
  const left = yield* expandString(sh, node.left)
  const { operator } = node
  if (operator === '=~') return yield* matchRegex(sh, left, yield* expandRegex(sh, node.right))
  if (operator === '=' || operator === '==' || operator === '!=') {
    return (
      matchesPattern(left, yield* expandPattern(sh, node.right), sh.state.options.nocasematch) === (operator !== '!=')
    )
  }
  const right = yield* expandString(sh, node.right)
  const compare = NUMERIC[operator]
  if (compare !== undefined) return compare(yield* numberOf(sh, left), yield* numberOf(sh, right))
  return yield* testBinary(sh.p, left, operator, right, sh.state.cwd)
}

function* matchRegex(sh: Shell, text: string, source: string): Run<boolean> {
  let regex: RegExp
  try {
    regex = new RegExp(posixRegex(source), sh.state.options.nocasematch ? 'i' : '')
  } catch {
    throw new ShellError(`[[: invalid regular expression \`${source}'`, 2)
  }
  const match = regex.exec(text)
  setArray(sh.state, 'BASH_REMATCH', match === null ? [] : match.map((group) => group ?? ''))
  return match !== null
}

/** POSIX classes in a bracket, in JavaScript's words. */
export function posixRegex(source: string): string {
  const classes: Record<string, string> = {
    alpha: 'A-Za-z',
    digit: '0-9',
    alnum: 'A-Za-z0-9',
    upper: 'A-Z',
    lower: 'a-z',
    space: '\\s',
    blank: ' \\t',
    punct: '!-\\/:-@\\[-`{-~',
    xdigit: '0-9A-Fa-f',
  }
  return source.replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
}

const NUMERIC: Record<string, (a: number, b: number) => boolean> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
}

function absolute(cwd: string, path: string): string {
  return path.startsWith('/') || path === '' ? path : `${cwd}/${path}`
}

function* statOf(p: Proc, cwd: string, path: string, followLinks = true): Run<FileStat | undefined> {
  if (path === '') return undefined
  const stat = yield* p.stat(absolute(cwd, path), { followLinks })
  return 'error' in stat ? undefined : stat
}

function mayDo(stat: FileStat, user: string, bit: number): boolean {
  if (user === 'root') return bit !== 1 || stat.kind === 'directory' || (stat.mode & 0o111) !== 0
  return ((stat.mode >> (stat.owner === user ? 6 : stat.group === user ? 3 : 0)) & bit) !== 0
}

export function* testUnary(p: Proc, operator: string, operand: string, cwd: string, sh?: Shell): Run<boolean> {
  if (operator === '-z') return operand === ''
  if (operator === '-n') return operand !== ''
  if (operator === '-t') return yield* p.isTty(Number(operand))
  if (operator === '-v') return sh !== undefined && findVariable(sh.state, operand.replace(/\[.*/, '')) !== undefined
  if (operator === '-o')
    return sh !== undefined && (sh.state.options as unknown as Record<string, boolean>)[operand] === true
  const stat = yield* statOf(p, cwd, operand, operator !== '-h' && operator !== '-L')
  if (stat === undefined) return false
  switch (operator) {
    case '-e':
    case '-a':
      return true
    case '-f':
      return stat.kind === 'file' && !/^\/dev\//.test(operand)
    case '-d':
      return stat.kind === 'directory'
    case '-h':
    case '-L':
      return stat.kind === 'symlink'
    case '-s':
      return stat.size > 0
    case '-r':
      return mayDo(stat, p.user, 4)
    case '-w':
      return mayDo(stat, p.user, 2)
    case '-x':
      return mayDo(stat, p.user, 1)
    case '-O':
      return stat.owner === p.user
    case '-c':
      return /^\/dev\/(null|zero|full|u?random|tty)$/.test(operand)
    default:
      return false
  }
}

export function* testBinary(p: Proc, left: string, operator: string, right: string, cwd: string): Run<boolean> {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '>':
      return left > right
    case '-nt':
    case '-ot': {
      const [a, b] = [yield* statOf(p, cwd, left), yield* statOf(p, cwd, right)]
      const [newer, older] = operator === '-nt' ? [a, b] : [b, a]
      return newer !== undefined && (older === undefined || newer.mtimeMs > older.mtimeMs)
    }
    case '-ef':
      return absolute(cwd, left) === absolute(cwd, right)
  }
  const compare = NUMERIC[operator]
  if (compare === undefined) throw new ShellError(`${operator}: binary operator expected`, 2)
  return compare(integer(left), integer(right))
}

function integer(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new ShellError(`${text}: integer expression expected`, 2)
  return Number(text)
}

const UNARY = /^-[abcdefghknprstuwxzGLNOSov]$/

/** `test` and `[`: the arguments without the closing bracket. */
export function* testWords(p: Proc, words: readonly string[], cwd: string, sh?: Shell): Run<boolean> {
  const [a = '', b = '', c = '', d = ''] = words
  switch (words.length) {
    case 0:
      return false
    case 1:
      return a !== ''
    case 2:
      if (a === '!') return b === ''
      if (UNARY.test(a)) return yield* testUnary(p, a, b, cwd, sh)
      throw new ShellError(`${a}: unary operator expected`, 2)
    case 3:
      if (b === '-a') return a !== '' && c !== ''
      if (b === '-o') return a !== '' || c !== ''
      if (isBinary(b)) return yield* testBinary(p, a, b, c, cwd)
      if (a === '!') return !(yield* testWords(p, words.slice(1), cwd, sh))
      if (a === '(' && c === ')') return b !== ''
      throw new ShellError(`${b}: binary operator expected`, 2)
    case 4:
      if (a === '!') return !(yield* testWords(p, words.slice(1), cwd, sh))
      if (a === '(' && d === ')') return yield* testWords(p, words.slice(1, 3), cwd, sh)
  }
  return yield* testLong(p, words, cwd, sh)
}

function isBinary(word: string): boolean {
  return /^(=|==|!=|<|>|-(eq|ne|lt|le|gt|ge|nt|ot|ef))$/.test(word)
}

/** Longer expressions: `-o` binds weakest, then `-a`. */
function* testLong(p: Proc, words: readonly string[], cwd: string, sh?: Shell): Run<boolean> {
  for (const joint of ['-o', '-a']) {
    const at = words.findIndex((word, index) => word === joint && index > 0 && index < words.length - 1)
    if (at < 0) continue
    const left = yield* testWords(p, words.slice(0, at), cwd, sh)
    const right = yield* testWords(p, words.slice(at + 1), cwd, sh)
    return joint === '-o' ? left || right : left && right
  }
  throw new ShellError('too many arguments', 2)
}
