/**
 * The life of an attempt: the task is read, the clock runs, may rest, and ends by submitting or by itself; then a
 * grade comes. Not modelled here: what the clock is, and who grades (attempt.ts, the session).
 */
import { setup } from 'xstate'

export type AttemptEvent =
  | { type: 'START' }
  | { type: 'PAUSE' }
  | { type: 'RESUME' }
  | { type: 'SUBMIT' }
  | { type: 'TIME_UP' }
  | { type: 'GRADED' }

export const attemptMachine = setup({
  types: { events: {} as AttemptEvent },
}).createMachine({
  id: 'attempt',
  initial: 'briefing',
  states: {
    briefing: { on: { START: 'flying' } },
    flying: { on: { PAUSE: 'paused', SUBMIT: 'submitted', TIME_UP: 'expired' } },
    paused: { on: { RESUME: 'flying', SUBMIT: 'submitted' } },
    submitted: { on: { GRADED: 'graded' } },
    expired: { on: { GRADED: 'graded' } },
    graded: { type: 'final' },
  },
})
