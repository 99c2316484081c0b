/**
 * Whether a schema is structural, and what else it may not say. Models apiextensions-apiserver
 * pkg/apiserver/schema/validation.go and the schema part of pkg/apis/apiextensions/validation/validation.go.
 * Not modelled: the cost of CEL rules.
 */
import type { CustomResourceDefinition } from '../types.gen.ts'
import { forbidden, invalid, makeFieldError, notSupported, required } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { goPatternProblem } from './go-pattern.ts'
import { ruleProblems } from './cel.ts'
import { isMap, keysOf, valueSchema } from './schema.ts'
import type { JsonSchema } from './schema.ts'
import { compileValidator } from './validate.ts'
import { prune } from './pruning.ts'

type Level = 'root' | 'item' | 'field'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']

/** What no schema may use. */
const UNSUPPORTED = [
  'id',
  '$schema',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
] as const

/** All that is wrong with the schema of a version, in upstream's order. */
export function schemaProblems(schema: JsonSchema, path: string, minor: number, isRatcheted = false): FieldError[] {
  const general = generalErrors(schema, path, true, minor)
  if (isRatcheted) return general
  const structural = structuralErrors(schema, path)
  if (structural.length > 0) return [...general, ...structural]
  return [...general, ...(general.length > 0 ? [] : defaultErrors(schema, path, minor))]
}

/** What stands against a definition's schemas being structural, as the condition tells it. */
export function nonStructuralProblems({ spec }: CustomResourceDefinition): string[] {
  if (spec.preserveUnknownFields !== true) return []
  const errors = spec.versions.flatMap((version, i) => {
    const path = `spec.versions[${i}].schema.openAPIV3Schema`
    const schema = version.schema?.openAPIV3Schema as JsonSchema | undefined
    return schema === undefined ? [] : structuralErrors(schema, path)
  })
  return errors.map(makeFieldError)
}

const keyed = (path: string, part: string, key: string): string => `${path}.${part}[${key}]`

// Rules for every schema.

function generalErrors(schema: JsonSchema, path: string, isRoot: boolean, minor: number): FieldError[] {
  const errors: FieldError[] = []
  for (const name of UNSUPPORTED)
    if ((schema as Record<string, unknown>)[name] !== undefined)
      errors.push(forbidden(`${path}.${name}`, `${name} is not supported`))
  if (schema.type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  else if (schema.type !== undefined && schema.type !== '' && !TYPES.includes(schema.type))
    errors.push(notSupported(`${path}.type`, schema.type, TYPES))
  if (Array.isArray(schema.items))
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (schema.uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  if (schema.additionalProperties !== undefined && keysOf(schema.properties ?? {}).length > 0)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
  else if (schema.additionalProperties === false)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'))
  errors.push(...childrenErrors(schema, path, minor), ...extensionErrors(schema, path))
  if (schema.pattern !== undefined && goPatternProblem(schema.pattern) !== undefined)
    errors.push(
      invalid(
        `${path}.pattern`,
        schema.pattern,
        `must be a valid regular expression, but isn't: ${goPatternProblem(schema.pattern) as string}`,
      ),
    )
  if (schema['x-kubernetes-validations'] !== undefined) errors.push(...ruleProblems(schema, path, isRoot, minor))
  return errors
}

function childrenErrors(schema: JsonSchema, path: string, minor: number): FieldError[] {
  const below = (child: JsonSchema | undefined, at: string): FieldError[] =>
    isMap(child) ? generalErrors(child as JsonSchema, at, false, minor) : []
  const { properties = {}, allOf = [], oneOf = [], anyOf = [], not, items } = schema
  return [
    ...below(valueSchema(schema), `${path}.additionalProperties`),
    ...keysOf(properties).flatMap((key) => below(properties[key], keyed(path, 'properties', key))),
    ...allOf.flatMap((one, i) => below(one, `${path}.allOf[${i}]`)),
    ...oneOf.flatMap((one, i) => below(one, `${path}.oneOf[${i}]`)),
    ...anyOf.flatMap((one, i) => below(one, `${path}.anyOf[${i}]`)),
    ...below(not, `${path}.not`),
    ...below(items, `${path}.items`),
  ]
}

/** The field must be of a type; an absent type is `Required`. */
function typed(path: string, schema: JsonSchema, wanted: string, why: string): FieldError[] {
  if (schema.type === wanted) return []
  const { type = '' } = schema
  return [type === '' ? required(`${path}.type`, why) : invalid(`${path}.type`, type, why)]
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const mapType = schema['x-kubernetes-map-type']
  const listType = schema['x-kubernetes-list-type']
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  if (mapType !== undefined) {
    errors.push(...typed(path, schema, 'object', 'must be object if x-kubernetes-map-type is specified'))
    if (!['atomic', 'granular'].includes(mapType))
      errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  }
  if (listType !== undefined) {
    errors.push(...typed(path, schema, 'array', 'must be array if x-kubernetes-list-type is specified'))
    if (!['atomic', 'set', 'map'].includes(listType))
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']))
  }
  return [...errors, ...listMapErrors(schema, path)]
}

function listMapErrors(schema: JsonSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (listType !== 'map') {
    if (keys.length === 0) return []
    return [
      listType === undefined
        ? required(`${path}.x-kubernetes-list-type`, why)
        : invalid(`${path}.x-kubernetes-list-type`, listType, why),
    ]
  }
  const { items } = schema
  if (items === undefined) return [required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  const errors = typed(
    `${path}.items`,
    items,
    'object',
    "must be object if parent array's x-kubernetes-list-type is map",
  )
  if (keys.length === 0)
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
  keys.forEach((key, i) => errors.push(...mapKeyErrors(items, key, `${path}.x-kubernetes-list-map-keys[${i}]`, path)))
  return errors
}

const SCALARS = ['boolean', 'integer', 'number', 'string']

function mapKeyErrors(items: JsonSchema, key: string, at: string, path: string): FieldError[] {
  const property = items.properties?.[key]
  if (property === undefined) return [invalid(at, key, 'entries must all be names of item properties')]
  const where = `${path}.items.properties[${key}]`
  const errors: FieldError[] = []
  if (!SCALARS.includes(property.type ?? ''))
    errors.push(
      invalid(
        `${where}.type`,
        property.type ?? '',
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ),
    )
  if (property.nullable === true)
    errors.push(
      forbidden(`${where}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
    )
  if (property.default === undefined && !(items.required ?? []).includes(key))
    errors.push(
      required(
        `${where}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    )
  return errors
}

// Rules of structural schemas.

export function structuralErrors(schema: JsonSchema, path: string): FieldError[] {
  return [...invariantErrors(schema, path, 'root'), ...completenessErrors(schema, path)]
}

const EMPTY_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function invariantErrors(schema: JsonSchema, path: string, level: Level): FieldError[] {
  const { properties = {}, items, type = '' } = schema
  const errors: FieldError[] = []
  const values = valueSchema(schema)
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'))
  if (items !== undefined) errors.push(...invariantErrors(items, `${path}.items`, 'item'))
  for (const key of keysOf(properties))
    errors.push(...invariantErrors(properties[key] as JsonSchema, keyed(path, 'properties', key), 'field'))
  if (schema.additionalProperties !== undefined && level === 'root')
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'))
  if (values !== undefined) errors.push(...invariantErrors(values, `${path}.additionalProperties`, 'field'))
  return [
    ...errors,
    ...ownErrors(schema, path, level),
    ...nestedErrors(schema, path),
    ...metadataErrors(schema, path, level),
  ]
}

function ownErrors(schema: JsonSchema, path: string, level: Level): FieldError[] {
  const { type = '' } = schema
  const isEither = schema['x-kubernetes-int-or-string'] === true
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const errors: FieldError[] = []
  if (isEither && preserves)
    errors.push(
      invalid(
        `${path}.x-kubernetes-preserve-unknown-fields`,
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    )
  if (isEither && isEmbedded)
    errors.push(
      invalid(`${path}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'),
    )
  if (isEmbedded)
    errors.push(...typed(path, schema, 'object', 'must be object if x-kubernetes-embedded-resource is true'))
  else if (type === '' && !isEither && !preserves) errors.push(required(`${path}.type`, EMPTY_TYPE[level]))
  if (isEither && type !== '')
    errors.push(invalid(`${path}.type`, type, 'must be empty if x-kubernetes-int-or-string is true'))
  if (isEmbedded && schema.additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(`${path}.type`, type, 'must be object at the root'))
  if (isEmbedded && !preserves && keysOf(schema.properties ?? {}).length === 0)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  return errors
}

/** apiVersion, kind and metadata of a resource are known already. */
function metadataErrors(schema: JsonSchema, path: string, level: Level): FieldError[] {
  if (level !== 'root' && schema['x-kubernetes-embedded-resource'] !== true) return []
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  const errors: FieldError[] = []
  if (kind !== undefined && kind.type !== 'string')
    errors.push(invalid(`${path}.properties[kind].type`, kind.type ?? '', 'must be string'))
  if (apiVersion !== undefined && apiVersion.type !== 'string')
    errors.push(invalid(`${path}.properties[apiVersion].type`, apiVersion.type ?? '', 'must be string'))
  if (metadata === undefined) return errors
  const at = `${path}.properties[metadata]`
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type ?? '', 'must be object'))
  const { type: _, description: __, properties = {}, ...others } = metadata
  const isMore =
    Object.keys(others).length > 0 || keysOf(properties).some((key) => key !== 'name' && key !== 'generateName')
  if (isMore)
    errors.push(
      forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'),
    )
  return errors
}

type Nested = [keyof JsonSchema, string]

/** What stands inside allOf, anyOf, oneOf and not may only narrow values. */
const NESTED: Nested[] = [
  ['type', 'must be empty to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['default', 'must be undefined to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
]

/** int-or-string may spell out its two types. */
function isTypePair(list: JsonSchema[] | undefined): boolean {
  if (list?.length !== 2) return false
  const [first, second] = list as [JsonSchema, JsonSchema]
  return first.type === 'integer' && second.type === 'string'
}

function nestedErrors(schema: JsonSchema, path: string): FieldError[] {
  const isEither = schema['x-kubernetes-int-or-string'] === true
  const { allOf = [], anyOf = [], oneOf = [], not } = schema
  const skipsAny = isEither && isTypePair(anyOf)
  return [
    ...allOf.flatMap((one, i) =>
      isEither && i === 0 && isTypePair(one.anyOf) ? [] : narrowingErrors(one, `${path}.allOf[${i}]`),
    ),
    ...(skipsAny ? [] : anyOf.flatMap((one, i) => narrowingErrors(one, `${path}.anyOf[${i}]`))),
    ...oneOf.flatMap((one, i) => narrowingErrors(one, `${path}.oneOf[${i}]`)),
    ...(not === undefined ? [] : narrowingErrors(not, `${path}.not`)),
  ]
}

function narrowingErrors(schema: JsonSchema, path: string): FieldError[] {
  const { properties = {}, items } = schema
  const own = NESTED.filter(([name]) => schema[name] !== undefined && schema[name] !== false).map(([name, why]) =>
    forbidden(`${path}.${name}`, why),
  )
  return [
    ...nestedErrors({ ...schema, 'x-kubernetes-int-or-string': false }, path),
    ...(items === undefined ? [] : narrowingErrors(items, `${path}.items`)),
    ...keysOf(properties).flatMap((key) =>
      key === 'metadata' && path.split('.').pop()?.includes('[') === false
        ? []
        : narrowingErrors(properties[key] as JsonSchema, keyed(path, 'properties', key)),
    ),
    ...own,
  ]
}

/** Fields that are narrowed must be there outside of the narrowing too. */
function completenessErrors(schema: JsonSchema, path: string): FieldError[] {
  const { allOf = [], anyOf = [], oneOf = [], not, properties = {}, items } = schema
  const values = valueSchema(schema)
  const nested: [JsonSchema, string][] = [
    ...allOf.map((one, i): [JsonSchema, string] => [one, `${path}.allOf[${i}]`]),
    ...anyOf.map((one, i): [JsonSchema, string] => [one, `${path}.anyOf[${i}]`]),
    ...oneOf.map((one, i): [JsonSchema, string] => [one, `${path}.oneOf[${i}]`]),
    ...(not === undefined ? [] : [[not, `${path}.not`] as [JsonSchema, string]]),
  ]
  return [
    ...nested.flatMap(([one, at]) => missingErrors(schema, path, one, at)),
    ...keysOf(properties).flatMap((key) =>
      completenessErrors(properties[key] as JsonSchema, keyed(path, 'properties', key)),
    ),
    ...(items === undefined ? [] : completenessErrors(items, `${path}.items`)),
    ...(values === undefined ? [] : completenessErrors(values, `${path}.additionalProperties`)),
  ]
}

function missingErrors(schema: JsonSchema, path: string, nested: JsonSchema, at: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key of keysOf(nested.properties ?? {})) {
    const [own, there] = [keyed(path, 'properties', key), keyed(at, 'properties', key)]
    const property = schema.properties?.[key]
    const inner = nested.properties?.[key] as JsonSchema
    if (property === undefined) errors.push(required(own, `because it is defined in ${there}`))
    else errors.push(...missingErrors(property, own, inner, there))
  }
  if (nested.items !== undefined) {
    if (schema.items === undefined) errors.push(required(`${path}.items`, `because it is defined in ${at}.items`))
    else errors.push(...missingErrors(schema.items, `${path}.items`, nested.items, `${at}.items`))
  }
  for (const [part, list] of [
    ['allOf', nested.allOf],
    ['anyOf', nested.anyOf],
    ['oneOf', nested.oneOf],
  ] as const)
    (list ?? []).forEach((one, i) => errors.push(...missingErrors(schema, path, one, `${at}.${part}[${i}]`)))
  if (nested.not !== undefined) errors.push(...missingErrors(schema, path, nested.not, `${at}.not`))
  return errors
}

// Defaults must fit their own schema.

function defaultErrors(schema: JsonSchema, path: string, minor: number): FieldError[] {
  const { properties = {}, items } = schema
  const values = valueSchema(schema)
  const own = schema.default === undefined ? [] : ownDefaultErrors(schema, `${path}.default`, minor)
  return [
    ...own,
    ...(items === undefined ? [] : defaultErrors(items, `${path}.items`, minor)),
    ...keysOf(properties).flatMap((key) =>
      defaultErrors(properties[key] as JsonSchema, keyed(path, 'properties', key), minor),
    ),
    ...(values === undefined ? [] : defaultErrors(values, `${path}.additionalProperties`, minor)),
  ]
}

function ownDefaultErrors(schema: JsonSchema, path: string, minor: number): FieldError[] {
  const { default: value } = schema
  const errors = compileValidator(
    schema,
    minor,
  )(value).map((error) => ({
    ...error,
    field: error.field === '<nil>' ? path : `${path}.${error.field}`,
  }))
  if (isMap(value) && schema['x-kubernetes-embedded-resource'] !== true) {
    const { unknown } = prune({ ...schema, properties: { ...schema.properties } }, value)
    if (unknown.length > 0) errors.push(invalid(path, value, 'must not have unknown fields'))
  }
  return errors
}
