/** What a document has that its kind does not, and values of the wrong JSON kind. Models json/strict decoding and its Go texts. */
import type { Fields } from './types.ts'
import type { Shape } from './schema.ts'

export interface Findings {
  /** `unknown field "apiServer.certSans"`. */
  unknown: string[]
  /** `json: cannot unmarshal …`; the first one ends the reading. */
  mismatch?: string
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const GO_KINDS: Record<string, string> = { string: 'string', bool: 'bool', int: 'int32', duration: 'string' }

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

/** Checks a document against the shape of its kind. `type` is the Go type's name, such as `ClusterConfiguration`. */
export function checkStrictly(value: unknown, shape: Shape, type: string, path = ''): Findings {
  const found: Findings = { unknown: [] }
  walk(value, shape, { type, path, found })
  return found
}

interface Place {
  type: string
  path: string
  found: Findings
}

function walk(value: unknown, shape: Shape, place: Place): void {
  if (value === null || value === undefined || shape === 'any') return
  if (typeof shape === 'string') return scalar(value, shape, place)
  if (Array.isArray(shape)) return list(value, shape[0] as Shape, place)
  if (!isFields(value)) return mismatch(value, place, `v1beta.${place.type}`)
  for (const [key, inner] of Object.entries(value)) {
    const path = place.path === '' ? key : `${place.path}.${key}`
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (known === undefined) place.found.unknown.push(`unknown field ${JSON.stringify(path)}`)
    else walk(inner, known, { ...place, path })
  }
}

function list(value: unknown, item: Shape, place: Place): void {
  if (!Array.isArray(value))
    return mismatch(value, place, typeof item === 'string' ? `[]${GO_KINDS[item]}` : '[]struct')
  value.forEach((one, index) => walk(one, item, { ...place, path: `${place.path}[${index}]` }))
}

function scalar(value: unknown, shape: string, place: Place): void {
  if (shape === 'args') {
    if (!Array.isArray(value)) mismatch(value, place, '[]v1beta4.Arg')
    else
      value.forEach((one, i) =>
        walk(one, { name: 'string', value: 'string' }, { ...place, path: `${place.path}[${i}]` }),
      )
  } else if (shape === 'stringMap') {
    if (!isFields(value)) return mismatch(value, place, 'map[string]string')
    for (const [key, inner] of Object.entries(value))
      scalar(inner, 'string', { ...place, path: `${place.path}.${key}` })
  } else if (jsonKind(value) !== (shape === 'int' ? 'number' : shape === 'bool' ? 'bool' : 'string'))
    mismatch(value, place, GO_KINDS[shape] ?? shape)
}

function mismatch(value: unknown, { type, path, found }: Place, wanted: string): void {
  const kind = isFields(value) ? 'object' : jsonKind(value)
  found.mismatch ??= `json: cannot unmarshal ${kind} into Go struct field ${type}.${path.replaceAll(/\[\d+\]/g, '')} of type ${wanted}`
}
