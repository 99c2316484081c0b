/** The kubelet's files (P6, P8). Models cmd/kubeadm/app/componentconfigs/kubelet.go and phases/kubelet/flags.go. */
import { makeYaml } from '../../../objects/yaml.ts'
import type { Arg, ClusterConfiguration, Fields, NodeRegistration } from '../config/types.ts'
import { DOCKERSHIM_SOCKET } from '../../../versions/index.ts'
import { CRI_SOCKET, MANIFESTS_DIR } from '../paths.ts'
import { featuresOf, minorOf } from '../release.ts'
import { dnsIp } from './addresses.ts'
import { pauseImage } from './images.ts'

/** What marshalling writes for what nobody set, and since which minor. */
const UNSET: readonly (readonly [since: number, fields: Fields])[] = [
  [
    0,
    {
      cpuManagerReconcilePeriod: '0s',
      evictionPressureTransitionPeriod: '0s',
      fileCheckFrequency: '0s',
      httpCheckFrequency: '0s',
      imageMinimumGCAge: '0s',
      nodeStatusReportFrequency: '0s',
      nodeStatusUpdateFrequency: '0s',
      runtimeRequestTimeout: '0s',
      streamingConnectionIdleTimeout: '0s',
      syncFrequency: '0s',
      volumeStatsAggPeriod: '0s',
    },
  ],
  [20, { shutdownGracePeriod: '0s', shutdownGracePeriodCriticalPods: '0s', logging: {} }],
  [22, { memorySwap: {} }],
  [24, { logging: { flushFrequency: 0, options: { json: { infoBufferSize: '0' } }, verbosity: 0 } }],
  [27, { containerRuntimeEndpoint: '' }],
  [29, { imageMaximumGCAge: '0s' }],
  [
    31,
    {
      logging: {
        flushFrequency: 0,
        options: { json: { infoBufferSize: '0' }, text: { infoBufferSize: '0' } },
        verbosity: 0,
      },
    },
  ],
  [32, { crashLoopBackOff: {} }],
]

/** KubeletConfiguration as kubeadm writes it; what the user gave comes over the defaults. */
export function kubeletConfiguration(
  cluster: ClusterConfiguration,
  given: Fields = {},
  facts: { resolvConf?: string } = {},
): Fields {
  const minor = minorOf(cluster.kubernetesVersion)
  const unset = UNSET.filter(([since]) => minor >= since).map(([, fields]) => fields)
  return {
    ...Object.assign({}, ...unset),
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: '0s', enabled: true },
      x509: { clientCAFile: `${cluster.certificatesDir}/ca.crt` },
    },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
    ...(minor >= 21 && { cgroupDriver: 'systemd' }),
    clusterDNS: [dnsIp(cluster.networking.serviceSubnet)],
    clusterDomain: cluster.networking.dnsDomain,
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    kind: 'KubeletConfiguration',
    ...(facts.resolvConf !== undefined && { resolvConf: facts.resolvConf }),
    rotateCertificates: true,
    staticPodPath: MANIFESTS_DIR,
    ...given,
  }
}

/** Before NodeLocalCRISocket, flags name the socket; with it, a file of the node does. */
export function instanceConfiguration(criSocket: string): Fields {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    containerRuntimeEndpoint: criSocket,
    kind: 'KubeletConfiguration',
  }
}

/** config.yaml of one node: the cluster's configuration with what the node's own file patches into it. */
export function nodeKubeletConfig(cluster: ClusterConfiguration, config: Fields, criSocket: string): string {
  const { nodeLocalSocket } = featuresOf(minorOf(cluster.kubernetesVersion))
  return makeYaml(nodeLocalSocket ? { ...config, containerRuntimeEndpoint: criSocket } : config)
}

export interface EnvFacts {
  cluster: ClusterConfiguration
  node: NodeRegistration
  hostName: string
  /** The taints go by flag: workers and, since 1.24, nobody who is marked later. */
  registerTaints: boolean
  /** Docker's cgroup driver. */
  dockerDriver?: string | undefined
}

/** The one line of kubeadm-flags.env (P6). */
export function kubeletEnv({ cluster, node, hostName, registerTaints, dockerDriver }: EnvFacts): string {
  const minor = minorOf(cluster.kubernetesVersion)
  const { nodeLocalSocket, sandboxImageFlag } = featuresOf(minor)
  const taints = (node.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`)
  const flags: Record<string, string> = {
    ...(minor <= 26 && minor >= 24 && { 'container-runtime': 'remote' }),
    ...(minor <= 23 && runtimeFlags(node, minor, dockerDriver)),
    ...(!nodeLocalSocket && minor >= 24 && { 'container-runtime-endpoint': node.criSocket || CRI_SOCKET }),
    ...(node.name !== hostName && { 'hostname-override': node.name }),
    ...(sandboxImageFlag && { 'pod-infra-container-image': pauseImage(cluster) }),
    ...(registerTaints && taints.length > 0 && { 'register-with-taints': taints.join(',') }),
  }
  return `KUBELET_KUBEADM_ARGS="${argumentsOf(flags, node.kubeletExtraArgs).join(' ')}"\n`
}

/** Up to 1.20 Docker's cgroup driver goes by flag; from 1.21 on it is in the configuration. */
function runtimeFlags({ criSocket }: NodeRegistration, minor: number, driver = 'systemd'): Record<string, string> {
  if (criSocket !== DOCKERSHIM_SOCKET) return { 'container-runtime': 'remote', 'container-runtime-endpoint': criSocket }
  return { 'network-plugin': 'cni', ...(minor <= 20 && { 'cgroup-driver': driver }) }
}

function argumentsOf(flags: Record<string, string>, extra: readonly Arg[] = []): string[] {
  const kept = Object.entries(flags).filter(([name]) => !extra.some((one) => one.name === name))
  return [...kept, ...extra.map(({ name, value }) => [name, value] as const)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `--${name}=${value}`)
}
