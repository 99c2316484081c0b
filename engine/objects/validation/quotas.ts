import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { labelKeyErrors } from '../selectors.ts'
import { invalid } from './errors.ts'
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

/** Models ValidateResourceQuotaSpec. Not modelled: scopes. */
export function validateResourceQuota(object: PlainObject): FieldError[] {
  const hard = asObject(asObject(object.spec).hard)
  return Object.keys(hard)
    .sort()
    .flatMap((name) => [...nameErrors(name), ...negativeQuantity(`spec.hard[${name}]`, hard[name])])
}
