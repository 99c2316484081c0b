/** DefaultJobPodFailureBackOff: the wait after the first failed pod; each further one doubles it. */
export const POD_FAILURE_BACKOFF_MS = 10_000
/** MaxJobPodFailureBackOff */
export const MAX_POD_FAILURE_BACKOFF_MS = 600_000
/** SyncJobBatchPeriod: changes of pods are collected for this long. */
export const SYNC_BATCH_PERIOD_MS = 1_000
/** MaxPodCreateDeletePerSync */
export const MAX_PODS_PER_SYNC = 500
/** MaxUncountedPods: the most pods in status.uncountedTerminatedPods. */
export const MAX_UNCOUNTED_PODS = 500
