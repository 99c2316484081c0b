/** JSON as Go prints it: keys sorted, `<`, `>` and `&` escaped. */

const HTML: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

const escapeHtml = (text: string): string => text.replace(/[<>&\u2028\u2029]/g, (char) => HTML[char]!)

/** Go's number text: exponents from 1e21 up and below 1e-6, with at least two digits in small ones. */
export function makeJsonNumber(value: number): string {
  return Object.is(value, -0) ? '0' : String(value).replace(/e-(\d)$/, 'e-0$1')
}

function makeScalar(value: unknown): string {
  if (typeof value === 'string') return escapeHtml(JSON.stringify(value))
  if (typeof value === 'number') return makeJsonNumber(value)
  return typeof value === 'boolean' ? String(value) : 'null'
}

/** Keys whose value is there, in Go's order (by bytes). */
function sortedKeys(value: Record<string, unknown>): string[] {
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
}

function wrap(open: string, parts: string[], close: string, indent: string, depth: number): string {
  if (parts.length === 0) return open + close
  if (indent === '') return open + parts.join(',') + close
  const pad = '\n' + indent.repeat(depth + 1)
  return `${open}${pad}${parts.join(`,${pad}`)}\n${indent.repeat(depth)}${close}`
}

function makeAt(value: unknown, indent: string, depth: number): string {
  if (typeof value !== 'object' || value === null) return makeScalar(value)
  if (Array.isArray(value))
    return wrap(
      '[',
      value.map((item) => makeAt(item, indent, depth + 1)),
      ']',
      indent,
      depth,
    )
  const fields = value as Record<string, unknown>
  const colon = indent === '' ? ':' : ': '
  const parts = sortedKeys(fields).map((key) => makeScalar(key) + colon + makeAt(fields[key], indent, depth + 1))
  return wrap('{', parts, '}', indent, depth)
}

/** json.MarshalIndent with four spaces, as `kubectl -o json` prints it; without a final newline. */
export function makeJson(value: unknown): string {
  return makeAt(value, '    ', 0)
}

/** json.Marshal: on one line, keys sorted. */
export function makeCompactJson(value: unknown): string {
  return makeAt(value, '', 0)
}
