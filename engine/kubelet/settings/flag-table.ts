/** The kubelet's command line by release. Models cmd/kubelet/app/options/options.go (O4, O9). */

export type FlagType =
  'bool' | 'string' | 'int32' | 'int64' | 'int' | 'float64' | 'duration' | 'strings' | 'map' | 'gates' | 'taints' | 'ip'

export interface Flag {
  name: string
  type: FlagType
  /** The field of KubeletConfiguration that it sets. */
  field?: string
  /** The minor release that brought it, and the one that no longer knows it. */
  since?: number
  gone?: number
  /** What the warning says after `has been deprecated, `. */
  deprecated?: (minor: number) => string
  short?: string
}

const BY_FILE = (): string =>
  "This parameter should be set via the config file specified by the Kubelet's --config flag. See https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/ for more information."

const soon = (text: string) => (): string => text

/** 1.31 on says when it goes. */
const pauseImage = (minor: number): string => {
  const when = minor <= 26 ? 'in 1.27' : minor <= 30 ? 'in a future release' : 'in 1.35'
  return `will be removed ${when}. Image garbage collector will get sandbox image information from CRI.`
}

/** Flags that no file replaces: `name type`, with the releases that have it. */
const OWN: readonly Flag[] = [
  { name: 'config', type: 'string' },
  { name: 'config-dir', type: 'string', since: 28 },
  { name: 'kubeconfig', type: 'string' },
  { name: 'bootstrap-kubeconfig', type: 'string' },
  { name: 'cert-dir', type: 'string' },
  { name: 'root-dir', type: 'string' },
  { name: 'hostname-override', type: 'string' },
  { name: 'node-ip', type: 'string' },
  { name: 'node-labels', type: 'map' },
  {
    name: 'cloud-provider',
    type: 'string',
    deprecated: soon('will be removed in 1.25 or later, in favor of removing cloud provider code from Kubelet.'),
  },
  {
    name: 'cloud-config',
    type: 'string',
    deprecated: soon('will be removed in 1.25 or later, in favor of removing cloud provider code from Kubelet.'),
  },
  { name: 'runtime-cgroups', type: 'string' },
  { name: 'lock-file', type: 'string' },
  { name: 'exit-on-lock-contention', type: 'bool' },
  { name: 'image-credential-provider-config', type: 'string' },
  { name: 'image-credential-provider-bin-dir', type: 'string' },
  { name: 'seccomp-default', type: 'bool', field: 'seccompDefault' },
  { name: 'v', type: 'int32', short: 'v' },
  { name: 'vmodule', type: 'string' },
  { name: 'log-flush-frequency', type: 'duration' },
  { name: 'provider-id', type: 'string', field: 'providerID' },
  { name: 'pod-infra-container-image', type: 'string', gone: 35, deprecated: pauseImage },
  {
    name: 'minimum-container-ttl-duration',
    type: 'duration',
    deprecated: soon('Use --eviction-hard or --eviction-soft instead. Will be removed in a future version.'),
  },
  {
    name: 'maximum-dead-containers-per-container',
    type: 'int32',
    deprecated: soon('Use --eviction-hard or --eviction-soft instead. Will be removed in a future version.'),
  },
  {
    name: 'maximum-dead-containers',
    type: 'int32',
    deprecated: soon('Use --eviction-hard or --eviction-soft instead. Will be removed in a future version.'),
  },
  {
    name: 'experimental-allocatable-ignore-eviction',
    type: 'bool',
    deprecated: soon('will be removed in 1.25 or later.'),
  },
  {
    name: 'keep-terminated-pod-volumes',
    type: 'bool',
    gone: 31,
    deprecated: soon('will be removed in a future version'),
  },
  { name: 'node-status-max-images', type: 'int32', field: 'nodeStatusMaxImages', deprecated: BY_FILE },
  {
    name: 'container-runtime',
    type: 'string',
    gone: 27,
    deprecated: soon("will be removed in 1.27 as the only valid value is 'remote'"),
  },
  { name: 'container-runtime-endpoint', type: 'string', gone: 27 },
  { name: 'image-service-endpoint', type: 'string', gone: 27 },
  { name: 'master-service-namespace', type: 'string', gone: 27, deprecated: soon('will be removed in 1.27') },
  ...[
    'network-plugin',
    'cni-conf-dir',
    'cni-bin-dir',
    'cni-cache-dir',
    'docker-endpoint',
    'non-masquerade-cidr',
    'dynamic-config-dir',
  ].map((name): Flag => ({ name, type: 'string', gone: 24 })),
  { name: 'network-plugin-mtu', type: 'int32', gone: 24 },
  { name: 'image-pull-progress-deadline', type: 'duration', gone: 24 },
  { name: 'register-schedulable', type: 'bool', gone: 23 },
]

/** Flags that set a field of the file, deprecated since they exist: `name type field[ since]`. */
const OF_FIELDS = `
address ip address
allowed-unsafe-sysctls strings allowedUnsafeSysctls
anonymous-auth bool authentication.anonymous.enabled
authentication-token-webhook bool authentication.webhook.enabled
authentication-token-webhook-cache-ttl duration authentication.webhook.cacheTTL
authorization-mode string authorization.mode
authorization-webhook-cache-authorized-ttl duration authorization.webhook.cacheAuthorizedTTL
authorization-webhook-cache-unauthorized-ttl duration authorization.webhook.cacheUnauthorizedTTL
cgroup-driver string cgroupDriver
cgroup-root string cgroupRoot
cgroups-per-qos bool cgroupsPerQOS
client-ca-file string authentication.x509.clientCAFile
cluster-dns strings clusterDNS
cluster-domain string clusterDomain
container-log-max-files int32 containerLogMaxFiles
container-log-max-size string containerLogMaxSize
container-runtime-endpoint string containerRuntimeEndpoint 27
contention-profiling bool enableContentionProfiling
cpu-cfs-quota bool cpuCFSQuota
cpu-cfs-quota-period duration cpuCFSQuotaPeriod
cpu-manager-policy string cpuManagerPolicy
cpu-manager-policy-options map cpuManagerPolicyOptions
cpu-manager-reconcile-period duration cpuManagerReconcilePeriod
enable-controller-attach-detach bool enableControllerAttachDetach
enable-debugging-handlers bool enableDebuggingHandlers
enable-server bool enableServer
enforce-node-allocatable strings enforceNodeAllocatable
event-burst int32 eventBurst
event-qps int32 eventRecordQPS
eviction-hard map evictionHard
eviction-max-pod-grace-period int32 evictionMaxPodGracePeriod
eviction-minimum-reclaim map evictionMinimumReclaim
eviction-pressure-transition-period duration evictionPressureTransitionPeriod
eviction-soft map evictionSoft
eviction-soft-grace-period map evictionSoftGracePeriod
fail-swap-on bool failSwapOn
feature-gates gates featureGates
file-check-frequency duration fileCheckFrequency
hairpin-mode string hairpinMode
healthz-bind-address ip healthzBindAddress
healthz-port int32 healthzPort
http-check-frequency duration httpCheckFrequency
image-gc-high-threshold int32 imageGCHighThresholdPercent
image-gc-low-threshold int32 imageGCLowThresholdPercent
image-service-endpoint string imageServiceEndpoint 27
iptables-drop-bit int32 iptablesDropBit
iptables-masquerade-bit int32 iptablesMasqueradeBit
kernel-memcg-notification bool kernelMemcgNotification
kube-api-burst int32 kubeAPIBurst
kube-api-content-type string contentType
kube-api-qps int32 kubeAPIQPS
kube-reserved map kubeReserved
kube-reserved-cgroup string kubeReservedCgroup
kubelet-cgroups string kubeletCgroups
local-storage-capacity-isolation bool localStorageCapacityIsolation
logging-format string logging.format
make-iptables-util-chains bool makeIPTablesUtilChains
manifest-url string staticPodURL
manifest-url-header map staticPodURLHeader
max-open-files int64 maxOpenFiles
max-pods int32 maxPods
memory-manager-policy string memoryManagerPolicy
minimum-image-ttl-duration duration imageMinimumGCAge
node-status-update-frequency duration nodeStatusUpdateFrequency
oom-score-adj int32 oomScoreAdj
pod-cidr string podCIDR
pod-manifest-path string staticPodPath
pod-max-pids int64 podPidsLimit
pods-per-core int32 podsPerCore
port int32 port
protect-kernel-defaults bool protectKernelDefaults
qos-reserved map qosReserved
read-only-port int32 readOnlyPort
register-node bool registerNode
register-with-taints taints registerWithTaints
registry-burst int32 registryBurst
registry-qps int32 registryPullQPS
reserved-cpus string reservedSystemCPUs
resolv-conf string resolvConf
rotate-certificates bool rotateCertificates
rotate-server-certificates bool serverTLSBootstrap
runonce bool runOnce
serialize-image-pulls bool serializeImagePulls
streaming-connection-idle-timeout duration streamingConnectionIdleTimeout
sync-frequency duration syncFrequency
system-cgroups string systemCgroups
system-reserved map systemReserved
system-reserved-cgroup string systemReservedCgroup
tls-cert-file string tlsCertFile
tls-cipher-suites strings tlsCipherSuites
tls-min-version string tlsMinVersion
tls-private-key-file string tlsPrivateKeyFile
topology-manager-policy string topologyManagerPolicy
topology-manager-scope string topologyManagerScope
volume-plugin-dir string volumePluginDir
volume-stats-agg-period duration volumeStatsAggPeriod
`

const BY_FIELD: readonly Flag[] = OF_FIELDS.trim()
  .split('\n')
  .map((line) => {
    const [name = '', type, field, since] = line.split(' ')
    return {
      name,
      type: type as FlagType,
      field,
      deprecated: BY_FILE,
      ...(since !== undefined && { since: Number(since) }),
    }
  })

/** `--runonce` went with 1.35. */
const GONE: Record<string, number> = { runonce: 35 }

const TABLE: readonly Flag[] = [...OWN, ...BY_FIELD].map((flag) =>
  GONE[flag.name] === undefined ? flag : { ...flag, gone: GONE[flag.name] },
)

/** The flags that a minor release knows. */
export function flagsOf(minor: number): readonly Flag[] {
  return TABLE.filter(({ since = 0, gone = Infinity }) => minor >= since && minor < gone)
}
