/** Patches of an object, by content type. Models apiserver endpoints/handlers/patch.go. */
import { PatchError } from '../objects/patch/json-value.ts'
import type { Json, JsonObject } from '../objects/patch/json-value.ts'
import { applyJsonPatch } from '../objects/patch/json.ts'
import { applyMerge } from '../objects/patch/merge.ts'
import { applyStrategic } from '../objects/patch/strategic.ts'
import type { Flight } from './flight.ts'
import type { KubeObject } from './client.ts'
import { PATCH_TYPES } from './client/media.ts'
import type { PatchType } from './client/media.ts'
import { badRequest, failure, unsupportedMediaType } from './status.ts'
import type { ApiStatus } from './status.ts'

const mediaOf = (flight: Flight): string => (flight.request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''

/** The type of a request's patch; custom resources have no strategic one. */
export function patchTypeOf(flight: Flight, isCustom = false): PatchType | ApiStatus {
  const type = PATCH_TYPES[mediaOf(flight)]
  const accepted = Object.keys(PATCH_TYPES).filter((media) => !isCustom || PATCH_TYPES[media] !== 'strategic')
  return type === undefined || (isCustom && type === 'strategic') ? unsupportedMediaType(accepted) : type
}

/** The operations of a JSON patch did not fit the object. */
const rejected = (): ApiStatus =>
  failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

/** Whether the text of a JSON ends before its brackets do. */
function isCut(text: string): boolean {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '')
  return bare.includes('"') || (bare.match(/[{[]/g) ?? []).length > (bare.match(/[}\]]/g) ?? []).length
}

/** The object with the request's JSON, merge or strategic patch applied. `schema` is its schema type, where it has one. */
export function applyTextPatch(
  flight: Flight,
  object: KubeObject,
  schema?: string,
): { object: KubeObject } | { status: ApiStatus } {
  const { body } = flight.request
  const type = PATCH_TYPES[mediaOf(flight)]
  if (typeof body === 'string' && isCut(body)) return { status: badRequest('unexpected end of JSON input') }
  if (typeof body !== 'object' || body === null || Array.isArray(body) !== (type === 'json'))
    return { status: badRequest(`error decoding patch: ${JSON.stringify(body) ?? ''}`) }
  try {
    return {
      object: patched(type, object as unknown as JsonObject, body as JsonObject, schema) as unknown as KubeObject,
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    return { status: type === 'json' ? rejected() : badRequest(error.message) }
  }
}

function patched(type: PatchType | undefined, object: JsonObject, patch: JsonObject, schema: string | undefined): Json {
  if (type === 'json') return applyJsonPatch(object, patch as unknown as unknown[])
  if (type === 'strategic') return applyStrategic(schema, object, patch)
  return applyMerge(object, patch)
}
