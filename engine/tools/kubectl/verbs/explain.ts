/** `kubectl explain`, out of the server's OpenAPI v3. Models kubectl/pkg/explain/v2 (K4). Not modelled: --output=plaintext-openapiv2. */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import { CommandError, notSimulated, PlainError } from '../errors.ts'

export const explainCommand: Command = { path: 'explain', complete: 'types', run: runExplain }

interface Schema {
  $ref?: string
  type?: string
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  allOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
}

interface Document {
  components?: { schemas?: Record<string, Schema> }
}

const NO_TYPE =
  'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.'

function* runExplain(ctx: Context): Run<void> {
  const { args, flags, p } = ctx
  if (args.length === 0) throw new CommandError(NO_TYPE)
  if (args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE')
  const output = flags.text('output')
  if (output === 'plaintext-openapiv2') throw notSimulated('--output=plaintext-openapiv2')
  if (output !== 'plaintext') throw new CommandError(`unrecognized format: ${output}`)
  const [word = '', ...path] = args[0]!.replace(/\.$/, '').split('.')
  const { type, fields } = yield* resolve(ctx, word, path)
  const schemas = yield* schemasOf(ctx, type)
  const root = Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (gvk) => gvk.group === type.group && gvk.version === type.version && gvk.kind === type.kind,
    ),
  )
  if (!root)
    throw new CommandError(`GVR (${type.group}/${type.version}, Resource=${type.resource}) not found in OpenAPI schema`)
  const explanation = new Explanation(schemas)
  yield* p.out(explanation.head(type))
  yield* p.out(explanation.text(root, fields, flags.bool('recursive')))
}

/** The type, and the path below it; a group may follow the type's name. */
function* resolve(ctx: Context, word: string, path: string[]): Run<{ type: ResourceType; fields: string[] }> {
  const mapper = yield* ctx.session.mapper(2)
  const wanted = ctx.flags.text('api-version')
  for (let i = path.length; i > 0; i--) {
    const group = path.slice(0, i).join('.')
    const type = wanted ? undefined : mapper.find(`${word}.${group}`)
    if (type?.group === group) return { type, fields: path.slice(i) }
  }
  const [version = '', group = ''] = wanted.split('/').reverse()
  const type =
    mapper.find(wanted ? `${word}.${version}.${group}` : word) ??
    (wanted && group === '' ? mapper.find(word) : undefined)
  if (!type)
    throw new PlainError(
      wanted && mapper.find(word)
        ? `error: couldn't find resource for "${wanted}, Resource=${mapper.find(word)!.resource}"`
        : `the server doesn't have a resource type "${word}"`,
    )
  return { type, fields: path }
}

function* schemasOf(ctx: Context, type: ResourceType): Run<Record<string, Schema>> {
  const client = yield* ctx.session.client()
  const path = type.group ? `apis/${type.group}/${type.version}` : `api/${type.version}`
  const document = yield* client.get<Document>(`/openapi/v3/${path}`)
  return document.components?.schemas ?? {}
}

const WIDTH = 76

/** Words in lines of at most 76 characters; lines of the text are kept apart. */
export function wrapText(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = ['']
    for (const word of line.trim().split(/\s+/)) {
      const last = lines.at(-1)!
      if (last === '') lines[lines.length - 1] = word
      else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
      else lines.push(word)
    }
    return lines
  })
}

const indented = (text: string): string =>
  wrapText(text)
    .map((line) => `    ${line}\n`)
    .join('')

class Explanation {
  constructor(private readonly schemas: Record<string, Schema>) {}

  head(type: ResourceType): string {
    const group = type.group ? `GROUP:      ${type.group}\n` : ''
    return `${group}KIND:       ${type.kind}\nVERSION:    ${type.version}\n\n`
  }

  text(root: Schema, path: string[], recursive: boolean): string {
    const found = this.walk(root, path)
    const name = path.at(-1)
    const field = name === undefined ? '' : `FIELD: ${name} <${this.typeName(found)}>\n${this.enumBlock(found)}\n`
    return `${field}${this.description(found)}${this.fields(found, recursive)}\n`
  }

  private walk(root: Schema, path: string[]): Schema {
    return path.reduce((schema, name) => {
      const next = this.structure(schema).properties?.[name]
      if (!next) throw new CommandError(`field "${path.at(-1)}" does not exist`)
      return next
    }, root)
  }

  /** What a reference names, once. */
  private target(schema: Schema): Schema | undefined {
    const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
    return ref === undefined ? undefined : this.schemas[ref.replace('#/components/schemas/', '')]
  }

  /** The schema whose properties a path goes on through: of the item of a list or map, of a reference. */
  private structure(schema: Schema): Schema {
    if (schema.items) return this.structure(schema.items)
    if (typeof schema.additionalProperties === 'object') return this.structure(schema.additionalProperties)
    const target = this.target(schema)
    return target ? this.structure(target) : schema
  }

  private typeName(schema: Schema): string {
    const ref = schema.$ref ?? schema.allOf?.[0]?.$ref
    if (ref !== undefined) return this.refName(ref)
    if (schema.type === 'array') return `[]${this.typeName(schema.items ?? {})}`
    if (typeof schema.additionalProperties === 'object')
      return `map[string]${this.typeName(schema.additionalProperties)}`
    if (schema.type === 'object' || schema.properties) return 'Object'
    return schema.type ?? 'Object'
  }

  /** The last part of a component's name; scalars under a name of their own go by their type. */
  private refName(ref: string): string {
    const name = ref.split('.').at(-1)!
    const target = this.schemas[ref.replace('#/components/schemas/', '')]
    return target?.type === 'string' && target.format === 'date-time' ? 'string' : name
  }

  private enumBlock(schema: Schema): string {
    const values = schema.enum ?? []
    return values.length === 0 ? '\n' : `ENUM:\n${values.map((value) => `    ${String(value)}\n`).join('')}`
  }

  private description(schema: Schema): string {
    const seen: string[] = []
    for (
      let at: Schema | undefined = schema;
      at;
      at = this.target(at) ?? at.items ?? objectOf(at.additionalProperties)
    ) {
      if (at.description) seen.push(at.description)
    }
    return `DESCRIPTION:\n${seen.length === 0 ? '    <empty>\n' : `${seen.map(indented).join('')}    \n`}`
  }

  private fields(schema: Schema, recursive: boolean): string {
    const of = this.structure(schema)
    const names = Object.keys(of.properties ?? {}).sort()
    if (names.length === 0) return ''
    if (recursive) return `FIELDS:\n${this.tree(of, 1, new Set())}`
    const one = (name: string): string => {
      const field = of.properties![name]!
      const text = field.description ?? ''
      return `${this.line(of, name, 1)}${text ? indented(text) : '    <no description>\n'}\n`
    }
    return `FIELDS:\n${names.map(one).join('')}`
  }

  private line(of: Schema, name: string, level: number): string {
    const field = of.properties![name]!
    const indent = '  '.repeat(level)
    const values = field.enum?.length ? `${indent}enum: ${field.enum.map(String).join(', ')}\n` : ''
    return `${indent}${name}\t<${this.typeName(field)}>${of.required?.includes(name) ? ' -required-' : ''}\n${values}`
  }

  private tree(of: Schema, level: number, above: Set<Schema>): string {
    return Object.keys(of.properties ?? {})
      .sort()
      .map((name) => {
        const below = this.structure(of.properties![name]!)
        const deeper = above.has(below) ? '' : this.tree(below, level + 1, new Set([...above, of]))
        return this.line(of, name, level) + deeper
      })
      .join('')
  }
}

const objectOf = (schema: Schema | boolean | undefined): Schema | undefined =>
  typeof schema === 'object' ? schema : undefined
