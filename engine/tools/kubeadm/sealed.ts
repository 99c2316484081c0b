/**
 * Certificates sealed with a key for the kubeadm-certs Secret. Models cmd/kubeadm/app/util/crypto by its shape: 12 bytes of
 * nonce, the text, 16 bytes that tell a wrong key. Not modelled: AES-GCM itself; a stream of SHA-256 takes its place.
 */
import { equalBytes, HASHES } from '../../pki/index.ts'
import { KubeadmError } from './errors.ts'

const NONCE = 12
const TAG = 16

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function stream(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length)
  for (let block = 0; block * 32 < data.length; block++) {
    const counter = new Uint8Array([block >>> 24, block >>> 16, block >>> 8, block])
    const pad = HASHES.sha256(joined(key, nonce, counter))
    for (let i = block * 32; i < Math.min(data.length, block * 32 + 32); i++)
      out[i] = (data[i] as number) ^ (pad[i - block * 32] as number)
  }
  return out
}

const tagOf = (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array =>
  HASHES.sha256(joined(key, nonce, sealed, key)).subarray(0, TAG)

export function seal(text: string, key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const sealed = stream(key, nonce, new TextEncoder().encode(text))
  return joined(nonce, sealed, tagOf(key, nonce, sealed))
}

/** Throws with Go's text when the key is another. */
export function unseal(bytes: Uint8Array, key: Uint8Array): string {
  const nonce = bytes.subarray(0, NONCE)
  const sealed = bytes.subarray(NONCE, bytes.length - TAG)
  if (bytes.length < NONCE + TAG || !equalBytes(tagOf(key, nonce, sealed), bytes.subarray(bytes.length - TAG)))
    throw new KubeadmError('cipher: message authentication failed')
  return new TextDecoder().decode(stream(key, nonce, sealed))
}

/** 32 bytes of 64 hex digits. Throws KubeadmError. */
export function keyBytes(hex: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})*$/.test(hex))
    throw new KubeadmError('error decoding certificate key: encoding/hex: invalid byte')
  if (hex.length !== 64) throw new KubeadmError(`error creating cipher: invalid key size ${hex.length / 2}`)
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
