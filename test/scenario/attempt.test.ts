/** An attempt is plain data: it is stored, brought back, and goes on. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  AttemptError,
  beginAttempt,
  hintsTaken,
  leftMs,
  stepAttempt,
  takeHint,
  tickAttempt,
  usedMs,
} from '../../engine/scenario/attempt.ts'
import { catalogueEntry } from '../../engine/scenario/catalogue.ts'
import { loadScenario } from '../../engine/scenario/load.ts'
import { prepareAttempt } from '../../engine/scenario/prepare.ts'

const path = 'scenarios/troubleshooting/notready-worker.yaml'
const loaded = loadScenario(readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8'), path)
if ('problems' in loaded) throw new Error('the scenario does not load')
const { scenario } = loaded
const prepared = prepareAttempt(scenario, 's')

describe('an attempt', () => {
  it('counts only the time that it flies, over a stay in the store', () => {
    let attempt = stepAttempt(beginAttempt(prepared), { type: 'START' }, 1_000)
    attempt = stepAttempt(attempt, { type: 'PAUSE' }, 61_000)
    attempt = JSON.parse(JSON.stringify(attempt)) as typeof attempt
    expect(usedMs(attempt, 500_000)).toBe(60_000)
    attempt = stepAttempt(attempt, { type: 'RESUME' }, 500_000)
    expect(leftMs(attempt, 510_000)).toBe(360_000 - 70_000)
    expect(stepAttempt(attempt, { type: 'SUBMIT' }, 520_000)).toMatchObject({ state: 'submitted', flownMs: 80_000 })
  })

  it('expires when its time is used up, and not before', () => {
    const attempt = stepAttempt(beginAttempt(prepared), { type: 'START' }, 0)
    expect(tickAttempt(attempt, 359_999).state).toBe('flying')
    expect(tickAttempt(attempt, 360_000)).toMatchObject({ state: 'expired', flownMs: 360_000 })
  })

  it('refuses what its state does not take', () => {
    const attempt = beginAttempt(prepared)
    expect(() => stepAttempt(attempt, { type: 'SUBMIT' }, 0)).toThrow(AttemptError)
    expect(() => takeHint(attempt, prepared)).toThrow('an attempt that is briefing takes no hints')
  })

  it('gives hints in order, counts what they cost, and runs out of them', () => {
    let attempt = stepAttempt(beginAttempt(prepared), { type: 'START' }, 0)
    const given: string[] = []
    for (let i = 0; i < 3; i++) {
      const taken = takeHint(attempt, prepared)
      attempt = taken.attempt
      given.push(taken.hint.en)
    }
    expect(given).toEqual(scenario.spec.hints.map(({ en }) => en))
    expect(hintsTaken(attempt, prepared).map(({ en }) => en)).toEqual(given)
    expect(attempt.hintCost).toBe(1)
    expect(() => takeHint(attempt, prepared)).toThrow('no more hints')
  })
})

it('a catalogue entry tells nothing of checks, hints or solutions', () => {
  const text = JSON.stringify(catalogueEntry(scenario))
  expect(text).not.toMatch(/systemctl|enable|kubelet/)
  expect(catalogueEntry(scenario)).toMatchObject({ name: 'notready-worker', points: 10, hints: 3, timeMs: 360_000 })
})
