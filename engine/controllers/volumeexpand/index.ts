/**
 * Models pkg/controller/volume/expand (S6): no plugin of the controller manager can expand a volume any more, so a
 * bound claim that asks for more waits for an external resizer, and is told so.
 */
import { compareQuantity } from '../../objects/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../objects/types.gen.ts'
import { requestOf } from '../../objects/volume-match.ts'
import type { Change } from '../../api/client.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Controller, Write } from '../controller.ts'

const CLAIMS = 'v1/persistentvolumeclaims'
const VOLUMES = 'v1/persistentvolumes'
const MESSAGE = 'waiting for an external controller to expand this PVC'

export const volumeExpandController: Controller = {
  name: 'persistentvolume-expander',
  watches: [
    { resource: CLAIMS, keys: (change) => grown(change as Change<PersistentVolumeClaim>) },
    { resource: VOLUMES, keys: () => [] },
  ],
  reconcile(context, key): Write[] {
    const { namespace, name } = splitKey(key)
    const claim = context.cache<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    const volume = context.cache<PersistentVolume>(VOLUMES).get('', claim?.spec?.volumeName ?? '')
    if (claim?.status?.phase !== 'Bound' || volume === undefined) return []
    if (volume.spec?.claimRef?.uid !== claim.metadata.uid) return []
    if (compareQuantity(requestOf(claim), claim.status.capacity?.storage ?? 0) <= 0) return []
    const type = volume.spec?.csi === undefined ? 'Warning' : 'Normal'
    return [
      { verb: 'event', about: claim, type, reason: 'ExternalExpanding', message: MESSAGE, source: 'volume_expand' },
    ]
  },
}

function grown({ type, object, old }: Change<PersistentVolumeClaim>): string[] {
  if (type === 'deleted') return []
  const more = old === undefined || compareQuantity(requestOf(object), requestOf(old)) > 0
  return more ? [keyOf(object)] : []
}
