/** Models plugin/pkg/admission/storage/persistentvolume/resize (S6). */
import { compareQuantity } from '../../../objects/quantity.ts'
import type { PersistentVolumeClaim, StorageClass } from '../../../objects/types.gen.ts'
import { requestOf, storageClassOf } from '../../../objects/volume-match.ts'
import type { Core } from '../../core.ts'
import { directoryOf } from '../../storage/keys.ts'
import { deny, pass } from './plugin.ts'
import type { Plugin } from './plugin.ts'

const CLASSES = directoryOf('storage.k8s.io', 'storageclasses')

export const persistentVolumeClaimResize: Plugin = {
  name: 'PersistentVolumeClaimResize',
  operations: ['UPDATE'],
  resources: ['persistentvolumeclaims'],
  validate(core, _flight, attrs) {
    const [claim, old] = [attrs.object as PersistentVolumeClaim, attrs.oldObject as PersistentVolumeClaim]
    if (compareQuantity(requestOf(claim), requestOf(old)) <= 0) return pass(attrs)
    if (old.status?.phase !== 'Bound') return deny(attrs, 'Only bound persistent volume claims can be expanded')
    if (isExpandable(core, claim, old)) return pass(attrs)
    return deny(
      attrs,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}

function isExpandable(core: Core, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const name = storageClassOf(claim)
  if (name === '' || name !== storageClassOf(old)) return false
  const storageClass = core.cache.get(`${CLASSES}${name}`) as StorageClass | undefined
  return storageClass?.allowVolumeExpansion === true
}
