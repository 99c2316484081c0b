/**
 * Claims, volumes and classes as the scheduler sees them: its caches, with what it has decided itself and the API
 * does not show yet on top. Models plugins/volumebinding/assume_cache.go.
 */
import type { Informer } from '../api/client.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../objects/types.gen.ts'
import { SELECTED_NODE, withAnnotations } from '../objects/volume-match.ts'

/** What a pod that was given a node has decided about its volumes; plain data. */
export interface VolumeDecisions {
  /** `namespace/name` of each claim that must be bound before the pod is. */
  claims: string[]
  /** Volumes chosen for claims. */
  bindings: { claim: string; volume: string }[]
  /** Claims that a provisioner is to make a volume for, on the pod's node. */
  provisions: string[]
}

export interface VolumeLister {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  volumes(): PersistentVolume[]
  /** The volume was chosen for a claim a moment ago. */
  taken(volume: PersistentVolume): boolean
  storageClass(name: string): StorageClass | undefined
  csiNode(name: string): CSINode | undefined
  csiDriver(name: string): CSIDriver | undefined
  capacities(): CSIStorageCapacity[]
}

export interface VolumeCaches {
  claims: Informer<PersistentVolumeClaim>
  volumes: Informer<PersistentVolume>
  classes: Informer<StorageClass>
  /** Absent on releases that do not serve them. */
  csiNodes?: Informer<CSINode>
  csiDrivers?: Informer<CSIDriver>
  capacities?: Informer<CSIStorageCapacity>
}

export function volumeLister(
  caches: VolumeCaches,
  decisions: { node: string; volumes: VolumeDecisions }[],
): VolumeLister {
  const chosen = new Set(decisions.flatMap(({ volumes }) => volumes.bindings.map(({ volume }) => volume)))
  const selected = new Map(
    decisions.flatMap(({ node, volumes }) => volumes.provisions.map((claim): [string, string] => [claim, node])),
  )
  return {
    claim(namespace, name) {
      const claim = caches.claims.get(namespace, name)
      const node = selected.get(`${namespace}/${name}`)
      return claim === undefined || node === undefined ? claim : withAnnotations(claim, { [SELECTED_NODE]: node })
    },
    volume: (name) => caches.volumes.get('', name),
    volumes: () => caches.volumes.list(),
    taken: ({ metadata, spec }) => spec?.claimRef === undefined && chosen.has(metadata.name),
    storageClass: (name) => caches.classes.get('', name),
    csiNode: (name) => caches.csiNodes?.get('', name),
    csiDriver: (name) => caches.csiDrivers?.get('', name),
    capacities: () => caches.capacities?.list() ?? [],
  }
}
