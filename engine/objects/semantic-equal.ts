/** Equality of API objects. The walks themselves are in equal.ts. */
export { deepEqual, semanticEqual } from './equal.ts'

/** Freezes a value and everything in it, so that a test sees who writes to a shared object. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) deepFreeze(inner)
  return value
}
