/** The output `plaintext-openapiv2`. Models kubectl/pkg/explain: model_printer.go, fields_printer.go, recursive_fields_printer.go. */
import type { ResourceType } from '../discovery.ts'
import { objectOf, targetOf, walk, structureOf } from './schema.ts'
import type { Schema, Schemas } from './schema.ts'
import { fillLines } from './wrap.ts'

const WIDTH = 80
const TEXT_INDENT = 5
const FIELD_INDENT = 3

const spaces = (count: number): string => ' '.repeat(count)

const filled = (text: string, indent: number): string =>
  fillLines(text, WIDTH - indent)
    .map((line) => (line === '' ? '\n' : `${spaces(indent)}${line}\n`))
    .join('')

/** Structures are all called Object. */
function typeName(schemas: Schemas, schema: Schema): string {
  const target = targetOf(schemas, schema)
  if (target) return target.schema === undefined ? 'Object' : typeName(schemas, target.schema)
  if (schema.type === 'array') return `[]${schema.items ? typeName(schemas, schema.items) : 'Object'}`
  const values = objectOf(schema.additionalProperties)
  if (values) return `map[string]${typeName(schemas, values)}`
  if (schema.type === 'object' && schema.properties === undefined) return 'map[string]'
  return schema.properties !== undefined ? 'Object' : (schema.type ?? '')
}

function descriptions(schemas: Schemas, schema: Schema | undefined): string[] {
  if (schema === undefined) return []
  const below = targetOf(schemas, schema)?.schema ?? schema.items ?? objectOf(schema.additionalProperties)
  return [schema.description ?? '', ...descriptions(schemas, below)]
}

function descriptionBlock(schemas: Schemas, schema: Schema): string {
  const texts = descriptions(schemas, schema)
  let out = 'DESCRIPTION:\n'
  texts.forEach((text, at) => {
    if (text !== '') out += `${at === 0 ? '' : '\n'}${filled(text, TEXT_INDENT)}`
  })
  return texts.every((text) => text === '') ? `${out}${spaces(TEXT_INDENT)}<empty>\n` : out
}

const namesOf = (of: Schema): string[] => Object.keys(of.properties ?? {}).sort()

const fieldLine = (schemas: Schemas, of: Schema, name: string, indent: number): string =>
  `${spaces(indent)}${name}\t<${typeName(schemas, of.properties![name]!)}>`

const fieldList = (schemas: Schemas, of: Schema): string =>
  namesOf(of)
    .map((name) => {
      const text = filled(of.properties![name]!.description ?? '', TEXT_INDENT)
      const required = of.required?.includes(name) ? ' -required-' : ''
      return `${fieldLine(schemas, of, name, FIELD_INDENT)}${required}\n${text}\n`
    })
    .join('')

function fieldTree(schemas: Schemas, of: Schema, level: number, above: Schema[]): string {
  return namesOf(of)
    .map((name) => {
      const line = `${fieldLine(schemas, of, name, FIELD_INDENT * level)}\n`
      const below = structureOf(schemas, of.properties![name]!)
      return [...above, of].includes(below) ? line : line + fieldTree(schemas, below, level + 1, [...above, of])
    })
    .join('')
}

/** The whole output; undefined when the path leads nowhere. */
export function olderPlaintext(
  schemas: Schemas,
  type: ResourceType,
  root: Schema,
  path: string[],
  recursive: boolean,
): string | undefined {
  const found = walk(schemas, root, path)
  if (found === undefined) return undefined
  const of = structureOf(schemas, found)
  const isKind = of.properties !== undefined
  const version = type.group === '' ? type.version : `${type.group}/${type.version}`
  const name = path.at(-1)
  const word = isKind ? 'RESOURCE: ' : 'FIELD:    '
  const named = name === undefined ? '' : `${word}${name} <${typeName(schemas, found)}>\n\n`
  const head = `KIND:     ${type.kind}\nVERSION:  ${version}\n\n${named}${descriptionBlock(schemas, found)}`
  if (!isKind) return head
  return `${head}\nFIELDS:\n${recursive ? fieldTree(schemas, of, 1, []) : fieldList(schemas, of)}`
}
