/**
 * nc of netcat-openbsd 1.226 and of busybox (Q6): ports that answer, text from one nc to another, an HTTP request by hand.
 * Not modelled: udp, unix sockets, -e, listening in a pod; a listener sends what its input holds, not what a person types.
 */
import type { Proc, Program, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { end } from './end.ts'

const NC_SPEC = {
  flags: ['z', 'v', 'n', 'u', 'l', 'k', '4', '6', 'N', 'd', 'r', 't', 'C', 'U', 'D', 'h', 'b', 'F', 'S'],
  withValue: ['w', 'p', 's', 'q', 'i', 'e', 'x', 'X', 'P', 'O', 'T', 'V', 'I', 'M', 'm', 'W'],
}
const SERVICES: Record<number, string> = { 22: 'ssh', 53: 'domain', 80: 'http', 443: 'https', 2379: 'etcd-client', 2380: 'etcd-server', 3306: 'mysql', 5432: 'postgresql', 6379: 'redis', 6443: '*', 8080: 'http-alt' } // prettier-ignore

const OPENBSD_USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
\t  [destination] [port]
`
const BUSYBOX_USAGE =
  'BusyBox v1.36.1 multi-call binary.\n\nUsage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]\n'

/** The upgrade by which one nc knows another. */
const RAW = 'netcat'

export function ncOf(busybox: boolean): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, NC_SPEC)
    const usage = busybox ? BUSYBOX_USAGE : OPENBSD_USAGE
    if (options.unknown !== undefined)
      return yield* end(p, 1, `nc: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n${usage}`)
    if (options.missing !== undefined)
      return yield* end(p, 1, `nc: option requires an argument -- '${options.missing.slice(1)}'\n${usage}`)
    const odd = ['u', 'U', 'e', 'x', 'X', '6', 'D', 'F'].find((name) => has(options, name))
    if (odd !== undefined) return yield* end(p, 1, `not simulated: nc -${odd}\n`)
    if (has(options, 'l')) return yield* server(p, options, usage)
    const [host, port] = options.rest
    if (host === undefined || port === undefined) return yield* end(p, 1, usage)
    const found = /^[\d.]+$/.test(host) ? { addresses: [host] } : yield* p.resolve(host)
    if ('error' in found)
      return yield* end(
        p,
        1,
        busybox
          ? `nc: bad address '${host}'\n`
          : `nc: getaddrinfo for host "${host}" port ${port}: Name or service not known\n`,
      )
    return yield* client(p, { host, address: found.addresses[0] ?? host, port, options, busybox })
  }
}

interface Target {
  host: string
  address: string
  port: string
  options: Options
  busybox: boolean
}

function* client(p: Proc, { host, address, port, options, busybox }: Target): Run<number> {
  const wait = valueOf(options, 'w')
  const [low = NaN, high = low] = port.split('-').map(Number)
  const isBad = ![low, high].every((one) => Number.isInteger(one) && one > 0 && one < 65_536)
  if (isBad) return yield* end(p, 1, busybox ? `nc: invalid number '${port}'\n` : `nc: port number invalid: ${port}\n`)
  let code = 1
  for (let each = low; each <= high; each++) {
    const answer = yield* p.connect(host, each, wait === undefined ? undefined : Number(wait) * 1000)
    if (answer === 'open') code = 0
    if (has(options, 'v') || (busybox && answer !== 'open'))
      yield* p.err(busybox ? busyboxSays(host, address, each, answer) : openbsdSays(host, address, each, answer, options)) // prettier-ignore
    if (answer === 'open' && !has(options, 'z')) return yield* talk(p, host, each, options)
  }
  return code
}

/** Names of services are in /etc/services; the address stands beside a name that is not one. */
function openbsdSays(host: string, address: string, port: number, answer: string, options: Options): string {
  const service = has(options, 'n') ? '*' : (SERVICES[port] ?? '*')
  const shown = host === address ? host : `${host} (${address})`
  if (answer === 'open') return `Connection to ${shown} ${port} port [tcp/${service}] succeeded!\n`
  const where = `nc: connect to ${shown} port ${port} (tcp)`
  if (answer === 'refused') return `${where} failed: Connection refused\n`
  return answer === 'timeout'
    ? `${where} timed out: Operation now in progress\n`
    : `${where} failed: No route to host\n`
}

function busyboxSays(host: string, address: string, port: number, answer: string): string {
  if (answer === 'open') return `${host} (${address}:${port}) open\n`
  const why =
    answer === 'refused' ? 'Connection refused' : answer === 'timeout' ? 'Connection timed out' : 'No route to host'
  return `nc: ${host} (${address}:${port}): ${why}\n`
}

/** What a connection that is open is used for: the other end is an nc, or a server of HTTP. */
function* talk(p: Proc, host: string, port: number, options: Options): Run<number> {
  const isTerminal = !has(options, 'd') && (yield* p.isTty(0))
  const given = has(options, 'd') || isTerminal ? '' : yield* p.readAll()
  const asked = parseRequest(given)
  if (asked !== undefined) return yield* askHttp(p, host, port, asked)
  const url = `http://${host}:${port}/`
  const opened = yield* p.open({ url, request: { method: 'GET', query: {}, headers: { upgrade: RAW } } })
  if ('failure' in opened || opened.response.code !== 101)
    return isTerminal || given === '' ? yield* listenIn(p) : yield* end(p, 1, 'not simulated: nc to a server of another kind; use -z to test a port\n') // prettier-ignore
  const { stream } = opened
  if (given !== '') yield* p.send(stream, given)
  if (isTerminal) {
    for (let line = yield* p.readLine(); line !== null; line = yield* p.readLine()) yield* p.send(stream, `${line}\n`)
  }
  const quits = has(options, 'N') ? 0 : valueOf(options, 'q')
  const patience = quits === undefined ? valueOf(options, 'w') : quits
  const code = yield* receive(p, stream, patience === undefined ? undefined : Number(patience) * 1000)
  yield* p.close(stream)
  return code
}

function* receive(p: Proc, stream: number, patienceMs: number | undefined): Run<number> {
  for (;;) {
    const item = patienceMs === 0 ? yield* p.next(stream, 20) : yield* p.next(stream, patienceMs)
    if (item.kind !== 'chunk') return 0
    yield* p.out(String(item.chunk))
  }
}

/** A server of TLS or HTTP says nothing before it is asked. */
function* listenIn(p: Proc): Run<number> {
  if (yield* p.isTty(0)) yield* p.readAll()
  return 0
}

interface Request {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

function parseRequest(text: string): Request | undefined {
  const found = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\/\S*)(?: HTTP\/[\d.]+)?\r?\n/.exec(text)
  if (found === null) return undefined
  const [head = '', ...rest] = text.slice(found[0].length).split(/\r?\n\r?\n/)
  const lines = head.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(':')
    return at < 0 ? [] : [[line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const]
  })
  return { method: found[1] ?? 'GET', path: found[2] ?? '/', headers: Object.fromEntries(lines), body: rest.join('\n\n') } // prettier-ignore
}

function* askHttp(p: Proc, host: string, port: number, { method, path, headers, body }: Request): Run<number> {
  const [plain = '/', query = ''] = path.split('?')
  const got = yield* p.http({
    url: `http://${host}:${port}${plain}`,
    request: { method: method as 'GET', query: Object.fromEntries(query.split('&').filter((one) => one !== '').map((one) => one.split('=') as [string, string])), headers, ...(body !== '' && { body }) }, // prettier-ignore
  })
  if ('failure' in got) return 0
  const text = typeof got.body === 'string' ? got.body : got.body === undefined ? '' : JSON.stringify(got.body)
  const lines = Object.entries(got.headers).map(([name, value]) => `${name.replace(/(^|-)[a-z]/g, (one) => one.toUpperCase())}: ${value}\r\n`) // prettier-ignore
  yield* p.out(
    `HTTP/1.1 ${got.code} ${REASONS[got.code] ?? ''}\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : text}`,
  )
  return 0
}

const REASONS: Record<number, string> = { 200: 'OK', 301: 'Moved Permanently', 302: 'Found', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable' } // prettier-ignore

interface Arrival {
  accepted: string
  request?: { method: string; path: string; headers: Record<string, string>; body?: unknown }
  input?: unknown
  closed?: true
}

function* server(p: Proc, options: Options, usage: string): Run<number> {
  const given = [...options.rest]
  const port = Number(valueOf(options, 'p') ?? given.pop() ?? NaN)
  if (!Number.isInteger(port) || port < 1) return yield* end(p, 1, usage)
  const address = valueOf(options, 's') ?? given[0] ?? '0.0.0.0'
  const got = (yield* p.ask('listen', { port, address, raw: true })) as { stream: number } | { error: string }
  if ('error' in got)
    return yield* end(p, 1, got.error === 'EADDRNOTAVAIL' ? 'not simulated: nc -l in a container\n' : `nc: ${got.error === 'EACCES' ? 'Permission denied' : 'Address already in use'}\n`) // prettier-ignore
  if (has(options, 'v')) yield* p.err(`Listening on ${address} ${port}\n`)
  let code = yield* serve(p, got.stream, options)
  while (has(options, 'k') && code === 0) code = yield* serve(p, got.stream, options)
  return 0
}

/** One connection, to its end; 1 when nobody can come any more. */
function* serve(p: Proc, stream: number, options: Options): Run<number> {
  let peer: string | undefined
  for (;;) {
    const item = yield* p.next(stream)
    if (item.kind === 'end') return 1
    if (item.kind === 'timeout') continue
    const { accepted, request, input, closed } = item.chunk as Arrival
    if (closed === true && accepted === peer) return 0
    if (accepted === peer && input !== undefined) yield* p.out(String(input))
    if (request === undefined || peer !== undefined) continue
    peer = accepted
    if (has(options, 'v'))
      yield* p.err(`Connection received on ${accepted.split('/')[0]} ${33_000 + (p.pid % 20_000)}\n`)
    const isRaw = request.headers.upgrade === RAW
    if (!isRaw) yield* p.out(requestText(request))
    const text = (yield* p.isTty(0)) ? '' : yield* p.readAll()
    if (isRaw) {
      yield* p.ask('push', { accepted, begins: true, ...(text !== '' && { chunk: text }) })
      if (text === '' || !has(options, 'N')) continue
      yield* p.ask('hangUp', { accepted })
      return 0
    } else if (text !== '') {
      yield* p.ask('reply', { accepted, response: responseOf(text) })
      return 0
    }
  }
}

function requestText({ method, path, headers, body }: NonNullable<Arrival['request']>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name.replace(/(^|-)[a-z]/g, (one) => one.toUpperCase())}: ${value}\r\n`) // prettier-ignore
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${typeof body === 'string' ? body : ''}`
}

function responseOf(text: string): { code: number; headers: Record<string, string>; body: string } {
  const found = /^HTTP\/[\d.]+ (\d+)[^\n]*\n/.exec(text)
  if (found === null) return { code: 200, headers: {}, body: text }
  const [, ...rest] = text.slice(found[0].length - 1).split(/\r?\n\r?\n/)
  return { code: Number(found[1]), headers: {}, body: rest.join('\n\n') }
}
