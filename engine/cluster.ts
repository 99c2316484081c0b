/**
 * The only place that wires all parts into a cluster: hosts with their units, the control plane that
 * the kubelets' static pods start, nodes, the network, processes. It holds no behaviour of its own
 * beyond who starts whom.
 */
import { createApiClient } from './api/client/create.ts'
import type { ApiClient, ApiClientOwner } from './api/client.ts'
import { API_PORT, ApiServer } from './api/server.ts'
import { ISSUER as TOKEN_ISSUER, makeToken } from './api/pipeline/service-account-tokens.ts'
import type { TokenFacts, TokenKeys } from './api/pipeline/service-account-tokens.ts'
import { addonCalls } from './cluster/addons.ts'
import { addHosts } from './cluster/cluster-hosts.ts'
import { apiServerFlags, commandFailed } from './cluster/api-server-flags.ts'
import { managerFlags } from './cluster/component-flags.ts'
import { controllersOf } from './cluster/controllers.ts'
import { isPermitted } from './objects/node-labels.ts'
import { nodeLifecycleFlags } from './controllers/nodelifecycle/flags.ts'
import type { NodeLifecycleFlags } from './controllers/nodelifecycle/flags.ts'
import { outsideWires } from './cluster/outside-wires.ts'
import type { OutsideRequest } from './cluster/outside-wires.ts'
import {
  apiServerNames,
  CERTIFICATES,
  clientCertificate,
  ClusterPki,
  handshake,
  managerFiles,
  servedBy,
} from './cluster/identity.ts'
import { History } from './cluster/history.ts'
import { Kubeadm } from './cluster/kubeadm.ts'
import { isAddress, KeyRing, makePem, numberFrom, parseKeyPem, poolKey, parsePublicKeyPem } from './pki/index.ts'
import type { PrivateKey } from './pki/index.ts'
import { preloadedImages } from './cluster/manifests.ts'
import { planCluster } from './cluster/plan.ts'
import { servedVersions } from './cluster/served-versions.ts'
import type { ClusterOptions, ClusterPlan, PlannedHost } from './cluster/plan.ts'
import { readManifest } from './cluster/static-manifest.ts'
import { upstreamDns } from './cluster/upstream.ts'
import {
  LOCAL_PATH_ACCOUNT,
  LOCAL_PATH_NAMESPACE,
  localPathProvisioner,
} from './controllers/localpathprovisioner/index.ts'
import { ControllerManager } from './controllers/manager.ts'
import { EtcdMember } from './etcd/member.ts'
import { Fabric } from './fabric/fabric.ts'
import type { HostName } from './fabric/fabric.ts'
import type { HttpRequest, HttpResponse } from './fabric/http.ts'
import { Edge } from './host/edge.ts'
import { HOST_EVENTS, Hosts } from './host/host.ts'
import type { NetworkPoint } from './host/network-port.ts'
import { HOST_PROGRAM_SET } from './host/programs.ts'
import { ProcessTable } from './host/runtime/table.ts'
import type { ProcessRoot, ProcessWorld } from './host/runtime/world.ts'
import { boundSyscalls } from './host/syscalls/index.ts'
import type { SyscallTable } from './host/syscalls/table.ts'
import { Kernel } from './kernel/kernel.ts'
import type { Component } from './kernel/kernel.ts'
import type { KernelEvent } from './kernel/queue.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { ProcessRuntime } from './kubelet/processRuntime.ts'
import { RUNTIME } from './kubelet/runtime.ts'
import type { ComponentPort, ContainerSpec, KubeletPorts } from './kubelet/runtime.ts'
import { MetricsServer } from './metrics/metrics-server.ts'
import { ClusterNetwork } from './network/cluster-network.ts'
import type { PodListeners } from './network/cluster-network.ts'
import { CoreDns } from './network/core-dns.ts'
import { KubeProxy } from './network/kube-proxy.ts'
import type { Pod } from './objects/types.gen.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { registerCompleter, shellPrograms } from './shell/index.ts'
import { complete, kubectl } from './tools/kubectl/kubectl.ts'
import { kustomize } from './tools/kustomize/program.ts'

const YEAR_SECONDS = 365 * 86_400

/** From a command to a process of the control plane, in milliseconds. */
const COMPONENT_EXIT_MS = 50

/** A process of a node that the engine models as a component. */
interface Modelled {
  /** Starts it; a text is why it ends at once. */
  start(spec: ContainerSpec, argv: string[]): string | void
  signal(spec: { id: string }, signal: string): void
  /** Taken down with the host. */
  crash(): void
}

interface ClusterState {
  /** `<host>/<component>` → the container that it runs in. */
  containers: Record<string, string>
  /** What each controller manager was started with. */
  managerFlags: Record<HostName, NodeLifecycleFlags>
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
  /** Takes requests that leave the simulation; whoever flies the cluster sets it. */
  outside: ((request: OutsideRequest) => boolean) | undefined
  readonly etcd = new Map<HostName, EtcdMember>()
  readonly apiServers = new Map<HostName, ApiServer>()
  readonly managers = new Map<HostName, ControllerManager>()
  readonly schedulers = new Map<HostName, Scheduler>()
  readonly kubelets = new Map<HostName, Kubelet>()
  readonly proxies = new Map<HostName, KubeProxy>()
  readonly dns = new Map<HostName, CoreDns>()
  readonly metricsServers = new Map<HostName, MetricsServer>()
  readonly kubeadm: Kubeadm
  readonly history: History
  readonly pki: ClusterPki
  /** Derived. */
  private readonly podTokens = new Map<string, string>()
  private readonly runtimes = new Map<HostName, ProcessRuntime>()
  private readonly modelled = new Map<string, Modelled>()
  private containers: ClusterState['containers'] = {}
  /** Objects that the controllers hold: changed in place. */
  private readonly managerFlags: ClusterState['managerFlags'] = {}

  constructor(readonly options: ClusterOptions) {
    this.plan = planCluster(options)
    this.kernel = new Kernel({ seed: options.seed, epochMs: options.epochMs })
    this.fabric = new Fabric(this.kernel)
    this.hosts = new Hosts(this.kernel, this.fabric, { unitPrograms: { kubelet: 'kubelet/<host>' } })
    const keys = new KeyRing(options.seed)
    this.kernel.register(KeyRing.address, keys)
    this.pki = new ClusterPki({ plan: this.plan, seed: options.seed, atMs: options.epochMs, keys })
    addHosts(this.hosts, this.plan, this.pki)
    this.network = this.createNetwork()
    this.processes = new ProcessTable(this.kernel, this.createWorld(), this.edge)
    for (const host of this.plan.nodes) this.runtimes.set(host.name, this.createRuntime(host))
    for (const host of this.plan.controlPlanes) this.addControlPlane(host)
    for (const host of this.plan.nodes) this.addNode(host)
    this.kubeadm = new Kubeadm(this.kernel, addonCalls(this.plan, this.pki), (owner) =>
      this.createClient(Kubeadm.address, this.firstHost, ADMIN, owner),
    )
    this.history = new History(this.kernel, (owner) => this.createClient(History.address, this.firstHost, ADMIN, owner))
    this.kernel.register(Cluster.address, this)
    this.hosts.subscribe(Cluster.address)
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
    return { containers: this.containers, managerFlags: this.managerFlags }
  }

  load(state: unknown): void {
    const saved = state as ClusterState
    this.containers = saved.containers
    for (const [host, flags] of Object.entries(saved.managerFlags)) Object.assign(this.managerFlags[host] ?? {}, flags)
  }

  private get firstHost(): HostName {
    return (this.plan.controlPlanes[0] as PlannedHost).name
  }

  /** A control plane that is no node has no kubelet to start its static pods. */
  private hostUp(host: HostName): void {
    if (this.kubelets.has(host) || !this.etcd.has(host)) return
    for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
      this.componentPort(host).start(component, { id: `${host}/${component}` } as ContainerSpec, [])
  }

  private hostDown(host: HostName): void {
    this.kubelets.get(host)?.hostCrashed()
    for (const [key, component] of this.modelled) if (key.startsWith(`${host}/`)) component.crash()
    for (const key of Object.keys(this.containers)) if (key.startsWith(`${host}/`)) delete this.containers[key]
  }

  private unitChanged({ host, unit, state }: { host: HostName; unit: string; state: string }): void {
    if (unit.replace(/\.service$/, '') === 'containerd') this.kubelets.get(host)?.setRuntime(state === 'active')
  }

  private createClient(
    address: string,
    host: HostName,
    identity: { user: string; groups: string[] },
    owner: ApiClientOwner,
  ): ApiClient {
    const own = this.plan.controlPlanes.filter(({ name }) => name === host)
    const others = this.plan.controlPlanes.filter(({ name }) => name !== host)
    const servers = [...own, ...others].map(({ name }) => ({ host: name, port: API_PORT }))
    const connect = (served: ApiClientOwner): ApiClient =>
      createApiClient(this.kernel, this.fabric, { address, host, servers, identity, owner: served })
    return servedVersions(this.plan.minor, owner, connect)
  }

  private addControlPlane(host: PlannedHost): void {
    const { kernel, fabric, plan } = this
    const { name } = host
    const peers = plan.controlPlanes.map((one) => ({ name: one.name, host: one.name }))
    const etcd = new EtcdMember(kernel, fabric, { name, host: name, peers, running: false })
    const endpoints = [host, ...plan.controlPlanes.filter((one) => one !== host)].map((one) => ({ host: one.name }))
    const api = new ApiServer({
      kernel,
      fabric,
      host: name,
      release: plan.version,
      etcd: endpoints,
      advertiseAddress: host.ip,
      tokenKeys: this.tokenKeysOf(name),
      authorities: {
        client: () => this.hosts.find(name)?.files.text(`${CERTIFICATES}/ca.crt`) ?? '',
        requestHeader: () => this.hosts.find(name)?.files.text(`${CERTIFICATES}/front-proxy-ca.crt`) ?? '',
      },
      probeLocal: (port) => this.componentRuns(name, port),
      wires: outsideWires({
        host: name,
        network: () => this.network,
        isInside: (target, port) => this.isInside(name, target, port),
        leave: (request) => this.outside?.(request) ?? false,
      }),
    })
    const client = (address: string, user: string) => (owner: ApiClientOwner) =>
      this.createClient(address, name, { user, groups: [] }, owner)
    const flags = (this.managerFlags[name] = nodeLifecycleFlags(plan.minor))
    const manager = new ControllerManager({
      kernel,
      address: `kube-controller-manager/${name}`,
      host: name,
      controllers: controllersOf(
        plan,
        flags,
        managerFiles(() => this.hosts.find(name)),
      ),
      createClient: client(`kube-controller-manager/${name}`, 'system:kube-controller-manager'),
    })
    const scheduler = new Scheduler({
      kernel,
      address: `kube-scheduler/${name}`,
      host: name,
      minor: plan.minor,
      createClient: client(`kube-scheduler/${name}`, 'system:kube-scheduler'),
    })
    this.etcd.set(name, etcd)
    this.apiServers.set(name, api)
    this.managers.set(name, manager)
    this.schedulers.set(name, scheduler)
    for (const [component, process] of Object.entries({
      etcd,
      'kube-apiserver': api,
      'kube-controller-manager': manager,
      'kube-scheduler': scheduler,
    }))
      this.model(name, component, process)
    const modelled = this.modelled.get(`${name}/kube-controller-manager`) as Modelled
    this.modelled.set(`${name}/kube-controller-manager`, {
      ...modelled,
      start: (_spec, argv) => this.startManager(name, manager, argv),
    })
    const served = this.modelled.get(`${name}/kube-apiserver`) as Modelled
    this.modelled.set(`${name}/kube-apiserver`, {
      ...served,
      start: (_spec, argv) => this.startApiServer(name, api, argv),
    })
  }

  private startManager(host: HostName, manager: ControllerManager, argv: string[]): string | void {
    const flags = managerFlags(argv, this.plan.minor)
    if ('error' in flags) return `Error: ${flags.error}\n`
    Object.assign(this.managerFlags[host] ?? {}, flags)
    manager.start()
  }

  private startApiServer(host: HostName, api: ApiServer, argv: string[]): string | void {
    const flags = apiServerFlags(argv, this.plan.minor, (path) => this.hosts.get(host).files.text(path))
    if ('error' in flags) return commandFailed(this.kernel.clockMs, flags.error as string)
    api.start(flags)
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

  /** A process that says why it will not run, and ends. */
  private refused(host: HostName, component: string, id: string, text: string): void {
    delete this.containers[`${host}/${component}`]
    this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.output, data: { id, stream: 'stderr', text } })
    this.exited(host, id, 1)
  }

  private exited(host: HostName, id: string, code: number): void {
    this.kernel.send({ to: `kubelet/${host}`, type: RUNTIME.exit, data: { id, code } }, COMPONENT_EXIT_MS)
  }

  private addNode(host: PlannedHost): void {
    const { kernel, plan } = this
    const { name } = host
    const proxy = new KubeProxy({
      kernel,
      address: `kube-proxy/${name}`,
      nodeName: name,
      minor: plan.minor,
      createClient: (owner) =>
        this.createClient(
          `kube-proxy/${name}`,
          name,
          { user: 'system:serviceaccount:kube-system:kube-proxy', groups: SERVICE_ACCOUNTS },
          owner,
        ),
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
    this.proxies.set(name, proxy)
    this.dns.set(name, dns)
    this.model(name, 'kube-proxy', proxy)
    if (!plan.hollow) this.model(name, 'local-path-provisioner', this.createProvisioner(name))
    const model = this.modelled.get(`${name}/kube-proxy`) as Modelled
    this.modelled.set(`${name}/kube-proxy`, { ...model, crash: () => proxy.flush() })
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
      connect: (address, owner) =>
        this.createClient(
          address,
          name,
          { user: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] },
          owner,
        ),
    })
  }

  private kubeletPorts({ name }: PlannedHost): KubeletPorts {
    const files = (): Hosts => this.hosts
    return {
      containers: this.runtimes.get(name) as ProcessRuntime,
      components: this.componentPort(name),
      files: {
        list: (path) => listFiles(files(), name, path),
        read: (path) => files().get(name).files.text(path),
      },
      parseManifest: readManifest,
      probe: { http: (host, port, request) => this.probe(name, host, port, request) },
      dial: { dial: (podIp, host, port) => this.dial(name, podIp, host, port) },
      hostPathKind: (path) => kindOf(files(), name, path),
      makeHostPath: (path, kind) => makePath(files(), name, path, kind),
      token: (namespace, account, pod) => this.podToken(namespace, account, pod),
    }
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
        const refused = modelled.start(container, argv)
        if (typeof refused === 'string') this.refused(host, component, container.id, refused)
        return true
      },
      signal: (component, id, signal) => {
        delete this.containers[`${host}/${component}`]
        this.modelled.get(`${host}/${component}`)?.signal({ id }, signal)
      },
    }
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
      const key = this.tokenKeysOf(host).signing()
      if (found === undefined || created === undefined || created === null || key === undefined) continue
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

  /** The files that the API server of a host signs and checks tokens with. */
  private tokenKeysOf(host: HostName): TokenKeys {
    const read = (name: string): string => this.hosts.find(host)?.files.text(`${CERTIFICATES}/${name}`) ?? ''
    return {
      signing: () => parseKeyPem(read('sa.key')),
      verifying: () => {
        const key = parsePublicKeyPem(read('sa.pub'))
        return key === undefined ? [] : [key]
      },
    }
  }

  /** Health endpoints of the components that run on a node. */
  private probe(node: HostName, host: string, port: number, request: HttpRequest): HttpResponse | { failure: string } {
    const refused = { failure: `dial tcp ${host}:${port}: connect: connection refused` }
    const dnsHealth = this.dns.get(node)?.healthy(host, port)
    if (dnsHealth !== undefined) return dnsHealth ? OK : UNAVAILABLE
    const metrics = this.metricsServers.get(node)?.respond(host, port, request)
    if (metrics !== undefined) return metrics
    const api = this.apiServers.get(node)
    if (port === API_PORT) return api?.running === true ? (api.ready ? OK : UNAVAILABLE) : refused
    if (port === 2381) return this.etcd.get(node)?.running === true ? OK : refused
    return this.componentRuns(node, port) ? OK : refused
  }

  private componentRuns(node: HostName, port: number): boolean {
    const container = { 10257: 'kube-controller-manager', 10259: 'kube-scheduler' }[port]
    return container !== undefined && this.containers[`${node}/${container}`] !== undefined
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

  private createNetwork(): ClusterNetwork {
    const { kernel, fabric, plan } = this
    const byIp = new Map(plan.hosts.map(({ ip, name }) => [ip, name]))
    return new ClusterNetwork({
      kernel,
      fabric,
      hostOfPod: (ip) => [...this.kubelets].find(([, kubelet]) => kubelet.listeners.hasAddress(ip))?.[0],
      hostOfAddress: (ip) => byIp.get(ip),
      nodeNameOf: (host) => host,
      proxyOf: (host) => this.proxies.get(host),
      random: (host) => kernel.random(`kube-proxy/${host}`),
      isServiceAddress: (ip) => SERVICE_ADDRESS.test(ip),
      isPodAddress: (ip) => ip.startsWith(`${plan.podPrefix}.`),
      listenersOf: (host) => this.listenersOf(host),
      dnsOf: (host) => this.dns.get(host),
      upstream: upstreamDns,
      addressOf: (from) => this.addressOf(from),
      readFile: (from, path) => this.fileOf(from, path),
      hostAddress: (name) => this.hostAddress(name),
      handshake: (_from, { host, port, name }, tls) =>
        handshake({ host: this.hosts.find(host), port, name, nowMs: kernel.clockMs, minor: plan.minor }, tls),
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
      target.startsWith(`${this.plan.podPrefix}.`) ||
      SERVICE_ADDRESS.test(target) ||
      this.plan.hosts.some(({ ip }) => ip === target)
    )
  }

  /** The certificates that answer at an address and port; empty for what speaks no TLS that is modelled. */
  private tlsCalls(): SyscallTable {
    return {
      'tls.peer': (_world, { host, root }, { host: name, port }) => {
        const found = this.network.destination({ host, root, pid: 0 }, String(name), Number(port))
        const chain = servedBy(this.hosts.find(found?.host ?? ''), found?.port ?? 0)
        return { chain: chain.map(({ der }) => makePem('CERTIFICATE', der)).join('') }
      },
    }
  }

  private hostAddress(name: string): string | undefined {
    if (name === 'cluster-endpoint')
      return (
        this.plan.controlPlanes.find(
          (host) => this.fabric.listener(host.name, API_PORT) !== undefined && this.fabric.isUp(host.name),
        )?.ip ?? this.plan.controlPlanes[0]?.ip
      )
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
      programs: new Map(Object.entries({ ...HOST_PROGRAM_SET, ...shellPrograms, kubectl, kustomize })),
      syscalls: boundSyscalls({ kernel, fabric, hosts }, { ...this.criCalls(), ...this.tlsCalls() }),
      release: (host) => hosts.find(host)?.release ?? plan.version,
      clockMs: (host) => hosts.find(host)?.clockMs() ?? kernel.clockMs,
    }
  }

  private criCalls(): SyscallTable {
    return {
      'cri.list': (_world, { host }) => this.criList(host),
      'cri.logs': (_world, { host }, args) =>
        this.criLogs(host, String(args['id']), args['tail'] as number | undefined),
    }
  }

  private criList(host: HostName): unknown {
    const kubelet = this.kubelets.get(host)
    if (kubelet === undefined || !kubelet.runtimeUp) return undefined
    const { containers, sandboxes, images } = kubelet.criList()
    return {
      containers: containers.map(({ podId, pod, namespace, ...one }) => ({
        ...one,
        sandboxId: podId,
        podName: pod,
        podNamespace: namespace,
      })),
      sandboxes,
      images: images.map(({ repository, tag, id, sizeBytes }) => ({
        id: id.replace(/^sha256:/, ''),
        tags: [`${repository}:${tag}`],
        sizeBytes,
      })),
    }
  }

  private criLogs(host: HostName, id: string, tail: number | undefined): unknown {
    const container = this.kubelets
      .get(host)
      ?.criList()
      .containers.find((one) => one.id === id)
    if (container === undefined) return { error: 'NotFound' }
    const lines = container.logs.map(({ text }) => text)
    return {
      text: (tail === undefined ? lines : lines.slice(-tail))
        .map((line) => (line.endsWith('\n') ? line : `${line}\n`))
        .join(''),
    }
  }
}

const SERVICE_ADDRESS = /^10\.(9[6-9]|10\d|11[01])\./
const ADMIN = { user: 'kubernetes-admin', groups: ['system:masters'] }
const SERVICE_ACCOUNTS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
const OK: HttpResponse = { code: 200, headers: {}, body: 'ok' }
const UNAVAILABLE: HttpResponse = { code: 503, headers: {}, body: 'not ready' }

registerCompleter('kubectl', (_program, words, _cword, p) => complete(words.slice(1), p))

function listFiles(hosts: Hosts, host: HostName, path: string): string[] | undefined {
  const found = hosts.get(host).files.list(path)
  return 'names' in found ? found.names : undefined
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
