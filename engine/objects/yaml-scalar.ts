/**
 * What an unquoted YAML scalar means to go-yaml v2 (YAML 1.1 rules), and how a string must be quoted to stay one.
 */

const WORDS = new Map<string, boolean | null | number>()
for (const word of ['y', 'yes', 'on', 'true']) addWord(word, true)
for (const word of ['n', 'no', 'off', 'false']) addWord(word, false)
for (const word of ['null']) addWord(word, null)
WORDS.set('', null)
WORDS.set('~', null)

function addWord(word: string, value: boolean | null): void {
  WORDS.set(word, value)
  WORDS.set(word.toUpperCase(), value)
  WORDS.set(word[0]!.toUpperCase() + word.slice(1), value)
}

const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/
const SPECIAL_FLOAT = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/

function parseInteger(text: string): number | undefined {
  const plain = text.replace(/_/g, '')
  const sign = plain.startsWith('-') ? -1 : 1
  const body = plain.replace(/^[-+]/, '')
  if (/^0[xX][0-9a-fA-F]+$/.test(body)) return sign * Number.parseInt(body.slice(2), 16)
  if (/^0[bB][01]+$/.test(body)) return sign * Number.parseInt(body.slice(2), 2)
  if (/^0o[0-7]+$/.test(body)) return sign * Number.parseInt(body.slice(2), 8)
  if (/^0[0-7]+$/.test(body)) return sign * Number.parseInt(body, 8)
  return /^(0|[1-9]\d*)$/.test(body) ? sign * Number(body) : undefined
}

/** The value of an unquoted scalar: null, a boolean, a number, or the text itself. */
export function resolveScalar(text: string): string | number | boolean | null {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (!/^[-+.0-9]/.test(text)) return text
  const integer = parseInteger(text)
  if (integer !== undefined) return integer
  const plain = text.replace(/_/g, '')
  return FLOAT.test(plain) ? Number(plain) : text
}

const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}([Tt]\d{1,2}:\d\d:\d\d(\.\d*)?(Z|[-+]\d{1,2}:\d\d)?|\s+\d{1,2}:\d\d:\d\d(\.\d*)?)?$/
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** Whether a string would be read back as something else without quotes. */
function resolvesElsewhere(text: string): boolean {
  if (text === '<<' || SPECIAL_FLOAT.test(text)) return true
  return typeof resolveScalar(text) !== 'string' || TIMESTAMP.test(text) || BASE_60.test(text)
}

const INDICATORS = new Set('#,[]{}&*!|>\'"%@`')

/** Characters that only double quotes can hold. */
const SPECIAL = /[^\t\n\u0020-\u007e\u0085\u00a0-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]/

const isBlank = (char: string | undefined): boolean =>
  char === undefined || char === ' ' || char === '\t' || char === '\n'

/** Whether the emitter may leave a one-line string bare. */
function mayBePlain(text: string): boolean {
  if (/^\s|\s$/.test(text) || text.startsWith('---') || text.startsWith('...') || text.includes('\t')) return false
  if (INDICATORS.has(text[0]!)) return false
  if ('-?:'.includes(text[0]!) && isBlank(text[1])) return false
  for (let i = 1; i < text.length; i++) {
    if (text[i] === ':' && isBlank(text[i + 1])) return false
    if (text[i] === '#' && isBlank(text[i - 1])) return false
  }
  return true
}

const ESCAPES: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '\ufeff': '\\uFEFF',
}

function escapeChar(char: string): string {
  const known = ESCAPES[char]
  if (known !== undefined) return known
  const code = char.codePointAt(0)!
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}

function doubleQuoted(text: string): string {
  // eslint-disable-next-line no-control-regex
  return `"${text.replace(/["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeChar)}"`
}

/** A string on one line: bare, in single or in double quotes, as go-yaml picks. */
export function makeFlowString(text: string): string {
  if (resolvesElsewhere(text) || SPECIAL.test(text) || text.includes('\n')) return doubleQuoted(text)
  if (mayBePlain(text)) return text
  return text.includes('\t') ? doubleQuoted(text) : `'${text.replace(/'/g, "''")}'`
}

/** Whether a string of several lines may stand as a literal block. */
export function mayBeLiteral(text: string): boolean {
  return text.includes('\n') && !/ \n| $/.test(text) && !SPECIAL.test(text)
}
