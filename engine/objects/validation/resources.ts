import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { compareQuantity } from '../quantity.ts'
import { labelKeyErrors } from '../selectors.ts'
import { invalid } from './errors.ts'
import type { FieldError } from './errors.ts'

const standard = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage', 'pods', 'services', 'requests.cpu'])
const forContainers = new Set(['cpu', 'memory', 'ephemeral-storage'])
const isHugePages = (name: string) => name.startsWith('hugepages-')

/** Resources a node may have more of than it has: only these may have limits above their requests. */
const mayOvercommit = (name: string): boolean =>
  !isHugePages(name) && (forContainers.has(name) || name.includes('kubernetes.io/'))

const invalidName = (field: string, name: string, detail: string): FieldError => ({
  ...invalid(field, name, detail),
  shown: name,
})

/** Models ValidateContainerResourceName. */
function nameErrors(name: string, field: string): FieldError[] {
  const wrong = labelKeyErrors(name).map((detail) => invalidName(field, name, detail))
  if (wrong.length > 0 || name.includes('/')) return wrong
  const errors: FieldError[] = []
  if (!standard.has(name) && !isHugePages(name)) {
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

function listErrors(list: PlainObject, field: string): FieldError[] {
  return Object.keys(list)
    .sort()
    .flatMap((name) => [...nameErrors(name, `${field}[${name}]`), ...negativeQuantity(`${field}[${name}]`, list[name])])
}

function aboveLimit(requests: PlainObject, limits: PlainObject, field: string): FieldError[] {
  return Object.keys(requests)
    .sort()
    .flatMap((name) => {
      const [request, limit] = [String(requests[name]), limits[name]]
      if (limit === undefined) return []
      const order = compareQuantity(request, String(limit))
      if (order !== 0 && !mayOvercommit(name)) {
        return [invalid(`${field}.requests`, request, `must be equal to ${name} limit of ${String(limit)}`)]
      }
      return order > 0
        ? [invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${String(limit)}`)]
        : []
    })
}

/** Models ValidateContainerResourceRequirements. Not modelled: claims. */
export function resourceErrors(resources: unknown, field: string): FieldError[] {
  const limits = asObject(asObject(resources).limits)
  const requests = asObject(asObject(resources).requests)
  return [
    ...listErrors(limits, `${field}.limits`),
    ...listErrors(requests, `${field}.requests`),
    ...aboveLimit(requests, limits, field),
  ]
}
