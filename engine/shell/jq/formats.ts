/** `@text`, `@json`, `@csv` and the other formats of jq. */
import { bytesOfText, lettersOfText, textOfLetters } from '../../host/bytes.ts'
import { JqError, described, printed } from './values.ts'
import type { Value } from './values.ts'

export const textOf = (value: Value): string => (typeof value === 'string' ? value : printed(value))

function cells(value: Value, word: string): Value[] {
  if (!Array.isArray(value)) throw new JqError(`${described(value)} cannot be ${word}-formatted, only array`)
  return value
}

function cell(value: Value, quote: (text: string) => string): string {
  if (value === null) return ''
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'object') throw new JqError(`${described(value)} is not valid in a csv row`)
  return printed(value)
}

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' }
const TAB: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' }

function shell(value: Value): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "'\\''")}'`
  if (value !== null && typeof value === 'object') throw new JqError(`${described(value)} can not be escaped for shell`)
  return printed(value)
}

function base64d(value: Value): string {
  const text = textOf(value).replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(text)) throw new JqError(`${described(textOf(value))} is not valid base64 data`)
  if (text.length % 4 === 1) throw new JqError(`${described(textOf(value))} trailing base64 byte found`)
  return textOfLetters(atob(text))
}

const ALPHABET32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32(text: string): string {
  const bits = [...bytesOfText(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const made = (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET32.charAt(parseInt(five.padEnd(5, '0'), 2))).join('')
  return made.padEnd(Math.ceil(made.length / 8) * 8, '=')
}

function base32d(text: string): string {
  const bits = [...text.replace(/=+$/, '')]
    .map((letter) => ALPHABET32.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return textOfLetters((bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(parseInt(byte, 2))).join(''))
}

const FORMATS: Record<string, (value: Value) => string> = {
  '@text': textOf,
  '@json': (value) => printed(value),
  '@csv': (value) =>
    cells(value, 'csv')
      .map((each) => cell(each, (text) => `"${text.replaceAll('"', '""')}"`))
      .join(','),
  '@tsv': (value) =>
    cells(value, 'tsv')
      .map((each) => cell(each, (text) => text.replace(/[\t\n\r\\]/g, (letter) => TAB[letter] ?? letter)))
      .join('\t'),
  '@html': (value) => textOf(value).replace(/[<>&'"]/g, (letter) => ENTITIES[letter] ?? letter),
  '@uri': (value) =>
    encodeURIComponent(textOf(value)).replace(
      /[!'()*]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  '@sh': (value) => (Array.isArray(value) ? value.map(shell).join(' ') : shell(value)),
  '@base64': (value) => btoa(lettersOfText(textOf(value))),
  '@base64d': base64d,
  '@base32': (value) => base32(textOf(value)),
  '@base32d': (value) => base32d(textOf(value)),
}

export function formatted(name: string, value: Value): string {
  const format = FORMATS[name]
  if (format === undefined) throw new JqError(`${name.slice(1)} is not a valid format`)
  return format(value)
}
