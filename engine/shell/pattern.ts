/** Shell patterns (`*`, `?`, `[a-z]`, `@(a|b)`) as regular expressions. In a pattern, `\x` is a literal x. */

const CLASSES: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
  print: '\\x20-\\x7e',
  cntrl: '\\x00-\\x1f',
}

const SPECIAL = /[\\^$.*+?()[\]{}|/]/

/** A text with every character of a pattern made literal. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!@+]/g, '\\$&')
}

/** A pattern's text when nothing of it is special. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1')
}

export function hasMagic(pattern: string): boolean {
  return /[*?]|\[[^\]]+\]|[@!+]\(/.test(pattern.replace(/\\[\s\S]/g, ''))
}

export interface PatternOptions {
  /** `*` and `?` stop at a slash, and do not match a leading dot. */
  path?: boolean
  /** `*` takes as little as it can. */
  lazy?: boolean
  dot?: boolean
}

/** The source of a regular expression for the pattern, without anchors. */
export function patternSource(pattern: string, options: PatternOptions = {}): string {
  let source = ''
  const any = options.path === true ? '[^/]' : '[\\s\\S]'
  const star = `${any}*${options.lazy === true ? '?' : ''}`
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '\\' && at + 1 < pattern.length) source += escapeRegex(pattern.charAt(++at))
    else if ('?*+@!'.includes(character) && pattern.charAt(at + 1) === '(') {
      const end = closing(pattern, at + 1)
      if (end < 0) source += escapeRegex(character)
      else {
        source += extended(character, pattern.slice(at + 2, end), any, options)
        at = end
      }
    } else if (character === '*') source += star
    else if (character === '?') source += any
    else if (character === '[') {
      const bracket = bracketAt(pattern, at)
      source += bracket === undefined ? '\\[' : bracket.source
      at = bracket?.end ?? at
    } else source += escapeRegex(character)
  }
  return source
}

function extended(kind: string, inside: string, any: string, options: PatternOptions): string {
  const choices = splitChoices(inside)
    .map((choice) => patternSource(choice, options))
    .join('|')
  if (kind === '!') return `(?:(?!(?:${choices})$)${any}*)`
  return `(?:${choices})${kind === '@' ? '' : kind}`
}

function splitChoices(text: string): string[] {
  const choices = ['']
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') choices[choices.length - 1] += character + text.charAt(++at)
    else if (character === '|' && depth === 0) choices.push('')
    else {
      if (character === '(') depth++
      if (character === ')') depth--
      choices[choices.length - 1] += character
    }
  }
  return choices
}

function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++
    else if (text.charAt(at) === '(') depth++
    else if (text.charAt(at) === ')' && --depth === 0) return at
  }
  return -1
}

function bracketAt(pattern: string, start: number): { source: string; end: number } | undefined {
  let at = start + 1
  let source = '['
  if (pattern.charAt(at) === '!' || pattern.charAt(at) === '^') {
    source += '^'
    at++
  }
  for (let first = true; at < pattern.length; at++, first = false) {
    const character = pattern.charAt(at)
    if (character === ']' && !first) return { source: `${source}]`, end: at }
    const named = /^\[:(\w+):\]/.exec(pattern.slice(at))
    if (named !== null) {
      source += CLASSES[named[1] ?? ''] ?? ''
      at += named[0].length - 1
    } else if (character === '\\' && at + 1 < pattern.length)
      source += `\\${pattern.charAt(++at)}`.replace(/^\\(\w)$/, '$1')
    else source += character === '-' ? '-' : escapeRegex(character)
  }
  return undefined
}

export function escapeRegex(text: string): string {
  return [...text].map((character) => (SPECIAL.test(character) ? `\\${character}` : character)).join('')
}

/** Whether the whole text matches the pattern. */
export function matchesPattern(text: string, pattern: string, ignoreCase = false): boolean {
  return new RegExp(`^(?:${patternSource(pattern)})$`, ignoreCase ? 'i' : '').test(text)
}
