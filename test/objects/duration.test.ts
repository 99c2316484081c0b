import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { humanDuration, makeGoDuration, parseGoDuration, shortHumanDuration } from '../../engine/objects/duration.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H
const Y = 365 * D

describe('humanDuration (K2)', () => {
  it.each([
    [-2 * S, '<invalid>'],
    [-1, '0s'],
    [S, '1s'],
    [70 * S, '70s'],
    [119_999, '119s'],
    [2 * M, '2m'],
    [2 * M + S, '2m1s'],
    [3 * M + 10 * S, '3m10s'],
    [10 * M + S, '10m'],
    [70 * M, '70m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [3 * H + M, '3h1m'],
    [7 * H + 59 * M, '7h59m'],
    [8 * H + 59 * M, '8h'],
    [47 * H, '47h'],
    [48 * H, '2d'],
    [49 * H, '2d1h'],
    [7 * D + 23 * H, '7d23h'],
    [8 * D + 2 * H, '8d'],
    [729 * D, '729d'],
    [2 * Y, '2y'],
    [2 * Y + 25 * H, '2y1d'],
    [7 * Y + 364 * D, '7y364d'],
    [8 * Y, '8y'],
  ])('%d ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text))

  it('has a short form of the largest unit', () =>
    expect([59 * S, 70 * S, 3 * H, 25 * H, 400 * D].map(shortHumanDuration)).toEqual(['59s', '1m', '3h', '1d', '1y']))
})

describe('Go durations', () => {
  it.each([
    ['1h2m3.5s', 3_723_500, '1h2m3.5s'],
    ['1.5h', 5_400_000, '1h30m0s'],
    ['80s', 80_000, '1m20s'],
    ['300ms', 300, '300ms'],
    ['-2ms', -2, '-2ms'],
    ['0', 0, '0s'],
  ])('%s', (text, ms, made) => {
    expect(parseGoDuration(text)).toBe(ms)
    expect(makeGoDuration(ms)).toBe(made)
  })

  it("refuses in Go's words", () => {
    expect(() => parseGoDuration('3d')).toThrow('time: unknown unit "d" in duration "3d"')
    expect(() => parseGoDuration('3')).toThrow('time: missing unit in duration "3"')
    expect(() => parseGoDuration('')).toThrow('time: invalid duration ""')
  })

  it('law: what is made reads back', () =>
    fc.assert(fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => parseGoDuration(makeGoDuration(ms)) === ms)))
})
