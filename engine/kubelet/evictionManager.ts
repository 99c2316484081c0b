/**
 * Pods go when a node runs out of disk. Models pkg/kubelet/eviction (eviction_manager.go, helpers.go) (F12) for the
 * file system that images, containers and logs share. Not modelled: memory, inodes and process ids as signals, soft
 * thresholds, what unused images would give back, the disk that one container uses (so the message names none).
 */
import { makeQuantity, quantityOf } from '../objects/quantity.ts'
import type { Core } from './core.ts'
import type { LogFacts } from './klog.ts'
import type { NodeStatuses, NodeVoice } from './node.ts'
import { keptBack } from './settings/eviction.ts'
import type { PodRecord } from './state.ts'

/** Of 2000000000 and more: system-cluster-critical. */
export const CRITICAL_PRIORITY = 2_000_000_000
/** A container that is evicted gets so long to end. */
const GRACE_MS = 1_000
const RESOURCE = 'ephemeral-storage'
const SIGNALS = ['nodefs.available', 'imagefs.available']

export interface EvictionHost extends NodeVoice {
  records(): Iterable<PodRecord>
  /** A pod's containers are to end, and the pod with them. */
  ended(record: PodRecord, message: string): void
}

export class EvictionManager {
  constructor(
    private readonly core: Core,
    private readonly node: NodeStatuses,
    private readonly host: EvictionHost,
  ) {}

  /** Looks once; a pod at the most goes each time. */
  synchronize(): void {
    const met = this.thresholdMet()
    if (met === undefined) return this.node.diskEased(this.core.flags.pressureTransitionMs)
    this.node.diskFull()
    this.say('W', 349, 'attempting to reclaim', { resourceName: RESOURCE })
    this.host.event('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${RESOURCE}`)
    this.say('I', 360, 'must evict pod(s) to reclaim', { resourceName: RESOURCE })
    this.evictOne(met)
  }

  /** What the message says of the first threshold that is crossed. */
  private thresholdMet(): string | undefined {
    const { settings, ports } = this.core
    const disk = settings === undefined ? undefined : ports.disk?.()
    if (disk === undefined || settings === undefined) return undefined
    const bytes = SIGNALS.map((signal) => keptBack(settings.config, signal, disk.totalBytes)).find(
      (threshold) => disk.freeBytes < threshold,
    )
    if (bytes === undefined) return undefined
    const text = (count: number): string => makeQuantity(quantityOf(count, 'BinarySI'))
    return `Threshold quantity: ${text(bytes)}, available: ${text(Math.floor(disk.freeBytes / 1024) * 1024)}. `
  }

  private evictOne(met: string): void {
    const ranked = [...this.host.records()].filter(isActive).sort((a, b) => priorityOf(a) - priorityOf(b))
    if (ranked.length === 0)
      return this.say('E', 372, 'eviction thresholds have been met, but no pods are active to evict', {})
    this.say('I', 382, 'pods ranked for eviction', {
      pods: ranked.map(nameOf),
    })
    const chosen = ranked.find((record) => !isCritical(record))
    if (chosen === undefined) return this.say('I', 408, 'unable to evict any pods from the node', {})
    this.host.ended(chosen, `The node was low on resource: ${RESOURCE}. ${met}`)
    this.say('I', 614, 'pod is evicted successfully', { pod: nameOf(chosen) })
  }

  private say(level: 'I' | 'W' | 'E', line: number, text: string, facts: LogFacts): void {
    this.core.log(level, `eviction_manager.go:${line}`, `Eviction manager: ${text}`, facts)
  }
}

/** How an evicted pod ends. */
export const evictionDoom = (message: string): NonNullable<PodRecord['doom']> => ({
  graceMs: GRACE_MS,
  phase: 'Failed',
  reason: 'Evicted',
  message,
  isDisrupted: true,
})

const nameOf = ({ namespace, name }: PodRecord): string => `${namespace}/${name}`
const priorityOf = ({ pod }: PodRecord): number => pod.spec?.priority ?? 0
const isActive = ({ finished, doom }: PodRecord): boolean => finished !== true && doom === undefined
const isCritical = (record: PodRecord): boolean => record.source === 'file' || priorityOf(record) >= CRITICAL_PRIORITY
