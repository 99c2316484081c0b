/**
 * An attempt as plain data: what a session stores and brings back. Times are milliseconds on whichever clock the
 * session counts by, the cluster's or the wall's; the attempt only needs it to go forward.
 */
import { initialTransition, transition } from 'xstate'
import { attemptMachine } from './attempt.machine.ts'
import type { AttemptEvent } from './attempt.machine.ts'
import type { Localized } from './format/common.ts'
import type { Parameters } from './format/scenario.ts'
import type { Grade } from './grade.ts'
import type { PreparedAttempt } from './prepare.ts'

export type AttemptState = 'briefing' | 'flying' | 'paused' | 'submitted' | 'expired' | 'graded'

export interface Attempt {
  scenario: string
  seed: string
  parameters: Parameters
  state: AttemptState
  budgetMs: number
  /** Time flown in finished stretches. */
  flownMs: number
  /** When the present stretch began; only while flying. */
  flyingSinceMs?: number
  hintsTaken: number
  hintCost: number
  grade?: Grade
}

/** An event that the attempt's state does not take: submitting twice, pausing what is over. */
export class AttemptError extends Error {}

export function beginAttempt(prepared: PreparedAttempt): Attempt {
  const [initial] = initialTransition(attemptMachine)
  const { scenario, seed, parameters, timeMs } = prepared
  return {
    scenario: scenario.metadata.name,
    seed,
    parameters,
    state: initial.value as AttemptState,
    budgetMs: timeMs,
    flownMs: 0,
    hintsTaken: 0,
    hintCost: 0,
  }
}

/** The attempt after an event. Throws AttemptError when its state takes no such event. */
export function stepAttempt(attempt: Attempt, event: AttemptEvent, nowMs: number): Attempt {
  const [next] = transition(attemptMachine, attemptMachine.resolveState({ value: attempt.state }), event)
  const state = next.value as AttemptState
  if (state === attempt.state) throw new AttemptError(`an attempt that is ${attempt.state} takes no ${event.type}`)
  const { flyingSinceMs: _, ...rest } = attempt
  const flown = { ...rest, state, flownMs: usedMs(attempt, nowMs) }
  return state === 'flying' ? { ...flown, flyingSinceMs: nowMs } : flown
}

/** Keeps the grade and ends the attempt. */
export function finishAttempt(attempt: Attempt, grade: Grade, nowMs: number): Attempt {
  return { ...stepAttempt(attempt, { type: 'GRADED' }, nowMs), grade }
}

/** The time used so far, never more than the budget. */
export function usedMs(attempt: Attempt, nowMs: number): number {
  const running = attempt.flyingSinceMs === undefined ? 0 : Math.max(0, nowMs - attempt.flyingSinceMs)
  return Math.min(attempt.budgetMs, attempt.flownMs + running)
}

export function leftMs(attempt: Attempt, nowMs: number): number {
  return attempt.budgetMs - usedMs(attempt, nowMs)
}

/** TIME_UP when the budget is used up; otherwise the attempt as it is. */
export function tickAttempt(attempt: Attempt, nowMs: number): Attempt {
  return attempt.state === 'flying' && leftMs(attempt, nowMs) <= 0
    ? stepAttempt(attempt, { type: 'TIME_UP' }, nowMs)
    : attempt
}

/** Takes the next hint, and pays for it. Throws AttemptError when there is none left or the attempt is over. */
export function takeHint(attempt: Attempt, prepared: PreparedAttempt): { attempt: Attempt; hint: Localized } {
  if (attempt.state !== 'flying' && attempt.state !== 'paused')
    throw new AttemptError(`an attempt that is ${attempt.state} takes no hints`)
  const next = prepared.scenario.spec.hints[attempt.hintsTaken]
  if (next === undefined) throw new AttemptError('there are no more hints')
  const { cost = 0, ...hint } = next
  return { attempt: { ...attempt, hintsTaken: attempt.hintsTaken + 1, hintCost: attempt.hintCost + cost }, hint }
}

/** The hints that were taken, to show them again after a refresh. */
export function hintsTaken(attempt: Attempt, prepared: PreparedAttempt): Localized[] {
  return prepared.scenario.spec.hints.slice(0, attempt.hintsTaken).map(({ en, ko }) => ({ en, ko }))
}
