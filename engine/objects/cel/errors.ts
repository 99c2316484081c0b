/** Errors of expressions: where they stand, and cel-go's words. */
import { EvaluationError } from '@marcbachmann/cel-js'

/** A place that is wrong in an expression: an offset into its text. */
export interface CelIssue {
  readonly at: number
  readonly message: string
}

/** An error of a running expression, in cel-go's words. */
export class CelRuntimeError extends Error {}

export const noSuchOverload = (): CelRuntimeError => new CelRuntimeError('no such overload')
export const noSuchKey = (key: unknown): CelRuntimeError => new CelRuntimeError(`no such key: ${String(key)}`)
/** Upstream stops an expression by its cost; here the steps are counted. */
export class CelBudgetError extends CelRuntimeError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** The errors of a source text, one block each: `ERROR: <input>:1:6: …`, the line, and dots up to the place. */
export function renderIssues(source: string, issues: readonly CelIssue[]): string {
  return issues.map((issue) => renderIssue(source, issue)).join('\n')
}

function renderIssue(source: string, { at, message }: CelIssue): string {
  const before = source.slice(0, at)
  const line = before.split('\n').length
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length
  const text = (source.split('\n')[line - 1] ?? '').replaceAll('\t', ' ')
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`
}

const BY_CODE: Readonly<Record<string, string>> = {
  no_such_overload: 'no such overload',
  no_matching_overload: 'no such overload',
  cannot_index_type: 'no such overload',
  invalid_index_type: 'no such overload',
  invalid_logical_operand: 'no such overload',
  invalid_condition_type: 'no such overload',
  invalid_comprehension_range: 'no such overload',
  unsupported_type: 'no such overload',
  optional_expected: 'no such overload',
  division_by_zero: 'division by zero',
  modulo_by_zero: 'modulus by zero',
  numeric_overflow: 'integer overflow',
  optional_value_missing: 'optional.none() dereference',
}

/** The message of an error that an expression ended with, in cel-go's words. */
export function runtimeMessage(error: unknown): string {
  if (error instanceof CelRuntimeError) return error.message
  if (!(error instanceof EvaluationError)) return error instanceof Error ? firstLine(error.message) : String(error)
  const summary = firstLine(error.message)
  if (error.code === 'no_such_key') return summary.replace('No such key', 'no such key')
  if (error.code === 'unknown_variable') return summary.replace(/^Unknown variable: (.*)$/, 'no such attribute(s): $1')
  if (error.code === 'index_out_of_range' || /index out of/i.test(summary)) return outOfBounds(summary)
  return BY_CODE[error.code] ?? summary
}

const outOfBounds = (summary: string): string => summary.replace(/^.*?(-?\d+)\D*$/, 'index out of bounds: $1')

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
