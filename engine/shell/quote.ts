/** Words as a shell would have to read them. */

/** Quotes a word as `printf %q` and `declare -p` need: plain when it can be. */
export function quotePlain(text: string): string {
  if (text === '') return "''"
  if (/[\n\t\x00-\x1f]/.test(text)) return ansiQuote(text)
  return text.replace(/[^A-Za-z0-9_./:@%+=,^-]/g, '\\$&')
}

/** Quotes a word as `${x@Q}` does. */
export function quoteWord(text: string): string {
  if (/[\n\x00-\x08\x0b-\x1f]/.test(text)) return ansiQuote(text)
  return `'${text.replace(/'/g, `'\\''`)}'`
}

/** Quotes only where it is needed, as `set -x` prints. */
export function quoteNeeded(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,^~-]+$/.test(text) ? text : quoteWord(text)
}

function ansiQuote(text: string): string {
  const named: Record<string, string> = {
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\\': '\\\\',
    "'": "\\'",
    '\x1b': '\\E',
    '\x07': '\\a',
  }
  return `$'${[...text].map((character) => named[character] ?? (character < ' ' ? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}` : character)).join('')}'`
}

/** A double-quoted value, as `declare -p` and `export -p` print. */
export function quoteDouble(text: string): string {
  return `"${text.replace(/[$"\\`]/g, '\\$&')}"`
}
