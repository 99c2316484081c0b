/** `kubectl set selector`: only Services have one that may change. */
import type { Run } from '../../../../host/process.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { parseSelectorObject } from '../../selector-object.ts'
import { changeObjects } from './change.ts'

export const setSelectorCommand: Command = { path: 'set selector', complete: 'types', run: runSetSelector }

function* runSetSelector(ctx: Context): Run<void> {
  const { args, flags } = ctx
  const expression = args.at(-1)
  const objects = args.slice(0, -1)
  if (expression === undefined)
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>')
  const selector = parseSelectorObject(expression)
  yield* changeObjects(ctx, objects, {
    operation: 'selector updated',
    nameless: true,
    apply(info) {
      if (info.type.kind !== 'Service') throw new CommandError('setting a selector is only supported for Services')
      if (selector.matchExpressions)
        throw new CommandError(
          `match expression ${JSON.stringify(selector.matchExpressions)} not supported on this object`,
        )
      const version = flags.text('resource-version')
      return {
        ...info.object,
        ...(version ? { metadata: { ...info.object.metadata, resourceVersion: version } } : {}),
        spec: { ...(info.object.spec as object), selector: selector.matchLabels ?? {} },
      }
    },
  })
}
