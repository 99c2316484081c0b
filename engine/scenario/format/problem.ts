/** What is wrong with a scenario file, where, and what to do about it. */

export type DocumentPath = readonly (string | number)[]

export interface Problem {
  /** From 1. */
  line: number
  column: number
  message: string
  remedy: string
}

/** A problem by its place in the document; the loader finds line and column. */
export interface Finding {
  path: DocumentPath
  /** The place is this key of the mapping at `path`. */
  key?: string
  message: string
  remedy: string
}

/** `scenarios/x.yaml:12:7: unknown field … — did you mean …?` */
export function makeProblem(file: string, { line, column, message, remedy }: Problem): string {
  return `${file}:${line}:${column}: ${message}${remedy === '' ? '' : ` — ${remedy}`}`
}

/** The nearest of some words, when it is near enough to be meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const scored = words.map((one) => ({ one, distance: editDistance(word.toLowerCase(), one.toLowerCase()) }))
  const best = scored.sort((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.one : undefined
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
