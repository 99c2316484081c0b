/** `kubectl explain`, out of the server's OpenAPI documents. Models kubectl/pkg/cmd/explain (K4). */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import { CommandError, PlainError } from '../errors.ts'
import { minorOf } from '../texts.ts'
import { olderPlaintext } from '../explain/openapi-v2.ts'
import { headOf, plaintext } from '../explain/plaintext.ts'
import type { Mapper } from '../mapper.ts'
import { kindIn } from '../explain/schema.ts'
import type { Schemas } from '../explain/schema.ts'

export const explainCommand: Command = { path: 'explain', complete: 'types', run: runExplain }

const OLDER = 'plaintext-openapiv2'

/** The first minor releases of kubectl that read OpenAPI v3, and that list the values of a field. */
const OPENAPI_V3_SINCE = 27
const ENUMS_SINCE = 30

const NO_TYPE =
  'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.'

function* runExplain(ctx: Context): Run<void> {
  const { args, flags } = ctx
  if (args.length === 0) throw new CommandError(NO_TYPE)
  if (args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE')
  const minor = minorOf(ctx.p.release)
  const output = minor < OPENAPI_V3_SINCE ? OLDER : flags.text('output')
  const [word = '', ...path] = args[0]!.replace(/\.$/, '').split('.')
  const { type, fields } = yield* resolve(ctx, word, path)
  if (output === OLDER) return yield* explainOlder(ctx, type, fields)
  if (output !== 'plaintext') throw new CommandError(`unrecognized format: ${output}`)
  yield* explainNewer(ctx, type, fields)
}

function* explainNewer(ctx: Context, type: ResourceType, fields: string[]): Run<void> {
  const schemas = yield* componentsOf(ctx, type)
  const root = kindIn(schemas, type.group, type.version, type.kind)
  if (!root)
    throw new CommandError(`GVR (${type.group}/${type.version}, Resource=${type.resource}) not found in OpenAPI schema`)
  yield* ctx.p.out(headOf(type))
  const text = plaintext(schemas, root, fields, {
    recursive: ctx.flags.bool('recursive'),
    enums: minorOf(ctx.p.release) >= ENUMS_SINCE,
  })
  if (text === undefined) throw new CommandError(`field "${fields.at(-1)}" does not exist`)
  yield* ctx.p.out(text)
}

function* explainOlder(ctx: Context, type: ResourceType, fields: string[]): Run<void> {
  const client = yield* ctx.session.client()
  const { definitions = {} } = yield* client.get<{ definitions?: Schemas }>('/openapi/v2')
  const root = kindIn(definitions, type.group, type.version, type.kind)
  const version = type.group === '' ? type.version : `${type.group}/${type.version}`
  if (!root) throw new CommandError(`couldn't find resource for "${version}, Kind=${type.kind}"`)
  const text = olderPlaintext(definitions, type, root, fields, ctx.flags.bool('recursive'))
  if (text === undefined) throw new CommandError(`field "${fields.at(-1)}" does not exist`)
  yield* ctx.p.out(text)
}

/** The type, and the path below it; the type's own group may follow its name. */
function* resolve(ctx: Context, word: string, path: string[]): Run<{ type: ResourceType; fields: string[] }> {
  const mapper = yield* ctx.session.mapper(2)
  const type = mapper.find(word)
  if (!type) throw new PlainError(`the server doesn't have a resource type "${word}"`)
  const wanted = ctx.flags.text('api-version')
  if (wanted !== '') return { type: inVersion(mapper, type, wanted), fields: path }
  const group = type.group === '' ? [] : type.group.split('.')
  const isNamed = group.length > 0 && group.every((part, at) => path[at] === part)
  return { type, fields: isNamed ? path.slice(group.length) : path }
}

function inVersion(mapper: Mapper, type: ResourceType, apiVersion: string): ResourceType {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const found = mapper.find(`${type.resource}.${version}.${group}`)
  if (found?.group === group && found.version === version) return found
  const isServed = mapper.discovered.groups.some((one) => one.group === group && one.versions.includes(version))
  if (!isServed) throw new CommandError(`couldn't find resource for "${apiVersion}, Resource=${type.resource}"`)
  throw new CommandError(`GVR (${group}/${version}, Resource=${type.resource}) not found in OpenAPI schema`)
}

function* componentsOf(ctx: Context, type: ResourceType): Run<Schemas> {
  const client = yield* ctx.session.client()
  const path = type.group ? `apis/${type.group}/${type.version}` : `api/${type.version}`
  const document = yield* client.get<{ components?: { schemas?: Schemas } }>(`/openapi/v3/${path}`)
  return document.components?.schemas ?? {}
}
