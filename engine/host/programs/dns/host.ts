/** host of bind 9.18 (Q6). Not modelled: -a, -v, -l, zones; AAAA and MX records beside A. */
import type { Proc, Program, Run } from '../../process.ts'
import { parseOptions, valueOf } from '../options.ts'
import { ask, candidates, isAddress, isReply, resolver, reverseName, search, TYPES, unreachable, withoutDot } from './question.ts' // prettier-ignore
import type { DnsRecord } from './question.ts'

const SPEC = { flags: ['4', 'T', 'U'], withValue: ['t', 'W', 'R', 'N', 'c', 'p'] }
const USAGE =
  'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n'

const WORDS: Record<string, string> = {
  A: 'has address',
  CNAME: 'is an alias for',
  PTR: 'domain name pointer',
  SRV: 'has SRV record',
  NS: 'name server',
  TXT: 'descriptive text',
  SOA: 'has SOA record',
}

const shown = ({ name, type, data }: DnsRecord): string => `${withoutDot(name)} ${WORDS[type] ?? type} ${data}\n`

export const host: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const [name, given] = options.rest
  const type = (valueOf(options, 't') ?? 'A').toUpperCase()
  if (name === undefined) return yield* said(p, USAGE)
  if (options.unknown !== undefined || !TYPES.includes(type) || type === 'ANY' || type === 'MX')
    return yield* said(p, `not simulated: host ${options.unknown ?? `-t ${type}`}\n`)
  const local = yield* resolver(p)
  const server = given ?? local.server
  const reversed = isAddress(name)
  const { name: full, reply } = reversed
    ? { name: reverseName(name), reply: yield* ask(p, server, reverseName(name), 'PTR') }
    : yield* search(p, server, candidates(name, local), type)
  if (given !== undefined) yield* p.out(`Using domain server:\nName: ${given}\nAddress: ${given}#53\nAliases: \n\n`)
  if (!isReply(reply)) {
    yield* p.out(`${unreachable(server, reply)};; no servers could be reached\n`)
    return 1
  }
  if (reply.answer.length > 0) {
    yield* p.out(reply.answer.map(shown).join(''))
    return 0
  }
  const why = reply.rcode === 'NXDOMAIN' ? '3(NXDOMAIN)' : reply.rcode === 'REFUSED' ? '5(REFUSED)' : '2(SERVFAIL)'
  yield* p.out(reply.rcode === 'NOERROR' ? `${full} has no ${type} record\n` : `Host ${reversed ? `${full}.` : name} not found: ${why}\n`) // prettier-ignore
  return reply.rcode === 'NOERROR' ? 0 : 1
}

function* said(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}
