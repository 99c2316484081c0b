import { DEFAULT_QUOTA_BYTES, quotaOf } from './config.ts'
import type { EtcdConfig } from './config.ts'

/** Settings of an etcd member. Defaults are etcd's own where etcd has the setting. */
export interface EtcdFlags {
  /** --heartbeat-interval */
  heartbeatIntervalMs: number
  /** --election-timeout; each member waits between one and (almost) two of it. */
  electionTimeoutMs: number
  /** --pre-vote */
  preVote: boolean
  /** How long a write to the disk takes until it is safe (wal fsync). */
  fsyncMs: number
  /** --watch-progress-notify-interval (kubeadm sets 5 s) */
  watchProgressNotifyIntervalMs: number
  /** --max-txn-ops */
  maxTxnOps: number
  /** Applied entries that stay in the log although every member has them. Not a flag of etcd's, which counts snapshots. */
  keptEntries: number
  /** How often a read that got no index is asked again (readIndexRetryTime). */
  readIndexRetryMs: number
  /** What `status` reports. */
  version: string
  /** --max-request-bytes */
  maxRequestBytes: number
  /** --quota-backend-bytes; Infinity for none. */
  quotaBytes: number
  /** --snapshot-count */
  snapshotCount: number
  /** --experimental-snapshot-catchup-entries */
  snapshotCatchUpEntries: number
  /** --strict-reconfig-check */
  strictReconfigCheck: boolean
  /** --experimental-max-learners */
  maxLearners: number
  /** How long all members must have been connected before one may be added (HealthInterval). */
  healthIntervalMs: number
  /** How long a removed member lives on to tell the others (stopWithDelay). */
  removedStopMs: number
}

export const ETCD_FLAGS: EtcdFlags = {
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1000,
  preVote: true,
  fsyncMs: 0,
  watchProgressNotifyIntervalMs: 600_000,
  maxTxnOps: 128,
  keptEntries: 500,
  readIndexRetryMs: 500,
  version: '3.6.5',
  maxRequestBytes: 1.5 * 1024 * 1024,
  quotaBytes: DEFAULT_QUOTA_BYTES,
  snapshotCount: 10_000,
  snapshotCatchUpEntries: 5000,
  strictReconfigCheck: true,
  maxLearners: 1,
  healthIntervalMs: 5000,
  removedStopMs: 1000,
}

/** The settings among what a member's flags say. */
export function flagsOf(config: EtcdConfig): Partial<EtcdFlags> {
  const { heartbeatIntervalMs, electionTimeoutMs, preVote, watchProgressNotifyIntervalMs, maxTxnOps, version } = config
  const { maxRequestBytes, snapshotCount, strictReconfigCheck, maxLearners } = config
  return {
    ...{ heartbeatIntervalMs, electionTimeoutMs, preVote, watchProgressNotifyIntervalMs, maxTxnOps, version },
    ...{ maxRequestBytes, snapshotCount, strictReconfigCheck, maxLearners },
    quotaBytes: quotaOf(config),
    snapshotCatchUpEntries: config.snapshotCatchupEntries,
  }
}

/** How long a request may take: 5 s and two election timeouts (H1). */
export function requestTimeoutMs(flags: Pick<EtcdFlags, 'electionTimeoutMs'>): number {
  return 5000 + 2 * flags.electionTimeoutMs
}
