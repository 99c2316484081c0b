/**
 * The Go types behind API objects, as the API server holds them inside itself: texts of errors show their field
 * names, their order and the fields that are not set. Models the field order of pkg/apis/core/types.go and of
 * k8s.io/apimachinery/pkg/apis/meta/v1/types.go, by release. Not modelled: types that no error text shows.
 */
import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'

/**
 * `Field Type`, separated by commas. `+Type` is embedded; `Name:json` names the key where it is not the Go name in
 * lower case; `@32` is there since 1.32, `@35-35` from 1.35 to 1.35. A type that is not in the table and has a capital
 * is a string with a name.
 */
const TABLE: Record<string, string> = {
  PodTemplateSpec: '+v1.ObjectMeta:metadata, Spec PodSpec',
  PodSpec:
    'Volumes []Volume, InitContainers []Container, Containers []Container, EphemeralContainers []EphemeralContainer, RestartPolicy RestartPolicy, TerminationGracePeriodSeconds *int64, ActiveDeadlineSeconds *int64, DNSPolicy DNSPolicy, NodeSelector map[string]string, ServiceAccountName string, AutomountServiceAccountToken *bool, NodeName string, SecurityContext *PodSecurityContext, ImagePullSecrets []LocalObjectReference, Hostname string, Subdomain string, SetHostnameAsFQDN *bool, Affinity *Affinity, SchedulerName string, Tolerations []Toleration, HostAliases []HostAlias, PriorityClassName string, Priority *int32, PreemptionPolicy *PreemptionPolicy, DNSConfig *PodDNSConfig, ReadinessGates []PodReadinessGate, RuntimeClassName *string, Overhead ResourceList, EnableServiceLinks *bool, TopologySpreadConstraints []TopologySpreadConstraint, OS *PodOS, SchedulingGates []PodSchedulingGate, ResourceClaims []PodResourceClaim, Resources *ResourceRequirements @32, HostnameOverride *string @34, WorkloadRef *WorkloadReference @35-35, SchedulingGroup *PodSchedulingGroup @36',
  PodSecurityContext:
    'HostNetwork bool, HostPID bool, HostIPC bool, ShareProcessNamespace *bool, HostUsers *bool, SELinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser *int64, RunAsGroup *int64, RunAsNonRoot *bool, SupplementalGroups []int64, SupplementalGroupsPolicy *SupplementalGroupsPolicy @31, FSGroup *int64, FSGroupChangePolicy *PodFSGroupChangePolicy, Sysctls []Sysctl, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile @30, SELinuxChangePolicy *PodSELinuxChangePolicy @32',
  SELinuxOptions: 'User string, Role string, Type string, Level string',
  WindowsSecurityContextOptions:
    'GMSACredentialSpecName *string, GMSACredentialSpec *string, RunAsUserName *string, HostProcess *bool',
  Sysctl: 'Name string, Value string',
  SeccompProfile: 'Type SeccompProfileType, LocalhostProfile *string',
  AppArmorProfile: 'Type AppArmorProfileType, LocalhostProfile *string',
  LocalObjectReference: 'Name string',
  SecretReference: 'Name string, Namespace string',
  ObjectReference:
    'Kind string, Namespace string, Name string, UID types.UID, APIVersion string, ResourceVersion string, FieldPath string',
  TypedLocalObjectReference: 'APIGroup *string, Kind string, Name string',
  TypedObjectReference: 'APIGroup *string, Kind string, Name string, Namespace *string',
  Toleration: 'Key string, Operator TolerationOperator, Value string, Effect TaintEffect, TolerationSeconds *int64',
  HostAlias: 'IP string, Hostnames []string',
  PodDNSConfig: 'Nameservers []string, Searches []string, Options []PodDNSConfigOption',
  PodDNSConfigOption: 'Name string, Value *string',
  PodReadinessGate: 'ConditionType PodConditionType',
  PodOS: 'Name OSName',
  PodSchedulingGate: 'Name string',
  PodSchedulingGroup: 'PodGroupName *string',
  WorkloadReference: 'Name string, PodGroup string, PodGroupReplicaKey string',
  PodResourceClaim:
    'Name string, Source ClaimSource @0-30, ResourceClaimName *string @31, ResourceClaimTemplateName *string @31',
  ClaimSource: 'ResourceClaimName *string, ResourceClaimTemplateName *string',
  TopologySpreadConstraint:
    'MaxSkew int32, TopologyKey string, WhenUnsatisfiable UnsatisfiableConstraintAction, LabelSelector *v1.LabelSelector, MinDomains *int32, NodeAffinityPolicy *NodeInclusionPolicy, NodeTaintsPolicy *NodeInclusionPolicy, MatchLabelKeys []string',
  Affinity: 'NodeAffinity *NodeAffinity, PodAffinity *PodAffinity, PodAntiAffinity *PodAntiAffinity',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution *NodeSelector, PreferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm',
  PreferredSchedulingTerm: 'Weight int32, Preference NodeSelectorTerm',
  NodeSelector: 'NodeSelectorTerms []NodeSelectorTerm',
  NodeSelectorTerm: 'MatchExpressions []NodeSelectorRequirement, MatchFields []NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key string, Operator NodeSelectorOperator, Values []string',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  PodAntiAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  WeightedPodAffinityTerm: 'Weight int32, PodAffinityTerm PodAffinityTerm',
  PodAffinityTerm:
    'LabelSelector *v1.LabelSelector, Namespaces []string, TopologyKey string, NamespaceSelector *v1.LabelSelector, MatchLabelKeys []string @29, MismatchLabelKeys []string @29',
  Container:
    'Name string, Image string, Command []string, Args []string, WorkingDir string, Ports []ContainerPort, EnvFrom []EnvFromSource, Env []EnvVar, Resources ResourceRequirements, ResizePolicy []ContainerResizePolicy, RestartPolicy *ContainerRestartPolicy, RestartPolicyRules []ContainerRestartRule @34, VolumeMounts []VolumeMount, VolumeDevices []VolumeDevice, LivenessProbe *Probe, ReadinessProbe *Probe, StartupProbe *Probe, Lifecycle *Lifecycle, TerminationMessagePath string, TerminationMessagePolicy TerminationMessagePolicy, ImagePullPolicy PullPolicy, SecurityContext *SecurityContext, Stdin bool, StdinOnce bool, TTY bool',
  EphemeralContainer: '+EphemeralContainerCommon, TargetContainerName string',
  ContainerRestartRule: 'Action ContainerRestartRuleAction, ExitCodes *ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator ContainerRestartRuleOnExitCodesOperator, Values []int32',
  ContainerPort: 'Name string, HostPort int32, ContainerPort int32, Protocol Protocol, HostIP string',
  ContainerResizePolicy: 'ResourceName ResourceName, RestartPolicy ResourceResizeRestartPolicy',
  VolumeMount:
    'Name string, ReadOnly bool, RecursiveReadOnly *RecursiveReadOnlyMode @30, MountPath string, SubPath string, MountPropagation *MountPropagationMode, SubPathExpr string',
  VolumeDevice: 'Name string, DevicePath string',
  EnvVar: 'Name string, Value string, ValueFrom *EnvVarSource',
  EnvVarSource:
    'FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, ConfigMapKeyRef *ConfigMapKeySelector, SecretKeyRef *SecretKeySelector, FileKeyRef *FileKeySelector @34',
  ObjectFieldSelector: 'APIVersion string, FieldPath string',
  ResourceFieldSelector: 'ContainerName string, Resource string, Divisor resource.Quantity',
  ConfigMapKeySelector: '+LocalObjectReference, Key string, Optional *bool',
  SecretKeySelector: '+LocalObjectReference, Key string, Optional *bool',
  FileKeySelector: 'VolumeName string, Path string, Key string, Optional *bool',
  EnvFromSource: 'Prefix string, ConfigMapRef *ConfigMapEnvSource, SecretRef *SecretEnvSource',
  ConfigMapEnvSource: '+LocalObjectReference, Optional *bool',
  SecretEnvSource: '+LocalObjectReference, Optional *bool',
  ResourceRequirements: 'Limits ResourceList, Requests ResourceList, Claims []ResourceClaim',
  VolumeResourceRequirements: 'Limits ResourceList, Requests ResourceList',
  ResourceClaim: 'Name string, Request string @31',
  Probe:
    '+ProbeHandler, InitialDelaySeconds int32, TimeoutSeconds int32, PeriodSeconds int32, SuccessThreshold int32, FailureThreshold int32, TerminationGracePeriodSeconds *int64',
  ProbeHandler: 'Exec *ExecAction, HTTPGet *HTTPGetAction, TCPSocket *TCPSocketAction, GRPC *GRPCAction',
  LifecycleHandler: 'Exec *ExecAction, HTTPGet *HTTPGetAction, TCPSocket *TCPSocketAction, Sleep *SleepAction @29',
  Lifecycle: 'PostStart *LifecycleHandler, PreStop *LifecycleHandler, StopSignal *Signal @33',
  ExecAction: 'Command []string',
  HTTPGetAction: 'Path string, Port intstr.IntOrString, Host string, Scheme URIScheme, HTTPHeaders []HTTPHeader',
  HTTPHeader: 'Name string, Value string',
  TCPSocketAction: 'Port intstr.IntOrString, Host string',
  GRPCAction: 'Port int32, Service *string',
  SleepAction: 'Seconds int64',
  SecurityContext:
    'Capabilities *Capabilities, Privileged *bool, SELinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser *int64, RunAsGroup *int64, RunAsNonRoot *bool, ReadOnlyRootFilesystem *bool, AllowPrivilegeEscalation *bool, ProcMount *ProcMountType, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile @30',
  Capabilities: 'Add []Capability, Drop []Capability',
  Volume: 'Name string, +VolumeSource',
  VolumeSource:
    'HostPath *HostPathVolumeSource, EmptyDir *EmptyDirVolumeSource, GCEPersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore *AWSElasticBlockStoreVolumeSource, GitRepo *GitRepoVolumeSource, Secret *SecretVolumeSource, NFS *NFSVolumeSource, ISCSI *ISCSIVolumeSource, Glusterfs *GlusterfsVolumeSource, PersistentVolumeClaim *PersistentVolumeClaimVolumeSource, RBD *RBDVolumeSource, Quobyte *QuobyteVolumeSource, FlexVolume *FlexVolumeSource, Cinder *CinderVolumeSource, CephFS:cephfs *CephFSVolumeSource, Flocker *FlockerVolumeSource, DownwardAPI *DownwardAPIVolumeSource, FC *FCVolumeSource, AzureFile *AzureFileVolumeSource, ConfigMap *ConfigMapVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, Projected *ProjectedVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOVolumeSource, StorageOS:storageos *StorageOSVolumeSource, CSI *CSIVolumeSource, Ephemeral *EphemeralVolumeSource, Image *ImageVolumeSource @31',
  HostPathVolumeSource: 'Path string, Type *HostPathType',
  EmptyDirVolumeSource: 'Medium StorageMedium, SizeLimit *resource.Quantity',
  GCEPersistentDiskVolumeSource: 'PDName string, FSType string, Partition int32, ReadOnly bool',
  AWSElasticBlockStoreVolumeSource: 'VolumeID string, FSType string, Partition int32, ReadOnly bool',
  GitRepoVolumeSource: 'Repository string, Revision string, Directory string',
  SecretVolumeSource: 'SecretName string, Items []KeyToPath, DefaultMode *int32, Optional *bool',
  NFSVolumeSource: 'Server string, Path string, ReadOnly bool',
  ISCSIVolumeSource:
    'TargetPortal string, IQN string, Lun int32, ISCSIInterface string, FSType string, ReadOnly bool, Portals []string, DiscoveryCHAPAuth:chapAuthDiscovery bool, SessionCHAPAuth:chapAuthSession bool, SecretRef *LocalObjectReference, InitiatorName *string',
  GlusterfsVolumeSource: 'EndpointsName:endpoints string, Path string, ReadOnly bool',
  PersistentVolumeClaimVolumeSource: 'ClaimName string, ReadOnly bool',
  RBDVolumeSource:
    'CephMonitors:monitors []string, RBDImage:image string, FSType string, RBDPool:pool string, RadosUser:user string, Keyring string, SecretRef *LocalObjectReference, ReadOnly bool',
  QuobyteVolumeSource: 'Registry string, Volume string, ReadOnly bool, User string, Group string, Tenant string',
  FlexVolumeSource:
    'Driver string, FSType string, SecretRef *LocalObjectReference, ReadOnly bool, Options map[string]string',
  CinderVolumeSource: 'VolumeID string, FSType string, ReadOnly bool, SecretRef *LocalObjectReference',
  CephFSVolumeSource:
    'Monitors []string, Path string, User string, SecretFile string, SecretRef *LocalObjectReference, ReadOnly bool',
  FlockerVolumeSource: 'DatasetName string, DatasetUUID string',
  DownwardAPIVolumeSource: 'Items []DownwardAPIVolumeFile, DefaultMode *int32',
  DownwardAPIVolumeFile:
    'Path string, FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, Mode *int32',
  FCVolumeSource: 'TargetWWNs []string, Lun *int32, FSType string, ReadOnly bool, WWIDs:wwids []string',
  AzureFileVolumeSource: 'SecretName string, ShareName string, ReadOnly bool',
  ConfigMapVolumeSource: '+LocalObjectReference, Items []KeyToPath, DefaultMode *int32, Optional *bool',
  VsphereVirtualDiskVolumeSource: 'VolumePath string, FSType string, StoragePolicyName string, StoragePolicyID string',
  AzureDiskVolumeSource:
    'DiskName string, DataDiskURI:diskURI string, CachingMode *AzureDataDiskCachingMode, FSType *string, ReadOnly *bool, Kind *AzureDataDiskKind',
  PhotonPersistentDiskVolumeSource: 'PdID string, FSType string',
  ProjectedVolumeSource: 'Sources []VolumeProjection, DefaultMode *int32',
  VolumeProjection:
    'Secret *SecretProjection, DownwardAPI *DownwardAPIProjection, ConfigMap *ConfigMapProjection, ServiceAccountToken *ServiceAccountTokenProjection, ClusterTrustBundle *ClusterTrustBundleProjection @29, PodCertificate *PodCertificateProjection @34',
  SecretProjection: '+LocalObjectReference, Items []KeyToPath, Optional *bool',
  ConfigMapProjection: '+LocalObjectReference, Items []KeyToPath, Optional *bool',
  DownwardAPIProjection: 'Items []DownwardAPIVolumeFile',
  ServiceAccountTokenProjection: 'Audience string, ExpirationSeconds int64, Path string',
  ClusterTrustBundleProjection:
    'Name *string, SignerName *string, LabelSelector *v1.LabelSelector, Optional *bool, Path string',
  PodCertificateProjection:
    'SignerName string, KeyType string, MaxExpirationSeconds *int32, CredentialBundlePath string, KeyPath string, CertificateChainPath string, UserAnnotations map[string]string @35',
  KeyToPath: 'Key string, Path string, Mode *int32',
  PortworxVolumeSource: 'VolumeID string, FSType string, ReadOnly bool',
  ScaleIOVolumeSource:
    'Gateway string, System string, SecretRef *LocalObjectReference, SSLEnabled bool, ProtectionDomain string, StoragePool string, StorageMode string, VolumeName string, FSType string, ReadOnly bool',
  StorageOSVolumeSource:
    'VolumeName string, VolumeNamespace string, FSType string, ReadOnly bool, SecretRef *LocalObjectReference',
  CSIVolumeSource:
    'Driver string, ReadOnly *bool, FSType *string, VolumeAttributes map[string]string, NodePublishSecretRef *LocalObjectReference',
  EphemeralVolumeSource: 'VolumeClaimTemplate *PersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: '+v1.ObjectMeta:metadata, Spec PersistentVolumeClaimSpec',
  ImageVolumeSource: 'Reference string, PullPolicy PullPolicy',
  PersistentVolumeClaimSpec:
    'AccessModes []PersistentVolumeAccessMode, Selector *v1.LabelSelector, Resources VolumeResourceRequirements, VolumeName string, StorageClassName *string, VolumeMode *PersistentVolumeMode, DataSource *TypedLocalObjectReference, DataSourceRef *TypedObjectReference, VolumeAttributesClassName *string @29',
  PersistentVolumeSource:
    'GCEPersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore *AWSElasticBlockStoreVolumeSource, HostPath *HostPathVolumeSource, Glusterfs *GlusterfsPersistentVolumeSource, NFS *NFSVolumeSource, RBD *RBDPersistentVolumeSource, Quobyte *QuobyteVolumeSource, ISCSI *ISCSIPersistentVolumeSource, FlexVolume *FlexPersistentVolumeSource, Cinder *CinderPersistentVolumeSource, CephFS:cephfs *CephFSPersistentVolumeSource, FC *FCVolumeSource, Flocker *FlockerVolumeSource, AzureFile *AzureFilePersistentVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOPersistentVolumeSource, Local *LocalVolumeSource, StorageOS:storageos *StorageOSPersistentVolumeSource, CSI *CSIPersistentVolumeSource',
  GlusterfsPersistentVolumeSource:
    'EndpointsName:endpoints string, Path string, ReadOnly bool, EndpointsNamespace *string',
  RBDPersistentVolumeSource:
    'CephMonitors:monitors []string, RBDImage:image string, FSType string, RBDPool:pool string, RadosUser:user string, Keyring string, SecretRef *SecretReference, ReadOnly bool',
  ISCSIPersistentVolumeSource:
    'TargetPortal string, IQN string, Lun int32, ISCSIInterface string, FSType string, ReadOnly bool, Portals []string, DiscoveryCHAPAuth:chapAuthDiscovery bool, SessionCHAPAuth:chapAuthSession bool, SecretRef *SecretReference, InitiatorName *string',
  FlexPersistentVolumeSource:
    'Driver string, FSType string, SecretRef *SecretReference, ReadOnly bool, Options map[string]string',
  CinderPersistentVolumeSource: 'VolumeID string, FSType string, ReadOnly bool, SecretRef *SecretReference',
  CephFSPersistentVolumeSource:
    'Monitors []string, Path string, User string, SecretFile string, SecretRef *SecretReference, ReadOnly bool',
  AzureFilePersistentVolumeSource: 'SecretName string, ShareName string, ReadOnly bool, SecretNamespace *string',
  ScaleIOPersistentVolumeSource:
    'Gateway string, System string, SecretRef *SecretReference, SSLEnabled bool, ProtectionDomain string, StoragePool string, StorageMode string, VolumeName string, FSType string, ReadOnly bool',
  LocalVolumeSource: 'Path string, FSType *string',
  StorageOSPersistentVolumeSource:
    'VolumeName string, VolumeNamespace string, FSType string, ReadOnly bool, SecretRef *ObjectReference',
  CSIPersistentVolumeSource:
    'Driver string, VolumeHandle string, ReadOnly bool, FSType string, VolumeAttributes map[string]string, ControllerPublishSecretRef *SecretReference, NodeStageSecretRef *SecretReference, NodePublishSecretRef *SecretReference, ControllerExpandSecretRef *SecretReference, NodeExpandSecretRef *SecretReference',
  VolumeNodeAffinity: 'Required *NodeSelector',
  'v1.LabelSelector': 'MatchLabels map[string]string, MatchExpressions []v1.LabelSelectorRequirement',
  'v1.LabelSelectorRequirement': 'Key string, Operator v1.LabelSelectorOperator, Values []string',
  'v1.ObjectMeta':
    'Name string, GenerateName string, Namespace string, SelfLink string, UID types.UID, ResourceVersion string, Generation int64, CreationTimestamp v1.Time, DeletionTimestamp *v1.Time, DeletionGracePeriodSeconds *int64, Labels map[string]string, Annotations map[string]string, OwnerReferences []v1.OwnerReference, Finalizers []string, ManagedFields []v1.ManagedFieldsEntry',
  'v1.OwnerReference':
    'APIVersion string, Kind string, Name string, UID types.UID, Controller *bool, BlockOwnerDeletion *bool',
  'v1.ManagedFieldsEntry': 'Manager string, Operation v1.ManagedFieldsOperationType, APIVersion string',
  'rbac.RoleRef': 'APIGroup string, Kind string, Name string',
  'batch.PodFailurePolicy': 'Rules []batch.PodFailurePolicyRule',
  'batch.PodFailurePolicyRule':
    'Action batch.PodFailurePolicyAction, OnExitCodes *batch.PodFailurePolicyOnExitCodesRequirement, OnPodConditions []batch.PodFailurePolicyOnPodConditionsPattern',
  'batch.PodFailurePolicyOnExitCodesRequirement':
    'ContainerName *string, Operator batch.PodFailurePolicyOnExitCodesOperator, Values []int32',
  'batch.PodFailurePolicyOnPodConditionsPattern': 'Type PodConditionType, Status ConditionStatus',
  'batch.SuccessPolicy': 'Rules []batch.SuccessPolicyRule',
  'batch.SuccessPolicyRule': 'SucceededIndexes *string, SucceededCount *int32',
}
TABLE.EphemeralContainerCommon = TABLE.Container!

export interface GoField {
  name: string
  key: string
  type: GoType
  isEmbedded: boolean
  /** Embedded, and its fields stand in the object of the parent. */
  isInline: boolean
}

export interface GoType {
  kind: 'bool' | 'int' | 'string' | 'struct' | 'slice' | 'map' | 'pointer' | 'quantity' | 'intOrString' | 'time'
  /** As Go's reflection prints it: `core.PodSpec`, `[]string`. */
  name: string
  elem?: GoType
  /** A key of the map has a String method: cmp prints `s"cpu"`. */
  hasStringerKey?: true
  fields?: GoField[]
}

const PACKAGED = /^[a-z0-9]+\./
const goName = (name: string): string => (PACKAGED.test(name) ? name : `core.${name}`)

/** `DNSPolicy` → `dnsPolicy`, `SELinuxOptions` → `seLinuxOptions`, `TTY` → `tty`. */
function keyOf(name: string): string {
  const capitals = /^[A-Z]+/.exec(name)![0].length
  if (capitals === name.length) return name.toLowerCase()
  const run = capitals === 1 ? 1 : capitals - 1
  return name.slice(0, run).toLowerCase() + name.slice(run)
}

const releaseFits = (bounds: string | undefined, minor: number): boolean => {
  if (bounds === undefined) return true
  const [from, to] = bounds.slice(1).split('-')
  return minor >= Number(from) && (to === undefined || minor <= Number(to))
}

function fieldOf(text: string, minor: number): GoField | undefined {
  const [, embedded, named, type, bounds] = /^(?:\+(\S+)|(\S+) (\S+))(?: (@\S+))?$/.exec(text)!
  if (!releaseFits(bounds, minor)) return undefined
  const [name, key] = (embedded ?? named!).split(':') as [string, string | undefined]
  const short = name.replace(PACKAGED, '')
  if (embedded !== undefined)
    return { name: short, key: key ?? '', type: goType(name, minor), isEmbedded: true, isInline: key === undefined }
  return { name, key: key ?? keyOf(name), type: goType(type!, minor), isEmbedded: false, isInline: false }
}

const SCALARS: Record<string, GoType> = {
  string: { kind: 'string', name: 'string' },
  bool: { kind: 'bool', name: 'bool' },
  int32: { kind: 'int', name: 'int32' },
  int64: { kind: 'int', name: 'int64' },
  'resource.Quantity': { kind: 'quantity', name: 'resource.Quantity' },
  'intstr.IntOrString': { kind: 'intOrString', name: 'intstr.IntOrString' },
  'v1.Time': { kind: 'time', name: 'v1.Time' },
}

const known = new Map<string, GoType>()

function readType(text: string, minor: number): GoType {
  if (SCALARS[text] !== undefined) return SCALARS[text]
  if (text === 'ResourceList')
    return { kind: 'map', name: 'core.ResourceList', elem: goType('resource.Quantity', minor), hasStringerKey: true }
  const wrapped = /^(\*|\[\]|map\[string\])(.+)$/.exec(text)
  if (wrapped !== null) {
    const elem = goType(wrapped[2]!, minor)
    const kind = { '*': 'pointer', '[]': 'slice', 'map[string]': 'map' }[wrapped[1]!] as GoType['kind']
    return { kind, name: wrapped[1]! + elem.name, elem }
  }
  const fields = TABLE[text]
  if (fields === undefined) return { kind: 'string', name: goName(text) }
  return { kind: 'struct', name: goName(text), fields: [] }
}

/** The type of that name in a release (`33` for 1.33): `PodSpec`, `v1.LabelSelector`, `[]string`. */
export function goType(text: string, minor: number): GoType {
  const id = `${minor} ${text}`
  const found = known.get(id)
  if (found !== undefined) return found
  const type = readType(text, minor)
  known.set(id, type)
  if (type.kind === 'struct') {
    const fields = TABLE[text]!.split(', ').map((field) => fieldOf(field, minor))
    type.fields = fields.filter((field) => field !== undefined)
  }
  return type
}

/** The value of a field in the object that holds it. */
export const fieldValue = (object: unknown, { key, isInline }: GoField): unknown =>
  isInline ? object : asObject(object)[key]

/** Whether Go would hold the zero value. */
export function isGoZero(type: GoType, value: unknown): boolean {
  if (type.kind === 'struct') return type.fields!.every((field) => isGoZero(field.type, fieldValue(value, field)))
  if (value === undefined || value === null) return true
  if (['pointer', 'slice', 'map', 'quantity', 'time'].includes(type.kind)) return false
  return value === '' || value === 0 || value === false
}

const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers']

/** A pod's spec as the API server holds it: the host's namespaces are part of the security context. */
export function internalPodSpec(spec: unknown): PlainObject {
  const { securityContext, ...rest } = asObject(spec)
  const host = HOST_FIELDS.map((key) => [key, rest[key]] as const).filter(([, value]) => value !== undefined)
  return { ...rest, securityContext: { ...asObject(securityContext), ...Object.fromEntries(host) } }
}

/** An object of the API as the API server holds it. */
export function internalShape(typeName: string, value: unknown): unknown {
  if (typeName === 'PodSpec') return internalPodSpec(value)
  if (typeName === 'PodTemplateSpec') return { ...asObject(value), spec: internalPodSpec(asObject(value).spec) }
  return value
}

const part = (name: string, type: GoType): GoField => ({ name, key: name, type, isEmbedded: false, isInline: false })
const int = (name: string): GoType => ({ kind: 'int', name })
const string = (name: string): GoType => ({ kind: 'string', name })
const struct = (name: string, fields: GoField[]): GoType => ({ kind: 'struct', name, fields })

const INT_OR_STRING = struct('intstr.IntOrString', [
  part('Type', int('intstr.Type')),
  part('IntVal', int('int32')),
  part('StrVal', string('string')),
])

const QUANTITY = struct('resource.Quantity', [
  part('i', struct('resource.int64Amount', [part('value', int('int64')), part('scale', int('resource.Scale'))])),
  part(
    'd',
    struct('resource.infDecAmount', [part('Dec', { kind: 'pointer', name: '*inf.Dec', elem: struct('inf.Dec', []) })]),
  ),
  part('s', string('string')),
  part('Format', string('resource.Format')),
])

/** The struct behind a value that JSON writes as text or a number. */
export const goPartsType = ({ kind }: GoType): GoType => (kind === 'quantity' ? QUANTITY : INT_OR_STRING)

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

const goInt = (value: bigint): number | string => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value))

/** What ParseQuantity keeps of a text: digits, a power of ten, the family of the suffix. */
function quantityParts(text: string): PlainObject {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([A-Za-z]*)([-+]?\d*)$/.exec(text)
  if (match === null || text === '') return {}
  const [, sign, whole = '', decimals = '', suffix = '', exponent = ''] = match
  const binary = BINARY.indexOf(suffix)
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole + decimals || '0'}`)
  if (binary >= 0) return { i: { value: goInt(digits << BigInt(10 * (binary + 1))) }, s: text, Format: 'BinarySI' }
  const isExponent = /^[eE]$/.test(suffix) && exponent !== ''
  const scale = (isExponent ? Number(exponent) : 3 * (DECIMAL.indexOf(suffix) - 3)) - decimals.length
  return { i: { value: goInt(digits), scale }, s: text, Format: isExponent ? 'DecimalExponent' : 'DecimalSI' }
}

/** The fields of `goPartsType`. */
export function goParts({ kind }: GoType, value: unknown): PlainObject {
  if (kind === 'quantity') return quantityParts(String(value ?? ''))
  return typeof value === 'string' ? { Type: 1, StrVal: value } : { IntVal: value ?? 0 }
}
