/**
 * Linux boxes: files, users, systemd units, journal, packages, clock, power. `Hosts` holds all of
 * them at one kernel address and turns boot, crash and reboot into what the units and wires see.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Component, Kernel, VirtualMs } from '../kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import { FileTree, ROOT } from './files.ts'
import type { Actor, BaseImage, FileNode, FileTreeState } from './files.ts'
import { HOST_DEFAULTS } from './flags.ts'
import { baseImage } from './images/base-tree.ts'
import { hostViews } from './views.ts'
import { hostKey } from './ssh-keys.ts'
import { bootSystem, loadModule } from './system.ts'
import { Journald } from './journald.ts'
import type { JournaldState } from './journald.ts'
import { inhibitDelayMs } from './delay-locks.ts'
import { RUNTIME_ADDRESS } from './pending.ts'
import { isStop } from './signals.ts'
import type { ListeningSocket, ModelledProcess } from './units/unit-host.ts'
import { UNIT_EVENTS } from './units/events.ts'
import type {
  BuiltInData,
  TimerData,
  UnitEndedData,
  UnitExitedData,
  UnitLogData,
  UnitOutputData,
  UnitStartedData,
} from './units/events.ts'
import { Units } from './units/units.ts'
import type { UnitsState } from './units/units.ts'
import { UnitRows } from './units/rows.ts'
import type { UnitRowsState } from './units/rows.ts'
import { UBUNTU_GROUPS, UBUNTU_USERS, actorOf, makeGroup, makePasswd, makeShadow, readAccounts } from './users.ts'
import type { Group, User } from './users.ts'

export type { ListeningSocket, ModelledProcess } from './units/unit-host.ts'

/** One network interface as `ip addr` shows it. */
export interface NetworkInterface {
  name: string
  mac: string
  mtu: number
  up: boolean
  /** Such as `172.30.1.2/24`. */
  addresses: string[]
  /** The peer's index for a veth. */
  peerIndex?: number
  /** Its number, where it does not follow from the order. */
  index?: number
  kind?: 'bridge' | 'veth' | 'vxlan'
  /** The bridge that it is a port of. */
  master?: string
  /** The network namespace of a veth's peer, and the address of the pod in it. */
  netns?: string
  podIp?: string
  /** Who gives containers their network keeps it: `ip` shows it and does not change it. */
  kept?: boolean
}

export interface Route {
  /** `default`, or such as `10.244.1.0/24`. */
  to: string
  via?: string
  dev: string
  /** The rest of the line, such as `proto kernel scope link src 172.30.1.2` or `onlink`. */
  rest?: string
}

export interface Capacity {
  cpus: number
  memoryBytes: number
  diskBytes: number
}

export interface HostOptions {
  name: HostName
  /** Free words: `base`, `control-plane`, `worker`. */
  role?: string
  labels?: Record<string, string>
  /** The address on the hosts' network, such as `172.30.1.2`. */
  address: string
  users?: readonly User[]
  packages?: Record<string, string>
  capacity?: Partial<Capacity>
  kernelVersion?: string
  /** A base tree of images/base-tree.ts; absent: `ubuntu-host`. */
  image?: string
  /** The Kubernetes release of the programs installed, such as `1.35.2`. */
  release?: string
}

export type Power = 'on' | 'off' | 'booting'

interface HostFacts {
  name: HostName
  role: string
  labels: Record<string, string>
  address: string
  users: User[]
  groups: Group[]
  packages: Record<string, string>
  capacity: Capacity
  kernelVersion: string
  release: string
  machineId: string
  boots: { id: string; atMs: number; lastMs?: number }[]
  power: Power
  bootedAtMs: VirtualMs
  clockSkewMs: number
  /** Disk bytes taken by something outside the file tree, as a disk-filling fault does. */
  ballastBytes: number
  interfaces: NetworkInterface[]
  routes: Route[]
  processes: ModelledProcess[]
  sockets: ListeningSocket[]
  nextPid: number
  /** The addresses that hold a delay lock of logind, and what waits for them. */
  locks?: string[]
  goingDown?: Power
  /** Who stands still by SIGSTOP, and the signals that wait for each: by process id. */
  stopped?: Record<number, string[]>
}

interface HostState {
  facts: HostFacts
  files: FileTreeState
  journal: JournaldState
  units: UnitsState
}

export class Host {
  files: FileTree
  readonly journal: Journald
  readonly units: Units
  /** Derived from the two files. */
  private accountsOf:
    { passwd: FileNode | undefined; group: FileNode | undefined; users: Map<string, User> } | undefined

  constructor(
    readonly hosts: Hosts,
    private facts: HostFacts,
    image: BaseImage,
  ) {
    this.files = new FileTree({
      kernel: hosts.kernel,
      base: image,
      volumeOf: (id) => hosts.volume(id),
      besideBytes: () => hosts.writtenBytes(facts.name),
      quotaBytes: facts.capacity.diskBytes,
    })
    this.files.clockMs = () => this.clockMs()
    this.files.views = hostViews(this)
    this.journal = new Journald(this)
    this.units = new Units(this, hosts.rows)
  }

  get name(): HostName {
    return this.facts.name
  }

  get role(): string {
    return this.facts.role
  }

  get labels(): Readonly<Record<string, string>> {
    return this.facts.labels
  }

  /** The address on the hosts' network. */
  get address(): string {
    return this.facts.address
  }

  get users(): readonly User[] {
    return this.facts.users
  }

  get groups(): readonly Group[] {
    return this.facts.groups
  }

  /** Installed packages: name → version. */
  get packages(): Record<string, string> {
    return this.facts.packages
  }

  get capacity(): Readonly<Capacity> {
    return this.facts.capacity
  }

  get kernelVersion(): string {
    return this.facts.kernelVersion
  }

  get release(): string {
    return this.facts.release
  }

  setRelease(release: string): void {
    this.facts.release = release
  }

  get machineId(): string {
    return this.facts.machineId
  }

  /** Thirty-two hex digits, new at each boot. */
  get bootId(): string {
    return this.facts.boots.at(-1)?.id ?? ''
  }

  get boots(): readonly { id: string; atMs: number; lastMs?: number }[] {
    return this.facts.boots
  }

  get power(): Power {
    return this.facts.power
  }

  /** Virtual milliseconds at which the running system came up. */
  get bootedAtMs(): VirtualMs {
    return this.facts.bootedAtMs
  }

  get interfaces(): NetworkInterface[] {
    return this.facts.interfaces
  }

  get routes(): Route[] {
    return this.facts.routes
  }

  /** Those, and what others keep: interfaces and routes as a person sees them. */
  network(): { interfaces: NetworkInterface[]; routes: Route[] } {
    const kept = this.hosts.linksOf(this.name)
    const own = new Set(this.interfaces.map(({ name }) => name))
    const ways = new Set(this.routes.map(({ to }) => to))
    return {
      interfaces: [...this.interfaces, ...kept.interfaces.filter(({ name }) => !own.has(name))],
      routes: [...this.routes, ...kept.routes.filter(({ to }) => !ways.has(to))].sort(
        (a, b) => orderOf(a) - orderOf(b),
      ),
    }
  }

  /** Other interfaces and routes, until the next boot; `Netfilter` says what that means for packets. */
  setNetwork(interfaces: readonly NetworkInterface[], routes: readonly Route[]): void {
    this.facts.interfaces = [...interfaces]
    this.facts.routes = [...routes]
  }

  get clockSkewMs(): number {
    return this.facts.clockSkewMs
  }

  /** Milliseconds since 1970 UTC on this host's own, maybe wrong, clock. */
  clockMs(): number {
    return this.hosts.kernel.clockMs + this.facts.clockSkewMs
  }

  setClockSkew(skewMs: number): void {
    this.facts.clockSkewMs = skewMs
    this.hosts.kernel.record('host.clock.skewed', { host: this.name, skewMs })
  }

  /** The network's time: what a time daemon sets the clock to. */
  syncClock(): void {
    if (this.facts.clockSkewMs !== 0) this.setClockSkew(0)
  }

  /** An account by its name, as /etc/passwd and /etc/group have it. */
  user(name: string): User | undefined {
    return this.accounts().get(name)
  }

  addUser(user: User): void {
    this.facts.users = [...this.facts.users.filter(({ name }) => name !== user.name), user]
    if (!this.facts.groups.some(({ gid }) => gid === user.gid))
      this.facts.groups = [...this.facts.groups, { name: user.groups[0] ?? user.name, gid: user.gid }]
    this.writeAccounts()
  }

  /** A group that a package makes. */
  addGroup(group: Group): void {
    this.facts.groups = [...this.facts.groups, group]
    this.writeAccounts()
  }

  private accounts(): Map<string, User> {
    const passwd = this.files.node('/etc/passwd')
    const group = this.files.node('/etc/group')
    const before = this.accountsOf
    if (before !== undefined && before.passwd === passwd && before.group === group) return before.users
    const users = readAccounts(passwd?.text ?? '', group?.text ?? '', this.facts.users)
    this.accountsOf = { passwd, group, users }
    return users
  }

  /** Who a user is in file operations; an unknown user is nobody. */
  actor(name: string): Actor {
    if (name === 'root') return ROOT
    const user = this.user(name)
    return user === undefined ? { user: name, groups: [] } : actorOf(user)
  }

  /** The next free process id. Both the process runtime and the units draw from it. */
  nextPid(): number {
    return this.facts.nextPid++
  }

  /** Loads a kernel module; false when there is none of that name. */
  loadModule(name: string): boolean {
    return loadModule(this.files, name)
  }

  /** Processes that no program of the runtime stands behind, in order of pid. */
  processes(): ModelledProcess[] {
    const contained = this.power === 'on' ? this.hosts.containedProcesses(this.name) : []
    const { stopped = {} } = this.facts
    return [...this.facts.processes, ...this.units.processes(), ...contained]
      .map((process) => (stopped[process.pid] === undefined ? process : { ...process, stopped: true as const }))
      .sort((a, b) => a.pid - b.pid)
  }

  /** Sends a signal to a modelled process. One that stands still takes all but KILL when it goes on. */
  signal(target: ModelledProcess, signal: string): 'sent' | 'not simulated' {
    const waiting = this.facts.stopped?.[target.pid]
    if (isStop(signal)) return waiting !== undefined || this.pause(target) ? 'sent' : 'not simulated'
    if (waiting !== undefined && signal === 'CONT') this.goOn(target, waiting)
    else if (waiting !== undefined && signal !== 'KILL') waiting.push(signal)
    else {
      delete this.facts.stopped?.[target.pid]
      this.deliver(target, signal)
    }
    return 'sent'
  }

  private pause(target: ModelledProcess): boolean {
    if (!this.setPaused(target, true)) return false
    this.facts.stopped = { ...this.facts.stopped, [target.pid]: [] }
    return true
  }

  private goOn(target: ModelledProcess, waiting: readonly string[]): void {
    delete this.facts.stopped?.[target.pid]
    this.setPaused(target, false)
    for (const signal of waiting) this.deliver(target, signal)
  }

  /** Whether whoever lives the process can stand still. */
  private setPaused({ unit, container, pid }: ModelledProcess, paused: boolean): boolean {
    if (unit !== undefined) return this.units.pause(pid, paused)
    return container !== undefined && this.hosts.pauseContained(this.name, pid, paused)
  }

  private deliver({ unit, container, address, pid }: ModelledProcess, signal: string): void {
    const { name: host } = this
    if (unit !== undefined) this.units.signal(pid, signal)
    else if (container !== undefined) this.hosts.signalContained(host, pid, signal)
    else if (address !== undefined)
      this.hosts.kernel.send({ to: address, type: 'process.signal', data: { host, pid, signal } })
  }

  /** Adds a process to what ps shows: the kubelet does so for containers. */
  addProcess(process: ModelledProcess): void {
    this.facts.processes = [...this.facts.processes.filter(({ pid }) => pid !== process.pid), process]
  }

  removeProcess(pid: number): void {
    this.facts.processes = this.facts.processes.filter((process) => process.pid !== pid)
  }

  /** What listens, for ss and netstat: the ports of its processes that the fabric has open. */
  sockets(): ListeningSocket[] {
    const isOpen = ({ port }: { port: number }): boolean => this.hosts.fabric.listener(this.name, port) !== undefined
    const derived = this.processes().flatMap((process) =>
      this.hosts
        .socketsOf(process)
        .filter(isOpen)
        .map(({ address, port }) => ({
          address,
          port,
          program: process.argv[0]?.split('/').at(-1) ?? '',
          pid: process.pid,
        })),
    )
    return [...this.facts.sockets, ...derived].sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1))
  }

  addSocket(socket: ListeningSocket): void {
    this.removeSocket(socket.port, socket.address)
    this.facts.sockets.push(socket)
  }

  removeSocket(port: number, address?: string): void {
    this.facts.sockets = this.facts.sockets.filter(
      (socket) => socket.port !== port || (address !== undefined && socket.address !== address),
    )
  }

  /** Disk in use and free, in bytes. */
  disk(): { totalBytes: number; usedBytes: number; freeBytes: number; inodesUsed: number } {
    const { diskBytes } = this.facts.capacity
    const written = this.files.usedBytes() + this.hosts.writtenBytes(this.name)
    const usedBytes = Math.min(diskBytes, written + this.facts.ballastBytes)
    return {
      totalBytes: diskBytes,
      usedBytes,
      freeBytes: diskBytes - usedBytes,
      inodesUsed: OS_INODES + this.files.inodes(),
    }
  }

  /** Takes disk space away from the file system, or gives it back (0). */
  setBallast(bytes: number): void {
    this.facts.ballastBytes = bytes
    this.files.setQuota(Math.max(0, this.facts.capacity.diskBytes - bytes))
    this.hosts.kernel.record('host.disk.ballast', { host: this.name, bytes })
  }

  /** Memory that the modelled processes and files in memory use, in bytes. */
  usedMemoryBytes(): number {
    return this.processes().reduce(
      (sum, { memoryBytes }) => sum + memoryBytes,
      HOST_DEFAULTS.idleMemoryBytes + this.memoryFileBytes(),
    )
  }

  /** What files in the file systems of memory take, in bytes. */
  memoryFileBytes(): number {
    return this.files.addedBytesBelow(MEMORY_DIRECTORIES)
  }

  /** For `Hosts`: a new boot id, nothing running. */
  beginBoot(): void {
    const last = this.facts.boots.at(-1)
    if (last !== undefined && last.lastMs === undefined) last.lastMs = this.clockMs()
    const id = hex(this.hosts.kernel, 32)
    this.facts.boots.push({ id, atMs: this.clockMs() })
    this.facts.bootedAtMs = this.hosts.kernel.now
    this.facts.power = 'on'
    this.facts.processes = []
    this.facts.stopped = {}
    this.facts.sockets = []
    Object.assign(this.facts, networkOf(this.facts.address))
    for (const directory of ['/run', '/tmp', '/dev/shm']) this.files.clear(directory)
    bootSystem(this.files, this.name)
  }

  /** For `Hosts`: who holds a delay lock; the power to go to when the last one was given back. */
  setLock(address: string, held: boolean): Power | undefined {
    const others = (this.facts.locks ?? []).filter((one) => one !== address)
    this.facts.locks = held ? [...others, address] : others
    return this.facts.locks.length === 0 ? this.facts.goingDown : undefined
  }

  /** For `Hosts`: it is about to go down; those who are waited for. */
  beginShutdown(power: Power): readonly string[] {
    this.facts.goingDown = power
    return this.facts.locks ?? []
  }

  /** What it is about to go to. */
  get goingDown(): Power | undefined {
    return this.facts.goingDown
  }

  /** For `Hosts`: the power is gone. */
  powerOff(power: Power): void {
    const last = this.facts.boots.at(-1)
    if (last !== undefined) last.lastMs = this.clockMs()
    this.facts.power = power
    delete this.facts.locks
    delete this.facts.goingDown
    this.facts.processes = []
    this.facts.sockets = []
    this.units.die()
  }

  dump(): HostState {
    return { facts: this.facts, files: this.files.dump(), journal: this.journal.dump(), units: this.units.dump() }
  }

  load(state: HostState): void {
    this.facts = state.facts
    this.files.load(state.files, baseImage(state.files.base))
    this.journal.load(state.journal)
    this.units.load(state.units)
  }

  writeAccounts(): void {
    this.files.put('/etc/passwd', makePasswd(this.facts.users))
    this.files.put('/etc/group', makeGroup(this.facts.users, this.facts.groups))
    this.files.put('/etc/shadow', makeShadow(this.facts.users), { mode: 0o640, group: 'shadow' })
  }
}

/** tmpfs. */
const MEMORY_DIRECTORIES = ['/dev/shm', '/run']

/** Files of an Ubuntu installation that the base tree does not spell out. */
const OS_INODES = 71_800

function hex(kernel: Kernel, digits: number): string {
  let text = ''
  while (text.length < digits) text += kernel.random('hosts').int(16).toString(16)
  return text
}

export interface HostsOptions {
  /**
   * What a unit runs: the `program` name of its ExecStart file → the kernel address that lives it,
   * `<host>` standing for the host's name (`{ kubelet: 'kubelet/<host>' }`), or a function that tells it.
   */
  unitPrograms?: Record<string, UnitProgram>
}

/** The kernel address that gets `unit.start` for a program; undefined: none on that host. */
export type UnitProgram = string | ((host: HostName) => string | undefined)

/** Processes of a host that others live: those of containers. Asked whenever somebody looks. */
export interface ProcessSource {
  list(host: HostName): ModelledProcess[]
  signal(host: HostName, pid: number, signal: string): void
  /** SIGSTOP, or SIGCONT. Returns whether the process can stand still. */
  pause(host: HostName, pid: number, paused: boolean): boolean
  /** The TCP ports that a program with these arguments listens on. */
  sockets(process: ModelledProcess): { address: string; port: number }[]
}

/** Interfaces and routes that others keep on a host, and where containers stand: who gives them their network. */
export interface NetworkSource {
  linksOf(host: HostName): { interfaces: NetworkInterface[]; routes: Route[] }
  /** The network that a container is in; undefined: its host's. */
  placeOf(host: HostName, container: string): ContainerPlace | undefined
}

export interface ContainerPlace {
  ip: string
  /** The number of its veth on the host. */
  peerIndex: number
}

interface HostsState {
  hosts: HostState[]
  rows: UnitRowsState
}

/** The type of the kernel events that `Hosts` sends to those who subscribe: data is `{ host }`. */
export const HOST_EVENTS = {
  /** The power went, or a reboot began. */
  down: 'host.down',
  /** logind's PrepareForShutdown: who holds a delay lock has a while. */
  prepare: 'host.prepareForShutdown',
  /** The system is up; its enabled units have been started. */
  up: 'host.up',
  /** A unit entered a state: data is `{ host, unit, state }`. */
  unit: 'host.unit',
} as const

export class Hosts implements Component {
  static readonly address = 'hosts'
  readonly rows: UnitRows
  private readonly unitPrograms: Map<string, UnitProgram>
  /** The log of a container on a host, as its file shows it. Set while wiring. */
  containerLog: (host: HostName, id: string) => string = () => ''
  private readonly all = new Map<HostName, Host>()
  private readonly volumes: ((id: string) => FileTree | undefined)[] = []
  private readonly subscribers: string[] = []
  private readonly sources: ProcessSource[] = []
  private readonly writers: ((host: HostName) => number)[] = []
  private readonly networks: NetworkSource[] = []

  constructor(
    readonly kernel: Kernel,
    readonly fabric: Fabric,
    options: HostsOptions = {},
  ) {
    this.unitPrograms = new Map(Object.entries(options.unitPrograms ?? {}))
    this.rows = new UnitRows(kernel, Hosts.address, (name) => this.all.get(name)?.units.actions)
    kernel.register(Hosts.address, this)
  }

  /** Says who lives a program that units run. Called while wiring; not dumped. */
  registerProgram(program: string, address: UnitProgram): void {
    this.unitPrograms.set(program, address)
  }

  programAddress(program: string, host: HostName): string | undefined {
    const found = this.unitPrograms.get(program)
    return typeof found === 'function' ? found(host) : found?.replaceAll('<host>', host)
  }

  /** Makes a host, in the fabric too, switched off. `boot` starts it. */
  add(options: HostOptions): Host {
    if (this.all.has(options.name)) throw new Error(`hosts: ${options.name} exists already`)
    const host = new Host(this, factsOf(options, this.kernel), baseImage(options.image ?? 'ubuntu-host'))
    this.all.set(options.name, host)
    this.fabric.addHost(options.name)
    this.fabric.setUp(options.name, false)
    writeIdentity(host)
    this.writeHostsFiles()
    return host
  }

  /** Throws when there is no such host. */
  get(name: HostName): Host {
    const host = this.all.get(name)
    if (host === undefined) throw new Error(`hosts: no host ${name}`)
    return host
  }

  find(name: HostName): Host | undefined {
    return this.all.get(name)
  }

  /** A host by its name or one of its addresses. */
  findByNameOrAddress(text: string): Host | undefined {
    return this.all.get(text) ?? this.list().find((host) => host.address === text)
  }

  list(): Host[] {
    return [...this.all.values()]
  }

  /** Switches a host on at once: its enabled units start now. */
  boot(name: HostName): void {
    const host = this.get(name)
    if (host.power === 'on') return
    host.beginBoot()
    this.fabric.setUp(name, true)
    this.kernel.record('host.booted', { host: name })
    host.units.boot()
    this.tell(HOST_EVENTS.up, name)
  }

  /** Whether a shutdown waits for this address. */
  setLock(name: HostName, address: string, held: boolean): void {
    const power = this.get(name).setLock(address, held)
    if (power !== undefined) this.goes(name, power)
  }

  /** What `reboot` ('booting') and `poweroff` ('off') do: those who hold a lock are told and waited for. */
  shutDown(name: HostName, power: 'off' | 'booting'): void {
    const host = this.get(name)
    if (host.goingDown !== undefined) return
    const locks = host.power === 'on' ? host.beginShutdown(power) : []
    if (locks.length === 0) return this.goes(name, power)
    for (const address of locks) this.kernel.send({ to: address, type: HOST_EVENTS.prepare, data: { host: name } })
    const data = { host: name, boot: host.boots.length }
    this.kernel.send({ to: Hosts.address, type: 'host.shutdown', data }, inhibitDelayMs(host.files))
  }

  /** Nobody is waited for any longer. */
  private waited({ host: name, boot }: { host: HostName; boot: number }): void {
    const { goingDown, boots } = this.get(name)
    if (goingDown !== undefined && boots.length === boot) this.goes(name, goingDown)
  }

  private goes(name: HostName, power: Power): void {
    if (power === 'booting') this.reboot(name)
    else this.crash(name)
  }

  /** Pulls the plug: nothing is told, nothing is saved. `boot` brings it back. */
  crash(name: HostName): void {
    this.goDown(name, 'off')
  }

  /** Goes down and comes back by itself after `HOST_DEFAULTS.rebootMs`. */
  reboot(name: HostName): void {
    if (this.get(name).power === 'booting') return
    this.goDown(name, 'booting')
    this.kernel.send({ to: Hosts.address, type: 'host.boot', data: { host: name } }, HOST_DEFAULTS.rebootMs)
  }

  /** Tells a component of `host.down` and `host.up` of every host from now on. Called while wiring; not dumped. */
  subscribe(address: string): void {
    if (!this.subscribers.includes(address)) this.subscribers.push(address)
  }

  /** Adds a resolver of mounted trees by id (the kubelet's volumes). Called while wiring; not dumped. */
  addVolumes(find: (id: string) => FileTree | undefined): void {
    this.volumes.push(find)
  }

  volume(id: string): FileTree | undefined {
    for (const find of this.volumes) {
      const tree = find(id)
      if (tree !== undefined) return tree
    }
    return undefined
  }

  /** Adds files that others keep on the disk of a host, in bytes. Called while wiring; not dumped. */
  addWriter(written: (host: HostName) => number): void {
    this.writers.push(written)
  }

  writtenBytes(host: HostName): number {
    return this.writers.reduce((sum, written) => sum + written(host), 0)
  }

  /** Adds processes that others live. Called while wiring; not dumped. */
  addProcesses(source: ProcessSource): void {
    this.sources.push(source)
  }

  /** Adds interfaces and routes that others keep. Called while wiring; not dumped. */
  addNetwork(source: NetworkSource): void {
    this.networks.push(source)
  }

  linksOf(host: HostName): { interfaces: NetworkInterface[]; routes: Route[] } {
    const all = this.networks.map((source) => source.linksOf(host))
    return { interfaces: all.flatMap((one) => one.interfaces), routes: all.flatMap((one) => one.routes) }
  }

  placeOf(host: HostName, container: string): ContainerPlace | undefined {
    return this.networks.map((source) => source.placeOf(host, container)).find((place) => place !== undefined)
  }

  containedProcesses(host: HostName): ModelledProcess[] {
    return this.sources.flatMap((source) => source.list(host))
  }

  signalContained(host: HostName, pid: number, signal: string): void {
    for (const source of this.sources) source.signal(host, pid, signal)
  }

  pauseContained(host: HostName, pid: number, paused: boolean): boolean {
    return this.sources.some((source) => source.pause(host, pid, paused))
  }

  socketsOf(process: ModelledProcess): { address: string; port: number }[] {
    return this.sources.flatMap((source) => source.sockets(process))
  }

  handle(event: KernelEvent): void {
    if (event.type === MACHINE_TIMEOUT) return void this.rows.timeout(event.data as MachineTimeout)
    const data = event.data as { host: HostName }
    if (event.type === 'host.shutdown') return this.waited(event.data as { host: HostName; boot: number })
    if (event.type === 'host.boot') return this.get(data.host).power === 'booting' ? this.boot(data.host) : undefined
    const units = this.all.get(data.host)?.units
    if (event.type === UNIT_EVENTS.started) units?.started(data as UnitStartedData)
    else if (event.type === UNIT_EVENTS.exited) units?.exited(data as UnitExitedData)
    else if (event.type === UNIT_EVENTS.log) units?.log(data as UnitLogData)
    else if (event.type === UNIT_EVENTS.ended) units?.ended(event.data as UnitEndedData)
    else if (event.type === UNIT_EVENTS.output) units?.output(event.data as UnitOutputData)
    else if (event.type === UNIT_EVENTS.timer) units?.elapsed(event.data as TimerData)
    else if (event.type === UNIT_EVENTS.builtIn) units?.builtIn(event.data as BuiltInData)
  }

  dump(): HostsState {
    return { hosts: this.list().map((host) => host.dump()), rows: this.rows.dump() }
  }

  load(state: unknown): void {
    const { hosts, rows } = state as HostsState
    this.all.clear()
    for (const saved of hosts) {
      const host = new Host(this, saved.facts, baseImage(saved.files.base))
      host.load(saved)
      this.all.set(saved.facts.name, host)
    }
    this.rows.load(rows)
  }

  private goDown(name: HostName, power: Power): void {
    const host = this.get(name)
    if (host.power !== 'on') {
      if (power === 'off') host.powerOff('off')
      return
    }
    this.kernel.record(power === 'off' ? 'host.crashed' : 'host.rebooting', { host: name })
    host.powerOff(power)
    this.fabric.setUp(name, false)
    this.tell(HOST_EVENTS.down, name)
  }

  /** For `Units`: subscribers hear of every change of a unit's state. */
  unitChanged(host: HostName, unit: string, state: string): void {
    for (const address of this.subscribers)
      this.kernel.send({ to: address, type: HOST_EVENTS.unit, data: { host, unit, state } })
  }

  private tell(type: string, host: HostName): void {
    this.kernel.send({ to: RUNTIME_ADDRESS, type, data: { host } })
    for (const address of this.subscribers) this.kernel.send({ to: address, type, data: { host } })
  }

  /** Every host knows every other by name, as the exam's hosts do. */
  private writeHostsFiles(): void {
    for (const host of this.list()) host.files.put('/etc/hosts', makeHostsFile(host, this.list()))
  }
}

function makeHostsFile(host: Host, all: readonly Host[]): string {
  const others = all.map(({ address, name }) => `${address} ${name}\n`).join('')
  const ipv6 =
    '\n# The following lines are desirable for IPv6 capable hosts\n::1     ip6-localhost ip6-loopback\nfe00::0 ip6-localnet\nff00::0 ip6-mcastprefix\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n'
  return `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n\n${others}${ipv6}`
}

/** One interface on the hosts' network, and the way out by its first address. */
function networkOf(address: string): { interfaces: NetworkInterface[]; routes: Route[] } {
  const gateway = address.replace(/\.\d+$/, '.1')
  const network = address.replace(/\.\d+$/, '.0')
  const mac = ['96', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0')), '55'].join(':')
  return {
    interfaces: [
      { name: 'lo', mac: '00:00:00:00:00:00', mtu: 65536, up: true, addresses: ['127.0.0.1/8'] },
      { name: 'eth0', mac, mtu: 1500, up: true, addresses: [`${address}/24`] },
    ],
    routes: [
      { to: 'default', via: gateway, dev: 'eth0' },
      { to: `${network}/24`, dev: 'eth0', rest: `proto kernel scope link src ${address}` },
    ],
  }
}

/** The kernel lists routes by their network, the default one first. */
function orderOf({ to }: Route): number {
  return to === 'default' ? 0 : (to.split('/')[0] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function factsOf(options: HostOptions, kernel: Kernel): HostFacts {
  const { name, address, role = '', labels = {}, users = UBUNTU_USERS, packages = {} } = options
  return {
    name,
    role,
    labels,
    address,
    users: [...users],
    groups: [...UBUNTU_GROUPS],
    packages: { ...HOST_DEFAULTS.packages, ...packages },
    capacity: { ...HOST_DEFAULTS.capacity, ...options.capacity },
    kernelVersion: options.kernelVersion ?? HOST_DEFAULTS.kernelVersion,
    release: options.release ?? HOST_DEFAULTS.release,
    machineId: hex(kernel, 32),
    boots: [],
    power: 'off',
    bootedAtMs: kernel.now,
    clockSkewMs: 0,
    ballastBytes: 0,
    ...networkOf(address),
    processes: [],
    sockets: [],
    nextPid: 300,
  }
}

function writeIdentity(host: Host): void {
  host.writeAccounts()
  host.files.put('/etc/hostname', `${host.name}\n`)
  const { privateText, publicText, certificate } = hostKey(host.name, host.machineId)
  host.files.put('/etc/ssh/ssh_host_ed25519_key', privateText, { mode: 0o600 })
  host.files.put('/etc/ssh/ssh_host_ed25519_key.pub', publicText)
  host.files.put('/etc/ssh/ssh_host_ed25519_key-cert.pub', certificate)
  host.files.put('/etc/machine-id', `${host.machineId}\n`, { mode: 0o444 })
}
