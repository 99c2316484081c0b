/**
 * The text of an expression before cel-js parses it: messages (`Object.spec{replicas: 3}`), optional entries
 * (`[?x]`, `{?k: v}`) and names in backticks become calls that its grammar knows. Places are kept, so that an
 * error points into the text as it was written.
 */

/** Names of the calls that stand for what the grammar lacks. */
export const MESSAGE_CALL = 'message__'
export const OPTIONAL_CALL = 'optional__'

/** An expression's text for the parser, and where each of its letters stood. */
export interface ParserSource {
  readonly text: string
  readonly original: string
  /** The offset in the original of an offset in the text. */
  at(offset: number): number
}

interface Frame {
  readonly open: '(' | '[' | '{' | 'message'
  /** An optional entry is open, until its colon or the next comma. */
  pending: boolean
}

interface Token {
  readonly text: string
  readonly at: number
  readonly kind: 'word' | 'text' | 'gap' | 'quoted' | 'mark'
}

const TOKENS =
  /(\/\/[^\n]*|\s+)|([bBrR]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''))|(r"[^"\n]*"|R"[^"\n]*"|r'[^'\n]*'|R'[^'\n]*')|([bB]?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(`[^`\n]*`)|([A-Za-z_][A-Za-z0-9_]*|\d[\w.]*)|([\s\S])/gu

const KINDS: readonly Token['kind'][] = ['gap', 'text', 'text', 'text', 'quoted', 'word', 'mark']

function tokens(source: string): Token[] {
  return Array.from(source.matchAll(TOKENS), (match) => ({
    text: match[0],
    at: match.index,
    kind: KINDS[match.slice(1).findIndex((group) => group !== undefined)] ?? 'mark',
  }))
}

class Rewriter {
  private text = ''
  private readonly places: number[] = []
  private readonly frames: Frame[] = []
  private readonly original: string
  private readonly all: Token[]

  constructor(original: string) {
    this.original = original
    this.all = tokens(original)
  }

  rewrite(): ParserSource {
    this.all.forEach((token, index) => this.take(token, index))
    const { text, places, original } = this
    return { text, original, at: (offset) => places[Math.min(offset, places.length)] ?? original.length }
  }

  private put(text: string, at: number, moves = false): void {
    for (let offset = 0; offset < text.length; offset++) this.places.push(moves ? at + offset : at)
    this.text += text
  }

  private take(token: Token, index: number): void {
    if (token.kind === 'gap') return this.put(token.text.startsWith('//') ? ' ' : token.text, token.at, true)
    if (token.kind === 'quoted') return this.quoted(token)
    if (token.kind === 'word' && this.isFieldName(index)) return this.put(JSON.stringify(token.text), token.at)
    if (token.kind !== 'mark') return this.put(token.text, token.at, true)
    this.mark(token, index)
  }

  private mark(token: Token, index: number): void {
    const frame = this.frames.at(-1)
    if (token.text === '?' && this.opensEntry(index)) return this.openOptional(frame, token)
    if (frame?.pending && [',', ']', ':'].includes(token.text)) this.closeOptional(frame, token)
    if (token.text === '{' && this.endsName(index)) return this.openMessage(token)
    if (token.text === '(' || token.text === '[' || token.text === '{')
      this.frames.push({ open: token.text, pending: false })
    if (token.text === ')' || token.text === ']' || token.text === '}') {
      const closed = this.frames.pop()
      if (closed?.open === 'message') return this.put('})', token.at)
    }
    this.put(token.text, token.at, true)
  }

  private before(index: number): Token | undefined {
    return this.all.slice(0, index).findLast((one) => one.kind !== 'gap')
  }

  private after(index: number): Token | undefined {
    return this.all.slice(index + 1).find((one) => one.kind !== 'gap')
  }

  /** At the start of an entry of a list, map or message: not an index, not a condition's question mark. */
  private opensEntry(index: number): boolean {
    const frame = this.frames.at(-1)
    const before = this.before(index)?.text
    if (!frame || frame.open === '(') return false
    if (before === ',') return true
    return frame.open === '[' ? before === '[' && !this.isIndex(index) : before === '{'
  }

  private isIndex(index: number): boolean {
    const open = this.all.slice(0, index).findLastIndex((one) => one.text === '[')
    const left = this.before(open)
    return left !== undefined && (left.kind !== 'mark' || [')', ']', '}'].includes(left.text))
  }

  private openOptional(frame: Frame | undefined, token: Token): void {
    if (frame) frame.pending = true
    this.put(`${OPTIONAL_CALL}(`, token.at)
  }

  private closeOptional(frame: Frame, token: Token): void {
    frame.pending = false
    this.put(')', token.at)
  }

  private endsName(index: number): boolean {
    const before = this.before(index)
    return before?.kind === 'word' && before.text !== 'in'
  }

  /** `a.b.C{`: the name goes into quotes, as the first argument. */
  private openMessage(token: Token): void {
    const name = /[A-Za-z_][\w.]*\s*$/.exec(this.text)
    const start = name?.index ?? this.text.length
    const at = this.places[start] ?? token.at
    const words = this.text.slice(start).trim()
    this.text = this.text.slice(0, start)
    this.places.length = start
    this.put(`${MESSAGE_CALL}(${JSON.stringify(words)}, `, at)
    this.put('{', token.at)
    this.frames.push({ open: 'message', pending: false })
  }

  private isFieldName(index: number): boolean {
    const before = this.before(index)?.text
    return (
      this.frames.at(-1)?.open === 'message' &&
      this.after(index)?.text === ':' &&
      (before === '{' || before === ',' || before === '?')
    )
  }

  private quoted(token: Token): void {
    if (!this.text.endsWith('.')) return this.put(token.text, token.at, true)
    this.text = this.text.slice(0, -1)
    this.places.pop()
    this.put(`[${JSON.stringify(token.text.slice(1, -1))}]`, token.at)
  }
}

/** An expression as cel-js can parse it. */
export const parserSource = (original: string): ParserSource => new Rewriter(original).rewrite()
