/**
 * The notation of schema.json: `"field": type` or `"field": [type, {facts}]`, where type is a scalar
 * (`string`, `int32`, `int64`, `double`, `boolean`, `base64`, `any`), the name of another type,
 * `[T]` (a list) or `{T}` (a map with string keys).
 */
export interface FieldFacts {
  type: string
  default?: unknown
  /** `merge`, `retainKeys` or both, comma-separated: how strategic merge treats the field. */
  patch?: string
  mergeKey?: string
  /** `atomic`, `set` or `map`: how server-side apply treats the list. */
  list?: 'atomic' | 'set' | 'map'
  keys?: string[]
  map?: 'atomic' | 'granular'
}

export interface SchemaType {
  fields: Record<string, FieldFacts>
  required: string[]
  /** `group/version/Kind` (core: `v1/Kind`) for types that are API objects. */
  gvk?: string[]
  /** Types without fields: `time`, `string|number` (Quantity), `integer|string`, `object`, `any`. */
  is?: string
}

type RawField = string | [string, Omit<FieldFacts, 'type'>]
export type SchemaFile = Record<
  string,
  { fields?: Record<string, RawField>; required?: string[]; gvk?: string[]; is?: string }
>

/** Reads one type out of the schema file. Throws when the type is not in it. */
export function schemaTypes(file: SchemaFile, name: string): SchemaType {
  const raw = file[name]
  if (raw === undefined) throw new Error(`schema: no type ${name}`)
  const fields: Record<string, FieldFacts> = {}
  for (const [field, value] of Object.entries(raw.fields ?? {})) {
    fields[field] = typeof value === 'string' ? { type: value } : { type: value[0], ...value[1] }
  }
  return { fields, required: raw.required ?? [], gvk: raw.gvk, is: raw.is }
}
