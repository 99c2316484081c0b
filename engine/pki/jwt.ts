/** JSON web tokens signed with RS256 or ES256. Models gopkg.in/go-jose and pkg/serviceaccount/jwt.go (key ids). */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromBase64Url, fromBigInt, fromUtf8, toBase64Url, toBigInt, toUtf8 } from './bytes.ts'
import { child, integer, parseDer, sequence } from './der.ts'
import { CURVES } from './ec.ts'
import { makePublicKeyDer, publicPartOf, sign, verifySignature } from './keys.ts'
import type { PrivateKey, PublicKey } from './keys.ts'

/** The `kid` of a key: SHA-256 of its SubjectPublicKeyInfo in base64url. */
export const keyName = (key: PublicKey): string => toBase64Url(sha256(makePublicKeyDer(key)))

const algorithmOf = (key: PublicKey): string => (key.kind === 'rsa' ? 'RS256' : 'ES256')

export function makeJwt(claims: object, key: PrivateKey): string {
  const header = { alg: algorithmOf(key), kid: keyName(publicPartOf(key)) }
  const signed = `${part(header)}.${part(claims)}`
  const signature = sign(key, toUtf8(signed))
  return `${signed}.${toBase64Url(key.kind === 'rsa' ? signature : plainSignature(signature))}`
}

const part = (value: object): string => toBase64Url(toUtf8(JSON.stringify(value)))

/** r and s side by side, as JOSE has them. */
function plainSignature(der: Uint8Array): Uint8Array {
  const parsed = parseDer(der)
  const half = (index: number): Uint8Array => fromBigInt(toBigInt(child(parsed, index).content), CURVES['P-256'].bytes)
  return concat(half(0), half(1))
}

const derSignature = (plain: Uint8Array): Uint8Array =>
  sequence(integer(toBigInt(plain.subarray(0, plain.length / 2))), integer(toBigInt(plain.subarray(plain.length / 2))))

/** The claims of a token, whoever signed it; undefined when it has not the form of one. */
export function readJwt(
  token: string,
): { header: { alg?: string; kid?: string }; claims: Record<string, unknown> } | undefined {
  const [head, body, signature, more] = token.split('.')
  if (head === undefined || body === undefined || signature === undefined || more !== undefined) return undefined
  try {
    const [header, claims] = [head, body].map(
      (text) => JSON.parse(fromUtf8(fromBase64Url(text) as Uint8Array)) as unknown,
    )
    if (typeof header !== 'object' || typeof claims !== 'object' || claims === null || header === null) return undefined
    return { header: header as { alg?: string }, claims: claims as Record<string, unknown> }
  } catch {
    return undefined
  }
}

const verdicts = new Map<string, boolean>()
const REMEMBERED = 2000

/** Whether one of the keys made the token. */
export function isSignedJwt(token: string, keys: readonly PublicKey[]): boolean {
  return keys.some((key) => {
    const memo = `${keyName(key)} ${token}`
    let verdict = verdicts.get(memo)
    if (verdict === undefined) {
      if (verdicts.size >= REMEMBERED) verdicts.clear()
      verdict = isSignedWith(token, key)
      verdicts.set(memo, verdict)
    }
    return verdict
  })
}

function isSignedWith(token: string, key: PublicKey): boolean {
  const end = token.lastIndexOf('.')
  const signature = fromBase64Url(token.slice(end + 1))
  if (signature === undefined || readJwt(token)?.header.alg !== algorithmOf(key)) return false
  const algorithm = key.kind === 'rsa' ? '1.2.840.113549.1.1.11' : '1.2.840.10045.4.3.2'
  const form = key.kind === 'rsa' ? signature : derSignature(signature)
  return verifySignature(key, algorithm, toUtf8(token.slice(0, end)), form)
}

/** A key as the JWKS of `/openid/v1/jwks` shows it. */
export function makeJwk(key: PublicKey): Record<string, string> {
  const common = { use: 'sig', kty: key.kind === 'rsa' ? 'RSA' : 'EC', kid: keyName(key) }
  if (key.kind === 'rsa')
    return { ...common, alg: 'RS256', n: toBase64Url(fromBigInt(key.n)), e: toBase64Url(fromBigInt(key.e)) }
  const half = CURVES[key.curve].bytes
  const [x, y] = [key.point.subarray(1, 1 + half), key.point.subarray(1 + half)]
  return { ...common, crv: key.curve, alg: 'ES256', x: toBase64Url(x), y: toBase64Url(y) }
}

/** HS256 over a text that stands elsewhere: `header..signature`. `key` is `<id>.<secret>`. Models cluster-bootstrap/token/jws. */
export function makeDetachedJws(content: string, id: string, secret: string): string {
  const header = part({ alg: 'HS256', kid: id })
  const signed = toUtf8(`${header}.${toBase64Url(toUtf8(content))}`)
  return `${header}..${toBase64Url(hmac(sha256, toUtf8(`${id}.${secret}`), signed))}`
}
