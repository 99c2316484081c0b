/** JSON values of jq: objects are maps, so that their keys keep the order in which they came. */

export type Value = null | boolean | number | string | Value[] | ValueMap
export type ValueMap = Map<string, Value>
export type PathKey = string | number | Value
export type Path = Value[]

/** An error that a filter raised; `value` is what `catch` sees. */
export class JqError extends Error {
  constructor(readonly value: Value) {
    super(typeof value === 'string' ? value : printed(value))
  }
}

export const isMap = (value: Value): value is ValueMap => value instanceof Map

export function typeOf(value: Value): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return value instanceof Map ? 'object' : typeof value
}

export const isTrue = (value: Value): boolean => value !== null && value !== false

/** By code point, as jq orders texts. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [x, y] = [a.codePointAt(at)!, b.codePointAt(at)!]
    if (x !== y) return x < y ? -1 : 1
  }
  return a.length - b.length
}

export const sortedKeys = (map: ValueMap): string[] => [...map.keys()].sort(compareText)

const RANK: Record<string, number> = { null: 0, boolean: 1, number: 3, string: 4, array: 5, object: 6 }
const rankOf = (value: Value): number => (value === true ? 2 : (RANK[typeOf(value)] ?? 0))

export function compare(a: Value, b: Value): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'number' && typeof b === 'number') return a < b || Number.isNaN(a) ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b)
  return isMap(a) && isMap(b) ? compareMaps(a, b) : 0
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const order = compare(a[at]!, b[at]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareMaps(a: ValueMap, b: ValueMap): number {
  const [ours, theirs] = [sortedKeys(a), sortedKeys(b)]
  const keys = compareArrays(ours, theirs)
  if (keys !== 0) return keys
  for (const key of ours) {
    const order = compare(a.get(key)!, b.get(key)!)
    if (order !== 0) return order
  }
  return 0
}

/** A number in 17 digits, with an exponent where C's shortest form has one. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'null'
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
  const [digits = '', exponent = '0'] = finite.toExponential().replace(/^-/, '').split('e')
  const [power, count] = [Number(exponent), digits.replace('.', '').length]
  if (finite === 0) return Object.is(finite, -0) ? '-0' : '0'
  if (power >= -4 && power < Math.max(17, count)) return plainNumber(finite)
  const sign = power < 0 ? '-' : '+'
  return `${finite < 0 ? '-' : ''}${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
}

function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? BigInt(value).toString() : text
}

export interface Print {
  indent?: string
  sort?: boolean
  ascii?: boolean
}

function textOf(text: string, ascii: boolean): string {
  const made = JSON.stringify(text).replace(/\u007f/g, '\\u007f')
  if (!ascii) return made
  return made.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** JSON text of a value: compact, or with an indent. */
export function printed(value: Value, print: Print = {}, margin = '\n'): string {
  if (typeof value === 'string') return textOf(value, print.ascii === true)
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value === 'boolean') return String(value)
  const inner = print.indent === undefined ? '' : margin + print.indent
  const end = print.indent === undefined ? '' : margin
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${inner}${value.map((item) => printed(item, print, inner)).join(`,${inner}`)}${end}]`
  }
  if (value.size === 0) return '{}'
  const keys = print.sort === true ? sortedKeys(value) : [...value.keys()]
  const colon = print.indent === undefined ? ':' : ': '
  const fields = keys.map(
    (key) => `${textOf(key, print.ascii === true)}${colon}${printed(value.get(key)!, print, inner)}`,
  )
  return `{${inner}${fields.join(`,${inner}`)}${end}}`
}

/** How messages show a value: 14 bytes at most. */
export function shown(value: Value): string {
  const text = printed(value)
  return text.length > 14 ? `${text.slice(0, 11)}...` : text
}

export const described = (value: Value): string => `${typeOf(value)} (${shown(value)})`

export const mapOf = (pairs: Iterable<[string, Value]>): ValueMap => new Map(pairs)
