/** The greatest and the least of some numbers. Models cel-go ext/math.go. Not modelled: bits, rounding. */
import { noSuchOverload } from '../errors.ts'
import { celCompare } from './equality.ts'
import type { FunctionRow } from './overload.ts'

const pick =
  (wanted: (order: number) => boolean) =>
  (...values: unknown[]): unknown => {
    const numbers = values.length === 1 && Array.isArray(values[0]) ? (values[0] as unknown[]) : values
    return numbers.reduce((best, one) => {
      const order = celCompare(one, best)
      if (order === undefined) throw noSuchOverload()
      return wanted(order) ? one : best
    })
  }

const greatest = pick((order) => order > 0)
const least = pick((order) => order < 0)

export const MATH: readonly FunctionRow[] = [
  ['math.greatest(dyn): dyn', greatest],
  ['math.greatest(dyn, dyn): dyn', greatest],
  ['math.greatest(dyn, dyn, dyn): dyn', greatest],
  ['math.least(dyn): dyn', least],
  ['math.least(dyn, dyn): dyn', least],
  ['math.least(dyn, dyn, dyn): dyn', least],
]
