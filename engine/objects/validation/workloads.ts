import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { minorOf } from '../kinds.ts'
import { matchesLabels, selectorFromObject } from '../selectors.ts'
import type { LabelSelector } from '../types.gen.ts'
import { forbidden, invalid, nonNegative, notSupported, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { annotationErrors, labelErrors } from './metadata.ts'
import { podAnnotationErrors, podSpecErrors } from './pods.ts'
import { isEmptySelector, selectorErrors } from './selectors.ts'

const IMMUTABLE = 'field is immutable'
/** Values in errors are JSON from this minor on. */
const JSON_SINCE = 34
const newest = 99

const minorIn = ({ release }: ValidationContext): number => (release === undefined ? newest : minorOf(release))

/** Models ValidatePodTemplateSpec. */
export function templateErrors(template: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const metadata = asObject(template.metadata)
  const spec = asObject(template.spec)
  const errors = [
    ...labelErrors(`${field}.labels`, metadata.labels),
    ...annotationErrors(`${field}.annotations`, metadata.annotations),
    ...podAnnotationErrors(asObject(metadata.annotations), spec, `${field}.annotations`),
    ...podSpecErrors(spec, `${field}.spec`, ctx),
  ]
  if (asList(spec.ephemeralContainers).length === 0) return errors
  return [...errors, forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
}

/** Models ValidatePodTemplate. */
export const validatePodTemplate = (object: PlainObject, ctx: ValidationContext): FieldError[] =>
  templateErrors(asObject(object.template), 'template', ctx)

function selects(selector: unknown, labels: unknown): boolean {
  if (selector === undefined) return false
  try {
    return matchesLabels(selectorFromObject(selector as LabelSelector), asObject(labels) as Record<string, string>)
  } catch {
    return true
  }
}

/** Whether the selector can be made from its text at all. */
function isSelector(selector: unknown): boolean {
  try {
    selectorFromObject((selector ?? {}) as LabelSelector)
    return true
  } catch {
    return false
  }
}

/** Models ValidatePodTemplateSpecForReplicaSet and its kin: the selector must select the template's own labels. */
function selectedTemplateErrors(spec: PlainObject, ctx: ValidationContext): FieldError[] {
  if (!isSelector(spec.selector)) return [invalid('spec.selector', spec.selector, 'invalid label selector')]
  const template = asObject(spec.template)
  const labels = asObject(template.metadata).labels
  const errors: FieldError[] = []
  const empty = spec.selector !== undefined && isEmptySelector(spec.selector)
  if (!empty && !selects(spec.selector, labels)) {
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
  }
  return [...errors, ...templateErrors(template, 'spec.template', ctx), ...alwaysRestart(template)]
}

function alwaysRestart(template: PlainObject, kind = 'ReplicaSet'): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = asObject(template.spec)
  const errors: FieldError[] = []
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always']))
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
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

/** What is neither a number nor a percentage counts as none. */
const isZero = (value: unknown): boolean =>
  value !== undefined && (isPercent(value) ? parseInt(String(value), 10) : Number(value) || 0) === 0

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
    ...notAbove100Percent(maxUnavailable, `${field}.maxUnavailable`),
    ...notAbove100Percent(maxSurge, `${field}.maxSurge`),
  ]
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  }
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    errors.push(invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  }
  return errors
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
  const mismatch = !selects(spec.selector, asObject(asObject(spec.template).metadata).labels)
  const labels = asObject(asObject(spec.template).metadata).labels ?? null
  return [
    ...(spec.selector === undefined ? [] : selectorErrors(spec.selector, 'spec.selector')),
    ...(mismatch
      ? [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
    ...(spec.selector !== undefined && isEmptySelector(spec.selector)
      ? [invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset')]
      : []),
    ...templateErrors(asObject(spec.template), 'spec.template', ctx),
    ...alwaysRestart(asObject(spec.template), 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...daemonStrategyErrors(asObject(spec.updateStrategy)),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
}

function managementErrors(policy: unknown): FieldError[] {
  const field = 'spec.podManagementPolicy'
  if (policy === undefined || policy === '') return [required(field)]
  const known = policy === 'OrderedReady' || policy === 'Parallel'
  return known ? [] : [invalid(field, policy, "must be 'OrderedReady' or 'Parallel'")]
}

/** A strategy as the release's server prints it. */
function shownStrategy({ type }: PlainObject, ctx: ValidationContext): string {
  const name = JSON.stringify(type)
  return minorIn(ctx) >= JSON_SINCE
    ? `{"Type":${name},"RollingUpdate":null}`
    : `apps.StatefulSetUpdateStrategy{Type:${name}, RollingUpdate:(*apps.RollingUpdateStatefulSetStrategy)(nil)}`
}

/** Models validateRollingUpdateStatefulSet. */
function rollingStatefulErrors({ partition, maxUnavailable }: PlainObject, field: string): FieldError[] {
  const at = `${field}.maxUnavailable`
  return [
    ...nonNegative(`${field}.partition`, partition),
    ...intOrPercentErrors(maxUnavailable, at),
    ...(isZero(maxUnavailable) ? [invalid(at, maxUnavailable, 'cannot be 0')] : []),
    ...notAbove100Percent(maxUnavailable, at),
  ]
}

function statefulStrategyErrors(strategy: PlainObject, ctx: ValidationContext): FieldError[] {
  const field = 'spec.updateStrategy'
  const rolling = strategy.rollingUpdate
  if (strategy.type === undefined || strategy.type === '') return [required(field)]
  if (strategy.type === 'OnDelete')
    return rolling === undefined
      ? []
      : [invalid(`${field}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'")]
  if (strategy.type === 'RollingUpdate') return rollingStatefulErrors(asObject(rolling), `${field}.rollingUpdate`)
  const error = invalid(field, strategy, "must be 'RollingUpdate' or 'OnDelete'")
  return [{ ...error, shown: shownStrategy(strategy, ctx) }]
}

function retentionErrors(policy: unknown): FieldError[] {
  if (policy === undefined) return []
  const wrong = (name: string): FieldError[] => {
    const value = asObject(policy)[name]
    const field = `spec.persistentVolumeClaimRetentionPolicy.${name}`
    return value === 'Retain' || value === 'Delete' ? [] : [notSupported(field, value ?? '', ['Retain', 'Delete'])]
  }
  return [...wrong('whenDeleted'), ...wrong('whenScaled')]
}

/** The pods' specs are not looked at: that their volumes may come from claims is known only when they are made. */
function statefulTemplateErrors(spec: PlainObject): FieldError[] {
  const template = asObject(spec.template)
  const metadata = asObject(template.metadata)
  const mismatch = !isEmptySelector(spec.selector) && !selects(spec.selector, metadata.labels)
  const field = 'spec.template.metadata.labels'
  return [
    ...(mismatch ? [invalid(field, metadata.labels ?? null, '`selector` does not match template `labels`')] : []),
    ...labelErrors('spec.template.labels', metadata.labels),
    ...annotationErrors('spec.template.annotations', metadata.annotations),
    ...alwaysRestart(template, 'StatefulSet'),
  ]
}

/** Models ValidateStatefulSet. */
export function validateStatefulSet(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  return [
    ...managementErrors(spec.podManagementPolicy),
    ...statefulStrategyErrors(asObject(spec.updateStrategy), ctx),
    ...retentionErrors(spec.persistentVolumeClaimRetentionPolicy),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', asObject(spec.ordinals).start),
    ...requiredSelector(spec, 'statefulset'),
    ...statefulTemplateErrors(spec),
  ]
}

/** What may change in a StatefulSet, and since which minor. */
const mayChange: readonly [name: string, since: number][] = [
  ['replicas', 0],
  ['ordinals', 26],
  ['template', 0],
  ['updateStrategy', 0],
  ['revisionHistoryLimit', 33],
  ['persistentVolumeClaimRetentionPolicy', 23],
  ['minReadySeconds', 22],
]

/** Models ValidateStatefulSetUpdate. */
export function validateStatefulSetUpdate(object: PlainObject, old: PlainObject, ctx: ValidationContext): FieldError[] {
  const names = mayChange.filter(([, since]) => minorIn(ctx) >= since).map(([name]) => name)
  const rest = (spec: PlainObject) => Object.fromEntries(Object.entries(spec).filter(([name]) => !names.includes(name)))
  if (semanticEqual(rest(asObject(object.spec)), rest(asObject(old.spec)))) return []
  const quoted = names.map((name) => `'${name}'`)
  const list = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)!}`
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)]
}

/** Models ValidateReplicationController. */
export function validateReplicationController(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(object.spec)
  const selector = asObject(spec.selector)
  const isEmpty = Object.keys(selector).length === 0
  const errors = [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(isEmpty ? [required('spec.selector')] : []),
    ...nonNegative('spec.replicas', spec.replicas),
  ]
  if (spec.template === undefined) return [...errors, required('spec.template')]
  const template = asObject(spec.template)
  const labels = asObject(template.metadata).labels
  if (!isEmpty && !selects({ matchLabels: selector }, labels))
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
  return [
    ...errors,
    ...templateErrors(template, 'spec.template', ctx),
    ...alwaysRestart(template, 'ReplicationController'),
  ]
}
