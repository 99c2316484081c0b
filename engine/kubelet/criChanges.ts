/**
 * What somebody does to the container runtime behind the kubelet's back (Q4): containers and sandboxes removed or
 * stopped. Models generic.go (PLEG: what was removed while it was exited wakes nobody), calcRestartCountByLogDir and
 * the statuses of containers that are gone (kubelet_pods.go, convertToAPIContainerStatuses).
 */
import type { ContainerStatus } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { dropLog } from './logFiles.ts'
import { containerKey } from './state.ts'
import type { ContainerInstance, LostContainer, PodRecord } from './state.ts'
import { shownOf } from './status.ts'
import { RESYNC } from './pod.actions.ts'

/** The status of a container of which the runtime knows nothing any more. */
const NOT_LOCATED = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was deleted.  The container used to be Running',
}

/** Removes an instance that has ended, as `crictl rm` does, with its log; false: there is none, or it runs. */
export function removeContainer(core: Core, id: string, keepsLog: boolean): boolean {
  for (const record of core.records.values()) {
    const earlier = Object.values(record.previous).find((one) => one.id === id)
    if (earlier !== undefined) {
      delete record.previous[earlier.name]
      if (!keepsLog) dropLog(core.ports.files, record, earlier)
      return true
    }
    const last = Object.values(record.containers).find((one) => one.id === id)
    if (last === undefined) continue
    if (last.finishedMs === undefined) return false
    lose(core, record, last, keepsLog ? last.attempt + 1 : 0)
    if (!keepsLog) dropLog(core.ports.files, record, last)
    if (record.finished !== true) core.after(core.flags.volumeResyncMs, RESYNC, record.uid)
    return true
  }
  return false
}

/** The kubelet makes the next container with the number that follows from the log files that are left. */
function lose(core: Core, record: PodRecord, { name }: ContainerInstance, attempt: number): void {
  const before = record.previous[name]
  const status = lostStatus(shownOf(record, name), record)
  record.removals = (record.removals ?? 0) + 1
  delete record.containers[name]
  delete record.previous[name]
  core.containerRows.remove(containerKey(record.uid, name))
  if (before !== undefined) record.containers[name] = before
  else record.lost = { ...record.lost, [name]: { attempt, ...(status !== undefined && { status }) } }
}

function lostStatus(shown: ContainerStatus | undefined, { pod }: PodRecord): LostContainer['status'] {
  if (shown === undefined || shown.state?.terminated !== undefined) return shown
  const { containerID: _, ...kept } = shown
  const isRunning = shown.state?.running !== undefined
  const waiting = { waiting: { reason: (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' } } // prettier-ignore
  const lost = isRunning && shown.lastState?.terminated === undefined
  return {
    ...kept,
    state: waiting,
    ready: false,
    started: false,
    restartCount: shown.restartCount + (lost && pod.metadata.deletionTimestamp === undefined ? 1 : 0),
    ...(lost && { lastState: { terminated: NOT_LOCATED } }),
  }
}

const withSandbox = (core: Core, id: string): PodRecord | undefined =>
  [...core.records.values()].find(({ sandbox }) => sandbox?.id === id)

/** Stops the containers of a sandbox and takes it down, as `crictl stopp` does; the kubelet makes another. */
export function stopSandbox(core: Core, id: string): boolean {
  const record = withSandbox(core, id)
  if (record?.sandbox === undefined) return false
  core.containers.killAll(record)
  record.sandbox = { ...record.sandbox, ready: false }
  record.movesOn = true
  core.relist(record.uid)
  return true
}

/** Removes a sandbox with its containers, as `crictl rmp` does: nothing of the pod is left in the runtime. */
export function removeSandbox(core: Core, id: string): boolean {
  const record = withSandbox(core, id)
  if (record === undefined) return false
  core.containers.killAll(record)
  for (const one of Object.values(record.containers)) {
    delete record.previous[one.name]
    lose(core, record, one, one.attempt + 1)
  }
  if (!core.running) core.forget(record)
  else {
    delete record.sandbox
    record.sandboxes = 0
    record.movesOn = true
    core.relist(record.uid)
  }
  return true
}
