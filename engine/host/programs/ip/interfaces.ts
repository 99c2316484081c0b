/** How `ip addr` and `ip link` show an interface. Counters are not modelled: they read 0. */
import type { NetworkInterface } from '../../host.ts'
import { bareAddress, broadcastOf } from './words.ts'
import type { Style } from './words.ts'
import type { JsonValue } from './json.ts'

const isLoopback = ({ name }: NetworkInterface): boolean => name === 'lo'

/** Kinds by the names that everybody gives them. */
export function kindOf({ name, kind }: NetworkInterface): NetworkInterface['kind'] {
  if (kind !== undefined) return kind
  return name.startsWith('veth') ? 'veth' : name === 'cni0' ? 'bridge' : name === 'flannel.1' ? 'vxlan' : undefined
}

const flagsOf = (one: NetworkInterface): string[] =>
  isLoopback(one) ? ['LOOPBACK', 'UP', 'LOWER_UP'] : ['BROADCAST', 'MULTICAST', ...(one.up ? ['UP', 'LOWER_UP'] : [])]

const stateOf = (one: NetworkInterface): string =>
  isLoopback(one) || (one.up && kindOf(one) === 'vxlan') ? 'UNKNOWN' : one.up ? 'UP' : 'DOWN'

const queueOf = (one: NetworkInterface): string =>
  isLoopback(one) || kindOf(one) !== undefined ? 'noqueue' : 'fq_codel'

const peerOf = ({ peerIndex }: NetworkInterface): string => (peerIndex === undefined ? '' : `@if${peerIndex}`)

const broadcastMac = (one: NetworkInterface): string => (isLoopback(one) ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff')

const COUNTERS = [
  '    RX:  bytes packets errors dropped  missed   mcast           ',
  '             0       0      0       0       0       0 ',
  '    TX:  bytes packets errors dropped carrier collsns           ',
  '             0       0      0       0       0       0 ',
]
const COUNTERS_TWICE = [
  ...COUNTERS.slice(0, 2),
  '    RX errors:  length    crc   frame    fifo overrun           ',
  '                     0      0       0       0       0 ',
  ...COUNTERS.slice(2),
  '    TX errors: aborted   fifo  window heartbt transns',
  '                     0      0       0       0       2 ',
]

const LIMITS = 'numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ' // prettier-ignore

/** What -d adds to the line of the hardware address, and the lines of its kind. */
function details(one: NetworkInterface, hostAddress: string): { tail: string; lines: string[] } {
  const limits = isLoopback(one) ? 'minmtu 0 maxmtu 0' : 'minmtu 68 maxmtu 65535'
  const isPort = one.master !== undefined
  const head = ` promiscuity ${isPort ? 1 : 0}  allmulti ${isPort ? 1 : 0} ${limits} `
  const general = `addrgenmode eui64 ${LIMITS}`
  const kind = kindOf(one)
  if (kind === 'vxlan')
    return { tail: head, lines: [`    vxlan id 1 local ${hostAddress} dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx ${general}`] } // prettier-ignore
  if (kind === 'bridge') {
    const id = `8000.${one.mac}`
    return { tail: head, lines: [`    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 vlan_protocol 802.1Q bridge_id ${id} designated_root ${id} root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0 hello_timer    0.00 tcn_timer    0.00 topology_change_timer    0.00 gc_timer    0.00 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 ${general}`] } // prettier-ignore
  }
  if (kind === 'veth')
    return { tail: head, lines: isPort ? ['    veth ', `    bridge_slave state forwarding priority 32 cost 2 hairpin on guard off root_block off fastleave off learning on flood on ${general}`] : [`    veth ${general}`] } // prettier-ignore
  return { tail: `${head}${general}`, lines: [] }
}

function firstLine(one: NetworkInterface, index: number, link: boolean, busybox: boolean): string {
  const flags = [...flagsOf(one), ...(busybox && one.peerIndex !== undefined ? ['M-DOWN'] : [])].join(',')
  const name = `${index}: ${one.name}${peerOf(one)}: <${flags}> mtu ${one.mtu} qdisc ${queueOf(one)}`
  const master = one.master === undefined ? '' : ` master ${one.master}`
  if (busybox) return `${name}${master}${link ? ` state ${stateOf(one)}` : ''} qlen 1000`
  return `${name}${master} state ${stateOf(one)} ${link ? 'mode DEFAULT ' : ''}group default qlen 1000`
}

function hardware(one: NetworkInterface, busybox: boolean): string {
  const space = busybox ? '' : one.netns !== undefined ? ` link-netns ${one.netns}` : one.peerIndex !== undefined ? ' link-netnsid 0' : '' // prettier-ignore
  return `    link/${isLoopback(one) ? 'loopback' : 'ether'} ${one.mac} brd ${broadcastMac(one)}${space}`
}

/** The first address was given with its broadcast address; those that are added by hand have none. */
function broadcast(one: NetworkInterface, address: string): string | undefined {
  const isFirst = one.addresses[0] === address && !address.endsWith('/32') && !isLoopback(one)
  return isFirst ? broadcastOf(address) : undefined
}

function addressLine(one: NetworkInterface, address: string): string {
  const brd = broadcast(one, address)
  const scope = isLoopback(one) ? 'host lo' : `global ${one.name}`
  return `inet ${address}${brd === undefined ? '' : ` brd ${brd}`} scope ${scope}`
}

const FOREVER = '       valid_lft forever preferred_lft forever'

/** The lines of one interface in `ip addr` or `ip link`. */
export function makeInterface(
  one: NetworkInterface,
  index: number,
  link: boolean,
  style: Style,
  hostAddress = '',
): string {
  if (style.family === '6' || (style.family === '4' && !link && one.addresses.length === 0)) return ''
  const more = style.details ? details(one, hostAddress) : { tail: '', lines: [] }
  const counters = style.statistics === 0 ? [] : style.statistics === 1 ? COUNTERS : COUNTERS_TWICE
  const addresses = link ? [] : one.addresses.flatMap((address) => [`    ${addressLine(one, address)}`, FOREVER])
  const lower = style.family === '4' && !link ? [] : [hardware(one, style.busybox) + more.tail, ...more.lines]
  return [firstLine(one, index, link, style.busybox), ...lower, ...addresses, ...counters]
    .map((line) => `${line}\n`)
    .join('')
}

/** With -o each address is a line, and a backslash stands for the line's end. */
export function makeOneLine(one: NetworkInterface, index: number, link: boolean, style: Style): string {
  if (link) return `${makeInterface(one, index, true, style).trimEnd().replaceAll('\n', '\\')}\n`
  return one.addresses.map((address) => `${index}: ${one.name}    ${addressLine(one, address)}\\${FOREVER}\n`).join('')
}

export function makeBrief(one: NetworkInterface, link: boolean): string {
  const shown = link ? `${one.mac} <${flagsOf(one).join(',')}>` : one.addresses.join(' ')
  return `${`${one.name}${peerOf(one)}`.padEnd(16)} ${stateOf(one).padEnd(14)} ${shown}${shown === '' ? '' : ' '}\n`
}

export function makeRow(one: NetworkInterface, index: number, link: boolean): JsonValue {
  return {
    ifindex: index,
    ...(one.peerIndex !== undefined && { link_index: one.peerIndex }),
    ifname: one.name,
    flags: flagsOf(one),
    mtu: one.mtu,
    qdisc: queueOf(one),
    master: one.master,
    operstate: stateOf(one),
    ...(link && { linkmode: 'DEFAULT' }),
    group: 'default',
    txqlen: 1000,
    link_type: isLoopback(one) ? 'loopback' : 'ether',
    address: one.mac,
    broadcast: broadcastMac(one),
    ...(one.peerIndex !== undefined && { link_netnsid: 0 }),
    ...(!link && { addr_info: one.addresses.map((address) => addressRow(one, address)) }),
  }
}

function addressRow(one: NetworkInterface, address: string): JsonValue {
  return {
    family: 'inet',
    local: bareAddress(address),
    prefixlen: Number(address.split('/')[1]),
    broadcast: broadcast(one, address),
    scope: isLoopback(one) ? 'host' : 'global',
    label: one.name,
    valid_life_time: 4_294_967_295,
    preferred_life_time: 4_294_967_295,
  }
}
