/**
 * The only place that wires all parts into a cluster: hosts with their units, the control plane that
 * the kubelets' static pods start, nodes, the network, processes. It holds no behaviour of its own
 * beyond who starts whom.
 */
import type { ApiClient, ApiClientOwner } from './api/client.ts'
import { createApiClient, reachOneOf } from './api/client/create.ts'
import type { Reached, Trouble } from './api/client/create.ts'
import { API_PORT } from './api/server.ts'
import type { ApiServer } from './api/server.ts'
import { addonCalls } from './cluster/addons.ts'
import { Addresses } from './cluster/addresses.ts'
import { addHosts } from './cluster/cluster-hosts.ts'
import { makeReach } from './cluster/component-client.ts'
import type { ConnectionWorld } from './cluster/component-client.ts'
import { ComponentParents } from './cluster/component-parent.ts'
import { mountsOf, versionOfImage } from './cluster/component-process.ts'
import { CONTROL_PLANE, ControlPlane } from './cluster/control-plane.ts'
import { EtcdCalls } from './cluster/etcd-calls.ts'
import { History } from './cluster/history.ts'
import { ClusterPki, FILES, handshake, servedBy } from './cluster/identity.ts'
import { Kubeadm } from './cluster/kubeadm.ts'
import { kubeletPorts } from './cluster/kubelet-ports.ts'
import { review } from './cluster/kubelet-review.ts'
import { LocalProbes } from './cluster/local-probes.ts'
import { machineFacts } from './cluster/machine.ts'
import { Memberships } from './cluster/memberships.ts'
import { Meters } from './cluster/meter.ts'
import { addCoreDns, addFlannel, addLocalPathProvisioner, addMetricsServer } from './cluster/node-addons.ts'
import type { AddonWorld } from './cluster/node-addons.ts'
import { NodeComponents } from './cluster/node-components.ts'
import { nodeLinks } from './cluster/node-links.ts'
import type { RunningContainers } from './cluster/node-components.ts'
import { OpenedFiles } from './cluster/opened-files.ts'
import type { OpenedFilesState } from './cluster/opened-files.ts'
import { outsideClient, servingIdentity } from './cluster/outside-identity.ts'
import { outsideWires } from './cluster/outside-wires.ts'
import type { OutsideRequest } from './cluster/outside-wires.ts'
import { planCluster } from './cluster/plan.ts'
import type { ClusterOptions, ClusterPlan, PlannedHost } from './cluster/plan.ts'
import { PodPlaces } from './cluster/pod-places.ts'
import { PodTokens } from './cluster/pod-tokens.ts'
import { processWorld } from './cluster/process-world.ts'
import { ProxyProcesses } from './cluster/proxy-process.ts'
import { servedVersions } from './cluster/served-versions.ts'
import { upstreamDns, upstreamSite } from './cluster/upstream.ts'
import { ControllerManager } from './controllers/manager.ts'
import type { EtcdMember } from './etcd/member.ts'
import { Fabric } from './fabric/fabric.ts'
import type { HostName } from './fabric/fabric.ts'
import type { HttpRequest } from './fabric/http.ts'
import { Edge } from './host/edge.ts'
import { Haproxy } from './host/haproxy/haproxy.ts'
import { haproxyWorkers } from './host/haproxy/processes.ts'
import { inhibitDelayMs } from './host/delay-locks.ts'
import { HOST_EVENTS, Hosts } from './host/host.ts'
import type { Ruleset } from './host/netfilter/model.ts'
import { Netfilter } from './host/netfilter/netfilter.ts'
import type { NetworkPoint } from './host/network-port.ts'
import { ProcessTable } from './host/runtime/table.ts'
import type { ProcessWorld } from './host/runtime/world.ts'
import type { SyscallTable } from './host/syscalls/table.ts'
import { Kernel } from './kernel/kernel.ts'
import type { Component } from './kernel/kernel.ts'
import type { KernelEvent } from './kernel/queue.ts'
import { hostProcesses } from './kubelet/hostProcesses.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import type { KubeletApiOwner } from './kubelet/kubelet.ts'
import { criLog } from './kubelet/logs.ts'
import { ProcessRuntime } from './kubelet/processRuntime.ts'
import type { ContainerSpec, KubeletPorts, Reviewed, ReviewedAttributes } from './kubelet/runtime.ts'
import { MetricsServer } from './metrics/metrics-server.ts'
import { ClusterNetwork } from './network/cluster-network.ts'
import type { PodListeners } from './network/cluster-network.ts'
import { CoreDns } from './network/core-dns.ts'
import { kubeChains } from './network/iptables/kube-chains.ts'
import { KubeProxy } from './network/kube-proxy.ts'
import { KeyRing, makePem } from './pki/index.ts'
import type { Scheduler } from './scheduler/scheduler.ts'

interface ClusterState {
  /** The kubeconfigs of kubelets, as they were when those started. */
  kubeconfigs: OpenedFilesState
  /** `<host>/<component>` → the container that it runs in. */
  containers: RunningContainers
}

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
  private readonly runtimes = new Map<HostName, ProcessRuntime>()
  private readonly addresses: Addresses
  private readonly places: PodPlaces
  private readonly parents: ComponentParents
  private readonly components: NodeComponents
  private readonly tokens: PodTokens
  private readonly probes: LocalProbes
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
    this.addresses = new Addresses(this.plan, this.fabric, this.memberships)
    this.places = this.createPlaces()
    this.parents = new ComponentParents(this.kernel)
    this.components = new NodeComponents(this.parents)
    this.tokens = this.createTokens()
    this.probes = this.createProbes()
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
    this.hosts.addVolumes((id) =>
      [...this.runtimes.values()].map((one) => one.tree(id)).find((tree) => tree !== undefined),
    )
    this.hosts.addWriter((host) => this.runtimes.get(host)?.writtenBytes() ?? 0)
    this.hosts.addProcesses(haproxyWorkers((host) => this.balancers.get(host)))
    this.hosts.addNetwork(
      nodeLinks({
        nodes: this.plan.machines.map(({ name }) => name),
        hostOf: (name) => this.hosts.get(name),
        kubeletOf: (name) => this.kubelets.get(name),
        areApart: (one, other) => this.memberships.areApart(one, other),
      }),
    )
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
    return { containers: this.components.dump(), kubeconfigs: this.kubeconfigs.dump() }
  }

  load(state: unknown): void {
    const saved = state as ClusterState
    this.components.load(saved.containers)
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
    this.components.crash(host)
  }

  private unitChanged({ host, unit, state }: { host: HostName; unit: string; state: string }): void {
    const name = unit.replace(/\.service$/, '')
    if (name === 'kubelet' && state !== 'active') this.kubeconfigs.forget(host)
    // docker.socket holds who calls until the daemon is there; before its first start it is inactive.
    if (name === 'docker' && state !== 'inactive')
      this.kubelets.get(host)?.setRuntime(state === 'active' || state === 'activating', 'docker')
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
      readFile: (host, id, path) => this.places.readMounted(host, id, path),
      addressOf: (host) => this.addresses.ofHost(host),
      log: (process, text) => this.parents.log(process, text),
      exit: (process, code, afterMs) => this.parents.ended(process, code, afterMs),
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
      hostOfAddress: (from, address) => this.addresses.hostOf(from, address),
      wires: (name) =>
        outsideWires({
          host: name,
          network: () => this.network,
          isInside: (target, port) => this.addresses.isInside(name, target, port),
          leave: (request) => this.outside?.(request) ?? false,
        }),
      log: (process, text) => this.parents.log(process, text),
      exit: (process, code, afterMs) => this.parents.ended(process, code, afterMs),
      healthy: (host, port) => this.probes.isHealthy(host, port),
      standsStill: (host, port) => this.controlPlane.standsStill(host, port),
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

  private addNode(host: PlannedHost): void {
    const { name } = host
    const world = this.addonWorld()
    this.addControlPlane(name)
    if (!this.plan.hollow) addLocalPathProvisioner(world, name)
    this.addProxy(name)
    addFlannel(world, name)
    if (!this.plan.hollow) this.metricsServers.set(name, addMetricsServer(world, name))
    this.dns.set(name, addCoreDns(world, name))
    this.kubelets.set(name, this.createKubelet(host))
  }

  /** What static pods of the control plane start. */
  private addControlPlane(host: HostName): void {
    for (const component of CONTROL_PLANE)
      this.components.add(host, component, {
        start: (spec, argv) => this.startControlPlane(host, component, spec, argv),
        signal: ({ id }, signal) => this.controlPlane.signal(host, component, signal, id),
        pause: ({ id }, paused) => this.controlPlane.pause(host, component, paused, id),
        crash: () => {},
      })
  }

  private startControlPlane(host: HostName, component: string, spec: ContainerSpec, argv: string[]): void {
    const { id, image } = spec
    const version = versionOfImage(image)
    this.controlPlane.start({ host, component, id, place: 'container', version, argv, mounts: mountsOf(spec) })
  }

  private addProxy(host: HostName): void {
    const { kernel, plan, proxyProcesses } = this
    const address = `kube-proxy/${host}`
    const proxy = new KubeProxy({
      kernel,
      address,
      nodeName: host,
      minor: plan.minor,
      createClient: (owner) => proxyProcesses.clientOf(host, address, owner),
      news: proxyProcesses.newsOf(host),
    })
    this.proxies.set(host, proxy)
    this.components.add(host, 'kube-proxy', {
      start: (spec, argv) => proxyProcesses.start(host, spec, argv),
      signal: ({ id }, signal) => proxyProcesses.signal(host, id, signal),
      pause: ({ id }, paused) => proxyProcesses.pause(host, id, paused),
      crash: () => proxyProcesses.crash(host),
    })
  }

  private addonWorld(): AddonWorld {
    const { kernel, plan, parents, components } = this
    return {
      kernel,
      plan,
      parents,
      components,
      network: () => this.network,
      hostOf: (name) => this.hosts.get(name),
      kubeletOf: (name) => this.kubelets.get(name),
      areApart: (one, other) => this.memberships.areApart(one, other),
      readFile: (host, id, path) => this.places.readMounted(host, id, path),
      createClient: (address, host, account, owner) => this.createClient(address, host, account, owner),
    }
  }

  private createKubelet(host: PlannedHost): Kubelet {
    const { kernel, fabric, plan } = this
    const { name } = host
    return new Kubelet({
      kernel,
      fabric,
      host: name,
      nodeName: name,
      release: plan.version,
      hostIP: host.ip,
      ...machineFacts(plan, host),
      ports: this.createKubeletPorts(name),
      connect: (address, owner, kubeconfig) => this.kubeletClient(name, address, owner, kubeconfig),
      processStarts: () => this.kubeconfigs.forget(name),
    })
  }

  private createKubeletPorts(name: HostName): KubeletPorts {
    return kubeletPorts({
      name,
      plan: this.plan,
      files: () => this.hosts.get(name).files,
      disk: () => this.hosts.get(name).disk(),
      memoryFiles: () => this.hosts.get(name).memoryFileBytes(),
      processes: () => this.hosts.get(name).processes().length,
      delayLock: {
        hold: (held) => this.hosts.setLock(name, `kubelet/${name}`, held),
        maxMs: () => inhibitDelayMs(this.hosts.get(name).files),
      },
      runtime: this.runtimes.get(name) as ProcessRuntime,
      components: this.components.port(name),
      probes: this.probes,
      tokens: this.tokens,
      review: (authorization, asked) => this.review(name, authorization, asked),
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

  /** What the API server that a node belongs to says of a token and of what it asks for. */
  private review(host: HostName, authorization: string, asked: ReviewedAttributes): Reviewed | undefined {
    const place = this.memberships.serversOf(host).find((one) => this.apiServers.get(one.host)?.ready === true)
    const server = this.apiServers.get(place?.host ?? '')
    return server && review(server, authorization, asked)
  }

  private createTokens(): PodTokens {
    return new PodTokens({
      minor: this.plan.minor,
      apiServers: () => this.apiServers,
      readFile: (host, path) => this.hosts.find(host)?.files.text(path),
    })
  }

  private createProbes(): LocalProbes {
    return new LocalProbes({
      controlPlane: () => this.controlPlane,
      network: () => this.network,
      dnsOf: (host) => this.dns.get(host),
      metricsServerOf: (host) => this.metricsServers.get(host),
      pointOfIp: (host, podIp) => this.places.pointOfIp(host, podIp),
    })
  }

  private createPlaces(): PodPlaces {
    return new PodPlaces({
      kubelets: this.kubelets,
      runtimes: this.runtimes,
      addressOf: (host) => this.addresses.ofHost(host),
      treeOf: (host) => this.hosts.find(host)?.files,
    })
  }

  /** Where a pod's processes stand in the network. Throws when no kubelet runs the pod. */
  pointOfPod(namespace: string, name: string): NetworkPoint {
    return this.places.pointOfPod(namespace, name)
  }

  /** Whether a component of the control plane runs on a host. */
  isRunning(host: HostName, component: string): boolean {
    if (CONTROL_PLANE.some((one) => one === component)) return this.controlPlane.process(host, component) !== undefined
    return this.components.isRunning(host, component)
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
    return servingIdentity({ plan: this.plan, pki: this.pki, seed: this.options.seed }, names)
  }

  /** What an API server makes of a client's certificate, by the files and the clock of its host. */
  clientOf(pem: string): HttpRequest['certificate'] {
    return outsideClient(this.hosts.find(this.firstHost), this.kernel.clockMs, pem)
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
      addressOf: (from) => this.places.addressOf(from),
      readFile: (from, path) => this.places.readFile(from, path),
      hostAddress: (name) => this.addresses.ofName(name),
      toPlain: (host, port) => {
        if (this.controlPlane.servesHttps(host, port)) return 'refused'
        return this.controlPlane.etcdWaitsForTls(host, port) ? 'closed' : undefined
      },
      handshake: (from, { host, port, name }, tls) => {
        const nowMs = this.hosts.find(from.host)?.clockMs() ?? kernel.clockMs
        const etcd = this.controlPlane.etcdHandshake({ host, port, name }, tls)
        if (etcd !== undefined) return etcd.problem === undefined ? {} : { failure: 'tls', message: etcd.problem }
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

  private createWorld(): ProcessWorld {
    const { kernel, fabric, hosts, plan, places, netfilter } = this
    return processWorld({
      kernel,
      fabric,
      hosts,
      places,
      netfilter,
      release: plan.version,
      network: () => this.network,
      kubeletOf: (host) => this.kubelets.get(host),
      calls: [this.tlsCalls(), this.createEtcdCalls().table()],
    })
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
