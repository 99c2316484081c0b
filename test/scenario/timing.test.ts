/** Checks over time: within, stableFor, always, never, on the cluster's own clock. */
import { describe, expect, it } from 'vitest'
import { startWatch, stepWatch } from '../../engine/scenario/timing.ts'
import type { Timing } from '../../engine/scenario/timing.ts'

/** What becomes of a check that is looked at each second: `+` holds, `-` does not. The instant of the verdict, and whether it passed. */
function verdict(timing: Timing, looks: string): string {
  let watch = startWatch(timing, 0)
  for (const [second, look] of [...looks].entries()) {
    const step = stepWatch(watch, { holds: look === '+', found: '' }, second * 1000)
    if (step.verdict !== undefined) return `${step.verdict.passed ? 'passed' : 'failed'} at ${second}`
    watch = step.watch
  }
  return 'open'
}

const CASES: [string, Timing, string, string][] = [
  ['without time the first look decides', {}, '-+', 'failed at 0'],
  ['within waits for it', { within: '3s' }, '--+', 'passed at 2'],
  ['within has an end', { within: '3s' }, '----+', 'failed at 3'],
  ['stableFor wants it to stay', { within: '5s', stableFor: '2s' }, '-+-+++', 'passed at 5'],
  ['a stretch that began in time may end after it', { within: '2s', stableFor: '3s' }, '--++++', 'passed at 5'],
  ['a stretch that breaks after the end is lost', { within: '2s', stableFor: '3s' }, '--++-', 'failed at 4'],
  ['always bears no break', { always: '3s' }, '++-+', 'failed at 2'],
  ['always passes at the end only', { always: '3s' }, '++++', 'passed at 3'],
  ['never fails at the first time', { never: '3s' }, '--+-', 'failed at 2'],
  ['never passes at the end', { never: '2s' }, '---', 'passed at 2'],
]

describe('a watched check', () => {
  it.each(CASES)('%s', (_name, timing, looks, expected) => expect(verdict(timing, looks)).toBe(expected))
})
