/** nslookup, dig and host (Q6). Names are looked up as the machine or pod resolves them. Not modelled: other record types than A, @server for names outside. */
import type { Proc, Program, Run } from '../process.ts'
import { DAYS, MONTHS, two } from './text.ts'

/** The name server and search list of /etc/resolv.conf. */
function* resolver(p: Proc): Run<{ server: string; search: string[] }> {
  const file = yield* p.readFile('/etc/resolv.conf')
  const text = 'text' in file ? file.text : ''
  return {
    server: /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? '127.0.0.53',
    search: (/^search\s+(.+)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((domain) => domain !== '' && domain !== '.'),
  }
}

/** Reverse lookups and chosen servers are not modelled. */
function refuse(words: readonly string[]): string | undefined {
  if (words.some((word) => word.startsWith('-type=') && !/=(A|a)$/.test(word)))
    return words.find((word) => word.startsWith('-type='))
  return words.find((word) => /^(\d+\.){3}\d+$/.test(word))
}

function* end(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text)
  return code
}

/** The line of a CNAME; a name that only the search list completed has none. */
function aliasOf(name: string, canonical: string | undefined): string {
  const plain = name.replace(/\.$/, '')
  if (canonical === undefined || canonical === plain || canonical.startsWith(`${plain}.`)) return ''
  return `${plain}\tcanonical name = ${canonical}\n`
}

const nslookup: Program = function* (argv, p) {
  const name = argv.slice(1).find((word) => !word.startsWith('-'))
  const refused = refuse(argv.slice(1, 2))
  if (name === undefined || refused !== undefined)
    return yield* end(p, 1, `not simulated: nslookup ${refused ?? 'without a name'}\n`)
  const { server, search } = yield* resolver(p)
  const found = yield* p.resolve(name)
  if ('error' in found && found.error === 'timeout') {
    yield* p.out(
      `;; communications error to ${server}#53: timed out\n`.repeat(3) + '\n;; no servers could be reached\n\n',
    )
    return 1
  }
  yield* p.out(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`)
  if ('error' in found) {
    yield* p.out(
      `** server can't find ${found.error === 'NXDOMAIN' && !name.includes('.') && search[0] !== undefined ? `${name}.${search.at(-1)}` : name}: ${found.error}\n\n`,
    )
    return 1
  }
  yield* p.out(
    `${aliasOf(name, found.canonicalName)}${found.addresses.map((address) => `Name:\t${found.canonicalName ?? name}\nAddress: ${address}\n`).join('')}\n`,
  )
  return 0
}

const busyboxNslookup: Program = function* (argv, p) {
  const name = argv.slice(1).find((word) => !word.startsWith('-'))
  if (name === undefined)
    return yield* end(
      p,
      1,
      'BusyBox v1.36.1 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n',
    )
  const { server } = yield* resolver(p)
  const found = yield* p.resolve(name)
  if ('error' in found && found.error === 'timeout') {
    yield* p.out(';; connection timed out; no servers could be reached\n\n')
    return 1
  }
  yield* p.out(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`)
  if ('error' in found) {
    yield* p.out(`** server can't find ${name}: ${found.error}\n\n`)
    return 1
  }
  yield* p.out(
    `${aliasOf(name, found.canonicalName)}${found.addresses.map((address) => `Name:\t${found.canonicalName ?? name}\nAddress: ${address}\n`).join('')}\n`,
  )
  return 0
}

const dig: Program = function* (argv, p) {
  const words = argv.slice(1)
  const short = words.includes('+short')
  const name = words.find((word) => !/^[+@-]/.test(word) && word !== 'A')
  const odd = words.find((word) => word.startsWith('-') || /^(AAAA|SRV|MX|TXT|NS|CNAME|PTR|ANY)$/.test(word))
  if (name === undefined || odd !== undefined)
    return yield* end(p, 1, `not simulated: dig ${odd ?? 'without a name'}\n`)
  const { server: local } = yield* resolver(p)
  const server = words.find((word) => word.startsWith('@'))?.slice(1) ?? local
  const found = yield* p.resolve(name.endsWith('.') ? name : `${name}.`)
  if ('error' in found && found.error === 'timeout') {
    yield* p.out(
      `;; communications error to ${server}#53: timed out\n`.repeat(3) +
        `\n; <<>> DiG 9.18.28-0ubuntu0.24.04.1-Ubuntu <<>> ${words.join(' ')}\n;; global options: +cmd\n;; no servers could be reached\n`,
    )
    return 9
  }
  const addresses = 'error' in found ? [] : found.addresses
  yield* p.out(
    short
      ? addresses.map((address) => `${address}\n`).join('')
      : makeDig(
          words,
          name,
          server,
          'error' in found ? found.error : 'NOERROR',
          addresses,
          yield* p.now(),
          Math.floor((yield* p.random()) * 65_536),
        ),
  )
  return 0
}

function makeDig(
  words: readonly string[],
  name: string,
  server: string,
  status: string,
  addresses: readonly string[],
  nowMs: number,
  id: number,
): string {
  const full = name.endsWith('.') ? name : `${name}.`
  const date = new Date(nowMs)
  const when = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())} ${date.toISOString().slice(11, 19)} UTC ${date.getUTCFullYear()}`
  const lines = [
    '',
    `; <<>> DiG 9.18.28-0ubuntu0.24.04.1-Ubuntu <<>> ${words.join(' ')}`,
    ';; global options: +cmd',
    ';; Got answer:',
    ...(full.endsWith('.local.')
      ? [
          ';; WARNING: .local is reserved for Multicast DNS',
          ';; You are currently testing what happens when an mDNS query is leaked to DNS',
        ]
      : []),
    `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${id}`,
    `;; flags: qr aa rd ra; QUERY: 1, ANSWER: ${addresses.length}, AUTHORITY: ${status === 'NXDOMAIN' ? 1 : 0}, ADDITIONAL: 0`,
    '',
    ';; QUESTION SECTION:',
    `;${full}\t\tIN\tA`,
    '',
    ...(addresses.length === 0
      ? []
      : [';; ANSWER SECTION:', ...addresses.map((address) => `${full}\t30\tIN\tA\t${address}`), '']),
    ';; Query time: 0 msec',
    `;; SERVER: ${server}#53(${server}) (UDP)`,
    `;; WHEN: ${when}`,
    `;; MSG SIZE  rcvd: ${34 + full.length + addresses.length * 16}`,
    '',
  ]
  return `${lines.join('\n')}\n`
}

const host: Program = function* (argv, p) {
  const name = argv.slice(1).find((word) => !word.startsWith('-'))
  if (name === undefined)
    return yield* end(
      p,
      1,
      'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n',
    )
  const found = yield* p.resolve(name)
  if ('error' in found) {
    yield* p.out(
      found.error === 'timeout'
        ? ';; connection timed out; no servers could be reached\n'
        : `Host ${name} not found: ${found.error === 'NXDOMAIN' ? '3(NXDOMAIN)' : '2(SERVFAIL)'}\n`,
    )
    return 1
  }
  for (const address of found.addresses) yield* p.out(`${found.canonicalName ?? name} has address ${address}\n`)
  return 0
}

export const dnsPrograms = { nslookup, dig, host, 'busybox-nslookup': busyboxNslookup }
