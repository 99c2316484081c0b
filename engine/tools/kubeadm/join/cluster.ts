/** The cluster that is joined: trusted, then asked for its configuration. Models cmd/kubeadm/app/cmd/join.go (InitCfg, TLSBootstrapCfg). */
import type { Proc, Run } from '../../../host/process.ts'
import type { Client } from '../../kubectl/client.ts'
import { makeKubeconfig } from '../artifacts/kubeconfigs.ts'
import { fetchCluster, fetchKubelet, sayReading } from '../cluster-config.ts'
import { defaultInit } from '../config/defaults.ts'
import type { ClusterConfiguration, InitConfiguration } from '../config/types.ts'
import { wrapped } from '../errors.ts'
import { BOOTSTRAP_CONF } from '../paths.ts'
import { clientFrom, factsOf } from '../session.ts'
import { discover } from './discovery.ts'
import type { Discovered, JoinData } from './data.ts'

export function* discovered(p: Proc, data: JoinData): Run<Discovered> {
  data.discovered ??= yield* discover(p, data.join.discovery, data.join.timeouts?.['discovery'] ?? '5m0s')
  return data.discovered
}

/** bootstrap-kubelet.conf: the kubelet asks for a certificate with it. */
export function bootstrapKubeconfig({ clusterName, server, ca, credentials }: Discovered): string {
  return makeKubeconfig({
    cluster: clusterName,
    server,
    ca,
    user: 'tls-bootstrap-token-user',
    credentials: credentials as Record<string, string>,
  })
}

export function* bootstrapClient(p: Proc, data: JoinData): Run<Client> {
  return yield* clientFrom(p, bootstrapKubeconfig(yield* discovered(p, data)), BOOTSTRAP_CONF)
}

export interface Joined {
  cluster: ClusterConfiguration
  init: InitConfiguration
}

/** The cluster's configuration, with this host's own part. Read once. */
export function* joinedCluster(p: Proc, data: JoinData): Run<Joined> {
  if (data.cluster !== undefined && data.init !== undefined) return { cluster: data.cluster, init: data.init }
  const client = yield* bootstrapClient(p, data)
  yield* sayReading(p, 'preflight', data.features.minor)
  try {
    data.cluster = yield* fetchCluster(client, data.features.minor)
    data.kubelet = yield* fetchKubelet(client, data.cluster)
  } catch (error) {
    throw wrapped('unable to fetch the kubeadm-config ConfigMap', error)
  }
  const { join } = data
  const local = join.controlPlane?.localAPIEndpoint
  data.init = defaultInit(
    { ...(local !== undefined && { localAPIEndpoint: local }), nodeRegistration: join.nodeRegistration },
    yield* factsOf(p),
  )
  return { cluster: data.cluster, init: data.init }
}
