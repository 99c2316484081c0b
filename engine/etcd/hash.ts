/** Checksums. Models server/storage/mvcc/hash.go (crc32, Castagnoli) over the versions' JSON rather than their protobuf. */
import type { KeyValue } from './messages.ts'
import type { Store } from './store.ts'

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest >>> 0
})

export function crc32c(text: string, before = 0): number {
  let crc = ~before >>> 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    crc = ((TABLE[(crc ^ code) & 0xff] as number) ^ (crc >>> 8)) >>> 0
    if (code > 0xff) crc = ((TABLE[(crc ^ (code >> 8)) & 0xff] as number) ^ (crc >>> 8)) >>> 0
  }
  return ~crc >>> 0
}

const textOf = ({ key, value, createRevision, modRevision, version, lease }: KeyValue): string =>
  JSON.stringify([modRevision, key, value ?? null, createRevision, version, lease])

/** The hash of all that is kept up to a revision: equal on all members that are in order. */
export function hashKv(store: Store, revision: number): number {
  let hash = crc32c('key')
  for (const kv of store.versions(revision)) hash = crc32c(textOf(kv), hash)
  return hash
}
