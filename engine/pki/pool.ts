/**
 * Where RSA keys come from: a pool made once (`scripts/generate-keys.ts`), because making one takes a quarter of a
 * second. The keys are public by design. A cluster starts at a place of the pool that its seed gives and takes
 * one after the other; when all are taken it starts over.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Component } from '../kernel/kernel.ts'
import primes from './keys.gen.json' with { type: 'json' }
import { fromBase64Url, toBigInt, toUtf8 } from './bytes.ts'
import { rsaFromPrimes } from './rsa.ts'
import type { RsaPrivateKey } from './rsa.ts'

const made = new Map<number, RsaPrivateKey>()

export const POOL_SIZE = primes.length

/** A key of the pool; indexes beyond its size start over. */
export function poolKey(index: number): RsaPrivateKey {
  const at = ((index % POOL_SIZE) + POOL_SIZE) % POOL_SIZE
  let key = made.get(at)
  if (key === undefined) {
    const [p = '', q = ''] = primes[at] ?? []
    key = rsaFromPrimes(toBigInt(fromBase64Url(p) as Uint8Array), toBigInt(fromBase64Url(q) as Uint8Array))
    made.set(at, key)
  }
  return key
}

/** A number of `bytes` bytes that depends on these texts alone: serial numbers and the start in the pool. */
export function numberFrom(bytes: number, ...texts: string[]): bigint {
  return toBigInt(sha256(toUtf8(texts.join('\0'))).subarray(0, bytes))
}

/** Hands out keys in order; how many were taken lasts. */
export class KeyRing implements Component {
  static readonly address = 'pki'
  private taken = 0
  private readonly start: number

  constructor(seed: string) {
    this.start = Number(numberFrom(4, 'keys', seed))
  }

  next(): RsaPrivateKey {
    return poolKey(this.nextIndex())
  }

  /** The index of the next key in the pool. */
  nextIndex(): number {
    return (this.start + this.taken++) % POOL_SIZE
  }

  handle(): void {}

  dump(): unknown {
    return { taken: this.taken }
  }

  load(state: unknown): void {
    this.taken = (state as { taken: number }).taken
  }
}
