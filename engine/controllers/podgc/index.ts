/**
 * Models pkg/controller/podgc/gc_controller.go (R9, B4, B5): every 20 s, pods of nodes that are gone (after a
 * quarantine of 40 s), terminating pods never scheduled or on an out-of-service node, and terminated
 * pods beyond the threshold.
 */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Node, Pod } from '../../objects/types.gen.ts'
import type { ApiWrite, Context, Controller, Write } from '../controller.ts'

const PODS = 'v1/pods'
const NODES = 'v1/nodes'
/** The period of the collection. */
const GC_PERIOD_MS = 20_000
/** How long a node must be missing. */
const QUARANTINE_MS = 40_000
/** Flags of the collector; they may change between two starts of the process. */
export interface PodGcFlags {
  /** --terminated-pod-gc-threshold; 0 or less: none are collected. */
  terminatedPodGcThreshold: number
}

export const POD_GC_FLAGS: PodGcFlags = { terminatedPodGcThreshold: 12_500 }
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

interface Memory {
  /** Nodes found missing, and when (ms since 1970). */
  missing: Record<string, number>
}

export function podGcControllerOf(flags: PodGcFlags): Controller {
  return {
    name: 'pod-garbage-collector',
    watches: [
      { resource: PODS, keys: () => [] },
      { resource: NODES, keys: () => [] },
    ],
    ticks: [{ key: 'collect', everyMs: GC_PERIOD_MS }],
    reconcile(context): Write[] {
      const pods = context.cache<Pod>(PODS).list()
      const over = terminated(pods, flags.terminatedPodGcThreshold)
      return [...over, ...terminating(context, pods), ...orphaned(context, pods), ...unscheduled(pods)]
    },
    /** What was marked as failed goes now. */
    settle(_context, _key, { answers }): Write[] {
      const marked = answers.filter(({ call, code }) => call.subresource === 'status' && code >= 200 && code < 300)
      return marked.flatMap(({ body }) => forceDelete(body as Pod))
    },
  }
}

export const podGcController: Controller = podGcControllerOf(POD_GC_FLAGS)

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

function terminated(pods: Pod[], threshold: number): Write[] {
  const over = pods.filter((pod) => isOver(pod) && pod.metadata.deletionTimestamp === undefined)
  if (threshold <= 0 || over.length <= threshold) return []
  const isEvicted = (pod: Pod): number => (pod.status?.reason === 'Evicted' ? 0 : 1)
  const created = (pod: Pod): string => pod.metadata.creationTimestamp ?? ''
  const ordered = over.sort((a, b) => isEvicted(a) - isEvicted(b) || (created(a) < created(b) ? -1 : 1))
  return ordered.slice(0, over.length - threshold).flatMap((pod) => forceDelete(pod))
}

/** Terminating pods of a node that is not ready and marked out of service. */
function terminating(context: Context, pods: Pod[]): Write[] {
  const nodes = context.cache<Node>(NODES)
  const lost = (name: string | undefined): boolean => {
    const node = nodes.get('', name ?? '')
    const ready = conditionOf(node?.status?.conditions, 'Ready')?.status === 'True'
    return node !== undefined && !ready && (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)
  }
  return pods
    .filter((pod) => pod.metadata.deletionTimestamp !== undefined && lost(pod.spec?.nodeName))
    .flatMap((pod) => failAndDelete(pod, undefined))
}

function orphaned(context: Context, pods: Pod[]): Write[] {
  const { missing } = context.memory<Memory>(() => ({ missing: {} }))
  const nodes = context.cache<Node>(NODES)
  const wanted = new Set(
    pods.map((pod) => pod.spec?.nodeName ?? '').filter((name) => name !== '' && nodes.get('', name) === undefined),
  )
  for (const name of Object.keys(missing)) if (!wanted.has(name)) delete missing[name]
  for (const name of wanted) missing[name] ??= context.nowMs
  const gone = (name: string): boolean => missing[name] !== undefined && context.nowMs - missing[name] >= QUARANTINE_MS
  return pods.filter((pod) => gone(pod.spec?.nodeName ?? '')).flatMap((pod) => failAndDelete(pod, context.nowMs))
}

function unscheduled(pods: Pod[]): Write[] {
  return pods
    .filter((pod) => pod.metadata.deletionTimestamp !== undefined && (pod.spec?.nodeName ?? '') === '')
    .flatMap((pod) => forceDelete(pod))
}

/** Marks the pod Failed (with the disruption noted when its node is gone); `settle` then deletes it without grace. */
function failAndDelete(pod: Pod, nodeGoneAtMs: number | undefined): Write[] {
  if (isOver(pod)) return forceDelete(pod)
  const { namespace, name } = pod.metadata
  const conditions = nodeGoneAtMs === undefined ? {} : { conditions: [disrupted(nodeGoneAtMs)] }
  const body = { status: { phase: 'Failed', ...conditions } }
  return [{ verb: 'patch', resource: PODS, namespace, name, subresource: 'status', patchType: 'strategic', body }]
}

function disrupted(nowMs: number): {
  type: string
  status: string
  reason: string
  message: string
  lastTransitionTime: string
} {
  const message = 'PodGC: node no longer exists'
  return {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: timestamp(nowMs),
  }
}

function forceDelete(pod: Pod): ApiWrite[] {
  const { namespace, name } = pod.metadata
  return [{ verb: 'delete', resource: PODS, namespace, name, body: { gracePeriodSeconds: 0 } }]
}
