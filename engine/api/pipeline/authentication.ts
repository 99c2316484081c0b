/**
 * Who asks: the client certificate's names, a service account's token, or nobody.
 * Models apiserver authentication/request/{x509,bearertoken,anonymous} and impersonation (endpoints/filters/impersonation.go).
 */
import type { HttpRequest } from '../../fabric/http.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import { readToken } from '../subresources/token.ts'

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const AUTHENTICATED = 'system:authenticated'

const CREDENTIAL = 'authentication.kubernetes.io/credential-id'

/** 64 hex digits that tell certificates apart; not SHA-256, as there is no certificate to hash. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  const next = (salt: number): number => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i) ^ salt, 0x01000193) >>> 0
    return hash
  }
  return [1, 2, 3, 4, 5, 6, 7, 8].map((salt) => next(salt).toString(16).padStart(8, '0')).join('')
}

const users = new WeakMap<object, UserInfo>()

/** The user of a request; undefined: refused with 401. */
export function authenticate(core: Core, request: HttpRequest): UserInfo | undefined {
  const { certificate } = request
  if (certificate !== undefined) return fromCertificate(certificate)
  const header = request.headers.authorization
  if (header?.startsWith('Bearer ') === true) return fromToken(core, header.slice(7))
  return core.flags.anonymousAuth ? ANONYMOUS : undefined
}

function fromCertificate(certificate: NonNullable<HttpRequest['certificate']>): UserInfo {
  let user = users.get(certificate)
  if (user === undefined) {
    const groups = certificate.organizations.includes(AUTHENTICATED)
      ? certificate.organizations
      : [...certificate.organizations, AUTHENTICATED]
    user = {
      name: certificate.commonName,
      groups,
      extra: { [CREDENTIAL]: [`X509SHA256=${fingerprint(certificate.commonName + certificate.organizations.join())}`] },
    }
    users.set(certificate, user)
  }
  return user
}

function fromToken(core: Core, token: string): UserInfo | undefined {
  const claims = readToken(core, token)
  if (claims === undefined) return undefined
  const { namespace, name, uid, jti } = claims
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
    extra: { [CREDENTIAL]: [`JTI=${jti}`] },
  }
}

/** The user that the request acts as; undefined when it acts as itself. */
export function impersonated(request: HttpRequest): UserInfo | undefined {
  const name = request.headers['impersonate-user']
  if (name === undefined) return undefined
  const asked = request.headers['impersonate-group']
  const own = name.startsWith('system:serviceaccount:') ? serviceAccountGroups(name) : []
  const groups = asked === undefined ? own : asked.split(',').map((group) => group.trim())
  return { name, groups: groups.includes('system:unauthenticated') ? groups : [...groups, AUTHENTICATED] }
}

const serviceAccountGroups = (name: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${name.split(':')[2]}`,
]
