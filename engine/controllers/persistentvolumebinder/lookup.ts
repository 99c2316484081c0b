/** What the volume controller reads, and the keys of its queue. */
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, EventWrite } from '../controller.ts'

export const CLAIMS = 'v1/persistentvolumeclaims'
export const VOLUMES = 'v1/persistentvolumes'
export const PODS = 'v1/pods'
export const CLASSES = 'storage.k8s.io/v1/storageclasses'
export const SOURCE = 'persistentvolume-controller'

export const claimKey = (namespace: string | undefined, name: string | undefined): string =>
  `claim/${namespace}/${name}`
export const volumeKey = (name: string | undefined): string => `volume/${name}`

export function claimOf(context: Context, namespace: string, name: string): PersistentVolumeClaim | undefined {
  return context.cache<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
}

export function volumeOf(context: Context, name: string): PersistentVolume | undefined {
  return context.cache<PersistentVolume>(VOLUMES).get('', name)
}

export function classOf(context: Context, name: string): StorageClass | undefined {
  return context.cache<StorageClass>(CLASSES).get('', name)
}

export function podsOf(context: Context, namespace: string | undefined): Pod[] {
  return context.cache<Pod>(PODS).list(namespace)
}

export function updateClaim(body: PersistentVolumeClaim, subresource?: 'status'): ApiWrite {
  const { namespace, name } = body.metadata
  return { verb: 'update', resource: CLAIMS, namespace, name, body, ...(subresource && { subresource }) }
}

export function updateVolume(body: PersistentVolume, subresource?: 'status'): ApiWrite {
  return { verb: 'update', resource: VOLUMES, name: body.metadata.name, body, ...(subresource && { subresource }) }
}

/** The writes that bring a volume into a phase; none when it is in it. Models updateVolumePhase. */
export function toPhase(volume: PersistentVolume, phase: string, message?: string): ApiWrite[] {
  if (volume.status?.phase === phase) return []
  const { message: _old, ...status } = volume.status ?? {}
  return [updateVolume({ ...volume, status: { ...status, phase, ...(message && { message }) } }, 'status')]
}

export function say(
  about: PersistentVolume | PersistentVolumeClaim,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): EventWrite {
  return { verb: 'event', about, type, reason, message, source: SOURCE }
}
