/** crictl stats, statsp and imagefsinfo. What a container writes is nominal. Not modelled: --watch, json of stats. */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import type { Options } from '../options.ts'
import { decimalSize, say, table } from './common.ts'
import type { Verb } from './common.ts'
import type { CriContainer } from './types.ts'

const percent = (cpuMilli: number): string => (cpuMilli / 10).toFixed(2)

/** What is not modelled is refused; true: it was. */
function* refused(p: Proc, verb: string, options: Options): Run<boolean> {
  const format = valueOf(options, 'output') ?? 'table'
  const odd = has(options, 'watch') ? '--watch' : format === 'table' ? undefined : `-o ${format}`
  if (odd !== undefined) yield* say(p, `not simulated: crictl ${verb} ${odd}\n`)
  return odd !== undefined
}

/** CPU is what was used between two looks. */
const sampled = (p: Proc, options: Options): Run<boolean> => p.sleep(Number(valueOf(options, 'seconds') ?? 1) * 1000)

export const stats: Verb = function* (p, { options, list, args }) {
  if (yield* refused(p, 'stats', options)) return 1
  yield* sampled(p, options)
  const id = valueOf(options, 'id') ?? args[0] ?? ''
  const shown = list.containers
    .filter(
      (one) =>
        (has(options, 'all') || one.state === 'Running') &&
        one.id.startsWith(id) &&
        one.sandboxId.startsWith(valueOf(options, 'pod') ?? ''),
    ) // prettier-ignore
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = shown.map((one) => [one.id.slice(0, 13), one.name, percent(one.cpuMilli ?? 0), decimalSize(one.memoryBytes ?? 0, 4), '12.29kB', '7', '0B']) // prettier-ignore
  yield* p.out(table([['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'], ...rows]))
  return 0
}

export const statsp: Verb = function* (p, { options, list, args }) {
  if (yield* refused(p, 'statsp', options)) return 1
  yield* sampled(p, options)
  const id = valueOf(options, 'id') ?? args[0] ?? ''
  const sum = (sandboxId: string, of: (one: CriContainer) => number | undefined): number =>
    list.containers.filter((one) => one.sandboxId === sandboxId && one.state === 'Running').reduce((all, one) => all + (of(one) ?? 0), 0) // prettier-ignore
  const shown = list.sandboxes.filter((one) => one.state === 'Ready' && one.id.startsWith(id)).sort((a, b) => (a.id < b.id ? -1 : 1)) // prettier-ignore
  const rows = shown.map((one) => [one.name, one.id.slice(0, 13), percent(sum(one.id, ({ cpuMilli }) => cpuMilli)), decimalSize(sum(one.id, ({ memoryBytes }) => memoryBytes), 4)]) // prettier-ignore
  yield* p.out(table([['POD', 'POD ID', 'CPU %', 'MEM'], ...rows]))
  return 0
}
