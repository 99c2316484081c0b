/** A document during a build: plain data that the build owns and changes in place. */
export type Tree = null | boolean | number | string | Tree[] | Fields
export interface Fields {
  [field: string]: Tree
}

export const isFields = (value: Tree | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isScalar = (value: Tree | undefined): value is boolean | number | string =>
  value !== null && value !== undefined && typeof value !== 'object'

/** The text of a scalar, as it would stand in YAML. */
export const scalarText = (value: Tree | undefined): string =>
  value === null || value === undefined || typeof value === 'object' ? '' : String(value)

export function copyTree<T extends Tree>(value: T): T {
  if (Array.isArray(value)) return value.map((item: Tree) => copyTree(item)) as T
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyTree(item)])) as T
}

/** The map under a key, made when it is missing. */
export function fieldsAt(fields: Fields, key: string): Fields {
  const found = fields[key]
  if (isFields(found)) return found
  const made: Fields = {}
  fields[key] = made
  return made
}

/** The map of strings under a key. */
export function textsAt(fields: Fields | undefined, key: string): Record<string, string> {
  const found = fields?.[key]
  if (!isFields(found)) return {}
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, scalarText(value)]))
}

/** A map of metadata as upstream writes it anew: all values are texts, null too. */
export const asTexts = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value === null ? 'null' : scalarText(value)]))

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
