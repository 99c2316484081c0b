/** Status, conditions and the progress deadline of a Deployment (C6). */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../objects/types.gen.ts'
import { availableReplicas, desiredReplicas, maxUnavailable, specReplicas, sum } from './math.ts'
import type { Sets } from './replicasets.ts'

/** progressDeadlineSeconds of this size means none. */
const NO_DEADLINE = 2_147_483_647

export function makeCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = timestamp(nowMs)
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now }
}

/** Puts a condition at the end of the list; one with the same status and reason stays as it is. */
export function withCondition(
  conditions: DeploymentCondition[],
  condition: DeploymentCondition,
): DeploymentCondition[] {
  const present = conditionOf(conditions, condition.type)
  if (present?.status === condition.status && present.reason === condition.reason) return conditions
  return replaceCondition(conditions, condition)
}

function replaceCondition(conditions: DeploymentCondition[], condition: DeploymentCondition): DeploymentCondition[] {
  const present = conditionOf(conditions, condition.type)
  const since = present?.status === condition.status ? present.lastTransitionTime : condition.lastTransitionTime
  return [...conditions.filter(({ type }) => type !== condition.type), { ...condition, lastTransitionTime: since }]
}

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== NO_DEADLINE
}

/** Counts of the status, and the Available condition. */
export function countStatus(sets: Sets, reportsTerminating: boolean, nowMs: number): DeploymentStatus {
  const { deployment, all, fresh } = sets
  const available = sum(all, availableReplicas)
  const counts = {
    replicas: sum(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, specReplicas) - available),
  }
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(reportsTerminating && { terminatingReplicas: sum(all, (set) => set.status?.terminatingReplicas ?? 0) }),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: withCondition(deployment.status?.conditions ?? [], availability(deployment, available, nowMs)),
  }
}

function availability(deployment: Deployment, available: number, nowMs: number): DeploymentCondition {
  if (available >= desiredReplicas(deployment) - maxUnavailable(deployment)) {
    return makeCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', nowMs)
  }
  return makeCondition(
    'Available',
    'False',
    'MinimumReplicasUnavailable',
    'Deployment does not have minimum availability.',
    nowMs,
  )
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment)
  const { updatedReplicas = 0, replicas = 0, availableReplicas: available = 0, observedGeneration = 0 } = status
  return (
    updatedReplicas === desired &&
    replicas === desired &&
    available === desired &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  )
}

/** More updated, fewer old, more ready or more available than the status last written. */
function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {}
  const old = (one: DeploymentStatus): number => (one.replicas ?? 0) - (one.updatedReplicas ?? 0)
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

/** Milliseconds since 1970 at which the deadline passes; undefined when it is not being timed. */
export function deadlineMs(deployment: Deployment, conditions: DeploymentCondition[]): number | undefined {
  const progressing = conditionOf(conditions, 'Progressing')
  if (!hasProgressDeadline(deployment) || progressing === undefined) return undefined
  if (progressing.reason === 'NewReplicaSetAvailable') return undefined
  return Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000
}

function isTimedOut(deployment: Deployment, conditions: DeploymentCondition[], nowMs: number): boolean {
  const progressing = conditionOf(conditions, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') return true
  const deadline = deadlineMs(deployment, conditions)
  return deadline !== undefined && nowMs > deadline
}

/** The status of a rollout under way: counts, Progressing, ReplicaFailure. Models syncRolloutStatus. */
export function rolloutStatus(sets: Sets, reportsTerminating: boolean, nowMs: number): DeploymentStatus {
  const status = countStatus(sets, reportsTerminating, nowMs)
  const { deployment } = sets
  const kept = (status.conditions ?? []).filter(
    ({ type }) => type !== 'ReplicaFailure' && (type !== 'Progressing' || hasProgressDeadline(deployment)),
  )
  const progressed = hasProgressDeadline(deployment) ? withProgress(sets, { ...status, conditions: kept }, nowMs) : kept
  const failure = failureCondition(sets, nowMs)
  return { ...status, conditions: failure === undefined ? progressed : withCondition(progressed, failure) }
}

function withProgress(sets: Sets, status: DeploymentStatus, nowMs: number): DeploymentCondition[] {
  const { deployment, fresh } = sets
  const conditions = status.conditions ?? []
  const present = conditionOf(conditions, 'Progressing')
  const name = fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === 'NewReplicaSetAvailable'
  if (settled) return conditions
  if (isComplete(deployment, status)) {
    return withCondition(
      conditions,
      makeCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`, nowMs),
    )
  }
  if (isProgressing(deployment, status)) {
    return refreshed(
      conditions,
      makeCondition('Progressing', 'True', 'ReplicaSetUpdated', `${name} is progressing.`, nowMs),
    )
  }
  if (isTimedOut(deployment, conditions, nowMs)) {
    return withCondition(
      conditions,
      makeCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`, nowMs),
    )
  }
  return conditions
}

/** Real progress is noted even when status and reason stay: the deadline counts from it. */
function refreshed(conditions: DeploymentCondition[], condition: DeploymentCondition): DeploymentCondition[] {
  return replaceCondition(conditions, condition)
}

function failureCondition(sets: Sets, nowMs: number): DeploymentCondition | undefined {
  const failing = [...(sets.fresh ? [sets.fresh] : []), ...sets.old]
  for (const set of failing) {
    const failure = conditionOf(set.status?.conditions, 'ReplicaFailure')
    if (failure !== undefined)
      return makeCondition('ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '', nowMs)
  }
  return undefined
}

export function replaceSet(sets: Sets, changed: ReplicaSet): Sets {
  const swap = (set: ReplicaSet): ReplicaSet => (set.metadata.uid === changed.metadata.uid ? changed : set)
  return { ...sets, all: sets.all.map(swap), old: sets.old.map(swap), fresh: sets.fresh && swap(sets.fresh) }
}
