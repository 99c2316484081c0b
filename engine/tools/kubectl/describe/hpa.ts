/** HorizontalPodAutoscalers. Models kubectl/pkg/describe HorizontalPodAutoscalerDescriber. */
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from '../../../objects/types.gen.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, timeText } from './writer.ts'

const UNKNOWN = '<unknown>'

type Current = { averageUtilization?: number; averageValue?: string | number; value?: string | number }

const isSet = (value: unknown): boolean => value !== undefined && value !== null
const shown = (value: unknown): string => (isSet(value) ? String(value) : UNKNOWN)

/** A resource of pods: an amount, or a share of what was requested. */
function resourceText(what: string, target: Current, now: Current | undefined): string {
  if (isSet(target.averageValue)) return `${what}:\t${shown(now?.averageValue)} / ${target.averageValue}`
  const current = isSet(now?.averageUtilization) ? `${now?.averageUtilization}% (${now?.averageValue})` : UNKNOWN
  const wanted = isSet(target.averageUtilization) ? `${target.averageUtilization}%` : '<auto>'
  return `${what}  (as a percentage of request):\t${current} / ${wanted}`
}

type Text = (metric: MetricSpec, now: MetricStatus | undefined) => string | undefined

const METRICS: Record<string, Text> = {
  Resource: ({ resource }, now) =>
    resource && resourceText(`resource ${resource.name} on pods`, resource.target, now?.resource?.current),
  ContainerResource: ({ containerResource: source }, now) =>
    source &&
    resourceText(
      `resource ${source.name} of container "${source.container}" on pods`,
      source.target,
      now?.containerResource?.current,
    ),
  Pods: ({ pods }, now) =>
    pods && `"${pods.metric.name}" on pods:\t${shown(now?.pods?.current.averageValue)} / ${pods.target.averageValue}`,
  Object: ({ object }, now) => {
    if (!object) return undefined
    const { kind, name } = object.describedObject
    const what = `"${object.metric.name}" on ${kind}/${name}`
    if (object.target.type === 'AverageValue')
      return `${what} (target average value):\t${shown(now?.object?.current.averageValue)} / ${object.target.averageValue}`
    return `${what} (target value):\t${shown(now?.object?.current.value)} / ${object.target.value}`
  },
  External: ({ external }, now) => {
    if (!external) return undefined
    const what = `"${external.metric.name}"`
    if (isSet(external.target.averageValue))
      return `${what} (target average value):\t${shown(now?.external?.current.averageValue)} / ${external.target.averageValue}`
    return `${what} (target value):\t${shown(now?.external?.current.value)} / ${external.target.value}`
  },
}

function directionLines(title: string, rules: HPAScalingRules | undefined): [level: number, text: string][] {
  if (rules === undefined) return []
  const { stabilizationWindowSeconds: window, policies = [], selectPolicy = 'Max' } = rules
  return [
    [1, `${title}:`],
    ...(window === undefined ? [] : [[2, `Stabilization Window: ${window} seconds`] as [number, string]]),
    ...(policies.length === 0
      ? []
      : ([
          [2, `Select Policy: ${selectPolicy}`],
          [2, 'Policies:'],
          ...policies.map(({ type, value, periodSeconds }) => [
            3,
            `- Type: ${type}\tValue: ${value}\tPeriod: ${periodSeconds} seconds`,
          ]),
        ] as [number, string][])),
  ]
}

export const hpaDescriber: Describer = {
  kinds: ['HorizontalPodAutoscaler.autoscaling'],
  *lines(w, object) {
    const { metadata, spec, status } = object as unknown as HorizontalPodAutoscaler
    w.field('Name', metadata.name)
    w.field('Namespace', metadata.namespace)
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    const target = spec?.scaleTargetRef
    w.field('Reference', `${target?.kind}/${target?.name}`)
    w.field('Metrics', '( current / target )')
    for (const [i, metric] of (spec?.metrics ?? []).entries()) {
      const text = METRICS[metric.type]?.(metric, status?.currentMetrics?.[i])
      w.line(1, text ?? `<unknown metric type "${metric.type}">`)
    }
    w.field('Min replicas', spec?.minReplicas ?? '<unset>')
    w.field('Max replicas', spec?.maxReplicas)
    if (spec?.behavior) {
      w.line(0, 'Behavior:')
      for (const [level, text] of directionLines('Scale Up', spec.behavior.scaleUp)) w.line(level, text)
      for (const [level, text] of directionLines('Scale Down', spec.behavior.scaleDown)) w.line(level, text)
    }
    w.field(`${target?.kind} pods`, `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`)
    const conditions = status?.conditions ?? []
    if (conditions.length === 0) return
    w.line(0, 'Conditions:')
    w.line(1, 'Type\tStatus\tReason\tMessage')
    w.line(1, '----\t------\t------\t-------')
    for (const c of conditions) w.line(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}`)
  },
}
