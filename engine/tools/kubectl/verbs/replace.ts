/** `kubectl replace`. Models kubectl/pkg/cmd/replace. */
import type { Run } from '../../../host/process.ts'
import { buildLocal, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, sourced, tellerOf, writeQuery, type DryRun, type Tell } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { waitForDeletion } from '../deletion.ts'
import { CommandError, isNotFound, throwAll } from '../errors.ts'
import { refreshLastApplied, withLastApplied } from '../last-applied.ts'
import { pathOf, singularWithGroup } from '../mapper.ts'
import { rawBody, writeRaw } from '../raw.ts'
import { texts } from '../texts.ts'
import { propagationOf } from './delete.ts'

export const replaceCommand: Command = { path: 'replace', complete: 'none', run: runReplace }

/** How long `--force` waits for the old object to go. */
const FORCE_TIMEOUT_MS = 5 * 60_000

function* runReplace(ctx: Context): Run<void> {
  const { flags } = ctx
  if (flags.text('raw')) return yield* writeRaw(ctx, 'PUT', flags.text('raw'), yield* rawBody(ctx))
  if (flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('must specify one of -f and -k')
  if (flags.int('grace-period') >= 0 && !flags.bool('force'))
    throw new CommandError('--grace-period must have --force specified')
  if (flags.durationMs('timeout') !== 0 && !flags.bool('force'))
    throw new CommandError('--timeout must have --force specified')
  const dryRun = yield* dryRunOf(ctx)
  const query = writeQuery(ctx, dryRun)
  const tell = yield* tellerOf(ctx, dryRun)
  const { infos, errors } = yield* buildLocal(ctx, {
    ...optionsFromFlags(ctx),
    validate: query.fieldValidation !== 'Ignore',
  })
  if (flags.bool('force') && dryRun === 'none') yield* removeAll(ctx, infos)
  const forced = flags.bool('force') && dryRun === 'none'
  yield* forEach(infos, errors, (info) =>
    forced ? recreate(ctx, info, query, tell) : replace(ctx, info, dryRun, query, tell),
  )
  throwAll(errors)
  if (infos.length === 0) throw new CommandError('no objects passed to replace')
}

function* replace(ctx: Context, info: Info, dryRun: DryRun, query: Record<string, string>, tell: Tell): Run<void> {
  const object = saved(ctx, info.object)
  if (dryRun === 'client') return yield* tell(object, 'replaced')
  const client = yield* ctx.session.client()
  const path = pathOf(info.type, info.namespace, info.name, ctx.flags.text('subresource'))
  try {
    yield* tell(yield* client.update(path, yield* versioned(ctx, path, object), query), 'replaced')
  } catch (error) {
    throw sourced('replacing', info.source, error)
  }
}

/** Without a resourceVersion of its own the manifest takes the newest. */
function* versioned(ctx: Context, path: string, object: ApiObject): Run<ApiObject> {
  if (object.metadata?.resourceVersion) return object
  const current = yield* (yield* ctx.session.client()).get<ApiObject>(path)
  return { ...object, metadata: { ...object.metadata, resourceVersion: current.metadata?.resourceVersion } }
}

const saved = (ctx: Context, object: ApiObject): ApiObject =>
  ctx.flags.bool('save-config') ? withLastApplied(object) : refreshLastApplied(object, object)

function* removeAll(ctx: Context, infos: Info[]): Run<void> {
  const { flags, session, p } = ctx
  const client = yield* session.client()
  const grace = flags.int('grace-period')
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: propagationOf(ctx),
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
  }
  const deleted = []
  for (const { type, namespace, name, source } of infos) {
    try {
      yield* client.delete(pathOf(type, namespace, name), body)
    } catch (error) {
      if (isNotFound(error)) continue
      throw sourced('deleting', source, error)
    }
    const from = texts.deletedFromNamespace(session.minor) && namespace ? ` from ${namespace} namespace` : ''
    yield* p.out(`${singularWithGroup(type)} "${name}" deleted${from}\n`)
    deleted.push({ target: { type, namespace, name }, uid: '' })
  }
  yield* waitForDeletion(ctx, deleted, flags.durationMs('timeout') || FORCE_TIMEOUT_MS)
}

function* recreate(ctx: Context, info: Info, query: Record<string, string>, tell: Tell): Run<void> {
  const client = yield* ctx.session.client()
  const { resourceVersion: _, ...metadata } = info.object.metadata ?? {}
  try {
    const object = saved(ctx, { ...info.object, metadata })
    yield* tell(yield* client.create(pathOf(info.type, info.namespace), object, query), 'replaced')
  } catch (error) {
    throw sourced('replacing', info.source, error)
  }
}
