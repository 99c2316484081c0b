/**
 * Schedules of CronJobs: Models github.com/robfig/cron/v3 ParseStandard and SpecSchedule.Next (R3): five fields,
 * `@hourly` and its kin, `@every 1h30m`, `TZ=` and `CRON_TZ=` before them.
 */
import { UTC, fromLocal, toLocal, zoneOf } from './zones.ts'
import type { Zone } from './zones.ts'

export interface Schedule {
  /** The first time after `ms` (both in ms since 1970); undefined when there is none within five years. */
  next(ms: number): number | undefined
}

interface Bounds {
  min: number
  max: number
  names?: Record<string, number>
}

/** What a field lets through; `star`: written with `*` or `?`. */
interface Field {
  values: ReadonlySet<number>
  star: boolean
}

const named = (words: string, first: number): Record<string, number> =>
  Object.fromEntries(words.split(' ').map((word, at) => [word, at + first]))

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: named('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { min: 0, max: 6, names: named('sun mon tue wed thu fri sat', 0) },
]

const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

class CronError extends Error {}

const refuse = (text: string): never => {
  throw new CronError(text)
}

export type Parsed = { schedule: Schedule } | { error: string }

/** Upstream's error texts. Without a zone of its own the schedule is in UTC. */
export function parseSchedule(text: string): Parsed {
  try {
    return { schedule: parse(text) }
  } catch (error) {
    if (error instanceof CronError) return { error: error.message }
    throw error
  }
}

function parse(text: string): Schedule {
  if (text === '') refuse('empty spec string')
  const { zone, spec } = splitZone(text)
  if (spec.startsWith('@')) return parseDescriptor(spec, zone)
  const words = spec.split(/\s+/u).filter((word) => word !== '')
  if (words.length !== FIELDS.length)
    refuse(`expected exactly ${FIELDS.length} fields, found ${words.length}: [${words.join(' ')}]`)
  return fieldSchedule(
    words.map((word, at) => parseField(word, FIELDS[at] as Bounds)),
    zone,
  )
}

function splitZone(text: string): { zone: Zone; spec: string } {
  const match = /^(?:CRON_)?TZ=([^ ]*)(.*)$/s.exec(text)
  if (match === null) return { zone: UTC, spec: text }
  const name = match[1] ?? ''
  const zone = zoneOf(name) ?? refuse(`provided bad location ${name}: unknown time zone ${name}`)
  return { zone, spec: (match[2] ?? '').trim() }
}

function parseDescriptor(spec: string, zone: Zone): Schedule {
  const macro = MACROS[spec]
  if (macro !== undefined)
    return fieldSchedule(
      macro.split(' ').map((word, at) => parseField(word, FIELDS[at] as Bounds)),
      zone,
    )
  const every = '@every '
  if (!spec.startsWith(every)) return refuse(`unrecognized descriptor: ${spec}`)
  const text = spec.slice(every.length)
  const ms = durationMs(text)
  if (ms === undefined) return refuse(`failed to parse duration ${spec}: ${durationProblem(text)}`)
  return delaySchedule(Math.max(1000, Math.floor(ms / 1000) * 1000))
}

const UNITS_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const DURATION = /^[+-]?(?:0|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/

function durationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  const parts = [...text.matchAll(/([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/g)]
  const sum = parts.reduce((total, [, size = '', unit = '']) => total + Number(size) * (UNITS_MS[unit] ?? 0), 0)
  return text.startsWith('-') ? -sum : sum
}

/** Models the errors of time.ParseDuration. */
function durationProblem(text: string): string {
  const quoted = JSON.stringify(text)
  const bare = text.replace(/^[+-]/, '')
  if (/^(?:[0-9.]+(?:ns|us|µs|μs|ms|s|m|h))*[0-9]+\.?[0-9]*$/.test(bare))
    return `time: missing unit in duration ${quoted}`
  const unit = /^(?:[0-9.]+(?:ns|us|µs|μs|ms|s|m|h))*[0-9]+\.?[0-9]*([^0-9.]+)/.exec(bare)?.[1]
  if (unit !== undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
  return `time: invalid duration ${quoted}`
}

function parseField(text: string, bounds: Bounds): Field {
  const ranges = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => parseRange(part, bounds))
  return { values: new Set(ranges.flatMap(({ values }) => values)), star: ranges.some(({ star }) => star) }
}

function parseRange(text: string, bounds: Bounds): { values: number[]; star: boolean } {
  const slashes = text.split('/')
  const [low = '', high, ...more] = (slashes[0] ?? '').split('-')
  const open = low === '*' || low === '?'
  if (!open && more.length > 0) refuse(`too many hyphens: ${text}`)
  const start = open ? bounds.min : parseValue(low, bounds)
  const last = open ? bounds.max : high === undefined ? start : parseValue(high, bounds)
  if (slashes.length > 2) refuse(`too many slashes: ${text}`)
  const step = slashes[1] === undefined ? 1 : parseNumber(slashes[1])
  const end = slashes[1] !== undefined && high === undefined ? bounds.max : last
  checkRange(start, end, step, bounds, text)
  const values: number[] = []
  for (let value = start; value <= end; value += step) values.push(value)
  return { values, star: open && step <= 1 }
}

function checkRange(start: number, end: number, step: number, { min, max }: Bounds, text: string): void {
  if (start < min) refuse(`beginning of range (${start}) below minimum (${min}): ${text}`)
  if (end > max) refuse(`end of range (${end}) above maximum (${max}): ${text}`)
  if (start > end) refuse(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (step === 0) refuse(`step of range should be a positive number: ${text}`)
}

function parseValue(text: string, { names }: Bounds): number {
  return names?.[text.toLowerCase()] ?? parseNumber(text)
}

function parseNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text))
    refuse(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (value >= 2 ** 63)
    refuse(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`)
  if (value < 0) refuse(`negative number (${value}) not allowed: ${text}`)
  return value
}

/** At a constant distance, on whole seconds. */
function delaySchedule(delayMs: number): Schedule {
  return { next: (ms) => Math.floor(ms / 1000) * 1000 + delayMs }
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const YEARS_AHEAD = 5

/** A clock of a zone that is set forward step by step. */
class Clock {
  constructor(
    private readonly zone: Zone,
    public ms: number,
  ) {}

  private get shown(): Date {
    return new Date(toLocal(this.zone, this.ms))
  }

  get year(): number {
    return this.shown.getUTCFullYear()
  }
  get month(): number {
    return this.shown.getUTCMonth() + 1
  }
  get day(): number {
    return this.shown.getUTCDate()
  }
  get weekday(): number {
    return this.shown.getUTCDay()
  }
  get hour(): number {
    return this.shown.getUTCHours()
  }
  get minute(): number {
    return this.shown.getUTCMinutes()
  }

  set(year: number, month: number, day: number, hour: number): void {
    this.ms = fromLocal(this.zone, Date.UTC(year, month - 1, day, hour))
  }

  /** The same time of day so many days later. */
  addDays(days: number): void {
    const { shown } = this
    shown.setUTCDate(shown.getUTCDate() + days)
    this.ms = fromLocal(this.zone, shown.getTime())
  }
}

function fieldSchedule([minutes, hours, days, months, weekdays]: Field[], zone: Zone): Schedule {
  const spec = { minutes, hours, days, months, weekdays } as Record<keyof Spec, Field>
  return { next: (ms) => nextTime(spec, zone, ms) }
}

interface Spec {
  minutes: Field
  hours: Field
  days: Field
  months: Field
  weekdays: Field
}

/** Sets the clock forward unit by unit, from months to minutes, and begins again whenever a larger unit has changed. */
function nextTime(spec: Spec, zone: Zone, ms: number): number | undefined {
  const clock = new Clock(zone, Math.floor(ms / 1000) * 1000 + 1000)
  const limit = clock.year + YEARS_AHEAD
  const moved = { value: false }
  while (clock.year <= limit) {
    if (STEPS.every((step) => step(spec, clock, moved))) return clock.ms
  }
  return undefined
}

type Step = (spec: Spec, clock: Clock, moved: { value: boolean }) => boolean

/** False: a larger unit has changed on the way. The seconds are always 0. */
const STEPS: readonly Step[] = [
  ({ months }, clock, moved) => {
    while (!months.values.has(clock.month)) {
      if (!moved.value) clock.set(clock.year, clock.month, 1, 0)
      moved.value = true
      clock.set(clock.year, clock.month + 1, 1, 0)
      if (clock.month === 1) return false
    }
    return true
  },
  (spec, clock, moved) => {
    while (!dayMatches(spec, clock)) {
      if (!moved.value) clock.set(clock.year, clock.month, clock.day, 0)
      moved.value = true
      clock.addDays(1)
      // A day may not begin at midnight where clocks are set forward.
      if (clock.hour !== 0) clock.ms += (clock.hour > 12 ? 24 - clock.hour : -clock.hour) * HOUR_MS
      if (clock.day === 1) return false
    }
    return true
  },
  ({ hours }, clock, moved) => {
    while (!hours.values.has(clock.hour)) {
      if (!moved.value) clock.set(clock.year, clock.month, clock.day, clock.hour)
      moved.value = true
      clock.ms += HOUR_MS
      if (clock.hour === 0) return false
    }
    return true
  },
  ({ minutes }, clock, moved) => {
    while (!minutes.values.has(clock.minute)) {
      if (!moved.value) clock.ms = Math.floor(clock.ms / MINUTE_MS) * MINUTE_MS
      moved.value = true
      clock.ms += MINUTE_MS
      if (clock.minute === 0) return false
    }
    return true
  },
  (_spec, clock, moved) => {
    const second = Math.floor(clock.ms / 1000) % 60
    if (second === 0) return true
    moved.value = true
    clock.ms += (60 - second) * 1000
    return false
  },
]

/** Days of the month and of the week are both meant when one of them is a star; else either is enough. */
function dayMatches({ days, weekdays }: Spec, clock: Clock): boolean {
  const [byDay, byWeekday] = [days.values.has(clock.day), weekdays.values.has(clock.weekday)]
  return days.star || weekdays.star ? byDay && byWeekday : byDay || byWeekday
}
