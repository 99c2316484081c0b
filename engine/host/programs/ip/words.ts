/** What the objects of `ip` share: how to show, what the host has, how to complain. */
import type { NetworkInterface, Route } from '../../host.ts'
import type { Proc, Run } from '../../process.ts'
import type { HostFactsAnswer } from '../../syscalls/host.ts'
import { makeJson } from './json.ts'
import type { JsonValue } from './json.ts'
import { end } from '../end.ts'

export interface Style {
  brief: boolean
  oneLine: boolean
  json: boolean
  pretty: boolean
  statistics: number
  details: boolean
  family: '4' | '6' | undefined
  busybox: boolean
}

export interface Asked {
  p: Proc
  facts: HostFactsAnswer
  style: Style
  /** The whole line after the options, for refusals. */
  line: string
}

export type Verb = (asked: Asked, words: readonly string[]) => Run<number>

export function notSimulated({ p, line }: Asked): Run<number> {
  return end(p, 1, `not simulated: ip ${line}\n`)
}

/** Gives the kernel other interfaces or routes. */
export function* setNetwork(
  p: Proc,
  { interfaces, routes }: Pick<HostFactsAnswer, 'interfaces' | 'routes'>,
): Run<number> {
  const done = (yield* p.ask('network.set', { interfaces, routes })) as { ok: true } | { error: 'denied' }
  return 'ok' in done ? 0 : yield* end(p, 2, 'RTNETLINK answers: Operation not permitted\n')
}

export const wordAfter = (words: readonly string[], name: string): string | undefined =>
  words.includes(name) ? words[words.indexOf(name) + 1] : undefined

/** `show` may be shortened, as any word of `ip`: `ip a s`, `ip r l`. */
export const isShow = (word: string): boolean => ['show', 'list', 'lst'].some((whole) => whole.startsWith(word))

export const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const textOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')

export function covers(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size)
}

/** `172.30.1.0/24` of `172.30.1.11/24` */
export function networkOf(address: string): string {
  const [ip = '', bits = '32'] = address.split('/')
  const size = 2 ** (32 - Number(bits))
  return `${textOf(numberOf(ip) - (numberOf(ip) % size))}/${bits}`
}

export function broadcastOf(address: string): string {
  const [ip = '', bits = '32'] = address.split('/')
  const size = 2 ** (32 - Number(bits))
  return textOf(numberOf(ip) - (numberOf(ip) % size) + size - 1)
}

export const bareAddress = (address: string): string => address.split('/')[0] ?? ''

/** The route that leads to an address: the one with the longest prefix. */
export function routeTo(routes: readonly Route[], ip: string): Route | undefined {
  const length = ({ to }: Route): number => (to === 'default' ? -1 : Number(to.split('/')[1] ?? 32))
  return routes
    .filter(({ to }) => to === 'default' || covers(to, ip))
    .reduce<Route | undefined>(
      (best, one) => (best === undefined || length(one) > length(best) ? one : best),
      undefined,
    )
}

export const indexOf = (one: NetworkInterface, all: readonly NetworkInterface[]): number =>
  one.index ?? all.indexOf(one) + 1

export function* print({ p, style }: Asked, rows: JsonValue[]): Run<number> {
  yield* p.out(makeJson(rows, style.pretty))
  return 0
}
