/**
 * Models k8s.io/apimachinery/pkg/util/jsonmergepatch: what `kubectl apply` sends for kinds without a schema.
 */
import { createMerge } from './merge.ts'
import { isObject } from './json-value.ts'
import type { Json, JsonObject } from './json-value.ts'

/** Keeps only the nulls of a patch, or everything but the nulls. */
function filterNulls(patch: JsonObject, keep: boolean): JsonObject {
  const result: Record<string, Json> = {}
  for (const [key, value] of Object.entries(patch)) {
    if (isObject(value)) {
      const inner = filterNulls(value, keep)
      if (Object.keys(inner).length > 0 || (!keep && Object.keys(value).length === 0)) result[key] = inner
    } else if (value !== undefined && (value === null) === keep) result[key] = value
  }
  return result
}

/** Joins two patches: the second wins, nulls stay. */
function joinPatches(first: JsonObject, second: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const old = result[key]
    result[key] = isObject(old) && isObject(value) ? joinPatches(old, value) : value
  }
  return result
}

/**
 * Changes from current to modified, and deletions from original (what was applied last, or nothing) to
 * modified. `{}` when there is nothing to send.
 */
export function createThreeWayJsonMerge(
  original: JsonObject | undefined,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  const changes = filterNulls(createMerge(current, modified), false)
  const deletions = filterNulls(createMerge(original ?? {}, modified), true)
  return joinPatches(deletions, changes)
}
