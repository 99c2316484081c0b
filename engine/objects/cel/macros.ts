/** The macros: calls that bind names. Models cel-go parser/macro.go, ext/comprehensions.go and cel/library.go. */
import type { Expression } from './expression.ts'

/** Which call a macro is, with its parts. */
export interface Comprehension {
  readonly name: string
  readonly range: Expression
  readonly variables: readonly string[]
  readonly filter: Expression | undefined
  readonly step: Expression
}

export type Macro =
  | { readonly kind: 'has'; readonly select: Expression }
  | { readonly kind: 'bind'; readonly name: string; readonly value: Expression; readonly body: Expression }
  | { readonly kind: 'comprehension'; readonly of: Comprehension }
  /** `optMap`, `optFlatMap`: the body sees what is in the optional. */
  | {
      readonly kind: 'optional'
      readonly flat: boolean
      readonly of: Expression
      readonly name: string
      readonly body: Expression
    }
  | { readonly kind: 'wrong'; readonly at: number; readonly message: string }

/** Comprehensions by name and number of arguments: how many names, and whether a filter comes before the step. */
const SHAPES: Readonly<Record<string, readonly [names: number, filter: boolean]>> = {
  'all/2': [1, false],
  'exists/2': [1, false],
  'exists_one/2': [1, false],
  'existsOne/2': [1, false],
  'map/2': [1, false],
  'map/3': [1, true],
  'filter/2': [1, false],
  'all/3': [2, false],
  'exists/3': [2, false],
  'existsOne/3': [2, false],
  'exists_one/3': [2, false],
  'transformList/3': [2, false],
  'transformList/4': [2, true],
  'transformMap/3': [2, false],
  'transformMap/4': [2, true],
  'transformMapEntry/3': [2, false],
  'transformMapEntry/4': [2, true],
  'sortBy/2': [1, false],
}

type Call = Expression & { kind: 'call' }

/** What macro a call is; undefined when it is a function. */
export function macroOf(call: Call): Macro | undefined {
  if (!call.receiver) return call.name === 'has' && call.values.length === 1 ? hasOf(call) : undefined
  if (isName(call.receiver, 'cel') && call.name === 'bind' && call.values.length === 3) return bindOf(call)
  if ((call.name === 'optMap' || call.name === 'optFlatMap') && call.values.length === 2) return optionalOf(call)
  const shape = SHAPES[`${call.name}/${call.values.length}`]
  return shape && comprehensionOf(call, call.receiver, shape)
}

const isName = (of: Expression, name: string): boolean => of.kind === 'name' && of.name === name

function hasOf(call: Call): Macro {
  const [select] = call.values
  if (select?.kind === 'select' || select?.kind === 'index') return { kind: 'has', select }
  return { kind: 'wrong', at: call.at, message: 'invalid argument to has() macro' }
}

const notSimple = (of: Expression | undefined, at: number): Macro => ({
  kind: 'wrong',
  at: of?.at ?? at,
  message: 'argument must be a simple name',
})

function bindOf(call: Call): Macro {
  const [name, value, body] = call.values
  if (name?.kind !== 'name' || !value || !body)
    return { kind: 'wrong', at: name?.at ?? call.at, message: 'cel.bind() variable names must be simple identifiers' }
  return { kind: 'bind', name: name.name, value, body }
}

function optionalOf(call: Call): Macro {
  const [name, body] = call.values
  if (name?.kind !== 'name' || !body || !call.receiver)
    return {
      kind: 'wrong',
      at: name?.at ?? call.at,
      message: `${call.name}() variable name must be a simple identifier`,
    }
  return { kind: 'optional', flat: call.name === 'optFlatMap', of: call.receiver, name: name.name, body }
}

function comprehensionOf(call: Call, range: Expression, [names, filtered]: readonly [number, boolean]): Macro {
  const variables: string[] = []
  for (const one of call.values.slice(0, names)) {
    if (one.kind !== 'name') return notSimple(one, call.at)
    variables.push(one.name)
  }
  const step = call.values.at(-1)
  if (!step) return notSimple(undefined, call.at)
  const filter = filtered ? call.values[names] : undefined
  return { kind: 'comprehension', of: { name: call.name, range, variables, filter, step } }
}
