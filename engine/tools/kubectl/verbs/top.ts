/** `kubectl top`. Models kubectl/pkg/cmd/top without a metrics server. */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, notSimulated, UsageError } from '../errors.ts'

export const topNodeCommand: Command = { path: 'top node', complete: 'nodes', run: runTop }
export const topPodCommand: Command = { path: 'top pod', complete: 'pods', run: runTop }

function* runTop(ctx: Context): Run<void> {
  const { flags, args } = ctx
  const kind = ctx.path.split(' ')[1]!
  const sortBy = flags.text('sort-by')
  if (sortBy !== '' && sortBy !== 'cpu' && sortBy !== 'memory')
    throw new CommandError('--sort-by accepts only cpu or memory')
  if (args.length === 1 && flags.text('selector'))
    throw new CommandError('only one of NAME or selector can be provided')
  if (args.length > 1) throw new UsageError(ctx.path, `${kind} [NAME | -l label]`)
  const mapper = yield* ctx.session.mapper()
  if (!mapper.discovered.groups.some((group) => group.group === 'metrics.k8s.io'))
    throw new CommandError('Metrics API not available')
  throw notSimulated('kubectl top with a metrics server')
}
