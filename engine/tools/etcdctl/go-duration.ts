/** How long a call took, as Go prints it. A call between events costs no virtual time: a few milliseconds are added. */
import type { Proc, Run } from '../../host/process.ts'

export function* tookText(p: Proc, startedMs: number): Run<string> {
  const waited = (yield* p.now()) - startedMs
  const nanoseconds = Math.round((waited + 1.5 + 4 * (yield* p.random())) * 1_000_000)
  return durationText(nanoseconds)
}

/** time.Duration.String */
export function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  if (nanoseconds < 1_000) return `${nanoseconds}ns`
  if (nanoseconds < 1_000_000) return `${trimmed(nanoseconds / 1_000, 3)}µs`
  if (nanoseconds < 1_000_000_000) return `${trimmed(nanoseconds / 1_000_000, 6)}ms`
  const seconds = nanoseconds / 1_000_000_000
  if (seconds < 60) return `${trimmed(seconds, 9)}s`
  return `${Math.floor(seconds / 60)}m${trimmed(seconds % 60, 9)}s`
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, '')
}
