/** What kubeadm writes for a host of the plan: static pods, the kubelet's files (P6, P9). The texts are kubeadm's own. */
import { makeYaml } from '../objects/yaml.ts'
import { allImages, controlPlaneImage, coreDnsImage, pauseImage } from '../tools/kubeadm/artifacts/images.ts'
import { instanceConfiguration, kubeletConfiguration, kubeletEnv, nodeKubeletConfig } from '../tools/kubeadm/artifacts/kubelet.ts' // prettier-ignore
import { COMPONENTS, componentManifest, etcdManifest } from '../tools/kubeadm/artifacts/static-pods.ts'
import type { ControlPlaneHost } from '../tools/kubeadm/artifacts/static-pods.ts'
import { defaultCluster, defaultNode } from '../tools/kubeadm/config/defaults.ts'
import type { ClusterConfiguration } from '../tools/kubeadm/config/types.ts'
import { CRI_SOCKET, INSTANCE_CONFIG, KUBELET_CONFIG, KUBELET_ENV } from '../tools/kubeadm/paths.ts'
import { featuresOf } from '../tools/kubeadm/release.ts'
import { DOCKERSHIM_SOCKET, LAST_DOCKERSHIM } from '../versions/index.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

/** The configuration that `kubeadm init` was given. */
export function configurationOf(plan: ClusterPlan): ClusterConfiguration {
  const endpoint = plan.controlPlanes.length === 1 ? {} : { controlPlaneEndpoint: `${plan.endpoint}:6443` }
  return defaultCluster(
    {
      clusterName: plan.name,
      networking: { dnsDomain: 'cluster.local', serviceSubnet: '10.96.0.0/12', podSubnet: `${plan.podPrefix}.0.0/16` },
      ...endpoint,
    },
    `v${plan.version}`,
  )
}

const hostOf = ({ name, ip }: PlannedHost): ControlPlaneHost => ({ name, address: ip, bindPort: 6443 })

/** Images that kubeadm has pulled before the node joins. */
export function preloadedImages(plan: ClusterPlan, host: PlannedHost): string[] {
  const cluster = configurationOf(plan)
  if (host.role === 'control-plane') return allImages(cluster)
  return [pauseImage(cluster), controlPlaneImage('kube-proxy', cluster), coreDnsImage(cluster)]
}

/** File name → text, for /etc/kubernetes/manifests of a control-plane host. */
export function staticManifests(plan: ClusterPlan, host: PlannedHost): Record<string, string> {
  const cluster = configurationOf(plan)
  const members = plan.controlPlanes.map(({ name, ip }) => ({ name, peerUrl: `https://${ip}:2380` }))
  return {
    'etcd.yaml': etcdManifest(cluster, hostOf(host), { members }),
    ...Object.fromEntries(
      COMPONENTS.map((name) => [`${name}.yaml`, componentManifest(name, cluster, hostOf(host))] as const),
    ),
  }
}

/** Path → text of the files that kubeadm writes for a kubelet. */
export function kubeletFiles(plan: ClusterPlan, host: PlannedHost): Record<string, string> {
  const cluster = configurationOf(plan)
  const socket = plan.minor <= LAST_DOCKERSHIM ? DOCKERSHIM_SOCKET : CRI_SOCKET
  const node = defaultNode({ criSocket: socket }, host.name)
  const env = kubeletEnv({ cluster, node, hostName: host.name, registerTaints: false })
  const local = featuresOf(plan.minor).nodeLocalSocket
  return {
    [KUBELET_ENV]: env,
    [KUBELET_CONFIG]: nodeKubeletConfig(cluster, kubeletConfiguration(cluster), CRI_SOCKET),
    ...(local && { [INSTANCE_CONFIG]: makeYaml(instanceConfiguration(CRI_SOCKET)) }),
  }
}
