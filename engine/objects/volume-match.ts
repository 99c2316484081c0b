/**
 * Which volume fits a claim, and what binding writes into both: the rules that the volume controller and the
 * scheduler share. Models k8s.io/component-helpers/storage/volume (S2).
 */
import { matchesNodeSelector } from './node-selector.ts'
import { compareQuantity } from './quantity.ts'
import { matchesLabels, selectorFromObject } from './selectors.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from './types.gen.ts'

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
export const MIGRATED_TO = 'pv.kubernetes.io/migrated-to'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

interface Annotated {
  metadata: { annotations?: Record<string, string> }
}

export const annotation = (object: Annotated, key: string): string | undefined => object.metadata.annotations?.[key]

interface Classed extends Annotated {
  spec?: { storageClassName?: string }
}

/** The class of a volume or claim; '' is no class. */
export function storageClassOf(object: Classed): string {
  return annotation(object, BETA_CLASS) ?? object.spec?.storageClassName ?? ''
}

/** A claim that says which class it wants, be it none; the others get the default class. */
export function hasStorageClass(claim: Classed): boolean {
  return annotation(claim, BETA_CLASS) !== undefined || claim.spec?.storageClassName !== undefined
}

export function isDefaultClass(storageClass: StorageClass): boolean {
  return DEFAULT_CLASS.some((key) => annotation(storageClass, key) === 'true')
}

/** The default class: of several the newest, then the first by name. Models GetDefaultClass. */
export function defaultStorageClass(classes: readonly StorageClass[]): StorageClass | undefined {
  const born = ({ metadata }: StorageClass): string => metadata.creationTimestamp ?? ''
  const newestFirst = (a: StorageClass, b: StorageClass): number =>
    born(a) === born(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : born(a) > born(b) ? -1 : 1
  return classes.filter(isDefaultClass).sort(newestFirst)[0]
}

export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}

/** Bytes that a claim asks for and a volume has, as quantities. */
export const requestOf = (claim: PersistentVolumeClaim): string | number =>
  claim.spec?.resources?.requests?.storage ?? 0
export const capacityOf = (volume: PersistentVolume): string | number => volume.spec?.capacity?.storage ?? 0

/** A volume that is claimed by this claim, also if only its name was written into it. */
export function isVolumeBoundToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const claimRef = volume.spec?.claimRef
  if (claimRef === undefined) return false
  if (claimRef.name !== claim.metadata.name || claimRef.namespace !== claim.metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === claim.metadata.uid
}

const modeOf = (spec: { volumeMode?: string } | undefined): string => spec?.volumeMode ?? 'Filesystem'

export function volumeModesDiffer(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return modeOf(volume.spec) !== modeOf(claim.spec)
}

function attributesClassesDiffer(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')
}

export function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode))
}

/** Whether the volume can be used on the node. Models CheckNodeAffinity. */
export function volumeFitsNode(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required
  return required === undefined || matchesNodeSelector(required, node)
}

/** Why a claim that names a volume cannot have it. Models checkVolumeSatisfyClaim. */
export function volumeUnfit(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantity(capacityOf(volume), requestOf(claim)) < 0) return 'requested PV is too small'
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match'
  if (attributesClassesDiffer(volume, claim)) return 'volumeAttributesClassName does not match'
  if (volumeModesDiffer(volume, claim)) return 'incompatible volumeMode'
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode'
}

export interface MatchOptions {
  /** The scheduler asks for a node; the volume controller does not. */
  node?: Node
  /** Volumes that were given to other claims a moment ago. */
  taken?: (volume: PersistentVolume) => boolean
  /** Without a node only a volume that names the claim counts: the scheduler chooses among the others. */
  delayed?: boolean
}

/** The smallest volume that fits the claim. Models FindMatchingVolume. */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, taken, delayed = false }: MatchOptions = {},
): PersistentVolume | undefined {
  const selector = claim.spec?.selector === undefined ? undefined : selectorFromObject(claim.spec.selector)
  let smallest: PersistentVolume | undefined
  for (const volume of volumes) {
    if (taken?.(volume) === true || !isCandidate(volume, claim)) continue
    const reachable = node === undefined || volumeFitsNode(volume, node)
    if (isVolumeBoundToClaim(volume, claim)) return reachable ? volume : undefined
    if ((delayed && node === undefined) || !reachable || volume.status?.phase !== 'Available') continue
    if (selector !== undefined && !matchesLabels(selector, volume.metadata.labels)) continue
    if (storageClassOf(volume) !== storageClassOf(claim) || !hasAccessModes(volume, claim)) continue
    if (smallest === undefined || compareQuantity(capacityOf(smallest), capacityOf(volume)) > 0) smallest = volume
  }
  return smallest
}

function isCandidate(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.spec?.claimRef !== undefined && !isVolumeBoundToClaim(volume, claim)) return false
  if (compareQuantity(capacityOf(volume), requestOf(claim)) < 0) return false
  return (
    !volumeModesDiffer(volume, claim) &&
    !attributesClassesDiffer(volume, claim) &&
    volume.metadata.deletionTimestamp === undefined
  )
}

/**
 * Volumes grouped by their access modes, the groups that have all the claim's modes and no more than needed
 * first. Models allPossibleMatchingAccessModes.
 */
export function volumeGroups(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume[][] {
  const groups = new Map<string, PersistentVolume[]>()
  for (const volume of volumes) {
    if (!hasAccessModes(volume, claim)) continue
    const key = [...(volume.spec?.accessModes ?? [])].sort().join(',')
    groups.set(key, [...(groups.get(key) ?? []), volume])
  }
  const width = (group: PersistentVolume[]): number => group[0]?.spec?.accessModes?.length ?? 0
  return [...groups.values()].sort((a, b) => width(a) - width(b))
}

/** The volume with the claim written into it; the same object when it already is. Models GetBindVolumeToClaim. */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const claimRef = volume.spec?.claimRef
  const known = claimRef?.name === name && claimRef?.namespace === namespace && claimRef?.uid === uid
  const isFound = isVolumeBoundToClaim(volume, claim)
  const marked = isFound || annotation(volume, BOUND_BY_CONTROLLER) !== undefined
  if (known && marked) return volume
  const reference = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, resourceVersion, uid }
  return {
    ...volume,
    metadata: marked ? volume.metadata : withAnnotations(volume, { [BOUND_BY_CONTROLLER]: 'yes' }).metadata,
    spec: { ...volume.spec, claimRef: known ? claimRef : reference },
  }
}

/** The claim with the volume written into it; the same object when it already is. */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const chosen = claim.spec?.volumeName !== volume.metadata.name
  const completed = annotation(claim, BIND_COMPLETED) !== undefined
  if (!chosen && completed) return claim
  const added = { ...(chosen && { [BOUND_BY_CONTROLLER]: 'yes' }), [BIND_COMPLETED]: 'yes' }
  return { ...withAnnotations(claim, added), spec: { ...claim.spec, volumeName: volume.metadata.name } }
}

export function withAnnotations<T extends { metadata: object } & Annotated>(
  object: T,
  added: Record<string, string>,
): T {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...added } } }
}

/** The name of the claim that a generic ephemeral volume gets. */
export function ephemeralClaimName(pod: { metadata: { name?: string } }, volume: { name: string }): string {
  return `${pod.metadata.name}-${volume.name}`
}

interface PodWithVolumes {
  metadata: { name?: string }
  spec?: { volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: object }[] }
}

interface ClaimUse {
  volume: string
  claim: string
  ephemeral: boolean
}

/** The claims that a pod's volumes stand for, each with the volume's name. */
export function claimsOfPod(pod: PodWithVolumes): ClaimUse[] {
  return (pod.spec?.volumes ?? []).flatMap((volume): ClaimUse[] => {
    if (volume.persistentVolumeClaim !== undefined)
      return [{ volume: volume.name, claim: volume.persistentVolumeClaim.claimName, ephemeral: false }]
    if (volume.ephemeral === undefined) return []
    return [{ volume: volume.name, claim: ephemeralClaimName(pod, volume), ephemeral: true }]
  })
}
