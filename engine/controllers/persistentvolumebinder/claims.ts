/** Claims: Models syncClaim, syncUnboundClaim and syncBoundClaim of pv_controller.go (S2, S4). */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../objects/types.gen.ts'
import {
  BIND_COMPLETED,
  SELECTED_NODE,
  annotation,
  claimsOfPod,
  defaultStorageClass,
  findMatchingVolume,
  hasStorageClass,
  isVolumeBoundToClaim,
  storageClassOf,
  volumeGroups,
  volumeUnfit,
  waitsForConsumer,
} from '../../objects/volume-match.ts'
import type { Context, Write } from '../controller.ts'
import { bind, isTaken } from './binding.ts'
import { CLASSES, VOLUMES, claimKey, classOf, podsOf, say, updateClaim, volumeOf } from './lookup.ts'
import { provisionClaim } from './provision.ts'

/** From here on claims without a class get a default class that came later. */
const RETROACTIVE_SINCE = 26
const NO_VOLUMES = 'no persistent volumes available for this claim and no storage class is set'

export function syncClaim(context: Context, claim: PersistentVolumeClaim, minor: number): Write[] {
  if (annotation(claim, BIND_COMPLETED) !== undefined) return syncBoundClaim(context, claim)
  return claim.spec?.volumeName ? syncNamedVolume(context, claim) : syncUnboundClaim(context, claim, minor)
}

const keyOfClaim = ({ metadata }: PersistentVolumeClaim): string => claimKey(metadata.namespace, metadata.name)

function syncUnboundClaim(context: Context, claim: PersistentVolumeClaim, minor: number): Write[] {
  const delayed = waitsForConsumer(classOf(context, storageClassOf(claim)))
  const volume = bestVolume(context, claim, delayed)
  if (volume !== undefined) return bind(context, keyOfClaim(claim), volume, claim)
  const withDefault = retroactiveDefault(context, claim, minor)
  if (withDefault !== undefined) return [updateClaim(withDefault)]
  if (delayed && !annotation(claim, SELECTED_NODE)) return [waitForConsumer(context, claim)]
  if (storageClassOf(claim) !== '') return provisionClaim(context, claim, minor)
  return [say(claim, 'Normal', 'FailedBinding', NO_VOLUMES)]
}

function bestVolume(context: Context, claim: PersistentVolumeClaim, delayed: boolean): PersistentVolume | undefined {
  const taken = isTaken(context, claim)
  for (const group of volumeGroups(claim, context.cache<PersistentVolume>(VOLUMES).list())) {
    const found = findMatchingVolume(claim, group, { delayed, taken })
    if (found !== undefined) return found
  }
  return undefined
}

function retroactiveDefault(
  context: Context,
  claim: PersistentVolumeClaim,
  minor: number,
): PersistentVolumeClaim | undefined {
  if (minor < RETROACTIVE_SINCE || hasStorageClass(claim)) return undefined
  const chosen = defaultStorageClass(context.cache<StorageClass>(CLASSES).list())
  return chosen && { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } }
}

/** Models emitEventForUnboundDelayBindingClaim. */
function waitForConsumer(context: Context, claim: PersistentVolumeClaim): Write {
  const names = podsOf(context, claim.metadata.namespace)
    .filter(({ spec, status }) => !spec?.nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .filter((pod) => claimsOfPod(pod).some((one) => one.claim === claim.metadata.name))
    .map(({ metadata }) => metadata.name)
  if (names.length === 0)
    return say(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
  const pods = names.length === 1 ? `pod ${names[0]}` : `pods ${names.join(',')}`
  return say(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${pods} to be scheduled`)
}

/** A claim that asks for a volume by name. */
function syncNamedVolume(context: Context, claim: PersistentVolumeClaim): Write[] {
  const name = claim.spec?.volumeName ?? ''
  const volume = volumeOf(context, name)
  if (volume === undefined) return []
  if (isVolumeBoundToClaim(volume, claim)) return bind(context, keyOfClaim(claim), volume, claim)
  if (volume.spec?.claimRef !== undefined)
    return [say(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)]
  const unfit =
    volume.metadata.deletionTimestamp === undefined
      ? volumeUnfit(volume, claim)
      : `the volume is marked for deletion "${name}"`
  if (unfit === undefined) return bind(context, keyOfClaim(claim), volume, claim)
  return [say(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${unfit}`)]
}

function syncBoundClaim(context: Context, claim: PersistentVolumeClaim): Write[] {
  const name = claim.spec?.volumeName ?? ''
  if (name === '')
    return lose(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = volumeOf(context, name)
  if (volume === undefined)
    return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const owner = volume.spec?.claimRef?.uid
  if (volume.spec?.claimRef === undefined || owner === claim.metadata.uid)
    return bind(context, keyOfClaim(claim), volume, claim)
  return lose(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

function lose(claim: PersistentVolumeClaim, reason: string, message: string): Write[] {
  if (claim.status?.phase === 'Lost') return []
  const { accessModes: _modes, capacity: _capacity, ...status } = claim.status ?? {}
  return [
    updateClaim({ ...claim, status: { ...status, phase: 'Lost' } }, 'status'),
    say(claim, 'Warning', reason, message),
  ]
}
