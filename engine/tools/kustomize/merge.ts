/**
 * Strategic merge as kustomize does it. Models kyaml/yaml/merge2 and kyaml/yaml/walk: merge keys come from the schema of
 * Kubernetes 1.21, what a patch lists comes first, a field without schema is replaced if it is a list.
 * Not modelled: schemas of `openapi.path`, directives other than `$patch`.
 */
import { KindRegistry } from '../../objects/kinds.ts'
import { makeYaml } from '../../objects/yaml.ts'
import { hasType, typeOf } from '../../objects/schema.ts'
import type { Shape } from '../../objects/schema.ts'
import { KustomizeError } from './errors.ts'
import type { Gvk } from './ids.ts'
import { copyTree, isFields, isScalar, scalarText } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

/** The release whose schema kustomize carries. */
const SCHEMA_RELEASE = '1.21'

let kinds: KindRegistry | undefined

/** The shape of a kind; undefined for what 1.21 does not know. */
function shapeOf({ group, version, kind }: Gvk): Shape | undefined {
  kinds ??= new KindRegistry(SCHEMA_RELEASE)
  const type = kinds.byKind(group, version, kind)?.schema
  return type && hasType(type) ? { form: 'struct', type, goType: type } : undefined
}

interface ListFacts {
  shape?: Shape
  /** The list is merged; without keys, as a set of scalars. */
  merge: boolean
  keys: string[]
}

const UNKNOWN: ListFacts = { merge: false, keys: [] }

function factsOf(shape: Shape | undefined, field: string): ListFacts {
  if (shape?.form === 'map') return { ...UNKNOWN, shape: shape.item }
  const facts = shape?.form === 'struct' ? typeOf(shape.type!).fields.get(field) : undefined
  if (facts === undefined) return UNKNOWN
  const keys = facts.keys ?? (facts.mergeKey === undefined ? [] : [facts.mergeKey])
  return { shape: facts.shape, merge: facts.patch?.split(',').includes('merge') ?? false, keys }
}

const isNothing = (value: Tree | undefined): value is null | undefined => value === null || value === undefined

/** The object after a patch; undefined when the patch deletes it. The patch stays as it is. */
export function mergePatch(gvk: Gvk, object: Fields, patch: Fields): Fields | undefined {
  const merged = merge(object, copyTree(patch), { ...UNKNOWN, shape: shapeOf(gvk) })
  return isFields(merged) ? merged : undefined
}

function merge(dest: Tree | undefined, patch: Tree | undefined, facts: ListFacts): Tree | undefined {
  const model = isNothing(dest) ? patch : dest
  if (isFields(model)) return mergeFields(fieldsOnly(dest), fieldsOnly(patch), facts)
  if (Array.isArray(model)) return mergeList(listOnly(dest), listOnly(patch), facts)
  if (!isNothing(dest) && !isNothing(patch) && !isScalar(patch)) throw wrongKind('ScalarNode', patch)
  return patch === undefined ? dest : patch
}

const nodeKind = (value: Tree): string =>
  isFields(value) ? 'MappingNode' : Array.isArray(value) ? 'SequenceNode' : 'ScalarNode'

const wrongKind = (wanted: string, value: Tree): KustomizeError =>
  new KustomizeError(
    `wrong node kind: expected ${wanted} but got ${nodeKind(value)}: node contents:\n${makeYaml(value)}`,
  )

function fieldsOnly(value: Tree | undefined): Fields | null | undefined {
  if (isNothing(value) || isFields(value)) return value
  throw wrongKind('MappingNode', value)
}

function listOnly(value: Tree | undefined): Tree[] | null | undefined {
  if (isNothing(value) || Array.isArray(value)) return value
  throw wrongKind('SequenceNode', value)
}

/** `$patch` of a map, taken out of it. */
function takeDirective(patch: Fields | null | undefined): string {
  const directive = patch?.$patch
  if (patch && directive !== undefined) delete patch.$patch
  return scalarText(directive)
}

function mergeFields(
  dest: Fields | null | undefined,
  patch: Fields | null | undefined,
  facts: ListFacts,
): Tree | undefined {
  if (patch === null) return isNothing(dest) ? null : undefined
  const directive = takeDirective(patch)
  if (directive === 'delete') return undefined
  const base = isNothing(dest) || directive === 'replace' ? copyTree(patch!) : dest
  const over = patch ?? {}
  for (const key of new Set([...Object.keys(base), ...Object.keys(over)])) {
    const value = merge(base[key], over[key], factsOf(facts.shape, key))
    if (isNothing(value) && over[key] !== undefined) delete base[key]
    else if (value === undefined) delete base[key]
    else base[key] = value
  }
  return base
}

/** A list's own directive: an element that is nothing but `$patch`. */
function takeListDirective(patch: Tree[] | undefined): string {
  const at = patch?.findIndex((item) => isFields(item) && '$patch' in item && Object.keys(item).length === 1) ?? -1
  if (patch === undefined || at < 0) return ''
  const [element] = patch.splice(at, 1)
  return scalarText((element as Fields).$patch)
}

function mergeList(
  dest: Tree[] | null | undefined,
  patch: Tree[] | null | undefined,
  facts: ListFacts,
): Tree | undefined {
  if (!facts.merge) return patch === undefined ? (dest ?? undefined) : patch
  if (patch === null) return undefined
  const directive = takeListDirective(patch)
  if (directive === 'delete') return undefined
  const base = isNothing(dest) || directive === 'replace' ? copyTree(patch ?? []) : dest
  const over = patch ?? []
  return facts.keys.length === 0 ? [...new Set([...over, ...base])] : mergeElements(base, over, facts)
}

const valuesOf = (item: Tree, keys: string[]): string[] =>
  keys.map((key) => (isFields(item) ? scalarText(item[key]) : ''))

/** Two sets of key values are one if they share a value and differ only where one is missing. */
function joined(a: string[], b: string[]): string[] | undefined {
  const shared = a.some((value, i) => value === b[i])
  const clash = a.some((value, i) => value !== b[i] && value !== '' && b[i] !== '')
  return shared && !clash ? a.map((value, i) => value || b[i]!) : undefined
}

function distinctValues(items: Tree[], keys: string[]): string[][] {
  const seen = new Map<string, string[]>()
  for (const item of items) {
    const values = valuesOf(item, keys)
    seen.set(JSON.stringify(values), values)
  }
  const found = [...seen.values()]
  if (keys.length > 1)
    for (let i = 0; i < found.length; i++)
      for (let j = 0; j < found.length; j++) {
        const both = joined(found[i]!, found[j]!)
        if (both) found[i] = found[j] = both
      }
  return found
}

const elementWith = (items: Tree[], keys: string[], values: string[]): Tree | undefined =>
  items.find((item) =>
    isFields(item) ? keys.every((key, i) => values[i] === '' || scalarText(item[key]) === values[i]) : false,
  )

function mergeElements(base: Tree[], over: Tree[], facts: ListFacts): Tree | undefined {
  const listed = distinctValues([...over, ...base], facts.keys)
  const known = facts.keys.filter((_, i) => listed.some((values) => values[i] !== ''))
  const keys = known.length === 0 ? facts.keys : known
  const result: Tree[] = []
  let left = base
  for (const all of listed) {
    const values = all.filter((_, i) => keys.includes(facts.keys[i]!))
    const old = elementWith(base, keys, values)
    const item = merge(old, elementWith(over, keys, values), { ...UNKNOWN, shape: facts.shape?.item })
    if (isNothing(item) || (isFields(item) && Object.keys(item).length === 0))
      left = left.filter((one) => !hasValues(one, keys, values))
    else place(result, keys, values, item)
  }
  for (const item of left) append(result, keys, item)
  return result
}

/** Upstream compares only the values that are given; with none, nothing is equal. */
const hasValues = (item: Tree, keys: string[], values: string[]): boolean =>
  values.length > 0 &&
  isFields(item) &&
  keys.every(
    (key, i) => i >= values.length || (key in item && (values[i] === '' || scalarText(item[key]) === values[i])),
  )

/** Puts an item where one with its values stands, else at the end. */
function place(items: Tree[], keys: string[], values: string[], item: Tree): void {
  const at = items.findIndex((one) => hasValues(one, keys, values))
  if (at >= 0) items[at] = item
  else items.push(item)
}

/** Adds an item of the old list behind the patch's; one that lacks a key ousts what it may mean (as upstream's does). */
function append(items: Tree[], keys: string[], item: Tree): void {
  const values = keys.flatMap((key) => (isFields(item) && !isNothing(item[key]) ? [scalarText(item[key])] : []))
  for (let missing = values.length; missing < keys.length; missing++) items.push(item)
  if (keys.length > 1) items.splice(0, items.length, ...items.filter((one) => !hasValues(one, keys, values)))
  place(items, keys, values, item)
}
