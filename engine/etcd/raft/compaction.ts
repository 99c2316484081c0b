/** When entries leave the log. Models server/etcdserver/server.go (triggerSnapshot, compactRaftLog). */
import { shorten } from './log.ts'
import { metaOf } from './snapshot.ts'
import type { RaftState } from './types.ts'

export interface CompactionFlags {
  /** --snapshot-count: applied entries from one snapshot to the next. */
  snapshotCount?: number
  /** --snapshot-catchup-entries: what a snapshot leaves in the log for slow members. */
  snapshotCatchUpEntries?: number
  /** Entries that stay although every member has them. Not a flag of etcd's: it spares memory, and nobody can tell. */
  keptEntries?: number
}

const SNAPSHOT_COUNT = 10_000
const CATCH_UP_ENTRIES = 5000

/** As a snapshot allows; besides, entries that every member has are of no more use, some kept for good measure. */
export function compactLog(state: RaftState, { keptEntries, ...flags }: CompactionFlags): void {
  const { applied, log, safe, snapshot } = state
  if (applied - (snapshot?.index ?? 0) > (flags.snapshotCount ?? SNAPSHOT_COUNT)) takeSnapshot(state, flags)
  if (keptEntries !== undefined && log.entries.length > 2 * keptEntries)
    shorten(log, Math.min(applied, safe) - keptEntries)
}

/** While a member waits for a snapshot, the log stays. */
function takeSnapshot(state: RaftState, { snapshotCatchUpEntries }: CompactionFlags): void {
  state.snapshot = metaOf(state)
  if (Object.values(state.progress).some((progress) => progress.state === 'snapshot')) return
  shorten(state.log, state.applied - (snapshotCatchUpEntries ?? CATCH_UP_ENTRIES))
}

/** Takes a snapshot now, and drops the log up to an index that is applied. */
export function compactTo(state: RaftState, index: number): void {
  state.snapshot = metaOf(state)
  shorten(state.log, Math.min(index, state.applied))
}
