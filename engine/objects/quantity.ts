/**
 * Models k8s.io/apimachinery/pkg/api/resource (Quantity). Exact: every quantity is a whole number of
 * nanos, as upstream's smallest scale. Not modelled: the cache of the text as typed (text made here is
 * always canonical).
 */

/** A quantity that could not be read; `message` is upstream's text. */
export class QuantityError extends Error {
  override name = 'QuantityError'
}

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** An exact amount and the family of suffixes it is printed with. */
export interface Quantity {
  readonly nanos: bigint
  readonly format: QuantityFormat
}

/** What the API carries: text, or a bare JSON number. */
export type QuantityText = string | number

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const SUFFIX_WRONG = "unable to parse quantity's suffix"
const NUMBER_WRONG = 'unable to parse numeric part of quantity'

const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const DECIMAL_SUFFIX = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]))
const BINARY: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 }
const BINARY_SUFFIX = ['', ...Object.keys(BINARY)]
const NANO = 1_000_000_000n
const MAX_BINARY = (2n ** 63n - 1n) * NANO
/** Exponents beyond this are refused: no amount in a cluster needs them, and powers of ten cost memory. */
const MAX_EXPONENT = 1000

interface Suffix {
  base: 2 | 10
  exponent: number
  format: QuantityFormat
}

function readSuffix(suffix: string): Suffix {
  if (Object.hasOwn(DECIMAL, suffix)) return { base: 10, exponent: DECIMAL[suffix]!, format: 'DecimalSI' }
  if (Object.hasOwn(BINARY, suffix)) return { base: 2, exponent: BINARY[suffix]! * 10, format: 'BinarySI' }
  if (/^[eE][-+]?\d+$/.test(suffix) && Math.abs(Number(suffix.slice(1))) <= MAX_EXPONENT)
    return { base: 10, exponent: Number(suffix.slice(1)), format: 'DecimalExponent' }
  throw new QuantityError(SUFFIX_WRONG)
}

/** Divides and rounds away from zero, as upstream's RoundUp. */
function divideUp(a: bigint, b: bigint): bigint {
  const whole = a / b
  const exact = whole * b === a
  return exact ? whole : a < 0n ? whole - 1n : whole + 1n
}

function scaleToNanos(digits: bigint, decimals: number, suffix: Suffix): bigint {
  const amount = suffix.base === 2 ? digits << BigInt(suffix.exponent) : digits
  const exponent = 9 - decimals + (suffix.base === 10 ? suffix.exponent : 0)
  return exponent >= 0 ? amount * 10n ** BigInt(exponent) : divideUp(amount, 10n ** BigInt(-exponent))
}

function withinBounds(nanos: bigint, format: QuantityFormat): Quantity {
  if (format !== 'BinarySI') return { nanos, format }
  if (nanos > MAX_BINARY) return { nanos: MAX_BINARY, format }
  if (nanos < -MAX_BINARY) return { nanos: -MAX_BINARY, format }
  return nanos !== 0n && nanos < NANO && nanos > -NANO ? { nanos, format: 'DecimalSI' } : { nanos, format }
}

function readQuantity(text: string): Quantity {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text)
  if (match === null || text === '') throw new QuantityError(FORMAT_WRONG)
  const [, sign, whole = '', decimals = '', suffixText = ''] = match
  const suffix = readSuffix(suffixText)
  if (whole + decimals === '') throw new QuantityError(NUMBER_WRONG)
  const digits = BigInt(whole + decimals)
  return withinBounds(scaleToNanos(sign === '-' ? -digits : digits, decimals.length, suffix), suffix.format)
}

/** What was read lately. A cluster has few different quantities; the bound keeps a fuzzer from filling memory. */
const seen = new Map<string, Quantity>()
const SEEN_LIMIT = 10_000

/** Reads `100m`, `1.5Gi`, `2e3` … Throws QuantityError with upstream's text. */
export function parseQuantity(text: QuantityText): Quantity {
  const key = typeof text === 'string' ? text : String(text)
  const known = seen.get(key)
  if (known !== undefined) return known
  const quantity = readQuantity(key)
  if (seen.size >= SEEN_LIMIT) seen.clear()
  seen.set(key, quantity)
  return quantity
}

/** Takes factors of `base` out of a number while `more` allows. */
function takeFactors(value: bigint, base: bigint, limit: number): [bigint, number] {
  let count = 0
  let left = value
  while (count < limit && left % base === 0n) {
    left /= base
    count++
  }
  return [left, count]
}

function makeDecimal(nanos: bigint, format: QuantityFormat): string {
  const [mantissa, tens] = takeFactors(nanos, 10n, MAX_EXPONENT)
  const exact = tens - 9
  const highest = format === 'DecimalSI' ? 18 : Infinity
  const exponent = Math.min(Math.floor(exact / 3) * 3, highest)
  const number = String(mantissa * 10n ** BigInt(exact - exponent))
  if (format === 'DecimalSI') return number + DECIMAL_SUFFIX.get(exponent)!
  return exponent === 0 ? number : `${number}e${exponent}`
}

/** The canonical text, as it comes back from the API: `1000m` → `1`, `1024Mi` → `1Gi`, `1.5` → `1500m`. */
export function makeQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity
  if (nanos === 0n) return '0'
  if (format !== 'BinarySI') return makeDecimal(nanos, format)
  const small = nanos > -1024n * NANO && nanos < 1024n * NANO
  if (small || nanos % NANO !== 0n) return makeDecimal(nanos, 'DecimalSI')
  const [mantissa, power] = takeFactors(nanos / NANO, 1024n, 6)
  return `${mantissa}${BINARY_SUFFIX[power]}`
}

function asQuantity(value: Quantity | QuantityText): Quantity {
  return typeof value === 'object' ? value : parseQuantity(value)
}

/** Canonical text of a quantity's text, as a write to the API leaves it. */
export function canonicalQuantity(text: QuantityText): string {
  return makeQuantity(parseQuantity(text))
}

/** -1, 0 or 1. Each side may be a Quantity or its text. */
export function compareQuantity(a: Quantity | QuantityText, b: Quantity | QuantityText): -1 | 0 | 1 {
  const left = asQuantity(a).nanos
  const right = asQuantity(b).nanos
  return left < right ? -1 : left > right ? 1 : 0
}

/** The sum, in the format of the left side (of the right side when the left is zero). */
export function addQuantity(a: Quantity | QuantityText, b: Quantity | QuantityText): Quantity {
  const left = asQuantity(a)
  const right = asQuantity(b)
  return { nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

/** The difference, in the format of the left side (of the right side when the left is zero). */
export function subQuantity(a: Quantity | QuantityText, b: Quantity | QuantityText): Quantity {
  const left = asQuantity(a)
  const right = asQuantity(b)
  return { nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format }
}

const values = new Map<QuantityText, number>()
const milliValues = new Map<QuantityText, number>()

function remembered(cache: Map<QuantityText, number>, value: Quantity | QuantityText, unit: bigint): number {
  if (typeof value === 'object') return Number(divideUp(value.nanos, unit))
  const known = cache.get(value)
  if (known !== undefined) return known
  const result = Number(divideUp(parseQuantity(value).nanos, unit))
  if (cache.size >= SEEN_LIMIT) cache.clear()
  cache.set(value, result)
  return result
}

/** Whole units, rounded up (away from zero): `1.1` → 2, `1Ki` → 1024. */
export function quantityValue(value: Quantity | QuantityText): number {
  return remembered(values, value, NANO)
}

/** Thousandths, rounded up (away from zero): `100m` → 100, `1` → 1000. */
export function quantityMilliValue(value: Quantity | QuantityText): number {
  return remembered(milliValues, value, 1_000_000n)
}

/** A quantity of so many whole units. */
export function quantityOf(units: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(units) * NANO, format }
}

/** A quantity of so many thousandths. */
export function milliQuantityOf(millis: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(millis) * 1_000_000n, format }
}
