import type { PlainObject } from '../decode.ts'

const CONTEXT_LINES = 3

const goName = (key: string): string => key[0]!.toUpperCase() + key.slice(1)

function withGoNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withGoNames)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value as PlainObject).filter(([, one]) => one !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [goName(key), withGoNames(one)]),
  )
}

const linesOf = (value: unknown): string[] => JSON.stringify(withGoNames(value), null, 1).split('\n')

function commonHead(a: string[], b: string[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

function commonTail(a: string[], b: string[], head: number): number {
  let n = 0
  while (n < a.length - head && n < b.length - head && a[a.length - 1 - n] === b[b.length - 1 - n]) n++
  return n
}

/**
 * A unified diff of two specs as indented JSON, one hunk, as an API server (1.34 and later) appends it to
 * `pod updates may not change fields other than …`. Upstream prints its internal Go struct with every absent
 * field; here absent fields are left out, so line numbers differ.
 */
export function specDiff(before: unknown, after: unknown): string {
  const [a, b] = [linesOf(before), linesOf(after)]
  const head = commonHead(a, b)
  const tail = commonTail(a, b, head)
  const from = Math.max(0, head - CONTEXT_LINES)
  const after3 = a.slice(a.length - tail, a.length - tail + CONTEXT_LINES)
  const removed = a.slice(head, a.length - tail).map((line) => `-${line}`)
  const added = b.slice(head, b.length - tail).map((line) => `+${line}`)
  const context = a.slice(from, head).map((line) => ` ${line}`)
  const body = [...context, ...removed, ...added, ...after3.map((line) => ` ${line}`)]
  const around = context.length + after3.length
  const range = (changed: number) => `${from + 1},${around + changed}`
  return `@@ -${range(removed.length)} +${range(added.length)} @@\n${body.join('\n')}\n`
}
