/** Public and private keys and their PEM forms: PKCS #1, PKCS #8, SEC 1, SubjectPublicKeyInfo. Not modelled: encrypted keys. */
import { sha1 } from '@noble/hashes/legacy.js'
import { equalBytes, fromBigInt } from './bytes.ts'
import { CURVES, curveOf, ecFromSecret, signEc, verifyEc } from './ec.ts'
import type { Curve, EcPrivateKey, EcPublicKey } from './ec.ts'
import { bits, child, childrenOf, DerError, integer, nothing, octets, oid, parseDer, readBits } from './der.ts'
import { readInteger, readOid, sequence, TAG, tagged } from './der.ts'
import type { Der } from './der.ts'
import { makePem, parsePem } from './pem.ts'
import { rsaFromPrimes, signRsa, verifyRsa } from './rsa.ts'
import type { HashName, RsaPrivateKey, RsaPublicKey } from './rsa.ts'

export type PublicKey = RsaPublicKey | EcPublicKey
export type PrivateKey = RsaPrivateKey | EcPrivateKey

export const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
export const EC_PUBLIC_KEY = '1.2.840.10045.2.1'

/** SubjectPublicKeyInfo. */
export function makePublicKeyDer(key: PublicKey): Uint8Array {
  return sequence(algorithmOf(key), bits(publicKeyBits(key)))
}

function algorithmOf(key: PublicKey): Uint8Array {
  return key.kind === 'rsa'
    ? sequence(oid(RSA_ENCRYPTION), nothing())
    : sequence(oid(EC_PUBLIC_KEY), oid(CURVES[key.curve].oid))
}

const publicKeyBits = (key: PublicKey): Uint8Array =>
  key.kind === 'rsa' ? sequence(integer(key.n), integer(key.e)) : key.point

/** Throws DerError for a key of another kind. */
export function parsePublicKeyDer(info: Der): PublicKey {
  const algorithm = child(info, 0, TAG.sequence)
  const kind = readOid(child(algorithm, 0, TAG.oid))
  const content = readBits(child(info, 1, TAG.bits))
  if (kind === RSA_ENCRYPTION) return parseRsaPublic(parseDer(content))
  const curve = kind === EC_PUBLIC_KEY ? curveOf(readOid(child(algorithm, 1, TAG.oid))) : undefined
  if (curve === undefined) throw new DerError(`not simulated: public keys of algorithm ${kind}`)
  return { kind: 'ec', curve, point: content }
}

function parseRsaPublic(der: Der): RsaPublicKey {
  return { kind: 'rsa', n: readInteger(child(der, 0, TAG.integer)), e: readInteger(child(der, 1, TAG.integer)) }
}

/** SHA-1 of the key's bits: the usual subject key identifier. */
export const keyIdOf = (key: PublicKey): Uint8Array => sha1(publicKeyBits(key))

export function samePublicKey(a: PublicKey, b: PublicKey): boolean {
  return equalBytes(makePublicKeyDer(a), makePublicKeyDer(b))
}

export const publicPartOf = (key: PrivateKey): PublicKey =>
  key.kind === 'rsa' ? { kind: 'rsa', n: key.n, e: key.e } : { kind: 'ec', curve: key.curve, point: key.point }

export const makePublicKeyPem = (key: PublicKey): string => makePem('PUBLIC KEY', makePublicKeyDer(publicOnly(key)))

const publicOnly = (key: PublicKey): PublicKey =>
  key.kind === 'rsa' ? { kind: 'rsa', n: key.n, e: key.e } : { kind: 'ec', curve: key.curve, point: key.point }

function pkcs1({ n, e, d, p, q, dp, dq, qi }: RsaPrivateKey): Uint8Array {
  return sequence(...[0n, n, e, d, p, q, dp, dq, qi].map(integer))
}

function sec1({ secret, point, curve }: EcPrivateKey, named: boolean): Uint8Array {
  const parameters = named ? [tagged(0, oid(CURVES[curve].oid))] : []
  return sequence(integer(1), octets(secret), ...parameters, tagged(1, bits(point)))
}

/** `RSA PRIVATE KEY` or `EC PRIVATE KEY`: what kubeadm and `openssl rsa -traditional` write. */
export function makeTraditionalKeyPem(key: PrivateKey): string {
  let text = traditional.get(key)
  if (text === undefined) {
    text = key.kind === 'rsa' ? makePem('RSA PRIVATE KEY', pkcs1(key)) : makePem('EC PRIVATE KEY', sec1(key, true))
    traditional.set(key, text)
  }
  return text
}

/** The keys of the pool are written again and again. */
const traditional = new WeakMap<PrivateKey, string>()

/** `PRIVATE KEY` (PKCS #8): what OpenSSL 3 writes. */
export function makeKeyPem(key: PrivateKey): string {
  const inner = key.kind === 'rsa' ? pkcs1(key) : sec1(key, false)
  return makePem('PRIVATE KEY', sequence(integer(0), algorithmOf(key), octets(inner)))
}

/** What OpenSSL's ecparam writes before the key. */
export const makeCurvePem = (curve: Curve): string => makePem('EC PARAMETERS', oid(CURVES[curve].oid))

function parsePkcs1(der: Der): RsaPrivateKey {
  const values = childrenOf(der).map(readInteger)
  const [, , , , p, q] = values
  if (p === undefined || q === undefined) throw new DerError('short RSA key')
  return rsaFromPrimes(p, q)
}

function parseSec1(der: Der, curve: Curve | undefined): EcPrivateKey {
  const named = childrenOf(der).find(({ tag }) => tag === 0xa0)
  const found = curve ?? (named && curveOf(readOid(child(named, 0, TAG.oid))))
  if (found === undefined) throw new DerError('unknown elliptic curve')
  return ecFromSecret(found, child(der, 1, TAG.octets).content)
}

function parsePkcs8(der: Der): PrivateKey {
  const algorithm = child(der, 1, TAG.sequence)
  const kind = readOid(child(algorithm, 0, TAG.oid))
  const inner = parseDer(child(der, 2, TAG.octets).content)
  if (kind === RSA_ENCRYPTION) return parsePkcs1(inner)
  if (kind === EC_PUBLIC_KEY) return parseSec1(inner, curveOf(readOid(child(algorithm, 1, TAG.oid))))
  throw new DerError(`not simulated: keys of algorithm ${kind}`)
}

const PRIVATE_FORMS: Record<string, (der: Der) => PrivateKey> = {
  'RSA PRIVATE KEY': parsePkcs1,
  'EC PRIVATE KEY': (der) => parseSec1(der, undefined),
  'PRIVATE KEY': parsePkcs8,
}

const privateKeys = new Map<string, PrivateKey | undefined>()
const REMEMBERED = 500

/** The first private key of a text; undefined when there is none that can be read. */
export function parseKeyPem(text: string): PrivateKey | undefined {
  if (!privateKeys.has(text)) {
    if (privateKeys.size >= REMEMBERED) privateKeys.clear()
    privateKeys.set(text, firstKey(text))
  }
  return privateKeys.get(text)
}

function firstKey(text: string): PrivateKey | undefined {
  for (const { label, der } of parsePem(text)) {
    const parse = PRIVATE_FORMS[label]
    if (parse === undefined) continue
    try {
      return parse(parseDer(der))
    } catch {
      return undefined
    }
  }
  return undefined
}

/** The first public key of a text; undefined when there is none that can be read. */
export function parsePublicKeyPem(text: string): PublicKey | undefined {
  for (const { label, der } of parsePem(text)) {
    try {
      if (label === 'PUBLIC KEY') return parsePublicKeyDer(parseDer(der))
      if (label === 'RSA PUBLIC KEY') return parseRsaPublic(parseDer(der))
    } catch {
      return undefined
    }
  }
  return undefined
}

/** Signs with the algorithm that `signatureAlgorithm` names for this key. */
export function sign(key: PrivateKey, message: Uint8Array, hash: HashName = 'sha256'): Uint8Array {
  return key.kind === 'rsa' ? signRsa(key, hash, message) : signEc(key, hash, message)
}

const SIGNATURES: Record<string, { kind: PublicKey['kind']; hash: HashName; name: string }> = {
  '1.2.840.113549.1.1.5': { kind: 'rsa', hash: 'sha1', name: 'sha1WithRSAEncryption' },
  '1.2.840.113549.1.1.11': { kind: 'rsa', hash: 'sha256', name: 'sha256WithRSAEncryption' },
  '1.2.840.113549.1.1.12': { kind: 'rsa', hash: 'sha384', name: 'sha384WithRSAEncryption' },
  '1.2.840.113549.1.1.13': { kind: 'rsa', hash: 'sha512', name: 'sha512WithRSAEncryption' },
  '1.2.840.10045.4.1': { kind: 'ec', hash: 'sha1', name: 'ecdsa-with-SHA1' },
  '1.2.840.10045.4.3.2': { kind: 'ec', hash: 'sha256', name: 'ecdsa-with-SHA256' },
  '1.2.840.10045.4.3.3': { kind: 'ec', hash: 'sha384', name: 'ecdsa-with-SHA384' },
  '1.2.840.10045.4.3.4': { kind: 'ec', hash: 'sha512', name: 'ecdsa-with-SHA512' },
}

export const signatureName = (algorithm: string): string => SIGNATURES[algorithm]?.name ?? algorithm

/** AlgorithmIdentifier of a signature by this kind of key. */
export function signatureAlgorithm(kind: PublicKey['kind'], hash: HashName = 'sha256'): Uint8Array {
  const [found] = Object.entries(SIGNATURES).find(([, one]) => one.kind === kind && one.hash === hash) ?? ['']
  return kind === 'rsa' ? sequence(oid(found), nothing()) : sequence(oid(found))
}

export function verifySignature(
  key: PublicKey,
  algorithm: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const spec = SIGNATURES[algorithm]
  if (spec === undefined || spec.kind !== key.kind) return false
  return key.kind === 'rsa'
    ? verifyRsa(key, spec.hash, message, signature)
    : verifyEc(key, spec.hash, message, signature)
}

/** Bits of a key. */
export const sizeOf = (key: PublicKey): number =>
  key.kind === 'rsa' ? key.n.toString(2).length : CURVES[key.curve].bits

/** Bytes of a signature by this key: always the same for RSA. */
export const signatureBytes = (key: PublicKey): number => (key.kind === 'rsa' ? fromBigInt(key.n).length : 0)
