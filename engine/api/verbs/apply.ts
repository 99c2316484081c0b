/** Server-side apply. Models apiserver endpoints/handlers/patch.go applyPatcher. */
import { typedProblem } from '../../objects/apply/declared.ts'
import type { Ownership } from '../../objects/apply/ownership-schema.ts'
import { applyServerSide, conflictCauses, makeConflictText } from '../../objects/apply/server-side.ts'
import { apiVersionOf } from '../../objects/kinds.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import { validateCreate } from '../../objects/validation/index.ts'
import { decodeBody } from '../body.ts'
import type { KubeObject } from '../client.ts'
import { workingEntry } from '../custom/conversion.ts'
import { convertTo } from '../convert.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import type { Flight } from '../flight.ts'
import { newMetadata, withMeta } from '../metadata.ts'
import { attributesOf, isAdmitted, mutate, stopped, validate, withCharges } from '../pipeline/admission/index.ts'
import { escalationProblem } from '../pipeline/escalation.ts'
import { prepareCreate } from '../prepare.ts'
import { respondObject } from '../present.ts'
import { applyConflict, badRequest, failure, invalid, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { keyOfFlight, replace } from './update.ts'
import { objectWarnings } from '../warnings.ts'

const NEEDS_MANAGER = failure(
  422,
  'Invalid',
  'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  {
    group: 'meta.k8s.io',
    kind: 'PatchOptions',
    causes: [
      { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
    ],
  },
)

export function startApply(core: Core, flight: Flight): void {
  const { body, query } = flight.request
  if ((query.fieldManager ?? '') === '') return core.refuse(flight, NEEDS_MANAGER)
  const problem = bodyProblem(body, flight)
  if (problem !== undefined) return core.refuse(flight, problem)
  core.write(flight, 'apply', keyOfFlight(core, flight))
}

function bodyProblem(body: unknown, flight: Flight): ApiStatus | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return badRequest('error decoding YAML: expected an object')
  const { apiVersion, kind, metadata } = body as Partial<KubeObject>
  if (apiVersion === undefined || kind === undefined) return badRequest(`invalid object type: /, Kind=`)
  const name = metadata?.name
  if (name !== undefined && name !== '' && name !== flight.info.name)
    return badRequest(`name in the body (${name}) does not match the name in the URL (${flight.info.name})`)
  if (metadata?.managedFields !== undefined) return badRequest('metadata.managedFields must be nil')
  return undefined
}

/** What was applied, decoded without defaults: only stated fields are owned. */
function statedObject(core: Core, flight: Flight): { object: KubeObject } | { status: ApiStatus } {
  const entry = core.entryOf(flight)
  const checked = decodeBody(core, flight, entry)
  if ('status' in checked) return checked
  const body = flight.request.body as KubeObject
  const namespace = entry.namespaced ? { namespace: flight.info.namespace } : {}
  return { object: { ...body, metadata: { ...body.metadata, name: flight.info.name, ...namespace } } }
}

const typeOf = (entry: KindEntry): string | Ownership | undefined =>
  entry.custom?.ownership ?? (entry.schema === '' ? undefined : (entry.wire ?? entry.schema))

/** What is applied must fit the schema before anything else is looked at. */
function typedPatchProblem(flight: Flight, entry: KindEntry): ApiStatus | undefined {
  const problem = typedProblem(typeOf(entry), flight.request.body as object)
  if (problem === undefined) return undefined
  const what = `${entry.namespaced ? flight.info.namespace : ''}/${flight.info.name}; ${apiVersionOf(entry)}, Kind=${entry.kind}`
  return unknownError(`failed to create typed patch object (${what}): ${problem}`)
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const entry = core.entryOf(flight)
  flight.warnings.length = 0
  const untyped = typedPatchProblem(flight, entry)
  if (untyped !== undefined) return { kind: 'refuse', status: untyped }
  const stated = statedObject(core, flight)
  if ('status' in stated) return { kind: 'refuse', status: stated.status }
  const { query } = flight.request
  const { subresource } = flight.info
  const result = applyServerSide({
    type: typeOf(entry),
    manager: query.fieldManager as string,
    time: core.timestamp(),
    apiVersion: apiVersionOf(entry),
    ...(subresource !== '' && { subresource }),
    live: current && convertTo(entry, current),
    applied: stated.object,
    force: query.force === 'true',
  })
  if (result.conflicts !== undefined)
    return {
      kind: 'refuse',
      status: applyConflict(makeConflictText(result.conflicts), conflictCauses(result.conflicts)),
    }
  const merged = decodeBody(core, flight, entry, result.object)
  if ('status' in merged) return { kind: 'refuse', status: merged.status }
  flight.memo.managedFields = result.managedFields
  flight.memo.made = current === undefined
  return current === undefined ? makeNew(core, flight, merged.object) : change(core, flight, merged.object, current)
}

const managed = (flight: Flight, object: KubeObject): KubeObject =>
  withMeta(object, { managedFields: flight.memo.managedFields as KubeObject['metadata']['managedFields'] })

function makeNew(core: Core, flight: Flight, object: KubeObject): Outcome {
  const served = core.entryOf(flight)
  const entry = workingEntry(core, served)
  const begun = (flight.memo.begun ??= newMetadata(
    core,
    object.metadata,
    entry.namespaced ? flight.info.namespace : '',
  )) as KubeObject['metadata']
  const admitted = mutate(core, flight, attributesOf(flight, served, 'CREATE', { ...object, metadata: begun }))
  if (!isAdmitted(admitted)) return stopped(admitted)
  const escalates = escalationProblem(core, flight, entry, admitted.object as KubeObject)
  if (escalates !== undefined) return { kind: 'refuse', status: escalates }
  const prepared = prepareCreate(core, entry, admitted.object as KubeObject, flight.user)
  if ('refuse' in prepared) return { kind: 'refuse', status: prepared.refuse }
  const errors = validateCreate(entry, prepared.object, { release: core.release })
  if (errors.length > 0) return { kind: 'refuse', status: invalid(entry, flight.info.name, errors) }
  flight.warnings.push(...objectWarnings(core, entry, prepared.object))
  const verdict = validate(core, flight, attributesOf(flight, served, 'CREATE', prepared.object))
  if (!isAdmitted(verdict)) return stopped(verdict)
  return withCharges(flight, { kind: 'put', object: managed(flight, prepared.object) })
}

function change(core: Core, flight: Flight, object: KubeObject, current: KubeObject): Outcome {
  const outcome = replace(core, flight, core.entryOf(flight), object, current)
  if (outcome.kind === 'put') return { ...outcome, object: managed(flight, outcome.object) }
  // The object stays, but somebody else may own fields of it from now on.
  if (outcome.kind === 'same' && !sameOwners(flight, current)) return { kind: 'put', object: managed(flight, current) }
  return outcome
}

/** Times aside: an apply that changes nothing writes nothing. */
function sameOwners(flight: Flight, { metadata }: KubeObject): boolean {
  const text = (entries: unknown): string =>
    JSON.stringify(entries, (key, value: unknown) => (key === 'time' ? undefined : value))
  return text(flight.memo.managedFields) === text(metadata.managedFields ?? [])
}

export const applySteps: WriteSteps = {
  apply: {
    transform,
    done: (core, flight, object, outcome) =>
      respondObject(core, flight, outcome === 'put' && flight.memo.made === true ? 201 : 200, object),
  },
}
