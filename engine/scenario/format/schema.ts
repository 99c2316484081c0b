/**
 * A schema written once, read three ways: its TypeScript type (`Infer`), its JSON Schema (`json`, from
 * which scenarios.schema.json is made) and the validator that ajv makes of that.
 */

export type JsonSchema = { [keyword: string]: unknown }

export interface Schema<T> {
  json: JsonSchema
  optional?: boolean
  /** Carries the type; never there at run time. */
  readonly type?: T
}

export interface Optional<T> extends Schema<T> {
  optional: true
}

export type Infer<S> = S extends Schema<infer T> ? T : never

type Fields = Record<string, Schema<unknown>>
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? never : K }[keyof F]
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F]
export type InferFields<F extends Fields> = { [K in RequiredKeys<F>]: Infer<F[K]> } & {
  [K in OptionalKeys<F>]?: Infer<F[K]>
}

/** What stands for a value that a parameter brings: `"{{replicas}}"`. */
const PLACEHOLDER = { type: 'string', pattern: '^\\{\\{ *[A-Za-z][A-Za-z0-9]* *\\}\\}$' }

export function describe<S extends Schema<unknown>>(schema: S, description: string): S {
  return { ...schema, json: { ...schema.json, description } }
}

export function optional<T>(schema: Schema<T>): Optional<T> {
  return { ...schema, optional: true }
}

export function text(description: string, more: JsonSchema = {}): Schema<string> {
  return { json: { type: 'string', minLength: 1, description, ...more } }
}

/** Text that may be empty, as the content of a file may. */
export function anyText(description: string): Schema<string> {
  return { json: { type: 'string', description } }
}

export function integer(description: string, minimum = 0, maximum?: number): Schema<number> {
  const own = maximum === undefined ? { type: 'integer', minimum } : { type: 'integer', minimum, maximum }
  return { json: { description, anyOf: [own, PLACEHOLDER] } }
}

export function flag(description: string): Schema<boolean> {
  return { json: { description, anyOf: [{ type: 'boolean' }, PLACEHOLDER] } }
}

export function choice<const V extends string | number>(values: readonly V[], description: string): Schema<V> {
  return { json: { enum: [...values], description } }
}

/** `90s`, `3m`, `1h30m`, as Go writes durations. */
export function duration(description: string): Schema<string> {
  return { json: { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$|^\\{\\{.*\\}\\}$', description } }
}

export function anything(description: string): Schema<unknown> {
  return { json: { description } }
}

/** A mapping of any content, as a part of a Kubernetes object is. */
export function mapping(description: string): Schema<Record<string, unknown>> {
  return { json: { type: 'object', description } }
}

export function list<T>(item: Schema<T>, description: string, minItems = 0): Schema<T[]> {
  return { json: { type: 'array', items: item.json, minItems, description } }
}

export function mapOf<T>(value: Schema<T>, description: string, keyPattern = '^.+$'): Schema<Record<string, T>> {
  return {
    json: { type: 'object', additionalProperties: value.json, propertyNames: { pattern: keyPattern }, description },
  }
}

export function fields<F extends Fields>(of: F, description?: string): Schema<InferFields<F>> {
  const names = Object.keys(of)
  const required = names.filter((name) => of[name]?.optional !== true)
  const json: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, of[name]?.json])),
    required,
    additionalProperties: false,
  }
  return { json: description === undefined ? json : { ...json, description } }
}

/** Fields as `fields`, of which exactly one of `kinds` must stand there: how a step or a check says what it is. */
export function oneKind<F extends Fields, K extends Fields>(
  of: F,
  kinds: K,
  description: string,
): Schema<InferFields<F> & Partial<InferFields<K>>> {
  const whole = fields(
    { ...of, ...Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, optional(kind)])) },
    description,
  )
  const oneOf = Object.keys(kinds).map((name) => ({ required: [name] }))
  return { json: { ...whole.json, oneOf } }
}

/** A schema that stands under `$defs` of the whole, for what contains itself. */
export function reference<T>(name: string): Schema<T> {
  return { json: { $ref: `#/$defs/${name}` } }
}
