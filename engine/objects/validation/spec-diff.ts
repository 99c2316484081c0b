/** How an API server shows what an update may not change: go-cmp's text, from 1.34 a unified diff of Go's JSON. */
import type { ValidationContext } from './errors.ts'
import { goDiff } from './go-cmp.ts'
import { goJson } from './go-json.ts'
import { minorIn } from './go-values.ts'
import { goType, internalShape } from './go-structs.ts'
import { unifiedDiff } from './unified-diff.ts'

const JSON_SINCE = 34

/** The difference of two values of a Go type (`PodSpec`) as the API has them. */
export function specDiff(typeName: string, before: unknown, after: unknown, ctx: ValidationContext): string {
  const minor = minorIn(ctx)
  const type = goType(typeName, minor)
  const [x, y] = [internalShape(typeName, before), internalShape(typeName, after)]
  if (minor < JSON_SINCE) return goDiff(type, x, y)
  const lines = (value: unknown): string[] => goJson(type, value, 1).split('\n')
  return unifiedDiff(lines(x), lines(y))
}
