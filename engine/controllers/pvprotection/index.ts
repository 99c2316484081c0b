/** Models pkg/controller/volume/pvprotection (S5): a volume that is being deleted goes once it is not bound. */
import type { PersistentVolume } from '../../objects/types.gen.ts'
import type { Controller, Write } from '../controller.ts'

const VOLUMES = 'v1/persistentvolumes'
const FINALIZER = 'kubernetes.io/pv-protection'

export const pvProtectionController: Controller = {
  name: 'persistentvolume-protection',
  watches: [{ resource: VOLUMES, keys: ({ object }) => [object.metadata.name] }],
  reconcile(context, name): Write[] {
    const volume = context.cache<PersistentVolume>(VOLUMES).get('', name)
    if (volume === undefined) return []
    const { deletionTimestamp, finalizers = [] } = volume.metadata
    const protects = finalizers.includes(FINALIZER)
    if (deletionTimestamp === undefined) return protects ? [] : [withFinalizers(volume, [...finalizers, FINALIZER])]
    if (!protects || volume.status?.phase === 'Bound') return []
    return [
      withFinalizers(
        volume,
        finalizers.filter((one) => one !== FINALIZER),
      ),
    ]
  },
}

function withFinalizers(volume: PersistentVolume, finalizers: string[]): Write {
  const body = { ...volume, metadata: { ...volume.metadata, finalizers } }
  return { verb: 'update', resource: VOLUMES, name: volume.metadata.name, body }
}
