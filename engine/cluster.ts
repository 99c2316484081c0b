/**
 * The only place that wires all parts into a cluster: hosts with their units, the control plane that
 * the kubelets' static pods start, nodes, the network, processes. It holds no behaviour of its own
 * beyond who starts whom.
 */
import { createApiClient, reachOneOf } from './api/client/create.ts'
import type { Reached, Trouble } from './api/client/create.ts'
import type { ApiClient, ApiClientOwner } from './api/client.ts'
import { API_PORT } from './api/server.ts'
import type { ApiServer } from './api/server.ts'
import { ISSUER as TOKEN_ISSUER, makeToken } from './api/pipeline/service-account-tokens.ts'
import type { TokenFacts } from './api/pipeline/service-account-tokens.ts'
import { authenticate } from './api/pipeline/authentication.ts'
import { decide } from './api/pipeline/authorization.ts'
import { addonCalls } from './cluster/addons.ts'
import { gateOf } from './cluster/flags/feature-gates.ts'
import { addHosts } from './cluster/cluster-hosts.ts'
import { makeReach } from './cluster/component-client.ts'
import type { ConnectionWorld } from './cluster/component-client.ts'
import { mountsOf, versionOfImage } from './cluster/component-process.ts'
import type { ComponentProcess } from './cluster/component-process.ts'
import { CONTROL_PLANE, ControlPlane } from './cluster/control-plane.ts'
import { isPermitted } from './objects/node-labels.ts'
import { ProxyProcesses } from './cluster/proxy-process.ts'
import { outsideWires } from './cluster/outside-wires.ts'
import type { OutsideRequest } from './cluster/outside-wires.ts'
import {
  apiServerNames,
  CERTIFICATES,
  clientCertificate,
  ClusterPki,
  FILES,
  handshake,
  servedBy,
} from './cluster/identity.ts'
import { criCalls } from './cluster/cri-calls.ts'
import { EtcdCalls } from './cluster/etcd-calls.ts'
import { NO_SUBNET_ENV, SUBNET_ENV, startFlannel } from './cluster/flanneld.ts'
import { History } from './cluster/history.ts'
import { Kubeadm } from './cluster/kubeadm.ts'
import { Memberships } from './cluster/memberships.ts'
import { Meters } from './cluster/meter.ts'
import { isAddress, KeyRing, makePem, numberFrom, parseKeyPem, poolKey } from './pki/index.ts'
import type { PrivateKey } from './pki/index.ts'
import { preloadedImages } from './cluster/manifests.ts'
import { OpenedFiles } from './cluster/opened-files.ts'
import type { OpenedFilesState } from './cluster/opened-files.ts'
import { BALANCER_IP, planCluster } from './cluster/plan.ts'
import { servedVersions } from './cluster/served-versions.ts'
import type { ClusterOptions, ClusterPlan, PlannedHost } from './cluster/plan.ts'
import { upstreamDns, upstreamSite } from './cluster/upstream.ts'
import {
  LOCAL_PATH_ACCOUNT,
  LOCAL_PATH_NAMESPACE,
  localPathProvisioner,
} from './controllers/localpathprovisioner/index.ts'
import { ControllerManager } from './controllers/manager.ts'
import type { EtcdMember } from './etcd/member.ts'
import { Fabric } from './fabric/fabric.ts'
import type { HostName } from './fabric/fabric.ts'
import type { HttpRequest, HttpResponse } from './fabric/http.ts'
import { Edge } from './host/edge.ts'
import { Haproxy } from './host/haproxy/haproxy.ts'
import { HOST_EVENTS, Hosts } from './host/host.ts'
import { UNIT_EVENTS } from './host/units/units.ts'
import { netfilterCalls } from './host/netfilter/calls.ts'
import type { Ruleset } from './host/netfilter/model.ts'
import { Netfilter } from './host/netfilter/netfilter.ts'
import type { NetworkPoint } from './host/network-port.ts'
import { HOST_PROGRAM_SET } from './host/programs.ts'
import { ProcessTable } from './host/runtime/table.ts'
import type { ProcessRoot, ProcessWorld } from './host/runtime/world.ts'
import { boundSyscalls } from './host/syscalls/index.ts'
import type { SyscallTable } from './host/syscalls/table.ts'
import { Kernel } from './kernel/kernel.ts'
import type { Component } from './kernel/kernel.ts'
import type { KernelEvent } from './kernel/queue.ts'
import { hostProcesses } from './kubelet/hostProcesses.ts'
import { CNI_DIRECTORY, cniReady } from './kubelet/cni.ts'
import { kubelet } from './kubelet/program.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { criLog } from './kubelet/logs.ts'
import type { KubeletApiOwner } from './kubelet/kubelet.ts'
import { ProcessRuntime } from './kubelet/processRuntime.ts'
import { RUNTIME } from './kubelet/runtime.ts'
import type { ComponentPort, ContainerSpec, KubeletPorts, Reviewed, ReviewedAttributes } from './kubelet/runtime.ts'
import { MetricsServer } from './metrics/metrics-server.ts'
import { ClusterNetwork } from './network/cluster-network.ts'
import type { PodListeners } from './network/cluster-network.ts'
import { CoreDns } from './network/core-dns.ts'
import { kubeChains } from './network/iptables/kube-chains.ts'
import { KubeProxy } from './network/kube-proxy.ts'
import type { Pod } from './objects/types.gen.ts'
import type { Scheduler } from './scheduler/scheduler.ts'
import { registerCompleter, shellPrograms } from './shell/index.ts'
import { complete, kubectl } from './tools/kubectl/kubectl.ts'
import { etcdctl } from './tools/etcdctl/etcdctl.ts'
import { etcdutl } from './tools/etcdutl/etcdutl.ts'
import { daemonPrograms } from './tools/daemons.ts'
import { kubeadm } from './tools/kubeadm/kubeadm.ts'
import { kustomize } from './tools/kustomize/program.ts'
import { pluto } from './tools/pluto/pluto.ts'

const YEAR_SECONDS = 365 * 86_400

/** From a command to a process of the control plane, in milliseconds. */
const COMPONENT_EXIT_MS = 50

/** A process of a node that the engine models as a component. */
interface Modelled {
  start(spec: ContainerSpec, argv: string[]): void
  signal(spec: { id: string }, signal: string): void
  /** Taken down with the host. */
  crash(): void
}

interface ClusterState {
  /** The kubeconfigs of kubelets, as they were when those started. */
  kubeconfigs: OpenedFilesState
  /** `<host>/<component>` → the container that it runs in. */
  containers: Record<string, string>
}

const MACHINE = {
  osImage: 'Ubuntu 24.04.3 LTS',
  kernelVersion: '6.8.0-51-generic',
  containerRuntimeVersion: 'containerd://1.7.24',
}
/** What cadvisor's fake says on kubemark's nodes. */
const HOLLOW_MACHINE = {
  osImage: 'Debian GNU/Linux 7 (wheezy)',
  kernelVersion: '3.16.0-0.bpo.4-amd64',
  containerRuntimeVersion: 'fakeRuntime://0.1.0',
}
/** A hollow kubelet sees at its next look that a container runs. */
const HOLLOW_START_MS = 800

export class Cluster implements Component {
  static readonly address = 'cluster'
  readonly kernel: Kernel
  readonly plan: ClusterPlan
  readonly fabric: Fabric
  readonly hosts: Hosts
  readonly edge = new Edge()
  readonly processes: ProcessTable
  readonly network: ClusterNetwork
  /** What the hosts' kernels let through. */
  readonly netfilter: Netfilter
  /** Takes requests that leave the simulation; whoever flies the cluster sets it. */
  outside: ((request: OutsideRequest) => boolean) | undefined
  readonly controlPlane: ControlPlane
  private readonly proxyProcesses: ProxyProcesses
  readonly kubelets = new Map<HostName, Kubelet>()
  readonly proxies = new Map<HostName, KubeProxy>()
  readonly dns = new Map<HostName, CoreDns>()
  readonly metricsServers = new Map<HostName, MetricsServer>()
  readonly balancers = new Map<HostName, Haproxy>()
  readonly kubeadm: Kubeadm
  readonly history: History
  readonly meters: Meters
  private readonly memberships: Memberships
  readonly pki: ClusterPki
  /** Derived. */
  private readonly podTokens = new Map<string, string>()
  private readonly runtimes = new Map<HostName, ProcessRuntime>()
  private readonly modelled = new Map<string, Modelled>()
  private containers: ClusterState['containers'] = {}
  private readonly kubeconfigs = new OpenedFiles((host, path) => this.hosts.find(host)?.files.node(path))

  constructor(readonly options: ClusterOptions) {
    this.plan = planCluster(options)
    this.kernel = new Kernel({ seed: options.seed, epochMs: options.epochMs })
    this.fabric = new Fabric(this.kernel)
    const unitPrograms = Object.fromEntries(CONTROL_PLANE.map((component) => [component, ControlPlane.address]))
    this.hosts = new Hosts(this.kernel, this.fabric, {
      unitPrograms: {
        kubelet: 'kubelet/<host>',
        haproxy: 'haproxy/<host>',
        'kube-proxy': ProxyProcesses.address,
        ...unitPrograms,
      },
    })
    this.hosts.containerLog = (host, id) =>
      criLog(this.kubelets.get(host)?.records.values() ?? [], id, this.kernel.clockMs)
    const keys = new KeyRing(options.seed)
    this.kernel.register(KeyRing.address, keys)
    this.pki = new ClusterPki({ plan: this.plan, seed: options.seed, atMs: options.epochMs, keys })
    addHosts(this.hosts, this.plan, this.pki)
    this.netfilter = new Netfilter(this.kernel, this.hosts, this.fabric)
    this.netfilter.addSource((host) => this.kubeChainsOf(host))
    this.memberships = this.createMemberships()
    this.network = this.createNetwork()
    this.processes = new ProcessTable(this.kernel, this.createWorld(), this.edge)
    for (const host of this.plan.machines) this.runtimes.set(host.name, this.createRuntime(host))
    for (const { name } of this.plan.hosts)
      if (this.mayBalance(name)) this.balancers.set(name, this.createBalancer(name))
    this.controlPlane = this.createControlPlane()
    this.proxyProcesses = this.createProxyProcesses()
    for (const host of this.plan.controlPlanes) this.controlPlane.add(host)
    for (const host of this.plan.machines) this.addNode(host)
    this.kubeadm = new Kubeadm(this.kernel, addonCalls(this.plan, this.pki), (owner) =>
      this.createClient(Kubeadm.address, this.firstHost, ADMIN, owner),
    )
    this.history = new History(this.kernel, (owner) => this.createClient(History.address, this.firstHost, ADMIN, owner))
    this.meters = new Meters(this.kernel, () => this.network)
    this.kernel.register(Cluster.address, this)
    this.hosts.subscribe(Cluster.address)
    this.hosts.addProcesses(hostProcesses((host) => this.kubelets.get(host)))
  }

  /** Switches every host on; what follows, follows by itself. */
  boot(): void {
    for (const { name } of this.plan.hosts) this.hosts.boot(name)
    this.kubeadm.start()
    this.history.start()
  }

  handle(event: KernelEvent): void {
    const { host } = event.data as { host: HostName }
    if (event.type === HOST_EVENTS.up) this.hostUp(host)
    else if (event.type === HOST_EVENTS.down) this.hostDown(host)
    else if (event.type === HOST_EVENTS.unit)
      this.unitChanged(event.data as { host: HostName; unit: string; state: string })
  }

  dump(): ClusterState {
    return { containers: this.containers, kubeconfigs: this.kubeconfigs.dump() }
  }

  load(state: unknown): void {
    const saved = state as ClusterState
    this.containers = saved.containers
    this.kubeconfigs.load(saved.kubeconfigs)
  }

  loaded(): void {
    this.kubeconfigs.loaded()
  }

  get etcd(): ReadonlyMap<HostName, EtcdMember> {
    return this.controlPlane.etcd
  }

  get apiServers(): ReadonlyMap<HostName, ApiServer> {
    return this.controlPlane.apiServers
  }

  get managers(): ReadonlyMap<HostName, ControllerManager> {
    return this.controlPlane.managers
  }

  get schedulers(): ReadonlyMap<HostName, Scheduler> {
    return this.controlPlane.schedulers
  }

  private get firstHost(): HostName {
    return (this.plan.controlPlanes[0] as PlannedHost).name
  }

  /** A control plane that is no node has no kubelet to start its static pods. */
  private hostUp(host: HostName): void {
    if (this.kubelets.has(host) || !this.etcd.has(host)) return
    for (const component of CONTROL_PLANE)
      this.controlPlane.start({ host, component, id: `${host}/${component}`, place: 'host', version: '', argv: [] })
  }

  private hostDown(host: HostName): void {
    this.kubelets.get(host)?.hostCrashed()
    if (this.controlPlane.has(host)) this.controlPlane.crash(host)
    for (const [key, component] of this.modelled) if (key.startsWith(`${host}/`)) component.crash()
    for (const key of Object.keys(this.containers)) if (key.startsWith(`${host}/`)) delete this.containers[key]
  }

  private unitChanged({ host, unit, state }: { host: HostName; unit: string; state: string }): void {
    const name = unit.replace(/\.service$/, '')
    if (name === 'kubelet' && state !== 'active') this.kubeconfigs.forget(host)
    if (name === 'containerd') this.kubelets.get(host)?.setRuntime(state === 'active')
  }

  private createClient(
    address: string,
    host: HostName,
    identity: { user: string; groups: string[] },
    owner: ApiClientOwner,
  ): ApiClient {
    const reach = (): Reached =>
      reachOneOf(this.fabric, { host, servers: this.memberships.serversOf(host), identity })()
    const connect = (served: ApiClientOwner): ApiClient =>
      createApiClient(this.kernel, this.fabric, { address, host, reach, identity, owner: served })
    return servedVersions(this.plan.minor, owner, connect)
  }

  /** HAProxy stands ready on the hosts that run no part of a cluster. */
  private mayBalance(name: HostName): boolean {
    return !this.plan.machines.some((machine) => machine.name === name)
  }

  private createBalancer(host: HostName): Haproxy {
    const { kernel, fabric } = this
    const readFile = (path: string): string | undefined => this.hosts.find(host)?.files.text(path)
    return new Haproxy({ kernel, fabric, host, network: () => this.network, readFile })
  }

  private createProxyProcesses(): ProxyProcesses {
    const { kernel, fabric, plan } = this
    return new ProxyProcesses({
      kernel,
      fabric,
      connections: this.connections(),
      minor: plan.minor,
      servers: plan.controlPlanes.map(({ name }) => ({ host: name, port: API_PORT })),
      proxyOf: (host) => this.proxies.get(host),
      hostOf: (host) => this.hosts.find(host),
      readFile: (host, id, path) => this.containerFile(host, id, path),
      addressOf: (host) => plan.hosts.find(({ name }) => name === host)?.ip,
      log: (process, text) => this.logOf(process, text),
      exit: (process, code, afterMs) => this.processEnded(process, code, afterMs),
    })
  }

  private createControlPlane(): ControlPlane {
    const { kernel, fabric, hosts, plan } = this
    return new ControlPlane({
      kernel,
      fabric,
      hosts,
      plan,
      connections: this.connections(),
      hostOfAddress: (from, address) => this.hostOfAddress(from, address),
      wires: (name) =>
        outsideWires({
          host: name,
          network: () => this.network,
          isInside: (target, port) => this.isInside(name, target, port),
          leave: (request) => this.outside?.(request) ?? false,
        }),
      log: (process, text) => this.logOf(process, text),
      exit: (process, code, afterMs) => this.processEnded(process, code, afterMs),
      healthy: (host, port) => this.componentRuns(host, port),
    })
  }

  /** What components find when they follow their kubeconfigs. */
  private connections(): ConnectionWorld {
    return {
      host: (name) => this.hosts.find(name),
      door: (from, name, port) => this.network.door({ host: from, root: { kind: 'host' }, pid: 0 }, name, port),
      tlsFiles: (host, port) => this.controlPlane.tlsFiles(host, port) ?? FILES[port],
      isHeld: (from, { host, port, via }) =>
        (via === undefined || (this.fabric.passes(from, via) && this.fabric.listener(via, port) !== undefined)) &&
        this.fabric.dial(via ?? from, host, port).kind === 'open',
      nowMs: (host) => this.hosts.find(host)?.clockMs() ?? this.kernel.clockMs,
      minor: () => this.plan.minor,
    }
  }

  private hostOfAddress(from: HostName, address: string): HostName | undefined {
    const ip = /^[\d.]+$/.test(address) ? address : this.hostAddress(address)
    return ip?.startsWith('127.') ? from : this.plan.hosts.find((host) => host.ip === ip)?.name
  }

  private logOf({ host, id, place, pid }: ComponentProcess, text: string): void {
    if (place === 'container')
      this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.output, data: { id, stream: 'stderr', text } })
    else if (place === 'unit')
      this.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.log, data: { host, unit: id, pid, text } })
  }

  private processEnded({ host, id, place, pid }: ComponentProcess, code: number, afterMs: number): void {
    if (place === 'container') this.exited(host, id, code, afterMs)
    else if (place === 'unit')
      this.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.exited, data: { host, unit: id, pid, code } }, afterMs)
  }

  private modelControlPlane(name: HostName): void {
    for (const component of CONTROL_PLANE)
      this.modelled.set(`${name}/${component}`, {
        start: (spec, argv) => this.startControlPlane(name, component, spec, argv),
        signal: ({ id }, signal) => this.controlPlane.signal(name, component, signal, id),
        crash: () => {},
      })
  }

  private startControlPlane(host: HostName, component: string, spec: ContainerSpec, argv: string[]): void {
    const { id, image } = spec
    const version = versionOfImage(image)
    this.controlPlane.start({ host, component, id, place: 'container', version, argv, mounts: mountsOf(spec) })
  }

  /** A process that is on or off: TERM and KILL end it. */
  private model(host: HostName, component: string, process: { start(): void; stop(): void }): void {
    this.modelled.set(`${host}/${component}`, {
      start: () => process.start(),
      signal: ({ id }, signal) => {
        process.stop()
        this.exited(host, id, signal === 'KILL' ? 137 : 0)
      },
      crash: () => process.stop(),
    })
  }

  private exited(host: HostName, id: string, code: number, afterMs = COMPONENT_EXIT_MS): void {
    this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.exit, data: { id, code } }, afterMs)
  }

  private addNode(host: PlannedHost): void {
    const { kernel, plan } = this
    const { name } = host
    const proxy = new KubeProxy({
      kernel,
      address: `kube-proxy/${name}`,
      nodeName: name,
      minor: plan.minor,
      createClient: (owner) => this.proxyProcesses.clientOf(name, `kube-proxy/${name}`, owner),
      news: this.proxyProcesses.newsOf(name),
    })
    const dns = new CoreDns({
      kernel,
      address: `coredns/${name}`,
      host: name,
      minor: plan.minor,
      upstream: upstreamDns,
      createClient: (owner) =>
        this.createClient(
          `coredns/${name}`,
          name,
          { user: 'system:serviceaccount:kube-system:coredns', groups: SERVICE_ACCOUNTS },
          owner,
        ),
      readFile: (id, path) => this.containerFile(name, id, path),
      log: (id, text) =>
        kernel.send({ to: `kubelet/${name}`, type: RUNTIME.output, data: { id, stream: 'stdout', text } }),
      exit: (id, code) => this.exited(name, id, code),
    })
    this.modelControlPlane(name)
    this.proxies.set(name, proxy)
    this.dns.set(name, dns)
    if (!plan.hollow) this.model(name, 'local-path-provisioner', this.createProvisioner(name))
    this.modelled.set(`${name}/kube-proxy`, {
      start: (spec, argv) => this.proxyProcesses.start(name, spec, argv),
      signal: ({ id }, signal) => this.proxyProcesses.signal(name, id, signal),
      crash: () => this.proxyProcesses.crash(name),
    })
    this.modelled.set(`${name}/flanneld`, {
      start: (spec, argv) => this.startFlannel(name, spec, argv),
      signal: ({ id }, signal) => this.exited(name, id, signal === 'KILL' ? 137 : 0),
      crash: () => {},
    })
    if (!plan.hollow) this.addMetricsServer(name)
    this.modelled.set(`${name}/coredns`, {
      start: ({ id, pod }) => dns.start(id, pod.ip),
      signal: ({ id }, signal) => dns.signal(id, signal),
      crash: () => dns.crash(),
    })
    this.kubelets.set(name, this.createKubelet(host, plan))
  }

  /** The metrics-servers of a host: one for each container of the image. */
  private addMetricsServer(name: HostName): void {
    const address = `metrics-server/${name}`
    const identity = { user: 'system:serviceaccount:kube-system:metrics-server', groups: SERVICE_ACCOUNTS }
    const server = new MetricsServer({
      kernel: this.kernel,
      address,
      host: name,
      network: () => this.network,
      createClient: (owner) => this.createClient(address, name, identity, owner),
      readFile: (id, path) => this.containerFile(name, id, path),
      log: (id, text) =>
        this.kernel.send({ to: `kubelet/${name}`, type: RUNTIME.output, data: { id, stream: 'stderr', text } }),
      exit: (id, code) => this.exited(name, id, code),
    })
    this.metricsServers.set(name, server)
    this.modelled.set(`${name}/metrics-server`, {
      start: ({ id, pod }, argv) => server.start(id, pod.ip, argv),
      signal: ({ id }, signal) => server.signal(id, signal),
      crash: () => server.crash(),
    })
  }

  private createKubelet(host: PlannedHost, plan: ClusterPlan): Kubelet {
    const { name } = host
    const isMaster = host.role === 'control-plane'
    return new Kubelet({
      kernel: this.kernel,
      fabric: this.fabric,
      host: name,
      nodeName: name,
      release: plan.version,
      hostIP: host.ip,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...Object.fromEntries(Object.entries(host.labels ?? {}).filter(([label]) => isPermitted(label))),
      },
      taints: isMaster ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
      capacity: {
        cpu: isMaster ? '2' : '4',
        memory: isMaster ? '4Gi' : '8Gi',
        'ephemeral-storage': '40Gi',
        pods: '110',
        ...(!plan.hollow && { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' }),
        ...host.capacity,
      },
      reserved: host.capacity === undefined ? { memory: '100Mi' } : {},
      ...(plan.hollow && { hollow: { delayMs: (_pod, step) => (step === 'run' ? HOLLOW_START_MS : 0) } }),
      ...(plan.hollow ? HOLLOW_MACHINE : MACHINE),
      images: preloadedImages(plan, host),
      ports: this.kubeletPorts(host),
      connect: (address, owner, kubeconfig) => this.kubeletClient(name, address, owner, kubeconfig),
      processStarts: () => this.kubeconfigs.forget(name),
    })
  }

  /** A client by the kubeconfig that the kubelet read at its start. */
  private kubeletClient(
    host: HostName,
    address: string,
    owner: KubeletApiOwner,
    kubeconfig: () => string | undefined,
  ): ApiClient {
    const byFile = makeReach(this.connections(), host, () => {
      const path = kubeconfig()
      return path === undefined ? undefined : this.kubeconfigs.open(host, path)
    })
    const servers = this.plan.controlPlanes.map((one) => ({ host: one.name, port: API_PORT }))
    const identity = { user: `system:node:${host}`, groups: ['system:nodes', 'system:authenticated'] }
    const trusted = reachOneOf(this.fabric, { host, servers, identity })
    // A hollow kubelet has no configuration on its host.
    const reach = this.plan.hollow ? trusted : byFile
    const onTrouble = (trouble: Trouble): void => owner.onTrouble(trouble)
    return servedVersions(this.plan.minor, owner, (served) =>
      createApiClient(this.kernel, this.fabric, { address, host, reach, agent: 'kubelet', owner: served, onTrouble }),
    )
  }

  private kubeletPorts({ name }: PlannedHost): KubeletPorts {
    const files = (): Hosts => this.hosts
    const list = (path: string): string[] | undefined => listFiles(files(), name, path)
    const read = (path: string): string | undefined => files().get(name).files.text(path)
    return {
      containers: this.runtimes.get(name) as ProcessRuntime,
      components: this.componentPort(name),
      files: {
        list,
        read,
        write: (path, text, mode) => files().get(name).files.put(path, text, { mode }),
        link: (target, path) => replaceLink(files(), name, target, path),
        ...(!this.plan.hollow && {
          view: (path, view) => files().get(name).files.put(path, '', { mode: 0o640, view }),
          remove: (path) => void files().get(name).files.remove(path, undefined, { recursive: true }),
        }),
        watch: (path, event) => files().get(name).files.watch(path, event),
      },
      probe: { http: (host, port, request) => this.probe(name, host, port, request) },
      dial: { dial: (podIp, host, port) => this.dial(name, podIp, host, port) },
      knowsGate: (gate, minor) => gateOf(gate, minor) !== undefined,
      ...(!this.plan.hollow && { networkReady: () => cniReady({ list, read }) }),
      ...(this.plan.machines.some((one) => one.name === name && one.role === 'bare') && this.addonPorts(name, list)),
      hostPathKind: (path) => kindOf(files(), name, path),
      makeHostPath: (path, kind) => makePath(files(), name, path, kind),
      token: (namespace, account, pod) => this.podToken(namespace, account, pod),
      review: (authorization, asked) => this.review(name, authorization, asked),
    }
  }

  /** How the network add-on of a machine that has joined by itself gives pods their network. */
  private addonPorts(name: HostName, list: (path: string) => string[] | undefined): Partial<KubeletPorts> {
    const first = (): string =>
      (list(CNI_DIRECTORY) ?? []).filter((file) => /\.conf(list)?$/.test(file)).sort()[0] ?? ''
    const index = this.plan.machines.findIndex((one) => one.name === name)
    return {
      networkTrouble: () =>
        first().includes('flannel') && this.hosts.get(name).files.text(SUBNET_ENV) === undefined
          ? NO_SUBNET_ENV
          : undefined,
      podCidr: () => (first().includes('calico') ? `192.168.${(index * 37 + 51) % 256}.64/26` : undefined),
    }
  }

  /** flanneld: it stays when it has all that it needs. */
  private startFlannel(name: HostName, { id, env }: ContainerSpec, argv: string[]): void {
    const address = `kubelet/${name}`
    const point = { host: name, root: { kind: 'host' as const }, pid: 0 }
    const others = this.plan.machines.flatMap((machine) => {
      const host = this.hosts.get(machine.name)
      const podCidr = this.kubelets.get(machine.name)?.node()?.spec?.podCIDR
      const runs = machine.name !== name && host.files.text(SUBNET_ENV) !== undefined
      return runs && podCidr !== undefined && !this.memberships.areApart(name, machine.name) ? [{ host, podCidr }] : []
    })
    const { log, exit, afterMs } = startFlannel({
      host: this.hosts.get(name),
      clockMs: this.kernel.clockMs,
      argv,
      env,
      readFile: (path) => this.containerFile(name, id, path),
      dial: (ip, port) => {
        const door = this.network.door(point, ip, port)
        return door.kind === 'open' ? undefined : door.failure
      },
      podCidr: this.kubelets.get(name)?.node()?.spec?.podCIDR,
      others,
      nodeName: this.kubelets.get(name)?.nodeName ?? name,
    })
    this.kernel.send({ to: address, type: RUNTIME.output, data: { id, stream: 'stderr', text: log } })
    if (exit !== undefined) this.exited(name, id, exit, afterMs)
  }

  /** The provisioner of local paths, where a container of its image runs. */
  private createProvisioner(host: HostName): ControllerManager {
    const address = `local-path-provisioner/${host}`
    const user = `system:serviceaccount:${LOCAL_PATH_NAMESPACE}:${LOCAL_PATH_ACCOUNT}`
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${LOCAL_PATH_NAMESPACE}`, 'system:authenticated']
    return new ControllerManager({
      kernel: this.kernel,
      address,
      host,
      controllers: [localPathProvisioner],
      leaderElect: false,
      createClient: (owner) => this.createClient(address, host, { user, groups }, owner),
    })
  }

  private componentPort(host: HostName): ComponentPort {
    return {
      start: (component, container, argv) => {
        const modelled = this.modelled.get(`${host}/${component}`)
        if (modelled === undefined) return false
        this.containers[`${host}/${component}`] = container.id
        modelled.start(container, argv)
        return true
      },
      signal: (component, id, signal) => {
        delete this.containers[`${host}/${component}`]
        this.modelled.get(`${host}/${component}`)?.signal({ id }, signal)
      },
    }
  }

  /** What the API server that a node belongs to says of a token and of what it asks for. */
  private review(host: HostName, authorization: string, asked: ReviewedAttributes): Reviewed | undefined {
    const place = this.memberships.serversOf(host).find((one) => this.apiServers.get(one.host)?.ready === true)
    const server = this.apiServers.get(place?.host ?? '')
    if (server === undefined) return undefined
    const user = authenticate(server, { method: 'POST', path: '', query: {}, headers: { authorization } })
    if (user === undefined) return { allowed: false }
    const { verb, subresource, node: name } = asked
    const where = { isResource: true, path: '', group: '', version: 'v1', resource: 'nodes', namespace: '' }
    return { user: user.name, allowed: decide(server, { ...where, verb, subresource, name }, user).allowed }
  }

  /** The token in a pod's projected volume: good for a year, as --service-account-extend-token-expiration has it. */
  private podToken(
    namespace: string,
    account: string,
    { name, uid }: { name: string; uid: string },
  ): string | undefined {
    for (const [host, { cache }] of this.apiServers) {
      const found = cache.get(`/registry/serviceaccounts/${namespace}/${account}`)?.metadata.uid
      const pod = cache.get(`/registry/pods/${namespace}/${name}`) as Pod | undefined
      const created = pod?.metadata.creationTimestamp
      const key = parseKeyPem(this.hosts.find(host)?.files.text(`${CERTIFICATES}/sa.key`) ?? '')
      if (found === undefined || pod?.metadata.uid !== uid || created === undefined || created === null) continue
      if (key === undefined) continue
      const nodeName = pod?.spec?.nodeName ?? ''
      const node = cache.get(`/registry/minions/${nodeName}`)?.metadata.uid
      return this.podTokenOf(
        `${uid}/${account}/${found}`,
        () => ({
          nowMs: Date.parse(created),
          namespace,
          account: { name: account, uid: found },
          seconds: YEAR_SECONDS,
          audiences: [TOKEN_ISSUER],
          jti: uuidFrom(`${uid}/${account}`),
          pod: { name, uid },
          node: { name: nodeName, ...(node !== undefined && { uid: node }) },
          warnAfter: 3607,
        }),
        key,
      )
    }
    return undefined
  }

  /** Signing takes milliseconds: the token of a pod is made once. */
  private podTokenOf(id: string, facts: () => TokenFacts, key: PrivateKey): string {
    let token = this.podTokens.get(id)
    if (token === undefined) {
      token = makeToken(facts(), key, this.plan.minor)
      this.podTokens.set(id, token)
    }
    return token
  }

  /** Health endpoints of the components that run on a node. */
  private probe(node: HostName, host: string, port: number, request: HttpRequest): HttpResponse | { failure: string } {
    const refused = { failure: `dial tcp ${host}:${port}: connect: connection refused` }
    const dnsHealth = this.dns.get(node)?.healthy(host, port)
    if (dnsHealth !== undefined) return dnsHealth ? OK : UNAVAILABLE
    const metrics = this.metricsServers.get(node)?.respond(host, port, request)
    if (metrics !== undefined) return metrics
    const api = this.apiServers.get(node)
    if (api?.serving === true && port === api.port && api.answersAt(host)) return api.ready ? OK : UNHEALTHY
    const member = this.controlPlane.memberAt(node, port)
    if (member?.accepts(host, port) === true) return member.respond(port, request) ?? refused
    return this.componentRuns(node, port) ? OK : refused
  }

  private componentRuns(node: HostName, port: number): boolean {
    const container = { 10257: 'kube-controller-manager', 10259: 'kube-scheduler' }[port]
    return container !== undefined && this.controlPlane.process(node, container) !== undefined
  }

  private dial(
    node: HostName,
    podIp: string,
    host: string,
    port: number,
  ): 'open' | 'refused' | 'timeout' | 'unresolved' {
    const root = this.rootOfPod(node, podIp)
    const answer = this.network.connect({ host: node, root, pid: 0 }, host, port)
    if (!('answer' in answer)) return 'timeout'
    return answer.answer === 'unreachable' ? 'unresolved' : answer.answer
  }

  /** Where a pod's processes stand in the network. Throws when no kubelet runs the pod. */
  pointOfPod(namespace: string, name: string): NetworkPoint {
    for (const [host, kubelet] of this.kubelets) {
      const record = [...kubelet.records.values()].find(
        (one) => one.namespace === namespace && one.name === name && one.finished !== true,
      )
      if (record !== undefined) return { host, root: this.rootOfPod(host, record.ip ?? ''), pid: 0 }
    }
    throw new Error(`no node runs the pod ${namespace}/${name}`)
  }

  /** Whether a component of the control plane runs on a host. */
  isRunning(host: HostName, component: string): boolean {
    if (CONTROL_PLANE.some((one) => one === component)) return this.controlPlane.process(host, component) !== undefined
    return this.containers[`${host}/${component}`] !== undefined
  }

  private rootOfPod(node: HostName, podIp: string): ProcessRoot {
    const kubelet = this.kubelets.get(node)
    const record = [...(kubelet?.records.values() ?? [])].find(({ ip }) => ip === podIp)
    const [instance] = Object.values(record?.containers ?? {})
    return instance === undefined ? { kind: 'host' } : { kind: 'container', id: instance.id, ip: podIp }
  }

  private containerFile(host: HostName, id: string, path: string): string | undefined {
    const kubelet = this.kubelets.get(host)
    const found = kubelet?.containers.find(id)
    return found && kubelet?.containers.readFile(found.record, found.instance, path)
  }

  private createRuntime({ name }: PlannedHost): ProcessRuntime {
    return new ProcessRuntime({
      kernel: this.kernel,
      host: name,
      processes: this.processes,
      hostTree: () => this.hosts.find(name)?.files,
    })
  }

  /** A certificate for further names of the API server, signed by the cluster's authority: for a port outside of the simulation. */
  servingIdentity(names: string[]): { ca: string; certificate: string; key: string } {
    const [ips, dns] = [names.filter(isAddress), names.filter((name) => !isAddress(name))]
    const own = apiServerNames(this.plan, this.plan.controlPlanes[0] as PlannedHost)
    const altNames = { dns: [...(own.dns ?? []), ...dns], ips: [...(own.ips ?? []), ...ips] }
    const key = poolKey(Number(numberFrom(4, 'edge', this.options.seed)))
    const identity = this.pki.issue(
      this.pki.ca,
      { commonName: 'kube-apiserver', usages: ['serverAuth'], altNames },
      key,
    )
    return { ca: this.pki.ca.certificate.text(), certificate: identity.certificate.text(), key: identity.key }
  }

  /** What an API server makes of a client's certificate, by the files and the clock of its host. */
  clientOf(pem: string): HttpRequest['certificate'] {
    const host = this.hosts.find(this.firstHost)
    return clientCertificate({ host, port: API_PORT, nowMs: this.kernel.clockMs }, pem)
  }

  private createMemberships(): Memberships {
    return new Memberships({
      plan: this.plan,
      apiServers: () => this.apiServers,
      serviceRanges: () => this.controlPlane.serviceRanges(),
      holders: (ip) => [...this.kubelets].filter(([, { listeners }]) => listeners.hasAddress(ip)).map(([host]) => host),
    })
  }

  private createNetwork(): ClusterNetwork {
    const { kernel, fabric, plan } = this
    const byIp = new Map(plan.hosts.map(({ ip, name }) => [ip, name]))
    return new ClusterNetwork({
      kernel,
      fabric,
      hostOfPod: (ip, from) => this.memberships.hostOfPod(ip, from),
      hostOfAddress: (ip) => byIp.get(ip),
      nodeNameOf: (host) => host,
      proxyOf: (host) => this.proxies.get(host),
      random: (host) => kernel.random(`kube-proxy/${host}`),
      filter: (host, chain, packet) => this.netfilter.verdict(host, chain, packet),
      onward: (host, ip, port, clientIp) => this.balancers.get(host)?.onward(ip, port, clientIp),
      isServiceAddress: (ip) => this.memberships.isServiceAddress(ip),
      isPodAddress: (ip) => this.memberships.isPodAddress(ip),
      listenersOf: (host) => this.listenersOf(host),
      dnsOf: (host) => this.dns.get(host),
      upstream: upstreamDns,
      site: upstreamSite,
      addressOf: (from) => this.addressOf(from),
      readFile: (from, path) => this.fileOf(from, path),
      hostAddress: (name) => this.hostAddress(name),
      handshake: (from, { host, port, name }, tls) => {
        const nowMs = this.hosts.find(from.host)?.clockMs() ?? kernel.clockMs
        const files = this.controlPlane.tlsFiles(host, port)
        return handshake(
          { host: this.hosts.find(host), port, name, nowMs, minor: plan.minor, ...(files && { files }) },
          tls,
        )
      },
    })
  }

  /** What answers on the addresses of a host's pods: its kubelet's containers, and components that serve. */
  private listenersOf(host: HostName): PodListeners | undefined {
    const own = this.kubelets.get(host)?.listeners
    const metrics = this.metricsServers.get(host)
    if (own === undefined || metrics === undefined) return own
    return {
      listening: (ip, port) => metrics.listening(ip, port) ?? own.listening(ip, port),
      respond: (ip, port, request, from) => metrics.respond(ip, port, request) ?? own.respond(ip, port, request, from),
    }
  }

  /** Whether an address or a name is one of the cluster's; a host's own loopback where something listens on it. */
  private isInside(host: HostName, target: string, port: number): boolean {
    if (target === 'localhost' || target.startsWith('127.')) return this.fabric.listener(host, port) !== undefined
    if (/\.(svc|cluster\.local)$/.test(target)) return true
    if (!/^[\d.]+$/.test(target)) return this.hostAddress(target) !== undefined
    return (
      this.memberships.isPodAddress(target) ||
      this.memberships.isServiceAddress(target) ||
      this.plan.hosts.some(({ ip }) => ip === target)
    )
  }

  /** What kube-proxy and the kubelet keep in the kernel of a node. */
  private kubeChainsOf(host: HostName): Ruleset {
    const kubelet = this.kubelets.get(host)
    const proxy = this.proxies.get(host)?.chainFacts()
    return kubeChains({ kubelet: kubelet?.running === true || proxy !== undefined ? kubelet : undefined, proxy })
  }

  /** The certificates that answer at an address and port; empty for what speaks no TLS that is modelled. */
  private tlsCalls(): SyscallTable {
    return {
      'tls.peer': (_world, { host, root }, { host: name, port }) => {
        const found = this.network.destination({ host, root, pid: 0 }, String(name), Number(port))
        const files = found && this.controlPlane.tlsFiles(found.host, found.port)
        const chain = servedBy(this.hosts.find(found?.host ?? ''), found?.port ?? 0, files)
        return { chain: chain.map(({ der }) => makePem('CERTIFICATE', der)).join('') }
      },
    }
  }

  private hostAddress(name: string): string | undefined {
    if (name === 'cluster-endpoint') return BALANCER_IP
    return this.plan.hosts.find((host) => host.name === name)?.ip
  }

  private addressOf({ host, root }: NetworkPoint): string {
    const hostIp = this.plan.hosts.find(({ name }) => name === host)?.ip ?? ''
    if (root.kind === 'host') return hostIp
    const spec = this.runtimes.get(host)?.spec(root.id)
    return spec?.pod.ip ?? (typeof root['ip'] === 'string' ? root['ip'] : hostIp)
  }

  /** A file as the process sees it; a container without a tree of its own has what its kubelet would write. */
  private fileOf({ host, root }: NetworkPoint, path: string): string | undefined {
    if (root.kind === 'host') return this.hosts.find(host)?.files.text(path)
    const tree = this.runtimes.get(host)?.tree(root.id)
    return tree?.text(path) ?? this.containerFile(host, root.id, path)
  }

  private createWorld(): ProcessWorld {
    const { kernel, fabric, hosts, plan } = this
    const tree = (host: HostName, root: ProcessRoot) =>
      root.kind === 'host' ? hosts.find(host)?.files : this.runtimes.get(host)?.tree(root.id)
    return {
      tree,
      groups: (host, root, user) => (root.kind === 'host' ? hosts.get(host).actor(user).groups : []),
      home: (host, root, user) =>
        root.kind === 'host' ? hosts.get(host).user(user)?.home : user === 'root' ? '/root' : '/',
      network: () => this.network,
      programs: new Map(
        Object.entries({
          ...HOST_PROGRAM_SET,
          ...shellPrograms,
          ...daemonPrograms,
          kubelet,
          kubeadm,
          kubectl,
          kustomize,
          pluto,
          etcdctl,
          etcdutl,
        }),
      ),
      syscalls: boundSyscalls(
        { kernel, fabric, hosts },
        {
          ...criCalls({ kernel, kubelet: (host) => this.kubelets.get(host) }),
          ...this.tlsCalls(),
          ...netfilterCalls(this.netfilter),
          ...this.createEtcdCalls().table(),
        },
      ),
      release: (host) => hosts.find(host)?.release ?? plan.version,
      clockMs: (host) => hosts.find(host)?.clockMs() ?? kernel.clockMs,
    }
  }

  private createEtcdCalls(): EtcdCalls {
    return new EtcdCalls({
      kernel: this.kernel,
      fabric: this.fabric,
      door: (from, name, port) => this.network.door(from, name, port),
      member: (host, port) => this.controlPlane.memberAt(host, port),
      readFile: (host, path) => this.hosts.find(host)?.files.text(path),
      isAlive: (pid) => this.processes.process(pid) !== undefined,
    })
  }
}

const ADMIN = { user: 'kubernetes-admin', groups: ['system:masters'] }
const SERVICE_ACCOUNTS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
const OK: HttpResponse = { code: 200, headers: {}, body: 'ok' }
const UNHEALTHY: HttpResponse = { code: 500, headers: {}, body: 'livez check failed' }
const UNAVAILABLE: HttpResponse = { code: 503, headers: {}, body: 'not ready' }

registerCompleter('kubectl', (_program, words, _cword, p) => complete(words.slice(1), p))

function listFiles(hosts: Hosts, host: HostName, path: string): string[] | undefined {
  const found = hosts.get(host).files.list(path)
  return 'names' in found ? found.names : undefined
}

function replaceLink(hosts: Hosts, host: HostName, target: string, path: string): void {
  const { files } = hosts.get(host)
  files.remove(path)
  files.symlink(target, path)
}

function makePath(hosts: Hosts, host: HostName, path: string, kind: 'directory' | 'file'): void {
  const { files } = hosts.get(host)
  if (kind === 'file') files.put(path, '')
  else files.mkdir(path, undefined, { parents: true })
}

function kindOf(hosts: Hosts, host: HostName, path: string): 'directory' | 'file' | undefined {
  const found = hosts.get(host).files.stat(path)
  if ('error' in found) return undefined
  return found.kind === 'directory' ? 'directory' : 'file'
}

/** A UUID that depends on a text alone. */
function uuidFrom(text: string): string {
  const hex = numberFrom(16, text).toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}
