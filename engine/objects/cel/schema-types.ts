/** The types of built-in kinds as expressions see them. Models apiserver pkg/cel/common/schemas.go over the OpenAPI schemas. */
import { typeOf } from '../schema.ts'
import type { Shape } from '../schema.ts'
import { BOOL, BYTES, DOUBLE, DYN, INT, STRING, TIMESTAMP, listOf, mapType } from './types.ts'
import type { CelType } from './types.ts'
import { escapeName } from './values.ts'

const SCALARS: Partial<Record<Shape['form'], CelType>> = {
  string: STRING,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  boolean: BOOL,
  base64: BYTES,
  time: TIMESTAMP,
  microTime: TIMESTAMP,
}

const known = new Map<string, CelType>()

/** The type of `core.v1.Pod`; types that hold themselves are found again by their names. */
export function celTypeOfSchema(name: string): CelType {
  const before = known.get(name)
  if (before) return before
  const fields: Record<string, CelType> = {}
  const made: CelType = { kind: 'object', name, fields }
  known.set(name, made)
  for (const [field, { shape }] of typeOf(name).fields) fields[escapeName(field)] = typeOfShape(shape)
  return made
}

function typeOfShape({ form, type, item }: Shape): CelType {
  if (form === 'struct' && type !== undefined) return celTypeOfSchema(type)
  if (form === 'list') return listOf(item ? typeOfShape(item) : DYN)
  if (form === 'map') return mapType(STRING, item ? typeOfShape(item) : DYN)
  return SCALARS[form] ?? DYN
}
