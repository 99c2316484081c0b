/** From a decoded body to an object that may be validated: the general rules and the kind's own strategy. */
import { deepEqual } from '../objects/equal.ts'
import { groupResource } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'
import { keptMetadata, withMeta } from './metadata.ts'
import type { UserInfo } from './flight.ts'
import type { ApiStatus } from './status.ts'
import { stampConditions } from './strategy/certificates.ts'
import { COUNTS_GENERATIONS, STRATEGIES } from './strategy/table.ts'
import type { Plain } from './strategy/strategy.ts'

export type Prepared = { object: KubeObject } | { refuse: ApiStatus }

const hasStatus = (entry: KindEntry): boolean => entry.subresources.some(({ name }) => name === 'status')

/** Custom resources have no schema of ours; they count generations as built-in workloads do. */
export function countsGenerations(core: Core, entry: KindEntry): boolean {
  const name = groupResource(entry)
  if (name === 'pods') return core.minor >= 33
  return entry.schema === '' || COUNTS_GENERATIONS.has(name)
}

/** The counts that Go writes also when they are 0, in the status of a new object. */
const EMPTY_STATUS: Record<string, Plain> = {
  'statefulsets.apps': { replicas: 0, availableReplicas: 0 },
  'replicasets.apps': { replicas: 0 },
  replicationcontrollers: { replicas: 0 },
  'daemonsets.apps': { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  'horizontalpodautoscalers.autoscaling': { currentMetrics: null, desiredReplicas: 0 },
  'poddisruptionbudgets.policy': { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
}

export function prepareCreate(core: Core, entry: KindEntry, object: KubeObject, user?: UserInfo): Prepared {
  const name = groupResource(entry)
  const strategy = STRATEGIES[name]
  let next = object
  if (hasStatus(entry) && strategy?.keepsStatus !== true)
    next =
      entry.schema === ''
        ? withoutStatus(next)
        : ({ ...next, status: EMPTY_STATUS[name] ?? {} } as unknown as KubeObject)
  if (countsGenerations(core, entry)) next = withMeta(next, { generation: 1 })
  const made = strategy?.create?.(core, next, user) ?? next
  return 'refuse' in made ? made : { object: made }
}

function withoutStatus(object: KubeObject): KubeObject {
  if (!('status' in object)) return object
  const { status: _, ...rest } = object as KubeObject & { status: unknown }
  return rest
}

/** All but metadata and status: what a change of generation counts. */
function specChanged(object: KubeObject, old: KubeObject, withStatus = false): boolean {
  const [a, b] = [object as unknown as Plain, old as unknown as Plain]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) {
    if (key === 'metadata' || key === 'apiVersion' || key === 'kind' || (key === 'status' && !withStatus)) continue
    if (!deepEqual(a[key], b[key])) return true
  }
  return false
}

/** Kinds of which a change of annotations is a new generation too. */
const ANNOTATIONS_COUNT = new Set(['deployments.apps'])

/** An update of the object itself: status stays, the generation counts. */
export function prepareUpdate(core: Core, entry: KindEntry, object: KubeObject, old: KubeObject): Prepared {
  const strategy = STRATEGIES[groupResource(entry)]
  let next = { ...object, metadata: keptMetadata(object.metadata, old.metadata) } as KubeObject
  if (hasStatus(entry)) next = withStatusOf(next, old)
  const made = strategy?.update?.(core, next, old) ?? next
  if ('refuse' in made) return made
  const changed =
    specChanged(made, old, entry.custom?.hasStatus === false) ||
    (ANNOTATIONS_COUNT.has(groupResource(entry)) &&
      !deepEqual(made.metadata.annotations ?? {}, old.metadata.annotations ?? {}))
  if (!countsGenerations(core, entry) || !changed) return { object: made }
  return { object: withMeta(made, { generation: (old.metadata.generation ?? 0) + 1 }) }
}

function withStatusOf(object: KubeObject, old: KubeObject): KubeObject {
  const { status } = old as KubeObject & { status?: unknown }
  return status === undefined ? withoutStatus(object) : ({ ...object, status } as KubeObject)
}

/** An update of the status: everything else but metadata stays; in apps the labels stay too. */
export function prepareStatusUpdate(entry: KindEntry, object: KubeObject, old: KubeObject): KubeObject {
  if (entry.custom !== undefined) return withStatusOf(old, object)
  const { status } = object as KubeObject & { status?: unknown }
  const metadata = keptMetadata(object.metadata, old.metadata)
  if (entry.group === 'apps') {
    if (old.metadata.labels === undefined) delete metadata.labels
    else metadata.labels = old.metadata.labels
  }
  if (entry.resource === 'pods' && old.metadata.ownerReferences !== undefined)
    metadata.ownerReferences = old.metadata.ownerReferences
  const shown = entry.resource === 'pods' ? withProbeTimes(status) : status
  return { ...old, metadata, ...(shown !== undefined && { status: shown }) } as KubeObject
}

/** A pod's conditions always say when they were probed: never. */
function withProbeTimes(status: unknown): unknown {
  const { conditions } = (status ?? {}) as { conditions?: Plain[] }
  if (conditions === undefined || conditions.every(({ lastProbeTime }) => lastProbeTime !== undefined)) return status
  return { ...(status as Plain), conditions: conditions.map((condition) => ({ lastProbeTime: null, ...condition })) }
}

/** Whether two objects differ in anything but their resourceVersion and managedFields. */
export function isSame(object: KubeObject, old: KubeObject): boolean {
  const [a, b] = [object as unknown as Plain, old as unknown as Plain]
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) {
    if (key === 'metadata') {
      if (!sameMeta(object.metadata, old.metadata)) return false
    } else if (!deepEqual(a[key], b[key])) return false
  }
  return true
}

function sameMeta(a: KubeObject['metadata'], b: KubeObject['metadata']): boolean {
  if (a === b) return true
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof KubeObject['metadata']>
  for (const key of keys)
    if (key !== 'resourceVersion' && key !== 'managedFields' && !deepEqual(a[key], b[key])) return false
  return true
}

type Podlike = KubeObject & { spec?: Plain & { containers?: (Plain & { name: string })[] }; status?: Plain }

/** What a subresource that is a view of the object may change; everything else comes from the stored object. */
const VIEWS: Record<string, (object: Podlike, old: Podlike) => Podlike> = {
  ephemeralcontainers: (object, old) =>
    ({ ...old, spec: { ...old.spec, ephemeralContainers: object.spec?.ephemeralContainers } }) as Podlike,
  resize: (object, old) => ({ ...old, spec: { ...old.spec, containers: resized(object, old) } }) as Podlike,
  approval: (object, old) => ({ ...old, status: { ...old.status, conditions: object.status?.conditions } }) as Podlike,
}

function resized(object: Podlike, old: Podlike): NonNullable<Podlike['spec']>['containers'] {
  return old.spec?.containers?.map((container) => {
    const wanted = object.spec?.containers?.find(({ name }) => name === container.name)
    return wanted === undefined
      ? container
      : {
          ...container,
          resources: wanted.resources,
          ...(wanted.resizePolicy !== undefined && { resizePolicy: wanted.resizePolicy }),
        }
  })
}

/** An object as an update of a subresource leaves it. */
export function prepareView(
  core: Core,
  entry: KindEntry,
  subresource: string,
  object: KubeObject,
  old: KubeObject,
): Prepared {
  if (subresource === 'status') {
    const prepared = prepareStatusUpdate(entry, object, old)
    return { object: STRATEGIES[groupResource(entry)]?.updateStatus?.(core, prepared, old) ?? prepared }
  }
  const view = VIEWS[subresource]
  if (view === undefined) return prepareUpdate(core, entry, object, old)
  const seen = view(object as Podlike, old as Podlike)
  if (subresource === 'approval') return { object: stampConditions(core, seen, old) }
  return prepareUpdate(core, entry, seen, old)
}
