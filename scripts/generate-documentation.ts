/**
 * Writes what the API server tells about its types, out of npm packages (`documentation/packages.ts`):
 * engine/objects/schema/documentation.gen.ts (texts and enumerations by release, deflated),
 * engine/objects/schema/releases.json (which fields an older release does not have or still has),
 * engine/objects/schema/old-versions.json (types of versions that are no longer served).
 * Run with `npm run generate:documentation`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import { bare, clientModel, keyOf, readClient, readModels, readTypes, splitEnum } from './documentation/models.ts'
import type { Model, ModelField, Models } from './documentation/models.ts'
import { oldTypes } from './documentation/old-versions.ts'
import type { RawSchema } from './documentation/old-versions.ts'
import { CLIENTS, MODELS, TYPES, unpack } from './documentation/packages.ts'

const schemaFolder = new URL('../engine/objects/schema/', import.meta.url)
const schema = JSON.parse(readFileSync(new URL('schema.json', schemaFolder), 'utf8')) as RawSchema

const clients = CLIENTS.map(([minor, version]) => ({
  minor,
  types: readClient(unpack('@kubernetes/client-node', version)),
}))
const models = MODELS.map(([minor, version, machinery]) => ({
  minor,
  types: new Map([
    ...readModels(unpack('@kubernetes-models/apimachinery', machinery)),
    ...readModels(unpack('kubernetes-models', version)),
  ]) as Models,
}))
const types = TYPES.map(([minor, version]) => ({ minor, types: readTypes(unpack('kubernetes-types', version)) }))

interface Source {
  minor: number
  types: Models
}

/** Sources with line breaks, the nearest release first. */
const nearest = (minor: number, sources: Source[]): Source[] =>
  [...sources].sort((a, b) => Math.abs(a.minor - minor) - Math.abs(b.minor - minor) || b.minor - a.minor)

const old = oldTypes(schema, models[0]!.types)
const all = { ...schema, ...old }

/** The release from which a value is taken to hold, when the one before it was not read. */
const since = (at: number): number => (at === 0 ? 0 : CLIENTS[at - 1]![0] + 1)

/** `[first minor, value]`, the value 0 where there is none. */
type Changes<T> = [number, T][]

function changesOf<T>(values: (T | undefined)[], none: T): Changes<T> {
  const changes: Changes<T> = []
  values.forEach((value, at) => {
    const next = value ?? none
    if (changes.length === 0 ? next !== none : changes.at(-1)![1] !== next)
      changes.push([changes.length === 0 && at === 0 ? 0 : since(at), next])
  })
  return changes
}

const textField = (model: Model | undefined, field: string): ModelField | undefined => model?.fields.get(field)

const breaks = (text: string): number => text.split('\n').length

/** A text of one line, with the line breaks of a source that says the same: of the best broken one, the nearest. */
function broken(
  flat: string,
  minor: number,
  pick: (model: Model | undefined) => string | undefined,
  type: string,
): string {
  const key = keyOf(flat)
  const known = nearest(minor, [...models, ...types])
    .map((source) => pick(source.types.get(type)))
    .filter((text) => text !== undefined)
  const same = known.filter((text) => keyOf(text) === key).map((text) => splitEnum(text).text)
  if (same.length > 0) return same.reduce((best, text) => (breaks(text) > breaks(best) ? text : best))
  return known.some((text) => splitEnum(text).text.includes('\n\n'))
    ? flat.replace(/([.:;)]) {2}(?=\S)/g, '$1\n\n')
    : flat
}

/** The text of a reference, which client-node leaves out, of the nearest release. */
function nearestText(minor: number, pick: (model: Model | undefined) => string | undefined, type: string): string {
  for (const source of nearest(minor, [...models, ...types])) {
    const text = pick(source.types.get(type))
    if (text) return splitEnum(text).text
  }
  return ''
}

const micro = keyOf(models[0]!.types.get('meta.v1.MicroTime')!.text)

/** client-node tells of some references the text of their type instead of the field's. */
const ownText = (text: string): string => (keyOf(text) === micro ? '' : text)

/** Enumerations are in the documents from 1.24 on. */
function enumOf(minor: number, type: string, field: string): string {
  if (minor < 24) return ''
  const source = nearest(minor, models).find((one) => one.types.has(type))
  return splitEnum(textField(source?.types.get(type), field)?.text ?? '').values
}

const texts: string[] = []
const indexes = new Map<string, number>()
function indexOf(text: string): number {
  if (text === '') return -1
  if (!indexes.has(text)) {
    indexes.set(text, texts.length)
    texts.push(text)
  }
  return indexes.get(text)!
}

/** One value where all releases agree. */
const compact = (changes: Changes<number>): number | Changes<number> =>
  changes.length === 1 && changes[0]![0] === 0 ? changes[0]![1] : changes

type Reference = number | Changes<number>
const documentation: Record<string, { d?: Reference; f: Record<string, Reference>; e?: Record<string, Reference> }> = {}
interface Releases {
  /** The first minor release that has a field, where it is not the type's own first. */
  since?: Record<string, number>
  /** Fields that have gone, with the first release without them and their type. */
  until?: Record<string, [number, unknown]>
  /** Fields that must be there only from a release on, and that had to be there only before one. */
  requiredSince?: Record<string, number>
  requiredUntil?: Record<string, number>
}
const releases: Record<string, Releases> = {}

function describeType(name: string): void {
  const seen = clients.map(({ minor, types }) => ({ minor, model: clientModel(types, name) }))
  const pickType = (model: Model | undefined): string | undefined => model?.text
  const lasting = seen.some(({ model }) => model)
    ? seen
    : models.map(({ minor, types }) => ({ minor, model: types.get(name) }))
  const own = changesOf(
    lasting.map(
      ({ minor, model }) =>
        model && indexOf(model.text ? broken(model.text, minor, pickType, name) : nearestText(minor, pickType, name)),
    ),
    -1,
  )
  const entry: (typeof documentation)[string] = { f: {} }
  if (own.length > 0) entry.d = compact(own.length > 1 || own[0]![0] === 0 ? own : [[0, own[0]![1]]])
  else {
    const text = nearestText(36, pickType, name)
    if (text) entry.d = indexOf(text)
  }
  for (const field of Object.keys(all[name]!.fields ?? {})) describeField(name, field, entry, seen)
  documentation[name] = entry
  noteReleases(name, seen)
}

function describeField(
  name: string,
  field: string,
  entry: (typeof documentation)[string],
  seen: { minor: number; model: Model | undefined }[],
): void {
  const pick = (model: Model | undefined): string | undefined => textField(model, field)?.text
  const values = seen.map(({ minor, model }) => {
    const found = textField(model, bare(field))
    if (!found) return undefined
    const own = ownText(found.text)
    return indexOf(own ? broken(own, minor, pick, name) : nearestText(minor, pick, name))
  })
  const changes = changesOf(values, -1).filter(([, value], at) => value !== -1 || at > 0)
  const kept = changes.filter(([, value]) => value !== -1)
  if (kept.length > 0) entry.f[field] = compact([[0, kept[0]![1]], ...kept.slice(1)])
  else {
    const text = nearestText(36, pick, name)
    if (text) entry.f[field] = indexOf(text)
  }
  const enums = changesOf(
    CLIENTS.map(([minor]) => indexOf(enumOf(minor === 34 ? 34 : minor, name, field))),
    -1,
  )
  if (enums.length > 0) (entry.e ??= {})[field] = compact(enums)
}

/** Fields that came after the first release read, and fields that have gone. */
function noteReleases(name: string, seen: { minor: number; model: Model | undefined }[]): void {
  const present = seen.map(({ model }) => model)
  const first = present.findIndex((model) => model)
  if (first < 0) return
  const sinceOf: Record<string, number> = {}
  for (const field of Object.keys(all[name]!.fields ?? {})) {
    const at = present.findIndex((model) => model?.fields.has(bare(field)))
    if (at > first) sinceOf[field] = since(at)
  }
  const until: Record<string, [number, unknown]> = {}
  const known = new Set(Object.keys(all[name]!.fields ?? {}).map(bare))
  present.forEach((model, at) => {
    for (const field of model?.fields.keys() ?? [])
      if (!known.has(field) && at + 1 < present.length) until[field] = [CLIENTS[at + 1]![0], goneType(name, field)]
  })
  const found: Releases = { since: sinceOf, until, ...requirements(name, present) }
  const filled = Object.entries(found).filter(([, fields]) => Object.keys(fields as object).length > 0)
  if (filled.length > 0) releases[name] = Object.fromEntries(filled)
}

/** Where what must be there changed: the last change counts. */
function requirements(name: string, present: (Model | undefined)[]): Releases {
  const requiredSince: Record<string, number> = {}
  const requiredUntil: Record<string, number> = {}
  for (const field of Object.keys(all[name]!.fields ?? {})) {
    const states = present.map((model) => textField(model, bare(field))?.required)
    const now = all[name]!.required?.includes(field) ?? false
    const other = states.findLastIndex((state) => state === !now)
    if (other < 0 || states.slice(other + 1).every((state) => state === undefined)) continue
    ;(now ? requiredSince : requiredUntil)[field] = since(other + 1)
  }
  return { requiredSince, requiredUntil }
}

/** The notation of a field that is in no release any more: only its JSON kind. */
function goneType(name: string, field: string): string {
  for (const { types } of clients) {
    const type = textField(clientModel(types, name), field)?.type
    if (type === undefined) continue
    if (type === 'Array<string>') return '[string]'
    if (type === 'string' || type === 'boolean') return type
    return type === 'number' ? 'int64' : 'any'
  }
  return 'any'
}

for (const name of Object.keys(all)) describeType(name)

const lines = (record: Record<string, unknown>): string =>
  `{\n${Object.entries(record)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(',\n')}\n}\n`

const body = deflateRawSync(JSON.stringify({ texts, types: documentation }), { level: 9 }).toString('base64')
writeFileSync(
  new URL('documentation.gen.ts', schemaFolder),
  `// Generated by scripts/generate-documentation.ts out of npm packages. Do not edit.\n\n/** Texts of types and fields by release: JSON, deflated, in base64. */\nexport const DOCUMENTATION =\n  '${body}'\n`,
)
writeFileSync(new URL('releases.json', schemaFolder), lines(releases))
writeFileSync(new URL('old-versions.json', schemaFolder), lines(old))
console.log(`${texts.length} texts, ${Object.keys(documentation).length} types, ${body.length} characters`)
