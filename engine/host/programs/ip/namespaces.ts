/** `ip netns`: the network namespaces of pods, which the CNI plugins name. Not modelled: namespaces of one's own. */
import type { NetworkInterface } from '../../host.ts'
import type { ModelledProcess } from '../../units/unit-host.ts'
import type { Run } from '../../process.ts'
import { end } from '../end.ts'
import { isShow, notSimulated } from './words.ts'
import type { Asked } from './words.ts'

const named = (interfaces: readonly NetworkInterface[]): NetworkInterface[] =>
  interfaces.filter(({ netns }) => netns !== undefined)

export function* namespaces(asked: Asked, words: readonly string[]): Run<number> {
  const { p, facts } = asked
  const [verb = 'list', ...rest] = words
  if (verb === 'exec') return yield* execute(asked, rest)
  if (verb === 'identify' || verb === 'pids' || !isShow(verb)) return yield* notSimulated(asked)
  yield* p.out(named(facts.interfaces).map(({ netns }, at) => `${netns} (id: ${at})\n`).join('')) // prettier-ignore
  return 0
}

function* execute(asked: Asked, [name = '', ...argv]: readonly string[]): Run<number> {
  const { p, facts } = asked
  if (argv.length === 0) return yield* end(p, 255, 'No command specified\n')
  const found = named(facts.interfaces).find(({ netns }) => netns === name)
  if (found === undefined)
    return yield* end(p, 255, `Cannot open network namespace "${name}": No such file or directory\n`)
  if (p.user !== 'root') return yield* end(p, 255, `Cannot open network namespace "${name}": Permission denied\n`)
  const id = ((yield* p.ask('network.container', { ip: found.podIp })) as ModelledProcess['netns'] | null) ?? undefined
  if (id === undefined) return yield* notSimulated(asked)
  const child = (yield* p.ask('spawn', { argv: [...argv], root: { kind: 'host', netns: id } })) as { pid: number } | { error: string } // prettier-ignore
  if ('error' in child) return yield* end(p, 255, `exec of "${argv[0]}" failed: No such file or directory\n`)
  return yield* p.wait(child.pid)
}
