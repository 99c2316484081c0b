/** How long a Job waits before it replaces failed pods: Models pkg/controller/job/backoff_utils.go (R2.3). */
import { conditionOf } from '../../objects/meta.ts'
import type { ContainerStatus, Pod } from '../../objects/types.gen.ts'
import { MAX_POD_FAILURE_BACKOFF_MS, POD_FAILURE_BACKOFF_MS } from './flags.ts'

/** Plain data. */
export interface BackoffRecord {
  failuresAfterLastSuccess: number
  /** Milliseconds since 1970; absent without failures. */
  lastFailureMs?: number
}

/** The record after more pods have ended. A success forgets the failures before it. */
export function nextRecord(old: BackoffRecord | undefined, succeeded: Pod[], failed: Pod[]): BackoffRecord {
  const record = old ?? { failuresAfterLastSuccess: 0 }
  if (succeeded.length === 0 && failed.length === 0) return record
  const lastSuccessMs = Math.max(-Infinity, ...succeeded.map(finishedAtMs))
  const later = failed.map(finishedAtMs).filter((ms) => succeeded.length === 0 || ms > lastSuccessMs)
  const before = succeeded.length === 0 ? record.failuresAfterLastSuccess : 0
  return {
    failuresAfterLastSuccess: before + later.length,
    ...(later.length > 0 && { lastFailureMs: Math.max(...later) }),
  }
}

export function remainingMs({ failuresAfterLastSuccess, lastFailureMs }: BackoffRecord, nowMs: number): number {
  if (failuresAfterLastSuccess === 0 || lastFailureMs === undefined) return 0
  const wait = Math.min(POD_FAILURE_BACKOFF_MS * 2 ** (failuresAfterLastSuccess - 1), MAX_POD_FAILURE_BACKOFF_MS)
  return Math.max(0, lastFailureMs + wait - nowMs)
}

/** When a pod ended: its last container, else its last being ready, else its deletion, else its creation. */
export function finishedAtMs(pod: Pod): number {
  return containersFinishedMs(pod) ?? unreadySinceMs(pod) ?? deletedAtMs(pod) ?? Date.parse(createdAt(pod))
}

const createdAt = (pod: Pod): string => pod.metadata.creationTimestamp ?? ''

function containersFinishedMs(pod: Pod): number | undefined {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map(({ name }) => name),
  )
  const init = (pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))
  const times = [...(pod.status?.containerStatuses ?? []), ...init].map(endedMs)
  return times.length === 0 || times.some(Number.isNaN) ? undefined : Math.max(...times)
}

const endedMs = (status: ContainerStatus): number => Date.parse(status.state?.terminated?.finishedAt ?? '')

function unreadySinceMs(pod: Pod): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready')
  return ready?.status === 'False' && ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : undefined
}

function deletedAtMs(pod: Pod): number | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
  return deletionTimestamp ? Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000 : undefined
}
