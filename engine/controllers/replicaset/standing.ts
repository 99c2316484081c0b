/**
 * What a ReplicaSet counts of each of its pods. A set is looked at at each change of one of its pods,
 * and may have thousands: what was found out about the others is kept. Derived, never dumped.
 */
import { isPodReady, podPhaseActive } from '../../objects/meta.ts'
import { matchesLabels, selectorFromLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { Pod, ReplicaSet, ReplicaSetSpec } from '../../objects/types.gen.ts'

export interface Standing {
  /** The set's selector matches. */
  selected: boolean
  /** It has the labels of the set's template. */
  labeled: boolean
  active: boolean
  terminating: boolean
  ready: boolean
}

interface Known {
  pods: Pod[]
  standings: Standing[]
}

/** The last list of each spec. */
const known = new WeakMap<ReplicaSetSpec, Known>()

/** The standing of each pod, in the order of the pods. */
export function standingsOf(set: ReplicaSet, pods: Pod[]): Standing[] {
  if (set.spec === undefined) return pods.map(standingIn(set))
  const standings = follow(known.get(set.spec), pods, standingIn(set))
  known.set(set.spec, { pods, standings })
  return standings
}

/** Walks both lists at once, as they mostly hold the same pods in the same order. */
function follow(last: Known | undefined, pods: Pod[], make: (pod: Pod) => Standing): Standing[] {
  let at = 0
  return pods.map((pod) => {
    const found = last === undefined || last.pods[at] === pod ? at : last.pods.indexOf(pod, at)
    at = found === -1 ? at + 1 : found + 1
    return last?.standings[found] ?? make(pod)
  })
}

function standingIn(set: ReplicaSet): (pod: Pod) => Standing {
  const selector = selectorFromObject(set.spec?.selector)
  const template = selectorFromLabels(set.spec?.template?.metadata?.labels)
  return (pod) => ({
    selected: matchesLabels(selector, pod.metadata.labels),
    labeled: matchesLabels(template, pod.metadata.labels),
    active: podPhaseActive(pod),
    terminating: pod.metadata.deletionTimestamp !== undefined && !isOver(pod),
    ready: isPodReady(pod),
  })
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}
