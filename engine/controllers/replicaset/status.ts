/** The status of a ReplicaSet: Models pkg/controller/replicaset/replica_set_utils.go calculateStatus (D6). */
import { conditionOf, isPodAvailable, isPodReady, timestamp } from '../../objects/meta.ts'
import { matchesLabels, selectorFromLabels } from '../../objects/selectors.ts'
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../objects/types.gen.ts'

export interface Failure {
  reason: 'FailedCreate' | 'FailedDelete'
  message: string
}

export function calculateStatus(set: ReplicaSet, active: Pod[], terminating: number | undefined, failure: Failure | undefined, nowMs: number): ReplicaSetStatus {
  const template = selectorFromLabels(set.spec?.template?.metadata?.labels)
  const minReady = set.spec?.minReadySeconds ?? 0
  const count = (test: (pod: Pod) => boolean): number => active.filter(test).length
  return {
    replicas: active.length,
    ...nonZero('fullyLabeledReplicas', count((pod) => matchesLabels(template, pod.metadata.labels))),
    ...nonZero('readyReplicas', count(isPodReady)),
    ...nonZero('availableReplicas', count((pod) => isPodAvailable(pod, minReady, nowMs))),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    observedGeneration: set.metadata.generation ?? 0,
    ...conditionsWith(set.status?.conditions, failure, nowMs),
  }
}

function nonZero(name: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [name]: value }
}

function conditionsWith(old: ReplicaSetCondition[] | undefined, failure: Failure | undefined, nowMs: number): { conditions?: ReplicaSetCondition[] } {
  const present = conditionOf(old, 'ReplicaFailure')
  const others = (old ?? []).filter((condition) => condition.type !== 'ReplicaFailure')
  if (failure === undefined) return others.length === 0 ? {} : { conditions: others }
  if (present !== undefined) return { conditions: old }
  const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(nowMs), ...failure }
  return { conditions: [...others, condition] }
}
