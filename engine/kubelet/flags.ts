import { msOf } from './settings/settings.ts'
import type { ConfigTree } from './settings/config-schema.ts'

/** Durations and limits of the kubelet, units last; the upstream field or flag in the comment (B1, F4, F13). */
export interface KubeletFlags {
  /** nodeStatusUpdateFrequency */
  nodeStatusUpdateMs: number
  /** nodeStatusReportFrequency: an unchanged status is posted this often. */
  nodeStatusReportMs: number
  /** nodeLeaseDurationSeconds */
  nodeLeaseDurationSeconds: number
  /** A quarter of the lease duration. */
  leaseRenewMs: number
  /** genericPlegRelistPeriod */
  plegRelistMs: number
  /** housekeeping of the sync loop: pods whose containers ended are taken up again at its tick (syncTicker). */
  syncLoopMs: number
  /** housekeepingPeriod: mirrors that should have gone are tried again. */
  housekeepingMs: number
  /** backOffPeriod: a failed sync is tried again after this, plus up to half of it. */
  errorResyncMs: number
  errorResyncJitter: number
  /** While the network is not ready: backOffOnTransientErrorPeriod. */
  transientResyncMs: number
  /** Pods with ConfigMap and Secret volumes look for changes this often: syncFrequency. */
  volumeResyncMs: number
  /** initialBackoff of a crashing container. */
  restartBackOffMs: number
  /** crashLoopBackOff.maxContainerRestartPeriod */
  restartBackOffCapMs: number
  imageBackOffMs: number
  imageBackOffCapMs: number
  /** serializeImagePulls */
  serializeImagePulls: boolean
  /** maxParallelImagePulls: how many at once when they are not serialized. */
  maxParallelImagePulls: number
  /** Unsent pod statuses are retried this often: syncPeriod of the status manager. */
  statusSyncMs: number
  /** minimumGracePeriodInSeconds after a preStop hook. */
  minimumGraceMs: number
  maxPods: number
  /** fileCheckFrequency */
  manifestPollMs: number
  staticPodPath: string
  /** clusterDNS */
  clusterDns: readonly string[]
  /** clusterDomain */
  clusterDomain: string
  /** A retry of a failed volume mount: doubles from here to the cap. */
  mountRetryMs: number
  mountRetryCapMs: number
  /** podAttachAndMountTimeout: a sync waits so long for the volumes. */
  mountTimeoutMs: number
  /** How long the kubelet keeps saying Ready after its container runtime went away. */
  runtimeDownGraceMs: number
  /** relistThreshold: from then on the PLEG counts as unhealthy too. */
  plegUnhealthyMs: number
  /** evictionPressureTransitionPeriod */
  pressureTransitionMs: number
}

export const DEFAULT_FLAGS: KubeletFlags = {
  nodeStatusUpdateMs: 10_000,
  nodeStatusReportMs: 300_000,
  nodeLeaseDurationSeconds: 40,
  leaseRenewMs: 10_000,
  plegRelistMs: 1_000,
  syncLoopMs: 1_000,
  housekeepingMs: 2_000,
  errorResyncMs: 10_000,
  errorResyncJitter: 0.5,
  transientResyncMs: 1_000,
  volumeResyncMs: 60_000,
  restartBackOffMs: 10_000,
  restartBackOffCapMs: 300_000,
  imageBackOffMs: 10_000,
  imageBackOffCapMs: 300_000,
  serializeImagePulls: true,
  maxParallelImagePulls: Infinity,
  statusSyncMs: 10_000,
  minimumGraceMs: 2_000,
  maxPods: 110,
  manifestPollMs: 20_000,
  staticPodPath: '/etc/kubernetes/manifests',
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  mountRetryMs: 500,
  mountRetryCapMs: 122_000,
  mountTimeoutMs: 123_000,
  runtimeDownGraceMs: 30_000,
  plegUnhealthyMs: 180_000,
  pressureTransitionMs: 300_000,
}

/** What the fields of a configuration make of them. */
export function flagsFrom(config: ConfigTree): Partial<KubeletFlags> {
  const lease = Number(config['nodeLeaseDurationSeconds'])
  const restart = config['crashLoopBackOff'] as { maxContainerRestartPeriod?: string } | undefined
  const capMs =
    restart?.maxContainerRestartPeriod === undefined
      ? 300_000
      : msOf(config, 'crashLoopBackOff.maxContainerRestartPeriod')
  return {
    nodeStatusUpdateMs: msOf(config, 'nodeStatusUpdateFrequency'),
    // Who sets only the update frequency also means the report frequency.
    nodeStatusReportMs: msOf(config, 'nodeStatusReportFrequency'),
    nodeLeaseDurationSeconds: lease,
    leaseRenewMs: lease * 250,
    volumeResyncMs: msOf(config, 'syncFrequency'),
    restartBackOffMs: Math.min(DEFAULT_FLAGS.restartBackOffMs, capMs),
    restartBackOffCapMs: capMs,
    serializeImagePulls: config['serializeImagePulls'] === true,
    maxParallelImagePulls: (config['maxParallelImagePulls'] as number | undefined) ?? Infinity,
    maxPods: Number(config['maxPods']),
    manifestPollMs: msOf(config, 'fileCheckFrequency'),
    staticPodPath: (config['staticPodPath'] as string | undefined) ?? '',
    clusterDns: (config['clusterDNS'] as string[] | undefined) ?? [],
    clusterDomain: (config['clusterDomain'] as string | undefined) ?? '',
    pressureTransitionMs: msOf(config, 'evictionPressureTransitionPeriod'),
  }
}

/** How long the container runtime takes; drawn between the two by the node's own random stream. */
export const RUNTIME_TIMES = {
  sandboxMs: [120, 380],
  startMs: [40, 160],
  /** A pull whose layers are all there: only the tag is resolved. */
  resolveMs: [300, 700],
  /** Bytes a millisecond (about 40 MB/s). */
  bandwidth: 40_000,
  /** TERM reached a process that ends at once. */
  exitMs: [20, 90],
} as const
