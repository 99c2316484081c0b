/**
 * How an expression runs. cel-js evaluates names, literals, logic, comparison and arithmetic; what Kubernetes adds or
 * words in its own way (functions, fields, equality, comprehensions) is put over its nodes. Steps are counted, so an
 * expression ends. Models cel-go interpreter; upstream counts estimated costs in place of steps.
 */
import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { namespaced } from './check.ts'
import { CelBudgetError, CelRuntimeError, noSuchKey, noSuchOverload } from './errors.ts'
import type { CelNode, Expression } from './expression.ts'
import { accepts, overloadsOf } from './library/index.ts'
import { CelAuthorizer } from './library/authorizer.ts'
import { celCompare, celEquals, isMapping, isDate } from './library/equality.ts'
import { macroOf } from './macros.ts'
import type { Comprehension, Macro } from './macros.ts'
import { MESSAGE_CALL, OPTIONAL_CALL } from './source.ts'

/** cel-js's side of a node: how it is evaluated, in a chain of contexts. */
interface Evaluator {
  run(node: CelNode, context: Context): unknown
}
interface Context {
  forkWithVariable(name: string, type: unknown): Context
  reuse(parent: Context): Context
  setIterValue(value: unknown, evaluator: Evaluator): Context
}
interface NodeChecker {
  check(node: CelNode, context: Context): unknown
  getType(name: string): unknown
}

type Run = (evaluator: Evaluator, context: Context) => unknown

/** Values that are looked up when they are asked for: `variables.x` of a policy. */
export class CelLazy {
  readonly names: readonly string[]
  readonly get: (name: string) => unknown
  constructor(names: readonly string[], get: (name: string) => unknown) {
    this.names = names
    this.get = get
  }
}

/** Steps that are left, and letters or items that may still be made. */
export class Budget {
  private left: number
  private readonly whole: number
  constructor(whole: number) {
    this.whole = whole
    this.left = whole
  }
  refill(): void {
    this.left = this.whole
  }
  get spent(): boolean {
    return this.left < 0
  }
  charge(amount: number): void {
    this.left -= amount
    if (this.left < 0) throw new CelBudgetError()
  }
}

type Mapping = Readonly<Record<string, unknown>>

/** Puts the project's way of running over the nodes of an expression. */
export function installRuntime(root: Expression, budget: Budget): void {
  const visit = (of: Expression): void => {
    childrenOf(of).forEach(visit)
    install(of, budget)
  }
  visit(root)
}

function childrenOf(of: Expression): readonly Expression[] {
  switch (of.kind) {
    case 'select':
      return [of.of]
    case 'index':
      return [of.of, of.index]
    case 'operator':
      return of.values
    case 'call':
      return [...(of.receiver ? [of.receiver] : []), ...of.values]
    case 'list':
      return of.items
    case 'map':
      return of.entries.flat()
    default:
      return []
  }
}

function install(of: Expression, budget: Budget): void {
  switch (of.kind) {
    case 'select':
      return plain(of, [of.of], ([value]) => select(value, of.field, of.optional))
    case 'index':
      return plain(of, [of.of, of.index], ([value, key]) => index(value, key, of.optional))
    case 'list':
      return installList(of)
    case 'map':
      return installMap(of)
    case 'operator':
      return installOperator(of, budget)
    case 'call':
      return installCall(of, budget)
    default:
  }
}

/** A node whose children are evaluated in order, and then its own work is done. */
function plain(of: Expression, children: readonly Expression[], work: (values: unknown[]) => unknown): void {
  override(of.node, (checker, context) => children.forEach((child) => checker.check(child.node, context)), (evaluator, context) =>
    work(children.map((child) => evaluator.run(child.node, context))),
  ) // prettier-ignore
}

function override(node: CelNode, prepare: (checker: NodeChecker, context: Context) => void, run: Run): void {
  node.setMeta('alternate', undefined)
  node.setMeta('async', false)
  node.setMeta('macro', {
    typeCheck: (checker: NodeChecker, _macro: unknown, context: Context) => {
      prepare(checker, context)
      return checker.getType('dyn')
    },
    evaluate: (evaluator: Evaluator, _macro: unknown, context: Context) => run(evaluator, context),
  })
}

/** A field of a value. Of an optional: of what is in it. */
function select(value: unknown, field: string, optional: boolean): unknown {
  if (value instanceof Optional) {
    return value.hasValue() ? fieldOrNone(value.value(), field) : Optional.none()
  }
  if (optional) return fieldOrNone(value, field)
  if (value instanceof CelLazy) return value.get(field)
  if (value instanceof CelAuthorizer && field === 'requestResource') return value.requestResource
  if (!isMapping(value) || !Object.hasOwn(value, field)) throw noSuchKey(field)
  return value[field]
}

function fieldOrNone(value: unknown, field: string): Optional {
  if (value instanceof CelLazy) return Optional.of(value.get(field))
  if (!isMapping(value)) return Optional.none()
  return Object.hasOwn(value, field) ? Optional.of(value[field]) : Optional.none()
}

function index(value: unknown, key: unknown, optional: boolean): unknown {
  if (value instanceof Optional) return value.hasValue() ? index(value.value(), key, true) : value
  if (!optional) return indexed(value, key)
  try {
    return Optional.of(indexed(value, key))
  } catch {
    return Optional.none()
  }
}

function indexed(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const at = Number(key)
    if (typeof key === 'string' || typeof key === 'boolean') throw noSuchOverload()
    if (!Number.isInteger(at) || at < 0 || at >= value.length)
      throw new CelRuntimeError(`index out of bounds: ${String(key)}`)
    return value[at]
  }
  return select(value, String(key), false)
}

const entryOf = (of: Expression): Expression =>
  of.kind === 'call' && of.name === OPTIONAL_CALL ? (of.values[0] ?? of) : of
const isOptionalEntry = (of: Expression): boolean => of.kind === 'call' && of.name === OPTIONAL_CALL

function installList(of: Expression & { kind: 'list' }): void {
  plain(of, of.items.map(entryOf), (values) =>
    values.flatMap((value, at) => {
      const item = of.items[at]
      if (!item || !isOptionalEntry(item)) return [value]
      return value instanceof Optional && value.hasValue() ? [value.value() as unknown] : []
    }),
  )
}

function installMap(of: Expression & { kind: 'map' }): void {
  const children = of.entries.flatMap(([key, value]) => [entryOf(key), value])
  plain(of, children, (values) => {
    const out: Record<string, unknown> = {}
    of.entries.forEach(([key], at) => {
      const value = values[at * 2 + 1]
      const name = String(values[at * 2])
      if (!isOptionalEntry(key)) out[name] = value
      else if (value instanceof Optional && value.hasValue()) out[name] = value.value()
    })
    return out
  })
}

function installOperator(of: Expression & { kind: 'operator' }, budget: Budget): void {
  const work = of.values.length === 2 ? OPERATORS[of.name] : undefined
  if (work) plain(of, of.values, ([left, right]) => work(left, right, budget))
}

const OPERATORS: Readonly<Record<string, (left: unknown, right: unknown, budget: Budget) => unknown>> = {
  '_==_': (left, right) => celEquals(left, right),
  '_!=_': (left, right) => !celEquals(left, right),
  '@in': isIn,
  '_+_': add,
  '_-_': subtract,
  '_<_': (left, right) => compare(left, right) < 0,
  '_<=_': (left, right) => compare(left, right) <= 0,
  '_>_': (left, right) => compare(left, right) > 0,
  '_>=_': (left, right) => compare(left, right) >= 0,
}

function compare(left: unknown, right: unknown): number {
  const order = celCompare(left, right)
  if (order === undefined) throw noSuchOverload()
  return order
}

function isIn(left: unknown, right: unknown, budget: Budget): boolean {
  if (Array.isArray(right)) {
    budget.charge(right.length)
    return right.some((one) => celEquals(one, left))
  }
  if (!isMapping(right)) throw noSuchOverload()
  return Object.hasOwn(right, String(left))
}

const ADDITIONS: readonly ((left: unknown, right: unknown) => unknown)[] = [
  (a, b) => (typeof a === 'bigint' && typeof b === 'bigint' ? bounded(a + b) : undefined),
  (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : undefined),
  (a, b) => (typeof a === 'string' && typeof b === 'string' ? a + b : undefined),
  (a, b) => (Array.isArray(a) && Array.isArray(b) ? ([...a, ...b] as unknown[]) : undefined),
  (a, b) =>
    a instanceof UnsignedInt && b instanceof UnsignedInt ? new UnsignedInt(a.valueOf() + b.valueOf()) : undefined,
  (a, b) => (a instanceof Uint8Array && b instanceof Uint8Array ? new Uint8Array([...a, ...b]) : undefined),
  (a, b) => (a instanceof Duration && b instanceof Duration ? a.addDuration(b) : undefined),
  (a, b) => (isDate(a) && b instanceof Duration ? b.extendTimestamp(a) : undefined),
  (a, b) => (a instanceof Duration && isDate(b) ? a.extendTimestamp(b) : undefined),
]

function bounded(value: bigint): bigint {
  if (value > 9223372036854775807n || value < -9223372036854775808n) throw new CelRuntimeError('integer overflow')
  return value
}

const weight = (value: unknown): number => (typeof value === 'string' || Array.isArray(value) ? value.length : 1)

function add(left: unknown, right: unknown, budget: Budget): unknown {
  budget.charge(Math.ceil((weight(left) + weight(right)) / 10))
  for (const addition of ADDITIONS) {
    const sum = addition(left, right)
    if (sum !== undefined) return sum
  }
  throw noSuchOverload()
}

function subtract(left: unknown, right: unknown): unknown {
  if (typeof left === 'bigint' && typeof right === 'bigint') return bounded(left - right)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (left instanceof UnsignedInt && right instanceof UnsignedInt) return lessUnsigned(left, right)
  if (isDate(left) && isDate(right)) return Duration.fromMilliseconds(left.getTime() - right.getTime())
  if (right instanceof Duration && isDate(left)) return right.subtractTimestamp(left)
  if (right instanceof Duration && left instanceof Duration) return left.subtractDuration(right)
  throw noSuchOverload()
}

function lessUnsigned(left: UnsignedInt, right: UnsignedInt): UnsignedInt {
  if (right.valueOf() > left.valueOf()) throw new CelRuntimeError('unsigned integer overflow')
  return new UnsignedInt(left.valueOf() - right.valueOf())
}

function installCall(of: Expression & { kind: 'call' }, budget: Budget): void {
  const macro = macroOf(of)
  if (macro) return installMacro(of, macro, budget)
  if (of.name === MESSAGE_CALL) return installMessage(of)
  if (of.name === OPTIONAL_CALL) return plain(of, of.values, ([value]) => value)
  installFunction(of, budget)
}

/** `Object.spec{replicas: 3}` is a mapping that remembers no type. */
function installMessage(of: Expression & { kind: 'call' }): void {
  const [, fields] = of.values
  if (fields) plain(of, [fields], ([value]) => value)
}

function installFunction(of: Expression & { kind: 'call' }, budget: Budget): void {
  const spaced = namespaced(of, new Set())
  const member = spaced === undefined && of.receiver !== undefined
  const overloads = overloadsOf(spaced ?? of.name).filter((one) => one.member === member)
  if (overloads.some((one) => one.run === undefined)) return
  const children = [...(member && of.receiver ? [of.receiver] : []), ...of.values]
  plain(of, children, (values) => {
    budget.charge(1 + Math.ceil(values.reduce((total: number, one) => total + weight(one), 0) / 10))
    const fitting = overloads.find(({ parameters }) => parameters.length === values.length && parameters.every((one, at) => accepts(one, values[at]))) // prettier-ignore
    if (!fitting?.run) throw noSuchOverload()
    return fitting.run(...values)
  })
}

function installMacro(of: Expression, macro: Macro, budget: Budget): void {
  switch (macro.kind) {
    case 'has':
      return installHas(of, macro.select)
    case 'bind':
      return installBind(of, macro)
    case 'optional':
      return installOptional(of, macro)
    case 'comprehension':
      return installComprehension(of, macro.of, budget)
    default:
  }
}

function installHas(of: Expression, field: Expression): void {
  if (field.kind === 'select') return plain(of, [field.of], ([value]) => hasField(value, field.field))
  if (field.kind === 'index') plain(of, [field.of, field.index], ([value, key]) => hasField(value, String(key))) // prettier-ignore
}

function hasField(value: unknown, field: string): boolean {
  if (value instanceof Optional) return value.hasValue() && hasField(value.value(), field)
  if (value instanceof CelLazy) return value.names.includes(field)
  return isMapping(value) && Object.hasOwn(value, field)
}

/** Names that a macro brings, as cel-js's contexts hold them. */
class Names {
  private readonly names: readonly string[]
  private contexts: Context[] = []
  constructor(names: readonly string[]) {
    this.names = names
  }
  declare(checker: NodeChecker, context: Context): Context {
    this.contexts = []
    return this.names.reduce((outer, name) => {
      const inner = outer.forkWithVariable(name, checker.getType('dyn'))
      this.contexts.push(inner)
      return inner
    }, context)
  }
  set(values: readonly unknown[], evaluator: Evaluator, context: Context): Context {
    return this.contexts.reduce((outer, inner, at) => inner.reuse(outer).setIterValue(values[at], evaluator), context)
  }
}

function installBind(of: Expression, macro: Macro & { kind: 'bind' }): void {
  const names = new Names([macro.name])
  override(
    of.node,
    (checker, context) => {
      checker.check(macro.value.node, context)
      checker.check(macro.body.node, names.declare(checker, context))
    },
    (evaluator, context) => {
      const value = evaluator.run(macro.value.node, context)
      return evaluator.run(macro.body.node, names.set([value], evaluator, context))
    },
  )
}

function installOptional(of: Expression, macro: Macro & { kind: 'optional' }): void {
  const names = new Names([macro.name])
  override(
    of.node,
    (checker, context) => {
      checker.check(macro.of.node, context)
      checker.check(macro.body.node, names.declare(checker, context))
    },
    (evaluator, context) => {
      const value = evaluator.run(macro.of.node, context)
      if (!(value instanceof Optional)) throw noSuchOverload()
      if (!value.hasValue()) return value
      const made = evaluator.run(macro.body.node, names.set([value.value()], evaluator, context))
      return macro.flat ? made : Optional.of(made)
    },
  )
}

/** What one round of a comprehension sees, and what its parts say. */
interface Rounds {
  readonly items: readonly (readonly unknown[])[]
  keep(item: readonly unknown[]): boolean
  step(item: readonly unknown[]): unknown
}

type Fold = (rounds: Rounds, range: unknown) => unknown

const FOLDS: Readonly<Record<string, Fold>> = {
  all: (rounds) => quantifier(rounds, false),
  exists: (rounds) => quantifier(rounds, true),
  exists_one: existsOne,
  existsOne,
  map: (rounds) => rounds.items.filter(rounds.keep).map(rounds.step),
  filter: (rounds) => rounds.items.filter((item) => asBool(rounds.step(item))).map((item) => item[0]),
  transformList: (rounds) => rounds.items.filter(rounds.keep).map(rounds.step),
  transformMap: (rounds) =>
    Object.fromEntries(rounds.items.filter(rounds.keep).map((item) => [String(item[0]), rounds.step(item)])),
  transformMapEntry: (rounds) => Object.assign({}, ...rounds.items.filter(rounds.keep).map(rounds.step)) as Mapping,
  sortBy: (rounds) =>
    rounds.items
      .map((item) => ({ item: item[0], key: rounds.step(item) }))
      .sort((a, b) => compare(a.key, b.key))
      .map(({ item }) => item),
}

function asBool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw noSuchOverload()
  return value
}

/** `all` and `exists`: one deciding answer is enough, also when another round fails. */
function quantifier(rounds: Rounds, deciding: boolean): boolean {
  let failure: unknown
  for (const item of rounds.items) {
    try {
      if (asBool(rounds.step(item)) === deciding) return deciding
    } catch (error) {
      if (error instanceof CelBudgetError) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !deciding
}

function existsOne(rounds: Rounds): boolean {
  return rounds.items.filter((item) => asBool(rounds.step(item))).length === 1
}

function itemsOf(range: unknown, two: boolean): readonly (readonly unknown[])[] {
  if (Array.isArray(range)) return range.map((one, at) => (two ? [BigInt(at), one] : [one]))
  if (!isMapping(range)) throw noSuchOverload()
  return Object.keys(range)
    .sort()
    .map((key) => (two ? [key, range[key]] : [key]))
}

function installComprehension(of: Expression, parts: Comprehension, budget: Budget): void {
  const names = new Names(parts.variables)
  const fold = FOLDS[parts.name]
  override(
    of.node,
    (checker, context) => {
      checker.check(parts.range.node, context)
      const inner = names.declare(checker, context)
      if (parts.filter) checker.check(parts.filter.node, inner)
      checker.check(parts.step.node, inner)
    },
    (evaluator, context) => {
      const range = evaluator.run(parts.range.node, context)
      const run = (node: CelNode, item: readonly unknown[]): unknown => {
        budget.charge(1)
        return evaluator.run(node, names.set(item, evaluator, context))
      }
      const filter = parts.filter
      const rounds: Rounds = {
        items: itemsOf(range, parts.variables.length === 2),
        keep: (item) => filter === undefined || asBool(run(filter.node, item)),
        step: (item) => run(parts.step.node, item),
      }
      return fold?.(rounds, range)
    },
  )
}
