/** Where a custom resource keeps what its scale subresource shows. Models apiextensions-apiserver pkg/registry/customresource/{validator,etcd}.go. */
import type { CustomResourceSubresourceScale } from '../types.gen.ts'
import { invalid } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { isMap } from './schema.ts'
import type { Data } from './schema.ts'

export type ScalePaths = CustomResourceSubresourceScale

const MAX_INT32 = 2147483647

const stepsOf = (path: string): string[] => path.replace(/^\./, '').split('.')

/** The value at a dotted path; a text when something on the way is no map. */
export function valueAt(object: Data, path: string): { value?: unknown } | { error: string } {
  const steps = stepsOf(path)
  let value: unknown = object
  for (const [i, step] of steps.entries()) {
    if (!isMap(value)) {
      const at = `.${steps.slice(0, i).join('.')}`
      return {
        error: `${at} accessor error: ${goText(value)} is of the type ${goType(value)}, expected map[string]interface{}`,
      }
    }
    if (!Object.hasOwn(value, step)) return {}
    value = value[step]
  }
  return { value }
}

const goText = (value: unknown): string =>
  value === null ? '<nil>' : typeof value === 'object' ? JSON.stringify(value) : String(value)

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** The object with a value at a dotted path. */
export function withValueAt(object: Data, path: string, value: unknown): Data {
  const [first, ...rest] = stepsOf(path) as [string, ...string[]]
  if (rest.length === 0) return { ...object, [first]: value }
  const below = isMap(object[first]) ? object[first] : {}
  return { ...object, [first]: withValueAt(below, rest.join('.'), value) }
}

const accessor = (path: string, value: unknown, expected: string): string =>
  `.${stepsOf(path).join('.')} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${expected}`

/** A whole number at a path, or what is wrong with what stands there. */
export function integerAt(object: Data, path: string): { value: number; found: boolean } | { error: string } {
  const at = valueAt(object, path)
  if ('error' in at) return at
  const { value } = at
  if (value === undefined) return { value: 0, found: false }
  if (typeof value !== 'number' || !Number.isInteger(value)) return { error: accessor(path, value, 'int64') }
  return { value, found: true }
}

export function textAt(object: Data, path: string): { value: string } | { error: string } {
  const at = valueAt(object, path)
  if ('error' in at) return at
  if (at.value === undefined) return { value: '' }
  return typeof at.value === 'string' ? { value: at.value } : { error: accessor(path, at.value, 'string') }
}

function replicasErrors(object: Data, path: string): FieldError[] {
  const replicas = integerAt(object, path)
  if ('error' in replicas) return [invalid(path, 0, replicas.error)]
  if (replicas.value < 0) return [invalid(path, replicas.value, 'should be a non-negative integer')]
  if (replicas.value > MAX_INT32) return [invalid(path, replicas.value, `should be less than or equal to ${MAX_INT32}`)]
  return []
}

export const scaleSpecErrors = (object: Data, { specReplicasPath }: ScalePaths): FieldError[] =>
  replicasErrors(object, specReplicasPath)

export function scaleStatusErrors(
  object: Data,
  { statusReplicasPath, labelSelectorPath = '' }: ScalePaths,
): FieldError[] {
  const errors = replicasErrors(object, statusReplicasPath)
  if (labelSelectorPath === '') return errors
  const selector = textAt(object, labelSelectorPath)
  return 'error' in selector ? [...errors, invalid(labelSelectorPath, '', selector.error)] : errors
}
