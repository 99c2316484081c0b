/** Volumes: Models syncVolume of pv_controller.go (S2, S5). */
import type { PersistentVolume, PersistentVolumeClaim } from '../../objects/types.gen.ts'
import { PROVISIONED_BY, annotation, volumeModesDiffer } from '../../objects/volume-match.ts'
import type { Context, Write } from '../controller.ts'
import { claimKey, claimOf, say, toPhase } from './lookup.ts'
import { reclaimVolume } from './reclaim.ts'
import { unboundVolume } from './unbind.ts'

export function syncVolume(context: Context, volume: PersistentVolume): Write[] {
  const claimRef = volume.spec?.claimRef
  if (claimRef === undefined || !claimRef.uid) return toPhase(volume, 'Available')
  const named = claimOf(context, claimRef.namespace ?? '', claimRef.name ?? '')
  const claim = named?.metadata.uid === claimRef.uid ? named : undefined
  if (claim === undefined) return releaseVolume(context, volume)
  if (!claim.spec?.volumeName) return finishElsewhere(context, volume, claim)
  if (claim.spec.volumeName === volume.metadata.name) return toPhase(volume, 'Bound')
  const isSpare =
    annotation(volume, PROVISIONED_BY) !== undefined && volume.spec?.persistentVolumeReclaimPolicy === 'Delete'
  return isSpare ? releaseVolume(context, volume) : [unboundVolume(volume)]
}

/** Its claim is gone. A volume that could not be reclaimed stays Failed, and is tried again. */
function releaseVolume(context: Context, volume: PersistentVolume): Write[] {
  const phase = volume.status?.phase
  return phase === 'Released' || phase === 'Failed' ? reclaimVolume(context, volume) : toPhase(volume, 'Released')
}

/** The volume names the claim; the claim's own turn binds it. */
function finishElsewhere(context: Context, volume: PersistentVolume, claim: PersistentVolumeClaim): Write[] {
  if (volumeModesDiffer(volume, claim)) return modesDiffer(volume, claim)
  context.requeueAfter(claimKey(claim.metadata.namespace, claim.metadata.name), 0)
  return []
}

function modesDiffer(volume: PersistentVolume, claim: PersistentVolumeClaim): Write[] {
  const because = 'due to incompatible volumeMode.'
  const [own, other] = [volume.metadata.name, claim.metadata.name]
  return [
    say(
      volume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${other}" ${because}`,
    ),
    say(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume "${own}" to requested PersistentVolumeClaim ${because}`,
    ),
  ]
}
