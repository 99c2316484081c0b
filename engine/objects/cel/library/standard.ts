/** The standard functions: sizes, conversions, times. Models cel-go common/stdlib and common/types. */
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { CelRuntimeError } from '../errors.ts'
import { durationText, parseDuration, timestampText } from '../values.ts'
import type { FunctionRow } from './overload.ts'

const MAX_INT = 9223372036854775807n
const MIN_INT = -9223372036854775808n
const MAX_UINT = 18446744073709551615n

const fail = (message: string): CelRuntimeError => new CelRuntimeError(message)

function inRange(value: bigint): bigint {
  if (value > MAX_INT || value < MIN_INT) throw fail('integer overflow')
  return value
}

function unsigned(value: bigint): UnsignedInt {
  if (value < 0n || value > MAX_UINT) throw fail('unsigned integer overflow')
  return new UnsignedInt(value)
}

function intOfText(text: string): bigint {
  if (!/^[-+]?\d+$/.test(text)) throw fail(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = BigInt(text.replace('+', ''))
  if (value > MAX_INT || value < MIN_INT)
    throw fail(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

function uintOfText(text: string): UnsignedInt {
  if (!/^\d+$/.test(text)) throw fail(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  return unsigned(BigInt(text))
}

function doubleOfText(text: string): number {
  const special = /^([+-]?)(inf|infinity)$/i.exec(text)
  if (special) return special[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text))
    throw fail(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw fail('integer overflow')
  return BigInt(Math.trunc(value))
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = String(value)
  return /e/.test(text) ? text.replace(/e([+-])(\d)$/, 'e$10$2') : text
}

function boolOfText(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw fail(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** RFC 3339, or Go's complaint. */
export function parseTimestamp(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

function timestamp(text: string): Date {
  const made = parseTimestamp(text)
  if (!made)
    throw fail(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    )
  return made
}

function duration(text: string): Duration {
  const made = parseDuration(text)
  if (!made) throw fail(`time: invalid duration ${JSON.stringify(text)}`)
  return made
}

const countOf = (value: readonly unknown[]): bigint => BigInt(value.length)
const keysOf = (value: object): bigint => BigInt(Object.keys(value).length)
const same = <T>(value: T): T => value
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const TS = 'google.protobuf.Timestamp'
const SPAN = 'google.protobuf.Duration'

/** The moment as the clock of a zone shows it, read as if it were UTC. `02:00` and `-08:00` are zones too. */
function inZone(at: Date, zone?: string): Date {
  if (zone === undefined || zone === 'UTC') return at
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    return new Date(at.getTime() + (offset[1] === '-' ? -minutes : minutes) * 60_000)
  }
  return namedZone(at, zone)
}

function namedZone(at: Date, timeZone: string): Date {
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at) // prettier-ignore
    const of = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0)
    return new Date(Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'), at.getUTCMilliseconds())) // prettier-ignore
  } catch {
    throw fail(`unknown time zone ${timeZone}`)
  }
}

const dayOfYear = (at: Date): number =>
  Math.floor(
    (Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) - Date.UTC(at.getUTCFullYear(), 0, 1)) /
      86_400_000,
  )

const GETTERS: Readonly<Record<string, (at: Date) => number>> = {
  getFullYear: (at) => at.getUTCFullYear(),
  getMonth: (at) => at.getUTCMonth(),
  getDate: (at) => at.getUTCDate(),
  getDayOfMonth: (at) => at.getUTCDate() - 1,
  getDayOfWeek: (at) => at.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (at) => at.getUTCHours(),
  getMinutes: (at) => at.getUTCMinutes(),
  getSeconds: (at) => at.getUTCSeconds(),
  getMilliseconds: (at) => at.getUTCMilliseconds(),
}

const TIME_GETTERS: readonly FunctionRow[] = Object.entries(GETTERS).flatMap(([name, get]): FunctionRow[] => [
  [`${TS}.${name}(): int`, (at: Date) => BigInt(get(at))],
  [`${TS}.${name}(string): int`, (at: Date, zone: string) => BigInt(get(inZone(at, zone)))],
])

export const STANDARD: readonly FunctionRow[] = [
  ['dyn(dyn): dyn', same],
  ['type(dyn): type', 'builtin'],
  ['size(bytes): int', countOf],
  ['size(list<T>): int', countOf],
  ['size(map<K, V>): int', keysOf],
  ['bytes.size(): int', countOf],
  ['list<T>.size(): int', countOf],
  ['map<K, V>.size(): int', keysOf],
  ['bool(bool): bool', same],
  ['bool(string): bool', boolOfText],
  ['int(int): int', same],
  ['int(uint): int', (value: UnsignedInt) => inRange(value.valueOf())],
  ['int(double): int', intOfDouble],
  ['int(string): int', intOfText],
  [`int(${TS}): int`, (at: Date) => BigInt(Math.floor(at.getTime() / 1000))],
  [`int(${SPAN}): int`, (span: Duration) => span.seconds * 1_000_000_000n + BigInt(span.nanos)],
  ['uint(uint): uint', same],
  ['uint(int): uint', unsigned],
  ['uint(double): uint', (value: number) => unsigned(intOfDouble(value))],
  ['uint(string): uint', uintOfText],
  ['double(double): double', same],
  ['double(int): double', (value: bigint) => Number(value)],
  ['double(uint): double', (value: UnsignedInt) => Number(value.valueOf())],
  ['double(string): double', doubleOfText],
  ['string(string): string', same],
  ['string(bool): string', (value: boolean) => String(value)],
  ['string(int): string', (value: bigint) => value.toString()],
  ['string(uint): string', (value: UnsignedInt) => value.toString()],
  ['string(double): string', doubleText],
  ['string(bytes): string', (value: Uint8Array) => new TextDecoder().decode(value)],
  [`string(${TS}): string`, timestampText],
  [`string(${SPAN}): string`, durationText],
  ['bytes(bytes): bytes', same],
  ['bytes(string): bytes', utf8],
  [`timestamp(string): ${TS}`, timestamp],
  [`timestamp(int): ${TS}`, (seconds: bigint) => new Date(Number(seconds) * 1000)],
  [`timestamp(${TS}): ${TS}`, same],
  [`duration(string): ${SPAN}`, duration],
  [`duration(${SPAN}): ${SPAN}`, same],
  ...TIME_GETTERS,
  [`${SPAN}.getHours(): int`, (span: Duration) => span.seconds / 3600n],
  [`${SPAN}.getMinutes(): int`, (span: Duration) => span.seconds / 60n],
  [`${SPAN}.getSeconds(): int`, (span: Duration) => span.seconds],
  [`${SPAN}.getMilliseconds(): int`, (span: Duration) => BigInt(Math.trunc(span.nanos / 1_000_000))],
]
