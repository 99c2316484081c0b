/**
 * [upgrade/kubelet-config] and the flags of the kubelet: the configuration of the cluster becomes the file of this
 * node, with a backup. The kubelet itself is not touched. Models cmd/kubeadm/app/phases/upgrade/postupgrade.go (A6, A7).
 */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml } from '../../../objects/yaml.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { instanceConfiguration, kubeletConfiguration, nodeKubeletConfig } from '../artifacts/kubelet.ts'
import { showFile } from '../dry-run.ts'
import { fetchKubelet } from '../cluster-config.ts'
import type { Fields } from '../config/types.ts'
import { isMissing } from '../errors.ts'
import { resolvConf } from '../kubelet-files.ts'
import { KUBELET_CONFIG, KUBELET_ENV, KUBELET_DIR } from '../paths.ts'
import { exists, readText, say, warn, write } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { datedDir, tempDir } from './folders.ts'
import { hasPhases } from './preflight.ts'

const FILE_MODE = 0o644
const SOCKET_ANNOTATION = 'kubeadm.alpha.kubernetes.io/cri-socket'

export const kubeletConfigPhase: Phase<UpgradeData> = {
  name: 'kubelet-config',
  short: 'Upgrade the kubelet configuration for this node',
  *run(p, data) {
    const { features, client, node, dryRun } = data
    yield* writeConfig(p, data)
    if (features.nodeLocalSocket && !dryRun) yield* forgetSocket(client, node.name)
    if (hasPhases(features.minor))
      yield* say(p, '[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!')
  },
}

function* writeConfig(p: Proc, data: UpgradeData): Run<void> {
  const { cluster, node, kubeletDir, features, dryRun } = data
  yield* backUp(p, data, { file: KUBELET_CONFIG, what: 'kubelet config', folder: 'kubeadm-kubelet-config' })
  if (features.nodeLocalSocket) yield* keepSocket(p, data)
  const config: Fields =
    data.command === 'node'
      ? yield* fetchKubelet(data.client, cluster)
      : kubeletConfiguration(cluster, data.kubelet, yield* resolvConf(p))
  const path = `${kubeletDir}/config.yaml`
  yield* say(p, `[kubelet-start] Writing kubelet configuration to file ${JSON.stringify(path)}`)
  const text = nodeKubeletConfig(cluster, config, node.criSocket)
  yield* write(p, path, text, FILE_MODE)
  if (dryRun) yield* showFile(p, KUBELET_CONFIG, text)
}

interface Backup {
  file: string
  what: string
  folder: string
}

/** Where kubeadm's source has the warning, by minor. */
const PLACES: Record<string, string> = {
  'kubelet config 32': 'postupgrade.go:117',
  'kubelet config 33': 'postupgrade.go:117',
  'kubelet config 34': 'postupgrade.go:116',
  'kubelet env': 'postupgrade.go:203',
}

function* backUp(p: Proc, { features, dryRun }: UpgradeData, { file, what, folder }: Backup): Run<void> {
  const text = yield* readText(p, file)
  if (text === undefined || dryRun) return
  const { minor } = features
  const isConfig = file === KUBELET_CONFIG
  const dir = isConfig && minor >= 35 ? yield* datedDir(p, folder) : yield* tempDir(p, folder)
  const place = PLACES[`${what} ${minor}`] ?? PLACES[what] ?? 'postupgrade.go:105'
  if (minor >= 32)
    yield* warn(
      p,
      place,
      `Using temporary directory ${dir} for ${isConfig ? what : `${what} file`}. To override it set the environment variable KUBEADM_UPGRADE_DRYRUN_DIR`,
    )
  const target = `${dir}/${file.slice(file.lastIndexOf('/') + 1)}`
  yield* say(p, `[upgrade] Backing up ${what} file to ${target}`)
  yield* write(p, target, text, FILE_MODE)
}

/** The socket moves from the flags into the node's own file, once. */
function* keepSocket(p: Proc, data: UpgradeData): Run<void> {
  const { kubeletDir, node } = data
  const path = `${kubeletDir}/instance-config.yaml`
  if (!(yield* exists(p, `${KUBELET_DIR}/instance-config.yaml`))) {
    yield* withoutFlags(p, data, ['container-runtime-endpoint'], false)
    yield* say(p, `[kubelet-start] Writing kubelet configuration to file ${JSON.stringify(path)}`)
    yield* write(p, path, makeYaml(instanceConfiguration(node.criSocket)), FILE_MODE)
  }
  yield* say(
    p,
    '[patches] Applied patch of type "application/strategic-merge-patch+json" to target "kubeletconfiguration"',
  )
}

function* forgetSocket(client: UpgradeData['client'], name: string): Run<void> {
  const path = pathOf('v1/nodes', undefined, name)
  try {
    const found = yield* client.get(path, TIMEOUT)
    if (found.metadata?.annotations?.[SOCKET_ANNOTATION] === undefined) return
    yield* client.patch(path, 'strategic', { metadata: { annotations: { [SOCKET_ANNOTATION]: null } } }, TIMEOUT)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Takes flags out of kubeadm-flags.env; silent when none of them is there. */
export function* withoutFlags(p: Proc, data: UpgradeData, unwanted: readonly string[], backup: boolean): Run<void> {
  const text = yield* readText(p, KUBELET_ENV)
  const match = /^KUBELET_KUBEADM_ARGS="?([^"\n]*)"?/m.exec(text ?? '')
  if (match === null) return
  const flags = (match[1] as string).split(/\s+/).filter((flag) => flag !== '')
  const kept = flags.filter((flag) => !unwanted.includes(flag.replace(/^--/, '').replace(/=.*$/, '')))
  if (kept.length === flags.length) return
  if (backup) yield* backUp(p, data, { file: KUBELET_ENV, what: 'kubelet env', folder: 'kubeadm-kubelet-env' })
  const path = `${data.kubeletDir}/kubeadm-flags.env`
  yield* say(p, `[kubelet-start] Writing kubelet environment file with flags to file ${JSON.stringify(path)}`)
  yield* write(p, path, `KUBELET_KUBEADM_ARGS="${kept.join(' ')}"\n`, FILE_MODE)
}
