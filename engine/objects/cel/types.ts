/** The types of CEL, as the checker sees and prints them. Models cel-go common/types and checker/format.go. */

/** A type. `object` has declared fields; `abstract` is a type of a function library; `param` stands for any type. */
export type CelType =
  | { readonly kind: 'simple'; readonly name: string }
  | { readonly kind: 'list'; readonly of: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'optional'; readonly of: CelType }
  | { readonly kind: 'object'; readonly name: string; readonly fields: Readonly<Record<string, CelType>> }
  | { readonly kind: 'abstract'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'type' }

const simple = (name: string): CelType => ({ kind: 'simple', name })

export const DYN = simple('dyn')
export const BOOL = simple('bool')
export const INT = simple('int')
export const UINT = simple('uint')
export const DOUBLE = simple('double')
export const STRING = simple('string')
export const BYTES = simple('bytes')
export const NULL = simple('null')
export const TIMESTAMP = simple('timestamp')
export const DURATION = simple('duration')
export const ANY_TYPE: CelType = { kind: 'type' }

export const listOf = (of: CelType): CelType => ({ kind: 'list', of })
export const mapType = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value })
export const optionalOf = (of: CelType): CelType => ({ kind: 'optional', of })
export const objectType = (name: string, fields: Readonly<Record<string, CelType>>): CelType => ({
  kind: 'object',
  name,
  fields,
})

/** The names of library types in messages, by the short names that signatures use. */
const ABSTRACT: Readonly<Record<string, string>> = {
  Quantity: 'kubernetes.Quantity',
  URL: 'kubernetes.URL',
  IP: 'net.IP',
  CIDR: 'net.CIDR',
  Semver: 'kubernetes.Semver',
  NamedFormat: 'kubernetes.NamedFormat',
  Authorizer: 'kubernetes.authorization.Authorizer',
  PathCheck: 'kubernetes.authorization.PathCheck',
  GroupCheck: 'kubernetes.authorization.GroupCheck',
  ResourceCheck: 'kubernetes.authorization.ResourceCheck',
  Decision: 'kubernetes.authorization.Decision',
}

const SIMPLE: Readonly<Record<string, CelType>> = {
  dyn: DYN,
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  'google.protobuf.Timestamp': TIMESTAMP,
  'google.protobuf.Duration': DURATION,
  type: ANY_TYPE,
  list: listOf(DYN),
  map: mapType(DYN, DYN),
  optional: optionalOf(DYN),
}

/** `list<T>`, `map<string, int>`, `Quantity`: a type as signatures write it; one capital letter is any type. */
export function parseType(text: string): CelType {
  const trimmed = text.trim()
  const known = SIMPLE[trimmed]
  if (known) return known
  const generic = /^(list|map|optional)<(.*)>$/.exec(trimmed)
  if (generic?.[1] === 'list') return listOf(parseType(generic[2] ?? 'dyn'))
  if (generic?.[1] === 'optional') return optionalOf(parseType(generic[2] ?? 'dyn'))
  if (generic?.[1] === 'map') {
    const [key, value] = splitArguments(generic[2] ?? '')
    return mapType(parseType(key ?? 'dyn'), parseType(value ?? 'dyn'))
  }
  if (/^[A-Z]$/.test(trimmed)) return { kind: 'param', name: trimmed }
  return { kind: 'abstract', name: ABSTRACT[trimmed] ?? trimmed }
}

/** The pieces between commas that are in no angle brackets. */
export function splitArguments(text: string): string[] {
  const pieces: string[] = []
  let depth = 0
  let piece = ''
  for (const letter of text) {
    if (letter === '<') depth++
    if (letter === '>') depth--
    if (letter === ',' && depth === 0) {
      pieces.push(piece)
      piece = ''
    } else piece += letter
  }
  return piece.trim() === '' ? pieces : [...pieces, piece]
}

/** A type as cel-go prints it in a message. */
export function makeType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${makeType(type.of)})`
    case 'map':
      return `map(${makeType(type.key)}, ${makeType(type.value)})`
    case 'optional':
      return `optional_type(${makeType(type.of)})`
    case 'type':
      return 'type'
    case 'param':
      return 'dyn'
    default:
      return type.name
  }
}

export const isDyn = (type: CelType): boolean =>
  (type.kind === 'simple' && type.name === 'dyn') || type.kind === 'param'

export function sameType(a: CelType, b: CelType): boolean {
  return makeType(a) === makeType(b) && a.kind === b.kind
}

/** What the type variables of a signature stand for so far. */
export type Bindings = Map<string, CelType>

/** Can a value of the second type go where the first is wanted? Type variables are bound on the way. */
export function assignable(wanted: CelType, given: CelType, bound: Bindings): boolean {
  if (wanted.kind === 'param') return bind(wanted.name, given, bound)
  if (isDyn(wanted) || isDyn(given)) return true
  if (wanted.kind === 'list') return given.kind === 'list' && assignable(wanted.of, given.of, bound)
  if (wanted.kind === 'optional') return given.kind === 'optional' && assignable(wanted.of, given.of, bound)
  if (wanted.kind === 'map') return assignableMap(wanted, given, bound)
  if (isNull(given)) return takesNull(wanted)
  if (isNull(wanted)) return takesNull(given)
  return sameType(wanted, given)
}

function assignableMap(wanted: CelType & { kind: 'map' }, given: CelType, bound: Bindings): boolean {
  if (given.kind === 'object') return given.name === 'map'
  return (
    given.kind === 'map' && assignable(wanted.key, given.key, bound) && assignable(wanted.value, given.value, bound)
  )
}

function bind(name: string, given: CelType, bound: Bindings): boolean {
  const before = bound.get(name)
  if (before === undefined || isDyn(before)) {
    if (before === undefined || !isDyn(given)) bound.set(name, given)
    return true
  }
  return assignable(before, given, bound) || assignable(given, before, bound)
}

const isNull = (type: CelType): boolean => type.kind === 'simple' && type.name === 'null'

/** Null goes where a message, a timestamp or a duration is wanted. */
const takesNull = (type: CelType): boolean =>
  type.kind === 'object' ||
  type.kind === 'abstract' ||
  (type.kind === 'simple' && ['null', 'timestamp', 'duration'].includes(type.name))

/** A signature's result, with its type variables replaced. */
export function substitute(type: CelType, bound: Bindings): CelType {
  switch (type.kind) {
    case 'param':
      return bound.get(type.name) ?? DYN
    case 'list':
      return listOf(substitute(type.of, bound))
    case 'optional':
      return optionalOf(substitute(type.of, bound))
    case 'map':
      return mapType(substitute(type.key, bound), substitute(type.value, bound))
    default:
      return type
  }
}

/** The type of a list or map literal whose elements have these types. */
export function joinTypes(types: readonly CelType[]): CelType {
  const [first, ...rest] = types
  if (first === undefined) return { kind: 'param', name: 'T' }
  return rest.every((one) => sameType(one, first)) ? first : DYN
}
