/**
 * Pod template hash (C5): FNV-1a 32 over a dump of the template, in upstream's alphabet. The dump is our
 * own (upstream's depends on the Go structs of one release), so values differ from a real cluster's.
 */

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const OFFSET = 0x811c9dc5
const PRIME = 0x01000193

function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME) >>> 0
}

function hashText(hash: number, text: string): number {
  let result = hash
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    result = hashByte(result, code & 0xff)
    if (code > 0xff) result = hashByte(result, code >> 8)
  }
  return result
}

/** One text for values that are the same: keys sorted, absent and null fields left out. */
function dump(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(dump).join(',')}]`
  const fields = value as Record<string, unknown>
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined && fields[key] !== null)
  return `{${keys
    .sort()
    .map((key) => `${key}:${dump(fields[key])}`)
    .join(',')}}`
}

/** rand.SafeEncodeString: each character by its code, modulo the alphabet. */
export function safeEncode(text: string): string {
  return Array.from(text, (char) => ALPHABET[char.charCodeAt(0) % ALPHABET.length]).join('')
}

/** Eight little-endian bytes, the count in the low four. */
function hashCount(hash: number, count: number): number {
  let result = hash
  for (let i = 0; i < 8; i++) result = hashByte(result, i < 4 ? (count >>> (8 * i)) & 0xff : 0)
  return result
}

/**
 * The value of `pod-template-hash` and `controller-revision-hash`. `template` as defaulted; `release` takes
 * part, as the dump of another release differs; `collisionCount` undefined is not the same as 0.
 */
export function templateHash(template: unknown, collisionCount: number | undefined | null, release: string): string {
  const hash = hashText(hashText(OFFSET, `${release}\n`), dump(template))
  return safeEncode(String(typeof collisionCount === 'number' ? hashCount(hash, collisionCount) : hash))
}

/**
 * The hash in the name of a StatefulSet's ControllerRevision, as upstream computes it (R1.4): FNV-1 32 of the JSON
 * of its data and of the collision count in decimal. `json` as Go writes it, in ASCII or UTF-8.
 */
export function revisionHash(json: string, collisionCount: number): string {
  let hash = OFFSET
  for (const byte of new TextEncoder().encode(`${json}${collisionCount}`)) {
    hash = (Math.imul(hash, PRIME) ^ byte) >>> 0
  }
  return safeEncode(String(hash))
}
