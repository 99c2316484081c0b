import type { OwnerReference, Pod } from './types.gen.ts'

interface WithMeta {
  metadata?: { ownerReferences?: OwnerReference[] }
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string | null
}

/** The controller reference of an object, or undefined. */
/** The annotation by which a pod is the mirror of a static one; its value is the hash of the manifest. */
export const MIRROR = 'kubernetes.io/config.mirror'

export const isMirror = ({ metadata }: Pick<Pod, 'metadata'>): boolean => metadata?.annotations?.[MIRROR] !== undefined

export function ownerOf(object: WithMeta): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true)
}

/** The condition of that type, or undefined. */
export function conditionOf<C extends { type: string }>(list: readonly C[] | undefined, type: string): C | undefined {
  for (const condition of list ?? []) if (condition.type === type) return condition
  return undefined
}

/**
 * A new list with the condition put in the place of the one of its type, or appended. The old
 * `lastTransitionTime` stays when the status did not change. The same list when nothing changed.
 */
export function setCondition<C extends Condition>(list: readonly C[] | undefined, condition: C): C[] {
  const conditions = list ?? []
  const old = conditionOf(conditions, condition.type)
  if (old === undefined) return [...conditions, condition]
  const next =
    old.status === condition.status ? { ...condition, lastTransitionTime: old.lastTransitionTime } : condition
  return conditions.map((one) => (one === old ? next : one))
}

/** Neither finished nor being deleted: what a controller counts (pkg/controller IsPodActive). */
export function podPhaseActive(pod: Pod): boolean {
  const phase = pod.status?.phase
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined
}

export function isPodReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True'
}

/** Ready for at least minReadySeconds at nowMs (milliseconds since 1970). */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = conditionOf(pod.status?.conditions, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  const since = ready.lastTransitionTime
  return typeof since === 'string' && Date.parse(since) + minReadySeconds * 1000 <= nowMs
}

/** The last second that was asked for: many things carry the time of one instant. */
let lastSecond = NaN
let lastText = ''

/** `2026-11-20T09:00:00`. */
function wholeSecond(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19)
    lastSecond = second
  }
  return lastText
}

/** `2026-11-20T09:00:00Z`: RFC 3339 in whole seconds, cut, not rounded. */
export function timestamp(ms: number): string {
  return `${wholeSecond(ms)}Z`
}

/** `2026-11-20T09:00:00.123000Z`: RFC 3339 in microseconds. */
export function microTimestamp(ms: number): string {
  const millis = Math.floor(ms) - Math.floor(ms / 1000) * 1000
  return `${wholeSecond(ms)}.${String(millis).padStart(3, '0')}000Z`
}
