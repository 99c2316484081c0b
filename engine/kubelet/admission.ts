/**
 * Whether the kubelet takes a pod in. Models pkg/kubelet/lifecycle/predicate.go (F11).
 * Not modelled: extended resources, host ports, node affinity beyond nodeSelector and required terms' absence.
 */
import { quantityMilliValue, quantityValue } from '../objects/quantity.ts'
import type { Node, Pod, PodSpec } from '../objects/types.gen.ts'
import type { PodRecord } from './state.ts'

export interface Rejection {
  reason: string
  message: string
}

/** Of 2000000000 and more: system-cluster-critical. */
const CRITICAL_PRIORITY = 2_000_000_000

export const priorityOf = ({ pod }: PodRecord): number => pod.spec?.priority ?? 0

/** Whether the node keeps it whatever it lacks. Models IsCriticalPod of pkg/kubelet/types. */
export const isCritical = (record: PodRecord): boolean =>
  record.source === 'file' || priorityOf(record) >= CRITICAL_PRIORITY

/** What a pod asks for: cpu in millicores, memory and ephemeral-storage in bytes. Models resource.PodRequests. */
export function requestOf(pod: Pod, name: string): number {
  if (pod.spec === undefined) return 0
  let requests = known.get(pod.spec)
  if (requests === undefined) known.set(pod.spec, (requests = {}))
  return (requests[name] ??= sumRequests(pod.spec, name))
}

/** By spec: each pod of a node is asked about again for each pod that comes. */
const known = new WeakMap<PodSpec, Record<string, number>>()

function sumRequests(spec: PodSpec, name: string): number {
  const containers = (spec.containers ?? []).reduce(
    (sum, { resources }) => sum + amountOf(resources?.requests, name),
    0,
  )
  let sidecars = 0
  let peak = 0
  for (const init of spec.initContainers ?? []) {
    const own = amountOf(init.resources?.requests, name)
    if (init.restartPolicy === 'Always') sidecars += own
    peak = Math.max(peak, init.restartPolicy === 'Always' ? sidecars : own + sidecars)
  }
  return Math.max(containers + sidecars, peak) + amountOf(spec.overhead, name)
}

function amountOf(amounts: Record<string, string | number> | undefined, name: string): number {
  const amount = amounts?.[name]
  if (amount === undefined) return 0
  return name === 'cpu' ? quantityMilliValue(amount) : quantityValue(amount)
}

/** The pods that run beside it; listed only when something is asked for. */
export interface Others {
  count: number
  pods(): Pod[]
}

/** Undefined when the pod may run beside the others; the first trouble otherwise. */
export function rejectionOf(
  pod: Pod,
  others: Others,
  node: Node | undefined,
  allocatable: Record<string, string>,
  maxPods: number,
): Rejection | undefined {
  const missing = selectorTrouble(pod, node)
  if (missing !== undefined) return missing
  if (others.count + 1 > maxPods) return lacking('pods', 1, others.count, maxPods)
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const wanted = requestOf(pod, name)
    const limit = allocatable[name]
    if (wanted === 0 || limit === undefined) continue
    const capacity = name === 'cpu' ? quantityMilliValue(limit) : quantityValue(limit)
    const used = others.pods().reduce((sum, other) => sum + requestOf(other, name), 0)
    if (wanted + used > capacity) return lacking(name, wanted, used, capacity)
  }
  return undefined
}

/** What a critical pod is told when nobody can be preempted for it. Models pkg/kubelet/preemption. */
export function criticalRejection(rejection: Rejection): Rejection {
  const facts = /resource: (\S+), requested: (\d+), used: (\d+), capacity: (\d+)/.exec(rejection.message)
  if (facts === null) return rejection
  const [, name = '', requested, used, capacity] = facts
  const missing = Number(requested) + Number(used) - Number(capacity)
  const why = `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: ${name}, q: ${missing}), ]`
  return {
    reason: 'UnexpectedAdmissionError',
    message: `Pod was rejected: Unexpected error while attempting to recover from admission failure: ${why}`,
  }
}

function lacking(name: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${name}`,
    message: `Pod was rejected: Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  }
}

function selectorTrouble(pod: Pod, node: Node | undefined): Rejection | undefined {
  if (node === undefined) return undefined
  const labels = node.metadata.labels ?? {}
  const fits = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  return fits
    ? undefined
    : {
        reason: 'NodeAffinity',
        message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      }
}
