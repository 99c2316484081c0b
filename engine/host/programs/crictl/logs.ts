/** crictl logs (logs.go): each line to the stream that it was written to. Not modelled: --limit-bytes. */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import { byId, fatal, missing, say } from './common.ts'
import type { Verb } from './common.ts'
import type { CriContainer, CriListAnswer, CriLogsAnswer } from './types.ts'

/** How often `logs -f` looks. */
const FOLLOW_MS = 500

const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** `5m`, `1h30m` before now, seconds since 1970, or an RFC 3339 time, which may lack its zone; undefined: neither. */
function sinceOf(text: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const isDuration = /^(\d+(?:\.\d+)?(ms|h|m|s))+$/.test(text)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  if (isDuration)
    return now - parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0)
  const at = Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  return Number.isNaN(at) ? undefined : at
}

export const logs: Verb = function* (p, { options, list, args, now }) {
  const [id] = args
  if (id === undefined) return yield* fatal(p, 'ID cannot be empty')
  if (has(options, 'limit-bytes')) return yield* say(p, 'not simulated: crictl logs --limit-bytes\n')
  const since = valueOf(options, 'since')
  const sinceMs = since === undefined ? undefined : sinceOf(since, now)
  if (since !== undefined && sinceMs === undefined)
    return yield* fatal(
      p,
      `parse timestamp: parsing time "${since}" as "2006-01-02": cannot parse "${since}" as "2006"`,
    )
  const named = byId(list.containers, id)
  const found = named !== undefined && has(options, 'previous') ? before(list.containers, named) : named
  if (found === undefined)
    return yield* fatal(
      p,
      named === undefined ? missing('container', id) : `failed to find the previous container: the previous container "${named.name}" is not found`, // prettier-ignore
    )
  const tail = valueOf(options, 'tail')
  const query = {
    id: found.id,
    ...(has(options, 'timestamps') && { timestamps: true }),
    ...(tail !== undefined && Number(tail) >= 0 && { tail: Number(tail) }),
    ...(sinceMs !== undefined && { sinceMs }),
  }
  const answer = (yield* p.ask('cri.logs', query)) as CriLogsAnswer
  if (!('pieces' in answer)) return yield* fatal(p, missing('container', id))
  yield* write(p, answer)
  return has(options, 'follow') ? yield* follow(p, query, answer.lastMs ?? 0) : 0
}

function* write(p: Proc, { pieces }: { pieces: { stream: 'stdout' | 'stderr'; text: string }[] }): Run<void> {
  for (const { stream, text } of pieces) yield* stream === 'stderr' ? p.err(text) : p.out(text)
}

/** The instance of the same container before this one. */
function before(
  containers: readonly CriContainer[],
  { name, sandboxId, podUid, attempt }: CriContainer,
): CriContainer | undefined {
  return containers
    .filter(
      (one) => one.name === name && (one.podUid === podUid || one.sandboxId === sandboxId) && one.attempt < attempt,
    )
    .sort((a, b) => b.attempt - a.attempt)[0]
}

function* follow(p: Proc, query: { id: string }, fromMs: number): Run<number> {
  yield* p.catchSignals(['INT'])
  let seenMs = fromMs
  while (yield* p.sleep(FOLLOW_MS)) {
    const answer = (yield* p.ask('cri.logs', { ...query, tail: undefined, sinceMs: seenMs + 0.001 })) as CriLogsAnswer
    if (!('pieces' in answer)) return 0
    yield* write(p, answer)
    seenMs = Math.max(seenMs, answer.lastMs ?? 0)
    const list = (yield* p.ask('cri.list')) as CriListAnswer | undefined
    if (list?.containers.find(({ id }) => id === query.id)?.state !== 'Running') return 0
  }
  return 0
}
