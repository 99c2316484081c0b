/** What upstream's documents say about a type, a field and its values, by release. Unpacked when first asked for. */
import { inflateRaw } from './inflate.ts'
import { DOCUMENTATION } from './schema/documentation.gen.ts'

/** The index of a text, or `[first minor, index]` of each text that it had, oldest first; -1 is none. */
type Reference = number | [number, number][]

interface TypeTexts {
  d?: Reference
  f: Record<string, Reference>
  e?: Record<string, Reference>
}

interface Texts {
  texts: string[]
  types: Record<string, TypeTexts>
}

let unpacked: Texts | undefined

function texts(): Texts {
  if (unpacked === undefined) {
    const bytes = Uint8Array.from(atob(DOCUMENTATION), (char) => char.charCodeAt(0))
    unpacked = JSON.parse(new TextDecoder().decode(inflateRaw(bytes))) as Texts
  }
  return unpacked
}

function textAt(reference: Reference | undefined, minor: number): string {
  if (reference === undefined) return ''
  if (typeof reference === 'number') return texts().texts[reference] ?? ''
  const at = reference.findLast(([first]) => first <= minor)?.[1] ?? -1
  return texts().texts[at] ?? ''
}

/** The text of a schema type (`core.v1.Pod`) in a minor release; empty where upstream says nothing. */
export const describeType = (type: string, minor: number): string => textAt(texts().types[type]?.d, minor)

const VALUE = /^ - `(".*?")`/gm

/** The list of a field's values as it stands at the end of its text; the OpenAPIEnums feature is on from 1.24. */
const valuesText = (type: string, field: string, minor: number): string =>
  textAt(texts().types[type]?.e?.[field], minor)

/** The text of a field, with its values. */
export function describeField(type: string, field: string, minor: number, enums = true): string {
  const text = textAt(texts().types[type]?.f[field], minor)
  const values = enums ? valuesText(type, field, minor) : ''
  return values === '' ? text : `${text}${text === '' ? '' : '\n\n'}${values}`
}

/** The values that a field may have, in order; undefined when it is no enumeration. */
export function valuesOf(type: string, field: string, minor: number): string[] | undefined {
  const list = [...valuesText(type, field, minor).matchAll(VALUE)].map((match) => JSON.parse(match[1]!) as string)
  return list.length === 0 ? undefined : list
}
