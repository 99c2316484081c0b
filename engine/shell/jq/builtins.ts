/** Builtins of jq that take values (`BUILTINS`) and those that jq itself defines in its own language (`DEFINITIONS`). */
import { bytesOfText } from '../../host/bytes.ts'
import { formatDate } from '../dates.ts'
import { formatted, textOf } from './formats.ts'
import { JsonError, parseWhole } from './json.ts'
import { add, split } from './operators.ts'
import { deletePaths, getIndex, indices, setPath } from './paths.ts'
import { matches } from './regex.ts'
import { Halt } from './world.ts'
import type { World } from './world.ts'
import { JqError, compare, described, isMap, isTrue, printed, sortedKeys, typeOf } from './values.ts'
import type { Path, Value, ValueMap } from './values.ts'

export type Builtin = (input: Value, args: Value[], world: World) => Generator<Value>

type Plain = (input: Value, args: Value[], world: World) => Value

const single = (make: Plain): Builtin =>
  function* (input, args, world) {
    yield make(input, args, world)
  }

function lengthOf(value: Value): Value {
  if (value === null) return 0
  if (typeof value === 'number') return Math.abs(value)
  if (typeof value === 'boolean') throw new JqError(`${described(value)} has no length`)
  return typeof value === 'string' ? [...value].length : isMap(value) ? value.size : value.length
}

function keysOf(value: Value, sorted: boolean): Value[] {
  if (isMap(value)) return sorted ? sortedKeys(value) : [...value.keys()]
  if (Array.isArray(value)) return value.map((_, index) => index)
  throw new JqError(`${described(value)} has no keys`)
}

function has(value: Value, key: Value): boolean {
  if (isMap(value) && typeof key === 'string') return value.has(key)
  if (Array.isArray(value) && typeof key === 'number') return key >= 0 && key < value.length
  throw new JqError(
    `Cannot check whether ${typeOf(value)} has a ${typeof key === 'string' ? 'string' : typeOf(key)} key`,
  )
}

function contains(a: Value, b: Value): boolean {
  if (isMap(a) && isMap(b)) return [...b].every(([key, value]) => a.has(key) && contains(a.get(key)!, value))
  if (Array.isArray(a) && Array.isArray(b)) return b.every((each) => a.some((own) => containsLoosely(own, each)))
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b)
  if (typeOf(a) === typeOf(b)) return compare(a, b) === 0
  throw new JqError(`${described(a)} and ${described(b)} cannot have their containment checked`)
}

const containsLoosely = (a: Value, b: Value): boolean => typeOf(a) === typeOf(b) && contains(a, b)

function arrayOf(value: Value, what: string): Value[] {
  if (!Array.isArray(value)) throw new JqError(`${described(value)} cannot be ${what}, as it is not an array`)
  return value
}

function numberOf(value: Value): number {
  if (typeof value !== 'number') throw new JqError(`${described(value)} number required`)
  return value
}

function textAsked(value: Value, message: string): string {
  if (typeof value !== 'string') throw new JqError(message)
  return value
}

function fromJson(value: Value): Value {
  const text = textAsked(value, `${described(value)} cannot be parsed as JSON`)
  try {
    return parseWhole(text) ?? null
  } catch (error) {
    if (error instanceof JsonError) throw new JqError(`${error.message} (while parsing '${text}')`)
    throw error
  }
}

function toNumber(value: Value): Value {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') throw new JqError(`${described(value)} cannot be parsed as a number`)
  return fromJson(value)
}

function flat(value: Value[], depth: number): Value[] {
  return value.flatMap((each) => (Array.isArray(each) && depth > 0 ? flat(each, depth - 1) : [each]))
}

function flatten(input: Value, depth: number): Value {
  if (depth < 0) throw new JqError('flatten depth must not be negative')
  if (!Array.isArray(input) && !isMap(input)) throw new JqError(`Cannot iterate over ${described(input)}`)
  return flat([...input.values()], depth)
}

function addAll(input: Value): Value {
  if (input === null) throw new JqError('Cannot iterate over null (null)')
  if (!Array.isArray(input) && !isMap(input)) throw new JqError(`Cannot iterate over ${described(input)}`)
  if (Array.isArray(input) && input.every((each) => typeof each === 'string'))
    return input.length > 0 ? input.join('') : null
  if (Array.isArray(input) && input.every(Array.isArray)) return input.length > 0 ? input.flat(1) : null
  return [...input.values()].reduce(add, null)
}

function trimmed(input: Value, part: Value, side: 'start' | 'end'): Value {
  if (typeof input !== 'string' || typeof part !== 'string' || part === '') return input
  if (side === 'start') return input.startsWith(part) ? input.slice(part.length) : input
  return input.endsWith(part) ? input.slice(0, -part.length) : input
}

function joinTexts(input: Value, separator: Value): Value {
  const items = valuesOf(input)
  if (items.length === 0) return ''
  return items.reduce<Value>((made, each, index) => {
    const text = each === null ? '' : typeof each === 'boolean' || typeof each === 'number' ? printed(each) : each
    return add(index === 0 ? '' : add(made, separator), text)
  }, '')
}

/** Elements with their weights, in order of the weights. */
function byWeight(weighed: Value): [Value, Value][] {
  return (weighed as [Value, Value][]).toSorted(([a], [b]) => compare(a, b))
}

function groups(weighed: Value): [Value, Value][][] {
  const made: [Value, Value][][] = []
  for (const pair of byWeight(weighed)) {
    const last = made.at(-1)
    if (last !== undefined && compare(last[0]![0], pair[0]) === 0) last.push(pair)
    else made.push([pair])
  }
  return made
}

/** The least, or the greatest; of equals min takes the first and max the last. */
function extreme(weighed: Value, sign: 1 | -1): Value {
  const pairs = weighed as [Value, Value][]
  return pairs.length === 0
    ? null
    : pairs.reduce((best, pair) => {
        const order = compare(pair[0], best[0]) * sign
        return order < 0 || (order === 0 && sign < 0) ? pair : best
      })[1]
}

const itself = (value: Value, what: string): Value => arrayOf(value, what).map((each): Value => [each, each])

function fromEntries(input: Value): Value {
  if (!Array.isArray(input) && !isMap(input)) throw new JqError(`Cannot iterate over ${described(input)}`)
  const made: ValueMap = new Map()
  for (const each of input.values()) {
    const names = ['key', 'k', 'name', 'Name', 'Key', 'K'].map((name) =>
      isMap(each) ? each.get(name) : getIndex(each, name),
    )
    const key =
      names.find((name) => name !== undefined && name !== null && name !== false) ??
      (names.includes(false) ? false : null)
    const values = isMap(each) ? ['value', 'v', 'Value', 'V'].filter((name) => each.has(name)) : []
    const value = isMap(each) && values[0] !== undefined ? each.get(values[0])! : null
    if (key !== null && typeof key === 'object') throw new JqError(`Cannot use ${described(key)} as object key`)
    made.set(typeof key === 'string' ? key : printed(key), value)
  }
  return made
}

function implode(input: Value): Value {
  if (!Array.isArray(input)) throw new JqError('implode input must be an array')
  return String.fromCodePoint(...input.map((each) => numberOf(each)))
}

/** `[year, month, day, hours, minutes, seconds, weekday, yearday]`. */
function brokenDown(seconds: number): Value[] {
  const date = new Date(Math.floor(seconds) * 1000)
  const start = Date.UTC(date.getUTCFullYear(), 0, 1)
  const fraction = seconds - Math.floor(seconds)
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds() + fraction,
    date.getUTCDay(),
    Math.floor((date.getTime() - start) / 86_400_000),
  ]
}

function timeOf(input: Value, name: string): number {
  if (!Array.isArray(input) || input.length < 6 || input.some((each) => typeof each !== 'number'))
    throw new JqError(
      Array.isArray(input) ? `${name} requires parsed datetime inputs` : `${name} requires array of 6 numbers`,
    )
  const [year = 0, month = 0, day = 1, hours = 0, minutes = 0, seconds = 0] = input as number[]
  return Math.floor(Date.UTC(year, month, day, hours, minutes, Math.floor(seconds)) / 1000)
}

function strftime(input: Value, format: Value): Value {
  const name = 'strftime/1'
  const parts = typeof input === 'number' ? brokenDown(input) : input
  if (!Array.isArray(parts)) throw new JqError(`${name} requires parsed datetime inputs`)
  return formatDate(textAsked(format, `${name} requires a string format`), timeOf(parts, name) * 1000)
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const FIELDS: Record<string, string> = {
  Y: '(?<Y>\\d{4})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  e: ' ?(?<d>\\d{1,2})',
  H: '(?<H>\\d{1,2})',
  M: '(?<M>\\d{1,2})',
  S: '(?<S>\\d{1,2})',
  Z: '(?:[A-Z]+)',
  z: '(?:[+-]\\d{2}:?\\d{2}|Z)',
  b: '(?<b>[A-Za-z]{3})[a-z]*',
  B: '(?<b>[A-Za-z]{3})[a-z]*',
  a: '[A-Za-z]{3}',
  A: '[A-Za-z]+',
  s: '(?<s>\\d+)',
}

function strptime(input: Value, format: Value): Value {
  if (typeof input !== 'string' || typeof format !== 'string')
    throw new JqError('strptime/1 requires string inputs and arguments')
  const spread = format.replaceAll('%T', '%H:%M:%S').replaceAll('%F', '%Y-%m-%d').replaceAll('%R', '%H:%M')
  const source = spread.replace(/%([A-Za-z%])|[\\^$.*+?()[\]{}|]/g, (all, code?: string) =>
    code === undefined ? `\\${all}` : code === '%' ? '%' : (FIELDS[code] ?? '.*?'),
  )
  const found = new RegExp(`^${source}$`).exec(input)?.groups
  if (found === undefined) throw new JqError(`date "${input}" does not match format "${format}"`)
  if (found.s !== undefined) return brokenDown(Number(found.s))
  const month = found.b === undefined ? Number(found.m ?? 1) - 1 : MONTHS.indexOf(found.b.toLowerCase())
  const rest = [found.d ?? 1, found.H ?? 0, found.M ?? 0, found.S ?? 0].map(Number) as [number, number, number, number]
  return brokenDown(Date.UTC(Number(found.Y ?? 1970), month, ...rest) / 1000)
}

function* tostream(value: Value, path: Path = [], top = true): Generator<Value> {
  if ((Array.isArray(value) || isMap(value)) && lengthOf(value) !== 0) {
    let last: Value = null
    for (const [key, each] of value.entries()) {
      last = key
      yield* tostream(each, [...path, key], false)
    }
    if (top || path.length > 0) yield [[...path, last]]
  } else yield [path, value]
}

function paths(value: Value, path: Path = []): Path[] {
  const below = Array.isArray(value) || isMap(value) ? [...value.entries()] : []
  return below.flatMap(([key, each]) => [[...path, key], ...paths(each, [...path, key])])
}

function transpose(input: Value): Value {
  const rows = arrayOf(input, 'transposed') as Value[][]
  const width = Math.max(0, ...rows.map((row) => row.length))
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null))
}

function indexAll(input: Value, part: Value): Value {
  if (input === null) return null
  if (typeof input === 'string' && typeof part === 'string') {
    const found: number[] = []
    for (let at = input.indexOf(part); part !== '' && at >= 0; at = input.indexOf(part, at + 1))
      found.push([...input.slice(0, at)].length)
    return found
  }
  if (Array.isArray(input) && Array.isArray(part)) return indices(input, part)
  if (Array.isArray(input)) return input.flatMap((each, at) => (compare(each, part) === 0 ? [at] : []))
  return getIndex(input, part)
}

function edge(input: Value, part: Value, at: 0 | -1): Value {
  const found = indexAll(input, part)
  return Array.isArray(found) ? (found.at(at) ?? null) : null
}

const math = (make: (x: number) => number): Builtin => single((input) => make(numberOf(input)))
const math2 = (make: (x: number, y: number) => number): Builtin =>
  single((_input, [x = null, y = null]) => make(numberOf(x), numberOf(y)))
const letters = (make: (text: string) => string): Builtin =>
  single((input) => make(textAsked(input, 'explode input must be a string')))
const isType = (name: string): Builtin =>
  function* (input) {
    if (typeOf(input) === name) yield input
  }

function haltError(input: Value, code: Value): never {
  throw new Halt(numberOf(code), input)
}

const ORDERS: Record<string, (weighed: Value) => Value> = {
  sort_by: (weighed) => byWeight(weighed).map(([, each]) => each),
  group_by: (weighed) => groups(weighed).map((group) => group.map(([, each]) => each)),
  unique_by: (weighed) => groups(weighed).map((group) => group[0]![1]),
  min_by: (weighed) => extreme(weighed, 1),
  max_by: (weighed) => extreme(weighed, -1),
}

export const BUILTINS: Record<string, Builtin> = {
  ...Object.fromEntries(
    Object.entries(ORDERS).map(([name, order]) => [`_${name}/1`, single((_input, [weighed = null]) => order(weighed))]),
  ),
  'sort/0': single((input) => arrayOf(input, 'sorted').toSorted(compare)),
  'group_by/0': single((input) => ORDERS.group_by!(itself(input, 'grouped'))),
  'unique/0': single((input) => ORDERS.unique_by!(itself(input, 'sorted'))),
  'min/0': single((input) => extreme(itself(input, 'iterated over'), 1)),
  'max/0': single((input) => extreme(itself(input, 'iterated over'), -1)),
  'length/0': single(lengthOf),
  'utf8bytelength/0': single(
    (input) => bytesOfText(textAsked(input, `${described(input)} only strings have UTF-8 byte length`)).length,
  ),
  'not/0': single((input) => !isTrue(input)),
  'keys/0': single((input) => keysOf(input, true)),
  'keys_unsorted/0': single((input) => keysOf(input, false)),
  'has/1': single((input, [key = null]) => has(input, key)),
  'contains/1': single((input, [part = null]) => contains(input, part)),
  'inside/1': single((input, [whole = null]) => contains(whole, input)),
  'add/0': single(addAll),
  'any/0': single((input) => valuesOf(input).some(isTrue)),
  'all/0': single((input) => valuesOf(input).every(isTrue)),
  'flatten/0': single((input) => flatten(input, 1e9)),
  'flatten/1': single((input, [depth = null]) => flatten(input, numberOf(depth))),
  'range/1': (_input, [end = null]) => range(0, end),
  'range/2': (_input, [start = null, end = null]) => range(start, end),
  'floor/0': math(Math.floor),
  'ceil/0': math(Math.ceil),
  'round/0': math((x) => Math.sign(x) * Math.round(Math.abs(x))),
  'trunc/0': math(Math.trunc),
  'nearbyint/0': math((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))),
  'sqrt/0': math(Math.sqrt),
  'abs/0': math(Math.abs),
  'fabs/0': math(Math.abs),
  'exp/0': math(Math.exp),
  'exp2/0': math((x) => 2 ** x),
  'exp10/0': math((x) => 10 ** x),
  'log/0': math(Math.log),
  'log2/0': math(Math.log2),
  'log10/0': math(Math.log10),
  'sin/0': math(Math.sin),
  'cos/0': math(Math.cos),
  'tan/0': math(Math.tan),
  'pow/2': math2((x, y) => x ** y),
  'fmin/2': math2(Math.min),
  'fmax/2': math2(Math.max),
  'drem/2': math2((x, y) => x - y * Math.round(x / y)),
  'fmod/2': math2((x, y) => x % y),
  'ldexp/2': math2((x, y) => x * 2 ** y),
  'scalb/2': math2((x, y) => x * 2 ** y),
  'atan2/2': math2(Math.atan2),
  'infinite/0': single(() => Infinity),
  'nan/0': single(() => NaN),
  'isinfinite/0': single((input) => Math.abs(numberOf(input)) === Infinity),
  'isnan/0': single((input) => Number.isNaN(numberOf(input))),
  'isnormal/0': single((input) => Number.isFinite(numberOf(input)) && input !== 0),
  'tostring/0': single(textOf),
  'tonumber/0': single(toNumber),
  'tojson/0': single((input) => printed(input)),
  'fromjson/0': single(fromJson),
  'type/0': single(typeOf),
  'ascii_downcase/0': letters((text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())),
  'ascii_upcase/0': letters((text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())),
  'explode/0': single((input) =>
    [...textAsked(input, 'explode input must be a string')].map((letter) => letter.codePointAt(0)!),
  ),
  'implode/0': single(implode),
  'ltrimstr/1': single((input, [part = null]) => trimmed(input, part, 'start')),
  'rtrimstr/1': single((input, [part = null]) => trimmed(input, part, 'end')),
  'trim/0': single((input) => textAsked(input, `${described(input)} cannot be trimmed`).trim()),
  'ltrim/0': single((input) => textAsked(input, `${described(input)} cannot be trimmed`).trimStart()),
  'rtrim/0': single((input) => textAsked(input, `${described(input)} cannot be trimmed`).trimEnd()),
  'startswith/1': single((input, [part = null]) =>
    textAsked(input, 'startswith() requires string inputs').startsWith(
      textAsked(part, 'startswith() requires string inputs'),
    ),
  ),
  'endswith/1': single((input, [part = null]) =>
    textAsked(input, 'endswith() requires string inputs').endsWith(
      textAsked(part, 'endswith() requires string inputs'),
    ),
  ),
  'split/1': single((input, [by = null]) => {
    if (typeof input !== 'string' || typeof by !== 'string')
      throw new JqError('split input and separator must be strings')
    return split(input, by)
  }),
  'join/1': single((input, [by = null]) => joinTexts(input, by)),
  'reverse/0': single((input) => {
    if (input === null) return []
    if (!Array.isArray(input)) throw new JqError(`Cannot index ${typeOf(input)} with number`)
    return input.toReversed()
  }),
  'from_entries/0': single(fromEntries),
  'to_entries/0': single((input) =>
    keysOf(input, false).map(
      (key) =>
        new Map<string, Value>([
          ['key', key],
          ['value', getIndex(input, key)],
        ]),
    ),
  ),
  'setpath/2': single((input, [path = null, value = null]) => setPath(input, pathOf(path), value)),
  'delpaths/1': single((input, [all = null]) =>
    deletePaths(
      input,
      pathOf(all, 'Paths').map((path) => pathOf(path)),
    ),
  ),
  'paths/0': function* (input) {
    yield* paths(input)
  },
  'transpose/0': single(transpose),
  'indices/1': single((input, [part = null]) => indexAll(input, part)),
  'index/1': single((input, [part = null]) => edge(input, part, 0)),
  'rindex/1': single((input, [part = null]) => edge(input, part, -1)),
  'tostream/0': (input) => tostream(input),
  'error/0': (input) => {
    throw new JqError(input)
  },
  'error/1': (_input, [value = null]) => {
    throw new JqError(value)
  },
  'format/1': single((input, [name = null]) => formatted(`@${textOf(name)}`, input)),
  'now/0': single((_input, _args, world) => world.nowMs / 1000),
  'gmtime/0': single((input) => brokenDown(numberOf(input))),
  'localtime/0': single((input) => brokenDown(numberOf(input))),
  'mktime/0': single((input) => timeOf(input, 'mktime')),
  'strftime/1': single((input, [format = null]) => strftime(input, format)),
  'strflocaltime/1': single((input, [format = null]) => strftime(input, format)),
  'strptime/1': single((input, [format = null]) => strptime(input, format)),
  '_match/3': (input, [pattern = null, flags = null]) =>
    matches(input, pattern, flags)[Symbol.iterator]() as Generator<Value>,
  'bsearch/1': single((input, [wanted = null]) => {
    const items = arrayOf(input, 'searched from')
    const at = items.findIndex((each) => compare(each, wanted) >= 0)
    if (at < 0) return -1 - items.length
    return compare(items[at]!, wanted) === 0 ? at : -1 - at
  }),
  'splits/1': (input, [pattern = null]) => pieces(input, pattern, null),
  'splits/2': (input, [pattern = null, flags = null]) => pieces(input, pattern, flags),
  'split/2': single((input, [pattern = null, flags = null]) => [...pieces(input, pattern, flags)]),
  'arrays/0': isType('array'),
  'objects/0': isType('object'),
  'booleans/0': isType('boolean'),
  'numbers/0': isType('number'),
  'strings/0': isType('string'),
  'nulls/0': isType('null'),
  'halt/0': () => {
    throw new Halt(0)
  },
  'halt_error/0': (input) => haltError(input, 5),
  'halt_error/1': (input, [code = null]) => haltError(input, code),
  'debug/0': single((input, _args, world) => {
    world.debug(`["DEBUG:",${printed(input)}]\n`)
    return input
  }),
  'debug/1': single((input, [message = null], world) => {
    world.debug(`["DEBUG:",${printed(message)}]\n`)
    return input
  }),
  'stderr/0': single((input, _args, world) => {
    world.debug(printed(input))
    return input
  }),
  'input_line_number/0': single((_input, _args, world) => world.line()),
  'input_filename/0': single((_input, _args, world) => world.fileName()),
  'builtins/0': single(() => [...BUILTIN_NAMES]),
  'get_search_list/0': single(() => ['~/.jq', '$ORIGIN/../lib/jq', '$ORIGIN/lib']),
  'toarray/0': single((input) => (Array.isArray(input) ? input : [input])),
  'have_decnum/0': single(() => false),
}

function valuesOf(input: Value): Value[] {
  if (!Array.isArray(input) && !isMap(input)) throw new JqError(`Cannot iterate over ${described(input)}`)
  return [...input.values()]
}

function pathOf(path: Value, word = 'Path'): Value[] {
  if (!Array.isArray(path)) throw new JqError(`${word} must be specified as an array`)
  return path
}

function* range(start: Value, end: Value): Generator<Value> {
  if (typeof start !== 'number' || typeof end !== 'number') throw new JqError('Range bounds must be numeric')
  for (let at = start; at < end; at++) yield at
}

function* pieces(input: Value, pattern: Value, flags: Value): Generator<Value> {
  const text = [...(typeof input === 'string' ? input : '')]
  let at = 0
  for (const match of matches(input, pattern, `g${flags === null ? '' : textOf(flags)}`)) {
    const offset = match.get('offset') as number
    yield text.slice(at, offset).join('')
    at = offset + (match.get('length') as number)
  }
  yield text.slice(at).join('')
}

/** In jq's own language; each may use those above it. */
export const DEFINITIONS = [
  'def map(f): [.[] | f];',
  'def map_values(f): .[] |= f;',
  'def recurse(f; cond): def r: ., (f | select(cond) | r); r;',
  'def recurse_down: recurse;',
  'def values: select(. != null);',
  'def iterables: select(type|. == "array" or . == "object");',
  'def scalars: select(type|. != "array" and . != "object");',
  'def with_entries(f): to_entries | map(f) | from_entries;',
  'def paths(node_filter): . as $dollar | paths | select(. as $p | $dollar | getpath($p) | node_filter);',
  'def leaf_paths: paths(scalars);',
  'def pick(pathexps): . as $top | reduce path(pathexps) as $p (null; setpath($p; $top | getpath($p)));',
  'def match(re; flags): _match(re; flags; false);',
  'def match($val): ($val|type) as $t | if $t == "string" then match($val; null) elif $t == "array" and ($val|length) > 1 then match($val[0]; $val[1]) elif $t == "array" and ($val|length) > 0 then match($val[0]; null) else error($t + " not a string or array") end;',
  'def test(re; flags): [limit(1; match(re; flags))] | length > 0;',
  'def test($val): [limit(1; match($val))] | length > 0;',
  'def _captures: [.captures | .[] | select(.name != null) | {key: .name, value: .string}] | from_entries;',
  'def capture(re; flags): match(re; flags) | _captures;',
  'def capture($val): match($val) | _captures;',
  'def scan($re; $flags): match($re; "g" + $flags) | if (.captures|length) > 0 then [.captures | .[] | .string] else .string end;',
  'def scan($re): scan($re; null);',
  'def _sub($re; str; $flags): . as $in | (reduce (match($re; $flags), null) as $edit ([[""], 0]; if $edit == null then . else . as [$made, $at] | [[$made[] | . + $in[$at:$edit.offset] | . + ($edit | _captures | str)], $edit.offset + $edit.length] end)) | . as [$made, $at] | $made[] + $in[$at:];',
  'def sub($re; str; $flags): _sub($re; str; $flags);',
  'def sub($re; str): _sub($re; str; "");',
  'def gsub($re; str; $flags): _sub($re; str; "g" + $flags);',
  'def gsub($re; str): _sub($re; str; "g");',
  'def todate: strftime("%Y-%m-%dT%H:%M:%SZ");',
  'def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;',
  'def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");',
  'def fromdate: fromdateiso8601;',
  'def date: todate;',
  'def dateadd(u; n): . + n;',
  'def datesub(u; n): . - n;',
  'def any(f): reduce (.[] | f) as $x (false; . or $x);',
  'def all(f): reduce (.[] | f) as $x (true; . and $x);',
  'def first: .[0];',
  'def last: .[-1];',
  'def nth($n): .[$n];',
  'def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;',
  'def in(xs): . as $x | xs | has($x);',
  'def isvalid(f): try (f | true) catch false;',
  'def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;',
  'def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;',
  'def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;',
  'def ascii: [.] | implode;',
  'def IN(s): any(s == .; .);',
  'def IN(src; s): any(src == s; .);',
  'def INDEX(stream; idx_expr): reduce stream as $row ({}; .[$row | idx_expr | tostring] |= $row);',
  'def INDEX(idx_expr): INDEX(.[]; idx_expr);',
  'def truncate_stream(stream): . as $n | null | stream | . as $input | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;',
  'def fromstream(f): {x: null, e: false} as $init | foreach f as $i ($init; if .e then $init else . end | if $i | length == 2 then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1]) else setpath(["e"]; $i[0] | length == 1) end; if .e then .x else empty end);',
  'def skip($n; f): foreach f as $x ($n; . - 1; if . < 0 then $x else empty end);',
  'def add(f): reduce f as $x (null; . + $x);',
  'def finites: select(type == "number" and (isinfinite or isnan | not));',
  'def normals: select(type == "number" and isnormal);',
]

/** Builtins that take filters or give places; the runner carries them out. */
export const SPECIAL = [
  'empty/0',
  'path/1',
  'getpath/1',
  'del/1',
  'recurse/0',
  'recurse/1',
  'select/1',
  'first/1',
  'last/1',
  'limit/2',
  'until/2',
  'while/2',
  'repeat/1',
  'isempty/1',
  'any/2',
  'all/2',
  'sort_by/1',
  'group_by/1',
  'unique_by/1',
  'min_by/1',
  'max_by/1',
  'range/3',
  'input/0',
  'inputs/0',
  'env/0',
]

const BUILTIN_NAMES = new Set([...Object.keys(BUILTINS).filter((name) => !name.startsWith('_')), ...SPECIAL])
