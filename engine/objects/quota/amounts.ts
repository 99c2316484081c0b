/** Lists of amounts by resource name. Models apiserver pkg/quota/v1/resources.go. */
import { addQuantity, compareQuantity, makeQuantity, parseQuantity, subQuantity } from '../quantity.ts'
import type { Quantity, QuantityText } from '../quantity.ts'

export type Amounts = Record<string, Quantity>

const ZERO: Quantity = { nanos: 0n, format: 'DecimalSI' }

export const amountsOf = (list: Record<string, QuantityText> | undefined): Amounts =>
  Object.fromEntries(Object.entries(list ?? {}).map(([name, value]) => [name, parseQuantity(value)]))

export const textsOf = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(
    Object.keys(amounts)
      .sort()
      .map((name) => [name, makeQuantity(amounts[name] as Quantity)]),
  )

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = { ...a }
  for (const [name, value] of Object.entries(b)) sum[name] = addQuantity(a[name] ?? ZERO, value)
  return sum
}

export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const rest = { ...a }
  for (const [name, value] of Object.entries(b)) rest[name] = subQuantity(a[name] ?? ZERO, value)
  return rest
}

export function maxAmounts(a: Amounts, b: Amounts): Amounts {
  const max = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const other = a[name]
    if (other === undefined || compareQuantity(other, value) < 0) max[name] = value
  }
  return max
}

export const maskAmounts = (amounts: Amounts, names: readonly string[]): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)))

export const withoutZeros = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([, { nanos }]) => nanos !== 0n))

export const negativeNames = (amounts: Amounts): string[] =>
  Object.keys(amounts).filter((name) => (amounts[name] as Quantity).nanos < 0n)

/** The names in which `a` goes beyond `b`. */
export const exceededNames = (a: Amounts, b: Amounts): string[] =>
  Object.entries(a)
    .filter(([name, value]) => b[name] !== undefined && compareQuantity(value, b[name]) > 0)
    .map(([name]) => name)

/** `pods=1,requests.cpu=200m` */
export const makeAmounts = (amounts: Amounts): string =>
  Object.entries(textsOf(amounts))
    .map(([name, value]) => `${name}=${value}`)
    .join(',')

export const sameAmounts = (a: Amounts, b: Amounts): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, value]) => b[name] !== undefined && compareQuantity(value, b[name]) === 0)

export const count = (units: number): Quantity => ({ nanos: BigInt(units) * 1_000_000_000n, format: 'DecimalSI' })
