/** `kubectl set resources`. */
import type { Run } from '../../../../host/process.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { changePodSpec, nameMatches, type Container } from '../../pod-template.ts'
import { parseResourceList } from '../create/quota.ts'
import { changeObjects } from './change.ts'

export const setResourcesCommand: Command = { path: 'set resources', complete: 'types', run: runSetResources }

function* runSetResources(ctx: Context): Run<void> {
  const { flags, args } = ctx
  const limits = parseResourceList(flags.text('limits'))
  const requests = parseResourceList(flags.text('requests'))
  if (!limits && !requests)
    throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)')
  const pattern = flags.text('containers') || '*'
  const change = (container: Container): Container => {
    if (!nameMatches(pattern, container.name)) return container
    const { resources = {} } = container
    return {
      ...container,
      resources: {
        ...resources,
        ...(limits ? { limits: { ...resources.limits, ...limits } } : {}),
        ...(requests ? { requests: { ...resources.requests, ...requests } } : {}),
      },
    }
  }
  yield* changeObjects(ctx, args, {
    operation: 'resource requirements updated',
    failure: 'failed to patch resources update to pod template ',
    nameless: true,
    apply: (info) =>
      changePodSpec(info.object, (spec) => {
        if (!(spec.containers ?? []).some(({ name }) => nameMatches(pattern, name)))
          throw new CommandError(`unable to find container named ${pattern}`)
        return { ...spec, containers: (spec.containers ?? []).map(change) }
      }),
  })
}
