/** Models ValidateVolumes of core validation. Not modelled: the claim inside an ephemeral volume, cluster trust bundles, Azure disks and ScaleIO. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { fieldRefErrors, resourceRefErrors } from './containers.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, oneOf, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'
import { descendingPathErrors } from './pod-security.ts'
import { negativeQuantity } from './resources.ts'
import { driverNameErrors } from './storage-sources.ts'

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32
const IQN = /^iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/
const EUI = /^eui.[a-zA-Z0-9]{16}$/
const NAA = /^naa.[a-zA-Z0-9]{32}$/

interface VolumeFacts {
  isPod: boolean
  podName?: string
}

type SourceCheck = (source: PlainObject, field: string, facts: VolumeFacts, name: unknown) => FieldError[]

/** Models ValidateLocalNonReservedPath. */
function localPathErrors(path: string, field: string): FieldError[] {
  const errors = descendingPathErrors(path, field)
  const reserved = path.startsWith('..') && !path.startsWith('../') && path !== '..'
  return reserved ? [...errors, invalid(field, path, "must not start with '..'")] : errors
}

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0)

const needs =
  (...names: string[]): SourceCheck =>
  (source, field) =>
    names.filter((name) => isEmpty(source[name])).map((name) => required(`${field}.${name}`))

const all =
  (...checks: SourceCheck[]): SourceCheck =>
  (source, field, facts, name) =>
    checks.flatMap((check) => check(source, field, facts, name))

const within =
  (name: string, min: number, max: number): SourceCheck =>
  (source, field) => {
    const value = source[name]
    if (typeof value !== 'number' || (value >= min && value <= max)) return []
    return [invalid(`${field}.${name}`, value, `must be between ${min} and ${max}, inclusive`)]
  }

function modeErrors(source: PlainObject, field: string, name = 'defaultMode'): FieldError[] {
  const mode = source[name]
  if (typeof mode !== 'number' || (mode >= 0 && mode <= 0o777)) return []
  return [invalid(`${field}.${name}`, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
}

/** Models validateKeyToPath. */
function itemErrors(source: PlainObject, field: string): FieldError[] {
  return asList(source.items).flatMap((item, i) => {
    const at = `${field}.items[${i}]`
    return [
      ...(item.key ? [] : [required(`${at}.key`)]),
      ...(item.path ? [] : [required(`${at}.path`)]),
      ...localPathErrors(String(item.path ?? ''), `${at}.path`),
      ...modeErrors(item, at, 'mode'),
    ]
  })
}

const files =
  (name: string): SourceCheck =>
  (source, field, facts) => [
    ...needs(name)(source, field, facts, ''),
    ...modeErrors(source, field),
    ...itemErrors(source, field),
  ]

const hostPath: SourceCheck = (source, field) => {
  if (!source.path) return [required(`${field}.path`)]
  const up = String(source.path).split('/').includes('..')
  const errors = up ? [invalid(`${field}.path`, source.path, "must not contain '..'")] : []
  const known = source.type === undefined || hostPathTypes.includes(String(source.type))
  return known ? errors : [...errors, notSupported(`${field}.type`, source.type, hostPathTypes)]
}

const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

/** Models validateDownwardAPIVolumeFile, whose paths have no index. */
function downwardFileErrors(file: PlainObject, field: string): FieldError[] {
  const { path, fieldRef, resourceFieldRef } = file
  const errors = [...(path ? [] : [required(`${field}.path`)]), ...localPathErrors(String(path ?? ''), `${field}.path`)]
  if (fieldRef !== undefined) {
    errors.push(...fieldRefErrors(asObject(fieldRef), `${field}.fieldRef`, volumeFieldPaths))
    if (resourceFieldRef !== undefined)
      errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (resourceFieldRef !== undefined)
    errors.push(...resourceRefErrors(asObject(resourceFieldRef), `${field}.resourceFieldRef`, true))
  else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...modeErrors(file, field, 'mode')]
}

const downwardAPI: SourceCheck = (source, field) => [
  ...modeErrors(source, field),
  ...asList(source.items).flatMap((item) => downwardFileErrors(item, field)),
]

function tokenErrors(token: PlainObject, at: string, field: string): FieldError[] {
  const seconds = Number(token.expirationSeconds ?? MIN_TOKEN_SECONDS)
  const errors: FieldError[] = []
  if (seconds < MIN_TOKEN_SECONDS)
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > MAX_TOKEN_SECONDS)
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
  if (!token.path) return [...errors, required(`${field}.path`)]
  return [...errors, ...localPathErrors(String(token.path), `${field}.path`)]
}

/** One source of a projected volume; `paths` are those taken so far. */
function projectionErrors(source: PlainObject, at: string, field: string, paths: Set<unknown>): FieldError[] {
  const conflicts = (items: PlainObject[], shown?: unknown): FieldError[] =>
    items.flatMap(({ path }) => {
      if (!path) return []
      if (paths.has(path)) return [invalid(field, shown ?? path, 'conflicting duplicate paths')]
      paths.add(path)
      return []
    })
  const { secret, configMap, downwardAPI: downward, serviceAccountToken: token } = source
  const errors: FieldError[] = []
  for (const [name, value] of [
    ['secret', secret],
    ['configMap', configMap],
  ] as const) {
    if (value === undefined) continue
    const one = asObject(value)
    if (!one.name) errors.push(required(`${at}.${name}.name`))
    errors.push(...itemErrors(one, `${at}.${name}`), ...conflicts(asList(one.items), one.name ?? ''))
  }
  if (downward !== undefined) {
    const items = asList(asObject(downward).items)
    errors.push(...items.flatMap((item) => downwardFileErrors(item, `${at}.downwardAPI`)), ...conflicts(items))
  }
  if (token !== undefined) errors.push(...tokenErrors(asObject(token), `${at}.serviceAccountToken`, field))
  const count = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate']
  return count.filter((name) => source[name] !== undefined).length > 1
    ? [...errors, forbidden(at, 'may not specify more than 1 volume type per source')]
    : errors
}

const projected: SourceCheck = (source, field) => {
  const paths = new Set<unknown>()
  return [
    ...modeErrors(source, field),
    ...asList(source.sources).flatMap((one, i) => projectionErrors(one, `${field}.sources[${i}]`, field, paths)),
  ]
}

const emptyDir: SourceCheck = (source, field) =>
  source.sizeLimit === undefined || negativeQuantity(field, source.sizeLimit).length === 0
    ? []
    : [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]

const nfs: SourceCheck = (source, field, facts, name) => {
  const errors = needs('server', 'path')(source, field, facts, name)
  const path = String(source.path ?? '')
  return path.startsWith('/') ? errors : [...errors, invalid(`${field}.path`, path, 'must be an absolute path')]
}

function initiatorErrors(value: string, field: string, lead: string): FieldError[] {
  const rules: [string, RegExp][] = [
    ['iqn', IQN],
    ['eui', EUI],
    ['naa', NAA],
  ]
  const rule = rules.find(([prefix]) => value.startsWith(prefix))
  if (rule === undefined) return [invalid(field, value, `must be valid format${lead}`)]
  return rule[1].test(value) ? [] : [invalid(field, value, 'must be valid format')]
}

const iscsi: SourceCheck = (source, field, facts, name) => {
  const { iqn, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName, targetPortal } = source
  const lead = ' starting with iqn, eui, or naa'
  const long = String(name) + ':' + String(targetPortal ?? '')
  const text =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  return [
    ...needs('targetPortal')(source, field, facts, name),
    ...(iqn ? initiatorErrors(String(iqn), `${field}.iqn`, lead) : [required(`${field}.iqn`)]),
    ...within('lun', 0, 255)(source, field, facts, name),
    ...((chapAuthDiscovery === true || chapAuthSession === true) && secretRef === undefined
      ? [required(`${field}.secretRef`)]
      : []),
    ...(initiatorName === undefined ? [] : initiatorErrors(String(initiatorName), `${field}.initiatorname`, lead)),
    ...(initiatorName !== undefined && long.length > 64
      ? [invalid(field.replace(/\.iscsi$/, '.name'), name, text)]
      : []),
  ]
}

const fc: SourceCheck = ({ targetWWNs, wwids, lun }, field, facts, name) => {
  const [names, ids] = [asList(targetWWNs), asList(wwids)]
  const at = `${field}.targetWWNs`
  const errors: FieldError[] = []
  if (names.length + ids.length === 0)
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'))
  if (names.length > 0 && ids.length > 0)
    errors.push(invalid(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  if (names.length === 0) return errors
  if (lun === undefined) return [...errors, required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
  return [...errors, ...within('lun', 0, 255)({ lun }, field, facts, name)]
}

const csi: SourceCheck = ({ driver, nodePublishSecretRef }, field) => [
  ...driverNameErrors(driver, `${field}.driver`),
  ...(nodePublishSecretRef !== undefined && !asObject(nodePublishSecretRef).name
    ? [required(`${field}.nodePublishSecretRef.name`)]
    : []),
]

const ephemeral: SourceCheck = (source, field, { podName }, name) => {
  const errors = source.volumeClaimTemplate === undefined ? [required(`${field}.volumeClaimTemplate`)] : []
  if (!podName || !name) return errors
  const claim = `${podName}-${String(name)}`
  const at = field.replace(/\.ephemeral$/, '.name')
  return [
    ...errors,
    ...invalidAll(
      at,
      name,
      dns1123Subdomain(claim).map((text) => `PVC name ${JSON.stringify(claim)}: ${text}`),
    ),
  ]
}

const image: SourceCheck = (source, field, { isPod }) => [
  ...(isPod && !source.reference ? [required(`${field}.reference`)] : []),
  ...oneOf(`${field}.pullPolicy`, source.pullPolicy, ['Always', 'IfNotPresent', 'Never']),
]

const flocker: SourceCheck = ({ datasetName, datasetUUID }, field) => {
  const errors: FieldError[] = []
  if (!datasetName && !datasetUUID) errors.push(required(field, 'one of datasetName and datasetUUID is required'))
  if (datasetName && datasetUUID)
    errors.push(invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  if (String(datasetName ?? '').includes('/'))
    errors.push(invalid(`${field}.datasetName`, datasetName, "must not contain '/'"))
  return errors
}

const gitRepo: SourceCheck = (source, field, facts, name) => [
  ...needs('repository')(source, field, facts, name),
  ...descendingPathErrors(String(source.directory ?? ''), `${field}.directory`),
]

/** Sources in upstream's order; those without a check are taken as they are. */
const sources: [string, SourceCheck?][] = [
  ['emptyDir', emptyDir],
  ['hostPath', hostPath],
  ['gitRepo', gitRepo],
  ['gcePersistentDisk', all(needs('pdName'), within('partition', 0, 255))],
  ['awsElasticBlockStore', all(needs('volumeID'), within('partition', 0, 255))],
  ['secret', files('secretName')],
  ['nfs', nfs],
  ['iscsi', iscsi],
  ['glusterfs', needs('endpoints', 'path')],
  ['flocker', flocker],
  ['persistentVolumeClaim', needs('claimName')],
  ['rbd', needs('monitors', 'image')],
  ['cinder', needs('volumeID')],
  ['cephfs', needs('monitors')],
  ['quobyte', needs('volume')],
  ['downwardAPI', downwardAPI],
  ['fc', fc],
  ['flexVolume', needs('driver')],
  ['configMap', files('name')],
  ['azureFile', needs('secretName', 'shareName')],
  ['vsphereVolume', needs('volumePath')],
  ['photonPersistentDisk', needs('pdID')],
  ['portworxVolume', needs('volumeID')],
  ['azureDisk', needs('diskName', 'diskURI')],
  ['storageos'],
  ['projected', projected],
  ['scaleIO', needs('gateway', 'system', 'volumeName')],
  ['csi', csi],
  ['ephemeral', ephemeral],
  ['image', image],
]

/** Upstream's path differs from the field where two sources are given. */
const shownNames: Record<string, string> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }
const ownNames: Record<string, string> = { gcePersistentDisk: 'persistentDisk' }

function sourceErrors(volume: PlainObject, field: string, facts: VolumeFacts): FieldError[] {
  const given = sources.filter(([name]) => volume[name] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a volume type')]
  return given.flatMap(([name, check], i) => {
    if (i > 0) return [forbidden(`${field}.${shownNames[name] ?? name}`, 'may not specify more than 1 volume type')]
    return check?.(asObject(volume[name]), `${field}.${ownNames[name] ?? name}`, facts, volume.name) ?? []
  })
}

function nameErrors(volume: PlainObject, field: string, seen: Map<unknown, PlainObject>): FieldError[] {
  const { name } = volume
  const errors = name ? invalidAll(`${field}.name`, name, dns1123Label(String(name))) : [required(`${field}.name`)]
  return seen.has(name) ? [...errors, duplicate(`${field}.name`, name)] : errors
}

/** The errors of all volumes, and by name those that have none. */
export function volumeErrors(
  volumes: PlainObject[],
  field: string,
  facts: VolumeFacts,
): { errors: FieldError[]; valid: Map<unknown, PlainObject> } {
  const valid = new Map<unknown, PlainObject>()
  const made = new Set(
    volumes.filter((one) => one.ephemeral !== undefined).map((one) => `${facts.podName}-${String(one.name)}`),
  )
  const errors = volumes.flatMap((volume, i) => {
    const at = `${field}[${i}]`
    const own = [...sourceErrors(volume, at, facts), ...nameErrors(volume, at, valid)]
    if (own.length === 0) valid.set(volume.name, volume)
    const claim = asObject(volume.persistentVolumeClaim).claimName
    if (facts.podName === undefined || !made.has(String(claim))) return own
    const text = 'must not reference a PVC that gets created for an ephemeral volume'
    return [...own, invalid(`${at}.persistentVolumeClaim.claimName`, claim, text)]
  })
  return { errors, valid }
}
