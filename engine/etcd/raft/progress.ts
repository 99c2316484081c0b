/** A leader's view of one member's log. Models raft/tracker (progress.go, inflights.go). */
import type { Progress } from './types.ts'

const MAX_INFLIGHT = 256

export function makeProgress(next: number): Progress {
  return {
    match: 0,
    next,
    state: 'probe',
    paused: false,
    inflight: [],
    active: false,
    pendingSnapshot: 0,
    snapshotSentAt: 0,
  }
}

export function isPaused(progress: Progress, maxInflight = MAX_INFLIGHT): boolean {
  if (progress.state === 'probe') return progress.paused
  return progress.state === 'snapshot' || progress.inflight.length >= maxInflight
}

/** After a snapshot that may have arrived, the entry behind it is tried first. */
export function becomeProbe(progress: Progress): void {
  const next = progress.state === 'snapshot' ? progress.pendingSnapshot + 1 : 0
  enter(progress, 'probe')
  progress.next = Math.max(progress.match + 1, next)
}

export function becomeReplicate(progress: Progress): void {
  enter(progress, 'replicate')
  progress.next = progress.match + 1
}

/** A snapshot up to `index` is on its way: nothing else is sent. */
export function becomeSnapshot(progress: Progress, index: number, now: number): void {
  enter(progress, 'snapshot')
  progress.next = index + 1
  progress.pendingSnapshot = index
  progress.snapshotSentAt = now
}

function enter(progress: Progress, state: Progress['state']): void {
  progress.state = state
  progress.paused = false
  progress.inflight = []
  progress.pendingSnapshot = 0
}

/** An append up to `lastIndex` with `count` entries left. */
export function noteSent(progress: Progress, count: number, lastIndex: number): void {
  if (progress.state === 'probe') progress.paused = true
  if (progress.state !== 'replicate' || count === 0) return
  progress.next = lastIndex + 1
  progress.inflight.push(lastIndex)
}

/** The member has the log up to an index. Returns whether that is news. */
export function noteMatch(progress: Progress, index: number): boolean {
  const news = index > progress.match
  if (news) progress.match = index
  if (news) progress.paused = false
  progress.next = Math.max(progress.next, index + 1)
  progress.inflight = progress.inflight.filter((sent) => sent > index)
  return news
}

/** The member refused what follows `rejected`; its log may agree at `hint`. Returns false for old news. */
export function noteReject(progress: Progress, rejected: number, hint: number): boolean {
  if (progress.state === 'replicate') {
    if (rejected <= progress.match) return false
    becomeProbe(progress)
    return true
  }
  if (progress.next - 1 !== rejected) return false
  progress.next = Math.max(Math.min(rejected, hint + 1), progress.match + 1)
  progress.paused = false
  return true
}
