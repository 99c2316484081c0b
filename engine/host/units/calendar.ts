/** Calendar events of timers: `daily`, `Mon..Fri *-*-* 10:00:00`, `*:0/5`. Models systemd.time(7); UTC only, no `~`. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const NAMED: Record<string, string> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  midnight: '*-*-* 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
}

type Fits = (value: number) => boolean

export interface Calendar {
  /** As `systemctl show` and `systemd-analyze calendar` write it. */
  text: string
  weekday: Fits
  year: Fits
  month: Fits
  day: Fits
  hours: number[]
  minutes: number[]
  seconds: number[]
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** `*`, `5`, `1..5`, `0/15`, `1,3`; undefined: not understood. */
function field(text: string, low: number, high: number): Fits | undefined {
  const tests: Fits[] = []
  for (const part of text.split(',')) {
    const match = /^(\*|\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/.exec(part)
    if (match === null) return undefined
    const from = match[1] === '*' ? low : Number(match[1])
    const step = match[3] === undefined ? undefined : Number(match[3])
    const to = match[2] !== undefined ? Number(match[2]) : match[1] === '*' || step !== undefined ? high : from
    if (from < low && low > 0) return undefined
    if (from > high || step === 0) return undefined
    tests.push((value) => value >= from && value <= to && (value - from) % (step ?? 1) === 0)
  }
  return (value) => tests.some((test) => test(value))
}

function weekdays(text: string): Fits | undefined {
  const wanted = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const ends = part.split(/\.\.|-/).map((name) => DAYS.indexOf(name.slice(0, 3)))
    if (ends.includes(-1)) return undefined
    const [from = 0, to = from] = ends
    for (let day = from; ; day = (day + 1) % 7) {
      wanted.add(day)
      if (day === to) break
    }
  }
  return (value) => wanted.has(value)
}

/** Reads a calendar event; undefined: systemd would say `Failed to parse`. */
export function parseCalendar(text: string): Calendar | undefined {
  const words = (NAMED[text.trim().toLowerCase()] ?? text)
    .trim()
    .split(/\s+/)
    .filter((word) => word !== 'UTC')
  const weekday = /^[A-Za-z]/.test(words[0] ?? '') ? weekdays(words.shift() as string) : (): boolean => true
  const date = words[0]?.includes('-') ? (words.shift() as string) : '*-*-*'
  const time = words.shift() ?? '00:00:00'
  if (words.length > 0) return undefined
  const parts = date.split('-')
  const [year, month, day] = parts.length === 2 ? ['*', ...parts] : parts
  const [hour, minute, second = '00'] = time.split(':')
  if (minute === undefined) return undefined
  const made = {
    weekday,
    year: field(year ?? '', 1970, 2199),
    month: field(month ?? '', 1, 12),
    day: field(day ?? '', 1, 31),
  }
  const hours = field(hour ?? '', 0, 23)
  const minutes = field(minute, 0, 59)
  const seconds = field(second, 0, 59)
  if (made.weekday === undefined || made.year === undefined || made.month === undefined || made.day === undefined)
    return undefined
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined
  return {
    text: `${date} ${[hour, minute, second].join(':')}`,
    weekday: made.weekday,
    year: made.year,
    month: made.month,
    day: made.day,
    hours: range(0, 23).filter(hours),
    minutes: range(0, 59).filter(minutes),
    seconds: range(0, 59).filter(seconds),
  }
}

const DAY_MS = 86_400_000

/** The first instant after `afterMs` (since 1970 UTC) that fits; undefined: never within ten years. */
export function nextElapse(calendar: Calendar, afterMs: number): number | undefined {
  const firstDay = Math.floor(afterMs / DAY_MS)
  for (let day = firstDay; day < firstDay + 3660; day++) {
    const date = new Date(day * DAY_MS)
    if (!calendar.weekday(date.getUTCDay()) || !calendar.year(date.getUTCFullYear())) continue
    if (!calendar.month(date.getUTCMonth() + 1) || !calendar.day(date.getUTCDate())) continue
    for (const hour of calendar.hours) {
      if (day * DAY_MS + (hour + 1) * 3_600_000 <= afterMs) continue
      for (const minute of calendar.minutes)
        for (const second of calendar.seconds) {
          const at = day * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000
          if (at > afterMs) return at
        }
    }
  }
  return undefined
}
