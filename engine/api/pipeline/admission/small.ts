/** Plugins of a few lines each. */
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../objects/types.gen.ts'
import { withMeta } from '../../metadata.ts'
import type { Plugin } from './plugin.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/** A new node is tainted until it is found ready. Models plugin/pkg/admission/nodetaint. */
export const taintNodesByCondition: Plugin = (_core, _flight, entry, object) => {
  if (entry.group !== '' || entry.resource !== 'nodes') return { object }
  const node = object as Node
  const taints = node.spec?.taints ?? []
  if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return { object }
  return { object: { ...node, spec: { ...node.spec, taints: [...taints, NOT_READY] } } as Node }
}

const PROTECTION: Record<string, string> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
}

/** Volumes and claims are not deleted while in use. Models plugin/pkg/admission/storage/storageobjectinuseprotection. */
export const storageObjectInUse: Plugin = (_core, _flight, entry, object) => {
  const finalizer = entry.group === '' ? PROTECTION[entry.resource] : undefined
  if (finalizer === undefined) return { object }
  const finalizers = (object as PersistentVolume | PersistentVolumeClaim).metadata.finalizers ?? []
  return {
    object: finalizers.includes(finalizer) ? object : withMeta(object, { finalizers: [...finalizers, finalizer] }),
  }
}
