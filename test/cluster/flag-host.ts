/** A control-plane host for the tests of flags: kubeadm's files, and the command lines that kubeadm writes. */
import type { FlagHost } from '../../engine/cluster/flags/index.ts'
import {
  draftOf,
  goName,
  makePublicKeyPem,
  makeTraditionalKeyPem,
  poolKey,
  publicPartOf,
  selfSigner,
  signCertificate,
} from '../../engine/pki/index.ts'

export const NOW_MS = Date.UTC(2026, 10, 21, 1, 27, 7)
export const PKI = '/etc/kubernetes/pki'

const key = poolKey(0)
const other = poolKey(1)
export const KEY = makeTraditionalKeyPem(key)
export const OTHER_KEY = makeTraditionalKeyPem(other)
export const CERTIFICATE = (() => {
  const signer = selfSigner(goName('kubernetes'), key)
  const template = {
    serial: 1n,
    subject: goName('kubernetes'),
    notBeforeMs: NOW_MS - 1000,
    notAfterMs: NOW_MS + 86_400_000,
    publicKey: publicPartOf(key),
    keyUsages: ['keyCertSign'] as const,
    isCa: true,
  }
  return signCertificate(draftOf(template, signer), signer)
})()

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: https://172.30.1.2:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: someone
  name: someone@kubernetes
current-context: someone@kubernetes
users:
- name: someone
  user:
    client-certificate: ${PKI}/ca.crt
    client-key: ${PKI}/ca.key
`

const PAIRS = ['ca', 'apiserver', 'apiserver-etcd-client', 'apiserver-kubelet-client', 'front-proxy-ca']
const MORE = ['front-proxy-client', 'etcd/ca', 'etcd/server', 'etcd/peer']

export const FILES: Record<string, string> = {
  ...Object.fromEntries(
    [...PAIRS, ...MORE].flatMap((name) => [
      [`${PKI}/${name}.crt`, CERTIFICATE],
      [`${PKI}/${name}.key`, KEY],
    ]),
  ),
  [`${PKI}/sa.key`]: KEY,
  [`${PKI}/sa.pub`]: makePublicKeyPem(publicPartOf(key)),
  '/etc/kubernetes/controller-manager.conf': KUBECONFIG,
  '/etc/kubernetes/scheduler.conf': KUBECONFIG,
  '/etc/hosts': '127.0.0.1 localhost\n',
}

export interface HostFacts {
  files?: Record<string, string | undefined>
  directories?: string[]
  taken?: number[]
}

export function flagHost({ files = {}, directories = ['/var/lib/etcd'], taken = [] }: HostFacts = {}): FlagHost {
  const all: Record<string, string | undefined> = { ...FILES, ...files }
  return {
    read: (path) => all[path],
    kindOf: (path) => (all[path] !== undefined ? 'file' : directories.includes(path) ? 'directory' : undefined),
    addresses: ['172.30.1.2'],
    portTaken: (port) => taken.includes(port),
    nowMs: NOW_MS,
    name: 'controlplane',
  }
}

const CONF = '/etc/kubernetes/controller-manager.conf'

/** Flags of kubeadm's static pods (P9). */
const COMMANDS: Record<string, Record<string, string>> = {
  'kube-apiserver': {
    'advertise-address': '172.30.1.2',
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': `${PKI}/ca.crt`,
    'enable-admission-plugins': 'NodeRestriction',
    'enable-bootstrap-token-auth': 'true',
    'etcd-cafile': `${PKI}/etcd/ca.crt`,
    'etcd-certfile': `${PKI}/apiserver-etcd-client.crt`,
    'etcd-keyfile': `${PKI}/apiserver-etcd-client.key`,
    'etcd-servers': 'https://127.0.0.1:2379',
    'kubelet-client-certificate': `${PKI}/apiserver-kubelet-client.crt`,
    'kubelet-client-key': `${PKI}/apiserver-kubelet-client.key`,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'proxy-client-cert-file': `${PKI}/front-proxy-client.crt`,
    'proxy-client-key-file': `${PKI}/front-proxy-client.key`,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'secure-port': '6443',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': `${PKI}/sa.pub`,
    'service-account-signing-key-file': `${PKI}/sa.key`,
    'service-cluster-ip-range': '10.96.0.0/12',
    'tls-cert-file': `${PKI}/apiserver.crt`,
    'tls-private-key-file': `${PKI}/apiserver.key`,
  },
  'kube-controller-manager': {
    'allocate-node-cidrs': 'true',
    'authentication-kubeconfig': CONF,
    'authorization-kubeconfig': CONF,
    'bind-address': '127.0.0.1',
    'client-ca-file': `${PKI}/ca.crt`,
    'cluster-cidr': '10.244.0.0/16',
    'cluster-name': 'kubernetes',
    'cluster-signing-cert-file': `${PKI}/ca.crt`,
    'cluster-signing-key-file': `${PKI}/ca.key`,
    controllers: '*,bootstrapsigner,tokencleaner',
    kubeconfig: CONF,
    'leader-elect': 'true',
    'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
    'root-ca-file': `${PKI}/ca.crt`,
    'service-account-private-key-file': `${PKI}/sa.key`,
    'service-cluster-ip-range': '10.96.0.0/12',
    'use-service-account-credentials': 'true',
  },
  'kube-scheduler': {
    'authentication-kubeconfig': '/etc/kubernetes/scheduler.conf',
    'authorization-kubeconfig': '/etc/kubernetes/scheduler.conf',
    'bind-address': '127.0.0.1',
    kubeconfig: '/etc/kubernetes/scheduler.conf',
    'leader-elect': 'true',
  },
  'kube-proxy': { 'hostname-override': 'controlplane', kubeconfig: '/etc/kubernetes/scheduler.conf' },
  etcd: {
    'advertise-client-urls': 'https://172.30.1.2:2379',
    'cert-file': `${PKI}/etcd/server.crt`,
    'client-cert-auth': 'true',
    'data-dir': '/var/lib/etcd',
    'experimental-initial-corrupt-check': 'true',
    'experimental-watch-progress-notify-interval': '5s',
    'initial-advertise-peer-urls': 'https://172.30.1.2:2380',
    'initial-cluster': 'controlplane=https://172.30.1.2:2380',
    'key-file': `${PKI}/etcd/server.key`,
    'listen-client-urls': 'https://127.0.0.1:2379,https://172.30.1.2:2379',
    'listen-metrics-urls': 'http://127.0.0.1:2381',
    'listen-peer-urls': 'https://172.30.1.2:2380',
    name: 'controlplane',
    'peer-cert-file': `${PKI}/etcd/peer.crt`,
    'peer-client-cert-auth': 'true',
    'peer-key-file': `${PKI}/etcd/peer.key`,
    'peer-trusted-ca-file': `${PKI}/etcd/ca.crt`,
    'snapshot-count': '10000',
    'trusted-ca-file': `${PKI}/etcd/ca.crt`,
  },
}

/** kubeadm's command line with changed flags; `undefined` takes one away. Further words come last. */
export function commandOf(
  component: string,
  changes: Record<string, string | undefined> = {},
  more: string[] = [],
): string[] {
  const flags: Record<string, string | undefined> = { ...COMMANDS[component], ...changes }
  const words = Object.keys(flags)
    .sort()
    .flatMap((name) => (flags[name] === undefined ? [] : [`--${name}=${flags[name]}`]))
  return [component, ...words, ...more]
}
