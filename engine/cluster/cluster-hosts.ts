/** The hosts of a cluster as kubeadm leaves them: users, units, kubeconfigs, certificates, manifests (P). */
import type { Host, Hosts } from '../host/host.ts'
import { makeYaml } from '../objects/yaml.ts'
import { caCertificate } from './addons.ts'
import { encode, makeCertificate, makeKey } from './identity.ts'
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
export function addHosts(hosts: Hosts, plan: ClusterPlan): void {
  for (const planned of plan.hosts) {
    const host = hosts.add({ name: planned.name, role: planned.role, address: planned.ip, release: plan.version })
    if (planned.role === 'base') writeBase(host, plan)
    else writeNode(host, plan, planned)
  }
}

/** The kubeconfig of an identity, with everything inside it. */
export function makeKubeconfig(
  plan: ClusterPlan,
  user: { name: string; commonName: string; organizations: string[] },
): string {
  const context = `${user.name}@${plan.name}`
  return makeYaml({
    apiVersion: 'v1',
    clusters: [
      {
        cluster: {
          'certificate-authority-data': encode(caCertificate(plan)),
          server: `https://${serverName(plan)}:6443`,
        },
        name: plan.name,
      },
    ],
    contexts: [{ context: { cluster: plan.name, user: user.name }, name: context }],
    'current-context': context,
    kind: 'Config',
    preferences: {},
    users: [
      {
        name: user.name,
        user: {
          'client-certificate-data': encode(
            makeCertificate({ commonName: user.commonName, organizations: user.organizations, issuer: plan.name }),
          ),
          'client-key-data': encode(makeKey(user.commonName)),
        },
      },
    ],
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

function writeKubeconfig(host: Host, plan: ClusterPlan): void {
  const config = makeKubeconfig(plan, plan.minor >= 29 ? ADMIN : { ...ADMIN, organizations: ['system:masters'] })
  for (const [home, owner] of [
    [`/home/${LEARNER}`, LEARNER],
    ['/root', 'root'],
  ] as const) {
    host.files.put(`${home}/.kube/config`, config, { owner, group: owner, mode: 0o600 })
    host.files.chown(`${home}/.kube`, owner, owner)
  }
}

function writeBase(host: Host, plan: ClusterPlan): void {
  writeKubeconfig(host, plan)
}

function writeNode(host: Host, plan: ClusterPlan, planned: PlannedHost): void {
  host.files.put('/usr/bin/kubelet', '', { mode: 0o755, program: 'kubelet' })
  host.files.put('/usr/lib/systemd/system/kubelet.service', KUBELET_UNIT)
  host.files.put('/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf', KUBELET_DROP_IN)
  host.files.put(
    '/var/lib/kubelet/kubeadm-flags.env',
    `KUBELET_KUBEADM_ARGS="--pod-infra-container-image=registry.k8s.io/pause:3.10"\n`,
  )
  host.files.put('/var/lib/kubelet/config.yaml', kubeletConfig(plan))
  host.files.put(
    '/etc/kubernetes/kubelet.conf',
    makeKubeconfig(plan, {
      name: `system:node:${planned.name}`,
      commonName: `system:node:${planned.name}`,
      organizations: ['system:nodes'],
    }),
    { mode: 0o600 },
  )
  host.files.put('/etc/kubernetes/pki/ca.crt', caCertificate(plan))
  host.files.mkdir('/etc/kubernetes/manifests', undefined, { parents: true })
  host.files.mkdir('/etc/cni/net.d', undefined, { parents: true })
  if (planned.role === 'control-plane') writeControlPlane(host, plan, planned)
  host.units.daemonReload()
  if (plan.nodes.includes(planned)) host.units.enable('kubelet')
}

function writeControlPlane(host: Host, plan: ClusterPlan, planned: PlannedHost): void {
  writeKubeconfig(host, plan)
  host.files.put('/etc/kubernetes/admin.conf', makeKubeconfig(plan, ADMIN), { mode: 0o600 })
  if (plan.minor >= 29)
    host.files.put('/etc/kubernetes/super-admin.conf', makeKubeconfig(plan, SUPER_ADMIN), { mode: 0o600 })
  for (const name of ['controller-manager', 'scheduler']) {
    const user = `system:kube-${name}`
    host.files.put(
      `/etc/kubernetes/${name}.conf`,
      makeKubeconfig(plan, { name: user, commonName: user, organizations: [] }),
      { mode: 0o600 },
    )
  }
  for (const [name, subject] of Object.entries(certificates(plan, planned))) {
    host.files.put(
      `/etc/kubernetes/pki/${name}.crt`,
      makeCertificate({ commonName: subject, organizations: [], issuer: plan.name }),
    )
    host.files.put(`/etc/kubernetes/pki/${name}.key`, makeKey(subject), { mode: 0o600 })
  }
  host.files.put('/etc/kubernetes/pki/sa.pub', makeKey('sa').replaceAll('PRIVATE', 'PUBLIC'))
  host.files.put('/etc/kubernetes/pki/sa.key', makeKey('sa'), { mode: 0o600 })
  host.files.put('/etc/kubernetes/pki/ca.key', makeKey(plan.name), { mode: 0o600 })
  host.files.mkdir('/var/lib/etcd', undefined, { parents: true })
  for (const [name, text] of Object.entries(staticManifests(plan, planned)))
    host.files.put(`/etc/kubernetes/manifests/${name}`, text, { mode: 0o600 })
}

function certificates(plan: ClusterPlan, { name }: PlannedHost): Record<string, string> {
  return {
    apiserver: 'kube-apiserver',
    'apiserver-kubelet-client': 'kube-apiserver-kubelet-client',
    'apiserver-etcd-client': 'kube-apiserver-etcd-client',
    'front-proxy-ca': 'front-proxy-ca',
    'front-proxy-client': 'front-proxy-client',
    'etcd/ca': 'etcd-ca',
    'etcd/server': name,
    'etcd/peer': name,
    'etcd/healthcheck-client': `kube-etcd-healthcheck-client@${plan.name}`,
  }
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
