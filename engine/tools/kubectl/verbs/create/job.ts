/** `kubectl create job` and `create cronjob`. Models kubectl/pkg/cmd/create/create_job.go and create_cronjob.go. */
import type { Run } from '../../../../host/process.ts'
import { build } from '../../builder.ts'
import { commandWords } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { resourceText } from '../../mapper.ts'
import { asTyped, explicitNamespace, generatorCommand, type MetaMaker } from './generator.ts'

export const createJob = generatorCommand({
  path: 'create job',
  failure: 'failed to create job: ',
  *make(ctx, name, meta) {
    const { flags } = ctx
    const command = commandWords(ctx)
    const [image, from] = [flags.text('image'), flags.text('from')]
    if ((image === '') === (from === '')) throw new CommandError('either --image or --from must be specified')
    if (command.length > 0 && from !== '') throw new CommandError('cannot specify --from and command')
    const where = yield* explicitNamespace(ctx)
    if (from !== '') return yield* fromCronJob(ctx, from, name, where, meta)
    const template = podTemplate(meta, name, image, command, 'Never')
    return { kind: 'Job', apiVersion: 'batch/v1', metadata: meta({ name, ...where }), spec: { template }, status: {} }
  },
})

const podTemplate = (meta: MetaMaker, name: string, image: string, command: string[], restartPolicy: string) => ({
  metadata: meta({}),
  spec: {
    containers: [{ name, image, ...(command.length > 0 ? { command } : {}), resources: {} }],
    restartPolicy,
  },
})

/** A job as the cron job would make it, started by hand. */
function* fromCronJob(ctx: Context, from: string, name: string, where: object, meta: MetaMaker): Run<ApiObject> {
  const { infos, errors } = yield* build(ctx, { args: [from] })
  if (errors.length > 0) throw errors[0]!
  if (infos.length !== 1) throw new CommandError('from must be an existing cronjob')
  const { object: cronJob, type } = infos[0]!
  if (type.kind !== 'CronJob') throw new CommandError(`unknown object type ${resourceText(type)}`)
  const spec = cronJob.spec as { jobTemplate?: { metadata?: { labels?: object; annotations?: object }; spec?: object } }
  const { metadata, spec: jobSpec } = spec.jobTemplate ?? {}
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: infos[0]!.name,
    uid: cronJob.metadata?.uid ?? '',
    controller: true,
  }
  return {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: {
      ...meta({ name, ...where }),
      ...(metadata?.labels ? { labels: { ...metadata.labels } } : {}),
      annotations: { ...metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [owner],
    },
    spec: asTyped({ spec: jobSpec ?? {} }, ctx.session.minor).spec,
    status: {},
  }
}

export const createCronJob = generatorCommand({
  path: 'create cronjob',
  required: ['image', 'schedule'],
  failure: 'failed to create cronjob: ',
  *make(ctx, name, meta) {
    const { flags } = ctx
    const template = podTemplate(
      meta,
      name,
      flags.text('image'),
      commandWords(ctx),
      flags.text('restart') || 'OnFailure',
    )
    return {
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      metadata: meta({ name, ...(yield* explicitNamespace(ctx)) }),
      spec: { schedule: flags.text('schedule'), jobTemplate: { metadata: meta({ name }), spec: { template } } },
      status: {},
    }
  },
})
