/** Static pods of the control plane (P9). Models cmd/kubeadm/app/phases/controlplane (manifests.go), phases/etcd/local.go and util/staticpod. */
import { makeYaml } from '../../../objects/yaml.ts'
import type { Arg, ClusterConfiguration, ControlPlaneComponent, HostPathMount } from '../config/types.ts'
import { conf, PORTS } from '../paths.ts'
import { minorOf } from '../release.ts'
import { controlPlaneImage, etcdImage } from './images.ts'

/** The host that will run the pods. */
export interface ControlPlaneHost {
  name: string
  address: string
  bindPort: number
  imagePullPolicy?: string
  /** Folders of certificates that are mounted only where they are. */
  exists?(path: string): boolean
}

export interface EtcdJoin {
  /** The members there are, this one included. */
  members: { name: string; peerUrl: string }[]
  state?: 'existing'
}

interface Probe {
  host: string
  port: number
  scheme: 'HTTP' | 'HTTPS'
  live: string
  ready?: string
  start: string
}

interface Volume {
  name: string
  path: string
  mountPath?: string
  type?: string
  readOnly: boolean
}

interface StaticPod {
  name: string
  image: string
  command: string[]
  cpu: string
  memory?: string
  annotations?: Record<string, string>
  probe: Probe
  volumes: Volume[]
  env: Record<string, unknown>[]
}

export const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export type ComponentName = (typeof COMPONENTS)[number]

/** The text of a component's manifest. */
export function componentManifest(name: ComponentName, cluster: ClusterConfiguration, host: ControlPlaneHost): string {
  return makeYaml(makePod(MAKERS[name](cluster, host), cluster, host))
}

export function etcdManifest(cluster: ClusterConfiguration, host: ControlPlaneHost, join: EtcdJoin): string {
  return makeYaml(makePod(etcd(cluster, host, join), cluster, host))
}

type Values = Record<string, string>

/** Defaults under what the configuration says; sorted by name. Models util.ArgumentsToCommand. */
export function commandOf(program: string, defaults: Values, extra: readonly Arg[] = []): string[] {
  const kept = Object.entries(defaults).filter(([name]) => !extra.some((one) => one.name === name))
  const all = [...kept, ...extra.map(({ name, value }) => [name, value] as const)]
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return [program, ...sorted.map(([name, value]) => `--${name}=${value}`)]
}

/** Folders beside /etc/ssl/certs that distributions link certificates from. */
const CA_FOLDERS = [
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
  '/etc/pki',
]

function caVolumes({ exists }: ControlPlaneHost): Volume[] {
  const present = CA_FOLDERS.filter((path) => exists?.(path) === true)
  return ['/etc/ssl/certs', ...present].map((path) => ({
    name: path === '/etc/ssl/certs' ? 'ca-certs' : path.slice(1).replaceAll('/', '-'),
    path,
    type: 'DirectoryOrCreate',
    readOnly: true,
  }))
}

const extraVolumes = (mounts: readonly HostPathMount[] = []): Volume[] =>
  mounts.map(({ name, hostPath, mountPath, readOnly = false, pathType }) => ({
    name,
    path: hostPath,
    mountPath,
    readOnly,
    ...(pathType && { type: pathType }),
  }))

/** A mount that the configuration names replaces the default of that name. */
function volumesOf(defaults: Volume[], component: ControlPlaneComponent): Volume[] {
  const extra = extraVolumes(component.extraVolumes)
  return [...defaults.filter(({ name }) => !extra.some((one) => one.name === name)), ...extra]
}

/** host:port of the kubelet's probes as a configuration moves them. */
const valueOf = (component: ControlPlaneComponent, name: string, otherwise: string): string =>
  component.extraArgs?.find((one) => one.name === name)?.value ?? otherwise

const probeHost = (bound: string): string => (bound === '0.0.0.0' || bound === '' ? '127.0.0.1' : bound)

function etcdFlags({ etcd: { external }, certificatesDir: pki }: ClusterConfiguration): Values {
  if (external === undefined)
    return {
      'etcd-cafile': `${pki}/etcd/ca.crt`,
      'etcd-certfile': `${pki}/apiserver-etcd-client.crt`,
      'etcd-keyfile': `${pki}/apiserver-etcd-client.key`,
      'etcd-servers': `https://127.0.0.1:${PORTS.etcdClient}`,
    }
  return {
    'etcd-servers': external.endpoints.join(','),
    ...(external.caFile && { 'etcd-cafile': external.caFile }),
    ...(external.certFile && { 'etcd-certfile': external.certFile }),
    ...(external.keyFile && { 'etcd-keyfile': external.keyFile }),
  }
}

/** Files of an external etcd outside of the usual folders are mounted by their folder. */
function externalEtcdVolumes({ etcd: { external }, certificatesDir }: ClusterConfiguration): Volume[] {
  const files = [external?.caFile, external?.certFile, external?.keyFile].filter((file) => file !== undefined)
  const folders = [...new Set(files.map((file) => file.replace(/\/[^/]*$/, '')))]
  return folders
    .filter((folder) => folder !== '' && !folder.startsWith(certificatesDir) && !folder.startsWith('/etc/ssl/certs'))
    .map((path, index) => ({ name: `etcd-certs-${index}`, path, type: 'DirectoryOrCreate', readOnly: true }))
}

function apiServer(cluster: ClusterConfiguration, host: ControlPlaneHost): StaticPod {
  const { certificatesDir: pki, networking } = cluster
  const { address, bindPort } = host
  const minor = minorOf(cluster.kubernetesVersion)
  const defaults: Values = {
    'advertise-address': address,
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': `${pki}/ca.crt`,
    'enable-admission-plugins': 'NodeRestriction',
    'enable-bootstrap-token-auth': 'true',
    ...etcdFlags(cluster),
    ...(minor <= 19 && { 'insecure-port': '0' }),
    'kubelet-client-certificate': `${pki}/apiserver-kubelet-client.crt`,
    'kubelet-client-key': `${pki}/apiserver-kubelet-client.key`,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'proxy-client-cert-file': `${pki}/front-proxy-client.crt`,
    'proxy-client-key-file': `${pki}/front-proxy-client.key`,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-client-ca-file': `${pki}/front-proxy-ca.crt`,
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'secure-port': String(bindPort),
    ...(minor >= 20 && {
      'service-account-issuer': `https://kubernetes.default.svc.${networking.dnsDomain}`,
      'service-account-signing-key-file': `${pki}/sa.key`,
    }),
    'service-account-key-file': `${pki}/sa.pub`,
    'service-cluster-ip-range': networking.serviceSubnet,
    'tls-cert-file': `${pki}/apiserver.crt`,
    'tls-private-key-file': `${pki}/apiserver.key`,
  }
  const [live, ready] = minor >= 18 ? ['/livez', '/readyz'] : ['/healthz', undefined]
  return {
    name: 'kube-apiserver',
    image: controlPlaneImage('kube-apiserver', cluster),
    command: commandOf('kube-apiserver', defaults, cluster.apiServer.extraArgs),
    cpu: '250m',
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${address}:${bindPort}` },
    probe: {
      host: probeHost(valueOf(cluster.apiServer, 'advertise-address', address)),
      port: Number(valueOf(cluster.apiServer, 'secure-port', String(bindPort))),
      scheme: 'HTTPS',
      live,
      ...(ready !== undefined && { ready }),
      start: live,
    },
    volumes: volumesOf(
      [
        ...caVolumes(host),
        ...externalEtcdVolumes(cluster),
        { name: 'k8s-certs', path: pki, type: 'DirectoryOrCreate', readOnly: true },
      ],
      cluster.apiServer,
    ),
    env: cluster.apiServer.extraEnvs ?? [],
  }
}

function controllerManager(cluster: ClusterConfiguration, host: ControlPlaneHost): StaticPod {
  const { certificatesDir: pki, networking } = cluster
  const minor = minorOf(cluster.kubernetesVersion)
  const kubeconfig = conf('controller-manager')
  const defaults: Values = {
    ...(networking.podSubnet && {
      'allocate-node-cidrs': 'true',
      'cluster-cidr': networking.podSubnet,
      'service-cluster-ip-range': networking.serviceSubnet,
    }),
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'client-ca-file': `${pki}/ca.crt`,
    'cluster-name': cluster.clusterName,
    'cluster-signing-cert-file': `${pki}/ca.crt`,
    'cluster-signing-key-file': `${pki}/ca.key`,
    controllers: '*,bootstrapsigner,tokencleaner',
    kubeconfig,
    'leader-elect': 'true',
    ...(minor <= 22 && { port: '0' }),
    'requestheader-client-ca-file': `${pki}/front-proxy-ca.crt`,
    'root-ca-file': `${pki}/ca.crt`,
    'service-account-private-key-file': `${pki}/sa.key`,
    'use-service-account-credentials': 'true',
  }
  const flexVolume: Volume = {
    name: 'flexvolume-dir',
    path: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec',
    type: 'DirectoryOrCreate',
    readOnly: false,
  }
  return {
    name: 'kube-controller-manager',
    image: controlPlaneImage('kube-controller-manager', cluster),
    command: commandOf('kube-controller-manager', defaults, cluster.controllerManager.extraArgs),
    cpu: '200m',
    probe: {
      host: probeHost(valueOf(cluster.controllerManager, 'bind-address', '127.0.0.1')),
      port: PORTS.controllerManager,
      scheme: 'HTTPS',
      live: '/healthz',
      start: '/healthz',
    },
    volumes: volumesOf(
      [
        ...caVolumes(host),
        ...(minor <= 35 ? [flexVolume] : []),
        { name: 'k8s-certs', path: pki, type: 'DirectoryOrCreate', readOnly: true },
        { name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true },
      ],
      cluster.controllerManager,
    ),
    env: cluster.controllerManager.extraEnvs ?? [],
  }
}

function scheduler(cluster: ClusterConfiguration): StaticPod {
  const minor = minorOf(cluster.kubernetesVersion)
  const kubeconfig = conf('scheduler')
  const defaults: Values = {
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    kubeconfig,
    'leader-elect': 'true',
    ...(minor <= 22 && { port: '0' }),
  }
  const health = minor >= 32 ? { live: '/livez', ready: '/readyz', start: '/livez' } : { live: '/healthz', start: '/healthz' } // prettier-ignore
  return {
    name: 'kube-scheduler',
    image: controlPlaneImage('kube-scheduler', cluster),
    command: commandOf('kube-scheduler', defaults, cluster.scheduler.extraArgs),
    cpu: '100m',
    probe: {
      host: probeHost(valueOf(cluster.scheduler, 'bind-address', '127.0.0.1')),
      port: PORTS.scheduler,
      scheme: 'HTTPS',
      ...health,
    },
    volumes: volumesOf(
      [{ name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true }],
      cluster.scheduler,
    ),
    env: cluster.scheduler.extraEnvs ?? [],
  }
}

const MAKERS: Record<ComponentName, (cluster: ClusterConfiguration, host: ControlPlaneHost) => StaticPod> = {
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllerManager,
  'kube-scheduler': scheduler,
}

/** etcd's own endpoints; older ones had a single /health. */
function etcdHealth(minor: number): Pick<Probe, 'live' | 'ready' | 'start'> {
  if (minor >= 31) return { live: '/livez', ready: '/readyz', start: '/readyz' }
  if (minor >= 21) return { live: '/health?exclude=NOSPACE&serializable=true', start: '/health?serializable=false' }
  return { live: '/health', start: '/health' }
}

function etcd(cluster: ClusterConfiguration, host: ControlPlaneHost, { members, state }: EtcdJoin): StaticPod {
  const { name, address } = host
  const pki = `${cluster.certificatesDir}/etcd`
  const minor = minorOf(cluster.kubernetesVersion)
  const modern = minor >= 34
  const dataDir = cluster.etcd.local?.dataDir ?? '/var/lib/etcd'
  const defaults: Values = {
    'advertise-client-urls': `https://${address}:2379`,
    'cert-file': `${pki}/server.crt`,
    'client-cert-auth': 'true',
    'data-dir': dataDir,
    ...(modern && { 'feature-gates': 'InitialCorruptCheck=true', 'watch-progress-notify-interval': '5s' }),
    ...(!modern && minor >= 22 && { 'experimental-initial-corrupt-check': 'true' }),
    ...(!modern && minor >= 27 && { 'experimental-watch-progress-notify-interval': '5s' }),
    'initial-advertise-peer-urls': `https://${address}:2380`,
    'initial-cluster': members.map((one) => `${one.name}=${one.peerUrl}`).join(','),
    ...(state !== undefined && { 'initial-cluster-state': state }),
    'key-file': `${pki}/server.key`,
    'listen-client-urls': `https://127.0.0.1:2379,https://${address}:2379`,
    'listen-metrics-urls': 'http://127.0.0.1:2381',
    'listen-peer-urls': `https://${address}:2380`,
    name,
    'peer-cert-file': `${pki}/peer.crt`,
    'peer-client-cert-auth': 'true',
    'peer-key-file': `${pki}/peer.key`,
    'peer-trusted-ca-file': `${pki}/ca.crt`,
    'snapshot-count': '10000',
    'trusted-ca-file': `${pki}/ca.crt`,
  }
  return {
    name: 'etcd',
    image: etcdImage(cluster),
    command: commandOf('etcd', defaults, cluster.etcd.local?.extraArgs),
    cpu: '100m',
    memory: '100Mi',
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${address}:2379` },
    probe: { host: '127.0.0.1', port: 2381, scheme: 'HTTP', ...etcdHealth(minor) },
    volumes: [
      { name: 'etcd-data', path: dataDir, type: 'DirectoryOrCreate', readOnly: false },
      { name: 'etcd-certs', path: pki, type: 'DirectoryOrCreate', readOnly: false },
    ],
    env: cluster.etcd.local?.extraEnvs ?? [],
  }
}

type Fields = Record<string, unknown>

function probesOf({ host, port, scheme, live, ready, start }: Probe, named: boolean): Fields {
  const httpGet = (path: string): Fields => ({ host, path, port: named ? 'probe-port' : port, scheme })
  const slow = { initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15 }
  return {
    livenessProbe: { failureThreshold: 8, httpGet: httpGet(live), ...slow },
    ...(ready !== undefined && {
      readinessProbe: { failureThreshold: 3, httpGet: httpGet(ready), periodSeconds: 1, timeoutSeconds: 15 },
    }),
    startupProbe: { failureThreshold: 24, httpGet: httpGet(start), ...slow },
  }
}

function makePod(pod: StaticPod, cluster: ClusterConfiguration, host: ControlPlaneHost): Fields {
  const { name, image, command, cpu, memory, annotations, probe, volumes, env } = pod
  const minor = minorOf(cluster.kubernetesVersion)
  const named = minor >= 33
  const container = {
    command,
    image,
    imagePullPolicy: host.imagePullPolicy || 'IfNotPresent',
    ...(env.length > 0 && { env }),
    ...probesOf(probe, named),
    name,
    ...(named && { ports: [{ containerPort: probe.port, name: 'probe-port', protocol: 'TCP' }] }),
    resources: { requests: { cpu, ...(memory !== undefined && { memory }) } },
    volumeMounts: mountsOf(volumes, name),
  }
  const byName = [...volumes].sort((a, b) => (a.name < b.name ? -1 : 1))
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
      ...(minor >= 22 && { priority: 2000001000 }),
      priorityClassName: 'system-node-critical',
      ...(minor >= 22 && { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      volumes: byName.map(({ name: volume, path, type }) => ({
        hostPath: { path, ...(type !== undefined && { type }) },
        name: volume,
      })),
    },
    status: {},
  }
}

/** Sorted by name; etcd's data before its certificates. */
function mountsOf(volumes: readonly Volume[], component: string): Fields[] {
  const sorted = component === 'etcd' ? volumes : [...volumes].sort((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(({ name, path, mountPath, readOnly }) => ({
    mountPath: mountPath ?? path,
    name,
    ...(readOnly && { readOnly }),
  }))
}
