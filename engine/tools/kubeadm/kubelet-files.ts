/** [kubelet-start]: the kubelet's files, and its unit. Models cmd/kubeadm/app/phases/kubelet (P1, P6). */
import type { Proc, Run } from '../../host/process.ts'
import { makeYaml } from '../../objects/yaml.ts'
import { instanceConfiguration, kubeletEnv, nodeKubeletConfig } from './artifacts/kubelet.ts'
import { DOCKERSHIM_SOCKET } from '../../versions/index.ts'
import type { ClusterConfiguration, Fields, NodeRegistration } from './config/types.ts'
import { featuresOf, minorOf } from './release.ts'
import { readText, say, warn, write } from './session.ts'

const FILE_MODE = 0o644

export interface KubeletFiles {
  cluster: ClusterConfiguration
  node: NodeRegistration
  hostName: string
  dir: string
  registerTaints: boolean
}

export function* writeKubeletEnv(p: Proc, { cluster, node, hostName, dir, registerTaints }: KubeletFiles): Run<void> {
  const path = `${dir}/kubeadm-flags.env`
  yield* say(p, `[kubelet-start] Writing kubelet environment file with flags to file ${JSON.stringify(path)}`)
  const dockerDriver = node.criSocket === DOCKERSHIM_SOCKET ? yield* dockerDriverOf(p) : undefined
  yield* write(p, path, kubeletEnv({ cluster, node, hostName, registerTaints, dockerDriver }), FILE_MODE)
}

/** What `docker info` says of the cgroup driver. */
export function* dockerDriverOf(p: Proc): Run<string> {
  return /native\.cgroupdriver=(\w+)/.exec((yield* readText(p, '/etc/docker/daemon.json')) ?? '')?.[1] ?? 'cgroupfs'
}

/** config.yaml, and since 1.34 the node's own part of it. */
export function* writeKubeletConfig(p: Proc, { cluster, node, dir }: KubeletFiles, config: Fields): Run<void> {
  if (featuresOf(minorOf(cluster.kubernetesVersion)).nodeLocalSocket) {
    const instance = `${dir}/instance-config.yaml`
    yield* say(p, `[kubelet-start] Writing kubelet configuration to file ${JSON.stringify(instance)}`)
    yield* write(p, instance, makeYaml(instanceConfiguration(node.criSocket)), FILE_MODE)
    yield* say(
      p,
      '[patches] Applied patch of type "application/strategic-merge-patch+json" to target "kubeletconfiguration"',
    )
  }
  const path = `${dir}/config.yaml`
  yield* say(p, `[kubelet-start] Writing kubelet configuration to file ${JSON.stringify(path)}`)
  yield* write(p, path, nodeKubeletConfig(cluster, config, node.criSocket), FILE_MODE)
}

export function* stopKubelet(p: Proc): Run<void> {
  yield* p.ask('unit.stop', { unit: 'kubelet' })
}

export function* startKubelet(p: Proc): Run<void> {
  yield* say(p, '[kubelet-start] Starting the kubelet')
  yield* p.ask('unit.daemonReload')
  const answer = (yield* p.ask('unit.restart', { unit: 'kubelet' })) as { error?: string } | undefined
  if (answer?.error !== undefined)
    yield* warn(p, 'kubelet.go:50', `[kubelet-start] WARNING: unable to start the kubelet service: [${answer.error}]`)
}

/** The resolver that pods of the node use: not the stub of systemd-resolved. */
export function* resolvConf(p: Proc): Run<{ resolvConf?: string }> {
  const status = (yield* p.ask('unit.status', { unit: 'systemd-resolved' })) as { active?: string }
  const path = '/run/systemd/resolve/resolv.conf'
  if (status.active !== 'active' || 'error' in (yield* p.stat(path))) return {}
  return { resolvConf: path }
}
