/** `ip neighbour` and `ip rule`. Not modelled: changes of either. */
import type { Run } from '../../process.ts'
import type { Neighbour } from '../../syscalls/host.ts'
import { end } from '../end.ts'
import { isShow, notSimulated, print, wordAfter } from './words.ts'
import type { Asked } from './words.ts'

export function* neighbour(asked: Asked, words: readonly string[]): Run<number> {
  const { p, style, facts } = asked
  const [verb = 'show', ...rest] = words
  const isFlush = verb === 'flush' || verb === 'f'
  if (isFlush && p.user !== 'root') return yield* end(p, 2, 'Failed to send flush request: Operation not permitted\n')
  if (isFlush) return 0
  const isDevice = verb === 'dev' || verb === 'to' || /^[\d.]+$/.test(verb)
  if (!isShow(verb) && !isDevice) return yield* notSimulated(asked)
  const asks = isDevice ? words : rest
  const dev = wordAfter(asks, 'dev')
  const state = wordAfter(asks, 'nud')?.toUpperCase()
  const to = wordAfter(asks, 'to') ?? asks.find((word) => /^[\d.]+$/.test(word))
  if (dev !== undefined && !facts.interfaces.some(({ name }) => name === dev))
    return yield* end(p, 1, `Cannot find device "${dev}"\n`)
  const all = style.family === '6' ? [] : ((yield* p.ask('network.neighbours')) as Neighbour[])
  const shown = all.filter(
    (one) =>
      (dev === undefined || one.dev === dev) &&
      (state === undefined || one.state === state) &&
      (to === undefined || one.ip === to),
  )
  const here = dev === undefined
  if (style.json)
    return yield* print(asked, shown.map((one) => ({ dst: one.ip, ...(here && { dev: one.dev }), lladdr: one.mac, state: [one.state] }))) // prettier-ignore
  const line = ({ ip, dev: on, mac, state: is }: Neighbour): string => {
    if (style.brief) return `${ip.padEnd(39)} ${on.padEnd(16)} ${mac ?? ''} \n`
    return `${ip}${here ? ` dev ${on}` : ''}${mac === undefined ? '' : ` lladdr ${mac}`} ${is} \n`
  }
  yield* p.out(shown.map(line).join(''))
  return 0
}

const RULES = [
  { priority: 0, table: 'local' },
  { priority: 32_766, table: 'main' },
  { priority: 32_767, table: 'default' },
]

export function* rule(asked: Asked, words: readonly string[]): Run<number> {
  const [verb = 'show', ...rest] = words
  if (!isShow(verb) || rest.length > 0) return yield* notSimulated(asked)
  const rules = asked.style.family === '6' ? RULES.slice(0, 2) : RULES
  if (asked.style.json) return yield* print(asked, rules.map(({ priority, table }) => ({ priority, src: 'all', table }))) // prettier-ignore
  yield* asked.p.out(rules.map(({ priority, table }) => `${priority}:\tfrom all lookup ${table}\n`).join(''))
  return 0
}
