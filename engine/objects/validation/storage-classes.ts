/** The kinds of storage.k8s.io. Models pkg/apis/storage/validation (S3, S8). */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { labelKeyErrors } from '../selectors.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidAll,
  nonNegative,
  notSupported,
  oneOf,
  required,
  tooLong,
} from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Subdomain } from './names.ts'
import { negativeQuantity } from './resources.ts'
import { selectorErrors } from './selectors.ts'
import { driverNameErrors } from './storage-sources.ts'

const MAX_PARAMETERS = 512
const MAX_PARAMETER_BYTES = 256 * 1024
const MAX_NODE_ID = 256
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32
const MIN_UPDATE_SECONDS = 10
const IMMUTABLE = 'field is immutable'

function provisionerErrors(name: unknown, field: string): FieldError[] {
  const text = String(name ?? '')
  return text === '' ? [required(field)] : invalidAll(field, text.toLowerCase(), labelKeyErrors(text.toLowerCase()))
}

function parameterErrors(parameters: unknown, mayBeEmpty: boolean): FieldError[] {
  const entries = Object.entries(asObject(parameters))
  if (entries.length > MAX_PARAMETERS) return [tooLong('parameters', MAX_PARAMETERS)]
  const errors = entries
    .filter(([key]) => key === '')
    .map(([key]) => invalid('parameters', key, 'field can not be empty.'))
  const size = entries.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0)
  if (size > MAX_PARAMETER_BYTES) errors.push(tooLong('parameters', MAX_PARAMETER_BYTES))
  if (!mayBeEmpty && entries.length === 0)
    errors.push(required('parameters', 'must contain at least one key/value pair'))
  return errors
}

/** Models validateAllowedTopologies. */
function topologyErrors(topologies: unknown): FieldError[] {
  const seen: PlainObject[] = []
  return asList(topologies).flatMap((term, i) => {
    const at = `allowedTopologies[${i}].matchLabelExpressions`
    const keys = new Set<unknown>()
    const errors = asList(term.matchLabelExpressions).flatMap((one, j) => {
      const wrong = topologyRequirement(one, `${at}[${j}]`)
      if (keys.has(one.key)) wrong.push(duplicate(`${at}[${j}].key`, one.key))
      keys.add(one.key)
      return wrong
    })
    if (seen.some((other) => semanticEqual(other, term))) errors.push(duplicate(at, ''))
    seen.push(term)
    return errors
  })
}

function topologyRequirement(one: PlainObject, at: string): FieldError[] {
  const values = (one.values as string[] | undefined) ?? []
  const errors = values.length === 0 ? [required(`${at}.values`)] : []
  values.forEach((value, k) => {
    if (values.indexOf(value) < k) errors.push(duplicate(`${at}.values[${k}]`, value))
  })
  return [...errors, ...invalidAll(`${at}.key`, one.key ?? '', labelKeyErrors(String(one.key ?? '')))]
}

/** Models ValidateStorageClass. */
export function validateStorageClass(object: PlainObject): FieldError[] {
  const { reclaimPolicy } = object
  const policies = ['Delete', 'Retain']
  return [
    ...provisionerErrors(object.provisioner, 'provisioner'),
    ...parameterErrors(object.parameters, true),
    ...(reclaimPolicy && !policies.includes(String(reclaimPolicy))
      ? [notSupported('reclaimPolicy', reclaimPolicy, policies)]
      : []),
    ...oneOf('volumeBindingMode', object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ...topologyErrors(object.allowedTopologies),
  ]
}

function fixed(object: PlainObject, old: PlainObject, fields: readonly string[]): FieldError[] {
  return fields
    .filter((field) => !semanticEqual(object[field], old[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`))
}

/** Models ValidateStorageClassUpdate. */
export function validateStorageClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const errors = fixed(object, old, ['parameters', 'provisioner', 'reclaimPolicy'])
  const mode = object.volumeBindingMode
  return mode === old.volumeBindingMode ? errors : [...errors, invalid('volumeBindingMode', mode, IMMUTABLE)]
}

/** Models ValidateVolumeAttributesClass. */
export function validateAttributesClass(object: PlainObject): FieldError[] {
  return [...provisionerErrors(object.driverName, 'driverName'), ...parameterErrors(object.parameters, false)]
}

export function validateAttributesClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return fixed(object, old, ['driverName', 'parameters'])
}

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral']

/** Models ValidateCSIDriver. */
export function validateCsiDriver(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period } = spec
  const modes = (spec.volumeLifecycleModes as string[] | undefined) ?? []
  const needed: [string, string][] = [
    ['attachRequired', 'attachedRequired'],
    ['podInfoOnMount', 'podInfoOnMount'],
    ['storageCapacity', 'storageCapacity'],
  ]
  return [
    ...needed.filter(([name]) => spec[name] === undefined).map(([, path]) => required(`spec.${path}`)),
    ...(fsGroupPolicy !== undefined && !FS_GROUP_POLICIES.includes(String(fsGroupPolicy))
      ? [notSupported('spec.fsGroupPolicy', fsGroupPolicy, FS_GROUP_POLICIES)]
      : []),
    ...tokenErrors(spec.tokenRequests),
    ...modes
      .filter((mode) => !LIFECYCLE_MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
    ...(typeof period === 'number' && period < MIN_UPDATE_SECONDS
      ? [invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
      : []),
  ]
}

function tokenErrors(requests: unknown): FieldError[] {
  const seen = new Set<unknown>()
  return asList(requests).flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const at = `spec.tokenRequests[${i}]`
    if (seen.has(audience)) return [duplicate(`${at}.audience`, audience)]
    seen.add(audience)
    if (typeof seconds !== 'number') return []
    if (seconds < MIN_TOKEN_SECONDS)
      return [invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')]
    return seconds > MAX_TOKEN_SECONDS
      ? [invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : []
  })
}

/** Models ValidateCSIDriverUpdate. */
export function validateCsiDriverUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const fields: [string, string][] = [
    ['attachRequired', 'attachedRequired'],
    ['volumeLifecycleModes', 'volumeLifecycleModes'],
  ]
  return fields
    .filter(([name]) => !semanticEqual(spec[name], before[name]))
    .map(([name, path]) => invalid(`spec.${path}`, spec[name] ?? null, IMMUTABLE))
}

/** Models ValidateCSINode. */
export function validateCsiNode(object: PlainObject): FieldError[] {
  const names = new Set<unknown>()
  return asList(asObject(object.spec).drivers).flatMap((driver, i) => {
    const at = `spec.drivers[${i}]`
    const errors = [
      ...driverNameErrors(driver.name, `${at}.name`),
      ...nodeIdErrors(driver.nodeID, `${at}.nodeID`),
      ...nonNegative(`${at}.allocatable.count`, asObject(driver.allocatable).count),
    ]
    if (names.has(driver.name)) errors.push(duplicate(`${at}.name`, driver.name))
    names.add(driver.name)
    return [...errors, ...topologyKeyErrors(driver.topologyKeys, at)]
  })
}

function nodeIdErrors(id: unknown, field: string): FieldError[] {
  const text = String(id ?? '')
  if (text === '') return [required(field)]
  return text.length > MAX_NODE_ID ? [invalid(field, text, `must be ${MAX_NODE_ID} characters or less`)] : []
}

function topologyKeyErrors(keys: unknown, at: string): FieldError[] {
  const list = (keys as string[] | undefined) ?? []
  return list.flatMap((key, i) => [
    ...(key === '' ? [required(at)] : []),
    ...(list.indexOf(key) < i ? [duplicate(at, key)] : []),
    ...invalidAll(at, key, labelKeyErrors(key)),
  ])
}

export function validateCsiNodeUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const before = asList(asObject(old.spec).drivers)
  return asList(asObject(object.spec).drivers)
    .filter((driver) => {
      const same = before.find(({ name }) => name === driver.name)
      return (
        same !== undefined && !semanticEqual({ ...same, allocatable: undefined }, { ...driver, allocatable: undefined })
      )
    })
    .map((driver) => invalid('spec.drivers', driver, IMMUTABLE))
}

/** Models ValidateCSIStorageCapacity. */
export function validateStorageCapacity(object: PlainObject): FieldError[] {
  const name = String(object.storageClassName ?? '')
  return [
    ...selectorErrors(object.nodeTopology, 'nodeTopology'),
    ...invalidAll('storageClassName', name, dns1123Subdomain(name)),
    ...(object.capacity === undefined ? [] : negativeQuantity('capacity', object.capacity)),
  ]
}

export function validateStorageCapacityUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return ['nodeTopology', 'storageClassName']
    .filter((field) => !semanticEqual(object[field], old[field]))
    .map((field) => invalid(field, object[field] ?? null, IMMUTABLE))
}

/** Models ValidateVolumeAttachment. Not modelled: the inner fields of an inline volume. */
export function validateAttachment(object: PlainObject): FieldError[] {
  const { attacher, source, nodeName } = asObject(object.spec)
  const node = String(nodeName ?? '')
  return [
    ...(attacher ? [] : [required('spec.attacher')]),
    ...attachmentSource(asObject(source)),
    ...invalidAll('spec.nodeName', node, dns1123Subdomain(node)),
    ...(attacher ? driverNameErrors(attacher, 'spec.attacher') : []),
  ]
}

function attachmentSource({ inlineVolumeSpec, persistentVolumeName }: PlainObject): FieldError[] {
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) return [required('spec.source', one)]
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) return [forbidden('spec.source', one)]
  return persistentVolumeName === ''
    ? [required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')]
    : []
}

export function validateAttachmentUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return semanticEqual(object.spec, old.spec) ? [] : [invalid('spec', object.spec, IMMUTABLE)]
}
