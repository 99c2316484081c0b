/** diff: normal and unified output (-u, -U n), -q, -N, -r on files and directories; cmp. Models GNU diffutils. Not modelled: -y, -c, --color. */
import { bytesOfText, isBinary } from '../../host/bytes.ts'
import type { Program, Proc, Run } from '../../host/process.ts'
import { formatDate } from '../dates.ts'
import { errnoText } from '../redirect.ts'
import { parseFlags } from './input.ts'

/** A stretch in which the two sides differ: from (included) to (excluded), counted from 0. */
interface Change {
  from: number
  to: number
  otherFrom: number
  otherTo: number
}

/** The changes that lead from one list of lines to the other, by their longest common subsequence. */
function changesOf(a: readonly string[], b: readonly string[]): Change[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let tail = 0
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const [n, m] = [a.length - start - tail, b.length - start - tail]
  const table = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1))
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--)
      (table[i] as Uint32Array)[j] =
        a[start + i] === b[start + j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const changes: Change[] = []
  let [i, j] = [0, 0]
  while (i < n || j < m) {
    if (i < n && j < m && a[start + i] === b[start + j]) {
      i++
      j++
      continue
    }
    const [from, otherFrom] = [i, j]
    while ((i < n || j < m) && !(i < n && j < m && a[start + i] === b[start + j])) {
      if (j >= m || (i < n && at(i + 1, j) >= at(i, j + 1))) i++
      else j++
    }
    changes.push({ from: start + from, to: start + i, otherFrom: start + otherFrom, otherTo: start + j })
  }
  return changes
}

const range = (from: number, to: number): string =>
  to - from <= 1 ? String(to === from ? from : from + 1) : `${from + 1},${to}`

function normal(a: readonly string[], b: readonly string[], changes: readonly Change[]): string {
  return changes
    .map(({ from, to, otherFrom, otherTo }) => {
      const letter = from === to ? 'a' : otherFrom === otherTo ? 'd' : 'c'
      const gone = a
        .slice(from, to)
        .map((line) => `< ${line}\n`)
        .join('')
      const come = b
        .slice(otherFrom, otherTo)
        .map((line) => `> ${line}\n`)
        .join('')
      return `${range(from, to)}${letter}${range(otherFrom, otherTo)}\n${gone}${letter === 'c' ? '---\n' : ''}${come}`
    })
    .join('')
}

function unified(a: readonly string[], b: readonly string[], changes: readonly Change[], context: number): string {
  const groups: Change[][] = []
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1)
    if (last !== undefined && change.from - last.to <= 2 * context) groups.at(-1)?.push(change)
    else groups.push([change])
  }
  return groups.map((group) => hunk(a, b, group, context)).join('')
}

function hunk(a: readonly string[], b: readonly string[], group: readonly Change[], context: number): string {
  const first = group[0] as Change
  const last = group.at(-1) as Change
  const from = Math.max(0, first.from - context)
  const otherFrom = first.otherFrom - (first.from - from)
  const to = Math.min(a.length, last.to + context)
  const otherTo = last.otherTo + (to - last.to)
  let text = ''
  let at = from
  for (const change of group) {
    for (; at < change.from; at++) text += ` ${a[at]}\n`
    for (; at < change.to; at++) text += `-${a[at]}\n`
    for (const line of b.slice(change.otherFrom, change.otherTo)) text += `+${line}\n`
  }
  for (; at < to; at++) text += ` ${a[at]}\n`
  const span = (begin: number, end: number): string =>
    end - begin === 1 ? String(begin + 1) : `${end === begin ? begin : begin + 1},${end - begin}`
  return `@@ -${span(from, to)} +${span(otherFrom, otherTo)} @@\n${text}`
}

interface Side {
  lines: string[]
  mtimeMs: number
  binary: boolean
}

function* readSide(p: Proc, name: string, absentIsEmpty: boolean): Run<Side | undefined> {
  const got = yield* p.readFile(name === '-' ? '/dev/stdin' : name)
  if ('error' in got) {
    if (absentIsEmpty && got.error === 'ENOENT') return { lines: [], mtimeMs: 0, binary: false }
    yield* p.err(`diff: ${name}: ${got.error === 'EACCES' ? 'Permission denied' : 'No such file or directory'}\n`)
    return undefined
  }
  const stat = yield* p.stat(name)
  const text = got.text.endsWith('\n') || got.text === '' ? got.text : `${got.text}\n\\ No newline at end of file\n`
  return {
    lines: text === '' ? [] : text.slice(0, -1).split('\n'),
    mtimeMs: 'mtimeMs' in stat ? stat.mtimeMs : yield* p.now(),
    binary: text.includes('\0') || isBinary(text),
  }
}

const diff: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'Ux', {
    unified: 'u',
    brief: 'q',
    recursive: 'r',
    exclude: 'x',
    'new-file': 'N',
    'ignore-all-space': 'w',
    'report-identical-files': 's',
  })
  const [left, right, extra] = operands
  if (left === undefined || right === undefined || extra !== undefined) {
    const trouble = extra === undefined ? `missing operand after '${left ?? 'diff'}'` : `extra operand '${extra}'`
    yield* p.err(`diff: ${trouble}\ndiff: Try 'diff --help' for more information.\n`)
    return 2
  }
  const [isLeft, isRight] = [yield* isDirectory(p, left), yield* isDirectory(p, right)]
  const options = argv.slice(1).filter((word) => word.startsWith('-') && word !== '-')
  if (isLeft && isRight)
    return yield* diffDirectories(p, left, right, { flags, heading: ['diff', ...options].join(' ') })
  const below = (directory: string, file: string): string =>
    `${directory.replace(/\/$/, '')}/${file.replace(/^.*\//, '')}`
  return yield* diffFiles(p, isLeft ? below(left, right) : left, isRight ? below(right, left) : right, flags)
}

function* isDirectory(p: Proc, path: string): Run<boolean> {
  if (path === '-') return false
  const stat = yield* p.stat(path)
  return 'kind' in stat && stat.kind === 'directory'
}

interface Walk {
  flags: Record<string, string>
  /** What stands before the names of two files that differ. */
  heading: string
}

function* namesIn(p: Proc, path: string): Run<string[]> {
  const listed = yield* p.list(path)
  return 'names' in listed ? listed.names : []
}

function* diffDirectories(p: Proc, left: string, right: string, walk: Walk): Run<number> {
  const [ours, theirs] = [yield* namesIn(p, left), yield* namesIn(p, right)]
  let status = 0
  for (const name of [...new Set([...ours, ...theirs])].sort()) {
    if (walk.flags.x === name) continue
    const [a, b] = [`${left.replace(/\/$/, '')}/${name}`, `${right.replace(/\/$/, '')}/${name}`]
    const only = !ours.includes(name) ? right : !theirs.includes(name) ? left : undefined
    if (only !== undefined && !('N' in walk.flags)) {
      yield* p.out(`Only in ${only}: ${name}\n`)
      status = Math.max(status, 1)
    } else status = Math.max(status, yield* diffEntries(p, a, b, walk))
  }
  return status
}

function* diffEntries(p: Proc, a: string, b: string, walk: Walk): Run<number> {
  const [isA, isB] = [yield* isDirectory(p, a), yield* isDirectory(p, b)]
  const deep = 'r' in walk.flags
  const absent = 'error' in (yield* p.stat(isA ? b : a))
  if (isA && isB && !deep) {
    yield* p.out(`Common subdirectories: ${a} and ${b}\n`)
    return 0
  }
  if ((isA && isB) || ((isA || isB) && absent)) return yield* diffDirectories(p, a, b, walk)
  if (isA !== isB) {
    const word = (directory: boolean): string => (directory ? 'directory' : 'regular file')
    yield* p.out(`File ${a} is a ${word(isA)} while file ${b} is a ${word(isB)}\n`)
    return 1
  }
  return yield* diffFiles(p, a, b, walk.flags, `${walk.heading} ${a} ${b}\n`)
}

/** Compares two files; `heading` stands before the lines that differ. */
function* diffFiles(p: Proc, left: string, right: string, flags: Record<string, string>, heading = ''): Run<number> {
  const a = yield* readSide(p, left, 'N' in flags)
  const b = yield* readSide(p, right, 'N' in flags)
  if (a === undefined || b === undefined) return 2
  if ((a.binary || b.binary) && a.lines.join('\n') !== b.lines.join('\n')) {
    yield* p.out('q' in flags ? `Files ${left} and ${right} differ\n` : `Binary files ${left} and ${right} differ\n`)
    return 1
  }
  const plain = (line: string): string =>
    'w' in flags
      ? line.replace(/\s+/g, '')
      : 'b' in flags
        ? line.replace(/\s+/g, ' ').trimEnd()
        : 'i' in flags
          ? line.toLowerCase()
          : line
  const changes = changesOf(a.lines.map(plain), b.lines.map(plain))
  if (changes.length === 0) {
    if ('s' in flags) yield* p.out(`Files ${left} and ${right} are identical\n`)
    return 0
  }
  if ('q' in flags) yield* p.out(`Files ${left} and ${right} differ\n`)
  else yield* p.out(heading + changedText(left, right, a, b, changes, flags))
  return 1
}

function changedText(
  left: string,
  right: string,
  a: Side,
  b: Side,
  changes: readonly Change[],
  flags: Record<string, string>,
): string {
  if (!('u' in flags || 'U' in flags))
    return normal(a.lines, b.lines, changes).replace(/^[<>] \\ No newline/gm, '\\ No newline')
  const stamp = (ms: number): string => formatDate('%F %T.%N %z', ms)
  const body = unified(a.lines, b.lines, changes, Number(flags.U ?? 3))
  return `--- ${left}\t${stamp(a.mtimeMs)}\n+++ ${right}\t${stamp(b.mtimeMs)}\n${body}`.replace(
    /^[ +-]\\ No newline/gm,
    '\\ No newline',
  )
}

interface Sides {
  left: string
  right: string
  a: Uint8Array
  b: Uint8Array
}

const cmp: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'n', { silent: 's', quiet: 's', verbose: 'l', bytes: 'n' })
  const [left, right = '-'] = operands
  if (left === undefined) {
    yield* p.err("cmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n")
    return 2
  }
  const files: Uint8Array[] = []
  for (const name of [left, right]) {
    const got = name === '-' ? { text: yield* p.readAll(0) } : yield* p.readFile(name)
    if ('error' in got) {
      if (!('s' in flags)) yield* p.err(`cmp: ${name}: ${errnoText(got.error)}\n`)
      return 2
    }
    files.push(bytesOfText(got.text).subarray(0, flags.n === undefined ? undefined : Number(flags.n)))
  }
  const [a = new Uint8Array(), b = new Uint8Array()] = files
  return yield* compared(p, { left, right, a, b }, flags)
}

function* compared(p: Proc, { left, right, a, b }: Sides, flags: Record<string, string>): Run<number> {
  const both = Math.min(a.length, b.length)
  const places = Array.from({ length: both }, (_, at) => at).filter((at) => a[at] !== b[at])
  const [first] = places
  if (first === undefined && a.length === b.length) return 0
  if ('s' in flags) return 1
  const lines = (end: number): number => a.subarray(0, end).filter((byte) => byte === 10).length
  const width = String(both).length
  const octal = (byte = 0): string => byte.toString(8).padStart(3)
  if ('l' in flags)
    for (const at of places) yield* p.out(`${String(at + 1).padStart(width)} ${octal(a[at])} ${octal(b[at])}\n`)
  else if (first !== undefined) yield* p.out(`${left} ${right} differ: byte ${first + 1}, line ${lines(first) + 1}\n`)
  if (a.length !== b.length && (first === undefined || 'l' in flags))
    yield* endsEarly(p, { left, right, a, b }, 'l' in flags)
  return 1
}

function* endsEarly(p: Proc, { left, right, a, b }: Sides, verbose: boolean): Run<void> {
  const [name, short] = a.length < b.length ? [left, a] : [right, b]
  if (short.length === 0) return yield* p.err(`cmp: EOF on ${name} which is empty\n`)
  const lines = short.filter((byte) => byte === 10).length
  const where = short.at(-1) === 10 ? `line ${lines}` : `in line ${lines + 1}`
  yield* p.err(`cmp: EOF on ${name} after byte ${short.length}${verbose ? '' : `, ${where}`}\n`)
}

export const diffPrograms: Record<string, Program> = { diff, cmp }
