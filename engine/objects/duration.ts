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

const UNITS_NS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  'µs': 1e3,
  'μs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
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
  let ns = 0
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)
    if (match === null) throw invalid
    const [all, number, unit = ''] = match
    const scale = Object.hasOwn(UNITS_NS, unit) ? UNITS_NS[unit]! : undefined
    if (scale === undefined) throw unitError(unit, text)
    ns += Number(number) * scale
    rest = rest.slice(all.length)
  }
  ns = Math.round(ns)
  return (sign === '-' ? -ns : ns) / 1e6
}

const trimmed = (value: number, digits: number): string =>
  digits === 0 ? String(value) : value.toFixed(digits).replace(/\.?0+$/, '')

function makeBelowSecond(ns: number): string {
  if (ns < 1e3) return `${ns}ns`
  return ns < 1e6 ? `${trimmed(ns / 1e3, 3)}µs` : `${trimmed(ns / 1e6, 6)}ms`
}

/** Go's text of so many milliseconds: 80 000 → `1m20s`, 1500 → `1.5s`, 0 → `0s`. */
export function makeGoDuration(ms: number): string {
  const ns = Math.round(Math.abs(ms) * 1e6)
  if (ns === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  if (ns < 1e9) return sign + makeBelowSecond(ns)
  const minutes = Math.floor(ns / 6e10)
  const seconds = trimmed((ns - minutes * 6e10) / 1e9, 9) + 's'
  if (minutes === 0) return sign + seconds
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60}m${seconds}`
}
