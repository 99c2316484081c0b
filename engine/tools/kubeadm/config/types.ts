/**
 * The configuration of kubeadm as data, in the shape of kubeadm.k8s.io/v1beta4: what is read from older versions is
 * converted to it. Models cmd/kubeadm/app/apis/kubeadm (types.go).
 */
export interface Arg {
  name: string
  value: string
}

export interface HostPathMount {
  name: string
  hostPath: string
  mountPath: string
  readOnly?: boolean
  pathType?: string
}

export interface ControlPlaneComponent {
  extraArgs?: Arg[]
  extraVolumes?: HostPathMount[]
  extraEnvs?: Record<string, unknown>[]
}

export interface ApiServerConfig extends ControlPlaneComponent {
  certSANs?: string[]
}

export interface ImageMeta {
  imageRepository?: string
  imageTag?: string
}

export interface LocalEtcd extends ImageMeta {
  dataDir: string
  extraArgs?: Arg[]
  extraEnvs?: Record<string, unknown>[]
  serverCertSANs?: string[]
  peerCertSANs?: string[]
}

export interface ExternalEtcd {
  endpoints: string[]
  caFile?: string
  certFile?: string
  keyFile?: string
}

export interface ClusterConfiguration {
  kubernetesVersion: string
  clusterName: string
  controlPlaneEndpoint?: string
  certificatesDir: string
  imageRepository: string
  networking: { dnsDomain: string; serviceSubnet: string; podSubnet?: string }
  apiServer: ApiServerConfig
  controllerManager: ControlPlaneComponent
  scheduler: ControlPlaneComponent
  dns: ImageMeta & { disabled?: boolean }
  proxy: { disabled?: boolean }
  etcd: { local?: LocalEtcd; external?: ExternalEtcd }
  featureGates?: Record<string, boolean>
  encryptionAlgorithm?: string
  /** Go durations. */
  certificateValidityPeriod?: string
  caCertificateValidityPeriod?: string
}

export interface BootstrapTokenConfig {
  token: string
  description?: string
  ttl?: string
  expires?: string
  usages?: string[]
  groups?: string[]
}

export interface Taint {
  key: string
  value?: string
  effect: string
}

export interface NodeRegistration {
  name: string
  criSocket: string
  imagePullPolicy?: string
  imagePullSerial?: boolean
  taints?: Taint[] | null
  kubeletExtraArgs?: Arg[]
  ignorePreflightErrors?: string[]
}

export interface ApiEndpoint {
  advertiseAddress: string
  bindPort: number
}

export type Timeouts = Record<string, string>

export interface InitConfiguration {
  bootstrapTokens: BootstrapTokenConfig[]
  certificateKey?: string
  dryRun?: boolean
  localAPIEndpoint: ApiEndpoint
  nodeRegistration: NodeRegistration
  patches?: { directory?: string }
  skipPhases?: string[]
  timeouts?: Timeouts
}

export interface Discovery {
  bootstrapToken?: {
    token: string
    apiServerEndpoint?: string
    caCertHashes?: string[]
    unsafeSkipCAVerification?: boolean
  }
  file?: { kubeConfigPath: string }
  tlsBootstrapToken?: string
  /** v1beta3. */
  timeout?: string
}

export interface JoinConfiguration {
  caCertPath: string
  controlPlane?: { localAPIEndpoint: ApiEndpoint; certificateKey?: string }
  discovery: Discovery
  dryRun?: boolean
  nodeRegistration: NodeRegistration
  patches?: { directory?: string }
  skipPhases?: string[]
  timeouts?: Timeouts
}

export interface ResetConfiguration {
  certificatesDir?: string
  cleanupTmpDir?: boolean
  criSocket?: string
  dryRun?: boolean
  force?: boolean
  ignorePreflightErrors?: string[]
  skipPhases?: string[]
  unmountFlags?: string[]
}

export type Fields = Record<string, unknown>

/** What a file of several documents gave. */
export interface LoadedConfig {
  init?: Partial<InitConfiguration>
  cluster?: Partial<ClusterConfiguration>
  join?: Partial<JoinConfiguration>
  reset?: Partial<ResetConfiguration>
  upgrade?: Fields
  kubelet?: Fields
  kubeProxy?: Fields
}
