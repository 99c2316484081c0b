/** Flags of the autoscaler (R5). Models pkg/controller/podautoscaler/config/v1alpha1/defaults.go. */
export const HPA_FLAGS = {
  /** --horizontal-pod-autoscaler-sync-period */
  syncPeriodMs: 15_000,
  /** --horizontal-pod-autoscaler-downscale-stabilization */
  downscaleStabilizationMs: 300_000,
  /** --horizontal-pod-autoscaler-cpu-initialization-period */
  cpuInitializationPeriodMs: 300_000,
  /** --horizontal-pod-autoscaler-initial-readiness-delay */
  initialReadinessDelayMs: 30_000,
  /** --horizontal-pod-autoscaler-tolerance */
  tolerance: 0.1,
} as const

/** From this release on an autoscaler may bring tolerances of its own (HPAConfigurableTolerance, beta). */
export const OWN_TOLERANCE_SINCE = 35
