import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { invalid, nonNegative, notSupported, oneOf, positive, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { templateErrors } from './workloads.ts'

const IMMUTABLE = 'field is immutable'
const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished']

function jobSpecErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const template = asObject(spec.template)
  const { restartPolicy } = asObject(template.spec)
  const errors = counts.flatMap((name) => nonNegative(`${field}.${name}`, spec[name]))
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  }
  errors.push(...templateErrors(template, `${field}.template`, ctx))
  if (restartPolicy === 'Always') {
    const at = `${field}.template.spec.restartPolicy`
    errors.push({
      ...notSupported(at, restartPolicy, ['OnFailure', 'Never']),
      type: 'Required',
      detail: 'valid values: "OnFailure", "Never"',
    })
  }
  return errors
}

/** Models ValidateJob. Not modelled: pod failure and success policies. */
export const validateJob = (object: PlainObject, ctx: ValidationContext): FieldError[] =>
  jobSpecErrors(asObject(object.spec), 'spec', ctx)

/** Models ValidateJobUpdate: a suspended Job that never started may change its template's scheduling. */
export function validateJobUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  const fields = ['completions', 'selector', 'template', 'completionMode'].filter(
    (name) => name !== 'completions' || !elastic,
  )
  return fields
    .filter((name) => !semanticEqual(spec[name], before[name]))
    .map((name) => invalid(`spec.${name}`, spec[name] ?? null, IMMUTABLE))
}

function scheduleErrors(schedule: unknown): FieldError[] {
  if (typeof schedule !== 'string' || schedule === '') return [required('spec.schedule')]
  if (/^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)$/.test(schedule)) return []
  const fields = schedule.split(/\s+/).filter((part) => part !== '')
  if (fields.length === 5) return []
  return [
    invalid('spec.schedule', schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`),
  ]
}

/** Models ValidateCronJob. Not modelled: the ranges inside a schedule, time zones. */
export function validateCronJob(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  return [
    ...jobSpecErrors(asObject(asObject(spec.jobTemplate).spec), 'spec.jobTemplate.spec', ctx),
    ...scheduleErrors(spec.schedule),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ]
}

/** Models ValidateHorizontalPodAutoscaler, the numbers and the target. */
export function validateAutoscaler(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const { kind, name } = asObject(spec.scaleTargetRef)
  const [min, max] = [spec.minReplicas, Number(spec.maxReplicas ?? 0)]
  const errors: FieldError[] = []
  if (typeof min === 'number' && min < 1)
    errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  errors.push(...positive('spec.maxReplicas', max))
  if (typeof min === 'number' && max < min) {
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  }
  if (!kind) errors.push(required('spec.scaleTargetRef.kind'))
  if (!name) errors.push(required('spec.scaleTargetRef.name'))
  return [
    ...errors,
    ...asList(spec.metrics).flatMap((metric, i) =>
      metric.type ? [] : [required(`spec.metrics[${i}].type`, 'must specify a metric source type')],
    ),
  ]
}
