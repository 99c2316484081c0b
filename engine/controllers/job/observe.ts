/** What is known of a Job when it is looked at, and whether it is over. Models syncJob (R2.2 to R2.4). */
import { conditionOf } from '../../objects/meta.ts'
import type { Job, JobCondition, Pod } from '../../objects/types.gen.ts'
import { finishedAtMs, nextRecord } from './backoff.ts'
import type { BackoffRecord } from './backoff.ts'
import { failure, finalOf, makeCondition } from './conditions.ts'
import { countIndexes, hasIndex, indexOf, parseIndexes, singles, unionOf } from './indexes.ts'
import type { Indexes } from './indexes.ts'
import {
  absoluteFailureCountOf,
  activeOf,
  failureCountOf,
  hasFailed,
  hasSucceeded,
  isCountable,
  isIndexed,
  isPerIndex,
  isSuspended,
  isTerminating,
} from './pods.ts'
import { judgeFailure, judgeSuccess } from './policies.ts'

export interface Observed {
  job: Job
  pods: Pod[]
  active: Pod[]
  terminating: number
  succeeded: number
  failed: number
  backoff: BackoffRecord
  /** Indexes that had succeeded at the last sync, and those that have now. */
  succeededBefore: Indexes
  succeededIndexes: Indexes
  /** With backoffLimitPerIndex. */
  failedIndexes: Indexes | undefined
  /** Failed pods that wait for their successor, which takes over the count of failures; by index. */
  delayed: Map<number, Pod>
  minor: number
  nowMs: number
}

export function observe(
  job: Job,
  pods: Pod[],
  record: BackoffRecord | undefined,
  minor: number,
  nowMs: number,
): Observed {
  const { succeeded: counted = [], failed: countedFailed = [] } = job.status?.uncountedTerminatedPods ?? {}
  const countable = pods.filter((pod) => isCountable(pod, job))
  const isNew = (uids: string[]) => (pod: Pod) => !uids.includes(pod.metadata.uid ?? '')
  const newSucceeded = countable.filter(hasSucceeded).filter(isNew(counted))
  const newFailed = countable.filter((pod) => hasFailed(pod, job, minor)).filter(isNew(countedFailed))
  const observed: Observed = {
    job,
    pods,
    active: activeOf(pods),
    terminating: pods.filter(isTerminating).length,
    succeeded: (job.status?.succeeded ?? 0) + newSucceeded.length + counted.length,
    failed:
      (job.status?.failed ?? 0) +
      newFailed.filter((pod) => judgeFailure(job, pod).counts).length +
      countedFailed.length,
    backoff: nextRecord(record, newSucceeded, newFailed),
    succeededBefore: [],
    succeededIndexes: [],
    failedIndexes: undefined,
    delayed: new Map(),
    minor,
    nowMs,
  }
  return isIndexed(job) ? withIndexes(observed, countable) : observed
}

function withIndexes(observed: Observed, countable: Pod[]): Observed {
  const { job } = observed
  const completions = job.spec?.completions ?? 0
  const succeededBefore = parseIndexes(job.status?.completedIndexes, completions)
  const succeededIndexes = unionOf(succeededBefore, singles(countable.filter(hasSucceeded).map(indexOf)))
  const failedIndexes = isPerIndex(job)
    ? unionOf(
        parseIndexes(job.status?.failedIndexes, completions),
        singles(countable.filter((pod) => isIndexFailed(observed, pod)).map(indexOf)),
      )
    : undefined
  const next = {
    ...observed,
    succeededBefore,
    succeededIndexes,
    failedIndexes,
    succeeded: countIndexes(succeededIndexes),
  }
  return { ...next, delayed: isPerIndex(job) ? delayedPods(next, countable) : new Map<number, Pod>() }
}

/** The failure of this pod is the last that its index may have. */
function isIndexFailed({ job, minor }: Observed, pod: Pod): boolean {
  if (!hasFailed(pod, job, minor)) return false
  const { action, counts } = judgeFailure(job, pod)
  return action === 'FailIndex' || (counts && failureCountOf(pod) >= (job.spec?.backoffLimitPerIndex ?? 0))
}

function delayedPods(observed: Observed, countable: Pod[]): Map<number, Pod> {
  const { job, minor, active, succeededIndexes, failedIndexes = [] } = observed
  const running = new Set(active.map(indexOf))
  const delayed = new Map<number, Pod>()
  for (const pod of countable) {
    const at = indexOf(pod)
    if (!hasFailed(pod, job, minor) || running.has(at)) continue
    if (hasIndex(succeededIndexes, at) || hasIndex(failedIndexes, at)) continue
    const other = delayed.get(at)
    if (other === undefined || isLater(pod, other)) delayed.set(at, pod)
  }
  return delayed
}

const isLater = (pod: Pod, other: Pod): boolean =>
  absoluteFailureCountOf(other) <= absoluteFailureCountOf(pod) && finishedAtMs(pod) >= finishedAtMs(other)

/** The condition that ends the Job, when it is over for another reason than that all is done. In upstream's order. */
export function endingOf(observed: Observed): JobCondition | undefined {
  const { job, minor, nowMs } = observed
  const met = conditionOf(job.status?.conditions, 'SuccessCriteriaMet')
  if (met?.status === 'True') return met
  const doomed = conditionOf(job.status?.conditions, 'FailureTarget')
  if (doomed?.status === 'True') return finalOf(doomed, nowMs)
  const refused = policyFailure(observed)
  if (refused !== undefined) return makeCondition('FailureTarget', 'PodFailurePolicy', refused, nowMs)
  const [reason, message] = limitOf(observed) ?? []
  if (reason !== undefined && message !== undefined) return failure(reason, message, nowMs, minor)
  const rule = isIndexed(job) ? judgeSuccess(job, observed.succeededIndexes) : undefined
  return rule === undefined ? undefined : makeCondition('SuccessCriteriaMet', 'SuccessPolicy', rule, nowMs)
}

function policyFailure({ job, pods, minor }: Observed): string | undefined {
  for (const pod of pods) {
    const message = hasFailed(pod, job, minor) ? judgeFailure(job, pod).message : undefined
    if (message !== undefined) return message
  }
  return undefined
}

/** A limit that the Job has passed: reason and message. */
function limitOf(observed: Observed): [string, string] | undefined {
  const { job, failed } = observed
  if (failed > (job.spec?.backoffLimit ?? 6) || pastRestarts(observed))
    return ['BackoffLimitExceeded', 'Job has reached the specified backoff limit']
  const left = deadlineInMs(observed)
  if (left !== undefined && left <= 0) return ['DeadlineExceeded', 'Job was active longer than specified deadline']
  return failedIndexesLimit(observed)
}

/** Milliseconds until activeDeadlineSeconds have passed; undefined without a deadline or while suspended. */
export function deadlineInMs({ job, nowMs }: Observed): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds
  const startTime = job.status?.startTime
  if (seconds === undefined || isSuspended(job)) return undefined
  return (startTime ? Date.parse(startTime) : nowMs) + seconds * 1000 - nowMs
}

/** Restarts of containers count where pods are restarted in place. */
function pastRestarts({ job, pods }: Observed): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false
  const limit = job.spec.backoffLimit ?? 6
  const present = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
  const statuses = present.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ])
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function failedIndexesLimit({ job, succeededIndexes, failedIndexes }: Observed): [string, string] | undefined {
  if (failedIndexes === undefined) return undefined
  const count = countIndexes(failedIndexes)
  if (job.spec?.maxFailedIndexes !== undefined && count > job.spec.maxFailedIndexes)
    return ['MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes']
  const all = count + countIndexes(succeededIndexes) >= (job.spec?.completions ?? 0)
  return count > 0 && all ? ['FailedIndexes', 'Job has failed indexes'] : undefined
}
