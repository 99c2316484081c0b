/** What one version of an object adds, changes and removes against another, as field sets. */
import { deepEqual } from '../equal.ts'
import { EMPTY_SET, MEMBER } from '../fieldset.ts'
import type { FieldSet, MutableFieldSet } from '../fieldset.ts'
import type { Ownership } from './ownership-schema.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Comparison {
  /** Added or changed. */
  touched: FieldSet
  removed: FieldSet
}

/** Bookkeeping and identity: owned by nobody. */
const UNOWNED_METADATA = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
])

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: Fields): boolean => {
  for (const _ in value) return false
  return true
}

const scalarText = (value: unknown): string => JSON.stringify(value) ?? 'null'

/** The path element of a list item. */
export function itemElement(item: unknown, type: Ownership): string {
  if (type.form === 'set') return `v:${scalarText(item)}`
  const fields = isFields(item) ? item : {}
  const keys = type.keys!
  if (keys.length === 1) return `k:{"${keys[0]}":${scalarText(fields[keys[0]!] ?? type.keyDefaults?.[keys[0]!])}}`
  const parts: string[] = []
  for (const key of [...keys].sort()) {
    const value = fields[key] ?? type.keyDefaults?.[key]
    if (value !== undefined) parts.push(`"${key}":${scalarText(value)}`)
  }
  return `k:{${parts.join(',')}}`
}

const elementNames = new Map<string, string>()

/** `f:key` for a key that the schema does not name; remembered, for label keys come again and again. */
function elementOf(key: string): string {
  let element = elementNames.get(key)
  if (element === undefined) {
    if (elementNames.size > 20_000) elementNames.clear()
    elementNames.set(key, (element = `f:${key}`))
  }
  return element
}

/** The node of something wholly new (or wholly gone): every struct and item on the way is a member too. */
function wholeNode(value: unknown, type: Ownership): FieldSet {
  if (type.form === 'leaf' || typeof value !== 'object' || value === null) return MEMBER
  const node: MutableFieldSet = { '.': MEMBER }
  const children = isFields(value) ? wholeFields(node, value, type) : wholeItems(node, value as unknown[], type)
  return children > 0 ? node : MEMBER
}

function wholeFields(node: MutableFieldSet, value: Fields, type: Ownership): number {
  if (type.form !== 'map') return 0
  let count = 0
  for (const key in value) {
    const inner = value[key]
    if (inner === undefined) continue
    const field = type.fields?.get(key)
    node[field?.element ?? elementOf(key)] = wholeNode(inner, field?.type ?? type.item ?? type)
    count++
  }
  return count
}

function wholeItems(node: MutableFieldSet, items: readonly unknown[], type: Ownership): number {
  if (type.form === 'map') return 0
  for (const item of items) node[itemElement(item, type)] = type.form === 'set' ? MEMBER : wholeNode(item, type.item!)
  return items.length
}

interface Nodes {
  touched: FieldSet | undefined
  removed: FieldSet | undefined
}

const NOTHING: Nodes = { touched: undefined, removed: undefined }

/** Collects child nodes of a place that itself is in both versions. */
class Collector {
  touched: MutableFieldSet | undefined
  removed: MutableFieldSet | undefined

  add(element: string, nodes: Nodes): void {
    if (nodes.touched !== undefined) (this.touched ??= {})[element] = nodes.touched
    if (nodes.removed !== undefined) (this.removed ??= {})[element] = nodes.removed
  }
}

const EMPTY_FIELDS: Fields = {}
const EMPTY_ITEMS: readonly unknown[] = []

function compareField(old: unknown, value: unknown, type: Ownership, always: boolean): Nodes {
  if (old === value) return NOTHING
  if (always && (old === undefined || value === undefined)) {
    const empty = type.form === 'set' || type.form === 'listMap' ? EMPTY_ITEMS : EMPTY_FIELDS
    return compareValues(old ?? empty, value ?? empty, type)
  }
  if (old === undefined) return { touched: wholeNode(value, type), removed: undefined }
  if (value === undefined) return { touched: undefined, removed: wholeNode(old, type) }
  return compareValues(old, value, type)
}

function compareValues(old: unknown, value: unknown, type: Ownership): Nodes {
  if (old === value) return NOTHING
  if (type.form === 'map' && isFields(old) && isFields(value)) {
    if (isEmpty(old) && isEmpty(value)) return NOTHING
    return compareFields(old, value, type)
  }
  if ((type.form === 'set' || type.form === 'listMap') && Array.isArray(old) && Array.isArray(value))
    return compareItems(old, value, type)
  if (deepEqual(old, value)) return NOTHING
  return { touched: wholeNode(value, type), removed: undefined }
}

function compareFields(old: Fields, value: Fields, type: Ownership): Nodes {
  const nodes = new Collector()
  for (const key in value) {
    if (old[key] === value[key]) continue
    const field = type.fields?.get(key)
    const inner = field?.type ?? type.item ?? type
    nodes.add(field?.element ?? elementOf(key), compareField(old[key], value[key], inner, field?.always ?? false))
  }
  for (const key in old) {
    if (value[key] !== undefined || old[key] === undefined) continue
    const field = type.fields?.get(key)
    const inner = field?.type ?? type.item ?? type
    nodes.add(field?.element ?? elementOf(key), compareField(old[key], undefined, inner, field?.always ?? false))
  }
  return nodes
}

function compareItems(old: readonly unknown[], value: readonly unknown[], type: Ownership): Nodes {
  const nodes = new Collector()
  const before = new Map(old.map((item) => [itemElement(item, type), item]))
  const item = type.item ?? type
  for (const one of value) {
    const element = itemElement(one, type)
    const same = before.get(element)
    before.delete(element)
    if (type.form === 'set') nodes.add(element, same === undefined ? { touched: MEMBER, removed: undefined } : NOTHING)
    else nodes.add(element, compareField(same, one, item, false))
  }
  for (const [element, gone] of before)
    nodes.add(element, { touched: undefined, removed: type.form === 'set' ? MEMBER : wholeNode(gone, item) })
  return nodes
}

/** The parts of an object that somebody can own: without identity and bookkeeping. */
function withoutUnowned(set: FieldSet | undefined): FieldSet {
  if (set === undefined) return EMPTY_SET
  const { 'f:apiVersion': _a, 'f:kind': _k, 'f:metadata': metadata, ...rest } = set
  if (metadata === undefined) return rest
  const kept: MutableFieldSet = {}
  let count = 0
  for (const element in metadata) {
    if (element === '.' || UNOWNED_METADATA.has(element.slice(2))) continue
    kept[element] = metadata[element]!
    count++
  }
  return count === 0 ? rest : { ...rest, 'f:metadata': kept }
}

/** Compares two versions of an object; `old` undefined stands for the empty object of the kind. */
export function compareObjects(type: Ownership, old: Fields | undefined, value: Fields): Comparison {
  const { touched, removed } = compareFields(old ?? EMPTY_FIELDS, value, type)
  return { touched: withoutUnowned(touched), removed: withoutUnowned(removed) }
}

function ownedNode(value: unknown, type: Ownership, named: boolean): FieldSet | undefined {
  if (type.form === 'leaf' || typeof value !== 'object' || value === null) return MEMBER
  const node: MutableFieldSet = {}
  let children = 0
  if (Array.isArray(value)) {
    if (type.form === 'map') return MEMBER
    for (const item of value) {
      const below = type.form === 'set' ? MEMBER : ownedNode(item, type.item!, true)
      node[itemElement(item, type)] = below === undefined || below === MEMBER ? MEMBER : { '.': MEMBER, ...below }
      children++
    }
    return children > 0 ? node : undefined
  }
  if (isEmpty(value as Fields)) return MEMBER
  for (const [key, inner] of Object.entries(value as Fields)) {
    if (inner === undefined) continue
    const field = type.fields?.get(key)
    const below = ownedNode(inner, field?.type ?? type.item ?? type, false)
    if (below === undefined) continue
    node[field?.element ?? elementOf(key)] = below
    children++
  }
  return children > 0 ? node : named ? MEMBER : undefined
}

/** Every field that an applied configuration states. */
export function statedFields(type: Ownership, object: Fields): FieldSet {
  const node = ownedNode(object, type, false)
  return node === undefined ? EMPTY_SET : withoutUnowned(node)
}
