/**
 * Sets of field paths in their FieldsV1 form: `{"f:spec":{"f:replicas":{}}}`. A node is a member when it is
 * empty or holds `.`; its children are deeper paths. Models sigs.k8s.io/structured-merge-diff/fieldpath.
 * Sets are immutable and share what did not change. The empty set is `{}` at the root.
 */

export interface FieldSet {
  readonly [element: string]: FieldSet
}

export type MutableFieldSet = Record<string, FieldSet>

export const EMPTY_SET: FieldSet = Object.freeze({})
/** The node of a path that is a member and has nothing below. */
export const MEMBER: FieldSet = Object.freeze({})

export class FieldSetError extends Error {
  override name = 'FieldSetError'
}

const isLeaf = (node: FieldSet): boolean => {
  for (const _ in node) return false
  return true
}

/** Whether the node's own path is in the set. */
export function isMember(node: FieldSet | undefined): boolean {
  return node !== undefined && ('.' in node || isLeaf(node))
}

/** Whether no path is in the set. For the root of a set only: below, an empty node is a member. */
export const isEmptySet = isLeaf

function checkElement(element: string): void {
  if (element === '.' || element.startsWith('f:')) return
  if (!/^[kvi]:/.test(element)) throw new FieldSetError(`missing colon: ${JSON.stringify(element)}`)
  try {
    JSON.parse(element.slice(2))
  } catch {
    throw new FieldSetError(`invalid path element: ${JSON.stringify(element)}`)
  }
}

/** Checks that a value is a FieldsV1 set and returns it as one. Throws FieldSetError. */
export function parseFieldSet(value: unknown): FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldSetError('expected an object')
  for (const [element, child] of Object.entries(value)) {
    checkElement(element)
    parseFieldSet(child)
  }
  return value as FieldSet
}

/** The same set with its elements in upstream's order: `.` first, then by text. */
export function makeFieldSet(set: FieldSet): FieldSet {
  const result: MutableFieldSet = {}
  for (const element of Object.keys(set).sort()) result[element] = makeFieldSet(set[element]!)
  return result
}

/** All paths of either set. */
export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isLeaf(b)) return a
  return isLeaf(a) ? b : joinNodes(a, b)
}

/** Below the root: an empty node says that its path is a member, which must stay said. */
function joinBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  if (isLeaf(a)) return isLeaf(b) || '.' in b ? b : { '.': MEMBER, ...b }
  if (isLeaf(b)) return '.' in a ? a : { '.': MEMBER, ...a }
  return joinNodes(a, b)
}

function joinNodes(a: FieldSet, b: FieldSet): FieldSet {
  let result: MutableFieldSet | undefined
  for (const element in b) {
    const left = a[element]
    const right = b[element]!
    const joined = left === undefined ? right : joinBelow(left, right)
    if (joined !== left) (result ??= { ...a })[element] = joined
  }
  return result ?? a
}

type Keep = (a: boolean, b: boolean) => boolean

/** Filters a set by membership in another; undefined when nothing is left. */
function filterNode(a: FieldSet, b: FieldSet | undefined, keep: Keep, root: boolean): FieldSet | undefined {
  const member = !root && isMember(a)
  const stays = member && keep(true, !root && isMember(b))
  const result: MutableFieldSet = {}
  let children = 0
  let same = stays === member
  for (const element in a) {
    if (element === '.') continue
    const before = a[element]!
    const after = filterNode(before, b?.[element], keep, false)
    if (after !== before) same = false
    if (after === undefined) continue
    result[element] = after
    children++
  }
  if (same) return a
  if (children === 0) return stays ? MEMBER : undefined
  return stays ? { '.': MEMBER, ...result } : result
}

/** The paths of `a` that are not in `b`. Paths below a path of `b` stay. */
export function differenceSets(a: FieldSet, b: FieldSet): FieldSet {
  return isLeaf(b) ? a : (filterNode(a, b, (_, inOther) => !inOther, true) ?? EMPTY_SET)
}

/** The paths in both. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(a) || isLeaf(b)) return EMPTY_SET
  return intersectNode(a, b, true) ?? EMPTY_SET
}

function intersectNode(a: FieldSet, b: FieldSet, root: boolean): FieldSet | undefined {
  const member = !root && isMember(a) && isMember(b)
  const result: MutableFieldSet = {}
  let children = 0
  for (const element in a) {
    const other = b[element]
    if (element === '.' || other === undefined) continue
    const both = intersectNode(a[element]!, other, false)
    if (both === undefined) continue
    result[element] = both
    children++
  }
  if (children === 0) return member ? MEMBER : undefined
  return member ? { '.': MEMBER, ...result } : result
}

/** Whether two sets hold the same paths, in whatever order. */
export function sameSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  let count = 0
  for (const element in a) {
    const other = b[element]
    if (other === undefined || !sameSets(a[element]!, other)) return false
    count++
  }
  for (const _ in b) count--
  return count === 0
}

function elementText(element: string): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`
  const body = element.slice(2)
  if (element.startsWith('k:')) {
    const key = JSON.parse(body) as Record<string, unknown>
    return `[${Object.keys(key)
      .sort()
      .map((field) => `${field}=${JSON.stringify(key[field])}`)
      .join(',')}]`
  }
  return element.startsWith('v:') ? `[=${body}]` : `[${body}]`
}

/** Every member path as upstream prints it: `.spec.containers[name="web"].image`. */
export function setPaths(set: FieldSet): string[] {
  const paths: string[] = []
  const visit = (node: FieldSet, prefix: string): void => {
    for (const element of Object.keys(node).sort()) {
      if (element === '.') continue
      const child = node[element]!
      const path = prefix + elementText(element)
      if (isMember(child)) paths.push(path)
      visit(child, path)
    }
  }
  visit(set, '')
  return paths
}
