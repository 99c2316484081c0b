/** `kubectl autoscale`. Models kubectl/pkg/cmd/autoscale. */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, tellerOf, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, throwAll } from '../errors.ts'
import { withLastApplied } from '../last-applied.ts'
import { apiVersionOf, resourceText } from '../mapper.ts'
import { metaMaker, posted } from './create/generator.ts'

export const autoscaleCommand: Command = {
  path: 'autoscale',
  required: ['max'],
  flags: [
    {
      name: 'cpu',
      type: 'string',
      default: '',
      usage: 'Target CPU utilization over all the pods, as a percentage or a quantity.',
      hidden: true,
    },
    {
      name: 'memory',
      type: 'string',
      default: '',
      usage: 'Target memory utilization over all the pods, as a percentage or a quantity.',
      hidden: true,
    },
  ],
  complete: 'types',
  run: runAutoscale,
}

function check({ flags }: Context): void {
  const [min, max] = [flags.int('min'), flags.int('max')]
  if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`)
  if (max < min)
    throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`)
}

function* runAutoscale(ctx: Context): Run<void> {
  const { flags } = ctx
  const dryRun = yield* dryRunOf(ctx)
  check(ctx)
  const tell = yield* tellerOf(ctx, dryRun, true)
  const { infos, errors } = yield* build(ctx, optionsFromFlags(ctx))
  yield* forEach(infos, errors, function* (info) {
    if (!info.type.subresources.includes('scale'))
      throw new CommandError(
        `cannot autoscale a ${info.type.kind}: could not find scale subresource for ${resourceText(info.type)} in discovery information`,
      )
    const made = yield* autoscalerOf(ctx, info)
    const object = flags.bool('save-config') ? withLastApplied(made, true) : made
    yield* tell(
      dryRun === 'client' ? object : yield* posted(ctx, object, writeQuery(ctx, dryRun)),
      dryRun === 'client' ? 'created' : 'autoscaled',
    )
  })
  throwAll(errors)
}

/** `80%` or `80`: utilization; `500m`: an average value. */
function metric(name: string, text: string): object {
  const percent = /^(\d+)%?$/.exec(text)
  const target =
    percent && (text.endsWith('%') || name === 'cpu')
      ? { type: 'Utilization', averageUtilization: Number(percent[1]) }
      : { type: 'AverageValue', averageValue: text }
  return { type: 'Resource', resource: { name, target } }
}

function* autoscalerOf(ctx: Context, info: Info): Run<ApiObject> {
  const { flags, session } = ctx
  const cpu = flags.text('cpu') || (flags.int('cpu-percent') >= 0 ? flags.text('cpu-percent') : '')
  const metrics = [
    ...(cpu ? [metric('cpu', cpu)] : []),
    ...(flags.text('memory') ? [metric('memory', flags.text('memory'))] : []),
  ]
  const min = flags.int('min')
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: metaMaker(session.minor)({ name: flags.text('name') || info.name }),
    spec: {
      scaleTargetRef: { kind: info.type.kind, name: info.name, apiVersion: apiVersionOf(info.type) },
      ...(min > 0 ? { minReplicas: min } : {}),
      maxReplicas: flags.int('max'),
      ...(metrics.length > 0 ? { metrics } : {}),
    },
    status: { desiredReplicas: 0, currentMetrics: null },
  }
}
