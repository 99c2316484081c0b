/** Taints that the node lifecycle controller keeps on nodes (B2). */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Node, Taint } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Condition type and status → the NoSchedule taint that follows. */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
}
const MANAGED = new Set([
  UNSCHEDULABLE,
  ...Object.values(CONDITION_TAINTS).flatMap((byStatus) => Object.values(byStatus)),
])

function taintsOf(node: Node): Taint[] {
  return node.spec?.taints ?? []
}

function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}

/**
 * The next write that makes the NoSchedule taints follow the node's conditions; none when they do. What is missing
 * is added first; the change that follows brings the removal of what is stale. Models SwapNodeControllerTaint.
 */
export function noScheduleTaints(node: Node): ApiWrite[] {
  const wanted = (node.status?.conditions ?? []).flatMap(({ type, status }) => CONDITION_TAINTS[type]?.[status] ?? [])
  if (node.spec?.unschedulable === true) wanted.push(UNSCHEDULABLE)
  const present = taintsOf(node)
  const isStale = (taint: Taint): boolean =>
    taint.effect === 'NoSchedule' && MANAGED.has(taint.key) && !wanted.includes(taint.key)
  const missing = wanted.filter((key) => !present.some((taint) => taint.key === key && taint.effect === 'NoSchedule'))
  if (missing.length === 0 && !present.some(isStale)) return []
  if (missing.length === 0)
    return patchTaints(
      node,
      present.filter((taint) => !isStale(taint)),
    )
  return patchTaints(node, [...present, ...missing.map((key): Taint => ({ key, effect: 'NoSchedule' }))])
}

/** The writes that set the NoExecute taint that fits the node's Ready condition, and then drop the other. */
export function noExecuteTaint(node: Node, nowMs: number): ApiWrite[] {
  const status = conditionOf(node.status?.conditions, 'Ready')?.status
  if (status === 'True') return []
  const wanted: Taint = {
    key: status === 'False' ? NOT_READY : UNREACHABLE,
    effect: 'NoExecute',
    timeAdded: timestamp(nowMs),
  }
  const others = taintsOf(node).filter((taint) => !isNoExecute(taint))
  if (taintsOf(node).some((taint) => sameTaint(taint, wanted)) && others.length === taintsOf(node).length - 1) return []
  const both = patchTaints(node, [...taintsOf(node).filter((taint) => !sameTaint(taint, wanted)), wanted])
  const isSwap = others.length < taintsOf(node).length && !taintsOf(node).some((taint) => sameTaint(taint, wanted))
  return isSwap ? [...both, patchOf(node, [...others, wanted])] : patchTaints(node, [...others, wanted])
}

/** The write that removes both NoExecute taints; none when there are none. */
export function withoutNoExecute(node: Node): ApiWrite[] {
  const kept = taintsOf(node).filter((taint) => !isNoExecute(taint))
  return kept.length === taintsOf(node).length ? [] : patchTaints(node, kept)
}

export function isNoExecute(taint: Taint): boolean {
  return taint.effect === 'NoExecute' && (taint.key === NOT_READY || taint.key === UNREACHABLE)
}

function patchTaints(node: Node, taints: Taint[]): ApiWrite[] {
  return [patchOf(node, taints, { resourceVersion: node.metadata.resourceVersion })]
}

function patchOf(node: Node, taints: Taint[], metadata?: { resourceVersion: string | undefined }): ApiWrite {
  const body = { ...(metadata !== undefined && { metadata }), spec: { taints: taints.length > 0 ? taints : null } }
  return { verb: 'patch', resource: 'v1/nodes', name: node.metadata.name, patchType: 'merge', body }
}
