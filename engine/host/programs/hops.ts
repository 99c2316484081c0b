/** tracepath, traceroute and telnet (Q6): the hosts on the way by the routes; a port that answers. Not modelled: packets of other kinds, what a telnet session carries. */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { bareAddress, routeTo } from './ip/words.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { echo } from './ping.ts'
import { end } from './end.ts'

/** The addresses that answer on the way; the last is the target when it is reached. No route: undefined. */
function* wayTo(p: Proc, target: string): Run<string[] | undefined> {
  const { interfaces, routes } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const isOwn = target.startsWith('127.') || interfaces.some(({ addresses }) => addresses.some((one) => bareAddress(one) === target)) // prettier-ignore
  const route = isOwn ? undefined : routeTo(routes, target)
  if (!isOwn && route === undefined) return undefined
  const first = route?.via === undefined ? [] : [route.via]
  const isPod = interfaces.some(({ name, peerIndex }) => name === 'eth0' && peerIndex !== undefined)
  const range = target.replace(/\.\d+$/, '.0')
  const beyond = isPod && route?.via !== undefined && target.startsWith('10.244.') && range !== route.via.replace(/\.\d+$/, '.0') ? [range] : [] // prettier-ignore
  const answers = yield* echo(p, target)
  return [...first, ...beyond, ...(answers ? [target] : [])]
}

function* nameOf(p: Proc, ip: string, isNumeric: boolean): Run<string> {
  const hosts = yield* p.readFile('/etc/hosts')
  const lines = 'text' in hosts ? hosts.text.split('\n').map((line) => line.trim().split(/\s+/)) : []
  return isNumeric ? ip : (lines.find(([address]) => address === ip)?.[1] ?? (ip === '172.30.1.1' ? '_gateway' : ip))
}

/** Milliseconds to a hop, a little more for each. */
function* delay(p: Proc, hop: number): Run<string> {
  return (0.05 + hop * 0.2 + (yield* p.random()) * 0.3).toFixed(3)
}

const MAX_HOPS = 30
/** How long the programs wait for those who do not answer. */
const TRACEROUTE_WAIT_MS = 10_000
const TRACEPATH_WAIT_MS = 3_000

function* resolved(p: Proc, name: string): Run<string | undefined> {
  if (/^\d+(\.\d+){3}$/.test(name)) return name
  const found = yield* p.resolve(name)
  return 'error' in found ? undefined : found.addresses[0]
}

const traceroute: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['n', '4', 'I', 'T', 'U', 'F', 'd', 'r', 'A'], withValue: ['m', 'q', 'w', 'p', 'f', 's', 'i', 'N', 'z'] }) // prettier-ignore
  const [name] = options.rest
  if (name === undefined) return yield* end(p, 2, 'Specify "host" missing argument.\n')
  const address = yield* resolved(p, name)
  if (address === undefined)
    return yield* end(p, 2, `${name}: Name or service not known\nCannot handle "host" cmdline arg \`${name}' on position 1 (argc ${argv.indexOf(name)})\n`) // prettier-ignore
  const max = Number(valueOf(options, 'm') ?? MAX_HOPS)
  const probes = Number(valueOf(options, 'q') ?? 3)
  yield* p.out(`traceroute to ${name} (${address}), ${max} hops max, 60 byte packets\n`)
  const way = yield* wayTo(p, address)
  if (way === undefined) return yield* end(p, 1, 'connect: Network is unreachable\n')
  for (const [at, ip] of way.slice(0, max).entries()) {
    const host = yield* nameOf(p, ip, false)
    const times: string[] = []
    for (let i = 0; i < probes; i++) times.push(`  ${yield* delay(p, at + 1)} ms`)
    yield* p.out(`${String(at + 1).padStart(2)}  ${has(options, 'n') ? ip : `${host} (${ip})`}${times.join('')}\n`)
  }
  if (way.at(-1) === address || way.length >= max) return 0
  yield* p.sleep(TRACEROUTE_WAIT_MS)
  for (let hop = way.length + 1; hop <= max; hop++) yield* p.out(`${String(hop).padStart(2)}  ${Array(probes).fill('*').join(' ')}\n`) // prettier-ignore
  return 0
}

const HOST_COLUMN = 52

const tracepath: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['n', 'b', '4', '6'], withValue: ['m', 'l', 'p'] })
  const [name] = options.rest
  if (name === undefined) return yield* end(p, 1, 'tracepath: usage error: Destination address required\n')
  const address = yield* resolved(p, name)
  if (address === undefined) return yield* end(p, 1, `tracepath: ${name}: Name or service not known\n`)
  const max = Number(valueOf(options, 'm') ?? MAX_HOPS)
  const { interfaces, routes } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const way = yield* wayTo(p, address)
  if (way === undefined) return yield* unsent(p)
  const device = routeTo(routes, address)?.dev
  const isOwn = address.startsWith('127.') || interfaces.some(({ addresses }) => addresses.some((one) => bareAddress(one) === address)) // prettier-ignore
  const mtu = isOwn ? 65_535 : (interfaces.find((one) => one.name === device)?.mtu ?? 1500)
  if (!isOwn) yield* p.out(` 1?: ${'[LOCALHOST]'.padEnd(32)} pmtu ${mtu}\n`)
  for (const [at, ip] of way.slice(0, max).entries()) {
    const host = `${yield* nameOf(p, ip, has(options, 'n'))}${has(options, 'b') ? ` (${ip})` : ''}`
    const line = function* (): Run<string> {
      return `${String(at + 1).padStart(2)}:  ${host.padEnd(HOST_COLUMN)}  ${(yield* delay(p, at + 1)).padStart(5)}ms${ip === address ? ' reached' : ''}\n` // prettier-ignore
    }
    yield* p.out(yield* line())
    if (at === 0 && !isOwn) yield* p.out(yield* line())
  }
  if (way.at(-1) === address || way.length >= max) {
    yield* p.out(`     Resume: pmtu ${mtu} hops ${way.length} back ${way.length} \n`)
    return 0
  }
  for (let hop = way.length + 1; hop <= max; hop++) {
    yield* p.sleep(TRACEPATH_WAIT_MS)
    yield* p.out(`${String(hop).padStart(2)}:  no reply\n`)
  }
  yield* p.out(`     Too many hops: pmtu ${mtu}\n     Resume: pmtu ${mtu} \n`)
  return 0
}

function* unsent(p: Proc): Run<number> {
  yield* p.out(' 1:  send failed\n     Resume: pmtu 65535 \n')
  return 1
}

const TELNET_WHY = { refused: 'Connection refused', timeout: 'Connection timed out', unreachable: 'No route to host' }

const telnet: Program = function* (argv, p) {
  const [name, port = '23', ...more] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (name === undefined || more.length > 0) return yield* end(p, 1, 'not simulated: telnet without a host\n')
  const address = yield* resolved(p, name)
  if (address === undefined)
    return yield* end(p, 1, `Server lookup failure:  ${name}:${port}, Name or service not known\n`)
  yield* p.out(`Trying ${address}...\n`)
  const answer = yield* p.connect(address, Number(port))
  if (answer !== 'open') return yield* end(p, 1, `telnet: Unable to connect to remote host: ${TELNET_WHY[answer]}\n`)
  yield* p.out(`Connected to ${name}.\nEscape character is '^]'.\n`)
  if (yield* p.isTty(0)) yield* p.readLine()
  yield* p.out('Connection closed by foreign host.\n')
  return 1
}

/** busybox tells of a port that answers only when it is asked. */
const busyboxTelnet: Program = function* (argv, p) {
  const [name, port = '23'] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (name === undefined) return yield* end(p, 1, 'BusyBox v1.36.1 multi-call binary.\n\nUsage: telnet [-a] [-l USER] HOST [PORT]\n') // prettier-ignore
  const address = yield* resolved(p, name)
  if (address === undefined) return yield* end(p, 1, `telnet: bad address '${name}'\n`)
  const answer = yield* p.connect(address, Number(port))
  if (answer !== 'open') return yield* end(p, 1, `telnet: can't connect to remote host (${address}): ${TELNET_WHY[answer]}\n`) // prettier-ignore
  yield* p.out(`Connected to ${name}\n\nEntering character mode\nEscape character is '^]'.\n\n`)
  if (yield* p.isTty(0)) yield* p.readLine()
  yield* p.out('Connection closed by foreign host\n')
  return 1
}

/** busybox prints the same way with its own first line. */
const busyboxTraceroute: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['n', 'I', 'F', 'l', 'd', 'v', 'r', '4', '6'], withValue: ['m', 'q', 'w', 'p', 'f', 's', 'i', 't', 'g', 'z'] }) // prettier-ignore
  const [name] = options.rest
  const address = name === undefined ? undefined : yield* resolved(p, name)
  if (name === undefined || address === undefined) return yield* end(p, 1, `traceroute: bad address '${name ?? ''}'\n`)
  const max = Number(valueOf(options, 'm') ?? MAX_HOPS)
  yield* p.out(`traceroute to ${name} (${address}), ${max} hops max, 46 byte packets\n`)
  const way = (yield* wayTo(p, address)) ?? []
  for (const [at, ip] of way.slice(0, max).entries()) {
    const times: string[] = []
    for (let i = 0; i < 3; i++) times.push(`  ${yield* delay(p, at + 1)} ms`)
    yield* p.out(`${String(at + 1).padStart(2)}  ${has(options, 'n') ? ip : `${ip} (${ip})`}${times.join('')}\n`)
  }
  if (way.at(-1) === address) return 0
  yield* p.sleep(TRACEROUTE_WAIT_MS)
  for (let hop = way.length + 1; hop <= max; hop++) yield* p.out(`${String(hop).padStart(2)}  *  *  *\n`)
  return 0
}

export const hopPrograms: Record<string, Program> = {
  traceroute,
  tracepath,
  telnet,
  'busybox-telnet': busyboxTelnet,
  'busybox-traceroute': busyboxTraceroute,
}
