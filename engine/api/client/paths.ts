/** The HTTP request of a call. */
import type { HttpRequest } from '../../fabric/http.ts'
import { PATCH_TYPES, TYPED, TYPED_HEADER } from './media.ts'
import type { Call, Resource } from '../client.ts'

const METHODS: Record<Call['verb'], HttpRequest['method']> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

const PATCH_MEDIA = Object.fromEntries(Object.entries(PATCH_TYPES).map(([media, type]) => [type, media]))

/** `v1/pods` → `/api/v1`, `apps/v1/deployments` → `/apis/apps/v1`, and the resource's own name. */
function splitResource(resource: Resource): { prefix: string; name: string } {
  const at = resource.lastIndexOf('/')
  const [version, name] = [resource.slice(0, at), resource.slice(at + 1)]
  return { prefix: version.includes('/') ? `/apis/${version}` : `/api/${version}`, name }
}

const prefixes = new Map<Resource, { prefix: string; name: string }>()

/** The path of a resource, of its objects in a namespace, of one object, or of a subresource. */
export function pathOf(resource: Resource, namespace = '', name = '', subresource = ''): string {
  let split = prefixes.get(resource)
  if (split === undefined) prefixes.set(resource, (split = splitResource(resource)))
  let path =
    namespace === '' ? `${split.prefix}/${split.name}` : `${split.prefix}/namespaces/${namespace}/${split.name}`
  if (name !== '') path += `/${name}`
  return subresource === '' ? path : `${path}/${subresource}`
}

export interface ClientHeaders {
  agent: string
  certificate: HttpRequest['certificate']
  token?: string
}

const headersByMedia = new Map<string, Record<string, string>>()

/** Headers are shared by all requests of one agent and media type. */
function headersFor(agent: string, media: string): Record<string, string> {
  const key = `${agent} ${media}`
  let headers = headersByMedia.get(key)
  if (headers === undefined)
    headersByMedia.set(
      key,
      (headers = { 'user-agent': agent, accept: 'application/json', 'content-type': media, [TYPED_HEADER]: 'true' }),
    )
  return headers
}

export function requestOf(call: Call, { agent, certificate, token }: ClientHeaders): HttpRequest {
  const media = call.verb === 'patch' ? (PATCH_MEDIA[call.patchType ?? 'strategic'] as string) : TYPED
  return {
    method: METHODS[call.verb],
    path: pathOf(call.resource, call.namespace, call.name, call.subresource),
    query: { ...call.query },
    headers:
      token === undefined
        ? headersFor(agent, media)
        : { ...headersFor(agent, media), authorization: `Bearer ${token}` },
    ...(call.body !== undefined && { body: call.body }),
    ...((call.as ?? certificate) && { certificate: call.as ?? certificate }),
  }
}
