/**
 * The claims of a StatefulSet's pods: which are to be created, and who owns them (R1.5). Models
 * pkg/controller/statefulset/{stateful_pod_control,stateful_set_utils}.go.
 */
import { ownerOf } from '../../objects/meta.ts'
import { semanticEqual } from '../../objects/equal.ts'
import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, EventWrite } from '../controller.ts'
import { claimsFor, isInRange } from './identity.ts'

export const CLAIMS = 'v1/persistentvolumeclaims'
/** Deletion of claims with the set or its pods came on by default here. */
const RETENTION_SINCE = 27

export interface ClaimWork {
  /** Creations, to be made before the pod. */
  create: ApiWrite[]
  /** New owner references. */
  own: ApiWrite[]
  events: EventWrite[]
  /** Why the pod cannot be made now. */
  failure?: string
}

export const claimMark = (podName: string): string => `claim:${podName}`

const cached = (context: Context, claim: PersistentVolumeClaim): PersistentVolumeClaim | undefined =>
  context.cache<PersistentVolumeClaim>(CLAIMS).get(claim.metadata.namespace ?? '', claim.metadata.name)

/** Claims that are missing; one that is being deleted must go first. */
export function missingClaims(context: Context, set: StatefulSet, ordinal: number, podName: string): ClaimWork {
  const work: ClaimWork = { create: [], own: [], events: [] }
  for (const claim of claimsFor(set, ordinal)) {
    const present = cached(context, claim)
    if (present?.metadata.deletionTimestamp !== undefined)
      work.failure ??= `pvc ${claim.metadata.name} is being deleted`
    if (present !== undefined) continue
    const { namespace } = claim.metadata
    work.create.push({ verb: 'create', resource: CLAIMS, namespace, body: claim, mark: claimMark(podName) })
  }
  return work
}

/** A claim still belongs to a pod of this name that is gone: the garbage collector will take it. */
export function hasStaleClaim(context: Context, set: StatefulSet, ordinal: number, pod: Pod): boolean {
  if (policyOf(set).whenScaled !== 'Delete') return false
  const isStale = (owner: OwnerReference): boolean =>
    owner.kind === 'Pod' && owner.name === pod.metadata.name && owner.uid !== pod.metadata.uid
  return claimsFor(set, ordinal).some((claim) => (cached(context, claim)?.metadata.ownerReferences ?? []).some(isStale))
}

interface Policy {
  whenDeleted: string
  whenScaled: string
}

function policyOf(set: StatefulSet): Policy {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  return { whenDeleted, whenScaled }
}

/** Sets the owners of a pod's claims as the retention policy wants them. */
export function retainClaims(context: Context, set: StatefulSet, ordinal: number, pod: Pod, minor: number): ClaimWork {
  const work: ClaimWork = { create: [], own: [], events: [] }
  if (minor < RETENTION_SINCE) return work
  for (const claim of claimsFor(set, ordinal)) {
    const present = cached(context, claim)
    if (present === undefined) continue
    if (hasStrangeController(present, set, pod)) {
      if (!isPlain(policyOf(set))) work.events.push(conflict(set, present))
      continue
    }
    const owners = ownersFor(present, set, pod, isInRange(set, ordinal))
    if (!semanticEqual(owners, present.metadata.ownerReferences ?? [])) work.own.push(ownWrite(present, owners))
  }
  return work
}

const isPlain = ({ whenDeleted, whenScaled }: Policy): boolean => whenDeleted === 'Retain' && whenScaled === 'Retain'

function hasStrangeController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const owner = ownerOf(claim)
  return owner !== undefined && owner.uid !== set.metadata.uid && owner.uid !== pod.metadata.uid
}

function conflict(set: StatefulSet, claim: PersistentVolumeClaim): EventWrite {
  const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
  return {
    verb: 'event',
    about: set,
    type: 'Warning',
    reason: 'ConflictingController',
    message,
    source: 'statefulset-controller',
  }
}

function ownersFor(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod, inRange: boolean): OwnerReference[] {
  const { whenDeleted, whenScaled } = policyOf(set)
  const byPod = whenScaled === 'Delete' && !inRange
  const bySet = whenDeleted === 'Delete' && !byPod
  const present = claim.metadata.ownerReferences ?? []
  const others = present.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid)
  if (bySet) return [...others, reference('apps/v1', 'StatefulSet', set.metadata)]
  return byPod ? [...others, reference('v1', 'Pod', pod.metadata)] : others
}

function reference(
  apiVersion: string,
  kind: string,
  { name, uid = '' }: { name: string; uid?: string },
): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true }
}

function ownWrite(claim: PersistentVolumeClaim, ownerReferences: OwnerReference[]): ApiWrite {
  const { namespace, name } = claim.metadata
  const body = { ...claim, metadata: { ...claim.metadata, ownerReferences } }
  return { verb: 'update', resource: CLAIMS, namespace, name, body, mark: 'own' }
}
