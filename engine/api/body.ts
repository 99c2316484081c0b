/** The object in a request's body, decoded, checked against the URL, and in the version that is stored. */
import { applyDefaults } from '../objects/defaults/index.ts'
import { decodeStrict, strictDecodingError } from '../objects/decode.ts'
import { apiVersionOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import { TYPED, TYPED_HEADER } from './client/media.ts'
import { convertTo } from './convert.ts'
import type { Core } from './core.ts'
import type { Flight } from './flight.ts'
import { badRequest } from './status.ts'
import type { ApiStatus } from './status.ts'

export type Decoding = { object: KubeObject } | { status: ApiStatus }

export const isTyped = (flight: Flight): boolean =>
  flight.request.headers['content-type'] === TYPED || TYPED_HEADER in flight.request.headers

/** Decodes a body as an object of the entry, sets defaults. Unknown fields refuse, warn or pass as `fieldValidation` says. */
export function decodeBody(core: Core, flight: Flight, entry: KindEntry, raw: unknown = flight.request.body): Decoding {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { status: badRequest(emptyBody(entry)) }
  const typed = raw as KubeObject
  const wrong = typeMismatch(entry, typed)
  if (wrong !== undefined) return { status: badRequest(wrong) }
  const decoded = isTyped(flight) ? { object: typed } : decodeChecked(flight, entry, raw, core.minor)
  if ('status' in decoded) return decoded
  return { object: finish(core, entry, decoded.object, flight.info.subresource) }
}

function finish(core: Core, entry: KindEntry, object: KubeObject, subresource: string): KubeObject {
  const named =
    object.kind === entry.kind && object.apiVersion === apiVersionOf(entry)
      ? object
      : { apiVersion: apiVersionOf(entry), kind: entry.kind, ...object }
  const whole = named.metadata === undefined ? { ...named, metadata: {} as KubeObject['metadata'] } : named
  if (entry.custom !== undefined) return applyDefaults(entry, whole)
  const stored = core.storageEntry(entry.group, entry.resource)
  if (subresource === 'status') return convertTo(stored, whole)
  return entry.hub === undefined
    ? convertTo(stored, applyDefaults(entry, whole))
    : applyDefaults(stored, convertTo(stored, whole))
}

const emptyBody = (entry: KindEntry): string =>
  `${entry.kind} in version "${entry.version}" cannot be handled as a ${entry.kind}: couldn't get version/kind; json parse error: unexpected end of JSON input`

function typeMismatch(entry: KindEntry, { apiVersion, kind }: KubeObject): string | undefined {
  const wanted = apiVersionOf(entry)
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== wanted) {
    return `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`
  }
  if (kind === undefined || kind === '' || kind === entry.kind) return undefined
  return `${kind} in version "${entry.version}" cannot be handled as a ${entry.kind}: converting (v1.${kind}) to (${entry.group === '' ? 'core' : entry.group.split('.')[0]}.${entry.kind}): unknown conversion`
}

function decodeChecked(flight: Flight, entry: KindEntry, raw: unknown, minor: number): Decoding {
  const decoded = decodeStrict(entry, raw, minor)
  const prefix = `${entry.kind} in version "${entry.version}" cannot be handled as a ${entry.kind}: `
  if (decoded.error !== undefined) return { status: badRequest(prefix + decoded.error) }
  const mode = flight.request.query.fieldValidation ?? 'Warn'
  const problems = [...duplicatesOf(flight), ...decoded.duplicates, ...decoded.unknown]
  if (mode === 'Strict' && problems.length > 0)
    return {
      status: badRequest(`${prefix}${strictDecodingError({ ...decoded, duplicates: duplicatesOf(flight) }) ?? ''}`),
    }
  if (mode === 'Warn') flight.warnings.push(...problems)
  return { object: decoded.object as unknown as KubeObject }
}

/** Keys that stand twice in the text of the body; the wire's decoder leaves them in a header. */
function duplicatesOf(flight: Flight): string[] {
  const text = flight.request.headers['x-duplicate-fields']
  return text === undefined ? [] : (JSON.parse(text) as string[])
}
