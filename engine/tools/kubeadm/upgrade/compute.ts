/** Which upgrades are on offer. Models cmd/kubeadm/app/phases/upgrade/compute.go (A5). */
import { compareVersions, coreDnsTag, etcdTag, parseVersion } from '../../../versions/index.ts'

/** Version → the nodes that have it. */
export type ByVersion = Record<string, string[]>

/** What the cluster is made of now. */
export interface ClusterState {
  /** Of the API server that answered, with `v`. */
  cluster: string
  kubeadm: string
  dns: string
  kubelets: ByVersion
  apiServers: ByVersion
  controllerManagers: ByVersion
  schedulers: ByVersion
  /** Empty with an external etcd. */
  etcds: ByVersion
}

export interface Offer {
  /** `version in the v1.34 series`, `stable version`. */
  description: string
  /** `v1.35.3` */
  version: string
  kubeadm: string
  dns: string
  etcd: string
}

const offer = (description: string, version: string, kubeadm: string): Offer => ({
  description,
  version,
  kubeadm,
  dns: coreDnsTag(version),
  etcd: etcdTag(version),
})

/** `series`: the newest patch of the cluster's minor; undefined when nobody knows. Patches first. */
export function offersFor(state: ClusterState, stable: string, series: string | undefined): Offer[] {
  const { cluster, kubeadm } = state
  const offers: Offer[] = []
  const before = (a: string, b: string): boolean => compareVersions(a, b) < 0
  if (series !== undefined && before(cluster, series)) {
    const minor = parseVersion(cluster)?.minor ?? 0
    offers.push(offer(`version in the v1.${minor} series`, series, before(kubeadm, series) ? series : kubeadm))
  }
  const isNewer = series === undefined ? before(cluster, stable) : before(series, stable) && before(cluster, stable)
  if (isNewer) offers.push(offer('stable version', stable, stable))
  return offers
}

/** Some kubelet is of another version. */
export const upgradesKubelets = ({ kubelets }: ClusterState, { version }: Offer): boolean =>
  Object.keys(kubelets).some((one) => one !== version)
