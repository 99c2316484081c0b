/** Durations of the network's components. */
export const NETWORK_FLAGS = {
  /** kube-proxy iptables.minSyncPeriod */
  minSyncPeriodMs: 1_000,
  /** kube-proxy iptables.syncPeriod */
  syncPeriodMs: 30_000,
  /** CoreDNS plugin/reload: interval and jitter. */
  reloadIntervalMs: 30_000,
  reloadJitterMs: 15_000,
  /** CoreDNS from start to serving. */
  dnsStartMs: 200,
  /** CoreDNS plugin/health lameduck. */
  lameduckMs: 5_000,
  /** CoreDNS waits so long for the API before it serves anyway. */
  apiWaitMs: 5_000,
  /** plugin/kubernetes `ttl`, when the Corefile names none. */
  dnsTtlSeconds: 5,
  /** resolv.conf options timeout and attempts. */
  dnsTimeoutMs: 5_000,
  dnsAttempts: 2,
  /** A SYN without an answer is given up after this (Linux, 6 retries). */
  connectTimeoutMs: 127_000,
  /** From host to host and back, for answers that no component gives. */
  roundTripMs: 1,
} as const
