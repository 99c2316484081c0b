/** Conditions of a Job (R2.4). Models newCondition and ensureJobConditionStatus. */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Job, JobCondition } from '../../objects/types.gen.ts'

/** Failure and success are announced, and pods seen to their end, before Failed and Complete, from this minor on. */
const INTERIM_SINCE = 31
/** Complete has a reason from this minor on. */
const COMPLETE_REASON_SINCE = 32

export const announces = (minor: number): boolean => minor >= INTERIM_SINCE

export function makeCondition(type: string, reason: string, message: string, nowMs: number): JobCondition {
  const at = timestamp(nowMs)
  return {
    type,
    status: 'True',
    lastProbeTime: at,
    lastTransitionTime: at,
    ...(reason !== '' && { reason }),
    ...(message !== '' && { message }),
  }
}

export const failure = (reason: string, message: string, nowMs: number, minor: number): JobCondition =>
  makeCondition(announces(minor) ? 'FailureTarget' : 'Failed', reason, message, nowMs)

export function success(nowMs: number, minor: number): JobCondition {
  const type = announces(minor) ? 'SuccessCriteriaMet' : 'Complete'
  return minor >= COMPLETE_REASON_SINCE
    ? makeCondition(type, 'CompletionsReached', 'Reached expected number of succeeded pods', nowMs)
    : makeCondition(type, '', '', nowMs)
}

/** What follows an announcement: Failed after FailureTarget, Complete after SuccessCriteriaMet. */
export function finalOf(condition: JobCondition, nowMs: number): JobCondition {
  const type = { FailureTarget: 'Failed', SuccessCriteriaMet: 'Complete' }[condition.type] ?? condition.type
  return makeCondition(type, condition.reason ?? '', condition.message ?? '', nowMs)
}

/** Puts a condition in its place. One that is not there is not added as False. */
export function ensure(list: JobCondition[] | undefined, condition: JobCondition): JobCondition[] {
  const conditions = list ?? []
  const old = conditionOf(conditions, condition.type)
  if (old === undefined) return condition.status === 'False' ? conditions : [...conditions, condition]
  const same = old.status === condition.status && old.reason === condition.reason && old.message === condition.message
  return same ? conditions : conditions.map((one) => (one === old ? condition : one))
}

export function holds(job: Job, type: string): boolean {
  return conditionOf(job.status?.conditions, type)?.status === 'True'
}

export const isFinished = (job: Job): boolean => holds(job, 'Complete') || holds(job, 'Failed')
