/** `{{name}}` in texts, keys and values of a scenario. */
import type { Parameters } from './scenario.ts'
import { isMapping } from '../match.ts'

const PLACEHOLDER = /\{\{ *([A-Za-z][A-Za-z0-9]*) *\}\}/g

/** Puts the parameters in. A value that is one placeholder alone becomes the parameter itself, a number as a number. */
export function interpolate<T>(value: T, parameters: Parameters): T {
  return fill(value, parameters) as T
}

function fill(value: unknown, parameters: Parameters): unknown {
  if (typeof value === 'string') return fillText(value, parameters)
  if (Array.isArray(value)) return value.map((one) => fill(one, parameters))
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [String(fillText(key, parameters)), fill(one, parameters)]),
  )
}

function fillText(text: string, parameters: Parameters): unknown {
  const alone = /^\{\{ *([A-Za-z][A-Za-z0-9]*) *\}\}$/.exec(text)?.[1]
  if (alone !== undefined && Object.hasOwn(parameters, alone)) return parameters[alone]
  return text.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(parameters, name) ? String(parameters[name]) : whole,
  )
}

/** The names that a text uses. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((found) => found[1] ?? '')
}
