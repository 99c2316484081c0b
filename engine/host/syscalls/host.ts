/** What programs ask of the host itself: its facts, its journal, its modelled processes, its neighbours. */
import type { HostName } from '../../fabric/fabric.ts'
import type { Capacity, ListeningSocket, ModelledProcess, NetworkInterface, Route } from '../host.ts'
import type { JournalLine, JournalQuery } from '../journald.ts'
import { binaryAttributes } from '../binary.ts'
import { CLUSTER_KEY, fingerprint } from '../ssh-keys.ts'
import { unloadModule } from '../system.ts'
import type { Caller, SyscallTable, World } from './table.ts'

export interface HostFactsAnswer {
  name: HostName
  address: string
  kernelVersion: string
  /** Seconds since boot. */
  uptimeSeconds: number
  /** The virtual millisecond, on whose scale the starts of processes are told. */
  nowMs: number
  bootedAtClockMs: number
  capacity: Capacity
  usedMemoryBytes: number
  disk: { totalBytes: number; usedBytes: number; freeBytes: number; inodesUsed: number }
  clockSkewMs: number
  machineId: string
  bootId: string
  boots: { id: string; atMs: number; lastMs?: number }[]
  interfaces: NetworkInterface[]
  routes: Route[]
  sockets: ListeningSocket[]
  packages: Record<string, string>
}

export type JournalAnswer =
  { lines: JournalLine[]; lastSeq: number; sizeBytes: number; hostName: HostName } | { error: 'no-journal' | 'denied' }

/** What ssh finds at the other end. */
export interface DialAnswer {
  /** Absent: no such name. */
  host?: HostName
  address?: string
  dial?: 'open' | 'refused' | 'silent'
  /** Whether the machine is switched on. */
  up?: boolean
  home?: string
  shell?: string
}

function facts(world: World, process: Caller): HostFactsAnswer {
  const host = world.hosts.get(process.host)
  const uptimeMs = world.kernel.now - host.bootedAtMs
  const own = podNetwork(process)
  return {
    name: host.name,
    address: host.address,
    kernelVersion: host.kernelVersion,
    uptimeSeconds: Math.floor(uptimeMs / 1000),
    nowMs: world.kernel.now,
    bootedAtClockMs: host.clockMs() - uptimeMs,
    capacity: host.capacity,
    usedMemoryBytes: host.usedMemoryBytes(),
    disk: host.disk(),
    clockSkewMs: host.clockSkewMs,
    machineId: host.machineId,
    bootId: host.bootId,
    boots: [...host.boots],
    interfaces: [...host.interfaces],
    routes: [...host.routes],
    sockets: host.sockets(),
    packages: host.packages,
    ...own,
  }
}

/** A container that has an address of its own (`root.ip`) sees its own interfaces, not the host's. */
function podNetwork({ root }: Caller): Partial<HostFactsAnswer> {
  if (root.kind !== 'container' || typeof root.ip !== 'string') return {}
  const { ip } = root
  const via = ip.replace(/\.\d+$/, '.1')
  const mac = ['0a', '58', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')
  const lo: NetworkInterface = {
    name: 'lo',
    mac: '00:00:00:00:00:00',
    mtu: 65536,
    up: true,
    addresses: ['127.0.0.1/8'],
  }
  const eth0: NetworkInterface = { name: 'eth0', mac, mtu: 1450, up: true, addresses: [`${ip}/24`], peerIndex: 7 }
  return {
    address: ip,
    interfaces: [lo, eth0],
    routes: [
      { to: 'default', via, dev: 'eth0' },
      { to: `${via.replace(/\.1$/, '.0')}/24`, dev: 'eth0', rest: `proto kernel scope link src ${ip}` },
    ],
    sockets: [],
  }
}

function dial(world: World, process: Caller, name: string, port: number, user: string): DialAnswer {
  const host = findHost(world, process, name)
  if (host === undefined) return {}
  const found = world.fabric.dial(process.host, host.name, port).kind
  const account = host.user(user)
  const answer: DialAnswer = {
    host: host.name,
    address: host.address,
    dial: found,
    up: host.power === 'on',
  }
  return account === undefined ? answer : { ...answer, home: account.home, shell: account.shell }
}

/** By /etc/hosts of the asking host, or by address. */
function findHost(world: World, process: Caller, name: string): ReturnType<World['hosts']['find']> {
  if (name === 'localhost' || name === '127.0.0.1') return world.hosts.get(process.host)
  const lines = (world.hosts.get(process.host).files.text('/etc/hosts') ?? '').split('\n')
  const line = lines
    .map((text) => text.replace(/#.*/, '').trim().split(/\s+/))
    .find((words) => words.slice(1).includes(name))
  const address = line?.[0] ?? name
  return address === '127.0.1.1'
    ? world.hosts.get(process.host)
    : world.hosts.list().find((host) => host.address === address)
}

/** What sshd writes when somebody has come in. */
function greet(world: World, process: Caller, name: HostName, user: string): void {
  const from = world.hosts.get(process.host).address
  world.hosts
    .get(name)
    .journal.write(
      'ssh.service',
      6,
      `Accepted publickey for ${user} from ${from} port 50022 ssh2: ED25519 ${fingerprint(CLUSTER_KEY.publicText)}`,
      { identifier: 'sshd', pid: world.hosts.get(name).nextPid() },
    )
}

function readJournal(world: World, process: Caller, query: JournalQuery): JournalAnswer {
  if (process.root.kind === 'container') return { error: 'no-journal' }
  const host = world.hosts.get(process.host)
  const may =
    process.user === 'root' ||
    (host.user(process.user)?.groups ?? []).some((group) => ['adm', 'systemd-journal', 'wheel'].includes(group))
  if (!may) return { error: 'denied' }
  return {
    lines: host.journal.read(query),
    lastSeq: host.journal.lastSeq,
    sizeBytes: host.journal.sizeBytes(),
    hostName: host.name,
  }
}

/** Ends a modelled process: a unit's main process, or one that a component put there. */
function signal(world: World, process: Caller, pid: number, name: string): 'sent' | 'none' | 'denied' {
  if (process.root.kind === 'container') return 'none'
  const host = world.hosts.get(process.host)
  const target = host.processes().find((candidate) => candidate.pid === pid)
  if (target === undefined) return 'none'
  if (process.user !== 'root' && process.user !== target.user) return 'denied'
  if (target.pid === 1) return 'sent'
  if (target.unit !== undefined) host.units.signal(pid, name)
  else if (target.container !== undefined) world.hosts.signalContained(host.name, pid, name)
  else if (target.address !== undefined)
    world.kernel.send({ to: target.address, type: 'process.signal', data: { host: host.name, pid, signal: name } })
  return 'sent'
}

export const hostCalls: SyscallTable = {
  'host.facts': (world, process) => facts(world, process),
  'host.processes': (world, process): ModelledProcess[] =>
    process.root.kind === 'container' ? [] : world.hosts.get(process.host).processes(),
  'host.signal': (world, process, args) => signal(world, process, Number(args.pid), String(args.signal)),
  'host.dial': (world, process, args) =>
    dial(world, process, String(args.name), Number(args.port), String(args.user ?? process.user)),
  'host.greet': (world, process, args) => greet(world, process, String(args.host), String(args.user)),
  'host.reboot': (world, process) => {
    if (process.user !== 'root') return { error: 'denied' }
    world.hosts.reboot(process.host)
    return { done: true }
  },
  'host.poweroff': (world, process) => {
    if (process.user !== 'root') return { error: 'denied' }
    world.hosts.crash(process.host)
    return { done: true }
  },
  'host.setClock': (world, process, args) => {
    if (process.user !== 'root') return { error: 'denied' }
    world.hosts.get(process.host).setClockSkew(Number(args.atMs) - world.kernel.clockMs)
    return { done: true }
  },
  'host.remount': (world, process, args) => {
    if (process.user === 'root') world.hosts.get(process.host).files.setReadOnly(args.readOnly === true)
    return null
  },
  /** The kernel itself changes a file of /proc. */
  'proc.write': (world, process, args) => {
    if (process.user === 'root')
      world.hosts.get(process.host).files.put(String(args.path), String(args.text), { mode: 0o444 })
    return null
  },
  'module.load': (world, process, args) =>
    process.user === 'root' && world.hosts.get(process.host).loadModule(String(args.name)),
  'module.unload': (world, process, args) =>
    process.user === 'root' ? unloadModule(world.hosts.get(process.host).files, String(args.name)) : 'denied',
  'files.allocate': (world, process, args) => {
    const host = world.hosts.get(process.host)
    const tree = process.root.kind === 'container' ? world.hosts.volume(process.root.id) : host.files
    return tree?.allocate(String(args.path), Number(args.bytes), host.actor(process.user)) ?? { error: 'ENOENT' }
  },
  'user.get': (world, process, args) => world.hosts.get(process.host).user(String(args.name)) ?? null,
  'journal.vacuum': (world, process, args) =>
    process.user === 'root' && process.root.kind === 'host'
      ? world.hosts.get(process.host).journal.vacuum(Number(args.beforeMs))
      : 0,
  'journal.read': (world, process, args) => readJournal(world, process, (args.query ?? {}) as JournalQuery),
  /** dpkg puts a file in place: a binary by the program that its text names, of the size that it is said to have. */
  'files.place': (world, process, args) => {
    if (process.user !== 'root' || process.root.kind === 'container') return { error: 'EACCES' }
    const { path, text, mode, sizeBytes } = args as unknown as { path: string; text: string; mode: number; sizeBytes?: number } // prettier-ignore
    const { files } = world.hosts.get(process.host)
    files.put(path, text, { mode, ...binaryAttributes(text), ...(sizeBytes !== undefined && { sizeBytes }) })
    return { ok: true }
  },
  'files.setTime': (world, process, args) => {
    const host = world.hosts.get(process.host)
    const tree = process.root.kind === 'container' ? world.hosts.volume(process.root.id) : host.files
    return tree?.setTime(String(args.path), Number(args.mtimeMs), host.actor(process.user)) ?? { error: 'ENOENT' }
  },
}
