/** ASN.1 in DER: as much of it as certificates need. Models X.690. Not modelled: indefinite lengths, tags above 30. */
import { concat, fromBigInt, fromUtf8, toBigInt, toUtf8 } from './bytes.ts'

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** One value: its identifier byte, what is inside, and the whole as it stands in the text. */
export interface Der {
  tag: number
  content: Uint8Array
  raw: Uint8Array
}

/** Bytes that are no DER. */
export class DerError extends Error {}

/** The value that starts at `at`, and where it ends. Throws DerError. */
function readAt(bytes: Uint8Array, at: number): { der: Der; end: number } {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new DerError('truncated')
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new DerError('bad length')
    length = Number(toBigInt(bytes.subarray(start, start + count)))
    start += count
  }
  const end = start + length
  if (end > bytes.length) throw new DerError('truncated')
  return { der: { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) }, end }
}

/** Reads one value; nothing may follow. Throws DerError. */
export function parseDer(bytes: Uint8Array): Der {
  const { der, end } = readAt(bytes, 0)
  if (end !== bytes.length) throw new DerError('trailing data')
  return der
}

/** The values inside a constructed one. Throws DerError. */
export function childrenOf({ content }: Der): Der[] {
  const children: Der[] = []
  for (let at = 0; at < content.length;) {
    const { der, end } = readAt(content, at)
    children.push(der)
    at = end
  }
  return children
}

/** The child at an index. Throws DerError when there is none, or when it has another tag. */
export function child(der: Der, index: number, tag?: number): Der {
  const found = childrenOf(der)[index]
  if (found === undefined || (tag !== undefined && found.tag !== tag)) throw new DerError(`no value at ${index}`)
  return found
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes = [...fromBigInt(BigInt(length))]
  return [0x80 | bytes.length, ...bytes]
}

export function makeDer(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return concat(Uint8Array.from([tag, ...lengthBytes(length)]), ...parts)
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => makeDer(TAG.sequence, ...parts)

/** SET OF: DER wants its members in order of their bytes. */
export function setOf(parts: Uint8Array[]): Uint8Array {
  return makeDer(TAG.set, ...[...parts].sort(byBytes))
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** [n] EXPLICIT, or the constructed form of [n] IMPLICIT. */
export const tagged = (number: number, ...parts: Uint8Array[]): Uint8Array => makeDer(0xa0 | number, ...parts)
/** The primitive form of [n] IMPLICIT. */
export const taggedPrimitive = (number: number, content: Uint8Array): Uint8Array => makeDer(0x80 | number, content)

/** A whole number that is not negative. */
export function integer(value: bigint | number): Uint8Array {
  const bytes = fromBigInt(BigInt(value))
  return makeDer(TAG.integer, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes)
}

export function readInteger({ content }: Der): bigint {
  const value = toBigInt(content)
  return (content[0] ?? 0) >= 0x80 ? value - (1n << BigInt(content.length * 8)) : value
}

export const boolean = (value: boolean): Uint8Array => makeDer(TAG.boolean, Uint8Array.of(value ? 0xff : 0))
export const octets = (content: Uint8Array): Uint8Array => makeDer(TAG.octets, content)
export const nothing = (): Uint8Array => makeDer(TAG.null)

export const bits = (content: Uint8Array, unused = 0): Uint8Array => makeDer(TAG.bits, Uint8Array.of(unused), content)
export const readBits = ({ content }: Der): Uint8Array => content.subarray(1)

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return makeDer(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

function base128(value: number): number[] {
  const digits = [value % 128]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128))
  return digits
}

export function readOid({ content }: Der): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      numbers.push(value)
      value = 0
    }
  }
  const [first = 0, ...rest] = numbers
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - top * 40, ...rest].join('.')
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/

/** PrintableString where the letters allow it, as Go does, UTF8String otherwise. */
export const goString = (text: string): Uint8Array =>
  makeDer(PRINTABLE.test(text) ? TAG.printable : TAG.utf8, toUtf8(text))
export const utf8String = (text: string): Uint8Array => makeDer(TAG.utf8, toUtf8(text))

export function readString({ tag, content }: Der): string {
  if (tag !== TAG.bmp) return tag === TAG.teletex ? String.fromCharCode(...content) : fromUtf8(content)
  let text = ''
  for (let i = 0; i + 1 < content.length; i += 2)
    text += String.fromCharCode(((content[i] as number) << 8) | (content[i + 1] as number))
  return text
}

/** Seconds precision; UTCTime until 2049. `ms` since 1970. */
export function time(ms: number): Uint8Array {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  const short = ms < Date.UTC(2050, 0, 1)
  return makeDer(short ? TAG.utcTime : TAG.generalizedTime, toUtf8(short ? text.slice(2) : text))
}

/** Milliseconds since 1970. Throws DerError. */
export function readTime({ tag, content }: Der): number {
  const text = fromUtf8(content)
  const full = tag === TAG.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/.exec(full)
  if (match === null) throw new DerError('malformed time')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
