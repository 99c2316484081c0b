/**
 * Models k8s.io/apimachinery/pkg/util/strategicpatch: merging a patch into an object (or into another
 * patch). Directives: `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`.
 */
import { deepEqual } from '../equal.ts'
import type { Shape } from '../schema.ts'
import { isList, isObject, kindOf, PatchError } from './json-value.ts'
import type { Json, JsonObject } from './json-value.ts'
import { factsOf } from './strategic-schema.ts'
import type { PatchFacts } from './strategic-schema.ts'

export const PATCH = '$patch'
export const RETAIN_KEYS = '$retainKeys'
export const SET_ORDER = '$setElementOrder/'
export const DELETE_LIST = '$deleteFromPrimitiveList/'

/** `object`: the target is an object. `patch`: the target is itself a patch, whose nulls and directives stay. */
export type MergeMode = 'object' | 'patch'

type Fields = Record<string, Json | undefined>

const goValue = (value: unknown): string =>
  isObject(value)
    ? `map[${Object.keys(value)
        .sort()
        .map((key) => `${key}:${goValue(value[key])}`)
        .join(' ')}]`
    : isList(value)
      ? `[${value.map(goValue).join(' ')}]`
      : value === null
        ? '<nil>'
        : String(value)

/** What tells elements of a merging list apart: the value itself, or the value under the merge key. */
export function elementKey(element: Json | undefined, mergeKey: string | undefined): string {
  if (!isObject(element)) return JSON.stringify(element)
  if (mergeKey === undefined || element[mergeKey] === undefined)
    throw new PatchError(`map: ${goValue(element)} does not contain declared merge key: ${mergeKey ?? ''}`)
  return String(element[mergeKey])
}

function sameOrder(list: readonly Json[], order: readonly Json[], mergeKey: string | undefined): Json[] {
  const positions = new Map(order.map((element, index) => [elementKey(element, mergeKey), index]))
  const rank = (element: Json): number => positions.get(elementKey(element, mergeKey)) ?? Infinity
  return list
    .map((element) => ({ element, rank: rank(element) }))
    .sort(byRank)
    .map(({ element }) => element)
}

const byRank = (a: { rank: number }, b: { rank: number }): number => (a.rank === b.rank ? 0 : a.rank < b.rank ? -1 : 1)

/** Puts the patch's elements in the patch's order, and the others where the server had them. */
function inOrder(
  merged: readonly Json[],
  order: readonly Json[],
  server: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const named = new Set(order.map((element) => elementKey(element, mergeKey)))
  const isNamed = (element: Json): boolean => named.has(elementKey(element, mergeKey))
  const right = sameOrder(merged.filter(isNamed), order, mergeKey)
  const left = sameOrder(
    merged.filter((element) => !isNamed(element)),
    server,
    mergeKey,
  )
  const positions = new Map(server.map((element, index) => [elementKey(element, mergeKey), index]))
  const at = (element: Json): number | undefined => positions.get(elementKey(element, mergeKey))
  return interleave(left, right, at)
}

function interleave(left: Json[], right: Json[], at: (element: Json) => number | undefined): Json[] {
  const result: Json[] = []
  let i = 0
  for (const element of right) {
    const position = at(element)
    while (i < left.length && position !== undefined && (at(left[i]!) ?? Infinity) < position) result.push(left[i++]!)
    result.push(element)
  }
  return [...result, ...left.slice(i)]
}

/** Nothing that is only an instruction may reach the object. */
function asNew(value: Json, facts: PatchFacts, mode: MergeMode): Json {
  if (mode === 'patch') return value
  if (isObject(value)) return mergeMaps({}, value, facts.shape, mode)
  if (!isList(value)) return value
  if (facts.merge && value.some(isObject)) return mergeLists([], value, facts, mode)
  return value.map((element) => asNew(element, { ...facts, merge: false, shape: facts.shape?.item }, mode))
}

function applyRetainKeys(target: Fields, patch: JsonObject, mode: MergeMode): Fields {
  const keys = patch[RETAIN_KEYS]
  if (keys === undefined) return target
  if (!isList(keys)) throw new PatchError('invalid patch format of retainKeys')
  if (mode === 'patch') return { ...target, [RETAIN_KEYS]: keys }
  for (const [key, value] of Object.entries(patch)) {
    const directive = key.startsWith('$')
    if (!directive && value !== null && !keys.includes(key))
      throw new PatchError("patch content doesn't match retainKeys list")
  }
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)))
}

function mapDirective(patch: JsonObject): JsonObject | undefined {
  const { [PATCH]: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  if (directive === 'merge') return undefined
  throw new PatchError(`unknown patch type: ${String(directive)} in map: ${goValue(patch)}`)
}

/** Merges a patch into a map of that shape. */
export function mergeMaps(
  original: JsonObject,
  patch: JsonObject,
  shape: Shape | undefined,
  mode: MergeMode,
): JsonObject {
  if (patch[PATCH] !== undefined) {
    const replaced = mapDirective(patch)
    if (replaced !== undefined) return replaced
  }
  const result = { ...applyRetainKeys(original, patch, mode) }
  for (const [key, value] of Object.entries(patch)) if (value !== undefined) mergeField(result, key, value, shape, mode)
  for (const key of Object.keys(patch))
    if (key.startsWith(SET_ORDER)) applyOrder(result, original, patch, key, shape, mode)
  return result
}

function mergeField(result: Fields, key: string, value: Json, shape: Shape | undefined, mode: MergeMode): void {
  if (key === PATCH || key === RETAIN_KEYS) return
  if (key.startsWith(SET_ORDER)) return
  if (key.startsWith(DELETE_LIST)) return deleteFromList(result, key, value, mode)
  if (value === null) {
    if (mode === 'patch') result[key] = null
    else delete result[key]
    return
  }
  const old = result[key]
  const facts = factsOf(shape, key)
  if (old === undefined || kindOf(old) !== kindOf(value)) result[key] = asNew(value, facts, mode)
  else if (isObject(old) && isObject(value))
    result[key] = facts.replace ? value : mergeMaps(old, value, facts.shape, mode)
  else if (isList(old) && isList(value))
    result[key] = facts.merge ? mergeLists(old, value, facts, mode) : asNew(value, facts, mode)
  else result[key] = value
}

function deleteFromList(result: Fields, key: string, value: Json, mode: MergeMode): void {
  if (!isList(value)) throw new PatchError('invalid patch format of primitive list')
  if (mode === 'patch') {
    result[key] = value
    return
  }
  const field = key.slice(DELETE_LIST.length)
  const list = result[field]
  if (isList(list)) result[field] = list.filter((element) => !value.some((gone) => deepEqual(gone, element)))
}

function checkOrder(list: readonly Json[], order: readonly Json[], mergeKey: string | undefined): void {
  const wanted = order.map((element) => elementKey(element, mergeKey))
  const named = list
    .filter((element) => !(isObject(element) && element[PATCH] !== undefined))
    .map((element) => elementKey(element, mergeKey))
  let at = -1
  for (const key of named) {
    const next = wanted.indexOf(key)
    if (next <= at)
      throw new PatchError(
        `The order in patch list:\n${goValue(list)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
      )
    at = next
  }
}

function applyOrder(
  result: Fields,
  original: JsonObject,
  patch: JsonObject,
  key: string,
  shape: Shape | undefined,
  mode: MergeMode,
): void {
  const order = patch[key]
  if (!isList(order)) throw new PatchError('invalid patch format of setElementOrder list')
  const field = key.slice(SET_ORDER.length)
  const { mergeKey } = factsOf(shape, field)
  const patchList = patch[field]
  if (isList(patchList)) checkOrder(patchList, order, mergeKey)
  if (mode === 'patch') result[key] = order
  const merged = result[field]
  const server = original[field]
  if (isList(merged)) result[field] = inOrder(merged, order, isList(server) ? server : [], mergeKey)
}

interface Instructions {
  plain: Json[]
  deleted: Set<string>
  replace: boolean
}

function readInstructions(patch: readonly Json[], mergeKey: string | undefined, mode: MergeMode): Instructions {
  const result: Instructions = { plain: [], deleted: new Set(), replace: false }
  for (const element of patch) {
    const directive = isObject(element) ? element[PATCH] : undefined
    if (directive === undefined || mode === 'patch') result.plain.push(element)
    else if (directive === 'delete') result.deleted.add(elementKey(element, mergeKey))
    else if (directive === 'replace') result.replace = true
    else if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch')
    else throw new PatchError(`unknown patch type: ${String(directive)} in map: ${goValue(element)}`)
  }
  return result
}

/** Merges a list by its merge key, or scalars as a set in order of first appearance. */
export function mergeLists(
  original: readonly Json[],
  patch: readonly Json[],
  facts: PatchFacts,
  mode: MergeMode,
): readonly Json[] {
  if (![...original, ...patch].some(isObject)) return mergeScalars(original, patch)
  const { mergeKey } = facts
  if (mergeKey === undefined) throw new PatchError('cannot merge lists without merge key')
  const { plain, deleted, replace } = readInstructions(patch, mergeKey, mode)
  if (replace) return plain.map((element) => stripped(element, facts, mode))
  const result = original.filter((element) => !deleted.has(elementKey(element, mergeKey)))
  for (const element of plain) {
    const key = elementKey(element, mergeKey)
    const at = result.findIndex((one) => elementKey(one, mergeKey) === key)
    if (at < 0) result.push(stripped(element, facts, mode))
    else result[at] = mergeMaps(result[at] as JsonObject, element as JsonObject, facts.shape?.item, mode)
  }
  return inOrder(result, plain, original, mergeKey)
}

const stripped = (element: Json, facts: PatchFacts, mode: MergeMode): Json =>
  isObject(element) && mode === 'object' ? mergeMaps({}, element, facts.shape?.item, mode) : element

function mergeScalars(original: readonly Json[], patch: readonly Json[]): Json[] {
  const seen = new Set<string>()
  const merged = [...original, ...patch].filter((value) => {
    const key = JSON.stringify(value)
    return seen.has(key) ? false : (seen.add(key), true)
  })
  return inOrder(merged, patch, original, undefined)
}
