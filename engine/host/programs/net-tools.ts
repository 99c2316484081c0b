/** ifconfig, route and arp, as net-tools 2.10 prints them. Not modelled: what they change (`ip` does), counters. */
import type { NetworkInterface, Route } from '../host.ts'
import type { Program } from '../process.ts'
import type { HostFactsAnswer, Neighbour } from '../syscalls/host.ts'

export const maskOf = (bits: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor((2 ** 32 - 2 ** (32 - bits)) / 2 ** shift) % 256).join('.')

const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function broadcastOf(ip: string, bits: number): string {
  const size = 2 ** (32 - bits)
  const last = numberOf(ip) - (numberOf(ip) % size) + size - 1
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.')
}

const UP_FLAGS = { lo: ['73', 'UP,LOOPBACK,RUNNING'], other: ['4163', 'UP,BROADCAST,RUNNING,MULTICAST'] } as const

function addressLine(address: string, isLoop: boolean): string {
  const [ip = '', bits = '32'] = address.split('/')
  const broadcast = isLoop ? '' : `  broadcast ${broadcastOf(ip, Number(bits))}`
  return `        inet ${ip}  netmask ${maskOf(Number(bits))}${broadcast}\n`
}

function block({ name, up, mtu, mac, addresses }: NetworkInterface): string {
  const isLoop = name === 'lo'
  const [number, flags] = up ? UP_FLAGS[isLoop ? 'lo' : 'other'] : ['4098', 'BROADCAST,MULTICAST']
  const kind = isLoop ? 'loop  txqueuelen 1000  (Local Loopback)' : `ether ${mac}  txqueuelen 1000  (Ethernet)`
  return [
    `${name}: flags=${number}<${flags}>  mtu ${mtu}\n`,
    ...addresses.map((address) => addressLine(address, isLoop)),
    `        ${kind}\n`,
    ...['RX', 'TX'].flatMap((way) => [
      `        ${way} packets 0  bytes 0 (0.0 B)\n`,
      `        ${way} errors 0  dropped 0${way === 'RX' ? '  overruns 0  frame 0' : ' overruns 0  carrier 0  collisions 0'}\n`,
    ]),
    '\n',
  ].join('')
}

const ifconfig: Program = function* (argv, p) {
  const [name, ...more] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const { interfaces } = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (more.length > 0) {
    yield* p.err(`not simulated: ${argv.join(' ')}; use ip\n`)
    return 1
  }
  const shown = interfaces.filter((one) => (name === undefined ? one.up || argv.includes('-a') : one.name === name))
  if (name !== undefined && shown.length === 0) {
    yield* p.err(`${name}: error fetching interface information: Device not found\n`)
    return 1
  }
  const isShort = argv.includes('-s')
  yield* p.out(isShort ? shortTable(shown) : ifconfigText(shown))
  return 0
}

/** By name, as the kernel's list is sorted. */
export const ifconfigText = (shown: readonly NetworkInterface[]): string =>
  [...shown]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(block)
    .join('')

function shortTable(shown: readonly NetworkInterface[]): string {
  const row = ({ name, mtu }: NetworkInterface): string =>
    `${name.padEnd(15)}${String(mtu).padStart(6)}        0      0      0 0             0      0      0      0 ${name === 'lo' ? 'LRU' : 'BMRU'}\n`
  return `Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n${[...shown].map(row).join('')}`
}

function routeRow({ to, via, dev }: Route, isNumeric: boolean): string[] {
  const [network = '', bits = '32'] = (to === 'default' ? '0.0.0.0/0' : to).split('/')
  const any = isNumeric ? '0.0.0.0' : 'default'
  const flags = `U${via === undefined ? '' : 'G'}${bits === '32' ? 'H' : ''}`
  const gateway = to === 'default' && !isNumeric ? '_gateway' : via
  return [to === 'default' ? any : network, gateway ?? '0.0.0.0', maskOf(Number(bits)), flags, '0', '0', '0', dev]
}

const WIDTHS = [16, 16, 16, 6, 7, 7, 4]

const route: Program = function* (argv, p) {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (words.length > 0) {
    yield* p.err(`not simulated: ${argv.join(' ')}; use ip route\n`)
    return 1
  }
  const { routes } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const isNumeric = argv.some((word) => /^-[a-z]*n/.test(word))
  const row = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join('')
  const head = ['Destination', 'Gateway', 'Genmask', 'Flags', 'Metric', 'Ref', 'Use', 'Iface']
  const rows = routes.map((one) => routeRow(one, isNumeric))
  yield* p.out(
    ['Kernel IP routing table', head, ...rows].map((one) => `${typeof one === 'string' ? one : row(one)}\n`).join(''),
  )
  return 0
}

const ARP_FLAGS = { REACHABLE: 'C', STALE: 'C', PERMANENT: 'CM', FAILED: '' } as const
const ARP_HEAD = 'Address                  HWtype  HWaddress           Flags Mask            Iface\n'

function arpRow({ ip, dev, mac, state }: Neighbour, name: string): string {
  const where = mac === undefined ? `        ${'(incomplete)'.padEnd(20)}${''.padEnd(22)}` : `ether   ${mac.padEnd(20)}${ARP_FLAGS[state].padEnd(22)}` // prettier-ignore
  return `${(name === '?' ? ip : name).slice(0, 23).padEnd(23)}  ${where}${dev}\n`
}

function arpLine({ ip, dev, mac, state }: Neighbour, name: string): string {
  const where = mac === undefined ? '<incomplete>' : `${mac} [ether]`
  return `${name} (${ip}) at ${where}${state === 'PERMANENT' ? ' PERM' : ''} on ${dev}\n`
}

const arp: Program = function* (argv, p) {
  const words = argv.slice(1)
  const [asked] = words.filter((word, at) => !word.startsWith('-') && words[at - 1] !== '-i')
  if (words.some((word) => /^-[^naeviD]*[dsfH]/.test(word))) {
    yield* p.err(`not simulated: ${argv.join(' ')}; use ip neigh\n`)
    return 1
  }
  const isBsd = words.some((word) => /^-[a-z]*a/.test(word))
  const isNumeric = words.some((word) => /^-[a-z]*n/.test(word))
  const dev = words.includes('-i') ? words[words.indexOf('-i') + 1] : undefined
  const found = asked === undefined ? undefined : yield* p.resolve(asked)
  const wanted = found !== undefined && !('error' in found) ? found.addresses[0] : asked
  if (found !== undefined && 'error' in found && !/^[\d.]+$/.test(asked ?? '')) {
    yield* p.err(`${asked}: Unknown host\n`)
    return 255
  }
  const all = (yield* p.ask('network.neighbours')) as Neighbour[]
  const shown = all.filter((one) => (wanted === undefined || one.ip === wanted) && (dev === undefined || one.dev === dev)) // prettier-ignore
  if (shown.length === 0) {
    if (asked !== undefined) yield* p.out(isBsd ? 'arp: in 0 entries no match found.\n' : `${asked} (${wanted}) -- no entry\n`) // prettier-ignore
    return asked === undefined ? 0 : 1
  }
  const hosts = yield* p.readFile('/etc/hosts')
  const nameOf = (one: Neighbour): string => {
    const lines = 'text' in hosts ? hosts.text.split('\n').map((line) => line.trim().split(/\s+/)) : []
    const name = lines.find(([address]) => address === one.ip)?.[1]
    return isNumeric ? '?' : (name ?? (one.ip.endsWith('.1') && one.dev === 'eth0' ? '_gateway' : '?'))
  }
  const lines = shown.map((one) => (isBsd ? arpLine : arpRow)(one, nameOf(one)))
  yield* p.out(`${isBsd ? '' : ARP_HEAD}${lines.join('')}`)
  return 0
}

export const netTools: Record<string, Program> = { ifconfig, route, arp }
