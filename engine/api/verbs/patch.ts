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
import { conflict, MODIFIED, notFound } from '../status.ts'
import { startApply } from './apply.ts'
import { keyOfFlight, replace } from './update.ts'

export function startPatch(core: Core, flight: Flight): void {
  const entry = core.entryOf(flight)
  const type = patchTypeOf(flight, entry.schema === '')
  if (typeof type !== 'string') return core.refuse(flight, type)
  if (type === 'apply') return startApply(core, flight)
  core.write(flight, 'patch', keyOfFlight(core, flight))
}

/** The patched object, checked as a body is, in the version that is stored. */
function patchedObject(core: Core, flight: Flight, entry: KindEntry, current: KubeObject): Decoding {
  const patched = applyTextPatch(flight, convertTo(entry, current), entry.schema === '' ? undefined : entry.schema)
  return 'status' in patched ? patched : decodeBody(core, flight, entry, patched.object)
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const entry = core.entryOf(flight)
  if (current === undefined) return { kind: 'refuse', status: notFound(entry, flight.info.name) }
  flight.warnings.length = 0
  const patched = patchedObject(core, flight, entry, current)
  if ('status' in patched) return { kind: 'refuse', status: patched.status }
  const { resourceVersion } = patched.object.metadata
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) return { kind: 'refuse', status: conflict(entry, flight.info.name, MODIFIED) }
  return replace(core, flight, entry, patched.object, current)
}

export const patchSteps: WriteSteps = {
  patch: { transform, done: (core, flight, object) => respondObject(core, flight, 200, object) },
}
