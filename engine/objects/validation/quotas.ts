import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { compareQuantity, quantityMilliValue } from '../quantity.ts'
import { labelKeyErrors } from '../selectors.ts'
import { duplicate, forbidden, invalid, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { negativeQuantity } from './resources.ts'

const countable = [
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'persistentvolumeclaims',
  'pods',
  'resourcequotas',
  'services',
  'services.nodeports',
  'services.loadbalancers',
  'replicationcontrollers',
  'configmaps',
  'secrets',
]

function nameErrors(name: string): FieldError[] {
  const field = `spec.hard[${name}]`
  const unquoted = (detail: string): FieldError => ({ ...invalid(field, name, detail), shown: name })
  const wrong = labelKeyErrors(name).map(unquoted)
  if (wrong.length > 0 || name.includes('/') || countable.includes(name) || name.includes('hugepages-')) return wrong
  return ['must be a standard resource type or fully qualified', 'must be a standard resource for quota'].map(unquoted)
}

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]
const WITH_CLASS = [...SCOPES, 'VolumeAttributesClass']

/** Scopes that no object is in both of. */
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

const COMPUTE = countable.filter((name) => /cpu|memory|ephemeral-storage/.test(name))

/** Whether quotas of a scope may count a resource. Models helper.IsResourceQuotaScopeValidForResource. */
function fits(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope === 'VolumeAttributesClass') return resource === 'requests.storage' || resource === 'persistentvolumeclaims'
  return resource === 'pods' || COMPUTE.includes(resource)
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const goList = (scopes: string[]): string =>
  `[]core.ResourceQuotaScope{${scopes.map((one) => JSON.stringify(one)).join(', ')}}`

/** Models validateResourceQuotaScopes. */
function scopeErrors(spec: PlainObject): FieldError[] {
  const scopes = listOf(spec.scopes).map(String)
  const wrong = (detail: string): FieldError => ({ ...invalid('spec.scopes', scopes, detail), shown: goList(scopes) })
  const names = Object.keys(asObject(spec.hard)).sort()
  const each = scopes.flatMap((scope) => [
    ...(WITH_CLASS.includes(scope) ? [] : [wrong('unsupported scope')]),
    ...names
      .filter((name) => WITH_CLASS.includes(scope) && isStandard(name) && !fits(scope, name))
      .map(() => wrong('unsupported scope applied to resource')),
  ])
  const clash = OPPOSITES.filter((pair) => pair.every((one) => scopes.includes(one)))
  return [...each, ...clash.map(() => wrong('conflicting scopes'))]
}

const isStandard = (name: string): boolean => countable.includes(name)

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** Models validateScopedResourceSelectorRequirement. */
function selectorErrors(spec: PlainObject): FieldError[] {
  if (spec.scopeSelector === undefined) return []
  const expressions = listOf(asObject(spec.scopeSelector).matchExpressions).map(asObject)
  const names = Object.keys(asObject(spec.hard)).sort()
  return expressions.flatMap((one) => {
    const field = 'spec.scopeSelector.matchExpressions'
    const [scope, operator] = [String(one.scopeName ?? ''), String(one.operator ?? '')]
    const values = listOf(one.values)
    if (!WITH_CLASS.includes(scope)) return [{ ...invalid(`${field}.scopeName`, scope, 'unsupported scope') }]
    const onlyExists = !['PriorityClass', 'VolumeAttributesClass'].includes(scope) && operator !== 'Exists'
    return [
      ...(onlyExists
        ? [
            invalid(
              `${field}.operator`,
              operator,
              `must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
            ),
          ]
        : []),
      ...((operator === 'In' || operator === 'NotIn') && values.length === 0
        ? [
            required(
              `${field}.values`,
              `must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`,
            ),
          ]
        : []),
      ...((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0
        ? [
            invalid(
              `${field}.values`,
              values,
              `must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
            ),
          ]
        : []),
      ...(OPERATORS.includes(operator)
        ? []
        : [invalid(`${field}.operator`, operator, 'not a valid selector operator')]),
      ...names
        .filter((name) => isStandard(name) && !fits(scope, name))
        .map(() => invalid(field, one, `unsupported scope applied to resource`)),
    ]
  })
}

/** Models ValidateResourceQuotaSpec. */
export function validateResourceQuota(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const hard = asObject(spec.hard)
  const amounts = Object.keys(hard)
    .sort()
    .flatMap((name) => [...nameErrors(name), ...negativeQuantity(`spec.hard[${name}]`, hard[name])])
  return [...amounts, ...scopeErrors(spec), ...selectorErrors(spec)]
}

/** The scopes of a quota are for good. Models ValidateResourceQuotaUpdate. */
export function validateResourceQuotaUpdate(object: PlainObject, old: PlainObject): FieldError[] {
  const [next, before] = [object, old].map(({ spec }) => [...new Set(listOf(asObject(spec).scopes).map(String))].sort())
  if (JSON.stringify(next) === JSON.stringify(before)) return []
  const scopes = listOf(asObject(object.spec).scopes).map(String)
  return [{ ...invalid('spec.scopes', scopes, 'field is immutable'), shown: goList(scopes) }]
}

const FOR_TYPES = ['Container', 'Pod', 'PersistentVolumeClaim']

type Bounds = Record<'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio', string | undefined>

/** Pairs of which the first may not be above the second: where it is said, whose value is shown, and how. */
const ORDERED: [keyof Bounds, keyof Bounds, keyof Bounds, keyof Bounds, string, string][] = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
]

const KEYS = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

/** One resource's bounds against each other. */
function boundErrors(field: string, name: string, bounds: Bounds): FieldError[] {
  const order = ORDERED.flatMap(([least, most, at, shown, a, b]) => {
    const [low, high] = [bounds[least], bounds[most]]
    if (low === undefined || high === undefined || compareQuantity(low, high) <= 0) return []
    return [invalid(`${field}.${at}[${name}]`, bounds[shown], `${a} ${low} is greater than ${b} ${high}`)]
  })
  const { maxLimitRequestRatio: ratio, min, max } = bounds
  if (ratio === undefined) return order
  const at = `${field}.maxLimitRequestRatio[${name}]`
  if (compareQuantity(ratio, '1') < 0) order.push(invalid(at, ratio, `ratio ${ratio} is less than 1`))
  if (min === undefined || max === undefined) return order
  const span = quantityMilliValue(max) / quantityMilliValue(min)
  if (quantityMilliValue(ratio) / 1000 > span)
    order.push(invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${span.toFixed(6)}`))
  return order
}

function itemErrors(item: PlainObject, index: number, seen: Set<string>): FieldError[] {
  const field = `spec.limits[${index}]`
  const type = String(item.type ?? '')
  const lists = Object.fromEntries(KEYS.map((key) => [key, asObject(item[key])])) as Record<keyof Bounds, PlainObject>
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${field}.type`))
  else if (!FOR_TYPES.includes(type) && !type.includes('/'))
    errors.push(invalid(`${field}.type`, type, 'must be a standard limit type or fully qualified'))
  if (seen.has(type)) errors.push(duplicate(`${field}.type`, type))
  seen.add(type)
  const notForPods = "may not be specified when `type` is 'Pod'"
  for (const key of ['default', 'defaultRequest'] as const)
    if (type === 'Pod' && Object.keys(lists[key]).length > 0) errors.push(forbidden(`${field}.${key}`, notForPods))
  if (type === 'PersistentVolumeClaim' && lists.min.storage === undefined && lists.max.storage === undefined)
    errors.push(
      required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    )
  const names = [...new Set(KEYS.flatMap((key) => Object.keys(lists[key])))].sort()
  return [...errors, ...names.flatMap((name) => boundErrors(field, name, boundsOf(lists, name)))]
}

const boundsOf = (lists: Record<keyof Bounds, PlainObject>, name: string): Bounds =>
  Object.fromEntries(
    KEYS.map((key) => [key, lists[key][name] === undefined ? undefined : String(lists[key][name])]),
  ) as Bounds

/** Models ValidateLimitRange. Not modelled: names of resources, hugepages' equal defaults. */
export function validateLimitRange(object: PlainObject): FieldError[] {
  const seen = new Set<string>()
  return listOf(asObject(object.spec).limits).flatMap((item, index) => itemErrors(asObject(item), index, seen))
}
