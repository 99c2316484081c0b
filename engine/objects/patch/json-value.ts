/** Plain data as it travels in bodies and patches. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Whether a value is a JSON object (not a list, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is a list. Narrower than Array.isArray for readonly lists. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/** A patch that upstream refuses; `message` is upstream's text. */
export class PatchError extends Error {
  override name = 'PatchError'
}

/** `map`, `list` or the scalar's own kind: what upstream compares with reflect.TypeOf. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' ? 'map' : typeof value
}
