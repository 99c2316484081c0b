/** JSON merge patch (RFC 7386), as evanphx/json-patch applies and creates it. */
import { deepEqual } from '../equal.ts'
import { isObject } from './json-value.ts'
import type { Json, JsonObject } from './json-value.ts'

function withoutNulls(value: Json): Json {
  if (!isObject(value)) return value
  return mergeInto({}, value)
}

function mergeInto(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...target }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) delete result[key]
    else result[key] = applyMerge(result[key] ?? null, value)
  }
  return result
}

/** The target with the patch merged in: null removes, lists and scalars replace. Arguments stay as they are. */
export function applyMerge(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  return isObject(target) ? mergeInto(target, patch) : withoutNulls(patch)
}

/** The smallest merge patch that turns `original` into `modified`; `{}` when they are the same. */
export function createMerge(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: Record<string, Json> = {}
  for (const [key, value] of Object.entries(modified)) {
    const old = original[key]
    if (value === undefined) continue
    if (old === undefined) patch[key] = value
    else if (isObject(old) && isObject(value)) {
      const inner = createMerge(old, value)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (!deepEqual(old, value)) patch[key] = value
  }
  for (const key of Object.keys(original))
    if (modified[key] === undefined && original[key] !== undefined) patch[key] = null
  return patch
}
