/** [kubelet-start] of `init`. Models cmd/kubeadm/app/cmd/phases/init/kubelet.go. */
import { kubeletConfiguration } from '../artifacts/kubelet.ts'
import { resolvConf, startKubelet, stopKubelet, writeKubeletConfig, writeKubeletEnv } from '../kubelet-files.ts'
import { defaultTaints } from '../mark.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

export const kubeletStartPhase: Phase<InitData> = {
  name: 'kubelet-start',
  short: 'Write kubelet settings and (re)start the kubelet',
  *run(p, { cluster, init, kubelet, hostName, dirs, dryRun, features }) {
    if (!dryRun) yield* stopKubelet(p)
    const taints = init.nodeRegistration.taints ?? defaultTaints(features)
    const files = {
      cluster,
      node: { ...init.nodeRegistration, taints },
      hostName,
      dir: dirs.kubelet,
      registerTaints: false,
    }
    yield* writeKubeletEnv(p, files)
    yield* writeKubeletConfig(p, files, kubeletConfiguration(cluster, kubelet, yield* resolvConf(p)))
    if (dryRun) yield* say(p, '[kubelet-start] Would start the kubelet')
    else yield* startKubelet(p)
  },
}
