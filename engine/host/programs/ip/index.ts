/**
 * ip of iproute2 6.1, and as busybox prints it (Q6): address, link, route, neighbour, rule, netns.
 * Not modelled: interfaces, rules, neighbours and namespaces of one's own; IPv6, of which there is none; counters.
 */
import type { Proc, Program, Run } from '../../process.ts'
import type { HostFactsAnswer } from '../../syscalls/host.ts'
import { address, link } from './links.ts'
import { namespaces } from './namespaces.ts'
import { neighbour, rule } from './neighbours.ts'
import { route } from './routes.ts'
import { end } from '../end.ts'
import { notSimulated } from './words.ts'
import type { Style, Verb } from './words.ts'

/** Objects in the order in which a shortened word finds them. */
const OBJECTS: readonly (readonly [string, Verb])[] = [
  ['address', address],
  ['route', route],
  ['link', link],
  ['neighbour', neighbour],
  ['neighbor', neighbour],
  ['rule', rule],
  ['netns', namespaces],
]
const UNMODELLED = ['maddress', 'monitor', 'xfrm', 'tunnel', 'tuntap', 'vrf', 'netconf', 'nexthop', 'addrlabel', 'mroute', 'mrule', 'ntable', 'ntbl', 'tcpmetrics', 'token', 'macsec', 'l2tp', 'fou', 'sr', 'mptcp', 'ioam'] // prettier-ignore

const IGNORED = new Set(['c', 'color', 'N', 'Numeric', 'h', 'human', 'human-readable', 'r', 'resolve', 't', 'timestamp', 'ts', 'iec']) // prettier-ignore

const PLAIN: Style = { brief: false, oneLine: false, json: false, pretty: false, statistics: 0, details: false, family: undefined, busybox: false } // prettier-ignore

/** Options, which end at the first word without a dash. */
function readOptions(given: readonly string[]): { style: Style; at: number; odd?: string; version?: true } {
  const style = { ...PLAIN }
  for (let at = 0; at < given.length; at++) {
    const word = given[at] as string
    if (!word.startsWith('-') || word === '-') return { style, at }
    const name = word.replace(/^--?/, '').replace(/^(c|color)=.*/, 'c')
    if (name === '4' || name === '6') style.family = name
    else if (name === 'f' || name === 'family') {
      const family = given[++at]
      if (family !== 'inet' && family !== 'inet6') return { style, at, odd: `${word} ${family ?? ''}` }
      style.family = family === 'inet' ? '4' : '6'
    } else if (name === 'o' || name === 'oneline') style.oneLine = true
    else if (name === 'br' || name === 'brief') style.brief = true
    else if (name === 'j' || name === 'json') style.json = true
    else if (name === 'p' || name === 'pretty') style.pretty = true
    else if (['s', 'stats', 'statistics'].includes(name)) style.statistics++
    else if (name === 'ss') style.statistics = 2
    else if (name === 'd' || name === 'details') style.details = true
    else if (name === 'V' || name === 'Version') return { style, at, version: true }
    else if (!IGNORED.has(name)) return { style, at, odd: word }
  }
  return { style, at: given.length }
}

const KNOWN_ODD = new Set([
  'n',
  'netns',
  'a',
  'all',
  'b',
  'batch',
  'M',
  'B',
  '0',
  'l',
  'loops',
  'rc',
  'rcvbuf',
  'force',
])

function* refused(p: Proc, odd: string): Run<number> {
  const name = odd.replace(/^--?/, '').split(' ')[0] ?? ''
  return KNOWN_ODD.has(name) || name.startsWith('f')
    ? yield* end(p, 1, `not simulated: ip ${odd}\n`)
    : yield* end(p, 255, `Option "${odd}" is unknown, try "ip -help".\n`)
}

function ipOf(busybox: boolean): Program {
  return function* (argv, p) {
    const given = argv.slice(1)
    const { style, at, odd, version } = readOptions(given)
    if (version) {
      yield* p.out('ip utility, iproute2-6.1.0, libbpf 1.3.0\n')
      return 0
    }
    if (odd !== undefined) return yield* refused(p, odd)
    const [object = '', ...words] = given.slice(at)
    if (object === '' || object === 'help') return yield* end(p, 255, USAGE)
    const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
    const asked = { p, facts, style: { ...style, busybox }, line: given.join(' ') }
    const verb = OBJECTS.find(([name]) => name.startsWith(object))?.[1]
    if (verb !== undefined) return yield* verb(asked, words)
    if (UNMODELLED.some((name) => name.startsWith(object))) return yield* notSimulated(asked)
    return yield* end(p, 1, `Object "${object}" is unknown, try "ip help".\n`)
  }
}

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | fou | help | ila | ioam | l2tp | link |
                   macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`

export const ip = ipOf(false)
export const busyboxIp = ipOf(true)
