/**
 * What a member's flags say. Models server/embed/config.go (NewConfig) (H1): the defaults are those of
 * each version. Whoever reads flags starts from `defaultConfig(version)`.
 */

/** One `name=url` of --initial-cluster. A member with two URLs stands there twice. */
export interface InitialMember {
  name: string
  url: string
}

/** --cert-file, --key-file, --trusted-ca-file, --client-cert-auth (and the same with --peer-). Paths on the member's host. */
export interface EtcdTls {
  certFile: string
  keyFile: string
  trustedCaFile: string
  clientCertAuth: boolean
}

export interface EtcdConfig {
  /** The binary's: `3.5.24`. */
  version: string
  name: string
  dataDir: string
  initialCluster: InitialMember[]
  initialClusterToken: string
  initialClusterState: 'new' | 'existing'
  initialAdvertisePeerUrls: string[]
  listenPeerUrls: string[]
  listenClientUrls: string[]
  advertiseClientUrls: string[]
  listenMetricsUrls: string[]
  /** Absent: plain HTTP. */
  clientTls?: EtcdTls
  peerTls?: EtcdTls
  /** 0: the default, 2 GiB; below 0: none. */
  quotaBackendBytes: number
  snapshotCount: number
  /** Entries kept for slow followers after a snapshot. */
  snapshotCatchupEntries: number
  heartbeatIntervalMs: number
  electionTimeoutMs: number
  preVote: boolean
  strictReconfigCheck: boolean
  forceNewCluster: boolean
  /** --experimental-initial-corrupt-check, --feature-gates=InitialCorruptCheck=true */
  initialCorruptCheck: boolean
  /** --corrupt-check-time, --experimental-corrupt-check-time; 0: never */
  corruptCheckMs: number
  autoCompactionMode: 'periodic' | 'revision'
  /** Periodic: ms; revision: how many revisions stay. 0: never. */
  autoCompactionRetention: number
  maxTxnOps: number
  maxRequestBytes: number
  maxLearners: number
  /** --watch-progress-notify-interval (3.4: fixed) */
  watchProgressNotifyIntervalMs: number
  /** --metrics=extensive */
  extensiveMetrics: boolean
}

export const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3

/** `3.5` of `3.5.24-0`. */
export function minorOf(version: string): number {
  return Number(/^v?3\.(\d+)/.exec(version)?.[1] ?? 6)
}

/** Whether a version is at least this one: `isAtLeast('3.5.24', 5, 11)`. */
export function isAtLeast(version: string, minor: number, patch = 0): boolean {
  const [, ownMinor = '6', ownPatch = '0'] = /^v?3\.(\d+)\.?(\d+)?/.exec(version) ?? []
  return Number(ownMinor) > minor || (Number(ownMinor) === minor && Number(ownPatch ?? 0) >= patch)
}

/** What etcd runs with when it gets no flags. */
export function defaultConfig(version: string): EtcdConfig {
  const minor = minorOf(version)
  return {
    version,
    name: 'default',
    dataDir: 'default.etcd',
    initialCluster: [{ name: 'default', url: 'http://localhost:2380' }],
    initialClusterToken: 'etcd-cluster',
    initialClusterState: 'new',
    initialAdvertisePeerUrls: ['http://localhost:2380'],
    listenPeerUrls: ['http://localhost:2380'],
    listenClientUrls: ['http://localhost:2379'],
    advertiseClientUrls: ['http://localhost:2379'],
    listenMetricsUrls: [],
    quotaBackendBytes: 0,
    snapshotCount: minor >= 6 ? 10_000 : 100_000,
    snapshotCatchupEntries: 5000,
    heartbeatIntervalMs: 100,
    electionTimeoutMs: 1000,
    preVote: minor >= 5,
    strictReconfigCheck: true,
    forceNewCluster: false,
    initialCorruptCheck: false,
    corruptCheckMs: 0,
    autoCompactionMode: 'periodic',
    autoCompactionRetention: 0,
    maxTxnOps: 128,
    maxRequestBytes: 1.5 * 1024 * 1024,
    maxLearners: 1,
    watchProgressNotifyIntervalMs: 600_000,
    extensiveMetrics: false,
  }
}

/** The quota in bytes; Infinity for none. */
export function quotaOf({ quotaBackendBytes }: EtcdConfig): number {
  if (quotaBackendBytes < 0) return Infinity
  return quotaBackendBytes === 0 ? DEFAULT_QUOTA_BYTES : quotaBackendBytes
}

export interface Listener {
  scheme: 'http' | 'https'
  /** As the URL says: an address, a name, or `0.0.0.0`. */
  address: string
  port: number
}

/** The address and the port of a URL that flags have accepted; undefined for unix sockets and nonsense. */
export function parseUrl(url: string): Listener | undefined {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/?$/.exec(url)
  if (match === null) return undefined
  const scheme = match[1] as 'http' | 'https'
  const address = (match[2] as string).replace(/^\[|\]$/g, '')
  return { scheme, address, port: Number(match[3] ?? (scheme === 'https' ? 443 : 80)) }
}

/** The peer URLs that --initial-cluster gives each name, in order of the names. */
export function urlsByName(members: readonly InitialMember[]): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const { name, url } of members) byName.set(name, [...(byName.get(name) ?? []), url].sort())
  return new Map([...byName].sort(([a], [b]) => (a < b ? -1 : 1)))
}
