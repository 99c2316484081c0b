/**
 * Checks over time, on the cluster's own clock. `within` waits for something to become true, `stableFor`
 * for it to stay so, `always` and `never` watch for a stretch. A watch is plain data that observations step.
 */
import { parseGoDuration } from '../objects/duration.ts'
import type { ClusterView } from '../view.ts'
import { NotSupported } from '../view.ts'
import type { Observation } from './checks/check.ts'

export interface Timing {
  within?: string
  stableFor?: string
  always?: string
  never?: string
}

/** A check being watched: since when, and since when it holds without a break. */
export interface Watch {
  timing: Timing
  sinceMs: number
  holdsSinceMs?: number
}

export interface Verdict {
  passed: boolean
  found: string
  atMs: number
}

const ms = (text: string | undefined): number => (text === undefined ? 0 : parseGoDuration(text))

export function startWatch(timing: Timing, sinceMs: number): Watch {
  return { timing, sinceMs }
}

/** Takes one observation in; a verdict when there is nothing left to wait for. */
export function stepWatch(
  watch: Watch,
  { holds, found }: Observation,
  nowMs: number,
): { watch: Watch; verdict?: Verdict } {
  const { always, never } = watch.timing
  if (always !== undefined) return overStretch(watch, holds, ms(always), found, nowMs)
  if (never !== undefined) return overStretch(watch, !holds, ms(never), found, nowMs)
  return untilTrue(watch, holds, found, nowMs)
}

function overStretch(
  watch: Watch,
  good: boolean,
  lengthMs: number,
  found: string,
  nowMs: number,
): { watch: Watch; verdict?: Verdict } {
  if (!good) return { watch, verdict: { passed: false, found, atMs: nowMs } }
  return nowMs - watch.sinceMs >= lengthMs ? { watch, verdict: { passed: true, found, atMs: nowMs } } : { watch }
}

function untilTrue(watch: Watch, holds: boolean, found: string, nowMs: number): { watch: Watch; verdict?: Verdict } {
  const { within, stableFor } = watch.timing
  if (!holds) {
    const { holdsSinceMs: _, ...fresh } = watch
    return nowMs - watch.sinceMs >= ms(within)
      ? { watch: fresh, verdict: { passed: false, found, atMs: nowMs } }
      : { watch: fresh }
  }
  const next = { ...watch, holdsSinceMs: watch.holdsSinceMs ?? nowMs }
  return nowMs - next.holdsSinceMs >= ms(stableFor)
    ? { watch: next, verdict: { passed: true, found, atMs: nowMs } }
    : { watch: next }
}

/** How often a watched check looks. */
export const POLL_MS = 1_000

/** Watches one check to its verdict. */
export async function watchCheck(
  timing: Timing,
  view: ClusterView,
  look: () => Promise<Observation>,
): Promise<Observation> {
  let watch = startWatch(timing, await view.now())
  for (;;) {
    const step = stepWatch(watch, await lookSafely(look), await view.now())
    if (step.verdict !== undefined) return { holds: step.verdict.passed, found: step.verdict.found }
    watch = step.watch
    await view.wait(POLL_MS)
  }
}

/** A server that does not answer is something seen, not a crash; what a cluster cannot tell at all goes on as an error. */
export async function lookSafely(look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof NotSupported) throw error
    return { holds: false, found: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
  }
}
