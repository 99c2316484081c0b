/** What a request is about. Models k8s.io/apiserver/pkg/endpoints/request/requestinfo.go. */
import type { HttpRequest } from '../../fabric/http.ts'
import type { ApiVerb, RequestInfo } from '../flight.ts'

const VERBS: Record<HttpRequest['method'], ApiVerb> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
  OPTIONS: 'options',
}

const PLAIN_VERBS: Record<HttpRequest['method'], ApiVerb> = {
  GET: 'get',
  HEAD: 'head',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
  OPTIONS: 'options',
}

/** Subresources of a namespace; anything else below it is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1'

function plain(request: HttpRequest): RequestInfo {
  return {
    isResource: false,
    path: request.path,
    verb: PLAIN_VERBS[request.method],
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
  }
}

function segmentsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return path.includes('%') ? parts.map(decodeSegment) : parts
}

/** A segment that is not percent-encoded as it must be names nothing: it stays as it is. */
function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The group, version and the rest of the path; undefined when the path is not a resource's. */
function prefixOf(parts: string[]): { group: string; version: string; rest: string[] } | undefined {
  if (parts[0] === 'api' && parts.length >= 3) return { group: '', version: parts[1] as string, rest: parts.slice(2) }
  if (parts[0] === 'apis' && parts.length >= 4)
    return { group: parts[1] as string, version: parts[2] as string, rest: parts.slice(3) }
  return undefined
}

function targetOf(rest: string[]): Pick<RequestInfo, 'resource' | 'subresource' | 'namespace' | 'name'> {
  const [first = '', second = '', third, ...more] = rest
  if (first !== 'namespaces' || third === undefined || NAMESPACE_SUBRESOURCES.has(third)) {
    const namespace = first === 'namespaces' ? second : ''
    return { resource: first, name: second, subresource: third ?? '', namespace }
  }
  return { namespace: second, resource: third, name: more[0] ?? '', subresource: more.slice(1).join('/') }
}

function verbOf(request: HttpRequest, watchPath: boolean, name: string): ApiVerb {
  const verb = VERBS[request.method]
  if (verb === 'get' && (watchPath || (name === '' && isTrue(request.query.watch)))) return 'watch'
  if (verb === 'get' && isTrue(request.query.watch) && name === '') return 'watch'
  if (name !== '') return verb
  if (verb === 'get') return 'list'
  return verb === 'delete' ? 'deletecollection' : verb
}

/** Reads a request's path and method. Never fails: what is no resource is a plain path. */
export function routeRequest(request: HttpRequest): RequestInfo {
  const prefix = prefixOf(segmentsOf(request.path))
  if (prefix === undefined) return plain(request)
  const watchPath = prefix.rest[0] === 'watch' && prefix.rest.length > 1
  const target = targetOf(watchPath ? prefix.rest.slice(1) : prefix.rest)
  const verb = verbOf(request, watchPath, target.name)
  return { isResource: true, path: request.path, verb, group: prefix.group, version: prefix.version, ...target }
}
