/** Which objects a quota's scopes mean. Models pkg/quota/v1/evaluator/core/pods.go podMatchesScopeFunc and persistent_volume_claims.go. */
import type { Pod, PodAffinityTerm, ResourceQuota, ScopedResourceSelectorRequirement } from '../types.gen.ts'
import type { PersistentVolumeClaim } from '../types.gen.ts'

export type Requirement = ScopedResourceSelectorRequirement

/** `spec.scopes` and `spec.scopeSelector` as one list. */
export function scopesOf({ spec }: ResourceQuota): Requirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName): Requirement => ({ scopeName, operator: 'Exists' }))
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])]
}

/** A label-like requirement over one value that may be absent. */
function matchesValue({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  const has = value !== undefined && value !== ''
  if (operator === 'Exists') return has
  if (operator === 'DoesNotExist') return !has
  if (operator === 'NotIn') return !has || !values.includes(value)
  return has && values.includes(value)
}

function isBestEffort(pod: Pod): boolean {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const all = [pod.spec?.resources, ...containers.map(({ resources }) => resources)]
  const counted = ([name, value]: [string, unknown]): boolean =>
    (name === 'cpu' || name === 'memory') && !/^0+[a-zA-Z]*$/.test(String(value))
  return !all.some((one) =>
    [...Object.entries(one?.requests ?? {}), ...Object.entries(one?.limits ?? {})].some(counted),
  )
}

function crossesNamespaces(pod: Pod): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  const terms = [podAffinity, podAntiAffinity].flatMap((one): PodAffinityTerm[] => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some(
    ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
  )
}

const isTerminating = ({ spec }: Pod): boolean => (spec?.activeDeadlineSeconds ?? -1) >= 0

const POD_SCOPES: Record<string, (pod: Pod, requirement: Requirement) => boolean> = {
  Terminating: (pod) => isTerminating(pod),
  NotTerminating: (pod) => !isTerminating(pod),
  BestEffort: (pod) => isBestEffort(pod),
  NotBestEffort: (pod) => !isBestEffort(pod),
  PriorityClass: ({ spec }, requirement) => matchesValue(requirement, spec?.priorityClassName),
  CrossNamespacePodAffinity: (pod) => crossesNamespaces(pod),
}

/** Whether an object of a resource is meant by one requirement. Only pods and claims have scopes. */
export function matchesScope(resource: string, object: unknown, requirement: Requirement): boolean {
  if (resource === 'pods') return POD_SCOPES[requirement.scopeName]?.(object as Pod, requirement) ?? false
  if (resource !== 'persistentvolumeclaims' || requirement.scopeName !== 'VolumeAttributesClass') return false
  return matchesValue(requirement, (object as PersistentVolumeClaim).spec?.volumeAttributesClassName)
}
