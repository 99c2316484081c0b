/** Quantities. Models k8s.io/apiserver/pkg/cel/library/quantity.go. */
import { addQuantity, compareQuantity, parseQuantity, quantityValue, subQuantity } from '../../quantity.ts'
import type { Quantity } from '../../quantity.ts'
import { CelRuntimeError } from '../errors.ts'
import type { FunctionRow } from './overload.ts'

/** A quantity inside an expression. */
export class CelQuantity {
  readonly value: Quantity
  constructor(value: Quantity) {
    this.value = value
  }
}

function quantityOrNone(text: string): Quantity | undefined {
  try {
    return parseQuantity(text)
  } catch {
    return undefined
  }
}

const WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

function quantity(text: string): CelQuantity {
  const value = quantityOrNone(text)
  if (value === undefined) throw new CelRuntimeError(WRONG)
  return new CelQuantity(value)
}

const order = (a: CelQuantity, b: CelQuantity): number => compareQuantity(a.value, b.value)
const plain = (value: bigint): Quantity => parseQuantity(value.toString())
const isWhole = (a: CelQuantity): boolean => Number.isInteger(quantityValue(a.value))
const exact = (a: CelQuantity): boolean => compareQuantity(a.value, String(Math.trunc(quantityValue(a.value)))) === 0

function asInteger(a: CelQuantity): bigint {
  if (!exact(a)) throw new CelRuntimeError('cannot convert value to integer')
  return BigInt(Math.trunc(quantityValue(a.value)))
}

/** An approximate number: milli-values keep their fraction. */
function asFloat(a: CelQuantity): number {
  const thousand = addQuantity(a.value, '0')
  let total = quantityValue(thousand)
  if (!exact(a) && isWhole(a)) total = approximate(a.value)
  return total
}

/** quantityValue rounds up to whole units; a fraction is found by comparing thousandths. */
function approximate(value: Quantity): number {
  let low = Math.floor(quantityValue(value) - 1) * 1000
  let high = quantityValue(value) * 1000
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (compareQuantity(value, `${middle}m`) >= 0) low = middle
    else high = middle
  }
  return compareQuantity(value, `${high}m`) === 0 ? high / 1000 : low / 1000
}

export const QUANTITY: readonly FunctionRow[] = [
  ['quantity(string): Quantity', quantity],
  ['isQuantity(string): bool', (text: string) => quantityOrNone(text) !== undefined],
  ['Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) => BigInt(order(a, b))],
  ['Quantity.isGreaterThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) > 0],
  ['Quantity.isLessThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) < 0],
  ['Quantity.asApproximateFloat(): double', asFloat],
  ['Quantity.asInteger(): int', asInteger],
  ['Quantity.isInteger(): bool', exact],
  ['Quantity.sign(): int', (a: CelQuantity) => BigInt(compareQuantity(a.value, '0'))],
  [
    'Quantity.add(Quantity): Quantity',
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantity(a.value, b.value)),
  ],
  ['Quantity.add(int): Quantity', (a: CelQuantity, b: bigint) => new CelQuantity(addQuantity(a.value, plain(b)))],
  [
    'Quantity.sub(Quantity): Quantity',
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(subQuantity(a.value, b.value)),
  ],
  ['Quantity.sub(int): Quantity', (a: CelQuantity, b: bigint) => new CelQuantity(subQuantity(a.value, plain(b)))],
]
