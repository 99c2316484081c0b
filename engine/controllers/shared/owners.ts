/** Who controls what: owner keys for watches, indexes by controller, adoption and release (D7). */
import type { Change, KubeObject, Resource } from '../../api/client.ts'
import { ownerOf } from '../../objects/meta.ts'
import { matchesLabels } from '../../objects/selectors.ts'
import type { Selector } from '../../objects/selectors.ts'
import type { OwnerReference } from '../../objects/types.gen.ts'
import type { ApiWrite, Context } from '../controller.ts'

/** The name of the index that `byController` makes. */
export const BY_CONTROLLER = 'controller'

/** Index function: the UID of the controlling owner, or `orphan/<namespace>` without one. */
export function byController(object: KubeObject): string[] {
  const owner = ownerOf(object)
  return [owner?.uid ?? `orphan/${object.metadata.namespace ?? ''}`]
}

/** Keys of the owners of that kind that a change of a controlled object concerns, before and after. */
export function ownerKeys(kind: string): (change: Change) => string[] {
  return (change) => {
    const keys = new Set<string>()
    for (const object of [change.object, change.old]) {
      const owner = object && ownerOf(object)
      if (object !== undefined && owner?.kind === kind) keys.add(`${object.metadata.namespace}/${owner.name}`)
    }
    return [...keys]
  }
}

/**
 * As ownerKeys, and for an object that nobody controls the keys of every possible adopter in its
 * namespace whose selector matches.
 */
export function ownerOrAdopterKeys<T extends KubeObject>(
  kind: string,
  adopters: Resource,
  selects: (adopter: T, labels: Record<string, string>) => boolean,
): (change: Change, context: Context) => string[] {
  const owned = ownerKeys(kind)
  return (change, context) => {
    const keys = owned(change)
    if (keys.length > 0 || ownerOf(change.object) !== undefined || change.type === 'deleted') return keys
    const { namespace, labels } = change.object.metadata
    const candidates = context.cache<T>(adopters).list(namespace ?? '')
    return candidates.filter((one) => selects(one, labels ?? {})).map((one) => `${namespace}/${one.metadata.name}`)
  }
}

export function controllerReference(owner: KubeObject, apiVersion: string, kind: string): OwnerReference {
  const { name, uid } = owner.metadata
  return { apiVersion, kind, name, uid: uid ?? '', controller: true, blockOwnerDeletion: true }
}

export interface Claim<T> {
  /** What the owner controls and its selector matches. */
  claimed: T[]
  /** Patches that adopt orphans or release what no longer matches. */
  writes: ApiWrite[]
}

/** Models pkg/controller/controller_ref_manager.go ClaimObject (D7). */
export function claim<T extends KubeObject>(
  context: Context,
  owner: KubeObject,
  reference: OwnerReference,
  resource: Resource,
  selector: Selector,
): Claim<T> {
  const owned = context.cache<T>(resource).by(BY_CONTROLLER, reference.uid)
  const claimed = owned.filter(({ metadata }) => matchesLabels(selector, metadata.labels))
  const strangers = owned.filter((object) => !matchesLabels(selector, object.metadata.labels))
  return { claimed, writes: settleOwnership(context, owner, reference, resource, selector, strangers) }
}

/** Releases the strangers among what is owned, and adopts orphans that the selector matches. A dying owner does neither. */
export function settleOwnership(
  context: Context,
  owner: KubeObject,
  reference: OwnerReference,
  resource: Resource,
  selector: Selector,
  strangers: KubeObject[],
): ApiWrite[] {
  if (owner.metadata.deletionTimestamp !== undefined) return []
  const orphans = context.cache(resource).by(BY_CONTROLLER, `orphan/${owner.metadata.namespace ?? ''}`)
  const wanted = orphans.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && matchesLabels(selector, metadata.labels),
  )
  return [
    ...strangers.map((object) => release(resource, object, reference)),
    ...wanted.map((object) => adopt(resource, object, reference)),
  ]
}

function adopt(resource: Resource, object: KubeObject, reference: OwnerReference): ApiWrite {
  const { namespace, name, uid } = object.metadata
  const body = { metadata: { ownerReferences: [reference], uid } }
  return { verb: 'patch', resource, namespace, name, patchType: 'strategic', body, mark: 'adopt' }
}

function release(resource: Resource, object: KubeObject, reference: OwnerReference): ApiWrite {
  const { namespace, name, uid } = object.metadata
  const body = { metadata: { ownerReferences: [{ $patch: 'delete', uid: reference.uid }], uid } }
  return { verb: 'patch', resource, namespace, name, patchType: 'strategic', body, mark: 'release' }
}
