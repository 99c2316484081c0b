/**
 * Bytes in texts. Files, pipes and arguments hold texts; a byte that is no part of valid UTF-8 stands in
 * them as one lone surrogate, U+DC00 + byte (U+DC80 to U+DCFF), as Python's `surrogateescape` does. So
 * every text says exactly which bytes it is, and those of plain texts are just their UTF-8.
 */

const ESCAPE = 0xdc00
const ESCAPED = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/

/** Whether the text stands for bytes that are not UTF-8. */
export function isBinary(text: string): boolean {
  return ESCAPED.test(text)
}

/** The letter that stands for one byte. */
export function letterOfByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : ESCAPE + byte)
}

/** The text that stands for bytes. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return decodeBroken(bytes)
  }
}

/** How many bytes the UTF-8 character at `at` has; 0: none begins there. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first < 0xf5 && first >= 0xf0 ? 4 : 0
  for (let next = 1; next < length; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0
  const second = bytes[at + 1] ?? 0
  const overlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90)
  const beyond = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f)
  return overlong || beyond ? 0 : length
}

function decodeBroken(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const pieces: string[] = []
  let good = 0
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    if (at > good) pieces.push(decoder.decode(bytes.subarray(good, at)))
    pieces.push(letterOfByte(bytes[at]!))
    good = ++at
  }
  if (good < bytes.length) pieces.push(decoder.decode(bytes.subarray(good)))
  return pieces.join('')
}

/** The bytes that a text stands for. */
export function bytesOfText(text: string): Uint8Array {
  if (!isBinary(text)) return new TextEncoder().encode(text)
  const encoder = new TextEncoder()
  const parts: Uint8Array[] = []
  let good = 0
  for (const match of text.matchAll(new RegExp(ESCAPED, 'g'))) {
    if (match.index > good) parts.push(encoder.encode(text.slice(good, match.index)))
    parts.push(Uint8Array.of(match[0].charCodeAt(0) - ESCAPE))
    good = match.index + 1
  }
  parts.push(encoder.encode(text.slice(good)))
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The same bytes in their one text: pieces of a character that came apart are one character again. */
export function rejoined(text: string): string {
  return isBinary(text) ? textOfBytes(bytesOfText(text)) : text
}

/** A part of a text by its bytes, as `slice` counts. */
export function sliceBytes(text: string, from: number, to?: number): string {
  return textOfBytes(bytesOfText(text).slice(from, to))
}

/** A text with one letter (U+0000 to U+00FF) for each byte, as atob and just-bash speak. */
export function lettersOfText(text: string): string {
  const letters: string[] = []
  const bytes = bytesOfText(text)
  for (let at = 0; at < bytes.length; at += 8192) letters.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
  return letters.join('')
}

/** The text whose bytes are the letters' codes. */
export function textOfLetters(letters: string): string {
  return textOfBytes(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)))
}
