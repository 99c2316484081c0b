/** Creating a custom resource. Models apiextensions-apiserver pkg/apiserver/customresource_handler.go serveResource. */
import { conditionOf } from '../../objects/meta.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { failure, forbidden } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { keyFor } from '../storage/keys.ts'
import { DEFINITIONS, isTrue } from './custom-kinds.ts'

/** In a cluster of several servers the others may not know the kind yet, so the first objects have to wait. */
const JUST_CREATED_MS = 2_000

/** The release from which a kind that is going away forbids rather than not allows. */
const FORBIDS_SINCE = 35

function definitionOf(core: Core, { group, resource }: KindEntry): CustomResourceDefinition | undefined {
  return core.cache.get(keyFor(DEFINITIONS, '', `${resource}.${group}`)) as unknown as
    CustomResourceDefinition | undefined
}

/** How long a creation has to wait: a kind is served two seconds before it takes objects. */
export function createDelayMs(core: Core, entry: KindEntry): number {
  const { status } = definitionOf(core, entry) ?? {}
  const since = conditionOf(status?.conditions, 'Established')?.lastTransitionTime
  return since !== undefined && core.kernel.clockMs - Date.parse(since) < JUST_CREATED_MS ? JUST_CREATED_MS : 0
}

/** Why nothing can be created, when the kind is going away. */
export function terminatingProblem(core: Core, flight: Flight, entry: KindEntry): ApiStatus | undefined {
  const definition = definitionOf(core, entry)
  if (definition === undefined || !isTrue(definition, 'Terminating')) return undefined
  const why = 'create not allowed while custom resource definition is terminating'
  if (core.minor < FORBIDS_SINCE)
    return failure(405, 'MethodNotAllowed', why, { group: entry.group, kind: entry.resource })
  const { metadata } = (flight.request.body ?? {}) as { metadata?: { name?: string } }
  return forbidden(entry, metadata?.name ?? '', why)
}
