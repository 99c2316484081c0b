/** A resolver as glibc and musl have it: resolv.conf with search list and ndots, over CoreDNS (G4). */
import type { DnsAnswer } from './dns-records.ts'

export interface ResolvConf {
  nameservers: string[]
  search: string[]
  ndots: number
}

export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { nameservers: [], search: [], ndots: 1 }
  for (const line of text.split('\n')) {
    const [key, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (key === 'nameserver' && values[0] !== undefined) conf.nameservers.push(values[0])
    if (key === 'search') conf.search = values
    if (key === 'options') conf.ndots = Number(/ndots:(\d+)/.exec(values.join(' '))?.[1] ?? conf.ndots)
  }
  return conf
}

export function makeResolvConf({ nameservers, search, ndots }: ResolvConf): string {
  const lines = [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...nameservers.map((ip) => `nameserver ${ip}`),
  ]
  return `${[...lines, ...(ndots === 1 ? [] : [`options ndots:${ndots}`])].join('\n')}\n`
}

/** The names to ask for, in order. */
export function candidates(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const listed = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...listed] : [...listed, name]
}

export type Lookup = { addresses: string[]; canonicalName: string } | { error: 'NXDOMAIN' | 'SERVFAIL' | 'timeout' }

/** Asks each nameserver about each candidate; `ask` gives undefined when a server does not answer. */
export function lookUp(
  name: string,
  conf: ResolvConf,
  ask: (server: string, name: string) => DnsAnswer | 'refused' | undefined,
): Lookup {
  let last: 'NXDOMAIN' | 'SERVFAIL' | 'timeout' = 'NXDOMAIN'
  for (const candidate of candidates(name, conf)) {
    const answer = firstAnswer(conf.nameservers, (server) => ask(server, candidate))
    if (answer === undefined) return { error: 'timeout' }
    if (answer.rcode === 'NOERROR' && answer.addresses.length > 0)
      return { addresses: answer.addresses, canonicalName: answer.alias ?? candidate }
    if (answer.rcode === 'SERVFAIL' || answer.rcode === 'REFUSED') last = 'SERVFAIL'
  }
  return { error: last }
}

function firstAnswer(
  servers: string[],
  ask: (server: string) => DnsAnswer | 'refused' | undefined,
): DnsAnswer | undefined {
  for (const server of servers) {
    const answer = ask(server)
    if (answer !== undefined && answer !== 'refused') return answer
  }
  return undefined
}
