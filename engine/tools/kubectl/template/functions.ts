/** Functions of Go templates, and kubectl's own `exists` and `base64decode`. */
import { decodeBase64 } from '../config/connection.ts'
import { goText } from '../jsonpath/gotext.ts'

export class TemplateError extends Error {}

/** A value as an action prints it. */
export const goPrint = (value: unknown): string => goText(value)

/** Whether `if` takes it: not empty, zero or nil. */
export function truth(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

type Fn = (args: unknown[]) => unknown

const num = (value: unknown): number => {
  if (typeof value !== 'number') throw new TemplateError(`wrong type for value; expected int; got ${typeof value}`)
  return value
}

function order(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new TemplateError('error calling lt: incompatible types for comparison')
  return typeof a === 'number' ? a - num(b) : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

function same(a: unknown, b: unknown): boolean {
  if (a !== undefined && b !== undefined && a !== null && b !== null && typeof a !== typeof b)
    throw new TemplateError('error calling eq: incompatible types for comparison')
  return a === b || (a ?? null) === (b ?? null)
}

function indexInto([value, ...keys]: unknown[]): unknown {
  let at = value
  for (const key of keys) {
    if (Array.isArray(at)) {
      const i = num(key)
      if (i < 0 || i >= at.length) throw new TemplateError(`error calling index: index out of range: ${i}`)
      at = at[i]
    } else if (typeof at === 'object' && at !== null) at = (at as Record<string, unknown>)[String(key)]
    else throw new TemplateError('error calling index: index of untyped nil')
  }
  return at
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length
  if (Array.isArray(value)) return value.length
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  throw new TemplateError('error calling len: len of nil pointer')
}

function sliceOf([value, from, to]: unknown[]): unknown {
  const [start, end] = [from === undefined ? 0 : num(from), to === undefined ? undefined : num(to)]
  return typeof value === 'string' || Array.isArray(value) ? value.slice(start, end) : value
}

/** Operands are parted by a space when neither is a string. */
const print = (args: unknown[]): string =>
  args
    .map((arg, i) => (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string' ? ' ' : '') + goText(arg))
    .join('')

function exists([value, ...keys]: unknown[]): boolean {
  let at = value
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return false
    at = (at as Record<string, unknown>)[String(key)]
  }
  return at !== undefined
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }

const FUNCTIONS: Record<string, Fn> = {
  and: (args) => args.find((arg) => !truth(arg)) ?? args.at(-1),
  or: (args) => args.find(truth) ?? args.at(-1),
  not: ([value]) => !truth(value),
  len: ([value]) => lengthOf(value),
  index: indexInto,
  slice: sliceOf,
  print,
  println: (args) => `${args.map(goText).join(' ')}\n`,
  printf: ([format, ...args]) => goPrintf(String(format), args),
  eq: ([first, ...rest]) => rest.some((value) => same(first, value)),
  ne: ([a, b]) => !same(a, b),
  lt: ([a, b]) => order(a, b) < 0,
  le: ([a, b]) => order(a, b) <= 0,
  gt: ([a, b]) => order(a, b) > 0,
  ge: ([a, b]) => order(a, b) >= 0,
  html: (args) => print(args).replace(/[&<>"']/g, (char) => HTML[char]!),
  urlquery: (args) => encodeURIComponent(print(args)).replaceAll('%20', '+'),
  js: (args) => JSON.stringify(print(args)).slice(1, -1),
  exists,
  base64decode: ([value]) => decodeBase64(String(value)),
}

export const isFunction = (name: string): boolean => Object.hasOwn(FUNCTIONS, name)

export const callFunction = (name: string, args: unknown[]): unknown => FUNCTIONS[name]!(args)

/** Go's fmt.Sprintf, for the verbs templates use. */
export function goPrintf(format: string, args: unknown[]): string {
  let next = 0
  const text = format.replace(
    /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (next >= args.length) return `%!${verb}(MISSING)`
      const cell = goVerb(verb, args[next++], precision)
      const to = Number(width ?? 0)
      if (flags.includes('-')) return cell.padEnd(to)
      return flags.includes('0') && /[dfx]/.test(verb) ? cell.padStart(to, '0') : cell.padStart(to)
    },
  )
  return next < args.length
    ? `${text}%!(EXTRA ${args
        .slice(next)
        .map((arg) => `${goTypeName(arg)}=${goText(arg)}`)
        .join(', ')})`
    : text
}

const goTypeName = (value: unknown): string =>
  typeof value === 'string'
    ? 'string'
    : typeof value === 'number'
      ? 'int64'
      : typeof value === 'boolean'
        ? 'bool'
        : 'interface {}'

function goVerb(verb: string, value: unknown, precision: string | undefined): string {
  switch (verb) {
    case 'v':
      return goText(value)
    case 's': {
      const text =
        typeof value === 'number'
          ? `%!s(int64=${value})`
          : typeof value === 'boolean'
            ? `%!s(bool=${value})`
            : value === undefined || value === null
              ? '%!s(<nil>)'
              : goText(value)
      return precision === undefined ? text : text.slice(0, Number(precision))
    }
    case 'd':
      return typeof value === 'number' ? String(Math.trunc(value)) : `%!d(${goTypeName(value)}=${goText(value)})`
    case 'q':
      return JSON.stringify(value)
    case 't':
      return String(value)
    case 'T':
      return goTypeName(value)
    case 'f':
      return Number(value).toFixed(Number(precision ?? 6))
    case 'x':
      return typeof value === 'number'
        ? value.toString(16)
        : [...new TextEncoder().encode(String(value))].map((b) => b.toString(16).padStart(2, '0')).join('')
    default:
      return `%!${verb}(${goTypeName(value)}=${goText(value)})`
  }
}
