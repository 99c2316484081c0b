/** Paths of replacements: `spec.containers.[name=web].image`, `metadata.labels.a\.b`, `spec.ports.0.port`, `*`. Models kyaml/yaml PathMatcher. */
import { isFields, scalarText } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

/** Parts between dots that are neither escaped nor in brackets. */
export function splitPath(path: string): string[] {
  const parts: string[] = []
  let part = ''
  let depth = 0
  for (let i = 0; i < path.length; i++) {
    const char = path[i]!
    if (char === '\\' && path[i + 1] === '.') part += path[++i]!
    else if (char === '.' && depth === 0) {
      parts.push(part)
      part = ''
    } else {
      if (char === '[') depth++
      if (char === ']') depth--
      part += char
    }
  }
  return [...parts, part].filter((one) => one !== '')
}

/** A place in a document: the container and the key or index. */
export interface Place {
  get(): Tree | undefined
  set(value: Tree): void
}

const fieldPlace = (fields: Fields, key: string): Place => ({
  get: () => fields[key],
  set: (value) => void (fields[key] = value),
})

const itemPlace = (items: Tree[], at: number): Place => ({
  get: () => items[at],
  set: (value) => void (items[at] = value),
})

const FILTER = /^\[(?:([^=\]]*)=)?([^]*)\]$/

/** All places a path leads to; with `creates`, the missing ones are made. */
export function placesAt(root: Fields, path: string, creates: boolean): Place[] {
  let places: Place[] = [{ get: () => root, set: () => undefined }]
  const parts = splitPath(path)
  parts.forEach((part, i) => {
    const makes = creates ? (isListPart(parts[i + 1]) ? 'list' : 'map') : undefined
    places = places.flatMap((place) => step(place, part, makes, i === parts.length - 1))
  })
  return places
}

const isListPart = (part: string | undefined): boolean => part !== undefined && (FILTER.test(part) || part === '-')

function step(place: Place, part: string, makes: 'list' | 'map' | undefined, last: boolean): Place[] {
  const value = place.get()
  if (Array.isArray(value)) return itemsOf(value, part, makes !== undefined)
  if (!isFields(value)) return []
  if (part === '*') return Object.keys(value).map((key) => fieldPlace(value, key))
  const key = FILTER.exec(part)?.[2] ?? part
  if (value[key] === undefined || value[key] === null) {
    if (makes === undefined) return []
    value[key] = last ? null : makes === 'list' ? [] : {}
  }
  return [fieldPlace(value, key)]
}

function itemsOf(items: Tree[], part: string, creates: boolean): Place[] {
  if (part === '*') return items.map((_, i) => itemPlace(items, i))
  if (part === '-' && creates) return [itemPlace(items, items.push({}) - 1)]
  if (/^\d+$/.test(part)) return Number(part) < items.length ? [itemPlace(items, Number(part))] : []
  const filter = FILTER.exec(part)
  if (filter === null)
    return items.flatMap((_, i) => step(itemPlace(items, i), part, creates ? 'map' : undefined, true))
  const [, key, wanted = ''] = filter
  const found = items.flatMap((item, i) => (hasValue(item, key, wanted) ? [itemPlace(items, i)] : []))
  if (found.length > 0 || !creates) return found
  return [itemPlace(items, items.push(key === undefined ? wanted : { [key]: wanted }) - 1)]
}

const hasValue = (item: Tree, key: string | undefined, wanted: string): boolean =>
  key === undefined ? scalarText(item) === wanted : isFields(item) && scalarText(item[key]) === wanted
