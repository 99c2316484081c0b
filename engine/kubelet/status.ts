/**
 * The status of a pod as the kubelet works it out from what runs. A pure function of the record.
 * Models pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses) and status/generate.go (F2, F3).
 * Not modelled: resource resize status, device and user fields.
 */
import { conditionOf, timestamp as makeTimestamp } from '../objects/meta.ts'
import { quantityMilliValue } from '../objects/quantity.ts'
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../objects/types.gen.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

/** The last text made: most of a node's times fall into the same second. */
let lastSecond = -1
let lastText = ''

function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) lastText = makeTimestamp(ms)
  lastSecond = second
  return lastText
}

export interface NodeFacts {
  hostIP: string
  minor: number
  clockMs: number
  /** A fake runtime: containers count as ready before they run. */
  hollow?: boolean
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** Regular and init containers that the pod's end waits for, sidecars apart. */
function plainInits(pod: Pod): Container[] {
  return (pod.spec?.initContainers ?? []).filter((container) => !isSidecar(container))
}

function restartPolicyOf(pod: Pod): string {
  return pod.spec?.restartPolicy ?? 'Always'
}

/** Whether a container that ended is started again. */
export function restarts(pod: Pod, instance: ContainerInstance): boolean {
  if (instance.kind === 'sidecar') return true
  if (instance.kind === 'ephemeral') return false
  const policy = restartPolicyOf(pod)
  if (instance.kind === 'init') return instance.exitCode !== 0 && policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && instance.exitCode !== 0)
}

export function makePodStatus(record: PodRecord, facts: NodeFacts): PodStatus {
  const { pod } = record
  const inits = pod.spec?.initContainers ?? []
  const regulars = pod.spec?.containers ?? []
  const initStatuses = inits.map((container) => containerStatus(record, container, inits.length > 0, facts))
  const statuses = regulars.map((container) => containerStatus(record, container, inits.length > 0, facts))
  const phase =
    record.doom?.phase !== undefined && allStopped(record) ? record.doom.phase : keepTerminal(record, phaseOf(record))
  const address = record.pod.spec?.hostNetwork === true ? facts.hostIP : record.ip
  const status: PodStatus = {
    phase,
    conditions: conditions(record, phase, initStatuses, statuses, facts),
    hostIP: facts.hostIP,
    ...(facts.minor >= 28 && { hostIPs: [{ ip: facts.hostIP }] }),
    ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }),
    startTime: record.startTime,
    ...(inits.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...ephemeralStatuses(record, facts),
    qosClass: pod.status?.qosClass ?? qosOf(pod),
    ...(facts.minor >= 34 && pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  }
  const { reason, message } = record.doom?.phase === undefined ? {} : record.doom
  if (record.doom?.isRejected === true) return rejectedStatus(record)
  return {
    ...(isLost(record) ? terminatedStatus(status) : status),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  }
}

/** Models Kubelet.rejectPod; that it was scheduled stays as it is known. */
function rejectedStatus({ pod, doom }: PodRecord): PodStatus {
  const scheduled = conditionOf(pod.status?.conditions, 'PodScheduled')
  return {
    phase: 'Failed',
    qosClass: pod.status?.qosClass ?? qosOf(pod),
    ...(doom?.reason !== undefined && { reason: doom.reason }),
    ...(doom?.message !== undefined && { message: doom.message }),
    ...(scheduled !== undefined && { conditions: [scheduled] }),
  }
}

/** Containers of kubectl debug are never ready and never start again. */
function ephemeralStatuses(record: PodRecord, facts: NodeFacts): Pick<PodStatus, 'ephemeralContainerStatuses'> {
  const specs = (record.pod.spec?.ephemeralContainers ?? []) as Container[]
  if (specs.length === 0) return {}
  const made = specs.map((container) => {
    const { started: _, ...status } = containerStatus(record, container, false, facts)
    return { ...status, ready: false }
  })
  return { ephemeralContainerStatuses: made }
}

/** A pod at its end because it was deleted. */
function isLost(record: PodRecord): boolean {
  return record.finished === true && record.source !== 'file' && record.pod.metadata.deletionTimestamp !== undefined
}

/** What never ran ends as unknown, and the phase is a terminal one. Models TerminatePod of status_manager.go. */
function terminatedStatus(status: PodStatus): PodStatus {
  const end = (one: ContainerStatus): ContainerStatus =>
    one.state?.terminated === undefined ? { ...one, state: { terminated: NOT_LOCATED } } : one
  const { phase, initContainerStatuses: inits, containerStatuses } = status
  const over = phase === 'Succeeded' || phase === 'Failed'
  return {
    ...status,
    phase: over ? phase : 'Failed',
    ...(inits !== undefined && { initContainerStatuses: inits.map(end) }),
    ...(containerStatuses !== undefined && { containerStatuses: containerStatuses.map(end) }),
  }
}

const NOT_LOCATED = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
}

export function allStopped(record: PodRecord): boolean {
  return Object.values(record.containers).every((instance) => instance.finishedMs !== undefined)
}

/** Terminal phases never change back. */
function keepTerminal(record: PodRecord, phase: string): string {
  const before = record.status?.phase ?? record.pod.status?.phase
  return before === 'Failed' || before === 'Succeeded' ? before : phase
}

/** The container as the last sync saw it: one whose postStart hook runs is not seen yet. */
function seenOf(record: PodRecord, name: string): ContainerInstance | undefined {
  const one = record.containers[name]
  return one?.hooked === true ? record.previous[name] : one
}

/** Models getPhase (F2). */
export function phaseOf(record: PodRecord): string {
  const { pod } = record
  const instance = (container: Container): ContainerInstance | undefined => seenOf(record, container.name)
  const inits = plainInits(pod).map(instance)
  if (inits.some((one) => one?.finishedMs !== undefined && one.exitCode !== 0 && !restarts(pod, one))) return 'Failed'
  const regulars = pod.spec?.containers ?? []
  const begun = regulars.some((container) => instance(container) !== undefined)
  if (!begun && initsUnfinished(record)) return 'Pending'
  const seen = regulars.map(instance)
  const waiting = seen.some((one, index) => isWaiting(record, regulars[index] as Container, one))
  if (waiting) return 'Pending'
  if (seen.some((one) => one !== undefined && one.startedMs !== undefined && one.finishedMs === undefined))
    return 'Running'
  return stoppedPhase(record, seen)
}

/** Never started, and no earlier instance either. */
function isWaiting(record: PodRecord, container: Container, one: ContainerInstance | undefined): boolean {
  const lost = record.lost?.[container.name]?.status
  if (one === undefined) return lost?.lastState?.terminated === undefined && lost?.state?.terminated === undefined
  return one.finishedMs === undefined && one.startedMs === undefined && record.previous[container.name] === undefined
}

function stoppedPhase(record: PodRecord, seen: (ContainerInstance | undefined)[]): string {
  const { pod } = record
  const good = seen.every((one) => one?.exitCode === 0)
  const dying = record.doom !== undefined && record.source !== 'file'
  if (dying && allStopped(record)) return good ? 'Succeeded' : 'Failed'
  if (restartPolicyOf(pod) === 'Always' || dying) return 'Running'
  if (
    sidecarsRun(record) &&
    record.doom === undefined &&
    !seen.every((one) => one !== undefined && !restarts(pod, one))
  )
    return 'Running'
  if (good) return sidecarsRun(record) ? 'Running' : 'Succeeded'
  if (restartPolicyOf(pod) === 'OnFailure') return 'Running'
  return sidecarsRun(record) ? 'Running' : 'Failed'
}

/** A sidecar still runs: the pod is done, but not at its end. */
function sidecarsRun(record: PodRecord): boolean {
  return Object.values(record.containers).some((one) => one.kind === 'sidecar' && one.finishedMs === undefined)
}

/** Whether no regular container will run again. */
export function isDone(record: PodRecord): boolean {
  const { pod } = record
  const failedInit = plainInits(pod)
    .map((init) => record.containers[init.name])
    .some((one) => one?.finishedMs !== undefined && one.exitCode !== 0 && !restarts(pod, one))
  if (failedInit) return true
  return (pod.spec?.containers ?? []).every((container) => {
    const one = record.containers[container.name]
    return one?.finishedMs !== undefined && !restarts(pod, one)
  })
}

function initsUnfinished(record: PodRecord): boolean {
  return (record.pod.spec?.initContainers ?? []).some((container) => {
    const one = record.containers[container.name]
    if (isSidecar(container)) return record.started[container.name] !== true
    return one?.finishedMs === undefined || one.exitCode !== 0
  })
}

/** Releases since which a status tells the mounts (RecursiveReadOnlyMounts) and the resources (InPlacePodVerticalScaling). */
const MOUNTS_SINCE = 31
const RESOURCES_SINCE = 33

/** What a container was made with. */
function madeWith({ volumeMounts = [], resources = {} }: Container, minor: number): Partial<ContainerStatus> {
  const mounts = volumeMounts.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true && { readOnly, recursiveReadOnly: 'Disabled' }),
  }))
  return {
    ...(minor >= MOUNTS_SINCE && mounts.length > 0 && { volumeMounts: mounts }),
    ...(minor >= RESOURCES_SINCE && {
      resources,
      ...(resources.requests !== undefined && { allocatedResources: resources.requests }),
    }),
  }
}

function containerStatus(
  record: PodRecord,
  container: Container,
  hasInits: boolean,
  { hollow, minor }: NodeFacts,
): ContainerStatus {
  const instance = record.containers[container.name]
  const lost = instance === undefined ? record.lost?.[container.name]?.status : undefined
  if (lost !== undefined) return lost
  const shown = instance?.hooked === true ? shownOf(record, container.name) : undefined
  if (shown !== undefined) return shown
  const state = stateOf(record, container, instance, hasInits)
  const last = lastState(record, container, instance, state)
  const finishedInit = instance?.kind === 'init' && instance.exitCode === 0
  const running = state.running !== undefined
  return {
    name: container.name,
    state,
    lastState: last,
    ready: running
      ? record.ready[container.name] === true && record.started[container.name] === true
      : finishedInit || (hollow === true && state.waiting !== undefined),
    restartCount: instance?.attempt ?? 0,
    image: instance?.image ?? container.image ?? '',
    imageID: instance?.imageID ?? '',
    ...(instance !== undefined && { containerID: containerID(instance), ...madeWith(container, minor) }),
    started: running && record.started[container.name] === true,
  }
}

/** The status of a container as it was last told. */
export function shownOf({ status }: PodRecord, name: string): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return all.find((one) => one.name === name)
}

function stateOf(
  record: PodRecord,
  container: Container,
  instance: ContainerInstance | undefined,
  hasInits: boolean,
): ContainerState {
  const reason = record.reasons[container.name]
  if (instance !== undefined && instance.finishedMs === undefined) {
    return instance.startedMs === undefined
      ? { waiting: { reason: 'ContainerCreating' } }
      : { running: { startedAt: timestamp(instance.startedMs) } }
  }
  const over = record.doom !== undefined && allStopped(record)
  if (reason !== undefined && !over) return { waiting: reason }
  if (instance !== undefined) return { terminated: terminated(instance) }
  return { waiting: { reason: hasInits ? 'PodInitializing' : 'ContainerCreating' } }
}

function lastState(
  record: PodRecord,
  container: Container,
  instance: ContainerInstance | undefined,
  state: ContainerState,
): ContainerState {
  const last =
    state.waiting !== undefined && instance?.finishedMs !== undefined ? instance : record.previous[container.name]
  return last === undefined ? {} : { terminated: terminated(last) }
}

function terminated(instance: ContainerInstance): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: instance.exitCode ?? 0,
    ...(instance.reason !== undefined && { reason: instance.reason }),
    ...(instance.message !== undefined && { message: instance.message }),
    startedAt: timestamp(instance.startedMs ?? 0),
    finishedAt: timestamp(instance.finishedMs ?? 0),
    containerID: containerID(instance),
  }
}

const containerID = ({ id, runtime }: ContainerInstance): string => `${runtime ?? 'containerd'}://${id}`

type Verdict = Omit<PodCondition, 'type'>

const TRUE: Verdict = { status: 'True' }

/** PodDisruptionConditions, since 1.26. */
function disrupted({ doom }: PodRecord, { minor }: NodeFacts): [string, Verdict][] {
  if (doom?.isDisrupted !== true || minor < 26) return []
  return [['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: doom.message ?? '' }]]
}

function conditions(
  record: PodRecord,
  phase: string,
  inits: ContainerStatus[],
  statuses: ContainerStatus[],
  facts: NodeFacts,
): PodCondition[] {
  const known = record.pod.status?.conditions
  const containersReady = containersReadyVerdict(record, phase, inits, statuses)
  const made: [string, Verdict][] = [
    ...disrupted(record, facts),
    ...(facts.minor >= 29
      ? [
          ['PodReadyToStartContainers', record.sandbox?.ready === true ? TRUE : { status: 'False' }] as [
            string,
            Verdict,
          ],
        ]
      : []),
    ['Initialized', initializedVerdict(record, phase)],
    ['Ready', readyVerdict(record, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', TRUE],
  ]
  const now = timestamp(facts.clockMs)
  const before = record.status?.conditions ?? known
  return made.map(([type, verdict]) =>
    dated(conditionOf(before, type), conditionOf(known, type), { type, ...verdict }, now, facts.minor, record),
  )
}

function dated(
  before: PodCondition | undefined,
  known: PodCondition | undefined,
  made: PodCondition,
  now: string,
  minor: number,
  record: PodRecord,
): PodCondition {
  if (made.type === 'PodScheduled' && known !== undefined) return known
  const lastTransitionTime = before?.status === made.status ? (before.lastTransitionTime ?? now) : now
  const generation = minor >= 34 ? record.pod.metadata.generation : undefined
  return { ...made, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) }
}

function initializedVerdict(record: PodRecord, phase: string): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const begun = (record.pod.spec?.containers ?? []).some((container) => record.containers[container.name] !== undefined)
  if (begun) return TRUE
  const unfinished = (record.pod.spec?.initContainers ?? []).filter((container) => {
    const one = record.containers[container.name]
    return isSidecar(container)
      ? record.started[container.name] !== true
      : one?.finishedMs === undefined || one.exitCode !== 0
  })
  if (unfinished.length === 0) return TRUE
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${unfinished.map(({ name }) => name).join(' ')}]`,
  }
}

function containersReadyVerdict(
  record: PodRecord,
  phase: string,
  inits: ContainerStatus[],
  statuses: ContainerStatus[],
): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed' || record.doom?.phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const sidecars = inits.filter((status) =>
    (record.pod.spec?.initContainers ?? []).some((one) => one.name === status.name && isSidecar(one)),
  )
  const unready = [...sidecars, ...statuses].filter(({ ready }) => !ready).map(({ name }) => name)
  if (unready.length === 0) return TRUE
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

function readyVerdict(record: PodRecord, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const troubles = (record.pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = conditionOf(record.pod.status?.conditions, conditionType)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return found.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  return troubles.length === 0
    ? TRUE
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: troubles.join(', ') }
}

/** Guaranteed, Burstable or BestEffort. Models pkg/apis/core/v1/helper/qos. */
export function qosOf(pod: Pod): string {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const asked = containers.some(({ resources }) => hasAmount(resources?.requests) || hasAmount(resources?.limits))
  if (!asked) return 'BestEffort'
  const exact = containers.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name]
      const request = resources?.requests?.[name] ?? limit
      return (
        limit !== undefined &&
        request !== undefined &&
        quantityMilliValue(limit) === quantityMilliValue(request) &&
        quantityMilliValue(limit) > 0
      )
    }),
  )
  return exact ? 'Guaranteed' : 'Burstable'
}

function hasAmount(amounts: Record<string, string | number> | undefined): boolean {
  return ['cpu', 'memory'].some((name) => amounts?.[name] !== undefined && quantityMilliValue(amounts[name]) > 0)
}
