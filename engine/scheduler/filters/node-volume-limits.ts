import type { Pod } from '../../objects/types.gen.ts'
import { claimsOfPod, storageClassOf } from '../../objects/volume-match.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'
import type { VolumeLister } from '../volume-lister.ts'

/**
 * Models plugins/nodevolumelimits/csi.go (E3): how many volumes of a CSI driver a node can have. Not modelled:
 * volumes attached without a pod of the node.
 */
export const nodeVolumeLimits: Filter = {
  name: 'NodeVolumeLimits',
  prepare: (pod, { storage }) => csiVolumes(pod, storage),
  filter(_pod, node, { storage }, prepared) {
    const wanted = prepared as Map<string, string>
    if (wanted.size === 0) return undefined
    const limits = new Map(
      (storage.csiNode(node.name)?.spec?.drivers ?? []).map(({ name, allocatable }) => [name, allocatable?.count]),
    )
    const present = new Map<string, string>()
    for (const pod of node.pods.values()) for (const [id, driver] of csiVolumes(pod, storage)) present.set(id, driver)
    const count = (volumes: Map<string, string>, driver: string, known?: Map<string, string>): number =>
      [...volumes].filter(([id, of]) => of === driver && known?.has(id) !== true).length
    for (const driver of new Set(wanted.values())) {
      const [limit, more] = [limits.get(driver), count(wanted, driver, present)]
      if (limit !== undefined && more > 0 && count(present, driver) + more > limit)
        return reject('node(s) exceed max volume count', false)
    }
    return undefined
  },
}

/** The pod's CSI volumes and their drivers; a claim that is not bound counts for the driver of its class. */
function csiVolumes(pod: Pod, storage: VolumeLister): Map<string, string> {
  const found = new Map<string, string>()
  const namespace = pod.metadata.namespace ?? ''
  for (const { claim: name } of claimsOfPod(pod)) {
    const claim = storage.claim(namespace, name)
    if (claim === undefined) continue
    const csi = storage.volume(claim.spec?.volumeName ?? '')?.spec?.csi
    if (csi !== undefined) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
    else if (!claim.spec?.volumeName) {
      const driver = storage.storageClass(storageClassOf(claim))?.provisioner
      if (driver !== undefined) found.set(`${namespace}/${name}`, driver)
    }
  }
  return found
}
