/**
 * Pods go when a node runs out of memory, disk, inodes or process ids. Models pkg/kubelet/eviction
 * (eviction_manager.go, helpers.go) (F12). Not modelled: what unused images would give back, the
 * kernel's own notice of memory thresholds (the manager looks each 10 s).
 */
import { canonicalQuantity, makeQuantity, quantityOf } from '../objects/quantity.ts'
import { tolerates } from '../objects/tolerations.ts'
import type { Pod } from '../objects/types.gen.ts'
import { isCritical } from './admission.ts'
import type { Rejection } from './admission.ts'
import type { Core } from './core.ts'
import { consumption, rank } from './evictionRank.ts'
import { excess } from './localStorage.ts'
import { observe, SIGNALS } from './evictionSignals.ts'
import type { Observation, SignalMeaning } from './evictionSignals.ts'
import type { LogFacts } from './klog.ts'
import type { NodeStatuses, NodeVoice, Pressure } from './node.ts'
import { amountOf, thresholdsOf } from './settings/eviction.ts'
import type { Threshold } from './settings/eviction.ts'
import type { Doom, PodRecord } from './state.ts'
import { qosOf } from './status.ts'

/** A look at what a node has left. */
export const EVICTION_TICK = 'eviction.tick'
/** A container that a hard threshold evicts gets so long to end. */
const GRACE_MS = 1_000
/** evictionMonitoringPeriod */
const LOOK_MS = 10_000
/** podCleanupPollFreq and podCleanupTimeout */
const CLEANUP_LOOK_MS = 1_000
const CLEANUP_MS = 30_000
/** volumeStatsAggPeriod: what pods have written is measured so often. */
const MEASURE_MS = 60_000
const PRESSURES: readonly Pressure[] = ['memoryPressure', 'diskPressure', 'pidPressure']

const CONDITIONS: Record<Pressure, string> = {
  memoryPressure: 'MemoryPressure',
  diskPressure: 'DiskPressure',
  pidPressure: 'PIDPressure',
}
const MEMORY_TAINT = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }

/** Who asks for something is no BestEffort pod. */
const toleratesMemoryPressure = (pod: Pod): boolean =>
  qosOf(pod) !== 'BestEffort' || (pod.spec?.tolerations ?? []).some((one) => tolerates(one, MEMORY_TAINT))

type Observations = Record<string, Observation>

export interface EvictionHost extends NodeVoice {
  records(): Iterable<PodRecord>
  /** A pod's containers are to end, and the pod with them. */
  ended(record: PodRecord, doom: Doom): void
}

interface EvictionState {
  /** Thresholds that are crossed: since when. */
  crossedMs: Record<string, number>
  /** Pressures: when one of their thresholds was last seen crossed. */
  pressedMs: Partial<Record<Pressure, number>>
  /** Thresholds that were crossed for longer than their grace period. */
  due: string[]
  /** Those that were evicted last: the next may go when they are gone. */
  awaits?: { uids: string[]; pods: string[]; untilMs: number }
  /** When volumes were measured last. */
  measuredMs: number
}

export class EvictionManager {
  private state: EvictionState = fresh()

  constructor(
    private readonly core: Core,
    private readonly node: NodeStatuses,
    private readonly host: EvictionHost,
  ) {}

  /** The process begins: it remembers nothing. */
  begin(): void {
    this.state = fresh()
  }

  dump(): unknown {
    return this.state
  }

  load(state: unknown): void {
    this.state = state as EvictionState
  }

  /** Why a node under pressure takes no pod in. Models managerImpl.Admit. */
  admit(record: PodRecord): Rejection | undefined {
    const conditions = PRESSURES.filter((kind) => this.node.underPressure(kind)).map((kind) => CONDITIONS[kind])
    if (conditions.length === 0 || isCritical(record)) return undefined
    if (conditions.join() === 'MemoryPressure' && toleratesMemoryPressure(record.pod)) return undefined
    this.core.log('I', 'eviction_manager.go:173', 'Failed to admit pod to node', {
      pod: `${record.namespace}/${record.name}`,
      nodeCondition: conditions,
    })
    return { reason: 'Evicted', message: `Pod was rejected: The node had condition: [${conditions.join(' ')}]. ` }
  }

  /** Looks once; how long until the next look. */
  tick(): number {
    if (this.state.awaits !== undefined && !this.isCleanedUp(this.state.awaits)) return CLEANUP_LOOK_MS
    delete this.state.awaits
    this.synchronize()
    return this.state.awaits === undefined ? LOOK_MS : CLEANUP_LOOK_MS
  }

  private isCleanedUp({ uids, pods, untilMs }: NonNullable<EvictionState['awaits']>): boolean {
    const areGone = uids.every((uid) => this.isGone(uid))
    if (areGone) this.say('I', 457, 'pods successfully cleaned up', { pods })
    else if (this.core.kernel.now >= untilMs)
      this.say('I', 448, 'timed out waiting for pods to be cleaned up', { pods })
    return areGone || this.core.kernel.now >= untilMs
  }

  private isGone(uid: string): boolean {
    const record = this.core.records.get(uid)
    return record === undefined || record.finished === true
  }

  /** A pod at the most goes each time. */
  private synchronize(): void {
    const { settings } = this.core
    if (settings === undefined) return
    const thresholds = thresholdsOf(settings.config)
    const seen = observe(this.core, this.node.capacity(), thresholds)
    const crossed = thresholds.filter(
      (one) => isCrossed(one, seen, false) || (this.state.due.includes(keyOf(one)) && isCrossed(one, seen, true)),
    )
    this.remember(crossed)
    const due = crossed.filter((one) => this.isDue(one))
    this.state.due = due.map(keyOf)
    if (this.evictExcessive()) return
    const [first] = due.sort((a, b) => orderOf(a) - orderOf(b))
    if (first !== undefined) this.reclaim(first, due, seen)
  }

  /** Pods that have written more than they may; whether there were any. */
  private evictExcessive(): boolean {
    const { now } = this.core.kernel
    if (now - this.state.measuredMs < MEASURE_MS) return false
    this.state.measuredMs = now
    const found = [...this.host.records()].flatMap((record) => {
      const message = isActive(record) && record.sandbox?.ready === true ? excess(this.core, record) : undefined
      return message === undefined || this.refuses(record) ? [] : [{ record, message }]
    })
    for (const { record, message } of found) this.end(record, evictionDoom(message, GRACE_MS, false))
    const records = found.map(({ record }) => record)
    if (records.length > 0) this.waitFor(records, GRACE_MS)
    return records.length > 0
  }

  /** Since when each is crossed, and what the node says of it: a pressure lasts for a while after it was seen. */
  private remember(crossed: readonly Threshold[]): void {
    const { kernel, flags } = this.core
    const { now } = kernel
    this.state.crossedMs = Object.fromEntries(
      crossed.map((one) => [keyOf(one), this.state.crossedMs[keyOf(one)] ?? now]),
    )
    for (const { signal } of crossed) this.state.pressedMs[meaningOf(signal).pressure] = now
    const isPressed = (pressure: Pressure): boolean => {
      const atMs = this.state.pressedMs[pressure]
      return atMs !== undefined && now - atMs < flags.pressureTransitionMs
    }
    this.node.observed(PRESSURES.filter(isPressed))
  }

  private isDue(threshold: Threshold): boolean {
    return this.core.kernel.now - (this.state.crossedMs[keyOf(threshold)] ?? 0) >= (threshold.graceMs ?? 0)
  }

  private reclaim(threshold: Threshold, due: readonly Threshold[], seen: Observations): void {
    const { resource } = meaningOf(threshold.signal)
    this.say('I', 349, 'attempting to reclaim', { resourceName: resource })
    this.host.event('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`)
    this.say('I', 360, 'must evict pod(s) to reclaim', { resourceName: resource })
    const active = [...this.host.records()].filter(isActive)
    if (active.length === 0)
      return this.say('E', 372, 'eviction thresholds have been met, but no pods are active to evict', {})
    const ranked = rank(this.core, active, resource)
    this.say('I', 382, 'pods ranked for eviction', { pods: ranked.map(nameOf) })
    const graceMs =
      threshold.graceMs === undefined ? GRACE_MS : Number(this.config('evictionMaxPodGracePeriod') ?? 0) * 1000
    const chosen = this.firstToGo(ranked)
    if (chosen === undefined) return this.say('I', 412, 'unable to evict any pods from the node', {})
    this.evict(chosen, messageOf(resource, due, seen) + consumption(this.core, chosen, resource), graceMs)
  }

  private firstToGo(ranked: readonly PodRecord[]): PodRecord | undefined {
    return ranked.find((record) => !this.refuses(record))
  }

  private refuses(record: PodRecord): boolean {
    if (isCritical(record)) this.say('E', 598, 'cannot evict a critical pod', { pod: nameOf(record) })
    return isCritical(record)
  }

  private evict(record: PodRecord, message: string, graceMs: number): void {
    this.end(record, evictionDoom(message, graceMs, true))
    this.waitFor([record], graceMs)
  }

  private end(record: PodRecord, doom: Doom): void {
    this.host.ended(record, doom)
    this.say('I', 614, 'pod is evicted successfully', { pod: nameOf(record) })
  }

  private waitFor(records: readonly PodRecord[], graceMs: number): void {
    const pods = records.map(nameOf)
    this.state.awaits = {
      uids: records.map(({ uid }) => uid),
      pods,
      untilMs: this.core.kernel.now + graceMs + CLEANUP_MS,
    }
    this.say('I', 205, 'pods evicted, waiting for pod to be cleaned up', { pods })
  }

  private config(name: string): unknown {
    return this.core.settings?.config[name]
  }

  private say(level: 'I' | 'E', line: number, text: string, facts: LogFacts): void {
    this.core.log(level, `eviction_manager.go:${line}`, `Eviction manager: ${text}`, facts)
  }
}

function fresh(): EvictionState {
  return { crossedMs: {}, pressedMs: {}, due: [], measuredMs: 0 }
}

const ORDER = Object.keys(SIGNALS)
const orderOf = ({ signal }: Threshold): number => ORDER.indexOf(signal)
const keyOf = ({ signal, graceMs }: Threshold): string => `${signal}/${graceMs === undefined ? 'hard' : 'soft'}`
const meaningOf = (signal: string): SignalMeaning => SIGNALS[signal] as SignalMeaning

/** Whether less is there than the threshold wants, or than it wants with the minimum to reclaim. */
function isCrossed({ signal, value, reclaim }: Threshold, seen: Observations, withReclaim: boolean): boolean {
  const found = seen[signal]
  if (found === undefined) return false
  const more = withReclaim && reclaim !== undefined ? amountOf(reclaim, found.capacity) : 0
  return found.available < amountOf(value, found.capacity) + more
}

/** What is short, and how much of it is left by the first threshold of that name. */
function messageOf(resource: string, due: readonly Threshold[], seen: Observations): string {
  const met = due.find(({ signal }) => meaningOf(signal).resource === resource)
  const found = met && seen[met.signal]
  if (met === undefined || found === undefined) return `The node was low on resource: ${resource}. `
  const wanted = met.value.endsWith('%')
    ? makeQuantity(quantityOf(amountOf(met.value, found.capacity), 'BinarySI'))
    : canonicalQuantity(met.value)
  const available = makeQuantity(quantityOf(found.available, found.format))
  return `The node was low on resource: ${resource}. Threshold quantity: ${wanted}, available: ${available}. `
}

/** How an evicted pod ends; whether its condition tells that the node is to blame. */
const evictionDoom = (message: string, graceMs: number, isDisrupted: boolean): Doom => ({
  graceMs,
  phase: 'Failed',
  reason: 'Evicted',
  message,
  ...(isDisrupted && { isDisrupted }),
})

const nameOf = ({ namespace, name }: PodRecord): string => `${namespace}/${name}`
const isActive = ({ finished, doom }: PodRecord): boolean => finished !== true && doom === undefined
