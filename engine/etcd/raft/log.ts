/** The log as a list. Models raft/log.go. */
import type { Entry, RaftLog } from './types.ts'

export function makeLog(): RaftLog {
  return { offset: 0, offsetTerm: 0, entries: [] }
}

export function lastIndex(log: RaftLog): number {
  return log.offset + log.entries.length
}

export function lastTerm(log: RaftLog): number {
  return termAt(log, lastIndex(log)) ?? 0
}

/** The term of an entry; undefined when it left the log or is not there yet. */
export function termAt(log: RaftLog, index: number): number | undefined {
  if (index === log.offset) return log.offsetTerm
  return log.entries[index - log.offset - 1]?.term
}

export function entryAt(log: RaftLog, index: number): Entry | undefined {
  return log.entries[index - log.offset - 1]
}

/** Up to `max` entries from an index on. */
export function entriesFrom(log: RaftLog, index: number, max: number): Entry[] {
  const start = index - log.offset - 1
  return log.entries.slice(start, start + max)
}

/** Whether a log that ends so holds all that this one must not lose: the last term, then the length. */
export function isUpToDate(log: RaftLog, index: number, term: number): boolean {
  const own = lastTerm(log)
  return term > own || (term === own && index >= lastIndex(log))
}

/** Adds entries after a place where the logs agree; what contradicts them is cut off. Throws below `commit`. */
export function graft(log: RaftLog, entries: readonly Entry[], commit: number): void {
  const conflict = entries.findIndex((entry) => termAt(log, entry.index) !== entry.term)
  if (conflict < 0) return
  const first = entries[conflict] as Entry
  if (first.index <= commit) throw new Error(`raft: entry ${first.index} conflicts with committed entry ${commit}`)
  log.entries.length = first.index - log.offset - 1
  for (let at = conflict; at < entries.length; at++) log.entries.push(entries[at] as Entry)
}

/** The last entry at or before an index whose term is not above the term: where the logs may agree. */
export function lastPossibleMatch(log: RaftLog, index: number, term: number): { index: number; term: number } {
  let at = Math.min(index, lastIndex(log))
  while (at > log.offset && (termAt(log, at) as number) > term) at--
  return { index: at, term: termAt(log, at) ?? 0 }
}

/** Drops entries up to an index. */
export function shorten(log: RaftLog, upTo: number): void {
  if (upTo <= log.offset) return
  const term = termAt(log, upTo) as number
  log.entries.splice(0, upTo - log.offset)
  log.offset = upTo
  log.offsetTerm = term
}
