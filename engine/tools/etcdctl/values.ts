/**
 * Keys and values as etcd's bytes. What etcdctl puts is a text; what the API server puts is an object, which a
 * real one stores as protobuf behind `k8s\0` (built-in kinds) or as JSON (custom resources, CRDs, APIServices).
 */
import { bytesOfText, lettersOfText, textOfBytes } from '../../host/bytes.ts'
import { encodeProtobuf } from '../../objects/protobuf.ts'

interface Stored {
  apiVersion?: string
  kind?: string
}

/** Groups whose API server writes JSON. */
const JSON_GROUPS = /^(apiextensions|apiregistration)\.k8s\.io\//

/** runtime.Unknown: contentEncoding and contentType are empty, and written all the same. */
const NO_CONTENT_TYPE = [0x1a, 0, 0x22, 0]

/** A stored value as the text of its bytes. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'object') return String(value)
  const object = value as Stored & Record<string, unknown>
  const { apiVersion = '', kind, ...rest } = object
  if (JSON_GROUPS.test(apiVersion)) return `${JSON.stringify({ kind, apiVersion, ...rest })}\n`
  try {
    return textOfBytes(Uint8Array.of(...encodeProtobuf(object), ...NO_CONTENT_TYPE))
  } catch {
    return `${JSON.stringify(sorted(object))}\n`
  }
}

/** Go writes maps with their keys sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
}

export function base64(text: string): string {
  return btoa(lettersOfText(text))
}

/** `\x61\x62` */
export function hexText(text: string): string {
  return [...bytesOfText(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

const ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

/** Go's %q. */
export function quoted(text: string): string {
  const letters = [...text].map((letter) => {
    const code = letter.codePointAt(0) as number
    if (ESCAPES[letter] !== undefined) return ESCAPES[letter]
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
    if (/\p{C}|\p{Zl}|\p{Zp}/u.test(letter) || (/\p{Zs}/u.test(letter) && letter !== ' '))
      return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
    return letter
  })
  return `"${letters.join('')}"`
}

/** The end of the range of all keys with a prefix; `\0` when there is no end. Models clientv3.GetPrefixRangeEnd. */
export function prefixEnd(prefix: string): string {
  const last = prefix.length - 1
  return last < 0 ? '\0' : prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}
