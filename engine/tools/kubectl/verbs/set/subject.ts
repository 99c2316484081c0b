/** `kubectl set subject`. */
import type { Run } from '../../../../host/process.ts'
import { deepEqual } from '../../../../objects/equal.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { subjectsOf, type Subject } from '../create/rolebinding.ts'
import { changeObjects } from './change.ts'

export const setSubjectCommand: Command = { path: 'set subject', complete: 'types', run: runSetSubject }

function* runSetSubject(ctx: Context): Run<void> {
  const added = subjectsOf(ctx.flags)
  if (added.length === 0) throw new CommandError('you must specify at least one value of user, group or serviceaccount')
  yield* changeObjects(ctx, ctx.args, {
    operation: 'subjects updated',
    failure: 'failed to patch subjects to rolebinding: ',
    apply(info) {
      if (!['RoleBinding', 'ClusterRoleBinding'].includes(info.type.kind))
        throw new CommandError('setting subjects is only supported for RoleBinding/ClusterRoleBinding')
      const old = (info.object.subjects ?? []) as Subject[]
      const fresh = added.filter((subject) => !old.some((other) => deepEqual(other, subject)))
      return { ...info.object, subjects: [...old, ...fresh] }
    },
  })
}
