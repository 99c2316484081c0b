/**
 * /openapi/v2 as JSON: all kinds in one document, made from the same components as version 3.
 * Models kube-openapi pkg/builder and pkg/openapiconv.
 */
import { minorOf } from '../../objects/kinds.ts'
import type { KindRegistry } from '../../objects/kinds.ts'
import { hashOf } from './openapi.ts'
import { pathsOf } from './openapi-paths.ts'
import { addEntry, Components, fingerprint } from './openapi-schemas.ts'
import type { Schema } from './openapi-schemas.ts'

export interface SwaggerDocument {
  swagger: '2.0'
  info: { title: string; version: string }
  paths: Record<string, Schema>
  definitions: Record<string, Schema>
}

const isPlain = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Unions of scalars have no words in version 2: int-or-string is a string of that format, a quantity a string. */
function scalarOf({ oneOf, anyOf, ...schema }: Schema): Schema {
  return oneOf === undefined && anyOf === undefined ? schema : { ...schema, type: 'string' }
}

/** A schema of version 3 in the words of version 2. */
function lowered(schema: Schema): Schema {
  const { allOf, nullable: _nullable, default: initial, ...rest } = scalarOf(schema)
  const single = Array.isArray(allOf) && allOf.length === 1 ? (allOf[0] as Schema) : undefined
  const made: Schema = {}
  for (const [key, value] of Object.entries({ ...rest, ...single })) made[key] = loweredValue(key, value)
  return initial === undefined || isPlain(initial) ? made : { ...made, default: initial }
}

function loweredValue(key: string, value: unknown): unknown {
  if (key === '$ref') return String(value).replace('#/components/schemas/', '#/definitions/')
  if (key === 'properties')
    return Object.fromEntries(Object.entries(value as Schema).map(([name, one]) => [name, lowered(one as Schema)]))
  if ((key === 'items' || key === 'additionalProperties') && isPlain(value)) return lowered(value)
  return value
}

/** A parameter or an answer of version 3: what stood in `schema` stands beside its name. */
function loweredParameter({ schema, ...rest }: Schema): Schema {
  return { ...rest, ...(schema as Schema | undefined) }
}

function loweredOperation({ requestBody, responses, parameters = [], ...rest }: Schema): Schema {
  const content = (requestBody as { content?: Record<string, { schema: Schema }> } | undefined)?.content
  const body = content === undefined ? undefined : Object.values(content)[0]?.schema
  const all = (parameters as Schema[]).map(loweredParameter)
  if (body !== undefined) all.unshift({ name: 'body', in: 'body', required: true, schema: lowered(body) })
  return {
    ...rest,
    ...(all.length > 0 && { parameters: all }),
    responses: Object.fromEntries(
      Object.entries(responses as Schema).map(([code, one]) => [code, loweredAnswer(one as Schema)]),
    ),
  }
}

function loweredAnswer({ description, content }: Schema): Schema {
  const schema =
    content === undefined ? undefined : Object.values(content as Record<string, { schema: Schema }>)[0]?.schema
  return { description, ...(schema !== undefined && { schema: lowered(schema) }) }
}

const loweredPath = (path: Schema): Schema =>
  Object.fromEntries(
    Object.entries(path).map(([key, value]) => [
      key,
      key === 'parameters' ? (value as Schema[]).map(loweredParameter) : loweredOperation(value as Schema),
    ]),
  )

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]!]),
  )

const stateOf = (registry: KindRegistry): string => registry.all().map(fingerprint).join(' ')

export const swaggerHash = (registry: KindRegistry): string => hashOf(`v2 ${registry.release} ${stateOf(registry)}`)

/** The last document of each registry: built again when a custom resource came or went. */
const known = new WeakMap<KindRegistry, { state: string; document: SwaggerDocument }>()

export function swaggerDocument(registry: KindRegistry, release: string, enums: boolean): SwaggerDocument {
  const state = `${enums} ${stateOf(registry)}`
  const last = known.get(registry)
  if (last?.state === state) return last.document
  const document = make(registry, release, enums)
  known.set(registry, { state, document })
  return document
}

function make(registry: KindRegistry, release: string, enums: boolean): SwaggerDocument {
  const minor = minorOf(release)
  const components = new Components(minor, enums)
  const paths: Record<string, Schema> = {}
  for (const entry of registry.all()) Object.assign(paths, pathsOf(entry, addEntry(components, entry), minor))
  components.add('meta.v1.DeleteOptions')
  components.add('meta.v1.Patch')
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: `v${release}` },
    paths: sorted(Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, loweredPath(item)]))),
    definitions: sorted(
      Object.fromEntries(Object.entries(components.schemas).map(([name, schema]) => [name, lowered(schema)])),
    ),
  }
}
