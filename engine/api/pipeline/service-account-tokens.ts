/**
 * Tokens of service accounts: signed, with the claims of the release, and believed only while what they are bound to is
 * there. Models pkg/serviceaccount/{claims,legacy,jwt,openidmetadata}.go.
 * Not modelled: several issuers, external signers, tokens of other issuers (OIDC).
 */
import { isSignedJwt, makeJwt, readJwt } from '../../pki/index.ts'
import type { PrivateKey, PublicKey } from '../../pki/index.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import { directoryOf } from '../storage/keys.ts'

export const ISSUER = 'https://kubernetes.default.svc.cluster.local'
export const LEGACY_ISSUER = 'kubernetes/serviceaccount'

/** What signs tokens and what they are checked with; a server of a test has a pair of its own. */
export interface TokenKeys {
  signing(): PrivateKey | undefined
  verifying(): readonly PublicKey[]
}

interface Ref {
  name: string
  uid?: string
}

/** The claim `kubernetes.io`. */
interface Bound {
  namespace: string
  node?: Ref
  pod?: Ref
  secret?: Ref
  serviceaccount: Ref
  warnafter?: number
}

interface Claims {
  aud: string[]
  exp: number
  iat: number
  iss: string
  jti?: string
  'kubernetes.io': Bound
  nbf: number
  sub: string
}

export interface TokenFacts {
  nowMs: number
  namespace: string
  account: Ref
  /** How long it lives. */
  seconds: number
  audiences: string[]
  jti: string
  pod?: Ref
  secret?: Ref
  node?: Ref
  /** Seconds after which its use is frowned upon (--service-account-extend-token-expiration). */
  warnAfter?: number
}

/** jti came with 1.29 (beta 1.30), as did the node of a pod. */
const withIds = (minor: number): boolean => minor >= 30

export function claimsOf(facts: TokenFacts, minor: number): Claims {
  const now = Math.floor(facts.nowMs / 1000)
  const { namespace, account, pod, secret, node, warnAfter } = facts
  const bound: Bound = {
    namespace,
    ...(node !== undefined && withIds(minor) && { node }),
    ...(pod !== undefined && { pod }),
    ...(secret !== undefined && { secret }),
    serviceaccount: account,
    ...(warnAfter !== undefined && { warnafter: now + warnAfter }),
  }
  return {
    aud: facts.audiences,
    exp: now + facts.seconds,
    iat: now,
    iss: ISSUER,
    ...(withIds(minor) && { jti: facts.jti }),
    'kubernetes.io': bound,
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  }
}

export const makeToken = (facts: TokenFacts, key: PrivateKey, minor: number): string =>
  makeJwt(claimsOf(facts, minor), key)

export type TokenVerdict = { user: UserInfo; audiences: string[] } | { error: string }

/** The account that a token speaks for; undefined when it is none of ours. */
export function readToken(
  core: Core,
  token: string,
  audiences: readonly string[] = [ISSUER],
): TokenVerdict | undefined {
  const jwt = readJwt(token)
  const issuer = jwt?.claims.iss
  if (jwt === undefined || (issuer !== ISSUER && issuer !== LEGACY_ISSUER)) return undefined
  if (!isSignedJwt(token, core.tokenKeys.verifying()))
    return { error: '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]' }
  return issuer === LEGACY_ISSUER
    ? readLegacy(core, jwt.claims as Record<string, string>, token)
    : readBound(core, jwt.claims as unknown as Claims, audiences)
}

const wrong = (why: string): TokenVerdict => ({ error: `[invalid bearer token, ${why}]` })
const INVALIDATED = 'service account token has been invalidated'

function stored(core: Core, resource: string, namespace: string, name: string): KubeObject | undefined {
  return core.cache.get(`${directoryOf('', resource)}${namespace === '' ? '' : `${namespace}/`}${name}`)
}

function readBound(core: Core, claims: Claims, audiences: readonly string[]): TokenVerdict {
  const seconds = core.kernel.clockMs / 1000
  if (claims.exp < seconds) return wrong('service account token has expired')
  if (claims.nbf > seconds) return wrong('service account token is not valid yet')
  const shared = claims.aud.filter((audience) => audiences.includes(audience))
  if (shared.length === 0)
    return wrong(
      `token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
    )
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
  const account = stored(core, 'serviceaccounts', namespace, serviceaccount.name)
  if (account === undefined) return wrong(`serviceaccounts "${serviceaccount.name}" not found`)
  if (account.metadata.uid !== serviceaccount.uid)
    return wrong(`service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`)
  for (const [resource, where, bound] of [
    ['secrets', namespace, secret],
    ['pods', namespace, pod],
    ['nodes', '', pod === undefined ? node : undefined],
  ] as const)
    if (bound !== undefined && stored(core, resource, where, bound.name)?.metadata.uid !== bound.uid)
      return wrong(INVALIDATED)
  const extra = {
    ...(claims.jti !== undefined &&
      core.minor >= 30 && { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }),
    ...(withIds(core.minor) && refExtra('node', node)),
    ...refExtra('pod', pod),
  }
  return { user: userOf(namespace, serviceaccount.name, serviceaccount.uid, extra), audiences: shared }
}

const refExtra = (kind: string, ref: Ref | undefined): Record<string, string[]> =>
  ref === undefined
    ? {}
    : {
        [`authentication.kubernetes.io/${kind}-name`]: [ref.name],
        [`authentication.kubernetes.io/${kind}-uid`]: [ref.uid ?? ''],
      }

function userOf(namespace: string, name: string, uid: string | undefined, extra: Record<string, string[]>): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    ...(uid !== undefined && { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

function readLegacy(core: Core, claims: Record<string, string>, token: string): TokenVerdict {
  const of = (field: string): string => claims[`kubernetes.io/serviceaccount/${field}`] ?? ''
  const [namespace, name, uid] = [of('namespace'), of('service-account.name'), of('service-account.uid')]
  const secret = stored(core, 'secrets', namespace, of('secret.name')) as
    (KubeObject & { data?: Record<string, string> }) | undefined
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return wrong(INVALIDATED)
  if (atob(secret.data?.token ?? '') !== token) return wrong(INVALIDATED)
  if (secret.metadata.labels?.[INVALID_SINCE] !== undefined)
    return wrong(
      `the token in secret ${namespace}/${of('secret.name')} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the 'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token`,
    )
  const account = stored(core, 'serviceaccounts', namespace, name)
  if (account === undefined) return wrong(`serviceaccounts "${name}" not found`)
  if (account.metadata.uid !== uid)
    return wrong(`service account UID (${account.metadata.uid}) does not match claim (${uid})`)
  return { user: userOf(namespace, name, uid, {}), audiences: [ISSUER] }
}
