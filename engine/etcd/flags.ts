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
}

/** How long a request may take: 5 s and two election timeouts (H1). */
export function requestTimeoutMs(flags: EtcdFlags): number {
  return 5000 + 2 * flags.electionTimeoutMs
}
