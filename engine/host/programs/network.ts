/** ip, netstat, ping, nc (Q6). Not modelled: what routes of one's own do to packets, neighbours, udp sockets, IPv6. */
import type { NetworkInterface, Route } from '../host.ts'
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { ss } from './ss.ts'

function* end(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text)
  return code
}

/** Options before the object; others are refused. */
const IP_OPTIONS = new Set([
  '-4',
  '-o',
  '-oneline',
  '-c',
  '-color',
  '-n',
  '-br',
  '-brief',
  '-f',
  'inet',
  '-N',
  '-family',
])
const SHOWING = new Set(['show', 'list', 'ls', 'lst', 'sh', 's', 'l'])

const ip: Program = function* (argv, p) {
  const given = argv.slice(1)
  const begin = given.findIndex((word, at) => !word.startsWith('-') && !/^-(f|family)$/.test(given[at - 1] ?? ''))
  const flags = given.slice(0, begin < 0 ? given.length : begin).map((word) => word.replace(/^--(?=\w{2})/, '-'))
  const odd = flags.find((word) => !IP_OPTIONS.has(word) && !/^-c(olor)?=/.test(word))
  if (odd === '-V' || odd === '-Version') {
    yield* p.out('ip utility, iproute2-6.1.0, libbpf 1.3.0\n')
    return 0
  }
  if (odd !== undefined) return yield* end(p, 1, `not simulated: ip ${odd}\n`)
  const words = begin < 0 ? [] : given.slice(begin)
  const [object = '', verb = 'show', ...rest] = words
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const unmodelled = (): Run<number> => end(p, 1, `not simulated: ip ${words.join(' ')}\n`)
  const isDevice = verb === 'dev' || facts.interfaces.some((each) => each.name === verb)
  const showing = SHOWING.has(verb) || isDevice
  const asked = (isDevice ? [verb, ...rest] : rest).filter((word) => word !== 'dev')
  const how = {
    name: asked[0] === 'up' ? undefined : asked[0],
    up: asked[0] === 'up',
    brief: flags.includes('-br') || flags.includes('-brief'),
    oneLine: flags.includes('-o') || flags.includes('-oneline'),
    only4: flags.includes('-4') || flags.includes('inet'),
  }
  const isOdd =
    asked.length > 1 || ['type', 'scope', 'to', 'label', 'master', 'vrf', 'permanent'].includes(asked[0] ?? '')
  if ('address'.startsWith(object) && object !== '') {
    if (CHANGES.has(verb)) return yield* changeAddress(p, facts, verb, rest)
    return showing && !isOdd ? yield* showInterfaces(p, facts, { ...how, link: false }) : yield* unmodelled()
  }
  if ('link'.startsWith(object) && object !== '') {
    if (verb === 'set') return yield* setLink(p, facts, rest)
    return showing && !isOdd ? yield* showInterfaces(p, facts, { ...how, link: true }) : yield* unmodelled()
  }
  if ('route'.startsWith(object) && object !== '')
    return CHANGES.has(verb) ? yield* changeRoute(p, facts, verb, rest) : yield* route(p, facts, verb, rest)
  if (['neigh', 'neighbour', 'neighbor', 'n', 'rule', 'ru', 'netns', 'maddr', 'monitor', 'xfrm', 'tunnel', 'vrf'].includes(object)) return yield* unmodelled() // prettier-ignore
  return yield* end(p, object === '' || object === 'help' ? 255 : 1, object === '' || object === 'help' ? 'Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n' : `Object "${object}" is unknown, try "ip help".\n`) // prettier-ignore
}

const CHANGES = new Set(['add', 'a', 'del', 'delete', 'd', 'replace'])
const isRemoval = (verb: string): boolean => verb.startsWith('d')

/** Gives the kernel other interfaces or routes. */
function* setNetwork(p: Proc, { interfaces, routes }: Pick<HostFactsAnswer, 'interfaces' | 'routes'>): Run<number> {
  const done = (yield* p.ask('network.set', { interfaces, routes })) as { ok: true } | { error: 'denied' }
  return 'ok' in done ? 0 : yield* end(p, 2, 'RTNETLINK answers: Operation not permitted\n')
}

const wordAfter = (words: readonly string[], name: string): string | undefined =>
  words.includes(name) ? words[words.indexOf(name) + 1] : undefined

/** `ip addr add 10.0.0.5/24 dev eth0` */
function* changeAddress(p: Proc, facts: HostFactsAnswer, verb: string, rest: readonly string[]): Run<number> {
  const [address = ''] = rest
  const dev = wordAfter(rest, 'dev')
  if (dev === undefined) return yield* end(p, 255, 'Not enough information: "dev" argument is required.\n')
  const found = facts.interfaces.find(({ name }) => name === dev)
  if (found === undefined) return yield* end(p, 1, `Cannot find device "${dev}"\n`)
  const wanted = address.includes('/') ? address : `${address}/32`
  const there = found.addresses.includes(wanted)
  if (isRemoval(verb) && !there) return yield* end(p, 2, 'Error: ipv4: Address not found.\n')
  if (!isRemoval(verb) && there) return yield* end(p, 2, 'RTNETLINK answers: File exists\n')
  const addresses = isRemoval(verb) ? found.addresses.filter((one) => one !== wanted) : [...found.addresses, wanted]
  const source = `src ${wanted.split('/')[0]}`
  const routes = isRemoval(verb) ? facts.routes.filter(({ dev: device, rest: more = '' }) => device !== dev || !more.endsWith(source)) : facts.routes // prettier-ignore
  return yield* setNetwork(p, { interfaces: facts.interfaces.map((one) => (one === found ? { ...one, addresses } : one)), routes }) // prettier-ignore
}

/** `ip link set eth0 down`; routes of an interface go with it, and only those of its addresses come back. */
function* setLink(p: Proc, facts: HostFactsAnswer, rest: readonly string[]): Run<number> {
  const words = rest.filter((word) => word !== 'dev')
  const [name = '', what = ''] = words
  const found = facts.interfaces.find((one) => one.name === name)
  if (found === undefined) return yield* end(p, 1, `Cannot find device "${name}"\n`)
  const mtu = what === 'mtu' ? Number(words[2]) : found.mtu
  if (!['up', 'down', 'mtu'].includes(what)) return yield* end(p, 1, `not simulated: ip link set ${rest.join(' ')}\n`)
  const interfaces = facts.interfaces.map((one) => (one === found ? { ...one, mtu, up: what === 'mtu' ? one.up : what === 'up' } : one)) // prettier-ignore
  const others = facts.routes.filter(({ dev }) => dev !== name)
  if (what === 'down') return yield* setNetwork(p, { interfaces, routes: others })
  const networks = found.addresses.map((address): Route => ({ to: networkOf(address), dev: name, rest: `proto kernel scope link src ${address.split('/')[0]}` })) // prettier-ignore
  return yield* setNetwork(p, { interfaces, routes: found.up ? facts.routes : [...others, ...networks] })
}

/** `172.30.1.0/24` of `172.30.1.11/24`; ranges of 8, 16, 24 and 32 bits. */
function networkOf(address: string): string {
  const [ip = '', bits = '32'] = address.split('/')
  const kept = Math.floor(Number(bits) / 8)
  return `${ip.split('.').map((part, index) => (index < kept ? part : '0')).join('.')}/${bits}` // prettier-ignore
}

/** `ip route add 10.1.0.0/16 via 172.30.1.1 dev eth0` */
function* changeRoute(p: Proc, facts: HostFactsAnswer, verb: string, rest: readonly string[]): Run<number> {
  const [to = ''] = rest
  const via = wordAfter(rest, 'via')
  const found = facts.routes.find((one) => one.to === to)
  if (isRemoval(verb)) {
    if (found === undefined) return yield* end(p, 2, 'RTNETLINK answers: No such process\n')
    return yield* setNetwork(p, { interfaces: facts.interfaces, routes: facts.routes.filter((one) => one !== found) })
  }
  if (found !== undefined && verb !== 'replace') return yield* end(p, 2, 'RTNETLINK answers: File exists\n')
  const direct = facts.routes.find((one) => via !== undefined && one.to !== 'default' && covers(one.to, via))
  if (via !== undefined && direct === undefined) return yield* end(p, 2, 'Error: Nexthop has invalid gateway.\n')
  const dev = wordAfter(rest, 'dev') ?? direct?.dev ?? 'eth0'
  if (!facts.interfaces.some(({ name }) => name === dev)) return yield* end(p, 1, `Cannot find device "${dev}"\n`)
  const made: Route = { to, ...(via !== undefined && { via }), dev, ...(via === undefined && { rest: 'scope link' }) }
  const kept = facts.routes.filter((one) => one !== found)
  return yield* setNetwork(p, {
    interfaces: facts.interfaces,
    routes: to === 'default' ? [made, ...kept] : [...kept, made],
  })
}

function* showInterfaces(
  p: Proc,
  facts: HostFactsAnswer,
  how: { name?: string | undefined; up: boolean; brief: boolean; link: boolean; oneLine: boolean; only4: boolean },
): Run<number> {
  const shown = facts.interfaces.filter((each) => (how.name === undefined || each.name === how.name) && (!how.up || each.up)) // prettier-ignore
  if (shown.length === 0 && how.name !== undefined) return yield* end(p, 1, `Device "${how.name}" does not exist.\n`)
  for (const each of shown) {
    const index = facts.interfaces.indexOf(each) + 1
    yield* p.out(
      how.brief ? briefInterface(each, how.link) : how.oneLine ? oneLine(each, index, how.link) : makeInterface(each, index, how.link, how.only4), // prettier-ignore
    )
  }
  return 0
}

function briefInterface({ name, up, addresses, mac }: NetworkInterface, link: boolean): string {
  const state = name === 'lo' ? 'UNKNOWN' : up ? 'UP' : 'DOWN'
  return `${name.padEnd(16)} ${state.padEnd(14)} ${link ? `${mac} <${flagsOf(name, up)}>` : addresses.join(' ')} \n`
}

function flagsOf(name: string, up: boolean): string {
  return name === 'lo' ? 'LOOPBACK,UP,LOWER_UP' : `BROADCAST,MULTICAST${up ? ',UP,LOWER_UP' : ''}`
}

/** With -o each address is a line, and a backslash stands for the line's end. */
function oneLine(one: NetworkInterface, index: number, link: boolean): string {
  if (link) return `${makeInterface(one, index, true).trimEnd().replace('\n', '\\')}\n`
  const scope = one.name === 'lo' ? 'host lo' : `global ${one.name}`
  return one.addresses.map((address) => `${index}: ${one.name}    inet ${address} scope ${scope}\\       valid_lft forever preferred_lft forever\n`).join('') // prettier-ignore
}

/** The lines of one interface in `ip addr` or `ip link`. */
function makeInterface(
  { name, mac, mtu, up, addresses, peerIndex }: NetworkInterface,
  index: number,
  link: boolean,
  only4 = false,
): string {
  if (only4 && !link && addresses.length === 0) return ''
  const loopback = name === 'lo'
  const queue =
    loopback || name.startsWith('veth') || name.startsWith('cni') || name.startsWith('flannel') ? 'noqueue' : 'fq_codel'
  const state = loopback ? 'UNKNOWN' : up ? 'UP' : 'DOWN'
  const lines = [
    `${index}: ${name}${peerIndex === undefined ? '' : `@if${peerIndex}`}: <${flagsOf(name, up)}> mtu ${mtu} qdisc ${queue} state ${state} ${link ? 'mode DEFAULT ' : ''}group default qlen 1000`,
    `    link/${loopback ? 'loopback' : 'ether'} ${mac} brd ${loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff'}`,
  ]
  if (only4 && !link) lines.pop()
  if (!link)
    for (const address of addresses)
      lines.push(
        `    inet ${address} scope ${loopback ? 'host lo' : `global ${name}`}`,
        '       valid_lft forever preferred_lft forever',
      )
  return lines.map((line) => `${line}\n`).join('')
}

function makeRoute({ to, via, dev, rest }: Route): string {
  return `${to}${via === undefined ? '' : ` via ${via}`} dev ${dev}${rest === undefined ? '' : ` ${rest}`} `
}

function* route(p: Proc, facts: HostFactsAnswer, verb: string, rest: readonly string[]): Run<number> {
  if ((verb === 'get' || verb === 'g') && rest[0] !== undefined) {
    const chosen =
      facts.routes.find(({ to }) => to !== 'default' && covers(to, rest[0] as string)) ??
      facts.routes.find(({ to }) => to === 'default')
    if (chosen === undefined) return yield* end(p, 2, 'RTNETLINK answers: Network is unreachable\n')
    yield* p.out(
      `${rest[0]}${chosen.via === undefined ? '' : ` via ${chosen.via}`} dev ${chosen.dev} src ${facts.address} uid ${p.user === 'root' ? 0 : 1000} \n    cache \n`,
    )
    return 0
  }
  const words = SHOWING.has(verb) ? rest : [verb, ...rest]
  const dev = wordAfter(words, 'dev')
  const to = words[0] === 'dev' ? undefined : words[0]
  const isOdd = to !== undefined && to !== 'default' && !/^\d+(\.\d+){3}(\/\d+)?$/.test(to)
  if (isOdd || words.length > (dev === undefined ? 1 : 3))
    return yield* end(p, 2, `not simulated: ip route ${[verb, ...rest].join(' ')}\n`)
  const fits = (each: Route): boolean => (to === undefined || each.to === to) && (dev === undefined || each.dev === dev)
  for (const each of facts.routes.filter(fits))
    yield* p.out(`${makeRoute(each)}\n`.replace(dev === undefined ? '' : ` dev ${dev}`, ''))
  return 0
}

function covers(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number(base) / size) === Math.floor(number(address) / size)
}

const netstat: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['t', 'l', 'n', 'p', 'u', 'a', 'r', 'e', 'i', 's'] })
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (has(options, 'r')) {
    const rows = facts.routes.map(
      ({ to, via, dev }) =>
        `${(to === 'default' ? '0.0.0.0' : (to.split('/')[0] ?? '')).padEnd(15)} ${(via ?? '0.0.0.0').padEnd(15)} ${(to === 'default' ? '0.0.0.0' : '255.255.255.0').padEnd(15)} ${(via === undefined ? 'U' : 'UG').padEnd(5)}     0 0          0 ${dev}\n`,
    )
    yield* p.out(
      `Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n${rows.join('')}`,
    )
    return 0
  }
  if (has(options, 'i') || has(options, 's')) return yield* end(p, 1, 'not simulated: netstat -i and -s\n')
  yield* p.out(
    `Active Internet connections (${has(options, 'l') ? 'only servers' : has(options, 'a') ? 'servers and established' : 'w/o servers'})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${has(options, 'p') ? ' PID/Program name    ' : ''}\n`,
  )
  if (!has(options, 'l') && !has(options, 'a')) return 0
  for (const { address, port, program, pid } of facts.sockets) {
    const v6 = address === '*'
    const who = p.user === 'root' ? `${pid}/${program}` : '-'
    yield* p.out(
      `${v6 ? 'tcp6' : 'tcp '}       0      0 ${`${v6 ? '::' : address}:${port}`.padEnd(23)} ${(v6 ? ':::*' : '0.0.0.0:*').padEnd(23)} LISTEN     ${has(options, 'p') ? ` ${who.padEnd(20)}` : ''}\n`,
    )
  }
  return 0
}

/** How long ping waits for a last answer. */
const PING_WAIT_MS = 10_000

const PING_SPEC = { flags: ['n', 'q', '4', 'v', 'A', 'f'], withValue: ['c', 'i', 'W', 'w', 's', 'I', 't'] }

/** Whether an address answers: a host that is up and not cut off. ClusterIPs do not answer. */
function* echo(p: Proc, address: string): Run<boolean> {
  if (address.startsWith('127.')) return true
  const dial = (yield* p.ask('host.dial', { name: address, port: 0 })) as { dial?: string }
  if (dial.dial !== undefined) return dial.dial !== 'silent'
  return (yield* p.ask('network.ping', { address })) === true
}

function pingOf(busybox: boolean): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, PING_SPEC)
    const [name] = options.rest
    if (name === undefined) return yield* end(p, busybox ? 1 : 1, 'ping: usage error: Destination address required\n')
    const found = /^[\d.]+$/.test(name) ? { addresses: [name] } : yield* p.resolve(name)
    if ('error' in found)
      return yield* end(
        p,
        busybox ? 1 : 2,
        busybox
          ? `ping: bad address '${name}'\n`
          : `ping: ${name}: ${found.error === 'NXDOMAIN' ? 'Name or service not known' : 'Temporary failure in name resolution'}\n`,
      )
    const address = found.addresses[0] ?? name
    yield* p.catchSignals(['INT'])
    yield* p.out(
      busybox ? `PING ${name} (${address}): 56 data bytes\n` : `PING ${name} (${address}) 56(84) bytes of data.\n`,
    )
    return yield* pinging(p, {
      name,
      address,
      busybox,
      count: Number(valueOf(options, 'c') ?? Infinity),
      deadlineMs: Number(valueOf(options, 'w') ?? valueOf(options, 'W') ?? Infinity) * 1000,
      intervalMs: Number(valueOf(options, 'i') ?? 1) * 1000,
    })
  }
}

function* pinging(
  p: Proc,
  how: { name: string; address: string; busybox: boolean; count: number; deadlineMs: number; intervalMs: number },
): Run<number> {
  const started = yield* p.now()
  const times: number[] = []
  let sent = 0
  while (sent < how.count) {
    sent++
    if (yield* echo(p, how.address)) {
      const ms = 0.2 + (yield* p.random()) * 0.5
      times.push(ms)
      yield* p.out(
        how.busybox
          ? `64 bytes from ${how.address}: seq=${sent - 1} ttl=64 time=${ms.toFixed(3)} ms\n`
          : `64 bytes from ${how.address}: icmp_seq=${sent} ttl=64 time=${ms.toFixed(3)} ms\n`,
      )
    }
    const last = sent >= how.count
    const waitMs = last ? (times.length === sent ? 0 : Math.min(PING_WAIT_MS, how.deadlineMs)) : how.intervalMs
    if (waitMs > 0 && !(yield* p.sleep(waitMs))) break
    if ((yield* p.now()) - started >= how.deadlineMs && how.deadlineMs > how.intervalMs) break
  }
  const loss = Math.round(((sent - times.length) / sent) * 100)
  const [min, max, avg] = [
    Math.min(...times),
    Math.max(...times),
    times.reduce((sum, each) => sum + each, 0) / times.length,
  ]
  const rtt =
    times.length === 0
      ? ''
      : how.busybox
        ? `round-trip min/avg/max = ${min.toFixed(3)}/${avg.toFixed(3)}/${max.toFixed(3)} ms\n`
        : `rtt min/avg/max/mdev = ${min.toFixed(3)}/${avg.toFixed(3)}/${max.toFixed(3)}/${((max - min) / 2).toFixed(3)} ms\n`
  yield* p.out(
    how.busybox
      ? `\n--- ${how.name} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${loss}% packet loss\n${rtt}`
      : `\n--- ${how.name} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${loss}% packet loss, time ${(yield* p.now()) - started}ms\n${rtt === '' ? '\n' : rtt}`,
  )
  return times.length === 0 ? 1 : 0
}

const NC_SPEC = { flags: ['z', 'v', 'n', 'u', 'l', 'k', '4', 'N', 'd'], withValue: ['w', 'p', 's', 'q', 'i'] }
const SERVICES: Record<number, string> = {
  22: 'ssh',
  53: 'domain',
  80: 'http',
  443: 'https',
  3306: 'mysql',
  5432: 'postgresql',
  6379: 'redis',
  8080: 'http-alt',
}

function ncOf(busybox: boolean): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, NC_SPEC)
    const [host, port] = options.rest
    if (has(options, 'l') || has(options, 'u'))
      return yield* end(p, 1, `not simulated: nc -${has(options, 'l') ? 'l' : 'u'}\n`)
    if (host === undefined || port === undefined)
      return yield* end(
        p,
        1,
        busybox
          ? 'BusyBox v1.36.1 multi-call binary.\n\nUsage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]\n'
          : 'usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n',
      )
    const found = /^[\d.]+$/.test(host) ? { addresses: [host] } : yield* p.resolve(host)
    if ('error' in found)
      return yield* end(
        p,
        1,
        busybox
          ? `nc: bad address '${host}'\n`
          : `nc: getaddrinfo for host "${host}" port ${port}: Name or service not known\n`,
      )
    const wait = valueOf(options, 'w')
    const address = found.addresses[0] ?? host
    let code = 0
    const [low = 0, high = low] = port.split('-').map(Number)
    for (let each = low; each <= high; each++) {
      const answer = yield* p.connect(host, each, wait === undefined ? undefined : Number(wait) * 1000)
      code = answer === 'open' ? 0 : 1
      if (has(options, 'v') || (busybox && answer !== 'open'))
        yield* p.err(busybox ? busyboxNc(host, address, each, answer) : openbsdNc(host, each, answer))
    }
    if (code === 0 && !has(options, 'z'))
      return yield* end(p, 1, 'nc: not simulated: sending data; use -z to test a port\n')
    return code
  }
}

function openbsdNc(host: string, port: number, answer: string): string {
  if (answer === 'open') return `Connection to ${host} ${port} port [tcp/${SERVICES[port] ?? '*'}] succeeded!\n`
  const where = `nc: connect to ${host} port ${port} (tcp)`
  if (answer === 'refused') return `${where} failed: Connection refused\n`
  return answer === 'timeout'
    ? `${where} timed out: Operation now in progress\n`
    : `${where} failed: No route to host\n`
}

function busyboxNc(host: string, address: string, port: number, answer: string): string {
  if (answer === 'open') return `${host} (${address}:${port}) open\n`
  const why =
    answer === 'refused' ? 'Connection refused' : answer === 'timeout' ? 'Connection timed out' : 'No route to host'
  return `nc: ${host} (${address}:${port}): ${why}\n`
}

export const networkPrograms = {
  ip,
  ss,
  netstat,
  ping: pingOf(false),
  nc: ncOf(false),
  'busybox-ping': pingOf(true),
  'busybox-nc': ncOf(true),
}
