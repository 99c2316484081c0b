/** What `label` and `annotate` share: pairs put into one map of the metadata. */
import type { Run } from '../../host/process.ts'
import { deepEqual } from '../../objects/equal.ts'
import { build, buildLocal, optionsFromFlags, type Info } from './builder.ts'
import { dryRunOf, forEach, tellerOf, writeQuery } from './changes.ts'
import type { ApiObject } from './client.ts'
import type { Context } from './command.ts'
import { CommandError, throwAll } from './errors.ts'
import { pathOf } from './mapper.ts'
import { applyPairs, parsePairs, splitPairs, type Pairs } from './pairs.ts'
import { isEmptyPatch, mergePatch } from './patching.ts'

export interface MetadataChange {
  field: 'labels' | 'annotations'
  /** `label`, `annotation`: how texts call one. */
  what: string
  checkValue(pair: string, value: string): void
  /** Refuses to replace values; pairs of key and present value. */
  overwriteError(found: [string, string][]): CommandError
  /** Told for keys to remove that are not there. */
  missing(ctx: Context, keys: string[]): Run<void>
  operation(changed: boolean, pairs: Pairs): string
}

export function* changeMetadata(ctx: Context, change: MetadataChange): Run<void> {
  const { flags } = ctx
  const split = splitPairs(ctx.args, change.what)
  const pairs = parsePairs(split.pairs, change.what, (pair, value) => change.checkValue(pair, value))
  checkUsage(ctx, change, split.objects, pairs)
  const dryRun = yield* dryRunOf(ctx)
  const local = flags.bool('local')
  const options = optionsFromFlags(ctx, split.objects)
  const built = local ? yield* buildLocal(ctx, options) : yield* build(ctx, options)
  const errors = [...built.errors]
  if (flags.text('resource-version') && built.infos.length > 1)
    throw new CommandError('--resource-version may only be used with a single resource')
  if (flags.bool('list')) return yield* listAllOf(ctx, change, built.infos, errors)
  const tell = yield* tellerOf(ctx, dryRun)
  yield* forEach(built.infos, errors, function* (info) {
    const before = mapOf(info.object, change)
    const present = Object.entries(pairs.set).flatMap(([key, value]): [string, string][] =>
      before?.[key] !== undefined && before[key] !== value ? [[key, before[key]]] : [],
    )
    if (!flags.bool('overwrite') && present.length > 0) throw change.overwriteError(present)
    yield* change.missing(
      ctx,
      pairs.remove.filter((key) => before?.[key] === undefined),
    )
    const after = changed(info.object, change, pairs, flags.text('resource-version'))
    const operation = change.operation(!deepEqual(info.object, after), pairs)
    if (local || dryRun === 'client') return yield* tell(after, operation)
    const patch = mergePatch(info.object, after)
    const client = yield* ctx.session.client()
    const path = pathOf(info.type, info.namespace, info.name)
    const answer = isEmptyPatch(patch)
      ? info.object
      : yield* client.patch(path, patch.type, patch.body, writeQuery(ctx, dryRun))
    yield* tell(answer, operation)
  })
  throwAll(errors)
}

function checkUsage(ctx: Context, change: MetadataChange, objects: string[], pairs: Pairs): void {
  const { flags } = ctx
  if (flags.bool('all') && flags.text('selector'))
    throw new CommandError('cannot set --all and --selector at the same time')
  if (flags.bool('all') && flags.text('field-selector'))
    throw new CommandError('cannot set --all and --field-selector at the same time')
  if (flags.bool('local') && flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('can only use local files by -f rsrc.yaml or --filename=rsrc.json when --local=true is set')
  if (objects.length === 0 && flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>')
  const none = Object.keys(pairs.set).length === 0 && pairs.remove.length === 0
  if (none && !flags.bool('list')) throw new CommandError(`at least one ${change.what} update is required`)
}

const mapOf = (object: ApiObject, { field }: MetadataChange): Record<string, string> | undefined =>
  object.metadata?.[field]

function changed(object: ApiObject, change: MetadataChange, pairs: Pairs, resourceVersion: string): ApiObject {
  const map = applyPairs(mapOf(object, change), pairs)
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(map === undefined ? {} : { [change.field]: map }),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
  }
}

function* listAllOf(ctx: Context, change: MetadataChange, infos: Info[], errors: CommandError[]): Run<void> {
  const one = infos.length === 1
  for (const info of infos) {
    const { kind = '' } = info.object
    if (!one) yield* ctx.p.out(`Listing ${change.what}s for ${kind}.${info.type.group}/${info.name}:\n`)
    for (const [key, value] of Object.entries(mapOf(info.object, change) ?? {}).sort())
      yield* ctx.p.out(`${one ? '' : ' '}${key}=${value}\n`)
  }
  throwAll(errors)
}
