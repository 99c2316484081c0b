/** Durations and switches of kube-apiserver. */
export interface ApiFlags {
  /** --request-timeout: reads. */
  requestTimeoutMs: number
  /** The deadline of writes (34 s, observed: O8). */
  writeTimeoutMs: number
  /** --min-request-timeout: a watch without a timeout of its own lasts this long, up to twice. */
  minWatchTimeoutMs: number
  /** --event-ttl */
  eventTtlMs: number
  /** How often a watch that allows them gets a bookmark (cacher: about a minute). */
  bookmarkPeriodMs: number
  /** How long a read waits for the watch cache to catch up. */
  freshTimeoutMs: number
  /** --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds */
  defaultTolerationSeconds: number
  /** --service-node-port-range */
  nodePortFirst: number
  nodePortLast: number
  /** --anonymous-auth */
  anonymousAuth: boolean
  /** --authorization-mode without RBAC and Node: everything is allowed. */
  alwaysAllow: boolean
}

export const API_FLAGS: ApiFlags = {
  requestTimeoutMs: 60_000,
  writeTimeoutMs: 34_000,
  minWatchTimeoutMs: 1_800_000,
  eventTtlMs: 3_600_000,
  bookmarkPeriodMs: 60_000,
  freshTimeoutMs: 3_000,
  defaultTolerationSeconds: 300,
  nodePortFirst: 30_000,
  nodePortLast: 32_767,
  anonymousAuth: true,
  alwaysAllow: false,
}
