/**
 * Objects from the version they are stored in to the version asked for, and back. Versions of the same
 * shape only change their name; core Events and events.k8s.io Events share one store.
 */
import { apiVersionOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'

type Plain = Record<string, unknown>
type Conversion = (object: KubeObject) => KubeObject

/** Renames top-level fields; what is undefined disappears. */
function renamed(object: KubeObject, names: Record<string, string>): KubeObject {
  const next: Plain = {}
  for (const [key, value] of Object.entries(object)) next[names[key] ?? key] = value
  return next as unknown as KubeObject
}

const TO_EVENTS: Record<string, string> = {
  message: 'note',
  involvedObject: 'regarding',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
}
const FROM_EVENTS = Object.fromEntries(Object.entries(TO_EVENTS).map(([core, events]) => [events, core]))

/** HorizontalPodAutoscaler: v1 has the CPU target as a number, v2 as a metric. */
function autoscalerToV1(object: KubeObject): KubeObject {
  const { spec = {}, status = {} } = object as { spec?: Plain; status?: Plain }
  const { metrics, ...rest } = spec as {
    metrics?: { type: string; resource?: { name: string; target?: { averageUtilization?: number } } }[]
  }
  const cpu = metrics?.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')?.resource?.target
    ?.averageUtilization
  return {
    ...object,
    spec: { ...rest, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status,
  } as KubeObject
}

function autoscalerFromV1(object: KubeObject): KubeObject {
  const { spec = {} } = object as { spec?: Plain }
  const { targetCPUUtilizationPercentage: averageUtilization, ...rest } = spec
  const metrics =
    averageUtilization === undefined
      ? {}
      : {
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
          ],
        }
  return { ...object, spec: { ...rest, ...metrics } } as KubeObject
}

const CONVERSIONS: Record<string, Conversion> = {
  'v1 events.k8s.io/v1 Event': (object) => renamed(object, TO_EVENTS),
  'events.k8s.io/v1 v1 Event': (object) => renamed(object, FROM_EVENTS),
  'autoscaling/v2 autoscaling/v1 HorizontalPodAutoscaler': autoscalerToV1,
  'autoscaling/v1 autoscaling/v2 HorizontalPodAutoscaler': autoscalerFromV1,
}

/** The object in the version (and group) of an entry; the same object when it is there already. */
export function convertTo(entry: KindEntry, object: KubeObject): KubeObject {
  const wanted = entry.group === '' ? entry.version : apiVersionOf(entry)
  if (object.apiVersion === wanted) return object
  const conversion = CONVERSIONS[`${object.apiVersion} ${wanted} ${entry.kind}`]
  return { ...(conversion?.(object) ?? object), apiVersion: wanted, kind: entry.kind }
}
