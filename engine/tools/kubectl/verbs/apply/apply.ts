/** `kubectl apply`. Models kubectl/pkg/cmd/apply. Prunes after all objects have been applied. */
import type { Run } from '../../../../host/process.ts'
import { buildLocal, optionsFromFlags, type Info } from '../../builder.ts'
import { dryRunOf, forEach, sourced, tellerOf, usage, writeQuery, type DryRun } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import type { FlagSpec } from '../../flags.ts'
import { CommandError, isConflict, isNotFound, StatusError, throwAll } from '../../errors.ts'
import { makeCompactJson } from '../../serialize.ts'
import { goJson, lastAppliedText, withLastApplied } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { hideManagedFields } from '../../printers/managed-fields.ts'
import { outputFormat } from '../../printers/output.ts'
import { waitForDeletion } from '../../deletion.ts'
import { afterApply, beforeApply, checkApplySet, isEnabled, readApplySet } from './apply-set.ts'
import { keepLastApplied, migrateManagers, upgraded } from './managers.ts'
import { applyPatchOf, infoText } from './patcher.ts'
import { pruneAll, prunedTypes, SELECTS_ALL, type Visited } from './prune.ts'
import { isEmptyPatch } from '../../patching.ts'

const APPLY_SET: FlagSpec = { name: 'applyset', type: 'string', default: "''", usage: '', hidden: true }

export const applyCommand: Command = { path: 'apply', complete: 'none', flags: [APPLY_SET], run: runApply }

/** How often a patch is made anew when others write at the same time, and from when on it pauses. */
const CONFLICT_TRIES = 5
const BACK_OFF_MS = 1000

type Say = (object: ApiObject, operation: string) => Run<void>

interface Application {
  ctx: Context
  dryRun: DryRun
  query: Record<string, string>
  say: Say
}

function check(ctx: Context, dryRun: DryRun): void {
  const { flags } = ctx
  const server = flags.bool('server-side')
  if (flags.bool('force-conflicts') && !server)
    throw new CommandError('--force-conflicts only works with --server-side')
  if (dryRun === 'client' && server)
    throw new CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
  if (dryRun === 'server' && flags.bool('force')) throw new CommandError('--dry-run=server cannot be used with --force')
  if (server && flags.bool('force')) throw new CommandError('--force cannot be used with --server-side')
  if (flags.text('applyset')) checkApplySet(ctx)
  if (!flags.bool('prune')) return
  if (flags.bool('force')) throw new CommandError('--force cannot be used with --prune')
  if (flags.text('applyset')) return
  if (!flags.bool('all') && !flags.text('selector')) throw new CommandError(SELECTS_ALL)
  if (server)
    throw new CommandError("--prune is in alpha and doesn't currently work on objects created by server-side apply")
}

function* runApply(ctx: Context): Run<void> {
  const { flags, args } = ctx
  if (args.length > 0) throw usage(ctx, `Unexpected args: [${args.join(' ')}]`)
  if (flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('must specify one of -f and -k')
  if (flags.changed('applyset') && !isEnabled(ctx))
    throw new CommandError("unknown flag: --applyset\nSee 'kubectl apply --help' for usage.")
  if (flags.bool('all') && flags.text('selector'))
    throw new CommandError('cannot set --all and --selector at the same time')
  const dryRun = yield* dryRunOf(ctx)
  check(ctx, dryRun)
  const printed: ApiObject[] = []
  const visited: Visited = { uids: new Set(), namespaces: new Set() }
  const say = noting(visited, yield* sayer(ctx, dryRun, printed))
  const query = writeQuery(ctx, dryRun)
  const applySet = flags.text('applyset') ? yield* readApplySet(ctx) : undefined
  const pruned = flags.bool('prune') && !applySet ? yield* prunedTypes(ctx) : []
  const { infos: read, errors } = yield* buildLocal(ctx, {
    ...optionsFromFlags(ctx),
    validate: query.fieldValidation !== 'Ignore',
  })
  const infos = applySet ? yield* beforeApply(ctx, applySet, read, dryRun) : read
  const application: Application = { ctx, dryRun, query, say }
  const step = flags.bool('server-side') ? applyServerSide : applyClientSide
  yield* forEach(infos, errors, (info) => step(application, info))
  if (errors.length > 0) {
    yield* printAll(ctx, printed)
    throwAll(errors)
  }
  if (infos.length === 0) throw new CommandError('no objects passed to apply')
  yield* printAll(ctx, printed)
  for (const { type, namespace } of infos) if (type.namespaced) visited.namespaces.add(namespace)
  if (applySet) yield* afterApply(ctx, applySet, infos, visited, dryRun)
  else if (flags.bool('prune')) yield* pruneAll(ctx, pruned, visited, dryRun)
}

/** Remembers which objects have been applied. */
const noting =
  (visited: Visited, say: Say): Say =>
  (object, operation) => {
    visited.uids.add(object.metadata?.uid ?? '')
    return say(object, operation)
  }

/** Objects printed whole are kept to the end, where several become one List. */
function* sayer(ctx: Context, dryRun: DryRun, printed: ApiObject[]): Run<Say> {
  const format = ctx.flags.text('output')
  const tell = yield* tellerOf(ctx, dryRun)
  if (format === '' || format === 'name') return tell
  return function* (object) {
    printed.push(object)
  }
}

function* printAll(ctx: Context, objects: ApiObject[]): Run<void> {
  if (objects.length === 0) return
  const format = yield* outputFormat(ctx.p, ctx.flags, ctx.session.minor)
  if (format?.kind !== 'object') return
  if (objects.length === 1) return yield* ctx.p.out(format.printer.print(objects[0]!))
  const list = { kind: 'List', apiVersion: 'v1', metadata: {}, items: objects }
  yield* ctx.p.out(
    format.printer.format === 'json'
      ? `${goJson(inOrder(list, ctx.flags.bool('show-managed-fields')), 4)}\n`
      : format.printer.print(list),
  )
}

/** A list that kubectl makes keeps the order of its type; the items have their keys sorted. */
const inOrder = (list: { items: ApiObject[] }, whole: boolean): unknown => ({
  ...list,
  items: list.items.map((item) => JSON.parse(makeCompactJson(whole ? item : hideManagedFields(item))) as unknown),
})

function* current(ctx: Context, info: Info): Run<ApiObject | undefined> {
  const client = yield* ctx.session.client()
  try {
    return yield* client.get(pathOf(info.type, info.namespace, info.name))
  } catch (error) {
    if (isNotFound(error)) return undefined
    if (error instanceof StatusError)
      throw error.withPrefix(
        `error when retrieving current configuration of:\n${infoText(info)}\nfrom server for: "${info.source}": `,
      )
    throw error
  }
}

const MISSING = (name: string): string =>
  `Warning: resource ${name} is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`

function* applyClientSide(application: Application, info: Info): Run<void> {
  const { ctx, dryRun, say } = application
  if (!info.name)
    throw new CommandError(
      info.object.metadata?.generateName
        ? `from ${info.object.metadata.generateName}: cannot use generate name with apply`
        : 'resource name may not be empty',
    )
  const found = yield* current(ctx, info)
  const modified = withLastApplied(info.object)
  if (!found) return yield* say(dryRun === 'client' ? modified : yield* created(application, info, modified), 'created')
  if (lastAppliedText(found) === undefined) yield* ctx.p.err(MISSING(`${info.type.resource}/${info.name}`))
  if (dryRun === 'client') return yield* say(found, 'configured')
  const { object, changed } = yield* patched(application, info, modified, found)
  yield* say(object, changed ? 'configured' : 'unchanged')
}

function* created({ ctx, query }: Application, info: Info, object: ApiObject): Run<ApiObject> {
  const client = yield* ctx.session.client()
  try {
    const answer = yield* client.create(pathOf(info.type, info.namespace), object, query)
    if (info.type.kind === 'CustomResourceDefinition') ctx.session.forgetTypes()
    return answer
  } catch (error) {
    throw sourced('creating', info.source, error)
  }
}

/** Patches, again from the newest state when somebody else wrote in between. */
function* patched(
  application: Application,
  info: Info,
  modified: ApiObject,
  found: ApiObject,
): Run<{ object: ApiObject; changed: boolean }> {
  const { ctx, query } = application
  const client = yield* ctx.session.client()
  const path = pathOf(info.type, info.namespace, info.name, ctx.flags.text('subresource'))
  let state = found
  for (let tries = 0; ; tries++) {
    const patch = applyPatchOf(info, modified, state, ctx.flags.bool('overwrite'))
    if (isEmptyPatch(patch)) return { object: state, changed: false }
    if (state.metadata?.deletionTimestamp)
      yield* ctx.p.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`)
    try {
      return { object: yield* client.patch(path, patch.type, patch.body, query), changed: true }
    } catch (error) {
      if (isConflict(error) && tries < CONFLICT_TRIES) {
        if (tries >= 1) yield* ctx.p.sleep(BACK_OFF_MS)
        state = (yield* current(ctx, info)) ?? state
        continue
      }
      if (
        ctx.flags.bool('force') &&
        error instanceof StatusError &&
        (error.reason === 'Conflict' || error.reason === 'Invalid')
      )
        return { object: yield* recreated(application, info, modified), changed: true }
      throw failure(info, JSON.stringify(patch.body), error)
    }
  }
}

function failure(info: Info, patch: string, error: unknown): unknown {
  if (!(error instanceof StatusError) || error.reason === 'Invalid') return error
  return error.withPrefix(
    `error when applying patch:\n${patch}\nto:\n${infoText(info)}\nfor: "${info.source}": error when patching "${info.source}": `,
  )
}

/** `--force`: away with the old one. */
function* recreated(application: Application, info: Info, modified: ApiObject): Run<ApiObject> {
  const { ctx } = application
  const client = yield* ctx.session.client()
  const grace = ctx.flags.int('grace-period')
  yield* client.delete(pathOf(info.type, info.namespace, info.name), {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
  })
  const { type, namespace, name } = info
  yield* waitForDeletion(
    ctx,
    [{ target: { type, namespace, name }, uid: '' }],
    ctx.flags.durationMs('timeout') || 168 * 3600_000,
  )
  return yield* created(application, info, modified)
}

/** The fields of client-side apply become its own; then the manifest counts anew, so that left out fields go. */
function* reapplied(one: {
  ctx: Context
  query: Record<string, string>
  path: string
  info: Info
  applied: ApiObject
  manager: string
}): Run<ApiObject> {
  const { ctx, query, path, info, applied, manager } = one
  yield* migrateManagers(ctx, info, applied, manager)
  const client = yield* ctx.session.client()
  return yield* client.patch(path, 'apply', info.object, query)
}

function* applyServerSide({ ctx, dryRun, query, say }: Application, info: Info): Run<void> {
  const client = yield* ctx.session.client()
  const manager = ctx.flags.changed('field-manager') ? ctx.flags.text('field-manager') : 'kubectl'
  const force = ctx.flags.bool('force-conflicts') ? { force: 'true' } : { force: 'false' }
  const path = pathOf(info.type, info.namespace, info.name, ctx.flags.text('subresource'))
  try {
    const applied = yield* client.patch(path, 'apply', info.object, { ...query, fieldManager: manager, ...force })
    const kept = manager === 'kubectl' && dryRun === 'none' ? yield* keepLastApplied(ctx, info, applied) : applied
    const migrates = dryRun === 'none' && upgraded(kept, manager) !== undefined
    const last = { ctx, query: { ...query, fieldManager: manager, ...force }, path, info, applied: kept, manager }
    yield* say(migrates ? yield* reapplied(last) : kept, 'serverside-applied')
  } catch (error) {
    throw isConflict(error) ? new CommandError(`${error.message}\n${CONFLICT_ADVICE}`) : error
  }
  if (info.type.kind === 'CustomResourceDefinition') ctx.session.forgetTypes()
}

const CONFLICT_ADVICE = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`
