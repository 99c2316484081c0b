/** Which pods go first when a ReplicaSet or a Job shrinks: Models pkg/controller ActivePodsWithRanks (D3). */
import { conditionOf, isPodReady } from '../../objects/meta.ts'
import type { Pod } from '../../objects/types.gen.ts'

const PHASES: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

export interface Ranked {
  pod: Pod
  /** Active pods of the same Deployment on the pod's node. */
  rank: number
}

type Compare = (a: Ranked, b: Ranked, nowMs: number) => number

/** The eight criteria in order; negative: `a` is deleted before `b`. */
const CRITERIA: Compare[] = [
  (a, b) => Number(isAssigned(a.pod)) - Number(isAssigned(b.pod)),
  (a, b) => phaseOf(a.pod) - phaseOf(b.pod),
  (a, b) => Number(isPodReady(a.pod)) - Number(isPodReady(b.pod)),
  (a, b) => deletionCost(a.pod) - deletionCost(b.pod),
  (a, b) => b.rank - a.rank,
  (a, b, nowMs) =>
    isPodReady(a.pod) && isPodReady(b.pod) ? youngerFirst(readySince(a.pod), readySince(b.pod), a, b, nowMs) : 0,
  (a, b) => maxRestarts(b.pod) - maxRestarts(a.pod),
  (a, b, nowMs) => youngerFirst(createdAt(a.pod), createdAt(b.pod), a, b, nowMs),
]

/** The pods in the order in which they would be deleted. `nowMs` is in milliseconds since 1970. */
export function rankForDeletion(pods: Ranked[], nowMs: number): Pod[] {
  const compare = (a: Ranked, b: Ranked): number => {
    for (const criterion of CRITERIA) {
      const order = criterion(a, b, nowMs)
      if (order !== 0) return order
    }
    return 0
  }
  return [...pods].sort(compare).map(({ pod }) => pod)
}

function isAssigned(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== ''
}

function phaseOf(pod: Pod): number {
  return PHASES[pod.status?.phase ?? 'Pending'] ?? 0
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[DELETION_COST] ?? 0)
  return Number.isInteger(cost) ? cost : 0
}

function readySince(pod: Pod): number | undefined {
  return parseTime(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime)
}

function createdAt(pod: Pod): number | undefined {
  return parseTime(pod.metadata.creationTimestamp)
}

function parseTime(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? Date.parse(text) : undefined
}

function maxRestarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount ?? 0))
}

/** Ages are compared by powers of two; within one power the lower UID goes first. */
function youngerFirst(
  a: number | undefined,
  b: number | undefined,
  left: Ranked,
  right: Ranked,
  nowMs: number,
): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  const difference = logBucket(nowMs - a) - logBucket(nowMs - b)
  if (difference !== 0) return difference
  const [leftUid, rightUid] = [left.pod.metadata.uid ?? '', right.pod.metadata.uid ?? '']
  return leftUid < rightUid ? -1 : leftUid > rightUid ? 1 : 0
}

function logBucket(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1_000_000))
}
