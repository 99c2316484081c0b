/** Flags of the node lifecycle controller (B1). Rates are nodes a second. */
export interface NodeLifecycleFlags {
  /** --node-monitor-period */
  nodeMonitorPeriodMs: number
  /** --node-monitor-grace-period */
  nodeMonitorGracePeriodMs: number
  /** --node-startup-grace-period */
  nodeStartupGracePeriodMs: number
  /** --node-eviction-rate */
  nodeEvictionRate: number
  /** --secondary-node-eviction-rate */
  secondaryNodeEvictionRate: number
  /** --large-cluster-size-threshold */
  largeClusterSizeThreshold: number
  /** --unhealthy-zone-threshold */
  unhealthyZoneThreshold: number
  /** --pod-eviction-timeout: acts up to release 1.12 only, before evictions came from taints. */
  podEvictionTimeoutMs: number
}

/** The defaults of a minor release, such as 35 for 1.35. */
export function nodeLifecycleFlags(minor: number): NodeLifecycleFlags {
  return {
    nodeMonitorPeriodMs: 5_000,
    nodeMonitorGracePeriodMs: minor >= 32 ? 50_000 : 40_000,
    nodeStartupGracePeriodMs: 60_000,
    nodeEvictionRate: 0.1,
    secondaryNodeEvictionRate: 0.01,
    largeClusterSizeThreshold: 50,
    unhealthyZoneThreshold: 0.55,
    podEvictionTimeoutMs: 300_000,
  }
}

/** How often the queue of nodes to taint is looked at. */
export const NODE_EVICTION_PERIOD_MS = 100
/** The last minor release in which --pod-eviction-timeout acted by default. */
export const LAST_TIMEOUT_EVICTION_MINOR = 12
