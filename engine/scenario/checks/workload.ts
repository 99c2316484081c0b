import { fields, optional } from '../format/schema.ts'
import { comparison, objectName } from '../format/common.ts'
import { isMapping, meets, showComparison } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { mentionsOf, nameObject, queryOf } from './name-object.ts'

/** A Deployment, ReplicaSet, DaemonSet or StatefulSet that is rolled out: as many pods as wanted, all new, all available. */
export const workload = defineCheck({
  schema: fields(
    {
      ...objectName,
      available: optional(comparison('How many pods must be available; all that the object wants when left out.')),
    },
    'A workload is rolled out: every pod is of the newest template and available.',
  ),
  wanted: (of) =>
    `${nameObject(of)} rolled out${of.available === undefined ? '' : `, ${showComparison(of.available)} available`}`,
  observe: async (of, { view }) => {
    const found = await view.object(queryOf(of))
    if (found === undefined) return seen(false, `no ${nameObject(of)}`)
    const counts = countsOf(found)
    const done =
      counts.current &&
      counts.updated >= counts.desired &&
      counts.available >= counts.desired &&
      counts.total <= counts.desired
    const enough = of.available === undefined || meets(counts.available, of.available)
    return seen(
      done && enough,
      `${counts.updated} updated, ${counts.available} available of ${counts.desired} wanted${counts.current ? '' : ', newest spec not seen yet'}`,
    )
  },
  mentions: (of) => mentionsOf(of),
})

function countsOf(found: Record<string, unknown>): {
  current: boolean
  desired: number
  total: number
  updated: number
  available: number
} {
  const spec = isMapping(found['spec']) ? found['spec'] : {}
  const status = isMapping(found['status']) ? found['status'] : {}
  const metadata = isMapping(found['metadata']) ? found['metadata'] : {}
  const number = (value: unknown, otherwise = 0): number => (typeof value === 'number' ? value : otherwise)
  const current = number(status['observedGeneration']) >= number(metadata['generation'])
  if (status['desiredNumberScheduled'] !== undefined) {
    const desired = number(status['desiredNumberScheduled'])
    return {
      current,
      desired,
      total: desired,
      updated: number(status['updatedNumberScheduled']),
      available: number(status['numberAvailable']),
    }
  }
  const total = number(status['replicas'])
  return {
    current,
    desired: number(spec['replicas'], 1),
    total,
    updated: number(status['updatedReplicas'], found['kind'] === 'ReplicaSet' ? total : 0),
    available: number(status['availableReplicas']),
  }
}
