/** `--sort-by`. Models kubectl/pkg/cmd/get/sorter.go. */
import { compareQuantity, parseQuantity } from '../../../objects/quantity.ts'
import type { ApiObject } from '../client.ts'
import { CommandError } from '../errors.ts'
import { findJsonPath, parseJsonPath, relaxedPath } from '../jsonpath/jsonpath.ts'
import { unstableSort } from '../unstable-sort.ts'

/** Objects in order of a field; those without it first. Undefined when none has it. */
export function sortByField<T>(items: readonly T[], field: string, objectOf: (item: T) => ApiObject): T[] | undefined {
  const path = parseJsonPath(relaxedPath(field))
  const keyed = items.map((item) => ({ item, key: findJsonPath(path, objectOf(item), true)[0] }))
  if (items.length > 0 && keyed.every(({ key }) => key === undefined || key === null)) return undefined
  return unstableSort(keyed, (a, b) => isLess(a.key, b.key)).map(({ item }) => item)
}

export const noSuchField = (field: string): CommandError =>
  new CommandError(`couldn't find any field with path "${relaxedPath(field)}" in the list of objects`)

/** What has no such field counts as less than anything, also than another without it: those end in reverse. */
const isLess = (a: unknown, b: unknown): boolean => a === undefined || (b !== undefined && compareKeys(a, b) < 0)

function compareKeys(a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  if (isQuantity(left) && isQuantity(right)) return compareQuantity(left, right)
  return left < right ? -1 : left > right ? 1 : 0
}

function isQuantity(text: string): boolean {
  if (!/^[+-]?\d/.test(text)) return false
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}
