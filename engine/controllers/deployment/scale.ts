/** Scaling a ReplicaSet, and proportional scaling in mid-rollout (C4): Models deployment/sync.go. */
import type { Deployment, ReplicaSet } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'
import { sizeAnnotations } from './annotations.ts'
import { DESIRED_REPLICAS, desiredReplicas, isRollingUpdate, maxSurge, proportion, specReplicas, sum } from './math.ts'
import { activeOrLatest, activeSets, isSaturated, oldestFirst } from './replicasets.ts'
import type { Sets } from './replicasets.ts'

/** `roll`: a step of a rollout. `resize`: the Deployment itself was scaled. */
export type ScaleKind = 'roll' | 'resize'

/** The update of a set; the mark says why, and the sizes that its event will tell. */
export interface ScaleWrite extends ApiWrite {
  mark: `${ScaleKind} ${number} ${number}`
}

export function scaleWrite(
  deployment: Deployment,
  set: ReplicaSet,
  size: number,
  kind: ScaleKind = 'roll',
): ScaleWrite {
  const { namespace, name } = set.metadata
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) }
  const body: ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas: size } as ReplicaSet['spec'],
  }
  return {
    verb: 'update',
    resource: 'apps/v1/replicasets',
    namespace,
    name,
    body,
    mark: `${kind} ${specReplicas(set)} ${size}`,
  }
}

/** Some active set was sized for another number of replicas than the Deployment now wants. */
export function isScalingEvent({ deployment, all }: Sets): boolean {
  return activeSets(all).some((set) => {
    const noted = set.metadata.annotations?.[DESIRED_REPLICAS]
    return noted !== undefined && Number(noted) !== desiredReplicas(deployment)
  })
}

/** Sizes for a Deployment that was scaled: one set, or each in proportion. */
export function scaleProportionally(sets: Sets): ScaleWrite[] {
  const { deployment, fresh, old } = sets
  const desired = desiredReplicas(deployment)
  const only = activeOrLatest(fresh, old)
  if (only !== undefined) return specReplicas(only) === desired ? [] : [scaleWrite(deployment, only, desired, 'resize')]
  if (isSaturated(deployment, fresh, DESIRED_REPLICAS))
    return activeSets(old).map((set) => scaleWrite(deployment, set, 0, 'resize'))
  return isRollingUpdate(deployment) ? spread(sets) : []
}

function spread({ deployment, all }: Sets): ScaleWrite[] {
  const active = activeSets(all)
  const desired = desiredReplicas(deployment)
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0
  const toAdd = allowed - sum(active, specReplicas)
  const ordered = bySize(active, toAdd > 0)
  const sizes = new Map<ReplicaSet, number>()
  let added = 0
  for (const set of ordered) {
    const share = toAdd === 0 ? 0 : proportion(set, deployment, toAdd, added)
    sizes.set(set, specReplicas(set) + share)
    added += share
  }
  const [first] = ordered
  if (first !== undefined && toAdd !== 0) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added))
  return ordered
    .map((set) => scaleWrite(deployment, set, sizes.get(set) ?? 0, 'resize'))
    .filter((write, index) => changes(write, ordered[index]))
}

/** The size annotations alone are worth a write. */
function changes(write: ScaleWrite, set: ReplicaSet | undefined): boolean {
  const body = write.body as ReplicaSet
  const same = (key: string): boolean => body.metadata.annotations?.[key] === set?.metadata.annotations?.[key]
  return (
    specReplicas(body) !== specReplicas(set) ||
    !same(DESIRED_REPLICAS) ||
    !same('deployment.kubernetes.io/max-replicas')
  )
}

/** Largest first; of equal ones the newer first when growing, the older first when shrinking. */
function bySize(sets: ReplicaSet[], newerFirst: boolean): ReplicaSet[] {
  const byAge = newerFirst ? oldestFirst(sets).reverse() : oldestFirst(sets)
  return byAge.sort((a, b) => specReplicas(b) - specReplicas(a))
}
