/** How pluto prints what it found. Models pkg/api/output.go and columns.go of pluto 5. */
import { alignTabs } from '../kubectl/printers/tabwriter.ts'
import type { Finding } from './find.ts'
import { apiVersions, isDeprecated, isRemoved, isReplaceable } from './versions.ts'
import type { ApiVersion, Targets } from './versions.ts'

type Column = readonly [header: string, value: (finding: Finding, targets: Targets) => string]

const COLUMNS: readonly Column[] = [
  ['NAME', ({ name }) => name],
  ['NAMESPACE', ({ namespace }) => namespace || '<UNKNOWN>'],
  ['KIND', ({ api }) => api.kind],
  ['VERSION', ({ api }) => api.version],
  ['REPLACEMENT', ({ api }) => api.replacement],
  ['DEPRECATED', ({ api }, targets) => String(isDeprecated(api, targets))],
  ['DEPRECATED IN', ({ api }) => api.deprecatedIn],
  ['REMOVED', ({ api }, targets) => String(isRemoved(api, targets))],
  ['REMOVED IN', ({ api }) => api.removedIn],
  ['COMPONENT', ({ api }) => api.component],
  ['FILEPATH', ({ filePath }) => filePath || '<UNKNOWN>'],
  ['REPL AVAIL', ({ api }, targets) => String(isReplaceable(api, targets))],
  ['REPL AVAIL IN', ({ api }) => api.availableIn],
]
const NORMAL = ['NAME', 'KIND', 'VERSION', 'REPLACEMENT', 'REMOVED', 'DEPRECATED', 'REPL AVAIL']
const WIDE = ['NAME', 'NAMESPACE', 'KIND', 'VERSION', 'REPLACEMENT', 'DEPRECATED', 'DEPRECATED IN', 'REMOVED', 'REMOVED IN'] // prettier-ignore
export const COLUMN_NAMES: readonly string[] = COLUMNS.map(([header]) => header)
export const FORMATS = ['normal', 'wide', 'custom', 'json', 'yaml', 'markdown', 'csv']

export interface Shown {
  format: string
  /** For custom, markdown and csv. */
  columns: readonly string[]
  noHeaders: boolean
  targets: Targets
}

const NOTHING_FOUND = 'There were no resources found with known deprecated apiVersions.\n'
const NOTHING_SHOWN = 'No output to display\n'

/** `found`: everything that the records know; `usable`: what the target versions make of it. */
export function makeOutput(found: readonly Finding[], usable: readonly Finding[], shown: Shown): string {
  const { format } = shown
  const table = format === 'normal' || format === 'wide'
  if (found.length === 0 && table) return NOTHING_FOUND
  if (format === 'json') return `${JSON.stringify(asObject(usable, shown.targets))}\n`
  if (format === 'yaml') return `${inOrder(asObject(usable, shown.targets))}\n`
  if (usable.length === 0) return NOTHING_SHOWN
  const rows = rowsOf(usable, shown, columnsOf(shown))
  if (format === 'markdown') return markdown(rows, shown.noHeaders)
  if (format === 'csv') return rows.map((row) => `${row.map(quoted).join(',')}\n`).join('')
  return tabbed(rows)
}

function columnsOf({ format, columns }: Shown): Column[] {
  const wanted = columns.length > 0 && format !== 'normal' && format !== 'wide' ? columns : format === 'normal' ? NORMAL : WIDE // prettier-ignore
  const chosen = COLUMNS.filter(([header]) => wanted.includes(header))
  if (format !== 'normal') return chosen
  return NORMAL.map((name) => COLUMNS.find(([header]) => header === name) as Column)
}

function rowsOf(findings: readonly Finding[], { noHeaders, targets }: Shown, columns: readonly Column[]): string[][] {
  const rows = findings.map((finding) => columns.map(([, value]) => value(finding, targets)))
  return noHeaders ? rows : [columns.map(([header]) => header), ...rows]
}

/** Every cell but the first begins with a blank; an empty line ends the table. */
function tabbed(rows: readonly string[][]): string {
  const text = rows.map((row) => `${row.map((cell, i) => (i === 0 ? `${cell}\t` : ` ${cell}\t`)).join('')}\n`).join('')
  return `${alignTabs(text, { minWidth: 0, padding: 2 })}\n`
}

function markdown(rows: readonly string[][], noHeaders: boolean): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const centred = (cell: string, width: number): string => {
    const left = Math.floor((width - cell.length) / 2)
    return `${' '.repeat(left)}${cell}`.padEnd(width)
  }
  const line = (row: readonly string[], head: boolean): string =>
    `|${row.map((cell, i) => ` ${head ? centred(cell, widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)} `).join('|')}|\n`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|\n`
  return rows.map((row, i) => (i === 0 && !noHeaders ? line(row, true) + rule : line(row, false))).join('')
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function asObject(findings: readonly Finding[], targets: Targets): Record<string, unknown> {
  const items = findings.map((finding) => ({
    name: finding.name,
    ...(finding.filePath !== '' && { filePath: finding.filePath }),
    ...(finding.namespace !== '' && { namespace: finding.namespace }),
    api: apiObject(finding.api),
    deprecated: isDeprecated(finding.api, targets),
    removed: isRemoved(finding.api, targets),
    replacementAvailable: isReplaceable(finding.api, targets),
  }))
  const sorted = Object.fromEntries(Object.keys(targets).sort().map((name) => [name, targets[name]])) // prettier-ignore
  return { ...(items.length > 0 && { items }), 'target-versions': sorted }
}

function apiObject(api: ApiVersion): Record<string, string> {
  return {
    version: api.version,
    kind: api.kind,
    'deprecated-in': api.deprecatedIn,
    'removed-in': api.removedIn,
    'replacement-api': api.replacement,
    'replacement-available-in': api.availableIn,
    component: api.component,
  }
}

/** `pluto list-versions`. */
export function makeVersionList(format: string, targets: Targets): string {
  const all = apiVersions()
  const object = { 'deprecated-versions': all.map(apiObject), 'target-versions': targets }
  if (format === 'json') return `${JSON.stringify(object)}\n`
  if (format === 'yaml') return inOrder(object)
  const head = ['KIND', 'NAME', 'DEPRECATED IN', 'REMOVED IN', 'REPLACEMENT', 'REPL AVAIL IN', 'COMPONENT']
  const orNone = (text: string): string => text || 'n/a'
  const rows = all.map((one) => [
    one.kind,
    one.version,
    orNone(one.deprecatedIn),
    orNone(one.removedIn),
    orNone(one.replacement),
    orNone(one.availableIn),
    one.component,
  ])
  return tabbed([head, ...rows])
}

/** YAML with the fields as they are declared. */
function inOrder(value: Record<string, unknown>, indent = ''): string {
  return Object.entries(value)
    .map(([field, inner]) => {
      if (Array.isArray(inner)) return `${indent}${field}:\n${inner.map((one) => itemOf(one, indent)).join('')}`
      if (typeof inner !== 'object' || inner === null)
        return `${indent}${field}: ${inner === '' ? '""' : String(inner)}\n`
      return `${indent}${field}:\n${inOrder(inner as Record<string, unknown>, `${indent}  `)}`
    })
    .join('')
}

function itemOf(item: unknown, indent: string): string {
  return inOrder(item as Record<string, unknown>, `${indent}  `).replace(`${indent}  `, `${indent}- `)
}
