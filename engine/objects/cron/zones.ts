/** Time zones by name: Models time.LoadLocation and the zone part of time.Date. */

/** Milliseconds that the zone's clocks are ahead of UTC at an instant (ms since 1970). */
export type Zone = (ms: number) => number

export const UTC: Zone = () => 0

const MINUTE_MS = 60_000

/** Made once for each name; derived, never dumped. */
const zones = new Map<string, Zone | undefined>()

/** The zone of that IANA name; undefined when there is none. The empty name is UTC. Names are told apart by case. */
export function zoneOf(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC
  if (!zones.has(name)) zones.set(name, makeZone(name))
  return zones.get(name)
}

function makeZone(name: string): Zone | undefined {
  const format = formatOf(name)
  if (format === undefined) return undefined
  const offsets = new Map<number, number>()
  return (ms) => {
    // Offsets change at whole quarters of an hour only.
    const quarter = Math.floor(ms / (15 * MINUTE_MS))
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    const offset = offsetAt(format, quarter * 15 * MINUTE_MS)
    offsets.set(quarter, offset)
    return offset
  }
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    const { timeZone } = format.resolvedOptions()
    const otherCase = timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()
    return otherCase ? undefined : format
  } catch {
    return undefined
  }
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms
}

/** What the zone's clocks show, written as if it were UTC. */
export const toLocal = (zone: Zone, ms: number): number => ms + zone(ms)

/** The instant at which the zone's clocks show this. In a gap or an overlap, as Go's time.Date. */
export function fromLocal(zone: Zone, local: number): number {
  const first = local - zone(local)
  return zone(first) === zone(local) ? first : local - zone(first)
}

/** `2026-01-01T02:00:00+02:00`, and `Z` in UTC. */
export function makeRfc3339(zone: Zone, ms: number): string {
  const offset = Math.round(zone(ms) / MINUTE_MS)
  const text = new Date(ms + zone(ms)).toISOString().slice(0, 19)
  if (offset === 0) return `${text}Z`
  const size = Math.abs(offset)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${text}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
