/**
 * Feature gates by release. Models component-base/featuregate and pkg/features/kube_features.go. A line is
 * `Name stages`: `A20` alpha since 1.20 (off), `B22` beta (on; `B22-` off), `G24` general (on, locked
 * unless `G24~`), `D26` deprecated (off, `D26+` on), `X27` gone. The table has the gates of the API server,
 * the controllers, the scheduler, the proxy and the kubelet that tasks name; upstream has more.
 */
import { parseBool, ValueError } from './values.ts'

export interface Gate {
  name: string
  stage: 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED'
  on: boolean
  locked: boolean
}

const TABLE = `
APIListChunking B9 G29 X32
APIPriorityAndFairness A18 B20 G29 X31
APIResponseCompression B16
APIServerIdentity A20 B26
APIServerTracing A22 B27 G34
APIServingWithRoutine A30
AggregatedDiscoveryEndpoint A26 B27 G30 X33
AdmissionWebhookMatchConditions A27 B28 G30 X33
AllowServiceLBStatusOnNonLB D29
AllowUnsafeMalformedObjectDeletion A32
AnonymousAuthConfigurableEndpoints A31 B32 G34
AnyVolumeDataSource A18 B24 G33
AppArmor B4 G31 X33
AppArmorFields B30 G31 X33
AuthorizeNodeWithSelectors A31 B32 G34
AuthorizeWithSelectors A31 B32 G34
BalanceAttachedNodeVolumes A11 X22
BlockVolume G18 X21
BoundServiceAccountTokenVolume A13 B21 G22 X24
BtreeWatchCache B32 G33
CBORServingAndStorage A32
CPUManager B10 G26 X33
CPUManagerPolicyAlphaOptions A23
CPUManagerPolicyBetaOptions B23
CPUManagerPolicyOptions A22 B23 G33
CRDValidationRatcheting A28 B30 G33
CRIContainerLogRotation B11 G21 X22
CSIInlineVolume B16 G25 X27
CSIMigration B17 G25 X27
CSIMigrationAWS B17- B23 G25 X27
CSIMigrationAzureDisk B19- B23 G24 X26
CSIMigrationAzureFile A15 B21- B24 G26 X30
CSIMigrationGCE B17- B23 G25 X28
CSIMigrationOpenStack B18 G24 X26
CSIMigrationPortworx A23 B25- B31 G33
CSIMigrationvSphere B19- B25 G26 X29
CSINodeExpandSecret A25 B27 G29 X31
CSIServiceAccountToken A20 B21 G22 X25
CSIStorageCapacity A19 B21 G24 X28
CSIVolumeFSGroupPolicy A19 B20 G23 X25
CSIVolumeHealth A21
CSRDuration B22 G24 X26
ClusterTrustBundle A27 B33-
ClusterTrustBundleProjection A29 B33-
ComponentSLIs A26 B27 G32
ComponentFlagz A32
ComponentStatusz A32
ConcurrentWatchObjectDecode B31-
ConfigurableFSGroupPolicy A18 B20 G23 X25
ConsistentHTTPGetHandlers A25 X32
ConsistentListFromCache A28 B31 G34
ContainerCheckpoint A25 B30
ContainerRestartRules A34 B35
ContainerStopSignals A33
ContextualLogging A24 B30
ControllerManagerLeaderMigration A21 B22 G24 X27
ControllerManagerReleaseLeaderElectionLockOnExit B36-
CoordinatedLeaderElection A31 B33-
CronJobControllerV2 A20 B21 G22 X23
CronJobTimeZone A24 B25 G27 X29
CronJobsScheduledAnnotation B28 G32
CrossNamespaceVolumeDataSource A26
CustomCPUCFSQuotaPeriod A12
CustomResourceFieldSelectors A30 B31 G32
CustomResourceValidationExpressions A23 B25 G29 X31
DRAAdminAccess A32 B34
DRADeviceBindingConditions A34
DRADeviceTaints A33
DRAPartitionableDevices A33
DRAPrioritizedList A33 B34
DRAResourceClaimDeviceStatus A32 B33
DaemonSetUpdateSurge A21 B22 G25 X27
DefaultHostNetworkHostPortsInPodTemplates D28 X31
DefaultPodTopologySpread A19 B20 G24 X26
DeclarativeValidation B33
DeclarativeValidationTakeover B33-
DelegateFSGroupToCSIDriver A22 B23 G26 X28
DeploymentReplicaSetTerminatingReplicas A33 B35
DetectCacheInconsistency B34
DevicePlugins B10 G26 X28
DisableAllocatorDualWrite A31 B33- G34~
DisableCPUQuotaWithExclusiveCPUs B33
DisableCloudProviders A22 B29 G31 X33
DisableKubeletCloudCredentialProviders A23 B29 G31 X33
DisableNodeKubeProxyVersion A29 B31- D31 G34
DownwardAPIHugePages A20 B21- B22 G27 X29
DryRun B13 G19 X28
DynamicKubeletConfig A4 B11 D22 X26
DynamicResourceAllocation A26 B32- G34~
EfficientWatchResumption A20 B21 G24 X33
ElasticIndexedJob B27 G31 X32
EndpointSlice B17 G21 X25
EndpointSliceNodeName G21 X25
EndpointSliceProxying B19 G22 X25
EndpointSliceTerminatingCondition A20 B22 G26 X28
EnvFiles A34 B35
EphemeralContainers A16 B23 G25 X27
EvenPodsSpread B18 G19 X22
EventedPLEG A25 B27- A30
ExecProbeTimeout G20
ExpandCSIVolumes B16 G24 X27
ExpandInUsePersistentVolumes B15 G24 X27
ExpandPersistentVolumes B11 G24 X27
ExpandedDNSConfig A22 B26 G28 X30
ExternalServiceAccountTokenSigner A32 B34
GenericEphemeralVolume A19 B21 G23 X25
GracefulNodeShutdown A20 B21
GracefulNodeShutdownBasedOnPodPriority A23 B24
GRPCContainerProbe A23 B24 G27 X29
HPAConfigurableTolerance A33 B35
HPAContainerMetrics A20 B27 G30 X33
HPAScaleToZero A16
HonorPVReclaimPolicy A23 B31 G33
HostnameOverride A34 B35
HugePageStorageMediumSize B19 G22 X24
HugePages G14 X22
IPTablesOwnershipCleanup A25 B27 G28 X30
IPv6DualStack A15 B21 G23 X25
IdentifyPodOS A23 B24 G25 X27
ImageMaximumGCAge A29 B30 G35
ImageVolume A31 B33- B35
ImmutableEphemeralVolumes A18 B19 G21 X24
InPlacePodVerticalScaling A27 B33 G35
InPlacePodVerticalScalingAllocatedStatus A32 D33
InPlacePodVerticalScalingExclusiveCPUs A32
InOrderInformers B33 G36
IndexedJob A21 B22 G24 X26
IngressClassNamespacedParams A21 B22 G23 X25
InformerResourceVersion A30 G35
JobBackoffLimitPerIndex A28 B29 G33
JobManagedBy A30 B32 G35
JobMutableNodeSchedulingDirectives B23 G27 X29
JobPodFailurePolicy A25 B26 G31
JobPodReplacementPolicy A28 B29 G34
JobReadyPods A23 B24 G29 X31
JobSuccessPolicy A30 B31 G33
JobTrackingWithFinalizers A22 B23- B25 G26 X28
KMSv1 D28+ D29
KMSv2 A25 B27 G29 X32
KMSv2KDF B28 G29 X32
KubeProxyDrainingTerminatingNodes A28 B30 G31 X33
KubeletCgroupDriverFromCRI A28 B31 G34
KubeletCredentialProviders A20 B24 G26 X28
KubeletCrashLoopBackOffMax A32 B35
KubeletEnsureSecretPulledImages A33 B35
KubeletFineGrainedAuthz A32 B33 G36
KubeletInUserNamespace A22
KubeletPodResources A13 B15 G28 X30
KubeletPodResourcesGetAllocatable A21 B23 G28 X30
KubeletSeparateDiskGC A29 B31
KubeletServiceAccountTokenForCredentialProviders A33 B34
KubeletTracing A25 B27 G34
LegacyServiceAccountTokenCleanUp A28 B29 G30 X32
LegacyServiceAccountTokenNoAutoGeneration B24 G26 X29
LegacyServiceAccountTokenTracking A26 B27 G28 X30
LoadBalancerIPMode A29 B30 G32
LocalStorageCapacityIsolation B10 G25 X27
LocalStorageCapacityIsolationFSQuotaMonitoring A15 B31-
LogarithmicScaleDown A21 B22 G31
LoggingAlphaOptions A24
LoggingBetaOptions B24
MatchLabelKeysInPodAffinity A29 B31 G33
MatchLabelKeysInPodTopologySpread A25 B27
MaxUnavailableStatefulSet A24 B35
MemoryManager A21 B22 G32
MemoryQoS A22
MinDomainsInPodTopologySpread A24 B25- B27 G30 X32
MinimizeIPTablesRestore A26 B27 G28 X30
MixedProtocolLBService A20 B24 G26 X28
MultiCIDRRangeAllocator A25 X29
MultiCIDRServiceAllocator A27 B31- G33~
MutatingAdmissionPolicy A32 B34- G36
MutableCSINodeAllocatableCount A33 B34-
NFTablesProxyMode A29 B31 G33
NamespaceDefaultLabelName B21 G22 X24
NetworkPolicyEndPort A21 B22 G25 X27
NetworkPolicyStatus A24 X28
NewVolumeManagerReconstruction B27- B28 G30 X32
NodeInclusionPolicyInPodTopologySpread A25 B26 G33
NodeLogQuery A27 B30- B34
NodeOutOfServiceVolumeDetach A24 B26 G28 X31
NodeSwap A22 B28- B30 G34
NominatedNodeNameForExpectation A34 B35
NonPreemptingPriority A15 B19 G24 X26
OpenAPIEnums A23 B24
OpenAPIV3 A23 B24 G27 X29
OpportunisticBatching B35
OrderedNamespaceDeletion B33 G34
PDBUnhealthyPodEvictionPolicy A26 B27 G31
PersistentVolumeLastPhaseTransitionTime A28 B29 G31
PodAffinityNamespaceSelector A21 B22 G24 X26
PodAndContainerStatsFromCRI A23
PodDeletionCost A21 B22
PodDisruptionBudget B5 G21 X25
PodDisruptionConditions A25 B26 G31 X35
PodHasNetworkCondition A25 X28
PodHostIPs A28 B29 G30 X32
PodIndexLabel B28 G32
PodLevelResources A32 B34
PodLifecycleSleepAction A29 B30 G34
PodLifecycleSleepActionAllowZero A32 B33 G34
PodLogsQuerySplitStreams A32
PodObservedGenerationTracking A33 B34 G35
PodOverhead A16 B18 G24 X26
PodReadyToStartContainersCondition A28 B29
PodSchedulingReadiness A26 B27 G30 X32
PodSecurity A22 B23 G25 X28
PodTopologyLabelsAdmission A33 B35
PortForwardWebsockets A30 B31
PreferNominatedNode A21 B22 G24 X26
PreferSameTrafficDistribution A33 B34 G35
PreventStaticPodAPIReferences B34
ProbeTerminationGracePeriod A21 B22- B25 G28 X31
ProcMountType A12 B31- B33
ProxyTerminatingEndpoints A22 B26 G28 X30
QOSReserved A11
ReadWriteOncePod A22 B27 G29 X31
RecoverVolumeExpansionFailure A23 B32 G34
RecursiveReadOnlyMounts A30 B31 G33
RelaxedDNSSearchValidation A32 B33 G34
RelaxedEnvironmentVariableValidation A30 B32 G34
ReloadKubeletServerCertificateFile B31
RemainingItemCount B16 G29 X32
RemoteRequestHeaderUID A32
RemoveSelfLink A16 B20 G24 X30
ResilientWatchCacheInitialization B31 G34
ResourceHealthStatus A31
RetroactiveDefaultStorageClass A25 B26 G28 X29
RetryGenerateName A30 B31 G32
RotateKubeletServerCertificate B12
RunAsGroup B14 G21 X22
RuntimeClass B14 G20 X24
RuntimeClassInImageCriApi A29
SCTPSupport A12 B19 G20 X22
SELinuxChangePolicy A32 B33
SELinuxMount A30 B33-
SELinuxMountReadWriteOncePod A25 B27- B28 G36
SchedulerAsyncAPICalls B34-
SchedulerAsyncPreemption A32 B33
SchedulerPopFromBackoffQ B33
SchedulerQueueingHints B28- B32 G34
SeccompDefault A22 B25 G27 X29
SecurityContextDeny A27 X30
SelfSubjectReview G28 X30
SeparateCacheWatchRPC B28 D33
SeparateTaintEvictionController B29 G34
ServerSideApply B16 G22 X32
ServerSideFieldValidation A23 B25 G27 X32
ServiceAccountIssuerDiscovery B20 G21 X23
ServiceAccountNodeAudienceRestriction B32
ServiceAccountTokenJTI A29 B30 G32
ServiceAccountTokenNodeBinding A29 B31 G33
ServiceAccountTokenNodeBindingValidation A29 B30 G32
ServiceAccountTokenPodNodeInfo A29 B30 G32
ServiceIPStaticSubrange A24 B25 G26 X28
ServiceInternalTrafficPolicy A21 B22 G26 X28
ServiceLBNodePortControl A20 B22 G24 X26
ServiceLoadBalancerClass A21 B22 G24 X26
ServiceNodePortStaticSubrange A27 B28 G29 X31
ServiceTopology A17 X23
ServiceTrafficDistribution A30 B31 G33
SidecarContainers A28 B29 G33
SizeBasedListCostEstimate B34
SizeMemoryBackedVolumes A20 B22 G32
StableLoadBalancerNodeSet B27 G30 X32
StartupProbe B18 G20 X23
StatefulSetAutoDeletePVC A23 B27 G32
StatefulSetMinReadySeconds A22 B23 G25 X27
StatefulSetStartOrdinal A26 B27 G31
StorageNamespaceIndex B30 D33
StorageVersionAPI A20
StorageVersionHash B15
StorageVersionMigrator A30 B35-
StreamingCollectionEncodingToJSON B33 G34
StreamingCollectionEncodingToProtobuf B33 G34
StrictCostEnforcementForVAP B30 G32
StrictCostEnforcementForWebhooks B31 G32
StrictIPCIDRValidation A33
StructuredAuthenticationConfiguration A29 B30 G34
StructuredAuthenticationConfigurationEgressSelector B34
StructuredAuthorizationConfiguration A29 B30 G32
SupplementalGroupsPolicy A31 B33 G35
SuspendJob A21 B22 G24 X26
SystemdWatchdog B32
TTLAfterFinished A12 B21 G23 X25
TokenRequestServiceAccountUIDValidation B34
TopologyAwareHints A21 B23- B24 G33
TopologyManager A16 B18 G27 X29
TopologyManagerPolicyAlphaOptions A26
TopologyManagerPolicyBetaOptions B26
TopologyManagerPolicyOptions A26 B28 G32
TranslateStreamCloseWebsocketRequests A29 B30
UnauthenticatedHTTP2DOSMitigation B25- B29
UnknownVersionInteroperabilityProxy A28
UserNamespacesPodSecurityStandards A29
UserNamespacesStatelessPodsSupport A25 X28
UserNamespacesSupport A28 B30- B33 G36
ValidatingAdmissionPolicy A26 B28- G30 X32
VolumeAttributesClass A29 B31- G34
VolumeCapacityPriority A21 D33
VolumePVCDataSource G18 X21
VolumeSnapshotDataSource G20 X22
VolumeSubpath G10 X25
WarningHeaders B19 G22 X24
WatchBookmark B16 G17 X33
WatchCacheInitializationPostStartHook B31-
WatchFromStorageWithoutResourceVersion B27- D30- X36
WatchList A27 B32 B33- B34
WatchListClient B30- B35
WinDSR A14 B33 G34
WinOverlay A14 B20 G34
WindowsHostNetwork A26 X33
WindowsHostProcessContainers A22 B23 G26 X28
WorkloadAwarePreemption A36
GangScheduling A35
GenericWorkload A35
NodeDeclaredFeatures A35 B36
ZeroLimitedNominalConcurrencyShares B29 G30 X32
csiMigrationRBD A23 D27 X31
`

interface Step {
  kind: string
  from: number
  mark: string
}

function stepsOf(words: string[]): Step[] {
  return words.map((word) => {
    const [, kind = '', from, mark = ''] = /^([ABGDX])(\d+)([-+~]?)$/.exec(word) ?? []
    return { kind, from: Number(from), mark }
  })
}

const GATES = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [name = '', ...words] = line.split(' ')
    return { name, steps: stepsOf(words) }
  })

const STAGES: Record<string, Gate['stage']> = { A: 'ALPHA', B: 'BETA', G: 'GA', D: 'DEPRECATED' }

function gateAt(name: string, steps: Step[], minor: number): Gate | undefined {
  const step = steps.findLast(({ from }) => from <= minor)
  const stage = STAGES[step?.kind ?? '']
  if (step === undefined || stage === undefined) return undefined
  const on = stage === 'BETA' ? step.mark !== '-' : stage === 'GA' || step.mark === '+'
  return { name, stage, on, locked: stage === 'GA' && step.mark !== '~' }
}

const ALL: Gate[] = [
  { name: 'AllAlpha', stage: 'ALPHA', on: false, locked: false },
  { name: 'AllBeta', stage: 'BETA', on: false, locked: false },
]

export function gateOf(name: string, minor: number): Gate | undefined {
  const row = GATES.find((gate) => gate.name === name)
  return row === undefined ? ALL.find((gate) => gate.name === name) : gateAt(name, row.steps, minor)
}

/** The gates that a release's help names: alpha, beta and deprecated ones, by name. */
export function knownGates(minor: number): Gate[] {
  const found = GATES.flatMap(({ name, steps }) => gateAt(name, steps, minor) ?? [])
  return [...ALL, ...found.filter(({ stage }) => stage !== 'GA')].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What is wrong with gates that a flag or a file sets, in upstream's words. */
export function gateProblem(gates: Readonly<Record<string, string | boolean>>, minor: number): string | undefined {
  for (const [name, value] of Object.entries(gates)) {
    const problem = problemOf(name, String(value), minor)
    if (problem !== undefined) return problem
  }
  return undefined
}

function problemOf(name: string, value: string, minor: number): string | undefined {
  const gate = gateOf(name, minor)
  if (gate === undefined) return `unrecognized feature gate: ${name}`
  const on = parsed(name, value)
  if (typeof on === 'string') return on
  return gate.locked && on !== gate.on
    ? `cannot set feature gate ${name} to ${on}, feature is locked to ${gate.on}`
    : undefined
}

function parsed(name: string, value: string): boolean | string {
  try {
    return parseBool(value)
  } catch (error) {
    if (error instanceof ValueError) return `invalid value of ${name}=${value}, err: ${error.message}`
    throw error
  }
}

/** The gates that a setting moves away from what the release has. */
export function movedGates(gates: Readonly<Record<string, string>>, minor: number): string[] {
  return Object.keys(gates).filter((name) => gateOf(name, minor)?.on !== (gates[name] === 'true'))
}
