/** `kubectl rollout history` (K4). Models kubectl/pkg/cmd/rollout/rollout_history.go. */
import type { Run } from '../../../../host/process.ts'
import type { PodTemplateSpec } from '../../../../objects/types.gen.ts'
import { build, optionsFromFlags } from '../../builder.ts'
import { forEach, tellerOf } from '../../changes.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { kindName } from '../../printers/output.ts'
import { alignTabs, DESCRIBE_TABS } from '../../printers/tabwriter.ts'
import { revisionsOf, type Revision } from './revisions.ts'
import { templateText } from './template-text.ts'

export const rolloutHistory: Command = { path: 'rollout history', complete: 'types', run: runHistory }

function* runHistory(ctx: Context): Run<void> {
  const { flags, args, p } = ctx
  const wanted = flags.int('revision')
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.text('kustomize') && !flags.text('selector'))
    throw new CommandError('required resource not specified')
  if (wanted < 0) throw new CommandError(`revision must be a positive integer: ${wanted}`)
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), selectAllByDefault: true })
  const tell = flags.text('output') ? yield* tellerOf(ctx) : undefined
  yield* forEach(infos, errors, function* (info) {
    const revisions = yield* revisionsOf(ctx, info)
    const one = wanted > 0 ? found(revisions, wanted) : undefined
    if (tell) return yield* tell(one?.source ?? revisions.at(-1)?.source ?? info.object, '')
    const head = `${kindName(info.object)}/${info.name} `
    const text = one ? templateText(one.template as PodTemplateSpec, ctx.session.minor) : tableOf(revisions)
    yield* p.out(`${head}${one ? `with revision #${wanted}` : ''}\n${text}\n`)
  })
  throwAll(errors)
}

function found(revisions: Revision[], wanted: number): Revision {
  const one = revisions.find(({ number }) => number === wanted)
  if (!one) throw new CommandError('unable to find the specified revision')
  return one
}

function tableOf(revisions: Revision[]): string {
  if (revisions.length === 0) return 'No rollout history found.'
  const rows = revisions.map(({ number, cause }) => `${number}\t${cause || '<none>'}\n`)
  return alignTabs(`REVISION\tCHANGE-CAUSE\n${rows.join('')}`, DESCRIBE_TABS)
}
