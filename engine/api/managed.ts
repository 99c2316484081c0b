/** Who set which field: metadata.managedFields on the way into the store. Models apimachinery util/managedfields/fieldmanager.go. */
import { updateManagedFields } from '../objects/apply/server-side.ts'
import { apiVersionOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { ManagedFieldsEntry } from '../objects/types.gen.ts'
import { isTyped } from './body.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'
import type { Flight } from './flight.ts'
import { withMeta } from './metadata.ts'

/** `fieldManager`, or the first word of the user agent. Models endpoints/handlers/create.go managerOrUserAgent. */
export function managerOf(flight: Flight): string {
  const { fieldManager } = flight.request.query
  if (fieldManager !== undefined && fieldManager !== '') return fieldManager
  const agent = flight.request.headers['user-agent']
  return agent === undefined ? 'unknown' : (agent.split('/')[0] as string).slice(0, 128)
}

/** Kinds whose owners of fields nobody asks about; leaving the record out saves most of a write's time. */
const UNRECORDED = new Set(['events', 'leases'])

const isUnrecorded = ({ resource }: KindEntry): boolean => UNRECORDED.has(resource)

function stamped(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  updated: KubeObject,
  live: KubeObject | undefined,
): KubeObject {
  const { subresource } = flight.info
  const managedFields = updateManagedFields({
    type: entry.custom?.ownership ?? (entry.schema === '' ? undefined : entry.schema),
    manager: managerOf(flight),
    time: core.timestamp(),
    apiVersion: apiVersionOf(entry),
    ...(subresource !== '' && { subresource }),
    live,
    updated,
  }) as ManagedFieldsEntry[]
  if (managedFields === updated.metadata.managedFields) return updated
  return withMeta(updated, { managedFields })
}

interface Remembered {
  key: string
  managedFields: ManagedFieldsEntry[]
}

/** Controllers make many objects of one template: what they set is told by the template and the metadata's keys. */
const templates = new WeakMap<object, Remembered>()

function templateOf(flight: Flight): object | undefined {
  const { spec } = (flight.request.body ?? {}) as { spec?: unknown }
  return isTyped(flight) && typeof spec === 'object' && spec !== null ? spec : undefined
}

function metadataKey(core: Core, flight: Flight, { metadata }: KubeObject): string {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [], generateName } = metadata
  const owners = ownerReferences.map(({ uid }) => uid)
  return JSON.stringify([
    managerOf(flight),
    Object.keys(labels),
    Object.keys(annotations),
    finalizers,
    owners,
    generateName !== undefined,
    core.minor,
  ])
}

/** A new object with its field manager's record: what the client sent and the defaults, before admission adds to it. */
export function stampCreate(core: Core, flight: Flight, entry: KindEntry, object: KubeObject): KubeObject {
  if (isUnrecorded(entry)) return object
  const template = templateOf(flight)
  if (template === undefined) return stamped(core, flight, entry, object, undefined)
  const key = metadataKey(core, flight, object)
  const known = templates.get(template)
  if (known?.key === key)
    return withMeta(object, { managedFields: known.managedFields.map((one) => ({ ...one, time: core.timestamp() })) })
  const made = stamped(core, flight, entry, object, undefined)
  templates.set(template, { key, managedFields: made.metadata.managedFields ?? [] })
  return made
}

/** A changed object with the field managers' records brought up to date. */
export function stampUpdate(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  object: KubeObject,
  old: KubeObject,
): KubeObject {
  return isUnrecorded(entry) ? object : stamped(core, flight, entry, object, old)
}
