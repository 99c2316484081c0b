/** diff: normal and unified output (-u, -U n), -q, -N, -r on files side by side. Models GNU diff's forms. Not modelled: -y, -c, --color, directories. */
import type { Program, Proc, Run } from '../../host/process.ts'
import { formatDate } from '../dates.ts'
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

function* readSide(
  p: Proc,
  name: string,
  absentIsEmpty: boolean,
): Run<{ lines: string[]; mtimeMs: number } | undefined> {
  const got = yield* p.readFile(name === '-' ? '/dev/stdin' : name)
  if ('error' in got) {
    if (absentIsEmpty && got.error === 'ENOENT') return { lines: [], mtimeMs: 0 }
    yield* p.err(
      `diff: ${name}: ${got.error === 'EACCES' ? 'Permission denied' : got.error === 'EISDIR' ? 'not simulated: directories' : 'No such file or directory'}\n`,
    )
    return undefined
  }
  const stat = yield* p.stat(name)
  const text = got.text.endsWith('\n') || got.text === '' ? got.text : `${got.text}\n\\ No newline at end of file\n`
  return {
    lines: text === '' ? [] : text.slice(0, -1).split('\n'),
    mtimeMs: 'mtimeMs' in stat ? stat.mtimeMs : yield* p.now(),
  }
}

const diff: Program = function* (argv, p) {
  const { flags, operands } = parseFlags(argv, 'U', {
    unified: 'u',
    brief: 'q',
    'new-file': 'N',
    'ignore-all-space': 'w',
    'report-identical-files': 's',
  })
  const [left, right] = operands
  if (left === undefined || right === undefined) {
    yield* p.err(`diff: missing operand after '${left ?? 'diff'}'\ndiff: Try 'diff --help' for more information.\n`)
    return 2
  }
  const a = yield* readSide(p, left, 'N' in flags)
  const b = yield* readSide(p, right, 'N' in flags)
  if (a === undefined || b === undefined) return 2
  const plain = (line: string): string => ('w' in flags ? line.replace(/\s+/g, '') : line)
  const changes = changesOf(a.lines.map(plain), b.lines.map(plain))
  if (changes.length === 0) {
    if ('s' in flags) yield* p.out(`Files ${left} and ${right} are identical\n`)
    return 0
  }
  if ('q' in flags) yield* p.out(`Files ${left} and ${right} differ\n`)
  else if ('u' in flags || 'U' in flags) {
    const stamp = (ms: number): string => formatDate('%F %T.%N %z', ms)
    yield* p.out(
      `--- ${left}\t${stamp(a.mtimeMs)}\n+++ ${right}\t${stamp(b.mtimeMs)}\n${unified(a.lines, b.lines, changes, Number(flags.U ?? 3))}`.replace(
        /^[ +-]\\ No newline/gm,
        '\\ No newline',
      ),
    )
  } else yield* p.out(normal(a.lines, b.lines, changes).replace(/^[<>] \\ No newline/gm, '\\ No newline'))
  return 1
}

const cmp: Program = function* (argv, p) {
  const [left = '', right = ''] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const a = yield* p.readFile(left)
  const b = yield* p.readFile(right)
  if ('error' in a || 'error' in b) {
    yield* p.err(`cmp: ${'error' in a ? left : right}: No such file or directory\n`)
    return 2
  }
  if (a.text === b.text) return 0
  let at = 0
  while (a.text.charAt(at) === b.text.charAt(at)) at++
  if (!argv.includes('-s'))
    yield* p.out(`${left} ${right} differ: byte ${at + 1}, line ${a.text.slice(0, at).split('\n').length}\n`)
  return 1
}

export const diffPrograms: Record<string, Program> = { diff, cmp }
