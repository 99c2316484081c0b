/** Arithmetic and comparison of jq. */
import { JqError, compare, described, isMap } from './values.ts'
import type { Value, ValueMap } from './values.ts'

const fail = (a: Value, b: Value, what: string): JqError =>
  new JqError(`${described(a)} and ${described(b)} cannot be ${what}`)

export function add(a: Value, b: Value): Value {
  if (a === null) return b
  if (b === null) return a
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (isMap(a) && isMap(b)) return new Map([...a, ...b])
  throw fail(a, b, 'added')
}

function subtract(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (Array.isArray(a) && Array.isArray(b)) return a.filter((each) => !b.some((other) => compare(each, other) === 0))
  throw fail(a, b, 'subtracted')
}

function mergeDeep(a: ValueMap, b: ValueMap): ValueMap {
  const made = new Map(a)
  for (const [key, value] of b) {
    const old = made.get(key)
    made.set(key, old !== undefined && isMap(old) && isMap(value) ? mergeDeep(old, value) : value)
  }
  return made
}

function multiply(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  if (typeof a === 'string' && typeof b === 'number') return b > 0 ? a.repeat(b < 1 ? 1 : Math.floor(b)) : null
  if (typeof a === 'number' && typeof b === 'string') return multiply(b, a)
  if (isMap(a) && isMap(b)) return mergeDeep(a, b)
  throw fail(a, b, 'multiplied')
}

export function split(text: string, by: string): string[] {
  if (text === '') return []
  return by === '' ? [...text] : text.split(by)
}

function divide(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) throw fail(a, b, 'divided because the divisor is zero')
    return a / b
  }
  if (typeof a === 'string' && typeof b === 'string') return split(a, b)
  throw fail(a, b, 'divided')
}

function remainder(a: Value, b: Value): Value {
  if (typeof a !== 'number' || typeof b !== 'number') throw fail(a, b, 'divided (remainder)')
  if (Math.trunc(b) === 0) throw fail(a, b, 'divided (remainder) because the divisor is zero')
  return (Math.trunc(a) % Math.abs(Math.trunc(b))) + 0
}

const OPERATIONS: Record<string, (a: Value, b: Value) => Value> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
  '==': (a, b) => compare(a, b) === 0,
  '!=': (a, b) => compare(a, b) !== 0,
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
}

export const binary = (operator: string, a: Value, b: Value): Value => (OPERATIONS[operator] ?? add)(a, b)
