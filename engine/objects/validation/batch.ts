/** Models pkg/apis/batch/validation/validation.go (R2.1, R3). */
import { parseSchedule } from '../cron/schedule.ts'
import { zoneOf } from '../cron/zones.ts'
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { minorOf } from '../kinds.ts'
import { matchesLabels, selectorFromObject } from '../selectors.ts'
import type { LabelSelector } from '../types.gen.ts'
import { invalid, invalidAll, nonNegative, notSupported, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { jobPolicyErrors } from './job-policies.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'
import { selectorErrors } from './selectors.ts'
import { templateErrors } from './workloads.ts'

const IMMUTABLE = 'field is immutable'
const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
/** With more completions than this, back-off per index knows lower limits. */
const COMPLETIONS_SOFT_LIMIT = 100_000
const LIMIT_ABOVE = 10_000
const MAX_MANAGED_BY = 63
/** Jobs are known by prefixed labels too from this minor on. */
const PREFIXED_LABELS_SINCE = 27
/** A zone inside the schedule is refused from this minor on. */
const ZONE_IN_SCHEDULE_REFUSED_SINCE = 29
/** Completions of Indexed Jobs may change from this minor on. */
const ELASTIC_SINCE = 27
/** Suspended Jobs that have run before may be changed like new ones from this minor on; the resources of their containers too. */
const SUSPENDED_MUTABLE_SINCE = 36
/** Values in errors are JSON from this minor on. */
const newest = 99

const minorIn = ({ release }: ValidationContext): number => (release === undefined ? newest : minorOf(release))

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
]

const isSet = (value: unknown): boolean => value !== undefined && value !== null
const isAbove = (value: unknown, limit: number): boolean => typeof value === 'number' && value > limit

/** Models IsDomainPrefixedPath. */
function managedByErrors(managedBy: unknown, field: string): FieldError[] {
  if (!isSet(managedBy)) return []
  const text = String(managedBy)
  if (text === '') return [required(field)]
  const [host = '', ...rest] = text.split('/')
  const path = rest.join('/')
  if (host === '' || path === '')
    return [invalid(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  const long = text.length > MAX_MANAGED_BY
  const detail = `may not be more than ${MAX_MANAGED_BY} bytes`
  return [
    ...invalidAll(field, host, dns1123Subdomain(host)),
    ...(long ? [{ type: 'TooLong' as const, field, detail }] : []),
  ]
}

function indexedErrors(spec: PlainObject, field: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes: failures, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  if (!isSet(completions)) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  const tooMany = (name: string, value: unknown, limit: number, detail: string): void => {
    if (isAbove(value, limit)) errors.push(invalid(`${field}.${name}`, value, detail))
  }
  const parallelLimit = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`
  tooMany('parallelism', parallelism, MAX_INDEXED_PARALLELISM, parallelLimit)
  if (typeof completions === 'number')
    tooMany('maxFailedIndexes', failures, completions, 'must be less than or equal to completions')
  tooMany('maxFailedIndexes', failures, MAX_FAILED_INDEXES, `must be less than or equal to ${MAX_FAILED_INDEXES}`)
  if (!isAbove(completions, COMPLETIONS_SOFT_LIMIT) || !isSet(backoffLimitPerIndex)) return errors
  if (!isSet(failures))
    errors.push(
      required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${COMPLETIONS_SOFT_LIMIT}`),
    )
  const above = `must be less than or equal to ${LIMIT_ABOVE} when completions are above ${COMPLETIONS_SOFT_LIMIT} and used with backoff limit per index`
  tooMany('parallelism', parallelism, LIMIT_ABOVE, above)
  tooMany('maxFailedIndexes', failures, LIMIT_ABOVE, above)
  return errors
}

function nonIndexedErrors(spec: PlainObject, field: string): FieldError[] {
  return ['backoffLimitPerIndex', 'maxFailedIndexes']
    .filter((name) => isSet(spec[name]))
    .map((name) => invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode'))
}

const MODES = ['NonIndexed', 'Indexed']

function modeErrors(spec: PlainObject, field: string): FieldError[] {
  const mode = spec.completionMode ?? 'NonIndexed'
  if (mode === 'Indexed') return indexedErrors(spec, field)
  if (mode === 'NonIndexed') return nonIndexedErrors(spec, field)
  return [notSupported(`${field}.completionMode`, mode, MODES)]
}

function restartErrors(spec: PlainObject, field: string): FieldError[] {
  const { restartPolicy } = asObject(asObject(spec.template).spec)
  const at = `${field}.template.spec.restartPolicy`
  if (restartPolicy === 'Always' || restartPolicy === undefined || restartPolicy === '')
    return [required(at, 'valid values: "OnFailure", "Never"')]
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never')
    return [notSupported(at, restartPolicy, ['OnFailure', 'Never'])]
  if (!isSet(spec.podFailurePolicy) || restartPolicy === 'Never') return []
  return [invalid(at, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
}

function jobSpecErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const lonely = isSet(spec.maxFailedIndexes) && !isSet(spec.backoffLimitPerIndex)
  return [
    ...counts.flatMap((name) => nonNegative(`${field}.${name}`, spec[name])),
    ...(lonely ? [required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')] : []),
    ...managedByErrors(spec.managedBy, `${field}.managedBy`),
    ...modeErrors(spec, field),
    ...jobPolicyErrors(spec, field, ctx),
    ...templateErrors(asObject(spec.template), `${field}.template`, ctx),
    ...restartErrors(spec, field),
  ]
}

const LEGACY_UID = 'controller-uid'
const LEGACY_NAME = 'job-name'

/** The labels by which a Job finds its pods must be on them as generated. */
function generatedSelectorErrors(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const [spec, metadata] = [asObject(object.spec), asObject(object.metadata)]
  if (spec.manualSelector === true || spec.selector === undefined) return []
  const labels = asObject(asObject(asObject(spec.template).metadata).labels)
  const prefix = 'batch.kubernetes.io/'
  const legacy = { [LEGACY_UID]: metadata.uid, [LEGACY_NAME]: metadata.name }
  const prefixed = { [`${prefix}${LEGACY_UID}`]: metadata.uid, [`${prefix}${LEGACY_NAME}`]: metadata.name }
  const expected = { ...legacy, ...(minorIn(ctx) >= PREFIXED_LABELS_SINCE && prefixed) }
  const errors = Object.entries(expected).flatMap(([key, value]) => missingLabel(labels, key, String(value)))
  const selector = selectorFromObject(spec.selector as LabelSelector)
  const matches = matchesLabels(selector, expected as Record<string, string>)
  return matches ? errors : [...errors, invalid('spec.selector', spec.selector, '`selector` not auto-generated')]
}

/** Models ValidateHasLabel. */
function missingLabel(labels: PlainObject, key: string, value: string): FieldError[] {
  const field = `spec.template.metadata.labels[${key}]`
  if (labels[key] === undefined) return [required(field, `must be '${value}'`)]
  return labels[key] === value ? [] : [invalid(field, labels, `must be '${value}'`)]
}

function ownSelectorErrors(spec: PlainObject): FieldError[] {
  if (spec.selector === undefined) return [required('spec.selector')]
  const errors = selectorErrors(spec.selector, 'spec.selector')
  const labels = asObject(asObject(asObject(spec.template).metadata).labels)
  const selected =
    errors.length > 0 ||
    matchesLabels(selectorFromObject(spec.selector as LabelSelector), labels as Record<string, string>)
  const text = '`selector` does not match template `labels`'
  return selected ? errors : [...errors, invalid('spec.template.metadata.labels', labels, text)]
}

function hostnameErrors(object: PlainObject): FieldError[] {
  const { completionMode, completions } = asObject(object.spec)
  if (completionMode !== 'Indexed' || typeof completions !== 'number' || completions <= 0) return []
  const { name } = asObject(object.metadata)
  const highest = `${String(name)}-${completions - 1}`
  const text = `will not able to create pod with invalid DNS label: ${highest}`
  return dns1123Label(highest).length === 0 ? [] : [invalid('metadata.name', name, text)]
}

/** Models ValidateJob. */
export function validateJob(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  return [
    ...generatedSelectorErrors(object, ctx),
    ...jobSpecErrors(spec, 'spec', ctx),
    ...ownSelectorErrors(spec),
    ...hostnameErrors(object),
  ]
}

const suspendedFor = (type: string, status: PlainObject): boolean =>
  asList(status.conditions).some((one) => one.type === type && one.status === 'True')

/** Whether the template of a Job may still be changed in what concerns scheduling. */
function isStopped(old: PlainObject, minor: number): boolean {
  const [spec, status] = [asObject(old.spec), asObject(old.status)]
  if (spec.suspend !== true) return false
  if (!isSet(status.startTime)) return true
  return minor >= SUSPENDED_MUTABLE_SINCE && suspendedFor('Suspended', status) && !status.active
}

const SCHEDULING = ['nodeSelector', 'tolerations', 'schedulingGates']

/** The old template with the changes that a stopped Job allows. */
function allowedTemplate(old: PlainObject, next: PlainObject, minor: number): PlainObject {
  const [before, after] = [asObject(old.spec), asObject(next.spec)]
  const spec: PlainObject = { ...before, ...Object.fromEntries(SCHEDULING.map((name) => [name, after[name]])) }
  const affinity = { ...asObject(before.affinity), nodeAffinity: asObject(after.affinity).nodeAffinity }
  spec.affinity = Object.values(affinity).some(isSet) ? affinity : undefined
  if (minor >= SUSPENDED_MUTABLE_SINCE)
    for (const name of ['containers', 'initContainers']) spec[name] = withResources(before[name], after[name])
  const { labels, annotations } = asObject(next.metadata)
  return { ...old, metadata: { ...asObject(old.metadata), labels, annotations }, spec }
}

function withResources(before: unknown, after: unknown): unknown {
  if (before === undefined) return undefined
  const next = asList(after)
  return asList(before).map((container, i) => ({ ...container, resources: next[i]?.resources }))
}

function templateUpdateErrors(object: PlainObject, old: PlainObject, minor: number): FieldError[] {
  const [next, before] = [asObject(asObject(object.spec).template), asObject(asObject(old.spec).template)]
  const allowed = isStopped(old, minor) ? allowedTemplate(before, next, minor) : before
  if (semanticEqual(next, allowed)) return []
  return [invalid('spec.template', next, IMMUTABLE)]
}

function completionsUpdateErrors(spec: PlainObject, old: PlainObject, minor: number): FieldError[] {
  const { completions, completionMode, parallelism } = spec
  if (semanticEqual(completions, old.completions)) return []
  if (completionMode !== 'Indexed' || minor < ELASTIC_SINCE)
    return [invalid('spec.completions', completions ?? null, IMMUTABLE)]
  if (completions === undefined || completions === parallelism) return []
  return [invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

/** Models ValidateJobUpdate: a suspended Job that is not running may change its template's scheduling. */
export function validateJobUpdate(object: PlainObject, old: PlainObject, ctx: ValidationContext): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const unchanged = (name: string): FieldError[] =>
    semanticEqual(spec[name], before[name]) ? [] : [invalid(`spec.${name}`, spec[name] ?? null, IMMUTABLE)]
  return [
    ...completionsUpdateErrors(spec, before, minorIn(ctx)),
    ...unchanged('selector'),
    ...templateUpdateErrors(object, old, minorIn(ctx)),
    ...['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'].flatMap(unchanged),
  ]
}

function scheduleErrors(spec: PlainObject, hadZone: boolean, ctx: ValidationContext): FieldError[] {
  const [field, schedule] = ['spec.schedule', String(spec.schedule ?? '')]
  if (schedule === '') return [required(field)]
  const parsed = parseSchedule(schedule)
  const errors = 'error' in parsed ? [invalid(field, schedule, parsed.error)] : []
  if (!schedule.includes('TZ')) return errors
  const allowed = hadZone || minorIn(ctx) < ZONE_IN_SCHEDULE_REFUSED_SINCE
  if (!allowed)
    return [...errors, invalid(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
  if (!isSet(spec.timeZone)) return errors
  return [...errors, invalid(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')]
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/

function zoneErrors(timeZone: unknown): FieldError[] {
  const field = 'spec.timeZone'
  if (!isSet(timeZone)) return []
  const name = String(timeZone)
  if (name === '') return [invalid(field, name, 'timeZone must be nil or non-empty string')]
  const isPart = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part)
  const unknown = invalid(field, name, `unknown time zone ${name}`)
  if (!name.split('/').every(isPart)) return [unknown]
  if (name === 'Local' || name.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    return [invalid(field, name, text), ...(name === 'Local' ? [] : [unknown])]
  }
  return zoneOf(name) === undefined ? [unknown] : []
}

function jobTemplateErrors(template: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const spec = asObject(template.spec)
  const errors = jobSpecErrors(spec, `${field}.spec`, ctx)
  if (isSet(spec.selector))
    errors.push(invalid(`${field}.spec.selector`, spec.selector, '`selector` will be auto-generated'))
  if (spec.manualSelector === true) errors.push(notSupported(`${field}.spec.manualSelector`, true, ['nil', 'false']))
  return errors
}

function cronJobErrors(object: PlainObject, old: PlainObject | undefined, ctx: ValidationContext): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old?.spec)]
  const sameZone = old !== undefined && spec.timeZone === before.timeZone
  return [
    ...scheduleErrors(spec, String(before.schedule ?? '').includes('TZ'), ctx),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...(sameZone ? [] : zoneErrors(spec.timeZone)),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...jobTemplateErrors(asObject(spec.jobTemplate), 'spec.jobTemplate', ctx),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ]
}

/** Models ValidateCronJobCreate. */
export const validateCronJob = (object: PlainObject, ctx: ValidationContext): FieldError[] =>
  cronJobErrors(object, undefined, ctx)

/** Models ValidateCronJobUpdate: a zone inside the schedule may stay where it was. */
export const validateCronJobUpdate = (object: PlainObject, old: PlainObject, ctx: ValidationContext): FieldError[] =>
  cronJobErrors(object, old, ctx)
