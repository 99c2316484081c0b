/** What the `set` commands share: each object is changed and the difference is sent as a patch. */
import type { Run } from '../../../../host/process.ts'
import { build, buildLocal, optionsFromFlags, type Info } from '../../builder.ts'
import { dryRunOf, forEach, tellerOf, wrapped, writeQuery } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { pathOf } from '../../mapper.ts'
import { hasPodSpec } from '../../pod-template.ts'
import { isEmptyPatch, twoWayPatch } from '../../patching.ts'
import { typedObject } from './typed.ts'

export interface Change {
  /** `image updated`. */
  operation: string
  /** Put before a refusal; absent: the refusal as it is. */
  failure?: string
  /** Done once the objects are known. */
  before?(infos: Info[]): Run<void>
  /** Failures that are told but do not keep the rest from being changed. */
  problems?(info: Info): CommandError[]
  /** Refusals of the change are told without the object's name. */
  nameless?: boolean
  /** An object that stays as it is is told too. */
  evenIfSame?: boolean
  apply(info: Info): ApiObject
}

const LOCAL_NEEDS_FILES = `you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`

/** Whether objects are named by arguments, files or selection. */
export const hasObjects = (ctx: Context, objects: string[]): boolean =>
  objects.length > 0 || ctx.flags.list('filename').length > 0 || Boolean(ctx.flags.text('kustomize'))

export function* infosOf(ctx: Context, objects: string[]): Run<{ infos: Info[]; errors: CommandError[] }> {
  const options = optionsFromFlags(ctx, objects)
  if (!ctx.flags.bool('local')) return yield* build(ctx, options)
  if (options.filenames!.length === 0 && !options.kustomize) throw new CommandError(LOCAL_NEEDS_FILES)
  return yield* buildLocal(ctx, options)
}

export function* changeObjects(ctx: Context, objects: string[], change: Change): Run<void> {
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun)
  const built = yield* infosOf(ctx, objects)
  const errors = [...built.errors]
  if (change.before) yield* change.before(built.infos.filter(({ type }) => hasPodSpec(type.kind)))
  yield* forEach(built.infos, errors, function* (info) {
    const after = applied(info, change)
    errors.push(...(change.problems?.(info) ?? []))
    const patch = twoWayPatch(info.type, info.object, after)
    const local = ctx.flags.bool('local')
    if (isEmptyPatch(patch) && !local && !change.evenIfSame) return
    if (local) return yield* tell(typedObject(after, ctx.session.minor), change.operation)
    if (dryRun === 'client') return yield* tell(after, change.operation)
    const client = yield* ctx.session.client()
    try {
      const path = pathOf(info.type, info.namespace, info.name)
      yield* tell(yield* client.patch(path, patch.type, patch.body, writeQuery(ctx, dryRun)), change.operation)
    } catch (error) {
      throw change.failure === undefined ? error : wrapped(change.failure, error)
    }
  })
  throwAll(errors)
}

/** What a change refuses names the object it is about. */
function applied(info: Info, change: Change): ApiObject {
  try {
    return change.apply(info)
  } catch (error) {
    throw error instanceof CommandError && !change.nameless
      ? new CommandError(`${info.type.resource}/${info.name} ${error.message}`)
      : error
  }
}

export const NO_OBJECTS = 'one or more resources must be specified as <resource> <name> or <resource>/<name>'
