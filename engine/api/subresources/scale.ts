/** scale: the number of replicas alone, as autoscaling/v1 Scale. Models pkg/registry/apps/<kind>/storage/storage.go ScaleREST. */
import { makeLabelSelector, selectorFromLabels, selectorFromObject } from '../../objects/selectors.ts'
import type { LabelSelector } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, ReadSteps, VerbHandler, WriteSteps } from '../core.ts'
import { customScale, withReplicas } from '../custom/scale.ts'
import { convertTo } from '../convert.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { ApiStatus } from '../status.ts'
import type { Flight } from '../flight.ts'
import { applyTextPatch } from '../patching.ts'
import { admit, attributesOf, isAdmitted, stopped } from '../pipeline/admission/index.ts'
import { JSON_HEADERS } from '../present.ts'
import { badRequest, conflict, invalid, MODIFIED, notFound } from '../status.ts'
import { keyOfFlight, replace } from '../verbs/update.ts'

interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> }
  status?: { replicas?: number }
}

interface Scale extends KubeObject {
  spec?: { replicas?: number }
}

function selectorText({ spec, kind }: Scalable): string {
  const selector = spec?.selector
  if (selector === undefined) return ''
  return makeLabelSelector(
    kind === 'ReplicationController'
      ? selectorFromLabels(selector as Record<string, string>)
      : selectorFromObject(selector as LabelSelector),
  )
}

function scaleOf(object: Scalable): Scale & { status: { replicas: number; selector: string } } {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object) },
  }
}

/** The Scale of any object that has one, or why it has none. */
function scaleFrom({ custom }: KindEntry, object: KubeObject): { scale: KubeObject } | { status: ApiStatus } {
  return custom === undefined ? { scale: scaleOf(object as Scalable) } : customScale(custom, object)
}

function answer(core: Core, flight: Flight, object: KubeObject): void {
  const entry = core.entryOf(flight)
  const made = scaleFrom(entry, convertTo(entry, object))
  if ('status' in made) return core.refuse(flight, made.status)
  core.respond(flight, { code: 200, headers: JSON_HEADERS, body: made.scale })
}

export const getScale: VerbHandler = (core, flight) => core.readStored(flight, 'scale', keyOfFlight(core, flight))

export const updateScale: VerbHandler = (core, flight) => {
  const body = flight.request.body as Scale | undefined
  if (body?.metadata === undefined) return core.refuse(flight, badRequest('name must be provided'))
  flight.body = body
  core.write(flight, 'scale', keyOfFlight(core, flight))
}

export const patchScale: VerbHandler = (core, flight) => core.write(flight, 'scale', keyOfFlight(core, flight))

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const entry = core.entryOf(flight)
  if (current === undefined) return { kind: 'refuse', status: notFound(entry, flight.info.name) }
  const before = current as Scalable
  const from = scaleFrom(entry, before)
  if ('status' in from) return { kind: 'refuse', status: from.status }
  const wanted = flight.info.verb === 'patch' ? applyTextPatch(flight, from.scale) : { object: flight.body as Scale }
  if ('status' in wanted) return { kind: 'refuse', status: wanted.status }
  const verdict = admit(core, flight, attributesOf(flight, entry, 'UPDATE', wanted.object, from.scale))
  if (!isAdmitted(verdict)) return stopped(verdict)
  const { spec, metadata } = verdict.object as Scale
  if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== current.metadata.resourceVersion)
    return { kind: 'refuse', status: conflict(entry, flight.info.name, MODIFIED) }
  const replicas = spec?.replicas ?? 0
  if (replicas < 0)
    return {
      kind: 'refuse',
      status: invalid({ group: 'autoscaling', kind: 'Scale' }, flight.info.name, [
        { type: 'Invalid', field: 'spec.replicas', badValue: replicas, detail: 'must be greater than or equal to 0' },
      ]),
    }
  const scaled =
    entry.custom === undefined
      ? ({ ...before, spec: { ...before.spec, replicas } } as KubeObject)
      : withReplicas(entry.custom, before, replicas)
  return replace(core, flight, entry, scaled, current)
}

function serve(core: Core, flight: Flight, object: KubeObject | undefined): void {
  if (object === undefined) return core.refuse(flight, notFound(core.entryOf(flight), flight.info.name))
  answer(core, flight, object)
}

export const scaleReadSteps: ReadSteps = { scale: serve }
export const scaleSteps: WriteSteps = { scale: { transform, done: answer } }
