/**
 * The processes of the control plane on every host: etcd, kube-apiserver, kube-controller-manager and
 * kube-scheduler lie idle until a container or a unit starts them with a command line, and run as the version,
 * the flags and the files of that start say. Models cmd/kube-*, and etcd's main (O). One component a file in
 * `control-plane/`; here is what holds for all of them.
 */
import type { ApiServer } from '../api/server.ts'
import type { ControllerManager } from '../controllers/manager.ts'
import type { EtcdMember } from '../etcd/member.ts'
import type { HostName } from '../fabric/fabric.ts'
import { binaryVersion } from '../host/binary.ts'
import { Hosts } from '../host/host.ts'
import { UNIT_EVENTS } from '../host/units/events.ts'
import type { UnitPauseData, UnitStartData, UnitStopData } from '../host/units/events.ts'
import type { Component } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import type { ComponentProcess } from './component-process.ts'
import { ApiServers } from './control-plane/api-servers.ts'
import { Elected } from './control-plane/elected.ts'
import type { MadeState } from './control-plane/elected.ts'
import { EtcdConnections } from './control-plane/etcd-connections.ts'
import type { StandingConnections } from './control-plane/etcd-connections.ts'
import { EtcdMembers } from './control-plane/etcd-members.ts'
import type { ProgramTls } from './control-plane/etcd-members.ts'
import { Managers } from './control-plane/managers.ts'
import type { ManagersState } from './control-plane/managers.ts'
import { Processes } from './control-plane/processes.ts'
import type { Running, RunningState } from './control-plane/processes.ts'
import { Schedulers } from './control-plane/schedulers.ts'
import { CONTROL_PLANE, CONTROL_PLANE_ADDRESS, CONTROL_PLANE_EVENTS } from './control-plane/world.ts'
import type { ComponentSet, ControlPlaneComponent, ControlPlaneWorld, ProcessNews } from './control-plane/world.ts'
import { readFlags } from './flags/index.ts'
import type { FlaggedComponent } from './flags/index.ts'
import { portOf } from './health-ports.ts'
import { FILES } from './identity.ts'
import type { TlsFiles } from './identity.ts'
import type { OpenedFilesState } from './opened-files.ts'
import type { PlannedHost } from './plan.ts'

export { CONTROL_PLANE } from './control-plane/world.ts'
export type { ControlPlaneComponent, ControlPlaneWorld } from './control-plane/world.ts'

/** From a command to its end, in milliseconds. */
const EXIT_MS = 50

interface ControlPlaneState extends ManagersState {
  hosts: HostName[]
  /** Further members of a host: `<host>/etcd#2`. */
  furtherEtcd: string[]
  standing: StandingConnections
  opened: OpenedFilesState
  running: RunningState
  made: MadeState
}

export class ControlPlane implements Component {
  static readonly address = CONTROL_PLANE_ADDRESS
  private readonly processes: Processes
  private readonly members: EtcdMembers
  private readonly connections: EtcdConnections
  private readonly servers: ApiServers
  private readonly elected: Elected
  private readonly controllers: Managers
  private readonly placers: Schedulers
  private readonly sets: Record<ControlPlaneComponent, ComponentSet>

  constructor(private readonly world: ControlPlaneWorld) {
    world.kernel.register(ControlPlane.address, this)
    const processes = new Processes(world, (host, slot, process) => this.setOf(slot).stop(host, slot, process))
    this.processes = processes
    this.elected = new Elected(world, processes)
    this.members = new EtcdMembers(world, processes)
    this.connections = new EtcdConnections(world, processes, this.members)
    this.servers = new ApiServers(world, processes, this.connections)
    this.controllers = new Managers(world, processes, this.elected)
    this.placers = new Schedulers(world, processes, this.elected)
    this.sets = {
      etcd: this.members,
      'kube-apiserver': this.servers,
      'kube-controller-manager': this.controllers,
      'kube-scheduler': this.placers,
    }
  }

  /** The first member of each host. */
  get etcd(): ReadonlyMap<HostName, EtcdMember> {
    return this.members.first
  }

  get apiServers(): ReadonlyMap<HostName, ApiServer> {
    return this.servers.instances
  }

  get managers(): ReadonlyMap<HostName, ControllerManager> {
    return this.controllers.instances
  }

  get schedulers(): ReadonlyMap<HostName, Scheduler> {
    return this.placers.instances
  }

  /** Makes the components of a host; they lie idle. */
  add(host: PlannedHost): void {
    for (const component of CONTROL_PLANE) this.sets[component].add(host)
  }

  has(host: HostName): boolean {
    return this.etcd.has(host)
  }

  /** --service-cluster-ip-range of the API servers that run. */
  serviceRanges(): string[] {
    return this.processes.all().flatMap(({ api }) => api?.serviceClusterIpRanges ?? [])
  }

  /** The process of a component, while it runs. */
  process(host: HostName, component: string): ComponentProcess | undefined {
    return this.processes.get(`${host}/${component}`)
  }

  /** The member of a host that listens on a port; when none does, the first one. */
  memberAt(host: HostName, port: number): EtcdMember | undefined {
    return this.members.at(host, port)
  }

  /** Whether what listens on a port of a host stands still: connections are taken, and nobody answers. */
  standsStill(host: HostName, port: number): boolean {
    return this.processes.all().some((one) => one.host === host && one.paused === true && this.listens(one, port))
  }

  private listens(process: Running, port: number): boolean {
    if (process.component === 'kube-apiserver') return process.api?.securePort === port
    if (process.component === 'etcd') return this.members.listens(process, port)
    return portOf(process) === port
  }

  /** Whether an API server, or a manager that serves its own health, speaks TLS at a port of a host. */
  servesHttps(host: HostName, port: number): boolean {
    const isGo = ({ component }: Running): boolean => component !== 'etcd'
    return this.processes.all().some((one) => one.host === host && isGo(one) && this.listens(one, port))
  }

  /** Whether a member of a host speaks TLS with clients at a port. */
  etcdWaitsForTls(host: HostName, port: number): boolean {
    return this.members.tlsFiles(host, port) !== undefined
  }

  /** What a port of a running component shows and asks for. */
  tlsFiles(host: HostName, port: number): TlsFiles | undefined {
    return this.servers.tlsFiles(host, port) ?? this.members.tlsFiles(host, port) ?? FILES[port]
  }

  /** What etcd makes of a program at its client port; undefined: no member speaks TLS there. */
  etcdHandshake(
    place: { host: HostName; port: number; name: string },
    tls?: ProgramTls,
  ): { problem?: string } | undefined {
    return this.members.handshake(place, tls)
  }

  /** Starts a process, or says why it ends at once. */
  start(process: ComponentProcess): void {
    const { host, component, argv } = process
    this.ensure(host)
    const slot = component === 'etcd' ? this.members.slotOf(process) : component
    if (this.processes.rivalOf(process) !== undefined) return this.endBeside(process)
    const running = this.processes.begin(process, slot)
    if (argv.length === 0) this.setOf(slot).startBare(host)
    else this.setOf(slot).start(running)
  }

  /** Ends a process; `afterMs` later its parent hears of it. */
  signal(host: HostName, component: string, signal: string, id?: string): void {
    const process = this.find(host, component, id)
    if (process === undefined) return
    if (process.paused === true && signal !== 'KILL') return void (process.waiting = signal)
    if (signal !== 'KILL' && this.setOf(process.slot).release?.(process) === true) return
    this.processes.end(host, process.slot)
    this.world.exit(process, signal === 'KILL' ? 137 : 0, EXIT_MS)
  }

  /** SIGSTOP, or SIGCONT. */
  pause(host: HostName, component: string, paused: boolean, id: string): void {
    const process = this.find(host, component, id)
    if (process === undefined) return
    this.processes.pause(process, paused)
    if (!paused && process.waiting !== undefined) this.signal(host, component, process.waiting, id)
  }

  private find(host: HostName, component: string, id?: string): Running | undefined {
    return this.processes
      .all()
      .find((one) => one.host === host && one.component === component && (id === undefined || one.id === id))
  }

  /** The host is gone, and its processes with it. */
  crash(host: HostName): void {
    for (const component of CONTROL_PLANE) this.processes.end(host, component)
    for (const process of this.processes.all()) if (process.host === host) this.processes.end(host, process.slot)
  }

  /** Units of a cluster without static pods start and stop its processes. */
  handle({ type, data }: KernelEvent): void {
    if (type === CONTROL_PLANE_EVENTS.go) this.go(data as ProcessNews)
    else if (type === CONTROL_PLANE_EVENTS.lateFailure) this.controllers.failLate(data as ProcessNews)
    else if (type === UNIT_EVENTS.start) this.unitStart(data as UnitStartData)
    else if (type === UNIT_EVENTS.stop) this.unitStop(data as UnitStopData)
    else if (type === UNIT_EVENTS.pause) this.unitPause(data as UnitPauseData)
  }

  dump(): ControlPlaneState {
    return {
      hosts: [...this.etcd.keys()],
      furtherEtcd: this.members.dump(),
      standing: this.connections.dump(),
      ...this.processes.dump(),
      made: this.elected.dump(),
      ...this.controllers.dump(),
    }
  }

  load(state: unknown): void {
    const saved = state as ControlPlaneState
    for (const host of saved.hosts) this.ensure(host)
    this.members.load(saved.furtherEtcd)
    this.processes.load(saved)
    this.connections.load(saved.standing)
    this.controllers.load(saved)
    for (const [key, made] of Object.entries(saved.made)) this.elections(key).makeFor(key, made)
  }

  loaded(): void {
    this.processes.loaded()
  }

  /** Any machine may become a control plane. */
  private ensure(host: HostName): void {
    const planned = this.world.plan.hosts.find(({ name }) => name === host)
    if (!this.has(host) && planned !== undefined) this.add(planned)
  }

  /** The component of a slot; `etcd#2` is one of etcd's. */
  private setOf(slot: string): ComponentSet {
    return this.sets[slot.replace(/#\d+$/, '') as ControlPlaneComponent]
  }

  private elections(key: string): Managers | Schedulers {
    return key.endsWith('/kube-scheduler') ? this.placers : this.controllers
  }

  private go({ key, id }: ProcessNews): void {
    const process: Running | undefined = this.processes.get(key)
    if (process?.id === id) this.setOf(process.slot).go?.(process)
  }

  /** Two of a component on one host fight over their port: the one that came later loses (O2, O5). */
  private endBeside(process: ComponentProcess): void {
    const component = process.component as FlaggedComponent
    const read = readFlags(component, process.argv, process.version, this.processes.flagHost(process))
    const unknown = { refused: `not simulated: two of ${component} on one host\n`, code: 1, afterMs: EXIT_MS }
    const { refused, code, afterMs } = 'refused' in read ? read : unknown
    this.world.log(process, refused)
    this.world.exit(process, code, afterMs)
  }

  private unitStart({ host, unit, pid, argv }: UnitStartData): void {
    const program = argv[0] ?? ''
    const component = program.slice(program.lastIndexOf('/') + 1)
    const version = binaryVersion(this.world.hosts.get(host).files, program) ?? ''
    this.world.kernel.send({ to: Hosts.address, type: UNIT_EVENTS.started, data: { host, unit, pid } })
    this.start({ host, component, id: unit, place: 'unit', pid, version, argv })
  }

  private unitStop({ host, unit, signal }: UnitStopData): void {
    const process = this.processes.all().find((one) => one.host === host && one.id === unit)
    if (process !== undefined) this.signal(host, process.component, signal ?? 'TERM', unit)
  }

  private unitPause({ host, unit, paused }: UnitPauseData): void {
    const process = this.processes.all().find((one) => one.host === host && one.id === unit)
    if (process !== undefined) this.pause(host, process.component, paused, unit)
  }
}
