import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { matchesLabels, selectorFromObject } from '../selectors.ts'
import type { LabelSelector } from '../types.gen.ts'
import { forbidden, invalid, nonNegative, notSupported, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { annotationErrors, labelErrors } from './metadata.ts'
import { podSpecErrors } from './pods.ts'
import { isEmptySelector, selectorErrors } from './selectors.ts'

const IMMUTABLE = 'field is immutable'

/** Models ValidatePodTemplateSpec. */
export function templateErrors(template: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const metadata = asObject(template.metadata)
  return [
    ...labelErrors(`${field}.labels`, metadata.labels),
    ...annotationErrors(`${field}.annotations`, metadata.annotations),
    ...podSpecErrors(asObject(template.spec), `${field}.spec`, ctx),
  ]
}

function selects(selector: unknown, labels: unknown): boolean {
  if (selector === undefined) return false
  try {
    return matchesLabels(selectorFromObject(selector as LabelSelector), asObject(labels) as Record<string, string>)
  } catch {
    return true
  }
}

/** Models ValidatePodTemplateSpecForReplicaSet and its kin: the selector must select the template's own labels. */
function selectedTemplateErrors(spec: PlainObject, ctx: ValidationContext): FieldError[] {
  const template = asObject(spec.template)
  const labels = asObject(template.metadata).labels
  const errors: FieldError[] = []
  const empty = spec.selector !== undefined && isEmptySelector(spec.selector)
  if (!empty && !selects(spec.selector, labels)) {
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
  }
  return [...errors, ...templateErrors(template, 'spec.template', ctx), ...alwaysRestart(template)]
}

function alwaysRestart(template: PlainObject): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = asObject(template.spec)
  const errors: FieldError[] = []
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always']))
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'),
    )
  }
  return errors
}

function requiredSelector(spec: PlainObject, what: string): FieldError[] {
  if (spec.selector === undefined) return [required('spec.selector')]
  const errors = selectorErrors(spec.selector, 'spec.selector')
  if (isEmptySelector(spec.selector)) {
    errors.push(invalid('spec.selector', spec.selector, `empty selector is invalid for ${what}`))
  }
  return errors
}

const isPercent = (value: unknown): boolean => typeof value === 'string' && /^[0-9]+%$/.test(value)

/** Models ValidatePositiveIntOrPercent. */
export function intOrPercentErrors(value: unknown, field: string): FieldError[] {
  if (typeof value === 'number') return nonNegative(field, value)
  if (value === undefined || isPercent(value)) return []
  const text =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
  return [invalid(field, value, text)]
}

/** Models IsNotMoreThan100Percent. */
export function notAbove100Percent(value: unknown, field: string): FieldError[] {
  const above = isPercent(value) && parseInt(String(value), 10) > 100
  return above ? [invalid(field, value, 'must not be greater than 100%')] : []
}

const isZero = (value: unknown): boolean => value === 0 || (isPercent(value) && parseInt(String(value), 10) === 0)

function rollingDeploymentErrors(rolling: PlainObject, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...intOrPercentErrors(maxUnavailable, `${field}.maxUnavailable`),
    ...intOrPercentErrors(maxSurge, `${field}.maxSurge`),
  ]
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...notAbove100Percent(maxUnavailable, `${field}.maxUnavailable`)]
}

function strategyErrors(strategy: PlainObject): FieldError[] {
  const field = 'spec.strategy'
  if (strategy.type === 'Recreate') {
    const text = "may not be specified when strategy `type` is 'Recreate'"
    return strategy.rollingUpdate === undefined ? [] : [forbidden(`${field}.rollingUpdate`, text)]
  }
  if (strategy.type !== 'RollingUpdate') return oneOf(`${field}.type`, strategy.type, ['Recreate', 'RollingUpdate'])
  if (strategy.rollingUpdate === undefined) {
    return [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')]
  }
  return rollingDeploymentErrors(asObject(strategy.rollingUpdate), `${field}.rollingUpdate`)
}

function progressErrors(spec: PlainObject): FieldError[] {
  const { progressDeadlineSeconds: deadline, minReadySeconds } = spec
  if (typeof deadline !== 'number') return []
  const errors = nonNegative('spec.progressDeadlineSeconds', deadline)
  if (deadline <= Number(minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

/** Models ValidateDeployment. */
export function validateDeployment(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...requiredSelector(spec, 'deployment'),
    ...selectedTemplateErrors(spec, ctx),
    ...strategyErrors(asObject(spec.strategy)),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...progressErrors(spec),
  ]
}

/** Models ValidateReplicaSet. */
export function validateReplicaSet(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...requiredSelector(spec, 'replicaset'),
    ...selectedTemplateErrors(spec, ctx),
  ]
}

/** The selector of a Deployment, ReplicaSet or DaemonSet never changes. */
export function selectorUnchanged(object: PlainObject, old: PlainObject): FieldError[] {
  const selector = asObject(object.spec).selector
  return semanticEqual(selector, asObject(old.spec).selector)
    ? []
    : [invalid('spec.selector', selector ?? null, IMMUTABLE)]
}

function rollingDaemonErrors(rolling: PlainObject, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...intOrPercentErrors(maxUnavailable, `${field}.maxUnavailable`),
    ...intOrPercentErrors(maxSurge, `${field}.maxSurge`),
  ]
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  }
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    errors.push(invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  }
  return [
    ...errors,
    ...notAbove100Percent(maxUnavailable, `${field}.maxUnavailable`),
    ...notAbove100Percent(maxSurge, `${field}.maxSurge`),
  ]
}

function daemonStrategyErrors(strategy: PlainObject): FieldError[] {
  const field = 'spec.updateStrategy'
  if (strategy.type !== 'RollingUpdate') return oneOf(`${field}.type`, strategy.type, ['RollingUpdate', 'OnDelete'])
  if (strategy.rollingUpdate === undefined) return [required(`${field}.rollingUpdate`)]
  return rollingDaemonErrors(asObject(strategy.rollingUpdate), `${field}.rollingUpdate`)
}

/** Models ValidateDaemonSet. */
export function validateDaemonSet(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  const mismatch =
    spec.selector !== undefined && !selects(spec.selector, asObject(asObject(spec.template).metadata).labels)
  const labels = asObject(asObject(spec.template).metadata).labels ?? null
  return [
    ...(spec.selector === undefined ? [] : selectorErrors(spec.selector, 'spec.selector')),
    ...(mismatch
      ? [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
    ...(isEmptySelector(spec.selector)
      ? [invalid('spec.selector', spec.selector ?? null, 'empty selector is invalid for daemonset')]
      : []),
    ...templateErrors(asObject(spec.template), 'spec.template', ctx),
    ...alwaysRestart(asObject(spec.template)),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...daemonStrategyErrors(asObject(spec.updateStrategy)),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
}

/** Models ValidateStatefulSet. Not modelled: the claim templates. */
export function validateStatefulSet(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  const strategy = asObject(spec.updateStrategy)
  return [
    ...oneOf('spec.podManagementPolicy', spec.podManagementPolicy, ['OrderedReady', 'Parallel']),
    ...oneOf('spec.updateStrategy.type', strategy.type, ['RollingUpdate', 'OnDelete']),
    ...nonNegative('spec.updateStrategy.rollingUpdate.partition', asObject(strategy.rollingUpdate).partition),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...requiredSelector(spec, 'statefulset'),
    ...selectedTemplateErrors(spec, ctx),
  ]
}

const mayChange = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

/** Models ValidateStatefulSetUpdate. */
export function validateStatefulSetUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const rest = (spec: PlainObject) =>
    Object.fromEntries(Object.entries(spec).filter(([name]) => !mayChange.includes(name)))
  if (semanticEqual(rest(asObject(object.spec)), rest(asObject(old.spec)))) return []
  const names = mayChange.map((name) => `'${name}'`)
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)]
}

/** Models ValidateReplicationController. */
export function validateReplicationController(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  const errors = [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.replicas', spec.replicas),
  ]
  if (spec.selector === undefined) errors.push(required('spec.selector'))
  if (spec.template === undefined) return [...errors, required('spec.template')]
  return [
    ...errors,
    ...templateErrors(asObject(spec.template), 'spec.template', ctx),
    ...alwaysRestart(asObject(spec.template)),
  ]
}
