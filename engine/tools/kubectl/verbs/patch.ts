/** `kubectl patch`. Models kubectl/pkg/cmd/patch. */
import type { Run } from '../../../host/process.ts'
import { deepEqual } from '../../../objects/equal.ts'
import { applyJsonPatch } from '../../../objects/patch/json.ts'
import { PatchError, type JsonObject } from '../../../objects/patch/json-value.ts'
import { applyMerge } from '../../../objects/patch/merge.ts'
import { applyStrategic } from '../../../objects/patch/strategic.ts'
import { build, buildLocal, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, tellerOf, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, StatusError, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { schemaTypeOf } from '../patching.ts'
import { parseYamlDocuments } from '../serialize.ts'

export const patchCommand: Command = { path: 'patch', complete: 'types', run: runPatch }

const TYPES = ['json', 'merge', 'strategic'] as const
type PatchType = (typeof TYPES)[number]

function typeOf({ flags }: Context): PatchType {
  const wanted = flags.text('type').toLowerCase()
  const type = TYPES.find((one) => one === wanted)
  if (!type) throw new CommandError(`--type must be one of [${TYPES.join(' ')}], not "${flags.text('type')}"`)
  return type
}

function* textOf(ctx: Context): Run<string> {
  const { flags, p } = ctx
  const [text, file] = [flags.text('patch'), flags.text('patch-file')]
  if (text && file) throw new CommandError('cannot specify --patch and --patch-file together')
  if (!text && !file)
    throw new CommandError('must specify --patch or --patch-file containing the contents of the patch')
  if (text) return text
  const read = yield* p.readFile(file)
  if ('text' in read) return read.text
  throw new CommandError(`unable to read patch file: open ${file}: no such file or directory`)
}

/** JSON goes as it is (broken JSON too: the server says what is wrong with it); YAML is turned into JSON. */
function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    if (/^\s*\{/.test(text)) return text
  }
  try {
    return parseYamlDocuments(text)[0]
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error converting YAML to JSON: /, '') : ''
    throw new CommandError(`unable to parse ${JSON.stringify(text)}: ${why}`)
  }
}

function* runPatch(ctx: Context): Run<void> {
  const { flags } = ctx
  const type = typeOf(ctx)
  const body = parsePatch(yield* textOf(ctx))
  const dryRun = yield* dryRunOf(ctx)
  const local = flags.bool('local')
  if (local && ctx.args.length > 0) throw new CommandError('cannot specify --local and server resources')
  const options = optionsFromFlags(ctx)
  const tell = yield* tellerOf(ctx)
  const { infos, errors } = local ? yield* buildLocal(ctx, options) : yield* build(ctx, options)
  yield* forEach(infos, errors, function* (info) {
    if (local || dryRun === 'client') {
      const patched = applied(info, type, body)
      return yield* tell(patched, operation(info.object, patched))
    }
    const client = yield* ctx.session.client()
    const path = pathOf(info.type, info.namespace, info.name, flags.text('subresource'))
    const before = flags.text('subresource') ? yield* client.get(path) : info.object
    const patched = yield* supported(info, type, client.patch(path, type, body, writeQuery(ctx, dryRun)))
    yield* tell(patched, operation(before, patched))
  })
  throwAll(errors)
  if (infos.length === 0) throw new CommandError('no objects passed to patch')
}

const MEDIA: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/** A type of patch that the kind does not take is told with the kind: custom resources have no strategic one. */
function* supported(info: Info, type: PatchType, patch: Run<ApiObject>): Run<ApiObject> {
  try {
    return yield* patch
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'UnsupportedMediaType') throw error
    const { group, version, kind } = info.type
    const what = `${group === '' ? '' : `${group}/`}${version}, Kind=${kind}`
    throw new CommandError(`${MEDIA[type]} is not supported by ${what}: ${error.message}`)
  }
}

const operation = (before: ApiObject, after: ApiObject): string =>
  same(before, after) ? 'patched (no change)' : 'patched'

const same = (before: ApiObject, after: ApiObject): boolean => deepEqual(unmanaged(before), unmanaged(after))

function unmanaged(object: ApiObject): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {}
  return { ...object, metadata }
}

/** The patch applied here, for `--local` and client dry runs. */
function applied(info: Info, type: PatchType, body: unknown): ApiObject {
  const object = info.object as JsonObject
  try {
    if (type === 'json') return applyJsonPatch(object, body as unknown[]) as ApiObject
    if (type === 'merge') return applyMerge(object, body as JsonObject) as ApiObject
    return applyStrategic(schemaTypeOf(info.type), object, body as JsonObject) as ApiObject
  } catch (error) {
    if (error instanceof PatchError) throw new CommandError(error.message)
    throw error
  }
}
