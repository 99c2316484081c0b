/**
 * ss of iproute2 6.1 (Q6): who listens, with filters by port and state. Not modelled: connections, unix sockets,
 * other filters.
 */
import type { Proc, Program } from '../process.ts'
import { has, parseOptions } from './options.ts'
import type { Options } from './options.ts'
import { datagramSockets, listeningSockets } from './sockets.ts'
import type { Socket as Listening } from './sockets.ts'
import { end } from './end.ts'

const SPEC = {
  flags: ['t', 'l', 'n', 'p', 'u', 'a', '4', '6', 'e', 'o', 'H', 's', 'r', 'O', 'i', 'm', 'w', 'x', 'tcp', 'listening', 'numeric', 'processes', 'udp', 'all', 'no-header', 'ipv4', 'ipv6', 'extended', 'options', 'summary', 'oneline', 'raw', 'unix'], // prettier-ignore
  alias: { tcp: 't', listening: 'l', numeric: 'n', processes: 'p', udp: 'u', all: 'a', 'no-header': 'H', ipv4: '4', ipv6: '6', summary: 's' }, // prettier-ignore
}
const STATES = new Set(['all', 'connected', 'synchronized', 'bucket', 'big', 'listening', 'listen', 'established', 'time-wait', 'close-wait', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'closed', 'last-ack', 'closing']) // prettier-ignore

type Socket = Listening & { proto: 'tcp' | 'udp' }

interface Filter {
  /** A state that was asked for by name hides the column. */
  state?: string
  fits(socket: Socket): boolean
}

/** `sport = :6443`, `( sport = :80 or sport = :443 )`, `state listening`; the first word that is not modelled otherwise. */
function filterOf(words: readonly string[]): Filter | { odd: string } {
  const tokens = words.flatMap((word) => word.split(/\s+|(?=[()])|(?<=[()])/)).filter((one) => one !== '' && one !== '(' && one !== ')') // prettier-ignore
  let state: string | undefined
  const any: ((socket: Socket) => boolean)[][] = [[]]
  for (let at = 0; at < tokens.length; at++) {
    const word = tokens[at] as string
    if (word === 'state' && STATES.has(tokens[at + 1] ?? '')) state = tokens[++at]
    else if (word === 'or' || word === '||' || word === '|') any.push([])
    else if (word === 'and' || word === '&&' || word === '&') continue
    else if (word === 'sport' || word === 'dport' || word === 'src' || word === 'dst') {
      const sign = /^(=|==|eq|!=|ne|neq)$/.test(tokens[at + 1] ?? '') ? tokens[++at] : '='
      const port = /^(?:\*|[\d.]*)?:(\d+)$/.exec(tokens[++at] ?? '')?.[1]
      if (port === undefined) return { odd: words.join(' ') }
      const isSource = word === 'sport' || word === 'src'
      const wanted = /^(=|==|eq)$/.test(sign ?? '')
      any.at(-1)?.push((socket) => (isSource && socket.port === Number(port)) === wanted)
    } else return { odd: words.join(' ') }
  }
  return { ...(state !== undefined && { state }), fits: (socket) => any.some((all) => all.every((one) => one(socket))) }
}

export const ss: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  if (options.unknown !== undefined)
    return yield* end(p, 255, `ss: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n`)
  const odd = ['x', 'unix'].find((name) => has(options, name))
  const filter = filterOf(options.rest)
  if (odd !== undefined || 'odd' in filter)
    return yield* end(p, 1, `not simulated: ss ${odd === undefined ? (filter as { odd: string }).odd : `-${odd}`}\n`)
  const both = !has(options, 't') && !has(options, 'u') && !has(options, 'w')
  const udp = yield* datagramSockets(p)
  const tcp = yield* listeningSockets(p)
  if (has(options, 's')) {
    yield* p.out(summary(tcp, udp))
    return 0
  }
  const sockets: Socket[] = [
    ...(both || has(options, 'u') ? udp.map((one) => ({ ...one, proto: 'udp' as const })) : []),
    ...(both || has(options, 't') ? tcp.map((one) => ({ ...one, proto: 'tcp' as const })) : []),
  ]
  const listens = filter.state === undefined ? has(options, 'l') || has(options, 'a') : /^(all|listen(ing)?)$/.test(filter.state) // prettier-ignore
  const family = (one: Socket): boolean => (has(options, '4') ? one.address !== '*' : has(options, '6') ? one.address === '*' : true) // prettier-ignore
  const shown = listens ? sockets.filter((one) => filter.fits(one) && family(one)) : []
  yield* p.out(table(p, options, shown, filter.state !== undefined && filter.state !== 'all'))
  return 0
}

/** Addresses stand to the right and ports to the left of their colon; the last column begins with its own blank. */
function table(p: Proc, options: Options, sockets: readonly Socket[], hidesState: boolean): string {
  const withNetid = ['t', 'u', 'w'].filter((name) => has(options, name)).length !== 1
  const users = ({ program, pid }: Socket): string =>
    has(options, 'p') && p.user === 'root' && pid > 0 ? ` users:(("${program.slice(0, 15)}",pid=${pid},fd=3))` : ''
  const lead = [...(withNetid ? ['Netid'] : []), ...(hidesState ? [] : ['State']), 'Recv-Q', 'Send-Q']
  const head = { lead, local: 'Local Address', port: 'Port', peer: 'Peer Address', peerPort: 'Port', users: 'Process' }
  const rows = sockets.map((one) => ({
    lead: [...(withNetid ? [one.proto] : []), ...(hidesState ? [] : [one.proto === 'tcp' ? 'LISTEN' : 'UNCONN']), '0', one.proto === 'tcp' ? String(one.backlog) : '0'], // prettier-ignore
    local: one.address === '127.0.0.53' ? '127.0.0.53%lo' : one.address,
    port: String(one.port),
    peer: one.address === '*' ? '*' : '0.0.0.0',
    peerPort: '*',
    users: users(one),
  }))
  const all = has(options, 'H') ? rows : [head, ...rows]
  const widest = (of: (row: (typeof all)[number]) => string): number => Math.max(0, ...all.map((row) => of(row).length))
  const widths = { local: widest((row) => row.local), port: widest((row) => row.port), peer: widest((row) => row.peer), peerPort: widest((row) => row.peerPort), users: widest((row) => row.users) } // prettier-ignore
  return all
    .map(({ lead: cells, local, port, peer, peerPort, users: who }) => {
      const first = cells.map((cell, at) => cell.padEnd(widest((row) => row.lead[at] ?? ''))).join(' ')
      const addresses = `${local.padStart(widths.local)}:${port.padEnd(widths.port)} ${peer.padStart(widths.peer)}:${peerPort.padEnd(widths.peerPort)}` // prettier-ignore
      return `${first} ${addresses}${who.padEnd(widths.users)}\n`
    })
    .join('')
}

/** `ss -s`: sockets by their kind. */
function summary(tcp: readonly Listening[], udp: readonly Listening[]): string {
  const v6 = tcp.filter(({ address }) => address === '*').length
  const row = (name: string, four: number, six: number): string =>
    `${name}\t  ${String(four + six).padEnd(9)} ${String(four).padEnd(9)} ${String(six).padEnd(9)}\n`
  const rows = row('RAW', 0, 0) + row('UDP', udp.length, 0) + row('TCP', tcp.length - v6, v6)
  const all = tcp.length + udp.length
  return `Total: ${all}\nTCP:   ${tcp.length} (estab 0, closed 0, orphaned 0, timewait 0)\n\nTransport Total     IP        IPv6\n${rows}${row('INET', all - v6, v6)}${row('FRAG', 0, 0)}\n`
}
