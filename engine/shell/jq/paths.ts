/** Reading, writing and deleting at paths. Models jq's jv_aux.c. */
import { JqError, compare, isMap, typeOf } from './values.ts'
import type { Path, Value, ValueMap } from './values.ts'

const isSlice = (key: Value): key is ValueMap => isMap(key) && (key.has('start') || key.has('end'))

function refused(value: Value, key: Value): JqError {
  return new JqError(
    typeof key === 'string'
      ? `Cannot index ${typeOf(value)} with string "${key}"`
      : `Cannot index ${typeOf(value)} with ${typeOf(key)}`,
  )
}

export function getIndex(value: Value, key: Value): Value {
  if (isMap(value) && typeof key === 'string') return value.get(key) ?? null
  if (Array.isArray(value) && typeof key === 'number') {
    const at = Math.floor(key)
    return value[at < 0 ? at + value.length : at] ?? null
  }
  if (isSlice(key)) return slice(value, key.get('start') ?? null, key.get('end') ?? null)
  if (value === null && (typeof key === 'string' || typeof key === 'number' || key === null)) return null
  if (Array.isArray(value) && Array.isArray(key)) return indices(value, key)
  if (Array.isArray(value) && isMap(key)) throw new JqError('Start and end indices of an array slice must be numbers')
  throw refused(value, key)
}

export function indices(value: readonly Value[], part: readonly Value[]): Value[] {
  if (part.length === 0) return []
  return value
    .map((_, at) => at)
    .filter((at) => part.every((each, next) => at + next < value.length && compare(value[at + next]!, each) === 0))
}

function bounds(length: number, start: Value, end: Value): [number, number] {
  if ((start !== null && typeof start !== 'number') || (end !== null && typeof end !== 'number'))
    throw new JqError('Start and end indices of an array slice must be numbers')
  const clamp = (at: number): number => Math.max(0, Math.min(length, at < 0 ? at + length : at))
  const from = clamp(Math.floor(start ?? 0))
  return [from, Math.max(from, clamp(Math.ceil(end ?? length)))]
}

export function slice(value: Value, start: Value, end: Value): Value {
  if (value === null) return null
  if (typeof value === 'string') {
    const letters = [...value]
    return letters.slice(...bounds(letters.length, start, end)).join('')
  }
  if (Array.isArray(value)) return value.slice(...bounds(value.length, start, end))
  throw new JqError(`Cannot index ${typeOf(value)} with object`)
}

export function setPath(value: Value, path: Path, to: Value): Value {
  const [key, ...rest] = path
  if (key === undefined) return to
  const old = value === null && !isSlice(key) ? null : getIndex(value, key)
  return setIndex(value, key, setPath(old, rest, to))
}

function setIndex(value: Value, key: Value, to: Value): Value {
  if (typeof key === 'string' && (isMap(value) || value === null)) return new Map(value ?? []).set(key, to)
  if (typeof key === 'number' && (Array.isArray(value) || value === null)) {
    const items: Value[] = [...(value ?? [])]
    const at = Math.floor(key) < 0 ? Math.floor(key) + items.length : Math.floor(key)
    if (at < 0) throw new JqError('Out of bounds negative array index')
    while (items.length < at) items.push(null)
    items[at] = to
    return items
  }
  if (isSlice(key) && (Array.isArray(value) || value === null)) {
    if (!Array.isArray(to)) throw new JqError('A slice of an array can only be assigned another array')
    const items = value ?? []
    const [from, end] = bounds(items.length, key.get('start') ?? null, key.get('end') ?? null)
    return [...items.slice(0, from), ...to, ...items.slice(end)]
  }
  throw isMap(key) && isMap(value) ? new JqError('Cannot update field at object index of object') : refused(value, key)
}

/** Deletes all paths, the last first, so that the places of the others stay. */
export function deletePaths(value: Value, paths: readonly Path[]): Value {
  return paths.toSorted((a, b) => compare(b, a)).reduce((made, path) => deletePath(made, path), value)
}

function deletePath(value: Value, path: Path): Value {
  const [key, ...rest] = path
  if (key === undefined || value === null) return null
  if (rest.length > 0) {
    const inner = getIndex(value, key)
    return inner === null ? value : setIndex(value, key, deletePath(inner, rest))
  }
  if (isMap(value) && typeof key === 'string') {
    const made = new Map(value)
    made.delete(key)
    return made
  }
  if (Array.isArray(value) && typeof key === 'number') {
    const at = key < 0 ? key + value.length : key
    return value.filter((_, index) => index !== at)
  }
  if (Array.isArray(value) && isSlice(key)) {
    const [from, end] = bounds(value.length, key.get('start') ?? null, key.get('end') ?? null)
    return [...value.slice(0, from), ...value.slice(end)]
  }
  throw new JqError(
    isMap(value)
      ? `Cannot delete field at object index of ${typeof key === 'number' ? 'array' : typeOf(key)}`
      : `Cannot delete field at array index of ${typeOf(key)}`,
  )
}
