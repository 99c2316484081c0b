/**
 * How ended pods get into the status, each exactly once: their UIDs are noted as uncounted, their finalizer is taken
 * off, then the counters rise. Models trackJobStatusAndRemoveFinalizers (R2.5).
 */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Job, JobCondition, JobStatus, Pod } from '../../objects/types.gen.ts'
import type { ApiWrite, EventWrite } from '../controller.ts'
import type { BackoffRecord } from './backoff.ts'
import { announces, ensure, finalOf, makeCondition, success } from './conditions.ts'
import { MAX_UNCOUNTED_PODS } from './flags.ts'
import { hasIndex, indexOf, makeIndexes, singles, unionOf, countIndexes } from './indexes.ts'
import type { Management } from './manage.ts'
import type { Observed } from './observe.ts'
import {
  REPLACEMENT_POLICY_SINCE,
  hasFailed,
  hasSucceeded,
  isIndexed,
  isPerIndex,
  isSuspended,
  isTracked,
  untrack,
} from './pods.ts'
import { judgeFailure } from './policies.ts'

/** status.ready is told from this minor on. */
const READY_SINCE = 24
/** Suspension clears the start time from this minor on. */
const CLEARS_START_SINCE = 36

/** What is left of a sync while its writes are under way. Plain data. */
export interface Tracking {
  stage: 'pods' | 'flush' | 'untrack' | 'final'
  /** With the status that is to be written. */
  job: Job
  /** Complete or Failed, once all pods are counted. */
  ending?: JobCondition
  needsFlush: boolean
  untrack: ApiWrite[]
  /** UIDs of the pods that carry the finalizer. */
  tracked: string[]
  backoff: BackoffRecord
  /** Told when the pods are written. */
  events: EventWrite[]
  /** Too many pods to count in one sync. */
  full: boolean
  finished: boolean
}

type Draft = Required<Pick<JobStatus, 'uncountedTerminatedPods'>> & JobStatus

export function track(observed: Observed, management: Management, ended: JobCondition | undefined): Tracking {
  const { job } = observed
  const ending = ended ?? completion(observed, management)
  const tracked = observed.pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? '')
  const draft = startedStatus(observed)
  const suspension = ending === undefined ? suspend(observed, draft) : { changed: false, events: [] }
  const changed = setCounts(observed, draft, management) || suspension.changed
  const counted = countUntracked(draft, new Set(tracked))
  const sweep = sweepPods(observed, draft, ending)
  const indexed = setIndexes(observed, draft, sweep.indexes)
  const announced = announce(draft, ending)
  return {
    stage: 'pods',
    job: { ...job, status: draft },
    ...(ending !== undefined && { ending: finalOf(ending, observed.nowMs) }),
    needsFlush: changed || counted || sweep.noted || indexed || announced,
    untrack: sweep.pods.map(untrack),
    tracked,
    backoff: observed.backoff,
    events: suspension.events,
    full: sweep.full,
    finished: false,
  }
}

function startedStatus({ job, nowMs }: Observed): Draft {
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {}
  const starts = !job.status?.startTime && !isSuspended(job)
  return {
    ...job.status,
    ...(starts && { startTime: timestamp(nowMs) }),
    uncountedTerminatedPods: { succeeded: [...succeeded], failed: [...failed] },
  }
}

/** Enough pods have succeeded and none is left. */
function completion({ job, succeeded, minor, nowMs }: Observed, { active }: Management): JobCondition | undefined {
  const { completions } = job.spec ?? {}
  const enough = completions === undefined ? succeeded > 0 : succeeded >= completions
  return enough && active === 0 ? success(nowMs, minor) : undefined
}

function suspend({ job, nowMs, minor }: Observed, draft: Draft): { changed: boolean; events: EventWrite[] } {
  if (job.metadata.deletionTimestamp !== undefined) return { changed: false, events: [] }
  const [reason, message] = isSuspended(job) ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  const condition = makeCondition('Suspended', reason, message, nowMs)
  const before = draft.conditions ?? []
  const conditions = ensure(before, isSuspended(job) ? condition : { ...condition, status: 'False' })
  if (conditions === before) return { changed: false, events: [] }
  draft.conditions = conditions
  if (!isSuspended(job)) draft.startTime = timestamp(nowMs)
  else if (minor >= CLEARS_START_SINCE) delete draft.startTime
  return { changed: true, events: [jobEvent(job, 'Normal', isSuspended(job) ? 'Suspended' : 'Resumed', message)] }
}

/** Whether the counts of living pods are other than those in the status. */
function setCounts({ job, minor }: Observed, draft: Draft, { active, ready, terminating }: Management): boolean {
  const before = job.status
  draft.active = active
  if (minor >= READY_SINCE) draft.ready = ready
  if (minor >= REPLACEMENT_POLICY_SINCE) draft.terminating = terminating
  return active !== (before?.active ?? 0) || draft.ready !== before?.ready || draft.terminating !== before?.terminating
}

/** Uncounted pods that have lost their finalizer are counted now. */
export function countUntracked(draft: JobStatus, tracked: ReadonlySet<string>): boolean {
  const { succeeded = [], failed = [] } = draft.uncountedTerminatedPods ?? {}
  const left = {
    succeeded: succeeded.filter((uid) => tracked.has(uid)),
    failed: failed.filter((uid) => tracked.has(uid)),
  }
  const [won, lost] = [succeeded.length - left.succeeded.length, failed.length - left.failed.length]
  if (won + lost === 0) return false
  draft.succeeded = (draft.succeeded ?? 0) + won
  draft.failed = (draft.failed ?? 0) + lost
  draft.uncountedTerminatedPods = left
  return true
}

interface Sweep {
  /** To lose their finalizer. */
  pods: Pod[]
  /** Newly succeeded. */
  indexes: number[]
  noted: boolean
  full: boolean
}

/** Notes the pods that have ended as uncounted. */
function sweepPods(observed: Observed, draft: Draft, ending: JobCondition | undefined): Sweep {
  const sweep: Sweep = { pods: [], indexes: [], noted: false, full: false }
  const pods = isIndexed(observed.job) ? [...observed.pods].sort((a, b) => indexOf(a) - indexOf(b)) : observed.pods
  for (const pod of pods) {
    if (!isTracked(pod) || !mayUntrack(observed, pod, ending)) continue
    sweep.pods.push(pod)
    note(observed, draft, pod, ending, sweep)
    const { succeeded = [], failed = [] } = draft.uncountedTerminatedPods
    if (sweep.indexes.length + succeeded.length + failed.length >= MAX_UNCOUNTED_PODS) return { ...sweep, full: true }
  }
  return sweep
}

function mayUntrack({ job, delayed, minor }: Observed, pod: Pod, ending: JobCondition | undefined): boolean {
  if (job.metadata.deletionTimestamp !== undefined || ending !== undefined || hasSucceeded(pod)) return true
  if (!hasFailed(pod, job, minor)) return false
  return !isPerIndex(job) || delayed.get(indexOf(pod)) !== pod
}

function note(observed: Observed, draft: Draft, pod: Pod, ending: JobCondition | undefined, sweep: Sweep): void {
  const { job, minor } = observed
  const uid = pod.metadata.uid ?? ''
  const { succeeded = [], failed = [] } = draft.uncountedTerminatedPods
  const hasPlace = !isIndexed(job) || (indexOf(pod) >= 0 && indexOf(pod) < (job.spec?.completions ?? 0))
  const lost = hasFailed(pod, job, minor) || (ending !== undefined && ending.type !== 'SuccessCriteriaMet')
  if (hasSucceeded(pod) && !failed.includes(uid)) {
    if (isIndexed(job)) {
      if (!hasPlace || hasIndex(observed.succeededBefore, indexOf(pod))) return
      sweep.indexes.push(indexOf(pod))
    } else if (succeeded.includes(uid)) return
    else succeeded.push(uid)
  } else if (lost && hasPlace && !failed.includes(uid) && judgeFailure(job, pod).counts) failed.push(uid)
  else return
  draft.uncountedTerminatedPods = { succeeded, failed }
  sweep.noted = true
}

function setIndexes({ job, succeededIndexes, failedIndexes }: Observed, draft: Draft, added: number[]): boolean {
  if (!isIndexed(job)) return false
  const indexes = unionOf(succeededIndexes, singles(added))
  draft.succeeded = countIndexes(indexes)
  draft.completedIndexes = makeIndexes(indexes)
  if (failedIndexes !== undefined) draft.failedIndexes = makeIndexes(failedIndexes)
  return (
    draft.completedIndexes !== (job.status?.completedIndexes ?? '') || draft.failedIndexes !== job.status?.failedIndexes
  )
}

/** FailureTarget and SuccessCriteriaMet are told before the pods lose their finalizers. */
function announce(draft: Draft, ending: JobCondition | undefined): boolean {
  if (ending?.type !== 'FailureTarget' && ending?.type !== 'SuccessCriteriaMet') return false
  if (conditionOf(draft.conditions, ending.type)?.status === 'True') return false
  draft.conditions = [...(draft.conditions ?? []), ending]
  return true
}

/** The Job ends when all its pods are counted and, on later releases, gone. */
export function mayEnd({ job, ending, full }: Tracking, minor: number): boolean {
  const { uncountedTerminatedPods, terminating = 0 } = job.status ?? {}
  const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {}
  if (ending === undefined || full || succeeded.length + failed.length > 0) return false
  return !announces(minor) || terminating === 0
}

/** The status with its last condition. */
export function ended(job: Job, ending: JobCondition): Job {
  const conditions = ensure(job.status?.conditions, ending)
  const completed = ending.type === 'Complete' && { completionTime: ending.lastTransitionTime }
  return { ...job, status: { ...job.status, conditions, ...completed } }
}

export function endingEvents(job: Job, ending: JobCondition): EventWrite[] {
  if (ending.type !== 'Complete') return [jobEvent(job, 'Warning', ending.reason ?? '', ending.message ?? '')]
  const { completions } = job.spec ?? {}
  const tooMany = completions !== undefined && (job.status?.succeeded ?? 0) > completions
  const message = 'Too many succeeded pods running after completion count reached'
  return [
    ...(tooMany ? [jobEvent(job, 'Warning', 'TooManySucceededPods', message)] : []),
    jobEvent(job, 'Normal', 'Completed', 'Job completed'),
  ]
}

export function jobEvent(about: Job, type: EventWrite['type'], reason: string, message: string): EventWrite {
  return { verb: 'event', about, type, reason, message, source: 'job-controller' }
}
