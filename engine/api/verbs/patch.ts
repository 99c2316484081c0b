/** patch. Models apiserver endpoints/handlers/patch.go. */
import type { KindEntry } from '../../objects/kinds.ts'
import { decodeBody } from '../body.ts'
import type { Decoding } from '../body.ts'
import type { KubeObject } from '../client.ts'
import { convertTo } from '../convert.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import type { Flight } from '../flight.ts'
import { applyTextPatch, patchTypeOf } from '../patching.ts'
import { respondObject } from '../present.ts'
import { conflict, failure, MODIFIED, notFound } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { startApply } from './apply.ts'
import { addressProblem, keyOfFlight, replace } from './update.ts'

export function startPatch(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const type = patchTypeOf(flight, entry.schema === '')
  if (typeof type !== 'string') return core.refuse(flight, type)
  if (type === 'apply') return startApply(core, flight)
  core.write(flight, 'patch', keyOfFlight(core, flight))
}

/** The patched object, checked as a body is, in the version that is stored. */
function patchedObject(core: Core, flight: Flight, entry: KindEntry, current: KubeObject): Decoding {
  const patched = applyTextPatch(
    flight,
    convertTo(entry, current),
    entry.schema === '' ? undefined : (entry.wire ?? entry.schema),
  )
  if ('status' in patched) return patched
  const decoded = decodeBody(core, flight, entry, patched.object)
  const strict = 'status' in decoded ? STRICT.exec(decoded.status.message ?? '') : null
  const shown = isStrategic(flight) ? leftOver(flight.request.body) : sortedJson(patched.object)
  if (strict !== null) return { status: strictPatch(shown, strict[1] as string) }
  const mistyped = 'status' in decoded && isStrategic(flight) ? MISTYPED.exec(decoded.status.message ?? '') : null
  return mistyped === null ? decoded : { status: patchProblem(shown, `unrecognized type: ${mistyped[1] as string}`) }
}

const MISTYPED = /: json: cannot unmarshal string into Go struct field \S+ of type (\w+)$/

const isStrategic = (flight: Flight): boolean =>
  (flight.request.headers['content-type'] ?? '').startsWith('application/strategic-merge-patch')

const STRICT = /: strict decoding error: (.*)$/s

/** JSON and merge patches are told by the whole object that they made, as Go writes maps: keys in order. */
function sortedJson(object: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
  }
  return JSON.stringify(sorted(object))
}

/** How Go prints what is left of a patch once lists and directives were merged (observed). */
function leftOver(patch: unknown): string {
  if (typeof patch !== 'object' || patch === null) return patch === null ? '<nil>' : String(patch)
  const kept = Object.entries(patch).filter(
    ([key, value]) => !key.startsWith('$') && key !== 'metadata' && !Array.isArray(value),
  )
  return `map[${kept
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}:${leftOver(value)}`)
    .join(' ')}]`
}

/** Unknown fields in a patch are an invalid patch rather than a bad request; they come sorted. */
function strictPatch(shown: string, problems: string): ApiStatus {
  const detail = `strict decoding error: ${problems.split(', ').sort().join(', ')}`
  return patchProblem(shown, detail)
}

function patchProblem(shown: string, detail: string): ApiStatus {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${detail}`
  return failure(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  })
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const entry = core.entryOf(flight)
  if (current === undefined) return { kind: 'refuse', status: notFound(entry, flight.info.name) }
  flight.warnings.length = 0
  const patched = patchedObject(core, flight, entry, current)
  if ('status' in patched) return { kind: 'refuse', status: patched.status }
  const wrong = addressProblem(entry, flight, patched.object)
  if (wrong !== undefined) return { kind: 'refuse', status: wrong }
  const { resourceVersion } = patched.object.metadata
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion)
    return { kind: 'refuse', status: conflict(entry, flight.info.name, MODIFIED) }
  return replace(core, flight, entry, patched.object, current)
}

export const patchSteps: WriteSteps = {
  patch: { transform, done: (core, flight, object) => respondObject(core, flight, 200, object) },
}
