/** The form of every function: a signature as text, and what it does. The checker and the runtime read the same tables. */
import { parseType, splitArguments } from '../types.ts'
import type { CelType } from '../types.ts'

/** `string.find(string): string`, `sets.contains(list<T>, list<T>): bool`, and its work; the receiver comes first. */
export type FunctionRow = readonly [signature: string, run: ((...values: never[]) => unknown) | 'builtin']

/** One overload of a function. */
export interface Overload {
  readonly name: string
  readonly member: boolean
  /** The receiver of a member comes first. */
  readonly parameters: readonly CelType[]
  readonly result: CelType
  /** Undefined when cel-js does it itself. */
  readonly run: ((...values: unknown[]) => unknown) | undefined
}

/** Words before a dot that are no receivers: `sets.contains(a, b)` is one function's name. */
export const NAMESPACES: readonly string[] = [
  'sets',
  'math',
  'optional',
  'cel',
  'ip',
  'format',
  'jsonpatch',
  'strings',
  'lists',
]

/** A row of a table, parsed. */
export function parseSignature([text, run]: FunctionRow): Overload {
  const parts = /^(?:(.+)\.)?(\w+)\((.*)\): (.+)$/.exec(text)
  if (!parts) throw new Error(`no signature: ${text}`)
  const [, before, name = '', parameters = '', result = ''] = parts
  const member = before !== undefined && !NAMESPACES.includes(before)
  return {
    name: before === undefined || member ? name : `${before}.${name}`,
    member,
    parameters: [...(member ? [parseType(before)] : []), ...splitArguments(parameters).map(parseType)],
    result: parseType(result),
    run: run === 'builtin' ? undefined : (run as (...values: unknown[]) => unknown),
  }
}
