/**
 * Models github.com/google/go-cmp report_text.go: text as a tree, printed on one line where nothing in it changed and
 * on lines of its own otherwise. Not modelled: the spaces that upstream at random makes unbreakable.
 */
export type Mark = '' | ' ' | '-' | '+'

export type Text = string | Wrap | TextList

export interface Wrap {
  prefix: string
  value: Text
  suffix: string
}

export interface TextRow {
  mark?: Mark
  key?: string
  value: Text
  hasNoComma?: true
  comment?: Stats | string
}

export interface TextList {
  rows: TextRow[]
}

/** How many of what was left out. */
export interface Stats {
  name: string
  identical: number
  removed: number
  inserted: number
  modified: number
}

export const ELLIPSIS = '...'
const MAX_COLUMNS = 80

/** A string in double quotes, or in backquotes where that saves escapes. */
export function goQuoted(text: string): string {
  const quoted = goString(text)
  if (quoted.length === text.length + 2) return quoted
  // eslint-disable-next-line no-control-regex
  return /[`\n]|[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) ? quoted : `\`${text}\``
}

/** `%q`. */
export const goString = (text: string): string =>
  JSON.stringify(text).replace(
    /\\u00([0-9a-f]{2})/g,
    (_, hex: string) => ({ '07': '\\a', '0b': '\\v' })[hex] ?? `\\x${hex}`,
  )

export const noStats = (name: string): Stats => ({ name, identical: 0, removed: 0, inserted: 0, modified: 0 })
export const countOfDiff = ({ removed, inserted, modified }: Stats): number => removed + inserted + modified
export const isNoStats = (stats: Stats): boolean => stats.identical + countOfDiff(stats) === 0
export const addStats = (a: Stats, b: Stats): Stats => ({
  name: a.name,
  identical: a.identical + b.identical,
  removed: a.removed + b.removed,
  inserted: a.inserted + b.inserted,
  modified: a.modified + b.modified,
})

function statsText(stats: Stats): string {
  const labels = ['identical', 'removed', 'inserted', 'modified'] as const
  const parts = labels.filter((label) => stats[label] > 0).map((label) => `${stats[label]} ${label}`)
  const sum = stats.identical + countOfDiff(stats)
  const name = (sum > 1 ? `${stats.name}s` : stats.name).replace(/ys$/, 'ies')
  if (parts.length === 0) return ''
  if (parts.length <= 2) return `${parts.join(' and ')} ${name}`
  return `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)!} ${name}`
}

export const isWrap = (text: Text): text is Wrap => typeof text === 'object' && 'prefix' in text
const isList = (text: Text): text is TextList => typeof text === 'object' && 'rows' in text

export const wrap = (prefix: string, value: Text, suffix = ''): Wrap => ({ prefix, value, suffix })
export const braces = (rows: TextRow[]): Wrap => wrap('{', { rows }, '}')

/** Adds `...` to the rows, or to the one that is already at their end. */
export function addEllipsis(rows: TextRow[], stats?: Stats): void {
  const last = rows.at(-1)
  if (last?.value !== ELLIPSIS) rows.push({ value: ELLIPSIS, hasNoComma: true, ...(stats && { comment: stats }) })
  else if (stats !== undefined && typeof last.comment === 'object') last.comment = addStats(last.comment, stats)
}

export function textLength(text: Text): number {
  if (typeof text === 'string') return text.length
  if (isWrap(text)) return text.prefix.length + textLength(text.value) + text.suffix.length
  const lengths = text.rows.map(({ key, value }) => (key ? key.length + 2 : 0) + textLength(value))
  return lengths.reduce((sum, one) => sum + one, 0) + 2 * Math.max(0, lengths.length - 1)
}

export const textsEqual = (a: Text, b: Text): boolean => JSON.stringify(a) === JSON.stringify(b)

const stronger = (outer: Mark, inner: Mark | undefined): Mark => (inner === '-' || inner === '+' ? inner : outer)

/** The text on one line, and the tree in which all that fits on a line is one string. */
function compact(text: Text, mark: Mark): { line: string; tree: Text } {
  if (typeof text === 'string') return { line: text, tree: text }
  if (isWrap(text)) {
    const inner = compact(text.value, mark)
    const line = text.prefix + inner.line + text.suffix
    return { line, tree: typeof inner.tree === 'string' ? line : { ...text, value: inner.tree } }
  }
  const parts = text.rows.map((row) => ({ row, ...compact(row.value, stronger(mark, row.mark)) }))
  const line = parts.map((part) => `${part.row.key ? `${part.row.key}: ` : ''}${part.line}`).join(', ')
  const isLong = (mark === '-' || mark === '+') && line.length > MAX_COLUMNS
  const isBroken = parts.some(
    ({ row, tree }) => row.mark === '-' || row.mark === '+' || typeof tree !== 'string' || row.comment !== undefined,
  )
  if (!isBroken && !isLong) return { line, tree: line }
  return { line, tree: { rows: parts.map(({ row, tree }) => ({ ...row, value: tree })) } }
}

const indent = (depth: number, mark: Mark): string =>
  `${mark === '-' ? '- ' : mark === '+' ? '+ ' : '  '}${'\t'.repeat(depth)}`

/** Blanks after each row, so that what follows stands in one column; a row that is left out starts a new column. */
function alignments(rows: TextRow[], isLeftOut: (row: TextRow) => boolean, length: (row: TextRow) => number): string[] {
  const blanks = rows.map(() => '')
  let from = 0
  const close = (to: number): void => {
    const most = Math.max(0, ...rows.slice(from, to).map(length))
    for (let i = from; i < to; i++) blanks[i] = ' '.repeat(most - length(rows[i]!))
    from = to + 1
  }
  rows.forEach((row, i) => {
    if (isLeftOut(row)) close(i)
  })
  close(rows.length)
  return blanks
}

const isPlain = ({ mark, key, value, comment }: TextRow): boolean =>
  !mark && !key && typeof value === 'string' && comment === undefined

/** Simple values, many on a line. */
function batched(rows: TextRow[], mark: Mark, depth: number): string {
  let out = ''
  let batch = ''
  const flush = (): void => {
    if (batch !== '') out += `\n${indent(depth + 1, mark)}${batch.trimEnd()}`
    batch = ''
  }
  for (const { value } of rows) {
    if (batch.length + (value as string).length + 2 > MAX_COLUMNS) flush()
    batch += `${value as string}, `
  }
  flush()
  return `${out}\n${indent(depth, mark)}`
}

function rowsText(rows: TextRow[], mark: Mark, depth: number): string {
  if (rows.length > 0 && rows.every(isPlain)) return batched(rows, mark, depth)
  const keys = alignments(
    rows,
    ({ key, value }) => !key || typeof value !== 'string',
    ({ key = '' }) => key.length,
  )
  const values = alignments(
    rows,
    ({ value, comment }) => typeof value !== 'string' || value === ELLIPSIS || comment === undefined,
    ({ value }) => (value as string).length,
  )
  const lines = rows.map((row, i) => {
    const own = stronger(mark, row.mark)
    const { comment } = row
    const note = comment === undefined ? '' : ` // ${typeof comment === 'string' ? comment : statsText(comment)}`
    const key = row.key ? `${row.key}: ` : ''
    return `\n${indent(depth + 1, own)}${key}${keys[i]!}${expanded(row.value, own, depth + 1)}${row.hasNoComma ? '' : ','}${values[i]!}${note}`
  })
  return `${lines.join('')}\n${indent(depth, mark)}`
}

function expanded(text: Text, mark: Mark, depth: number): string {
  if (typeof text === 'string') return text
  if (isList(text)) return rowsText(text.rows, mark, depth)
  return text.prefix + expanded(text.value, mark, depth) + text.suffix
}

/** The whole as lines. */
export const textOf = (text: Text): string => `${indent(0, '')}${expanded(compact(text, '').tree, '', 0)}\n`
