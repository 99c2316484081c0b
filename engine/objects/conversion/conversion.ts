/** What a conversion file offers: an object of an old version as the stored version has it, and back. */

export type Plain = Record<string, unknown>

export interface Conversion {
  /** From the old version to the stored one; what the old version's defaults would fill in is filled in. */
  toHub(object: Plain): Plain
  fromHub(object: Plain): Plain
}

export const asPlain = (value: unknown): Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {}

export const listOf = (value: unknown): Plain[] => (Array.isArray(value) ? (value as Plain[]) : [])

/** Renames top-level fields. */
export const renamed = (object: Plain, names: Record<string, string>): Plain =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]))

/** The object without what is undefined. */
export const defined = (object: Plain): Plain =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

/** The object with a changed field, when it has that field. */
export const changed = (object: Plain, field: string, change: (value: Plain) => Plain): Plain =>
  object[field] === undefined ? object : { ...object, [field]: change(asPlain(object[field])) }

/** The object with a changed list, when it has that list. */
export const changedItems = (object: Plain, field: string, change: (item: Plain) => Plain): Plain =>
  Array.isArray(object[field]) ? { ...object, [field]: listOf(object[field]).map(change) } : object
