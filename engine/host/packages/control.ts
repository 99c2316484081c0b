/** Stanzas of `Field: value` lines, as dpkg and apt keep everything. Models deb822(5). */

export type Stanza = Record<string, string>

/** Reads stanzas; a continued line keeps its newline and its leading blank. Comments (`#`) are skipped. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n[ \t]*\n+/)
    .map(parseStanza)
    .filter((stanza) => Object.keys(stanza).length > 0)
}

function parseStanza(text: string): Stanza {
  const stanza: Stanza = {}
  let field = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue
    const colon = line.indexOf(':')
    if (/^[ \t]/.test(line)) stanza[field] = `${stanza[field] ?? ''}\n${line}`
    else if (colon > 0) stanza[(field = line.slice(0, colon))] = line.slice(colon + 1).trim()
  }
  return stanza
}

/** Writes stanzas, an empty line after each. */
export function makeStanzas(stanzas: readonly Stanza[]): string {
  return stanzas.map((stanza) => `${makeStanza(stanza)}\n`).join('')
}

export function makeStanza(stanza: Stanza): string {
  return Object.entries(stanza)
    .map(([field, value]) => `${field}:${value.startsWith('\n') ? '' : ' '}${value}\n`)
    .join('')
}
