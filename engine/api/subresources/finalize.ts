/** namespaces/finalize: takes finalizers off a namespace's spec. Models pkg/registry/core/namespace/strategy.go namespaceFinalizeStrategy. */
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, VerbHandler, WriteSteps } from '../core.ts'
import type { Flight } from '../flight.ts'
import { admit, attributesOf, isAdmitted, stopped } from '../pipeline/admission/index.ts'
import { respondObject } from '../present.ts'
import { badRequest, conflict, MODIFIED, notFound } from '../status.ts'

const NAMESPACES = { group: '', resource: 'namespaces' }

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] }
}

export const finalizeNamespace: VerbHandler = (core, flight) => {
  const body = flight.request.body as Namespace | undefined
  if (body?.metadata === undefined) return core.refuse(flight, badRequest('name must be provided'))
  flight.body = body
  core.write(flight, 'finalize', `/registry/namespaces/${flight.info.name}`)
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const { name } = flight.info
  if (current === undefined) return { kind: 'refuse', status: notFound(NAMESPACES, name) }
  const body = flight.body as Namespace
  const version = body.metadata.resourceVersion
  if (version !== undefined && version !== '' && version !== current.metadata.resourceVersion)
    return { kind: 'refuse', status: conflict(NAMESPACES, name, MODIFIED) }
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'UPDATE', body, current))
  if (!isAdmitted(verdict)) return stopped(verdict)
  const finalizers = body.spec?.finalizers ?? []
  const object = { ...current, spec: finalizers.length === 0 ? {} : { finalizers } } as Namespace
  const gone =
    finalizers.length === 0 &&
    current.metadata.deletionTimestamp !== undefined &&
    (current.metadata.finalizers ?? []).length === 0
  return gone ? { kind: 'remove', object } : { kind: 'put', object }
}

export const finalizeSteps: WriteSteps = {
  finalize: { transform, done: (core, flight, object) => respondObject(core, flight, 200, object) },
}
