/**
 * CEL as the API server evaluates it, by cel-js, with the Kubernetes functions that checks need: quantities,
 * addresses and lists. Models k8s.io/apiserver/pkg/cel/library. Not modelled: authorizer, url, semver, cost limits.
 */
import { Environment } from '@marcbachmann/cel-js'
import { addQuantity, compareQuantity, parseQuantity, quantityValue, subQuantity } from '../objects/quantity.ts'
import type { Quantity } from '../objects/quantity.ts'
import { isMapping } from './match.ts'

/** A quantity inside an expression. */
class CelQuantity {
  readonly value: Quantity
  constructor(value: Quantity) {
    this.value = value
  }
}

type Numbers = readonly (number | bigint)[]

function environment(): Environment {
  const order = (a: CelQuantity, b: CelQuantity): number => compareQuantity(a.value, b.value)
  return new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  })
    .registerType('Quantity', { ctor: CelQuantity, fields: {} })
    .registerFunction('quantity(dyn): Quantity', (text: unknown) => new CelQuantity(parseQuantity(asText(text))))
    .registerFunction('isQuantity(dyn): bool', (text: unknown) => isQuantity(asText(text)))
    .registerFunction('Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) => BigInt(order(a, b)))
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) > 0)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => order(a, b) < 0)
    .registerFunction('Quantity.asApproximateFloat(): double', (a: CelQuantity) => quantityValue(a.value))
    .registerFunction('Quantity.asInteger(): int', (a: CelQuantity) => BigInt(Math.trunc(quantityValue(a.value))))
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantity(a.value, b.value)),
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(subQuantity(a.value, b.value)),
    )
    .registerFunction('isIP(string): bool', (text: string) => isAddress(text))
    .registerFunction('list.isSorted(): bool', (items: Numbers) =>
      items.every((one, index) => index === 0 || (items[index - 1] ?? one) <= one),
    )
    .registerFunction('list.sum(): dyn', (items: Numbers) => sum(items))
    .registerFunction('list.min(): dyn', (items: Numbers) => items.reduce((low, one) => (one < low ? one : low)))
    .registerFunction('list.max(): dyn', (items: Numbers) => items.reduce((high, one) => (one > high ? one : high)))
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '',
    )
}

let made: Environment | undefined

/** The value of an expression, or cel's message. A field that is not there is an error here, so the check is "not yet". */
export function evaluateCel(
  expression: string,
  variables: Record<string, unknown>,
): { value: unknown } | { error: string } {
  made ??= environment()
  try {
    return { value: plain(made.evaluate(expression, celValue(variables) as Record<string, unknown>)) }
  } catch (error) {
    return { error: firstLine(error) }
  }
}

/** The message when an expression cannot be read. */
export function celSyntaxError(expression: string): string | undefined {
  made ??= environment()
  try {
    made.parse(expression)
    return undefined
  } catch (error) {
    return firstLine(error)
  }
}

/** JSON numbers that are whole are CEL's int. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  if (value instanceof Date) return value
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, celValue(one)])) : value
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

const asText = (value: unknown): string => (typeof value === 'bigint' ? value.toString() : String(value))

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

function isAddress(text: string): boolean {
  const parts = text.split('.')
  return (
    (parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) ||
    /^[0-9a-f:]*:[0-9a-f:]*$/i.test(text)
  )
}

function sum(items: Numbers): number | bigint {
  return items.every((one) => typeof one === 'bigint')
    ? items.reduce((total: bigint, one) => total + BigInt(one), 0n)
    : items.reduce((total: number, one) => total + Number(one), 0)
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
