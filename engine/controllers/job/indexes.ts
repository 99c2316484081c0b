/**
 * Completion indexes as text: `1,3-5,7`, a range only for three or more. Models
 * pkg/controller/job/indexed_job_utils.go (R2.5).
 */
import type { Pod } from '../../objects/types.gen.ts'

export const INDEX = 'batch.kubernetes.io/job-completion-index'

/** Rising, apart from each other by more than one. */
export type Indexes = readonly (readonly [first: number, last: number])[]

/** Those below `completions`. */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  const numbers = (text ?? '').split(',').flatMap((part) => {
    const [first = NaN, last = first] = part.split('-').map(Number)
    return part === '' || Number.isNaN(first) || first >= completions
      ? []
      : [[first, Math.min(last, completions - 1)] as const]
  })
  return mergeIndexes(numbers)
}

export function makeIndexes(indexes: Indexes): string {
  return indexes
    .map(([first, last]) => (last === first ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',')
}

function mergeIndexes(intervals: Indexes): Indexes {
  const merged: [number, number][] = []
  for (const [first, last] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const previous = merged[merged.length - 1]
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else merged.push([first, last])
  }
  return merged
}

export const unionOf = (a: Indexes, b: Indexes): Indexes => mergeIndexes([...a, ...b])

export const singles = (indexes: Iterable<number>): Indexes => mergeIndexes([...indexes].map((at) => [at, at] as const))

export const countIndexes = (indexes: Indexes): number =>
  indexes.reduce((sum, [first, last]) => sum + last - first + 1, 0)

export const hasIndex = (indexes: Indexes, at: number): boolean =>
  indexes.some(([first, last]) => first <= at && at <= last)

/** How many indexes are in both. */
export function overlapOf(a: Indexes, b: Indexes): number {
  let count = 0
  for (const [first, last] of a)
    for (const [from, to] of b) count += Math.max(0, Math.min(last, to) - Math.max(first, from) + 1)
  return count
}

/** The lowest `count` indexes below `completions` that are not taken. */
export function lowestMissing(taken: Indexes, count: number, completions: number): number[] {
  const found: number[] = []
  let candidate = 0
  for (const [first, last] of [...taken, [completions, completions] as const]) {
    for (; candidate < Math.min(first, completions) && found.length < count; candidate++) found.push(candidate)
    candidate = Math.max(candidate, last + 1)
  }
  return found
}

/** A pod's index, or -1. */
export function indexOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[INDEX] ?? ''
  return /^[0-9]+$/.test(text) ? Number(text) : -1
}
