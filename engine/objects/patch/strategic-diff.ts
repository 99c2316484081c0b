/** Models k8s.io/apimachinery/pkg/util/strategicpatch: what kubectl computes for apply, patch and edit. */
import { deepEqual } from '../equal.ts'
import type { Shape } from '../schema.ts'
import { isList, isObject, kindOf } from './json-value.ts'
import type { Json, JsonObject } from './json-value.ts'
import { DELETE_LIST, elementKey, PATCH, RETAIN_KEYS, SET_ORDER } from './strategic-merge.ts'
import { factsOf } from './strategic-schema.ts'
import type { PatchFacts } from './strategic-schema.ts'

export interface DiffOptions {
  ignoreDeletions?: boolean
  ignoreChanges?: boolean
  /** Set by the field's own strategy on the way down. */
  retainKeys?: boolean
}

type Fields = Record<string, Json>

/** The strategic patch from one map to another. */
export function diffMaps(
  original: JsonObject,
  modified: JsonObject,
  shape: Shape | undefined,
  options: DiffOptions,
): JsonObject {
  const patch: Fields = {}
  for (const [key, value] of Object.entries(modified))
    if (value !== undefined) diffField(patch, key, original[key], value, shape, options)
  if (!options.ignoreDeletions)
    for (const key of Object.keys(original))
      if (original[key] !== undefined && modified[key] === undefined) patch[key] = null
  return withRetainKeys(patch, original, modified, options)
}

function withRetainKeys(patch: Fields, original: JsonObject, modified: JsonObject, options: DiffOptions): Fields {
  const keys = Object.keys(modified).filter((key) => modified[key] !== undefined)
  if (!options.retainKeys || keys.length === 0) return patch
  const cleared = Object.keys(original).some((key) => original[key] !== undefined && modified[key] === undefined)
  return Object.keys(patch).length > 0 || cleared ? { ...patch, [RETAIN_KEYS]: keys.sort() } : patch
}

function diffField(
  patch: Fields,
  key: string,
  old: Json | undefined,
  value: Json,
  shape: Shape | undefined,
  options: DiffOptions,
): void {
  if (old === undefined || kindOf(old) !== kindOf(value)) {
    if (!options.ignoreChanges) patch[key] = value
    return
  }
  const facts = factsOf(shape, key)
  if (isObject(old) && isObject(value)) diffMapField(patch, key, old, value, facts, options)
  else if (isList(old) && isList(value) && facts.merge) diffListField(patch, key, old, value, facts, options)
  else if (!options.ignoreChanges && !deepEqual(old, value)) patch[key] = value
}

function diffMapField(
  patch: Fields,
  key: string,
  old: JsonObject,
  value: JsonObject,
  facts: PatchFacts,
  options: DiffOptions,
): void {
  if (facts.replace) {
    if (!options.ignoreChanges) patch[key] = value
    return
  }
  const inner = diffMaps(old, value, facts.shape, { ...options, retainKeys: facts.retainKeys })
  if (Object.keys(inner).length > 0) patch[key] = inner as Json
}

function diffListField(
  patch: Fields,
  key: string,
  old: readonly Json[],
  value: readonly Json[],
  facts: PatchFacts,
  options: DiffOptions,
): void {
  if (old.length === 0) {
    if (value.length > 0 && !options.ignoreChanges) patch[key] = value
    return
  }
  const inner = { ...options, retainKeys: facts.retainKeys }
  if ([...old, ...value].some(isObject)) diffListOfMaps(patch, key, old, value, facts, inner)
  else diffListOfScalars(patch, key, old, value, inner)
}

const keyed = (list: readonly Json[], mergeKey: string | undefined): Map<string, JsonObject> =>
  new Map(list.map((element) => [elementKey(element, mergeKey), element as JsonObject]))

function changedElements(
  old: Map<string, JsonObject>,
  value: readonly Json[],
  facts: PatchFacts,
  options: DiffOptions,
): Json[] {
  const changed: Json[] = []
  for (const [key, element] of keyed(value, facts.mergeKey)) {
    const before = old.get(key)
    if (before === undefined) {
      if (!options.ignoreChanges) changed.push(element)
      continue
    }
    const inner = diffMaps(before, element, facts.shape?.item, options)
    if (Object.keys(inner).length > 0) changed.push({ ...inner, [facts.mergeKey!]: element[facts.mergeKey!] })
  }
  return changed
}

function diffListOfMaps(
  patch: Fields,
  key: string,
  old: readonly Json[],
  value: readonly Json[],
  facts: PatchFacts,
  options: DiffOptions,
): void {
  const mergeKey = facts.mergeKey!
  const before = keyed(old, mergeKey)
  const after = keyed(value, mergeKey)
  const changed = changedElements(before, value, facts, options)
  const gone = options.ignoreDeletions ? [] : [...before.keys()].filter((one) => !after.has(one)).sort()
  const list = [...changed, ...gone.map((one): Json => ({ [mergeKey]: before.get(one)![mergeKey], [PATCH]: 'delete' }))]
  const reordered = !deepEqual(
    [...before.keys()].filter((one) => after.has(one)),
    [...after.keys()].filter((one) => before.has(one)),
  )
  if (list.length > 0) patch[key] = list
  const needed = options.ignoreChanges ? !options.ignoreDeletions && list.length > 0 : list.length > 0 || reordered
  if (needed && value.length > 0)
    patch[SET_ORDER + key] = [...after.values()].map((one): Json => ({ [mergeKey]: one[mergeKey] }))
}

function diffListOfScalars(
  patch: Fields,
  key: string,
  old: readonly Json[],
  value: readonly Json[],
  options: DiffOptions,
): void {
  const added = options.ignoreChanges ? [] : [...new Set(value)].filter((one) => !old.includes(one))
  const gone = options.ignoreDeletions ? [] : [...new Set(old)].filter((one) => !value.includes(one)).sort()
  if (added.length > 0) patch[key] = added
  if (gone.length > 0) patch[DELETE_LIST + key] = gone
  const needed = gone.length > 0 || (!options.ignoreChanges && !deepEqual(old, value))
  if (needed && value.length > 0) patch[SET_ORDER + key] = value
}
