/** From `pod`, `deploy/web`, `svc/x` to pods. Models kubectl/pkg/polymorphichelpers. */
import type { Run } from '../../../host/process.ts'
import { build, listAll, type BuildOptions, type Info } from '../builder.ts'
import type { ApiObject } from '../client.ts'
import type { Context } from '../command.ts'
import { CommandError } from '../errors.ts'
import { labelsText } from '../printers/table.ts'
import { unstableSort } from '../unstable-sort.ts'

export interface PodContainer {
  name: string
  [field: string]: unknown
}

export interface PodLike extends ApiObject {
  spec?: {
    containers?: PodContainer[]
    initContainers?: PodContainer[]
    ephemeralContainers?: PodContainer[]
    nodeName?: string
    [field: string]: unknown
  }
  status?: {
    phase?: string
    conditions?: { type: string; status: string; lastTransitionTime?: string }[]
    containerStatuses?: { name: string; restartCount?: number; ready?: boolean }[]
    [field: string]: unknown
  }
}

interface Selecting {
  selector?: Record<string, unknown>
}

/** The label selector of a workload or Service, as a query; undefined for what has none. */
export function selectorOf(object: ApiObject): string | undefined {
  const { selector } = (object.spec ?? {}) as Selecting
  if (!selector) return undefined
  if (object.kind === 'Service' || object.kind === 'ReplicationController')
    return labelsText(selector as Record<string, string>)
  return labelSelectorText(selector as LabelSelector)
}

interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

/** A LabelSelector as `metav1.FormatLabelSelector` prints it. */
export function labelSelectorText(selector: LabelSelector | undefined): string {
  const equal = Object.keys(selector?.matchLabels ?? {}).map(
    (key) => [key, `${key}=${selector!.matchLabels![key]}`] as const,
  )
  const more = (selector?.matchExpressions ?? []).map((e) => [e.key, expressionText(e)] as const)
  const parts = [...equal, ...more].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map(([, text]) => text)
  return parts.length === 0 ? '<none>' : parts.join(',')
}

function expressionText(e: { key: string; operator: string; values?: string[] }): string {
  const values = [...(e.values ?? [])].sort().join(',')
  switch (e.operator) {
    case 'In':
      return `${e.key} in (${values})`
    case 'NotIn':
      return `${e.key} notin (${values})`
    case 'DoesNotExist':
      return `!${e.key}`
    default:
      return e.key
  }
}

/** The Go type of an object, as errors name it. */
const goType = ({ type }: Info): string => `*${type.group.split('.')[0] || ''}${type.version}.${type.kind}`

export const isPod = (object: ApiObject): object is PodLike => object.kind === 'Pod'

/** The pods behind one object: itself, or those it selects, best first: for logs, one that restarted is better. */
export function* podsOf(ctx: Context, info: Info, forLogs = false): Run<PodLike[]> {
  if (isPod(info.object)) return [info.object]
  const selector = selectorOf(info.object)
  if (selector === undefined)
    throw new CommandError(
      `cannot ${forLogs ? 'get the logs from' : 'attach to'} ${goType(info)}: selector for ${goType(info)} not implemented`,
    )
  const pods = (yield* ctx.session.mapper()).resolve('pods')
  const items = yield* listAll(ctx, pods, info.namespace, { labelSelector: selector })
  return unstableSort(items as PodLike[], (a, b) => byActivity(a, b, forLogs) < 0)
}

const isReady = (pod: PodLike): boolean =>
  pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false
const PHASES: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }
const restarts = (pod: PodLike): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map((c) => c.restartCount ?? 0))

/** Since when it is ready; what does not say comes last. */
const readySince = (pod: PodLike): number =>
  stampOf(pod.status?.conditions?.find((c) => c.type === 'Ready' && c.status === 'True')?.lastTransitionTime)
const stampOf = (time: string | null | undefined): number => (time ? Date.parse(time) : Number.MAX_SAFE_INTEGER)

/** Assigned before not, running before pending, ready before not, longer ready, by restarts, older first. */
function byActivity(a: PodLike, b: PodLike, forLogs: boolean): number {
  return (
    Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName)) ||
    (PHASES[b.status?.phase ?? ''] ?? 0) - (PHASES[a.status?.phase ?? ''] ?? 0) ||
    Number(isReady(b)) - Number(isReady(a)) ||
    readySince(a) - readySince(b) ||
    (restarts(a) - restarts(b)) * (forLogs ? -1 : 1) ||
    stampOf(a.metadata?.creationTimestamp) - stampOf(b.metadata?.creationTimestamp)
  )
}

/** One object named on the command line, by name (a pod) or by type and name. */
export function* oneObject(ctx: Context, word: string, more: Partial<BuildOptions> = {}): Run<Info> {
  const options: BuildOptions = { args: [word], defaultType: word.includes('/') ? undefined : 'pods', ...more }
  const built = yield* build(ctx, options)
  if (built.errors.length > 0) throw built.errors[0]!
  return built.infos[0]!
}

const POLL_MS = 250

/** The first pod of a workload, as exec, attach and port-forward take it; waits --pod-running-timeout for one. */
export function* firstPod(ctx: Context, info: Info, forLogs = false): Run<PodLike> {
  return (yield* waitedPods(ctx, info, forLogs))[0]!
}

/** The pods of a workload, best first, once there is one. Throws when none comes in time. */
export function* waitedPods(ctx: Context, info: Info, forLogs = false): Run<PodLike[]> {
  const deadline = (yield* ctx.p.now()) + ctx.flags.durationMs('pod-running-timeout')
  for (;;) {
    const pods = yield* podsOf(ctx, info, forLogs)
    if (pods.length > 0) return pods
    if ((yield* ctx.p.now()) >= deadline) throw new CommandError('timed out waiting for the condition')
    yield* ctx.p.sleep(POLL_MS)
  }
}

/** All containers with how `Defaulted container` lists them. */
function described(pod: PodLike): string {
  const names = [
    ...(pod.spec?.containers ?? []).map((c) => c.name),
    ...(pod.spec?.ephemeralContainers ?? []).map((c) => `${c.name} (ephem)`),
    ...(pod.spec?.initContainers ?? []).map((c) => `${c.name} (init)`),
  ]
  return names.join(', ')
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

/** The container a command acts on. Says so on stderr when there was a choice. */
export function* containerOf(ctx: Context, pod: PodLike, wanted: string, quiet = false): Run<string> {
  const all = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []),
    ...(pod.spec?.ephemeralContainers ?? []),
  ]
  if (wanted !== '') return wanted
  const annotated = pod.metadata?.annotations?.[DEFAULT_CONTAINER]
  if (annotated && all.some((c) => c.name === annotated)) return annotated
  const first = pod.spec?.containers?.[0]?.name ?? ''
  if (all.length > 1 && !quiet) yield* ctx.p.err(`Defaulted container "${first}" out of: ${described(pod)}\n`)
  return first
}
