/** docker logs (cli/command/container/logs.go). Not modelled: --details. */
import { has, valueOf } from '../../../host/programs/options.ts'
import type { CriLogsAnswer } from '../../../host/programs/crictl/types.ts'
import type { Proc, Run } from '../../../host/process.ts'
import { fail, fromDaemon } from '../command.ts'
import type { Verb } from '../command.ts'
import { askDaemon, findContainer } from '../daemon.ts'

/** How often `--follow` looks. */
const LOOK_MS = 500
const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** `42m` before now, seconds since 1970, or a date; undefined: none of them. */
function instantOf(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  if (/^(\d+(?:\.\d+)?(ms|h|m|s))+$/.test(text))
    return now - [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? 0), 0) // prettier-ignore
  const at = Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  return Number.isNaN(at) ? undefined : at
}

interface Query {
  id: string
  timestamps: boolean
  tail?: number
  sinceMs?: number
}

export const logs: Verb = function* (p, { options, args, daemon, now }) {
  const [name = ''] = args
  const found = findContainer(daemon, name)
  if (found === undefined) return yield* fail(p, `Error: No such container: ${name}`)
  const [since, tail] = [valueOf(options, 'since'), valueOf(options, 'tail')]
  const sinceMs = since === undefined ? undefined : instantOf(since, now)
  if (since !== undefined && sinceMs === undefined)
    return yield* fromDaemon(p, `invalid value for "since": failed to parse value as time or duration: "${since}"`)
  // The pause program says nothing.
  if (found.sandboxId === undefined) return 0
  const query: Query = {
    id: found.id,
    timestamps: has(options, 'timestamps'),
    ...(tail !== undefined && /^\d+$/.test(tail) && { tail: Number(tail) }),
    ...(sinceMs !== undefined && { sinceMs }),
  }
  const until = valueOf(options, 'until')
  if (until !== undefined) return yield* fail(p, 'not simulated: docker logs --until')
  const answer = (yield* p.ask('cri.logs', { ...query })) as CriLogsAnswer
  if (!('pieces' in answer)) return yield* fail(p, `Error: No such container: ${name}`)
  yield* write(p, answer)
  return has(options, 'follow') ? yield* follow(p, query, answer.lastMs ?? 0) : 0
}

function* write(p: Proc, { pieces }: { pieces: { stream: 'stdout' | 'stderr'; text: string }[] }): Run<void> {
  for (const { stream, text } of pieces) yield* stream === 'stderr' ? p.err(text) : p.out(text)
}

/** Until the container has ended. */
function* follow(p: Proc, { tail: _, ...query }: Query, fromMs: number): Run<number> {
  yield* p.catchSignals(['INT'])
  let seenMs = fromMs
  while (yield* p.sleep(LOOK_MS)) {
    const answer = (yield* p.ask('cri.logs', { ...query, sinceMs: seenMs + 0.001 })) as CriLogsAnswer
    if (!('pieces' in answer)) return 0
    yield* write(p, answer)
    seenMs = Math.max(seenMs, answer.lastMs ?? 0)
    if (findContainer(yield* askDaemon(p), query.id)?.state !== 'running') return 0
  }
  return 130
}
