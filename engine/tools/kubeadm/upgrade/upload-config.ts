/** [upload-config] of `upgrade apply`: the cluster's configuration with its new version. Models cmd/kubeadm/app/cmd/phases/upgrade/apply/uploadconfig.go. */
import { applyAll } from '../apply.ts'
import { kubeletConfiguration } from '../artifacts/kubelet.ts'
import { kubeadmConfig, kubeletConfig, kubeletConfigName } from '../artifacts/objects/configuration.ts'
import { showObjects } from '../dry-run.ts'
import { resolvConf } from '../kubelet-files.ts'
import { annotateSocket } from '../mark.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'

export const uploadConfigPhase: Phase<UpgradeData> = {
  name: 'upload-config',
  short: 'Upload the kubeadm and kubelet configurations to ConfigMaps',
  phases: [
    { name: 'all', short: 'Upload all the configurations to ConfigMaps', runsSiblings: true },
    {
      name: 'kubeadm',
      short: 'Upload the kubeadm ClusterConfiguration to a ConfigMap',
      *run(p, { cluster, features, client, dryRun }) {
        const objects = kubeadmConfig(cluster, features.minor)
        if (dryRun) return yield* showObjects(p, objects)
        yield* say(p, '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace') // prettier-ignore
        yield* applyAll(p, client, objects)
      },
    },
    {
      name: 'kubelet',
      short: 'Upload the kubelet configuration to a ConfigMap',
      *run(p, { cluster, features, client, kubelet, node, dryRun }) {
        const config = kubeletConfiguration(cluster, kubelet, yield* resolvConf(p))
        const objects = kubeletConfig(cluster, config, kubelet !== undefined)
        if (dryRun) return yield* showObjects(p, objects)
        const name = kubeletConfigName(cluster.kubernetesVersion)
        yield* say(p, `[kubelet] Creating a ConfigMap ${JSON.stringify(name)} in namespace kube-system with the configuration for the kubelets in the cluster`) // prettier-ignore
        yield* applyAll(p, client, objects)
        if (!features.nodeLocalSocket) yield* annotateSocket(p, client, node.name, node.criSocket)
      },
    },
  ],
}
