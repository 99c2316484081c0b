/**
 * Partial match of values, as checks write them. Fields that are not named are free; lists match by key
 * (`type=Ready`) or by content, never by index; what is not there yet does not match, and never throws.
 */
import { compareQuantity } from '../objects/quantity.ts'
import type { Comparison, TextMatch } from './format/common.ts'

/** The first place where a value is not as wanted; undefined when all is. Texts are short, for people. */
export interface Mismatch {
  path: string
  found: string
  wanted: string
}

type Operator = (actual: unknown, argument: unknown, path: string) => Mismatch | undefined

const OPERATORS: Record<string, Operator> = {
  absent: (actual, argument, path) =>
    (actual === undefined || actual === null) === (argument === true)
      ? undefined
      : miss(path, actual, argument === true ? 'absent' : 'present'),
  atLeast: (actual, argument, path) =>
    compares(actual, argument, (order) => order >= 0) ? undefined : miss(path, actual, `at least ${show(argument)}`),
  atMost: (actual, argument, path) =>
    compares(actual, argument, (order) => order <= 0) ? undefined : miss(path, actual, `at most ${show(argument)}`),
  oneOf: (actual, argument, path) =>
    Array.isArray(argument) && argument.some((one) => mismatch(one, actual, path) === undefined)
      ? undefined
      : miss(path, actual, `one of ${show(argument)}`),
  isNot: (actual, argument, path) =>
    mismatch(argument, actual, path) === undefined ? miss(path, actual, `not ${show(argument)}`) : undefined,
  like: (actual, argument, path) =>
    isScalar(actual) && new RegExp(String(argument)).test(String(actual))
      ? undefined
      : miss(path, actual, `like /${String(argument)}/`),
  contains: (actual, argument, path) =>
    contains(actual, argument, path) ? undefined : miss(path, actual, `contains ${show(argument)}`),
  every: (actual, argument, path) => {
    if (!Array.isArray(actual)) return miss(path, actual, 'a list')
    return firstOf(actual.map((one, index) => () => mismatch(argument, one, `${path}[${label(one, index)}]`)))
  },
  none: (actual, argument, path) =>
    Array.isArray(actual) && actual.some((one) => mismatch(argument, one, path) === undefined)
      ? miss(path, actual, `none like ${show(argument)}`)
      : undefined,
  size: (actual, argument, path) => mismatch(argument, sizeOf(actual), `${path}.size`),
}

/** The words that are comparisons and not fields, for the lint and the author's page. */
export const OPERATOR_NAMES = Object.keys(OPERATORS)

/** Where `actual` first differs from `wanted`, or undefined when it matches. */
export function mismatch(wanted: unknown, actual: unknown, path = ''): Mismatch | undefined {
  if (Array.isArray(wanted)) return listMismatch(wanted, actual, path)
  if (isMapping(wanted))
    return isComparison(wanted) ? operatorMismatch(wanted, actual, path) : mappingMismatch(wanted, actual, path)
  return sameScalar(wanted, actual) ? undefined : miss(path, actual, show(wanted))
}

function isComparison(wanted: Record<string, unknown>): boolean {
  const keys = Object.keys(wanted)
  return keys.length > 0 && keys.every((key) => Object.hasOwn(OPERATORS, key))
}

function operatorMismatch(wanted: Record<string, unknown>, actual: unknown, path: string): Mismatch | undefined {
  return firstOf(
    Object.entries(wanted).map(
      ([name, argument]) =>
        () =>
          OPERATORS[name]?.(actual, argument, path),
    ),
  )
}

function mappingMismatch(wanted: Record<string, unknown>, actual: unknown, path: string): Mismatch | undefined {
  if (Array.isArray(actual))
    return firstOf(
      Object.entries(wanted).map(
        ([key, value]) =>
          () =>
            keyedMismatch(key, value, actual, path),
      ),
    )
  if (!isMapping(actual)) {
    // Everything that may be absent may be absent together with what holds it.
    if (actual === undefined && Object.keys(wanted).length > 0) {
      return firstOf(
        Object.entries(wanted).map(
          ([key, value]) =>
            () =>
              mismatch(value, undefined, join(path, key)),
        ),
      )
    }
    return actual === undefined ? miss(path, actual, 'present') : miss(path, actual, show(wanted))
  }
  return firstOf(
    Object.entries(wanted).map(
      ([key, value]) =>
        () =>
          mismatch(value, actual[key], join(path, key)),
    ),
  )
}

/** `type=Ready: {status: "True"}` on a list: the element with that key must match. */
function keyedMismatch(key: string, wanted: unknown, actual: readonly unknown[], path: string): Mismatch | undefined {
  const at = key.indexOf('=')
  if (at < 0) return miss(join(path, key), actual, `a mapping: on a list write "field=value", contains, every or none`)
  const [field, value] = [key.slice(0, at), key.slice(at + 1)]
  const found = actual.find((one) => isMapping(one) && String(one[field]) === value)
  return mismatch(wanted, found, `${path}[${key}]`)
}

function listMismatch(wanted: readonly unknown[], actual: unknown, path: string): Mismatch | undefined {
  return firstOf(
    wanted.map((one) => () => (contains(actual, one, path) ? undefined : miss(path, actual, `contains ${show(one)}`))),
  )
}

function contains(actual: unknown, wanted: unknown, path: string): boolean {
  if (Array.isArray(actual)) return actual.some((one) => mismatch(wanted, one, path) === undefined)
  return typeof actual === 'string' && actual.includes(String(wanted))
}

function firstOf(tests: (() => Mismatch | undefined)[]): Mismatch | undefined {
  for (const test of tests) {
    const found = test()
    if (found !== undefined) return found
  }
  return undefined
}

function compares(actual: unknown, wanted: unknown, accept: (order: number) => boolean): boolean {
  if (typeof actual !== 'number' && typeof actual !== 'string') return false
  try {
    return accept(compareQuantity(actual, wanted as string | number))
  } catch {
    return false
  }
}

function sameScalar(wanted: unknown, actual: unknown): boolean {
  if (wanted === actual) return true
  if (wanted === null) return actual === undefined
  // A port or an IntOrString may be written either way.
  return (
    isScalar(wanted) &&
    isScalar(actual) &&
    typeof wanted !== 'boolean' &&
    typeof actual !== 'boolean' &&
    String(wanted) === String(actual)
  )
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sizeOf(value: unknown): number | undefined {
  if (Array.isArray(value) || typeof value === 'string') return value.length
  return isMapping(value) ? Object.keys(value).length : undefined
}

function join(path: string, key: string): string {
  const plain = /^[\w-]+$/.test(key) ? key : `"${key}"`
  return path === '' ? plain : `${path}.${plain}`
}

function label(value: unknown, index: number): string {
  return isMapping(value) && typeof value['name'] === 'string' ? `name=${value['name']}` : `#${index + 1}`
}

function miss(path: string, found: unknown, wanted: string): Mismatch {
  return { path, found: found === undefined ? 'not there' : show(found), wanted }
}

const SHOWN = 160

/** A value on one line, as YAML's flow form writes it, cut to a readable length. */
export function show(value: unknown): string {
  const line = flow(value)
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (isMapping(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}: ${flow(one)}`)
      .join(', ')}}`
  if (typeof value !== 'string') return String(value)
  const plain = /^[A-Za-z/][\w./:@-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
  return plain ? value : JSON.stringify(value)
}

/** `count` as `3` or `{atLeast: 2}`. */
export function meets(count: number, wanted: Comparison): boolean {
  return mismatch(wanted, count) === undefined
}

export function showComparison(wanted: Comparison): string {
  if (typeof wanted === 'number') return `${wanted}`
  const parts = [
    wanted.atLeast === undefined ? '' : `at least ${wanted.atLeast}`,
    wanted.atMost === undefined ? '' : `at most ${wanted.atMost}`,
  ]
  return parts.filter((part) => part !== '').join(' and ')
}

/** A plain text must be equal but for space at the ends; the other forms as they say. */
export function textMismatch(wanted: TextMatch, actual: string): Mismatch | undefined {
  if (typeof wanted !== 'string') return mismatch(wanted, actual)
  return wanted.trim() === actual.trim() ? undefined : miss('', actual, show(wanted))
}
