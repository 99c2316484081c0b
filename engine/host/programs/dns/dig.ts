/** dig of bind 9.18 (Q6). Not modelled: EDNS, +trace, -f, several questions in one call. */
import type { Proc, Program, Run } from '../../process.ts'
import { DAYS, MONTHS, two } from '../text.ts'
import { ask, candidates, isReply, resolver, reverseName, search, TYPES, unreachable } from './question.ts'
import type { DnsRecord, DnsReply } from './question.ts'

const VERSION = '; <<>> DiG 9.18.28-0ubuntu0.24.04.1-Ubuntu <<>>'

interface Question {
  name: string
  type: string
  server?: string
  /** Options with a plus; the sections that are shown. */
  plus: Set<string>
  /** What was given as a type and is none. */
  invalid?: string
}

const SECTIONS = ['cmd', 'comments', 'question', 'answer', 'authority', 'additional', 'stats']
const KNOWN = new Set(['short', 'search', 'tcp', 'vc', 'recurse', 'edns', 'cookie', 'dnssec', 'multiline', ...SECTIONS])

/** Options of how to ask, which change no answer here. */
const IGNORED = /^(time|timeout|tries|retry|ndots|bufsize|domain)$/

/** Types that dig knows and no server here answers. */
const UNTOLD = [
  'ANY',
  'MX',
  'CAA',
  'DS',
  'DNSKEY',
  'HINFO',
  'HTTPS',
  'NAPTR',
  'NSEC',
  'RRSIG',
  'SSHFP',
  'SVCB',
  'TLSA',
  'AXFR',
]

function readType(made: Question, text: string): void {
  const type = text.toUpperCase()
  if (TYPES.includes(type) || UNTOLD.includes(type)) made.type = type
  else made.invalid = text
}

/** What is asked for, or the word that is not modelled. */
function read(words: readonly string[]): Question | { odd: string } {
  const made: Question = { name: '', type: 'A', plus: new Set(SECTIONS) }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word.startsWith('@')) made.server = word.slice(1)
    else if (word.startsWith('+')) {
      const [, no = '', name = ''] = /^\+(no)?([a-z]+)/.exec(word) ?? []
      if (IGNORED.test(name)) continue
      if (name !== 'all' && !KNOWN.has(name)) return { odd: word }
      for (const each of name === 'all' ? SECTIONS : [name]) {
        if (no === '') made.plus.add(each)
        else made.plus.delete(each)
      }
    } else if (word === '-x') [made.name, made.type] = [reverseName(words[++at] ?? ''), 'PTR']
    else if (word === '-t') readType(made, words[++at] ?? 'A')
    else if (word === '-q') made.name = words[++at] ?? ''
    else if (word === '-4') continue
    else if (word.startsWith('-')) return { odd: word }
    else if (word.toUpperCase() === 'IN') continue
    else if (TYPES.includes(word.toUpperCase()) && made.name !== '') made.type = word.toUpperCase()
    else if (TYPES.includes(word.toUpperCase()) && words.length > 1 && at < words.length - 1)
      made.type = word.toUpperCase()
    else if (made.name === '') made.name = word
    else return { odd: word }
  }
  if (made.name === '') return { odd: 'without a name' }
  return UNTOLD.includes(made.type) ? { odd: made.type } : made
}

export const dig: Program = function* (argv, p) {
  const words = argv.slice(1)
  const asked = read(words)
  if ('odd' in asked) {
    yield* p.err(`not simulated: dig ${asked.odd}\n`)
    return 1
  }
  if (asked.invalid !== undefined) yield* p.out(`;; Warning, ignoring invalid type ${asked.invalid}\n`)
  const local = yield* resolver(p)
  const server = asked.server ?? local.server
  const { name, reply } = asked.plus.has('search')
    ? yield* search(p, server, candidates(asked.name, local), asked.type)
    : yield* one(p, server, asked)
  if (!isReply(reply)) {
    yield* p.out(`${unreachable(server, reply)}\n${VERSION} ${words.join(' ')}\n;; global options: +cmd\n;; no servers could be reached\n`) // prettier-ignore
    return 9
  }
  if (asked.plus.has('short')) {
    yield* p.out(reply.answer.map(({ data }) => `${data}\n`).join(''))
    return 0
  }
  const id = Math.floor((yield* p.random()) * 65_536)
  yield* p.out(report({ ...asked, name: `${name}.`, server }, reply, words, { nowMs: yield* p.now(), id }))
  return 0
}

function* one(
  p: Proc,
  server: string,
  { name, type }: Question,
): Run<{ name: string; reply: DnsReply | 'refused' | 'timeout' }> {
  const absolute = name.replace(/\.$/, '')
  return { name: absolute, reply: yield* ask(p, server, absolute, type) }
}

const line = ({ name, ttl, type, data }: DnsRecord): string => {
  const tabs = name.length < 8 ? '\t\t\t' : name.length < 16 ? '\t\t' : name.length < 24 ? '\t' : ''
  return `${name}${tabs === '' ? ' ' : tabs}${ttl}${tabs === '' ? ' ' : '\t'}IN${tabs === '' ? ' ' : '\t'}${type}\t${data}`
}

function report(
  { name, type, server, plus }: Question,
  { rcode, answer, authority }: DnsReply,
  words: readonly string[],
  { nowMs, id }: { nowMs: number; id: number },
): string {
  const has = (section: string): boolean => plus.has(section)
  const comments = has('comments')
  const outside = authority.length === 0 && !name.includes('cluster.local') && !name.endsWith('arpa.')
  const titled = (section: string, records: readonly DnsRecord[]): string[] =>
    records.length === 0 || !has(section.toLowerCase())
      ? []
      : [...(comments ? [`;; ${section} SECTION:`] : []), ...records.map(line), ...(comments ? [''] : [])]
  const head = [
    ...(name.endsWith('.local.') ? [';; WARNING: .local is reserved for Multicast DNS', ';; You are currently testing what happens when an mDNS query is leaked to DNS'] : []), // prettier-ignore
    `;; ->>HEADER<<- opcode: QUERY, status: ${rcode}, id: ${id}`,
    `;; flags: qr ${outside ? 'rd ra' : 'aa rd'}; QUERY: 1, ANSWER: ${answer.length}, AUTHORITY: ${authority.length}, ADDITIONAL: 0`,
    ...(outside ? [] : [';; WARNING: recursion requested but not available']),
    '',
  ]
  const length = 18 + name.length + [...answer, ...authority].reduce((sum, { data }) => sum + 12 + (data.length > 15 ? data.length + 10 : 4), 0) // prettier-ignore
  const lines = [
    ...(has('cmd') ? ['', `${VERSION} ${words.join(' ')}`, ';; global options: +cmd'] : []),
    ...(comments ? [';; Got answer:', ...head] : []),
    ...(has('question') ? [...(comments ? [';; QUESTION SECTION:'] : []), `;${name}${name.length < 23 ? '\t\t' : ' '}IN${name.length < 23 ? '\t' : ' '}${type}`, ...(comments ? [''] : [])] : []), // prettier-ignore
    ...titled('ANSWER', answer),
    ...titled('AUTHORITY', authority),
    ...(has('stats') ? [';; Query time: 0 msec', `;; SERVER: ${server}#53(${server}) (${has('tcp') || has('vc') ? 'TCP' : 'UDP'})`, `;; WHEN: ${stamp(nowMs)}`, `;; MSG SIZE  rcvd: ${length}`, ''] : []), // prettier-ignore
  ]
  return `${lines.join('\n')}\n`
}

function stamp(nowMs: number): string {
  const date = new Date(nowMs)
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())} ${date.toISOString().slice(11, 19)} UTC ${date.getUTCFullYear()}`
}
