/** Models k8s.io/apimachinery/pkg/util/duration (K2) and the text form of Go's time.Duration. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`

/** An age as `kubectl get` prints it: `70s`, `2m1s`, `7h59m`, `2d`. Milliseconds in. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(ms / MINUTE)
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  return humanHours(Math.trunc(ms / HOUR), minutes)
}

function humanHours(hours: number, minutes: number): string {
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return pair(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return hours < 24 * 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

/** The largest unit only: `70s` → `1m`. Milliseconds in. */
export function shortHumanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 60) return `${seconds}s`
  if (ms < HOUR) return `${Math.trunc(ms / MINUTE)}m`
  const hours = Math.trunc(ms / HOUR)
  if (hours < 24) return `${hours}h`
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`
}

/** A duration that Go's time.ParseDuration refuses; `message` is Go's text. */
export class DurationError extends Error {
  override name = 'DurationError'
}

const UNITS_NS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

function unitError(unit: string, text: string): DurationError {
  const what = unit === '' ? 'missing unit' : `unknown unit ${JSON.stringify(unit)}`
  return new DurationError(`time: ${what} in duration ${JSON.stringify(text)}`)
}

/** Reads `1h2m3.5s`, `300ms`, `-1.5h`, `0`. Returns milliseconds. Throws DurationError. */
export function parseGoDuration(text: string): number {
  const [, sign, body = ''] = /^([+-]?)([^]*)$/.exec(text)!
  if (body === '0') return 0
  const invalid = new DurationError(`time: invalid duration ${JSON.stringify(text)}`)
  if (body === '') throw invalid
  let rest = body
  let ns = 0n
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest)!
    const [all, whole = '', fraction = '', unit = ''] = match
    if (whole + fraction === '') throw invalid
    const scale = Object.hasOwn(UNITS_NS, unit) ? UNITS_NS[unit] : undefined
    if (scale === undefined) throw unitError(unit, text)
    ns += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length)
    rest = rest.slice(all.length)
  }
  const ms = Number(ns / MILLISECOND_NS) + Number(ns % MILLISECOND_NS) / 1e6
  return sign === '-' ? -ms : ms
}

const MILLISECOND_NS = 1_000_000n
const SECOND_NS = 1_000_000_000n

/** `1.5` out of 1500 thousandths: without zeros at the end. */
function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`
}

function makeBelowSecond(ns: bigint): string {
  if (ns < 1_000n) return `${ns}ns`
  return ns < MILLISECOND_NS ? `${decimal(ns, 1_000n)}µs` : `${decimal(ns, MILLISECOND_NS)}ms`
}

/** Go's text of so many milliseconds: 80 000 → `1m20s`, 1500 → `1.5s`, 0 → `0s`. */
export function makeGoDuration(ms: number): string {
  const whole = Math.floor(Math.abs(ms))
  const ns = BigInt(whole) * MILLISECOND_NS + BigInt(Math.round((Math.abs(ms) - whole) * 1e6))
  if (ns === 0n) return '0s'
  const sign = ms < 0 ? '-' : ''
  if (ns < SECOND_NS) return sign + makeBelowSecond(ns)
  const minutes = ns / (60n * SECOND_NS)
  const seconds = `${decimal(ns % (60n * SECOND_NS), SECOND_NS)}s`
  if (minutes === 0n) return sign + seconds
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}
