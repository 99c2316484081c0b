/** HorizontalPodAutoscalers of v1 and v2beta1. Models pkg/apis/autoscaling/v1/conversion.go and v2beta1/conversion.go. */
import { asPlain, changed, changedItems, defined, listOf } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

/** What v1 has no fields for stands in annotations. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics'
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

const target = (type: string, value: Plain): Plain => defined({ type, ...value })

/** One metric's source, by its type, from v2beta1 to v2. */
const SOURCE_TO_HUB: Record<string, (source: Plain) => Plain> = {
  resource: ({ targetAverageUtilization, targetAverageValue, ...rest }) => ({
    ...rest,
    target:
      targetAverageUtilization === undefined
        ? target('AverageValue', { averageValue: targetAverageValue })
        : target('Utilization', { averageUtilization: targetAverageUtilization }),
  }),
  pods: ({ metricName, selector, targetAverageValue }) => ({
    metric: defined({ name: metricName, selector }),
    target: target('AverageValue', { averageValue: targetAverageValue }),
  }),
  object: ({ metricName, selector, target: described, targetValue, averageValue }) => ({
    describedObject: described,
    metric: defined({ name: metricName, selector }),
    target:
      averageValue === undefined ? target('Value', { value: targetValue }) : target('AverageValue', { averageValue }),
  }),
  external: ({ metricName, metricSelector, targetValue, targetAverageValue }) => ({
    metric: defined({ name: metricName, selector: metricSelector }),
    target:
      targetValue === undefined
        ? target('AverageValue', { averageValue: targetAverageValue })
        : target('Value', { value: targetValue }),
  }),
}
SOURCE_TO_HUB.containerResource = SOURCE_TO_HUB.resource!

const SOURCE_FROM_HUB: Record<string, (source: Plain) => Plain> = {
  resource: ({ target: wanted, ...rest }) => {
    const { averageUtilization, averageValue } = asPlain(wanted)
    return defined({ ...rest, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue })
  },
  pods: ({ metric, target: wanted }) => {
    const { name, selector } = asPlain(metric)
    return defined({ metricName: name, selector, targetAverageValue: asPlain(wanted).averageValue })
  },
  object: ({ metric, describedObject, target: wanted }) => {
    const { name, selector } = asPlain(metric)
    const { value, averageValue } = asPlain(wanted)
    return defined({
      target: describedObject,
      metricName: name,
      targetValue: value ?? averageValue,
      selector,
      averageValue,
    })
  },
  external: ({ metric, target: wanted }) => {
    const { name, selector } = asPlain(metric)
    const { value, averageValue } = asPlain(wanted)
    return defined({ metricName: name, metricSelector: selector, targetValue: value, targetAverageValue: averageValue })
  },
}
SOURCE_FROM_HUB.containerResource = SOURCE_FROM_HUB.resource!

const STATUS_TO_HUB: Record<string, (source: Plain) => Plain> = {
  resource: ({ currentAverageUtilization, currentAverageValue, ...rest }) => ({
    ...rest,
    current: defined({ averageUtilization: currentAverageUtilization, averageValue: currentAverageValue }),
  }),
  pods: ({ metricName, selector, currentAverageValue }) => ({
    metric: defined({ name: metricName, selector }),
    current: defined({ averageValue: currentAverageValue }),
  }),
  object: ({ metricName, selector, target: described, currentValue, averageValue }) => ({
    describedObject: described,
    metric: defined({ name: metricName, selector }),
    current: defined({ value: currentValue, averageValue }),
  }),
  external: ({ metricName, metricSelector, currentValue, currentAverageValue }) => ({
    metric: defined({ name: metricName, selector: metricSelector }),
    current: defined({ value: currentValue, averageValue: currentAverageValue }),
  }),
}
STATUS_TO_HUB.containerResource = STATUS_TO_HUB.resource!

const STATUS_FROM_HUB: Record<string, (source: Plain) => Plain> = {
  resource: ({ current, ...rest }) => {
    const { averageUtilization, averageValue } = asPlain(current)
    return defined({ ...rest, currentAverageUtilization: averageUtilization, currentAverageValue: averageValue })
  },
  pods: ({ metric, current }) => {
    const { name, selector } = asPlain(metric)
    return defined({ metricName: name, selector, currentAverageValue: asPlain(current).averageValue })
  },
  object: ({ metric, describedObject, current }) => {
    const { name, selector } = asPlain(metric)
    const { value, averageValue } = asPlain(current)
    return defined({
      target: describedObject,
      metricName: name,
      currentValue: value ?? averageValue,
      selector,
      averageValue,
    })
  },
  external: ({ metric, current }) => {
    const { name, selector } = asPlain(metric)
    const { value, averageValue } = asPlain(current)
    return defined({
      metricName: name,
      metricSelector: selector,
      currentValue: value,
      currentAverageValue: averageValue,
    })
  },
}
STATUS_FROM_HUB.containerResource = STATUS_FROM_HUB.resource!

const withSources =
  (table: Record<string, (source: Plain) => Plain>) =>
  (metric: Plain): Plain =>
    Object.fromEntries(
      Object.entries(metric).map(([key, value]) => [key, key in table ? table[key]!(asPlain(value)) : value]),
    )

const metricToHub = withSources(SOURCE_TO_HUB)
const metricFromHub = withSources(SOURCE_FROM_HUB)
const currentToHub = withSources(STATUS_TO_HUB)
const currentFromHub = withSources(STATUS_FROM_HUB)

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** v2beta1 has behavior only as the annotation. */
const annotationsOf = (object: Plain): Plain => asPlain(asPlain(object.metadata).annotations)

function withAnnotations(object: Plain, more: Plain, without: string[] = []): Plain {
  const kept = Object.entries(annotationsOf(object)).filter(([key]) => !without.includes(key))
  const annotations = { ...Object.fromEntries(kept), ...defined(more) }
  const { annotations: _old, ...metadata } = asPlain(object.metadata)
  return {
    ...object,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
  }
}

const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value))

export const autoscalerV2beta1: Conversion = {
  toHub: (object) => {
    const behavior = parsed(annotationsOf(object)[BEHAVIOR])
    const spec = changedItems(asPlain(object.spec), 'metrics', metricToHub)
    return withAnnotations(
      changed({ ...object, spec: defined({ ...spec, behavior }) }, 'status', (status) =>
        changedItems(status, 'currentMetrics', currentToHub),
      ),
      {},
      [BEHAVIOR],
    )
  },
  fromHub: (object) => {
    const { behavior, ...spec } = changedItems(asPlain(object.spec), 'metrics', metricFromHub)
    const status = (one: Plain): Plain => changedItems(one, 'currentMetrics', currentFromHub)
    return withAnnotations(changed({ ...object, spec }, 'status', status), { [BEHAVIOR]: json(behavior) })
  },
}

/** The metric that v1 has a field for. */
const isCpuUtilization = ({ type, resource }: Plain): boolean => {
  const { name, target: wanted } = asPlain(resource)
  return type === 'Resource' && name === 'cpu' && asPlain(wanted).averageUtilization !== undefined
}

const isCpu = ({ type, resource }: Plain): boolean => type === 'Resource' && asPlain(resource).name === 'cpu'

function specFromHub({ metrics, behavior: _behavior, ...rest }: Plain): Plain {
  const cpu = listOf(metrics).find(isCpuUtilization)
  const wanted = asPlain(asPlain(cpu?.resource).target)
  return defined({ ...rest, targetCPUUtilizationPercentage: wanted.averageUtilization })
}

function statusFromHub({ currentMetrics, conditions: _conditions, ...rest }: Plain): Plain {
  const cpu = listOf(currentMetrics).find(isCpu)
  const current = asPlain(asPlain(cpu?.resource).current)
  return defined({ ...rest, currentCPUUtilizationPercentage: current.averageUtilization })
}

function annotationsFromHub(spec: Plain, status: Plain): Plain {
  const others = listOf(spec.metrics).filter((metric) => !isCpuUtilization(metric))
  const current = listOf(status.currentMetrics)
  const conditions = listOf(status.conditions)
  return {
    [METRICS]: others.length === 0 ? undefined : json(others.map(metricFromHub)),
    [CURRENT_METRICS]: current.length === 0 ? undefined : json(current.map(currentFromHub)),
    [CONDITIONS]: conditions.length === 0 ? undefined : json(conditions),
    [BEHAVIOR]: json(spec.behavior),
  }
}

function specToHub(annotations: Plain, { targetCPUUtilizationPercentage: averageUtilization, ...rest }: Plain): Plain {
  const others = listOf(parsed(annotations[METRICS])).map(metricToHub)
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
  const metrics = averageUtilization === undefined ? others : [cpu, ...others]
  return defined({
    ...rest,
    metrics: metrics.length === 0 ? undefined : metrics,
    behavior: parsed(annotations[BEHAVIOR]),
  })
}

function statusToHub(annotations: Plain, { currentCPUUtilizationPercentage: _cpu, ...rest }: Plain): Plain {
  const current = parsed(annotations[CURRENT_METRICS])
  return defined({
    ...rest,
    currentMetrics: current === undefined ? undefined : listOf(current).map(currentToHub),
    conditions: parsed(annotations[CONDITIONS]),
  })
}

export const autoscalerV1: Conversion = {
  toHub: (object) => {
    const annotations = annotationsOf(object)
    const made = { ...object, spec: specToHub(annotations, asPlain(object.spec)) }
    const whole = changed(made, 'status', (status) => statusToHub(annotations, status))
    return withAnnotations(whole, {}, [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR])
  },
  fromHub: (object) => {
    const [spec, status] = [asPlain(object.spec), asPlain(object.status)]
    const made = { ...object, spec: specFromHub(spec), status: statusFromHub(status) }
    return withAnnotations(made, annotationsFromHub(spec, status))
  },
}
