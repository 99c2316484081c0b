/** Models github.com/google/go-cmp report_slices.go: long strings and lists of numbers are compared piece by piece. */
import { editScript, type Edit } from './go-edits.ts'
import {
  addEllipsis,
  addStats,
  braces,
  countOfDiff,
  goQuoted,
  isNoStats,
  type Mark,
  noStats,
  type Stats,
  type Text,
  type TextRow,
  wrap,
} from './go-text.ts'

const MIN_LENGTH = 32
const CONTEXT = 2
const LONGEST_LINE = 1024

export const isLongText = (x: string, y: string): boolean => x.length >= MIN_LENGTH && y.length >= MIN_LENGTH

const script = <T>(x: ArrayLike<T>, y: ArrayLike<T>): Edit[] =>
  editScript(x.length, y.length, (ix, iy) => (x[ix] === y[iy] ? { same: 1, diff: 0 } : { same: 0, diff: 2 }))

function adjacent(name: string, edits: Edit[]): Stats[] {
  const groups: Stats[] = []
  let before: boolean | undefined
  for (const edit of edits) {
    if ((edit === '=') !== before) groups.push(noStats(name))
    before = edit === '='
    const last = groups.at(-1)!
    if (edit === '=') last.identical++
    else if (edit === 'X') last.removed++
    else if (edit === 'Y') last.inserted++
    else last.modified++
  }
  return groups
}

/** Short equal runs between changes become part of them. */
function coalesced(groups: Stats[], window: number): Stats[] {
  const out: Stats[] = []
  for (const next of groups) {
    const [before, equal] = [out.at(-2), out.at(-1)]
    if (before !== undefined && equal !== undefined && countOfDiff(next) > 0) {
      const isBoth = (before.removed > 0 || next.removed > 0) && (before.inserted > 0 || next.inserted > 0)
      if (isBoth && equal.identical <= window) {
        out.splice(-2, 2, addStats(addStats(before, equal), next))
        continue
      }
    }
    out.push(next)
  }
  return out
}

/** Equal items at the ends of a change go to its neighbours. */
function cleaned(given: Stats[], isEqual: (ix: number, iy: number) => boolean): Stats[] {
  const groups = [...given]
  let [ix, iy, lead, tail] = [0, 0, 0, 0]
  groups.forEach((stats, i) => {
    if (countOfDiff(stats) === 0) {
      ix += stats.identical
      iy += stats.identical
      return
    }
    let [nx, ny] = [stats.identical + stats.removed + stats.modified, stats.identical + stats.inserted + stats.modified]
    const most = Math.min(nx, ny)
    let [head, end] = [0, 0]
    while (head < most && isEqual(ix + head, iy + head)) head++
    while (end < most && isEqual(ix + nx - 1 - end, iy + ny - 1 - end)) end++
    if (head + end > 0) {
      if (head > 0 && i > 0) groups[i - 1] = { ...groups[i - 1]!, identical: groups[i - 1]!.identical + head }
      else lead = head
      ix += head
      iy += head
      if (end > 0 && i + 1 < groups.length)
        groups[i + 1] = { ...groups[i + 1]!, identical: groups[i + 1]!.identical + end }
      else tail = end
      nx -= head + end
      ny -= head + end
      groups[i] = { ...noStats(stats.name), removed: nx, inserted: ny }
    }
    ix += nx
    iy += ny
  })
  const equal = (identical: number): Stats[] => (identical > 0 ? [{ ...noStats(groups[0]!.name), identical }] : [])
  return [...equal(lead), ...groups, ...equal(tail)]
}

interface Pieces<T> {
  x: T[]
  y: T[]
  size: number
  name: string
  level: number
  show: (items: T[]) => string
}

function rowsOfPieces<T>({ x, y, size, name, level, show }: Pieces<T>): TextRow[] {
  const rows: TextRow[] = []
  const add = (items: T[], mark: Mark): void => {
    for (let i = 0; i < items.length; i += size) rows.push({ mark, value: show(items.slice(i, i + size)) })
  }
  const groups = cleaned(coalesced(adjacent(name, script(x, y)), Math.floor(size / 4)), (i, j) => x[i] === y[j])
  const most = (1 << Math.min(16, level)) << 2
  let [ix, iy, shown, rest] = [0, 0, 0, noStats(name)]
  groups.forEach((stats, i) => {
    if (shown >= most) return void (rest = addStats(rest, stats))
    if (countOfDiff(stats) === 0) {
      const total = stats.identical
      const low = i === 0 ? 0 : Math.min(size * CONTEXT, total)
      let high = i === groups.length - 1 ? 0 : Math.min(size * CONTEXT, total - low)
      if (total - (low + high) <= size) high = total - low
      add(x.slice(ix, ix + low), ' ')
      if (total > low + high) addEllipsis(rows, { ...stats, identical: total - low - high })
      add(x.slice(ix + total - high, ix + total), ' ')
      ix += total
      iy += total
      return
    }
    const before = rows.length
    const [nx, ny] = [
      stats.identical + stats.removed + stats.modified,
      stats.identical + stats.inserted + stats.modified,
    ]
    add(x.slice(ix, ix + nx), '-')
    add(y.slice(iy, iy + ny), '+')
    ix += nx
    iy += ny
    shown += rows.length - before
  })
  if (!isNoStats(rest)) addEllipsis(rows, rest)
  return rows
}

const distance = (edits: Edit[]): number => edits.filter((edit) => edit !== '=').length

/** Whether line by line says it better than character by character. */
function isLined(x: string, y: string): boolean {
  const lines = (x + y).split('\n')
  if (lines.length - 1 < 4 || lines.slice(0, -1).some((line) => line.length > LONGEST_LINE)) return false
  const [byLine, byByte] = [script(x.split('\n'), y.split('\n')), script([...x], [...y])]
  const efficiency = (edits: Edit[]): number => distance(edits) / edits.length
  const expansion = JSON.stringify(x + y).length / (x.length + y.length)
  return efficiency(byLine) < 4 * efficiency(byByte) || expansion > 1.1
}

const isBlock = (line: string): boolean => !/^("""|\.\.\.)/.test(line)

/** The lines between triple quotes; undefined where that could be misread. */
function block(pieces: Pieces<string>): Text | undefined {
  const rows = rowsOfPieces({ ...pieces, show: ([line]) => line! })
  const seen = { '-': new Set<string>(), '+': new Set<string>() }
  for (const { mark, value, comment } of rows) {
    const bare = String(value).replace(/\s/g, '')
    if (comment === undefined && !isBlock(String(value))) return undefined
    if (mark !== '-' && mark !== '+') {
      seen['-'].clear()
      seen['+'].clear()
    } else {
      if (seen[mark === '-' ? '+' : '-'].has(bare)) return undefined
      seen[mark].add(bare)
    }
  }
  const last = rows.at(-1)
  const shown = last?.mark === ' ' && last.value === '' ? rows.slice(0, -1) : rows
  const quotes: TextRow = { value: '"""', hasNoComma: true }
  return wrap('(', { rows: [quotes, ...shown.map((row) => ({ ...row, hasNoComma: true as const })), quotes] }, ')')
}

/** Two strings that differ. */
export function diffOfText(x: string, y: string, level: number): Text {
  if (isLined(x, y)) {
    const pieces: Pieces<string> = {
      x: x.split('\n'),
      y: y.split('\n'),
      size: 1,
      name: 'line',
      level,
      show: ([line]) => goQuoted(line!),
    }
    return block(pieces) ?? wrap('strings.Join(', braces(rowsOfPieces(pieces)), ', "\\n")')
  }
  const rows = rowsOfPieces({
    x: [...x],
    y: [...y],
    size: 64,
    name: 'byte',
    level,
    show: (items) => goQuoted(items.join('')),
  })
  return wrap('strings.Join(', braces(rows), ', "")')
}

/** Two lists of numbers that differ. */
export function diffOfNumbers(type: string, x: unknown[], y: unknown[], level: number): Text {
  return braces(rowsOfPieces({ x, y, size: 8, name: type, level, show: (items) => items.map(String).join(', ') }))
}
