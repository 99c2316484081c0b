/** gzip without making anything smaller: RFC 1952 around RFC 1951's stored blocks, as texts of bytes (`bytes.ts`). Not modelled: what is packed otherwise, names and comments in the header. */
import { bytesOfText, textOfBytes } from './bytes.ts'

const HEAD = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
const BLOCK = 0xffff
const TAIL_BYTES = 8

const numberBytes = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => (value >>> (8 * at)) & 0xff)

export function makeGzip(text: string): string {
  const content = bytesOfText(text)
  const count = Math.max(1, Math.ceil(content.length / BLOCK))
  const blocks = Array.from({ length: count }, (_, at) => {
    const part = content.subarray(at * BLOCK, (at + 1) * BLOCK)
    return [at === count - 1 ? 1 : 0, ...numberBytes(part.length, 2), ...numberBytes(~part.length, 2), ...part]
  })
  const tail = [...numberBytes(crc32(content), 4), ...numberBytes(content.length, 4)]
  return textOfBytes(Uint8Array.from([...HEAD, ...blocks.flat(), ...tail]))
}

/** What `makeGzip` packed; undefined: it is something else. */
export function parseGzip(text: string): string | undefined {
  const bytes = bytesOfText(text)
  if (HEAD.some((byte, at) => bytes[at] !== byte)) return undefined
  const parts: number[] = []
  for (let at = HEAD.length, isLast = false; !isLast;) {
    const kind = bytes[at] ?? 9
    const length = (bytes[at + 1] ?? 0) | ((bytes[at + 2] ?? 0) << 8)
    if (kind > 1 || at + 5 + length + TAIL_BYTES > bytes.length) return undefined
    for (const byte of bytes.subarray(at + 5, at + 5 + length)) parts.push(byte)
    isLast = kind === 1
    at += 5 + length
  }
  return textOfBytes(Uint8Array.from(parts))
}

function crc32(content: Uint8Array): number {
  let crc = ~0
  for (const byte of content) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}
