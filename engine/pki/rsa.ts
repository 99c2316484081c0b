/**
 * RSA with BigInt: PKCS #1 v1.5 signatures (RFC 8017), a few milliseconds each.
 * Not modelled: PSS, encryption, blinding, generation (keys come from `pool.ts`).
 */
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { concat, equalBytes, fromBigInt, fromHex, toBigInt } from './bytes.ts'

export { md5 }

export interface RsaPublicKey {
  kind: 'rsa'
  n: bigint
  e: bigint
}

export interface RsaPrivateKey extends RsaPublicKey {
  d: bigint
  p: bigint
  q: bigint
  dp: bigint
  dq: bigint
  /** The inverse of q modulo p. */
  qi: bigint
}

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

export const HASHES: Record<HashName, (bytes: Uint8Array) => Uint8Array> = { sha1, sha256, sha384, sha512 }

/** The DER of DigestInfo up to the digest. */
const DIGEST_INFO: Record<HashName, Uint8Array> = {
  sha1: fromHex('3021300906052b0e03021a05000414'),
  sha256: fromHex('3031300d060960864801650304020105000420'),
  sha384: fromHex('3041300d060960864801650304020205000430'),
  sha512: fromHex('3051300d060960864801650304020305000440'),
}

const EXPONENT = 65_537n

/** The whole key from its primes; what only signing needs is computed when it is first asked for. */
export function rsaFromPrimes(p: bigint, q: bigint): RsaPrivateKey {
  return new Primes(p, q)
}

class Primes implements RsaPrivateKey {
  readonly kind = 'rsa'
  readonly e = EXPONENT
  readonly n: bigint
  private exponent: bigint | undefined
  private coefficient: bigint | undefined

  constructor(
    readonly p: bigint,
    readonly q: bigint,
  ) {
    this.n = p * q
  }

  get d(): bigint {
    const [a, b] = [this.p - 1n, this.q - 1n]
    return (this.exponent ??= inverse(this.e, (a * b) / gcd(a, b)))
  }

  get dp(): bigint {
    return this.d % (this.p - 1n)
  }

  get dq(): bigint {
    return this.d % (this.q - 1n)
  }

  get qi(): bigint {
    return (this.coefficient ??= inverse(this.q, this.p))
  }
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, value % modulus]
  let [t, nextT] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, nextT] = [nextT, t - quotient * nextT]
  }
  return t < 0n ? t + modulus : t
}

/** base ** exponent mod modulus, five bits at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const powers = [1n, base % modulus]
  for (let i = 2; i < 32; i++) powers.push(((powers[i - 1] as bigint) * (powers[1] as bigint)) % modulus)
  let result = 1n
  for (const digit of exponent.toString(32)) {
    for (let i = 0; i < 5; i++) result = (result * result) % modulus
    const value = Number.parseInt(digit, 32)
    if (value !== 0) result = (result * (powers[value] as bigint)) % modulus
  }
  return result
}

const modulusBytes = ({ n }: RsaPublicKey): number => Math.ceil(n.toString(16).length / 2)

function padded(hash: HashName, message: Uint8Array, length: number): Uint8Array {
  const info = concat(DIGEST_INFO[hash], HASHES[hash](message))
  const filler = new Uint8Array(length - info.length - 3).fill(0xff)
  return concat(Uint8Array.of(0, 1), filler, Uint8Array.of(0), info)
}

/** What a key signed already: runs from one seed sign the same again. */
const signed = new WeakMap<RsaPrivateKey, Map<bigint, Uint8Array>>()
const REMEMBERED = 200

export function signRsa(key: RsaPrivateKey, hash: HashName, message: Uint8Array): Uint8Array {
  const length = modulusBytes(key)
  const value = toBigInt(padded(hash, message, length))
  const known = signed.get(key) ?? new Map<bigint, Uint8Array>()
  signed.set(key, known)
  let signature = known.get(value)
  if (signature === undefined) {
    if (known.size >= REMEMBERED) known.clear()
    known.set(value, (signature = signedValue(key, value, length)))
  }
  return signature.slice()
}

function signedValue(key: RsaPrivateKey, value: bigint, length: number): Uint8Array {
  const [a, b] = [power(value, key.dp, key.p), power(value, key.dq, key.q)]
  const h = ((((a - b) % key.p) + key.p) * key.qi) % key.p
  return fromBigInt(b + h * key.q, length)
}

export function verifyRsa(key: RsaPublicKey, hash: HashName, message: Uint8Array, signature: Uint8Array): boolean {
  const length = modulusBytes(key)
  if (signature.length !== length) return false
  return equalBytes(fromBigInt(power(toBigInt(signature), key.e, key.n), length), padded(hash, message, length))
}
