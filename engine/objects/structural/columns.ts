/** Tables of custom resources. Models apiextensions-apiserver pkg/registry/customresource/tableconvertor. */
import { humanDuration } from '../duration.ts'
import type { CustomResourceColumnDefinition } from '../types.gen.ts'
import type { TableColumn } from '../columns/index.ts'
import { findAll, JsonPathError, parseJsonPath } from './json-path.ts'
import type { JsonPath } from './json-path.ts'

const NAME_TEXT =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const CREATED_TEXT =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: CREATED_TEXT,
  jsonPath: '.metadata.creationTimestamp',
}

export interface CustomTable {
  columns: TableColumn[]
  row(object: object, nowMs: number): unknown[]
}

interface Reader {
  type: string
  path: JsonPath
}

/** The columns that a version of a definition asks for, and the cells of an object. */
export function compileTable(definitions: readonly CustomResourceColumnDefinition[] | undefined): CustomTable {
  const wanted = definitions === undefined || definitions.length === 0 ? [AGE] : definitions
  const known = wanted.flatMap((definition) => {
    const path = pathOf(definition.jsonPath)
    return path === undefined ? [] : [{ definition, reader: { type: definition.type, path } }]
  })
  const name: TableColumn = { name: 'Name', type: 'string', format: 'name', description: NAME_TEXT, priority: 0 }
  return {
    columns: [name, ...known.map(({ definition }) => columnOf(definition))],
    row: (object, nowMs) => [
      (object as { metadata: { name: string } }).metadata.name,
      ...known.map(({ reader }) => cellOf(reader, object, nowMs)),
    ],
  }
}

function columnOf({
  name,
  type,
  format = '',
  description = '',
  jsonPath,
  priority = 0,
}: CustomResourceColumnDefinition): TableColumn {
  const told = description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description
  return { name, type, format, description: told, priority }
}

function pathOf(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

function cellOf({ type, path }: Reader, object: object, nowMs: number): unknown {
  const [value] = findAll(path, object)
  if (value === undefined) return null
  return type === 'string' ? textOf(value) : typedCell(type, value, nowMs)
}

/** How JSONPath prints a value: objects and lists as JSON. */
function textOf(value: unknown): string {
  if (value === null) return '<nil>'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function typedCell(type: string, value: unknown, nowMs: number): unknown {
  if (value === null) return null
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null
  if (type === 'number') return typeof value === 'number' ? value : null
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (type !== 'date' || typeof value !== 'string') return null
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? '<invalid>' : humanDuration(nowMs - ms)
}
