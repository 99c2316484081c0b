/** Go's text/template, read. */
import { isFunction, TemplateError } from './functions.ts'

export type Term =
  | { kind: 'literal'; value: unknown; source: string }
  | { kind: 'dot'; source: string }
  | { kind: 'field'; names: string[]; source: string }
  | { kind: 'variable'; name: string; names: string[]; source: string }
  | { kind: 'pipe'; pipe: Pipe; names: string[]; source: string }
  | { kind: 'function'; name: string; source: string }

export interface Command {
  terms: Term[]
}

export interface Pipe {
  /** `$x := …` or `$k, $v := …`. */
  variables: string[]
  declares: boolean
  commands: Command[]
}

export type TemplateNode = { kind: 'text'; text: string } | { kind: 'action'; pipe: Pipe } | ControlNode

export interface ControlNode {
  kind: 'if' | 'with' | 'range'
  pipe: Pipe
  body: TemplateNode[]
  otherwise?: TemplateNode[]
}

type Piece = { kind: 'text'; text: string } | { kind: 'action'; tokens: string[] }

const TOKEN =
  /\s+|"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|:=|=|\||,|\(|\)|\$[\w]*(?:\.[\w]+)*|(?:\.[\w]+)+|\.|[+-]?\d[\w.]*|[A-Za-z_]\w*/y

const NAME = /^[A-Za-z_]\w*$/
const KEYWORDS = new Set(['if', 'else', 'end', 'range', 'with', 'true', 'false', 'nil', 'define', 'template', 'block', 'break', 'continue']) // prettier-ignore
const undefinedFunction = (name: string): TemplateError => fail(`function ${JSON.stringify(name)} not defined`)

const fail = (text: string): TemplateError => new TemplateError(`template: output:1: ${text}`)

/** The whole template as a tree; `own` are the names of functions beside kubectl's. */
export function parseNodes(text: string, own: readonly string[] = []): TemplateNode[] {
  const pieces = split(text)
  for (const piece of pieces)
    for (const word of piece.kind === 'text' ? [] : piece.tokens)
      if (NAME.test(word) && !KEYWORDS.has(word) && !isFunction(word) && !own.includes(word))
        throw undefinedFunction(word)
  const { nodes } = block(pieces, false)
  return nodes
}

/** Text and actions in turn; `{{-` and `-}}` trim the text beside them. */
function split(text: string): Piece[] {
  const pieces: Piece[] = []
  let rest = text
  for (;;) {
    const open = rest.indexOf('{{')
    if (open < 0) break
    const trimsLeft = /^\{\{-\s/.test(rest.slice(open))
    const before = rest.slice(0, open)
    pieces.push({ kind: 'text', text: trimsLeft ? before.trimEnd() : before })
    const inside = rest.slice(open + (trimsLeft ? 3 : 2))
    const comment = /^\s*\/\*[^]*?\*\/\s*(-?\}\})/.exec(inside)
    const end = comment ? comment[0].length : endOf(inside)
    const body = inside.slice(0, end - 2)
    const trimsRight = /\s-$/.test(body)
    if (!comment) pieces.push({ kind: 'action', tokens: tokens(trimsRight ? body.slice(0, -1) : body) })
    rest = inside.slice(end)
    if (trimsRight || comment?.[1]?.startsWith('-')) rest = rest.trimStart()
  }
  pieces.push({ kind: 'text', text: rest })
  return pieces
}

/** Where the action ends, after its braces. */
function endOf(inside: string): number {
  for (let i = 0; i < inside.length; i++) {
    if (inside.startsWith('}}', i)) return i + 2
    const quote = inside[i]!
    if (quote !== '"' && quote !== '`') continue
    let end = i + 1
    while (end < inside.length && inside[end] !== quote) end += inside[end] === '\\' && quote === '"' ? 2 : 1
    if (end >= inside.length) throw fail('unterminated quoted string')
    i = end
  }
  throw fail('unclosed action')
}

function tokens(body: string): string[] {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < body.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(body)
    if (!match) throw fail(`unexpected ${JSON.stringify(body[at])} in command`)
    found.push(/^\s/.test(match[0]) ? ' ' : match[0])
  }
  return found
}

/** Reads up to `end` or `else`. */
function block(pieces: Piece[], nested: boolean): { nodes: TemplateNode[]; closer: string[] } {
  const nodes: TemplateNode[] = []
  for (;;) {
    const piece = pieces.shift()
    if (!piece) {
      if (nested) throw fail('unexpected EOF')
      return { nodes, closer: [] }
    }
    if (piece.kind === 'text') {
      if (piece.text !== '') nodes.push(piece)
      continue
    }
    const words = trimmed(piece.tokens)
    if (words[0] === 'end' || words[0] === 'else') {
      if (!nested) throw fail(`unexpected {{${words[0]}}}`)
      return { nodes, closer: words }
    }
    nodes.push(statement(words, pieces))
  }
}

const trimmed = (list: string[]): string[] => {
  const from = list[0] === ' ' ? 1 : 0
  return list.slice(from, list.at(-1) === ' ' ? -1 : undefined)
}

const UNSUPPORTED = ['define', 'template', 'block', 'break', 'continue']

function statement(words: string[], pieces: Piece[]): TemplateNode {
  const [head = '', ...rest] = words
  if (UNSUPPORTED.includes(head)) throw new TemplateError(`not simulated: {{${head}}} in a template`)
  if (head !== 'if' && head !== 'with' && head !== 'range') return { kind: 'action', pipe: pipe(words) }
  return controlled(head, rest, pieces)
}

function controlled(head: 'if' | 'with' | 'range', rest: string[], pieces: Piece[]): TemplateNode {
  const { nodes, closer } = block(pieces, true)
  const node: ControlNode = { kind: head, pipe: pipe(trimmed(rest)), body: nodes }
  if (closer[0] === 'end') return node
  const chained = closer.filter((word) => word !== ' ').slice(1)
  if (chained[0] === 'if' || chained[0] === 'with')
    return { ...node, otherwise: [controlled(chained[0], closer.slice(closer.indexOf(chained[0]) + 1), pieces)] }
  return { ...node, otherwise: block(pieces, true).nodes }
}

function pipe(words: string[]): Pipe {
  const assign = words.findIndex((word) => word === ':=' || word === '=')
  const variables = assign < 0 ? [] : words.slice(0, assign).filter((word) => word.startsWith('$'))
  const commands = splitAt(words.slice(assign + 1), '|').map((part) => ({ terms: terms(trimmed(part)) }))
  if (commands.some((command) => command.terms.length === 0)) throw fail('missing value for command')
  return { variables, declares: assign >= 0 && words[assign] === ':=', commands }
}

/** Parts at a separator outside parentheses. */
function splitAt(words: string[], separator: string): string[][] {
  const parts: string[][] = [[]]
  let depth = 0
  for (const word of words) {
    depth += word === '(' ? 1 : word === ')' ? -1 : 0
    if (word === separator && depth === 0) parts.push([])
    else parts.at(-1)!.push(word)
  }
  return parts
}

function terms(words: string[]): Term[] {
  const found: Term[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === ' ') continue
    if (word !== '(') found.push(term(word))
    else {
      const end = closing(words, i)
      const names = /^\.\w/.test(words[end + 1] ?? '') ? fieldNames(words[end + 1]!) : []
      found.push({
        kind: 'pipe',
        pipe: pipe(trimmed(words.slice(i + 1, end))),
        names,
        source: words.slice(i, end + 1).join(''),
      })
      i = names.length > 0 ? end + 1 : end
    }
  }
  return found
}

function closing(words: string[], from: number): number {
  let depth = 0
  for (let i = from; i < words.length; i++) {
    depth += words[i] === '(' ? 1 : words[i] === ')' ? -1 : 0
    if (depth === 0) return i
  }
  throw fail('unclosed left paren')
}

const fieldNames = (word: string): string[] => word.split('.').filter(Boolean)

function term(source: string): Term {
  if (source === '.') return { kind: 'dot', source }
  if (source.startsWith('.')) return { kind: 'field', names: fieldNames(source), source }
  if (source.startsWith('$')) {
    const [name = '$', ...names] = source.split('.')
    return { kind: 'variable', name, names, source }
  }
  const literal = literalOf(source)
  if (literal !== undefined) return { kind: 'literal', value: literal.value, source }
  if (!NAME.test(source)) throw undefinedFunction(source)
  return { kind: 'function', name: source, source }
}

function literalOf(source: string): { value: unknown } | undefined {
  if (source === 'true' || source === 'false') return { value: source === 'true' }
  if (source === 'nil') return { value: null }
  if (source.startsWith('`')) return { value: source.slice(1, -1) }
  if (source.startsWith('"')) return { value: unquote(source.slice(1, -1)) }
  if (source.startsWith("'")) return { value: unquote(source.slice(1, -1)).codePointAt(0) }
  if (/^[+-]?\d/.test(source)) return { value: Number(source) }
  return undefined
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '"': '"', "'": "'", '\\': '\\' }

const unquote = (text: string): string =>
  text.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (all, code: string) =>
    /^[ux]./.test(code) ? String.fromCharCode(parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? all),
  )
