import { humanDuration } from '../duration.ts'
import { conditionOf } from '../meta.ts'
import type { Container, ContainerState, ContainerStatus, Pod } from '../types.gen.ts'
import { ageColumn, nameColumn, orNone, text, wide } from './column.ts'
import type { Column } from './column.ts'

const NODE_LOST = 'NodeLost'
const TERMINAL_STAYS_SINCE = 27

interface InitWalk {
  /** The reason that stops the walk: `Init:0/2`, `Init:Error`; undefined when all init containers are done. */
  reason?: string
  ready: number
  restarts: number
  sidecarRestarts: number
}

interface ContainerWalk {
  reason?: string
  ready: number
  restarts: number
}

/** What `kubectl get pods` says of a pod. */
export interface PodSummary {
  ready: number
  total: number
  status: string
  restarts: number
  /** When the newest restarted container ended, in milliseconds; undefined when unknown. */
  lastRestartMs?: number
}

const isSidecar = (container: Container | undefined): boolean => container?.restartPolicy === 'Always'

function terminatedText(state: NonNullable<ContainerState['terminated']>): string {
  if (state.reason) return state.reason
  return state.signal ? `Signal:${state.signal}` : `ExitCode:${state.exitCode}`
}

/** The reason of an init container that is neither done nor merely waiting its turn. */
function initReason(state: ContainerState | undefined, done: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${terminatedText(state.terminated)}`
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${done}/${total}`
}

function walkInit(pod: Pod): InitWalk {
  const specs = pod.spec?.initContainers ?? []
  const walk: InitWalk = { ready: 0, restarts: 0, sidecarRestarts: 0 }
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(specs.find((container) => container.name === status.name))
    walk.restarts += status.restartCount ?? 0
    if (sidecar) walk.sidecarRestarts += status.restartCount ?? 0
    if (status.state?.terminated?.exitCode === 0) continue
    if (!sidecar || status.started !== true) return { ...walk, reason: initReason(status.state, i, specs.length) }
    if (status.ready) walk.ready++
  }
  return walk
}

/** From the last container to the first: the first one's reason wins. */
function walkContainers(pod: Pod, reason: string): ContainerWalk {
  let hasRunning = false
  let errorReason = ''
  const walk: ContainerWalk = { ready: 0, restarts: 0, reason }
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    walk.restarts += status.restartCount ?? 0
    const { waiting, terminated, running } = status.state ?? {}
    if (waiting?.reason) walk.reason = waiting.reason
    else if (terminated !== undefined) {
      walk.reason = terminatedText(terminated)
      if (terminated.exitCode !== 0) errorReason = walk.reason
    } else if (running !== undefined && status.ready) {
      hasRunning = true
      walk.ready++
    }
  }
  return { ...walk, reason: settledReason(pod, walk.reason!, hasRunning, errorReason) }
}

/** A completed container beside others says what the others say. */
function settledReason(pod: Pod, reason: string, hasRunning: boolean, errorReason: string): string {
  if (reason !== 'Completed') return reason
  if (hasRunning && conditionOf(pod.status?.conditions, 'Ready')?.status === 'True') return 'Running'
  if (errorReason !== '') return errorReason
  return hasRunning ? 'NotReady' : reason
}

function deletedStatus(pod: Pod, status: string, minor: number): string {
  if (!pod.metadata.deletionTimestamp) return status
  if (pod.status?.reason === NODE_LOST) return 'Unknown'
  const terminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  return terminal && minor >= TERMINAL_STAYS_SINCE ? status : 'Terminating'
}

/** The end of the newest earlier run among the containers whose restarts are counted. */
function newestEnd(statuses: ContainerStatus[]): number | undefined {
  const ends = statuses.flatMap((status) => {
    const at = status.lastState?.terminated?.finishedAt
    return at ? [Date.parse(at)] : []
  })
  return ends.length === 0 ? undefined : Math.max(...ends)
}

function restartedStatuses(pod: Pod, initializing: boolean): ContainerStatus[] {
  const specs = pod.spec?.initContainers ?? []
  const inits = pod.status?.initContainerStatuses ?? []
  if (initializing) return inits
  const sidecars = inits.filter((status) => isSidecar(specs.find((container) => container.name === status.name)))
  return [...sidecars, ...(pod.status?.containerStatuses ?? [])]
}

/**
 * READY, STATUS and RESTARTS of a pod. Models printPod of pkg/printers/internalversion/printers.go (F1).
 * `minor`: 35 for 1.35.
 */
export function summarizePod(pod: Pod, minor: number): PodSummary {
  const conditions = pod.status?.conditions
  const gated = conditionOf(conditions, 'PodScheduled')?.reason === 'SchedulingGated'
  const phase = pod.status?.reason || pod.status?.phase || ''
  const total = (pod.spec?.containers ?? []).length + (pod.spec?.initContainers ?? []).filter(isSidecar).length
  const init = walkInit(pod)
  const initializing = init.reason !== undefined && conditionOf(conditions, 'Initialized')?.status !== 'True'
  const lastRestartMs = newestEnd(restartedStatuses(pod, initializing))
  const start = init.reason ?? (gated ? 'SchedulingGated' : phase)
  if (initializing) {
    return {
      ready: init.ready,
      total,
      status: deletedStatus(pod, start, minor),
      restarts: init.restarts,
      lastRestartMs,
    }
  }
  const walk = walkContainers(pod, start)
  const status = deletedStatus(pod, walk.reason ?? '', minor)
  return {
    ready: init.ready + walk.ready,
    total,
    status,
    restarts: init.sidecarRestarts + walk.restarts,
    lastRestartMs,
  }
}

function restartsCell(summary: PodSummary, nowMs: number): string | number {
  if (summary.restarts === 0 || summary.lastRestartMs === undefined) return String(summary.restarts)
  return `${summary.restarts} (${humanDuration(nowMs - summary.lastRestartMs)} ago)`
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter((gate) => conditionOf(pod.status?.conditions, gate.conditionType)?.status === 'True')
  return `${met.length}/${gates.length}`
}

export const podColumns: Column<Pod>[] = [
  nameColumn,
  text('Ready', (pod, row) => {
    const { ready, total } = summarizePod(pod, row.minor)
    return `${ready}/${total}`
  }),
  text('Status', (pod, row) => summarizePod(pod, row.minor).status),
  text('Restarts', (pod, row) => restartsCell(summarizePod(pod, row.minor), row.nowMs)),
  ageColumn,
  wide(text('IP', (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP))),
  wide(text('Node', (pod) => orNone(pod.spec?.nodeName))),
  wide(text('Nominated Node', (pod) => orNone(pod.status?.nominatedNodeName))),
  wide(text('Readiness Gates', readinessGates)),
]
