/**
 * Models github.com/google/go-cmp's Diff (report_compare.go, report_reflect.go, report_slices.go) for the Go values
 * that go-structs.ts knows. Not modelled: differences of binary data.
 */
import { deepEqual } from '../equal.ts'
import { parseQuantity } from '../quantity.ts'
import { asObject } from '../defaults/table.ts'
import { editScript, type Likeness } from './go-edits.ts'
import { diffOfNumbers, diffOfText, isLongText } from './go-text-diff.ts'
import { fieldValue, goParts, goPartsType, type GoType, isGoZero } from './go-structs.ts'
import {
  addEllipsis,
  addStats,
  braces,
  countOfDiff,
  ELLIPSIS,
  isNoStats,
  isWrap,
  type Mark,
  noStats,
  type Stats,
  type Text,
  textLength,
  goQuoted,
  textOf,
  type TextRow,
  textsEqual,
  wrap,
} from './go-text.ts'

const CONTEXT = 2
const MAX_PRESET = 6
/** An item that only one of two lists has. */
const MISSING = Symbol('missing')

interface Node extends Likeness {
  type: GoType
  x: unknown
  y: unknown
  children: number
  depth: number
  records?: { key: string; node: Node }[]
  value?: Node
}

interface Options {
  mark: Mark
  types: 'emit' | 'elide' | 'auto'
  level: number
  isLimited: boolean
}

const leaf = (type: GoType, x: unknown, y: unknown, isSame: boolean): Node => ({
  type,
  x,
  y,
  same: isSame ? 1 : 0,
  diff: isSame ? 0 : 1,
  children: 0,
  depth: 0,
})

function branch(type: GoType, x: unknown, y: unknown, inner: Node[]): Node {
  const node = leaf(type, x, y, true)
  node.same = 0
  for (const { same, diff, children, depth } of inner) {
    node.same += same
    node.diff += diff
    node.children += children + 1
    node.depth = Math.max(node.depth, depth + 1)
  }
  return node
}

const isNil = (value: unknown): boolean => value === undefined || value === null

const sameQuantity = (x: unknown, y: unknown): boolean =>
  parseQuantity((x ?? '0') as string).nanos === parseQuantity((y ?? '0') as string).nanos

function compareItems(type: GoType, x: unknown[], y: unknown[]): Node {
  const elem = type.elem!
  const edits = editScript(x.length, y.length, (ix, iy) => compareValues(elem, x[ix], y[iy]))
  let [ix, iy] = [0, 0]
  const records = edits.map((edit) => {
    const vx = edit === 'Y' ? MISSING : x[ix++]
    const vy = edit === 'X' ? MISSING : y[iy++]
    return { key: '', node: compareValues(elem, vx, vy) }
  })
  return {
    ...branch(
      type,
      x,
      y,
      records.map(({ node }) => node),
    ),
    records,
  }
}

function compareMaps(type: GoType, x: Record<string, unknown>, y: Record<string, unknown>): Node {
  const keys = [...new Set([...Object.keys(x), ...Object.keys(y)])].sort()
  const value = (of: Record<string, unknown>, key: string): unknown => (Object.hasOwn(of, key) ? of[key] : MISSING)
  const records = keys.map((key) => ({
    key: `${type.hasStringerKey ? 's' : ''}${JSON.stringify(key)}`,
    node: compareValues(type.elem!, value(x, key), value(y, key)),
  }))
  return {
    ...branch(
      type,
      x,
      y,
      records.map(({ node }) => node),
    ),
    records,
  }
}

function compareStructs(type: GoType, x: unknown, y: unknown): Node {
  const records = type.fields!.map((field) => ({
    key: field.name,
    node: compareValues(field.type, fieldValue(x, field), fieldValue(y, field)),
  }))
  return {
    ...branch(
      type,
      x,
      y,
      records.map(({ node }) => node),
    ),
    records,
  }
}

function compareValues(type: GoType, x: unknown, y: unknown): Node {
  if (type.kind === 'intOrString') {
    const parts = (value: unknown): unknown => (value === MISSING ? MISSING : goParts(type, value))
    return compareValues(goPartsType(type), parts(x), parts(y))
  }
  if (x === MISSING || y === MISSING) return leaf(type, x, y, false)
  if (type.kind === 'struct') return compareStructs(type, x, y)
  if (type.kind === 'quantity') return leaf(type, x, y, sameQuantity(x, y))
  if (type.kind === 'time') return leaf(type, x, y, deepEqual(x ?? null, y ?? null))
  if (!['slice', 'map', 'pointer'].includes(type.kind)) return leaf(type, x, y, (x || 0) === (y || 0))
  if (isNil(x) || isNil(y)) return leaf(type, x, y, isNil(x) && isNil(y))
  if (type.kind === 'slice') return compareItems(type, x as unknown[], y as unknown[])
  if (type.kind === 'map') return compareMaps(type, asObject(x), asObject(y))
  const value = compareValues(type.elem!, x, y)
  return { ...branch(type, x, y, [value]), value }
}

const isBraced = (text: Text): boolean =>
  isWrap(text) &&
  ((text.prefix.startsWith('(') && text.suffix.endsWith(')')) ||
    (text.prefix.startsWith('{') && text.suffix.endsWith('}')))

function withType({ types, mark }: Options, { kind, name }: GoType, text: Text): Text {
  if (types === 'elide') return text
  const isComposite = ['struct', 'slice', 'map', 'quantity', 'time', 'intOrString'].includes(kind)
  if (types === 'auto' && (!isComposite || text === 'nil' || mark === ' ')) return text
  return wrap(kind === 'pointer' ? `(${name})` : name, isBraced(text) ? text : wrap('(', text, ')'))
}

const mostOf = (level: number): number => ((1 << Math.min(16, Math.max(0, level))) >> 1) << 2
const diffsOf = (level: number): number => (1 << Math.min(16, Math.max(0, level))) << 1

function stringText(options: Options, text: string): Text {
  const level = Math.min(16, Math.max(0, options.level))
  const longest = options.isLimited ? (1 << level) << 5 : text.length
  const mostLines = options.isLimited ? (1 << level) << 2 : Infinity
  const lines = text.replace(/\n$/, '').split('\n')
  const isShown = (line: string): boolean => !/^("""|\.\.\.)/.test(line) && line.length <= longest
  if (lines.length >= 4 && (options.mark === '-' || options.mark === '+') && lines.every(isShown))
    return tripleQuoted(lines, options.mark, mostLines)
  return text.length > longest + ELLIPSIS.length ? goQuoted(text.slice(0, longest)) + ELLIPSIS : goQuoted(text)
}

function tripleQuoted(lines: string[], mark: Mark, most: number): Text {
  const row = (value: string): TextRow => ({ mark, value, hasNoComma: true })
  const isCut = lines.length > most
  const shown = isCut ? lines.slice(0, most - 1) : lines
  const rows = [row('"""'), ...shown.map(row)]
  if (isCut) rows.push({ ...row(ELLIPSIS), comment: `${lines.length - shown.length} elided lines` })
  return wrap('(', { rows: [...rows, row('"""')] }, ')')
}

/** The rows of a list, as many as the level lets through. */
function rowsOf<T>(options: Options, items: T[], rowOf: (item: T, inner: Options) => TextRow): Text {
  const most = options.isLimited ? mostOf(options.level) : items.length
  const inner = { ...options, level: options.isLimited ? options.level - 1 : options.level }
  const rows = items.slice(0, most).map((item) => rowOf(item, inner))
  if (items.length > most) addEllipsis(rows)
  return braces(rows)
}

function compositeText(options: Options, type: GoType, value: unknown): Text {
  if (type.kind === 'struct') {
    const fields = type.fields!.filter((field) => !isGoZero(field.type, fieldValue(value, field)))
    return rowsOf(options, fields, (field, inner) => ({
      key: field.name,
      value: valueText({ ...inner, types: 'auto' }, field.type, fieldValue(value, field)),
    }))
  }
  if (isNil(value)) return 'nil'
  const elem = type.elem!
  if (type.kind === 'slice')
    return rowsOf(options, value as unknown[], (item, inner) => ({
      value: valueText({ ...inner, types: 'elide' }, elem, item),
    }))
  return rowsOf(
    options,
    Object.entries(asObject(value)).sort(([a], [b]) => (a < b ? -1 : 1)),
    ([key, item], inner) => ({
      key: `${type.hasStringerKey ? 's' : ''}${JSON.stringify(key)}`,
      value: valueText({ ...inner, types: 'elide' }, elem, item),
    }),
  )
}

function valueText(options: Options, type: GoType, value: unknown): Text {
  if (type.kind === 'intOrString' || type.kind === 'quantity')
    return valueText(options, goPartsType(type), goParts(type, value))
  if (type.kind === 'pointer') return isNil(value) ? 'nil' : wrap('&', valueText(options, type.elem!, value))
  if (type.kind === 'bool') return withType(options, type, String(value ?? false))
  if (type.kind === 'int') return withType(options, type, String(value ?? 0))
  if (type.kind === 'string') return withType(options, type, stringText(options, String(value ?? '')))
  if (type.kind === 'time') return value ? `s${JSON.stringify(value)}` : 's"<nil>"'
  return withType(options, type, compositeText(options, type, value))
}

/** Formats twice, with ever more detail while both sides look the same. */
function bothSides(
  options: Options,
  format: (options: Options, mark: '-' | '+') => Text | undefined,
): (Text | undefined)[] {
  let sides = [format(options, '-'), format(options, '+')]
  const isSame = (): boolean => sides[0] !== undefined && sides[1] !== undefined && textsEqual(sides[0], sides[1])
  for (let i = 0; i <= MAX_PRESET && isSame(); i++) {
    const louder = { ...options, level: Math.min(16, Math.max(0, options.level)) + 2 * i }
    sides = [format(louder, '-'), format(louder, '+')]
  }
  return sides
}

const isLeaf = ({ depth }: Node): boolean => depth === 0
const sideOf = ({ x, y }: Node, mark: Mark): unknown => (mark === '-' ? x : y)

function leafText(options: Options, node: Node): Text | undefined {
  const { type, x, y } = node
  const side = (value: unknown, one: Options): Text | undefined =>
    value === MISSING ? undefined : valueText(one, type, value)
  if (options.mark === '-' || options.mark === '+') return side(sideOf(node, options.mark), options)
  if (node.diff === 0) {
    const [a, b] = [valueText(options, type, x), valueText(options, type, y)]
    return textLength(a) < textLength(b) ? a : b
  }
  const sides = bothSides({ ...options, types: 'elide' }, (one, mark) => side(sideOf(node, mark), one))
  const rows = sides
    .map((value, i) => ({ mark: i === 0 ? '-' : '+', value }) as TextRow)
    .filter((row) => row.value !== undefined)
  return withType({ ...options, types: 'emit' }, type, { rows })
}

const canDiffText = ({ mark }: Options, { type, x, y, same, diff }: Node): boolean => {
  if (mark !== '' || diff === 0 || x === MISSING || y === MISSING) return false
  if (type.kind === 'string') return isLongText(String(x ?? ''), String(y ?? ''))
  if (type.kind !== 'slice' || !['int', 'bool'].includes(type.elem!.kind) || isNil(x) || isNil(y)) return false
  const [a, b] = [x as unknown[], y as unknown[]]
  return a.length > 0 && b.length > 0 && (diff > same || (a.length >= 32 && b.length >= 32))
}

function nodeText(given: Options, node: Node): Text | undefined {
  const options = { ...given, isLimited: true, level: given.mark === ' ' ? 1 : Math.max(3, given.level) }
  if (canDiffText(options, node)) return longText(options, node)
  if (isLeaf(node)) return leafText(options, node)
  if (node.value !== undefined) return wrap('&', nodeText(options, node.value)!)
  return withType(options, node.type, listText(options, node))
}

function longText(options: Options, node: Node): Text {
  const { type, x, y } = node
  if (type.kind === 'slice')
    return withType(options, type, diffOfNumbers(type.elem!.name, x as unknown[], y as unknown[], options.level))
  const text = diffOfText(String(x), String(y), options.level)
  return type.name === 'string' ? text : withType(options, type, text)
}

const NAMES: Record<string, string> = { struct: 'field', slice: 'element', map: 'entry' }

/** All on one side, or both alike. */
function uniformRows(options: Options, node: Node, most: number): TextRow[] {
  const rows: TextRow[] = []
  for (const { key, node: item } of node.records!) {
    if (rows.length === most) {
      addEllipsis(rows)
      break
    }
    const isZero = (value: unknown): boolean => isGoZero(item.type, value)
    const isLeftOut = options.mark === ' ' ? isZero(item.x) || isZero(item.y) : isZero(sideOf(item, options.mark))
    if (node.type.kind === 'struct' && isLeftOut) continue
    const value = nodeText(options, item)
    if (value !== undefined) rows.push({ key, value })
  }
  return rows
}

function groupsOf(name: string, records: { node: Node }[]): Stats[] {
  const groups: Stats[] = []
  let wasDiff: boolean | undefined
  for (const { node } of records) {
    const isDiff = node.diff > 0
    if (isDiff !== wasDiff) groups.push(noStats(name))
    wasDiff = isDiff
    const last = groups.at(-1)!
    if (!isDiff) last.identical++
    else if (node.y === MISSING) last.removed++
    else if (node.x === MISSING) last.inserted++
    else last.modified++
  }
  return groups
}

function equalRows(
  options: Options,
  records: { key: string; node: Node }[],
  stats: Stats,
  isFirst: boolean,
  isLast: boolean,
): TextRow[] {
  const low = isFirst ? 0 : Math.min(CONTEXT, records.length)
  let high = isLast ? 0 : Math.min(CONTEXT, records.length - low)
  if (records.length - (low + high) === 1) high++
  const row = ({ key, node }: { key: string; node: Node }): TextRow => ({
    key,
    value: nodeText({ ...options, mark: ' ' }, node)!,
  })
  const rows = records.slice(0, low).map(row)
  const hidden = records.length - low - high
  if (hidden > 0) addEllipsis(rows, { ...stats, identical: hidden })
  return [...rows, ...records.slice(records.length - high).map(row)]
}

function unequalRows(options: Options, { key, node }: { key: string; node: Node }): TextRow[] {
  if (canDiffText(options, node) || node.children !== node.depth) return [{ key, value: nodeText(options, node)! }]
  const sides = bothSides(options, (one, mark) => nodeText({ ...one, mark }, node))
  return sides.flatMap((value, i) =>
    value === undefined ? [] : [{ mark: i === 0 ? '-' : '+', key, value } as TextRow],
  )
}

function listText(given: Options, node: Node): Text {
  const { kind } = node.type
  const options: Options = { ...given, types: kind === 'struct' ? 'auto' : 'elide', level: given.level - 1 }
  if (given.mark !== '')
    return braces(uniformRows(options, node, given.mark === ' ' ? mostOf(given.level) : diffsOf(given.level)))
  const [rows, most, name] = [[] as TextRow[], diffsOf(given.level), NAMES[kind]!]
  const groups = groupsOf(name, node.records!)
  let [at, shown, rest] = [0, 0, noStats(name)]
  groups.forEach((stats, i) => {
    if (shown >= most) return void (rest = addStats(rest, stats))
    const records = node.records!.slice(at, at + stats.identical + countOfDiff(stats))
    at += records.length
    shown += countOfDiff(stats)
    if (stats.identical > 0) rows.push(...equalRows(options, records, stats, i === 0, i === groups.length - 1))
    else rows.push(...records.flatMap((record) => unequalRows(options, record)))
  })
  if (!isNoStats(rest)) addEllipsis(rows, rest)
  return braces(rows)
}

/** `cmp.Diff(x, y)`; empty where nothing differs. */
export function goDiff(type: GoType, x: unknown, y: unknown): string {
  const root = compareValues(type, x, y)
  if (root.diff === 0) return ''
  return textOf(nodeText({ mark: '', types: 'emit', level: 0, isLimited: false }, root)!)
}
