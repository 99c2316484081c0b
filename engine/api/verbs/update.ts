/** update, of an object or of its status. Models apiserver endpoints/handlers/update.go and registry store.go Update. */
import type { KindEntry } from '../../objects/kinds.ts'
import { groupResource } from '../../objects/kinds.ts'
import { validateUpdate } from '../../objects/validation/index.ts'
import { decodeBody } from '../body.ts'
import { deepEqual } from '../../objects/equal.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import { workingEntry } from '../custom/conversion.ts'
import type { Flight } from '../flight.ts'
import { stampUpdate } from '../managed.ts'
import { withMeta } from '../metadata.ts'
import { attributesOf, isAdmitted, mutate, stopped, validate, withCharges } from '../pipeline/admission/index.ts'
import { escalationProblem } from '../pipeline/escalation.ts'
import { isSame, prepareView } from '../prepare.ts'
import { respondObject } from '../present.ts'
import { badRequest, conflict, invalid, MODIFIED, notFound, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'
import { CREATED_BY_PUT, NEEDS_VERSION } from '../strategy/table.ts'
import { create } from './create.ts'
import { objectWarnings } from '../warnings.ts'

export function startUpdate(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const decoded = decodeBody(core, flight, entry)
  if ('status' in decoded) return core.refuse(flight, decoded.status)
  const { object } = decoded
  const wrong = addressProblem(entry, flight, object)
  if (wrong !== undefined) return core.refuse(flight, wrong)
  const isPlaced = !entry.namespaced || (object.metadata.namespace ?? '') !== ''
  flight.body = isPlaced ? object : withMeta(object, { namespace: flight.info.namespace })
  core.write(flight, 'update', keyOfFlight(core, flight))
}

/** The etcd key of the object that a request names. */
export function keyOfFlight(core: Core, flight: Flight): string {
  const entry = core.entryOf(flight)
  return keyFor(
    directoryOf(entry.group, entry.resource),
    entry.namespaced ? flight.info.namespace : '',
    flight.info.name,
  )
}

/** What the body says of its own name must be what the path says. */
export function addressProblem(entry: KindEntry, flight: Flight, { metadata }: KubeObject): ApiStatus | undefined {
  const { name, namespace } = flight.info
  if (metadata.name === undefined || metadata.name === '') return badRequest('name must be provided')
  if (metadata.name !== name)
    return badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  const given = metadata.namespace ?? ''
  if (entry.namespaced && given !== '' && given !== namespace)
    return badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  return undefined
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const entry = core.entryOf(flight)
  const object = flight.body as KubeObject
  if (current === undefined) return { kind: 'refuse', status: notFound(entry, flight.info.name) }
  const refused = preconditions(entry, flight, keyOfFlight(core, flight), object, current)
  if (refused !== undefined) return { kind: 'refuse', status: refused }
  return replace(core, flight, entry, object, current)
}

function preconditions(
  entry: KindEntry,
  flight: Flight,
  key: string,
  { metadata }: KubeObject,
  current: KubeObject,
): ApiStatus | undefined {
  const { name } = flight.info
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${current.metadata.uid}`
    return conflict(
      entry,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    )
  }
  const version = metadata.resourceVersion ?? ''
  if (/\D/.test(version)) return unknownError(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  if (version !== '' && version !== '0')
    return version === current.metadata.resourceVersion ? undefined : conflict(entry, name, MODIFIED)
  if (entry.schema !== '' && !NEEDS_VERSION.has(groupResource(entry))) return undefined
  return invalid(entry, name, [
    {
      type: 'Invalid',
      field: 'metadata.resourceVersion',
      badValue: 0,
      shown: '0x0',
      detail: 'must be specified for an update',
    },
  ])
}

/** A new state for a stored object, admitted and validated; nothing is written when it is the same. */
export function replace(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  object: KubeObject,
  current: KubeObject,
): Outcome {
  const stored = workingEntry(core, entry)
  const { subresource } = flight.info
  const seen = { ...attributesOf(flight, entry, 'UPDATE', object, current), name: current.metadata.name }
  const admitted = isScale(flight) ? { object } : mutate(core, flight, seen)
  if (!isAdmitted(admitted)) return stopped(admitted)
  const prepared = prepareView(core, stored, subresource, admitted.object as KubeObject, current)
  if ('refuse' in prepared) return { kind: 'refuse', status: prepared.refuse }
  const escalates = escalationProblem(core, flight, entry, prepared.object, current)
  if (escalates !== undefined) return { kind: 'refuse', status: escalates }
  const errors = validateUpdate(stored, prepared.object, current, { release: core.release, subresource })
  if (errors.length > 0) return { kind: 'refuse', status: invalid(stored, current.metadata.name, errors) }
  if (subresource === '') flight.warnings.push(...objectWarnings(core, stored, prepared.object, current))
  const verdict = isScale(flight) ? admitted : validate(core, flight, { ...seen, object: prepared.object })
  if (!isAdmitted(verdict)) return stopped(verdict)
  if (isSame(prepared.object, current) && !namesManagers(prepared.object, current))
    return { kind: 'same', object: current }
  if (isLastFinalizerGone(prepared.object, current)) return { kind: 'remove', object: prepared.object }
  return withCharges(flight, { kind: 'put', object: stampUpdate(core, flight, stored, prepared.object, current) })
}

/** A client may rewrite who owns which field, and nothing else. */
function namesManagers({ metadata: { managedFields = [] } }: KubeObject, { metadata: old }: KubeObject): boolean {
  return managedFields.length > 0 && managedFields !== old.managedFields && !deepEqual(managedFields, old.managedFields)
}

/** What is admitted then is the Scale, not the object that it scales. */
const isScale = ({ info: { subresource } }: Flight): boolean => subresource === 'scale'

/** An object that only waited for its finalizers goes with the last of them. */
export function isLastFinalizerGone({ metadata }: KubeObject, { metadata: old }: KubeObject): boolean {
  if ((metadata.finalizers ?? []).length > 0 || old.deletionTimestamp === undefined) return false
  return (old.deletionGracePeriodSeconds ?? 0) === 0 && (old.finalizers ?? []).length > 0
}

/** PUT to a name that is free makes the object, for the kinds that allow it. */
export function mayCreateByPut(core: Core, flight: Flight): boolean {
  const entry = core.entryOf(flight)
  if (!CREATED_BY_PUT.has(groupResource(entry)) || flight.info.subresource !== '') return false
  return core.cache.get(keyOfFlight(core, flight)) === undefined && (flight.body?.metadata.resourceVersion ?? '') === ''
}

export const updateSteps: WriteSteps = {
  update: { transform, done: (core, flight, object) => respondObject(core, flight, 200, object) },
}

/** PUT: creates or updates. */
export function startPut(core: Core, flight: Flight): void {
  const decoded = decodeBody(core, flight, core.entryOf(flight))
  if ('status' in decoded) return core.refuse(flight, decoded.status)
  flight.body = decoded.object
  if (mayCreateByPut(core, flight)) return create(core, flight, decoded.object, 'create')
  startUpdate(core, flight)
}
