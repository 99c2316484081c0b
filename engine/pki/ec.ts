/** The NIST curves of keys and signatures (ECDSA). Models crypto/elliptic and crypto/ecdsa. Not modelled: P-224, Ed448. */
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js'
import { HASHES } from './rsa.ts'
import type { HashName } from './rsa.ts'

export type Curve = 'P-256' | 'P-384' | 'P-521'

export interface EcPublicKey {
  kind: 'ec'
  curve: Curve
  /** The point, uncompressed: 0x04, x, y. */
  point: Uint8Array
}

export interface EcPrivateKey extends EcPublicKey {
  secret: Uint8Array
}

export interface CurveFacts {
  oid: string
  /** OpenSSL's name of it. */
  name: string
  bits: number
  bytes: number
  ecdsa: ECDSA
}

export const CURVES: Record<Curve, CurveFacts> = {
  'P-256': { oid: '1.2.840.10045.3.1.7', name: 'prime256v1', bits: 256, bytes: 32, ecdsa: p256 },
  'P-384': { oid: '1.3.132.0.34', name: 'secp384r1', bits: 384, bytes: 48, ecdsa: p384 },
  'P-521': { oid: '1.3.132.0.35', name: 'secp521r1', bits: 521, bytes: 66, ecdsa: p521 },
}

export function curveOf(oid: string): Curve | undefined {
  return (Object.keys(CURVES) as Curve[]).find((curve) => CURVES[curve].oid === oid)
}

/** The key whose secret is this number, taken modulo the order of the curve. */
export function ecFromSecret(curve: Curve, secret: Uint8Array): EcPrivateKey {
  return { kind: 'ec', curve, secret, point: CURVES[curve].ecdsa.getPublicKey(secret, false) }
}

/** A key from random bytes: `bytes` of `CURVES` and eight more. */
export function ecFromRandom(curve: Curve, random: Uint8Array): EcPrivateKey {
  return ecFromSecret(curve, CURVES[curve].ecdsa.utils.randomSecretKey(random))
}

/** How many random bytes `ecFromRandom` wants. */
export const ecSeedBytes = (curve: Curve): number => CURVES[curve].ecdsa.lengths.seed ?? CURVES[curve].bytes + 16

/** In DER, with the nonce of RFC 6979. */
export function signEc(key: EcPrivateKey, hash: HashName, message: Uint8Array): Uint8Array {
  return CURVES[key.curve].ecdsa.sign(HASHES[hash](message), key.secret, {
    prehash: false,
    lowS: false,
    format: 'der',
  })
}

export function verifyEc(key: EcPublicKey, hash: HashName, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const digest = HASHES[hash](message)
    return CURVES[key.curve].ecdsa.verify(signature, digest, key.point, { prehash: false, lowS: false, format: 'der' })
  } catch {
    return false
  }
}
