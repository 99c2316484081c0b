/**
 * delete and deletecollection: preconditions, grace, finalizers and propagation.
 * Models apiserver registry/generic/registry/store.go Delete and registry/rest/delete.go.
 */
import { groupResource } from '../../objects/kinds.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { DeleteOptions, Pod } from '../../objects/types.gen.ts'
import { timestamp } from '../../objects/meta.ts'
import { invalid, notSupported } from '../../objects/validation/errors.ts'
import type { FieldError } from '../../objects/validation/errors.ts'
import type { KubeObject } from '../client.ts'
import type { EtcdResult } from '../../etcd/messages.ts'
import type { AnswerSteps, Core, Outcome, ReadSteps, WriteSteps } from '../core.ts'
import { markDeleted } from '../custom/strategy.ts'
import type { Flight } from '../flight.ts'
import { withMeta } from '../metadata.ts'
import { invalidOptions } from '../pipeline/options.ts'
import { admit, attributesOf, isAdmitted, stopped } from '../pipeline/admission/index.ts'
import { JSON_HEADERS, respondObject, respondList } from '../present.ts'
import { badRequest, conflict, notFound, success } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'
import { RETURNS_DELETED } from '../strategy/table.ts'
import { listsFromCache, listStored, prefixOf, selectionOf, storedList } from './read.ts'
import { keyOfFlight } from './update.ts'

/** What a deletion was asked to do: the body, over the query. */
function deleteOptionsOf(flight: Flight): DeleteOptions {
  const { query, body } = flight.request
  const { gracePeriodSeconds, propagationPolicy, orphanDependents } = query
  const fromQuery: DeleteOptions = {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds: Number(gracePeriodSeconds) }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(orphanDependents !== undefined && { orphanDependents: orphanDependents === 'true' }),
  }
  const given = typeof body === 'object' && body !== null ? (body as DeleteOptions) : {}
  if (given.dryRun?.includes('All') === true) query.dryRun = 'All'
  return { ...fromQuery, ...given }
}

export function startDelete(core: Core, flight: Flight): void {
  const options = deleteOptionsOf(flight)
  const problem = deleteProblem(core, options)
  if (problem !== undefined) return core.refuse(flight, problem)
  flight.memo.options = options
  core.write(flight, 'delete', keyOfFlight(core, flight))
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

/** Models apimachinery pkg/apis/meta/v1/validation ValidateDeleteOptions. */
function deleteProblem(
  core: Core,
  { propagationPolicy, orphanDependents, dryRun = [] }: DeleteOptions,
): ApiStatus | undefined {
  const field = 'propagationPolicy'
  const errors: FieldError[] = []
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    errors.push(invalid(field, propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'))
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(notSupported(field, propagationPolicy, [...POLICIES, 'nil']))
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
  return errors.length === 0 ? undefined : invalidOptions(core, 'DeleteOptions', errors)
}

/** What is done to the stored object. `then` says that it is removed by a second write. */
interface Plan {
  outcome: Outcome
  then: boolean
}

function preconditionsFail(
  entry: KindEntry,
  name: string,
  { preconditions }: DeleteOptions,
  { metadata }: KubeObject,
): ApiStatus | undefined {
  // The kind stands in the place of the resource here, as upstream has it.
  const ofKind = { group: entry.group, resource: entry.kind }
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid) {
    return conflict(
      ofKind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion) {
    return conflict(
      ofKind,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
  }
  return undefined
}

function planDeletion(
  core: Core,
  entry: KindEntry,
  options: DeleteOptions,
  name: string,
  current: KubeObject | undefined,
): Plan {
  if (current === undefined) return { outcome: { kind: 'refuse', status: notFound(entry, name) }, then: false }
  const refused = preconditionsFail(entry, name, options, current)
  if (refused !== undefined) return { outcome: { kind: 'refuse', status: refused }, then: false }
  if (entry.group === '' && entry.resource === 'namespaces') return planNamespace(core, options, current)
  if (entry.group === '' && entry.resource === 'pods') return planPod(core, entry, options, current as Pod)
  const marked = groupResource(entry) === DEFINITIONS ? markDeleted(core, current) : undefined
  if (marked !== undefined) return { outcome: { kind: 'put', object: marked }, then: false }
  return planPlain(core, entry, options, current)
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'

const GC_FINALIZERS = ['orphan', 'foregroundDeletion']

/** The finalizers that a propagation policy asks for; existing ones stay when none is given. */
function finalizersFor(current: KubeObject, { propagationPolicy, orphanDependents }: DeleteOptions): string[] {
  const finalizers = current.metadata.finalizers ?? []
  const policy =
    propagationPolicy ?? (orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined)
  if (policy === undefined) return finalizers
  const others = finalizers.filter((finalizer) => !GC_FINALIZERS.includes(finalizer))
  if (policy === 'Orphan') return [...others, 'orphan']
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

/** Marks an object that finalizers hold: deleted now, without grace. */
function marked(core: Core, current: KubeObject, finalizers: string[]): KubeObject {
  const { generation, deletionTimestamp } = current.metadata
  const fresh = deletionTimestamp === undefined
  return withMeta(current, {
    finalizers,
    deletionGracePeriodSeconds: 0,
    deletionTimestamp: deletionTimestamp ?? core.timestamp(),
    ...(fresh && generation !== undefined && generation > 0 && { generation: generation + 1 }),
  })
}

function planPlain(core: Core, _entry: KindEntry, options: DeleteOptions, current: KubeObject): Plan {
  const finalizers = finalizersFor(current, options)
  if (finalizers.length === 0) return { outcome: { kind: 'remove', object: current }, then: false }
  const same =
    current.metadata.deletionTimestamp !== undefined && sameList(finalizers, current.metadata.finalizers ?? [])
  return {
    outcome: same ? { kind: 'same', object: current } : { kind: 'put', object: marked(core, current, finalizers) },
    then: false,
  }
}

const sameList = (a: string[], b: string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])

/** A namespace is terminating until its finalizers are gone. */
function planNamespace(core: Core, options: DeleteOptions, current: KubeObject): Plan {
  const { spec, status } = current as KubeObject & { spec?: { finalizers?: string[] }; status?: object }
  const finalizers = finalizersFor(current, options)
  if ((spec?.finalizers ?? []).length === 0 && finalizers.length === 0)
    return { outcome: { kind: 'remove', object: current }, then: false }
  if (current.metadata.deletionTimestamp !== undefined)
    return { outcome: { kind: 'same', object: current }, then: false }
  const object = {
    ...withMeta(current, { deletionTimestamp: core.timestamp(), ...(finalizers.length > 0 && { finalizers }) }),
    status: { ...status, phase: 'Terminating' },
  } as KubeObject
  return { outcome: { kind: 'put', object }, then: false }
}

/** How long a pod is given: at once when it runs nowhere or is over. */
function gracePeriod(pod: Pod, options: DeleteOptions): number {
  const asked = options.gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30
  if ((pod.spec?.nodeName ?? '') === '' || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0
  return asked < 0 ? 1 : asked
}

function planPod(core: Core, entry: KindEntry, options: DeleteOptions, pod: Pod): Plan {
  const finalizers = finalizersFor(pod, options)
  const held = finalizers.length > 0
  if (pod.metadata.deletionTimestamp !== undefined) return planTerminatingPod(core, entry, options, pod, finalizers)
  const grace = gracePeriod(pod, options)
  const { generation } = pod.metadata
  const object = withMeta(pod, {
    deletionTimestamp: timestamp(core.kernel.clockMs + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(generation !== undefined && generation > 0 && { generation: generation + 1 }),
    ...(!sameList(finalizers, pod.metadata.finalizers ?? []) && { finalizers }),
  })
  return { outcome: { kind: 'put', object }, then: grace === 0 && !held }
}

/** A pod that is terminating already: the grace may only get shorter. */
function planTerminatingPod(
  core: Core,
  entry: KindEntry,
  options: DeleteOptions,
  pod: Pod,
  finalizers: string[],
): Plan {
  const before = pod.metadata.deletionGracePeriodSeconds ?? 0
  if (before === 0) return planPlain(core, entry, options, pod)
  const asked = options.gracePeriodSeconds
  if (asked === undefined || asked >= before) return { outcome: { kind: 'same', object: pod }, then: false }
  const grace = Math.max(asked, 0)
  const startMs = Date.parse(pod.metadata.deletionTimestamp as string) - before * 1000
  const object = withMeta(pod, {
    deletionTimestamp: timestamp(startMs + grace * 1000),
    deletionGracePeriodSeconds: grace,
  })
  return { outcome: { kind: 'put', object }, then: grace === 0 && finalizers.length === 0 }
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const { outcome, then } = planDeletion(
    core,
    core.entryOf(flight),
    flight.memo.options as DeleteOptions,
    nameOf(flight),
    current,
  )
  flight.memo.then = then
  if (outcome.kind === 'refuse' || current === undefined || flight.info.subresource !== '') return outcome
  const verdict = admit(core, flight, {
    ...attributesOf(flight, core.entryOf(flight), 'DELETE', undefined, current),
    options: flight.memo.options,
  })
  return isAdmitted(verdict) ? outcome : stopped(verdict)
}

/** The object of a collection that is being deleted now, or the one in the URL. */
const nameOf = (flight: Flight): string => (flight.memo.item as string | undefined) ?? flight.info.name

/** The second write of a deletion without grace: takes the marked object away. */
function transformGone(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  if (current === undefined) return { kind: 'refuse', status: notFound(core.entryOf(flight), nameOf(flight)) }
  return { kind: 'remove', object: current }
}

/** Carries out a deletion planned by `transform`; calls `finished` with what is to be answered. */
function after(
  core: Core,
  flight: Flight,
  object: KubeObject,
  outcome: 'put' | 'remove' | 'same',
  gone: string,
  finished: (object: KubeObject, removed: boolean) => void,
): void {
  const isDry = flight.request.query.dryRun === 'All'
  if (flight.memo.then === true && outcome === 'put' && !isDry)
    return core.write(flight, gone, flight.write?.key as string)
  finished(object, outcome === 'remove')
}

/** Upstream answers with the object while it waits, with a Status once it is gone, but for some kinds always the object. */
function answerDeleted(core: Core, flight: Flight, object: KubeObject, removed: boolean): void {
  const entry = core.entryOf(flight)
  if (!removed || RETURNS_DELETED.has(groupResource(entry))) return respondObject(core, flight, 200, object)
  const details = {
    name: object.metadata.name,
    ...(entry.group !== '' && { group: entry.group }),
    kind: entry.resource,
    uid: object.metadata.uid,
  }
  core.respond(flight, { code: 200, headers: JSON_HEADERS, body: success(details) })
}

/** deletecollection: lists, then deletes one after the other, then answers with the list. */
export function startDeleteCollection(core: Core, flight: Flight): void {
  flight.memo.options = deleteOptionsOf(flight)
  if (listsFromCache(core)) core.readConsistently(flight, 'deletecollection')
  else listStored(core, flight, 'collectStored')
}

function collectCached(core: Core, flight: Flight): void {
  const { group, resource } = core.entryOf(flight)
  const directory = directoryOf(group, resource)
  if (core.cache.isBroken(directory)) listStored(core, flight, 'collectStored')
  else collect(core, flight, core.cache.list(directory, prefixOf(core, flight)))
}

function collectStored(core: Core, flight: Flight, result: EtcdResult): void {
  const listed = storedList(core, flight, result)
  if (listed !== undefined) collect(core, flight, listed)
}

function collect(core: Core, flight: Flight, listed: KubeObject[]): void {
  const entry = core.entryOf(flight)
  const directory = directoryOf(entry.group, entry.resource)
  const selection = selectionOf(flight, entry)
  if (typeof selection === 'string') return core.refuse(flight, badRequest(selection))
  const objects = listed.filter(selection.keep)
  flight.memo.queue = objects.map(({ metadata }) => keyFor(directory, metadata.namespace ?? '', metadata.name))
  flight.memo.deleted = objects
  nextItem(core, flight)
}

function nextItem(core: Core, flight: Flight): void {
  const key = (flight.memo.queue as string[]).shift()
  if (key === undefined)
    return respondList(core, flight, flight.memo.deleted as KubeObject[], {
      resourceVersion: String(core.cache.revision),
    })
  flight.memo.item = key.slice(key.lastIndexOf('/') + 1)
  core.write(flight, 'deleteItem', key)
}

/** Somebody else was faster: as good as done. */
function transformItem(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  if (current === undefined) return { kind: 'same', object: flight.write?.current ?? NOTHING }
  return transform(core, flight, current)
}

const NOTHING = { metadata: { name: '' } } as KubeObject

export const deleteSteps: WriteSteps = {
  delete: {
    transform,
    done: (core, flight, object, outcome) =>
      after(core, flight, object, outcome, 'deleteGone', (shown, removed) =>
        answerDeleted(core, flight, shown, removed),
      ),
  },
  deleteGone: { transform: transformGone, done: (core, flight, object) => answerDeleted(core, flight, object, true) },
  deleteItem: {
    transform: transformItem,
    done: (core, flight, object, outcome) =>
      after(core, flight, object, outcome, 'deleteItemGone', () => nextItem(core, flight)),
  },
  deleteItemGone: {
    transform: (core, flight, current) =>
      current === undefined ? { kind: 'same', object: NOTHING } : transformGone(core, flight, current),
    done: (core, flight) => nextItem(core, flight),
  },
}

export const deleteReadSteps: ReadSteps = { deletecollection: collectCached }
export const deleteAnswers: AnswerSteps = { collectStored }
