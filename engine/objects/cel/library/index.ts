/** All functions by name, and the types that libraries bring. */
import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { parseType } from '../types.ts'
import type { CelType } from '../types.ts'
import { ADDRESSES, CelCidr, CelIp } from './addresses.ts'
import { AUTHORIZER, CelAuthorizer, CelDecision, CelGroupCheck, CelPathCheck, CelResourceCheck } from './authorizer.ts'
import { isMapping, isDate } from './equality.ts'
import { LISTS } from './lists.ts'
import { MATH } from './math.ts'
import { CelFormat, NAMED_FORMATS } from './named-formats.ts'
import { OPTIONALS } from './optionals.ts'
import { parseSignature } from './overload.ts'
import type { Overload } from './overload.ts'
import { CelQuantity, QUANTITY } from './quantity.ts'
import { REGEX } from './regex.ts'
import { CelSemver, SEMVER } from './semvers.ts'
import { STANDARD } from './standard.ts'
import { STRINGS } from './strings.ts'
import { CelUrl, URLS } from './urls.ts'

const ROWS = [
  ...STANDARD,
  ...STRINGS,
  ...REGEX,
  ...LISTS,
  ...OPTIONALS,
  ...MATH,
  ...QUANTITY,
  ...ADDRESSES,
  ...URLS,
  ...SEMVER,
  ...NAMED_FORMATS,
  ...AUTHORIZER,
]

let byName: Map<string, Overload[]> | undefined

/** The overloads of a function; `sets.contains` is a name, too. */
export function overloadsOf(name: string): readonly Overload[] {
  byName ??= groupRows()
  return byName.get(name) ?? []
}

function groupRows(): Map<string, Overload[]> {
  const groups = new Map<string, Overload[]>()
  for (const overload of ROWS.map(parseSignature)) {
    const group = groups.get(overload.name)
    if (group) group.push(overload)
    else groups.set(overload.name, [overload])
  }
  return groups
}

type Constructor = abstract new (...values: never[]) => unknown

/** The classes of values that libraries bring, with their short names. */
export const LIBRARY_TYPES: readonly (readonly [string, Constructor])[] = [
  ['Quantity', CelQuantity],
  ['IP', CelIp],
  ['CIDR', CelCidr],
  ['URL', CelUrl],
  ['Semver', CelSemver],
  ['NamedFormat', CelFormat],
  ['Authorizer', CelAuthorizer],
  ['PathCheck', CelPathCheck],
  ['GroupCheck', CelGroupCheck],
  ['ResourceCheck', CelResourceCheck],
  ['Decision', CelDecision],
]

const ABSTRACT_NAMES = new Map<string, Constructor>(
  LIBRARY_TYPES.map(([name, type]) => [nameOf(parseType(name)), type] as const),
)

function nameOf(type: CelType): string {
  return type.kind === 'abstract' ? type.name : ''
}

const SIMPLE_TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  dyn: () => true,
  bool: (value) => typeof value === 'boolean',
  int: (value) => typeof value === 'bigint',
  uint: (value) => value instanceof UnsignedInt,
  double: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  bytes: (value) => value instanceof Uint8Array,
  null: (value) => value === null,
  timestamp: (value) => isDate(value),
  duration: (value) => value instanceof Duration,
}

/** Is the value of this type? Elements of lists and maps are not looked at. */
export function accepts(type: CelType, value: unknown): boolean {
  if (type.kind === 'simple') return SIMPLE_TESTS[type.name]?.(value) ?? false
  if (type.kind === 'list') return Array.isArray(value)
  if (type.kind === 'map') return isMapping(value)
  if (type.kind === 'optional') return value instanceof Optional
  if (type.kind !== 'abstract') return true
  const made = ABSTRACT_NAMES.get(type.name)
  return made !== undefined && value instanceof made
}
