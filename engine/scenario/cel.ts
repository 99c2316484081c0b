/** CEL in checks: the API server's own (objects/cel), with the values of a check as its variables. */
import { compileCel } from '../objects/cel/index.ts'

/** The value of an expression, or cel's message. A field that is not there is an error here, so the check is "not yet". */
export function evaluateCel(
  expression: string,
  variables: Record<string, unknown>,
): { value: unknown } | { error: string } {
  const compiled = compileCel(expression, { variables: Object.keys(variables) })
  return 'error' in compiled ? { error: firstLine(compiled.error) } : compiled.program.evaluate(variables)
}

/** The message when an expression cannot be read; which names it may use is not known here. */
export function celSyntaxError(expression: string): string | undefined {
  const compiled = compileCel(expression, { variables: [] })
  if (!('error' in compiled)) return undefined
  return compiled.error.split('\n').find((line) => line.startsWith('ERROR:') && !line.includes('undeclared reference'))
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
