/** Functions of lists. Models k8s.io/apiserver/pkg/cel/library/lists.go and cel-go ext/lists.go, ext/sets.go. */
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { CelRuntimeError, noSuchOverload } from '../errors.ts'
import { celCompare, celEquals } from './equality.ts'
import type { FunctionRow } from './overload.ts'

type List = readonly unknown[]

function ordered(a: unknown, b: unknown): number {
  const order = celCompare(a, b)
  if (order === undefined) throw noSuchOverload()
  return order
}

const isSorted = (items: List): boolean => items.every((one, at) => at === 0 || ordered(items[at - 1], one) <= 0)

function sum(items: List): unknown {
  if (items.every((one) => typeof one === 'bigint'))
    return items.reduce((total: bigint, one) => total + BigInt(one), 0n)
  if (items.every((one) => one instanceof UnsignedInt))
    return new UnsignedInt(items.reduce((total: bigint, one) => total + one.valueOf(), 0n))
  if (items.every((one) => one instanceof Duration))
    return items.reduce((total: Duration, one) => total.addDuration(one), new Duration(0n, 0))
  if (items.every((one) => typeof one === 'number' || typeof one === 'bigint'))
    return items.reduce((total: number, one) => total + Number(one), 0)
  throw noSuchOverload()
}

const extreme =
  (name: string, wanted: (order: number) => boolean) =>
  (items: List): unknown => {
    if (items.length === 0) throw new CelRuntimeError(`${name} called on empty list`)
    return items.reduce((best, one) => (wanted(ordered(one, best)) ? one : best))
  }

const BIGGEST_FLATTEN = 10_000

function flatten(items: List, depth: bigint): List {
  if (depth < 0n) throw new CelRuntimeError('level must be non-negative')
  const flat = items.flat(Number(depth))
  if (flat.length > BIGGEST_FLATTEN) throw new CelRuntimeError('operation cancelled: actual cost limit exceeded')
  return flat
}

function slice(items: List, start: bigint, end: bigint): List {
  if (start < 0n || end < 0n)
    throw new CelRuntimeError(`cannot slice(${start}, ${end}), negative indexes not supported`)
  if (start > end)
    throw new CelRuntimeError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`)
  if (end > BigInt(items.length))
    throw new CelRuntimeError(`cannot slice(${start}, ${end}), list is length ${items.length}`)
  return items.slice(Number(start), Number(end))
}

const distinct = (items: List): List =>
  items.filter((one, at) => items.findIndex((other) => celEquals(other, one)) === at)

function range(length: bigint): List {
  if (length > 10_000n) throw new CelRuntimeError('operation cancelled: actual cost limit exceeded')
  return Array.from({ length: Number(length) }, (_, at) => BigInt(at))
}

const includes = (items: List, wanted: unknown): boolean => items.some((one) => celEquals(one, wanted))
const contains = (items: List, wanted: List): boolean => wanted.every((one) => includes(items, one))

export const LISTS: readonly FunctionRow[] = [
  ['list<T>.isSorted(): bool', isSorted],
  ['list<T>.sum(): T', sum],
  ['list<T>.min(): T', extreme('min', (order) => order < 0)],
  ['list<T>.max(): T', extreme('max', (order) => order > 0)],
  [
    'list<T>.indexOf(T): int',
    (items: List, wanted: unknown) => BigInt(items.findIndex((one) => celEquals(one, wanted))),
  ],
  [
    'list<T>.lastIndexOf(T): int',
    (items: List, wanted: unknown) => BigInt(items.findLastIndex((one) => celEquals(one, wanted))),
  ],
  ['list<T>.slice(int, int): list<T>', slice],
  ['list<T>.distinct(): list<T>', distinct],
  ['list<T>.reverse(): list<T>', (items: List) => [...items].reverse()],
  ['list<T>.sort(): list<T>', (items: List) => [...items].sort(ordered)],
  ['list<T>.flatten(): list<dyn>', (items: List) => flatten(items, 1n)],
  ['list<T>.flatten(int): list<dyn>', flatten],
  ['lists.range(int): list<int>', range],
  ['sets.contains(list<T>, list<T>): bool', contains],
  ['sets.equivalent(list<T>, list<T>): bool', (a: List, b: List) => contains(a, b) && contains(b, a)],
  ['sets.intersects(list<T>, list<T>): bool', (a: List, b: List) => a.some((one) => includes(b, one))],
]
