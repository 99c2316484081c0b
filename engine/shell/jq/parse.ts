/** jq's language as a tree. Models jq's lexer.l and parser.y. Not modelled: `?//`, import, include, module. */

export type Node =
  | { kind: 'identity' | 'recurse' }
  | { kind: 'literal'; value: null | boolean | number | string }
  | { kind: 'string'; format?: string; parts: (string | Node)[] }
  | { kind: 'format'; name: string }
  | { kind: 'index'; of: Node; key: Node }
  | { kind: 'slice'; of: Node; from?: Node; to?: Node }
  | { kind: 'iterate' | 'optional' | 'negate'; of: Node }
  | { kind: 'array'; of?: Node }
  | { kind: 'object'; fields: [Node, Node][] }
  | { kind: 'pipe' | 'comma' | 'alternative'; left: Node; right: Node }
  | { kind: 'and' | 'or'; left: Node; right: Node }
  | { kind: 'binary'; operator: string; left: Node; right: Node }
  | { kind: 'update'; operator: string; left: Node; right: Node }
  | { kind: 'call'; name: string; args: Node[]; at: number }
  | { kind: 'variable'; name: string; at: number }
  | { kind: 'location'; line: number }
  | { kind: 'bind'; source: Node; pattern: Pattern; body: Node }
  | { kind: 'reduce'; source: Node; pattern: Pattern; start: Node; update: Node }
  | { kind: 'foreach'; source: Node; pattern: Pattern; start: Node; update: Node; extract?: Node }
  | { kind: 'if'; condition: Node; then: Node; otherwise?: Node }
  | { kind: 'try'; body: Node; handler?: Node }
  | { kind: 'label'; name: string; body: Node }
  | { kind: 'break'; name: string; at: number }
  | { kind: 'define'; name: string; params: string[]; body: Node; rest: Node }

export type Pattern =
  | { kind: 'variable'; name: string }
  | { kind: 'array'; items: Pattern[] }
  | { kind: 'object'; fields: { key: Node; variable?: string; pattern?: Pattern }[] }

interface Token {
  kind: 'op' | 'word' | 'field' | 'variable' | 'format' | 'number' | 'string' | 'end' | 'invalid'
  text: string
  at: number
  parts?: (string | Node)[]
}

/** A program that does not parse, with the place that the message points at. */
export class SyntaxFailure extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message)
  }
}

const KEYWORDS = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or not __loc__'
    .split(' ')
    .filter((word) => word !== 'not'),
)
const OPERATORS = [
  '//=',
  '|=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '==',
  '!=',
  '<=',
  '>=',
  '//',
  '..',
  '.',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '|',
  ',',
  ':',
  ';',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
  '$',
]

class Lexer {
  at = 0
  last = 0
  constructor(readonly text: string) {}

  next(): Token {
    const space = /^(?:\s+|#[^\n]*)+/.exec(this.text.slice(this.at))
    if (space !== null) {
      this.last = this.at
      this.at += space[0].length
    }
    const rest = this.text.slice(this.at)
    if (rest === '') return { kind: 'end', text: '', at: this.last }
    const at = this.at
    this.last = at
    const make = (kind: Token['kind'], length: number, text = rest.slice(0, length)): Token => {
      this.at += length
      return { kind, text, at }
    }
    if (rest.startsWith('"')) return this.string(at)
    const field = /^\.([a-zA-Z_][a-zA-Z_0-9]*)/.exec(rest)
    if (field !== null) return make('field', field[0].length, field[1])
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest)
    if (number !== null) return make('number', number[0].length)
    const variable = /^\$([a-zA-Z_][a-zA-Z_0-9]*(?:::[a-zA-Z_][a-zA-Z_0-9]*)*)/.exec(rest)
    if (variable !== null) return make('variable', variable[0].length, variable[1])
    const format = /^@[a-zA-Z0-9_]+/.exec(rest)
    if (format !== null) return make('format', format[0].length)
    const word = /^[a-zA-Z_][a-zA-Z_0-9]*(?:::[a-zA-Z_][a-zA-Z_0-9]*)*/.exec(rest)
    if (word !== null) return make('word', word[0].length)
    const operator = OPERATORS.find((each) => rest.startsWith(each))
    return operator === undefined ? make('invalid', 1) : make('op', operator.length)
  }

  private string(at: number): Token {
    const parts: (string | Node)[] = ['']
    const add = (text: string): void => {
      parts[parts.length - 1] = (parts.at(-1) as string) + text
    }
    this.at++
    for (;;) {
      const letter = this.text.charAt(this.at)
      if (letter === '')
        throw new SyntaxFailure(
          'syntax error, unexpected $end, expecting QQSTRING_TEXT or QQSTRING_INTERP_START or QQSTRING_END',
          at + 1,
        )
      if (letter === '"') break
      if (letter !== '\\') {
        add(letter)
        this.at++
        continue
      }
      const escape = this.text.charAt(this.at + 1)
      if (escape === '(') {
        this.at += 2
        const parser = new Parser(this)
        parts.push(parser.inside(), '')
      } else this.escape(escape, add)
    }
    this.at++
    return { kind: 'string', text: '', at, parts }
  }

  private escape(letter: string, add: (text: string) => void): void {
    const hex = /^u([0-9a-fA-F]{4})/.exec(this.text.slice(this.at + 1))
    const plain: Record<string, string> = {
      n: '\n',
      t: '\t',
      r: '\r',
      b: '\b',
      f: '\f',
      '/': '/',
      '\\': '\\',
      '"': '"',
    }
    if (hex !== null) add(String.fromCharCode(parseInt(hex[1] ?? '', 16)))
    else if (plain[letter] !== undefined) add(plain[letter])
    else throw new SyntaxFailure('syntax error, unexpected INVALID_CHARACTER', this.at)
    this.at += hex === null ? 2 : 6
  }
}

const BINARY: Record<string, { level: number; right?: boolean; none?: boolean }> = {
  '//': { level: 3, right: true },
  '=': { level: 4, none: true },
  '|=': { level: 4, none: true },
  '+=': { level: 4, none: true },
  '-=': { level: 4, none: true },
  '*=': { level: 4, none: true },
  '/=': { level: 4, none: true },
  '%=': { level: 4, none: true },
  '//=': { level: 4, none: true },
  or: { level: 5 },
  and: { level: 6 },
  '==': { level: 7, none: true },
  '!=': { level: 7, none: true },
  '<': { level: 7, none: true },
  '<=': { level: 7, none: true },
  '>': { level: 7, none: true },
  '>=': { level: 7, none: true },
  '+': { level: 8 },
  '-': { level: 8 },
  '*': { level: 9 },
  '/': { level: 9 },
  '%': { level: 9 },
}

const NAMES: Record<string, string> = {
  '==': 'EQ',
  '!=': 'NEQ',
  '|=': 'SETPIPE',
  '+=': 'SETPLUS',
  '..': 'REC',
  '//': '//',
  '//=': 'SETDEFINEDOR',
  '<=': 'LESSEQ',
  '>=': 'GREATEREQ',
}

class Parser {
  private token: Token
  constructor(private readonly lexer: Lexer) {
    this.token = lexer.next()
  }

  /** A whole program. */
  program(): Node {
    const made = this.peek('end') ? ({ kind: 'identity' } as const) : this.pipe(true)
    if (!this.peek('end')) throw this.unexpected(', expecting $end')
    return made
  }

  /** The filter of `\(…)`; the text goes on behind the parenthesis. */
  inside(): Node {
    const made = this.pipe()
    if (!this.peek('op', ')')) throw this.unexpected()
    return made
  }

  private peek(kind: Token['kind'], text?: string): boolean {
    return this.token.kind === kind && (text === undefined || this.token.text === text)
  }

  private take(): Token {
    const taken = this.token
    this.token = this.lexer.next()
    return taken
  }

  private accept(text: string, kind: Token['kind'] = 'op'): boolean {
    if (!this.peek(kind, text)) return false
    this.take()
    return true
  }

  private expect(text: string, kind: Token['kind'] = 'op'): void {
    if (!this.accept(text, kind)) throw this.unexpected()
  }

  private unexpected(more = ''): SyntaxFailure {
    const { kind, text, at } = this.token
    const name: Record<Token['kind'], string> = {
      end: '$end',
      op: NAMES[text] ?? `'${text}'`,
      word: KEYWORDS.has(text) ? text : 'IDENT',
      field: 'FIELD',
      variable: "'$'",
      format: 'FORMAT',
      number: 'LITERAL',
      string: 'QQSTRING_START',
      invalid: 'INVALID_CHARACTER',
    }
    return new SyntaxFailure(`syntax error, unexpected ${name[kind]}${more}`, at)
  }

  private pipe(isProgram = false): Node {
    if (this.peek('word', 'def')) return this.definition(isProgram)
    if (this.peek('word', 'label')) {
      this.take()
      const name = this.variable()
      this.expect('|')
      return { kind: 'label', name, body: this.pipe() }
    }
    const left = this.comma()
    if (this.accept('as', 'word')) return this.binding(left)
    return this.accept('|') ? { kind: 'pipe', left, right: this.pipe() } : left
  }

  private binding(source: Node): Node {
    const pattern = this.pattern()
    this.expect('|')
    return { kind: 'bind', source, pattern, body: this.pipe() }
  }

  private definition(isProgram: boolean): Node {
    this.take()
    const name = this.name()
    const params: string[] = []
    if (this.accept('(')) {
      do params.push(this.peek('variable') ? `$${this.take().text}` : this.name())
      while (this.accept(';'))
      this.expect(')')
    }
    this.expect(':')
    const body = this.pipe()
    this.expect(';')
    const rest: Node = isProgram && this.peek('end') ? { kind: 'identity' } : this.pipe(isProgram)
    return { kind: 'define', name, params, body, rest }
  }

  private name(): string {
    if (!this.peek('word')) throw this.unexpected()
    return this.take().text
  }

  private variable(): string {
    if (!this.peek('variable')) throw this.unexpected()
    return this.take().text
  }

  private comma(): Node {
    let left = this.binary(0)
    while (this.accept(',')) left = { kind: 'comma', left, right: this.binary(0) }
    return left
  }

  private binary(least: number): Node {
    let left = this.unary()
    for (;;) {
      const operator = this.token.text
      const rule = this.token.kind === 'op' || this.token.kind === 'word' ? BINARY[operator] : undefined
      if (rule === undefined || rule.level < least) return left
      this.take()
      const right = this.binary(rule.right === true ? rule.level : rule.level + 1)
      left = joined(operator, left, right)
      if (rule.none === true && BINARY[this.token.text]?.level === rule.level) throw this.unexpected()
    }
  }

  private unary(): Node {
    if (!this.accept('-')) return this.postfix()
    return { kind: 'negate', of: this.postfix() }
  }

  /** A term with what follows it; `term as $x | …` reaches to the end. */
  private postfix(): Node {
    const term = this.suffixes(this.term())
    if (!this.peek('word', 'as')) return term
    this.take()
    return this.binding(term)
  }

  private suffixes(start: Node): Node {
    let of = start
    for (;;) {
      if (this.peek('field')) of = { kind: 'index', of, key: { kind: 'literal', value: this.take().text } }
      else if (this.accept('?')) of = { kind: 'optional', of }
      else if (this.peek('op', '[')) of = this.bracket(of)
      else if (this.peek('op', '.')) {
        this.take()
        if (this.peek('string')) of = { kind: 'index', of, key: this.string() }
        else if (this.peek('op', '[')) of = this.bracket(of)
        else throw this.unexpected(this.peek('end') ? ', expecting FORMAT or QQSTRING_START' : '')
      } else return of
    }
  }

  private bracket(of: Node): Node {
    this.expect('[')
    if (this.accept(']')) return { kind: 'iterate', of }
    if (this.accept(':')) {
      const to = this.pipe()
      this.expect(']')
      return { kind: 'slice', of, to }
    }
    const key = this.pipe()
    if (!this.accept(':')) {
      this.expect(']')
      return { kind: 'index', of, key }
    }
    const to = this.peek('op', ']') ? undefined : this.pipe()
    this.expect(']')
    return { kind: 'slice', of, from: key, ...(to !== undefined && { to }) }
  }

  private string(format?: string): Node {
    const { parts = [] } = this.take()
    return { kind: 'string', parts, ...(format !== undefined && { format }) }
  }

  private term(): Node {
    const { kind, text, at } = this.token
    switch (kind) {
      case 'number':
        this.take()
        return { kind: 'literal', value: Number(text) }
      case 'string':
        return this.string()
      case 'format':
        this.take()
        return this.peek('string') ? this.string(text) : { kind: 'format', name: text }
      case 'field':
        this.take()
        return { kind: 'index', of: { kind: 'identity' }, key: { kind: 'literal', value: text } }
      case 'variable':
        this.take()
        if (text === '__loc__') return { kind: 'location', line: this.lexer.text.slice(0, at).split('\n').length }
        return { kind: 'variable', name: text, at }
      case 'word':
        return this.word(text, at)
      case 'op':
        return this.opened(text)
      default:
        throw this.unexpected(kind === 'invalid' ? ', expecting $end' : '')
    }
  }

  private opened(text: string): Node {
    if (!['.', '..', '(', '[', '{'].includes(text)) throw this.unexpected(at0(this.token) ? ', expecting $end' : '')
    this.take()
    if (text === '..') return { kind: 'recurse' }
    if (text === '.')
      return this.peek('string')
        ? { kind: 'index', of: { kind: 'identity' }, key: this.string() }
        : { kind: 'identity' }
    if (text === '(') {
      const made = this.pipe()
      this.expect(')')
      return made
    }
    if (text === '[') {
      if (this.accept(']')) return { kind: 'array' }
      const of = this.pipe()
      this.expect(']')
      return { kind: 'array', of }
    }
    return this.object()
  }

  private word(text: string, at: number): Node {
    this.take()
    switch (text) {
      case 'if':
        return this.condition()
      case 'try': {
        const body = this.suffixes(this.term())
        const handler = this.accept('catch', 'word') ? this.suffixes(this.term()) : undefined
        return { kind: 'try', body, ...(handler !== undefined && { handler }) }
      }
      case 'reduce':
      case 'foreach':
        return this.fold(text)
      case 'def':
        return this.definition(false)
      case 'break':
        return { kind: 'break', name: this.variable(), at }
      case 'true':
      case 'false':
        return { kind: 'literal', value: text === 'true' }
      case 'null':
        return { kind: 'literal', value: null }
      default:
        if (!KEYWORDS.has(text)) return { kind: 'call', name: text, args: this.args(), at }
        this.token = { kind: 'word', text, at }
        throw this.unexpected()
    }
  }

  private args(): Node[] {
    if (!this.accept('(')) return []
    const args: Node[] = []
    do args.push(this.pipe())
    while (this.accept(';'))
    this.expect(')')
    return args
  }

  private condition(): Node {
    const condition = this.pipe()
    this.expect('then', 'word')
    const then = this.pipe()
    if (this.accept('elif', 'word')) return { kind: 'if', condition, then, otherwise: this.condition() }
    const otherwise = this.accept('else', 'word') ? this.pipe() : undefined
    this.expect('end', 'word')
    return { kind: 'if', condition, then, ...(otherwise !== undefined && { otherwise }) }
  }

  private fold(kind: 'reduce' | 'foreach'): Node {
    const source = this.suffixes(this.term())
    this.expect('as', 'word')
    const pattern = this.pattern()
    this.expect('(')
    const start = this.pipe()
    this.expect(';')
    const update = this.pipe()
    const extract = kind === 'foreach' && this.accept(';') ? this.pipe() : undefined
    this.expect(')')
    if (kind === 'reduce') return { kind, source, pattern, start, update }
    return { kind, source, pattern, start, update, ...(extract !== undefined && { extract }) }
  }

  private pattern(): Pattern {
    if (this.peek('variable')) return { kind: 'variable', name: this.take().text }
    if (this.accept('[')) {
      const items: Pattern[] = []
      do items.push(this.pattern())
      while (this.accept(','))
      this.expect(']')
      return { kind: 'array', items }
    }
    this.expect('{')
    const fields: Extract<Pattern, { kind: 'object' }>['fields'] = []
    do {
      const isVariable = this.peek('variable')
      const { text } = this.token
      const key = this.key()
      const pattern = this.accept(':') ? this.pattern() : undefined
      if (pattern === undefined && !isVariable) throw this.unexpected()
      fields.push({
        key: isVariable ? { kind: 'literal', value: text } : key,
        ...(isVariable && { variable: text }),
        ...(pattern !== undefined && { pattern }),
      })
    } while (this.accept(','))
    this.expect('}')
    return { kind: 'object', fields }
  }

  private key(): Node {
    const { kind, text, at } = this.token
    if (kind === 'word' || kind === 'variable' || kind === 'number') this.take()
    if (kind === 'word') return { kind: 'literal', value: text }
    if (kind === 'number') return { kind: 'literal', value: Number(text) }
    if (kind === 'variable') return { kind: 'variable', name: text, at }
    if (kind === 'string') return this.string()
    if (kind === 'format') {
      this.take()
      return this.peek('string') ? this.string(text) : { kind: 'format', name: text }
    }
    this.expect('(')
    const made = this.pipe()
    this.expect(')')
    return made
  }

  private object(): Node {
    const fields: [Node, Node][] = []
    while (!this.accept('}')) {
      fields.push(this.field())
      if (!this.peek('op', '}')) {
        if (!this.peek('op', ',')) throw this.unexpected(this.token.kind === 'op' ? ", expecting '}'" : '')
        this.take()
      }
    }
    return { kind: 'object', fields }
  }

  private field(): [Node, Node] {
    const { kind, text, at } = this.token
    const key = this.key()
    if (this.accept(':')) return [key, this.fieldValue()]
    if (kind === 'variable')
      return [
        { kind: 'literal', value: text },
        text === '__loc__' ? { kind: 'location', line: 1 } : { kind: 'variable', name: text, at },
      ]
    if (kind === 'word' || kind === 'string' || kind === 'format')
      return [key, { kind: 'index', of: { kind: 'identity' }, key }]
    throw this.unexpected()
  }

  /** Terms, with `|` between them. */
  private fieldValue(): Node {
    const left = this.unaryTerm()
    return this.accept('|') ? { kind: 'pipe', left, right: this.fieldValue() } : left
  }

  private unaryTerm(): Node {
    return this.accept('-') ? { kind: 'negate', of: this.unaryTerm() } : this.suffixes(this.term())
  }
}

const at0 = ({ at }: Token): boolean => at === 0

function joined(operator: string, left: Node, right: Node): Node {
  if (operator === 'and' || operator === 'or') return { kind: operator, left, right }
  if (operator === '//') return { kind: 'alternative', left, right }
  if (operator.endsWith('=') && !['==', '!=', '<=', '>='].includes(operator))
    return { kind: 'update', operator, left, right }
  return { kind: 'binary', operator, left, right }
}

export const parseProgram = (text: string): Node => new Parser(new Lexer(text)).program()
