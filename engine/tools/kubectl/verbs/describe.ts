/** `kubectl describe`. Models kubectl/pkg/cmd/describe (K3). */
import type { Run } from '../../../host/process.ts'
import { build, infoOf, listAll, optionsFromFlags, type BuildOptions, type Info } from '../builder.ts'
import type { Command, Context } from '../command.ts'
import { AggregateError, CommandError, isNotFound } from '../errors.ts'
import { eventLines } from '../describe/events.ts'
import { describerOf } from '../describe/registry.ts'
import { Writer } from '../describe/writer.ts'
import { texts } from '../texts.ts'

export const describeCommand: Command = { path: 'describe', complete: 'types', run: runDescribe }

function* runDescribe(ctx: Context): Run<void> {
  const options: BuildOptions = { ...optionsFromFlags(ctx), selectAllByDefault: true }
  if (options.args.length === 0 && !options.filenames?.length && !options.kustomize)
    throw new CommandError(
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    )
  const built = yield* build(ctx, options)
  const infos =
    built.infos.length === 0 && built.errors.length > 0 ? yield* byPrefix(ctx, options, built.errors) : built.infos
  const events = ctx.flags.changed('show-events')
    ? ctx.flags.bool('show-events')
    : infos.length <= 1 || texts.describeEventsOfMany(ctx.session.minor)
  const prefixed = infos !== built.infos
  for (const [i, info] of infos.entries()) {
    const text = yield* described(ctx, info, events)
    yield* ctx.p.out(prefixed ? `${text}\n` : (i > 0 ? '\n\n' : '') + text)
  }
  if (infos.length === 0 && built.errors.length === 0) yield* sayNothing(ctx, options)
  if (infos.length > 0 && built.infos.length > 0 && built.errors.length > 0) throw new AggregateError(built.errors)
}

function* sayNothing(ctx: Context, options: BuildOptions): Run<void> {
  const { namespace } = yield* ctx.session.namespace()
  yield* ctx.p.err(options.allNamespaces ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`)
}

/** `describe TYPE PREFIX`: a name that is not there may be the beginning of others. */
function* byPrefix(ctx: Context, options: BuildOptions, errors: CommandError[]): Run<Info[]> {
  const [first = '', prefix, ...more] = options.args
  const failure = new AggregateError(errors)
  if (prefix === undefined || more.length > 0 || first.includes('/') || !isNotFound(errors[0])) throw failure
  const { namespace } = yield* ctx.session.namespace()
  const type = (yield* ctx.session.mapper()).resolve(first)
  const items = yield* listAll(ctx, type, type.namespaced ? namespace : '')
  const found = items.filter((item) => item.metadata?.name?.startsWith(prefix))
  if (found.length === 0) throw failure
  return found.map((item) => infoOf(type, item))
}

function* described(ctx: Context, info: Info, events: boolean): Run<string> {
  const w = new Writer()
  const describer = describerOf(info.object)
  yield* describer.lines(w, info.object, ctx, info.type)
  if (events && describer.events !== false) {
    if (describer.events)
      yield* eventLines(
        ctx,
        w,
        { ...info.object, metadata: { ...info.object.metadata, uid: undefined } },
        describer.events(info.object),
      )
    else yield* eventLines(ctx, w, info.object)
  }
  return w.aligned()
}
