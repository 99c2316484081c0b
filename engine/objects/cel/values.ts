/** Values of JSON as CEL's, and back: whole numbers are int unless the schema says double. Models common/cel in k8s. */
import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import type { CelType } from './types.ts'
import { CelQuantity } from './library/quantity.ts'
import { makeQuantity } from '../quantity.ts'
import { isDate } from './library/equality.ts'

type Mapping = Readonly<Record<string, unknown>>

const isPlain = (value: unknown): value is Mapping =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)

/** A value for an expression; `type` is the declared type of what the value is for. */
export function toCel(value: unknown, type?: CelType): unknown {
  if (value === undefined) return null
  if (typeof value === 'number') return numberToCel(value, type)
  if (Array.isArray(value)) return value.map((one) => toCel(one, type?.kind === 'list' ? type.of : undefined))
  if (typeof value === 'string') return textToCel(value, type)
  return isPlain(value) ? mappingToCel(value, type) : value
}

const named = (type: CelType | undefined, name: string): boolean => type?.kind === 'simple' && type.name === name

function numberToCel(value: number, type: CelType | undefined): unknown {
  if (named(type, 'double')) return value
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : value
}

/** The formats that the API server gives a type of their own: date-time, duration and byte. */
function textToCel(value: string, type: CelType | undefined): unknown {
  if (named(type, 'timestamp')) return new Date(Date.parse(value))
  if (named(type, 'duration')) return parseDuration(value) ?? value
  if (named(type, 'bytes')) return Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0))
  return value
}

function mappingToCel(value: Mapping, type: CelType | undefined): Mapping {
  const out: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue
    out[nameInCel(key, type)] = toCel(one, typeOfEntry(key, type))
  }
  return out
}

function typeOfEntry(key: string, type: CelType | undefined): CelType | undefined {
  if (type?.kind === 'map') return type.value
  return type?.kind === 'object' ? type.fields[escapeName(key)] : undefined
}

const nameInCel = (key: string, type: CelType | undefined): string => (type?.kind === 'object' ? escapeName(key) : key)

const RESERVED = ['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'] // prettier-ignore

/** A property's name as an expression writes it: `a.b` is `a__dot__b`, `namespace` is `__namespace__`. */
export function escapeName(name: string): string {
  if (RESERVED.includes(name)) return `__${name}__`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return name
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__')
}

/** A result as JSON has it. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof UnsignedInt) return Number(value.valueOf())
  if (isDate(value)) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value))
  if (value instanceof CelQuantity) return makeQuantity(value.value)
  if (value instanceof Optional) return value.hasValue() ? fromCel(value.value()) : null
  if (Array.isArray(value)) return value.map(fromCel)
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fromCel(one)])) : value
}

/** RFC 3339 with no more fraction than there is. */
export const timestampText = (at: Date): string =>
  at
    .toISOString()
    .replace(/\.000Z$/, 'Z')
    .replace(/(\.\d*?)0+Z$/, '$1Z')

/** `90s`, `1.5s`: a duration as string() writes it. */
export function durationText(of: Duration): string {
  const nanos = Math.abs(of.nanos)
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  const negative = of.seconds < 0n || of.nanos < 0
  return `${negative ? '-' : ''}${of.seconds < 0n ? -of.seconds : of.seconds}${fraction}s`
}

const UNIT_NANOS: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 }

/** A Go duration; undefined when it is none. */
export function parseDuration(text: string): Duration | undefined {
  const parts = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:h|m(?!s)|s|ms|us|µs|ns))+$/.exec(text)
  if (!parts) return text === '0' ? new Duration(0n, 0) : undefined
  let nanos = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g))
    nanos += Number(amount) * (UNIT_NANOS[unit ?? ''] ?? 0)
  const sign = parts[1] === '-' ? -1 : 1
  return new Duration(BigInt(sign * Math.trunc(nanos / 1e9)), sign * Math.round(nanos % 1e9))
}
