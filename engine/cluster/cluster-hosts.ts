/** The hosts of a cluster as kubeadm leaves them: users, units, kubeconfigs, certificates, manifests (P). */
import type { LazyText } from '../host/files.ts'
import type { Host, Hosts } from '../host/host.ts'
import { installDocker, installNodePackages } from '../host/packages/preinstalled.ts'
import { makeYaml } from '../objects/yaml.ts'
import { CERTIFICATES, encode, holds } from './identity.ts'
import { knownKubeconfig } from './kubeconfig.ts'
import { writeBalancer } from './load-balancer.ts'
import type { Authority, ClusterPki, Identity, KnownText, Subject } from './identity.ts'
import { dockerOf } from '../versions/index.ts'
import { numberFrom, poolKey } from '../pki/index.ts'
import { LEAVES } from '../tools/kubeadm/artifacts/certificates.ts'
import { hostCapacity } from './machine.ts'
import { configurationOf, kubeletFiles, staticManifests } from './manifests.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

export const LEARNER = 'candidate'

/** Adds every host of the plan, switched off. */
export function addHosts(hosts: Hosts, plan: ClusterPlan, pki: ClusterPki): void {
  const admin = makeKubeconfig(plan, pki, plan.minor >= 29 ? ADMIN : { ...ADMIN, organizations: ['system:masters'] })
  for (const planned of plan.hosts) {
    const host = hosts.add({
      name: planned.name,
      role: planned.role,
      address: planned.ip,
      release: plan.version,
      ...(plan.hollow ? {} : { capacity: hostCapacity(planned) }),
    })
    if (planned.role === 'base') writeBase(host, admin)
    else if (planned.role === 'balancer') writeBalancer(host, plan)
    else if (planned.role === 'bare') prepareMachine(host)
    else writeNode({ host, plan, pki, planned, admin })
  }
}

function writeBase(host: Host, admin: LazyText): void {
  installNodePackages(host.files, { version: host.release, names: ['kubectl'], hold: false })
  writeKubeconfig(host, admin)
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
  return knownKubeconfig(
    {
      length: text('x'.repeat(pki.ca.certificate.length), 'x'.repeat(certificate.length)).length,
      text: () => text(pki.ca.certificate.text(), certificate.text()),
    },
    { server: `https://${server}:6443`, ca: pki.ca.certificate, certificate, key },
  )
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

/** What the packages leave, before kubeadm was there: the kubelet fails for want of its configuration, again and again. */
function prepareMachine(host: Host): void {
  installKubelet(host)
  host.files.mkdir('/etc/kubernetes/manifests', undefined, { parents: true })
  host.files.mkdir('/etc/cni/net.d', undefined, { parents: true })
  host.units.daemonReload()
  host.units.enable('kubelet')
}

const DOCKER_GROUP = { name: 'docker', gid: 988 }

/** The container runtime, kubeadm and the kubelet: up to 1.23 that is Docker. */
function installKubelet(host: Host): void {
  const docker = dockerOf(Number(host.release.split('.')[1]))
  if (docker !== undefined) {
    installDocker(host.files, docker)
    host.addGroup(DOCKER_GROUP)
  }
  installNodePackages(host.files, { version: host.release, names: ['kubeadm', 'kubelet', 'kubectl'], hold: true })
}

/** What the network add-on leaves on each node, as flannel writes it. */
const CNI_CONFIG = `{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "flannel",
      "delegate": {
        "hairpinMode": true,
        "isDefaultGateway": true
      }
    },
    {
      "type": "portmap",
      "capabilities": {
        "portMappings": true
      }
    }
  ]
}
`

function writeNode(writing: Writing): void {
  const { host, plan, pki, planned } = writing
  installKubelet(host)
  for (const [path, text] of Object.entries(kubeletFiles(plan, planned))) host.files.put(path, text)
  host.files.putLazily(`${CERTIFICATES}/ca.crt`, pki.ca.certificate)
  writeKubelet(writing)
  host.files.mkdir('/etc/kubernetes/manifests', undefined, { parents: true })
  host.files.put('/etc/cni/net.d/10-flannel.conflist', CNI_CONFIG)
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
  const config = knownKubeconfig(
    {
      length: text('x'.repeat(pki.ca.certificate.length)).length,
      text: () => text(pki.ca.certificate.text()),
    },
    { server: `https://${serverName(plan)}:6443`, ca: pki.ca.certificate, certificate: current },
  )
  host.files.putLazily('/etc/kubernetes/kubelet.conf', config, { mode: 0o600 })
}

function joined(certificate: KnownText, key: string): KnownText {
  const text = { length: certificate.length + key.length, text: () => certificate.text() + key }
  holds(text, certificate)
  return text
}

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

/** P7, as kubeadm has them signed. */
function certificates(plan: ClusterPlan, pki: ClusterPki, { name, ip }: PlannedHost): [string, Authority, Subject][] {
  const cluster = configurationOf(plan)
  const authorities = { ca: pki.ca, 'front-proxy-ca': pki.frontProxyCa, 'etcd/ca': pki.etcdCa }
  return LEAVES.map(({ path, authority, subject }) => [
    path,
    authorities[authority],
    subject(cluster, { name, address: ip }),
  ])
}
