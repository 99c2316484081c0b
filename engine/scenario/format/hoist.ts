/** Moves the parts of a schema that repeat to `$defs`, so that the file stays small enough for an editor. */
import { isMapping } from '../match.ts'
import type { JsonSchema } from './schema.ts'

/** Shorter parts are easier to read where they stand. */
const WORTH_CHARACTERS = 300

export function hoistRepeats(schema: JsonSchema): JsonSchema {
  const counts = new Map<string, number>()
  count(schema, counts)
  const names = new Map<string, string>()
  for (const [text, times] of counts) if (times > 1) names.set(text, `part${names.size + 1}`)
  const $defs = Object.fromEntries(
    [...names].map(([text, name]) => [name, replaceInside(JSON.parse(text) as JsonSchema, names)]),
  )
  return { ...(replaceInside(schema, names) as JsonSchema), $defs }
}

/** A part is a schema of its own: something with a type or a choice. */
const isPart = (value: Record<string, unknown>): boolean =>
  typeof value['type'] === 'string' || Array.isArray(value['anyOf'])

function count(value: unknown, counts: Map<string, number>): void {
  if (Array.isArray(value)) return value.forEach((one) => count(one, counts))
  if (!isMapping(value)) return
  const text = JSON.stringify(value)
  if (isPart(value) && text.length >= WORTH_CHARACTERS) {
    const before = counts.get(text) ?? 0
    counts.set(text, before + 1)
    if (before > 0) return
  }
  for (const one of Object.values(value)) count(one, counts)
}

function replaceInside(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => replace(one, names))
  if (!isMapping(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replace(one, names)]))
}

function replace(value: unknown, names: ReadonlyMap<string, string>): unknown {
  const name = isMapping(value) ? names.get(JSON.stringify(value)) : undefined
  return name === undefined ? replaceInside(value, names) : { $ref: `#/$defs/${name}` }
}
