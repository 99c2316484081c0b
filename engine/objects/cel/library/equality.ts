/** Equality and order of values: numbers compare across their types, other types never equal. Models cel-go common/types. */
import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { compareQuantity } from '../../quantity.ts'
import { CelQuantity } from './quantity.ts'

type Mapping = Readonly<Record<string, unknown>>

export const isNumeric = (value: unknown): value is bigint | number | UnsignedInt =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof UnsignedInt

const numberOf = (value: bigint | number | UnsignedInt): bigint | number =>
  value instanceof UnsignedInt ? value.valueOf() : value

/** A date of any realm: the tripwire puts a guarded class in place of Date. */
export const isDate = (value: unknown): value is Date => Object.prototype.toString.call(value) === '[object Date]'

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && (value.constructor === Object || value.constructor === undefined)

/** The same value? */
export function celEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNumeric(a) && isNumeric(b)) return numberOf(a) == numberOf(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => celEquals(one, b[at]))
  if (isMapping(a)) return isMapping(b) && sameMapping(a, b)
  return sameSpecial(a, b)
}

function sameMapping(a: Mapping, b: Mapping): boolean {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && celEquals(a[key], b[key]))
  )
}

function sameSpecial(a: object, b: object): boolean {
  if (a.constructor !== b.constructor) return false
  if (isDate(a) && isDate(b)) return a.getTime() === b.getTime()
  if (a instanceof Duration && b instanceof Duration) return a.seconds === b.seconds && a.nanos === b.nanos
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, at) => byte === b[at])
  if (a instanceof CelQuantity && b instanceof CelQuantity) return compareQuantity(a.value, b.value) === 0
  if (a instanceof Optional && b instanceof Optional)
    return a.hasValue() === b.hasValue() && (!a.hasValue() || celEquals(a.value(), b.value()))
  return 'text' in a && 'text' in b && a.text === b.text
}

/** Which comes first: negative, zero or positive; undefined when the two have no order. */
export function celCompare(a: unknown, b: unknown): number | undefined {
  if (isNumeric(a) && isNumeric(b)) return sign(numberOf(a) < numberOf(b), numberOf(a) > numberOf(b))
  if (typeof a === 'string' && typeof b === 'string') return sign(a < b, a > b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (isDate(a) && isDate(b)) return a.getTime() - b.getTime()
  if (a instanceof Duration && b instanceof Duration) return a.valueOf() - b.valueOf()
  return undefined
}

const sign = (less: boolean, more: boolean): number => (less ? -1 : more ? 1 : 0)
