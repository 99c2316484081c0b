/** Which pods a drain may take. Models kubectl/pkg/drain/filters.go (I2). */
import type { Run } from '../../../../host/process.ts'
import type { Pod } from '../../../../objects/types.gen.ts'
import { isMirror, ownerOf } from '../../../../objects/meta.ts'
import type { Context } from '../../command.ts'
import { isNotFound, StatusError } from '../../errors.ts'
import { texts } from '../../texts.ts'

/** What a filter says: pods that are not taken, and why; a warning or an error is told with the pods' names. */
interface Verdict {
  take: boolean
  warning?: string
  error?: string
}

export interface Sorted {
  pods: Pod[]
  /** `ignoring DaemonSet-managed Pods: ns/a, ns/b`, joined by `; `; empty without one. */
  warnings: string
  /** `cannot delete …: ns/a`. */
  errors: string[]
}

const OKAY: Verdict = { take: true }
const SKIP: Verdict = { take: false }

type Filter = (ctx: Context, pod: Pod) => Run<Verdict> | Verdict

const finished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

function* terminating(ctx: Context, pod: Pod): Run<Verdict> {
  const seconds = ctx.flags.int('skip-wait-for-delete-timeout')
  const since = pod.metadata?.deletionTimestamp
  if (seconds <= 0 || !since) return OKAY
  return (yield* ctx.p.now()) - Date.parse(since) > seconds * 1000 ? SKIP : OKAY
}

function* daemonSet(ctx: Context, pod: Pod): Run<Verdict> {
  const owner = ownerOf(pod)
  if (owner?.kind !== 'DaemonSet' || finished(pod)) return OKAY
  try {
    const client = yield* ctx.session.client()
    yield* client.get(`/apis/apps/v1/namespaces/${pod.metadata!.namespace}/daemonsets/${owner.name}`)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    if (isNotFound(error) && ctx.flags.bool('force')) return { take: true, warning: error.message }
    return { take: false, error: error.message }
  }
  return ctx.flags.bool('ignore-daemonsets')
    ? { take: false, warning: 'ignoring DaemonSet-managed Pods' }
    : { take: false, error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' }
}

const mirror: Filter = (_, pod) => (isMirror(pod) ? SKIP : OKAY)

const localStorage: Filter = (ctx, pod) => {
  const local = (pod.spec?.volumes ?? []).some((volume) => volume.emptyDir)
  if (!local || finished(pod)) return OKAY
  return ctx.flags.bool('delete-emptydir-data')
    ? { take: true, warning: 'deleting Pods with local storage' }
    : { take: false, error: 'Pods with local storage (use --delete-emptydir-data to override)' }
}

const unmanaged: Filter = (ctx, pod) => {
  if (finished(pod) || ownerOf(pod)) return OKAY
  return ctx.flags.bool('force')
    ? { take: true, warning: 'deleting Pods that declare no controller' }
    : { take: false, error: texts.drainUnmanaged(ctx.session.minor) }
}

const FILTERS: Filter[] = [terminating, daemonSet, mirror, localStorage, unmanaged]

/** The verdict of the last filter asked: a later Okay hides an earlier warning, as upstream. */
function* verdictOf(ctx: Context, pod: Pod): Run<Verdict> {
  let verdict = OKAY
  for (const filter of FILTERS) {
    const answer = filter(ctx, pod)
    verdict = 'next' in answer ? yield* answer : answer
    if (!verdict.take) return verdict
  }
  return verdict
}

export const fullName = (pod: Pod): string => `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`

/** Sorts a node's pods. Groups of messages stand in order of the filters' first word (upstream: at random). */
export function* sortPods(ctx: Context, pods: Pod[]): Run<Sorted> {
  const taken: Pod[] = []
  const warnings = new Map<string, string[]>()
  const errors = new Map<string, string[]>()
  for (const pod of pods) {
    const verdict = yield* verdictOf(ctx, pod)
    if (verdict.take) taken.push(pod)
    if (verdict.warning) warnings.set(verdict.warning, [...(warnings.get(verdict.warning) ?? []), fullName(pod)])
    if (verdict.error) errors.set(verdict.error, [...(errors.get(verdict.error) ?? []), fullName(pod)])
  }
  const line = ([message, names]: [string, string[]]): string => `${message}: ${names.join(', ')}`
  return {
    pods: taken,
    warnings: [...warnings].map(line).join('; '),
    errors: [...errors].map((entry) => `cannot delete ${line(entry)}`),
  }
}
