/** `kubectl cordon` and `uncordon`. Models kubectl/pkg/cmd/drain and pkg/drain/cordon.go (I1). */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../builder.ts'
import { changeText, dryRunOf, usage, writeQuery, type DryRun } from '../changes.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'

const command = (verb: string, wanted: boolean): Command => ({
  path: verb,
  complete: 'nodes',
  *run(ctx) {
    const { infos, dryRun } = yield* nodesOf(ctx, verb)
    yield* setUnschedulable(ctx, infos, wanted, dryRun)
  },
})

export const cordonCommand = command('cordon', true)
export const uncordonCommand = command('uncordon', false)

/** The nodes that are meant. Throws when one of them is not there. */
export function* nodesOf(ctx: Context, verb: string): Run<{ infos: Info[]; dryRun: DryRun }> {
  const { args, flags } = ctx
  if (args.length === 0 && !flags.text('selector')) throw usage(ctx, `USAGE: ${verb} NODE [flags]`)
  if (args.length > 0 && flags.text('selector'))
    throw usage(ctx, 'error: cannot specify both a node name and a --selector option')
  const dryRun = yield* dryRunOf(ctx)
  const words = args.map((arg) => (/^nodes?\//.test(arg) || arg.startsWith('no/') ? arg : `nodes/${arg}`))
  const built = yield* build(ctx, { ...optionsFromFlags(ctx), args: words.length > 0 ? words : ['nodes'] })
  throwAll(built.errors)
  if (built.infos.length === 0) yield* ctx.p.err('No resources found\n')
  return { infos: built.infos, dryRun }
}

/** Sets the field where it differs, and tells so; a refusal is told and the rest goes on. */
export function* setUnschedulable(ctx: Context, infos: Info[], wanted: boolean, dryRun: DryRun): Run<void> {
  const client = yield* ctx.session.client()
  const verb = wanted ? 'cordon' : 'uncordon'
  for (const info of infos) {
    const spec = (info.object.spec ?? {}) as { unschedulable?: boolean }
    const already = (spec.unschedulable ?? false) === wanted
    try {
      if (!already && dryRun !== 'client')
        yield* client.patch(
          pathOf(info.type, '', info.name),
          'strategic',
          { spec: { unschedulable: wanted || null } },
          writeQuery(ctx, dryRun),
        )
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      yield* ctx.p.err(`error: unable to ${verb} node "${info.name}": ${error.message}\n`)
      continue
    }
    yield* ctx.p.out(`${changeText(info.object, `${already ? 'already ' : ''}${verb}ed`, dryRun)}\n`)
  }
}
