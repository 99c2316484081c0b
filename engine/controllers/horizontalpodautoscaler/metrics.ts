/**
 * What the resource metrics API says of pods. Models pkg/controller/podautoscaler/metrics/client.go and utilization.go.
 * Not modelled: custom and external metrics; nothing in the simulation serves them.
 */
import type { Answer } from '../../api/client.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { LabelSelector } from '../../objects/types.gen.ts'

/** One pod's usage of one resource. */
export interface PodMetric {
  /** Milli-units: millicores, or thousandths of bytes. */
  readonly value: bigint
  readonly timestampMs: number
  readonly windowMs: number
}

export type PodMetrics = Map<string, PodMetric>

export interface PodMetricsItem {
  metadata: { name: string }
  timestamp: string
  window: string
  containers: { name: string; usage: Record<string, string> }[]
}

/** Why a call failed, as client-go words it. */
export function failureText({ call, code, body, failure }: Answer): string {
  const message = (body as { kind?: string; message?: string } | undefined)?.message
  if (code === 0) return failure ?? 'an error on the server ("unknown") has prevented the request from succeeding'
  if (typeof message === 'string') return message
  const [group = '', , resource = ''] = call.resource.split('/')
  const what = `${call.verb === 'list' ? 'get' : call.verb} ${resource}.${group}${call.name === undefined ? '' : ` ${call.name}`}`
  return `${GENERIC[code] ?? `the server responded with the status code ${code} but did not return more information`} (${what})`
}

const GENERIC: Record<number, string> = {
  404: 'the server could not find the requested resource',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

const milli = (text: string): bigint => {
  const { nanos } = parseQuantity(text)
  const whole = nanos / 1_000_000n
  return whole * 1_000_000n === nanos ? whole : whole + 1n
}

/** `15s`, `14.987s`, `1m0.5s` */
function windowMs(text: string): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/.exec(text)
  const [, hours = '0', minutes = '0', seconds = '0', millis = '0'] = match ?? []
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Number(millis)
}

/** The usage of each pod, or of one container of each. A pod that lacks a value is left out. */
export function podMetricsOf(
  items: readonly PodMetricsItem[],
  resource: string,
  container: string | undefined,
  namespace: string,
): PodMetrics | { error: string } {
  const found: PodMetrics = new Map()
  for (const { metadata, timestamp, window, containers } of items) {
    const wanted = container === undefined ? containers : containers.filter(({ name }) => name === container)
    if (container !== undefined && wanted.length === 0)
      return { error: `container ${container} not present in metrics for pod ${namespace}/${metadata.name}` }
    const values = wanted.map(({ usage }) => usage[resource])
    if (values.some((value) => value === undefined)) continue
    const value = values.reduce((sum, text) => sum + milli(text as string), 0n)
    found.set(metadata.name, { value, timestampMs: Date.parse(timestamp), windowMs: windowMs(window) })
  }
  return found
}

/** Models GetResourceUtilizationRatio. Whole percents, cut off as Go's integers are. */
export function utilizationRatio(
  metrics: PodMetrics,
  requests: ReadonlyMap<string, bigint>,
  target: number,
): { ratio: number; utilization: number; raw: bigint } | { error: string } {
  let [used, asked, count] = [0n, 0n, 0n]
  for (const [pod, { value }] of metrics) {
    const request = requests.get(pod)
    if (request === undefined) continue
    used += value
    asked += request
    count++
  }
  if (asked === 0n) return { error: 'no metrics returned matched known pods' }
  const utilization = Number((used * 100n) / asked)
  return { ratio: utilization / target, utilization, raw: used / count }
}

/** Models GetMetricUsageRatio. */
export function usageRatio(metrics: PodMetrics, target: bigint): { ratio: number; usage: bigint } {
  let total = 0n
  for (const { value } of metrics.values()) total += value
  const usage = total / BigInt(metrics.size)
  return { ratio: Number(usage) / Number(target), usage }
}

const NO_CUSTOM =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'

export const podsMetricError = (name: string): string => `unable to get metric ${name}: ${NO_CUSTOM}`

/** Upstream's words stand in this order. */
export const objectMetricError = (name: string, kind: string, namespace: string, object: string): string =>
  `unable to get metric ${name}: ${kind} on ${namespace} ${object}/${NO_CUSTOM}`

export const externalMetricError = (name: string, namespace: string, selector: LabelSelector | undefined): string =>
  `unable to get external metric ${namespace}/${name}/${selectorText(selector)}: unable to fetch metrics from external metrics API: ` +
  `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`

/** A LabelSelector as gogo's String method prints it. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined || selector === null) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
