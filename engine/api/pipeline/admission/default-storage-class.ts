/** Models plugin/pkg/admission/storage/storageclass/setdefault (S3): a new claim without a class gets the default. */
import type { PersistentVolumeClaim, StorageClass } from '../../../objects/types.gen.ts'
import { defaultStorageClass, hasStorageClass } from '../../../objects/volume-match.ts'
import { directoryOf } from '../../storage/keys.ts'
import { pass } from './plugin.ts'
import type { Plugin } from './plugin.ts'

const CLASSES = directoryOf('storage.k8s.io', 'storageclasses')

export const defaultStorageClassPlugin: Plugin = {
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  resources: ['persistentvolumeclaims'],
  admit(core, _flight, attrs) {
    const claim = attrs.object as PersistentVolumeClaim
    if (hasStorageClass(claim)) return pass(attrs)
    const chosen = defaultStorageClass([...core.cache.values(CLASSES)] as StorageClass[])
    if (chosen === undefined) return pass(attrs)
    return { object: { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } } }
  },
}
