/** Which run of a CronJob is due: Models pkg/controller/cronjob/utils.go (R3). Times in ms since 1970. */
import { parseSchedule } from '../../objects/cron/schedule.ts'
import type { Parsed, Schedule } from '../../objects/cron/schedule.ts'
import { UTC, zoneOf } from '../../objects/cron/zones.ts'
import type { Zone } from '../../objects/cron/zones.ts'
import type { CronJob } from '../../objects/types.gen.ts'

/** Runs are looked for a little late, for clocks that differ. */
const NEXT_SCHEDULE_DELTA_MS = 100
/** More missed runs than this are many. */
const MANY_MISSED = 100

/** The schedule in the CronJob's own zone; a zone written into the schedule goes before it. */
export function scheduleOf({ spec }: CronJob): Parsed {
  const { schedule = '', timeZone } = spec ?? {}
  if (schedule.includes('TZ') || timeZone === undefined || zoneOf(timeZone) === undefined)
    return parseSchedule(schedule)
  return parseSchedule(`TZ=${timeZone} ${schedule}`)
}

export function zoneOfCronJob({ spec }: CronJob): Zone {
  return zoneOf(spec?.timeZone ?? '') ?? UTC
}

export interface Recent {
  earliestMs: number
  /** The last run before now; undefined when none is due. */
  dueMs?: number
  missed: 'none' | 'few' | 'many'
  error?: string
}

/** The most recent run that should have begun since the last one. */
export function mostRecent(cronJob: CronJob, schedule: Schedule, nowMs: number, withDeadline: boolean): Recent {
  const earliestMs = earliest(cronJob, nowMs, withDeadline)
  const first = schedule.next(earliestMs)
  if (first === undefined) return { earliestMs, missed: 'none', error: NO_DIFFERENCE }
  if (nowMs < first) return { earliestMs, missed: 'none' }
  const second = schedule.next(first)
  if (second === undefined) return { earliestMs, missed: 'none', error: NO_DIFFERENCE }
  if (nowMs < second) return { earliestMs, dueMs: first, missed: 'none' }
  return lastOfMany({ earliestMs, first, periodMs: Math.round((second - first) / 1000) * 1000 }, schedule, nowMs)
}

const NO_DIFFERENCE = 'time difference between two schedules is less than 1 second'

function earliest({ metadata, status, spec }: CronJob, nowMs: number, withDeadline: boolean): number {
  const begunMs = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '')
  const seconds = spec?.startingDeadlineSeconds
  return withDeadline && seconds !== undefined ? Math.max(begunMs, nowMs - seconds * 1000) : begunMs
}

interface Run {
  earliestMs: number
  first: number
  periodMs: number
}

/** Begins near the end, as if all runs were equally far apart. */
function lastOfMany({ earliestMs, first, periodMs }: Run, schedule: Schedule, nowMs: number): Recent {
  if (periodMs < 1000) return { earliestMs, missed: 'none', error: NO_DIFFERENCE }
  const count = Math.floor((nowMs - first) / periodMs) + 1
  const missed = count > MANY_MISSED ? 'many' : 'few'
  let dueMs: number | undefined
  for (let at = schedule.next(first + (count - 2) * periodMs); at !== undefined && at <= nowMs; at = schedule.next(at))
    dueMs = at
  return { earliestMs, missed, ...(dueMs !== undefined && { dueMs }) }
}

/** How long until the next run is to be looked for. */
export function nextRunInMs(cronJob: CronJob, schedule: Schedule, nowMs: number): number {
  const { earliestMs, dueMs, missed, error } = mostRecent(cronJob, schedule, nowMs, false)
  const fromMs = error !== undefined ? nowMs : (dueMs ?? (missed === 'none' ? earliestMs : nowMs))
  return (schedule.next(fromMs) ?? nowMs) + NEXT_SCHEDULE_DELTA_MS - nowMs
}
