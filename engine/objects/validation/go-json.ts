/** Go values as encoding/json writes them: the API server's own types have no tags, so each field is there by its Go name. */
import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { fieldValue, type GoType, isGoZero } from './go-structs.ts'

const isNil = (value: unknown): boolean => value === undefined || value === null

/** Types of apimachinery have tags: names as in the API, and most are left out when empty. */
const hasTags = (name: string): boolean => name.startsWith('v1.')
const ALWAYS = ['key', 'operator']

function structValue(type: GoType, value: unknown): PlainObject {
  const out: PlainObject = {}
  for (const field of type.fields!) {
    const given = fieldValue(value, field)
    if (field.isEmbedded) Object.assign(out, structValue(field.type, given))
    else if (!hasTags(type.name)) out[field.name] = jsonValue(field.type, given)
    else if (ALWAYS.includes(field.key) || !isGoZero(field.type, given)) out[field.key] = jsonValue(field.type, given)
  }
  return out
}

const sorted = (value: PlainObject): [string, unknown][] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))

/** The value as plain JSON, fields in Go's order. */
export function jsonValue(type: GoType, value: unknown): unknown {
  if (type.kind === 'struct') return structValue(type, value)
  if (type.kind === 'string') return value ?? ''
  if (type.kind === 'int') return value ?? 0
  if (type.kind === 'bool') return value ?? false
  if (type.kind === 'quantity') return value ?? '0'
  if (type.kind === 'intOrString') return value ?? 0
  if (isNil(value)) return null
  if (type.kind === 'time') return value
  if (type.kind === 'pointer') return jsonValue(type.elem!, value)
  if (type.kind === 'slice') return (value as unknown[]).map((one) => jsonValue(type.elem!, one))
  return Object.fromEntries(sorted(asObject(value)).map(([key, one]) => [key, jsonValue(type.elem!, one)]))
}

const HTML: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** What json.Marshal writes, with indentation as json.MarshalIndent. */
export const goJson = (type: GoType, value: unknown, indent = 0): string =>
  JSON.stringify(jsonValue(type, value), null, indent).replace(/[<>&\u2028\u2029]/g, (char) => HTML[char]!)
