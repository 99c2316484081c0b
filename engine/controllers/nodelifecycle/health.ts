/** Whether a node still posts its status, as seen on the controller's own clock (B2). */
import { conditionOf, timestamp } from '../../objects/meta.ts'
import type { Lease, Node, NodeCondition } from '../../objects/types.gen.ts'
import type { NodeLifecycleFlags } from './flags.ts'

/** What was seen of a node at the last look. */
export interface Seen {
  /** When a sign of life was last noticed, in ms since 1970. */
  probeMs: number
  heartbeat: string | undefined
  renewTime: string | undefined
}

/** The condition types that turn Unknown together, Ready first. */
const WATCHED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export function readyCondition(node: Node): NodeCondition | undefined {
  return conditionOf(node.status?.conditions, 'Ready')
}

/** A changed heartbeat or a renewed lease is a sign of life. */
export function look(node: Node, lease: Lease | undefined, seen: Seen | undefined, nowMs: number): Seen {
  const heartbeat = readyCondition(node)?.lastHeartbeatTime
  const renewTime = lease?.spec?.renewTime
  if (seen === undefined) return { probeMs: nowMs, heartbeat, renewTime }
  const alive = heartbeat !== seen.heartbeat || (renewTime !== undefined && renewTime !== seen.renewTime)
  return { probeMs: alive ? nowMs : seen.probeMs, heartbeat, renewTime: renewTime ?? seen.renewTime }
}

/** Upstream's looks drift by the time that each takes, so the tenth after a sign of life is past the 50 s; here it falls on them. */
export function isSilent(node: Node, seen: Seen, flags: NodeLifecycleFlags, nowMs: number): boolean {
  const graceMs = readyCondition(node) === undefined ? flags.nodeStartupGracePeriodMs : flags.nodeMonitorGracePeriodMs
  return nowMs >= seen.probeMs + graceMs
}

/** The node with its conditions turned Unknown; the same node when they are already. */
export function asUnknown(node: Node, nowMs: number): Node {
  const conditions = node.status?.conditions ?? []
  const turned = conditions.map((condition) =>
    WATCHED.includes(condition.type) && condition.status !== 'Unknown' ? unknown(condition, nowMs) : condition,
  )
  const missing = WATCHED.filter((type) => conditionOf(conditions, type) === undefined).map((type) =>
    neverPosted(node, type, nowMs),
  )
  if (missing.length === 0 && turned.every((condition, index) => condition === conditions[index])) return node
  return { ...node, status: { ...node.status, conditions: [...turned, ...missing] } }
}

function unknown(condition: NodeCondition, nowMs: number): NodeCondition {
  return {
    ...condition,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: timestamp(nowMs),
  }
}

function neverPosted(node: Node, type: string, nowMs: number): NodeCondition {
  return {
    type,
    status: 'Unknown',
    lastHeartbeatTime: node.metadata.creationTimestamp,
    lastTransitionTime: timestamp(nowMs),
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
  }
}
