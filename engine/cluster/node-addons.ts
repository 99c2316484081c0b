/** The add-ons that run on nodes as components: CoreDNS, metrics-server, the local-path provisioner, flanneld. */
import type { ApiClient, ApiClientOwner } from '../api/client.ts'
import {
  LOCAL_PATH_ACCOUNT,
  LOCAL_PATH_NAMESPACE,
  localPathProvisioner,
} from '../controllers/localpathprovisioner/index.ts'
import { ControllerManager } from '../controllers/manager.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { Host } from '../host/host.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'
import type { ContainerSpec } from '../kubelet/runtime.ts'
import { MetricsServer } from '../metrics/metrics-server.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import { CoreDns } from '../network/core-dns.ts'
import type { ComponentParents } from './component-parent.ts'
import { versionOfImage } from './component-process.ts'
import { SUBNET_ENV, startFlannel } from './flanneld.ts'
import type { NodeComponents } from './node-components.ts'
import type { ClusterPlan } from './plan.ts'
import { upstreamDns } from './upstream.ts'

export interface AddonWorld {
  kernel: Kernel
  plan: ClusterPlan
  parents: ComponentParents
  components: NodeComponents
  network(): ClusterNetwork
  hostOf(name: HostName): Host
  kubeletOf(name: HostName): Kubelet | undefined
  /** Whether two hosts belong to clusters that do not know each other. */
  areApart(one: HostName, other: HostName): boolean
  /** A file of a container of a host, as the container sees it. */
  readFile(host: HostName, id: string, path: string): string | undefined
  createClient(address: string, host: HostName, account: Account, owner: ApiClientOwner): ApiClient
}

interface Account {
  user: string
  groups: string[]
}

/** Whom the API server takes the pods of an account for. */
const accountOf = (namespace: string, name: string): Account => ({
  user: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
})

/** The CoreDNS of a host: one instance for each container of the image. */
export function addCoreDns(world: AddonWorld, host: HostName): CoreDns {
  const { kernel, plan, parents, components } = world
  const address = `coredns/${host}`
  const dns = new CoreDns({
    kernel,
    address,
    host,
    minor: plan.minor,
    upstream: upstreamDns,
    createClient: (owner) => world.createClient(address, host, accountOf('kube-system', 'coredns'), owner),
    readFile: (id, path) => world.readFile(host, id, path),
    log: (id, text) => parents.output(host, id, text, 'stdout'),
    exit: (id, code) => parents.exited(host, id, code),
  })
  components.add(host, 'coredns', {
    start: ({ id, pod, image }) => dns.start(id, pod.ip, versionOfImage(image) || undefined),
    signal: ({ id }, signal) => dns.signal(id, signal),
    crash: () => dns.crash(),
  })
  return dns
}

/** The metrics-servers of a host: one for each container of the image. */
export function addMetricsServer(world: AddonWorld, host: HostName): MetricsServer {
  const { kernel, parents, components } = world
  const address = `metrics-server/${host}`
  const server = new MetricsServer({
    kernel,
    address,
    host,
    network: () => world.network(),
    createClient: (owner) => world.createClient(address, host, accountOf('kube-system', 'metrics-server'), owner),
    readFile: (id, path) => world.readFile(host, id, path),
    log: (id, text) => parents.output(host, id, text),
    exit: (id, code) => parents.exited(host, id, code),
  })
  components.add(host, 'metrics-server', {
    start: ({ id, pod }, argv) => server.start(id, pod.ip, argv),
    signal: ({ id }, signal) => server.signal(id, signal),
    crash: () => server.crash(),
  })
  return server
}

/** The provisioner of local paths, where a container of its image runs. */
export function addLocalPathProvisioner(world: AddonWorld, host: HostName): void {
  const address = `local-path-provisioner/${host}`
  const account = accountOf(LOCAL_PATH_NAMESPACE, LOCAL_PATH_ACCOUNT)
  const provisioner = new ControllerManager({
    kernel: world.kernel,
    address,
    host,
    controllers: [localPathProvisioner],
    leaderElect: false,
    createClient: (owner) => world.createClient(address, host, account, owner),
  })
  world.components.addSwitch(host, 'local-path-provisioner', provisioner)
}

/** flanneld: it stays when it has all that it needs. */
export function addFlannel(world: AddonWorld, host: HostName): void {
  world.components.add(host, 'flanneld', {
    start: (spec, argv) => runFlannel(world, host, spec, argv),
    signal: ({ id }, signal) => world.parents.killed(host, id, signal),
    crash: () => {},
  })
}

function runFlannel(world: AddonWorld, name: HostName, { id, env }: ContainerSpec, argv: string[]): void {
  const point = { host: name, root: { kind: 'host' as const }, pid: 0 }
  const kubelet = world.kubeletOf(name)
  const { log, exit, afterMs } = startFlannel({
    host: world.hostOf(name),
    clockMs: world.kernel.clockMs,
    argv,
    env,
    readFile: (path) => world.readFile(name, id, path),
    dial: (ip, port) => {
      const door = world.network().door(point, ip, port)
      return door.kind === 'open' ? undefined : door.failure
    },
    podCidr: kubelet?.node()?.spec?.podCIDR,
    others: flannelPeers(world, name),
    nodeName: kubelet?.nodeName ?? name,
  })
  world.parents.output(name, id, log)
  if (exit !== undefined) world.parents.exited(name, id, exit, afterMs)
}

/** The other nodes of the cluster that run flannel, and their ranges of pod addresses. */
function flannelPeers(world: AddonWorld, name: HostName): { host: Host; podCidr: string }[] {
  return world.plan.machines.flatMap((machine) => {
    const host = world.hostOf(machine.name)
    const podCidr = world.kubeletOf(machine.name)?.node()?.spec?.podCIDR
    const runs = machine.name !== name && host.files.text(SUBNET_ENV) !== undefined
    return runs && podCidr !== undefined && !world.areApart(name, machine.name) ? [{ host, podCidr }] : []
  })
}
