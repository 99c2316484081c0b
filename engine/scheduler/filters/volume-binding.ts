/**
 * Models plugins/volumebinding (E3, S4): claims must exist and be bound, or wait for their first consumer and find a
 * volume, or a provisioner, for the node. Not modelled: scoring by capacity.
 */
import { matchesLabels, selectorFromObject } from '../../objects/selectors.ts'
import { compareQuantity } from '../../objects/quantity.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../objects/types.gen.ts'
import {
  BIND_COMPLETED,
  NO_PROVISIONER,
  SELECTED_NODE,
  annotation,
  claimsOfPod,
  findMatchingVolume,
  requestOf,
  storageClassOf,
  volumeFitsNode,
  waitsForConsumer,
} from '../../objects/volume-match.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Filter, Rejection, Snapshot } from '../plugin.ts'
import type { VolumeDecisions, VolumeLister } from '../volume-lister.ts'

const REASONS = {
  conflict: (minor: number): string =>
    minor >= 34 ? "node(s) didn't match PersistentVolume's node affinity" : 'node(s) had volume node affinity conflict',
  unbound: "node(s) didn't find available persistent volumes to bind",
  space: 'node(s) did not have enough free storage',
  missing: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
}

interface PodClaims {
  bound: PersistentVolumeClaim[]
  delayed: PersistentVolumeClaim[]
  immediate: PersistentVolumeClaim[]
}

export const volumeBinding: Filter = {
  name: 'VolumeBinding',
  preFilter: (pod, snapshot) =>
    claimTrouble(pod, snapshot.storage) ??
    (podClaims(pod, snapshot.storage).immediate.length > 0
      ? 'pod has unbound immediate PersistentVolumeClaims'
      : undefined),
  prepare: (pod, { storage }) => podClaims(pod, storage),
  filter(_pod, node, snapshot, prepared) {
    const claims = prepared as PodClaims
    if (claims.bound.length + claims.delayed.length === 0) return undefined
    const reasons = [
      ...boundReasons(claims.bound, node.node, snapshot),
      ...decideVolumes(claims.delayed, node.node, snapshot.storage).reasons,
    ]
    return reasons.length === 0 ? undefined : ({ reasons, unresolvable: true } satisfies Rejection)
  },
}

/** Why the pod's claims cannot be used at all. */
function claimTrouble(pod: Pod, storage: VolumeLister): string | undefined {
  const { namespace = '', name: podName, uid } = pod.metadata
  for (const { claim: name, ephemeral } of claimsOfPod(pod)) {
    const claim = storage.claim(namespace, name)
    if (claim === undefined)
      return ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`
    if (claim.status?.phase === 'Lost')
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
    const isOwn = (claim.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.controller === true)
    if (ephemeral && !isOwn)
      return `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`
  }
  return undefined
}

function podClaims(pod: Pod, storage: VolumeLister): PodClaims {
  const sorted: PodClaims = { bound: [], delayed: [], immediate: [] }
  for (const { claim: name } of claimsOfPod(pod)) {
    const claim = storage.claim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) continue
    const named = (claim.spec?.volumeName ?? '') !== ''
    if (named && annotation(claim, BIND_COMPLETED) !== undefined) sorted.bound.push(claim)
    else if (!named && waitsForConsumer(storage.storageClass(storageClassOf(claim)))) sorted.delayed.push(claim)
    else sorted.immediate.push(claim)
  }
  return sorted
}

function boundReasons(claims: PersistentVolumeClaim[], node: Node, { storage, minor }: Snapshot): string[] {
  for (const claim of claims) {
    const volume = storage.volume(claim.spec?.volumeName ?? '')
    if (volume === undefined) return [REASONS.missing]
    if (!volumeFitsNode(volume, node)) return [REASONS.conflict(minor)]
  }
  return []
}

type Decision = Pick<VolumeDecisions, 'bindings' | 'provisions'> & { reasons: string[] }

const nameOf = ({ metadata }: PersistentVolumeClaim): string => `${metadata.namespace}/${metadata.name}`

/** Volumes of the node for the claims, smallest first; what is left is for provisioners. */
function decideVolumes(claims: PersistentVolumeClaim[], node: Node, storage: VolumeLister): Decision {
  const decision: Decision = { bindings: [], provisions: [], reasons: [] }
  const chosen = new Set<string>()
  const bySize = [...claims].sort((a, b) => compareQuantity(requestOf(a), requestOf(b)))
  for (const claim of bySize) {
    const selected = annotation(claim, SELECTED_NODE)
    if (selected !== undefined && selected !== '' && selected !== node.metadata.name)
      return { ...decision, reasons: [REASONS.unbound] }
    const volume = selected ? undefined : volumeFor(claim, node, storage, chosen)
    if (volume !== undefined) {
      chosen.add(volume.metadata.name)
      decision.bindings.push({ claim: nameOf(claim), volume: volume.metadata.name })
      continue
    }
    const trouble = provisionTrouble(claim, node, storage)
    if (trouble !== undefined) return { ...decision, reasons: [trouble] }
    decision.provisions.push(nameOf(claim))
  }
  return decision
}

function volumeFor(
  claim: PersistentVolumeClaim,
  node: Node,
  storage: VolumeLister,
  chosen: Set<string>,
): PersistentVolume | undefined {
  const ofClass = storage.volumes().filter((volume) => storageClassOf(volume) === storageClassOf(claim))
  const taken = (volume: PersistentVolume): boolean => chosen.has(volume.metadata.name) || storage.taken(volume)
  return findMatchingVolume(claim, ofClass, { node, taken, delayed: true })
}

/** Models checkVolumeProvisions. */
function provisionTrouble(claim: PersistentVolumeClaim, node: Node, storage: VolumeLister): string | undefined {
  const storageClass = storage.storageClass(storageClassOf(claim))
  const provisioner = storageClass?.provisioner ?? ''
  if (storageClass === undefined || provisioner === '' || provisioner === NO_PROVISIONER) return REASONS.unbound
  if (!topologyAllows(storageClass, node)) return REASONS.unbound
  return hasEnoughCapacity(claim, storageClass, node, storage) ? undefined : REASONS.space
}

function topologyAllows({ allowedTopologies = [] }: StorageClass, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? '')),
  )
}

function hasEnoughCapacity(
  claim: PersistentVolumeClaim,
  { provisioner, metadata }: StorageClass,
  node: Node,
  storage: VolumeLister,
): boolean {
  if (storage.csiDriver(provisioner)?.spec?.storageCapacity !== true) return true
  return storage
    .capacities()
    .filter(({ storageClassName }) => storageClassName === metadata.name)
    .filter(({ nodeTopology }) => nodeTopology && matchesLabels(selectorFromObject(nodeTopology), node.metadata.labels))
    .some(({ capacity, maximumVolumeSize }) => {
      const limit = maximumVolumeSize ?? capacity
      return limit !== undefined && compareQuantity(limit, requestOf(claim)) >= 0
    })
}

/** What is to be done about the pod's volumes before it can be bound to the node; undefined: nothing. */
export function volumeDecisions(pod: Pod, node: NodeInfo, storage: VolumeLister): VolumeDecisions | undefined {
  const { delayed } = podClaims(pod, storage)
  if (delayed.length === 0) return undefined
  const { bindings, provisions } = decideVolumes(delayed, node.node, storage)
  return { claims: delayed.map(nameOf), bindings, provisions }
}
