/** What a kubelet keeps of a pod: from its first sight, over the end of the process, and over the loss of power. */
import type { Kernel } from '../kernel/kernel.ts'
import { timestamp } from '../objects/meta.ts'
import type { Pod } from '../objects/types.gen.ts'
import type { PodRecord } from './state.ts'

const MOUNT_TIMES = ['mountRetryMs', 'mountNextMs', 'mountDeadlineMs'] as const

export function makeRecord(pod: Pod, source: 'api' | 'file', kernel: Kernel): PodRecord {
  return {
    uid: pod.metadata.uid ?? '',
    namespace: pod.metadata.namespace ?? 'default',
    name: pod.metadata.name,
    pod,
    source,
    seenMs: kernel.now,
    startTime: typeof pod.status?.startTime === 'string' ? pod.status.startTime : timestamp(kernel.clockMs),
    sandboxes: 0,
    containers: {},
    previous: {},
    reasons: {},
    backOff: {},
    pullBackOff: {},
    pullErrors: {},
    ready: {},
    started: {},
    tried: [],
    again: false,
    referents: {},
    awaiting: [],
    fetched: false,
  }
}

/** What a kubelet process keeps only in its memory. */
export function forgetMemory(kernel: Kernel, record: PodRecord): void {
  kernel.cancel(record.resync)
  Object.assign(record, {
    reasons: {},
    backOff: {},
    pullBackOff: {},
    pullErrors: {},
    tried: [],
    awaiting: [],
    again: false,
    fetched: false,
    inFlight: false,
    deleting: false,
  })
  for (const one of Object.values(record.containers)) delete one.hooked
  for (const field of ['resync', 'current', 'failedSync', 'sent', ...MOUNT_TIMES] as const) delete record[field]
  if (record.removed !== true && record.doom?.phase === undefined && record.finished !== true) delete record.doom
}

/** The network of a sandbox that is down is not known to a kubelet that starts; the plugin keeps its address reserved. */
export function loseAddress(record: PodRecord): void {
  if (record.ip === undefined || record.finished === true) return
  record.heldIp = record.ip
  delete record.ip
}

/** What the kubelet was about to end, and the API server has not heard of, is forgotten with it. */
export const endIsLost = ({ finished, pod, doom }: PodRecord): boolean =>
  doom?.phase !== undefined &&
  doom.isRejected !== true &&
  finished !== true &&
  !['Failed', 'Succeeded'].includes(pod.status?.phase ?? '')

/** A pod that runs again with its node; static ones do even if they had ended with it. */
export function beginAnew(record: PodRecord): void {
  for (const field of ['doom', 'finished', 'endsMs', 'status'] as const) delete record[field]
  if (record.source === 'api') return
  const { status: _ended, ...pod } = record.pod
  record.pod = pod
}

/** The addresses that the network plugin holds for a pod. */
export function addressesOf({ ip, heldIp }: PodRecord): string[] {
  return [ip, heldIp].filter((address) => address !== undefined)
}

/** What the readiness gates of a pod say. */
export function gatesOf(pod: Pod): unknown {
  const gates = (pod.spec?.readinessGates ?? []).map(({ conditionType }) => conditionType)
  return (
    pod.status?.conditions?.filter(({ type }) => gates.includes(type)).map(({ type, status }) => `${type}=${status}`) ??
    []
  )
}

/** The IPv4 address so many after a base. */
export function addOffset(base: string, offset: number): string {
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + offset
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
