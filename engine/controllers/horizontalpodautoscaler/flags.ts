/** Flags of the autoscaler (R5). Models pkg/controller/podautoscaler/config/v1alpha1/defaults.go. */
export interface HpaFlags {
  /** --horizontal-pod-autoscaler-sync-period */
  syncPeriodMs: number
  /** --horizontal-pod-autoscaler-downscale-stabilization */
  downscaleStabilizationMs: number
  /** --horizontal-pod-autoscaler-cpu-initialization-period */
  cpuInitializationPeriodMs: number
  /** --horizontal-pod-autoscaler-initial-readiness-delay */
  initialReadinessDelayMs: number
  /** --horizontal-pod-autoscaler-tolerance */
  tolerance: number
}

export const HPA_FLAGS: HpaFlags = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
  tolerance: 0.1,
}

/** From this release on an autoscaler may bring tolerances of its own (HPAConfigurableTolerance, beta). */
export const OWN_TOLERANCE_SINCE = 35
