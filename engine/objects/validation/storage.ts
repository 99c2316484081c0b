/** PersistentVolumes and PersistentVolumeClaims. Models pkg/apis/core/validation (S1, S6, S9). */
import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { minorOf } from '../kinds.ts'
import { compareQuantity } from '../quantity.ts'
import { forbidden, invalid, invalidAll, notSupported, oneOfIfSet, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'
import { selectorErrors } from './selectors.ts'
import { specDiff } from './spec-diff.ts'
import { VOLUME_SOURCES, volumeAffinityErrors, volumeSourceErrors } from './storage-sources.ts'

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const VOLUME_MODES = ['Block', 'Filesystem']
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain']
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const IMMUTABLE = 'field is immutable'
/** From here on an expansion that failed may be taken back. */
const RECOVERS_SINCE = 32
const ATTRIBUTES_CLASS_SINCE = 34
/** From here on the difference is a JSON diff. */
const newest = 99

const minorIn = ({ release }: ValidationContext): number => (release === undefined ? newest : minorOf(release))

function accessModeErrors(modes: unknown, whenEmpty: string): FieldError[] {
  const list = (modes as string[] | undefined) ?? []
  const errors = list
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, ACCESS_MODES))
  const known = list.filter((mode) => ACCESS_MODES.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'))
  return list.length === 0 ? [required('spec.accessModes', whenEmpty), ...errors] : errors
}

function positiveQuantity(field: string, value: unknown): FieldError[] {
  return compareQuantity(String(value), 0) > 0 ? [] : [invalid(field, String(value), 'must be greater than zero')]
}

function classNameErrors(field: string, name: unknown): FieldError[] {
  return typeof name === 'string' && name !== '' ? invalidAll(field, name, dns1123Subdomain(name)) : []
}

/** Models ValidatePersistentVolumeClaim. */
export function validateClaim(object: PlainObject, ctx: ValidationContext = {}): FieldError[] {
  return claimSpecErrors(asObject(object.spec), ctx)
}

function claimSpecErrors(spec: PlainObject, ctx: ValidationContext): FieldError[] {
  const storage = asObject(asObject(spec.resources).requests).storage
  const at = 'spec.resources[storage]'
  const [missing, modes] = split(accessModeErrors(spec.accessModes, 'at least 1 access mode is required'))
  const attributes = minorIn(ctx) >= ATTRIBUTES_CLASS_SINCE ? spec.volumeAttributesClassName : undefined
  return [
    ...missing,
    ...selectorErrors(spec.selector, 'spec.selector'),
    ...modes,
    ...(storage === undefined ? [required(at)] : positiveQuantity(at, storage)),
    ...classNameErrors('spec.storageClassName', spec.storageClassName),
    ...oneOfIfSet('spec.volumeMode', spec.volumeMode, VOLUME_MODES),
    ...dataSourceErrors(spec),
    ...classNameErrors('spec.volumeAttributesClassName', attributes),
  ]
}

/** What is missing is said before the selector, what is wrong after it. */
function split(errors: FieldError[]): [FieldError[], FieldError[]] {
  return [errors.filter(({ type }) => type === 'Required'), errors.filter(({ type }) => type !== 'Required')]
}

function dataSourceErrors(spec: PlainObject): FieldError[] {
  const { dataSource, dataSourceRef } = spec
  const errors = [
    ...sourceErrors(dataSource, 'spec.dataSource'),
    ...sourceErrors(dataSourceRef, 'spec.dataSourceRef'),
    ...namespaceErrors(dataSourceRef),
  ]
  if (dataSource === undefined || dataSourceRef === undefined) return errors
  const where = { ...invalid('spec', null, ''), shown: 'spec.dataSource' }
  const [plain, reference] = [asObject(dataSource), asObject(dataSourceRef)]
  if (reference.namespace)
    return [...errors, { ...where, detail: 'may not be specified when dataSourceRef.namespace is specified' }]
  const same = ['apiGroup', 'kind', 'name'].every((name) => plain[name] === reference[name])
  return same ? errors : [...errors, { ...where, detail: 'must match dataSourceRef' }]
}

function sourceErrors(source: unknown, field: string): FieldError[] {
  if (source === undefined) return []
  const { apiGroup, kind, name } = asObject(source)
  const errors = [...(name ? [] : [required(`${field}.name`)]), ...(kind ? [] : [required(`${field}.kind`)])]
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(field, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  if (apiGroup) errors.push(...invalidAll(`${field}.apiGroup`, apiGroup, dns1123Subdomain(String(apiGroup))))
  return errors
}

function namespaceErrors(source: unknown): FieldError[] {
  const { namespace } = asObject(source)
  return namespace ? invalidAll('spec.dataSourceRef.namespace', namespace, dns1123Label(String(namespace))) : []
}

/** Models ValidatePersistentVolumeClaimUpdate: a bound claim may only ask for more. */
export function validateClaimUpdate(object: PlainObject, old: PlainObject, ctx: ValidationContext = {}): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const [then, now] = comparable(object, old)
  const errors = betaClassErrors(object, old)
  if (!semanticEqual(then, now)) {
    const text =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.push(forbidden('spec', `${text}\n${specDiff('PersistentVolumeClaimSpec', then, now, ctx)}`))
  }
  errors.push(...shrinking(spec, before, old, minorIn(ctx)))
  if (!semanticEqual(spec.volumeMode, before.volumeMode))
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, IMMUTABLE))
  return [...errors, ...attributesClassErrors(spec, before, minorIn(ctx))]
}

/** The two specs without what may change. */
function comparable(object: PlainObject, old: PlainObject): [PlainObject, PlainObject] {
  const [then, now] = [{ ...asObject(old.spec) }, { ...asObject(object.spec) }]
  if (!then.volumeName) then.volumeName = now.volumeName
  const beta = asObject(asObject(old.metadata).annotations)[BETA_CLASS]
  const mayBeSet = then.storageClassName === undefined && now.storageClassName !== undefined
  if (mayBeSet && (beta === undefined || beta === now.storageClassName)) delete now.storageClassName
  const bound = asObject(object.status).phase === 'Bound'
  if (bound && asObject(now.resources).requests !== undefined) {
    const { storage } = asObject(asObject(then.resources).requests)
    now.resources = { ...asObject(now.resources), requests: { ...asObject(asObject(now.resources).requests), storage } }
  }
  now.volumeAttributesClassName = then.volumeAttributesClassName
  return [then, now]
}

function betaClassErrors(object: PlainObject, old: PlainObject): FieldError[] {
  const [now, then] = [object, old].map(({ metadata }) => asObject(asObject(metadata).annotations)[BETA_CLASS] ?? '')
  const isUpgrade = then !== '' && now === '' && asObject(object.spec).storageClassName === then
  if (now === then || isUpgrade) return []
  return [invalid(`metadata.annotations[${BETA_CLASS}]`, now, IMMUTABLE)]
}

function shrinking(spec: PlainObject, before: PlainObject, old: PlainObject, minor: number): FieldError[] {
  const now = asObject(asObject(spec.resources).requests).storage ?? 0
  const then = asObject(asObject(before.resources).requests).storage ?? 0
  if (compareQuantity(String(now), String(then)) >= 0) return []
  const { capacity, allocatedResources, allocatedResourceStatuses } = asObject(old.status)
  const recovers =
    minor >= RECOVERS_SINCE || allocatedResources !== undefined || allocatedResourceStatuses !== undefined
  if (!recovers) return [forbidden('spec.resources.requests.storage', 'field can not be less than previous value')]
  if (compareQuantity(String(now), String(asObject(capacity).storage ?? 0)) > 0) return []
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}

function attributesClassErrors(spec: PlainObject, before: PlainObject, minor: number): FieldError[] {
  const [now, then] = [spec.volumeAttributesClassName, before.volumeAttributesClassName]
  const field = 'spec.volumeAttributesClassName'
  if (semanticEqual(now, then)) return []
  if (minor < ATTRIBUTES_CLASS_SINCE)
    return [forbidden(field, 'update is forbidden when the VolumeAttributesClass feature gate is disabled')]
  if (then === undefined) return []
  if (now === undefined) return [forbidden(field, 'update from non-nil value to nil is forbidden')]
  return now === '' ? [forbidden(field, 'update from non-nil value to an empty string is forbidden')] : []
}

/** Models ValidatePersistentVolume. */
export function validateVolume(object: PlainObject, ctx: ValidationContext = {}): FieldError[] {
  const spec = asObject(object.spec)
  const affinity = volumeAffinityErrors(spec.nodeAffinity, 'spec.nodeAffinity')
  const policy = spec.persistentVolumeReclaimPolicy
  const sources = volumeSourceErrors(spec, 'spec', asObject(spec.nodeAffinity).required !== undefined)
  const root = /^\/+(\.\/*)*$/.test(String(asObject(spec.hostPath).path ?? ''))
  const recycled = root && policy === 'Recycle'
  return [
    ...accessModeErrors(spec.accessModes, ''),
    ...capacityErrors(spec.capacity),
    ...(policy ? oneOfIfSet('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES) : []),
    ...affinity,
    ...sources,
    ...(recycled
      ? [forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
    ...classNameErrors('spec.storageClassName', spec.storageClassName),
    ...oneOfIfSet('spec.volumeMode', spec.volumeMode, VOLUME_MODES),
    ...(minorIn(ctx) >= ATTRIBUTES_CLASS_SINCE ? volumeAttributesErrors(spec) : []),
  ]
}

function capacityErrors(capacity: unknown): FieldError[] {
  const list = asObject(capacity)
  const names = Object.keys(list).sort()
  const errors = names.length === 0 ? [required('spec.capacity')] : []
  if (names.length !== 1 || names[0] !== 'storage')
    errors.push(notSupported('spec.capacity', capacity ?? null, ['storage']))
  return [...errors, ...names.flatMap((name) => positiveQuantity(`spec.capacity[${name}]`, list[name]))]
}

function volumeAttributesErrors(spec: PlainObject): FieldError[] {
  const name = spec.volumeAttributesClassName
  const field = 'spec.volumeAttributesClassName'
  if (name === undefined) return []
  const errors = name === '' ? [required(field, 'an empty string is disallowed')] : classNameErrors(field, name)
  if (spec.csi === undefined)
    errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'))
  return errors
}

/** Models ValidatePersistentVolumeUpdate. */
export function validateVolumeUpdate(object: PlainObject, old: PlainObject, ctx: ValidationContext = {}): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const errors: FieldError[] = []
  const [now, then] = [sourceOf(spec, before), sourceOf(before)]
  if (!semanticEqual(now, then)) {
    const field = 'spec.persistentvolumesource'
    const diff = specDiff('PersistentVolumeSource', then, now, ctx)
    errors.push(forbidden(field, `${field} is immutable after creation\n${diff}`))
  }
  if (!semanticEqual(spec.volumeMode, before.volumeMode))
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, IMMUTABLE))
  if (before.nodeAffinity !== undefined && !semanticEqual(spec.nodeAffinity, before.nodeAffinity))
    errors.push(invalid('nodeAffinity', spec.nodeAffinity ?? null, IMMUTABLE))
  const [attributes, oldAttributes] = [spec.volumeAttributesClassName, before.volumeAttributesClassName]
  if (oldAttributes !== undefined && attributes === undefined && minorIn(ctx) >= ATTRIBUTES_CLASS_SINCE)
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  return errors
}

/** A secret for expansion may be added to a CSI volume. */
function sourceOf(spec: PlainObject, before?: PlainObject): PlainObject {
  const source = Object.fromEntries(
    VOLUME_SOURCES.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])),
  )
  const { controllerExpandSecretRef, ...csi } = asObject(source.csi)
  const isAdded =
    controllerExpandSecretRef !== undefined &&
    before?.csi !== undefined &&
    asObject(before.csi).controllerExpandSecretRef === undefined
  return isAdded ? { ...source, csi } : source
}
