import oldJson from './schema/old-versions.json' with { type: 'json' }
import schemaJson from './schema/schema.json' with { type: 'json' }
import { schemaTypes } from './schema/notation.ts'
import type { FieldFacts, SchemaFile } from './schema/notation.ts'

export const schemaFile = { ...schemaJson, ...oldJson } as unknown as SchemaFile

/** What a value looks like: a scalar, a special scalar, a structure, or a list or map of another shape. */
export type ShapeForm =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'base64'
  | 'any'
  | 'object'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'struct'
  | 'list'
  | 'map'

export interface Shape {
  form: ShapeForm
  /** The schema type name, for `struct`. */
  type?: string
  /** The schema type name of a type without fields (`apiextensions.v1.JSON`). */
  named?: string
  /** The shape of an item, for `list` and `map`. */
  item?: Shape
  /** How Go prints the type: `int32`, `[]v1.Container`, `map[string]string`. */
  goType: string
}

export interface CompiledField extends FieldFacts {
  name: string
  shape: Shape
}

export interface CompiledType {
  name: string
  /** The Go struct's own name: `Container`. */
  goName: string
  fields: Map<string, CompiledField>
  required: string[]
  gvk?: string[]
  is?: string
}

const scalarGoTypes: Record<string, string> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  base64: '[]uint8',
  any: 'interface {}',
  object: 'map[string]interface {}',
}

const specialForms: Record<string, ShapeForm> = {
  'meta.v1.Time': 'time',
  'meta.v1.MicroTime': 'microTime',
  'resource.Quantity': 'quantity',
  'util.intstr.IntOrString': 'intOrString',
}

/** `core.v1.Container` → `v1.Container`: Go prints the last package element. */
const goTypeName = (name: string): string => name.split('.').slice(-2).join('.')

function shapeOf(type: string): Shape {
  if (type.startsWith('[')) return listShape(shapeOf(type.slice(1, -1)))
  if (type.startsWith('{')) return mapShape(shapeOf(type.slice(1, -1)))
  const goType = scalarGoTypes[type]
  return goType === undefined ? namedShape(type) : { form: type as ShapeForm, goType }
}

const listShape = (item: Shape): Shape => ({ form: 'list', item, goType: `[]${item.goType}` })

function mapShape(item: Shape): Shape {
  return { form: 'map', item, goType: item.form === 'quantity' ? 'v1.ResourceList' : `map[string]${item.goType}` }
}

function namedShape(type: string): Shape {
  const goType = goTypeName(type)
  const special = specialForms[type]
  if (special !== undefined) return { form: special, goType }
  const is = schemaFile[type]?.is
  if (is === 'any' || is === 'object') return { form: is, goType, named: type }
  return { form: 'struct', type, goType }
}

const compiled = new Map<string, CompiledType>()

function compileType(name: string): CompiledType {
  const { fields, required, gvk, is } = schemaTypes(schemaFile, name)
  const resolved = new Map<string, CompiledField>()
  for (const [field, facts] of Object.entries(fields)) {
    resolved.set(field, { ...facts, name: field, shape: shapeOf(facts.type) })
  }
  return { name, goName: name.slice(name.lastIndexOf('.') + 1), fields: resolved, required, gvk, is }
}

/** The schema type of that name (`core.v1.Pod`), with its fields resolved once. Throws when there is none. */
export function typeOf(name: string): CompiledType {
  let type = compiled.get(name)
  if (type === undefined) compiled.set(name, (type = compileType(name)))
  return type
}

/** Whether the schema file knows a type of that name. */
export const hasType = (name: string): boolean => name in schemaFile

const typeByGvk = new Map<string, string>()
for (const [name, raw] of Object.entries(schemaFile)) {
  for (const gvk of raw.gvk ?? []) if (!typeByGvk.has(gvk)) typeByGvk.set(gvk, name)
}

/** The schema type name of a kind, or undefined: `('apps', 'v1', 'Deployment')` → `apps.v1.Deployment`. */
export function typeNameOf(group: string, version: string, kind: string): string | undefined {
  return typeByGvk.get(group === '' ? `${version}/${kind}` : `${group}/${version}/${kind}`)
}

/** The type of a kind's objects. An entry without a schema (a custom resource) has none. */
export function coreTypeForKind(entry: { schema: string }): CompiledType | undefined {
  return hasType(entry.schema) ? typeOf(entry.schema) : undefined
}
