/** `kubectl set serviceaccount`. */
import type { Run } from '../../../../host/process.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { changePodSpec } from '../../pod-template.ts'
import { changeObjects } from './change.ts'

export const setServiceAccountCommand: Command = {
  path: 'set serviceaccount',
  complete: 'types',
  run: runSetServiceAccount,
}

function* runSetServiceAccount(ctx: Context): Run<void> {
  const name = ctx.args.at(-1)
  if (name === undefined) throw new CommandError('serviceaccount is required')
  yield* changeObjects(ctx, ctx.args.slice(0, -1), {
    operation: 'serviceaccount updated',
    evenIfSame: true,
    failure: 'failed to patch ServiceAccountName ',
    apply: (info) => changePodSpec(info.object, (spec) => ({ ...spec, serviceAccountName: name })),
  })
}
