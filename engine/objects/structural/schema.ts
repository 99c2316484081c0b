/** A CustomResourceDefinition's schema as data, and the questions that all of its users ask. */
import type { JSONSchemaProps } from '../types.gen.ts'

/** One node of an OpenAPI v3 schema, with the fields that the generated type leaves open. */
export interface JsonSchema extends Omit<
  JSONSchemaProps,
  'additionalProperties' | 'items' | 'properties' | 'allOf' | 'anyOf' | 'oneOf' | 'not'
> {
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: 'atomic' | 'granular'
  'x-kubernetes-validations'?: ValidationRule[]
}

/** One CEL rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string
  message?: string
  messageExpression?: string
  reason?: string
  fieldPath?: string
  optionalOldSelf?: boolean
}

export type Data = Record<string, unknown>

export const isMap = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema of the values of a map, where the node is one. */
export const valueSchema = ({ additionalProperties }: JsonSchema): JsonSchema | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined

/** The schema of one key: a property's, or that of the map's values. */
export function schemaOfKey(schema: JsonSchema, key: string): JsonSchema | undefined {
  const { properties } = schema
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : valueSchema(schema)
}

/** `spec`, `spec.a`, `spec[0]`: the path of a child. */
export const childPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Keys in byte order: upstream walks Go maps, whose order is any. */
export const keysOf = (map: object): string[] => Object.keys(map).sort()

/** A null for which the schema has no place. */
export const isForeignNull = (value: unknown, schema: JsonSchema): boolean => value === null && schema.nullable !== true
