/** Plugins of a few lines each. */
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../objects/types.gen.ts'
import { withMeta } from '../../metadata.ts'
import { pass } from './plugin.ts'
import type { Plugin } from './plugin.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/** A new node is tainted until it is found ready. Models plugin/pkg/admission/nodetaint. */
export const taintNodesByCondition: Plugin = {
  name: 'TaintNodesByCondition',
  operations: ['CREATE'],
  resources: ['nodes'],
  admit(_core, _flight, attrs) {
    const node = attrs.object as Node
    const taints = node.spec?.taints ?? []
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return pass(attrs)
    return { object: { ...node, spec: { ...node.spec, taints: [...taints, NOT_READY] } } as Node }
  },
}

const PROTECTION: Record<string, string> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
}

/** Volumes and claims are not deleted while in use. Models plugin/pkg/admission/storage/storageobjectinuseprotection. */
export const storageObjectInUse: Plugin = {
  name: 'StorageObjectInUseProtection',
  operations: ['CREATE'],
  resources: Object.keys(PROTECTION),
  admit(_core, _flight, attrs) {
    const object = attrs.object as PersistentVolume | PersistentVolumeClaim
    const finalizer = PROTECTION[attrs.entry.resource] as string
    const finalizers = object.metadata.finalizers ?? []
    if (finalizers.includes(finalizer)) return pass(attrs)
    return { object: withMeta(object, { finalizers: [...finalizers, finalizer] }) }
  },
}
