/** Go's regular expressions (RE2) in JavaScript, as far as schemas use them. */

const POSIX: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\t\\n\\v\\f\\r ',
  punct: '!-\\/:-@\\[-`{-~',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
  blank: '\\t ',
}

const compiled = new Map<string, RegExp | undefined>()

/** The pattern compiled; undefined when it is no regular expression of Go's. */
export function goPattern(source: string): RegExp | undefined {
  if (!compiled.has(source)) compiled.set(source, compile(source))
  return compiled.get(source)
}

function compile(source: string): RegExp | undefined {
  if (/\(\?[=!]|\(\?<[=!]|\\[1-9]/.test(source)) return undefined
  const flags = /^\(\?([imsU]+)\)/.exec(source)
  const body = (flags === null ? source : source.slice(flags[0].length))
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll('(?P<', '(?<')
    .replace(/\[:(\^?)(\w+):\]/g, (_, __, name: string) => POSIX[name] ?? '')
  const kept = [...(flags?.[1] ?? '')].filter((flag) => flag !== 'U').join('')
  return attempt(body, `${kept}u`) ?? attempt(body, kept)
}

function attempt(body: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(body, flags)
  } catch {
    return undefined
  }
}

/** Go's words for a pattern that does not compile. */
export function goPatternProblem(source: string): string | undefined {
  const look = /\(\?([=!]|<[=!])/.exec(source)
  if (look !== null) return `error parsing regexp: invalid or unsupported Perl syntax: \`${look[0].slice(0, 3)}\``
  const back = /\\[1-9]/.exec(source)
  if (back !== null) return `error parsing regexp: invalid escape sequence: \`${back[0]}\``
  if (goPattern(source) !== undefined) return undefined
  const opened = (source.match(/(?<!\\)\(/g) ?? []).length - (source.match(/(?<!\\)\)/g) ?? []).length
  if (opened > 0) return `error parsing regexp: missing closing ): \`${source}\``
  if (opened < 0) return `error parsing regexp: unexpected ): \`${source}\``
  const bracket = /(?<!\\)\[[^\]]*$/.exec(source)
  if (bracket !== null) return `error parsing regexp: missing closing ]: \`${bracket[0]}\``
  const repeat = /(^|\(|\|)([*+?])/.exec(source)
  if (repeat !== null)
    return `error parsing regexp: missing argument to repetition operator: \`${repeat[2] as string}\``
  return `error parsing regexp: invalid character class range: \`${source}\``
}
