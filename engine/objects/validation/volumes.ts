import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { duplicate, forbidden, invalid, invalidAll, oneOfIfSet, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Label } from './names.ts'
import { negativeQuantity } from './resources.ts'

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

type SourceCheck = (source: PlainObject, field: string) => FieldError[]

function pathErrors(path: unknown, field: string): FieldError[] {
  if (typeof path !== 'string' || path === '') return [required(field)]
  if (path.startsWith('/')) return [invalid(field, path, 'must be a relative path')]
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

const needs =
  (name: string): SourceCheck =>
  (source, field) =>
    source[name] ? [] : [required(`${field}.${name}`)]

function itemErrors(source: PlainObject, field: string): FieldError[] {
  return asList(source.items).flatMap((item, i) => [
    ...(item.key ? [] : [required(`${field}.items[${i}].key`)]),
    ...pathErrors(item.path, `${field}.items[${i}].path`),
  ])
}

function modeErrors(source: PlainObject, field: string): FieldError[] {
  const mode = source.defaultMode
  if (typeof mode !== 'number' || (mode >= 0 && mode <= 0o777)) return []
  const text = 'must be a number between 0 and 0777 (octal), both inclusive'
  return [invalid(`${field}.defaultMode`, mode, text)]
}

const files =
  (name: string): SourceCheck =>
  (source, field) => [...needs(name)(source, field), ...modeErrors(source, field), ...itemErrors(source, field)]

function hostPath(source: PlainObject, field: string): FieldError[] {
  if (!source.path) return [required(`${field}.path`)]
  const up = String(source.path).split('/').includes('..')
  const errors = up ? [invalid(`${field}.path`, source.path, "must not contain '..'")] : []
  return source.type === '' ? errors : [...errors, ...oneOfIfSet(`${field}.type`, source.type, hostPathTypes)]
}

function projected(source: PlainObject, field: string): FieldError[] {
  return [
    ...modeErrors(source, field),
    ...asList(source.sources).flatMap((one, i) => projection(one, `${field}.sources[${i}]`)),
  ]
}

function projection(source: PlainObject, field: string): FieldError[] {
  const token = source.serviceAccountToken
  if (token !== undefined && !asObject(token).path) return [required(`${field}.serviceAccountToken.path`)]
  for (const name of ['configMap', 'secret']) {
    if (source[name] !== undefined && !asObject(source[name]).name) return [required(`${field}.${name}.name`)]
  }
  return []
}

const emptyDir: SourceCheck = (source, field) =>
  source.sizeLimit === undefined ? [] : negativeQuantity(`${field}.sizeLimit`, source.sizeLimit)

const downwardAPI: SourceCheck = (source, field) => [
  ...modeErrors(source, field),
  ...asList(source.items).flatMap((item, i) => pathErrors(item.path, `${field}.items[${i}].path`)),
]

/** Sources in upstream's order; those without a check are taken as they are. */
const sources: [string, SourceCheck?][] = [
  ['emptyDir', emptyDir],
  ['hostPath', hostPath],
  ['gitRepo', needs('repository')],
  ['gcePersistentDisk', needs('pdName')],
  ['awsElasticBlockStore', needs('volumeID')],
  ['secret', files('secretName')],
  ['nfs', (source, field) => [...needs('server')(source, field), ...needs('path')(source, field)]],
  ['iscsi'],
  ['glusterfs'],
  ['persistentVolumeClaim', needs('claimName')],
  ['rbd'],
  ['cinder'],
  ['cephfs'],
  ['flocker'],
  ['downwardAPI', downwardAPI],
  ['fc'],
  ['flexVolume'],
  ['configMap', files('name')],
  ['azureFile'],
  ['vsphereVolume'],
  ['quobyte'],
  ['azureDisk'],
  ['storageos'],
  ['photonPersistentDisk'],
  ['projected', projected],
  ['scaleIO'],
  ['portworxVolume'],
  ['csi', needs('driver')],
  ['ephemeral', needs('volumeClaimTemplate')],
  ['image'],
]

function sourceErrors(volume: PlainObject, field: string): FieldError[] {
  const given = sources.filter(([name]) => volume[name] !== undefined)
  if (given.length === 0) return [required(field, 'must specify a volume type')]
  return given.flatMap(([name, check], i) => {
    if (i > 0) return [forbidden(`${field}.${name}`, 'may not specify more than 1 volume type')]
    return check === undefined ? [] : check(asObject(volume[name]), `${field}.${name}`)
  })
}

function nameErrors(volume: PlainObject, field: string, seen: Set<unknown>): FieldError[] {
  const { name } = volume
  if (typeof name !== 'string' || name === '') return [required(`${field}.name`)]
  const wrong = invalidAll(`${field}.name`, name, dns1123Label(name))
  if (wrong.length > 0) return wrong
  if (seen.has(name)) return [duplicate(`${field}.name`, name)]
  seen.add(name)
  return []
}

/** Models ValidateVolumes. Not modelled: the inner fields of cloud and storage vendors' sources. */
export function volumeErrors(volumes: PlainObject[], field: string): FieldError[] {
  const seen = new Set<unknown>()
  return volumes.flatMap((volume, i) => {
    const at = `${field}[${i}]`
    return [...sourceErrors(volume, at), ...nameErrors(volume, at, seen)]
  })
}
