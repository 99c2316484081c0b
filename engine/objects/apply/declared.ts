/** Fields that a schema does not know, as server-side apply tells them. Models sigs.k8s.io/structured-merge-diff typed/validate.go. Not modelled: what stands inside of atomic lists and maps. */
import { ownershipOfType } from './ownership-schema.ts'
import type { Ownership } from './ownership-schema.ts'

type Fields = Record<string, unknown>

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `[name="web"]`, `[containerPort=80,protocol="TCP"]`. */
function itemStep({ keys = [], keyDefaults = {} }: Ownership, item: unknown): string {
  const fields = isMap(item) ? item : {}
  return `[${keys.map((key) => `${key}=${JSON.stringify(fields[key] ?? keyDefaults[key])}`).join(',')}]`
}

function undeclared(type: Ownership, value: unknown, path: string): string[] {
  if (type.form === 'listMap' && Array.isArray(value))
    return value.flatMap((item) => undeclared(type.item as Ownership, item, path + itemStep(type, item)))
  if (type.form !== 'map' || type.fields === undefined || !isMap(value)) return undeclaredBelow(type, value, path)
  const { fields, isOpen } = type
  return Object.keys(value)
    .sort()
    .flatMap((key) => {
      const field = fields.get(key)
      if (field !== undefined) return undeclared(field.type, value[key], `${path}.${key}`)
      return isOpen === true ? [] : [`${path}.${key}: field not declared in schema`]
    })
}

/** Values of a map with a schema of their own. */
function undeclaredBelow({ form, fields, item }: Ownership, value: unknown, path: string): string[] {
  if (form !== 'map' || fields !== undefined || item?.fields === undefined || !isMap(value)) return []
  return Object.keys(value)
    .sort()
    .flatMap((key) => undeclared(item, value[key], `${path}.${key}`))
}

/** The problem of an applied object, or undefined: `.spec.replica: field not declared in schema`. */
export function typedProblem(type: string | Ownership | undefined, object: object): string | undefined {
  const errors = undeclared(ownershipOfType(type), object, '')
  return errors.length > 1 ? ['errors:', ...errors.map((error) => `  ${error}`)].join('\n') : errors[0]
}
