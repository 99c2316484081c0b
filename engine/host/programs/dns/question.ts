/** What the DNS tools share: resolv.conf, the names to ask for, a question to a server. */
import type { Asked, DnsRecord, DnsReply } from '../../network-port.ts'
import type { Proc, Run } from '../../process.ts'

export interface Resolver {
  server: string
  search: string[]
  ndots: number
}

/** The name server and search list of /etc/resolv.conf. */
export function* resolver(p: Proc): Run<Resolver> {
  const file = yield* p.readFile('/etc/resolv.conf')
  const text = 'text' in file ? file.text : ''
  return {
    server: /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? '127.0.0.53',
    search: (/^search\s+(.+)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((domain) => domain !== '' && domain !== '.'),
    ndots: Number(/^options.*\bndots:(\d+)/m.exec(text)?.[1] ?? 1),
  }
}

const IPV4 = /^(\d{1,3}\.){3}\d{1,3}$/

export const isAddress = (name: string): boolean => IPV4.test(name)

/** `1.0.96.10.in-addr.arpa` of 10.96.0.1. */
export const reverseName = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`

/** The absolute names to ask for, in their order. */
export function candidates(name: string, { search, ndots }: Resolver): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const listed = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
  return name.split('.').length - 1 >= ndots ? [name, ...listed] : [...listed, name]
}

/** The second and third try of a question that nobody answers. */
const MORE_TRIES_MS = 10_000

/** One question to one server, given as address or name. */
export function* ask(p: Proc, server: string, name: string, type: string): Run<Asked> {
  const found = isAddress(server) ? { addresses: [server] } : yield* p.resolve(server)
  const address = 'error' in found ? undefined : found.addresses[0]
  if (address === undefined) return 'timeout'
  const reply = (yield* p.ask('dns.query', { question: { server: address, name, type } })) as Asked
  if (reply === 'timeout') yield* p.sleep(MORE_TRIES_MS)
  return reply
}

/** Asks for one name after the other until one has what was asked for; the last answer otherwise. */
export function* search(
  p: Proc,
  server: string,
  names: readonly string[],
  type: string,
): Run<{ name: string; reply: Asked }> {
  let last: { name: string; reply: Asked } = { name: names[0] ?? '', reply: 'timeout' }
  let empty: { name: string; reply: Asked } | undefined
  for (const name of names) {
    const reply = yield* ask(p, server, name, type)
    last = { name, reply }
    if (typeof reply === 'string' || reply.answer.length > 0) return last
    if (reply.rcode === 'NOERROR') empty ??= last
  }
  return empty ?? last
}

export const TYPES = ['A', 'AAAA', 'SRV', 'PTR', 'NS', 'SOA', 'TXT', 'CNAME', 'MX', 'ANY']

/** How a server that does not answer is told, as bind 9.18 tries three times. */
export function unreachable(server: string, reply: 'refused' | 'timeout'): string {
  return `;; communications error to ${server}#53: ${reply === 'refused' ? 'connection refused' : 'timed out'}\n`.repeat(
    3,
  )
}

export const isReply = (reply: Asked): reply is DnsReply => typeof reply !== 'string'

export const withoutDot = (name: string): string => name.replace(/\.$/, '')

export type { DnsRecord, DnsReply }
