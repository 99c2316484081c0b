/** `kubectl scale`. Models kubectl/pkg/cmd/scale and pkg/scale. */
import type { Run } from '../../../host/process.ts'
import { build, buildLocal, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, tellerOf, writeQuery, type DryRun } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { AggregateError, CommandError, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { texts } from '../texts.ts'

export const scaleCommand: Command = { path: 'scale', required: ['replicas'], complete: 'types', run: runScale }

function* runScale(ctx: Context): Run<void> {
  const { flags, session } = ctx
  const dryRun = yield* dryRunOf(ctx)
  if (flags.int('replicas') < 0)
    throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0')
  if (flags.int('current-replicas') < -1)
    throw new CommandError('The --current-replicas must specify an integer of -1 or greater')
  const options = optionsFromFlags(ctx)
  const built = options.filenames!.length > 0 ? yield* buildLocal(ctx, options) : yield* build(ctx, options)
  if (built.infos.length === 0) throw nothingToScale(built.errors, session.minor)
  if (flags.text('resource-version') && built.infos.length > 1)
    throw new CommandError('cannot use --resource-version with multiple resources')
  const tell = yield* tellerOf(ctx, dryRun)
  const errors = [...built.errors]
  yield* forEach(built.infos, errors, function* (info) {
    if (dryRun !== 'client') yield* scale(ctx, info, dryRun)
    if (dryRun === 'none' && flags.durationMs('timeout') > 0) yield* awaitReplicas(ctx, info)
    yield* tell(info.object, 'scaled')
  })
  throwAll(errors)
}

function nothingToScale(errors: CommandError[], minor: number): CommandError {
  const [first] = errors
  if (first && texts.scaleNotFoundBare(minor)) return first
  const why = first ? ` ${new AggregateError(errors).message}` : ''
  return new CommandError(`no objects passed to scale${why}`)
}

function* scale(ctx: Context, info: Info, dryRun: DryRun): Run<void> {
  const { flags, session } = ctx
  const client = yield* session.client()
  const path = pathOf(info.type, info.namespace, info.name, 'scale')
  const replicas = flags.int('replicas')
  const query = writeQuery(ctx, dryRun)
  const guarded = flags.int('current-replicas') >= 0 || flags.text('resource-version') !== ''
  if (!guarded) return void (yield* client.patch(path, 'merge', { spec: { replicas } }, query))
  const current = yield* client.get<ApiObject & { spec?: { replicas?: number } }>(path)
  checkPreconditions(ctx, current)
  yield* client.update(path, { ...current, spec: { ...current.spec, replicas } }, query)
}

/** How often the scale is looked at. */
const POLL_MS = 1000

type Scale = ApiObject & { spec?: { replicas?: number }; status?: { replicas?: number } }

/** `--timeout`: until as many pods are there as wanted, or somebody wants another number. */
function* awaitReplicas(ctx: Context, { type, namespace, name }: Info): Run<void> {
  const { flags, p, session } = ctx
  const wanted = flags.int('replicas')
  const deadline = (yield* p.now()) + flags.durationMs('timeout')
  const client = yield* session.client()
  for (;;) {
    const { spec, status } = yield* client.get<Scale>(pathOf(type, namespace, name, 'scale'))
    if ((spec?.replicas ?? 0) !== wanted || (status?.replicas ?? 0) === wanted) return
    if ((yield* p.now()) + POLL_MS > deadline)
      throw new CommandError(`timed out waiting for ${JSON.stringify(name)} to be synced`)
    yield* p.sleep(POLL_MS)
  }
}

function checkPreconditions({ flags }: Context, current: ApiObject & { spec?: { replicas?: number } }): void {
  const [wanted, found] = [flags.int('current-replicas'), current.spec?.replicas ?? 0]
  if (wanted >= 0 && wanted !== found) throw new CommandError(`Expected replicas to be ${wanted}, was ${found}`)
  const version = flags.text('resource-version')
  const present = current.metadata?.resourceVersion ?? ''
  if (version && version !== present)
    throw new CommandError(`Expected resource version to be ${version}, was ${present}`)
}
