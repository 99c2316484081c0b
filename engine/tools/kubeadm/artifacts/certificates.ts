/** What kubeadm has signed by whom (P7). Models cmd/kubeadm/app/phases/certs/certlist.go and util/pkiutil. */
import { isAddress } from '../../../pki/index.ts'
import type { AltNames, ExtKeyUsage } from '../../../pki/index.ts'
import type { ClusterConfiguration } from '../config/types.ts'
import { minorOf } from '../release.ts'
import { apiServerServiceIp, parseEndpoint } from './addresses.ts'

export interface LeafSubject {
  commonName: string
  organizations?: string[]
  usages: ExtKeyUsage[]
  altNames?: Partial<AltNames>
}

/** Whom a certificate is for. */
export interface CertificateHost {
  name: string
  address: string
}

export interface AuthoritySpec {
  /** Path under the certificates' folder, without `.crt`. */
  path: string
  /** As `certs check-expiration` calls it. */
  name: string
  commonName: string
  longName: string
}

export const AUTHORITIES: readonly AuthoritySpec[] = [
  { path: 'ca', name: 'ca', commonName: 'kubernetes', longName: 'self-signed Kubernetes CA to provision identities for other Kubernetes components' }, // prettier-ignore
  { path: 'front-proxy-ca', name: 'front-proxy-ca', commonName: 'front-proxy-ca', longName: 'self-signed CA to provision identities for front proxy' }, // prettier-ignore
  { path: 'etcd/ca', name: 'etcd-ca', commonName: 'etcd-ca', longName: 'self-signed CA to provision identities for etcd' }, // prettier-ignore
]

export interface LeafSpec {
  path: string
  /** As `certs renew` calls it. */
  name: string
  authority: 'ca' | 'front-proxy-ca' | 'etcd/ca'
  longName: string
  subject(cluster: ClusterConfiguration, host: CertificateHost): LeafSubject
}

const client = (commonName: string, organizations: string[] = []): LeafSubject => ({
  commonName,
  ...(organizations.length > 0 && { organizations }),
  usages: ['clientAuth'],
})

/** The group that clients had up to 1.28. */
const masters = (cluster: ClusterConfiguration): string[] =>
  minorOf(cluster.kubernetesVersion) <= 28 ? ['system:masters'] : []

function kubeletClientGroups(cluster: ClusterConfiguration): string[] {
  const minor = minorOf(cluster.kubernetesVersion)
  return minor >= 29 && minor <= 35 ? ['kubeadm:cluster-admins'] : masters(cluster)
}

/** Names sorted, each once; addresses in order of their coming. */
function altNames(names: readonly string[]): Partial<AltNames> {
  const once = [...new Set(names.filter((name) => name !== ''))]
  return { dns: once.filter((name) => !isAddress(name)).sort(), ips: once.filter(isAddress) }
}

export function apiServerAltNames(cluster: ClusterConfiguration, host: CertificateHost): Partial<AltNames> {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  const { dnsDomain, serviceSubnet } = cluster.networking
  const endpoint = cluster.controlPlaneEndpoint ? parseEndpoint(cluster.controlPlaneEndpoint, 6443).host : ''
  return altNames([
    host.name,
    ...service,
    `kubernetes.default.svc.${dnsDomain}`,
    apiServerServiceIp(serviceSubnet),
    host.address,
    endpoint,
    ...(cluster.apiServer.certSANs ?? []),
  ])
}

export function etcdAltNames(host: CertificateHost, extra: readonly string[] = []): Partial<AltNames> {
  return altNames([host.name, 'localhost', host.address, '127.0.0.1', '::1', ...extra])
}

const member = (host: CertificateHost, extra: readonly string[] | undefined): LeafSubject => ({
  commonName: host.name,
  usages: ['serverAuth', 'clientAuth'],
  altNames: etcdAltNames(host, extra),
})

/** In the order in which `init` makes them. */
export const LEAVES: readonly LeafSpec[] = [
  {
    path: 'apiserver',
    name: 'apiserver',
    authority: 'ca',
    longName: 'certificate for serving the Kubernetes API',
    subject: (cluster, host) => ({
      commonName: 'kube-apiserver',
      usages: ['serverAuth'],
      altNames: apiServerAltNames(cluster, host),
    }),
  },
  {
    path: 'apiserver-kubelet-client',
    name: 'apiserver-kubelet-client',
    authority: 'ca',
    longName: 'certificate for the API server to connect to kubelet',
    subject: (cluster) => client('kube-apiserver-kubelet-client', kubeletClientGroups(cluster)),
  },
  {
    path: 'front-proxy-client',
    name: 'front-proxy-client',
    authority: 'front-proxy-ca',
    longName: 'certificate for the front proxy client',
    subject: () => client('front-proxy-client'),
  },
  {
    path: 'etcd/server',
    name: 'etcd-server',
    authority: 'etcd/ca',
    longName: 'certificate for serving etcd',
    subject: (cluster, host) => member(host, cluster.etcd.local?.serverCertSANs),
  },
  {
    path: 'etcd/peer',
    name: 'etcd-peer',
    authority: 'etcd/ca',
    longName: 'certificate for etcd nodes to communicate with each other',
    subject: (cluster, host) => member(host, cluster.etcd.local?.peerCertSANs),
  },
  {
    path: 'etcd/healthcheck-client',
    name: 'etcd-healthcheck-client',
    authority: 'etcd/ca',
    longName: 'certificate for liveness probes to healthcheck etcd',
    subject: (cluster) => client('kube-etcd-healthcheck-client', masters(cluster)),
  },
  {
    path: 'apiserver-etcd-client',
    name: 'apiserver-etcd-client',
    authority: 'etcd/ca',
    longName: 'certificate the apiserver uses to access etcd',
    subject: (cluster) => client('kube-apiserver-etcd-client', masters(cluster)),
  },
]

/** An external etcd has its own certificates. */
export function leavesOf({ etcd }: ClusterConfiguration): LeafSpec[] {
  return LEAVES.filter(({ authority }) => etcd.external === undefined || authority !== 'etcd/ca')
}

export function authoritiesOf({ etcd }: ClusterConfiguration): AuthoritySpec[] {
  return AUTHORITIES.filter(({ path }) => etcd.external === undefined || path !== 'etcd/ca')
}
