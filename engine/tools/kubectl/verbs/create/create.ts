/** `kubectl create -f`. Models kubectl/pkg/cmd/create/create.go. */
import type { Run } from '../../../../host/process.ts'
import { buildLocal, optionsFromFlags } from '../../builder.ts'
import type { Info } from '../../builder.ts'
import { dryRunOf, forEach, sourced, tellerOf, usage, writeQuery } from '../../changes.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, StatusError, throwAll } from '../../errors.ts'
import { withLastApplied } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { editBeforeCreate } from '../edit.ts'
import { rawBody, writeRaw } from '../../raw.ts'

export const createCommand: Command = { path: 'create', complete: 'none', run: runCreate }

function* runCreate(ctx: Context): Run<void> {
  const { flags, args, session } = ctx
  if (args.length > 0) throw usage(ctx, `Unexpected args: [${args.join(' ')}]`)
  if (flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('must specify one of -f and -k')
  if (flags.text('raw')) return yield* writeRaw(ctx, 'POST', flags.text('raw'), yield* rawBody(ctx))
  const dryRun = yield* dryRunOf(ctx)
  const query = writeQuery(ctx, dryRun)
  const tell = yield* tellerOf(ctx, dryRun)
  const built = yield* buildLocal(ctx, { ...optionsFromFlags(ctx), validate: query.fieldValidation !== 'Ignore' })
  const errors = [...built.errors]
  if (flags.bool('edit')) {
    throwAll(errors)
    return yield* editBeforeCreate(ctx, built.infos)
  }
  yield* forEach(built.infos, errors, function* (info) {
    const object = flags.bool('save-config') ? withLastApplied(info.object) : info.object
    if (dryRun === 'client') return yield* tell(object, 'created')
    const client = yield* session.client()
    if (query.fieldValidation !== 'Ignore') yield* findKind(ctx, info)
    try {
      yield* tell(yield* client.create(pathOf(info.type, info.namespace), object, query), 'created')
    } catch (error) {
      throw sourced('creating', info.source, error)
    }
    if (info.type.kind === 'CustomResourceDefinition') session.forgetTypes()
  })
  throwAll(errors)
  if (built.infos.length === 0) throw new CommandError('no objects passed to create')
}

/**
 * Types that cannot be patched are looked for among the custom ones before the server may validate them
 * (cli-runtime resource.QueryParamVerifier); whoever may not list those is refused.
 */
function* findKind(ctx: Context, { type, source }: Info): Run<void> {
  if (type.verbs.includes('patch')) return
  const client = yield* ctx.session.client()
  try {
    yield* client.request('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions')
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Forbidden') return
    const why = `failed to check CRD: failed to list CRDs: ${error.message}`
    throw new CommandError(
      `error validating "${source}": error validating data: ${why}; if you choose to ignore these errors, turn validation off with --validate=false`,
    )
  }
}
