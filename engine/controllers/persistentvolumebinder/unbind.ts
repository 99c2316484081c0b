/** Models unbindVolume of pv_controller.go (S2). */
import type { PersistentVolume } from '../../objects/types.gen.ts'
import { BOUND_BY_CONTROLLER, annotation } from '../../objects/volume-match.ts'
import type { ApiWrite } from '../controller.ts'
import { updateVolume } from './lookup.ts'

/** The volume without its claim; one that a person reserved keeps the claim's name. */
export function unboundVolume(volume: PersistentVolume): ApiWrite {
  const { claimRef, ...spec } = volume.spec ?? {}
  if (annotation(volume, BOUND_BY_CONTROLLER) === undefined) {
    const { uid: _uid, ...reserved } = claimRef ?? {}
    return updateVolume({ ...volume, spec: { ...spec, claimRef: reserved } })
  }
  const { [BOUND_BY_CONTROLLER]: _mark, ...annotations } = volume.metadata.annotations ?? {}
  return updateVolume({ ...volume, metadata: { ...volume.metadata, annotations }, spec })
}
