/** Answers in the form that was asked for: the object, only its metadata, or a table. */
import { apiVersionOf, hubOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import { tableColumns, tableRow } from '../objects/columns/index.ts'
import type { HttpRequest } from '../fabric/http.ts'
import type { KubeObject } from './client.ts'
import { convertTo, forColumns } from './convert.ts'
import { convertAll } from './custom/conversion-webhook.ts'
import type { Converted } from './custom/conversion-webhook.ts'
import type { Core } from './core.ts'
import type { Flight } from './flight.ts'
import { notAcceptable } from './status.ts'
import type { ApiStatus } from './status.ts'
import type { Form } from './watch/watches.ts'

const META = 'meta.k8s.io/v1'

/** What the Accept header asks for; undefined: nothing that this server can give. */
export function formOf(request: HttpRequest): Form | undefined {
  const accept = request.headers.accept
  if (accept === undefined) return 'object'
  for (const one of accept.split(',')) {
    const [media = '', ...parameters] = one.split(';').map((part) => part.trim())
    if (!ACCEPTED.has(media)) continue
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3)
    if (as === undefined) return 'object'
    if (as === 'Table') return 'table'
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata'
  }
  return undefined
}

const ACCEPTED = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/yaml',
  'application/vnd.kubeflight.typed',
])

/** What upstream offers; protobuf is told only to who did not ask for it, as here it is not simulated. */
export function unacceptable(request: HttpRequest, isStream = false): ApiStatus {
  const isBinary = (request.headers.accept ?? '').includes(PROTOBUF)
  const types = ['application/json', ...(isStream ? [] : ['application/yaml']), ...(isBinary ? [] : [PROTOBUF])]
  return notAcceptable(types.map((type) => (isStream ? `${type};stream=watch` : type)))
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

const metadataOnly = (object: KubeObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: META,
  metadata: object.metadata,
})

/** A table row's `object` as includeObject asks. */
function rowObject(entry: KindEntry, object: KubeObject, include: string): object | undefined {
  if (include === 'None') return undefined
  return include === 'Object' ? convertTo(entry, object) : metadataOnly(object)
}

/** Models printers/internalversion printFlowSchemaList: by precedence, then by name. */
function bySequence(objects: readonly KubeObject[]): KubeObject[] {
  const precedence = (object: KubeObject): number =>
    (object as { spec?: { matchingPrecedence?: number } }).spec?.matchingPrecedence ?? 0
  return objects.toSorted((a, b) => precedence(a) - precedence(b))
}

interface TableOptions {
  include: string
  metadata: object
  columns: boolean
}

export function makeTable(
  core: Core,
  entry: KindEntry,
  objects: KubeObject[],
  { include, metadata, columns }: TableOptions,
): object {
  const ordered = entry.resource === 'flowschemas' ? bySequence(objects) : objects
  const rows = ordered.map((object) => {
    const cells = tableRow(hubOf(entry), forColumns(entry, object), core.kernel.clockMs, core.release)
    const shown = rowObject(entry, object, include)
    return shown === undefined ? { cells } : { cells, object: shown }
  })
  return {
    kind: 'Table',
    apiVersion: META,
    metadata,
    columnDefinitions: columns ? tableColumns(hubOf(entry), core.release) : null,
    rows,
  }
}

const includeOf = (flight: Flight): string => flight.request.query.includeObject ?? 'Metadata'

/** Answers with one object. */
export function respondObject(
  core: Core,
  flight: Flight,
  code: number,
  object: KubeObject,
  entry: KindEntry = core.entryOf(flight),
): void {
  const form = formOf(flight.request)
  if (form === undefined) return core.refuse(flight, unacceptable(flight.request))
  const ready = convertAll(core, flight, entry, [object])
  if (!('objects' in ready)) return halted(core, flight, ready)
  const [shown = object] = ready.objects
  core.respond(flight, { code, headers: JSON_HEADERS, body: shaped(core, flight, entry, shown, form) })
}

/** A version that only a webhook can make: it is asked first, or has failed. */
function halted(core: Core, flight: Flight, why: Exclude<Converted, { objects: unknown }>): void {
  if ('call' in why) core.callOut(flight, why.call)
  else core.refuse(flight, why.status)
}

export const JSON_HEADERS: Record<string, string> = { 'content-type': 'application/json' }

function shaped(core: Core, flight: Flight, entry: KindEntry, object: KubeObject, form: Form): unknown {
  if (form === 'object') return outside(core, flight, convertTo(entry, object))
  if (form === 'metadata') return metadataOnly(object)
  const metadata = { resourceVersion: object.metadata.resourceVersion }
  return makeTable(core, entry, [object], { include: includeOf(flight), metadata, columns: true })
}

/** Releases from this one on leave an absent creationTimestamp out; before, it is null wherever metadata is. */
const OMITS_TIMES_SINCE = 34

/** A client that reads JSON, rather than a component that takes objects by reference. */
const isOutside = (core: Core, flight: Flight): boolean =>
  core.minor < OMITS_TIMES_SINCE && (flight.request.headers.accept ?? '').includes('json')

type Plain = Record<string, unknown>

const timed = <T extends Plain>(holder: T): T => ({
  ...holder,
  metadata: { creationTimestamp: null, ...(holder.metadata as Plain | undefined) },
})

/** The template, and the template in the template. */
function withTimes(spec: Plain): Plain {
  const next = { ...spec }
  for (const field of ['template', 'jobTemplate']) {
    const inner = next[field] as (Plain & { spec?: Plain }) | undefined
    if (inner !== undefined)
      next[field] = timed({ ...inner, ...(inner.spec?.template !== undefined && { spec: withTimes(inner.spec) }) })
  }
  return next
}

function outside(core: Core, flight: Flight, object: KubeObject): KubeObject {
  const { spec } = object as KubeObject & { spec?: Plain }
  if (!isOutside(core, flight) || (spec?.template === undefined && spec?.jobTemplate === undefined)) return object
  return { ...object, spec: withTimes(spec) } as KubeObject
}

export interface ListMeta {
  resourceVersion: string
  continue?: string
  remainingItemCount?: number
}

/** Answers with a list. */
export function respondList(core: Core, flight: Flight, objects: KubeObject[], metadata: ListMeta): void {
  const entry = core.entryOf(flight)
  const form = formOf(flight.request)
  if (form === undefined) return core.refuse(flight, unacceptable(flight.request))
  const ready = convertAll(core, flight, entry, objects)
  if (!('objects' in ready)) return halted(core, flight, ready)
  core.respond(flight, {
    code: 200,
    headers: JSON_HEADERS,
    body: shapedList(core, flight, entry, ready.objects, metadata, form),
  })
}

function shapedList(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  objects: KubeObject[],
  metadata: ListMeta,
  form: Form,
): unknown {
  if (form === 'table') return makeTable(core, entry, objects, { include: includeOf(flight), metadata, columns: true })
  if (form === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: META, metadata, items: objects.map(metadataOnly) }
  const wanted = apiVersionOf(entry)
  const same = entry.custom === undefined && objects.every(({ apiVersion }) => apiVersion === wanted)
  return {
    kind: `${entry.kind}List`,
    apiVersion: wanted,
    metadata,
    items:
      same && !isOutside(core, flight)
        ? objects
        : objects.map((object) => outside(core, flight, convertTo(entry, object))),
  }
}

/** One event of a watch in the form that was asked for. */
export function shapeEvent(
  core: Core,
  entry: KindEntry,
  object: KubeObject,
  form: Form,
  include: string,
  columns: boolean,
): unknown {
  if (form === 'object') return convertTo(entry, object)
  if (form === 'metadata') return metadataOnly(object)
  return makeTable(core, entry, [object], {
    include,
    metadata: { resourceVersion: object.metadata.resourceVersion },
    columns,
  })
}
