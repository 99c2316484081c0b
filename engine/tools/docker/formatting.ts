/** Tables and templates of the client. Models cli/command/formatter and docker/go-units. */
import type { Proc, Run } from '../../host/process.ts'
import { age } from '../../host/programs/crictl/common.ts'
import type { DockerRelease } from '../../versions/index.ts'
import { TemplateError } from '../kubectl/template/functions.ts'
import { parseTemplate } from '../kubectl/template/template.ts'
import type { Functions } from '../kubectl/template/template.ts'
import { fail } from './command.ts'

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value))

/** templates.basicFunctions of the client. */
const FUNCTIONS: Functions = {
  json: ([value]) => JSON.stringify(value ?? null),
  split: ([value, by]) => text(value).split(text(by)),
  join: ([list, by]) => (Array.isArray(list) ? list.map(text).join(text(by)) : text(list)),
  title: ([value]) => text(value).replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  lower: ([value]) => text(value).toLowerCase(),
  upper: ([value]) => text(value).toUpperCase(),
  pad: ([value, before, after]) => ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
  truncate: ([value, length]) => text(value).slice(0, Number(length)),
}

/** Go's tabwriter: cells of at least 20, since 20.10 of at least 10, three blanks between. */
export function table(rows: readonly string[][], release: DockerRelease): string {
  const least = release.version.startsWith('1') ? 20 : 10
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(least, ...rows.map((row) => [...(row[column] ?? '')].length + 3)),
  )
  const cell = (value: string, column: number): string =>
    value + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...value].length))
  const line = (row: string[]): string =>
    row.map((value, column) => (column === row.length - 1 ? value : cell(value, column))).join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}

/** A template of somebody's; a text of what is wrong with it. */
export function templateOf(source: string): ((data: unknown) => string) | string {
  try {
    return parseTemplate(source.replaceAll('\\t', '\t').replaceAll('\\n', '\n'), false, FUNCTIONS)
  } catch (error) {
    if (error instanceof TemplateError) return error.message.replace(/^template: output:/, 'template: :')
    throw error
  }
}

export interface Listing<T> {
  rows: readonly T[]
  /** The fields of a row, by the names that templates have. */
  fields(row: T): Record<string, string>
  /** The columns of the table: field and heading. */
  columns: readonly (readonly [field: string, heading: string])[]
  /** What `--quiet` prints. */
  quiet?: string
}

/** Prints a listing: as a table, by a template, or only what tells the rows apart. */
export function* show<T>(
  p: Proc,
  { rows, fields, columns, quiet }: Listing<T>,
  { format, isQuiet, release }: { format: string | undefined; isQuiet: boolean; release: DockerRelease },
): Run<number> {
  const all = rows.map(fields)
  if (isQuiet && quiet !== undefined) {
    yield* p.out(all.map((row) => `${row[quiet] ?? ''}\n`).join(''))
    return 0
  }
  if (format === undefined || format === '' || format === 'table') {
    const cells = all.map((row) => columns.map(([field]) => row[field] ?? ''))
    yield* p.out(table([columns.map(([, heading]) => heading), ...cells], release))
    return 0
  }
  return yield* byTemplate(p, format, all, columns, release)
}

function* byTemplate(
  p: Proc,
  format: string,
  all: readonly Record<string, string>[],
  columns: Listing<unknown>['columns'],
  release: DockerRelease,
): Run<number> {
  const isTable = /^table\s/.test(format)
  const template = templateOf(isTable ? format.replace(/^table\s+/, '') : format)
  if (typeof template === 'string') return yield* fail(p, `Template parsing error: ${template}`, 64)
  try {
    const lines = all.map(template)
    if (!isTable) yield* p.out(lines.map((line) => `${line}\n`).join(''))
    else {
      const known = Object.fromEntries(Object.keys(all[0] ?? {}).map((field) => [field, field.toUpperCase()]))
      const heading = template({ ...known, ...Object.fromEntries(columns) })
      yield* p.out(
        table(
          [heading, ...lines].map((line) => line.split('\t')),
          release,
        ),
      )
    }
    return 0
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const field = /entry for key "([^"]*)"/.exec(error.message)?.[1]
    return yield* fail(
      p,
      field === undefined
        ? error.message
        : `template: :1:2: executing "" at <.${field}>: can't evaluate field ${field} in type *formatter.Context`,
    )
  }
}

/** `2 minutes` */
export const duration = (ms: number): string => age(ms).replace(/ ago$/, '')

/** A date as Docker's API has it. */
export const stamp = (ms: number): string =>
  ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString().replace('Z', '000000Z')

/** JSON with four blanks, as `docker inspect` prints it. */
export const indented = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`

export { age }
