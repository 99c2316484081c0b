/** Schedules of CronJobs as github.com/robfig/cron/v3 reads them (R3). */
import { describe, expect, it } from 'vitest'
import { parseSchedule } from '../../engine/objects/cron/schedule.ts'
import { makeRfc3339, zoneOf } from '../../engine/objects/cron/zones.ts'

function errorOf(text: string): string {
  const parsed = parseSchedule(text)
  return 'error' in parsed ? parsed.error : ''
}

/** The next times after an instant, in UTC. */
function times(text: string, after: string, count = 1): string[] {
  const parsed = parseSchedule(text)
  if ('error' in parsed) throw new Error(parsed.error)
  const found: string[] = []
  for (let at: number | undefined = Date.parse(after); found.length < count;) {
    at = parsed.schedule.next(at)
    if (at === undefined) return [...found, 'never']
    found.push(new Date(at).toISOString().replace('.000', ''))
  }
  return found
}

describe('schedules', () => {
  it.each([
    ['*/5 * * * *', '2026-01-01T00:03:20Z', '2026-01-01T00:05:00Z'],
    ['*/5 * * * *', '2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z'],
    ['0 3 * * *', '2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'],
    ['30 6-16/4 * * 1-5', '2026-01-02T14:30:00Z', '2026-01-05T06:30:00Z'],
    ['0 0 29 feb *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['5/20 * * * ?', '2026-01-01T00:46:00Z', '2026-01-01T01:05:00Z'],
    ['15 10 * * MON,wed', '2026-01-01T00:00:00Z', '2026-01-05T10:15:00Z'],
    ['@hourly', '2026-01-01T00:00:01Z', '2026-01-01T01:00:00Z'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@every 1h30m', '2026-01-01T00:00:10Z', '2026-01-01T01:30:10Z'],
    ['@every 500ms', '2026-01-01T00:00:10Z', '2026-01-01T00:00:11Z'],
  ])('%s after %s is %s', (schedule, after, next) => {
    expect(times(schedule, after)).toEqual([next])
  })

  it('takes either day when both are restricted, and both when one is a star', () => {
    expect(times('0 0 13 * 5', '2026-02-01T00:00:00Z', 2)).toEqual(['2026-02-06T00:00:00Z', '2026-02-13T00:00:00Z'])
    expect(times('0 0 */2 * 1', '2026-01-01T00:00:00Z', 2)).toEqual(['2026-01-03T00:00:00Z', '2026-01-05T00:00:00Z'])
    expect(times('0 0 */1 * 1', '2026-01-01T00:00:00Z')).toEqual(['2026-01-05T00:00:00Z'])
  })

  it('has no time for a day that does not exist', () => {
    expect(times('0 0 31 2 *', '2026-01-01T00:00:00Z')).toEqual(['never'])
  })

  it('runs by the clocks of a zone, also when they are set', () => {
    expect(times('TZ=Europe/Berlin 0 3 * * *', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-30T01:00:00Z',
    ])
    expect(times('CRON_TZ=America/New_York 30 2 * * *', '2026-03-08T00:00:00Z', 2)).toEqual([
      '2026-03-09T06:30:00Z',
      '2026-03-10T06:30:00Z',
    ])
    expect(times('TZ=Asia/Kolkata 0 * * * *', '2026-01-01T00:00:00Z')).toEqual(['2026-01-01T00:30:00Z'])
  })

  it.each([
    ['bogus', 'expected exactly 5 fields, found 1: [bogus]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['@foo', 'unrecognized descriptor: @foo'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
    ['@every 5x', 'failed to parse duration @every 5x: time: unknown unit "x" in duration "5x"'],
    ['TZ=Mars/Base * * * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
    ['', 'empty spec string'],
  ])('refuses %s', (schedule, error) => {
    expect(errorOf(schedule)).toBe(error)
  })
})

describe('zones', () => {
  it('knows names by their case, and no offsets', () => {
    for (const name of ['Europe/Berlin', 'US/Pacific', 'Etc/UTC', '']) expect(zoneOf(name), name).toBeDefined()
    for (const name of ['europe/berlin', 'utc', '+01:00', 'Foo/Bar']) expect(zoneOf(name), name).toBeUndefined()
  })

  it('writes times as the zone shows them', () => {
    const ms = Date.parse('2026-07-01T12:00:00Z')
    const written = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC'].map((name) =>
      makeRfc3339(zoneOf(name) ?? (() => 0), ms),
    )
    expect(written).toEqual([
      '2026-07-01T14:00:00+02:00',
      '2026-07-01T08:00:00-04:00',
      '2026-07-01T17:30:00+05:30',
      '2026-07-01T12:00:00Z',
    ])
  })
})
