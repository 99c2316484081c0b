/** Fields by path, in every kind that a rule names. Models api/filters/fieldspec. */
import { KustomizeError } from './errors.ts'
import { idText, isSelected } from './ids.ts'
import type { GvkSelector } from './ids.ts'
import type { Resource } from './resource.ts'
import { isFields } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

export interface FieldSpec extends GvkSelector {
  /** `spec/template/metadata/labels`; `[]` marks lists; `\/` is a slash within a name. */
  path: string
  /** Missing maps on the way are made. */
  create?: boolean
}

/** What a path's end becomes; undefined leaves it. */
export type Setter = (value: Tree) => Tree | undefined

/** What is made where nothing is. */
export type Creates = 'map' | 'scalar'

export const pathParts = (path: string): string[] =>
  path
    .replace(/^\//, '')
    .replace(/\\\//g, '\0')
    .split('/')
    .map((part) => part.replaceAll('\0', '/'))

/** Sets all fields that the rule leads to, if the rule is for this kind. */
export function setField(resource: Resource, spec: FieldSpec, set: Setter, creates: Creates = 'scalar'): void {
  if (!isSelected(resource.gvk, spec)) return
  try {
    visit(resource.body, pathParts(spec.path), set, spec.create ? creates : undefined)
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    throw error.wrapped(`considering field '${spec.path}' of object ${idText(resource.id)}`)
  }
}

function visit(node: Tree, path: string[], set: Setter, creates: Creates | undefined): void {
  if (node === null) return
  if (Array.isArray(node)) return visitItems(node, path, set, creates)
  if (isFields(node)) return visitField(node, path, set, creates)
  throw new KustomizeError(`expected sequence or mapping node`)
}

function visitItems(items: Tree[], path: string[], set: Setter, creates: Creates | undefined): void {
  items.forEach((item, i) => {
    if (path.length > 0) visit(item, path, set, creates)
    else {
      const value = set(item)
      if (value !== undefined) items[i] = value
    }
  })
}

function visitField(fields: Fields, path: string[], set: Setter, creates: Creates | undefined): void {
  const [part = '', ...rest] = path
  const isList = part.endsWith('[]')
  const name = isList ? part.slice(0, -2) : part
  if (name === '') throw new KustomizeError('field path must not be empty')
  const last = rest.length === 0
  if (fields[name] === undefined || fields[name] === null) {
    if (isList && creates !== undefined && name in fields) fields[name] = []
    if (creates === undefined || isList) return
    fields[name] = last ? (creates === 'map' ? {} : '') : {}
  }
  const value = fields[name]!
  if (isList) {
    if (Array.isArray(value)) visitItems(value, rest, set, creates)
    return
  }
  if (!last) return visit(value, rest, set, creates)
  const made = set(value)
  if (made !== undefined) fields[name] = made
}
