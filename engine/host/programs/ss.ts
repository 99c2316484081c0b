/**
 * ss of iproute2 6.1 (Q6): who listens, with filters by port and state. Not modelled: connections, udp, unix sockets,
 * other filters.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { has, parseOptions } from './options.ts'
import type { Options } from './options.ts'

const SPEC = {
  flags: ['t', 'l', 'n', 'p', 'u', 'a', '4', '6', 'e', 'o', 'H', 's', 'r', 'O', 'i', 'm', 'w', 'x', 'tcp', 'listening', 'numeric', 'processes', 'udp', 'all', 'no-header', 'ipv4', 'ipv6', 'extended', 'options', 'summary', 'oneline', 'raw', 'unix'], // prettier-ignore
  alias: { tcp: 't', listening: 'l', numeric: 'n', processes: 'p', udp: 'u', all: 'a', 'no-header': 'H', ipv4: '4', ipv6: '6', summary: 's' }, // prettier-ignore
}
const STATES = new Set(['all', 'connected', 'synchronized', 'bucket', 'big', 'listening', 'listen', 'established', 'time-wait', 'close-wait', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'closed', 'last-ack', 'closing']) // prettier-ignore

type Socket = HostFactsAnswer['sockets'][number]

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
    return yield* refuse(p, 255, `ss: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n`)
  const odd = ['s', 'x', 'w', 'unix', 'raw'].find((name) => has(options, name))
  const filter = filterOf(options.rest)
  if (odd !== undefined || 'odd' in filter)
    return yield* refuse(p, 1, `not simulated: ss ${odd === undefined ? (filter as { odd: string }).odd : `-${odd}`}\n`)
  const { sockets } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const listens = filter.state === undefined ? has(options, 'l') || has(options, 'a') : /^(all|listen(ing)?)$/.test(filter.state) // prettier-ignore
  const family = (one: Socket): boolean => (has(options, '4') ? one.address !== '*' : has(options, '6') ? one.address === '*' : true) // prettier-ignore
  const shown = listens ? sockets.filter((one) => filter.fits(one) && family(one)) : []
  yield* p.out(table(p, options, shown, filter.state !== undefined && filter.state !== 'all'))
  return 0
}

function* refuse(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text)
  return code
}

/** Addresses stand to the right and ports to the left of their colon; the last column begins with its own blank. */
function table(p: Proc, options: Options, sockets: readonly Socket[], hidesState: boolean): string {
  const withNetid = has(options, 'u') || !has(options, 't')
  const users = ({ program, pid }: Socket): string =>
    has(options, 'p') && p.user === 'root' ? ` users:(("${program.slice(0, 15)}",pid=${pid},fd=3))` : ''
  const lead = [...(withNetid ? ['Netid'] : []), ...(hidesState ? [] : ['State']), 'Recv-Q', 'Send-Q']
  const head = { lead, local: 'Local Address', port: 'Port', peer: 'Peer Address', peerPort: 'Port', users: 'Process' }
  const rows = sockets.map((one) => ({
    lead: [...(withNetid ? ['tcp'] : []), ...(hidesState ? [] : ['LISTEN']), '0', '4096'],
    local: one.address,
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
