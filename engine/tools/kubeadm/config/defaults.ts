/** What is not said. Models cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go. */
import { defaultRegistry } from '../release.ts'
import { CERTIFICATES_DIR, CRI_SOCKET, ETCD_DATA_DIR, PORTS } from '../paths.ts'
import type { ApiEndpoint, BootstrapTokenConfig, ClusterConfiguration, InitConfiguration } from './types.ts'
import type { JoinConfiguration, NodeRegistration, ResetConfiguration, Timeouts } from './types.ts'

export const NODE_TOKEN_GROUP = 'system:bootstrappers:kubeadm:default-node-token'
export const PLACEHOLDER_TOKEN = 'abcdef.0123456789abcdef'

/** P1: 4 minutes for the kubelet and the components, 1 for an API call, 2 for etcd's, 5 for TLS bootstrap and discovery. */
export const TIMEOUTS: Timeouts = {
  controlPlaneComponentHealthCheck: '4m0s',
  discovery: '5m0s',
  etcdAPICall: '2m0s',
  kubeletHealthCheck: '4m0s',
  kubernetesAPICall: '1m0s',
  tlsBootstrap: '5m0s',
  upgradeManifests: '5m0s',
}

export function defaultCluster(given: Partial<ClusterConfiguration>, kubernetesVersion: string): ClusterConfiguration {
  const external = given.etcd?.external
  return {
    ...given,
    kubernetesVersion,
    clusterName: given.clusterName || 'kubernetes',
    certificatesDir: given.certificatesDir || CERTIFICATES_DIR,
    imageRepository: given.imageRepository || defaultRegistry(kubernetesVersion),
    networking: {
      ...given.networking,
      dnsDomain: given.networking?.dnsDomain || 'cluster.local',
      serviceSubnet: given.networking?.serviceSubnet || '10.96.0.0/12',
    },
    apiServer: given.apiServer ?? {},
    controllerManager: given.controllerManager ?? {},
    scheduler: given.scheduler ?? {},
    dns: given.dns ?? {},
    proxy: given.proxy ?? {},
    etcd: external === undefined ? { local: { dataDir: ETCD_DATA_DIR, ...given.etcd?.local } } : { external },
    encryptionAlgorithm: given.encryptionAlgorithm || 'RSA-2048',
    certificateValidityPeriod: given.certificateValidityPeriod || '8760h0m0s',
    caCertificateValidityPeriod: given.caCertificateValidityPeriod || '87600h0m0s',
  }
}

export function defaultToken(given: Partial<BootstrapTokenConfig>): BootstrapTokenConfig {
  return {
    ...given,
    token: given.token ?? '',
    ...(given.expires === undefined && { ttl: given.ttl ?? '24h0m0s' }),
    usages: given.usages ?? ['signing', 'authentication'],
    groups: given.groups ?? [NODE_TOKEN_GROUP],
  }
}

export function defaultNode(
  given: Partial<NodeRegistration> | undefined,
  hostName: string,
  criSocket: string = CRI_SOCKET,
): NodeRegistration {
  return {
    imagePullPolicy: 'IfNotPresent',
    imagePullSerial: true,
    ...given,
    criSocket: given?.criSocket || criSocket,
    name: given?.name || hostName,
  }
}

const endpointOf = (given: Partial<ApiEndpoint> | undefined, address: string): ApiEndpoint => ({
  advertiseAddress: given?.advertiseAddress || address,
  bindPort: given?.bindPort ?? PORTS.apiServer,
})

export interface HostFacts {
  name: string
  address: string
  /** The container runtime that was found; absent: containerd's. */
  criSocket?: string
}

export function defaultInit(
  given: Partial<InitConfiguration>,
  { name, address, criSocket }: HostFacts,
): InitConfiguration {
  const tokens = given.bootstrapTokens?.length ? given.bootstrapTokens : [{}]
  return {
    ...given,
    bootstrapTokens: tokens.map(defaultToken),
    localAPIEndpoint: endpointOf(given.localAPIEndpoint, address),
    nodeRegistration: defaultNode(given.nodeRegistration, name, criSocket),
    timeouts: { ...TIMEOUTS, ...given.timeouts },
  }
}

export function defaultJoin(
  given: Partial<JoinConfiguration>,
  { name, address, criSocket }: HostFacts,
): JoinConfiguration {
  const { controlPlane } = given
  return {
    ...given,
    caCertPath: given.caCertPath || `${CERTIFICATES_DIR}/ca.crt`,
    discovery: given.discovery ?? {},
    nodeRegistration: defaultNode(given.nodeRegistration, name, criSocket),
    timeouts: { ...TIMEOUTS, ...given.timeouts },
    ...(controlPlane !== undefined && {
      controlPlane: { ...controlPlane, localAPIEndpoint: endpointOf(controlPlane.localAPIEndpoint, address) },
    }),
  }
}

export const defaultReset = (given: Partial<ResetConfiguration>): ResetConfiguration => ({
  ...given,
  certificatesDir: given.certificatesDir || CERTIFICATES_DIR,
  criSocket: given.criSocket || CRI_SOCKET,
})
