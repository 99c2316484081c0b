/** How server-side apply sees a custom resource. Models apiextensions-apiserver's schema given to managedfields.NewTypeConverter. */
import { ownershipOfType, UNTYPED } from '../apply/ownership-schema.ts'
import type { FieldOwnership, Ownership } from '../apply/ownership-schema.ts'
import { valueSchema } from './schema.ts'
import type { JsonSchema } from './schema.ts'

const LEAF: Ownership = { form: 'leaf' }

const META = 'meta.v1.ObjectMeta'

/** The ownership of an object's root: its own fields, with the metadata that every object has. */
export function ownershipOfSchema(schema: JsonSchema): Ownership {
  const root = ownershipOf(schema)
  if (root.form !== 'map') return UNTYPED
  const fields = new Map(root.fields)
  const plain = (name: string, type: Ownership, always: boolean): FieldOwnership => ({
    element: `f:${name}`,
    type,
    always,
  })
  fields.set('apiVersion', plain('apiVersion', LEAF, false))
  fields.set('kind', plain('kind', LEAF, false))
  fields.set('metadata', plain('metadata', ownershipOfType(META), true))
  return { ...root, fields }
}

function ownershipOf(schema: JsonSchema): Ownership {
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF
  if (schema.type === 'array') return listOwnership(schema)
  if (schema['x-kubernetes-int-or-string'] === true) return LEAF
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true
  const values = valueSchema(schema)
  if (schema.type !== 'object') return isOpen ? UNTYPED : LEAF
  if (values !== undefined) return { form: 'map', item: ownershipOf(values) }
  if (schema.additionalProperties === true) return UNTYPED
  return { form: 'map', fields: fieldsOf(schema.properties ?? {}), isOpen, item: UNTYPED }
}

function fieldsOf(properties: Record<string, JsonSchema>): Map<string, FieldOwnership> {
  return new Map(
    Object.entries(properties).map(([name, schema]) => [
      name,
      { element: `f:${name}`, type: ownershipOf(schema), always: false },
    ]),
  )
}

function listOwnership(schema: JsonSchema): Ownership {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return { form: 'set' }
  if (type !== 'map' || schema.items === undefined) return LEAF
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keyDefaults: Record<string, unknown> = {}
  for (const key of keys) {
    const { default: value } = schema.items.properties?.[key] ?? {}
    if (value !== undefined) keyDefaults[key] = value
  }
  return { form: 'listMap', item: ownershipOf(schema.items), keys, keyDefaults }
}
