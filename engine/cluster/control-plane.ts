/**
 * The processes of the control plane on every host: etcd, kube-apiserver, kube-controller-manager and
 * kube-scheduler lie idle until a container or a unit starts them with a command line, and run as the version,
 * the flags and the files of that start say. Models cmd/kube-*, and etcd's main (O).
 */
import { createApiClient, reachOneOf } from '../api/client/create.ts'
import type { Place, Reached, Trouble } from '../api/client/create.ts'
import type { ApiClient, ApiClientOwner } from '../api/client.ts'
import { klogHeader } from '../objects/klog.ts'
import { LEASE_FLAGS } from '../api/leader-election.ts'
import type { ElectionHooks, LeaseFlags } from '../api/leader-election.ts'
import type { KubeletRefusal } from '../api/core.ts'
import { API_PORT, ApiServer } from '../api/server.ts'
import type { EtcdEndpoint } from '../api/storage/etcd-client.ts'
import { ControllerManager } from '../controllers/manager.ts'
import type { ManagerStart } from '../controllers/manager.ts'
import { nodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import type { NodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import { defaultConfig } from '../etcd/config.ts'
import type { EtcdConfig, EtcdTls } from '../etcd/config.ts'
import { EtcdMember } from '../etcd/member.ts'
import type { LinkedMember } from '../etcd/peer-links.ts'
import type { HandshakeProblem } from '../etcd/tls.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { sourceOf } from '../host/files.ts'
import type { FileTree } from '../host/files.ts'
import { binaryVersion } from '../host/binary.ts'
import { Hosts } from '../host/host.ts'
import { UNIT_EVENTS } from '../host/units/units.ts'
import type { UnitStartData, UnitStopData } from '../host/units/units.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { OutsideWires } from '../api/outside/calls.ts'
import { Scheduler } from '../scheduler/scheduler.ts'
import { makeReach } from './component-client.ts'
import type { ConnectionWorld } from './component-client.ts'
import { componentFiles } from './component-process.ts'
import type { ComponentFiles, ComponentProcess } from './component-process.ts'
import { controllerFlags, controllersOf } from './controllers.ts'
import type { ControllerFlags } from './controllers.ts'
import { tlsProblem } from './etcd-tls.ts'
import { apiFlagsOf, lateFailure, lateFailureLog, LATE_FAILURE_MS, readFlags } from './flags/index.ts'
import type {
  ApiServerSettings,
  FlaggedComponent,
  FlagHost,
  ManagerSettings,
  Refusal,
  SchedulerSettings,
} from './flags/index.ts'
import { CERTIFICATES, clientCertificate, FILES, issuedAs, isSound, managerFiles } from './identity.ts'
import type { ManagerFileName, TlsFiles } from './identity.ts'
import { HealthPorts } from './health-ports.ts'
import { readKubeconfig } from './kubeconfig.ts'
import { OpenedFiles } from './opened-files.ts'
import type { OpenedFile, OpenedFilesState } from './opened-files.ts'
import { parseKeyPem, parsePublicKeyPem } from '../pki/index.ts'
import { kindNameOf } from '../objects/kinds.ts'
import { etcdTag } from '../versions/index.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'
import { servedVersions } from './served-versions.ts'

export const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export type ControlPlaneComponent = (typeof CONTROL_PLANE)[number]

const LATE_FAILURE = 'manager.lateFailure'
const RELEASE_ON_EXIT = 'ControllerManagerReleaseLeaderElectionLockOnExit'
const GO = 'process.go'
/** From the start of a process to its work, measured on real ones (O2, O3). */
const START_MS: Record<string, number> = {
  'kube-apiserver': 1_500,
  'kube-controller-manager': 600,
  'kube-scheduler': 600,
}

/** From a command to its end, in milliseconds. */
const EXIT_MS = 50

export interface ControlPlaneWorld {
  kernel: Kernel
  fabric: Fabric
  hosts: Hosts
  plan: ClusterPlan
  connections: ConnectionWorld
  /** The host that has an address, as a process of another host finds it. */
  hostOfAddress(from: HostName, address: string): HostName | undefined
  wires(host: HostName): OutsideWires
  log(process: ComponentProcess, text: string): void
  /** Tells whoever started a process that it ended. */
  exit(process: ComponentProcess, code: number, afterMs: number): void
  /** Whether the component of a host that listens on a port is healthy. */
  healthy(host: HostName, port: number): boolean
}

interface Running extends ComponentProcess {
  /** What tells it from the other processes of its host: the component; of a further etcd `etcd#2`. */
  slot: string
  /** The path of its kubeconfig. */
  kubeconfig?: string
  etcd?: EtcdConfig
  api?: ApiServerSettings
  manager?: ManagerSettings
  scheduler?: SchedulerSettings
}

/** What a manager or scheduler cannot change without being made anew. */
interface Made {
  minor: number
}

interface ControlPlaneState {
  hosts: HostName[]
  /** Further members of a host: `<host>/etcd#2`. */
  furtherEtcd: string[]
  standing: Record<string, string>
  opened: OpenedFilesState
  running: Record<string, Running>
  /** What a manager or scheduler was made for. */
  made: Record<string, Made>
  nodeLifecycle: Record<HostName, NodeLifecycleFlags>
  controllers: Record<HostName, ControllerFlags>
}

export class ControlPlane implements Component {
  static readonly address = 'control-plane'
  /** The first member of each host. */
  readonly etcd = new Map<HostName, EtcdMember>()
  /** Those of hosts that run several: units of the same program, with ports and directories of their own. */
  private readonly furtherEtcd = new Map<string, EtcdMember>()
  readonly apiServers = new Map<HostName, ApiServer>()
  readonly managers = new Map<HostName, ControllerManager>()
  readonly schedulers = new Map<HostName, Scheduler>()
  private running: Record<string, Running> = {}
  private made: Record<string, Made> = {}
  /** Objects that the controllers hold: changed in place. */
  private readonly nodeLifecycle: Record<HostName, NodeLifecycleFlags> = {}
  private readonly controllers: Record<HostName, ControllerFlags> = {}
  /** The kubeconfigs that processes opened. */
  private readonly opened = new OpenedFiles((key, path) => {
    const process = this.running[key]
    return process && this.filesOf(process).node(path)
  })
  private readonly health: HealthPorts
  /** API server and endpoint → the two processes between which a connection stands. */
  private standing: Record<string, string> = {}
  private readonly verdicts = new Map<string, { atMs: number; problem: string | undefined; server?: string }>()

  constructor(private readonly world: ControlPlaneWorld) {
    world.kernel.register(ControlPlane.address, this)
    this.health = new HealthPorts(world.kernel, world.fabric)
  }

  /** Makes the components of a host; they lie idle. */
  add(host: PlannedHost): void {
    const { name } = host
    this.etcd.set(name, this.makeEtcd(name))
    this.apiServers.set(name, this.makeApiServer(host))
    this.nodeLifecycle[name] = nodeLifecycleFlags(this.world.plan.minor)
    this.controllers[name] = controllerFlags(this.world.plan)
    this.managers.set(name, this.makeManager(name, { minor: this.world.plan.minor }))
    this.schedulers.set(name, this.makeScheduler(name, { minor: this.world.plan.minor }))
  }

  /** Any machine may become a control plane. */
  private ensure(host: HostName): void {
    const planned = this.world.plan.hosts.find(({ name }) => name === host)
    if (!this.has(host) && planned !== undefined) this.add(planned)
  }

  has(host: HostName): boolean {
    return this.etcd.has(host)
  }

  /** --service-cluster-ip-range of the API servers that run. */
  serviceRanges(): string[] {
    return Object.values(this.running).flatMap(({ api }) => api?.serviceClusterIpRanges ?? [])
  }

  /** The process of a component, while it runs. */
  process(host: HostName, component: string): ComponentProcess | undefined {
    return this.running[`${host}/${component}`]
  }

  /** The member of a host that listens on a port; when none does, the first one. */
  memberAt(host: HostName, port: number): EtcdMember | undefined {
    if (this.furtherEtcd.size === 0) return this.etcd.get(host)
    return this.members(host).find((one) => one.listeners().some((at) => at.port === port)) ?? this.etcd.get(host)
  }

  private members(host: HostName): EtcdMember[] {
    const first = this.etcd.get(host)
    const further = [...this.furtherEtcd.values()].filter((one) => one.host === host)
    return first === undefined ? further : [first, ...further]
  }

  /** What a port of a running component shows and asks for. */
  tlsFiles(host: HostName, port: number): TlsFiles | undefined {
    const process = this.running[`${host}/kube-apiserver`]
    if (process?.api === undefined || port !== process.api.securePort) return FILES[port]
    const { servingCertificateFile, clientCaFile } = process.api
    const files = this.filesOf(process)
    return { certificate: files.hostPath(servingCertificateFile) ?? '', clientCa: files.hostPath(clientCaFile) ?? '' }
  }

  /** Starts a process, or says why it ends at once. */
  start(process: ComponentProcess): void {
    const { host, component } = process
    this.ensure(host)
    const slot = component === 'etcd' ? this.etcdSlot(process) : component
    const key = `${host}/${slot}`
    if (this.rivalOf(process) !== undefined) return this.endBeside(process)
    this.running[key] = { ...process, slot }
    if (process.argv.length === 0) this.startBare(host, component)
    else if (component === 'etcd') this.startEtcd(key, process)
    else if (component === 'kube-apiserver') this.startApiServer(key, process)
    else if (component === 'kube-controller-manager') this.startManager(key, process)
    else this.startScheduler(key, process)
  }

  /** Another process of the same component that holds its host's only place. */
  private rivalOf({ host, component, id, argv }: ComponentProcess): Running | undefined {
    const other = component === 'etcd' || argv.length === 0 ? undefined : this.running[`${host}/${component}`]
    return other === undefined || other.id === id ? undefined : other
  }

  /** Two of a component on one host fight over their port: the one that came later loses (O2, O5). */
  private endBeside(process: ComponentProcess): void {
    const component = process.component as FlaggedComponent
    const read = readFlags(component, process.argv, process.version, this.flagHost(process))
    const unknown = { refused: `not simulated: two of ${component} on one host\n`, code: 1, afterMs: EXIT_MS }
    const { refused, code, afterMs } = 'refused' in read ? read : unknown
    this.world.log(process, refused)
    this.world.exit(process, code, afterMs)
  }

  /** Where a process of etcd finds a member that lies idle; one more is made when all of the host are at work. */
  private etcdSlot({ host, id }: ComponentProcess): string {
    for (let count = 1; ; count++) {
      const slot = count === 1 ? 'etcd' : `etcd#${count}`
      const process = this.running[`${host}/${slot}`]
      if (process !== undefined && process.id !== id) continue
      if (slot !== 'etcd') this.makeFurtherEtcd(host, slot)
      return slot
    }
  }

  private makeFurtherEtcd(host: HostName, slot: string): void {
    const key = `${host}/${slot}`
    if (!this.furtherEtcd.has(key)) this.furtherEtcd.set(key, this.makeEtcd(host, slot))
  }

  /** A control plane that is no node has no manifests: its processes run as kubeadm would set them up. */
  private startBare(host: HostName, component: string): void {
    if (component === 'etcd') this.etcd.get(host)?.start(this.plainEtcd(host))
    else if (component === 'kube-apiserver') this.apiServers.get(host)?.start()
    else if (component === 'kube-controller-manager') this.managers.get(host)?.start()
    else this.schedulers.get(host)?.start()
  }

  /** Ends a process; `afterMs` later its parent hears of it. */
  signal(host: HostName, component: string, signal: string, id?: string): void {
    const process = Object.values(this.running).find(
      (one) => one.host === host && one.component === component && (id === undefined || one.id === id),
    )
    if (process === undefined) return
    // A leader of etcd hands over before it ends, and says itself that it ended.
    if (component === 'etcd' && signal !== 'KILL') return this.member(host, process.slot)?.terminate()
    if (signal !== 'KILL') this.release(process)
    this.end(host, process.slot)
    this.world.exit(process, signal === 'KILL' ? 137 : 0, EXIT_MS)
  }

  /** Who leads hands its lease back when it is asked to end: the scheduler, and managers with the gate (O3). */
  private release({ host, component, manager, scheduler }: Running): void {
    if (scheduler !== undefined) {
      this.schedulers.get(host)?.release()
      const header = klogHeader('I', this.world.kernel.clockMs, 'server.go:287')
      this.say(host, component, `${header} "Requested to terminate, exiting"\n`)
    } else if (manager?.featureGates[RELEASE_ON_EXIT] === true) this.managers.get(host)?.release()
  }

  /** The host is gone, and its processes with it. */
  crash(host: HostName): void {
    for (const component of CONTROL_PLANE) this.end(host, component)
    for (const process of Object.values(this.running)) if (process.host === host) this.end(host, process.slot)
  }

  /** Units of a cluster without static pods start and stop its processes. */
  handle({ type, data }: KernelEvent): void {
    if (type === GO) return this.go(data as { key: string; id: string })
    if (type === LATE_FAILURE) return this.failLate(data as { key: string; id: string; text: string })
    if (type === UNIT_EVENTS.start) this.unitStart(data as UnitStartData)
    else if (type === UNIT_EVENTS.stop) this.unitStop(data as UnitStopData)
  }

  private unitStart({ host, unit, pid, argv }: UnitStartData): void {
    const program = argv[0] ?? ''
    const component = program.slice(program.lastIndexOf('/') + 1)
    const files = this.world.hosts.get(host).files
    const version = binaryVersion(files, program) ?? ''
    this.world.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.started, data: { host, unit, pid } })
    this.start({ host, component, id: unit, place: 'unit', pid, version, argv })
  }

  private unitStop({ host, unit, signal }: UnitStopData): void {
    const process = Object.values(this.running).find((one) => one.host === host && one.id === unit)
    if (process !== undefined) this.signal(host, process.component, signal ?? 'TERM', unit)
  }

  dump(): ControlPlaneState {
    const opened = this.opened.dump()
    const { running, made, nodeLifecycle, controllers } = this
    const furtherEtcd = [...this.furtherEtcd.keys()]
    return {
      hosts: [...this.etcd.keys()],
      furtherEtcd,
      standing: this.standing,
      opened,
      running,
      made,
      nodeLifecycle,
      controllers,
    }
  }

  load(state: unknown): void {
    const saved = state as ControlPlaneState
    for (const host of saved.hosts) this.ensure(host)
    for (const key of saved.furtherEtcd) this.makeFurtherEtcd(...(key.split('/') as [HostName, string]))
    this.running = saved.running
    this.opened.load(saved.opened)
    this.verdicts.clear()
    this.standing = saved.standing
    for (const [host, flags] of Object.entries(saved.nodeLifecycle))
      Object.assign(this.nodeLifecycle[host] ?? {}, flags)
    for (const [host, flags] of Object.entries(saved.controllers)) Object.assign(this.controllers[host] ?? {}, flags)
    for (const [key, made] of Object.entries(saved.made)) this.makeFor(key, made)
  }

  loaded(): void {
    this.opened.loaded()
  }

  // Processes.

  private end(host: HostName, component: string): void {
    const process = this.running[`${host}/${component}`]
    if (process !== undefined && component.startsWith('kube-') && component !== 'kube-apiserver')
      this.health.close(process)
    delete this.running[`${host}/${component}`]
    this.opened.forget(`${host}/${component}`)
    this.instance(host, component)?.stop()
  }

  private member(host: HostName, slot: string): EtcdMember | undefined {
    return slot === 'etcd' ? this.etcd.get(host) : this.furtherEtcd.get(`${host}/${slot}`)
  }

  private instance(host: HostName, component: string): { stop(): void } | undefined {
    if (component.startsWith('etcd')) return this.member(host, component)
    if (component === 'kube-apiserver') return this.apiServers.get(host)
    return component === 'kube-scheduler' ? this.schedulers.get(host) : this.managers.get(host)
  }

  private filesOf(process: ComponentProcess): ComponentFiles {
    return componentFiles(() => this.world.hosts.find(process.host), process)
  }

  /** The host as a starting process sees it. */
  private flagHost(process: ComponentProcess): FlagHost {
    const { hosts, fabric, plan } = this.world
    const files = this.filesOf(process)
    const ip = plan.hosts.find(({ name }) => name === process.host)?.ip
    return {
      read: (path) => files.text(path),
      kindOf: (path) => files.kindOf(path),
      addresses: ip === undefined ? [] : [ip],
      portTaken: (port) =>
        fabric.listener(process.host, port) !== undefined || this.rivalOf(process)?.api?.securePort === port,
      nowMs: hosts.get(process.host).clockMs(),
      name: process.host,
      sound: (paths) => isSound(paths.map((path) => files.node(path))),
    }
  }

  private refuse(key: string, { refused, code, afterMs }: Refusal): void {
    const process = this.running[key] as Running
    delete this.running[key]
    this.world.log(process, refused)
    this.world.exit(process, code, afterMs)
  }

  /** A process that ends by itself while it runs. */
  private died(host: HostName, component: string, code: number, text = ''): void {
    const process = this.running[`${host}/${component}`]
    if (process === undefined) return
    if (text !== '') this.world.log(process, text)
    this.end(host, component)
    this.world.exit(process, code, 0)
  }

  private say(host: HostName, component: string, text: string): void {
    const process = this.running[`${host}/${component}`]
    if (process !== undefined) this.world.log(process, text)
  }

  // etcd.

  private startEtcd(key: string, process: ComponentProcess): void {
    const read = readFlags('etcd', process.argv, process.version, this.flagHost(process))
    if ('refused' in read) return this.refuse(key, read)
    if (read.log !== '') this.world.log(process, read.log)
    const config = this.onHost(process, read.settings)
    const running = this.running[key] as Running
    running.etcd = config
    this.member(process.host, running.slot)?.start(config)
  }

  /** The paths of a member as its host has them; what is not mounted lies in the container, and goes with it. */
  private onHost(process: ComponentProcess, config: EtcdConfig): EtcdConfig {
    const files = this.filesOf(process)
    const root = `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${process.id}/rootfs`
    const place = (path: string): string => {
      const whole = path.startsWith('/') ? path : `/${path}`
      return files.hostPath(whole) ?? root + whole
    }
    const tls = (one: EtcdTls): EtcdTls => ({
      ...one,
      certFile: place(one.certFile),
      keyFile: place(one.keyFile),
      trustedCaFile: one.trustedCaFile === '' ? '' : place(one.trustedCaFile),
    })
    return {
      ...config,
      dataDir: place(config.dataDir),
      ...(config.clientTls && { clientTls: tls(config.clientTls) }),
      ...(config.peerTls && { peerTls: tls(config.peerTls) }),
    }
  }

  private plainEtcd(host: HostName): EtcdConfig {
    const { plan } = this.world
    const own = plan.hosts.find(({ name }) => name === host)?.ip ?? host
    const url = (ip: string, port: number): string => `http://${ip}:${port}`
    return {
      ...defaultConfig(etcdTag(plan.version).replace(/-.*/, '')),
      name: host,
      dataDir: '/var/lib/etcd',
      initialCluster: plan.controlPlanes.map(({ name, ip }) => ({ name, url: url(ip, 2380) })),
      initialAdvertisePeerUrls: [url(own, 2380)],
      listenPeerUrls: [url(own, 2380)],
      listenClientUrls: [url('127.0.0.1', 2379), url(own, 2379)],
      advertiseClientUrls: [url(own, 2379)],
      listenMetricsUrls: ['http://127.0.0.1:2381'],
    }
  }

  // kube-apiserver.

  private startApiServer(key: string, process: ComponentProcess): void {
    const read = readFlags('kube-apiserver', process.argv, process.version, this.flagHost(process))
    if ('refused' in read) return this.refuse(key, read)
    this.world.log(process, read.log)
    const { settings } = read
    const running = this.running[key] as Running
    running.api = settings
    this.goLater(process)
  }

  private runApiServer({ host, version }: ComponentProcess, settings: ApiServerSettings): void {
    this.apiServers.get(host)?.start({
      ...(version !== '' && { release: version }),
      port: settings.securePort,
      loopbackOnly: settings.bindAddress.startsWith('127.'),
      flags: apiFlagsOf(settings),
      advertiseAddress: settings.advertiseAddress,
      serviceCidr: settings.serviceClusterIpRanges[0] ?? '10.0.0.0/24',
      etcd: settings.etcd.servers.map((url) => this.endpointOf(host, url)),
    })
  }

  private endpointOf(host: HostName, url: string): EtcdEndpoint {
    const [, name = '', port] = /^(?:https?:\/\/)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?/.exec(url) ?? []
    const found = name.startsWith('127.') || name === 'localhost' ? host : this.world.hostOfAddress(host, name)
    const address = `${name}:${port ?? 2379}`
    const isTls = url.startsWith('https:')
    const endpoint = { address, port: Number(port ?? 2379), isTls }
    if (found !== undefined) return { ...endpoint, host: found }
    const door = this.world.connections.door(host, name, endpoint.port)
    return door.kind === 'refused' ? { ...endpoint, failure: door.failure } : endpoint
  }

  /** Why TLS keeps an API server from a member of etcd. */
  private etcdProblem(host: HostName, endpoint: EtcdEndpoint): string | undefined {
    const process = this.running[`${host}/kube-apiserver`]
    const member = this.memberAt(endpoint.host ?? host, endpoint.port ?? 2379)
    if (process?.api === undefined || member?.config === undefined) return undefined
    const key = `${host} ${endpoint.address}`
    const processes = `${process.id} ${member.address} ${member.epoch}`
    if (this.standing[key] === processes) return undefined
    const known = this.verdicts.get(key)
    const nowMs = this.world.hosts.get(host).clockMs()
    if (known?.atMs === nowMs) return known.problem
    const name = (endpoint.address ?? '').replace(/:\d+$/, '')
    const isTls = endpoint.isTls === true
    const client = { files: this.filesOf(process), ...process.api.etcd, isTls, name }
    const server = { files: this.world.hosts.get(endpoint.host ?? host).files, tls: member.config.clientTls }
    const found = tlsProblem(client, server, nowMs)
    if (found === undefined) this.standing[key] = processes
    this.verdicts.set(key, { atMs: nowMs, problem: found?.client, ...(found?.server && { server: found.server }) })
    return found?.client
  }

  /** A line of the audit log: into its file on the host, or in the container, or among the other lines. */
  private writeAudit(host: HostName, line: string): void {
    const process = this.running[`${host}/kube-apiserver`]
    const path = process?.api?.audit?.logPath
    if (process === undefined || path === undefined) return
    if (path === '-') return this.world.log(process, line)
    const place = this.filesOf(process).hostPath(path) ?? `${rootOf(process)}${path}`
    const { files } = this.world.hosts.get(host)
    const { text = '', sizeBytes = text.length } = files.node(place) ?? {}
    // Its length is told, so that nobody has to measure a long log with each line.
    files.put(place, text + line, { mode: 0o600, sizeBytes: sizeBytes + line.length })
  }

  /** The member tells of a connection that it turned away (O8b). */
  private etcdRefused(host: HostName, endpoint: EtcdEndpoint): void {
    const server = this.verdicts.get(`${host} ${endpoint.address}`)?.server
    if (server === undefined) return
    const remote = `127.0.0.1:${40_000 + (Math.floor(this.world.kernel.now) % 20_000)}`
    this.memberAt(endpoint.host ?? host, endpoint.port ?? 2379)?.sayRejected('client', server, remote)
  }

  /** What the kubelet of a node makes of the certificate that an API server shows it. Models its delegated authorization. */
  private kubeletRefusal(host: HostName, nodeName: HostName, verb: string): KubeletRefusal | undefined {
    const process = this.running[`${host}/kube-apiserver`]
    const node = this.world.hosts.find(nodeName)
    if (process?.api === undefined || node === undefined) return undefined
    const shown = this.filesOf(process).node(process.api.kubeletClient.certFile)
    const issued = issuedAs(sourceOf(shown))
    const isOurs = issued !== undefined && issued.authority === sourceOf(node.files.node(FILES[10_250]?.clientCa ?? ''))
    const isNow = issued !== undefined && node.clockMs() >= issued.notBeforeMs && node.clockMs() <= issued.notAfterMs
    if (isOurs && isNow && issued.subject.commonName === KUBELET_CLIENT) return undefined
    const pem = this.filesOf(process).text(process.api.kubeletClient.certFile)
    const client = clientCertificate({ host: node, port: 10_250, nowMs: node.clockMs() }, pem)
    if (client === undefined || client.problem !== undefined) return { code: 401, text: 'Unauthorized' }
    const isTrusted =
      client.commonName === KUBELET_CLIENT || client.organizations.some((group) => KUBELET_ADMINS.includes(group))
    const text = `Forbidden (user=${client.commonName}, verb=${verb}, resource=nodes, subresource(s)=[proxy])`
    return isTrusted ? undefined : { code: 403, text }
  }

  private makeApiServer(host: PlannedHost): ApiServer {
    const { kernel, fabric, plan } = this.world
    const { name } = host
    const others = plan.controlPlanes.filter((one) => one !== host)
    const read = (path: string): string => {
      const process = this.running[`${name}/kube-apiserver`]
      return (process === undefined ? undefined : this.filesOf(process).text(path)) ?? ''
    }
    const settings = (): ApiServerSettings | undefined => this.running[`${name}/kube-apiserver`]?.api
    return new ApiServer({
      kernel,
      fabric,
      host: name,
      release: plan.version,
      etcd: [host, ...others].map((one) => ({ host: one.name })),
      etcdProblem: (endpoint) => this.etcdProblem(name, endpoint),
      etcdServes: (endpoint) => this.memberAt(endpoint.host ?? name, endpoint.port ?? 2379)?.serves ?? true,
      advertiseAddress: host.ip,
      tokenKeys: {
        signing: () => parseKeyPem(read(settings()?.serviceAccount.signingKeyFile ?? `${CERTIFICATES}/sa.key`)),
        verifying: () =>
          (settings()?.serviceAccount.keyFiles ?? [`${CERTIFICATES}/sa.pub`]).flatMap((file) => {
            const key = parsePublicKeyPem(read(file))
            return key === undefined ? [] : [key]
          }),
      },
      authorities: {
        client: () => read(settings()?.clientCaFile ?? `${CERTIFICATES}/ca.crt`),
        requestHeader: () => read(settings()?.requestHeader.clientCaFile ?? `${CERTIFICATES}/front-proxy-ca.crt`),
      },
      kubeletRefusal: (node, verb) => this.kubeletRefusal(name, node, verb),
      probeLocal: (port) => this.world.healthy(name, port),
      wires: this.world.wires(name),
      log: (text) => this.say(name, 'kube-apiserver', text),
      audit: (line) => this.writeAudit(name, line),
      addressOf: (from) => plan.hosts.find((one) => one.name === from)?.ip ?? from,
      onEtcdComplaint: (endpoint) => this.etcdRefused(name, endpoint),
      exit: (code) => this.died(name, 'kube-apiserver', code),
    })
  }

  // Controller manager and scheduler.

  private startManager(key: string, process: ComponentProcess): void {
    const read = readFlags('kube-controller-manager', process.argv, process.version, this.flagHost(process))
    if ('refused' in read) return this.refuse(key, read)
    const { settings } = read
    const running = this.running[key] as Running
    running.manager = settings
    running.kubeconfig = settings.kubeconfig
    this.world.log(process, read.log)
    Object.assign(this.nodeLifecycle[process.host] ?? {}, settings.nodeLifecycle)
    Object.assign(this.controllers[process.host] ?? {}, controllerFlagsOf(settings))
    this.makeFor(key, { minor: settings.minor })
    this.open(key)
    this.health.open(process)
    this.goLater(process)
  }

  private startScheduler(key: string, process: ComponentProcess): void {
    const read = readFlags('kube-scheduler', process.argv, process.version, this.flagHost(process))
    if ('refused' in read) return this.refuse(key, read)
    const { settings } = read
    const running = this.running[key] as Running
    running.kubeconfig = settings.kubeconfig
    running.scheduler = settings
    this.world.log(process, read.log)
    this.makeFor(key, { minor: settings.minor })
    this.open(key)
    this.health.open(process)
    this.goLater(process)
  }

  /** From the first lines of a process to its work. */
  private goLater({ host, component, id }: ComponentProcess): void {
    const data = { key: `${host}/${component}`, id }
    this.world.kernel.send({ to: ControlPlane.address, type: GO, data }, START_MS[component] ?? 0)
  }

  private go({ key, id }: { key: string; id: string }): void {
    const process = this.running[key]
    if (process?.id !== id) return
    const { host, api, manager, scheduler } = process
    if (api !== undefined) this.runApiServer(process, api)
    else if (manager !== undefined) this.managers.get(host)?.start(managerStartOf(manager))
    else if (scheduler !== undefined)
      this.schedulers
        .get(host)
        ?.start({ leaderElect: scheduler.leaderElection.leaderElect, profiles: scheduler.profiles })
  }

  /** Makes the component anew when it is to run as another release, or on other networks. */
  private makeFor(key: string, wanted: Made): void {
    const [host, component] = key.split('/') as [HostName, string]
    if (JSON.stringify(this.made[key]) === JSON.stringify(wanted)) return
    const isFirst = this.made[key] === undefined && wanted.minor === this.world.plan.minor
    this.made[key] = wanted
    if (isFirst) return
    this.world.kernel.unregister(`${component}/${host}`)
    if (component === 'kube-scheduler') this.schedulers.set(host, this.makeScheduler(host, wanted))
    else this.managers.set(host, this.makeManager(host, wanted))
  }

  private makeManager(host: HostName, made: Made): ControllerManager {
    const { kernel, plan } = this.world
    const key = `${host}/kube-controller-manager`
    const { minor } = made
    return new ControllerManager({
      kernel,
      address: `kube-controller-manager/${host}`,
      host,
      controllers: controllersOf(
        { ...plan, minor },
        this.nodeLifecycle[host] as NodeLifecycleFlags,
        managerFiles((name) => this.managerFile(key, name)),
        this.controllers[host],
      ),
      election: {
        ...this.electionOf(key, 'controllermanager.go:332', 'leaderelection lost'),
        onLeading: () => this.managerLeads(key),
      },
      createClient: this.clientOf(host, 'kube-controller-manager', minor),
    })
  }

  /** A file that the flags of a manager name. */
  private managerFile(key: string, name: ManagerFileName): string {
    const process = this.running[key]
    const { manager } = process ?? {}
    const paths = {
      'ca.crt': manager?.rootCaFile ?? `${CERTIFICATES}/ca.crt`,
      'sa.key': manager?.serviceAccountPrivateKeyFile ?? `${CERTIFICATES}/sa.key`,
      'signing.crt': manager?.signing.certFile ?? `${CERTIFICATES}/ca.crt`,
      'signing.key': manager?.signing.keyFile ?? `${CERTIFICATES}/ca.key`,
    }
    return (process === undefined ? undefined : this.filesOf(process).text(paths[name])) ?? ''
  }

  /** Some files are read only by who leads (O3). */
  private managerLeads(key: string): void {
    const process = this.running[key]
    if (process?.manager === undefined) return
    const failure = lateFailure(process.manager, this.flagHost(process))
    if (failure === undefined) return
    const data = { key, id: process.id, text: lateFailureLog(failure, this.world.kernel.clockMs + LATE_FAILURE_MS) }
    this.world.kernel.send({ to: ControlPlane.address, type: LATE_FAILURE, data }, LATE_FAILURE_MS)
  }

  private failLate({ key, id, text }: { key: string; id: string; text: string }): void {
    const process = this.running[key]
    if (process?.id === id) this.died(process.host, process.component, 1, text)
  }

  private makeScheduler(host: HostName, { minor }: Made): Scheduler {
    const { kernel } = this.world
    return new Scheduler({
      kernel,
      address: `kube-scheduler/${host}`,
      host,
      minor,
      election: this.electionOf(`${host}/kube-scheduler`, 'server.go:294', 'Leaderelection lost'),
      createClient: this.clientOf(host, 'kube-scheduler', minor),
    })
  }

  private electionOf(key: string, file: string, lost: string): ElectionHooks {
    const [host, component] = key.split('/') as [HostName, string]
    const header = (): string => klogHeader('E', this.world.kernel.clockMs, file)
    const settings = (): LeaseFlags => {
      const process = this.running[key]
      return (process?.manager ?? process?.scheduler)?.leaderElection ?? LEASE_FLAGS
    }
    return {
      log: (text) => this.say(host, component, text),
      server: () => this.serverOf(key),
      flags: settings,
      onLost: () => this.died(host, component, 1, `${header()} ${JSON.stringify(lost)}\n`),
    }
  }

  /** A client by the kubeconfig of the process; a process without a command line is let in as what it is. */
  private clientOf(host: HostName, component: string, minor: number): (owner: ApiClientOwner) => ApiClient {
    const { kernel, fabric, plan, connections } = this.world
    const key = `${host}/${component}`
    const address = `${component}/${host}`
    const identity = { user: `system:${component}`, groups: [] }
    const own = plan.controlPlanes.filter(({ name }) => name === host)
    const others = plan.controlPlanes.filter(({ name }) => name !== host)
    const servers = [...own, ...others].map(({ name }) => ({ host: name, port: API_PORT }))
    const byFile = makeReach(connections, host, () => this.open(key))
    const trusted = reachOneOf(fabric, { host, servers, identity })
    const reach = (held: Place | undefined): Reached =>
      this.running[key]?.kubeconfig === undefined ? trusted() : byFile(held)
    return (owner) =>
      servedVersions(minor, owner, (served) =>
        createApiClient(kernel, fabric, {
          address,
          host,
          reach,
          agent: component,
          owner: served,
          onTrouble: (trouble) => this.troubled(key, trouble),
        }),
      )
  }

  /** Models client-go tools/cache/reflector.go (O3). */
  private troubled(key: string, { resource, path, failure }: Trouble): void {
    const process = this.running[key]
    if (process === undefined || failure === 'EOF' || failure === 'unexpected EOF') return
    const kind = kindOf(resource)
    const text = `failed to list *${kind}: Get "${this.serverOf(key)}${path}?limit=500&resourceVersion=0": ${failure}`
    const rest = `logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="*${kind}"`
    const header = klogHeader('E', this.world.kernel.clockMs, 'reflector.go:200')
    this.world.log(process, `${header} "Failed to watch" err=${JSON.stringify(text)} ${rest}\n`)
  }

  private serverOf(key: string): string {
    const file = this.open(key)
    if (file === undefined) return ''
    const config = readKubeconfig(file.node, file.path, () => undefined)
    return 'error' in config ? '' : config.server
  }

  /** The kubeconfig as it was when the process started. */
  private open(key: string): OpenedFile | undefined {
    const path = this.running[key]?.kubeconfig
    return path === undefined ? undefined : this.opened.open(key, path)
  }

  private makeEtcd(name: HostName, slot = 'etcd'): EtcdMember {
    const { kernel, fabric, hosts } = this.world
    return new EtcdMember(kernel, fabric, {
      host: name,
      address: `etcd/${name}${slot.slice('etcd'.length)}`,
      files: () => hosts.find(name)?.files,
      hostOfAddress: (address) => this.world.hostOfAddress(name, address),
      meet: (dialler, server, serverName) => this.peersMeet(dialler, server, serverName),
      log: (text) => this.say(name, slot, text),
      exit: (code) => this.died(name, slot, code),
    })
  }

  /** How the members of two hosts judge each other's certificates. */
  private peersMeet(from: LinkedMember, to: LinkedMember, name: string): HandshakeProblem | undefined {
    const dialler = from.config?.peerTls
    const filesOf = ({ host }: LinkedMember): FileTree => this.world.hosts.get(host).files
    const { trustedCaFile: caFile = '', certFile = '', keyFile = '' } = dialler ?? {}
    const client = { files: filesOf(from), isTls: dialler !== undefined, name, caFile, certFile, keyFile }
    return tlsProblem(client, { files: filesOf(to), tls: to.config?.peerTls }, this.world.kernel.clockMs)
  }
}

/** Where the file tree of a container lies. */
const rootOf = ({ id }: ComponentProcess): string => `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/rootfs`

/** Whom the rights to the kubelets' API are given to. */
const KUBELET_CLIENT = 'kube-apiserver-kubelet-client'
const KUBELET_ADMINS = ['system:masters', 'kubeadm:cluster-admins']

const managerStartOf = (settings: ManagerSettings): ManagerStart => ({
  leaderElect: settings.leaderElection.leaderElect,
  disabled: settings.disabledControllers,
  qps: settings.kubeApiQps,
  burst: settings.kubeApiBurst,
})

/** The flags of single controllers. */
function controllerFlagsOf(settings: ManagerSettings): Partial<ControllerFlags> {
  const { terminatedPodGcThreshold, nodeCidrMaskSize, horizontalPodAutoscaler, clusterCidrs } = settings
  const clusterCidr = clusterCidrs.find((cidr) => !cidr.includes(':'))
  return {
    terminatedPodGcThreshold,
    nodeCidrMaskSize,
    horizontalPodAutoscaler,
    ...(clusterCidr !== undefined && { clusterCidr }),
  }
}

/** `apps/v1/deployments` → `v1.Deployment`, as Go prints a type. */
function kindOf(resource: string): string {
  const parts = resource.split('/')
  const plural = parts[parts.length - 1] as string
  return `${parts[parts.length - 2]}.${kindNameOf(plural)}`
}
