/** Regular expressions, by RE2 as upstream: they take linear time, so no pattern stalls the server. Models library/regex.go. */
import { RE2JS } from 're2js'
import { CelRuntimeError } from '../errors.ts'
import type { FunctionRow } from './overload.ts'

const compiled = new Map<string, RE2JS>()

/** A pattern ready for use; the last few hundred are kept. Throws RE2's own message. */
export function pattern(text: string): RE2JS {
  const known = compiled.get(text)
  if (known) return known
  try {
    const made = RE2JS.compile(text)
    if (compiled.size > 200) compiled.clear()
    compiled.set(text, made)
    return made
  } catch (error) {
    throw new CelRuntimeError(error instanceof Error ? error.message : String(error))
  }
}

function find(text: string, expression: string): string {
  const matcher = pattern(expression).matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: string, expression: string, limit = -1n): string[] {
  const matcher = pattern(expression).matcher(text)
  const found: string[] = []
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

export const REGEX: readonly FunctionRow[] = [
  ['string.matches(string): bool', (text: string, expression: string) => pattern(expression).matcher(text).find()],
  ['matches(string, string): bool', (text: string, expression: string) => pattern(expression).matcher(text).find()],
  ['string.find(string): string', find],
  ['string.findAll(string): list<string>', findAll],
  ['string.findAll(string, int): list<string>', findAll],
]
