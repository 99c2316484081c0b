/**
 * Encryption at rest: what stands in etcd in place of an object. Models apiserver storage/value (prefixTransformers,
 * encrypt/{aes,secretbox,identity}). Not modelled: the ciphers themselves (the lengths, the prefixes and who can
 * read what are upstream's; the bytes between are a SHA-256 stream over the object's JSON), KMS.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

export interface EncryptionKey {
  name: string
  /** base64 */
  secret: string
}

export interface EncryptionProvider {
  kind: 'aescbc' | 'aesgcm' | 'secretbox' | 'identity' | 'kms'
  /** The first one writes. */
  keys: EncryptionKey[]
}

/** What is written in place of an object of these resources, and by what it can be read. */
export interface EncryptionRule {
  /** `secrets`, `configmaps`, `deployments.apps`, `*.apps`, `*.`, `*.*` */
  resources: string[]
  providers: EncryptionProvider[]
}

/** What a value of etcd comes to; `stale`: it is written otherwise today. */
export type Revealed = { text: string; isStale: boolean } | { problem: string }

interface Cipher {
  ivBytes: number
  /** Plaintext is filled up to whole blocks of so many bytes; 1: it is not. */
  blockBytes: number
  tagBytes: number
  /** What upstream says of data that the key of that name did not make. */
  wrongKey: string
  noKey: string
}

const CIPHERS: Record<'aescbc' | 'aesgcm' | 'secretbox', Cipher> = {
  aescbc: {
    ivBytes: 16,
    blockBytes: 16,
    tagBytes: 0,
    wrongKey: 'invalid padding on input',
    noKey: 'no matching key was found for the provided AES transformer',
  },
  aesgcm: {
    ivBytes: 12,
    blockBytes: 1,
    tagBytes: 16,
    wrongKey: 'cipher: message authentication failed',
    noKey: 'no matching key was found for the provided AES transformer',
  },
  secretbox: {
    ivBytes: 24,
    blockBytes: 1,
    tagBytes: 16,
    wrongKey: 'output array was not large enough for encryption',
    noKey: 'no matching key was found for the provided Secretbox transformer',
  },
}

const ENCRYPTED = 'k8s:enc:'
export const NO_PREFIX = 'no matching prefix found'

const prefixOf = (kind: string): string => `${ENCRYPTED}${kind}:v1:`

/** The value that the first provider writes; undefined: the object itself is stored. */
export function conceal(
  providers: readonly EncryptionProvider[],
  etcdKey: string,
  text: string,
  randomBytes: (count: number) => Uint8Array,
): string | undefined {
  const [first] = providers
  const [key] = first?.keys ?? []
  const cipher = first === undefined ? undefined : CIPHERS[first.kind as keyof typeof CIPHERS]
  if (first === undefined || cipher === undefined || key === undefined) return undefined
  const iv = randomBytes(cipher.ivBytes)
  const plain = padded(new TextEncoder().encode(text), cipher.blockBytes)
  const sealed = mixed(key, iv, plain)
  const tag = tagOf(cipher, key, etcdKey, plain)
  return `${prefixOf(first.kind)}${key.name}:${lettersOf(iv)}${lettersOf(tag)}${lettersOf(sealed)}`
}

/** Reads a text that stands in etcd, by the first provider that can; one that is as it is stands for itself. */
export function reveal(providers: readonly EncryptionProvider[], etcdKey: string, stored: string): Revealed {
  const isEncrypted = stored.startsWith(ENCRYPTED)
  const problems: string[] = []
  for (const [place, provider] of providers.entries()) {
    const prefix = provider.kind === 'identity' ? '' : prefixOf(provider.kind)
    if (provider.kind === 'identity' && !isEncrypted) return { text: stored, isStale: place > 0 }
    if (prefix === '' || !stored.startsWith(prefix)) continue
    const read = readBy(provider, etcdKey, stored.slice(prefix.length))
    if ('text' in read) return { text: read.text, isStale: read.isStale || place > 0 }
    problems.push(...read.problems)
  }
  return { problem: aggregate(problems) }
}

/** Without a rule nothing that was encrypted can be read. */
export function revealPlain(stored: string): Revealed {
  if (stored.startsWith(ENCRYPTED)) return { problem: 'identity transformer tried to read encrypted data' }
  return { text: stored, isStale: false }
}

/** Whether an object that stands in etcd as it is can be read: only by `identity`. */
export function plainPlace(providers: readonly EncryptionProvider[]): number {
  return providers.findIndex(({ kind }) => kind === 'identity')
}

function readBy(
  { kind, keys }: EncryptionProvider,
  etcdKey: string,
  rest: string,
): { text: string; isStale: boolean } | { problems: string[] } {
  const cipher = CIPHERS[kind as keyof typeof CIPHERS]
  const problems: string[] = []
  for (const [place, key] of keys.entries()) {
    if (!rest.startsWith(`${key.name}:`)) continue
    const text = opened(cipher, key, etcdKey, bytesOf(rest.slice(key.name.length + 1)))
    if (text !== undefined) return { text, isStale: place > 0 }
    problems.push(cipher.wrongKey)
  }
  return { problems: problems.length === 0 ? [cipher.noKey] : problems }
}

function opened(cipher: Cipher, key: EncryptionKey, etcdKey: string, bytes: Uint8Array): string | undefined {
  const { ivBytes, tagBytes, blockBytes } = cipher
  const sealed = bytes.subarray(ivBytes + tagBytes)
  const plain = mixed(key, bytes.subarray(0, ivBytes), sealed)
  const tag = lettersOf(tagOf(cipher, key, etcdKey, plain))
  if (tag !== lettersOf(bytes.subarray(ivBytes, ivBytes + tagBytes))) return undefined
  const end = blockBytes === 1 ? plain.length : unpadded(plain)
  if (end === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(plain.subarray(0, end))
  } catch {
    return undefined
  }
}

/** A byte after another with the stream of a key and an initialisation vector: the same turns it back. */
function mixed({ secret }: EncryptionKey, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  const seed = Uint8Array.from([...secretOf(secret), ...iv, 0, 0, 0, 0])
  const counter = new DataView(seed.buffer, seed.length - 4)
  const result = new Uint8Array(bytes.length)
  for (let at = 0, block = new Uint8Array(); at < bytes.length; at++) {
    if (at % 32 === 0) {
      counter.setUint32(0, at / 32)
      block = sha256(seed)
    }
    result[at] = (bytes[at] as number) ^ (block[at % 32] as number)
  }
  return result
}

/** What proves that nobody changed it, nor moved it under another key of etcd. */
function tagOf({ tagBytes }: Cipher, { secret }: EncryptionKey, etcdKey: string, plain: Uint8Array): Uint8Array {
  if (tagBytes === 0) return plain.subarray(0, 0)
  const keyBytes = new TextEncoder().encode(etcdKey)
  return hmac(sha256, secretOf(secret), Uint8Array.from([...keyBytes, ...plain])).subarray(0, tagBytes)
}

const secretOf = (secret: string): Uint8Array => Uint8Array.from(atob(secret), (letter) => letter.charCodeAt(0))

function padded(plain: Uint8Array, blockBytes: number): Uint8Array {
  if (blockBytes === 1) return plain
  const fill = blockBytes - (plain.length % blockBytes)
  const result = new Uint8Array(plain.length + fill).fill(fill)
  result.set(plain)
  return result
}

/** Where the padding begins; undefined: it is none. */
function unpadded(plain: Uint8Array): number | undefined {
  const fill = plain[plain.length - 1] ?? 0
  const isPadding = fill > 0 && fill <= 16 && plain.subarray(-fill).every((byte) => byte === fill)
  return isPadding ? plain.length - fill : undefined
}

/** Models utilerrors.Aggregate: one stands alone, the same is said once. */
function aggregate(problems: readonly string[]): string {
  const said = [...new Set(problems)]
  if (said.length === 0) return NO_PREFIX
  return said.length === 1 ? (said[0] as string) : `[${said.join(', ')}]`
}

/** Bytes as texts have them: one above 0x7f is a lone surrogate, U+DC00 + byte. */
const lettersOf = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)
  return text
}

/** The bytes that a text stands for. */
export function bytesOf(text: string): Uint8Array {
  const bytes: number[] = []
  for (const letter of text) {
    const code = letter.codePointAt(0) as number
    if (code < 0x80) bytes.push(code)
    else if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else bytes.push(...new TextEncoder().encode(letter))
  }
  return Uint8Array.from(bytes)
}
