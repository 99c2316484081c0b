/**
 * Drives a flight's clock by the wall clock. What comes from outside is done between two steps of the
 * clock, never within one, so that the input log says exactly when it came.
 *
 * Speeds: 1, 10 and 60 follow the wall clock times that number. `max` goes as fast as it can while
 * somebody waits for an answer, and otherwise at MAX_SPEED times the wall clock.
 */
import type { Flight } from '../engine/index.ts'

export type PaceSpeed = number | 'max'

/** An hour a second: what `max` means while nobody waits. */
export const MAX_SPEED = 3_600

export interface PaceOptions {
  speed: PaceSpeed
  /** Share of one processor that this flight may use, 0 to 1. Absent: no limit. */
  share?: number
  /** How much unused share is kept, in milliseconds of work. */
  burstMs?: number
  /** Longest single step of virtual time. */
  maxStepMs?: number
  /** After each step that moved the clock. */
  onStep?: () => void
  /** The engine threw, or the flight worked without a pause for `stuckMs`: the pace has stopped. */
  onFailure?: (error: Error) => void
  /** The flight could not keep up for so long that it was stopped. */
  onRunaway?: () => void
  runawayMs?: number
}

type PacedFlight = Pick<Flight, 'advance' | 'nowMs'>

const IDLE_TICK_MS = 20
const BUSY_TICK_MS = 1
const STEP_MS = 1_000
/** Steps while somebody waits at `max`. */
const AHEAD_MS = 20
/** Wall time between two looks at the outside world. */
const SLICE_MS = 12
/** Behind by more than this, the clock gives up the rest: it slows down instead of running after. */
const MAX_LAG_MS = 250

export class Pace {
  speed: PaceSpeed
  private flight: PacedFlight
  private options: PaceOptions
  private running = false
  private timer: NodeJS.Timeout | undefined
  private working: Promise<void> | undefined
  private acts: (() => void)[] = []
  private anchor = { wallMs: 0, virtualMs: 0 }
  private waiting = 0
  private budgetMs: number
  private budgetAt = 0
  private starvedSince: number | undefined

  constructor(flight: PacedFlight, options: PaceOptions) {
    this.flight = flight
    this.options = options
    this.speed = options.speed
    this.budgetMs = options.burstMs ?? 0
  }

  get isRunning(): boolean {
    return this.running
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.budgetAt = performance.now()
    this.starvedSince = undefined
    this.anchorHere()
    this.wake()
  }

  /** Stops the clock. Settles when no step is under way; the flight then stands still. */
  async stop(): Promise<void> {
    this.running = false
    clearTimeout(this.timer)
    this.timer = undefined
    await this.working
  }

  setSpeed(speed: PaceSpeed): void {
    this.speed = speed
    this.anchorHere()
    this.wake()
  }

  /** Does something with the flight between two steps of its clock, soon. With the clock stopped: at once. */
  act(act: () => void): void {
    if (!this.running && this.working === undefined) return act()
    this.acts.push(act)
    this.wake()
  }

  /** Runs while the clock stands still: between two steps, with no step until it settles. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    const wasRunning = this.running
    await this.stop()
    this.doActs()
    let done: () => void = () => undefined
    this.working = new Promise((resolve) => (done = resolve))
    try {
      return await task()
    } finally {
      this.working = undefined
      done()
      this.doActs()
      if (wasRunning) this.start()
    }
  }

  /** Somebody waits for an answer: the clock ticks finely until as many `answered` calls. */
  asked(): void {
    this.waiting++
    this.wake()
  }

  answered(): void {
    if (this.waiting > 0) this.waiting--
  }

  private anchorHere(): void {
    this.anchor = { wallMs: performance.now(), virtualMs: this.flight.nowMs }
  }

  private get factor(): number {
    return this.speed === 'max' ? MAX_SPEED : this.speed
  }

  private wake(): void {
    if (!this.running || this.working !== undefined) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.turn(), 0)
  }

  private turn(): void {
    if (!this.running || this.working !== undefined) return
    this.working = this.work().then(
      () => this.rest(),
      (error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))),
    )
  }

  private rest(): void {
    this.working = undefined
    if (!this.running) return
    const delayMs = this.acts.length > 0 ? 0 : this.waiting > 0 && this.budgetMs >= 0 ? BUSY_TICK_MS : IDLE_TICK_MS
    this.timer = setTimeout(() => this.turn(), delayMs)
  }

  private fail(error: Error): void {
    this.working = undefined
    this.running = false
    this.options.onFailure?.(error)
  }

  private doActs(): void {
    const acts = this.acts
    this.acts = []
    for (const act of acts) act()
  }

  /** One slice: what came from outside, then the clock up to where the wall clock says. */
  private async work(): Promise<void> {
    const startedMs = performance.now()
    const fromMs = this.flight.nowMs
    if (this.acts.length > 0) {
      this.doActs()
      // What comes next comes at a later instant, so that the log alone tells what came before what.
      await this.flight.advance(1)
    }
    if (this.mayWork(startedMs)) await this.follow(startedMs)
    this.charge(performance.now() - startedMs)
    if (this.flight.nowMs !== fromMs || this.acts.length > 0) this.options.onStep?.()
  }

  private async follow(startedMs: number): Promise<void> {
    const maxStepMs = this.options.maxStepMs ?? STEP_MS
    while (this.running && this.acts.length === 0) {
      const leftMs = this.dueMs() - this.flight.nowMs
      const ahead = this.speed === 'max' && this.waiting > 0
      if (leftMs < 1 && !ahead) return
      await this.flight.advance(leftMs < 1 ? AHEAD_MS : Math.min(leftMs, maxStepMs))
      if (performance.now() - startedMs > SLICE_MS) break
    }
    this.giveUpLag()
  }

  private dueMs(): number {
    return Math.floor(this.anchor.virtualMs + (performance.now() - this.anchor.wallMs) * this.factor)
  }

  private giveUpLag(): void {
    const lagMs = this.dueMs() - this.flight.nowMs
    if (Math.abs(lagMs) > MAX_LAG_MS * Math.max(1, this.factor)) this.anchorHere()
    else if (lagMs < 0) this.anchorHere()
  }

  private mayWork(nowMs: number): boolean {
    const { share, burstMs = 0, runawayMs } = this.options
    if (share === undefined) return true
    this.budgetMs = Math.min(burstMs, this.budgetMs + (nowMs - this.budgetAt) * share)
    this.budgetAt = nowMs
    if (this.budgetMs > 0) {
      if (this.budgetMs > burstMs / 2) this.starvedSince = undefined
      return true
    }
    this.starvedSince ??= nowMs
    this.anchorHere()
    if (runawayMs !== undefined && nowMs - this.starvedSince > runawayMs) {
      this.running = false
      this.options.onRunaway?.()
    }
    return false
  }

  private charge(workMs: number): void {
    if (this.options.share !== undefined) this.budgetMs -= workMs
  }
}
