/**
 * Errors as upstream's Status objects, one function each.
 * Models apimachinery pkg/api/errors/errors.go and apiserver responsewriters/errors.go (K5).
 */
import type { HttpResponse } from '../fabric/http.ts'
import { causeReasons, makeFieldErrorBody } from '../objects/validation/errors.ts'
import type { FieldError } from '../objects/validation/errors.ts'
import { makeFieldError } from '../objects/validation/errors.ts'
import type { RequestInfo, UserInfo } from './flight.ts'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface ApiStatus {
  kind: 'Status'
  apiVersion: 'v1'
  /** Of a list whose token is too old: the token that goes on regardless. */
  metadata: { continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** A resource as error texts name it. */
export interface Named {
  group: string
  resource: string
}

const qualified = ({ group, resource }: Named): string => (group === '' ? resource : `${resource}.${group}`)

const detailsOf = ({ group, resource }: Named, name?: string): StatusDetails => ({
  ...(name !== undefined && name !== '' && { name }),
  ...(group !== '' && { group }),
  kind: resource,
})

export function failure(code: number, reason: string | undefined, message: string, details?: StatusDetails): ApiStatus {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  }
}

/** The answer to a request that failed. */
export function refusal(status: ApiStatus): HttpResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const retry = status.details?.retryAfterSeconds
  if (retry !== undefined) headers['retry-after'] = String(retry)
  return { code: status.code ?? 500, headers, body: status }
}

export const success = (details?: StatusDetails): ApiStatus => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details !== undefined && { details }),
})

export const notFound = (of: Named, name: string): ApiStatus =>
  failure(404, 'NotFound', `${qualified(of)} "${name}" not found`, detailsOf(of, name))

export const alreadyExists = (of: Named, name: string): ApiStatus =>
  failure(409, 'AlreadyExists', `${qualified(of)} "${name}" already exists`, detailsOf(of, name))

/** generateName met a taken name: upstream asks the client to try again. */
export const generateNameConflict = (of: Named, name: string): ApiStatus =>
  failure(
    409,
    'AlreadyExists',
    `${qualified(of)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    { ...detailsOf(of, name), retryAfterSeconds: 1 },
  )

export const conflict = (of: Named, name: string, why: string, causes?: StatusCause[]): ApiStatus =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`, {
    ...detailsOf(of, name),
    ...(causes && { causes }),
  })

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

/** Server-side apply met fields of other managers. */
export const applyConflict = (message: string, causes: StatusCause[]): ApiStatus =>
  failure(409, 'Conflict', message, { causes })

export const forbidden = (of: Named, name: string, why: string): ApiStatus =>
  failure(
    403,
    'Forbidden',
    `${qualified(of)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    detailsOf(of, name),
  )

/** Whom the authorizer refused what, in upstream's words. */
export function unauthorizedVerb(info: RequestInfo, user: UserInfo, reason = ''): ApiStatus {
  const because = reason === '' ? '' : `: ${reason}`
  if (!info.isResource)
    return failure(
      403,
      'Forbidden',
      `forbidden: User "${user.name}" cannot ${info.verb} path "${info.path}"${because}`,
      {},
    )
  const what = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const where = info.namespace === '' ? 'at the cluster scope' : `in the namespace "${info.namespace}"`
  const why = `User "${user.name}" cannot ${info.verb} resource "${what}" in API group "${info.group}" ${where}${because}`
  return forbidden(info, info.name, why)
}

export const unauthorized = (): ApiStatus => failure(401, 'Unauthorized', 'Unauthorized')

export const badRequest = (message: string): ApiStatus => failure(400, 'BadRequest', message)

/** Field errors of one object, as `The Deployment "web" is invalid` shows them. */
export function invalid(of: { group: string; kind: string }, name: string, errors: FieldError[]): ApiStatus {
  const texts = [...new Set(errors.map(makeFieldError))]
  const list = texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`
  const causes = errors.map((error) => ({
    reason: causeReasons[error.type],
    message: makeFieldErrorBody(error),
    field: error.field,
  }))
  return failure(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    ...(name !== '' && { name }),
    ...(of.group !== '' && { group: of.group }),
    kind: of.kind,
    causes,
  })
}

export const methodNotAllowed = (of: Named, verb: string): ApiStatus =>
  failure(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(of)}"`, detailsOf(of))

/** The server knows the path but not the method. */
export const methodNotKnown = (): ApiStatus =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const pathNotFound = (): ApiStatus =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {})

export const notAcceptable = (accepted: string[]): ApiStatus =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)

export const unsupportedMediaType = (accepted: string[]): ApiStatus =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** The window of remembered changes no longer holds what the client wants. */
export const expired = (message: string): ApiStatus => failure(410, 'Expired', message)

export const tooLargeResourceVersion = (requested: number, current: number): ApiStatus =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: StatusCause[]): ApiStatus =>
  failure(429, 'TooManyRequests', message, {
    ...(causes && { causes }),
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  })

/** Reads that outlive the request timeout (O8: 60 s). */
export const readTimeout = (what: string): ApiStatus =>
  failure(
    504,
    'Timeout',
    `the server was unable to return a response in the time allotted, but may still be processing the request${what}`,
    {},
  )

/** Writes that outlive their deadline (O8: 34 s). */
export const writeTimeout = (): ApiStatus =>
  failure(504, 'Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded', {})

export const internalError = (message: string): ApiStatus =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })

/** An error that upstream passes on as it came (etcd's, mostly). */
export const unknownError = (message: string): ApiStatus => failure(500, undefined, message)

export const notSimulated = (what: string): ApiStatus => failure(501, 'NotImplemented', `not simulated: ${what}`)
