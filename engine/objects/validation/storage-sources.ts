/** The sources of persistent volumes, in upstream's order. Models the validate…VolumeSource of core validation. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { forbidden, invalid, invalidAll, oneOfIfSet, required, tooLong } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'

type SourceCheck = (source: PlainObject, field: string) => FieldError[]

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
const PARTITION_TEXT = 'must be between 1 and 255, inclusive'
const MAX_DRIVER_NAME = 63
const IQN = /^(iqn\.\d{4}-\d{2}\.[a-zA-Z0-9\-.]+(:[^,;*&$|\s]+)?|eui\.[a-zA-Z0-9]{16}|naa\.[a-zA-Z0-9]{32})$/

const needs =
  (...names: string[]): SourceCheck =>
  (source, field) =>
    names.filter((name) => isEmpty(source[name])).map((name) => required(`${field}.${name}`))

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0)

const all =
  (...checks: SourceCheck[]): SourceCheck =>
  (source, field) =>
    checks.flatMap((check) => check(source, field))

function backsteps(field: string, path: unknown): FieldError[] {
  return String(path).split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

const hostPath: SourceCheck = (source, field) => {
  if (!source.path) return [required(`${field}.path`)]
  const type = source.type === '' ? [] : oneOfIfSet(`${field}.type`, source.type, HOST_PATH_TYPES)
  return [...backsteps(`${field}.path`, source.path), ...type]
}

const local: SourceCheck = (source, field) =>
  source.path ? backsteps(`${field}.path`, source.path) : [required(`${field}.path`)]

const partition: SourceCheck = ({ partition: value }, field) =>
  typeof value === 'number' && (value < 0 || value > 255) ? [invalid(`${field}.partition`, value, PARTITION_TEXT)] : []

const nfs: SourceCheck = (source, field) => {
  const errors = needs('server', 'path')(source, field)
  const { path } = source
  return path && !String(path).startsWith('/')
    ? [...errors, invalid(`${field}.path`, path, 'must be an absolute path')]
    : errors
}

const flocker: SourceCheck = ({ datasetName, datasetUUID }, field) => {
  if (!datasetName && !datasetUUID) return [required(field, 'one of datasetName and datasetUUID is required')]
  const errors =
    datasetName && datasetUUID
      ? [invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')]
      : []
  if (!String(datasetName ?? '').includes('/')) return errors
  return [...errors, invalid(`${field}.datasetName`, datasetName, "must not contain '/'")]
}

const lun = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && (value < 0 || value > 255)
    ? [invalid(`${field}.lun`, value, 'must be between 0 and 255, inclusive')]
    : []

const iscsi: SourceCheck = (source, field) => {
  const errors = needs('targetPortal', 'iqn')(source, field)
  if (source.iqn && !IQN.test(String(source.iqn)))
    errors.push(invalid(`${field}.iqn`, source.iqn, 'must be valid format'))
  errors.push(...lun(field, source.lun))
  const chap = source.chapAuthDiscovery === true || source.chapAuthSession === true
  if (chap && source.secretRef === undefined) errors.push(required(`${field}.secretRef`))
  return errors
}

const fc: SourceCheck = ({ targetWWNs, wwids, lun: number }, field) => {
  const errors: FieldError[] = []
  const either = 'must specify either targetWWNs or wwids, but not both'
  if (isEmpty(targetWWNs) && isEmpty(wwids)) errors.push(required(`${field}.targetWWNs`, either))
  if (!isEmpty(targetWWNs) && !isEmpty(wwids))
    errors.push(invalid(`${field}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  if (isEmpty(targetWWNs)) return errors
  if (number === undefined) return [...errors, required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
  return [...errors, ...lun(field, number)]
}

const cinder: SourceCheck = (source, field) => [
  ...needs('volumeID')(source, field),
  ...secretErrors(source, field, 'secretRef'),
]

/** A reference to a secret of another namespace names both. */
function secretErrors(source: PlainObject, field: string, name: string): FieldError[] {
  return source[name] === undefined ? [] : needs('name', 'namespace')(asObject(source[name]), `${field}.${name}`)
}

const azureFile: SourceCheck = (source, field) => {
  const errors = needs('secretName', 'shareName')(source, field)
  return source.secretNamespace === '' ? [...errors, required(`${field}.secretNamespace`)] : errors
}

const CACHING = ['None', 'ReadOnly', 'ReadWrite']
const azureDisk: SourceCheck = (source, field) => [
  ...needs('diskName', 'diskURI')(source, field),
  ...oneOfIfSet(`${field}.cachingMode`, source.cachingMode, CACHING),
]

/** Models ValidateCSIDriverName. */
export function driverNameErrors(name: unknown, field: string): FieldError[] {
  const text = String(name ?? '')
  if (text === '') return [required(field)]
  const long = text.length > MAX_DRIVER_NAME ? [tooLong(field, MAX_DRIVER_NAME)] : []
  return [...long, ...invalidAll(field, text, dns1123Subdomain(text.toLowerCase()))]
}

const SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
]

const csi: SourceCheck = (source, field) => [
  ...driverNameErrors(source.driver, `${field}.driver`),
  ...needs('volumeHandle')(source, field),
  ...SECRETS.flatMap((name) => secretErrors(source, field, name)),
]

const glusterfs: SourceCheck = (source, field) => {
  const errors = needs('endpoints', 'path')(source, field)
  const { endpointsNamespace } = source
  if (endpointsNamespace === undefined) return errors
  if (endpointsNamespace === '')
    return [
      ...errors,
      invalid(`${field}.endpointsNamespace`, '', 'if the endpointnamespace is set, it must be a valid namespace name'),
    ]
  return [
    ...errors,
    ...invalidAll(`${field}.endpointsNamespace`, endpointsNamespace, dns1123Label(String(endpointsNamespace))),
  ]
}

/** The field in `spec`, what is checked, and the path upstream puts into errors where it is another. */
const SOURCES: [string, SourceCheck, string?][] = [
  ['hostPath', hostPath],
  ['gcePersistentDisk', all(needs('pdName'), partition), 'persistentDisk'],
  ['awsElasticBlockStore', all(needs('volumeID'), partition)],
  ['glusterfs', glusterfs],
  ['flocker', flocker],
  ['nfs', nfs],
  ['rbd', needs('monitors', 'image')],
  ['quobyte', needs('registry', 'volume')],
  ['cephfs', needs('monitors')],
  ['iscsi', iscsi],
  ['cinder', cinder],
  ['fc', fc],
  ['flexVolume', needs('driver')],
  ['azureFile', azureFile],
  ['vsphereVolume', needs('volumePath')],
  ['photonPersistentDisk', needs('pdID')],
  ['portworxVolume', needs('volumeID')],
  ['azureDisk', azureDisk],
  ['scaleIO', needs('gateway', 'system', 'volumeName')],
  ['local', local],
  ['storageos', needs('volumeName')],
  ['csi', csi],
]

export const VOLUME_SOURCES: readonly string[] = SOURCES.map(([name]) => name)

/** What is wrong with the one source of a volume. */
export function volumeSourceErrors(spec: PlainObject, field: string, hasAffinity: boolean): FieldError[] {
  const errors: FieldError[] = []
  let found = false
  for (const [name, check, path = name] of SOURCES) {
    if (spec[name] === undefined) continue
    if (found && name !== 'flexVolume') {
      errors.push(
        forbidden(`${field}.${name === 'cephfs' ? 'cephFS' : name}`, 'may not specify more than 1 volume type'),
      )
      continue
    }
    found = true
    errors.push(...check(asObject(spec[name]), `${field}.${path}`))
    if (name === 'local' && !hasAffinity)
      errors.push(required(`${field}.nodeAffinity`, 'Local volume requires node affinity'))
  }
  return found ? errors : [...errors, required(field, 'must specify a volume type')]
}

const OPERATORS = ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn']

function requirementErrors(one: PlainObject, field: string): FieldError[] {
  const values = (one.values as string[] | undefined) ?? []
  const operator = String(one.operator ?? '')
  if (!OPERATORS.includes(operator)) return [invalid(`${field}.operator`, operator, 'not a valid selector operator')]
  if (/In$/.test(operator) && values.length === 0)
    return [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  if (/Exist/.test(operator) && values.length > 0)
    return [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  if (/^(Gt|Lt)$/.test(operator) && values.length !== 1)
    return [required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
  return []
}

/** Models validateVolumeNodeAffinity. */
export function volumeAffinityErrors(affinity: unknown, field: string): FieldError[] {
  if (affinity === undefined) return []
  const { required: needed } = asObject(affinity)
  if (needed === undefined) return [required(`${field}.required`, 'must specify required node constraints')]
  const terms = asList(asObject(needed).nodeSelectorTerms)
  const at = `${field}.required.nodeSelectorTerms`
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')]
  return terms.flatMap(({ matchExpressions }, i) =>
    asList(matchExpressions).flatMap((one, j) => requirementErrors(one, `${at}[${i}].matchExpressions[${j}]`)),
  )
}
