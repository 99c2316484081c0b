/** What each metric of an autoscaler asks for. Models pkg/controller/podautoscaler/horizontal.go computeReplicasForMetric… */
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  Pod,
} from '../../objects/types.gen.ts'
import { makeQuantity, parseQuantity } from '../../objects/quantity.ts'
import type { HpaFlags } from './flags.ts'
import { externalMetricError, objectMetricError, podMetricsOf, podsMetricError } from './metrics.ts'
import type { PodMetricsItem } from './metrics.ts'
import { byAverage, byUtilization } from './replicas.ts'
import type { Tolerances } from './replicas.ts'

/** What is known when the metrics have come. */
export interface Scene {
  readonly nowMs: number
  readonly hpa: HorizontalPodAutoscaler
  readonly pods: readonly Pod[]
  readonly current: number
  readonly tolerances: Tolerances
  readonly flags?: HpaFlags
  /** What the resource metrics API told, or why it did not. */
  readonly items: readonly PodMetricsItem[] | { readonly error: string }
}

export type MetricProposal =
  | { readonly replicas: number; readonly name: string; readonly status: MetricStatus }
  /** `said` is the event's message; `whole` goes into the summary. */
  | { readonly reason: string; readonly said: string; readonly whole: string }

/** Whether the resource metrics API has to be asked. */
export const asksForResources = (metrics: readonly MetricSpec[]): boolean =>
  metrics.some(({ type }) => type === 'Resource' || type === 'ContainerResource')

const fromMilli = (milli: bigint): string => makeQuantity({ nanos: milli * 1_000_000n, format: 'DecimalSI' })
const toMilli = (text: string | number): bigint => (parseQuantity(text).nanos + 999_999n) / 1_000_000n

interface Wanted {
  readonly name: string
  readonly container?: string
  readonly target: MetricTarget
}

type Usage = { replicas: number; name: string; value: MetricValueStatus } | { error: string }

function resourceUsage(scene: Scene, wanted: Wanted): Usage {
  const { name, container, target } = wanted
  const isAverage = target.averageValue !== undefined && target.averageValue !== null
  if (!isAverage && (target.averageUtilization === undefined || target.averageUtilization === null))
    return {
      error:
        'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    }
  const what = isAverage ? 'usage' : 'utilization'
  const failed = (error: string): Usage => ({ error: `failed to get ${name} ${what}: ${error}` })
  const { items, pods, nowMs, current, tolerances } = scene
  const unable = `unable to get metrics for resource ${name}: `
  if ('error' in items) return failed(`${unable}${items.error}`)
  if (items.length === 0) return failed(`${unable}no metrics returned from resource metrics API`)
  const metrics = podMetricsOf(items, name, container, scene.hpa.metadata.namespace ?? '')
  if ('error' in metrics) return failed(`${unable}${metrics.error}`)
  const question = {
    nowMs,
    pods,
    metrics,
    resource: name,
    current,
    tolerances,
    ...(scene.flags !== undefined && { flags: scene.flags }),
    ...(container !== undefined && { container }),
  }
  if (isAverage) {
    const found = byAverage(question, toMilli(target.averageValue as string))
    if ('error' in found) return failed(found.error)
    return { replicas: found.replicas, name: `${name} resource`, value: { averageValue: fromMilli(found.raw) } }
  }
  const found = byUtilization(question, target.averageUtilization as number)
  if ('error' in found) return failed(found.error)
  const value = { averageUtilization: found.utilization, averageValue: fromMilli(found.raw) }
  const kind = container === undefined ? 'resource' : 'container resource'
  return { replicas: found.replicas, name: `${name} ${kind} utilization (percentage of request)`, value }
}

type Compute = (scene: Scene, metric: MetricSpec) => MetricProposal

const resource: Compute = (scene, { resource: source }) => {
  if (source === undefined) return refused('FailedGetResourceMetric', 'invalid metric', 'invalid metric')
  const found = resourceUsage(scene, source)
  if ('error' in found)
    return refused(
      'FailedGetResourceMetric',
      found.error,
      `failed to get ${source.name} resource metric value: ${found.error}`,
    )
  const { replicas, name, value } = found
  return { replicas, name, status: { type: 'Resource', resource: { name: source.name, current: value } } }
}

const containerResource: Compute = (scene, { containerResource: source }) => {
  if (source === undefined) return refused('FailedGetContainerResourceMetric', 'invalid metric', 'invalid metric')
  const found = resourceUsage(scene, source)
  if ('error' in found) {
    const whole = `failed to get ${source.container} container metric value: ${found.error}`
    return refused('FailedGetContainerResourceMetric', found.error, whole)
  }
  const { replicas, name, value } = found
  const status = { container: source.container, name: source.name, current: value }
  return { replicas, name, status: { type: 'ContainerResource', containerResource: status } }
}

const pods: Compute = (_scene, metric) => {
  const error = podsMetricError(metric.pods?.metric.name ?? '')
  return refused('FailedGetPodsMetric', error, `failed to get pods metric value: ${error}`)
}

const object: Compute = ({ hpa }, metric) => {
  const { kind = '', name = '' } = metric.object?.describedObject ?? {}
  const error = objectMetricError(metric.object?.metric.name ?? '', kind, hpa.metadata.namespace ?? '', name)
  const said = `failed to get object metric value: ${error}`
  return refused('FailedGetObjectMetric', error, said)
}

const external: Compute = ({ hpa }, metric) => {
  const { name = '', selector } = metric.external?.metric ?? {}
  const why = externalMetricError(name, hpa.metadata.namespace ?? '', selector)
  const isAverage = metric.external?.target.averageValue !== undefined
  const error = isAverage
    ? `failed to get ${name} external metric: ${why}`
    : `failed to get external metric ${name}: ${why}`
  return refused('FailedGetExternalMetric', why, `failed to get ${name} external metric value: ${error}`)
}

const refused = (reason: string, said: string, whole: string): MetricProposal => ({ reason, said, whole })

const SOURCES: Record<string, Compute> = {
  Resource: resource,
  ContainerResource: containerResource,
  Pods: pods,
  Object: object,
  External: external,
}

export function propose(scene: Scene, metric: MetricSpec): MetricProposal {
  const compute = SOURCES[metric.type]
  if (compute !== undefined) return compute(scene, metric)
  const error = `unknown metric source type "${metric.type}"`
  return refused('InvalidMetricSourceType', error, error)
}
