/** The type checker. Models cel-go checker/checker.go, with its messages. Not modelled: enums, wrapper types. */
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import type { CelIssue } from './errors.ts'
import type { Expression } from './expression.ts'
import { overloadsOf } from './library/index.ts'
import { NAMESPACES } from './library/overload.ts'
import { pattern } from './library/regex.ts'
import { parseTimestamp } from './library/standard.ts'
import { macroOf } from './macros.ts'
import type { Comprehension, Macro } from './macros.ts'
import { MESSAGE_CALL, OPTIONAL_CALL } from './source.ts'
import { ANY_TYPE, BOOL, BYTES, DOUBLE, DURATION, DYN, INT, NULL, STRING, TIMESTAMP, UINT, assignable, isDyn, joinTypes, listOf, makeType, mapType, objectType, optionalOf, parseType, sameType, substitute } from './types.ts' // prettier-ignore
import type { CelType } from './types.ts'
import { parseDuration } from './values.ts'
import { isDate } from './library/equality.ts'

/** Names in reach of an expression, with their types. */
export type Scope = ReadonlyMap<string, CelType>

const TYPE_NAMES = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'dyn', 'optional_type', 'google'] // prettier-ignore

const row = (text: string): readonly CelType[] => text.split(' ').map(parseType)
const numbers = (result?: string): CelType[][] =>
  ['int', 'uint', 'double'].map((one) => [...row(`${one} ${one}`), parseType(result ?? one)])
const TS = 'google.protobuf.Timestamp'
const SPAN = 'google.protobuf.Duration'
const NUMERIC = ['int', 'uint', 'double']
const ORDERED: CelType[][] = [
  ...['bool', 'string', 'bytes', TS, SPAN].map((one) => [...row(`${one} ${one} bool`)]),
  ...NUMERIC.flatMap((one) => NUMERIC.map((other) => [...row(`${one} ${other} bool`)])),
]

/** Overloads of operators: the operands' types, then the result's. */
const OPERATORS: Readonly<Record<string, readonly (readonly CelType[])[]>> = {
  '_+_': [...numbers(), row('string string string'), row('bytes bytes bytes'), row('list<T> list<T> list<T>'), row(`${TS} ${SPAN} ${TS}`), row(`${SPAN} ${TS} ${TS}`), row(`${SPAN} ${SPAN} ${SPAN}`)], // prettier-ignore
  '_-_': [...numbers(), row(`${TS} ${SPAN} ${TS}`), row(`${TS} ${TS} ${SPAN}`), row(`${SPAN} ${SPAN} ${SPAN}`)],
  '_*_': numbers(),
  '_/_': numbers(),
  '_%_': [row('int int int'), row('uint uint uint')],
  '_==_': [row('T T bool')],
  '_!=_': [row('T T bool')],
  '_<_': ORDERED,
  '_<=_': ORDERED,
  '_>_': ORDERED,
  '_>=_': ORDERED,
  '@in': [row('T list<T> bool'), [parseType('K'), parseType('map<K, V>'), BOOL]],
  '_&&_': [row('bool bool bool')],
  '_||_': [row('bool bool bool')],
  '!_': [row('bool bool')],
  '-_': [row('int int'), row('double double')],
  '_?_:_': [row('bool T T T')],
  '_[_]': [row('list<T> int T'), [parseType('map<K, V>'), parseType('K'), parseType('V')]],
}

class Checker {
  readonly issues: CelIssue[] = []
  /** Inside the arguments of `format`, whose list may hold anything. */
  private mixed = 0

  private wrong(at: number, message: string): CelType {
    this.issues.push({ at, message })
    return DYN
  }

  check(of: Expression, scope: Scope): CelType {
    switch (of.kind) {
      case 'literal':
        return this.literal(of)
      case 'name':
        return this.name(of, scope)
      case 'select':
        return this.select(of, scope)
      case 'index':
        return this.index(of, scope)
      case 'operator':
        return this.apply(of.at, of.name, OPERATORS[of.name] ?? [], this.all(of.values, scope))
      case 'list':
        return listOf(joinTypes(this.alike(of.items, scope)))
      case 'map':
        return mapType(
          joinTypes(this.alike(of.entries.map(([key]) => key), scope)), // prettier-ignore
          joinTypes(this.alike(of.entries.map(([, value]) => value), scope)), // prettier-ignore
        )
      case 'call':
        return this.call(of, scope)
    }
  }

  private all(values: readonly Expression[], scope: Scope): CelType[] {
    return values.map((one) => this.check(one, scope))
  }

  private literal(of: Expression & { kind: 'literal' }): CelType {
    const { value } = of
    if (typeof value === 'bigint' && value > 9223372036854775807n) return this.wrong(of.at, 'invalid int literal')
    return typeOfLiteral(value)
  }

  private name({ name, at }: Expression & { kind: 'name' }, scope: Scope): CelType {
    const type = scope.get(name)
    if (type) return type
    if (TYPE_NAMES.includes(name)) return ANY_TYPE
    return this.wrong(at, `undeclared reference to '${name}' (in container '')`)
  }

  private select(of: Expression & { kind: 'select' }, scope: Scope): CelType {
    const type = this.check(of.of, scope)
    if (type.kind === 'optional') return optionalOf(this.field(of, type.of))
    const field = this.field(of, type)
    return of.optional ? optionalOf(field) : field
  }

  private field(of: Expression & { kind: 'select' }, type: CelType): CelType {
    if (isDyn(type) || type.kind === 'type') return DYN
    if (type.kind === 'map') return type.value
    if (type.kind === 'abstract' && of.field === 'requestResource') return parseType('ResourceCheck')
    if (type.kind !== 'object') return this.wrong(of.at, `type '${makeType(type)}' does not support field selection`)
    return type.fields[of.field] ?? this.wrong(of.at, `undefined field '${of.field}'`)
  }

  private index(of: Expression & { kind: 'index' }, scope: Scope): CelType {
    const type = this.check(of.of, scope)
    const key = this.check(of.index, scope)
    const inside = type.kind === 'optional' ? type.of : type
    const found = this.apply(of.at, '_[_]', OPERATORS['_[_]'] ?? [], [inside, key])
    return of.optional || type.kind === 'optional' ? optionalOf(found) : found
  }

  /** Literals hold one type only: Kubernetes asks for it (HomogeneousAggregateLiterals). */
  private alike(items: readonly Expression[], scope: Scope): CelType[] {
    const types = items.map((one) => {
      const inner = one.kind === 'call' && one.name === OPTIONAL_CALL ? one.values[0] : undefined
      const type = this.check(inner ?? one, scope)
      return inner && type.kind === 'optional' ? type.of : type
    })
    const first = types.find((type) => !isDyn(type))
    types.forEach((type, at) => {
      if (
        this.mixed > 0 ||
        !first ||
        isDyn(type) ||
        sameType(type, first) ||
        type.kind !== 'simple' ||
        first.kind !== 'simple'
      )
        return
      this.wrong(items[at]?.at ?? 0, `expected type '${makeType(first)}' but found '${makeType(type)}'`)
    })
    return types
  }

  private apply(at: number, name: string, overloads: readonly (readonly CelType[])[], given: CelType[]): CelType {
    const results: CelType[] = []
    for (const overload of overloads) {
      const wanted = overload.slice(0, -1)
      const bound = new Map<string, CelType>()
      if (wanted.length === given.length && wanted.every((one, index) => assignable(one, given[index] ?? DYN, bound)))
        results.push(substitute(overload.at(-1) ?? DYN, bound))
    }
    if (results.length > 0) return joinTypes(results)
    return this.wrong(at, `found no matching overload for '${name}' applied to '(${given.map(makeType).join(', ')})'`)
  }

  private call(of: Expression & { kind: 'call' }, scope: Scope): CelType {
    const macro = macroOf(of)
    if (macro) return this.macro(macro, scope)
    if (of.name === MESSAGE_CALL) return this.message(of, scope)
    if (of.name === OPTIONAL_CALL) return this.check(of.values[0] ?? of, scope)
    return this.plainCall(of, scope)
  }

  /** `Object.spec{…}`: its fields are checked when the patch is applied. */
  private message(of: Expression & { kind: 'call' }, scope: Scope): CelType {
    const [name, fields] = of.values
    if (fields?.kind === 'map') for (const [key, value] of fields.entries) this.entry(key, value, scope)
    return objectType(name?.kind === 'literal' ? String(name.value) : 'Object', {})
  }

  private entry(_key: Expression, value: Expression, scope: Scope): void {
    this.check(value, scope)
  }

  private plainCall(of: Expression & { kind: 'call' }, scope: Scope): CelType {
    const spaced = namespaced(of, scope)
    const receiver = spaced === undefined && of.receiver ? [this.check(of.receiver, scope)] : []
    if (of.name === 'format') this.mixed++
    const given = [...receiver, ...this.all(of.values, scope)]
    if (of.name === 'format') this.mixed--
    const name = spaced ?? of.name
    const overloads = overloadsOf(name)
    if (overloads.length === 0) return this.wrong(of.at, `undeclared reference to '${name}' (in container '')`)
    this.literals(of)
    return this.callResult(of, name, overloads.filter((one) => one.member === receiver.length > 0), given) // prettier-ignore
  }

  private callResult(
    of: Expression,
    name: string,
    overloads: ReturnType<typeof overloadsOf>,
    given: CelType[],
  ): CelType {
    const results: CelType[] = []
    for (const { parameters, result } of overloads) {
      const bound = new Map<string, CelType>()
      if (parameters.length === given.length && parameters.every((one, at) => assignable(one, given[at] ?? DYN, bound)))
        results.push(substitute(result, bound))
    }
    if (results.length > 0) return joinTypes(results)
    const texts = given.map(makeType)
    const member = of.kind === 'call' && of.receiver !== undefined && !name.includes('.')
    const applied = member ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`
    return this.wrong(of.at, `found no matching overload for '${name}' applied to '${applied}'`)
  }

  /** Literal patterns, durations and timestamps are looked at before they run. */
  private literals(of: Expression & { kind: 'call' }): void {
    const first = of.values.at(of.name === 'matches' ? -1 : 0)
    if (first?.kind !== 'literal' || typeof first.value !== 'string') return
    const right = LITERAL_TESTS[of.name]
    if (right && !right(first.value)) this.wrong(first.at, `invalid ${of.name} argument`)
  }

  private macro(macro: Macro, scope: Scope): CelType {
    switch (macro.kind) {
      case 'wrong':
        return this.wrong(macro.at, macro.message)
      case 'has':
        this.check(macro.select, scope)
        return BOOL
      case 'bind':
        return this.check(macro.body, extended(scope, [macro.name, this.check(macro.value, scope)]))
      case 'optional':
        return this.optionalMacro(macro, scope)
      case 'comprehension':
        return this.comprehension(macro.of, scope)
    }
  }

  private optionalMacro(macro: Macro & { kind: 'optional' }, scope: Scope): CelType {
    const type = this.check(macro.of, scope)
    const inner = type.kind === 'optional' ? type.of : DYN
    const body = this.check(macro.body, extended(scope, [macro.name, inner]))
    return macro.flat ? body : optionalOf(body)
  }

  private comprehension(of: Comprehension, scope: Scope): CelType {
    const range = this.check(of.range, scope)
    const types = this.elements(of, range)
    const inner = extended(scope, ...of.variables.map((name, at) => [name, types[at] ?? DYN] as const))
    if (of.filter) this.condition(of.filter, inner)
    return this.result(of, range, inner)
  }

  private elements(of: Comprehension, range: CelType): CelType[] {
    const two = of.variables.length === 2
    if (range.kind === 'list') return two ? [INT, range.of] : [range.of]
    if (range.kind === 'map') return two ? [range.key, range.value] : [range.key]
    if (!isDyn(range)) {
      const message = `expression of type '${makeType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`
      this.wrong(of.range.at, message)
    }
    return [DYN, DYN]
  }

  private condition(of: Expression, scope: Scope): CelType {
    const type = this.check(of, scope)
    if (!assignable(BOOL, type, new Map()))
      this.wrong(of.at, `found no matching overload for '_?_:_' applied to '(${makeType(type)}, list(dyn), list(dyn))'`)
    return BOOL
  }

  private result(of: Comprehension, range: CelType, scope: Scope): CelType {
    if (of.name === 'map' || of.name === 'transformList') return listOf(this.check(of.step, scope))
    if (of.name === 'transformMap') return mapType(range.kind === 'map' ? range.key : INT, this.check(of.step, scope))
    if (of.name === 'transformMapEntry') return this.check(of.step, scope)
    if (of.name === 'sortBy') return (this.check(of.step, scope), range)
    if (of.name === 'filter') return this.filtered(of, range, scope)
    const type = this.check(of.step, scope)
    if (!assignable(BOOL, type, new Map())) this.wrong(of.step.at, quantifierMessage(of.name, type))
    return BOOL
  }

  private filtered(of: Comprehension, range: CelType, scope: Scope): CelType {
    this.condition(of.step, scope)
    return range.kind === 'list' ? range : listOf(range.kind === 'map' ? range.key : DYN)
  }
}

const quantifierMessage = (name: string, type: CelType): string =>
  name === 'all' || name === 'exists'
    ? `found no matching overload for '${name === 'all' ? '_&&_' : '_||_'}' applied to '(bool, ${makeType(type)})'`
    : `found no matching overload for '_?_:_' applied to '(${makeType(type)}, int, int)'`

function extended(scope: Scope, ...added: (readonly [string, CelType])[]): Scope {
  return new Map([...scope, ...added])
}

const LITERAL_TESTS: Readonly<Record<string, (text: string) => boolean>> = {
  matches: (text) => {
    try {
      return pattern(text) !== undefined
    } catch {
      return false
    }
  },
  duration: (text) => parseDuration(text) !== undefined,
  timestamp: (text) => parseTimestamp(text) !== undefined,
}

/** `sets.contains(…)`: the full name of a function in a namespace; a variable of that name comes first. */
export function namespaced(
  of: Expression & { kind: 'call' },
  scope: { has(name: string): boolean },
): string | undefined {
  if (of.receiver?.kind !== 'name' || scope.has(of.receiver.name)) return undefined
  return NAMESPACES.includes(of.receiver.name) ? `${of.receiver.name}.${of.name}` : undefined
}

function typeOfLiteral(value: unknown): CelType {
  if (value === null) return NULL
  if (typeof value === 'boolean') return BOOL
  if (typeof value === 'bigint') return INT
  if (typeof value === 'number') return DOUBLE
  if (typeof value === 'string') return STRING
  if (value instanceof UnsignedInt) return UINT
  if (value instanceof Uint8Array) return BYTES
  if (isDate(value)) return TIMESTAMP
  return value instanceof Duration ? DURATION : DYN
}

/** The type of an expression, and all that is wrong with it, in the order of cel-go. */
export function checkExpression(of: Expression, scope: Scope): { type: CelType; issues: readonly CelIssue[] } {
  const checker = new Checker()
  const type = checker.check(of, scope)
  return { type, issues: checker.issues.toSorted((a, b) => a.at - b.at) }
}
