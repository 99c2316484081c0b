/** The status of a StatefulSet: Models computeReplicaStatus, completeRollingUpdate (R1.3). */
import { semanticEqual } from '../../objects/equal.ts'
import { isPodAvailable, isPodReady } from '../../objects/meta.ts'
import type { Pod, StatefulSet, StatefulSetStatus } from '../../objects/types.gen.ts'
import { isTerminating, replicasOf, revisionOf } from './identity.ts'

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod)

export const isRunningAndAvailable = (pod: Pod, set: StatefulSet, nowMs: number): boolean =>
  isRunningAndReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)

export interface Names {
  current: string
  update: string
}

/** The status that these pods make. `minor` 22 and later tell what is available. */
export function countStatus(set: StatefulSet, pods: Pod[], names: Names, nowMs: number): StatefulSetStatus {
  const count = (holds: (pod: Pod) => boolean): number => pods.filter(holds).length
  const isOf = (revision: string) => (pod: Pod) => !isTerminating(pod) && revisionOf(pod) === revision
  return {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: count(isRunningAndReady),
    availableReplicas: count((pod) => isRunningAndAvailable(pod, set, nowMs)),
    currentReplicas: count(isOf(names.current)),
    updatedReplicas: count(isOf(names.update)),
    currentRevision: names.current,
    updateRevision: names.update,
    collisionCount: set.status?.collisionCount ?? 0,
  }
}

/** A rolling update that has reached every pod makes the new revision the current one. */
function completed(set: StatefulSet, status: StatefulSetStatus): StatefulSetStatus {
  const wanted = replicasOf(set)
  const done = status.updatedReplicas === wanted && status.readyReplicas === wanted && status.replicas === wanted
  if (set.spec?.updateStrategy?.type !== 'RollingUpdate' || !done) return status
  return { ...status, currentReplicas: status.updatedReplicas, currentRevision: status.updateRevision }
}

const ALWAYS = ['observedGeneration', 'replicas', 'availableReplicas', 'collisionCount']

/** As it is written: counts of zero are left out. */
export function statusToWrite(
  set: StatefulSet,
  status: StatefulSetStatus,
  minor: number,
): StatefulSetStatus | undefined {
  const entries = Object.entries(completed(set, status)).filter(([name, value]) => value !== 0 || ALWAYS.includes(name))
  const next = Object.fromEntries(
    entries.filter(([name]) => name !== 'availableReplicas' || minor >= 22),
  ) as unknown as StatefulSetStatus
  return semanticEqual(next, set.status) ? undefined : next
}
