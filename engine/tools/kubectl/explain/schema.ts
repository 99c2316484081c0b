/** Schemas of an OpenAPI document, and how a path goes through them. */

export interface Schema {
  $ref?: string
  type?: string
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  allOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
}

/** Components of version 3, or definitions of version 2, by name. */
export type Schemas = Record<string, Schema>

export const objectOf = (schema: Schema | boolean | undefined): Schema | undefined =>
  typeof schema === 'object' ? schema : undefined

const referenceOf = (schema: Schema): string | undefined =>
  schema.$ref ?? (schema.properties === undefined && schema.allOf?.length === 1 ? schema.allOf[0]!.$ref : undefined)

export const lastPart = (text: string): string => text.slice(Math.max(text.lastIndexOf('.'), text.lastIndexOf('/')) + 1)

/** What a reference names, and the name. */
export function targetOf(schemas: Schemas, schema: Schema): { name: string; schema: Schema | undefined } | undefined {
  const reference = referenceOf(schema)
  if (reference === undefined) return undefined
  return { name: lastPart(reference), schema: schemas[reference.slice(reference.lastIndexOf('/') + 1)] }
}

/** The schema whose properties a path goes on through: of the item of a list or map, of a reference. */
export function structureOf(schemas: Schemas, schema: Schema): Schema {
  if (schema.properties !== undefined) return schema
  const below = schema.items ?? objectOf(schema.additionalProperties) ?? targetOf(schemas, schema)?.schema
  return below === undefined ? schema : structureOf(schemas, below)
}

/** The schema at the end of a path of fields; undefined when there is none. */
export function walk(schemas: Schemas, root: Schema, path: string[]): Schema | undefined {
  let at: Schema | undefined = root
  for (const name of path) at = at && structureOf(schemas, at).properties?.[name]
  return at
}

/** The schema of a kind. */
export const kindIn = (schemas: Schemas, group: string, version: string, kind: string): Schema | undefined =>
  Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind,
    ),
  )
