/**
 * The fields of kubeadm.k8s.io, for strict decoding. Models cmd/kubeadm/app/apis/kubeadm/v1beta3 and v1beta4 (types.go).
 * A string is a JSON kind, an array a list of what it holds.
 */
export type Shape =
  'string' | 'bool' | 'int' | 'any' | 'stringMap' | 'args' | 'duration' | [Shape] | { [field: string]: Shape }

export type ConfigVersion = 'v1beta2' | 'v1beta3' | 'v1beta4'
export const CONFIG_VERSIONS: readonly ConfigVersion[] = ['v1beta2', 'v1beta3', 'v1beta4']

const TYPE_META = { apiVersion: 'string', kind: 'string' } as const
const STRINGS: Shape = ['string']
const ENVS: Shape = [{ name: 'string', value: 'string', valueFrom: 'any' }]
const TAINTS: Shape = [{ key: 'string', value: 'string', effect: 'string', timeAdded: 'string' }]
const VOLUMES: Shape = [
  { name: 'string', hostPath: 'string', mountPath: 'string', readOnly: 'bool', pathType: 'string' },
]

/** `extraArgs` is a map up to v1beta3, a list from v1beta4 on. */
const argsOf = (version: ConfigVersion): Shape => (version === 'v1beta4' ? 'args' : 'stringMap')

function component(version: ConfigVersion): { [field: string]: Shape } {
  const newer: { [field: string]: Shape } = version === 'v1beta4' ? { extraEnvs: ENVS } : {}
  return { extraArgs: argsOf(version), extraVolumes: VOLUMES, ...newer }
}

function nodeRegistration(version: ConfigVersion): Shape {
  return {
    name: 'string',
    criSocket: 'string',
    taints: TAINTS,
    kubeletExtraArgs: argsOf(version),
    ignorePreflightErrors: STRINGS,
    ...(version !== 'v1beta2' && { imagePullPolicy: 'string' }),
    ...(version === 'v1beta4' && { imagePullSerial: 'bool' }),
  }
}

const ENDPOINT: Shape = { advertiseAddress: 'string', bindPort: 'int' }
const TIMEOUTS: Shape = {
  controlPlaneComponentHealthCheck: 'duration',
  kubeletHealthCheck: 'duration',
  kubernetesAPICall: 'duration',
  etcdAPICall: 'duration',
  tlsBootstrap: 'duration',
  discovery: 'duration',
  upgradeManifests: 'duration',
}

function workflow(version: ConfigVersion): { [field: string]: Shape } {
  if (version === 'v1beta2') return {}
  const newer: { [field: string]: Shape } = version === 'v1beta4' ? { dryRun: 'bool', timeouts: TIMEOUTS } : {}
  return { skipPhases: STRINGS, patches: { directory: 'string' }, ...newer }
}

const KINDS: Record<string, (version: ConfigVersion) => { [field: string]: Shape }> = {
  InitConfiguration: (version) => ({
    bootstrapTokens: [
      {
        token: 'string',
        description: 'string',
        ttl: 'duration',
        expires: 'string',
        usages: STRINGS,
        groups: STRINGS,
      },
    ],
    certificateKey: 'string',
    localAPIEndpoint: ENDPOINT,
    nodeRegistration: nodeRegistration(version),
    ...workflow(version),
  }),
  ClusterConfiguration: (version) => ({
    kubernetesVersion: 'string',
    clusterName: 'string',
    controlPlaneEndpoint: 'string',
    certificatesDir: 'string',
    imageRepository: 'string',
    useHyperKubeImage: 'bool',
    networking: { dnsDomain: 'string', serviceSubnet: 'string', podSubnet: 'string' },
    apiServer: {
      ...component(version),
      certSANs: STRINGS,
      ...(version !== 'v1beta4' && { timeoutForControlPlane: 'duration' as const }),
    },
    controllerManager: component(version),
    scheduler: component(version),
    dns: {
      imageRepository: 'string',
      imageTag: 'string',
      ...(version === 'v1beta2' && { type: 'string' as const }),
      ...(version === 'v1beta4' && { disabled: 'bool' as const }),
    },
    etcd: {
      local: {
        imageRepository: 'string',
        imageTag: 'string',
        dataDir: 'string',
        extraArgs: argsOf(version),
        serverCertSANs: STRINGS,
        peerCertSANs: STRINGS,
        ...(version === 'v1beta4' && { extraEnvs: ENVS }),
      },
      external: {
        endpoints: STRINGS,
        caFile: 'string',
        certFile: 'string',
        keyFile: 'string',
        ...(version === 'v1beta4' && { httpEndpoints: STRINGS }),
      },
    },
    featureGates: 'any',
    ...(version === 'v1beta4' && {
      proxy: { disabled: 'bool' as const },
      encryptionAlgorithm: 'string' as const,
      certificateValidityPeriod: 'duration' as const,
      caCertificateValidityPeriod: 'duration' as const,
    }),
  }),
  JoinConfiguration: (version) => ({
    caCertPath: 'string',
    controlPlane: { localAPIEndpoint: ENDPOINT, certificateKey: 'string' },
    discovery: {
      bootstrapToken: {
        token: 'string',
        apiServerEndpoint: 'string',
        caCertHashes: STRINGS,
        unsafeSkipCAVerification: 'bool',
      },
      file: { kubeConfigPath: 'string' },
      tlsBootstrapToken: 'string',
      ...(version !== 'v1beta4' && { timeout: 'duration' as const }),
    },
    nodeRegistration: nodeRegistration(version),
    ...workflow(version),
  }),
  ResetConfiguration: () => ({
    certificatesDir: 'string',
    cleanupTmpDir: 'bool',
    criSocket: 'string',
    dryRun: 'bool',
    force: 'bool',
    ignorePreflightErrors: STRINGS,
    skipPhases: STRINGS,
    unmountFlags: STRINGS,
    timeouts: TIMEOUTS,
  }),
  UpgradeConfiguration: () => ({
    apply: 'any',
    diff: 'any',
    node: 'any',
    plan: 'any',
    timeouts: TIMEOUTS,
  }),
}
/** Kinds that are new in v1beta4. */
const NEW_KINDS = new Set(['ResetConfiguration', 'UpgradeConfiguration'])

export const KUBEADM_GROUP = 'kubeadm.k8s.io'
export const KUBEADM_KINDS = Object.keys(KINDS)

/** Undefined: that version has no such kind. */
export function shapeOf(version: ConfigVersion, kind: string): { [field: string]: Shape } | undefined {
  if (NEW_KINDS.has(kind) && version !== 'v1beta4') return undefined
  const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  return make && { ...TYPE_META, ...make(version) }
}
