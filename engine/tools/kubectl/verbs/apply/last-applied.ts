/** `kubectl apply view-last-applied` and `set-last-applied`. Models kubectl/pkg/cmd/apply/apply_{view,set}_last_applied.go. Not modelled: `edit-last-applied`. */
import type { Run } from '../../../../host/process.ts'
import { build, buildLocal, optionsFromFlags } from '../../builder.ts'
import { dryRunOf, forEach, tellerOf, usage, writeQuery } from '../../changes.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { LAST_APPLIED, lastAppliedText, makeLastApplied } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { makeYaml } from '../../serialize.ts'

export const viewLastApplied: Command = { path: 'apply view-last-applied', complete: 'types', run: runView }
export const setLastApplied: Command = { path: 'apply set-last-applied', complete: 'none', run: runSet }

function* runView(ctx: Context): Run<void> {
  const format = ctx.flags.text('output') || 'yaml'
  if (format !== 'yaml' && format !== 'json')
    throw usage(ctx, `Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`)
  const { infos, errors } = yield* build(ctx, optionsFromFlags(ctx))
  for (const info of infos) {
    const text = lastAppliedText(info.object)
    if (text === undefined) continue
    const object: unknown = JSON.parse(text)
    yield* ctx.p.out(format === 'yaml' ? makeYaml(object) : `${JSON.stringify(object, null, 2)}\n`)
  }
  throwAll(errors)
}

function* runSet(ctx: Context): Run<void> {
  const { flags } = ctx
  if (flags.list('filename').length === 0) throw new CommandError('must specify one of -f and -k')
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun)
  const { infos, errors } = yield* buildLocal(ctx, { ...optionsFromFlags(ctx), validate: true })
  yield* forEach(infos, errors, function* (info) {
    const client = yield* ctx.session.client()
    const path = pathOf(info.type, info.namespace, info.name)
    const current = yield* client.get(path)
    const before = lastAppliedText(current)
    if (before === undefined && !flags.bool('create-annotation'))
      throw new CommandError(
        `no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`,
      )
    const text = makeLastApplied(info.object, false, true)
    const body = { metadata: { annotations: { [LAST_APPLIED]: text } } }
    const send = before !== text && dryRun !== 'client'
    yield* tell(send ? yield* client.patch(path, 'merge', body, writeQuery(ctx, dryRun)) : current, 'configured')
  })
  throwAll(errors)
}
