/** ifconfig and route, as net-tools 2.10 prints them. Not modelled: what they change (`ip` does), counters. */
import type { NetworkInterface, Route } from '../host.ts'
import type { Program } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'

const maskOf = (bits: number): string =>
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
  const byName = [...shown].sort((a, b) => Number(a.name === 'lo') - Number(b.name === 'lo'))
  yield* p.out(byName.map(block).join(''))
  return 0
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

export const netTools: Record<string, Program> = { ifconfig, route }
