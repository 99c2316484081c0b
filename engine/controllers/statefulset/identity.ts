/** Who a pod of a StatefulSet is: Models pkg/controller/statefulset/stateful_set_utils.go (R1.2). */
import { semanticEqual } from '../../objects/equal.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet, Volume } from '../../objects/types.gen.ts'
import { controllerReference } from '../shared/owners.ts'
import { podFromTemplate } from '../shared/pod-template.ts'

export const POD_NAME = 'statefulset.kubernetes.io/pod-name'
export const POD_INDEX = 'apps.kubernetes.io/pod-index'
export const REVISION = 'controller-revision-hash'
/** Pods carry their index as a label from this minor on. */
const POD_INDEX_SINCE = 28

const NAME = /^(.*)-([0-9]+)$/s

/** The ordinal in a pod's name, when the name is one of this set; -1 otherwise. */
export function ordinalOf(set: StatefulSet, podName: string): number {
  const match = NAME.exec(podName)
  return match !== null && match[1] === set.metadata.name ? Number(match[2]) : -1
}

export function startOf(set: StatefulSet): number {
  return set.spec?.ordinals?.start ?? 0
}

export function replicasOf(set: StatefulSet): number {
  return set.spec?.replicas ?? 1
}

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set)
}

export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[REVISION] ?? ''
export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined
export const isMonotonic = (set: StatefulSet): boolean => set.spec?.podManagementPolicy !== 'Parallel'

function claimName(set: StatefulSet, claim: PersistentVolumeClaim, ordinal: number): string {
  return `${claim.metadata.name}-${set.metadata.name}-${ordinal}`
}

/** The claims that the pod of that ordinal uses, made from the templates. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
    },
  }))
}

/** The claims' volumes come first and replace volumes of the same name. */
function volumesFor(set: StatefulSet, ordinal: number, present: Volume[]): Volume[] {
  const templates = set.spec?.volumeClaimTemplates ?? []
  const names = new Set(templates.map(({ metadata }) => metadata.name))
  const claimed = templates.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }))
  return [...claimed, ...present.filter(({ name }) => !names.has(name))]
}

function identityLabels(name: string, ordinal: number, minor: number): Record<string, string> {
  return { [POD_NAME]: name, ...(minor >= POD_INDEX_SINCE && { [POD_INDEX]: String(ordinal) }) }
}

/** A pod of that ordinal, from a template of some revision. */
export function newPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
  minor: number,
): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const pod = podFromTemplate(set, template, controllerReference(set, 'apps/v1', 'StatefulSet'))
  const { generateName: _, ...metadata } = pod.metadata
  const labels = { ...metadata.labels, ...identityLabels(name, ordinal, minor), [REVISION]: revision }
  const volumes = volumesFor(set, ordinal, pod.spec?.volumes ?? [])
  return {
    ...pod,
    metadata: { ...metadata, name, namespace: set.metadata.namespace, labels },
    spec: {
      ...pod.spec,
      containers: pod.spec?.containers ?? [],
      hostname: name,
      ...((set.spec?.serviceName ?? '') !== '' && { subdomain: set.spec?.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  }
}

/** The pod with the labels and volumes that it should have; the same object when it has them. */
export function withIdentity(set: StatefulSet, pod: Pod, ordinal: number, minor: number): Pod {
  const labels = { ...pod.metadata.labels, ...identityLabels(pod.metadata.name, ordinal, minor) }
  const volumes = pod.spec?.volumes ?? []
  const stored = hasVolumes(set, ordinal, volumes)
  if (semanticEqual(labels, pod.metadata.labels) && stored) return pod
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: {
      ...pod.spec,
      containers: pod.spec?.containers ?? [],
      volumes: stored ? volumes : volumesFor(set, ordinal, volumes),
    },
  }
}

function hasVolumes(set: StatefulSet, ordinal: number, volumes: Volume[]): boolean {
  return (set.spec?.volumeClaimTemplates ?? []).every((template) => {
    const volume = volumes.find(({ name }) => name === template.metadata.name)
    return volume?.persistentVolumeClaim?.claimName === claimName(set, template, ordinal)
  })
}
