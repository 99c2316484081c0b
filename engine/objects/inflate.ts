/** Inflates raw deflate data (RFC 1951), at once: what the platforms offer answers with a promise. */

const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const LONGEST = 15
const END = 256

/** A canonical Huffman code: how many codes have each length, and the symbols in their order. */
interface Code {
  counts: Uint16Array
  symbols: Uint16Array
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(LONGEST + 1)
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]!]!++
  const offsets = new Uint16Array(LONGEST + 2)
  for (let length = 1; length <= LONGEST; length++) offsets[length + 1] = offsets[length]! + counts[length]!
  const symbols = new Uint16Array(lengths.length)
  for (let i = 0; i < lengths.length; i++) if (lengths[i] !== 0) symbols[offsets[lengths[i]!]!++] = i
  counts[0] = 0
  return { counts, symbols }
}

const fixedLengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))

class Inflater {
  private at = 0
  private bit = 0
  private held = 0
  private out = new Uint8Array(1 << 16)
  private size = 0

  constructor(private readonly data: Uint8Array) {}

  run(): Uint8Array {
    for (let last = false; !last;) {
      last = this.bits(1) === 1
      const kind = this.bits(2)
      if (kind === 0) this.stored()
      else if (kind === 1) this.block(codeOf(fixedLengths), codeOf(new Array<number>(30).fill(5)))
      else if (kind === 2) this.block(...this.dynamicCodes())
      else throw new Error('inflate: no such kind of block')
    }
    return this.out.subarray(0, this.size)
  }

  private bits(count: number): number {
    while (this.bit < count) {
      if (this.at >= this.data.length) throw new Error('inflate: the data ends too early')
      this.held |= this.data[this.at++]! << this.bit
      this.bit += 8
    }
    const value = this.held & ((1 << count) - 1)
    this.held >>>= count
    this.bit -= count
    return value
  }

  private symbol({ counts, symbols }: Code): number {
    let [code, first, index] = [0, 0, 0]
    for (let length = 1; length <= LONGEST; length++) {
      code |= this.bits(1)
      const count = counts[length]!
      if (code - count < first) return symbols[index + code - first]!
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new Error('inflate: no such code')
  }

  private push(byte: number): void {
    if (this.size === this.out.length) {
      const larger = new Uint8Array(this.out.length * 2)
      larger.set(this.out)
      this.out = larger
    }
    this.out[this.size++] = byte
  }

  private stored(): void {
    this.held = 0
    this.bit = 0
    const length = this.data[this.at]! | (this.data[this.at + 1]! << 8)
    this.at += 4
    for (let i = 0; i < length; i++) this.push(this.data[this.at++]!)
  }

  private dynamicCodes(): [Code, Code] {
    const [literals, distances, codes] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4]
    const lengths = new Uint8Array(19)
    for (let i = 0; i < codes; i++) lengths[CODE_ORDER[i]!] = this.bits(3)
    const all = this.codeLengths(codeOf(lengths), literals + distances)
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))]
  }

  private codeLengths(code: Code, count: number): number[] {
    const lengths: number[] = []
    while (lengths.length < count) {
      const symbol = this.symbol(code)
      if (symbol < 16) lengths.push(symbol)
      else {
        const value = symbol === 16 ? lengths.at(-1)! : 0
        const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7)
        for (let i = 0; i < times; i++) lengths.push(value)
      }
    }
    return lengths
  }

  private block(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.symbol(literals)
      if (symbol === END) return
      if (symbol < END) this.push(symbol)
      else this.copy(symbol - END - 1, distances)
    }
  }

  private copy(symbol: number, distances: Code): void {
    const length = LENGTHS[symbol]! + this.bits(LENGTH_BITS[symbol]!)
    const code = this.symbol(distances)
    const distance = DISTANCES[code]! + this.bits(DISTANCE_BITS[code]!)
    for (let i = 0; i < length; i++) this.push(this.out[this.size - distance]!)
  }
}

export const inflateRaw = (data: Uint8Array): Uint8Array => new Inflater(data).run()
