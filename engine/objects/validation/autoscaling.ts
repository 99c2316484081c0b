/** HorizontalPodAutoscalers. Models pkg/apis/autoscaling/validation. Not modelled: scaling to zero (minReplicas 0 is refused). */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { parseQuantity } from '../quantity.ts'
import { forbidden, invalid, notSupported, positive, required } from './errors.ts'
import type { FieldError } from './errors.ts'

const LONGEST_PERIOD_S = 1800
const LONGEST_WINDOW_S = 3600

const isSet = (value: unknown): boolean => value !== undefined && value !== null

function sign(value: unknown): number {
  const { nanos } = parseQuantity(value as string | number)
  return nanos > 0n ? 1 : nanos < 0n ? -1 : 0
}

const segmentProblem = (name: string): string | undefined =>
  name === '.' || name === '..'
    ? `may not be '${name}'`
    : name.includes('/')
      ? "may not contain '/'"
      : name.includes('%')
        ? "may not contain '%'"
        : undefined

function segment(field: string, value: unknown, detail = ''): FieldError[] {
  if (!value) return [required(field, detail)]
  const problem = segmentProblem(String(value))
  return problem === undefined ? [] : [invalid(field, value, problem)]
}

const reference = (path: string, { kind, name }: PlainObject): FieldError[] => [
  ...segment(`${path}.kind`, kind),
  ...segment(`${path}.name`, name),
]

// Metrics.

const TARGETS = ['Utilization', 'Value', 'AverageValue']

function target(path: string, source: PlainObject): FieldError[] {
  const { type, value, averageValue, averageUtilization } = asObject(source.target)
  const errors: FieldError[] = []
  if (!type) errors.push(required(`${path}.type`, 'must specify a metric target type'))
  if (!TARGETS.includes(String(type ?? '')))
    errors.push(invalid(`${path}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue'))
  if (isSet(value) && sign(value) !== 1) errors.push(invalid(`${path}.value`, value, 'must be positive'))
  if (isSet(averageValue) && sign(averageValue) !== 1)
    errors.push(invalid(`${path}.averageValue`, averageValue, 'must be positive'))
  if (isSet(averageUtilization) && Number(averageUtilization) < 1)
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  return errors
}

const identifier = (path: string, source: PlainObject): FieldError[] =>
  segment(`${path}.metric.name`, asObject(source.metric).name, 'must specify a metric name')

function podResource(path: string, source: PlainObject): FieldError[] {
  const { averageUtilization, averageValue } = asObject(source.target)
  const errors = source.name ? [] : [required(`${path}.name`, 'must specify a resource name')]
  errors.push(...target(`${path}.target`, source))
  if (!isSet(averageUtilization) && !isSet(averageValue))
    errors.push(
      required(`${path}.target.averageUtilization`, 'must set either a target raw value or a target utilization'),
    )
  if (isSet(averageUtilization) && isSet(averageValue))
    errors.push(
      forbidden(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization'),
    )
  return errors
}

type Check = (path: string, source: PlainObject) => FieldError[]

/** By field, in the order in which they are looked at. */
const SOURCES: Record<string, Check> = {
  object: (path, source) => {
    const { value, averageValue } = asObject(source.target)
    return [
      ...reference(`${path}.describedObject`, asObject(source.describedObject)),
      ...identifier(path, source),
      ...target(`${path}.target`, source),
      ...(isSet(value) || isSet(averageValue)
        ? []
        : [required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]),
    ]
  },
  external: (path, source) => {
    const { value, averageValue } = asObject(source.target)
    const errors = [...identifier(path, source), ...target(`${path}.target`, source)]
    if (!isSet(value) && !isSet(averageValue))
      errors.push(
        required(`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target'),
      )
    if (isSet(value) && isSet(averageValue))
      errors.push(forbidden(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target'))
    return errors
  },
  pods: (path, source) => {
    const { averageValue } = asObject(source.target)
    const errors = [...identifier(path, source), ...target(`${path}.target`, source)]
    if (!isSet(averageValue) || sign(averageValue) !== 1)
      errors.push(required(`${path}.target.averageValue`, 'must specify a positive target averageValue'))
    return errors
  },
  resource: podResource,
  containerResource: (path, source) => [
    ...(source.container ? [] : [required(`${path}.container`, 'must specify a container')]),
    ...podResource(path, source),
  ],
}

const FIELD_OF: Record<string, string> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}

function metric(path: string, spec: PlainObject): FieldError[] {
  const type = String(spec.type ?? '')
  const expected = FIELD_OF[type]
  const present = Object.keys(SOURCES).filter((field) => isSet(spec[field]))
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'))
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, Object.keys(FIELD_OF)))
  const [first] = present
  if (first !== undefined) errors.push(...(SOURCES[first] as Check)(`${path}.${first}`, asObject(spec[first])))
  if (expected !== undefined && !present.includes(expected))
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'))
  if (present.length !== 1)
    for (const field of present.filter((one) => one !== expected).sort())
      errors.push(forbidden(`${path}.${field}`, 'must populate the given metric source only'))
  return errors
}

// Behavior.

function rules(path: string, side: PlainObject): FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy } = side
  const errors: FieldError[] = []
  if (isSet(window) && Number(window) < 0)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'))
  if (isSet(window) && Number(window) > LONGEST_WINDOW_S)
    errors.push(
      invalid(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${LONGEST_WINDOW_S}`),
    )
  if (isSet(selectPolicy) && !['Disabled', 'Max', 'Min'].includes(String(selectPolicy)))
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']))
  const policies = asList(side.policies)
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  return [...errors, ...policies.flatMap((one, i) => policy(`${path}.policies[${i}]`, one))]
}

function policy(path: string, { type, value, periodSeconds }: PlainObject): FieldError[] {
  const errors: FieldError[] = []
  const [amount, period] = [Number(value ?? 0), Number(periodSeconds ?? 0)]
  if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${path}.type`, type ?? '', ['Percent', 'Pods']))
  if (amount <= 0) errors.push(invalid(`${path}.value`, amount, 'must be greater than zero'))
  if (period <= 0) errors.push(invalid(`${path}.periodSeconds`, period, 'must be greater than zero'))
  if (period > LONGEST_PERIOD_S)
    errors.push(invalid(`${path}.periodSeconds`, period, `must be less than or equal to ${LONGEST_PERIOD_S}`))
  return errors
}

/** Models ValidateHorizontalPodAutoscaler. */
export function validateAutoscaler(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const [min, max] = [spec.minReplicas, Number(spec.maxReplicas ?? 0)]
  const behavior = asObject(spec.behavior)
  const errors: FieldError[] = []
  if (typeof min === 'number' && min < 1)
    errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'))
  errors.push(...positive('spec.maxReplicas', max))
  if (typeof min === 'number' && max < min)
    errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  errors.push(...reference('spec.scaleTargetRef', asObject(spec.scaleTargetRef)))
  errors.push(...asList(spec.metrics).flatMap((one, i) => metric(`spec.metrics[${i}]`, one)))
  for (const side of ['scaleUp', 'scaleDown'])
    if (isSet(behavior[side])) errors.push(...rules(`spec.behavior.${side}`, asObject(behavior[side])))
  return errors
}
