/** JSONPath as kubectl prints it. */
import { makeCompactJson, makeJson } from '../serialize.ts'
import { CommandError } from '../errors.ts'
import { evaluate } from './evaluate.ts'
import { goNumber } from './gotext.ts'
import type { JsonPath } from './parse.ts'

export { goText } from './gotext.ts'
export { parseJsonPath, type JsonPath } from './parse.ts'

/** The text of a template over an object. Throws JsonPathError. */
export function evaluateJsonPath(path: JsonPath, object: unknown, lenient: boolean): string {
  return evaluate(path, object, lenient)
    .map((values) => values.map(valueText).join(' '))
    .join('')
}

/** `-o jsonpath-as-json`: each part as a JSON list. */
export function jsonPathJson(path: JsonPath, object: unknown, lenient: boolean): string {
  return evaluate(path, object, lenient)
    .map((values) => makeJson(values))
    .join('')
}

/** All values a path finds. */
export const findJsonPath = (path: JsonPath, object: unknown, lenient: boolean): unknown[] =>
  evaluate(path, object, lenient).flat()

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return goNumber(value)
  if (value === undefined) return ''
  return makeCompactJson(value)
}

/** A field as users write it, `x.y`, `.x.y`, `{x.y}` or `{.x.y}`, as a template. */
export function relaxedPath(text: string): string {
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text)
  if (!match)
    throw new CommandError(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    )
  return `{.${match[1] ?? match[2]}}`
}
