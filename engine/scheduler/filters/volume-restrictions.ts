import type { Pod, Volume } from '../../objects/types.gen.ts'
import { claimsOfPod } from '../../objects/volume-match.ts'
import { reject } from '../plugin.ts'
import type { Filter, Snapshot } from '../plugin.ts'

const IN_USE =
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod'

/** Models plugins/volumerestrictions (E3): disks that only one pod may have, and claims that only one pod may use. */
export const volumeRestrictions: Filter = {
  name: 'VolumeRestrictions',
  prepare: claimedElsewhere,
  filter(pod, node, _snapshot, prepared) {
    const others = [...node.pods.values()].filter(({ metadata }) => metadata.uid !== pod.metadata.uid)
    if (others.some((other) => disksClash(pod, other))) return reject('node(s) had no available disk', false)
    return prepared === true ? reject(IN_USE, false) : undefined
  },
}

/** Whether a ReadWriteOncePod claim of the pod is used by another pod, on whatever node. */
function claimedElsewhere(pod: Pod, { nodes, storage }: Snapshot): boolean {
  const { namespace = '', uid } = pod.metadata
  const exclusive = claimsOfPod(pod)
    .map(({ claim }) => claim)
    .filter((name) => storage.claim(namespace, name)?.spec?.accessModes?.includes('ReadWriteOncePod'))
  if (exclusive.length === 0) return false
  const uses = (other: Pod): boolean =>
    other.metadata.uid !== uid &&
    other.metadata.namespace === namespace &&
    claimsOfPod(other).some(({ claim }) => exclusive.includes(claim))
  return nodes.some((node) => [...node.pods.values()].some(uses))
}

function disksClash(pod: Pod, other: Pod): boolean {
  const disks = (one: Pod): Volume[] => (one.spec?.volumes ?? []).filter(isDisk)
  const own = disks(pod)
  return own.length > 0 && disks(other).some((theirs) => own.some((mine) => sameDisk(mine, theirs)))
}

function isDisk(volume: Volume): boolean {
  return [volume.gcePersistentDisk, volume.awsElasticBlockStore, volume.iscsi, volume.rbd].some(
    (source) => source !== undefined,
  )
}

/** One disk twice, and not just read by both. Models isVolumeConflict. */
function sameDisk(a: Volume, b: Volume): boolean {
  const [gce, otherGce] = [a.gcePersistentDisk, b.gcePersistentDisk]
  if (gce && otherGce && gce.pdName === otherGce.pdName && !(gce.readOnly && otherGce.readOnly)) return true
  const [ebs, otherEbs] = [a.awsElasticBlockStore, b.awsElasticBlockStore]
  if (ebs && otherEbs && ebs.volumeID === otherEbs.volumeID) return true
  const [iscsi, otherIscsi] = [a.iscsi, b.iscsi]
  if (iscsi && otherIscsi && iscsi.iqn === otherIscsi.iqn && !(iscsi.readOnly && otherIscsi.readOnly)) return true
  const [rbd, otherRbd] = [a.rbd, b.rbd]
  if (rbd === undefined || otherRbd === undefined) return false
  const sharesMonitor = rbd.monitors.some((monitor) => otherRbd.monitors.includes(monitor))
  const sameImage = rbd.image === otherRbd.image && (rbd.pool ?? 'rbd') === (otherRbd.pool ?? 'rbd')
  return sharesMonitor && sameImage && !(rbd.readOnly && otherRbd.readOnly)
}
