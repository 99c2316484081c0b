import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../types.gen.ts'
import { ageColumn, nameColumn, number, since, text, wide } from './column.ts'
import type { Column } from './column.ts'

const shortModes: [string, string][] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

/** `RWO,RWX`: in upstream's order, each once. */
export function formatAccessModes(modes: readonly string[] | undefined): string {
  return shortModes
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const ATTRIBUTES_SINCE = 29

interface Classed {
  metadata: { annotations?: Record<string, string> }
  spec?: { storageClassName?: string }
}

const storageClassOf = (object: Classed): string =>
  object.metadata.annotations?.[BETA_CLASS] ?? object.spec?.storageClassName ?? ''

function claimOf(volume: PersistentVolume): string {
  const claim = volume.spec?.claimRef
  return claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`
}

const phaseOf = (object: PersistentVolume | PersistentVolumeClaim): string =>
  object.metadata.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? '')

const volumeMode = (mode: string | undefined): string => mode ?? '<unset>'

export const volumeColumns: Column<PersistentVolume>[] = [
  nameColumn,
  text('Capacity', (volume) => String(volume.spec?.capacity?.storage ?? '')),
  text('Access Modes', (volume) => formatAccessModes(volume.spec?.accessModes)),
  text('Reclaim Policy', (volume) => volume.spec?.persistentVolumeReclaimPolicy ?? ''),
  text('Status', phaseOf),
  text('Claim', claimOf),
  text('StorageClass', storageClassOf),
  since(
    ATTRIBUTES_SINCE,
    text('VolumeAttributesClass', (volume) => volume.spec?.volumeAttributesClassName || '<unset>'),
  ),
  text('Reason', (volume) => volume.status?.reason ?? ''),
  ageColumn,
  wide(text('VolumeMode', (volume) => volumeMode(volume.spec?.volumeMode))),
]

const bound = (claim: PersistentVolumeClaim): boolean => (claim.spec?.volumeName ?? '') !== ''

export const claimColumns: Column<PersistentVolumeClaim>[] = [
  nameColumn,
  text('Status', phaseOf),
  text('Volume', (claim) => claim.spec?.volumeName ?? ''),
  text('Capacity', (claim) => (bound(claim) ? String(claim.status?.capacity?.storage ?? '') : '')),
  text('Access Modes', (claim) => (bound(claim) ? formatAccessModes(claim.status?.accessModes) : '')),
  text('StorageClass', storageClassOf),
  since(
    ATTRIBUTES_SINCE,
    text('VolumeAttributesClass', (claim) => claim.spec?.volumeAttributesClassName || '<unset>'),
  ),
  ageColumn,
  wide(text('VolumeMode', (claim) => volumeMode(claim.spec?.volumeMode))),
]

const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

function classNameCell(object: StorageClass): string {
  const isDefault = DEFAULT_CLASS.some((key) => object.metadata.annotations?.[key] === 'true')
  return `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`
}

export const storageClassColumns: Column<StorageClass>[] = [
  { ...nameColumn, cell: (object) => classNameCell(object as StorageClass) },
  text('Provisioner', (object) => object.provisioner ?? ''),
  text('ReclaimPolicy', (object) => object.reclaimPolicy ?? 'Delete'),
  text('VolumeBindingMode', (object) => object.volumeBindingMode ?? 'Immediate'),
  text('AllowVolumeExpansion', (object) => String(object.allowVolumeExpansion === true)),
  ageColumn,
]

export const attributesClassColumns: Column<VolumeAttributesClass>[] = [
  nameColumn,
  text('DriverName', (object) => object.driverName ?? ''),
  ageColumn,
]

export const csiDriverColumns: Column<CSIDriver>[] = [
  nameColumn,
  text('AttachRequired', (driver) => String(driver.spec?.attachRequired !== false)),
  text('PodInfoOnMount', (driver) => String(driver.spec?.podInfoOnMount === true)),
  text('StorageCapacity', (driver) => String(driver.spec?.storageCapacity === true)),
  text(
    'TokenRequests',
    (driver) => (driver.spec?.tokenRequests ?? []).map((one) => one.audience).join(',') || '<unset>',
  ),
  text('RequiresRepublish', (driver) => String(driver.spec?.requiresRepublish === true)),
  text('Modes', (driver) => (driver.spec?.volumeLifecycleModes ?? []).join(',')),
  ageColumn,
]

export const csiNodeColumns: Column<CSINode>[] = [
  nameColumn,
  number('Drivers', (node) => (node.spec?.drivers ?? []).length),
  ageColumn,
]

export const capacityColumns: Column<CSIStorageCapacity>[] = [
  nameColumn,
  text('StorageClassName', (one) => one.storageClassName ?? ''),
  text('Capacity', (one) => String(one.capacity ?? '<unset>')),
]

export const attachmentColumns: Column<VolumeAttachment>[] = [
  nameColumn,
  text('Attacher', (attachment) => attachment.spec?.attacher ?? ''),
  text('PV', (attachment) => attachment.spec?.source?.persistentVolumeName ?? ''),
  text('Node', (attachment) => attachment.spec?.nodeName ?? ''),
  text('Attached', (attachment) => String(attachment.status?.attached === true)),
  ageColumn,
]
