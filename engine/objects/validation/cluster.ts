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
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { cidrErrors, parseCidr } from './ips.ts'
import { finalizerNameErrors, labelErrors } from './metadata.ts'
import { dns1035Label, dns1123Label, dns1123Subdomain, pathSegmentName, portNumber } from './names.ts'
import { tolerationErrors } from './pods.ts'
import { quantityErrors, resourceErrors } from './resources.ts'
import { selectorErrors } from './selectors.ts'
import { intOrPercentErrors, notAbove100Percent } from './workloads.ts'

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function taintErrors(taints: PlainObject[]): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, i) => {
    const at = `metadata.taints[${i}]`
    const id = `${String(taint.key)}:${String(taint.effect)}`
    const errors = [
      ...invalidAll(`${at}.key`, taint.key ?? '', labelKeyErrors(String(taint.key ?? ''))),
      ...joined(`${at}.value`, taint.value ?? '', labelValueErrors(String(taint.value ?? ''))),
      ...effectErrors(taint.effect, `${at}.effect`),
    ]
    if (seen.has(id)) errors.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' })
    seen.add(id)
    return errors
  })
}

const joined = (field: string, value: unknown, messages: string[]): FieldError[] =>
  messages.length === 0 ? [] : [invalid(field, value, messages.join(';'))]

function effectErrors(effect: unknown, field: string): FieldError[] {
  if (!effect) return [required(field)]
  return taintEffects.includes(String(effect)) ? [] : [notSupported(field, effect, taintEffects)]
}

/** Models ValidateNodeResources. */
function nodeResourceErrors(object: PlainObject): FieldError[] {
  return ['capacity', 'allocatable'].flatMap((list) => {
    const amounts = asObject(asObject(object.status)[list])
    return Object.keys(amounts)
      .sort()
      .flatMap((name) => quantityErrors(`status.${list}.${name}`, name, amounts[name]))
  })
}

function podCidrErrors(cidrs: string[], ctx: ValidationContext): FieldError[] {
  const field = 'spec.podCIDRs'
  const errors = cidrs.flatMap((cidr, i) => cidrErrors(`${field}[${i}]`, cidr, ctx))
  if (cidrs.length < 2) return errors
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.address.family))
  if (families.size < 2 || cidrs.length > 2)
    errors.push(invalid(field, cidrs, 'may specify no more than one CIDR for each IP family'))
  const repeated = cidrs.flatMap((cidr, i) => (cidrs.indexOf(cidr) < i ? [duplicate(`${field}[${i}]`, cidr)] : []))
  return [...errors, ...repeated]
}

/** Models ValidateNode. */
export function validateNode(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const { taints, podCIDRs } = asObject(object.spec)
  return [
    ...taintErrors(asList(taints)),
    ...nodeResourceErrors(object),
    ...podCidrErrors((podCIDRs as string[] | undefined) ?? [], ctx),
  ]
}

function addressErrors(addresses: PlainObject[]): FieldError[] {
  const seen = new Set<string>()
  return addresses.flatMap(({ type, address }, i) => {
    const key = `${String(type)}/${String(address)}`
    if (seen.has(key)) return [duplicate(`status.addresses[${i}]`, { Type: type, Address: address })]
    seen.add(key)
    return []
  })
}

const ONCE = (name: string): string => `node updates may not change ${name} except from "" to valid`

function onceErrors(spec: PlainObject, before: PlainObject): FieldError[] {
  const [now, then] = [spec.podCIDRs, before.podCIDRs].map((list) => (list as string[] | undefined) ?? [])
  const changed = then!.length !== now!.length ? 1 : then!.filter((cidr, i) => cidr !== now![i]).length
  const cidrs =
    then!.length === 0 ? [] : Array.from({ length: changed }, () => forbidden('spec.podCIDRs', ONCE('podCIDR')))
  const provider = before.providerID && spec.providerID !== before.providerID
  return provider ? [...cidrs, forbidden('spec.providerID', ONCE('providerID'))] : cidrs
}

/** Models ValidateNodeUpdate: what was set once stays. */
export function validateNodeUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [spec, before] = [asObject(object.spec), asObject(old.spec)]
  return [
    ...nodeResourceErrors(object),
    ...addressErrors(asList(asObject(object.status).addresses)),
    ...onceErrors(spec, before),
    ...taintErrors(asList(spec.taints)),
  ]
}

/** Models ValidateNamespace. */
export function validateNamespace(object: PlainObject): FieldError[] {
  const finalizers = (asObject(object.spec).finalizers as string[] | undefined) ?? []
  return finalizers.flatMap((name) => finalizerNameErrors('spec.finalizers', 'spec.finalizers', name))
}

/** A budget's spec as upstream's internal type shows in JSON; before, pointers show as addresses, which are not modelled. */
function shownBudget(spec: PlainObject, ctx: ValidationContext): { shown?: string } {
  const { minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy } = spec
  if (minorIn(ctx) < JSON_SINCE) return {}
  const value = {
    MinAvailable: minAvailable,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
  }
  return { shown: JSON.stringify(value) }
}

const JSON_SINCE = 34

/** Models ValidatePodDisruptionBudget. */
export function validatePodDisruptionBudget(object: PlainObject, ctx: ValidationContext): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = asObject(object.spec)
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const text = 'minAvailable and maxUnavailable cannot be both set'
    errors.push({ ...invalid('spec', object.spec, text), ...shownBudget(asObject(object.spec), ctx) })
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
const systemClasses: Record<string, number> = {
  'system-node-critical': 2000001000,
  'system-cluster-critical': 2000000000,
}

/** Models IsKnownSystemPriorityClass. */
function systemProblem(name: string, { value, globalDefault }: PlainObject): string | undefined {
  const known = systemClasses[name]
  if (known === undefined) return `${name} is not a known system priority class`
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault === true ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

/** Models ValidatePriorityClass. */
export function validatePriorityClass(object: PlainObject): FieldError[] {
  const { value } = object
  const name = String(asObject(object.metadata).name ?? '')
  const errors: FieldError[] = []
  if (name.startsWith('system-')) {
    const problem = systemProblem(name, object)
    const text = "priority class names with 'system-' prefix are reserved for system use only. error:"
    if (problem !== undefined) errors.push(forbidden('metadata.name', `${text} ${problem}`))
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

function strategyErrors(strategy: unknown, field: string): FieldError[] {
  const text = String(strategy)
  if (text.includes('/')) return invalidAll(field, text, labelKeyErrors(text))
  // Upstream adds the field's name once more.
  return text === 'OldestEmulationVersion' ? [] : [notSupported(`${field}.strategy`, text, ['OldestEmulationVersion'])]
}

/** Models ValidateLeaseSpec. */
export function validateLease(object: PlainObject): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = asObject(object.spec)
  return [
    ...positive('spec.leaseDurationSeconds', leaseDurationSeconds),
    ...nonNegative('spec.leaseTransitions', leaseTransitions),
    ...(strategy === undefined ? [] : strategyErrors(strategy, 'spec.strategy')),
    ...(preferredHolder && !strategy
      ? [forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')]
      : []),
  ]
}

/** Models ValidateRuntimeClass. */
export function validateRuntimeClass(object: PlainObject): FieldError[] {
  const { handler, overhead, scheduling } = object
  const { nodeSelector, tolerations } = asObject(scheduling)
  const name = String(handler ?? '')
  return [
    ...invalidAll('handler', name, dns1123Label(name)),
    ...(overhead === undefined ? [] : resourceErrors({ limits: asObject(overhead).podFixed }, 'overhead')),
    ...labelErrors('scheduling.nodeSelector', nodeSelector),
    ...tolerationErrors(asList(tolerations), 'scheduling.tolerations'),
  ]
}

export function validateRuntimeClassUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return object.handler === old.handler ? [] : [invalid('handler', object.handler ?? '', 'field is immutable')]
}

const MAX_PRIORITY = 20000
const MAX_VERSION_PRIORITY = 1000

/** Models ValidateAPIService; the rule for its name is here because it takes the spec. */
export function validateApiService(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const [group, version] = [String(spec.group ?? ''), String(spec.version ?? '')]
  const name = String(asObject(object.metadata).name ?? '')
  const whole = `${version}.${group}`
  const wrongName = name !== '' && pathSegmentName(name).length === 0 && name !== whole
  const errors = wrongName
    ? [invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(whole)}`)]
    : []
  if (group === '' && version !== 'v1')
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
  if (group !== '') errors.push(...invalidAll('spec.group', group, dns1123Subdomain(group)))
  return [...errors, ...invalidAll('spec.version', version, dns1035Label(version)), ...apiServiceErrors(spec)]
}

function apiServiceErrors(spec: PlainObject): FieldError[] {
  const outside = (field: string, max: number): FieldError[] => {
    const value = Number(spec[field] ?? 0)
    return value > 0 && value <= max ? [] : [invalid(`spec.${field}`, value, `must be positive and less than ${max}`)]
  }
  return [
    ...outside('groupPriorityMinimum', MAX_PRIORITY),
    ...outside('versionPriority', MAX_VERSION_PRIORITY),
    ...(spec.service === undefined ? localServiceErrors(spec) : remoteServiceErrors(spec)),
  ]
}

function localServiceErrors({ caBundle, insecureSkipTLSVerify }: PlainObject): FieldError[] {
  const bytes = (String(caBundle ?? '').replace(/=+$/, '').length * 3) >> 2
  const errors = caBundle
    ? [invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle')]
    : []
  if (insecureSkipTLSVerify !== true) return errors
  return [
    ...errors,
    invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'),
  ]
}

function remoteServiceErrors({ service, caBundle, insecureSkipTLSVerify }: PlainObject): FieldError[] {
  const { namespace, name, port } = asObject(service)
  const errors: FieldError[] = []
  if (!namespace) errors.push(required('spec.service.namespace'))
  if (!name) errors.push(required('spec.service.name'))
  if (port !== undefined && portNumber(port).length > 0)
    errors.push(invalid('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive'))
  if (insecureSkipTLSVerify === true && caBundle)
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  return errors
}

/** Models ValidateControllerRevision. */
export function validateControllerRevision(object: PlainObject): FieldError[] {
  const data = object.data === undefined ? [required('data', 'data is mandatory')] : []
  return [...data, ...nonNegative('revision', object.revision)]
}

export function validateControllerRevisionUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  return semanticEqual(object.data, old.data) ? [] : [invalid('data', object.data, 'field is immutable')]
}

const LIMITS: [string, number][] = [
  ['reportingInstance', 128],
  ['action', 128],
  ['reason', 128],
]

/** What an event with an `eventTime` must tell. */
function timedEventErrors(event: PlainObject): FieldError[] {
  const namespace = asObject(event.metadata).namespace
  const place = asObject(event.involvedObject).namespace
  const controller = String(event.reportingController ?? event.reportingComponent ?? '')
  const errors: FieldError[] = []
  if (!place && namespace !== 'default' && namespace !== 'kube-system')
    errors.push(invalid('involvedObject.namespace', '', 'does not match event.namespace'))
  if (controller === '') errors.push(required('reportingController'))
  errors.push(...invalidAll('reportingController', controller, labelKeyErrors(controller)))
  for (const [name, max] of LIMITS) {
    const text = String(event[name] ?? '')
    if (text === '') errors.push(required(name))
    if (text.length > max) errors.push(invalid(name, '', `can have at most ${max} characters`))
  }
  const long = String(event.message ?? event.note ?? '').length > MAX_NOTE
  return long ? [...errors, invalid('message', '', `can have at most ${MAX_NOTE} characters`)] : errors
}

const MAX_NOTE = 1024

/** Models legacyValidateEvent, which events of every version are held to. */
export function validateEvent(object: PlainObject): FieldError[] {
  if (object.eventTime) return timedEventErrors(object)
  const place = asObject(object.involvedObject).namespace
  const namespace = asObject(object.metadata).namespace
  if (namespace === (place || 'default')) return []
  return [invalid('involvedObject.namespace', place ?? '', 'does not match event.namespace')]
}
