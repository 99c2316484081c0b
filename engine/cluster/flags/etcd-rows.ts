/**
 * The flags of etcd 3.4 to 3.6 (O8b, O9). A line is `name type [default] [@since[-removed]]`, counted in etcd's
 * minor versions. Models server/embed/config.go and etcdmain/config.go.
 */
export type EtcdFlagType = 'bool' | 'int' | 'uint' | 'float' | 'duration' | 'string' | 'urls' | 'state' | 'ignored'

export interface EtcdFlagRow {
  name: string
  type: EtcdFlagType
  since: number
  removed: number
}

const TABLE = `
advertise-client-urls urls
auth-token string
auth-token-ttl uint
auto-compaction-mode string
auto-compaction-retention string
auto-tls bool
backend-batch-interval duration
backend-batch-limit int
backend-bbolt-freelist-type string @5
bcrypt-cost uint
bootstrap-defrag-threshold-megabytes uint @6
cert-file string
cipher-suites string
client-cert-allowed-hostname string
client-cert-auth bool
client-cert-file string @5
client-crl-file string
client-key-file string @5
compact-hash-check-time duration @6
compaction-batch-limit int @6
compaction-sleep-interval duration @6
config-file string
corrupt-check-time duration @6
cors string
data-dir string
debug bool @4-5
discovery string
discovery-endpoints string @6
discovery-fallback string
discovery-proxy string
discovery-srv string
discovery-srv-name string
discovery-token string @6
distributed-tracing-address string @6
distributed-tracing-instance-id string @6
distributed-tracing-sampling-rate int @6
distributed-tracing-service-name string @6
downgrade-check-time duration @6
election-timeout uint
enable-distributed-tracing bool @6
enable-grpc-gateway bool
enable-log-rotation bool @5
enable-pprof bool
enable-v2 bool @4-6
experimental-backend-bbolt-freelist-type string @4-6
experimental-bootstrap-defrag-threshold-megabytes uint @5-7
experimental-compact-hash-check-enabled bool @5-7
experimental-compact-hash-check-time duration @5-7
experimental-compaction-batch-limit int @4-7
experimental-compaction-sleep-interval duration @5-7
experimental-corrupt-check-time duration @4-7
experimental-distributed-tracing-address string @5-7
experimental-distributed-tracing-instance-id string @5-7
experimental-distributed-tracing-sampling-rate int @5-7
experimental-distributed-tracing-service-name string @5-7
experimental-downgrade-check-time duration @5-7
experimental-enable-distributed-tracing bool @5-7
experimental-enable-lease-checkpoint bool @4-7
experimental-enable-lease-checkpoint-persist bool @4-7
experimental-enable-v2v3 string @4-6
experimental-initial-corrupt-check bool @4-7
experimental-max-learners int @5-7
experimental-memory-mlock bool @5-7
experimental-peer-skip-client-san-verification bool @4-7
experimental-snapshot-catchup-entries uint @6-7
experimental-stop-grpc-service-on-defrag bool @5-7
experimental-txn-mode-write-with-shared-buffer bool @5-7
experimental-warning-apply-duration duration @4-7
experimental-warning-unary-request-duration duration @5-7
experimental-watch-progress-notify-interval duration @4-7
feature-gates string @6
force-new-cluster bool
grpc-keepalive-interval duration
grpc-keepalive-min-time duration
grpc-keepalive-timeout duration
heartbeat-interval uint
host-whitelist string
initial-advertise-peer-urls urls
initial-cluster string
initial-cluster-state state
initial-cluster-token string
initial-election-tick-advance bool
key-file string
listen-client-http-urls urls @5
listen-client-urls urls
listen-metrics-urls urls
listen-peer-urls urls
local-address string @6
log-format string @6
log-level string
log-outputs string
log-package-levels string @4-5
log-rotation-config-json string @5
logger string
max-concurrent-streams uint
max-learners int @6
max-request-bytes uint
max-snapshots uint
max-txn-ops uint
max-wals uint
memory-mlock bool @6
metrics string
name string
peer-auto-tls bool
peer-cert-allowed-cn string
peer-cert-allowed-hostname string
peer-cert-file string
peer-client-cert-auth bool
peer-client-cert-file string @5
peer-client-key-file string @5
peer-crl-file string
peer-key-file string
peer-skip-client-san-verification bool @6
peer-trusted-ca-file string
pre-vote bool
proxy string @4-6
proxy-dial-timeout uint @4-6
proxy-failure-wait uint @4-6
proxy-read-timeout uint @4-6
proxy-refresh-interval uint @4-6
proxy-write-timeout uint @4-6
quota-backend-bytes int
raft-read-timeout duration @5
raft-write-timeout duration @5
self-signed-cert-validity uint @5
snapshot-count uint
socket-reuse-address bool @5
socket-reuse-port bool @5
strict-reconfig-check bool
tls-max-version string @5
tls-min-version string @5
trusted-ca-file string
unsafe-no-fsync bool @5
v2-deprecation string @5
version bool
wal-dir string
warning-apply-duration duration @6
warning-unary-request-duration duration @6
watch-progress-notify-interval duration @6
cluster-active-size ignored
cluster-remove-delay ignored
cluster-sync-interval ignored
config ignored
force ignored
max-result-buffer ignored
max-retry-attempts ignored
peer-heartbeat-interval ignored
peer-election-timeout ignored
retry-interval ignored
snapshot ignored
v ignored
vv ignored
`

export const ETCD_ROWS: readonly EtcdFlagRow[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [, name = '', type = '', since, removed] = /^(\S+) (\S+)(?: @(\d+)(?:-(\d+))?)?$/.exec(line) ?? []
    return {
      name,
      type: type as EtcdFlagType,
      since: Number(since ?? 0),
      removed: removed === undefined ? Infinity : Number(removed),
    }
  })

/** Deprecated with 3.6; some name what stands in their place. */
export const ETCD_DEPRECATED: Readonly<Record<string, string>> = {
  'snapshot-count': '--snapshot-count is deprecated in 3.6 and will be decommissioned in 3.7.',
  'max-snapshots': '--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.7.',
  'v2-deprecation':
    '--v2-deprecation is deprecated and scheduled for removal in v3.8. The default value is enforced, ignoring user input.',
  ...instead('compact-hash-check-enabled', '--feature-gates=CompactHashCheck=true', '3.6'),
  ...instead('compact-hash-check-time', '--compact-hash-check-time', '3.6'),
  ...instead('txn-mode-write-with-shared-buffer', '--feature-gates=TxnModeWriteWithSharedBuffer=true'),
  ...instead('corrupt-check-time', '--corrupt-check-time'),
  ...instead('compaction-batch-limit', '--compaction-batch-limit'),
  ...instead('watch-progress-notify-interval', '--watch-progress-notify-interval'),
  ...instead('warning-apply-duration', '--warning-apply-duration'),
  ...instead('bootstrap-defrag-threshold-megabytes', '--bootstrap-defrag-threshold-megabytes'),
  ...instead('max-learners', '--max-learners'),
}

function instead(name: string, flag: string, since = 'v3.6'): Record<string, string> {
  const gone = since.replace('3.6', '3.7')
  const text = `--experimental-${name} is deprecated in ${since} and will be decommissioned in ${gone}. Use '${flag}' instead.`
  return { [`experimental-${name}`]: text }
}

/** What etcd prints to stderr behind an error of a flag. */
export const ETCD_USAGE = `Usage:

  etcd [flags]
    Start an etcd server.

  etcd --version
    Show the version of etcd.

  etcd -h | --help
    Show the help information about etcd.

  etcd --config-file
    Path to the server configuration file. Note that if a configuration file is provided, other command line flags and environment variables will be ignored.

  etcd gateway
    Run the stateless pass-through etcd TCP connection forwarding proxy.

  etcd grpc-proxy
    Run the stateless etcd v3 gRPC L7 reverse proxy.

`
