/** create. Models apiserver endpoints/handlers/create.go and registry/generic/registry/store.go Create. */
import { validateCreate } from '../../objects/validation/index.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import { workingEntry } from '../custom/conversion.ts'
import { decodeBody } from '../body.ts'
import { eventLease } from '../event-lease.ts'
import type { Flight } from '../flight.ts'
import { stampCreate } from '../managed.ts'
import { newMetadata } from '../metadata.ts'
import { attributesOf, isAdmitted, mutate, stopped, validate, withCharges } from '../pipeline/admission/index.ts'
import { escalationProblem } from '../pipeline/escalation.ts'
import { prepareCreate } from '../prepare.ts'
import { respondObject } from '../present.ts'
import { alreadyExists, badRequest, generateNameConflict, invalid, unknownError } from '../status.ts'
import { objectWarnings } from '../warnings.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'

export function startCreate(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const decoded = decodeBody(core, flight, entry)
  if ('status' in decoded) return core.refuse(flight, decoded.status)
  create(core, flight, decoded.object, 'create')
}

const MISMATCH = 'the namespace of the provided object does not match the namespace sent on the request'

/** Makes a new object of a decoded one and stores it. `step` is the row that answers. */
export function create(core: Core, flight: Flight, object: KubeObject, step: string): void {
  const served = core.entryOf(flight)
  const entry = workingEntry(core, served)
  const namespace = entry.namespaced ? flight.info.namespace : ''
  const given = object.metadata.namespace ?? ''
  if (entry.namespaced && given !== '' && given !== namespace) return core.refuse(flight, badRequest(MISMATCH))
  const named = (flight.memo.named as KubeObject | undefined) ?? begun(core, flight, object, namespace)
  flight.memo.named = named
  if (Number(object.metadata.resourceVersion ?? 0) !== 0) flight.memo.hasVersion = true
  const attrs = { ...attributesOf(flight, served, 'CREATE', named), name: object.metadata.name ?? '' }
  const admitted = mutate(core, flight, attrs)
  if ('call' in admitted) return core.callOut(flight, admitted.call)
  if (!isAdmitted(admitted)) return core.refuse(flight, ungenerated(admitted.refuse, object, named))
  const changed = admitted.object as KubeObject
  const escalates = escalationProblem(core, flight, entry, changed)
  if (escalates !== undefined) return core.refuse(flight, escalates)
  const prepared = prepareCreate(core, entry, changed, flight.user)
  if ('refuse' in prepared) return core.refuse(flight, prepared.refuse)
  const errors = validateCreate(entry, prepared.object, { release: core.release, version: served.version })
  if (errors.length > 0) return core.refuse(flight, invalid(entry, prepared.object.metadata.name, errors))
  flight.warnings.push(...objectWarnings(core, entry, prepared.object))
  flight.body = prepared.object
  core.write(flight, step, keyFor(directoryOf(entry.group, entry.resource), namespace, prepared.object.metadata.name))
}

/** The object with all that the server gives it; made once, also when admission has to ask outside and starts again. */
function begun(core: Core, flight: Flight, object: KubeObject, namespace: string): KubeObject {
  const metadata = newMetadata(core, object.metadata, namespace)
  return stampCreate(core, flight, workingEntry(core, core.entryOf(flight)), { ...object, metadata })
}

/** Admission comes before the suffix of a generated name: its refusals tell the name without. */
function ungenerated(
  status: ApiStatus,
  { metadata: { name, generateName = '' } }: KubeObject,
  named: KubeObject,
): ApiStatus {
  if ((name !== undefined && name !== '') || generateName === '') return status
  const { message, details } = status
  return {
    ...status,
    ...(message !== undefined && { message: message.replaceAll(`"${named.metadata.name}"`, `"${generateName}"`) }),
    ...(details !== undefined && { details: { ...details, name: generateName } }),
  }
}

const VERSION_SET = 'resourceVersion should not be set on objects to be created'

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const object = flight.body as KubeObject
  const entry = core.entryOf(flight)
  const verdict = validate(core, flight, {
    ...attributesOf(flight, entry, 'CREATE', object),
    name: object.metadata.name,
  })
  if (!isAdmitted(verdict)) return stopped(verdict)
  if (flight.memo.hasVersion === true) return { kind: 'refuse', status: unknownError(VERSION_SET) }
  if (current !== undefined) {
    const generated = object.metadata.generateName !== undefined && object.metadata.generateName !== ''
    const status = generated
      ? generateNameConflict(entry, object.metadata.name)
      : alreadyExists(entry, object.metadata.name)
    return { kind: 'refuse', status }
  }
  const lease = entry.resource === 'events' ? eventLease(core) : undefined
  return withCharges(flight, { kind: 'put', object, ...(lease !== undefined && { lease }) })
}

export const createSteps: WriteSteps = {
  create: { transform, done: (core, flight, object) => respondObject(core, flight, 201, object) },
}
