/** The annotation that remembers what was applied last. Models kubectl/pkg/util/apply.go. */
import type { ApiObject } from './client.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = value as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(fields)
      .filter((key) => fields[key] !== undefined)
      .sort()
      .map((key) => [key, sorted(fields[key])]),
  )
}

/** JSON as Go writes it: the signs of HTML escaped. */
export const goJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)

/** One line of JSON; `typed` objects keep the order of their fields. */
const line = (object: ApiObject, typed: boolean): string => `${goJson(typed ? object : sorted(object))}\n`

const annotationsOf = (object: ApiObject): Record<string, string> => object.metadata?.annotations ?? {}

/** What the object's annotation says; undefined without one. */
export const lastAppliedText = (object: ApiObject): string | undefined => annotationsOf(object)[LAST_APPLIED]

/** The text that the annotation of this object must have. A manifest's (untyped) object gets `annotations: {}`. */
export function makeLastApplied(object: ApiObject, typed = false, bareAnnotations = typed): string {
  const { [LAST_APPLIED]: _, ...rest } = annotationsOf(object)
  const bare = Object.keys(rest).length === 0 && bareAnnotations
  const { annotations: __, ...metadata } = object.metadata ?? {}
  return line({ ...object, metadata: bare ? metadata : { ...metadata, annotations: rest } }, typed)
}

/** The object with the annotation of itself. */
export function withLastApplied(object: ApiObject, typed = false): ApiObject {
  const annotations = { ...annotationsOf(object), [LAST_APPLIED]: makeLastApplied(object, typed) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** The object as it is compared by diff: its annotations, if only an empty map, without what was applied last. */
export function withoutLastApplied(object: ApiObject): ApiObject {
  const { [LAST_APPLIED]: _, ...annotations } = annotationsOf(object)
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** As withLastApplied, but only where the object has the annotation already. */
export const refreshLastApplied = (object: ApiObject, before: ApiObject): ApiObject =>
  lastAppliedText(before) === undefined && lastAppliedText(object) === undefined ? object : withLastApplied(object)
