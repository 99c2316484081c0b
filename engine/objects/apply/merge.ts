/** Merging an applied configuration into the live object, and taking out what its manager no longer states. */
import { isMember } from '../fieldset.ts'
import type { FieldSet } from '../fieldset.ts'
import { itemElement } from './compare.ts'
import type { Fields } from './compare.ts'
import type { Ownership } from './ownership-schema.ts'

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The live value with the applied one laid over it, by the schema's list and map types. */
export function mergeApplied(live: unknown, applied: unknown, type: Ownership): unknown {
  if (live === undefined || live === applied) return applied
  if (type.form === 'map' && isFields(live) && isFields(applied)) return mergeFields(live, applied, type)
  if (type.form === 'set' && Array.isArray(live) && Array.isArray(applied)) return mergeItems(live, applied, type)
  if (type.form === 'listMap' && Array.isArray(live) && Array.isArray(applied)) return mergeItems(live, applied, type)
  return applied
}

function mergeFields(live: Fields, applied: Fields, type: Ownership): Fields {
  let result: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(applied)) {
    if (value === undefined) continue
    const inner = type.fields?.get(key)?.type ?? type.item ?? type
    const merged = mergeApplied(live[key], value, inner)
    if (merged !== live[key]) (result ??= { ...live })[key] = merged
  }
  return result ?? live
}

/** Items in both stand in the applied order; the live ones keep their places around them. */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], type: Ownership): unknown[] {
  const elementOf = (item: unknown): string => itemElement(item, type)
  const before = new Map(live.map((item) => [elementOf(item), item]))
  const stated = new Set(applied.map(elementOf))
  const result: unknown[] = []
  let at = 0
  const takeLive = (): void => {
    while (at < live.length && !stated.has(elementOf(live[at]))) result.push(live[at++])
  }
  for (const item of applied) {
    const element = elementOf(item)
    takeLive()
    result.push(type.form === 'set' ? item : mergeApplied(before.get(element), item, type.item!))
    if (before.has(element)) at++
  }
  takeLive()
  for (; at < live.length; at++) if (!stated.has(elementOf(live[at]))) result.push(live[at])
  return result
}

/** Whether a place was stated: items by their own path, named fields also by anything below them. */
const wasStated = (element: string, node: FieldSet): boolean => element.startsWith('f:') || isMember(node)

/** Takes out what `last` states and nobody in `kept` owns. Undefined children are gone. */
export function pruneStated(value: unknown, type: Ownership, last: FieldSet, kept: FieldSet | undefined): unknown {
  if (type.form === 'leaf') return value
  if (Array.isArray(value)) return type.form === 'map' ? value : pruneItems(value, type, last, kept)
  return isFields(value) ? pruneFields(value, type, last, kept) : value
}

function pruneFields(value: Fields, type: Ownership, last: FieldSet, kept: FieldSet | undefined): Fields {
  let result: Record<string, unknown> | undefined
  for (const [key, inner] of Object.entries(value)) {
    const element = `f:${key}`
    const node = last[element]
    if (node === undefined) continue
    const keep = kept?.[element]
    if (keep === undefined && wasStated(element, node)) delete (result ??= { ...value })[key]
    else {
      const pruned = pruneStated(inner, type.fields?.get(key)?.type ?? type.item ?? type, node, keep)
      if (pruned !== inner) (result ??= { ...value })[key] = pruned
    }
  }
  return result ?? value
}

function pruneItems(items: readonly unknown[], type: Ownership, last: FieldSet, kept: FieldSet | undefined): unknown {
  let changed = false
  const result: unknown[] = []
  for (const item of items) {
    const element = itemElement(item, type)
    const node = last[element]
    const keep = kept?.[element]
    if (node !== undefined && keep === undefined && wasStated(element, node)) {
      changed = true
      continue
    }
    const pruned = node === undefined || type.form === 'set' ? item : pruneStated(item, type.item!, node, keep)
    if (pruned !== item) changed = true
    result.push(pruned)
  }
  return changed ? result : items
}
