/** Defaults of KubeSchedulerConfiguration (E1, E6). */
export const SCHEDULER_FLAGS = {
  /** podInitialBackoffSeconds */
  podInitialBackoffMs: 1_000,
  /** podMaxBackoffSeconds */
  podMaxBackoffMs: 10_000,
  /** How long an unschedulable pod waits at most without an event that may help. */
  unschedulableTimeoutMs: 300_000,
  /** How often those are looked for. */
  flushPeriodMs: 30_000,
  /** bindTimeoutSeconds of VolumeBinding. */
  volumeBindTimeoutMs: 600_000,
  /** How often a pod's claims are looked at while they are being bound. */
  volumeBindPollMs: 1_000,
  /** hardPodAffinityWeight of InterPodAffinity. */
  hardPodAffinityWeight: 1,
} as const

/** The scheduler that pods without schedulerName mean. */
export const SCHEDULER_NAME = 'default-scheduler'
