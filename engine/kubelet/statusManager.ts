/**
 * Posts pod statuses, one write at a time for each pod, and confirms deletions.
 * Models pkg/kubelet/status/status_manager.go. An unsent status is retried every 10 s.
 */
import type { Answer } from '../api/client.ts'
import type { Pod, PodCondition, PodStatus } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { allStopped, makePodStatus } from './status.ts'
import type { PodRecord } from './state.ts'
import { isMirror } from '../objects/meta.ts'

export const STATUS_TAG = 'status'
export const DELETE_TAG = 'delete'
export const STATUS_TICK = 'status.tick'

export class StatusManager {
  private ticking = false

  constructor(private readonly core: Core) {}

  set(record: PodRecord): void {
    if (record.foreign === true) return this.push(record)
    const status = makePodStatus(record, this.core.nodeFacts())
    if (!sameValue(status, record.status)) {
      noteTransition(this.core, record, status)
      record.status = status
    }
    this.push(record)
  }

  /** Sends what the API server has not acknowledged. */
  push(record: PodRecord): void {
    if (record.inFlight === true || !this.core.running || record.removed === true) return
    if (record.status !== undefined && !sameValue(record.status, record.sent)) return this.patch(record, record.status)
    this.confirmDeletion(record)
  }

  answered(answer: Answer, uid: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined) return
    record.inFlight = false
    const { code } = answer
    if (code === 0 || code >= 500 || [401, 403, 429].includes(code)) return this.retryLater()
    const body = (answer.call.body as { status: PodStatus } | undefined)?.status
    record.sent = answer.code < 300 && body !== undefined ? (this.attempted.get(uid) ?? record.status) : record.status
    record.sentVersion = Number((answer.body as Pod | undefined)?.metadata?.resourceVersion ?? 0)
    this.attempted.delete(uid)
    this.push(record)
  }

  /** Somebody else wrote into the status: what is the kubelet's is put right at the next look at all pods. */
  reconcile(record: PodRecord): void {
    const version = Number(record.pod.metadata.resourceVersion ?? 0)
    const shown = record.pod.status?.conditions ?? []
    if (record.sent === undefined || record.inFlight === true || version <= (record.sentVersion ?? 0)) return
    const wrong = (record.status?.conditions ?? []).some(
      (condition) => shown.find(({ type }) => type === condition.type)?.status !== condition.status,
    )
    if (!wrong) return
    delete record.sent
    this.retryLater()
  }

  /** A DELETE was answered. */
  deleted(answer: Answer, uid: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined || answer.code < 300 || answer.code === 404 || answer.code === 409) return
    record.deleting = false
    this.retryLater()
  }

  tick(): void {
    this.ticking = false
    for (const record of this.core.records.values()) this.push(record)
  }

  reset(): void {
    this.attempted.clear()
    this.ticking = false
  }

  dump(): unknown {
    return { attempted: [...this.attempted], ticking: this.ticking }
  }

  load(state: unknown): void {
    const { attempted, ticking } = state as { attempted: [string, PodStatus][]; ticking: boolean }
    this.attempted = new Map(attempted)
    this.ticking = ticking
  }

  private attempted = new Map<string, PodStatus>()

  private patch(record: PodRecord, status: PodStatus): void {
    const changed = difference(status, record.sent ?? record.pod.status)
    if (Object.keys(changed).length === 0) return this.upToDate(record, status)
    const body = { metadata: { uid: apiUid(record) }, status: changed }
    if (record.source === 'file' && !isMirror(record.pod)) return
    record.inFlight = true
    this.attempted.set(record.uid, status)
    const { namespace, name } = record
    this.core.client.call(
      { verb: 'patch', resource: 'v1/pods', namespace, name, subresource: 'status', patchType: 'strategic', body },
      { kind: STATUS_TAG, uid: record.uid },
    )
  }

  private upToDate(record: PodRecord, status: PodStatus): void {
    record.sent = status
    this.confirmDeletion(record)
  }

  private confirmDeletion(record: PodRecord): void {
    if (record.finished !== true || record.deleting === true || record.pod.metadata.deletionTimestamp === undefined)
      return
    if (!allStopped(record) || record.source === 'file') return
    record.deleting = true
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: record.uid } }
    const { namespace, name } = record
    this.core.client.call(
      { verb: 'delete', resource: 'v1/pods', namespace, name, body },
      { kind: DELETE_TAG, uid: record.uid },
    )
  }

  private retryLater(): void {
    if (this.ticking) return
    this.ticking = true
    this.core.after(this.core.flags.statusSyncMs, STATUS_TICK, null)
  }
}

function apiUid(record: PodRecord): string {
  return record.pod.metadata.uid ?? record.uid
}

function noteTransition(core: Core, record: PodRecord, status: PodStatus): void {
  if (record.status?.phase === status.phase) return
  core.kernel.record('kubelet.pod.phase', {
    pod: `${record.namespace}/${record.name}`,
    node: core.nodeName,
    phase: status.phase ?? '',
  })
}

/** The fields that differ from what the API server shows; conditions one by one, by type. */
function difference(status: PodStatus, shown: PodStatus | undefined): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(status)) {
    if (field !== 'conditions' && !sameValue(value, shown?.[field as keyof PodStatus])) changed[field] = value
  }
  for (const field of ['reason', 'message', 'podIP', 'podIPs'] as const)
    if (status[field] === undefined && shown?.[field] !== undefined) changed[field] = null
  const conditions = status.conditions ?? []
  const fresh = conditions.filter(
    (condition) =>
      !sameValue(
        condition,
        shown?.conditions?.find(({ type }) => type === condition.type),
      ),
  )
  if (fresh.length > 0) return { ...changed, ...conditionPatch(conditions, fresh) }
  return changed
}

function conditionPatch(all: PodCondition[], fresh: PodCondition[]): Record<string, unknown> {
  return { '$setElementOrder/conditions': all.map(({ type }) => ({ type })), conditions: fresh }
}

/** Whether two JSON values are the same; an absent field and undefined are. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key in left) if (!sameValue(left[key], right[key])) return false
  for (const key in right) if (left[key] === undefined && right[key] !== undefined) return false
  return true
}
