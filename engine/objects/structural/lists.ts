/** Lists that are sets or maps hold nothing twice. Models apiextensions-apiserver pkg/apiserver/schema/listtype/validation.go. */
import { deepEqual } from '../equal.ts'
import { duplicate, invalid } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { childPath, isMap, keysOf, schemaOfKey } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'

export function listErrors(schema: JsonSchema, value: unknown, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema
    const own = ownErrors(schema, value, path)
    return items === undefined ? own : [...own, ...value.flatMap((one, i) => listErrors(items, one, `${path}[${i}]`))]
  }
  if (!isMap(value)) return []
  return keysOf(value).flatMap((key) => {
    const child = schemaOfKey(schema, key)
    return child === undefined ? [] : listErrors(child, value[key], childPath(path, key))
  })
}

function ownErrors(schema: JsonSchema, list: unknown[], path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return repeated(list, path)
  if (type !== 'map') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const maps = list.filter(isMap)
  if (maps.length < list.length)
    return list.flatMap((one, i) =>
      isMap(one) ? [] : [invalid(`${path}[${i}]`, one, 'must be an object for an array of list-type map')],
    )
  return repeated(
    maps.map((one) => keyOf(schema, keys, one)),
    path,
  )
}

/** What names an item; a key that the item leaves out has its default. */
function keyOf({ items }: JsonSchema, keys: string[], item: Data): Data {
  const pairs = keys.flatMap((key): [string, unknown][] => {
    const value = item[key] ?? items?.properties?.[key]?.default
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(pairs)
}

/** The second and no later one of equals is told. */
function repeated(list: unknown[], path: string): FieldError[] {
  return list.flatMap((one, i) => {
    const before = list.slice(0, i).filter((other) => deepEqual(other, one)).length
    return before === 1 ? [duplicate(`${path}[${i}]`, one)] : []
  })
}
