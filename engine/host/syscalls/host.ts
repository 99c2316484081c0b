/** What programs ask of the host itself: its facts, its journal, its modelled processes, its neighbours. */
import type { HostName } from '../../fabric/fabric.ts'
import type {
  Capacity,
  ContainerPlace,
  Host,
  ListeningSocket,
  ModelledProcess,
  NetworkInterface,
  Route,
} from '../host.ts'
import type { JournalLine, JournalQuery, Priority } from '../journald.ts'
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
  const own = podNetwork(world, process)
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
    ...host.network(),
    sockets: host.sockets(),
    packages: host.packages,
    ...own,
  }
}

/** A container that has an address of its own sees its own interfaces, not the host's. */
function podNetwork(world: World, { host, root }: Caller): Partial<HostFactsAnswer> {
  const container = root.kind === 'container' ? root.id : root.netns
  const place = container === undefined ? undefined : (world.hosts.placeOf(host, container) ?? givenPlace(root))
  if (place === undefined) return {}
  const { ip, peerIndex } = place
  const via = ip.replace(/\.\d+$/, '.1')
  const lo: NetworkInterface = {
    name: 'lo',
    mac: '00:00:00:00:00:00',
    mtu: 65536,
    up: true,
    addresses: ['127.0.0.1/8'],
  }
  const eth0: NetworkInterface = { name: 'eth0', mac: macOf(ip), mtu: 1450, up: true, addresses: [`${ip}/24`], kind: 'veth', peerIndex } // prettier-ignore
  return {
    address: ip,
    interfaces: [lo, eth0],
    routes: [
      { to: 'default', via, dev: 'eth0' },
      { to: `${via.replace(/\.1$/, '.0')}/24`, dev: 'eth0', rest: `proto kernel scope link src ${ip}` },
      { to: '10.244.0.0/16', via, dev: 'eth0' },
    ]
      .filter(({ to }) => to !== '10.244.0.0/16' || ip.startsWith('10.244.'))
      .sort((a, b) => Number(a.to !== 'default') - Number(b.to !== 'default') || compareNetworks(a.to, b.to)),
    sockets: [],
  }
}

/** As the kernel lists them: by address, and of the same the longer prefix first. */
function compareNetworks(a: string, b: string): number {
  const [one, other] = [a, b].map((to) => to.split(/[./]/).map(Number))
  const at = (one ?? []).findIndex((part, index) => part !== other?.[index])
  return at < 0 ? 0 : ((one?.[at] ?? 0) - (other?.[at] ?? 0)) * (at === 4 ? -1 : 1)
}

function givenPlace(root: Caller['root']): ContainerPlace | undefined {
  return root.kind === 'container' && typeof root.ip === 'string' ? { ip: root.ip, peerIndex: 7 } : undefined
}

/** The hardware address that a pod's interface has. */
const macOf = (ip: string): string =>
  ['0a', '58', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')

/** An entry of the table of neighbours. */
export interface Neighbour {
  ip: string
  dev: string
  mac?: string
  state: 'REACHABLE' | 'STALE' | 'FAILED' | 'PERMANENT'
}

/** Whom the kernel of a host, or of a container's network, has asked for a hardware address. */
function neighbours(world: World, process: Caller): Neighbour[] {
  const { interfaces, routes, address } = facts(world, process)
  const gateway = routes.find(({ to }) => to === 'default')
  if (podNetwork(world, process).address !== undefined)
    return gateway?.via === undefined ? [] : [{ ip: gateway.via, dev: 'eth0', mac: macOf(gateway.via), state: 'REACHABLE' }] // prettier-ignore
  const eth0 = interfaces.find(({ name }) => name === 'eth0')
  if (eth0?.up !== true) return []
  const prefix = address.replace(/\.\d+$/, '.')
  const others = world.hosts.list().filter((one) => one.address !== address && one.address.startsWith(prefix))
  return [
    ...others.map((one): Neighbour => neighbourOf(world, process.host, one)),
    ...(gateway?.via === undefined
      ? []
      : [
          {
            ip: gateway.via,
            dev: gateway.dev,
            mac: `96:${macOf(gateway.via).slice(6)}:55`,
            state: 'REACHABLE' as const,
          },
        ]),
    ...world.hosts
      .linksOf(process.host)
      .interfaces.flatMap(({ podIp }): Neighbour[] =>
        podIp === undefined ? [] : [{ ip: podIp, dev: 'cni0', mac: macOf(podIp), state: 'REACHABLE' }],
      ),
    ...routes.flatMap(({ via, dev }): Neighbour[] =>
      dev !== 'flannel.1' || via === undefined ? [] : [{ ip: via, dev, mac: vtepMac(via), state: 'PERMANENT' }],
    ),
  ]
}

/** Whether the pod with an address answers: it is on this host, or on that whose tunnel the route leads to. */
function pings(world: World, { host }: Caller, address: string): boolean {
  const from = world.hosts.get(host)
  const route = from.network().routes.find(({ to, dev }) => dev !== 'eth0' && isIn(to, address))
  const there = route?.via === undefined ? from : world.hosts.list().find((one) => one.network().interfaces.some(({ name, addresses }) => name === 'flannel.1' && addresses.includes(`${route.via}/32`))) // prettier-ignore
  if (route === undefined || there === undefined) return false
  const isUp = there === from || world.fabric.dial(host, there.name, 0).kind !== 'silent'
  return isUp && world.hosts.linksOf(there.name).interfaces.some(({ podIp }) => podIp === address)
}

function isIn(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number(base) / size) === Math.floor(number(address) / size)
}

/** flannel writes the hardware address of each peer's flannel.1 into the table. */
const vtepMac = (ip: string): string => `66:${macOf(ip).slice(6)}:01`

function neighbourOf({ fabric }: World, from: HostName, { name, address, interfaces, power }: Host): Neighbour {
  const mac = interfaces.find((one) => one.name === 'eth0')?.mac
  const answers = power === 'on' && mac !== undefined && fabric.dial(from, name, 0).kind !== 'silent'
  return answers ? { ip: address, dev: 'eth0', mac, state: 'REACHABLE' } : { ip: address, dev: 'eth0', state: 'FAILED' }
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
/** What became of a signal to a modelled process. */
export type Signalled = 'sent' | 'none' | 'denied' | 'not simulated'

function signal(world: World, process: Caller, pid: number, name: string): Signalled {
  if (process.root.kind === 'container') return 'none'
  const host = world.hosts.get(process.host)
  const target = host.processes().find((candidate) => candidate.pid === pid)
  if (target === undefined) return 'none'
  if (process.user !== 'root' && process.user !== target.user) return 'denied'
  if (target.pid === 1) return 'sent'
  return host.signal(target, name)
}

export const hostCalls: SyscallTable = {
  'network.neighbours': (world, process) => neighbours(world, process),
  'network.ping': (world, process, args) => pings(world, process, String(args.address)),
  /** The container whose network a process is in; null: the host's. */
  'network.ofContainer': (world, process, args) => world.hosts.placeOf(process.host, String(args.id))?.ip ?? null,
  /** A container in the network that has an address; null: none. */
  'network.container': (world, process, args) =>
    world.hosts.containedProcesses(process.host).find(({ netns }) => netns !== undefined && world.hosts.placeOf(process.host, netns)?.ip === args.ip)?.netns ?? null, // prettier-ignore
  'host.facts': (world, process) => facts(world, process),
  'host.processes': (world, process): ModelledProcess[] =>
    process.root.kind === 'container' ? [] : world.hosts.get(process.host).processes(),
  'host.signal': (world, process, args) => signal(world, process, Number(args.pid), String(args.signal)),
  'host.dial': (world, process, args) =>
    dial(world, process, String(args.name), Number(args.port), String(args.user ?? process.user)),
  'host.greet': (world, process, args) => greet(world, process, String(args.host), String(args.user)),
  'host.reboot': (world, process) => {
    if (process.user !== 'root') return { error: 'denied' }
    world.hosts.shutDown(process.host, 'booting')
    return { done: true }
  },
  'host.poweroff': (world, process) => {
    if (process.user !== 'root') return { error: 'denied' }
    world.hosts.shutDown(process.host, 'off')
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
  /** syslog(3): a line of no unit. */
  'journal.write': (world, process, args) => {
    if (process.root.kind !== 'host') return null
    const { text, priority, identifier, pid } = args as unknown as { text: string; priority: Priority; identifier: string; pid: number } // prettier-ignore
    world.hosts.get(process.host).journal.write('', priority, text, { identifier, pid })
    return null
  },
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
