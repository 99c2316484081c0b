/** kubeadm-config and kubelet-config (P8). Models cmd/kubeadm/app/phases/uploadconfig and phases/kubelet/config.go. */
import { makeYaml } from '../../../../objects/yaml.ts'
import { HASHES, toHex } from '../../../../pki/index.ts'
import { NODE_TOKEN_GROUP } from '../../config/defaults.ts'
import { clusterDocument } from '../../config/print.ts'
import type { ClusterConfiguration, Fields } from '../../config/types.ts'
import { featuresOf, minorOf } from '../../release.ts'
import { configMap, group, mayGet, role, roleBinding } from './object.ts'
import type { ClusterObject } from './object.ts'

const NODES = [group(NODE_TOKEN_GROUP), group('system:nodes')]

/** Says that kubeadm made the configuration itself. Models componentconfigs.SignConfigMap. */
export function configHash(data: Record<string, string>): Record<string, string> {
  const text = Object.keys(data)
    .sort()
    .map((key) => key + (data[key] ?? ''))
    .join('')
  const hash = toHex(HASHES.sha256(new TextEncoder().encode(text)))
  return { 'kubeadm.kubernetes.io/component-config.hash': `sha256:${hash}` }
}

/** `minor`: of the kubeadm that writes. */
export function kubeadmConfig(cluster: ClusterConfiguration, minor: number): ClusterObject[] {
  const name = 'kubeadm:nodes-kubeadm-config'
  const text = makeYaml(clusterDocument(cluster, featuresOf(minor).configApi))
  return [
    configMap('kube-system', 'kubeadm-config', { ClusterConfiguration: text }),
    role('kube-system', name, [mayGet('configmaps', 'kubeadm-config')]),
    roleBinding('kube-system', name, NODES),
  ]
}

export function kubeletConfigName(kubernetesVersion: string): string {
  const minor = minorOf(kubernetesVersion)
  return featuresOf(minor).versionedKubeletConfig ? `kubelet-config-1.${minor}` : 'kubelet-config'
}

export function kubeletConfig(cluster: ClusterConfiguration, config: Fields, given: boolean): ClusterObject[] {
  const mapName = kubeletConfigName(cluster.kubernetesVersion)
  const name = `kubeadm:${mapName}`
  const data = { kubelet: makeYaml(config) }
  return [
    configMap('kube-system', mapName, data, given ? {} : { annotations: configHash(data) }),
    role('kube-system', name, [mayGet('configmaps', mapName)]),
    roleBinding('kube-system', name, [group('system:nodes'), group(NODE_TOKEN_GROUP)]),
  ]
}
