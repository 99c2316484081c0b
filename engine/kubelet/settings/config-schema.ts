/** The fields of KubeletConfiguration v1beta1 with their types and defaults, by release. Models k8s.io/kubelet/config/v1beta1. */

/** `bool`, `int32`, `string`, `duration`, `[]x`, `map x`, or the name of a struct. */
type TypeText = string

export interface Field {
  name: string
  type: TypeText
  since: number
  gone: number
}

const STRUCTS: Record<string, string> = {
  KubeletConfiguration: `
    enableServer:bool staticPodPath:string podLogsDir:string@29 syncFrequency:duration fileCheckFrequency:duration
    httpCheckFrequency:duration staticPodURL:string staticPodURLHeader:map[][]string address:string port:int32
    readOnlyPort:int32 tlsCertFile:string tlsPrivateKeyFile:string tlsCipherSuites:[]string tlsMinVersion:string
    rotateCertificates:bool serverTLSBootstrap:bool authentication:KubeletAuthentication
    authorization:KubeletAuthorization registryPullQPS:int32 registryBurst:int32 imagePullCredentialsVerificationPolicy:string@33
    preloadedImagesVerificationAllowlist:[]string@33 eventRecordQPS:int32 eventBurst:int32
    enableDebuggingHandlers:bool enableContentionProfiling:bool healthzPort:int32 healthzBindAddress:string
    oomScoreAdj:int32 clusterDomain:string clusterDNS:[]string streamingConnectionIdleTimeout:duration
    nodeStatusUpdateFrequency:duration nodeStatusReportFrequency:duration nodeLeaseDurationSeconds:int32
    imageMinimumGCAge:duration imageMaximumGCAge:duration@29 imageGCHighThresholdPercent:int32
    imageGCLowThresholdPercent:int32 volumeStatsAggPeriod:duration kubeletCgroups:string systemCgroups:string
    cgroupRoot:string cgroupsPerQOS:bool cgroupDriver:string cpuManagerPolicy:string singleProcessOOMKill:bool@32
    cpuManagerPolicyOptions:map[]string cpuManagerReconcilePeriod:duration memoryManagerPolicy:string
    topologyManagerPolicy:string topologyManagerScope:string topologyManagerPolicyOptions:map[]string
    qosReserved:map[]string runtimeRequestTimeout:duration hairpinMode:string maxPods:int32 podCIDR:string
    podPidsLimit:int64 resolvConf:string runOnce:bool cpuCFSQuota:bool cpuCFSQuotaPeriod:duration
    nodeStatusMaxImages:int32 maxOpenFiles:int64 contentType:string kubeAPIQPS:int32 kubeAPIBurst:int32
    serializeImagePulls:bool maxParallelImagePulls:int32@27 evictionHard:map[]string evictionSoft:map[]string
    evictionSoftGracePeriod:map[]string evictionPressureTransitionPeriod:duration evictionMaxPodGracePeriod:int32
    evictionMinimumReclaim:map[]string mergeDefaultEvictionSettings:bool@33 podsPerCore:int32
    enableControllerAttachDetach:bool protectKernelDefaults:bool makeIPTablesUtilChains:bool
    iptablesMasqueradeBit:int32 iptablesDropBit:int32 featureGates:map[]bool failSwapOn:bool
    memorySwap:MemorySwapConfiguration containerLogMaxSize:string containerLogMaxFiles:int32
    containerLogMaxWorkers:int32@30 containerLogMonitorInterval:duration@30
    configMapAndSecretChangeDetectionStrategy:ResourceChangeDetectionStrategy systemReserved:map[]string
    kubeReserved:map[]string reservedSystemCPUs:string showHiddenMetricsForVersion:string
    systemReservedCgroup:string kubeReservedCgroup:string enforceNodeAllocatable:[]string
    allowedUnsafeSysctls:[]string volumePluginDir:string providerID:string kernelMemcgNotification:bool
    logging:LoggingConfiguration enableSystemLogHandler:bool enableSystemLogQuery:bool@27
    shutdownGracePeriod:duration shutdownGracePeriodCriticalPods:duration
    shutdownGracePeriodByPodPriority:[]ShutdownGracePeriodByPodPriority crashLoopBackOff:CrashLoopBackOffConfig@32
    reservedMemory:[]MemoryReservation enableProfilingHandler:bool enableDebugFlagsHandler:bool
    seccompDefault:bool memoryThrottlingFactor:float64 registerWithTaints:[]Taint registerNode:bool
    tracing:TracingConfiguration localStorageCapacityIsolation:bool containerRuntimeEndpoint:string@27
    imageServiceEndpoint:string@27 failCgroupV1:bool@31 userNamespaces:UserNamespaces@33`,
  KubeletAuthentication:
    'x509:KubeletX509Authentication webhook:KubeletWebhookAuthentication anonymous:KubeletAnonymousAuthentication',
  KubeletX509Authentication: 'clientCAFile:string',
  KubeletWebhookAuthentication: 'enabled:bool cacheTTL:duration',
  KubeletAnonymousAuthentication: 'enabled:bool',
  KubeletAuthorization: 'mode:KubeletAuthorizationMode webhook:KubeletWebhookAuthorization',
  KubeletWebhookAuthorization: 'cacheAuthorizedTTL:duration cacheUnauthorizedTTL:duration',
  MemorySwapConfiguration: 'swapBehavior:string',
  CrashLoopBackOffConfig: 'maxContainerRestartPeriod:duration',
  ShutdownGracePeriodByPodPriority: 'priority:int32 shutdownGracePeriodSeconds:int64',
  MemoryReservation: 'numaNode:int32 limits:any',
  Taint: 'key:string value:string effect:string timeAdded:any',
  LoggingConfiguration: 'format:string flushFrequency:any verbosity:uint32 vmodule:any options:any',
  TracingConfiguration: 'endpoint:string samplingRatePerMillion:int32',
  UserNamespaces: 'idsPerPod:int64',
}

/** Where Go keeps the structs that are not of the package v1beta1. */
const PACKAGES: Record<string, string> = { Taint: 'v1', LoggingConfiguration: 'v1', TracingConfiguration: 'v1' }
/** Texts with a Go type of their own. */
const NAMED_STRINGS = ['KubeletAuthorizationMode', 'ResourceChangeDetectionStrategy']

const read = new Map<string, Field[]>()

/** The fields of a struct, of all releases. */
export function fieldsOf(struct: string): readonly Field[] {
  let fields = read.get(struct)
  if (fields === undefined) {
    fields = (STRUCTS[struct] ?? '')
      .trim()
      .split(/\s+/)
      .map((text) => {
        const [name = '', rest = ''] = text.split(/:(.*)/s)
        const [type = '', since = '0'] = rest.split('@')
        return { name, type, since: Number(since), gone: Infinity }
      })
    read.set(struct, fields)
  }
  return fields
}

export const isStruct = (type: TypeText): boolean => STRUCTS[type] !== undefined
export const isText = (type: TypeText): boolean => type === 'string' || NAMED_STRINGS.includes(type)

/** As Go prints the type: `bool`, `map[string]string`, `v1beta1.KubeletAuthentication`. */
export function goType(type: TypeText): string {
  if (type.startsWith('map[]')) return `map[string]${goType(type.slice(5))}`
  if (type.startsWith('[]')) return `[]${goType(type.slice(2))}`
  if (isStruct(type)) return `${PACKAGES[type] ?? 'v1beta1'}.${type}`
  return NAMED_STRINGS.includes(type) ? `v1beta1.${type}` : type
}

/** Plain JSON values of the configuration, durations as Go texts. */
export type ConfigTree = Record<string, unknown>

/** What SetDefaults_KubeletConfiguration fills in where nothing is said. */
export const CONFIG_DEFAULTS: ConfigTree = {
  enableServer: true,
  syncFrequency: '1m0s',
  fileCheckFrequency: '20s',
  httpCheckFrequency: '20s',
  address: '0.0.0.0',
  port: 10250,
  readOnlyPort: 0,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true, cacheTTL: '2m0s' },
    x509: {},
  },
  authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
  registryPullQPS: 5,
  registryBurst: 10,
  eventRecordQPS: 50,
  eventBurst: 100,
  healthzPort: 10248,
  healthzBindAddress: '127.0.0.1',
  oomScoreAdj: -999,
  nodeStatusReportFrequency: '5m0s',
  nodeStatusUpdateFrequency: '10s',
  nodeLeaseDurationSeconds: 40,
  imageMinimumGCAge: '2m0s',
  imageMaximumGCAge: '0s',
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  cgroupsPerQOS: true,
  cgroupDriver: 'cgroupfs',
  cpuManagerPolicy: 'none',
  memoryManagerPolicy: 'None',
  topologyManagerPolicy: 'none',
  topologyManagerScope: 'container',
  hairpinMode: 'promiscuous-bridge',
  maxPods: 110,
  podPidsLimit: -1,
  cpuCFSQuotaPeriod: '100ms',
  nodeStatusMaxImages: 50,
  maxOpenFiles: 1_000_000,
  kubeAPIQPS: 50,
  kubeAPIBurst: 100,
  serializeImagePulls: true,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  },
  evictionPressureTransitionPeriod: '5m0s',
  failSwapOn: true,
  containerLogMaxSize: '10Mi',
  containerLogMaxFiles: 5,
  containerLogMaxWorkers: 1,
  containerLogMonitorInterval: '10s',
  enforceNodeAllocatable: ['pods'],
  registerNode: true,
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  shutdownGracePeriod: '0s',
  shutdownGracePeriodCriticalPods: '0s',
}
