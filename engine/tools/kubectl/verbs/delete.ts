/** `kubectl delete`. Models kubectl/pkg/cmd/delete. */
import type { Run } from '../../../host/process.ts'
import { fetchTarget, optionsFromFlags, plan, type BuildOptions, type Target } from '../builder.ts'
import { dryRunOf, DRY_RUN_SUFFIX, sourced, type DryRun } from '../changes.ts'
import { waitForDeletion, type Deleted } from '../deletion.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, isNotFound, throwAll } from '../errors.ts'
import { pathOf, singularWithGroup } from '../mapper.ts'
import { rawBody, writeRaw } from '../raw.ts'
import { texts } from '../texts.ts'

export const deleteCommand: Command = { path: 'delete', complete: 'types', run: runDelete }

/** A week: what no timeout means. */
const WEEK_MS = 168 * 3600_000

const FORCE_WARNING =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n'

interface Plan {
  dryRun: DryRun
  grace: number
  propagation: string
  ignoreNotFound: boolean
}

function* runDelete(ctx: Context): Run<void> {
  const { flags, p } = ctx
  if (flags.text('raw')) return yield* deleteRaw(ctx)
  const settings = yield* settingsOf(ctx)
  const options = optionsFromFlags(ctx)
  const { targets, errors } = yield* plan(ctx, { ...options, emptyText: undefined })
  const found: Target[] = []
  for (const target of targets) {
    try {
      found.push(...(yield* named(ctx, target, options)))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      errors.push(error)
    }
  }
  if (flags.bool('interactive') && settings.dryRun === 'none' && !(yield* agreed(ctx, found))) return
  if (settings.grace === 0) yield* p.err(FORCE_WARNING)
  const { deleted, count } = yield* deleteTargets(ctx, found, settings, errors)
  throwAll(errors)
  if (count === 0 && !settings.ignoredSome()) yield* p.out('No resources found\n')
  if (!flags.bool('wait') || settings.dryRun !== 'none') return
  yield* waitForDeletion(ctx, deleted, flags.durationMs('timeout') || WEEK_MS)
}

function* deleteRaw(ctx: Context): Run<void> {
  const { flags, args } = ctx
  if (args.length > 0) throw new CommandError('arguments may not be passed when --raw is specified')
  yield* writeRaw(ctx, 'DELETE', flags.text('raw'), flags.list('filename').length > 0 ? yield* rawBody(ctx) : undefined)
}

/** Old boolean values of `--cascade` still are taken. */
function* warnOldCascade({ flags, p }: Context): Run<void> {
  const text = flags.text('cascade')
  if (text !== 'true' && text !== 'false') return
  yield* p.err(
    `warning: --cascade=${text} is deprecated (boolean value) and can be replaced with --cascade=${text === 'true' ? 'background' : 'orphan'}.\n`,
  )
}

function* settingsOf(ctx: Context): Run<Plan & { ignoredSome(): boolean }> {
  const { flags } = ctx
  const dryRun = yield* dryRunOf(ctx)
  yield* warnOldCascade(ctx)
  checkFlags(ctx)
  const ignoreNotFound =
    flags.bool('ignore-not-found') ||
    flags.bool('all') ||
    Boolean(flags.text('selector') || flags.text('field-selector'))
  const byName = !flags.bool('all') && !flags.text('selector') && !flags.text('field-selector')
  return {
    dryRun,
    grace: graceOf(ctx),
    propagation: propagationOf(ctx),
    ignoreNotFound,
    ignoredSome: () => flags.bool('ignore-not-found') && byName,
  }
}

function checkFlags({ flags, args }: Context): void {
  const fromFiles = flags.list('filename').length > 0 || Boolean(flags.text('kustomize'))
  if (flags.bool('all') && flags.text('field-selector'))
    throw new CommandError('cannot set --all and --field-selector at the same time')
  if (flags.bool('now') && flags.int('grace-period') !== -1)
    throw new CommandError('--now and --grace-period cannot be specified together')
  if (flags.bool('force') && flags.int('grace-period') > 0)
    throw new CommandError('--force and --grace-period greater than 0 cannot be specified together')
  if (flags.text('output') && flags.text('output') !== 'name')
    throw new CommandError(`unexpected -o output mode: ${flags.text('output')}. We only support '-o name'`)
  if (fromFiles && args.length > 0)
    throw new CommandError(
      'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
    )
}

/** `--grace-period=0` means one second unless `--force` is there too. */
function graceOf({ flags }: Context): number {
  const grace = flags.bool('now') ? 1 : flags.int('grace-period')
  if (flags.bool('force')) return grace < 0 ? 0 : grace
  return grace === 0 ? 1 : grace
}

const PROPAGATION: Record<string, string> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  true: 'Background',
  false: 'Orphan',
}

/** `--cascade` as the API's propagation policy. */
export function propagationOf({ flags }: Context): string {
  const text = flags.text('cascade')
  const policy = PROPAGATION[text]
  if (!policy)
    throw new CommandError(`invalid cascade value (${text}). Must be "background", "foreground", or "orphan"`)
  return policy
}

/** Targets with names: selections are listed. */
function* named(ctx: Context, target: Target, options: BuildOptions): Run<Target[]> {
  if (target.name !== undefined) return [target]
  const infos = yield* fetchTarget(ctx, target, options)
  return infos.map((info) => ({ type: info.type, namespace: info.namespace, name: info.name, object: info.object }))
}

function* agreed(ctx: Context, targets: Target[]): Run<boolean> {
  const { p } = ctx
  yield* p.out(`You are about to delete the following ${targets.length} resource(s):\n`)
  for (const target of targets) yield* p.out(`${singularWithGroup(target.type)}/${target.name}\n`)
  yield* p.out('Do you want to continue? (y/N): ')
  const answer = (yield* p.readLine()) ?? ''
  if (/^y(es)?$/i.test(answer.trim())) return true
  yield* p.out('deletion is cancelled\n')
  return false
}

function* deleteTargets(
  ctx: Context,
  targets: Target[],
  settings: Plan,
  errors: CommandError[],
): Run<{ deleted: Deleted[]; count: number }> {
  const deleted: Deleted[] = []
  let count = 0
  let warned = false
  const { explicit } = yield* ctx.session.namespace()
  for (const target of targets) {
    if (!target.type.namespaced && explicit && !warned) {
      warned = true
      yield* ctx.p.err('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n')
    }
    try {
      const uid = settings.dryRun === 'client' ? '' : yield* deleteOne(ctx, target, settings)
      deleted.push({ target, uid })
      yield* ctx.p.out(deletedText(ctx, target, settings))
      count++
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      if (settings.ignoreNotFound && isNotFound(error)) continue
      errors.push(error)
    }
  }
  return { deleted, count }
}

/** Deletes; the result is the object's uid as the answer tells it. */
function* deleteOne(ctx: Context, target: Target, settings: Plan): Run<string> {
  const client = yield* ctx.session.client()
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(settings.grace >= 0 ? { gracePeriodSeconds: settings.grace } : {}),
    propagationPolicy: settings.propagation,
    ...(settings.dryRun === 'server' ? { dryRun: ['All'] } : {}),
  }
  const query: Record<string, string> = settings.dryRun === 'server' ? { dryRun: 'All' } : {}
  try {
    const answer = yield* client.delete<ApiObject & { details?: { uid?: string } }>(
      pathOf(target.type, target.namespace, target.name),
      body,
      query,
    )
    return answer.details?.uid ?? answer.metadata?.uid ?? ''
  } catch (error) {
    throw sourced('deleting', target.source ?? '', error)
  }
}

function deletedText(ctx: Context, target: Target, settings: Plan): string {
  const kind = singularWithGroup(target.type)
  if (ctx.flags.text('output') === 'name') return `${kind}/${target.name}\n`
  const operation = `${settings.grace === 0 ? 'force deleted' : 'deleted'}${DRY_RUN_SUFFIX[settings.dryRun]}`
  const from =
    texts.deletedFromNamespace(ctx.session.minor) && target.namespace ? ` from ${target.namespace} namespace` : ''
  return `${kind} "${target.name}" ${operation}${from}\n`
}
