/** Who set which field: metadata.managedFields on the way into the store. Models apimachinery util/managedfields/fieldmanager.go. */
import { updateManagedFields } from '../objects/apply/server-side.ts'
import { apiVersionOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { ManagedFieldsEntry } from '../objects/types.gen.ts'
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

function stamped(core: Core, flight: Flight, entry: KindEntry, updated: KubeObject, live: KubeObject | undefined): KubeObject {
  const { subresource } = flight.info
  const managedFields = updateManagedFields({
    type: entry.schema === '' ? undefined : entry.schema, manager: managerOf(flight), time: core.timestamp(), apiVersion: apiVersionOf(entry),
    ...(subresource !== '' && { subresource }), live, updated,
  }) as ManagedFieldsEntry[]
  if (managedFields === updated.metadata.managedFields) return updated
  return withMeta(updated, { managedFields })
}

/** A new object with its field manager's record. */
export function stampCreate(core: Core, flight: Flight, entry: KindEntry, object: KubeObject): KubeObject {
  return isUnrecorded(entry) ? object : stamped(core, flight, entry, object, undefined)
}

/** A changed object with the field managers' records brought up to date. */
export function stampUpdate(core: Core, flight: Flight, entry: KindEntry, object: KubeObject, old: KubeObject): KubeObject {
  return isUnrecorded(entry) ? object : stamped(core, flight, entry, object, old)
}
