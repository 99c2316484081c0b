/** Rolling update of daemon pods: Models pkg/controller/daemon/update.go rollingUpdate (R4). */
import { isPodAvailable } from '../../objects/meta.ts'
import type { DaemonSet, Node, Pod } from '../../objects/types.gen.ts'
import { placementOn } from './placement.ts'

/** What to delete, and on which nodes to create. */
export interface Step {
  create: string[]
  remove: Pod[]
}

export interface Rollout {
  set: DaemonSet
  nodes: Node[]
  byNode: Map<string, Pod[]>
  isCurrent: (pod: Pod) => boolean
  nowMs: number
}

/** A count or a percentage of the nodes, rounded up. */
function limitOf(value: number | string | undefined, total: number): number {
  if (value === undefined) return 0
  return typeof value === 'number' ? value : Math.ceil((parseInt(value, 10) * total) / 100)
}

export function rollingStep(rollout: Rollout): Step {
  const { maxSurge, maxUnavailable } = rollout.set.spec?.updateStrategy?.rollingUpdate ?? {}
  const total = rollout.nodes.filter((node) => placementOn(rollout.set, node).shouldRun).length
  const surge = limitOf(maxSurge, total)
  return surge > 0 ? surgeStep(rollout, surge) : replaceStep(rollout, limitOf(maxUnavailable ?? 1, total))
}

/** Unavailable old pods go at once; available ones as the budget allows. */
function replaceStep(rollout: Rollout, maxUnavailable: number): Step {
  let unavailable = 0
  const broken: Pod[] = []
  const candidates: Pod[] = []
  for (const { name, fresh, old } of nodePairs(rollout)) {
    if (fresh === undefined && old === undefined) unavailable += shouldRunOn(rollout, name) ? 1 : 0
    else if (fresh !== undefined) unavailable += isAvailable(rollout, fresh) ? 0 : 1
    else if (old?.metadata.deletionTimestamp !== undefined) unavailable++
    else if (old !== undefined && !isAvailable(rollout, old)) {
      broken.push(old)
      unavailable++
    } else if (old !== undefined) candidates.push(old)
  }
  return { create: [], remove: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] }
}

/** New pods come first; an old one goes when its successor is available. */
function surgeStep(rollout: Rollout, maxSurge: number): Step {
  const step: Step = { create: [], remove: [] }
  const candidates: string[] = []
  let surging = 0
  for (const { name, fresh, old } of nodePairs(rollout)) {
    if (old === undefined || !shouldRunOn(rollout, name)) continue
    if (fresh === undefined && old.metadata.deletionTimestamp !== undefined) continue
    if (fresh === undefined && !isAvailable(rollout, old)) step.create.push(name)
    else if (fresh === undefined) candidates.push(name)
    else if (isAvailable(rollout, fresh)) step.remove.push(old)
    else surging++
  }
  step.create.push(...candidates.slice(0, Math.max(0, maxSurge - surging)))
  return step
}

interface Pair {
  name: string
  fresh: Pod | undefined
  old: Pod | undefined
}

function nodePairs({ nodes, byNode, isCurrent }: Rollout): Pair[] {
  return nodes.map(({ metadata: { name } }) => {
    const pods = byNode.get(name) ?? []
    return { name, fresh: pods.find(isCurrent), old: pods.find((pod) => !isCurrent(pod)) }
  })
}

function shouldRunOn({ set, nodes }: Rollout, name: string): boolean {
  const node = nodes.find(({ metadata }) => metadata.name === name)
  return node !== undefined && placementOn(set, node).shouldRun
}

function isAvailable({ set, nowMs }: Rollout, pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)
}
