/** `diff -u` of two texts. Models GNU diff's unified format: hunks with three lines of context. */

interface Edit {
  sign: ' ' | '-' | '+'
  line: string
}

const CONTEXT = 3

/** Lines of a text; one that does not end in a newline is marked by its absence. */
const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** Longest common subsequence between the parts that differ. */
function edits(a: string[], b: string[]): Edit[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const same = (line: string): Edit => ({ sign: ' ', line })
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]
}

function middle(a: string[], b: string[]): Edit[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  const result: Edit[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push({ sign: ' ', line: a[i++]! })
      j++
    } else if (i < a.length && (j >= b.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!))
      result.push({ sign: '-', line: a[i++]! })
    else result.push({ sign: '+', line: b[j++]! })
  }
  return result
}

const range = (start: number, count: number): string =>
  count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`

/** The hunks, each with its `@@` line; empty when the texts are the same. */
export function unifiedHunks(before: string, after: string): string {
  const all = edits(linesOf(before), linesOf(after))
  const changed = all.flatMap((edit, i) => (edit.sign === ' ' ? [] : [i]))
  let output = ''
  for (let first = 0; first < changed.length;) {
    let last = first
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * CONTEXT) last++
    output += hunk(all, Math.max(0, changed[first]! - CONTEXT), Math.min(all.length, changed[last]! + CONTEXT + 1))
    first = last + 1
  }
  return output
}

function hunk(all: Edit[], from: number, to: number): string {
  const count = (list: Edit[], ...signs: string[]): number => list.filter(({ sign }) => signs.includes(sign)).length
  const [before, inside] = [all.slice(0, from), all.slice(from, to)]
  const old = range(count(before, ' ', '-') + 1, count(inside, ' ', '-'))
  const now = range(count(before, ' ', '+') + 1, count(inside, ' ', '+'))
  return `@@ -${old} +${now} @@\n${inside.map(({ sign, line }) => `${sign}${line}\n`).join('')}`
}
