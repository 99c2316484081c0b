/** Runs jq's tree: every filter gives any number of items, each with the path it was reached by when paths are asked for. Models jq's execute.c. */
import { BUILTINS, DEFINITIONS } from './builtins.ts'
import { formatted } from './formats.ts'
import { getIndex, setPath, deletePaths, slice } from './paths.ts'
import { parseProgram } from './parse.ts'
import type { Node, Pattern } from './parse.ts'
import { binary } from './operators.ts'
import { Undefined } from './world.ts'
import type { World } from './world.ts'
import { JqError, described, isMap, isTrue, printed, shown, typeOf } from './values.ts'
import type { Path, Value, ValueMap } from './values.ts'

/** A value; `path` is where it stands, `null` where it has no place, absent where nobody asks. */
export interface Item {
  value: Value
  path?: Path | null
}

export type Items = Generator<Item, void, undefined>

class Break extends Error {
  constructor(readonly label: object) {
    super('break')
  }
}

interface Scope {
  name: string
  value?: Value
  label?: object
  closure?: Closure
  next?: Scope
}

interface Closure {
  params: string[]
  body: Node
  /** Absent: the scope of the definition itself, for recursion. */
  scope?: Scope
}

export type Arg = (item: Item) => Items

function find(scope: Scope | undefined, name: string): Scope | undefined {
  let at = scope
  while (at !== undefined && at.name !== name) at = at.next
  return at
}

let rootScope: Scope | undefined

function root(): Scope {
  if (rootScope !== undefined) return rootScope
  let scope: Scope = { name: '' }
  for (const text of DEFINITIONS) {
    const node = parseProgram(`${text} .`)
    if (node.kind === 'define') scope = define(node, scope)
  }
  rootScope = scope
  return scope
}

function define({ name, params, body }: Extract<Node, { kind: 'define' }>, next: Scope): Scope {
  return { name: `${name}/${params.length}`, closure: { params, body }, next }
}

const without = (value: Value, item: Item): Item => (item.path === undefined ? { value } : { value, path: null })

export class Runner {
  constructor(private readonly world: World) {}

  *run(program: Node, input: Value): Generator<Value> {
    let scope = root()
    for (const [name, value] of this.world.named) scope = { name: `$${name}`, value, next: scope }
    for (const { value } of this.eval(program, scope, { value: input })) yield value
  }

  private *eval(node: Node, scope: Scope, item: Item): Items {
    switch (node.kind) {
      case 'identity':
        return void (yield item)
      case 'literal':
        return void (yield without(node.value, item))
      case 'location':
        return void (yield without(
          new Map<string, Value>([
            ['file', '<top-level>'],
            ['line', node.line],
          ]),
          item,
        ))
      case 'recurse':
        return yield* recurse(item)
      case 'format':
        return void (yield without(formatted(node.name, item.value), item))
      case 'string':
        return yield* this.text(node, scope, item, 0, '')
      case 'index':
        return yield* this.index(node, scope, item)
      case 'slice':
        return yield* this.slice(node, scope, item)
      case 'iterate':
        for (const from of this.eval(node.of, scope, item)) yield* iterate(from)
        return
      case 'optional':
        return yield* this.attempt(node.of, undefined, scope, item)
      case 'try':
        return yield* this.attempt(node.body, node.handler, scope, item)
      case 'negate':
        for (const { value } of this.eval(node.of, scope, plain(item))) {
          if (typeof value !== 'number') throw new JqError(`${described(value)} cannot be negated`)
          yield without(-value, item)
        }
        return
      case 'array': {
        const items: Value[] = []
        if (node.of !== undefined) for (const { value } of this.eval(node.of, scope, plain(item))) items.push(value)
        return void (yield without(items, item))
      }
      case 'object':
        for (const map of this.object(node.fields, 0, scope, plain(item), new Map())) yield without(map, item)
        return
      case 'pipe':
        for (const left of this.eval(node.left, scope, item)) yield* this.eval(node.right, scope, left)
        return
      case 'comma':
        yield* this.eval(node.left, scope, item)
        return yield* this.eval(node.right, scope, item)
      case 'and':
      case 'or':
        return yield* this.logic(node, scope, item)
      case 'alternative':
        return yield* this.alternative(node, scope, item)
      case 'binary':
        for (const { value: right } of this.eval(node.right, scope, plain(item)))
          for (const { value: left } of this.eval(node.left, scope, plain(item)))
            yield without(binary(node.operator, left, right), item)
        return
      case 'update':
        for (const value of this.update(node, scope, item.value)) yield without(value, item)
        return
      case 'variable':
        return void (yield without(this.variable(node.name, scope), item))
      case 'bind':
        for (const { value } of this.eval(node.source, scope, plain(item)))
          for (const inner of this.bind(node.pattern, value, scope, item)) yield* this.eval(node.body, inner, item)
        return
      case 'reduce':
        return yield* this.reduce(node, scope, item)
      case 'foreach':
        return yield* this.foreach(node, scope, item)
      case 'if':
        for (const { value } of this.eval(node.condition, scope, plain(item))) {
          if (isTrue(value)) yield* this.eval(node.then, scope, item)
          else if (node.otherwise === undefined) yield item
          else yield* this.eval(node.otherwise, scope, item)
        }
        return
      case 'label': {
        const label = {}
        try {
          yield* this.eval(node.body, { name: `*${node.name}`, label, next: scope }, item)
        } catch (error) {
          if (!(error instanceof Break) || error.label !== label) throw error
        }
        return
      }
      case 'break':
        throw new Break(find(scope, `*${node.name}`)?.label ?? {})
      case 'define':
        return yield* this.eval(node.rest, define(node, scope), item)
      case 'call':
        return yield* this.call(node, scope, item)
    }
  }

  private *text(node: Extract<Node, { kind: 'string' }>, scope: Scope, item: Item, at: number, made: string): Items {
    const part = node.parts[at]
    if (part === undefined) return void (yield without(made, item))
    if (typeof part === 'string') return yield* this.text(node, scope, item, at + 1, made + part)
    for (const { value } of this.eval(part, scope, plain(item)))
      yield* this.text(node, scope, item, at + 1, made + formatted(node.format ?? '@text', value))
  }

  private *index(node: Extract<Node, { kind: 'index' }>, scope: Scope, item: Item): Items {
    for (const from of this.eval(node.of, scope, item)) {
      for (const { value: key } of this.eval(node.key, scope, plain(item))) {
        if (from.path === null) throw lost(from, key)
        yield { value: getIndex(from.value, key), ...(from.path !== undefined && { path: [...from.path, key] }) }
      }
    }
  }

  private *slice(node: Extract<Node, { kind: 'slice' }>, scope: Scope, item: Item): Items {
    const nothing: Node = { kind: 'literal', value: null }
    for (const from of this.eval(node.of, scope, item)) {
      for (const { value: end } of this.eval(node.to ?? nothing, scope, plain(item))) {
        for (const { value: start } of this.eval(node.from ?? nothing, scope, plain(item))) {
          const key: Value = new Map<string, Value>([
            ['start', start],
            ['end', end],
          ])
          if (from.path === null) throw lost(from, key)
          yield { value: slice(from.value, start, end), ...(from.path !== undefined && { path: [...from.path, key] }) }
        }
      }
    }
  }

  private *attempt(body: Node, handler: Node | undefined, scope: Scope, item: Item): Items {
    const items = this.eval(body, scope, item)
    for (;;) {
      let next: IteratorResult<Item, void>
      try {
        next = items.next()
      } catch (error) {
        if (!(error instanceof JqError)) throw error
        if (handler !== undefined) yield* this.eval(handler, scope, without(error.value, item))
        return
      }
      if (next.done === true) return
      yield next.value
    }
  }

  private *object(
    fields: readonly [Node, Node][],
    at: number,
    scope: Scope,
    item: Item,
    made: ValueMap,
  ): Generator<ValueMap> {
    const field = fields[at]
    if (field === undefined) return void (yield made)
    for (const { value: key } of this.eval(field[0], scope, item)) {
      if (typeof key !== 'string') throw new JqError(`Object keys must be strings`)
      for (const { value } of this.eval(field[1], scope, item))
        yield* this.object(fields, at + 1, scope, item, new Map(made).set(key, value))
    }
  }

  private *logic(node: Extract<Node, { kind: 'and' | 'or' }>, scope: Scope, item: Item): Items {
    for (const { value: left } of this.eval(node.left, scope, plain(item))) {
      if (isTrue(left) === (node.kind === 'or')) yield without(node.kind === 'or', item)
      else for (const { value: right } of this.eval(node.right, scope, plain(item))) yield without(isTrue(right), item)
    }
  }

  private *alternative({ left, right }: { left: Node; right: Node }, scope: Scope, item: Item): Items {
    let found = false
    for (const each of this.attempt(left, undefined, scope, item)) {
      if (!isTrue(each.value)) continue
      found = true
      yield each
    }
    if (!found) yield* this.eval(right, scope, item)
  }

  private variable(name: string, scope: Scope): Value {
    const found = find(scope, `$${name}`)
    if (found !== undefined) return found.value ?? null
    if (name === 'ENV') return new Map(Object.entries(this.world.env))
    return new Map<string, Value>([
      ['positional', this.world.positional],
      ['named', this.world.named],
    ])
  }

  private *bind(pattern: Pattern, value: Value, scope: Scope, item: Item): Generator<Scope> {
    if (pattern.kind === 'variable') return void (yield { name: `$${pattern.name}`, value, next: scope })
    if (pattern.kind === 'array') {
      if (value !== null && !Array.isArray(value)) throw new JqError(`Cannot index ${typeOf(value)} with number`)
      return yield* this.bindItems(pattern.items, 0, value ?? [], scope, item)
    }
    yield* this.bindFields(pattern.fields, 0, value, scope, item)
  }

  private *bindItems(
    items: readonly Pattern[],
    at: number,
    value: readonly Value[],
    scope: Scope,
    item: Item,
  ): Generator<Scope> {
    const pattern = items[at]
    if (pattern === undefined) return void (yield scope)
    for (const inner of this.bind(pattern, value[at] ?? null, scope, item))
      yield* this.bindItems(items, at + 1, value, inner, item)
  }

  private *bindFields(
    fields: Extract<Pattern, { kind: 'object' }>['fields'],
    at: number,
    value: Value,
    scope: Scope,
    item: Item,
  ): Generator<Scope> {
    const field = fields[at]
    if (field === undefined) return void (yield scope)
    for (const { value: key } of this.eval(field.key, scope, plain(item))) {
      if (typeof key !== 'string') throw new JqError(`Cannot index ${typeOf(value)} with ${typeOf(key)}`)
      const found = getIndex(value, key)
      const named = field.variable === undefined ? scope : { name: `$${field.variable}`, value: found, next: scope }
      const inners = field.pattern === undefined ? [named] : this.bind(field.pattern, found, named, item)
      for (const inner of inners) yield* this.bindFields(fields, at + 1, value, inner, item)
    }
  }

  private *reduce(node: Extract<Node, { kind: 'reduce' }>, scope: Scope, item: Item): Items {
    for (const start of this.eval(node.start, scope, item)) {
      let state: Item | undefined = start
      for (const { value } of this.eval(node.source, scope, plain(item))) {
        for (const inner of this.bind(node.pattern, value, scope, item)) {
          const before: Item = state ?? without(null, item)
          state = undefined
          for (const next of this.eval(node.update, inner, before)) state = next
        }
      }
      yield state ?? without(null, item)
    }
  }

  private *foreach(node: Extract<Node, { kind: 'foreach' }>, scope: Scope, item: Item): Items {
    for (const start of this.eval(node.start, scope, item)) {
      let state = start
      for (const { value } of this.eval(node.source, scope, plain(item))) {
        for (const inner of this.bind(node.pattern, value, scope, item)) {
          for (const next of this.eval(node.update, inner, state)) {
            state = next
            if (node.extract === undefined) yield next
            else yield* this.eval(node.extract, inner, next)
          }
        }
      }
    }
  }

  /** The paths that a filter names in a value. */
  private *paths(node: Node, scope: Scope, value: Value): Generator<Path> {
    for (const found of this.eval(node, scope, { value, path: [] })) {
      if (found.path === null || found.path === undefined)
        throw new JqError(`Invalid path expression with result ${shown(found.value)}`)
      yield found.path
    }
  }

  private *update(node: Extract<Node, { kind: 'update' }>, scope: Scope, value: Value): Generator<Value> {
    const { operator, left, right } = node
    if (operator === '|=')
      return void (yield this.modify(left, scope, value, (old) => this.eval(right, scope, { value: old })))
    for (const { value: given } of this.eval(right, scope, { value })) {
      let made = value
      for (const path of [...this.paths(left, scope, value)]) {
        const old = getPath(made, path)
        made = setPath(made, path, assigned(operator, old, given))
      }
      yield made
    }
  }

  /** Replaces what stands at the paths by the first value of the update; without one it is deleted. */
  private modify(node: Node, scope: Scope, value: Value, update: (old: Value) => Items): Value {
    let made = value
    const gone: Path[] = []
    for (const path of [...this.paths(node, scope, value)]) {
      const [first] = take(update(getPath(made, path)), 1)
      if (first === undefined) gone.push(path)
      else made = setPath(made, path, first.value)
    }
    return gone.length > 0 ? deletePaths(made, gone) : made
  }

  private *call(node: Extract<Node, { kind: 'call' }>, scope: Scope, item: Item): Items {
    const found = find(scope, `${node.name}/${node.args.length}`)
    const args = node.args.map(
      (arg): Arg =>
        (from) =>
          this.eval(arg, scope, from),
    )
    if (found?.closure !== undefined) return yield* this.enter(found.closure, found, node.args, scope, item)
    const own = this.special(node.name, args, item, node.args, scope)
    if (own !== undefined) return yield* own
    const builtin = BUILTINS[`${node.name}/${node.args.length}`]
    if (builtin === undefined) throw new Undefined(`${node.name}/${node.args.length} is not defined`, node.at)
    for (const values of product(args.map((arg) => () => arg(plain(item)))))
      for (const value of builtin(item.value, values, this.world)) yield without(value, item)
  }

  private *enter(closure: Closure, defined: Scope, args: readonly Node[], scope: Scope, item: Item): Items {
    yield* this.enterWith(closure, closure.scope ?? defined, args, 0, scope, item)
  }

  private *enterWith(
    closure: Closure,
    inner: Scope,
    args: readonly Node[],
    at: number,
    scope: Scope,
    item: Item,
  ): Items {
    const param = closure.params[at]
    if (param === undefined) return yield* this.eval(closure.body, inner, item)
    const body = args[at] as Node
    const called: Closure = { params: [], body, scope }
    if (!param.startsWith('$'))
      return yield* this.enterWith(
        closure,
        { name: `${param}/0`, closure: called, next: inner },
        args,
        at + 1,
        scope,
        item,
      )
    for (const { value } of this.eval(body, scope, plain(item))) {
      const named: Scope = { name: param, value, next: { name: `${param.slice(1)}/0`, closure: called, next: inner } }
      yield* this.enterWith(closure, named, args, at + 1, scope, item)
    }
  }

  /** Builtins that take filters or give places. */
  private special(
    name: string,
    args: readonly Arg[],
    item: Item,
    nodes: readonly Node[],
    scope: Scope,
  ): Items | undefined {
    const [first, second, third] = args
    switch (`${name}/${args.length}`) {
      case 'empty/0':
        return none()
      case 'path/1':
        return this.pathsOf(nodes[0] as Node, scope, item)
      case 'getpath/1':
        return getPaths(first as Arg, item)
      case 'del/1':
        return this.deleted(nodes[0] as Node, scope, item)
      case 'recurse/0':
        return recurse(item)
      case 'recurse/1':
        return recurseBy(first as Arg, item)
      case 'select/1':
        return select(first as Arg, item)
      case 'first/1':
        return limited((first as Arg)(item), 1)
      case 'last/1':
        return lastOf((first as Arg)(item))
      case 'limit/2':
        return limits(first as Arg, second as Arg, item)
      case 'until/2':
        return until(first as Arg, second as Arg, item)
      case 'while/2':
        return whilst(first as Arg, second as Arg, item)
      case 'repeat/1':
        return repeat(first as Arg, item)
      case 'isempty/1':
        return isEmpty(first as Arg, item)
      case 'any/2':
      case 'all/2':
        return anyOf(first as Arg, second as Arg, item, name === 'any')
      case 'sort_by/1':
      case 'group_by/1':
      case 'unique_by/1':
      case 'min_by/1':
      case 'max_by/1':
        return ordered(name, first as Arg, item)
      case 'range/3':
        return ranges(first as Arg, second as Arg, third as Arg, item)
      case 'input/0':
        return inputs(this.world, item, false)
      case 'inputs/0':
        return inputs(this.world, item, true)
      case 'env/0':
        return one(without(new Map(Object.entries(this.world.env)), item))
      default:
        return undefined
    }
  }

  private *pathsOf(node: Node, scope: Scope, item: Item): Items {
    for (const path of this.paths(node, scope, item.value)) yield without(path, item)
  }

  private *deleted(node: Node, scope: Scope, item: Item): Items {
    yield without(deletePaths(item.value, [...this.paths(node, scope, item.value)]), item)
  }
}

const plain = (item: Item): Item => (item.path === undefined ? item : { value: item.value })

function lost(from: Item, key: Value): JqError {
  const name =
    typeof key === 'string' || typeof key === 'number' ? `element ${printed(key)}` : `element ${printed(key)}`
  return new JqError(`Invalid path expression near attempt to access ${name} of ${shown(from.value)}`)
}

export function getPath(value: Value, path: Path): Value {
  return path.reduce<Value>((at, key) => (at === null ? null : getIndex(at, key)), value)
}

function assigned(operator: string, old: Value, given: Value): Value {
  if (operator === '=') return given
  if (operator === '//=') return isTrue(old) ? old : given
  return binary(operator.slice(0, -1), old, given)
}

function* product(filters: readonly (() => Items)[], at = filters.length - 1, made: Value[] = []): Generator<Value[]> {
  const filter = filters[at]
  if (filter === undefined) return void (yield made)
  for (const { value } of filter()) yield* product(filters, at - 1, [value, ...made])
}

function* iterate(from: Item): Items {
  const { value, path } = from
  if (!Array.isArray(value) && !isMap(value)) throw new JqError(`Cannot iterate over ${described(value)}`)
  if (path === null) throw new JqError(`Invalid path expression near attempt to iterate through ${shown(value)}`)
  for (const [key, each] of value.entries()) yield { value: each, ...(path !== undefined && { path: [...path, key] }) }
}

function* recurse(item: Item): Items {
  yield item
  if (Array.isArray(item.value) || isMap(item.value)) for (const each of iterate(item)) yield* recurse(each)
}

function* recurseBy(filter: Arg, item: Item): Items {
  yield item
  for (const each of filter(item)) yield* recurseBy(filter, each)
}

// eslint-disable-next-line require-yield
function* none(): Items {}

function* one(item: Item): Items {
  yield item
}

function take(items: Items, count: number): Item[] {
  const taken: Item[] = []
  for (const each of items) {
    taken.push(each)
    if (taken.length >= count) break
  }
  return taken
}

function* limited(items: Items, count: number): Items {
  let left = count
  if (left <= 0) return
  for (const each of items) {
    yield each
    if (--left <= 0) return
  }
}

function* limits(count: Arg, filter: Arg, item: Item): Items {
  for (const { value } of count(plain(item))) {
    if (typeof value === 'number' && value > 0) yield* limited(filter(item), value)
    else if (typeof value === 'number' && value < 0) yield* filter(item)
  }
}

function* lastOf(items: Items): Items {
  let last: Item | undefined
  for (const each of items) last = each
  if (last !== undefined) yield last
}

function* select(filter: Arg, item: Item): Items {
  for (const { value } of filter(plain(item))) if (isTrue(value)) yield item
}

function* getPaths(filter: Arg, item: Item): Items {
  for (const { value } of filter(plain(item))) {
    if (!Array.isArray(value)) throw new JqError('Path must be specified as an array')
    if (item.path === null) throw new JqError(`Invalid path expression with result ${shown(item.value)}`)
    yield { value: getPath(item.value, value), ...(item.path !== undefined && { path: [...item.path, ...value] }) }
  }
}

function* until(test: Arg, next: Arg, item: Item): Items {
  let at: Item | undefined = item
  while (at !== undefined) {
    const [found] = take(test(plain(at)), 1)
    if (found === undefined) return
    if (isTrue(found.value)) return void (yield at)
    at = take(next(at), 1)[0]
  }
}

function* whilst(test: Arg, next: Arg, item: Item): Items {
  const [found] = take(test(plain(item)), 1)
  if (found === undefined || !isTrue(found.value)) return
  yield item
  for (const each of next(item)) yield* whilst(test, next, each)
}

function* repeat(next: Arg, item: Item): Items {
  yield item
  for (const each of next(item)) yield* repeat(next, each)
}

function* isEmpty(filter: Arg, item: Item): Items {
  yield without(take(filter(plain(item)), 1).length === 0, item)
}

function* anyOf(source: Arg, test: Arg, item: Item, wanted: boolean): Items {
  for (const each of source(plain(item)))
    for (const { value } of test(each)) if (isTrue(value) === wanted) return void (yield without(wanted, item))
  yield without(!wanted, item)
}

function* ranges(from: Arg, to: Arg, by: Arg, item: Item): Items {
  for (const [start, end, step] of product([() => from(plain(item)), () => to(plain(item)), () => by(plain(item))])) {
    if (typeof start !== 'number' || typeof end !== 'number' || typeof step !== 'number')
      throw new JqError('Range bounds must be numeric')
    if (step > 0) for (let at = start; at < end; at += step) yield without(at, item)
    else if (step < 0) for (let at = start; at > end; at += step) yield without(at, item)
  }
}

function* inputs(world: World, item: Item, all: boolean): Items {
  for (;;) {
    const value = world.input()
    if (value === undefined) {
      if (!all) throw new JqError('break')
      return
    }
    yield without(value, item)
    if (!all) return
  }
}

/** sort_by and its kin: each element is weighed by all values that the filter gives for it. */
function* ordered(name: string, filter: Arg, item: Item): Items {
  const { value } = item
  if (!Array.isArray(value)) {
    if (!isMap(value)) throw new JqError(`Cannot iterate over ${described(value)}`)
    const weights = [...value.values()].map((each) => [...filter({ value: each })].map((found) => found.value))
    throw new JqError(`${described(value)} and ${described(weights)} cannot be sorted, as they are not both arrays`)
  }
  const weighed = value.map((each): [Value, Value] => [[...filter({ value: each })].map((found) => found.value), each])
  yield without(BUILTINS[`_${name}/1`]?.(null, [weighed], undefined as never).next().value ?? null, item)
}
