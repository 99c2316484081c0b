/** printf's formats and echo's escapes. */
import { letterOfByte, rejoined } from '../host/bytes.ts'
import { formatDate } from './dates.ts'
import { quotePlain } from './quote.ts'

const NAMED: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
  E: '\x1b',
  '\\': '\\',
  '"': '"',
  "'": "'",
}

const ESCAPE = /\\(?:0([0-7]{1,3})|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([\s\S]))/g

/** Escapes of `echo -e` and `%b`; `\c` stops the output. */
export function unescapeEcho(text: string): { text: string; stopped: boolean } {
  const stop = /(?<!\\)(?:\\\\)*\\c/.exec(text)
  const kept = stop === null ? text : text.slice(0, stop.index + stop[0].length - 2)
  return { text: unescapeFormat(kept), stopped: stop !== null }
}

export function unescapeFormat(text: string): string {
  const made = text.replace(
    ESCAPE,
    (all, zero?: string, octal?: string, hex?: string, short?: string, long?: string, letter?: string) => {
      if (zero !== undefined || octal !== undefined) return letterOfByte(parseInt(zero ?? octal ?? '0', 8) & 0xff)
      if (hex !== undefined) return letterOfByte(parseInt(hex, 16))
      const code = short ?? long
      if (code !== undefined) return String.fromCodePoint(parseInt(code, 16))
      return NAMED[letter ?? ''] ?? all
    },
  )
  return rejoined(made)
}

/** Formats values; the format is used again while values remain. */
export function formatText(
  format: string,
  values: readonly string[],
  facts: { nowMs: number },
): { text: string; errors: string[] } {
  const errors: string[] = []
  let text = ''
  let at = 0
  do {
    const before = at
    let stopped = false
    for (const piece of format.matchAll(
      /%%|%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(\([^)]*\)T|[diouxXeEfFgGcsbq])|\\[\s\S]?(?:[0-7]{0,3}|[0-9a-fA-F]{1,8})?|[^%\\]+|%/g,
    )) {
      const [all, flags = '', widthText, precisionText, kind] = piece
      if (kind === undefined) {
        if (all === '%%') text += '%'
        else if (all.startsWith('\\')) text += unescapeFormat(all)
        else text += all
        continue
      }
      const width = widthText === '*' ? Number(values[at++] ?? 0) : Number(widthText ?? 0)
      const hasDot = all.includes('.')
      const precision = !hasDot
        ? undefined
        : precisionText === '*'
          ? Number(values[at++] ?? 0)
          : Number(precisionText ?? 0)
      const value = values[at++]
      const made = formatOne(kind, value, flags, precision, facts, errors)
      text += pad(made.text, Math.abs(width), width < 0 ? `${flags}-` : flags, made.numeric)
      if (made.stopped) {
        stopped = true
        break
      }
    }
    if (stopped || at === before) break
  } while (at < values.length)
  return { text: rejoined(text), errors }
}

function pad(text: string, width: number, flags: string, numeric: boolean): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0') || !numeric) return text.padStart(width)
  const sign = /^[+-]/.test(text) ? text.charAt(0) : ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

function formatOne(
  kind: string,
  value: string | undefined,
  flags: string,
  precision: number | undefined,
  facts: { nowMs: number },
  errors: string[],
): { text: string; numeric: boolean; stopped?: boolean } {
  if (kind === 's')
    return { text: precision === undefined ? (value ?? '') : (value ?? '').slice(0, precision), numeric: false }
  if (kind === 'q') return { text: quotePlain(value ?? ''), numeric: false }
  if (kind === 'c') return { text: (value ?? '').charAt(0), numeric: false }
  if (kind === 'b') return { ...unescapeEcho(value ?? ''), numeric: false }
  if (kind.endsWith('T'))
    return {
      text: formatDate(
        kind.slice(1, -2),
        value === undefined || value === '-1' || value === '-2' ? facts.nowMs : Number(value) * 1000,
      ),
      numeric: false,
    }
  const number = numberFrom(value ?? '0', errors)
  const plus = flags.includes('+') && number >= 0 ? '+' : flags.includes(' ') && number >= 0 ? ' ' : ''
  if ('di'.includes(kind))
    return {
      text: plus + (number < 0 ? '-' : '') + String(Math.abs(Math.trunc(number))).padStart(precision ?? 0, '0'),
      numeric: true,
    }
  if (kind === 'u') return { text: String(Math.trunc(number)), numeric: true }
  if (kind === 'o') return { text: (flags.includes('#') ? '0' : '') + Math.trunc(number).toString(8), numeric: true }
  if (kind === 'x' || kind === 'X') {
    const hex = (flags.includes('#') ? '0x' : '') + Math.trunc(number).toString(16)
    return { text: kind === 'X' ? hex.toUpperCase() : hex, numeric: true }
  }
  if (kind === 'f' || kind === 'F') return { text: plus + number.toFixed(precision ?? 6), numeric: true }
  if (kind === 'e' || kind === 'E')
    return { text: plus + number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'), numeric: true }
  return {
    text: plus + String(Number(number.toPrecision(precision === undefined ? 6 : Math.max(1, precision)))),
    numeric: true,
  }
}

function numberFrom(text: string, errors: string[]): number {
  if (text === '') return 0
  if (/^["']/.test(text)) return text.codePointAt(1) ?? 0
  if (/^[+-]?0[xX][0-9a-fA-F]+$/.test(text)) return Number(text)
  if (/^[+-]?0[0-7]+$/.test(text)) return parseInt(text, 8)
  const value = Number(text)
  if (!Number.isNaN(value)) return value
  errors.push(`${text}: invalid number`)
  return parseFloat(text) || 0
}
