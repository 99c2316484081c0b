/** Static pod manifests as files. Models cmd/kubeadm/app/util/staticpod (WriteStaticPodToDisk). */
import type { Proc, Run } from '../../host/process.ts'
import { componentManifest, etcdManifest } from './artifacts/static-pods.ts'
import type { ComponentName, ControlPlaneHost, EtcdJoin } from './artifacts/static-pods.ts'
import type { ApiEndpoint, ClusterConfiguration, NodeRegistration } from './config/types.ts'
import { exists, write } from './session.ts'

export interface ManifestPlace {
  cluster: ClusterConfiguration
  node: NodeRegistration
  endpoint: ApiEndpoint
  dir: string
}

/** Folders of certificates that a distribution may have. */
const CA_FOLDERS = [
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
  '/etc/pki',
]

function* hostOf(p: Proc, { node, endpoint }: ManifestPlace): Run<ControlPlaneHost> {
  const there: string[] = []
  for (const folder of CA_FOLDERS) if (yield* exists(p, folder)) there.push(folder)
  return {
    name: node.name,
    address: endpoint.advertiseAddress,
    bindPort: endpoint.bindPort,
    ...(node.imagePullPolicy !== undefined && { imagePullPolicy: node.imagePullPolicy }),
    exists: (path) => there.includes(path),
  }
}

export function* writeComponent(p: Proc, place: ManifestPlace, name: ComponentName): Run<void> {
  const text = componentManifest(name, place.cluster, yield* hostOf(p, place))
  yield* write(p, `${place.dir}/${name}.yaml`, text, 0o600, 0o700)
}

export function* writeEtcd(p: Proc, place: ManifestPlace, join: EtcdJoin): Run<void> {
  const text = etcdManifest(place.cluster, yield* hostOf(p, place), join)
  yield* write(p, `${place.dir}/etcd.yaml`, text, 0o600, 0o700)
}

/** etcd's data is nobody else's. */
export function* makeDataDir(p: Proc, dataDir: string): Run<void> {
  if (yield* exists(p, dataDir)) yield* p.chmod(dataDir, 0o700)
  else yield* p.mkdir(dataDir, { parents: true, mode: 0o700 })
}
