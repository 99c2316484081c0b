/** Rolling update: Models pkg/controller/deployment/rolling.go (C3). At most one scaling a pass. */
import { availableReplicas, desiredReplicas, maxUnavailable, newSetReplicas, specReplicas, sum } from './math.ts'
import { activeSets } from './replicasets.ts'
import type { Sets } from './replicasets.ts'
import { scaleWrite } from './scale.ts'
import type { ScaleWrite } from './scale.ts'

export function rollingScale(sets: Sets): ScaleWrite[] {
  const up = scaleNewSet(sets)
  return up.length > 0 ? up : scaleOldSets(sets)
}

export function scaleNewSet(sets: Sets): ScaleWrite[] {
  const { deployment, fresh, all } = sets
  if (fresh === undefined) return []
  const desired = desiredReplicas(deployment)
  const current = specReplicas(fresh)
  if (current === desired) return []
  const size = current > desired ? desired : newSetReplicas(deployment, all, current)
  return size === current ? [] : [scaleWrite(deployment, fresh, size)]
}

function scaleOldSets(sets: Sets): ScaleWrite[] {
  const { deployment, all, old, fresh } = sets
  if (sum(old, specReplicas) === 0) return []
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment)
  const newUnavailable = specReplicas(fresh) - availableReplicas(fresh)
  const room = sum(all, specReplicas) - minAvailable - newUnavailable
  if (room <= 0) return []
  const sizes = new Map(old.map((set) => [set, specReplicas(set)]))
  dropUnhealthy(sets, sizes, room)
  dropForUpdate(sets, sizes, minAvailable)
  return old
    .filter((set) => sizes.get(set) !== specReplicas(set))
    .map((set) => scaleWrite(deployment, set, sizes.get(set) ?? 0))
}

/** Unhealthy old pods go first, oldest set first. */
function dropUnhealthy({ old }: Sets, sizes: Map<Sets['old'][number], number>, room: number): void {
  let dropped = 0
  for (const set of activeSets(old)) {
    if (dropped >= room) return
    const count = Math.min(room - dropped, specReplicas(set) - availableReplicas(set))
    if (count <= 0) continue
    sizes.set(set, specReplicas(set) - count)
    dropped += count
  }
}

/** Then healthy ones, as many as availability allows; what was dropped as unhealthy is not counted again. */
function dropForUpdate({ all, old }: Sets, sizes: Map<Sets['old'][number], number>, minAvailable: number): void {
  let room = sum(all, availableReplicas) - minAvailable
  for (const set of old) {
    const size = sizes.get(set) ?? 0
    if (room <= 0 || size === 0) continue
    const count = Math.min(size, room)
    sizes.set(set, size - count)
    room -= count
  }
}
