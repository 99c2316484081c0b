import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import type { KindEntry } from '../kinds.ts'
import { labelKeyErrors, labelValueErrors } from '../selectors.ts'
import { duplicate, forbidden, invalid, invalidAll, required, tooLong } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { configKey, dns1035Label, dns1123Label, dns1123Subdomain, pathSegmentName } from './names.ts'

export type NameRule = (name: string) => string[]

const MAX_ANNOTATIONS_BYTES = 256 * 1024
const MAX_CRON_JOB_NAME = 52

function cronJobName(name: string): string[] {
  const long = name.length > MAX_CRON_JOB_NAME ? [`must be no more than ${MAX_CRON_JOB_NAME} characters`] : []
  return [...dns1123Subdomain(name), ...long]
}

/** Kinds whose names are not DNS subdomains. */
const nameRules: Record<string, NameRule> = {
  Namespace: dns1123Label,
  Service: dns1035Label,
  CronJob: cronJobName,
  LeaseCandidate: configKey,
  StatefulSet: dns1123Label,
  Role: pathSegmentName,
  RoleBinding: pathSegmentName,
  ClusterRole: pathSegmentName,
  ClusterRoleBinding: pathSegmentName,
  APIService: pathSegmentName,
  IPAddress: () => [],
}

export const nameRuleOf = (kind: string): NameRule => nameRules[kind] ?? dns1123Subdomain

/** A prefix may end in a hyphen or dot: the generated suffix follows. */
const maskTrailingDash = (prefix: string): string => (prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix)

/** Names of Services are labels from this minor on; before, they begin with a letter. */
const RELAXED_SERVICE_NAMES_SINCE = 36

function nameErrors(entry: KindEntry, meta: PlainObject, ctx: ValidationContext): FieldError[] {
  const relaxed = entry.group === '' && entry.kind === 'Service' && minorIn(ctx) >= RELAXED_SERVICE_NAMES_SINCE
  const rule = relaxed ? dns1123Label : nameRuleOf(entry.kind)
  const errors: FieldError[] = []
  const { name, generateName } = meta
  if (typeof generateName === 'string' && generateName !== '') {
    errors.push(...invalidAll('metadata.generateName', generateName, rule(maskTrailingDash(generateName))))
  }
  if (typeof name !== 'string' || name === '') {
    return [...errors, required('metadata.name', 'name or generateName is required')]
  }
  return [...errors, ...invalidAll('metadata.name', name, rule(name))]
}

function namespaceErrors(entry: KindEntry, meta: PlainObject): FieldError[] {
  const { namespace } = meta
  const given = typeof namespace === 'string' && namespace !== ''
  if (!entry.namespaced) return given ? [forbidden('metadata.namespace', 'not allowed on this type')] : []
  if (!given) return [required('metadata.namespace')]
  return invalidAll('metadata.namespace', namespace, dns1123Label(namespace))
}

/** Keys and values of a map of labels. */
export function labelErrors(field: string, labels: unknown): FieldError[] {
  return Object.entries(asObject(labels)).flatMap(([key, value]) => [
    ...invalidAll(field, key, labelKeyErrors(key)),
    ...invalidAll(field, value, labelValueErrors(String(value))),
  ])
}

export function annotationErrors(field: string, annotations: unknown): FieldError[] {
  const entries = Object.entries(asObject(annotations))
  const errors = entries.flatMap(([key]) => invalidAll(field, key, labelKeyErrors(key.toLowerCase())))
  const size = entries.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0)
  return size > MAX_ANNOTATIONS_BYTES ? [...errors, tooLong(field, MAX_ANNOTATIONS_BYTES)] : errors
}

const ownerFields: [string, string][] = [
  ['apiVersion', 'version must not be empty'],
  ['kind', 'must not be empty'],
  ['name', 'must not be empty'],
  ['uid', 'uid must not be empty'],
]

function ownerErrors(owners: PlainObject[]): FieldError[] {
  const field = 'metadata.ownerReferences'
  const errors = owners.flatMap((owner) => [
    ...ownerFields
      .filter(([name]) => !owner[name])
      .map(([name, text]) => invalid(`${field}.${name}`, owner[name] ?? '', text)),
    ...(owner.apiVersion === 'v1' && owner.kind === 'Event'
      ? [invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner')]
      : []),
  ])
  const controllers = owners.filter((owner) => owner.controller === true)
  if (controllers.length < 2) return errors
  const [first, second] = controllers as [PlainObject, PlainObject]
  const text = `Only one reference can have Controller set to true. Found "true" in references for ${String(first.kind)}/${String(first.name)} and ${String(second.kind)}/${String(second.name)}`
  return [...errors, invalid(field, owners, text)]
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** Models ValidateFinalizerName and validateKubeFinalizerName, which tell the same name at two paths. */
export function finalizerNameErrors(list: string, one: string, name: string): FieldError[] {
  const wrong = invalidAll(list, name, labelKeyErrors(name))
  if (name.includes('/') || standardFinalizers.has(name)) return wrong
  return [...wrong, invalid(one, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

function finalizerErrors(finalizers: string[]): FieldError[] {
  const field = 'metadata.finalizers'
  const names = finalizers.map((name, i) => finalizerNameErrors(field, `${field}[${i}]`, name))
  const both = finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
  const text = 'finalizer orphan and foregroundDeletion cannot be both set'
  const at = (path: (error: FieldError) => boolean): FieldError[] => names.flat().filter(path)
  return [
    ...at((error) => error.field === field),
    ...(both ? [invalid(field, finalizers, text)] : []),
    ...at((error) => error.field !== field),
  ]
}

/** Models ValidateObjectMeta. Not modelled: managedFields. */
export function validateMeta(entry: KindEntry, object: PlainObject, ctx: ValidationContext = {}): FieldError[] {
  const meta = asObject(object.metadata)
  return [
    ...nameErrors(entry, meta, ctx),
    ...namespaceErrors(entry, meta),
    ...labelErrors('metadata.labels', meta.labels),
    ...annotationErrors('metadata.annotations', meta.annotations),
    ...ownerErrors(asList(meta.ownerReferences)),
    ...finalizerErrors((meta.finalizers as string[] | undefined) ?? []),
  ]
}

const IMMUTABLE = 'field is immutable'

/** Models ValidateObjectMetaUpdate; creationTimestamp and deletion are the API server's. */
export function validateMetaUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const meta = asObject(object.metadata)
  const before = asObject(old.metadata)
  const errors = ['name', 'namespace', 'uid']
    .filter((name) => (meta[name] ?? '') !== (before[name] ?? ''))
    .map((name) => invalid(`metadata.${name}`, meta[name] ?? '', IMMUTABLE))
  return [...errors, ...addedFinalizers(meta, before)]
}

function addedFinalizers(meta: PlainObject, before: PlainObject): FieldError[] {
  if (typeof before.deletionTimestamp !== 'string') return []
  const known = (before.finalizers as string[] | undefined) ?? []
  const added = ((meta.finalizers as string[] | undefined) ?? []).filter((name) => !known.includes(name))
  if (added.length === 0) return []
  const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`
  return [forbidden('metadata.finalizers', text)]
}

/** A key that stands twice in a list of named things. */
export function duplicates(items: PlainObject[], key: string, field: (i: number) => string): FieldError[] {
  const seen = new Set<unknown>()
  return items.flatMap((item, i) => {
    if (seen.has(item[key])) return [duplicate(field(i), item[key])]
    seen.add(item[key])
    return []
  })
}
