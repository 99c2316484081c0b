/** The output `plaintext`. Models kubectl/pkg/explain/v2/templates/plaintext.tmpl. */
import type { ResourceType } from '../discovery.ts'
import { objectOf, structureOf, targetOf, walk } from './schema.ts'
import type { Schema, Schemas } from './schema.ts'
import { wordWrap } from './wrap.ts'

const WIDTH = 76
const SHORT_ENUM = 4

const indented = (text: string, by = '    '): string =>
  text
    .split('\n')
    .map((line) => by + line)
    .join('\n')

const paragraph = (text: string): string => indented(wordWrap(text, WIDTH))

export const headOf = ({ group, kind, version }: ResourceType): string =>
  `${group ? `GROUP:      ${group}\n` : ''}KIND:       ${kind}\nVERSION:    ${version}\n\n`

/** An empty schema says nothing, as an empty map in a template. */
const isFilled = (schema: Schema | undefined): schema is Schema =>
  schema !== undefined && Object.keys(schema).length > 0

/** The type behind `<` and `>`. */
function typeName(schemas: Schemas, schema: Schema): string {
  if (isFilled(schema.items)) return `[]${typeName(schemas, schema.items)}`
  const values = objectOf(schema.additionalProperties)
  if (isFilled(values)) return `map[string]${typeName(schemas, values)}`
  const target = targetOf(schemas, schema)
  if (target) {
    const type = target.schema?.type
    return type === undefined || type === 'object' ? target.name : type
  }
  return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type
}

/** `ENUM:` with a line each, below a field's name. */
const longEnum = ({ enum: values = [] }: Schema): string =>
  values.length === 0 ? '\n' : `ENUM:\n${values.map((value) => `    ${shown(value)}\n`).join('')}`

const shown = (value: unknown): string => (value === '' ? '""' : String(value))

/** `enum: a, b, c, ....`, in a list of fields. */
function shortEnum({ enum: values = [] }: Schema, indent: string): string {
  if (values.length === 0) return ''
  const more = values.length > SHORT_ENUM ? ', ....' : ''
  return `${indent}enum: ${values.slice(0, SHORT_ENUM).map(shown).join(', ')}${more}\n`
}

/** The texts of a field, of its items, and of the type that it refers to. */
function descriptions(schemas: Schemas, schema: Schema | undefined): string[] {
  if (schema === undefined) return []
  const below = targetOf(schemas, schema)?.schema ?? schema.items ?? objectOf(schema.additionalProperties)
  return [...(schema.description ? [schema.description] : []), ...descriptions(schemas, below)]
}

function descriptionBlock(schemas: Schemas, schema: Schema): string {
  const texts = descriptions(schemas, schema)
  if (texts.length === 0) return `DESCRIPTION:\n${indented('<empty>')}\n`
  return `DESCRIPTION:\n${texts.map(paragraph).join('\n')}\n    \n`
}

interface Options {
  recursive: boolean
  /** Whether values are listed: since 1.30. */
  enums: boolean
}

function fieldLine(schemas: Schemas, of: Schema, name: string, indent: string, { enums }: Options): string {
  const field = of.properties![name]!
  const required = of.required?.includes(name) ? ' -required-' : ''
  return `${indent}${name}\t<${typeName(schemas, field)}>${required}\n${enums ? shortEnum(field, indent) : ''}`
}

const namesOf = (of: Schema): string[] => Object.keys(of.properties ?? {}).sort()

function fieldList(schemas: Schemas, of: Schema, options: Options): string {
  return namesOf(of)
    .map((name) => {
      const { description } = of.properties![name]!
      const text = description ? paragraph(description) : indented('<no description>')
      return `${fieldLine(schemas, of, name, '  ', options)}${text}\n\n`
    })
    .join('')
}

/** Fields below fields; a type within itself is not opened again. */
function fieldTree(schemas: Schemas, of: Schema, level: number, above: Schema[], options: Options): string {
  return namesOf(of)
    .map((name) => {
      const line = fieldLine(schemas, of, name, '  '.repeat(level), options)
      const below = structureOf(schemas, of.properties![name]!)
      return [...above, of].includes(below)
        ? line
        : line + fieldTree(schemas, below, level + 1, [...above, of], options)
    })
    .join('')
}

/** All behind the head; undefined when the path leads nowhere. */
export function plaintext(schemas: Schemas, root: Schema, path: string[], options: Options): string | undefined {
  const found = walk(schemas, root, path)
  if (found === undefined) return undefined
  const name = path.at(-1)
  const values = options.enums ? longEnum(found) : ''
  const field = name === undefined ? '' : `FIELD: ${name} <${typeName(schemas, found)}>\n${values}\n`
  const of = structureOf(schemas, found)
  const fields = options.recursive ? fieldTree(schemas, of, 1, [], options) : fieldList(schemas, of, options)
  return `${field}${descriptionBlock(schemas, found)}${fields === '' ? '' : `FIELDS:\n${fields}`}\n`
}
