/**
 * What the container runtime of a node knows, as crictl asks for it (Q4). Plain lists, newest first.
 */
import { linesOf } from './container.actions.ts'
import type { Core } from './core.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { usageOf } from './usage.ts'

export interface CriContainer {
  id: string
  image: string
  imageId: string
  createdMs: number
  startedMs?: number
  finishedMs?: number
  state: 'Created' | 'Running' | 'Exited'
  exitCode?: number
  reason?: string
  name: string
  attempt: number
  podId: string
  pod: string
  namespace: string
  podUid: string
  pid: number
  /** Of the running process. */
  cpuMilli: number
  memoryBytes: number
  logs: ContainerInstance['logs']
  /** Of its program, where Docker tells it. */
  argv?: string[]
}

export interface CriSandbox {
  id: string
  createdMs: number
  state: 'Ready' | 'NotReady'
  name: string
  namespace: string
  attempt: number
  uid: string
  ip: string
  /** Of the pod. */
  labels: Record<string, string>
}

export interface CriImage {
  /** `docker.io/library/nginx` */
  repository: string
  tag: string
  id: string
  digest: string
  sizeBytes: number
}

export interface CriFacts {
  containers: CriContainer[]
  sandboxes: CriSandbox[]
  images: CriImage[]
}

export function criList(core: Core): CriFacts {
  const records = [...core.records.values()]
  return {
    containers: records.flatMap((record) => containersOf(core, record)).sort((a, b) => b.createdMs - a.createdMs),
    sandboxes: records.flatMap(sandboxOf).sort((a, b) => b.createdMs - a.createdMs),
    images: [...core.images.values()].map(({ reference, digest, sizeBytes }) => {
      const colon = reference.lastIndexOf(':')
      return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1), id: digest, digest, sizeBytes }
    }),
  }
}

function containersOf(core: Core, record: PodRecord): CriContainer[] {
  return [...Object.values(record.previous), ...Object.values(record.containers)].map((one) => ({
    id: one.id,
    image: one.image,
    imageId: one.imageID.slice(one.imageID.indexOf('@') + 1),
    createdMs: one.createdMs,
    ...(one.startedMs !== undefined && { startedMs: one.startedMs }),
    ...(one.finishedMs !== undefined && { finishedMs: one.finishedMs }),
    state: one.finishedMs !== undefined ? 'Exited' : one.startedMs === undefined ? 'Created' : 'Running',
    ...(one.exitCode !== undefined && { exitCode: one.exitCode }),
    ...(one.reason !== undefined && { reason: one.reason }),
    name: one.name,
    attempt: one.attempt,
    podId: record.sandbox?.id ?? '',
    pod: record.name,
    namespace: record.namespace,
    podUid: record.uid,
    pid: one.finishedMs === undefined ? one.pid : 0,
    ...usage(core, record, one),
    ...(one.runtime === 'docker' && { argv: one.argv }),
    logs: linesOf(one, core.kernel.clockMs),
  }))
}

function usage(core: Core, record: PodRecord, one: ContainerInstance): { cpuMilli: number; memoryBytes: number } {
  const found = usageOf(core, record, one)
  const ranMs = Math.max(1, core.kernel.clockMs - (one.startedMs ?? 0))
  return { cpuMilli: (found?.cpuMicros ?? 0) / ranMs, memoryBytes: found?.memoryBytes ?? 0 }
}

function sandboxOf(record: PodRecord): CriSandbox[] {
  const { sandbox } = record
  if (sandbox === undefined) return []
  const { id, createdMs, attempt } = sandbox
  return [
    {
      id,
      createdMs,
      attempt,
      state: sandbox.ready ? 'Ready' : 'NotReady',
      name: record.name,
      namespace: record.namespace,
      uid: record.uid,
      ip: record.ip ?? '',
      labels: record.pod.metadata.labels ?? {},
    },
  ]
}
