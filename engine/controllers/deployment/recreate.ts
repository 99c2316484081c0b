/** Recreate: Models pkg/controller/deployment/recreate.go. All old pods are gone before a new one is made. */
import { podPhaseActive } from '../../objects/meta.ts'
import type { Pod } from '../../objects/types.gen.ts'
import { specReplicas } from './math.ts'
import type { Sets } from './replicasets.ts'
import { scaleWrite } from './scale.ts'
import type { ScaleWrite } from './scale.ts'

export function recreateScaleDown({ deployment, old }: Sets): ScaleWrite[] {
  return old.filter((set) => specReplicas(set) > 0).map((set) => scaleWrite(deployment, set, 0))
}

/** Pods of old sets that are not over yet; terminating ones still count. */
export function oldPodsRunning(sets: Sets, podsOf: (uid: string) => Pod[]): boolean {
  if (sets.old.some((set) => (set.status?.replicas ?? 0) > 0)) return true
  return sets.old.some((set) => podsOf(set.metadata.uid ?? '').some((pod) => podPhaseActive(pod) || isTerminating(pod)))
}

function isTerminating(pod: Pod): boolean {
  const phase = pod.status?.phase
  return pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded' && phase !== 'Failed'
}
