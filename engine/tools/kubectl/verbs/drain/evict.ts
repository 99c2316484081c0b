/** Takes pods off a node, all at once: each is evicted, retried while a budget forbids it, and waited for. Models kubectl/pkg/drain/drain.go (I2). */
import type { Run } from '../../../../host/process.ts'
import type { Pod } from '../../../../objects/types.gen.ts'
import { DRY_RUN_SUFFIX, type DryRun } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { CommandError, isNotFound, StatusError } from '../../errors.ts'
import { fullName } from './filters.ts'

/** How long until a refused eviction is tried again. */
const RETRY_MS = 5000
/** How often it is asked whether a pod is gone. */
const POLL_MS = 1000

interface Task {
  pod: Pod
  step: 'evict' | 'wait' | 'done'
  /** When it goes on. */
  at: number
  /** The pod is read again before the next try. */
  refresh: boolean
}

interface Drain {
  ctx: Context
  dryRun: DryRun
  deadline: number
  timeoutText: string
  evicting: boolean
  errors: string[]
}

const pathOfPod = (pod: Pod): string =>
  `/api/v1/namespaces/${encodeURIComponent(pod.metadata?.namespace ?? '')}/pods/${encodeURIComponent(pod.metadata?.name ?? '')}`

const where = (pod: Pod): string => `pods/"${pod.metadata?.name ?? ''}" -n "${pod.metadata?.namespace ?? ''}"`

/** Evicts (or with `--disable-eviction` deletes) the pods. The result says what went wrong, in order. */
export function* takePods(ctx: Context, pods: Pod[], dryRun: DryRun): Run<string[]> {
  const timeoutMs = ctx.flags.durationMs('timeout')
  const now = yield* ctx.p.now()
  const drain: Drain = {
    ctx,
    dryRun,
    deadline: timeoutMs > 0 ? now + timeoutMs : Infinity,
    timeoutText: durationText(timeoutMs),
    evicting: !ctx.flags.bool('disable-eviction'),
    errors: [],
  }
  const tasks = pods.map((pod): Task => ({ pod, step: 'evict', at: now, refresh: false }))
  for (let left = tasks; left.length > 0; left = left.filter(({ step }) => step !== 'done')) {
    const at = Math.min(...left.map((task) => task.at))
    const current = yield* ctx.p.now()
    if (at > current) yield* ctx.p.sleep(at - current)
    for (const task of left.filter((one) => one.at <= at)) yield* advance(drain, task)
  }
  return drain.errors
}

/** `1m30s`, as Go prints a duration of whole seconds. */
function durationText(ms: number): string {
  const total = Math.floor(ms / 1000)
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`
}

const advance = (drain: Drain, task: Task): Run<void> =>
  task.step === 'evict' ? attempt(drain, task) : look(drain, task)

function* attempt(drain: Drain, task: Task): Run<void> {
  const { ctx, dryRun } = drain
  const { p } = ctx
  if (drain.evicting) yield* p.out(`evicting pod ${fullName(task.pod)}${DRY_RUN_SUFFIX[dryRun]}\n`)
  if ((yield* p.now()) >= drain.deadline)
    return fail(drain, task, `error when evicting ${where(task.pod)}: global timeout reached: ${drain.timeoutText}`)
  if (task.refresh) task.pod = (yield* read(ctx, task.pod)) ?? task.pod
  task.refresh = false
  if (dryRun === 'client') return finish(task)
  try {
    yield* remove(drain, task.pod)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return yield* refused(drain, task, error)
  }
  if (dryRun === 'server') return finish(task)
  task.step = 'wait'
  yield* look(drain, task)
}

function* remove({ ctx, dryRun, evicting }: Drain, pod: Pod): Run<void> {
  const grace = ctx.flags.int('grace-period')
  const options = {
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  }
  const client = yield* ctx.session.client()
  if (!evicting)
    return void (yield* client.delete(pathOfPod(pod), { kind: 'DeleteOptions', apiVersion: 'v1', ...options }))
  const { name, namespace } = pod.metadata ?? {}
  const body = { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name, namespace }, deleteOptions: options }
  yield* client.create(`${pathOfPod(pod)}/eviction`, body)
}

function* refused(drain: Drain, task: Task, error: StatusError): Run<void> {
  const { p } = drain.ctx
  const { pod } = task
  if (isNotFound(error)) return finish(task)
  if (!drain.evicting) return fail(drain, task, error.message)
  const ending = isEndingNamespace(error)
  if (error.reason === 'TooManyRequests')
    yield* p.err(`error when evicting ${where(pod)} (will retry after 5s): ${error.message}\n`)
  else if (ending && pod.metadata?.deletionTimestamp) return finish(task)
  else if (ending)
    yield* p.err(
      `error when evicting pod "${pod.metadata?.name}" from terminating namespace "${pod.metadata?.namespace}" (will retry after 5s): ${error.message}\n`,
    )
  else return fail(drain, task, `error when evicting ${where(pod)}: ${error.message}`)
  task.refresh = ending
  task.at = (yield* p.now()) + RETRY_MS
}

const isEndingNamespace = (error: StatusError): boolean =>
  error.reason === 'Forbidden' &&
  (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')

/** Whether the pod is gone, or another of its name stands there. */
function* look(drain: Drain, task: Task): Run<void> {
  const { ctx } = drain
  const { pod } = task
  const found = yield* read(ctx, pod)
  const now = yield* ctx.p.now()
  if (!found || found.metadata?.uid !== pod.metadata?.uid || skipped(ctx, found, now)) {
    yield* ctx.p.out(`pod/${pod.metadata?.name} ${drain.evicting ? 'evicted' : 'deleted'}\n`)
    return finish(task)
  }
  if (now >= drain.deadline) {
    const why = `global timeout reached: ${drain.timeoutText}`
    return fail(
      drain,
      task,
      drain.evicting
        ? `error when waiting for pod "${pod.metadata?.name}" in namespace "${pod.metadata?.namespace}" to terminate: ${why}`
        : why,
    )
  }
  task.at = Math.min(now + POLL_MS, drain.deadline)
}

/** A pod that has been going for so long that nobody waits for it. */
function skipped({ flags }: Context, pod: Pod, now: number): boolean {
  const seconds = flags.int('skip-wait-for-delete-timeout')
  const since = pod.metadata?.deletionTimestamp
  return seconds > 0 && since !== undefined && now - Date.parse(since) > seconds * 1000
}

function* read(ctx: Context, pod: Pod): Run<Pod | undefined> {
  const client = yield* ctx.session.client()
  try {
    return (yield* client.get<ApiObject>(pathOfPod(pod))) as Pod
  } catch (error) {
    if (isNotFound(error)) return undefined
    if (error instanceof CommandError) return pod
    throw error
  }
}

const finish = (task: Task): void => void (task.step = 'done')

function fail(drain: Drain, task: Task, text: string): void {
  drain.errors.push(text)
  finish(task)
}
