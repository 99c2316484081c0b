/** kubectl's dialect of JSONPath, read. Models client-go/util/jsonpath/parser.go. */

export interface SliceParam {
  value: number
  known: boolean
  /** The end that a single index implies. */
  derived?: boolean
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'value'; value: number | boolean }
  | { kind: 'field'; name: string }
  | { kind: 'slice'; params: [SliceParam, SliceParam, SliceParam] }
  | { kind: 'filter'; left: Node[]; operator: string; right: Node[] }
  | { kind: 'union'; members: Node[][] }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  | { kind: 'identifier'; name: string }
  | { kind: 'list'; nodes: Node[] }

/** A whole template: text, and lists for what stands in braces. */
export type JsonPath = Node[]

export class JsonPathError extends Error {}

/** Reads a template such as `{.items[*].metadata.name}{"\n"}`. Throws JsonPathError with upstream's text. */
export function parseJsonPath(template: string): JsonPath {
  const nodes: Node[] = []
  let rest = template
  while (rest !== '') {
    const open = rest.indexOf('{')
    if (open < 0) {
      nodes.push({ kind: 'text', text: rest })
      return nodes
    }
    if (open > 0) nodes.push({ kind: 'text', text: rest.slice(0, open) })
    const action = new ActionReader(rest.slice(open + 1))
    nodes.push({ kind: 'list', nodes: action.read() })
    rest = rest.slice(open + 1 + action.position)
  }
  return nodes
}

/** One expression without braces. */
const parseAction = (text: string): Node[] => new ActionReader(`${text}}`).read()

const isWord = (char: string): boolean => /[\p{L}\p{N}_]/u.test(char)
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/

class ActionReader {
  position = 0
  private readonly nodes: Node[] = []

  constructor(private readonly text: string) {}

  /** Reads up to and with the closing brace. */
  read(): Node[] {
    for (;;) {
      const char = this.text[this.position]
      if (char === undefined || char === '\n' || char === '\r') throw new JsonPathError('unclosed action')
      if (char === '}') {
        this.position++
        return this.nodes
      }
      this.step(char)
    }
  }

  private step(char: string): void {
    if (char === ' ' || char === '\t' || char === '@' || char === '$') this.position++
    else if (char === '[') this.array()
    else if (char === '"' || char === "'") this.quoted(char)
    else if (char === '.') this.field()
    else if (char === '+' || char === '-' || /\d/.test(char)) this.number()
    else if (isWord(char)) this.identifier()
    else throw new JsonPathError(`unrecognized character in action: ${unicodeName(char)}`)
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.text)?.[0] ?? ''
    this.position += found.length
    return found
  }

  private identifier(): void {
    const name = this.take(/[\p{L}\p{N}_]+/uy)
    if (name === 'true' || name === 'false') this.nodes.push({ kind: 'value', value: name === 'true' })
    else this.nodes.push({ kind: 'identifier', name })
  }

  private number(): void {
    const text = this.take(/[+-]?[\d.]*/y)
    const value = Number(text)
    if (text === '+' || text === '-' || Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`)
    this.nodes.push({ kind: 'value', value })
  }

  private quoted(quote: string): void {
    const from = this.position + 1
    let at = from
    while (at < this.text.length && this.text[at] !== quote) at += this.text[at] === '\\' ? 2 : 1
    if (at >= this.text.length) throw new JsonPathError('unterminated quoted string')
    this.position = at + 1
    this.nodes.push({ kind: 'text', text: unquote(this.text.slice(from, at), quote) })
  }

  private field(): void {
    this.position++
    if (this.text[this.position] === '.') {
      this.position++
      this.nodes.push({ kind: 'recursive' })
      if (!isWord(this.text[this.position] ?? '')) return
    }
    const name = this.take(/(?:\\.|[^\s,.[\]$@{}])*/y)
    if (name === '*') this.nodes.push({ kind: 'wildcard' })
    else if (name !== '') this.nodes.push({ kind: 'field', name: name.replaceAll('\\', '') })
  }

  private array(): void {
    if (this.text.startsWith('[?(', this.position)) return this.filter()
    const inner = this.bracketed()
    const parts = inner === '*' ? [':'] : splitUnion(inner)
    if (parts.length > 1)
      this.nodes.push({ kind: 'union', members: parts.map((part) => parseAction(`[${part.trim()}]`)) })
    else this.nodes.push(...arrayNodes(parts[0]!))
  }

  private bracketed(): string {
    const end = closing(this.text, this.position + 1, ']')
    if (end < 0) throw new JsonPathError('unterminated array')
    const inner = this.text.slice(this.position + 1, end)
    this.position = end + 1
    return inner
  }

  private filter(): void {
    const from = this.position + 3
    const end = closing(this.text, from, ')')
    if (end < 0) throw new JsonPathError('unterminated filter')
    if (this.text[end + 1] !== ']') throw new JsonPathError('unclosed array expect ]')
    this.position = end + 2
    this.nodes.push(filterNode(this.text.slice(from, end)))
  }
}

/** Where the bracket closes, quotes and nested brackets left aside; -1 when it does not. */
function closing(text: string, from: number, close: string): number {
  const open = close === ']' ? '[' : '('
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text[at]!
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, at + 1)
      if (end < 0) return -1
      at = end
    } else if (char === open) depth++
    else if (char === close && depth-- === 0) return at
  }
  return -1
}

const splitUnion = (inner: string): string[] => inner.split(',')

function arrayNodes(text: string): Node[] {
  const key = /^'([^']*)'$/.exec(text)
  if (key) return parseAction(`.${key[1]}`)
  const match = SLICE.exec(text)
  if (!match) throw new JsonPathError(`invalid array index ${text}`)
  const [first, second, third] = [match[1], match[2], match[3]]
  const start: SliceParam = first ? { value: Number(first), known: true } : { value: 0, known: false }
  const end: SliceParam =
    second === undefined ? { value: start.value + 1, known: true, derived: true } : sliceParam(second)
  return [{ kind: 'slice', params: [start, end, sliceParam(third)] }]
}

const sliceParam = (text: string | undefined): SliceParam =>
  text === undefined || text === ':' ? { value: 0, known: false } : { value: Number(text.slice(1)), known: true }

function filterNode(text: string): Node {
  const match = COMPARISON.exec(text)
  if (!match) return { kind: 'filter', left: parseAction(text), operator: 'exists', right: [] }
  return { kind: 'filter', left: parseAction(match[1]!), operator: match[2]!, right: parseAction(match[3]!) }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\' }

function unquote(text: string, quote: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (all, code: string) => {
    if (/^[ux]./.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16))
    return ESCAPES[code] ?? (code === quote || code === '"' || code === "'" ? code : all)
  })
}

const unicodeName = (char: string): string =>
  `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${char}'`
