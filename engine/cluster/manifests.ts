/** Static pods of the control plane, as kubeadm writes them (P9). */
import { makeYaml } from '../objects/yaml.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

interface StaticPod {
  name: string
  image: string
  command: string[]
  cpu: string
  memory?: string
  annotations?: Record<string, string>
  probe: { host: string; port: number; scheme: string; live: string; ready?: string; start: string }
  paths: { name: string; path: string; type: string; readOnly: boolean }[]
}

export const ETCD_IMAGES: Record<number, string> = { 33: '3.5.24-0', 34: '3.6.5-0', 35: '3.6.6-0', 36: '3.6.8-0' }
export const COREDNS_IMAGES: Record<number, string> = { 33: 'v1.12.0', 34: 'v1.12.1', 35: 'v1.13.1', 36: 'v1.14.2' }
const PKI = '/etc/kubernetes/pki'

export function etcdImage(minor: number): string {
  return `registry.k8s.io/etcd:${ETCD_IMAGES[minor] ?? (minor < 33 ? '3.5.16-0' : '3.6.8-0')}`
}

export function coreDnsImage(minor: number): string {
  return `registry.k8s.io/coredns/coredns:${COREDNS_IMAGES[minor] ?? (minor < 33 ? 'v1.11.3' : 'v1.14.2')}`
}

function controlPlaneImage(component: string, plan: ClusterPlan): string {
  return `registry.k8s.io/${component}:v${plan.version}`
}

/** Images that kubeadm has pulled before the node joins. */
export function preloadedImages(plan: ClusterPlan, host: PlannedHost): string[] {
  const common = ['registry.k8s.io/pause:3.10', controlPlaneImage('kube-proxy', plan), coreDnsImage(plan.minor)]
  if (host.role !== 'control-plane') return common
  return [
    ...common,
    etcdImage(plan.minor),
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => controlPlaneImage(name, plan)),
  ]
}

/** File name → text, for /etc/kubernetes/manifests of a control-plane host. */
export function staticManifests(plan: ClusterPlan, host: PlannedHost): Record<string, string> {
  const pods = [etcd(plan, host), apiServer(plan, host), controllerManager(plan), scheduler(plan)]
  return Object.fromEntries(pods.map((pod) => [`${pod.name}.yaml`, makeYaml(makePod(pod))]))
}

function flags(program: string, values: Record<string, string>): string[] {
  return [
    program,
    ...Object.keys(values)
      .sort()
      .map((name) => `--${name}=${values[name]}`),
  ]
}

function etcd(plan: ClusterPlan, { name, ip }: PlannedHost): StaticPod {
  const cluster = plan.controlPlanes.map((one) => `${one.name}=https://${one.ip}:2380`).join(',')
  const modern = plan.minor >= 34
  return {
    name: 'etcd',
    image: etcdImage(plan.minor),
    command: flags('etcd', {
      'advertise-client-urls': `https://${ip}:2379`,
      'cert-file': `${PKI}/etcd/server.crt`,
      'client-cert-auth': 'true',
      'data-dir': '/var/lib/etcd',
      ...(modern ? { 'feature-gates': 'InitialCorruptCheck=true' } : { 'experimental-initial-corrupt-check': 'true' }),
      'initial-advertise-peer-urls': `https://${ip}:2380`,
      'initial-cluster': cluster,
      'key-file': `${PKI}/etcd/server.key`,
      'listen-client-urls': `https://127.0.0.1:2379,https://${ip}:2379`,
      'listen-metrics-urls': 'http://127.0.0.1:2381',
      'listen-peer-urls': `https://${ip}:2380`,
      name,
      'peer-cert-file': `${PKI}/etcd/peer.crt`,
      'peer-client-cert-auth': 'true',
      'peer-key-file': `${PKI}/etcd/peer.key`,
      'peer-trusted-ca-file': `${PKI}/etcd/ca.crt`,
      'snapshot-count': '10000',
      'trusted-ca-file': `${PKI}/etcd/ca.crt`,
      [modern ? 'watch-progress-notify-interval' : 'experimental-watch-progress-notify-interval']: '5s',
    }),
    cpu: '100m',
    memory: '100Mi',
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${ip}:2379` },
    probe: { host: '127.0.0.1', port: 2381, scheme: 'HTTP', live: '/livez', ready: '/readyz', start: '/readyz' },
    paths: [
      { name: 'etcd-certs', path: `${PKI}/etcd`, type: 'DirectoryOrCreate', readOnly: false },
      { name: 'etcd-data', path: '/var/lib/etcd', type: 'DirectoryOrCreate', readOnly: false },
    ],
  }
}

function apiServer(plan: ClusterPlan, { ip }: PlannedHost): StaticPod {
  return {
    name: 'kube-apiserver',
    image: controlPlaneImage('kube-apiserver', plan),
    command: flags('kube-apiserver', {
      'advertise-address': ip,
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
    }),
    cpu: '250m',
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${ip}:6443` },
    probe: { host: ip, port: 6443, scheme: 'HTTPS', live: '/livez', ready: '/readyz', start: '/livez' },
    paths: [
      { name: 'ca-certs', path: '/etc/ssl/certs', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'k8s-certs', path: PKI, type: 'DirectoryOrCreate', readOnly: true },
    ],
  }
}

function controllerManager(plan: ClusterPlan): StaticPod {
  const conf = '/etc/kubernetes/controller-manager.conf'
  return {
    name: 'kube-controller-manager',
    image: controlPlaneImage('kube-controller-manager', plan),
    command: flags('kube-controller-manager', {
      'allocate-node-cidrs': 'true',
      'authentication-kubeconfig': conf,
      'authorization-kubeconfig': conf,
      'bind-address': '127.0.0.1',
      'client-ca-file': `${PKI}/ca.crt`,
      'cluster-cidr': `${plan.podPrefix}.0.0/16`,
      'cluster-name': plan.name,
      'cluster-signing-cert-file': `${PKI}/ca.crt`,
      'cluster-signing-key-file': `${PKI}/ca.key`,
      controllers: '*,bootstrapsigner,tokencleaner',
      kubeconfig: conf,
      'leader-elect': 'true',
      'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
      'root-ca-file': `${PKI}/ca.crt`,
      'service-account-private-key-file': `${PKI}/sa.key`,
      'service-cluster-ip-range': '10.96.0.0/12',
      'use-service-account-credentials': 'true',
    }),
    cpu: '200m',
    probe: { host: '127.0.0.1', port: 10257, scheme: 'HTTPS', live: '/healthz', start: '/healthz' },
    paths: [
      { name: 'ca-certs', path: '/etc/ssl/certs', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'k8s-certs', path: PKI, type: 'DirectoryOrCreate', readOnly: true },
      { name: 'kubeconfig', path: conf, type: 'FileOrCreate', readOnly: true },
    ],
  }
}

function scheduler(plan: ClusterPlan): StaticPod {
  const conf = '/etc/kubernetes/scheduler.conf'
  return {
    name: 'kube-scheduler',
    image: controlPlaneImage('kube-scheduler', plan),
    command: flags('kube-scheduler', {
      'authentication-kubeconfig': conf,
      'authorization-kubeconfig': conf,
      'bind-address': '127.0.0.1',
      kubeconfig: conf,
      'leader-elect': 'true',
    }),
    cpu: '100m',
    probe: { host: '127.0.0.1', port: 10259, scheme: 'HTTPS', live: '/livez', ready: '/readyz', start: '/livez' },
    paths: [{ name: 'kubeconfig', path: conf, type: 'FileOrCreate', readOnly: true }],
  }
}

function makePod({ name, image, command, cpu, memory, annotations, probe, paths }: StaticPod): Record<string, unknown> {
  const httpGet = (path: string): Record<string, unknown> => ({
    host: probe.host,
    path,
    port: probe.port,
    scheme: probe.scheme,
  })
  const container = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command,
    livenessProbe: {
      failureThreshold: 8,
      httpGet: httpGet(probe.live),
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 15,
    },
    ...(probe.ready !== undefined && {
      readinessProbe: { failureThreshold: 3, httpGet: httpGet(probe.ready), periodSeconds: 1, timeoutSeconds: 15 },
    }),
    startupProbe: {
      failureThreshold: 24,
      httpGet: httpGet(probe.start),
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 15,
    },
    resources: { requests: { cpu, ...(memory !== undefined && { memory }) } },
    volumeMounts: paths.map(({ name: volume, path, readOnly }) => ({
      mountPath: path,
      name: volume,
      ...(readOnly && { readOnly }),
    })),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(annotations && { annotations }),
      labels: { component: name, tier: 'control-plane' },
      name,
      namespace: 'kube-system',
    },
    spec: {
      containers: [container],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes: paths.map(({ name: volume, path, type }) => ({ hostPath: { path, type }, name: volume })),
    },
    status: {},
  }
}
