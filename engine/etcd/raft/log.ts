/** The log as a list. Models raft/log.go. */
import type { Entry, RaftLog, SnapshotMeta } from './types.ts'

/** What no member can live with: its process ends with this text. */
export class RaftPanic extends Error {}

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

/**
 * Adds entries after a place where the logs agree; what contradicts them is cut off. Returns the index up to which
 * the log is as before. Throws below `commit`.
 */
export function graft(log: RaftLog, entries: readonly Entry[], commit: number): number {
  const conflict = entries.findIndex((entry) => termAt(log, entry.index) !== entry.term)
  if (conflict < 0) return lastIndex(log)
  const first = entries[conflict] as Entry
  if (first.index <= commit)
    throw new RaftPanic(`entry ${first.index} conflict with committed entry [committed(${commit})]`)
  log.entries.length = first.index - log.offset - 1
  for (let at = conflict; at < entries.length; at++) log.entries.push(entries[at] as Entry)
  return first.index - 1
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

/** The commit index that a leader names; a log that ends before it was lost. */
export function checkedCommit(log: RaftLog, commit: number): number {
  if (commit <= lastIndex(log)) return commit
  const where = `tocommit(${commit}) is out of range [lastIndex(${lastIndex(log)})]`
  throw new RaftPanic(`${where}. Was the raft log corrupted, truncated, or lost?`)
}

/** Forgets the log for a snapshot. */
export function restoreLog(log: RaftLog, { index, term }: SnapshotMeta): void {
  log.entries = []
  log.offset = index
  log.offsetTerm = term
}

/** Drops entries behind an index, as a disk does that had not written them yet. */
export function cutBehind(log: RaftLog, index: number): void {
  if (index < lastIndex(log)) log.entries.length = Math.max(index - log.offset, 0)
}
