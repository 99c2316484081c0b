import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { labelKeyErrors, labelValueErrors } from '../selectors.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidAll,
  nonNegative,
  notSupported,
  oneOfIfSet,
  positive,
  required,
} from './errors.ts'
import type { FieldError } from './errors.ts'
import { selectorErrors } from './selectors.ts'
import { intOrPercentErrors, notAbove100Percent } from './workloads.ts'

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function taintErrors(taints: PlainObject[]): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, i) => {
    const at = `spec.taints[${i}]`
    const id = `${String(taint.key)}:${String(taint.effect)}`
    const errors = [
      ...invalidAll(`${at}.key`, taint.key ?? '', labelKeyErrors(String(taint.key ?? ''))),
      ...invalidAll(`${at}.value`, taint.value ?? '', labelValueErrors(String(taint.value ?? ''))),
      ...effectErrors(taint.effect, `${at}.effect`),
    ]
    if (seen.has(id)) errors.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' })
    seen.add(id)
    return errors
  })
}

function effectErrors(effect: unknown, field: string): FieldError[] {
  if (!effect) return [required(field)]
  return taintEffects.includes(String(effect)) ? [] : [notSupported(field, effect, taintEffects)]
}

/** Models ValidateNode. */
export function validateNode(object: PlainObject): FieldError[] {
  return taintErrors(asList(asObject(object.spec).taints))
}

/** Models ValidateNodeUpdate: what the kubelet set once stays. */
export function validateNodeUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  const errors: FieldError[] = []
  if (before.podCIDR && !semanticEqual(spec.podCIDRs, before.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  if (before.providerID && spec.providerID !== before.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  return errors
}

/** Models ValidatePodDisruptionBudget. */
export function validatePodDisruptionBudget(object: PlainObject): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = asObject(object.spec)
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid('spec', object.spec, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const [field, value] of [
    ['spec.minAvailable', minAvailable],
    ['spec.maxUnavailable', maxUnavailable],
  ] as const) {
    errors.push(...intOrPercentErrors(value, field), ...notAbove100Percent(value, field))
  }
  const policies = ['AlwaysAllow', 'IfHealthyBudget']
  return [
    ...errors,
    ...selectorErrors(selector, 'spec.selector'),
    ...oneOfIfSet('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, policies),
  ]
}

const HIGHEST_USER_PRIORITY = 1000000000
const preemptionPolicies = ['PreemptLowerPriority', 'Never']

/** Models ValidatePriorityClass. */
export function validatePriorityClass(object: PlainObject): FieldError[] {
  const { value } = object
  const name = String(asObject(object.metadata).name ?? '')
  const errors: FieldError[] = []
  if (name.startsWith('system-')) {
    if (name !== 'system-node-critical' && name !== 'system-cluster-critical') {
      errors.push(
        forbidden('metadata.name', "priority class names with 'system-' prefix are reserved for system use only"),
      )
    }
  } else if (typeof value === 'number' && value > HIGHEST_USER_PRIORITY) {
    const text = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`
    errors.push(forbidden('value', text))
  }
  return [...errors, ...oneOfIfSet('preemptionPolicy', object.preemptionPolicy, preemptionPolicies)]
}

/** Models ValidatePriorityClassUpdate. */
export function validatePriorityClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const value = object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]
  const policy = object.preemptionPolicy ?? 'PreemptLowerPriority'
  const before = old.preemptionPolicy ?? 'PreemptLowerPriority'
  return policy === before ? value : [...value, invalid('preemptionPolicy', policy, 'field is immutable')]
}

/** Models ValidateLeaseSpec. */
export function validateLease(object: PlainObject): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = asObject(object.spec)
  return [
    ...positive('spec.leaseDurationSeconds', leaseDurationSeconds),
    ...nonNegative('spec.leaseTransitions', leaseTransitions),
  ]
}

/** Models ValidateControllerRevision. */
export function validateControllerRevision(object: PlainObject): FieldError[] {
  const data = object.data === undefined ? [required('data', 'data is mandatory')] : []
  return [...data, ...nonNegative('revision', object.revision)]
}

export function validateControllerRevisionUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return semanticEqual(object.data, old.data) ? [] : [invalid('data', object.data, 'field is immutable')]
}

/** Models ValidateEventCreate for core/v1, the part old clients are held to. */
export function validateEvent(object: PlainObject): FieldError[] {
  const involved = asObject(object.involvedObject)
  const namespace = asObject(object.metadata).namespace
  const expected = involved.namespace || 'default'
  if (namespace === expected) return []
  return [invalid('involvedObject.namespace', involved.namespace ?? '', 'does not match event.namespace')]
}
