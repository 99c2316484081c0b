/** Which checks each command makes, in order. Models cmd/kubeadm/app/preflight/checks.go (RunInitNodeChecks, RunJoinNodeChecks) (P5). */
import type { Proc, Run } from '../../../host/process.ts'
import { allImages } from '../artifacts/images.ts'
import type { ClusterConfiguration, InitConfiguration, JoinConfiguration, NodeRegistration } from '../config/types.ts'
import { imageIsThere, pullImage } from '../cri.ts'
import { BOOTSTRAP_CONF, conf, manifestPath, PORTS } from '../paths.ts'
import { DOCKERSHIM_SOCKET } from '../../../versions/index.ts'
import { minorOf } from '../release.ts'
import { say, warn } from '../session.ts'
import { PreflightError } from '../workflow.ts'
import { fine, isIgnored, runChecks } from './check.ts'
import type { Check } from './check.ts'
import * as checks from './checks.ts'
import { externalEtcdFiles, externalEtcdVersion } from './external-etcd.ts'

const STATIC_PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']

export interface Checked {
  /** kubeadm's own version. */
  version: string
  ignored: readonly string[]
}

/** First of all, by itself. */
export const checkRoot = (p: Proc, { version, ignored }: Checked): Run<void> =>
  runChecks(p, [checks.isPrivilegedUser], ignored, minorOf(version))

export interface InitChecks extends Checked {
  cluster: ClusterConfiguration
  init: InitConfiguration
}

export function* checkInit(p: Proc, { version, ignored, cluster, init }: InitChecks): Run<void> {
  const { advertiseAddress, bindPort } = init.localAPIEndpoint
  const minor = minorOf(version)
  const { external, local } = cluster.etcd
  const list: Check[] = [
    checks.numCpu,
    ...(minor >= 20 ? [checks.memory] : []),
    checks.kubernetesVersion(cluster.kubernetesVersion, version),
    checks.firewalld([bindPort, PORTS.kubelet]),
    ...[bindPort, PORTS.scheduler, PORTS.controllerManager].map(checks.portOpen),
    ...STATIC_PODS.map((name) => checks.fileAvailable(manifestPath(name))),
    checks.httpProxy(advertiseAddress),
    ...common(init.nodeRegistration, cluster.kubernetesVersion, version),
    ...network(minor),
    ...(external === undefined
      ? [
          ...[PORTS.etcdClient, PORTS.etcdPeer].map(checks.portOpen),
          checks.dirAvailable(local?.dataDir ?? '/var/lib/etcd'),
        ]
      : [externalEtcdVersion(external, minor), ...externalEtcdFiles(external)]),
  ]
  yield* runChecks(p, list, ignored, minor)
}

function common(node: NodeRegistration, controlPlane: string, version: string): Check[] {
  const minor = minorOf(version)
  const needed = minor >= 32 ? ['losetup', 'mount', 'cp'] : ['conntrack', 'ip', 'iptables', 'mount', 'nsenter']
  const wished = minor >= 32 ? [] : ['ethtool', 'socat', 'tc', 'touch']
  return [
    checks.cri(node.criSocket, minor),
    ...(node.criSocket === DOCKERSHIM_SOCKET ? [checks.dockerService, checks.dockerSystemd] : []),
    checks.swap(minor),
    ...needed.map((name) => checks.fileExisting(name, true)),
    ...wished.map((name) => checks.fileExisting(name, false)),
    checks.systemVerification,
    checks.hostname(node.name),
    checks.kubeletVersion(controlPlane, version),
    checks.kubeletService,
    checks.portOpen(PORTS.kubelet),
  ]
}

function network(minor: number): Check[] {
  const bridge = '/proc/sys/net/bridge/bridge-nf-call-iptables'
  return [
    ...(minor <= 29 ? [checks.fileContent(bridge, '1')] : []),
    checks.fileContent('/proc/sys/net/ipv4/ip_forward', '1'),
  ]
}

export interface JoinChecks extends Checked {
  join: JoinConfiguration
  /** host of the API server that is joined. */
  address: string
}

/** What can be seen before the cluster is asked. */
export function* checkJoin(p: Proc, { version, ignored, join, address }: JoinChecks): Run<void> {
  const minor = minorOf(version)
  const list: Check[] = [
    checks.fileAvailable(conf('kubelet')),
    checks.fileAvailable(BOOTSTRAP_CONF),
    ...common(join.nodeRegistration, version, version),
    ...(join.controlPlane === undefined ? [checks.fileAvailable(join.caCertPath)] : []),
    ...(address === '' ? [] : [checks.httpProxy(address)]),
    ...network(minor),
  ]
  yield* runChecks(p, list, ignored, minor)
}

/** What a control plane needs besides, once the cluster's configuration is known. Certificates may yet be downloaded. */
export function* checkJoiningControlPlane(
  p: Proc,
  { version, ignored, cluster, init, downloadsCerts }: InitChecks & { downloadsCerts: boolean },
): Run<void> {
  const { advertiseAddress, bindPort } = init.localAPIEndpoint
  const list: Check[] = [
    checks.numCpu,
    checks.memory,
    checks.kubernetesVersion(cluster.kubernetesVersion, version),
    checks.firewalld([bindPort, PORTS.kubelet]),
    ...[bindPort, PORTS.scheduler, PORTS.controllerManager].map(checks.portOpen),
    ...STATIC_PODS.map((name) => checks.fileAvailable(manifestPath(name))),
    checks.httpProxy(advertiseAddress),
    ...(cluster.etcd.external === undefined
      ? [
          ...[PORTS.etcdClient, PORTS.etcdPeer].map(checks.portOpen),
          checks.dirAvailable(cluster.etcd.local?.dataDir ?? '/var/lib/etcd'),
        ]
      : downloadsCerts
        ? []
        : externalEtcdFiles(cluster.etcd.external)),
  ]
  yield* runChecks(p, list, ignored, minorOf(version))
}

export interface Pulling extends Checked {
  cluster: ClusterConfiguration
  node: NodeRegistration
  /** What the lines begin with; `preflight` unless told. */
  prefix?: string
}

/** The three lines, then what is missing is pulled. Throws PreflightError. */
export function* pullImages(p: Proc, { version, ignored, cluster, node, prefix = 'preflight' }: Pulling): Run<void> {
  yield* say(p, `[${prefix}] Pulling images required for setting up a Kubernetes cluster`)
  yield* say(p, `[${prefix}] This might take a minute or two, depending on the speed of your internet connection`)
  yield* say(
    p,
    `[${prefix}] You can also perform this action ${minorOf(version) >= 31 ? 'beforehand' : 'in beforehand'} using 'kubeadm config images pull'`,
  )
  if (node.criSocket !== DOCKERSHIM_SOCKET) yield* warnOfSandbox(p, cluster, minorOf(version))
  const policy = node.imagePullPolicy ?? 'IfNotPresent'
  const problems: string[] = []
  for (const image of allImages(cluster)) {
    const there = yield* imageIsThere(p, image)
    if (policy === 'Never' || (there && policy !== 'Always')) continue
    const why = yield* pullImage(p, image, node.criSocket)
    if (why !== undefined) problems.push(`failed to pull image ${image}: ${why}`)
  }
  const check: Check = {
    name: 'ImagePull',
    *check() {
      return problems.length === 0 ? fine : { errors: problems }
    },
  }
  yield* runChecks(p, [check], ignored, minorOf(version))
}

/** The runtime's own sandbox image is another than kubeadm's. */
function* warnOfSandbox(p: Proc, cluster: ClusterConfiguration, minor: number): Run<void> {
  const wanted = allImages(cluster).find((image) => /\/pause:/.test(image)) ?? ''
  const file = yield* p.readFile('/etc/containerd/config.toml')
  const own = 'text' in file ? /sandbox_image\s*=\s*"([^"]+)"/.exec(file.text)?.[1] : undefined
  if (own === undefined || own === wanted) return
  const detected = `detected that the sandbox image "${own}" of the container runtime is inconsistent with that used by kubeadm.`
  const [, place, advice] = SANDBOX_ADVICE.find(([since]) => minor >= since) ?? OLDEST_ADVICE
  yield* warn(p, place, `${detected}${advice} "${wanted}" as the CRI sandbox image.`)
}

/** Since which minor, where in kubeadm's source, and how the sentence goes on. */
type Advice = readonly [since: number, place: string, advice: string]
const OLDEST_ADVICE: Advice = [0, 'checks.go:835', ' It is recommended that using']
const SANDBOX_ADVICE: readonly Advice[] = [
  [34, 'checks.go:907', ' It is recommended to use'],
  [28, 'checks.go:846', 'It is recommended to use'],
]

export { isIgnored, PreflightError }
