/** `-o custom-columns=NAME:.path,…`. Models cli-runtime/pkg/printers/customcolumn.go. */
import type { ApiObject } from '../client.ts'
import { CommandError } from '../errors.ts'
import { findJsonPath, goText, parseJsonPath, relaxedPath, type JsonPath } from '../jsonpath/jsonpath.ts'
import { alignTabs } from './tabwriter.ts'

export interface Column {
  header: string
  path: JsonPath
}

/** Reads `HEADER:path,HEADER:path`. */
export function parseColumns(text: string): Column[] {
  return text.split(',').map((part) => {
    const colon = part.indexOf(':')
    if (colon < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`)
    return { header: part.slice(0, colon), path: columnPath(part.slice(colon + 1)) }
  })
}

/** Reads a file whose first line has headers, whose second has paths. */
export function parseColumnFile(text: string): Column[] {
  const [headers = '', paths = ''] = text.split('\n')
  const names = headers.trim().split(/\s+/)
  const specs = paths.trim().split(/\s+/)
  if (names.length !== specs.length)
    throw new CommandError(`number of headers (${names.length}) and field specifications (${specs.length}) don't match`)
  return names.map((header, i) => ({ header, path: columnPath(specs[i]!) }))
}

const columnPath = (text: string): JsonPath => parseJsonPath(relaxedPath(text))

export class CustomColumns {
  private headed = false

  constructor(
    private readonly columns: Column[],
    private readonly noHeaders: boolean,
  ) {}

  /** The lines of an object or of a list's items; headers the first time. */
  print(object: ApiObject): string {
    const items = Array.isArray(object.items) ? (object.items as ApiObject[]) : [object]
    const lines = items.map((item) => this.columns.map((column) => cell(column, item)))
    if (!this.headed && !this.noHeaders) lines.unshift(this.columns.map((column) => column.header))
    this.headed = true
    return lines.length === 0
      ? ''
      : alignTabs(`${lines.map((line) => line.join('\t')).join('\n')}\n`, { minWidth: 6, padding: 3 })
  }
}

function cell(column: Column, item: ApiObject): string {
  const values = findJsonPath(column.path, item, true)
  return values.length === 0 ? '<none>' : values.map((value) => (value === null ? '<nil>' : goText(value))).join(',')
}
