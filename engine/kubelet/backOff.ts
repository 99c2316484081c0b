/** Exponential back-off by key. Models k8s.io/client-go/util/flowcontrol/backoff.go (F4). */
import type { BackOffEntry } from './state.ts'

export interface BackOffLimits {
  initialMs: number
  capMs: number
}

/** Whether the entry says to wait, counted from the event's own time. */
export function isInBackOffSince(
  entry: BackOffEntry | undefined,
  eventMs: number,
  nowMs: number,
  limits: BackOffLimits,
): boolean {
  if (entry === undefined || expired(entry, eventMs, limits)) return false
  return nowMs - eventMs < entry.delayMs
}

/** Whether less than the delay has passed since the entry was made. */
export function isInBackOff(entry: BackOffEntry | undefined, nowMs: number, limits: BackOffLimits): boolean {
  return entry !== undefined && !expired(entry, nowMs, limits) && nowMs - entry.updatedMs < entry.delayMs
}

/** The entry after one more failure. */
export function nextBackOff(
  entry: BackOffEntry | undefined,
  eventMs: number,
  nowMs: number,
  limits: BackOffLimits,
): BackOffEntry {
  const fresh = entry === undefined || expired(entry, eventMs, limits)
  return { delayMs: fresh ? limits.initialMs : Math.min(entry.delayMs * 2, limits.capMs), updatedMs: nowMs }
}

function expired(entry: BackOffEntry, eventMs: number, limits: BackOffLimits): boolean {
  return eventMs - entry.updatedMs > 2 * limits.capMs
}
