/** Models pkg/registry/core/pod/strategy.go and pkg/apis/core/v1/helper/qos. */
import { compareQuantity } from '../../objects/quantity.ts'
import type { Container, Pod } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Strategy } from './strategy.ts'

const COUNTED = ['cpu', 'memory']

function isZero(quantity: unknown): boolean {
  return quantity === undefined || quantity === '0' || quantity === 0 || compareQuantity(String(quantity), '0') === 0
}

function hasAny(container: Container): boolean {
  const { requests = {}, limits = {} } = container.resources ?? {}
  return COUNTED.some((name) => !isZero(requests[name]) || !isZero(limits[name]))
}

/** Limits of both, and requests (where given) equal to them. */
function isGuaranteed(container: Container): boolean {
  const { requests = {}, limits = {} } = container.resources ?? {}
  return COUNTED.every(
    (name) =>
      !isZero(limits[name]) && (requests[name] === undefined || String(requests[name]) === String(limits[name])),
  )
}

/** Guaranteed, Burstable or BestEffort. */
export function qosClassOf(pod: Pod): string {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  if (!containers.some(hasAny)) return 'BestEffort'
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable'
}

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: null,
}

function create(object: KubeObject): KubeObject {
  const pod = object as Pod
  const gated = (pod.spec?.schedulingGates ?? []).length > 0
  return {
    ...object,
    status: { ...(gated && { conditions: [GATED] }), phase: 'Pending', qosClass: qosClassOf(pod) },
  } as KubeObject
}

export const podStrategy: Strategy = { create: (_core, object) => create(object) }
