/**
 * Models pkg/controller/volume/persistentvolume (S2 to S5): binds claims and volumes, gives late default classes,
 * asks for provisioning, reclaims. All claims and volumes are looked at again every 15 s; a new volume does not wake
 * the claims that wait for one. Not modelled: provisioning by the controller manager itself, migrated annotations.
 */
import type { PersistentVolumeClaim, Pod, PersistentVolume } from '../../objects/types.gen.ts'
import type { Change } from '../../api/client.ts'
import { splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'
import { continueBinding } from './binding.ts'
import { syncClaim } from './claims.ts'
import { CLAIMS, CLASSES, PODS, VOLUMES, claimKey, claimOf, volumeKey, volumeOf } from './lookup.ts'
import { recycledVolume } from './reclaim.ts'
import { syncVolume } from './volumes.ts'

/** --pvclaimbinder-sync-period */
const RESYNC_MS = 15_000
const RESYNC = 'resync'

export function persistentVolumeBinder({ minor }: { minor: number }): Controller {
  return {
    name: 'persistentvolume-binder',
    watches: [
      { resource: CLAIMS, keys: (change) => claimChanged(change as Change<PersistentVolumeClaim>) },
      { resource: VOLUMES, keys: (change) => volumeChanged(change as Change<PersistentVolume>) },
      { resource: PODS, keys: ({ object }) => recyclerKeys(object as Pod) },
      { resource: CLASSES, keys: () => [] },
    ],
    ticks: [{ key: RESYNC, everyMs: RESYNC_MS }],
    reconcile(context, key) {
      if (key === RESYNC) return resync(context)
      const { namespace: kind, name: rest } = splitKey(key)
      return kind === 'claim' ? reconcileClaim(context, rest, minor) : reconcileVolume(context, rest)
    },
    settle: continueBinding,
  }
}

function claimChanged({ type, object: { metadata, spec } }: Change<PersistentVolumeClaim>): string[] {
  if (type !== 'deleted') return [claimKey(metadata.namespace, metadata.name)]
  return spec?.volumeName ? [volumeKey(spec.volumeName)] : []
}

function volumeChanged({ type, object: { metadata, spec } }: Change<PersistentVolume>): string[] {
  if (type !== 'deleted') return [volumeKey(metadata.name)]
  return spec?.claimRef === undefined ? [] : [claimKey(spec.claimRef.namespace, spec.claimRef.name)]
}

function recyclerKeys(pod: Pod): string[] {
  const volume = recycledVolume(pod)
  return volume === undefined ? [] : [volumeKey(volume)]
}

function resync(context: Context): Write[] {
  for (const { metadata } of context.cache<PersistentVolume>(VOLUMES).list())
    context.requeueAfter(volumeKey(metadata.name), 0)
  for (const { metadata } of context.cache<PersistentVolumeClaim>(CLAIMS).list())
    context.requeueAfter(claimKey(metadata.namespace, metadata.name), 0)
  return []
}

function reconcileClaim(context: Context, rest: string, minor: number): Write[] {
  const { namespace, name } = splitKey(rest)
  const claim = claimOf(context, namespace, name)
  return claim === undefined ? [] : syncClaim(context, claim, minor)
}

function reconcileVolume(context: Context, name: string): Write[] {
  const volume = volumeOf(context, name)
  return volume === undefined ? [] : syncVolume(context, volume)
}
