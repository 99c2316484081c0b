/** What the schema says about a field, for strategic merge: its strategies, merge key and inner shape. */
import { hasType, typeOf } from '../schema.ts'
import type { Shape } from '../schema.ts'

export interface PatchFacts {
  /** Lists are merged (by key, or as a set of scalars). */
  merge: boolean
  /** Maps and lists are replaced as a whole even where maps would be merged. */
  replace: boolean
  retainKeys: boolean
  mergeKey: string | undefined
  shape: Shape | undefined
}

const UNKNOWN: PatchFacts = { merge: false, replace: false, retainKeys: false, mergeKey: undefined, shape: undefined }

const factsByType = new Map<string, Map<string, PatchFacts>>()

function compileFacts(type: string): Map<string, PatchFacts> {
  const facts = new Map<string, PatchFacts>()
  for (const [name, field] of typeOf(type).fields) {
    const strategies = field.patch?.split(',') ?? []
    facts.set(name, {
      merge: strategies.includes('merge'),
      replace: strategies.includes('replace'),
      retainKeys: strategies.includes('retainKeys'),
      mergeKey: field.mergeKey,
      shape: field.shape,
    })
  }
  return facts
}

function structFacts(type: string): Map<string, PatchFacts> {
  let facts = factsByType.get(type)
  if (facts === undefined) factsByType.set(type, (facts = compileFacts(type)))
  return facts
}

/** Facts on a field of a value of that shape. Without a schema: maps merge, lists replace. */
export function factsOf(shape: Shape | undefined, field: string): PatchFacts {
  if (shape?.form === 'struct') return structFacts(shape.type!).get(field) ?? UNKNOWN
  if (shape?.form === 'map') return { ...UNKNOWN, shape: shape.item }
  return UNKNOWN
}

/** The shape of a whole object; undefined for a type that the schema does not know. */
export function shapeOfType(typeName: string | undefined): Shape | undefined {
  return typeName !== undefined && hasType(typeName) ? { form: 'struct', type: typeName, goType: typeName } : undefined
}
