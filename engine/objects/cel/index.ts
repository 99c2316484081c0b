/**
 * CEL as the API server has it: compile once, evaluate often. Models k8s.io/apiserver/pkg/cel over cel-go; the parser
 * and the evaluator are cel-js. An expression gives a value or an error in cel-go's words, and never throws.
 */
import { Environment, ParseError } from '@marcbachmann/cel-js'
import { checkExpression } from './check.ts'
import { CelBudgetError, renderIssues, runtimeMessage } from './errors.ts'
import type { CelIssue } from './errors.ts'
import { expressionOf } from './expression.ts'
import type { CelNode } from './expression.ts'
import { LIBRARY_TYPES } from './library/index.ts'
import { Budget, CelLazy, installRuntime } from './runtime.ts'
import { parserSource } from './source.ts'
import type { ParserSource } from './source.ts'
import { syntaxIssue } from './syntax.ts'
import { DYN, makeType } from './types.ts'
import type { CelType } from './types.ts'
import { fromCel, toCel } from './values.ts'

export { CelAuthorizer } from './library/authorizer.ts'
export type { AuthorizationAnswer, AuthorizationQuestion } from './library/authorizer.ts'
export { CelLazy } from './runtime.ts'
export { BOOL, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, listOf, makeType, mapType, objectType } from './types.ts'
export type { CelType } from './types.ts'
export { escapeName, toCel } from './values.ts'

export interface CelOptions {
  /** Names in reach of the expression, of any type. */
  readonly variables: readonly string[]
  /** Names with a declared type: a field that it has not is an error at compile time. */
  readonly types?: Readonly<Record<string, CelType>>
  /** Steps that one run may take. */
  readonly budget?: number
}

/** A value as JSON has it, or the message. `exhausted`: it was stopped. */
export type CelResult = { value: unknown } | { error: string; exhausted?: true }

export interface CelProgram {
  /** The type of the result, as cel-go prints it: `bool`, `list(string)`, `dyn`. */
  readonly type: string
  readonly resultType: CelType
  evaluate(bindings: Readonly<Record<string, unknown>>): CelResult
  /** The same, with the value as CEL has it: for a value that another expression reads. */
  evaluateRaw(bindings: Readonly<Record<string, unknown>>): CelResult
}

const STEPS_PER_RUN = 1_000_000

let made: Environment | undefined

function environment(): Environment {
  if (made) return made
  made = new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  })
  for (const [name, ctor] of [...LIBRARY_TYPES, ['Lazy', CelLazy] as const])
    made.registerType(name, { ctor: ctor as new () => unknown, fields: {} })
  return made
}

type Parsed = ReturnType<Environment['parse']>

function parse(source: ParserSource): Parsed | CelIssue {
  try {
    return environment().parse(source.text)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return syntaxIssue(error, source)
  }
}

const compiled = new Map<string, { program: CelProgram } | { error: string }>()

/** A program, or what the compiler says: one `ERROR: <input>:…` block for each issue. */
export function compileCel(expression: string, options: CelOptions): { program: CelProgram } | { error: string } {
  if (options.types !== undefined) return compile(expression, options)
  const key = JSON.stringify([expression, options.variables, options.budget ?? 0])
  const known = compiled.get(key)
  if (known) return known
  const result = compile(expression, options)
  if (compiled.size > 500) compiled.clear()
  compiled.set(key, result)
  return result
}

function compile(expression: string, options: CelOptions): { program: CelProgram } | { error: string } {
  const source = parserSource(expression)
  const parsed = parse(source)
  if (typeof parsed !== 'function') return { error: renderIssues(expression, [parsed]) }
  const tree = expressionOf(parsed.ast as unknown as CelNode, source)
  const { type, issues } = checkExpression(tree, scopeOf(options))
  if (issues.length > 0) return { error: renderIssues(expression, issues) }
  const budget = new Budget(options.budget ?? STEPS_PER_RUN)
  installRuntime(tree, budget)
  return { program: programOf(parsed, type, budget, options.types ?? {}) }
}

const scopeOf = ({ variables, types }: CelOptions): Map<string, CelType> =>
  new Map([...variables.map((name) => [name, DYN] as const), ...Object.entries(types ?? {})])

function programOf(
  parsed: Parsed,
  type: CelType,
  budget: Budget,
  types: Readonly<Record<string, CelType>>,
): CelProgram {
  const evaluateRaw = (bindings: Readonly<Record<string, unknown>>): CelResult => {
    const values: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(bindings)) values[name] = toCel(value, types[name])
    return run(parsed, values, budget)
  }
  return {
    type: makeType(type),
    resultType: type,
    evaluateRaw,
    evaluate: (bindings) => {
      const result = evaluateRaw(bindings)
      return 'error' in result ? result : { value: fromCel(result.value) }
    },
  }
}

function run(parsed: Parsed, values: Record<string, unknown>, budget: Budget): CelResult {
  budget.refill()
  try {
    const value: unknown = parsed(values)
    return budget.spent ? { error: runtimeMessage(new CelBudgetError()), exhausted: true } : { value }
  } catch (error) {
    if (budget.spent) return { error: runtimeMessage(new CelBudgetError()), exhausted: true }
    return { error: runtimeMessage(error) }
  }
}
