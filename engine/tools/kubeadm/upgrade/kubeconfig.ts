/**
 * [upgrade/kubeconfig]: the kubelet of a control plane talks to the API server beside it (1.33), and the administrator
 * gets a group instead of system:masters (1.29). Models cmd/kubeadm/app/phases/upgrade (UpdateKubeletKubeconfigServer).
 */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml, parseYaml } from '../../../objects/yaml.ts'
import { createOnce } from '../apply.ts'
import { kubeconfigSpecs } from '../artifacts/kubeconfigs.ts'
import { clusterAdmins } from '../artifacts/objects/bootstrap.ts'
import type { Fields } from '../config/types.ts'
import { createKubeconfig } from '../kubeconfig-files.ts'
import { conf, KUBERNETES_DIR } from '../paths.ts'
import { exists, readText, say, write } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { datedDir, move } from './folders.ts'
import { hasPhases } from './preflight.ts'

export const kubeconfigPhase: Phase<UpgradeData> = {
  name: 'kubeconfig',
  short: 'Upgrade kubeconfig files for this node',
  hidden: true,
  *run(p, data) {
    const { isControlPlane, features, dryRun } = data
    if (!isControlPlane) return yield* say(p, '[upgrade/kubeconfig] Skipping phase. Not a control plane node.')
    if (features.kubeletLocalMode && !dryRun) yield* useLocalServer(p, data)
    if (hasPhases(features.minor))
      yield* say(p, '[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!')
  },
}

function* useLocalServer(p: Proc, { endpoint }: UpgradeData): Run<void> {
  const path = conf('kubelet')
  const text = yield* readText(p, path)
  if (text === undefined) return
  const config = parseYaml(text) as Fields
  const server = `https://${endpoint.advertiseAddress}:${endpoint.bindPort}`
  const clusters = (config['clusters'] ?? []) as { name: string; cluster: Fields }[]
  const moved = clusters.map(({ name, cluster }) => ({ name, cluster: { ...cluster, server } }))
  yield* write(p, path, makeYaml({ ...config, clusters: moved }), 0o600)
}

/** The step to 1.29: super-admin.conf keeps system:masters, admin.conf gets the new group. */
export function* splitAdministrators(p: Proc, data: UpgradeData): Run<void> {
  const { cluster, node, endpoint, features, client, dryRun } = data
  if (features.minor !== 29 || dryRun || (yield* exists(p, conf('super-admin')))) return
  const local = { name: node.name, address: endpoint.advertiseAddress, bindPort: endpoint.bindPort }
  const place = { cluster, certificatesDir: cluster.certificatesDir, dir: KUBERNETES_DIR }
  const specs = kubeconfigSpecs(cluster, local)
  yield* createOnce(p, client, clusterAdmins())
  const backup = yield* datedDir(p, 'kubeadm-backup-kubeconfigs')
  yield* move(p, conf('admin'), `${backup}/admin.conf`)
  for (const spec of specs)
    if (spec.file === 'admin' || spec.file === 'super-admin') yield* createKubeconfig(p, place, spec)
}
