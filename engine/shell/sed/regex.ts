/**
 * POSIX regular expressions, basic and extended with GNU's additions, as JavaScript's. Not modelled: the longest of
 * several alternatives (the first that fits is taken), collating symbols and equivalence classes.
 */
import { posixRegex } from '../conditional.ts'

/** A mistake in the expression, in the words of the C library. */
export class RegexMistake extends Error {}

const BUFFER: Record<string, string> = { '<': '\\b(?=\\w)', '>': '\\b(?<=\\w)', '`': '(?<![^])', "'": '(?![^])' }

/** JavaScript's source for an expression; `extended` is sed -E. */
export function posixSource(source: string, extended: boolean): { source: string; groups: number } {
  let made = ''
  let groups = 0
  /** Where the open groups and the piece before this place begin in `made`. */
  const open: number[] = []
  let piece = 0
  /** Where a `*` stands for itself: at the beginning of an expression, a group, an alternative. */
  let isStart = true
  let isRepeated = false
  const add = (text: string): void => {
    piece = made.length
    made += text
    isStart = isRepeated = false
  }
  const special = (letter: string): void => {
    const at = made.length
    add(letter)
    if (letter === '(') groups = open.push(at) && groups + 1
    if (letter === ')') {
      const from = open.pop()
      if (from === undefined) throw new RegexMistake('Unmatched ) or \\)')
      piece = from
    } else isStart = true
  }
  /** Adds `*`, `+`, `?` or an interval that begins with `{`; how much of the rest it took. */
  const repeat = (letter: string, rest: string): number => {
    const whole = letter === '{' ? /^\{\d*(?:,\d*)?(\\?\})/.exec(rest)?.[0] : letter
    if (isStart && !extended) add(`\\${letter}`)
    if (whole === undefined && !extended) throw new RegexMistake('Unmatched \\{')
    if (isStart || whole === undefined) {
      if (extended) throw new RegexMistake('Invalid preceding regular expression')
      return 1
    }
    if (isRepeated && !extended) throw new RegexMistake('Invalid preceding regular expression')
    const times = whole.replace('\\}', '}').replace('{,', '{0,')
    if (isRepeated) made = `${made.slice(0, piece)}(?:${made.slice(piece)})`
    made += times
    isRepeated = true
    return whole.length
  }
  for (let at = 0; at < source.length; at++) {
    const letter = source.charAt(at)
    if (letter === '[') {
      const set = /^\[\^?\]?(?:\[:\w+:\]|[^\]])*\]/.exec(source.slice(at))?.[0]
      if (set === undefined) throw new RegexMistake(unclosed(source.slice(at)))
      add(bracket(set))
      at += set.length - 1
    } else if (letter === '\\') {
      const next = source.charAt(++at)
      if (next === '') throw new RegexMistake('Trailing backslash')
      if (!extended && '()|'.includes(next)) special(next)
      else if (!extended && '{+?'.includes(next)) at += repeat(next, next === '{' ? source.slice(at) : next) - 1
      else {
        const code = /^x[\da-fA-F]{1,2}/.exec(source.slice(at))?.[0]
        add(code === undefined ? escaped(next) : `\\x${code.slice(1).padStart(2, '0')}`)
        at += (code?.length ?? 1) - 1
      }
    } else if (extended && '()|'.includes(letter)) special(letter)
    else if (letter === '*' && isStart && !extended) add('\\*')
    else if (letter === '*' || (extended && '+?'.includes(letter))) repeat(letter, letter)
    else if (extended && letter === '{') at += repeat(letter, source.slice(at)) - 1
    else if (letter === '^') {
      const isAnchor: boolean = extended || isStart
      add(isAnchor ? '^' : '\\^')
      isStart = isAnchor
    } else if (letter === '$') add(extended || /^$|^\\[)|]/.test(source.slice(at + 1)) ? '$' : '\\$')
    else add('(){}|+?/'.includes(letter) ? `\\${letter}` : letter)
  }
  if (open.length > 0) throw new RegexMistake('Unmatched ( or \\(')
  return { source: posixRegex(made), groups }
}

function escaped(next: string): string {
  if (next in BUFFER) return BUFFER[next] as string
  if (next === 'a') return '\\x07'
  return /[A-Za-z_]/.test(next) && !/[nrtfvbBsSwW]/.test(next) ? next : `\\${next}`
}

/** glibc has another word for a bracket with nothing in it. */
const unclosed = (rest: string): string =>
  /^\[\^?$/.test(rest) ? 'Invalid regular expression' : 'Unmatched [, [^, [:, [., or [='

/** A bracket expression: its backslash is a letter, but for the escapes that GNU sed reads beforehand. */
function bracket(set: string): string {
  const [, open = '[', first = '', inner = ''] = /^(\[\^?)(\]?)((?:.|\n)*)\]$/.exec(set) ?? []
  const kept = inner.replace(/\\(.)?/gs, (_, next: string | undefined) =>
    next !== undefined && 'nrtfv'.includes(next) ? `\\${next}` : `\\\\${next ?? ''}`,
  )
  return `${open}${first === '' ? '' : '\\]'}${kept.replace(/\[(?!:\w+:\])/g, '\\[')}]`
}
