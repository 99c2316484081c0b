/** bridge of iproute2 and brctl, as far as looking goes: cni0 and the veths of pods (Q6). Not modelled: changes, VLANs, aging. */
import type { NetworkInterface } from '../host.ts'
import type { Program } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { kindOf } from './ip/interfaces.ts'
import { makeJson } from './ip/json.ts'
import { indexOf } from './ip/words.ts'
import { end } from './end.ts'

const portsOf = (all: readonly NetworkInterface[], bridge: string): NetworkInterface[] =>
  all.filter(({ master }) => master === bridge)

const PORT_DETAILS = '    hairpin on guard off root_block off fastleave off learning on flood on mcast_flood on bcast_flood on mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated off locked off \n' // prettier-ignore

const FLAGS = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP']

function portLine(one: NetworkInterface, index: number): string {
  return `${index}: ${one.name}@if${one.peerIndex ?? 0}: <${FLAGS.join(',')}> mtu ${one.mtu} master ${one.master} state forwarding priority 32 cost 2 \n`
}

const bridge: Program = function* (argv, p) {
  const flags = argv.slice(1).filter((word) => word.startsWith('-'))
  const [object = '', verb = 'show', ...rest] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const { interfaces } = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (flags.includes('-V')) {
    yield* p.out('bridge utility, 6.1.0\n')
    return 0
  }
  const isShow = ['show', 'list', 'lst'].some((word) => word.startsWith(verb))
  const dev = rest[0] === 'dev' || rest[0] === 'br' || rest[0] === 'brport' ? rest[1] : undefined
  if (object === '') return yield* end(p, 255, USAGE)
  if (!isShow || (rest.length > 0 && dev === undefined)) return yield* end(p, 1, `not simulated: ${argv.join(' ')}\n`)
  const ports = interfaces.filter(({ master, name }) => master !== undefined && (dev === undefined || name === dev || master === dev)) // prettier-ignore
  if ('link'.startsWith(object)) {
    if (flags.some((flag) => '-json'.startsWith(flag)))
      yield* p.out(makeJson(ports.map((one) => ({ ifindex: indexOf(one, interfaces), link_index: one.peerIndex ?? 0, ifname: one.name, flags: FLAGS, mtu: one.mtu, master: one.master, state: 'forwarding', priority: 32, cost: 2 })), flags.includes('-p'))) // prettier-ignore
    else
      for (const one of ports)
        yield* p.out(portLine(one, indexOf(one, interfaces)) + (flags.some((flag) => '-details'.startsWith(flag)) ? PORT_DETAILS : '')) // prettier-ignore
    return 0
  }
  if ('fdb'.startsWith(object)) {
    yield* p.out(ports.map((one) => forwarding(one)).join(''))
    return 0
  }
  if ('vlan'.startsWith(object) || 'mdb'.startsWith(object)) {
    yield* p.out('vlan'.startsWith(object) ? 'port              vlan-id  \n' : '')
    return 0
  }
  return yield* end(p, 255, `Object "${object}" is unknown, try "bridge help".\n`)
}

/** The pod's address is learnt at its port, where the port's own stands for good. */
function forwarding({ name, mac, master, podIp }: NetworkInterface): string {
  const parts = (podIp ?? '').split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  const learnt = podIp === undefined ? '' : `0a:58:${parts.join(':')} dev ${name} master ${master} \n`
  return `${learnt}${mac} dev ${name} vlan 1 master ${master} permanent\n${mac} dev ${name} master ${master} permanent\n`
}

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
       bridge [ -force ] -batch filename
where  OBJECT := { link | fdb | mdb | vlan | vni | monitor }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |
                    -o[neline] | -t[imestamp] | -n[etns] name |
                    -com[pressvlans] -c[olor] -p[retty] -j[son] }
`

const BRCTL_USAGE = `Usage: brctl [commands]
commands:
	addbr     	<bridge>		add bridge
	delbr     	<bridge>		delete bridge
	addif     	<bridge> <device>	add interface to bridge
	delif     	<bridge> <device>	delete interface from bridge
	hairpin   	<bridge> <port> {on|off}	turn hairpin on/off
	setageing 	<bridge> <time>		set ageing time
	setbridgeprio	<bridge> <prio>		set bridge priority
	setfd     	<bridge> <time>		set bridge forward delay
	sethello  	<bridge> <time>		set hello time
	setmaxage 	<bridge> <time>		set max message age
	setpathcost	<bridge> <port> <cost>	set path cost
	setportprio	<bridge> <port> <prio>	set port priority
	show      	[ <bridge> ]		show a list of bridges
	showmacs  	<bridge>		show a list of mac addrs
	showstp   	<bridge>		show bridge stp info
	stp       	<bridge> {on|off}	turn stp on/off
`

const brctl: Program = function* (argv, p) {
  const [verb, name] = argv.slice(1)
  if (verb === undefined) return yield* end(p, 1, BRCTL_USAGE)
  const { interfaces } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const bridges = interfaces.filter((one) => kindOf(one) === 'bridge' && (name === undefined || one.name === name))
  if (verb === 'show') {
    if (name !== undefined && bridges.length === 0) return yield* end(p, 1, `bridge ${name} does not exist!\n`)
    yield* p.out('bridge name\tbridge id\t\tSTP enabled\tinterfaces\n')
    for (const one of bridges) {
      const [first, ...others] = portsOf(interfaces, one.name)
      yield* p.out(`${one.name}\t\t8000.${one.mac.replaceAll(':', '')}\tno\t\t${first?.name ?? ''}\n`)
      yield* p.out(others.map((port) => `\t\t\t\t\t\t\t${port.name}\n`).join(''))
    }
    return 0
  }
  if (verb === 'showmacs' && bridges.length > 0) {
    const rows = portsOf(interfaces, name ?? '').map(({ mac }, at) => `${String(at + 1).padStart(3)}\t${mac}\tyes\t\t   0.00\n`) // prettier-ignore
    yield* p.out(`port no\tmac addr\t\tis local?\tageing timer\n${rows.join('')}`)
    return 0
  }
  return yield* end(p, 1, `not simulated: ${argv.join(' ')}\n`)
}

export const bridgePrograms: Record<string, Program> = { bridge, brctl }
