/** Tables that the server made, as text. Models cli-runtime/pkg/printers/tableprinter.go (K1). */
import { humanDuration } from '../../../objects/duration.ts'
import type { ApiObject } from '../client.ts'
import { alignTabs, GET_TABS } from './tabwriter.ts'

export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'

export interface Table {
  kind: 'Table'
  apiVersion?: string
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
  columnDefinitions?: { name: string; type?: string; format?: string; description?: string; priority?: number }[]
  rows?: { cells: unknown[]; object?: ApiObject }[]
  /** Made here, of a server's plain objects. */
  plain?: boolean
}

export interface TableOptions {
  wide: boolean
  noHeaders: boolean
  withNamespace: boolean
  /** `pod`, `deployment.apps`: prefix of names; empty for none. */
  kindPrefix: string
  showLabels: boolean
  labelColumns: string[]
}

export const isTable = (body: unknown): body is Table =>
  typeof body === 'object' && body !== null && (body as { kind?: unknown }).kind === 'Table'

/** Prints tables one below another with the same columns, each as wide as it ever was. */
export class TablePrinter {
  private readonly widths: number[] = []
  private columns: NonNullable<Table['columnDefinitions']> = []
  private headed = false

  constructor(private readonly options: TableOptions) {}

  /** The lines of a table; its headers only the first time. `event` is the first column of watch events. */
  print(table: Table, event?: string): string {
    if (table.columnDefinitions?.length) this.columns = table.columnDefinitions
    const lines = (table.rows ?? []).map((row) => this.line(row, event))
    if (!this.headed && !this.options.noHeaders) lines.unshift(this.headers(event !== undefined))
    this.headed = true
    return lines.length === 0
      ? ''
      : alignTabs(`${lines.map((cells) => cells.join('\t')).join('\n')}\n`, GET_TABS, this.widths)
  }

  private shown(): number[] {
    return this.columns.flatMap((column, i) => (this.options.wide || !column.priority ? [i] : []))
  }

  private headers(event: boolean): string[] {
    const { options } = this
    return [
      ...(event ? ['EVENT'] : []),
      ...(options.withNamespace ? ['NAMESPACE'] : []),
      ...this.shown().map((i) => this.columns[i]!.name.toUpperCase()),
      ...options.labelColumns.map((key) => key.split('/').at(-1)!.toUpperCase()),
      ...(options.showLabels ? ['LABELS'] : []),
    ]
  }

  private line(row: { cells: unknown[]; object?: ApiObject }, event?: string): string[] {
    const { options } = this
    const labels = row.object?.metadata?.labels ?? {}
    const cells = this.shown().map((i) => cellText(row.cells[i]))
    if (options.kindPrefix && cells.length > 0) cells[0] = `${options.kindPrefix}/${cells[0]}`
    return [
      ...(event === undefined ? [] : [event]),
      ...(options.withNamespace ? [row.object?.metadata?.namespace ?? ''] : []),
      ...cells,
      ...options.labelColumns.map((key) => labels[key] ?? ''),
      ...(options.showLabels ? [labelsText(labels)] : []),
    ]
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
  const cut = text.search(/[\f\n\r]/)
  return (cut < 0 ? text : `${text.slice(0, cut)}...`).replaceAll('\t', '    ')
}

/** `a=b,c=d` in order of keys; `<none>`. */
export function labelsText(labels: Record<string, string> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort()
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels![key]}`).join(',')
}

/** The table of objects whose server makes none: NAME and AGE. */
export function plainTable(items: ApiObject[], nowMs: number): Table {
  return {
    kind: 'Table',
    plain: true,
    columnDefinitions: [{ name: 'Name' }, { name: 'Age' }],
    rows: items.map((object) => ({ cells: [object.metadata?.name ?? '', ageOf(object, nowMs)], object })),
  }
}

export function ageOf(object: ApiObject, nowMs: number): string {
  const created = object.metadata?.creationTimestamp
  return created ? humanDuration(nowMs - Date.parse(created)) : '<unknown>'
}
