/** [upload-config] of `init`. Models cmd/kubeadm/app/cmd/phases/init/uploadconfig.go. */
import { applyAll } from '../apply.ts'
import { kubeletConfiguration } from '../artifacts/kubelet.ts'
import { kubeadmConfig, kubeletConfig, kubeletConfigName } from '../artifacts/objects/configuration.ts'
import { showObjects } from '../dry-run.ts'
import { resolvConf } from '../kubelet-files.ts'
import { annotateSocket } from '../mark.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

export const uploadConfigPhase: Phase<InitData> = {
  name: 'upload-config',
  short: 'Upload the kubeadm and kubelet configuration to a ConfigMap',
  phases: [
    { name: 'all', short: 'Upload all configuration to a config map', runsSiblings: true },
    {
      name: 'kubeadm',
      short: 'Upload the kubeadm ClusterConfiguration to a ConfigMap',
      *run(p, data) {
        yield* say(p, '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace') // prettier-ignore
        const objects = kubeadmConfig(data.cluster, data.features.minor)
        if (data.dryRun) yield* showObjects(p, objects)
        else yield* applyAll(p, yield* adminClient(p, data), objects)
      },
    },
    {
      name: 'kubelet',
      short: 'Upload the kubelet component config to a ConfigMap',
      *run(p, data) {
        const { cluster, kubelet, init, features } = data
        const name = kubeletConfigName(cluster.kubernetesVersion)
        yield* say(p, `[kubelet] Creating a ConfigMap ${JSON.stringify(name)} in namespace kube-system with the configuration for the kubelets in the cluster`) // prettier-ignore
        const config = kubeletConfiguration(cluster, kubelet, yield* resolvConf(p))
        const objects = kubeletConfig(cluster, config, kubelet !== undefined)
        if (data.dryRun) return yield* showObjects(p, objects)
        const client = yield* adminClient(p, data)
        yield* applyAll(p, client, objects)
        const { name: node, criSocket } = init.nodeRegistration
        if (!features.nodeLocalSocket) yield* annotateSocket(p, client, node, criSocket)
      },
    },
  ],
}
