/**
 * Strategic merge patch: what the API server applies and what kubectl creates.
 * Models k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.
 * Not modelled: fields that the schema does not know are merged as plain JSON instead of refused.
 */
import { deepEqual } from '../equal.ts'
import type { Shape } from '../schema.ts'
import { isList, isObject, kindOf, PatchError } from './json-value.ts'
import type { Json, JsonObject } from './json-value.ts'
import { diffMaps } from './strategic-diff.ts'
import { elementKey, mergeMaps } from './strategic-merge.ts'
import { factsOf, shapeOfType } from './strategic-schema.ts'

export { PatchError } from './json-value.ts'

/** The object with the patch applied. `typeName` is a schema type (`apps.v1.Deployment`). Throws PatchError. */
export function applyStrategic(typeName: string | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  return mergeMaps(original, patch, shapeOfType(typeName), 'object')
}

/** The patch that turns `original` into `modified`; `{}` when they are the same. */
export function createTwoWayStrategic(
  typeName: string | undefined,
  original: JsonObject,
  modified: JsonObject,
): JsonObject {
  return diffMaps(original, modified, shapeOfType(typeName), {})
}

function listsConflict(
  a: readonly Json[],
  b: readonly Json[],
  shape: Shape | undefined,
  mergeKey: string | undefined,
): boolean {
  if (![...a, ...b].every(isObject) || mergeKey === undefined) return !deepEqual(a, b)
  const others = new Map(b.map((element) => [elementKey(element, mergeKey), element]))
  return a.some((element) => {
    const other = others.get(elementKey(element, mergeKey))
    return other !== undefined && valuesConflict(element, other, shape?.item, undefined, false)
  })
}

function valuesConflict(
  a: Json,
  b: Json,
  shape: Shape | undefined,
  mergeKey: string | undefined,
  merge: boolean,
): boolean {
  if (kindOf(a) !== kindOf(b)) return true
  if (isObject(a) && isObject(b)) return mapsConflict(a, b, shape)
  if (isList(a) && isList(b) && merge) return listsConflict(a, b, shape, mergeKey)
  return !deepEqual(a, b)
}

function mapsConflict(a: JsonObject, b: JsonObject, shape: Shape | undefined): boolean {
  return Object.keys(a).some((key) => {
    const left = a[key]
    const right = b[key]
    if (left === undefined || right === undefined || key.startsWith('$setElementOrder/')) return false
    const facts = factsOf(shape, key)
    return valuesConflict(left, right, facts.shape, facts.mergeKey, facts.merge)
  })
}

/**
 * What `kubectl apply` sends: changes from current to modified, and deletions from original (what was
 * applied last; undefined: nothing) to modified. Without `overwrite`, a field that someone else changed
 * differently since is a PatchError.
 */
export function createThreeWayStrategic(
  typeName: string | undefined,
  original: JsonObject | undefined,
  modified: JsonObject,
  current: JsonObject,
  options: { overwrite: boolean } = { overwrite: true },
): JsonObject {
  const shape = shapeOfType(typeName)
  const changes = diffMaps(current, modified, shape, { ignoreDeletions: true })
  const deletions = diffMaps(original ?? {}, modified, shape, { ignoreChanges: true })
  const patch = mergeMaps(deletions, changes, shape, 'patch')
  if (!options.overwrite) {
    const changed = diffMaps(original ?? {}, current, shape, {})
    if (mapsConflict(patch, changed, shape))
      throw new PatchError(
        `patch:\n${JSON.stringify(patch)}\nconflicts with changes made from original to current:\n${JSON.stringify(changed)}\n`,
      )
  }
  return patch
}
