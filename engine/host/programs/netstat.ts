/** netstat of net-tools 2.10 (Q6): who listens, routes, interfaces. Not modelled: connections, IPv6, counters, which read 0. */
import type { NetworkInterface } from '../host.ts'
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { ifconfigText, maskOf } from './net-tools.ts'
import { has, parseOptions } from './options.ts'
import type { Options } from './options.ts'
import { datagramSockets, listeningSockets } from './sockets.ts'

const SPEC = {
  flags: ['t', 'l', 'n', 'p', 'u', 'a', 'r', 'e', 'i', 's', 'v', 'W', 'o', 'c', '4', '6', 'x', 'w', 'g', 'V', 'tcp', 'udp', 'listening', 'numeric', 'program', 'programs', 'all', 'route', 'interfaces', 'statistics', 'extend', 'groups', 'wide', 'inet'], // prettier-ignore
  alias: { tcp: 't', udp: 'u', listening: 'l', numeric: 'n', program: 'p', programs: 'p', all: 'a', route: 'r', interfaces: 'i', statistics: 's', extend: 'e', groups: 'g', wide: 'W', inet: '4' }, // prettier-ignore
}

export const netstat: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  if (options.unknown !== undefined) {
    yield* p.err(`netstat: ${options.unknown.startsWith('--') ? `unrecognized option '${options.unknown}'` : `invalid option -- '${options.unknown.slice(1)}'`}\n`) // prettier-ignore
    return 4
  }
  const odd = ['c', 'x', 'w', 'g'].find((name) => has(options, name))
  if (odd !== undefined) {
    yield* p.err(`not simulated: netstat -${odd}\n`)
    return 1
  }
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (has(options, 'r')) yield* p.out(routes(facts))
  else if (has(options, 'i')) yield* p.out(interfaces(facts, options))
  else if (has(options, 's')) yield* p.out(statistics(options))
  else yield* sockets(p, options)
  return 0
}

function routes({ routes: all }: HostFactsAnswer): string {
  const rows = all.map(({ to, via, dev }) => {
    const [network = '', bits = '32'] = (to === 'default' ? '0.0.0.0/0' : to).split('/')
    const flags = `U${via === undefined ? '' : 'G'}${bits === '32' ? 'H' : ''}`
    return `${network.padEnd(15)} ${(via ?? '0.0.0.0').padEnd(15)} ${maskOf(Number(bits)).padEnd(15)} ${flags.padEnd(5)}     0 0          0 ${dev}\n`
  })
  return `Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n${rows.join('')}`
}

const flagsOf = ({ name }: NetworkInterface): string => (name === 'lo' ? 'LRU' : 'BMRU')

function interfaces({ interfaces: all }: HostFactsAnswer, options: Options): string {
  const up = all.filter((one) => one.up || has(options, 'a')).sort((a, b) => (a.name < b.name ? -1 : 1))
  if (has(options, 'e')) return `Kernel Interface table\n${ifconfigText(up)}`
  const rows = up.map((one) => `${one.name.padEnd(15)}${String(one.mtu).padStart(6)}        0      0      0 0             0      0      0      0 ${flagsOf(one)}\n`) // prettier-ignore
  return `Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n${rows.join('')}` // prettier-ignore
}

const STATISTICS: Record<string, readonly string[]> = {
  Ip: ['Forwarding: 1', '0 total packets received', '0 forwarded', '0 incoming packets discarded', '0 incoming packets delivered', '0 requests sent out'], // prettier-ignore
  Icmp: ['0 ICMP messages received', '0 input ICMP message failed', 'ICMP input histogram:', '0 ICMP messages sent', '0 ICMP messages failed', 'ICMP output histogram:'], // prettier-ignore
  Tcp: ['0 active connection openings', '0 passive connection openings', '0 failed connection attempts', '0 connection resets received', '0 connections established', '0 segments received', '0 segments sent out', '0 segments retransmitted', '0 bad segments received', '0 resets sent'], // prettier-ignore
  Udp: ['0 packets received', '0 packets to unknown port received', '0 packet receive errors', '0 packets sent', '0 receive buffer errors', '0 send buffer errors'], // prettier-ignore
  UdpLite: [],
  TcpExt: ['0 packet headers predicted'],
  IpExt: ['InOctets: 0', 'OutOctets: 0'],
}

function statistics(options: Options): string {
  const only = ['t', 'u'].filter((name) => has(options, name)).map((name) => (name === 't' ? 'Tcp' : 'Udp'))
  const kept = Object.entries(STATISTICS).filter(([name]) => only.length === 0 || only.some((one) => name.startsWith(one))) // prettier-ignore
  return kept.map(([name, lines]) => `${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`).join('')
}

function* sockets(p: Proc, options: Options): Run<void> {
  const what = has(options, 'l') ? 'only servers' : has(options, 'a') ? 'servers and established' : 'w/o servers'
  const extended = has(options, 'e') ? ' User       Inode     ' : ''
  const withNames = has(options, 'p')
  yield* p.out(`Active Internet connections (${what})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${extended}${withNames ? ' PID/Program name    ' : ''}\n`) // prettier-ignore
  if (!has(options, 'l') && !has(options, 'a')) return
  const both = has(options, 't') === has(options, 'u')
  const tcp = both || has(options, 't') ? (yield* listeningSockets(p)).map((one) => ({ ...one, state: 'LISTEN', proto: 'tcp' })) : [] // prettier-ignore
  const udp = both || has(options, 'u') ? (yield* datagramSockets(p)).map((one) => ({ ...one, state: '', proto: 'udp' })) : [] // prettier-ignore
  for (const { address, port, program, pid, state, proto } of [...tcp, ...udp]) {
    const v6 = address === '*'
    if ((v6 && has(options, '4')) || (!v6 && has(options, '6'))) continue
    const who = p.user === 'root' && pid > 0 ? `${pid}/${program}` : '-'
    const local = `${v6 ? '::' : address}:${port}`
    const more = has(options, 'e') ? ` 0          ${String(20_000 + port).padEnd(10)}` : ''
    yield* p.out(`${`${proto}${v6 ? '6' : ''}`.padEnd(5)}      0      0 ${local.padEnd(23)} ${(v6 ? ':::*' : '0.0.0.0:*').padEnd(23)} ${state.padEnd(11)}${more}${withNames ? ` ${who.padEnd(20)}` : ''}\n`) // prettier-ignore
  }
}
