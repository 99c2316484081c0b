/** nslookup of bind 9.18 and of busybox (Q6). Not modelled: interactive use, -debug, ports. */
import type { Proc, Program, Run } from '../../process.ts'
import { ask, candidates, isAddress, isReply, resolver, reverseName, search, TYPES, unreachable, withoutDot } from './question.ts' // prettier-ignore
import type { DnsRecord, DnsReply } from './question.ts'

interface Words {
  name?: string
  server?: string
  type: string
  odd?: string
}

function wordsOf(argv: readonly string[]): Words {
  const [name, server] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const made: Words = { type: 'A', ...(name !== undefined && { name }), ...(server !== undefined && { server }) }
  for (const word of argv.slice(1).filter((one) => one.startsWith('-'))) {
    const type = /^-(?:type|query|querytype|q|ty)=(\w+)$/i.exec(word)?.[1]?.toUpperCase()
    if (type !== undefined && TYPES.includes(type) && type !== 'ANY' && type !== 'MX') made.type = type
    else if (!/^-(timeout|retry|nosearch|vc)/.test(word)) made.odd = word
  }
  return made
}

/** One record as nslookup prints it. */
function shown({ name, type, data }: DnsRecord): string {
  const owner = withoutDot(name)
  if (type === 'A') return `Name:\t${owner}\nAddress: ${data}\n`
  if (type === 'CNAME') return `${owner}\tcanonical name = ${data}\n`
  if (type === 'PTR') return `${owner}\tname = ${data}\n`
  if (type === 'SRV') return `${owner}\tservice = ${data}\n`
  if (type === 'NS') return `${owner}\tnameserver = ${data}\n`
  if (type === 'TXT') return `${owner}\ttext = ${data}\n`
  const [origin = '', mail = '', serial, refresh, retry, expire, minimum] = data.split(' ')
  return `${owner}\n\torigin = ${withoutDot(origin)}\n\tmail addr = ${withoutDot(mail)}\n\tserial = ${serial}\n\trefresh = ${refresh}\n\tretry = ${retry}\n\texpire = ${expire}\n\tminimum = ${minimum}\n`
}

/** The name that is told when nothing was found: a bare one with the last domain of the list. */
const missed = (name: string, domains: readonly string[]): string =>
  !name.includes('.') && domains.length > 0 ? `${name}.${domains.at(-1)}` : withoutDot(name)

function nslookupOf(port: string, busybox: boolean): Program {
  return function* (argv, p) {
    const { name, server: given, type, odd } = wordsOf(argv)
    if (name === undefined && busybox) return yield* said(p, 1, 'BusyBox v1.36.1 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n') // prettier-ignore
    if (name === undefined || odd !== undefined)
      return yield* said(p, 1, `not simulated: nslookup ${odd ?? 'without a name'}\n`)
    const local = yield* resolver(p)
    const server = given ?? local.server
    const reversed = isAddress(name) && (type === 'A' || type === 'PTR')
    const asked = reversed
      ? { name: reverseName(name), reply: yield* ask(p, server, reverseName(name), 'PTR') }
      : yield* search(p, server, candidates(name, local), type)
    if (!isReply(asked.reply)) {
      const none = busybox ? ';; connection timed out; no servers could be reached\n\n' : `${unreachable(server, asked.reply)}\n;; no servers could be reached\n\n` // prettier-ignore
      yield* p.out(none)
      return 1
    }
    const head = reversed && !busybox ? '' : `Server:\t\t${server}\nAddress:\t${server}${port}53\n\n`
    yield* p.out(head)
    return yield* printed(p, asked.reply, reversed ? asked.name : missed(name, local.search), asked.name)
  }
}

function* printed(p: Proc, { rcode, answer }: DnsReply, name: string, full: string): Run<number> {
  if (answer.length > 0) {
    yield* p.out(`${answer.map(shown).join('')}\n`)
    return 0
  }
  yield* p.out(
    rcode === 'NOERROR' ? `*** Can't find ${full}: No answer\n\n` : `** server can't find ${name}: ${rcode}\n\n`,
  )
  return rcode === 'NOERROR' ? 0 : 1
}

function* said(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text)
  return code
}

export const nslookup = nslookupOf('#', false)
export const busyboxNslookup = nslookupOf(':', true)
