/** Models apiextensions-apiserver pkg/apiserver/schema/defaulting/algorithm.go. */
import { isForeignNull, isMap, schemaOfKey, valueSchema } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'

/** The value with the schema's defaults set; the same value when none was missing. Nothing given is changed. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (isMap(value)) return defaultedMap(schema, value)
  if (Array.isArray(value) && schema.items !== undefined) return defaultedList(schema.items, value)
  return value
}

function defaultedMap(schema: JsonSchema, map: Data): Data {
  let next = map
  const set = (key: string, value: unknown): void => {
    if (next === map) next = { ...map }
    next[key] = value
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue
    if (!Object.hasOwn(map, key) || isForeignNull(map[key], property)) set(key, property.default)
  }
  const values = valueSchema(schema)
  for (const key of Object.keys(next)) {
    const child = schemaOfKey(schema, key)
    if (child === undefined) continue
    const given = next[key]
    const start = child === values && isForeignNull(given, child) ? (child.default ?? given) : given
    const filled = withDefaults(child, start)
    if (filled !== given) set(key, filled)
  }
  return next
}

function defaultedList(items: JsonSchema, list: unknown[]): unknown[] {
  let changed = false
  const next = list.map((given) => {
    const start = isForeignNull(given, items) ? (items.default ?? given) : given
    const filled = withDefaults(items, start)
    changed ||= filled !== given
    return filled
  })
  return changed ? next : list
}

/** Takes nulls away for which the schema has neither a place nor a default (PruneNonNullableNullsWithoutDefaults). */
export function withoutForeignNulls(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? value : mapSame(value, (one) => withoutForeignNulls(items, one))
  }
  if (!isMap(value)) return value
  let next = value
  for (const key of Object.keys(value)) {
    const child = schemaOfKey(schema, key)
    if (child === undefined) continue
    const given = value[key]
    if (isForeignNull(given, child) && child.default === undefined) {
      if (next === value) next = { ...value }
      delete next[key]
      continue
    }
    const kept = withoutForeignNulls(child, given)
    if (kept === given) continue
    if (next === value) next = { ...value }
    next[key] = kept
  }
  return next
}

/** A list with each item changed; the same list when none did. */
export function mapSame(list: unknown[], change: (item: unknown, index: number) => unknown): unknown[] {
  const next = list.map(change)
  return next.some((item, index) => item !== list[index]) ? next : list
}
