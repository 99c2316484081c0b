/** What health checks and metrics look at, gathered from a member. */
import type { Command } from './apply.ts'
import type { Database } from './database.ts'
import type { EtcdFlags } from './flags.ts'
import type { HealthFacts } from './http.ts'
import type { RaftNode } from './node.ts'
import type { MemberId } from './raft/types.ts'

export interface Examined {
  readonly memberId: MemberId
  readonly isLearner: boolean
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: RaftNode<Command>
}

/** What the process counted since it began. */
export interface HealthCounts {
  leaderChanges: number
  failedProposals: number
  pendingProposals: number
}

export function healthFacts(
  { memberId, isLearner, flags, db, raft }: Examined,
  counts: HealthCounts,
  { now, clockMs }: { now: number; clockMs: number },
): HealthFacts {
  const { leaderChanges, failedProposals: failed, pendingProposals: pending } = counts
  return {
    version: flags.version,
    clusterVersion: db.membership.version,
    alarms: db.alarms,
    isLearner,
    memberId,
    hasLeader: raft.lead !== null,
    isLeader: raft.isLeader,
    leaderChanges,
    proposals: { committed: raft.view.commit, applied: raft.applied, pending, failed },
    dbSize: db.backend.sizeBytes(now),
    dbSizeInUse: db.backend.inUseBytes(now),
    quotaBytes: flags.quotaBytes,
    get keys() {
      return db.store.range('\0', '\0', { countOnly: true }).count
    },
    fsyncMs: flags.fsyncMs,
    clockMs,
  }
}
