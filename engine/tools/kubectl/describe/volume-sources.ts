/** Where a volume's data is, line by line. Models the print…VolumeSource of kubectl/pkg/describe. */
import type { PersistentVolumeSpec, Volume } from '../../../objects/types.gen.ts'

export type Line = [title: string, value: unknown]

type Values = Record<string, unknown>

/** A source's text and its fields: the title, the field, and what stands for an absent one. */
interface Shape {
  type: string
  lines: [title: string, field: string, absent?: unknown][]
}

const FALSE = false
const HOST = "on the host that shares a pod's lifetime)"

const SHAPES: Record<string, Shape> = {
  hostPath: {
    type: 'HostPath (bare host directory volume)',
    lines: [
      ['Path', 'path'],
      ['HostPathType', 'type', '<none>'],
    ],
  },
  gcePersistentDisk: {
    type: 'GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)',
    lines: [
      ['PDName', 'pdName'],
      ['FSType', 'fsType'],
      ['Partition', 'partition', 0],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  awsElasticBlockStore: {
    type: 'AWSElasticBlockStore (a Persistent Disk resource in AWS)',
    lines: [
      ['VolumeID', 'volumeID'],
      ['FSType', 'fsType'],
      ['Partition', 'partition', 0],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  nfs: {
    type: 'NFS (an NFS mount that lasts the lifetime of a pod)',
    lines: [
      ['Server', 'server'],
      ['Path', 'path'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  iscsi: {
    type: "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
    lines: [
      ['TargetPortal', 'targetPortal'],
      ['IQN', 'iqn'],
      ['Lun', 'lun', 0],
      ['ISCSIInterface', 'iscsiInterface'],
      ['FSType', 'fsType'],
      ['ReadOnly', 'readOnly', FALSE],
      ['Portals', 'portals', '[]'],
      ['DiscoveryCHAPAuth', 'chapAuthDiscovery', FALSE],
      ['SessionCHAPAuth', 'chapAuthSession', FALSE],
      ['SecretRef', 'secretRef', 'nil'],
      ['InitiatorName', 'initiatorName', '<none>'],
    ],
  },
  glusterfs: {
    type: `Glusterfs (a Glusterfs mount ${HOST}`,
    lines: [
      ['EndpointsName', 'endpoints'],
      ['EndpointsNamespace', 'endpointsNamespace', '<unset>'],
      ['Path', 'path'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  rbd: {
    type: `RBD (a Rados Block Device mount ${HOST}`,
    lines: [
      ['CephMonitors', 'monitors', '[]'],
      ['RBDImage', 'image'],
      ['FSType', 'fsType'],
      ['RBDPool', 'pool'],
      ['RadosUser', 'user'],
      ['Keyring', 'keyring'],
      ['SecretRef', 'secretRef', 'nil'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  quobyte: {
    type: `Quobyte (a Quobyte mount ${HOST}`,
    lines: [
      ['Registry', 'registry'],
      ['Volume', 'volume'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  vsphereVolume: {
    type: 'vSphereVolume (a Persistent Disk resource in vSphere)',
    lines: [
      ['VolumePath', 'volumePath'],
      ['FSType', 'fsType'],
      ['StoragePolicyName', 'storagePolicyName'],
    ],
  },
  cinder: {
    type: 'Cinder (a Persistent Disk resource in OpenStack)',
    lines: [
      ['VolumeID', 'volumeID'],
      ['FSType', 'fsType'],
      ['ReadOnly', 'readOnly', FALSE],
      ['SecretRef', 'secretRef', 'nil'],
    ],
  },
  azureDisk: {
    type: 'AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)',
    lines: [
      ['DiskName', 'diskName'],
      ['DiskURI', 'diskURI'],
      ['Kind', 'kind'],
      ['FSType', 'fsType'],
      ['CachingMode', 'cachingMode'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  photonPersistentDisk: {
    type: 'PhotonPersistentDisk (a Persistent Disk resource in photon platform)',
    lines: [
      ['PdID', 'pdID'],
      ['FSType', 'fsType'],
    ],
  },
  portworxVolume: { type: 'PortworxVolume (a Portworx Volume resource)', lines: [['VolumeID', 'volumeID']] },
  local: {
    type: 'LocalVolume (a persistent volume backed by local storage on a node)',
    lines: [['Path', 'path']],
  },
  cephfs: {
    type: `CephFS (a CephFS mount ${HOST}`,
    lines: [
      ['Monitors', 'monitors', '[]'],
      ['Path', 'path'],
      ['User', 'user'],
      ['SecretFile', 'secretFile'],
      ['SecretRef', 'secretRef', 'nil'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  storageos: {
    type: 'StorageOS (a StorageOS Persistent Disk resource)',
    lines: [
      ['VolumeName', 'volumeName'],
      ['VolumeNamespace', 'volumeNamespace'],
      ['FSType', 'fsType'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  fc: {
    type: 'FC (a Fibre Channel disk)',
    lines: [
      ['TargetWWNs', 'targetWWNs'],
      ['LUN', 'lun', '<none>'],
      ['FSType', 'fsType'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  azureFile: {
    type: 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)',
    lines: [
      ['SecretName', 'secretName'],
      ['SecretNamespace', 'secretNamespace'],
      ['ShareName', 'shareName'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  flexVolume: {
    type: 'FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)',
    lines: [
      ['Driver', 'driver'],
      ['FSType', 'fsType'],
      ['SecretRef', 'secretRef', 'nil'],
      ['ReadOnly', 'readOnly', FALSE],
      ['Options', 'options', 'map[]'],
    ],
  },
  flocker: {
    type: 'Flocker (a Flocker volume mounted by the Flocker agent)',
    lines: [
      ['DatasetName', 'datasetName'],
      ['DatasetUUID', 'datasetUUID'],
    ],
  },
  csi: {
    type: 'CSI (a Container Storage Interface (CSI) volume source)',
    lines: [
      ['Driver', 'driver'],
      ['FSType', 'fsType'],
      ['VolumeHandle', 'volumeHandle'],
      ['ReadOnly', 'readOnly', FALSE],
    ],
  },
  image: {
    type: 'Image (a container image or OCI artifact)',
    lines: [
      ['Reference', 'reference'],
      ['PullPolicy', 'pullPolicy'],
    ],
  },
}

/** Fields that only persistent volumes have. */
const PERSISTENT_ONLY = new Set(['EndpointsNamespace', 'SecretNamespace', 'VolumeHandle'])

/** The lines of the first source in `spec` that is known; undefined: none is. */
export function sourceLines(spec: PersistentVolumeSpec | Volume, persistent: boolean): Line[] | undefined {
  const values = spec as unknown as Record<string, Values | undefined>
  for (const [name, { type, lines }] of Object.entries(SHAPES)) {
    const source = values[name]
    if (source === undefined) continue
    const shown = lines.filter(([title]) => persistent || !PERSISTENT_ONLY.has(title))
    const own: Line[] = [
      ['Type', type],
      ...shown.map(([title, field, absent = '']): Line => [title, goText(source[field], title) ?? absent]),
    ]
    return name === 'csi' ? [...own, ...attributeLines(source.volumeAttributes)] : own
  }
  return undefined
}

/** Upstream has forgotten one colon. */
export const titleText = (title: string): string => (title === 'ISCSIInterface' ? title : `${title}:`)

/** As Go prints it. */
function goText(value: unknown, title: string): unknown {
  if (Array.isArray(value)) return title === 'TargetWWNs' ? value.join(', ') : `[${value.join(' ')}]`
  if (typeof value !== 'object' || value === null) return value === null ? undefined : value
  const entries = Object.entries(value as Values)
  if (title === 'Options')
    return `map[${entries
      .sort()
      .map(([key, one]) => `${key}:${String(one)}`)
      .join(' ')}]`
  return `&SecretReference{${entries.map(([key, one]) => `${key[0]?.toUpperCase()}${key.slice(1)}:${String(one)},`).join('')}}`
}

const MAX_ATTRIBUTE = 140

function attributeLines(attributes: unknown): Line[] {
  const entries = Object.entries((attributes ?? {}) as Record<string, string>).sort()
  if (entries.length === 0) return [['VolumeAttributes', '<none>']]
  return entries.map(([key, value], i) => {
    const text = `${key}=${value}`
    const cut = text.length > MAX_ATTRIBUTE ? `${text.slice(0, MAX_ATTRIBUTE)}...` : text
    return [i === 0 ? 'VolumeAttributes' : '', i === 0 ? `    ${cut}` : `    ${cut}`]
  })
}
