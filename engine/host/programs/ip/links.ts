/** `ip address` and `ip link`: what is shown, and what of it can be changed. */
import type { NetworkInterface, Route } from '../../host.ts'
import type { Run } from '../../process.ts'
import { kindOf, makeBrief, makeInterface, makeOneLine, makeRow } from './interfaces.ts'
import { end } from '../end.ts'
import { bareAddress, indexOf, isShow, networkOf, notSimulated, print, setNetwork, wordAfter } from './words.ts'
import type { Asked } from './words.ts'

interface Filter {
  name?: string
  up?: boolean
  kind?: string
  master?: string
  to?: string
}

/** `dev eth0 up`, `type veth`, `master cni0`; undefined: a word that is not modelled. */
function filterOf(words: readonly string[]): Filter | undefined {
  const filter: Filter = {}
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === 'up') filter.up = true
    else if (word === 'type') filter.kind = words[++at] ?? ''
    else if (word === 'master') filter.master = words[++at] ?? ''
    else if (word === 'dev') filter.name = words[++at] ?? ''
    else if (word === 'to') filter.to = words[++at] ?? ''
    else if (['scope', 'label', 'vrf', 'permanent', 'dynamic', 'group', 'nomaster'].includes(word)) return undefined
    else filter.name = word
  }
  return filter
}

function* showInterfaces(asked: Asked, words: readonly string[], link: boolean): Run<number> {
  const { p, facts, style } = asked
  const filter = filterOf(words)
  if (filter === undefined || (style.busybox && (style.json || style.brief || style.details)))
    return yield* notSimulated(asked)
  const { name, kind, master, to } = filter
  const lacks = [name, master].find((one) => one !== undefined && !facts.interfaces.some((each) => each.name === one))
  if (lacks !== undefined)
    return yield* end(p, 1, style.busybox ? `ip: can't find device '${lacks}'\n` : `Device "${lacks}" does not exist.\n`) // prettier-ignore
  const shown = facts.interfaces.filter(
    (one) =>
      (name === undefined || one.name === name) &&
      (filter.up !== true || one.up) &&
      (kind === undefined || kindOf(one) === kind) &&
      (master === undefined || one.master === master) &&
      (to === undefined || one.addresses.some((address) => bareAddress(address) === bareAddress(to))),
  )
  const indexed = shown.map((one) => ({ one, index: indexOf(one, facts.interfaces) }))
  if (style.json) return yield* print(asked, style.family === '6' ? [] : indexed.map(({ one, index }) => makeRow(one, index, link))) // prettier-ignore
  for (const { one, index } of indexed) {
    if (style.family === '6') continue
    const text = style.brief ? makeBrief(one, link) : style.oneLine ? makeOneLine(one, index, link, style) : makeInterface(one, index, link, style, facts.address) // prettier-ignore
    yield* p.out(text)
  }
  return 0
}

const isRemoval = (verb: string): boolean => (verb !== 'd' ? 'delete'.startsWith(verb) && verb.startsWith('de') : true)
const CHANGES = new Set(['add', 'a', 'del', 'delete', 'd', 'replace', 'flush', 'f'])

export function* address(asked: Asked, words: readonly string[]): Run<number> {
  const [verb = 'show', ...rest] = words
  if (verb === 'help') return yield* end(asked.p, 255, ADDRESS_HELP)
  if (CHANGES.has(verb)) return yield* changeAddress(asked, verb, rest)
  const isDevice = verb === 'dev' || verb === 'up' || asked.facts.interfaces.some(({ name }) => name === verb)
  if (isDevice) return yield* showInterfaces(asked, words, false)
  if (isShow(verb)) return yield* showInterfaces(asked, rest, false)
  if (['save', 'restore', 'showdump', 'change'].includes(verb)) return yield* notSimulated(asked)
  return yield* end(asked.p, 255, `Command "${verb}" is unknown, try "ip address help".\n`)
}

/** `ip addr add 10.0.0.5/24 dev eth0` */
function* changeAddress(asked: Asked, verb: string, rest: readonly string[]): Run<number> {
  const { p, facts } = asked
  const dev = wordAfter(rest, 'dev') ?? (verb.startsWith('f') ? rest[0] : undefined)
  if (dev === undefined)
    return yield* end(p, 255, verb.startsWith('f') ? 'Flush requires arguments.\n' : 'Not enough information: "dev" argument is required.\n') // prettier-ignore
  const found = facts.interfaces.find(({ name }) => name === dev)
  if (found === undefined) return yield* end(p, 1, verb.startsWith('f') ? `Device "${dev}" does not exist.\n` : `Cannot find device "${dev}"\n`) // prettier-ignore
  if (found.kept === true) return yield* notSimulated(asked)
  const [given = ''] = rest
  const wanted = given.includes('/') ? given : `${given}/32`
  const there = found.addresses.includes(wanted)
  if (verb.startsWith('f')) return yield* readdress(asked, found, [])
  if (isRemoval(verb) && !there) return yield* end(p, 2, 'Error: ipv4: Address not found.\n')
  if (!isRemoval(verb) && there)
    return verb === 'replace' ? 0 : yield* end(p, 2, 'Error: ipv4: Address already assigned.\n')
  const kept = found.addresses.filter((one) => one !== wanted)
  return yield* readdress(asked, found, isRemoval(verb) ? kept : [...found.addresses, wanted])
}

/** Other addresses; routes from one that went go with it. */
function readdress({ p, facts }: Asked, found: NetworkInterface, addresses: string[]): Run<number> {
  const gone = found.addresses.filter((one) => !addresses.includes(one)).map((one) => `src ${bareAddress(one)}`)
  const routes = facts.routes.filter(({ dev, rest = '' }) => dev !== found.name || !gone.some((src) => rest.endsWith(src))) // prettier-ignore
  return setNetwork(p, { interfaces: replaced(facts.interfaces, found, { addresses }), routes })
}

const replaced = (
  all: readonly NetworkInterface[],
  found: NetworkInterface,
  change: Partial<NetworkInterface>,
): NetworkInterface[] => all.map((one) => (one === found ? { ...one, ...change } : one))

export function* link(asked: Asked, words: readonly string[]): Run<number> {
  const [verb = 'show', ...rest] = words
  const { p, facts } = asked
  if (verb === 'help') return yield* notSimulated(asked)
  if (verb === 'set' || verb === 's') return rest.length === 0 && verb === 's' ? yield* showInterfaces(asked, [], true) : yield* setLink(asked, rest) // prettier-ignore
  if ('delete'.startsWith(verb)) return yield* deleteLink(asked, rest)
  if (verb === 'add' || verb === 'a') return yield* addLink(asked, rest)
  if (verb === 'dev' || verb === 'up' || facts.interfaces.some(({ name }) => name === verb))
    return yield* showInterfaces(asked, words, true)
  if (isShow(verb)) return yield* showInterfaces(asked, rest, true)
  if (['xstats', 'afstats', 'property', 'change', 'replace'].includes(verb)) return yield* notSimulated(asked)
  return yield* end(p, 255, `Command "${verb}" is unknown, try "ip link help".\n`)
}

const LINK_WORDS = ['up', 'down', 'mtu']

/** `ip link set eth0 down`; routes of an interface go with it, and only those of its addresses come back. */
function* setLink(asked: Asked, rest: readonly string[]): Run<number> {
  const { p, facts } = asked
  const words = rest.filter((word) => word !== 'dev')
  const isFirst = LINK_WORDS.includes(words[0] ?? '')
  const [name = '', what = '', value] = isFirst ? [words[1], words[0], words[2]] : words
  const found = facts.interfaces.find((one) => one.name === name)
  if (found === undefined) return yield* end(p, 1, `Cannot find device "${name}"\n`)
  const isOurs = found.kept !== true && kindOf(found) === undefined
  if (p.user === 'root' && (!isOurs || !LINK_WORDS.includes(what))) return yield* notSimulated(asked)
  if (what === 'mtu')
    return yield* setNetwork(p, { ...facts, interfaces: replaced(facts.interfaces, found, { mtu: Number(value) }) })
  const interfaces = replaced(facts.interfaces, found, { up: what === 'up' })
  const others = facts.routes.filter(({ dev }) => dev !== name)
  if (what === 'down') return yield* setNetwork(p, { interfaces, routes: others })
  const networks = found.addresses.map((one): Route => ({ to: networkOf(one), dev: name, rest: `proto kernel scope link src ${bareAddress(one)}` })) // prettier-ignore
  return yield* setNetwork(p, { interfaces, routes: found.up ? facts.routes : [...others, ...networks] })
}

/** What an add-on left can be taken away; what one keeps comes back by itself. */
function* deleteLink(asked: Asked, rest: readonly string[]): Run<number> {
  const { p, facts } = asked
  const [name = ''] = rest.filter((word) => word !== 'dev')
  const found = facts.interfaces.find((one) => one.name === name)
  if (found === undefined) return yield* end(p, 1, `Cannot find device "${name}"\n`)
  if (p.user !== 'root' || kindOf(found) === undefined)
    return yield* end(p, 2, `RTNETLINK answers: Operation not ${p.user === 'root' ? 'supported' : 'permitted'}\n`)
  if (found.kept === true) return yield* notSimulated(asked)
  const interfaces = facts.interfaces.filter((one) => one !== found)
  return yield* setNetwork(p, { interfaces, routes: facts.routes.filter(({ dev }) => dev !== name) })
}

function* addLink(asked: Asked, rest: readonly string[]): Run<number> {
  const { p, facts } = asked
  const name = wordAfter(rest, 'name') ?? rest[0]
  if (p.user !== 'root') return yield* end(p, 2, 'RTNETLINK answers: Operation not permitted\n')
  if (facts.interfaces.some((one) => one.name === name)) return yield* end(p, 2, 'RTNETLINK answers: File exists\n')
  return yield* notSimulated(asked)
}

const ADDRESS_HELP = `Usage: ip address {add|change|replace} IFADDR dev IFNAME [ LIFETIME ]
                                                      [ CONFFLAG-LIST ]
       ip address del IFADDR dev IFNAME [mngtmpaddr]
       ip address {save|flush} [ dev IFNAME ] [ scope SCOPE-ID ]
                            [ to PREFIX ] [ FLAG-LIST ] [ label LABEL ] [up]
       ip address [ show [ dev IFNAME ] [ scope SCOPE-ID ] [ master DEVICE ]
                         [ nomaster ]
                         [ type TYPE ] [ to PREFIX ] [ FLAG-LIST ]
                         [ label LABEL ] [up] [ vrf NAME ] ]
       ip address {showdump|restore}
`
