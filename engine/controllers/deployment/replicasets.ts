/** A Deployment's ReplicaSets: which is the new one, which are old (C5). */
import { semanticEqual } from '../../objects/equal.ts'
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../objects/types.gen.ts'
import { availableReplicas, specReplicas } from './math.ts'

export const POD_TEMPLATE_HASH = 'pod-template-hash'

/** What a pass knows. `old` holds every set but the new one, oldest first. */
export interface Sets {
  deployment: Deployment
  all: ReplicaSet[]
  fresh: ReplicaSet | undefined
  old: ReplicaSet[]
}

function createdBefore(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  if (left !== right) return left < right ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

export function oldestFirst(sets: ReplicaSet[]): ReplicaSet[] {
  return [...sets].sort(createdBefore)
}

export function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const labels = template?.metadata?.labels
  if (template?.metadata === undefined || labels?.[POD_TEMPLATE_HASH] === undefined) return template
  const { [POD_TEMPLATE_HASH]: _hash, ...rest } = labels
  return { ...template, metadata: { ...template.metadata, labels: rest } }
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}

/** Sorts the sets: the new one is the oldest whose template equals the Deployment's. */
export function classify(deployment: Deployment, sets: ReplicaSet[]): Sets {
  const all = oldestFirst(sets)
  const fresh = all.find((set) => sameTemplate(set.spec?.template, deployment.spec?.template))
  return { deployment, all, fresh, old: all.filter((set) => set !== fresh) }
}

export function activeSets(sets: ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => specReplicas(set) > 0)
}

/** The one set to scale when no rollout is under way: the only active one, or the newest if none is. */
export function activeOrLatest(fresh: ReplicaSet | undefined, old: ReplicaSet[]): ReplicaSet | undefined {
  const newestFirst = oldestFirst(old).reverse()
  const active = activeSets([...newestFirst, ...(fresh ? [fresh] : [])])
  if (active.length === 0) return fresh ?? newestFirst[0]
  return active.length === 1 ? active[0] : undefined
}

export function isSaturated(deployment: Deployment, set: ReplicaSet | undefined, desiredAnnotation: string): boolean {
  const desired = deployment.spec?.replicas ?? 1
  if (set === undefined) return false
  const noted = Number(set.metadata.annotations?.[desiredAnnotation] ?? NaN)
  return specReplicas(set) === desired && noted === desired && availableReplicas(set) === desired
}
