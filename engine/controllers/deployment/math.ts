/** Rollout arithmetic: Models pkg/controller/deployment/util/deployment_util.go (C2, C3, C4). */
import type { Deployment, ReplicaSet } from '../../objects/types.gen.ts'

export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

/** A count or a percentage of `total`; nothing counts as 0. Throws on a text that is no percentage. */
export function scaledValue(value: number | string | undefined, total: number, round: (x: number) => number): number {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  const match = /^(\d+)%$/.exec(value)
  if (match === null) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`)
  return round((Number(match[1]) * total) / 100)
}

export interface FencePosts {
  surge: number
  unavailable: number
}

/** maxSurge rounds up, maxUnavailable down; when both are 0, unavailable is 1. */
export function resolveFencePosts(
  maxSurge: number | string | undefined,
  maxUnavailable: number | string | undefined,
  desired: number,
): FencePosts {
  const surge = scaledValue(maxSurge, desired, Math.ceil)
  const unavailable = scaledValue(maxUnavailable, desired, Math.floor)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec?.strategy?.type !== 'Recreate'
}

export function desiredReplicas(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1
}

export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment)
  if (!isRollingUpdate(deployment) || desired === 0) return 0
  const { maxSurge, maxUnavailable: limit } = deployment.spec?.strategy?.rollingUpdate ?? {}
  return Math.min(resolveFencePosts(maxSurge, limit, desired).unavailable, desired)
}

export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0
  const { maxSurge: surge, maxUnavailable: limit } = deployment.spec?.strategy?.rollingUpdate ?? {}
  return resolveFencePosts(surge, limit, desiredReplicas(deployment)).surge
}

export function minAvailable(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? desiredReplicas(deployment) - maxUnavailable(deployment) : 0
}

export function specReplicas(set: ReplicaSet | undefined): number {
  return set === undefined ? 0 : (set.spec?.replicas ?? 1)
}

export function availableReplicas(set: ReplicaSet | undefined): number {
  return set?.status?.availableReplicas ?? 0
}

export function sum(sets: ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0)
}

/** The size that the new ReplicaSet should have now (C3 step 2). */
export function newSetReplicas(deployment: Deployment, all: ReplicaSet[], current: number): number {
  const desired = desiredReplicas(deployment)
  if (!isRollingUpdate(deployment)) return desired
  const room = desired + maxSurge(deployment) - sum(all, specReplicas)
  if (room <= 0) return current
  return current + Math.min(room, desired - current)
}

/** How much one ReplicaSet grows or shrinks when its Deployment is scaled in mid-rollout (C4). */
export function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  const replicas = specReplicas(set)
  if (replicas === 0 || toAdd === 0 || toAdd === added) return 0
  const fraction = setFraction(set, deployment)
  const left = toAdd - added
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function setFraction(set: ReplicaSet, deployment: Deployment): number {
  if (desiredReplicas(deployment) === 0) return -specReplicas(set)
  const size = desiredReplicas(deployment) + maxSurge(deployment)
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? 0) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  return roundHalfAway((specReplicas(set) * size) / before) - specReplicas(set)
}

function roundHalfAway(value: number): number {
  return value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5)
}
