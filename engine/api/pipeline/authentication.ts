/**
 * Who asks: the client certificate's names, a service account's token, or nobody.
 * Models apiserver authentication/request/{x509,bearertoken,anonymous}.
 */
import type { HttpRequest } from '../../fabric/http.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import { readBootstrapToken } from './bootstrap-tokens.ts'
import { readToken } from './service-account-tokens.ts'
import type { TokenVerdict } from './service-account-tokens.ts'

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const AUTHENTICATED = 'system:authenticated'

const CREDENTIAL = 'authentication.kubernetes.io/credential-id'

const users = new WeakMap<object, UserInfo>()

/**
 * The user of a request; undefined: refused with 401. A certificate that is not trusted, or a token that is none,
 * is an error, which a good token makes up for and which leaves no room for anonymity.
 */
export function authenticate(core: Core, request: HttpRequest): UserInfo | undefined {
  const { certificate } = request
  if (certificate !== undefined && certificate.problem === undefined) return fromCertificate(core, certificate)
  const token = bearerToken(request)
  if (token !== undefined) {
    const verdict = authenticateToken(core, token)
    return 'user' in verdict ? verdict.user : undefined
  }
  return certificate === undefined && core.flags.anonymousAuth ? ANONYMOUS : undefined
}

/** Models authentication/request/bearertoken: the word in any case, no empty tokens. */
function bearerToken({ headers }: HttpRequest): string | undefined {
  const [, word = ''] = /^bearer\s+(\S+)$/i.exec(headers.authorization?.trim() ?? '') ?? []
  return word === '' ? undefined : word
}

/** The extra that names the credential came with 1.29 for tokens and 1.32 for certificates. */
function fromCertificate(core: Core, certificate: NonNullable<HttpRequest['certificate']>): UserInfo {
  let user = users.get(certificate)
  if (user === undefined) {
    const groups = certificate.organizations.includes(AUTHENTICATED)
      ? certificate.organizations
      : [...certificate.organizations, AUTHENTICATED]
    const id = certificate.sha256
    user = {
      name: certificate.commonName,
      groups,
      ...(id !== undefined && core.minor >= 32 && { extra: { [CREDENTIAL]: [`X509SHA256=${id}`] } }),
    }
    users.set(certificate, user)
  }
  return user
}

/** Whom a token speaks for, or why for nobody. */
export function authenticateToken(core: Core, token: string, audiences?: readonly string[]): TokenVerdict {
  const key = `${(audiences ?? []).join()} ${token}`
  return core.tokenCache.get(key, core.kernel.clockMs, () => readAnyToken(core, token, audiences))
}

function readAnyToken(core: Core, token: string, audiences?: readonly string[]): TokenVerdict {
  const known = core.flags.tokens.find((one) => one.token === token)
  if (known !== undefined)
    return {
      user: { name: known.user, uid: known.uid, groups: [...known.groups, AUTHENTICATED] },
      audiences: [...(audiences ?? [])],
    }
  const account = readToken(core, token, audiences)
  if (account !== undefined) return account
  const user = core.flags.bootstrapTokenAuth ? readBootstrapToken(core, token) : undefined
  if (user === undefined) return { error: 'invalid bearer token' }
  return { user: { ...user, groups: [...user.groups, AUTHENTICATED] }, audiences: [...(audiences ?? [])] }
}
