/** Functions of strings, which count Unicode code points. Models cel-go ext/strings.go. */
import { CelRuntimeError } from '../errors.ts'
import { formatText } from './format.ts'
import type { FunctionRow } from './overload.ts'

const points = (text: string): string[] => Array.from(text)

function checkIndex(index: bigint, length: number): number {
  if (index < 0n || index > BigInt(length)) throw new CelRuntimeError(`index out of range: ${index}`)
  return Number(index)
}

function charAt(text: string, index: bigint): string {
  const letters = points(text)
  return letters[checkIndex(index, letters.length)] ?? ''
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const letters = points(text)
  const start = checkIndex(from, letters.length)
  const wanted = points(part)
  for (let at = start; at + wanted.length <= letters.length; at++)
    if (wanted.every((letter, offset) => letters[at + offset] === letter)) return BigInt(at)
  return -1n
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const letters = points(text)
  const wanted = points(part)
  const last = from === undefined ? letters.length : checkIndex(from, letters.length)
  for (let at = Math.min(last, letters.length - wanted.length); at >= 0; at--)
    if (wanted.every((letter, offset) => letters[at + offset] === letter)) return BigInt(at)
  return -1n
}

function substring(text: string, start: bigint, end?: bigint): string {
  const letters = points(text)
  const from = checkIndex(start, letters.length)
  const to = end === undefined ? letters.length : checkIndex(end, letters.length)
  if (from > to) throw new CelRuntimeError(`invalid substring range. start: ${from}, end: ${to}`)
  return letters.slice(from, to).join('')
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
const upperAscii = (text: string): string => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())

function replace(text: string, from: string, to: string, times = -1n): string {
  if (times === 0n) return text
  const pieces = from === '' ? ['', ...points(text), ''] : text.split(from)
  const joints = times < 0n ? pieces.length - 1 : Math.min(Number(times), pieces.length - 1)
  const replaced = pieces.slice(0, joints + 1).join(to)
  return [replaced, ...pieces.slice(joints + 1)].join(from)
}

function split(text: string, separator: string, limit = -1n): string[] {
  if (limit === 0n) return []
  const pieces = separator === '' ? points(text) : text.split(separator)
  if (limit < 0n || pieces.length <= Number(limit)) return pieces
  const head = pieces.slice(0, Number(limit) - 1)
  return [...head, pieces.slice(Number(limit) - 1).join(separator)]
}

function join(items: readonly unknown[], separator = ''): string {
  if (!items.every((one) => typeof one === 'string')) throw new CelRuntimeError('no such overload')
  return items.join(separator)
}

const ESCAPES: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' } // prettier-ignore
const quote = (text: string): string =>
  `"${points(text)
    .map((letter) => ESCAPES[letter] ?? letter)
    .join('')}"`

const size = (text: string): bigint => BigInt(points(text).length)
const trim = (text: string): string => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '')

export const STRINGS: readonly FunctionRow[] = [
  ['size(string): int', size],
  ['string.size(): int', size],
  ['string.contains(string): bool', (text: string, part: string) => text.includes(part)],
  ['string.startsWith(string): bool', (text: string, part: string) => text.startsWith(part)],
  ['string.endsWith(string): bool', (text: string, part: string) => text.endsWith(part)],
  ['string.charAt(int): string', charAt],
  ['string.indexOf(string): int', indexOf],
  ['string.indexOf(string, int): int', indexOf],
  ['string.lastIndexOf(string): int', lastIndexOf],
  ['string.lastIndexOf(string, int): int', lastIndexOf],
  ['string.lowerAscii(): string', lowerAscii],
  ['string.upperAscii(): string', upperAscii],
  ['string.replace(string, string): string', replace],
  ['string.replace(string, string, int): string', replace],
  ['string.reverse(): string', (text: string) => points(text).reverse().join('')],
  ['string.split(string): list<string>', split],
  ['string.split(string, int): list<string>', split],
  ['string.substring(int): string', substring],
  ['string.substring(int, int): string', substring],
  ['string.trim(): string', trim],
  ['list<string>.join(): string', join],
  ['list<string>.join(string): string', join],
  ['strings.quote(string): string', quote],
  ['string.format(list<dyn>): string', formatText],
]
