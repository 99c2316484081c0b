/** The hosts of a cluster as kubeadm leaves them: users, units, kubeconfigs, certificates, manifests (P). */
import type { LazyText } from '../host/files.ts'
import type { Host, Hosts } from '../host/host.ts'
import { makeYaml } from '../objects/yaml.ts'
import { apiServerNames, CERTIFICATES, encode, etcdNames } from './identity.ts'
import type { Authority, ClusterPki, Identity, KnownText, Subject } from './identity.ts'
import { numberFrom, poolKey } from '../pki/index.ts'
import { staticManifests } from './manifests.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

export const LEARNER = 'candidate'

const KUBELET_UNIT = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`

const KUBELET_DROP_IN = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort. Preferably, the user should use
# the .NodeRegistration.KubeletExtraArgs object in the configuration files instead. KUBELET_EXTRA_ARGS should be sourced from this file.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`

/** Adds every host of the plan, switched off. */
export function addHosts(hosts: Hosts, plan: ClusterPlan, pki: ClusterPki): void {
  const admin = makeKubeconfig(plan, pki, plan.minor >= 29 ? ADMIN : { ...ADMIN, organizations: ['system:masters'] })
  for (const planned of plan.hosts) {
    const host = hosts.add({ name: planned.name, role: planned.role, address: planned.ip, release: plan.version })
    if (planned.role === 'base') writeKubeconfig(host, admin)
    else writeNode({ host, plan, pki, planned, admin })
  }
}

interface User extends Omit<Subject, 'usages'> {
  name: string
}

/** The kubeconfig of a further user, for tests and tools outside of the cluster; its key depends on the name alone. */
export function makeUserKubeconfig({ plan, pki }: { plan: ClusterPlan; pki: ClusterPki }, user: User): string {
  const key = poolKey(Number(numberFrom(4, user.commonName)))
  const identity = pki.issue(pki.ca, { ...user, usages: ['clientAuth'] }, key)
  return makeKubeconfig(plan, pki, user, serverName(plan), identity).text()
}

/** The kubeconfig of an identity, with everything inside it. */
function makeKubeconfig(
  plan: ClusterPlan,
  pki: ClusterPki,
  user: User,
  server = serverName(plan),
  { certificate, key }: Identity = pki.issue(pki.ca, { ...user, usages: ['clientAuth'] }),
): LazyText {
  const context = `${user.name}@${plan.name}`
  const text = (ca: string, own: string): string =>
    kubeconfigText({
      cluster: plan.name,
      server,
      ca,
      context,
      user: user.name,
      credentials: { 'client-certificate-data': encode(own), 'client-key-data': encode(key) },
    })
  return {
    length: text('x'.repeat(pki.ca.certificate.length), 'x'.repeat(certificate.length)).length,
    text: () => text(pki.ca.certificate.text(), certificate.text()),
  }
}

interface KubeconfigFacts {
  cluster: string
  server: string
  ca: string
  context: string
  user: string
  credentials: Record<string, string>
}

function kubeconfigText({ cluster, server, ca, context, user, credentials }: KubeconfigFacts): string {
  return makeYaml({
    apiVersion: 'v1',
    clusters: [
      { cluster: { 'certificate-authority-data': encode(ca), server: `https://${server}:6443` }, name: cluster },
    ],
    contexts: [{ context: { cluster, user }, name: context }],
    'current-context': context,
    kind: 'Config',
    preferences: {},
    users: [{ name: user, user: credentials }],
  })
}

/** One control plane is reached by its address, several by the name of their load balancer. */
function serverName(plan: ClusterPlan): string {
  return plan.controlPlanes.length === 1 ? (plan.controlPlanes[0] as PlannedHost).ip : plan.endpoint
}

const ADMIN = { name: 'kubernetes-admin', commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'] }
const SUPER_ADMIN = {
  name: 'kubernetes-super-admin',
  commonName: 'kubernetes-super-admin',
  organizations: ['system:masters'],
}

function writeKubeconfig(host: Host, config: LazyText): void {
  for (const [home, owner] of [
    [`/home/${LEARNER}`, LEARNER],
    ['/root', 'root'],
  ] as const) {
    host.files.putLazily(`${home}/.kube/config`, config, { owner, group: owner, mode: 0o600 })
    host.files.chown(`${home}/.kube`, owner, owner)
  }
}

/** What is needed to write the files of one host. */
interface Writing {
  host: Host
  plan: ClusterPlan
  pki: ClusterPki
  planned: PlannedHost
  /** admin.conf, the same on every host. */
  admin: LazyText
}

function writeNode(writing: Writing): void {
  const { host, plan, pki, planned } = writing
  host.files.put('/usr/bin/kubelet', '', { mode: 0o755, program: 'kubelet' })
  host.files.put('/usr/lib/systemd/system/kubelet.service', KUBELET_UNIT)
  host.files.put('/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf', KUBELET_DROP_IN)
  host.files.put(
    '/var/lib/kubelet/kubeadm-flags.env',
    `KUBELET_KUBEADM_ARGS="--pod-infra-container-image=registry.k8s.io/pause:3.10"\n`,
  )
  host.files.put('/var/lib/kubelet/config.yaml', kubeletConfig(plan))
  host.files.putLazily(`${CERTIFICATES}/ca.crt`, pki.ca.certificate)
  writeKubelet(writing)
  host.files.mkdir('/etc/kubernetes/manifests', undefined, { parents: true })
  host.files.mkdir('/etc/cni/net.d', undefined, { parents: true })
  if (planned.role === 'control-plane') writeControlPlane(writing)
  host.units.daemonReload()
  if (plan.nodes.includes(planned)) host.units.enable('kubelet')
}

const KUBELET_CERTIFICATES = '/var/lib/kubelet/pki'

/** What the kubelet's TLS bootstrap leaves: a client certificate that rotates, and a serving one of its own. */
function writeKubelet({ host, plan, pki, planned }: Writing): void {
  const { name, role } = planned
  const user = `system:node:${name}`
  const client = pki.issue(pki.ca, { commonName: user, organizations: ['system:nodes'], usages: ['clientAuth'] })
  const stamp = new Date(pki.options.atMs).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
  const current = `${KUBELET_CERTIFICATES}/kubelet-client-current.pem`
  const dated = `${KUBELET_CERTIFICATES}/kubelet-client-${stamp}.pem`
  host.files.putLazily(dated, joined(client.certificate, client.key), { mode: 0o600 })
  host.files.symlink(dated, current)
  writeIdentity(host, `${KUBELET_CERTIFICATES}/kubelet`, pki.selfSigned(name, { dns: [name] }))
  const bootstrapped = role !== 'control-plane' || plan.controlPlanes[0] !== planned
  const text = (ca: string): string =>
    kubeconfigText({
      cluster: bootstrapped ? 'default-cluster' : plan.name,
      server: serverName(plan),
      ca,
      context: bootstrapped ? 'default-context' : `${user}@${plan.name}`,
      user: bootstrapped ? 'default-auth' : user,
      credentials: { 'client-certificate': current, 'client-key': current },
    })
  const config = {
    length: text('x'.repeat(pki.ca.certificate.length)).length,
    text: () => text(pki.ca.certificate.text()),
  }
  host.files.putLazily('/etc/kubernetes/kubelet.conf', config, { mode: 0o600 })
}

const joined = (certificate: KnownText, key: string): KnownText => ({
  length: certificate.length + key.length,
  text: () => certificate.text() + key,
})

/** `<path>.crt` and `<path>.key`. */
function writeIdentity(host: Host, path: string, { certificate, key }: Identity): void {
  host.files.putLazily(`${path}.crt`, certificate)
  host.files.put(`${path}.key`, key, { mode: 0o600 })
}

function writeControlPlane({ host, plan, pki, planned, admin }: Writing): void {
  writeKubeconfig(host, admin)
  const write = (name: string, config: LazyText): void =>
    host.files.putLazily(`/etc/kubernetes/${name}.conf`, config, { mode: 0o600 })
  write('admin', admin)
  if (plan.minor >= 29 && plan.controlPlanes[0] === planned)
    write('super-admin', makeKubeconfig(plan, pki, SUPER_ADMIN))
  for (const name of ['controller-manager', 'scheduler']) {
    const user = `system:kube-${name}`
    write(name, makeKubeconfig(plan, pki, { name: user, commonName: user }, planned.ip))
  }
  const authorities: [string, Authority][] = [
    ['ca', pki.ca],
    ['front-proxy-ca', pki.frontProxyCa],
    ['etcd/ca', pki.etcdCa],
  ]
  for (const [name, authority] of authorities) writeIdentity(host, `${CERTIFICATES}/${name}`, authority)
  for (const [name, authority, subject] of certificates(plan, pki, planned))
    writeIdentity(host, `${CERTIFICATES}/${name}`, pki.issue(authority, subject))
  host.files.put(`${CERTIFICATES}/sa.pub`, pki.serviceAccountPublicPem, { mode: 0o600 })
  host.files.put(`${CERTIFICATES}/sa.key`, pki.serviceAccountKeyPem, { mode: 0o600 })
  host.files.mkdir('/var/lib/etcd', undefined, { parents: true })
  for (const [name, text] of Object.entries(staticManifests(plan, planned)))
    host.files.put(`/etc/kubernetes/manifests/${name}`, text, { mode: 0o600 })
}

/** P7. The groups that some had came and went with the releases. */
function certificates(plan: ClusterPlan, pki: ClusterPki, planned: PlannedHost): [string, Authority, Subject][] {
  const { minor } = plan
  const masters = minor <= 28 ? { organizations: ['system:masters'] } : {}
  const kubeletClient = minor >= 29 && minor <= 35 ? { organizations: ['kubeadm:cluster-admins'] } : masters
  const member: Subject = {
    commonName: planned.name,
    usages: ['serverAuth', 'clientAuth'],
    altNames: etcdNames(planned),
  }
  const client = (commonName: string, groups: { organizations?: string[] } = {}): Subject => ({
    commonName,
    ...groups,
    usages: ['clientAuth'],
  })
  return [
    [
      'apiserver',
      pki.ca,
      { commonName: 'kube-apiserver', usages: ['serverAuth'], altNames: apiServerNames(plan, planned) },
    ],
    ['apiserver-kubelet-client', pki.ca, client('kube-apiserver-kubelet-client', kubeletClient)],
    ['front-proxy-client', pki.frontProxyCa, client('front-proxy-client')],
    ['etcd/server', pki.etcdCa, member],
    ['etcd/peer', pki.etcdCa, member],
    ['etcd/healthcheck-client', pki.etcdCa, client('kube-etcd-healthcheck-client', masters)],
    ['apiserver-etcd-client', pki.etcdCa, client('kube-apiserver-etcd-client', masters)],
  ]
}

function kubeletConfig(plan: ClusterPlan): string {
  return makeYaml({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: '0s', enabled: true },
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
    },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
    cgroupDriver: 'systemd',
    clusterDNS: [plan.dnsIp],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///var/run/containerd/containerd.sock',
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    kind: 'KubeletConfiguration',
    rotateCertificates: true,
    staticPodPath: '/etc/kubernetes/manifests',
  })
}
