/** `"%s has %d".format([name, count])`. Models cel-go ext/formatting.go. */
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { durationText, timestampText } from '../values.ts'
import { CelRuntimeError } from '../errors.ts'
import { isMapping, isNumeric, isDate } from './equality.ts'

const fail = (message: string): CelRuntimeError => new CelRuntimeError(message)

/** A template with its values. Clauses: %s %d %f %e %b %x %X %o, with a precision. */
export function formatText(template: string, values: readonly unknown[]): string {
  let used = 0
  const text = template.replace(
    /%(%|(?:\.(\d+))?(.)|$)/gsu,
    (_, whole: string, precision?: string, clause?: string) => {
      if (whole === '%') return '%'
      if (clause === undefined) throw fail('could not parse formatting clause: unexpected end of string')
      if (used >= values.length) throw fail(`index ${used} out of range`)
      return formatOne(clause, values[used++], precision === undefined ? undefined : Number(precision))
    },
  )
  return text
}

type Clause = (value: unknown, precision: number | undefined) => string

const CLAUSES: Readonly<Record<string, Clause>> = {
  s: (value) => textOf(value),
  d: (value) => decimal(value),
  f: (value, precision) => fixed(value, precision ?? 6),
  e: (value, precision) => scientific(value, precision ?? 6),
  b: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : based(value, 2, 'binary')),
  o: (value) => based(value, 8, 'octal'),
  x: (value) => hexadecimal(value),
  X: (value) => hexadecimal(value).toUpperCase(),
}

function formatOne(clause: string, value: unknown, precision: number | undefined): string {
  const format = CLAUSES[clause]
  if (!format) throw fail(`could not parse formatting clause: unrecognized formatting clause "${clause}"`)
  return format(value, precision)
}

const typeName = (value: unknown): string => {
  if (value === null) return 'null_type'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'list'
  return isMapping(value) ? 'map' : typeof value
}

const special = (value: number): string | undefined =>
  Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? undefined : value > 0 ? 'Infinity' : '-Infinity'

/** A value as %s writes it. */
export function textOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return special(value) ?? String(value)
  if (isDate(value)) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (isMapping(value)) return mapText(value)
  return String(value)
}

const mapText = (value: Readonly<Record<string, unknown>>): string =>
  `{${Object.keys(value).sort().map((key) => `${key}: ${textOf(value[key])}`).join(', ')}}` // prettier-ignore

function decimal(value: unknown): string {
  if (typeof value === 'bigint' || value instanceof UnsignedInt) return value.toString()
  if (typeof value === 'number') return special(value) ?? String(value)
  throw fail(`error during formatting: decimal clause can only be used on integers, was given ${typeName(value)}`)
}

function doubleOf(value: unknown, clause: string): number {
  if (isNumeric(value)) return Number(value)
  throw fail(`error during formatting: ${clause} clause can only be used on doubles, was given ${typeName(value)}`)
}

function fixed(value: unknown, precision: number): string {
  const number = doubleOf(value, 'fixed-point')
  return special(number) ?? number.toFixed(Math.min(precision, 100))
}

function scientific(value: unknown, precision: number): string {
  const number = doubleOf(value, 'scientific notation')
  return special(number) ?? number.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2')
}

function based(value: unknown, base: number, name: string): string {
  if (typeof value === 'bigint') return value.toString(base)
  if (value instanceof UnsignedInt) return value.valueOf().toString(base)
  throw fail(`error during formatting: ${name} clause can only be used on integers, was given ${typeName(value)}`)
}

const byteHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function hexadecimal(value: unknown): string {
  if (typeof value === 'string') return byteHex(new TextEncoder().encode(value))
  if (value instanceof Uint8Array) return byteHex(value)
  return based(value, 16, 'hex')
}
