/** bc: decimals of any length. Models GNU bc's expressions, variables, scale, sqrt and length. Not modelled: if, while, for, functions, arrays, ibase and obase, -l's functions. */
import type { Program } from '../../host/process.ts'

/** `digits` / 10 ** `scale`. */
interface Decimal {
  digits: bigint
  scale: number
}

class BcError extends Error {}

const power = (scale: number): bigint => 10n ** BigInt(scale)
const rescaled = ({ digits, scale }: Decimal, to: number): Decimal =>
  to >= scale ? { digits: digits * power(to - scale), scale: to } : { digits: digits / power(scale - to), scale: to }

function numberOf(text: string): Decimal {
  const [whole = '', part = ''] = text.split('.')
  return { digits: BigInt(`${whole}${part}` || '0'), scale: part.length }
}

function textOf({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : ''
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale).replace(/^0+(?=\d)/, '')
  if (digits === 0n) return '0'
  return scale === 0 ? sign + whole : `${sign}${whole === '0' ? '' : whole}.${text.slice(text.length - scale)}`
}

function rootOf(value: bigint): bigint {
  if (value < 2n) return value
  let at = BigInt(Math.floor(Math.sqrt(Number(value))))
  while (at * at > value) at--
  while ((at + 1n) * (at + 1n) <= value) at++
  return at
}

const TOKEN = /\s*(?:(\d+\.?\d*|\.\d+)|([a-z][a-z0-9_]*)|(\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^()=<>!]))/y

class Calculator {
  private tokens: string[] = []
  private readonly variables = new Map<string, Decimal>()
  private at = 0

  constructor(scale: number) {
    this.variables.set('scale', { digits: BigInt(scale), scale: 0 })
  }

  private get scale(): number {
    return Number(this.variables.get('scale')?.digits ?? 0n)
  }

  /** The lines that one statement prints. */
  statement(text: string): string {
    const quoted = /^\s*"([^"]*)"\s*$/.exec(text)
    if (quoted !== null) return quoted[1] ?? ''
    this.tokens = tokensOf(text)
    this.at = 0
    if (this.tokens.length === 0) return ''
    const isAssignment = /^[a-z]/.test(this.tokens[0] ?? '') && /^[-+*/%^]?=$/.test(this.tokens[1] ?? '')
    const value = this.level(0)
    if (this.at < this.tokens.length) throw new BcError('syntax error')
    return isAssignment ? '' : `${textOf(value)}\n`
  }

  private accept(...words: string[]): string | undefined {
    const token = this.tokens[this.at]
    if (token === undefined || !words.includes(token)) return undefined
    this.at++
    return token
  }

  private level(level: number): Decimal {
    const operators = [['||'], ['&&'], ['<', '<=', '>', '>=', '==', '!='], ['+', '-'], ['*', '/', '%']][level]
    if (operators === undefined) return this.unary()
    let left = this.level(level + 1)
    for (let operator = this.accept(...operators); operator !== undefined; operator = this.accept(...operators))
      left = this.apply(operator, left, this.level(level + 1))
    return left
  }

  private unary(): Decimal {
    if (this.accept('-') !== undefined) {
      const { digits, scale } = this.unary()
      return { digits: -digits, scale }
    }
    const base = this.primary()
    return this.accept('^') === undefined ? base : this.raised(base, this.unary())
  }

  private primary(): Decimal {
    const token = this.tokens[this.at++]
    if (token === '(') {
      const inner = this.level(0)
      if (this.accept(')') === undefined) throw new BcError('syntax error')
      return inner
    }
    if (token !== undefined && /^[\d.]/.test(token)) return numberOf(token)
    if (token === undefined || !/^[a-z]/.test(token)) throw new BcError('syntax error')
    return this.tokens[this.at] === '(' ? this.called(token) : this.named(token)
  }

  private named(name: string): Decimal {
    const operator = this.accept('=', '+=', '-=', '*=', '/=', '%=')
    const old = this.variables.get(name) ?? { digits: 0n, scale: 0 }
    if (operator === undefined) return old
    const right = this.level(0)
    const value = operator === '=' ? right : this.apply(operator.charAt(0), old, right)
    this.variables.set(name, value)
    return value
  }

  private called(name: string): Decimal {
    const value = this.primary()
    if (name === 'sqrt') {
      const scale = Math.max(this.scale, value.scale)
      return { digits: rootOf(rescaled(value, scale * 2).digits), scale }
    }
    if (name === 'length') return { digits: BigInt(String(value.digits).replace('-', '').length), scale: 0 }
    if (name === 'scale') return { digits: BigInt(value.scale), scale: 0 }
    throw new BcError(`not simulated: function ${name}`)
  }

  private raised(base: Decimal, exponent: Decimal): Decimal {
    const count = Number(rescaled(exponent, 0).digits)
    if (count < 0)
      return this.apply('/', { digits: 1n, scale: 0 }, this.raised(base, { digits: BigInt(-count), scale: 0 }))
    const made = { digits: base.digits ** BigInt(count), scale: base.scale * count }
    return rescaled(made, Math.min(made.scale, Math.max(this.scale, base.scale)))
  }

  private apply(operator: string, a: Decimal, b: Decimal): Decimal {
    const scale = Math.max(a.scale, b.scale)
    const [x, y] = [rescaled(a, scale).digits, rescaled(b, scale).digits]
    const truth = (holds: boolean): Decimal => ({ digits: holds ? 1n : 0n, scale: 0 })
    switch (operator) {
      case '+':
        return { digits: x + y, scale }
      case '-':
        return { digits: x - y, scale }
      case '*':
        return rescaled(
          { digits: a.digits * b.digits, scale: a.scale + b.scale },
          Math.min(a.scale + b.scale, Math.max(this.scale, a.scale, b.scale)),
        )
      case '/':
      case '%': {
        if (b.digits === 0n) throw new BcError('Divide by zero')
        const quotient = { digits: rescaled(a, this.scale + b.scale).digits / b.digits, scale: this.scale }
        const exact = {
          digits: (a.digits * power(this.scale + b.scale)) / (b.digits * power(a.scale)),
          scale: this.scale,
        }
        if (operator === '/') return a.scale > this.scale + b.scale ? exact : quotient
        const rest = Math.max(a.scale, this.scale + b.scale)
        const product = { digits: exact.digits * b.digits, scale: exact.scale + b.scale }
        return { digits: rescaled(a, rest).digits - rescaled(product, rest).digits, scale: rest }
      }
      case '<':
        return truth(x < y)
      case '<=':
        return truth(x <= y)
      case '>':
        return truth(x > y)
      case '>=':
        return truth(x >= y)
      case '==':
        return truth(x === y)
      case '!=':
        return truth(x !== y)
      case '&&':
        return truth(x !== 0n && y !== 0n)
      default:
        return truth(x !== 0n || y !== 0n)
    }
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const match = TOKEN.exec(text)
    if (match === null) throw new BcError('syntax error')
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return tokens
}

const bc: Program = function* (argv, p) {
  const calculator = new Calculator(argv.some((word) => word === '-l' || word === '--mathlib') ? 20 : 0)
  let text = ''
  for (const name of argv.slice(1).filter((word) => !word.startsWith('-'))) {
    const file = yield* p.readFile(name)
    if ('error' in file) {
      yield* p.err(`File ${name} is unavailable.\n`)
      return 1
    }
    text += file.text
  }
  text += yield* p.readAll()
  for (const line of text.replace(/\/\*[\s\S]*?\*\/|#.*/g, '').split('\n')) {
    for (const statement of line.split(';')) {
      if (/^\s*(quit|halt)\s*$/.test(statement)) return 0
      try {
        yield* p.out(calculator.statement(statement))
      } catch (error) {
        if (!(error instanceof BcError)) throw error
        yield* p.err(
          error.message === 'Divide by zero'
            ? 'Runtime error (func=(main), adr=3): Divide by zero\n'
            : `(standard_in) 1: ${error.message}\n`,
        )
        break
      }
    }
  }
  return 0
}

export const bcPrograms: Record<string, Program> = { bc }
