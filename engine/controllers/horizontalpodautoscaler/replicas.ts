/** How many replicas a metric asks for. Models pkg/controller/podautoscaler/replica_calculator.go (R5.2). */
import { conditionOf } from '../../objects/meta.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Container, Pod } from '../../objects/types.gen.ts'
import { HPA_FLAGS } from './flags.ts'
import type { HpaFlags } from './flags.ts'
import type { PodMetric, PodMetrics } from './metrics.ts'
import { usageRatio, utilizationRatio } from './metrics.ts'

export interface Tolerances {
  readonly up: number
  readonly down: number
}

export interface Question {
  readonly nowMs: number
  readonly pods: readonly Pod[]
  readonly metrics: PodMetrics
  readonly resource: string
  readonly container?: string
  readonly current: number
  readonly tolerances: Tolerances
  /** The manager's flags; absent: their defaults. */
  readonly flags?: HpaFlags
}

export interface Groups {
  ready: number
  unready: string[]
  missing: string[]
  ignored: string[]
}

const isWithin = ({ up, down }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up

/** Models groupPods. */
export function groupPods(question: Omit<Question, 'current' | 'tolerances'>): Groups {
  const { pods, metrics, resource, nowMs, flags = HPA_FLAGS } = question
  const groups: Groups = { ready: 0, unready: [], missing: [], ignored: [] }
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const phase = pod.status?.phase
    const metric = metrics.get(name)
    if (deletionTimestamp !== undefined || phase === 'Failed') groups.ignored.push(name)
    else if (phase === 'Pending') groups.unready.push(name)
    else if (metric === undefined) groups.missing.push(name)
    else if (resource === 'cpu' && isUnready(pod, metric, { nowMs, flags })) groups.unready.push(name)
    else groups.ready++
  }
  return groups
}

/** CPU of a pod that starts says nothing: it is left out until a whole window was measured after it became ready. */
function isUnready({ status }: Pod, metric: PodMetric, { nowMs, flags }: { nowMs: number; flags: HpaFlags }): boolean {
  const ready = conditionOf(status?.conditions, 'Ready')
  if (ready === undefined || !status?.startTime) return true
  const startMs = Date.parse(status.startTime)
  const changedMs = Date.parse(ready.lastTransitionTime ?? status.startTime)
  if (startMs + flags.cpuInitializationPeriodMs > nowMs)
    return ready.status === 'False' || metric.timestampMs < changedMs + metric.windowMs
  return ready.status === 'False' && startMs + flags.initialReadinessDelayMs > changedMs
}

const milli = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : (parseQuantity(text).nanos + 999_999n) / 1_000_000n

/** Models calculateRequests: of each pod what its containers, or one of them, ask for. */
export function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Map<string, bigint> | { error: string } {
  const requests = new Map<string, bigint>()
  for (const { metadata, spec } of pods) {
    const whole = container === undefined ? milli(spec?.resources?.requests?.[resource]) : undefined
    let sum = whole ?? 0n
    for (const one of whole === undefined ? countedContainers(spec) : []) {
      if (container !== undefined && one.name !== container) continue
      const request = milli(one.resources?.requests?.[resource])
      if (request === undefined)
        return { error: `missing request for ${resource} in container ${one.name} of Pod ${metadata.name}` }
      sum += request
    }
    requests.set(metadata.name, sum)
  }
  return requests
}

/** The regular ones, and sidecars. */
const countedContainers = (spec: Pod['spec']): Container[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
]

export type Proposal<T> = ({ replicas: number } & T) | { error: string }

function measured(question: Question): { groups: Groups; metrics: PodMetrics } | { error: string } {
  if (question.pods.length === 0) return { error: 'no pods returned by selector while calculating replica count' }
  const groups = groupPods(question)
  const left = new Set([...groups.ignored, ...groups.unready])
  const metrics = new Map([...question.metrics].filter(([name]) => !left.has(name)))
  if (metrics.size === 0) return { error: 'did not receive metrics for targeted pods (pods might be unready)' }
  return { groups, metrics }
}

const zero: PodMetric = { value: 0n, timestampMs: 0, windowMs: 0 }

/** With assumed values for what is missing or not ready; undefined: they change nothing. */
function rebalanced(
  { groups, metrics }: { groups: Groups; metrics: PodMetrics },
  ratio: number,
  assumed: (pod: string) => bigint,
): PodMetrics | undefined {
  const { unready, missing } = groups
  const upWithUnready = unready.length > 0 && ratio > 1
  if (!upWithUnready && missing.length === 0) return undefined
  const next = new Map(metrics)
  for (const pod of missing) {
    if (ratio < 1) next.set(pod, { ...zero, value: assumed(pod) })
    else if (ratio > 1) next.set(pod, zero)
  }
  if (upWithUnready) for (const pod of unready) next.set(pod, zero)
  return next
}

/** What the new ratio comes to, unless it turns the direction round. */
function settled(current: number, tolerances: Tolerances, before: number, after: number, count: number): number {
  if (isWithin(tolerances, after) || (before < 1 && after > 1) || (before > 1 && after < 1)) return current
  const replicas = Math.ceil(after * count)
  return (after < 1 && replicas > current) || (after > 1 && replicas < current) ? current : replicas
}

/** Models GetResourceReplicas: a share of what was requested. */
export function byUtilization(question: Question, target: number): Proposal<{ utilization: number; raw: bigint }> {
  const { pods, resource, container, current, tolerances } = question
  const known = measured(question)
  if ('error' in known) return known
  const requests = requestsOf(pods, resource, container)
  if ('error' in requests) return requests
  const first = utilizationRatio(known.metrics, requests, target)
  if ('error' in first) return first
  const { ratio, utilization, raw } = first
  const fallback = BigInt(Math.max(100, target))
  const assumed = rebalanced(known, ratio, (pod) => ((requests.get(pod) ?? 0n) * fallback) / 100n)
  if (assumed === undefined) {
    const replicas = isWithin(tolerances, ratio) ? current : Math.ceil(ratio * known.groups.ready)
    return { replicas, utilization, raw }
  }
  const second = utilizationRatio(assumed, requests, target)
  if ('error' in second) return second
  return { replicas: settled(current, tolerances, ratio, second.ratio, assumed.size), utilization, raw }
}

/** Models calcPlainMetricReplicas: an average amount. `target` in milli-units. */
export function byAverage(question: Question, target: bigint): Proposal<{ raw: bigint }> {
  const { current, tolerances } = question
  const known = measured(question)
  if ('error' in known) return known
  const { ratio, usage: raw } = usageRatio(known.metrics, target)
  const assumed = rebalanced(known, ratio, () => target)
  if (assumed === undefined)
    return { replicas: isWithin(tolerances, ratio) ? current : Math.ceil(ratio * known.groups.ready), raw }
  const after = usageRatio(assumed, target).ratio
  return { replicas: settled(current, tolerances, ratio, after, assumed.size), raw }
}
