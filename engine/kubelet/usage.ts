/**
 * How much CPU and memory a node's containers use: read off their plans, the requests they answered and the clock, so
 * that the same run measures the same. Models what cadvisor measures. Not modelled: contention between containers,
 * page cache, the load of programs that run as simulated processes (they count as idle).
 */
import { parseQuantity } from '../objects/quantity.ts'
import type { Container } from '../objects/types.gen.ts'
import { containerOf } from './core.ts'
import type { Core } from './core.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

/** Time is whole milliseconds; a millicore for a millisecond is a microsecond of CPU time, so all is in microseconds. */
export interface Usage {
  /** Since the container's start. */
  readonly cpuMicros: number
  readonly memoryBytes: number
}

export interface ContainerUsage extends Usage {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly container: string
  readonly startedMs: number
}

/** What a start costs once. */
const START_MICROS = 15_000
const PROCESS = { cpuMilli: 0, memoryBytes: 1_200_000 }
/** systemd, kubelet, containerd and the rest of the machine. */
const SYSTEM = { cpuMilli: 65, memoryBytes: 420_000_000 }
/** A backlog of this length is as much as clients wait for. */
const BACKLOG_MS = 1_000

/** Components that the engine models have no plan. */
const COMPONENTS: Record<string, { cpuMilli: number; memoryBytes: number }> = {
  'kube-apiserver': { cpuMilli: 45, memoryBytes: 270_000_000 },
  'kube-controller-manager': { cpuMilli: 15, memoryBytes: 56_000_000 },
  'kube-scheduler': { cpuMilli: 4, memoryBytes: 24_000_000 },
  etcd: { cpuMilli: 20, memoryBytes: 48_000_000 },
  'kube-proxy': { cpuMilli: 1, memoryBytes: 18_000_000 },
  coredns: { cpuMilli: 2, memoryBytes: 15_000_000 },
  'metrics-server': { cpuMilli: 4, memoryBytes: 20_000_000 },
  'local-path-provisioner': { cpuMilli: 1, memoryBytes: 9_000_000 },
}

/** The CPU time that answered requests took: a queue that one limit works off. */
export interface Load {
  /** Microseconds of all accepted work. */
  micros: number
  /** When the queue is empty. */
  busyUntilMs: number
}

/** Memory comes in pages. */
const pages = (bytes: number): number => Math.floor(bytes / 4096) * 4096

const coresOf = (container: Container | undefined, name: string): number | undefined => {
  const text = container?.resources?.limits?.[name]
  return text === undefined ? undefined : Number(parseQuantity(text).nanos) / 1e9
}

/** How many millicores a container may use: its limit, or all that the node has. */
function limitMilli(core: Core, container: Container | undefined): number {
  const own = coresOf(container, 'cpu')
  const node = core.node()?.status?.capacity?.cpu
  const whole = node === undefined ? Infinity : Number(parseQuantity(node).nanos) / 1e6
  return Math.min(own === undefined ? Infinity : own * 1000, whole)
}

/** A request was answered that took so much CPU time. What is more than a second's backlog was never served. */
export function addLoad(core: Core, record: PodRecord, instance: ContainerInstance, micros: number): void {
  const now = core.kernel.clockMs
  const rate = limitMilli(core, containerOf(record, instance.name))
  const load = instance.load ?? { micros: 0, busyUntilMs: now }
  const from = Math.max(load.busyUntilMs, now)
  if (from - now > BACKLOG_MS) return
  instance.load = { micros: load.micros + micros, busyUntilMs: from + micros / rate }
}

function base({ plan, component }: ContainerInstance): { cpuMilli: number; memoryBytes: number } {
  if (plan === undefined) return COMPONENTS[component ?? ''] ?? PROCESS
  return { cpuMilli: plan.cpuMilli ?? 0, memoryBytes: plan.memoryBytes ?? PROCESS.memoryBytes }
}

/** One container's usage; undefined when it does not run. */
export function usageOf(core: Core, record: PodRecord, instance: ContainerInstance): ContainerUsage | undefined {
  const { startedMs, finishedMs, load } = instance
  if (startedMs === undefined || startedMs === 0 || finishedMs !== undefined) return undefined
  const container = containerOf(record, instance.name)
  const rate = limitMilli(core, container)
  const { cpuMilli, memoryBytes } = base(instance)
  const now = core.kernel.clockMs
  const waiting = load === undefined ? 0 : Math.max(0, load.busyUntilMs - now) * rate
  const steady = Math.min(cpuMilli, rate) * (now - startedMs)
  const total = START_MICROS + steady + (load === undefined ? 0 : load.micros - waiting)
  return {
    namespace: record.namespace,
    pod: record.name,
    uid: record.uid,
    container: instance.name,
    startedMs,
    cpuMicros: Math.min(total, Math.max(START_MICROS, rate * (now - startedMs))),
    memoryBytes: pages(Math.min(memoryBytes, coresOf(container, 'memory') ?? Infinity)),
  }
}

/** Every running container of the node, in order of pods. */
export function nodeContainers(core: Core): ContainerUsage[] {
  return [...core.records.values()].flatMap((record) =>
    Object.values(record.containers)
      .map((instance) => usageOf(core, record, instance))
      .filter((usage) => usage !== undefined),
  )
}

/** The whole node since it was made: its containers and the system itself. */
export function nodeUsage(core: Core, containers: readonly ContainerUsage[], bootedMs: number): Usage {
  const sum = (pick: (usage: Usage) => number): number => containers.reduce((total, one) => total + pick(one), 0)
  return {
    cpuMicros: SYSTEM.cpuMilli * (core.kernel.clockMs - bootedMs) + sum(({ cpuMicros }) => cpuMicros),
    memoryBytes: pages(SYSTEM.memoryBytes) + sum(({ memoryBytes }) => memoryBytes),
  }
}
