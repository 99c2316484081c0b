/** `ip route`: the main and the local table, the way to an address, changes. Not modelled: what one's own routes do. */
import type { NetworkInterface, Route } from '../../host.ts'
import type { Run } from '../../process.ts'
import { end } from '../end.ts'
import { bareAddress, broadcastOf, covers, isShow, notSimulated, print, routeTo, setNetwork, wordAfter } from './words.ts' // prettier-ignore
import type { Asked } from './words.ts'
import type { JsonValue } from './json.ts'

/** A route by its columns. */
interface Row {
  type?: string
  to: string
  via?: string | undefined
  dev?: string | undefined
  table?: string
  proto?: string | undefined
  scope?: string | undefined
  src?: string | undefined
  metric?: string | undefined
  onlink?: boolean
}

function rowOf({ to, via, dev, rest = '' }: Route): Row {
  const words = rest.split(' ')
  const [proto, scope, src, metric] = ['proto', 'scope', 'src', 'metric'].map((name) => wordAfter(words, name))
  return { to, via, dev, proto, scope, src, metric, onlink: words.includes('onlink') }
}

function textOf(row: Row, busybox: boolean): string {
  const pairs = (['via', 'dev', 'table', 'proto', 'scope', 'src', 'metric'] as const).flatMap(
    (name) =>
    row[name] === undefined || (busybox && name === 'proto') ? [] : [`${busybox && name === 'src' ? ' ' : ''}${name} ${row[name]}`], // prettier-ignore
  )
  const type = row.type === undefined ? '' : `${row.type} `
  return `${type}${row.to} ${[...pairs, ...(row.onlink === true ? ['onlink'] : [])].join(' ')} \n`
}

function jsonOf({ type, to, via, dev, table, proto, scope, src, metric, onlink }: Row): JsonValue {
  return {
    type,
    dst: to,
    gateway: via,
    dev,
    table,
    protocol: proto,
    scope,
    prefsrc: src,
    metric: metric === undefined ? undefined : Number(metric),
    flags: onlink === true ? ['onlink'] : [],
  }
}

/** The table that the kernel keeps by itself: own addresses and broadcast addresses. */
function localTable(interfaces: readonly NetworkInterface[]): Row[] {
  const rows = interfaces
    .filter(({ up }) => up)
    .flatMap(({ name, addresses }) => addresses.flatMap((address) => localRows(name, address)))
  const rank = ({ to }: Row): number =>
    bareAddress(to)
      .split('.')
      .reduce((sum, part) => sum * 256 + Number(part), 0)
  return rows.sort((a, b) => rank(a) - rank(b))
}

function localRows(dev: string, address: string): Row[] {
  const src = bareAddress(address)
  const own = (to: string): Row => ({ type: 'local', to, dev, proto: 'kernel', scope: 'host', src })
  const cast: Row = { type: 'broadcast', to: broadcastOf(address), dev, proto: 'kernel', scope: 'link', src }
  if (dev === 'lo') return [own('127.0.0.0/8'), own(src), cast]
  return address.endsWith('/32') ? [own(src)] : [own(src), cast]
}

interface Selector {
  table: string
  fits: ((row: Row) => boolean)[]
  /** Columns that were asked for are not repeated. */
  hidden: (keyof Row)[]
}

/** `dev eth0`, `proto kernel`, `match 10.0.0.1`, `table local`; undefined: a word that is not modelled. */
function selectorOf(words: readonly string[]): Selector | undefined {
  const selector: Selector = { table: 'main', fits: [], hidden: [] }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const value = words[at + 1] ?? ''
    if (word === 'table') selector.table = value
    else if (['dev', 'proto', 'scope', 'via', 'src'].includes(word)) {
      selector.fits.push((row) => row[word as keyof Row] === value)
      if (word !== 'src') selector.hidden.push(word as keyof Row)
    } else if (word === 'match') selector.fits.push(({ to }) => to === 'default' || covers(to, bareAddress(value)))
    else if (word === 'exact' || word === 'to') selector.fits.push(({ to }) => to === value)
    else if (word === 'root') selector.fits.push(({ to }) => to !== 'default' && covers(value, bareAddress(to)))
    else if (word === 'default' || /^\d+(\.\d+){3}(\/\d+)?$/.test(word)) {
      selector.fits.push(({ to }) => to === word)
      at--
    } else return undefined
    at++
  }
  return selector
}

function* show(asked: Asked, words: readonly string[]): Run<number> {
  const { p, facts, style } = asked
  const selector = selectorOf(words)
  if (selector === undefined) return yield* notSimulated(asked)
  const { table, fits, hidden } = selector
  const tables: Record<string, () => Row[]> = {
    main: () => facts.routes.map(rowOf),
    local: () => localTable(facts.interfaces),
    default: () => [],
    all: () => [...facts.routes.map(rowOf), ...localTable(facts.interfaces).map((row) => ({ ...row, table: 'local' }))],
  }
  const rows = tables[{ 254: 'main', 255: 'local', 253: 'default', 0: 'all' }[table] ?? table]
  if (rows === undefined)
    return yield* end(p, 2, /^\d+$/.test(table) ? 'Error: ipv4: FIB table does not exist.\nDump terminated\n' : `Error: argument "${table}" is wrong: "table" value is invalid\n\n`) // prettier-ignore
  const shown = style.family === '6' ? [] : rows().filter((row) => fits.every((one) => one(row)))
  const bare = shown.map((row) => ({ ...row, ...Object.fromEntries(hidden.map((name) => [name, undefined])) }))
  if (style.json) return yield* print(asked, bare.map(jsonOf))
  yield* p.out(bare.map((row) => textOf(row, style.busybox)).join(''))
  return 0
}

function* get(asked: Asked, words: readonly string[]): Run<number> {
  const { p, facts, style } = asked
  const [given = ''] = words.filter((word) => word !== 'to')
  const ip = bareAddress(given)
  if (!/^\d+(\.\d+){3}$/.test(ip))
    return yield* end(p, 1, `Error: any valid prefix is expected rather than "${given}".\n`)
  const uid = p.user === 'root' ? 0 : 1000
  const isOwn = ip.startsWith('127.') || facts.interfaces.some(({ addresses }) => addresses.some((one) => bareAddress(one) === ip)) // prettier-ignore
  const chosen = isOwn ? undefined : routeTo(facts.routes, ip)
  if (!isOwn && chosen === undefined) return yield* end(p, 2, 'RTNETLINK answers: Network is unreachable\n')
  const source = (chosen?.rest ?? '').split(' ')
  const [first] = facts.interfaces.find(({ name }) => name === chosen?.dev)?.addresses ?? []
  const src = isOwn ? ip : (wordAfter(source, 'src') ?? bareAddress(first ?? facts.address))
  const { via, dev } = chosen ?? { dev: 'lo' }
  if (style.json)
    return yield* print(asked, [{ ...(isOwn && { type: 'local' }), dst: ip, gateway: via, dev, prefsrc: src, flags: [], uid, cache: isOwn ? ['local'] : [] }]) // prettier-ignore
  yield* p.out(`${isOwn ? 'local ' : ''}${ip}${via === undefined ? '' : ` via ${via}`} dev ${dev} src ${src} uid ${uid} \n    cache ${isOwn ? '<local> ' : ''}\n`) // prettier-ignore
  return 0
}

/** `ip route add 10.1.0.0/16 via 172.30.1.1 dev eth0` */
function* change(asked: Asked, verb: string, rest: readonly string[]): Run<number> {
  const { p, facts } = asked
  const [to = ''] = rest
  const via = wordAfter(rest, 'via')
  const found = facts.routes.find((one) => one.to === to)
  const isKept = facts.interfaces.some(({ name, kept }) => name === found?.dev && kept === true)
  if (isKept && p.user === 'root' && !verb.startsWith('a')) return yield* notSimulated(asked)
  if (verb.startsWith('d')) {
    if (found === undefined || (via !== undefined && found.via !== via))
      return yield* end(p, 2, 'RTNETLINK answers: No such process\n')
    return yield* setNetwork(p, { interfaces: facts.interfaces, routes: facts.routes.filter((one) => one !== found) })
  }
  if (verb === 'change' && found === undefined)
    return yield* end(p, 2, 'RTNETLINK answers: No such file or directory\n')
  if (found !== undefined && verb.startsWith('a')) return yield* end(p, 2, 'RTNETLINK answers: File exists\n')
  const direct = facts.routes.find((one) => via !== undefined && one.to !== 'default' && covers(one.to, via))
  if (via !== undefined && direct === undefined && !rest.includes('onlink'))
    return yield* end(p, 2, 'Error: Nexthop has invalid gateway.\n')
  const dev = wordAfter(rest, 'dev') ?? direct?.dev ?? 'eth0'
  if (!facts.interfaces.some(({ name }) => name === dev)) return yield* end(p, 1, `Cannot find device "${dev}"\n`)
  const made: Route = { to, ...(via !== undefined && { via }), dev, ...(via === undefined && { rest: 'scope link' }) }
  const kept = facts.routes.filter((one) => one !== found)
  return yield* setNetwork(p, {
    interfaces: facts.interfaces,
    routes: to === 'default' ? [made, ...kept] : [...kept, made],
  })
}

const CHANGES = new Set(['add', 'a', 'append', 'del', 'delete', 'd', 'replace', 'change', 'chg'])

export function* route(asked: Asked, words: readonly string[]): Run<number> {
  const [verb = 'show', ...rest] = words
  if (CHANGES.has(verb)) return yield* change(asked, verb, rest)
  if (verb === 'get' || verb === 'g') return yield* get(asked, rest)
  if (verb === 'flush' || verb === 'f') return rest[0] === 'cache' ? 0 : yield* notSimulated(asked)
  return yield* show(asked, isShow(verb) ? rest : words)
}
