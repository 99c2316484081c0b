import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { compareQuantity } from '../quantity.ts'
import { forbidden, invalid, notSupported, oneOf, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { negativeQuantity } from './resources.ts'
import { selectorErrors } from './selectors.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

function accessModeErrors(modes: unknown): FieldError[] {
  const list = (modes as string[] | undefined) ?? []
  if (list.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')]
  return list
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, accessModes))
}

/** Models ValidatePersistentVolumeClaim. */
export function validateClaim(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const storage = asObject(asObject(spec.resources).requests).storage
  const errors = [...accessModeErrors(spec.accessModes), ...selectorErrors(spec.selector, 'spec.selector')]
  if (storage === undefined) return [...errors, required('spec.resources[storage]')]
  const bad = negativeQuantity('spec.resources[storage]', storage)
  if (String(storage) === '0') bad.push(invalid('spec.resources[storage]', '0', 'must be greater than zero'))
  return [...errors, ...bad]
}

/** Models ValidatePersistentVolumeClaimUpdate: a bound claim may only ask for more. */
export function validateClaimUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const bound = asObject(old.status).phase === 'Bound'
  const errors: FieldError[] = []
  const munged = { ...spec }
  if (!before.volumeName) munged.volumeName = before.volumeName
  if (bound)
    Object.assign(munged, { resources: before.resources, volumeAttributesClassName: before.volumeAttributesClassName })
  if (before.storageClassName === undefined) munged.storageClassName = undefined
  if (!semanticEqual(munged, before)) {
    errors.push(
      forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    )
  }
  return [...errors, ...shrinking(spec, before, old)]
}

function shrinking(spec: PlainObject, before: PlainObject, old: PlainObject): FieldError[] {
  const now = asObject(asObject(spec.resources).requests).storage
  const then = asObject(asObject(before.resources).requests).storage
  const capacity = asObject(asObject(old.status).capacity).storage
  if (now === undefined || then === undefined || compareQuantity(String(now), String(then)) >= 0) return []
  if (capacity !== undefined && compareQuantity(String(now), String(capacity)) >= 0) return []
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}

const volumeSources = [
  'hostPath',
  'nfs',
  'csi',
  'local',
  'fc',
  'iscsi',
  'rbd',
  'cephfs',
  'cinder',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'vsphereVolume',
  'portworxVolume',
  'flexVolume',
  'glusterfs',
  'quobyte',
  'scaleIO',
  'storageos',
  'flocker',
  'photonPersistentDisk',
]

/** Models ValidatePersistentVolume. */
export function validateVolume(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const errors = accessModeErrors(spec.accessModes)
  const storage = asObject(spec.capacity).storage
  if (spec.capacity === undefined) errors.push(required('spec.capacity'))
  else if (storage === undefined) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']))
  const given = volumeSources.filter((name) => spec[name] !== undefined)
  if (given.length === 0) errors.push(required('spec', 'must specify a volume type'))
  errors.push(...given.slice(1).map((name) => forbidden(`spec.${name}`, 'may not specify more than 1 volume type')))
  if (spec.local !== undefined && spec.nodeAffinity === undefined)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  return errors
}

/** Models ValidatePersistentVolumeUpdate. */
export function validateVolumeUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const changed = volumeSources.some((name) => !semanticEqual(spec[name], before[name]))
  const field = 'spec.persistentvolumesource'
  return changed ? [forbidden(field, `${field} is immutable after creation`)] : []
}

/** Models ValidateStorageClass. */
export function validateStorageClass(object: PlainObject): FieldError[] {
  return [
    ...(object.provisioner ? [] : [required('provisioner')]),
    ...oneOf('reclaimPolicy', object.reclaimPolicy, ['Delete', 'Retain']),
    ...oneOf('volumeBindingMode', object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
  ]
}

const fixed = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']

/** Models ValidateStorageClassUpdate. */
export function validateStorageClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return fixed
    .filter((field) => !semanticEqual(object[field], old[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`))
}
