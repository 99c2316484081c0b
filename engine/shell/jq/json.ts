/** JSON texts one after the other, as jq reads them. Its messages name line and column. Models jq's jv_parse.c. */
import type { Value, ValueMap } from './values.ts'

/** What jq says of a text that is no JSON, without `parse error: `. */
export class JsonError extends Error {}

export interface Parsed {
  value: Value
  /** Where the text behind the value begins. */
  next: number
}

const SPACE = /[ \t\r\n]/
const STRUCTURE = /[[\]{}:,"]/

/** Reads the value that begins at or after `from`; undefined: nothing is left. */
export function parseNext(text: string, from: number): Parsed | undefined {
  const parser = new JsonParser(text, from)
  return parser.document()
}

/** One whole text, as `fromjson` wants it. */
export function parseWhole(text: string): Value | undefined {
  const first = parseNext(text, 0)
  if (first !== undefined && parseNext(text, first.next) !== undefined)
    throw new JsonError('Unexpected extra JSON values')
  return first?.value
}

class JsonParser {
  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  document(): Parsed | undefined {
    this.space()
    if (this.at >= this.text.length) return undefined
    const letter = this.text.charAt(this.at)
    if (letter === ']' || letter === '}') throw this.fail(`Unmatched '${letter}'`, this.at + 1)
    if (letter === ',') throw this.fail("Expected value before ','", this.at + 1)
    if (letter === ':') throw this.fail("':' not as part of an object", this.at + 1)
    return { value: this.value(), next: this.at }
  }

  private space(): void {
    while (this.at < this.text.length && SPACE.test(this.text.charAt(this.at))) this.at++
  }

  private fail(message: string, at: number): JsonError {
    const before = this.text.slice(0, Math.min(at, this.text.length))
    const line = before.split('\n').length
    const column = at - (before.lastIndexOf('\n') + 1)
    return new JsonError(`${message} at line ${line}, column ${column}`)
  }

  private unfinished(what = 'Unfinished JSON term'): JsonError {
    return this.fail(`${what} at EOF`, this.text.length)
  }

  private value(): Value {
    const letter = this.text.charAt(this.at)
    if (letter === '{') return this.object()
    if (letter === '[') return this.array()
    if (letter === '"') return this.string()
    return this.literal()
  }

  private literal(): Value {
    const start = this.at
    while (
      this.at < this.text.length &&
      !SPACE.test(this.text.charAt(this.at)) &&
      !STRUCTURE.test(this.text.charAt(this.at))
    )
      this.at++
    const word = this.text.slice(start, this.at)
    const isEnd = this.at >= this.text.length
    if (word === 'true' || word === 'false') return word === 'true'
    if (word === 'null') return null
    if (word === 'nan') return NaN
    const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(word) ? Number(word) : undefined
    if (number !== undefined) return number
    const kind =
      /^[tfn]/.test(word) && word !== 'nan' && word.length <= 5 ? 'Invalid literal' : 'Invalid numeric literal'
    throw isEnd ? this.fail(`${kind} at EOF`, this.at) : this.fail(kind, this.at + 1)
  }

  private string(): string {
    const start = ++this.at
    for (; this.at < this.text.length; this.at++) {
      const letter = this.text.charAt(this.at)
      if (letter === '\\') this.at++
      else if (letter === '"') {
        const raw = this.text.slice(start, this.at++)
        return raw.includes('\\') ? this.unescape(raw) : raw
      }
    }
    throw this.unfinished('Unfinished string')
  }

  private unescape(raw: string): string {
    const letters: Record<string, string> = {
      n: '\n',
      t: '\t',
      r: '\r',
      b: '\b',
      f: '\f',
      '/': '/',
      '\\': '\\',
      '"': '"',
    }
    return raw.replace(/\\(u([0-9a-fA-F]{4})|[\s\S])/g, (_all, letter: string, hex?: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
      const plain = letters[letter]
      if (plain === undefined) throw this.fail('Invalid escape', this.at)
      return plain
    })
  }

  private array(): Value[] {
    const items: Value[] = []
    this.at++
    this.space()
    if (this.text.charAt(this.at) === ']') {
      this.at++
      return items
    }
    for (;;) {
      this.space()
      const letter = this.text.charAt(this.at)
      if (letter === '') throw this.unfinished()
      if (letter === ']') throw this.fail('Expected another array element', this.at + 1)
      if (letter === '}') throw this.fail("Unmatched '}'", this.at + 1)
      items.push(this.value())
      if (this.separator(']', 'array element')) return items
    }
  }

  /** Reads `,`, or the end; true: it was the end. */
  private separator(end: string, _what: string): boolean {
    this.space()
    const letter = this.text.charAt(this.at)
    if (letter === '') throw this.unfinished()
    if (letter === ',' || letter === end) {
      this.at++
      return letter === end
    }
    if (letter === ']' || letter === '}') throw this.fail(`Unmatched '${letter}'`, this.at + 1)
    // A word is only complete with the letter behind it.
    const from = this.at
    this.value()
    throw this.fail('Expected separator between values', STRUCTURE.test(this.text.charAt(from)) ? this.at : this.at + 1)
  }

  private object(): ValueMap {
    const map: ValueMap = new Map()
    this.at++
    this.space()
    if (this.text.charAt(this.at) === '}') {
      this.at++
      return map
    }
    for (;;) {
      this.space()
      const letter = this.text.charAt(this.at)
      if (letter === '') throw this.unfinished()
      if (letter === '}') throw this.fail('Objects must consist of key:value pairs', this.at + 1)
      const key = this.value()
      this.space()
      const colon = this.text.charAt(this.at)
      if (colon === '') throw this.unfinished()
      if (colon !== ':') {
        if (colon === ',' || colon === '}') throw this.fail('Objects must consist of key:value pairs', this.at + 1)
        this.separator('}', 'object')
      }
      if (typeof key !== 'string') throw this.fail('Object keys must be strings', this.at + 1)
      this.at++
      this.space()
      if (this.at >= this.text.length) throw this.unfinished()
      map.set(key, this.value())
      if (this.separator('}', 'object')) return map
    }
  }
}
