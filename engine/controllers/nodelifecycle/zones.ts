/** Disruption of zones, and the pace of evictions that follows from it (B1). */
import type { Node } from '../../objects/types.gen.ts'
import type { NodeLifecycleFlags } from './flags.ts'

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption'

const REGION = 'topology.kubernetes.io/region'
const ZONE = 'topology.kubernetes.io/zone'
const EXCLUDE = 'node.kubernetes.io/exclude-disruption'

/** One zone: its state, the nodes that wait for the NoExecute taint, and the limiter (burst 1). */
export interface Zone {
  state: ZoneState
  queue: string[]
  /** Nodes a second; 0 stops. */
  rate: number
  /** When the next taint may be set, in ms since 1970. */
  freeAtMs: number
}

export function zoneKey(node: Node): string {
  const labels = node.metadata.labels ?? {}
  const region = labels[REGION] ?? ''
  const zone = labels[ZONE] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`
}

export function countsForDisruption(node: Node): boolean {
  return node.metadata.labels?.[EXCLUDE] === undefined
}

export function computeZoneState(ready: number, notReady: number, flags: NodeLifecycleFlags): ZoneState {
  if (ready === 0 && notReady > 0) return 'FullDisruption'
  if (notReady > 2 && notReady / (notReady + ready) >= flags.unhealthyZoneThreshold) return 'PartialDisruption'
  return 'Normal'
}

export function rateFor(state: ZoneState, size: number, flags: NodeLifecycleFlags): number {
  if (state !== 'PartialDisruption') return flags.nodeEvictionRate
  return size > flags.largeClusterSizeThreshold ? flags.secondaryNodeEvictionRate : 0
}

export function newZone(flags: NodeLifecycleFlags): Zone {
  return { state: 'Initial', queue: [], rate: flags.nodeEvictionRate, freeAtMs: 0 }
}

/** A new pace takes over what the old one had used up. */
export function setRate(zone: Zone, rate: number): void {
  zone.rate = rate
}

/** Takes the limiter's token. Returns false when it is not there yet. */
export function takeToken(zone: Zone, nowMs: number): boolean {
  if (zone.rate === 0 || nowMs < zone.freeAtMs) return false
  zone.freeAtMs = nowMs + 1000 / zone.rate
  return true
}
