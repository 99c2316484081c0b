/** Component configuration files. Models apimachinery's runtime serializers, strict and lenient. */
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { quoted } from './values.ts'

/** The fields that a kind has: `true` takes anything, a list has one schema for its items, `*` is any key. */
export type Schema = true | [Schema] | { [field: string]: Schema }

export type Fields = Record<string, unknown>

export interface Kinds {
  /** Kind → the group's versions that the release reads. */
  [kind: string]: readonly string[]
}

/** go-yaml's text without what sigs.k8s.io/yaml puts before it. */
const yamlText = (error: YamlError): string => error.message.replace('error converting YAML to JSON: ', '')

/** The object of a file of one of these kinds, or why it is none. `scheme` is where upstream registers the kinds. */
export function decode(text: string, kinds: Kinds, scheme: string): { object: Fields } | { error: string } {
  const parsed = parseObject(text)
  if ('error' in parsed) return parsed
  const { object } = parsed
  const { apiVersion, kind } = object
  for (const [field, value] of Object.entries({ Kind: kind, apiVersion }))
    if (typeof value !== 'string' || value === '')
      return { error: `Object '${field}' is missing in '${JSON.stringify(object)}'` }
  if (kinds[String(kind)]?.includes(String(apiVersion)) === true) return { object }
  return {
    error: `no kind ${quoted(String(kind))} is registered for version ${quoted(String(apiVersion))} in scheme ${quoted(scheme)}`,
  }
}

function parseObject(text: string): { object: Fields } | { error: string } {
  try {
    const value = parseYaml(text)
    if (value === null || value === undefined)
      return { error: `Object 'Kind' is missing in '${text.trim() === '' ? 'null' : text}'` }
    if (typeof value === 'object' && !Array.isArray(value)) return { object: value as Fields }
    const what = Array.isArray(value) ? 'array' : typeof value
    return {
      error: `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    }
  } catch (error) {
    if (error instanceof YamlError) return { error: yamlText(error) }
    throw error
  }
}

/** The paths of fields that the schema does not have, in the order of the file. */
export function unknownFields(value: unknown, schema: Schema, path = ''): string[] {
  if (schema === true || value === null || typeof value !== 'object') return []
  if (Array.isArray(schema))
    return Array.isArray(value)
      ? value.flatMap((item, index) => unknownFields(item, schema[0], `${path}[${index}]`))
      : []
  if (Array.isArray(value)) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    const at = path === '' ? field : `${path}.${field}`
    const known = Object.hasOwn(schema, field) ? schema[field] : schema['*']
    return known === undefined ? [at] : unknownFields(inner, known, at)
  })
}

/** Strict decoding's complaint; undefined: there is none. */
export function strictProblem(object: Fields, schema: Schema): string | undefined {
  const unknown = unknownFields(object, schema)
  if (unknown.length === 0) return undefined
  return `strict decoding error: ${unknown.map((path) => `unknown field ${quoted(path)}`).join(', ')}`
}

/** A value inside of an object; undefined where the way ends. */
export function fieldOf(object: unknown, ...path: string[]): unknown {
  let value: unknown = object
  for (const name of path) value = (value as Fields | null | undefined)?.[name]
  return value
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
