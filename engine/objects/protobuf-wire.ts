/** The wire format of protobuf: tags, varints, lengths; and base64, which JSON uses for bytes. */

const utf8 = new TextDecoder()

export class WireError extends Error {
  override name = 'WireError'
}

/** Reads fields one after the other. */
export class Reader {
  private at = 0
  private readonly view: DataView
  constructor(private readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  }

  done(): boolean {
    return this.at >= this.data.length
  }

  /** An unsigned 64-bit number. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.data[this.at++]
      if (byte === undefined) throw new WireError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new WireError('proto: integer overflow')
  }

  tag(): { number: number; wire: number } {
    const tag = Number(this.varint())
    return { number: Math.floor(tag / 8), wire: tag % 8 }
  }

  bytes(): Uint8Array {
    const length = Number(this.varint())
    const end = this.at + length
    if (end > this.data.length) throw new WireError('unexpected EOF')
    const slice = this.data.subarray(this.at, end)
    this.at = end
    return slice
  }

  text(): string {
    return utf8.decode(this.bytes())
  }

  private fixed(size: 4 | 8): number {
    const start = this.at
    this.at += size
    if (this.at > this.data.length) throw new WireError('unexpected EOF')
    return start
  }

  double(): number {
    return this.view.getFloat64(this.fixed(8), true)
  }

  float(): number {
    return this.view.getFloat32(this.fixed(4), true)
  }

  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.fixed(8)
    else if (wire === 2) this.bytes()
    else if (wire === 5) this.fixed(4)
    else throw new WireError(`proto: illegal wireType ${wire}`)
  }
}

/** Collects fields. */
export class Writer {
  private readonly out: number[] = []

  private raw(value: bigint): void {
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) this.out.push(Number(rest & 0x7fn) | 0x80)
    this.out.push(Number(rest))
  }

  varint(number: number, value: bigint): void {
    this.raw(BigInt(number * 8))
    this.raw(value)
  }

  bytes(number: number, value: Uint8Array): void {
    this.raw(BigInt(number * 8 + 2))
    this.raw(BigInt(value.length))
    for (const byte of value) this.out.push(byte)
  }

  double(number: number, value: number): void {
    this.raw(BigInt(number * 8 + 1))
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.out.push(...bytes)
  }

  result(): Uint8Array {
    return Uint8Array.from(this.out)
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Standard base64 with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += DIGITS[word >> 18]! + DIGITS[(word >> 12) & 63]!
    text += (i + 1 < bytes.length ? DIGITS[(word >> 6) & 63]! : '=') + (i + 2 < bytes.length ? DIGITS[word & 63]! : '=')
  }
  return text
}

/** The bytes of base64 text; characters outside the alphabet are skipped. */
export function base64ToBytes(text: string): Uint8Array {
  const bytes: number[] = []
  let word = 0
  let bits = 0
  for (const char of text) {
    const digit = DIGITS.indexOf(char)
    if (digit < 0) continue
    word = ((word << 6) | digit) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes.push((word >> bits) & 0xff)
  }
  return Uint8Array.from(bytes)
}
