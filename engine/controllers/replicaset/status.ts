/** The status of a ReplicaSet: Models pkg/controller/replicaset/replica_set_utils.go calculateStatus (D6). */
import { conditionOf, isPodAvailable, timestamp } from '../../objects/meta.ts'
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../objects/types.gen.ts'
import { standingsOf } from './standing.ts'

export interface Failure {
  reason: 'FailedCreate' | 'FailedDelete'
  message: string
}

export function calculateStatus(
  set: ReplicaSet,
  active: Pod[],
  terminating: number | undefined,
  failure: Failure | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const { labeled, ready, available } = countPods(set, active, nowMs)
  return {
    replicas: active.length,
    ...nonZero('fullyLabeledReplicas', labeled),
    ...nonZero('readyReplicas', ready),
    ...nonZero('availableReplicas', available),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    observedGeneration: set.metadata.generation ?? 0,
    ...conditionsWith(set.status?.conditions, failure, nowMs),
  }
}

function countPods(
  set: ReplicaSet,
  active: Pod[],
  nowMs: number,
): { labeled: number; ready: number; available: number } {
  const minReady = set.spec?.minReadySeconds ?? 0
  const counts = { labeled: 0, ready: 0, available: 0 }
  for (const [at, { labeled, ready }] of standingsOf(set, active).entries()) {
    if (labeled) counts.labeled++
    if (!ready) continue
    counts.ready++
    if (minReady === 0 || isPodAvailable(active[at] as Pod, minReady, nowMs)) counts.available++
  }
  return counts
}

function nonZero(name: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [name]: value }
}

function conditionsWith(
  old: ReplicaSetCondition[] | undefined,
  failure: Failure | undefined,
  nowMs: number,
): { conditions?: ReplicaSetCondition[] } {
  const present = conditionOf(old, 'ReplicaFailure')
  const others = (old ?? []).filter((condition) => condition.type !== 'ReplicaFailure')
  if (failure === undefined) return others.length === 0 ? {} : { conditions: others }
  if (present !== undefined) return { conditions: old }
  const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(nowMs), ...failure }
  return { conditions: [...others, condition] }
}
