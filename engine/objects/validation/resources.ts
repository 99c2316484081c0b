import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { compareQuantity, quantityMilliValue, quantityValue } from '../quantity.ts'
import { labelKeyErrors } from '../selectors.ts'
import { duplicate, forbidden, invalid, invalidAll, notFound, notSupported, required } from './errors.ts'
import type { FieldError } from './errors.ts'
import { dns1123Label } from './names.ts'

const compute = ['cpu', 'memory', 'ephemeral-storage']
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const standard = new Set([
  ...compute,
  ...compute.map((name) => `requests.${name}`),
  ...compute.map((name) => `limits.${name}`),
  ...counted,
  'storage',
  'requests.storage',
])
const forContainers = new Set(['cpu', 'memory', 'ephemeral-storage'])
const isHugePages = (name: string) => name.startsWith('hugepages-')

/** Resources a node may have more of than it has: only these may have limits above their requests. */
const mayOvercommit = (name: string): boolean =>
  !isHugePages(name) && (!name.includes('/') || name.includes('kubernetes.io/'))

const invalidName = (field: string, name: string, detail: string): FieldError => ({
  ...invalid(field, name, detail),
  shown: name,
})

const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Models IsExtendedResourceName, of names that have a prefix of somebody else. */
const isExtended = (name: string): boolean =>
  !name.startsWith('requests.') && labelKeyErrors(`requests.${name}`).length === 0

/** Models validateContainerResourceName. */
function nameErrors(name: string, field: string): FieldError[] {
  const errors = labelKeyErrors(name).map((detail) => invalidName(field, name, detail))
  if (name.includes('/')) {
    const unusual = !isNative(name) && !isExtended(name)
    return unusual ? [...errors, invalidName(field, name, "doesn't follow extended resource name standard")] : errors
  }
  if (errors.length === 0 && !standard.has(name) && !isHugePages(name)) {
    errors.push(invalidName(field, name, 'must be a standard resource type or fully qualified'))
  }
  if (!forContainers.has(name) && !isHugePages(name)) {
    errors.push(invalidName(field, name, 'must be a standard resource for containers'))
  }
  return errors
}

export function negativeQuantity(field: string, value: unknown): FieldError[] {
  return String(value).startsWith('-') ? [invalid(field, String(value), 'must be greater than or equal to 0')] : []
}

const countedOnly = new Set(counted)

/** Models ValidateResourceQuantityValue: what can only be counted comes in whole numbers. */
export function quantityErrors(field: string, name: string, value: unknown): FieldError[] {
  const errors = negativeQuantity(field, value)
  const whole = countedOnly.has(name) || (!isNative(name) && isExtended(name))
  if (!whole || quantityMilliValue(String(value)) % 1000 === 0) return errors
  return [...errors, invalid(field, String(value), 'must be an integer')]
}

const UNITS: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

function pageErrors(field: string, name: string, value: unknown): FieldError[] {
  const size = /^hugepages-(\d+)(Ki|Mi|Gi|Ti)$/.exec(name)
  if (size === null) return []
  const page = Number(size[1]) * UNITS[size[2]!]!
  const amount = quantityValue(String(value))
  if (page > 0 && amount % page === 0) return []
  return [invalid(field, String(value), `${String(value)} is not positive integer multiple of ${name}`)]
}

type NameCheck = (name: string, field: string) => FieldError[]

function listErrors(list: PlainObject, field: string, check: NameCheck): FieldError[] {
  return Object.keys(list)
    .sort()
    .flatMap((name) => entryErrors(list, name, field, check))
}

function entryErrors(list: PlainObject, name: string, field: string, check: NameCheck): FieldError[] {
  const at = `${field}[${name}]`
  return [...check(name, at), ...quantityErrors(at, name, list[name]), ...pageErrors(at, name, list[name])]
}

/** A request against its limit. */
function requestErrors(requests: PlainObject, limits: PlainObject, name: string, field: string): FieldError[] {
  const [request, limit] = [String(requests[name]), limits[name]]
  if (limit === undefined)
    return mayOvercommit(name)
      ? []
      : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')]
  const order = compareQuantity(request, String(limit))
  if (order !== 0 && !mayOvercommit(name))
    return [invalid(`${field}.requests`, request, `must be equal to ${name} limit of ${String(limit)}`)]
  if (order <= 0) return []
  return [invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${String(limit)}`)]
}

/** Claims of a container are claims of its pod. */
function claimErrors(claims: PlainObject[], field: string, podClaims: readonly string[]): FieldError[] {
  const seen = new Set<string>()
  return claims.flatMap(({ name, request }, i) => {
    const at = `${field}[${i}]`
    if (!name) return [required(at)]
    const key = request ? `${String(name)}/${String(request)}` : String(name)
    const taken = seen.has(String(name)) ? String(name) : seen.has(key) ? key : undefined
    const errors = taken === undefined ? [] : [duplicate(at, taken)]
    if (taken === undefined && request)
      errors.unshift(...invalidAll(`${at}.request`, request, dns1123Label(String(request))))
    const whole = !request && [...seen].some((other) => other.startsWith(`${String(name)}/`))
    if (taken === undefined && whole) errors.push(duplicate(at, name))
    seen.add(key)
    if (podClaims.includes(String(name))) return errors
    const list = podClaims.length === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`
    const detail = `must be one of the names in pod.spec.resourceClaims${list}`
    return [...errors, { ...notFound(at, name), detail }]
  })
}

const podResources = ['cpu', 'hugepages-', 'memory']

/** Models validatePodResourceName. */
function podNameErrors(name: string, field: string): FieldError[] {
  const errors = labelKeyErrors(name).map((detail) => invalidName(field, name, detail))
  if (errors.length > 0) return errors
  if (!name.includes('/') && !standard.has(name) && !isHugePages(name))
    return [invalidName(field, name, 'must be a standard resource type or fully qualified')]
  if (name === 'cpu' || name === 'memory' || isHugePages(name)) return []
  return [{ ...notSupported(field, name, podResources), shown: name }]
}

function requirementErrors(
  resources: PlainObject,
  field: string,
  claims: readonly string[],
  check: NameCheck,
): FieldError[] {
  const [limits, requests] = [asObject(resources.limits), asObject(resources.requests)]
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const pagesOnly = names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')
  return [
    ...listErrors(limits, `${field}.limits`, check),
    ...Object.keys(requests)
      .sort()
      .flatMap((name) => {
        const at = `${field}.requests[${name}]`
        return [
          ...check(name, at),
          ...quantityErrors(at, name, requests[name]),
          ...requestErrors(requests, limits, name, field),
          ...pageErrors(at, name, requests[name]),
        ]
      }),
    ...(pagesOnly ? [forbidden(field, 'HugePages require cpu or memory')] : []),
    ...claimErrors(asList(resources.claims), `${field}.claims`, claims),
  ]
}

/** Models ValidateContainerResourceRequirements; `claims` are the names of the pod's claims. */
export const resourceErrors = (resources: unknown, field: string, claims: readonly string[] = []): FieldError[] =>
  requirementErrors(asObject(resources), field, claims, nameErrors)

/** Models validatePodResources. Not modelled: what all containers ask for together. */
export function podResourceErrors(resources: unknown, field: string): FieldError[] {
  if (resources === undefined) return []
  const { claims } = asObject(resources)
  return [
    ...(claims === undefined ? [] : [forbidden(`${field}.claims`, 'claims cannot be set for Resources at pod-level')]),
    ...requirementErrors(asObject(resources), field, [], podNameErrors),
  ]
}
