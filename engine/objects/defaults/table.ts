import type { PlainObject } from '../decode.ts'

/** The defaults of one schema type. */
export interface TypeDefaults {
  /** Set where the field is absent. */
  values?: PlainObject
  /** Computes further fields from the object (which has `values` already); it must return only what to set. */
  fill?: (object: PlainObject) => PlainObject | undefined
}

export type DefaultsTable = Record<string, TypeDefaults>

export const asObject = (value: unknown): PlainObject =>
  typeof value === 'object' && value !== null ? (value as PlainObject) : {}

export const asList = (value: unknown): PlainObject[] => (Array.isArray(value) ? (value as PlainObject[]) : [])
