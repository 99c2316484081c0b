/** The metrics that dashboards and alerts look at. Models server/etcdserver/metrics.go, storage/mvcc/metrics.go, server/storage/wal/metrics.go. */
export interface MetricsFacts {
  version: string
  memberId: string
  hasLeader: boolean
  isLeader: boolean
  leaderChanges: number
  proposals: { committed: number; applied: number; pending: number; failed: number }
  dbSize: number
  dbSizeInUse: number
  quotaBytes: number
  keys: number
  /** How long the disk takes for a write. */
  fsyncMs: number
  clockMs: number
}

const FSYNC_BUCKETS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192]

type Row = [name: string, type: 'gauge' | 'counter', help: string, value: number]

export function metricsText(facts: MetricsFacts): string {
  const { proposals } = facts
  const rows: Row[] = [
    ['etcd_debugging_mvcc_keys_total', 'gauge', 'Total number of keys.', facts.keys],
    [
      'etcd_mvcc_db_total_size_in_bytes',
      'gauge',
      'Total size of the underlying database physically allocated in bytes.',
      facts.dbSize,
    ],
    [
      'etcd_mvcc_db_total_size_in_use_in_bytes',
      'gauge',
      'Total size of the underlying database logically in use in bytes.',
      facts.dbSizeInUse,
    ],
    [
      'etcd_server_has_leader',
      'gauge',
      'Whether or not a leader exists. 1 is existence, 0 is not.',
      Number(facts.hasLeader),
    ],
    [
      'etcd_server_is_leader',
      'gauge',
      'Whether or not this member is a leader. 1 if is, 0 otherwise.',
      Number(facts.isLeader),
    ],
    ['etcd_server_leader_changes_seen_total', 'counter', 'The number of leader changes seen.', facts.leaderChanges],
    [
      'etcd_server_proposals_applied_total',
      'gauge',
      'The total number of consensus proposals applied.',
      proposals.applied,
    ],
    [
      'etcd_server_proposals_committed_total',
      'gauge',
      'The total number of consensus proposals committed.',
      proposals.committed,
    ],
    ['etcd_server_proposals_failed_total', 'counter', 'The total number of failed proposals seen.', proposals.failed],
    ['etcd_server_proposals_pending', 'gauge', 'The current number of pending proposals to commit.', proposals.pending],
    ['etcd_server_quota_backend_bytes', 'gauge', 'Current backend storage quota size in bytes.', facts.quotaBytes],
  ]
  const head = histogram(facts)
  const body = rows.map(
    ([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${number(value)}\n`,
  )
  return head + body.join('') + labelled(facts)
}

function histogram({ fsyncMs, proposals }: MetricsFacts): string {
  const name = 'etcd_disk_wal_fsync_duration_seconds'
  const count = proposals.committed
  const seconds = (fsyncMs > 0 ? fsyncMs : 0.9) / 1000
  const rows = FSYNC_BUCKETS.map((bound) => `${name}_bucket{le="${bound}"} ${seconds <= bound ? count : 0}`)
  const help = `# HELP ${name} The latency distributions of fsync called by WAL.\n# TYPE ${name} histogram\n`
  return `${help}${[...rows, `${name}_bucket{le="+Inf"} ${count}`, `${name}_sum ${seconds * count}`, `${name}_count ${count}`].join('\n')}\n`
}

function labelled({ version, memberId }: MetricsFacts): string {
  const id = 'etcd_server_id'
  const ver = 'etcd_server_version'
  return (
    `# HELP ${id} Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.\n# TYPE ${id} gauge\n` +
    `${id}{server_id="${memberId}"} 1\n` +
    `# HELP ${ver} Which version is running. 1 for 'server_version' label with current version.\n# TYPE ${ver} gauge\n` +
    `${ver}{server_version="${version}"} 1\n`
  )
}

/** As Prometheus prints large numbers. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '+Inf'
  if (Math.abs(value) < 1e6 || !Number.isInteger(value)) return String(value)
  const [digits = '0', exponent = '0'] = value.toExponential().split('e+')
  return `${digits}e+${exponent.padStart(2, '0')}`
}
