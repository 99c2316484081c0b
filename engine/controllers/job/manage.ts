/** Which pods a Job creates or deletes in one sync: Models manageJob (R2.2). */
import { isPodReady } from '../../objects/meta.ts'
import type { Pod } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'
import { deletePod } from '../shared/pod-template.ts'
import { finishedAtMs, remainingMs } from './backoff.ts'
import { MAX_PODS_PER_SYNC } from './flags.ts'
import { indexOf, lowestMissing, singles, unionOf } from './indexes.ts'
import type { Observed } from './observe.ts'
import {
  absoluteFailureCountOf,
  isIndexed,
  isPerIndex,
  isSuspended,
  isTerminating,
  isTracked,
  jobPod,
  replacesOnlyFailed,
  surplusPods,
  untrack,
} from './pods.ts'

export interface Management {
  create: ApiWrite[]
  /** Deletions, and before each of them the removal of its finalizer. */
  remove: ApiWrite[]
  /** How many pods are active, ready and terminating when all of it has worked. */
  active: number
  ready: number
  terminating: number
  /** Look again: new pods wait for the back-off. */
  waitMs?: number
}

export function manageJob(observed: Observed): Management {
  const { job, active, nowMs } = observed
  if (isSuspended(job)) return removal(observed, surplusPods(job, active, active.length, nowMs))
  const wanted = wantedActive(observed)
  const surplus = surplusPods(job, active, Math.max(0, active.length - wanted), nowMs).slice(0, MAX_PODS_PER_SYNC)
  if (surplus.length > 0) return removal(observed, surplus)
  const terminating = replacesOnlyFailed(job, observed.minor) ? observed.terminating : 0
  const missing = wanted - terminating - active.length
  return missing > 0 ? creation(observed, Math.min(missing, MAX_PODS_PER_SYNC)) : standing(observed)
}

export function standing({ active, terminating }: Observed): Management {
  return { create: [], remove: [], active: active.length, ready: active.filter(isPodReady).length, terminating }
}

function wantedActive({ job, active, succeeded }: Observed): number {
  const { completions, parallelism = 1 } = job.spec ?? {}
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(completions - succeeded, parallelism))
}

function removal(observed: Observed, pods: Pod[]): Management {
  const remove = pods.flatMap((pod) => [...(isTracked(pod) ? [untrack(pod)] : []), deletePod(pod)])
  return without(observed, pods, remove)
}

function without(observed: Observed, pods: Pod[], remove: ApiWrite[]): Management {
  const now = standing(observed)
  return {
    create: [],
    remove,
    active: now.active - pods.length,
    ready: now.ready - pods.filter(isPodReady).length,
    terminating: now.terminating + pods.length,
  }
}

/** The Job is over: what still runs is deleted, and keeps its finalizer until it was counted. */
export function removeActive(observed: Observed): Management {
  return without(observed, observed.active, observed.active.map(deletePod))
}

function creation(observed: Observed, count: number): Management {
  const { job, minor, backoff, nowMs } = observed
  const waitMs = isPerIndex(job) ? 0 : remainingMs(backoff, nowMs)
  if (waitMs > 0) return { ...standing(observed), active: 0, waitMs }
  if (!isIndexed(job))
    return creating(
      observed,
      Array.from({ length: count }, () => jobPod(job, undefined, undefined, minor)),
    )
  const indexes = pendingIndexes(observed, count)
  const ready = indexes.filter((at) => indexWaitMs(observed, at) === 0)
  if (isPerIndex(job) && ready.length === 0 && indexes.length > 0)
    return { ...standing(observed), active: 0, waitMs: Math.min(...indexes.map((at) => indexWaitMs(observed, at))) }
  return creating(
    observed,
    (isPerIndex(job) ? ready : indexes).map((at) => jobPod(job, at, observed.delayed.get(at), minor)),
  )
}

function creating(observed: Observed, create: ApiWrite[]): Management {
  const now = standing(observed)
  return { ...now, create, active: now.active + create.length }
}

function pendingIndexes(observed: Observed, count: number): number[] {
  const { job, pods, active, succeededIndexes, failedIndexes = [], minor } = observed
  const going = replacesOnlyFailed(job, minor) ? pods.filter(isTerminating) : []
  const present = singles([...active, ...going].map(indexOf).filter((at) => at >= 0))
  return lowestMissing(unionOf(unionOf(succeededIndexes, present), failedIndexes), count, job.spec?.completions ?? 0)
}

function indexWaitMs({ delayed, nowMs }: Observed, at: number): number {
  const pod = delayed.get(at)
  if (pod === undefined) return 0
  const record = { failuresAfterLastSuccess: absoluteFailureCountOf(pod) + 1, lastFailureMs: finishedAtMs(pod) }
  return remainingMs(record, nowMs)
}
