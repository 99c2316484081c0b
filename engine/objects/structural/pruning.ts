/** Models apiextensions-apiserver pkg/apiserver/schema/pruning/algorithm.go and objectmeta/coerce.go. */
import { decodeAs } from '../decode.ts'
import { typeOf } from '../schema.ts'
import { childPath, isMap, schemaOfKey } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'
import { mapSame } from './defaulting.ts'

const RESOURCE_KEYS = new Set(['apiVersion', 'kind', 'metadata'])

interface Walk {
  unknown: string[]
}

/** The object without what the schema does not know, and the paths of what was taken. */
export function prune(schema: JsonSchema, object: Data): { object: Data; unknown: string[] } {
  const walk: Walk = { unknown: [] }
  const kept = prunedMap(walk, schema, object, '', true) as Data
  return { object: kept, unknown: walk.unknown.sort() }
}

function pruned(walk: Walk, schema: JsonSchema, value: unknown, path: string): unknown {
  if (Array.isArray(value)) return prunedList(walk, schema, value, path)
  if (!isMap(value)) return value
  return prunedMap(walk, schema, value, path, schema['x-kubernetes-embedded-resource'] === true)
}

function prunedList(walk: Walk, schema: JsonSchema, list: unknown[], path: string): unknown[] {
  const items = schema.items ?? (schema['x-kubernetes-preserve-unknown-fields'] === true ? OPEN : {})
  return mapSame(list, (one, index) => pruned(walk, items, one, `${path}[${index}]`))
}

const OPEN: JsonSchema = { 'x-kubernetes-preserve-unknown-fields': true }

function prunedMap(walk: Walk, schema: JsonSchema, map: Data, path: string, isResource: boolean): Data {
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true
  const allows = preserve || schema.additionalProperties === true
  let next = map
  for (const key of Object.keys(map)) {
    const child = schemaOfKey(schema, key)
    if (isResource && RESOURCE_KEYS.has(key)) continue
    const at = childPath(path, key)
    if (child === undefined) {
      if (allows) continue
      if (next === map) next = { ...map }
      delete next[key]
      walk.unknown.push(`unknown field "${at}"`)
      continue
    }
    const kept = pruned(walk, child, map[key], at)
    if (kept === map[key]) continue
    if (next === map) next = { ...map }
    next[key] = kept
  }
  return next
}

export interface Coerced {
  object: Data
  unknown: string[]
  /** Of a metadata that cannot be read. */
  error?: string
}

/** Reads the metadata of embedded resources as the server reads its own: unknown fields go. */
export function coerceEmbedded(schema: JsonSchema, object: Data): Coerced {
  const found: Coerced = { object, unknown: [] }
  const coerce = (node: JsonSchema, value: unknown, path: string, isRoot: boolean): unknown => {
    if (Array.isArray(value)) {
      const { items } = node
      return items === undefined
        ? value
        : mapSame(value, (one, index) => coerce(items, one, `${path}[${index}]`, false))
    }
    if (!isMap(value)) return value
    let next = value
    if (!isRoot && node['x-kubernetes-embedded-resource'] === true && isMap(value.metadata))
      next = withMetadata(found, value, childPath(path, 'metadata'))
    for (const key of Object.keys(next)) {
      const child = schemaOfKey(node, key)
      if (child === undefined) continue
      const kept = coerce(child, next[key], childPath(path, key), false)
      if (kept !== next[key]) next = { ...next, [key]: kept }
    }
    return next
  }
  if (hasEmbedded(schema)) found.object = coerce(schema, object, '', true) as Data
  return found
}

function withMetadata(found: Coerced, value: Data, path: string): Data {
  const decoded = decodeAs(typeOf('meta.v1.ObjectMeta'), value.metadata)
  if (decoded.error !== undefined) found.error ??= `${path}: ${decoded.error}`
  found.unknown.push(...decoded.unknown.map((text) => text.replace('unknown field "', `unknown field "${path}.`)))
  return decoded.unknown.length === 0 ? value : { ...value, metadata: decoded.object }
}

const embedded = new WeakMap<JsonSchema, boolean>()

/** Whether a resource is embedded anywhere below a schema. */
export function hasEmbedded(schema: JsonSchema): boolean {
  const known = embedded.get(schema)
  if (known !== undefined) return known
  const children = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  const has =
    schema['x-kubernetes-embedded-resource'] === true ||
    children.some((child) => typeof child === 'object' && hasEmbedded(child))
  embedded.set(schema, has)
  return has
}
