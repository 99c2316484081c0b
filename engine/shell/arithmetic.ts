/** Shell arithmetic on integers. Not modelled: wrap-around at 64 bits beyond 2^53. */
import type { Run } from '../host/process.ts'
import { parseArithmetic } from './ast.ts'
import type { ArithExpr, ArithmeticNode } from './ast.ts'
import { ShellError } from './errors.ts'

/** How an expression reaches variables and expansions. */
export interface ArithmeticScope {
  get(name: string, key?: string): Run<string | undefined>
  set(name: string, key: string | undefined, value: string): void
  /** Expands `$(…)`, `${…}`. */
  expand(text: string): Run<string>
  isAssociative(name: string): boolean
}

export function* evaluateArithmetic(node: ArithmeticNode, scope: ArithmeticScope): Run<number> {
  return yield* evaluate(node.expression, scope, 0)
}

/** The value of a text as a number: a literal, a name, or an expression. */
export function* evaluateText(text: string, scope: ArithmeticScope, depth = 0): Run<number> {
  const trimmed = text.trim()
  if (trimmed === '') return 0
  const literal = parseNumber(trimmed)
  if (literal !== undefined) return literal
  if (depth > 30) throw new ShellError(`${text}: expression recursion level exceeded (error token is "${text}")`)
  const node = parseArithmetic(trimmed)
  if (node === undefined)
    throw new ShellError(`${text}: syntax error: invalid arithmetic operator (error token is "${text}")`)
  return yield* evaluate(node.expression, scope, depth + 1)
}

export function parseNumber(text: string): number | undefined {
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|(\d+)#([0-9a-zA-Z@_]+)|(0[0-7]*)|(\d+))$/.exec(text)
  if (match === null) return undefined
  const [, sign, hex, base, digits, octal, decimal] = match
  const value =
    hex !== undefined
      ? parseInt(hex, 16)
      : base !== undefined
        ? parseInt(digits ?? '0', Number(base))
        : octal !== undefined
          ? parseInt(octal, 8)
          : Number(decimal)
  return sign === '-' ? -value : value
}

function* evaluate(node: ArithExpr, scope: ArithmeticScope, depth: number): Run<number> {
  switch (node.type) {
    case 'ArithNumber':
      return node.value
    case 'ArithSingleQuote':
      return node.value
    case 'ArithGroup':
    case 'ArithNested':
      return yield* evaluate(node.expression, scope, depth)
    case 'ArithVariable':
      return yield* evaluateText((yield* scope.get(node.name)) ?? '', scope, depth + 1)
    case 'ArithSpecialVar':
      return yield* evaluateText(yield* scope.expand(`$${node.name}`), scope, depth + 1)
    case 'ArithBracedExpansion':
      return yield* evaluateText(yield* scope.expand(`\${${node.content}}`), scope, depth + 1)
    case 'ArithCommandSubst':
      return yield* evaluateText(yield* scope.expand(`$(${node.command})`), scope, depth + 1)
    case 'ArithArrayElement':
      return yield* evaluateText(
        (yield* scope.get(node.array, yield* keyOf(node, node.array, scope, depth))) ?? '',
        scope,
        depth + 1,
      )
    case 'ArithTernary':
      return yield* evaluate(
        (yield* evaluate(node.condition, scope, depth)) !== 0 ? node.consequent : node.alternate,
        scope,
        depth,
      )
    case 'ArithBinary':
      return yield* binary(node, scope, depth)
    case 'ArithUnary':
      return yield* unary(node, scope, depth)
    case 'ArithAssignment':
      return yield* assign(node, scope, depth)
    case 'ArithConcat': {
      let text = ''
      for (const part of node.parts) text += yield* textOf(part, scope, depth)
      return yield* evaluateText(text, scope, depth + 1)
    }
    case 'ArithSyntaxError':
      throw new ShellError(node.message)
    case 'ArithDynamicBase':
      return parseNumber(`${yield* scope.expand(node.baseExpr)}#${node.value}`) ?? 0
    case 'ArithDynamicNumber':
      return yield* evaluateText((yield* scope.expand(node.prefix)) + node.suffix, scope, depth + 1)
    default:
      throw new ShellError(`not simulated: arithmetic ${node.type}`)
  }
}

function* textOf(node: ArithExpr, scope: ArithmeticScope, depth: number): Run<string> {
  if (node.type === 'ArithVariable')
    return node.hasDollarPrefix === true ? ((yield* scope.get(node.name)) ?? '') : node.name
  if (node.type === 'ArithBracedExpansion') return yield* scope.expand(`\${${node.content}}`)
  return String(yield* evaluate(node, scope, depth))
}

function* keyOf(
  node: { index?: ArithExpr; subscript?: ArithExpr; stringKey?: string },
  name: string,
  scope: ArithmeticScope,
  depth: number,
): Run<string | undefined> {
  if (node.stringKey !== undefined) return yield* scope.expand(node.stringKey)
  const index = node.index ?? node.subscript
  if (index === undefined) return undefined
  if (scope.isAssociative(name) && index.type === 'ArithVariable')
    return index.hasDollarPrefix === true ? ((yield* scope.get(index.name)) ?? '') : index.name
  return String(yield* evaluate(index, scope, depth))
}

function* binary(
  node: Extract<ArithExpr, { type: 'ArithBinary' }>,
  scope: ArithmeticScope,
  depth: number,
): Run<number> {
  const left = yield* evaluate(node.left, scope, depth)
  if (node.operator === '&&' && left === 0) return 0
  if (node.operator === '||' && left !== 0) return 1
  return operate(node.operator, left, yield* evaluate(node.right, scope, depth))
}

function operate(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new ShellError('division by 0 (error token is "0")')
  const integer = OPERATIONS[operator]
  if (integer === undefined)
    throw new ShellError(`syntax error: invalid arithmetic operator (error token is "${operator}")`)
  return integer(a, b)
}

const big = (operation: (a: bigint, b: bigint) => bigint) => (a: number, b: number) =>
  Number(BigInt.asIntN(64, operation(BigInt(a), BigInt(b))))

const OPERATIONS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': big((a, b) => a * b),
  '/': (a, b) => Math.trunc(a / b),
  '%': (a, b) => (a % b) + 0,
  '**': big((a, b) => a ** b),
  '<<': big((a, b) => a << b),
  '>>': big((a, b) => a >> b),
  '&': big((a, b) => a & b),
  '|': big((a, b) => a | b),
  '^': big((a, b) => a ^ b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
  ',': (_a, b) => b,
}

function* unary(node: Extract<ArithExpr, { type: 'ArithUnary' }>, scope: ArithmeticScope, depth: number): Run<number> {
  const value = yield* evaluate(node.operand, scope, depth)
  if (node.operator === '-') return -value + 0
  if (node.operator === '+') return value
  if (node.operator === '!') return Number(value === 0)
  if (node.operator === '~') return -value - 1
  const changed = node.operator === '++' ? value + 1 : value - 1
  const { operand } = node
  if (operand.type === 'ArithVariable') scope.set(operand.name, undefined, String(changed))
  else if (operand.type === 'ArithArrayElement')
    scope.set(operand.array, yield* keyOf(operand, operand.array, scope, depth), String(changed))
  return node.prefix ? changed : value
}

function* assign(
  node: Extract<ArithExpr, { type: 'ArithAssignment' }>,
  scope: ArithmeticScope,
  depth: number,
): Run<number> {
  const key = yield* keyOf(node, node.variable, scope, depth)
  const right = yield* evaluate(node.value, scope, depth)
  const operator = node.operator.slice(0, -1)
  const value =
    operator === ''
      ? right
      : operate(operator, yield* evaluateText((yield* scope.get(node.variable, key)) ?? '', scope, depth + 1), right)
  scope.set(node.variable, key, String(value))
  return value
}
