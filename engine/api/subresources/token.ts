/**
 * Tokens of service accounts: claims that look like a JWT, signed by nothing but the form.
 * Models pkg/registry/core/serviceaccount/storage/token.go. Not modelled: signatures.
 */
import type { Core, VerbHandler } from '../core.ts'
import { JSON_HEADERS } from '../present.ts'
import { invalid, notFound } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'
import { timestamp } from '../../objects/meta.ts'

export const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const ACCOUNTS = { group: '', resource: 'serviceaccounts' }
const DEFAULT_SECONDS = 3600

interface Claims {
  namespace: string
  name: string
  uid: string
}

interface Payload {
  aud: string[]
  exp: number
  iat: number
  iss: string
  'kubernetes.io': { namespace: string; serviceaccount: { name: string; uid: string } }
  jti: string
  nbf: number
  sub: string
}

const toUrl = (text: string): string => btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const fromUrl = (text: string): string => atob(text.replace(/-/g, '+').replace(/_/g, '/'))

const HEADER = toUrl(JSON.stringify({ alg: 'RS256', kid: 'kubeflight' }))

/** 256 bytes in base64url that depend on the payload alone. */
function seal(payload: string): string {
  let [a, b] = [0x9e3779b9, 0x243f6a88]
  let text = ''
  for (let i = 0; i < 342; i++) {
    const code = payload.charCodeAt(i % payload.length)
    a = Math.imul(a ^ code ^ i, 2654435761)
    b = Math.imul(b ^ a, 1597334677)
    text += 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt((a ^ (b >>> 16)) & 63)
  }
  return text
}

/** A token's text. */
export function makeToken(nowMs: number, account: Claims, seconds: number, audiences: string[], jti: string): string {
  const now = Math.floor(nowMs / 1000)
  const { namespace, name, uid } = account
  const payload: Payload = {
    aud: audiences,
    exp: now + seconds,
    iat: now,
    iss: ISSUER,
    jti,
    'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
  const body = toUrl(JSON.stringify(payload))
  return `${HEADER}.${body}.${seal(body)}`
}

function payloadOf(token: string): Payload | undefined {
  const [header, body, seal_] = token.split('.')
  if (header !== HEADER || body === undefined || seal_ !== seal(body)) return undefined
  try {
    return JSON.parse(fromUrl(body)) as Payload
  } catch {
    return undefined
  }
}

/** The account that a token speaks for, while it is valid and the account exists. */
export function readToken(core: Core, token: string): (Claims & { jti: string }) | undefined {
  const payload = payloadOf(token)
  if (payload === undefined || payload.exp * 1000 < core.kernel.clockMs) return undefined
  const { namespace, serviceaccount } = payload['kubernetes.io']
  const account = core.cache.get(`${directoryOf('', 'serviceaccounts')}${namespace}/${serviceaccount.name}`)
  return account?.metadata.uid === serviceaccount.uid ? { namespace, ...serviceaccount, jti: payload.jti } : undefined
}

interface TokenSpec {
  audiences?: string[]
  expirationSeconds?: number
  boundObjectRef?: { kind?: string; name?: string; uid?: string }
}

const MIN_SECONDS = 600
const BOUND: Record<string, { group: string; resource: string; cluster?: boolean }> = {
  Pod: { group: '', resource: 'pods' },
  Secret: { group: '', resource: 'secrets' },
  Node: { group: '', resource: 'nodes', cluster: true },
}

/** A token lives ten minutes at least, and the object that it is bound to must be there. */
function specProblem(
  core: Core,
  namespace: string,
  { expirationSeconds, boundObjectRef }: TokenSpec,
): ApiStatus | undefined {
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS) {
    const detail = 'may not specify a duration less than 10 minutes'
    return invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      { type: 'Invalid', field: 'spec.expirationSeconds', badValue: expirationSeconds, detail },
    ])
  }
  const bound = BOUND[boundObjectRef?.kind ?? '']
  if (bound === undefined) return undefined
  const name = boundObjectRef?.name ?? ''
  const key = `${directoryOf(bound.group, bound.resource)}${bound.cluster ? '' : `${namespace}/`}${name}`
  return core.cache.get(key) === undefined ? notFound(bound, name) : undefined
}

/** POST serviceaccounts/x/token */
export const createToken: VerbHandler = (core, flight) => {
  const { namespace, name } = flight.info
  const account = core.cache.get(`${directoryOf('', 'serviceaccounts')}${namespace}/${name}`)
  if (account === undefined) return core.refuse(flight, notFound(ACCOUNTS, name))
  const { spec = {} } = (flight.request.body ?? {}) as { spec?: TokenSpec }
  const problem = specProblem(core, namespace, spec)
  if (problem !== undefined) return core.refuse(flight, problem)
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS
  const audiences = spec.audiences ?? [ISSUER]
  const now = core.kernel.clockMs
  const token = makeToken(
    now,
    { namespace, name, uid: account.metadata.uid ?? '' },
    seconds,
    audiences,
    core.random.uuid(),
  )
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: timestamp(now + seconds * 1000) },
  }
  core.respond(flight, { code: 201, headers: JSON_HEADERS, body })
}
