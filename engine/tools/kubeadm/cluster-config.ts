/** The configuration of a running cluster. Models cmd/kubeadm/app/util/config/cluster.go (P2, P3, P4). */
import type { Proc, Run } from '../../host/process.ts'
import { parseYaml } from '../../objects/yaml.ts'
import type { ApiObject, Client } from '../kubectl/client.ts'
import { pathOf, TIMEOUT } from './apply.ts'
import { kubeletConfigName } from './artifacts/objects/configuration.ts'
import { defaultCluster } from './config/defaults.ts'
import { readConfig } from './config/read.ts'
import type { ClusterConfiguration, Fields } from './config/types.ts'
import { isMissing, KubeadmError, wrapped } from './errors.ts'
import { say } from './session.ts'

type ConfigMap = ApiObject & { data?: Record<string, string> }

const getMap = (client: Client, name: string): Run<ConfigMap> =>
  client.get<ConfigMap>(pathOf('v1/configmaps', 'kube-system', name), TIMEOUT)

/** The two lines that say where it is read from. */
export function* sayReading(p: Proc, prefix: string, minor: number): Run<void> {
  const from = minor >= 32 ? '"kubeadm-config" ConfigMap in namespace "kube-system"' : 'cluster'
  yield* say(p, `[${prefix}] Reading configuration from the ${from}...`)
  yield* say(p, `[${prefix}] ${hintOf(minor)}`)
}

function hintOf(minor: number): string {
  if (minor <= 31)
    return "FYI: You can look at this config file with 'kubectl -n kube-system get cm kubeadm-config -o yaml'"
  const args =
    minor >= 34 ? 'kubeadm --config your-config-file' : `--config your-config${minor === 33 ? '-file' : '.yaml'}`
  return `Use 'kubeadm init phase upload-config ${args}' to re-upload it.`
}

/** kubeadm-config as it stands. `minor`: of the kubeadm that reads. */
export function* fetchCluster(client: Client, minor: number): Run<ClusterConfiguration> {
  let map: ConfigMap
  try {
    map = yield* getMap(client, 'kubeadm-config')
  } catch (error) {
    if (isMissing(error)) throw error
    throw wrapped('failed to get config map', error)
  }
  const text = map.data?.['ClusterConfiguration']
  if (text === undefined)
    throw new KubeadmError('unexpected error when reading kubeadm-config ConfigMap: ClusterConfiguration key value pair missing') // prettier-ignore
  const { config } = readConfig(text, minor)
  const given = config.cluster ?? {}
  return defaultCluster(given, given.kubernetesVersion ?? '')
}

export function* fetchKubelet(client: Client, cluster: ClusterConfiguration): Run<Fields> {
  try {
    const map = yield* getMap(client, kubeletConfigName(cluster.kubernetesVersion))
    return parseYaml(map.data?.['kubelet'] ?? '') as Fields
  } catch (error) {
    throw wrapped('could not download the kubelet configuration from ConfigMap', error)
  }
}
