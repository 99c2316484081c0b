/**
 * Between the simulation's HTTP and the bytes on a real wire: JSON, YAML and protobuf bodies in, JSON
 * (or text) out, watch events a line each. Pure functions.
 */
import { parse as parseYaml, stringify as makeYaml } from 'yaml'
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import { duplicateFields } from '../objects/duplicate-fields.ts'
import { decodeProtobuf, ProtobufError } from '../objects/protobuf.ts'
import { TYPED, TYPED_HEADER } from './client/media.ts'
import { refusal, badRequest, unsupportedMediaType } from './status.ts'
import type { ApiStatus } from './status.ts'

export interface WireResponse {
  status: number
  headers: Record<string, string>
  bytes: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Items of a typed list carry neither kind nor apiVersion on the wire. */
function bareItem(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item
  const { kind: _, apiVersion: __, ...rest } = item as Record<string, unknown>
  return rest
}

interface ListBody {
  kind: string
  apiVersion: string
  items: unknown[]
}

/** Groups whose objects have no Go type in the server keep their type in lists. */
const isBuiltIn = (apiVersion: string): boolean =>
  !apiVersion.includes('/') ||
  !(apiVersion.split('/')[0] as string).includes('.') ||
  (apiVersion.split('/')[0] as string).endsWith('.k8s.io')

function isTypedList(body: unknown): body is ListBody {
  if (typeof body !== 'object' || body === null) return false
  const { kind, apiVersion, items } = body as Partial<ListBody>
  return (
    Array.isArray(items) &&
    kind !== undefined &&
    kind.endsWith('List') &&
    apiVersion !== undefined &&
    isBuiltIn(apiVersion) &&
    !kind.startsWith('PartialObjectMetadata') &&
    kind !== 'APIGroupDiscoveryList'
  )
}

/** Fields in the order in which upstream's types state them: kind and apiVersion first. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('apiVersion' in value) || !('kind' in value)) return value
  const { kind, apiVersion, metadata, ...rest } = value as Record<string, unknown>
  return { kind, apiVersion, ...(metadata !== undefined && { metadata }), ...rest }
}

function bodyText({ headers, body }: HttpResponse): string {
  if (body === undefined) return ''
  if (typeof body === 'string' && !(headers['content-type'] ?? '').includes('json')) return body
  const shown = isTypedList(body) ? { ...body, items: body.items.map(bareItem) } : body
  if ((headers['content-type'] ?? '').includes('yaml')) return makeYaml(shown)
  return `${JSON.stringify(ordered(shown))}\n`
}

/** An answer as bytes. A streaming answer has none; its chunks follow by `chunkToWire`. */
export function toWire(response: HttpResponse): WireResponse {
  const bytes =
    response.streaming === true
      ? new Uint8Array()
      : response.body instanceof Uint8Array
        ? response.body
        : encoder.encode(bodyText(response))
  return { status: response.code, headers: response.headers, bytes }
}

/** One chunk of a stream: a watch event as a line of JSON, text as it is. */
export function chunkToWire(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  return encoder.encode(typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`)
}

/** A body that cannot be read: what to answer. */
export class WireError extends Error {
  constructor(readonly status: ApiStatus) {
    super(status.message)
  }

  get response(): HttpResponse {
    return refusal(this.status)
  }
}

const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new WireError(badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`))
  }
}

function parseYamlText(text: string): unknown {
  try {
    return parseYaml(text, { version: '1.1', maxAliasCount: 100 }) as unknown
  } catch (error) {
    throw new WireError(badRequest(`error decoding YAML: ${(error as Error).message}`))
  }
}

function parseProtobuf(bytes: Uint8Array): unknown {
  try {
    return decodeProtobuf(bytes).object
  } catch (error) {
    if (error instanceof ProtobufError) throw new WireError(badRequest(error.message))
    throw error
  }
}

function parseBody(media: string, bytes: Uint8Array): unknown {
  if (media === '' || media.endsWith('json')) return parseJson(decoder.decode(bytes))
  if (media.endsWith('yaml')) return parseYamlText(decoder.decode(bytes))
  if (media === 'application/vnd.kubernetes.protobuf') return parseProtobuf(bytes)
  throw new WireError(unsupportedMediaType(ACCEPTED))
}

/** The query; the words of exec's `command`, which is repeated, as one JSON list. */
export function queryOf(search: URLSearchParams): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [key, value] of search) query[key] = value
  if (search.has('command')) query.command = JSON.stringify(search.getAll('command'))
  return query
}

/**
 * A request from outside. Header names must be in lower case. Throws WireError, whose `response` is to
 * be sent, when the body cannot be read. The certificate is the caller's to add.
 */
export function fromWire(method: string, url: string, headers: Record<string, string>, bytes: Uint8Array): HttpRequest {
  const parsed = new URL(url, 'https://kubernetes')
  const { [TYPED_HEADER]: _, 'x-duplicate-fields': __, ...clean } = headers
  const media = (clean['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  if (media === TYPED) throw new WireError(unsupportedMediaType(ACCEPTED))
  const request: HttpRequest = {
    method: method.toUpperCase() as HttpRequest['method'],
    path: parsed.pathname,
    query: queryOf(parsed.searchParams),
    headers: clean,
  }
  if (bytes.length === 0) return request
  const body = parseBody(media, bytes)
  const duplicates =
    media.endsWith('json') && media !== 'application/json-patch+json' ? duplicateFields(decoder.decode(bytes)) : []
  return {
    ...request,
    body,
    ...(duplicates.length > 0 && { headers: { ...clean, 'x-duplicate-fields': JSON.stringify(duplicates) } }),
  }
}
