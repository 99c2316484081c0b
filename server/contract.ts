/**
 * What the trainer's page and its server say to each other: types and one path, so that the page may import them.
 * REST under /api, JSON. Errors are `{ error: string }` with a 4xx or 5xx. Live things go over socket.io at LIVE_PATH.
 */
import type { ClusterPicture } from '../engine/index.ts'

export type Language = 'en' | 'ko'

/** How fast an attempt's clock runs beside the wall clock. */
export type Speed = 1 | 10 | 60

/** A text in every language that a scenario offers; English is always there. */
export type Texts = { en: string } & Partial<Record<Language, string>>

/** GET /api/scenarios → CatalogueEntry[]. No checks, hints, solutions or decoys. */
export interface CatalogueEntry {
  name: string
  title: Texts
  domain: string
  competency?: string
  difficulty: string
  /** The time budget in milliseconds. */
  timeMs: number
  points: number
  hints: number
}

/** POST /api/attempts with StartRequest → AttemptView (201). */
export interface StartRequest {
  scenario: string
  language?: Language
  /** For a repeat of the same run; drawn when absent. */
  seed?: string
}

/**
 * preparing: the cluster boots and is broken. running: the learner works. finished: submitted, the result is there.
 * failed: the simulation could not go on; `problem` says why.
 */
export type AttemptState = 'preparing' | 'running' | 'finished' | 'failed'

export interface ClockView {
  /** Milliseconds since 1970 on the simulated clock. */
  clockMs: number
  /** Virtual milliseconds since the cluster's start. */
  nowMs: number
  speed: Speed
  /** Whether the clock runs: someone is connected and nothing stopped it. */
  running: boolean
  /** Milliseconds of the learner's time used, of the attempt's `timeMs`. */
  usedMs: number
  /** Why the clock was stopped by the server, if it was (a runaway command). */
  paused?: string
}

export interface HostView {
  name: string
  role: 'base' | 'control-plane' | 'worker' | 'bare' | 'balancer'
  ip: string
}

export interface TerminalView {
  id: string
  host: string
  user: string
  columns: number
  rows: number
}

export interface CriterionView {
  name: string
  points: number
  got: number
  /** In result only: what was there, what was wanted, why it matters. */
  found?: string
  wanted?: string
  because?: string
  /** blocked: a criterion that it needs failed, so that it was not judged. skipped: it could not be told, and does not count. */
  state?: 'passed' | 'failed' | 'blocked' | 'skipped'
}

/** POST /api/attempts/:id/submit → ResultView. */
export interface ResultView {
  points: number
  /** With the cost of hints taken off. */
  got: number
  passed: boolean
  usedMs: number
  criteria: CriterionView[]
  hintCost: number
  solution: string
  /** Why the solution is one. */
  explanation?: string
}

/** POST /api/attempts/:id/check → ProgressView: how far, without the answers. */
export interface ProgressView {
  points: number
  got: number
  criteria: { name: string; points: number; got: number; met: boolean }[]
}

/** GET /api/attempts/:id, and what the socket sends first. GET /api/attempts → AttemptSummary[] (the browser's own). */
export interface AttemptView extends AttemptSummary {
  task: string
  hosts: HostView[]
  terminals: TerminalView[]
  /** Hints revealed so far, in order; POST /api/attempts/:id/hint reveals the next and answers the view. */
  hints: string[]
  hintsTotal: number
  /** Points that the next hint costs; absent when there is none left. */
  nextHintCost?: number
  clock: ClockView
  result?: ResultView
  problem?: string
}

export interface AttemptSummary {
  id: string
  scenario: string
  title: string
  language: Language
  state: AttemptState
  seed: string
  /** ISO instants of the wall clock. */
  startedAt: string
  finishedAt?: string
  timeMs: number
  score?: { points: number; got: number }
}

/** The socket.io path. Connect with `io({ path: LIVE_PATH, auth: { attempt: id } })`; the cookie says who. */
export const LIVE_PATH = '/live'

/** From the server. A `hello` comes on every (re)connection, with the scroll-back of each terminal. */
export interface ServerEvents {
  hello: (view: AttemptView, scrollback: Record<string, string>) => void
  'terminal.output': (message: { terminal: string; text: string }) => void
  /** The learner opened vi or nano: show an editor, answer with `terminal.edited`. */
  'terminal.edit': (message: { terminal: string; path: string; text: string; editor: 'vi' | 'nano' }) => void
  'terminal.closed': (message: { terminal: string }) => void
  /** At most four a second, and only when it changed. */
  picture: (picture: ClusterPicture) => void
  clock: (clock: ClockView) => void
  /** Something in the attempt's view changed (state, hints, terminals, result). */
  view: (view: AttemptView) => void
  /** A message to show: a limit was met, the session was paused. */
  notice: (message: { text: string }) => void
}

/** What an acknowledgement carries: `error` when it was refused. */
export type Answer<T = object> = ({ error?: undefined } & T) | { error: string }

/** From the page. Every one is acknowledged. */
export interface ClientEvents {
  'terminal.open': (
    message: { host: string; user?: string; columns: number; rows: number },
    answer: (answer: Answer<{ terminal: string }>) => void,
  ) => void
  'terminal.input': (message: { terminal: string; text: string }, answer?: (answer: Answer) => void) => void
  'terminal.resize': (
    message: { terminal: string; columns: number; rows: number },
    answer?: (answer: Answer) => void,
  ) => void
  'terminal.close': (message: { terminal: string }, answer?: (answer: Answer) => void) => void
  'terminal.edited': (message: { terminal: string; text: string | null }, answer?: (answer: Answer) => void) => void
}
