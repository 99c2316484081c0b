/** `kubectl rollout undo`. Models kubectl/pkg/polymorphichelpers/rollback.go. */
import type { Run } from '../../../../host/process.ts'
import { semanticEqual } from '../../../../objects/equal.ts'
import type { PodTemplateSpec } from '../../../../objects/types.gen.ts'
import { build, optionsFromFlags, type Info } from '../../builder.ts'
import { dryRunOf, forEach, tellerOf, writeQuery, type DryRun, type Tell } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { LAST_APPLIED } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { revisionsOf, type Revision } from './revisions.ts'
import { templateText } from './template-text.ts'
import { REVISION } from './viewers.ts'

export const rolloutUndo: Command = { path: 'rollout undo', complete: 'types', run: runUndo }

const HASH = 'pod-template-hash'

/** Annotations that stay those of the Deployment. */
const KEPT = [
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]

function* runUndo(ctx: Context): Run<void> {
  const { flags, args } = ctx
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.text('kustomize') && !flags.text('selector'))
    throw new CommandError('required resource not specified')
  if (flags.int('to-revision') < 0)
    throw new CommandError(`revision must be a positive integer: ${flags.int('to-revision')}`)
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun)
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), selectAllByDefault: true })
  yield* forEach(infos, errors, (info) => undo(ctx, info, dryRun, tell))
  throwAll(errors)
}

function* undo(ctx: Context, info: Info, dryRun: DryRun, tell: Tell): Run<void> {
  const isDeployment = info.type.kind === 'Deployment'
  const to = ctx.flags.int('to-revision')
  const revisions = yield* revisionsOf(ctx, info)
  const target = chosen(revisions, to, info)
  if (isDeployment && (info.object.spec as { paused?: boolean }).paused)
    throw new CommandError(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    )
  const current = (info.object.spec as { template: ApiObject }).template
  const template = isDeployment ? withoutHash(templateOf(target, true)) : target.template
  if (dryRun === 'client')
    return yield* tell(
      info.object,
      templateText(templateOf(target, isDeployment) as PodTemplateSpec, ctx.session.minor),
    )
  if (semanticEqual(withoutHash(current), withoutHash(template)))
    return yield* tell(info.object, `skipped rollback (current template already matches revision ${target.number})`)
  const client = yield* ctx.session.client()
  const path = pathOf(info.type, info.namespace, info.name)
  const query = writeQuery(ctx, dryRun)
  if (isDeployment) yield* client.patch(path, 'json', deploymentPatch(info, target, template), query)
  else yield* client.patch(path, 'strategic', target.source.data, query)
  yield* tell(info.object, 'rolled back')
}

const templateOf = (target: Revision, isDeployment: boolean): ApiObject =>
  isDeployment ? (target.source.spec as { template: ApiObject }).template : target.template

/** The revision asked for, or the one before the newest. */
function chosen(revisions: Revision[], to: number, info: Info): Revision {
  if (to > 0) {
    const found = revisions.find(({ number }) => number === to)
    if (!found) throw new CommandError(`unable to find specified revision ${to} in history`)
    return found
  }
  const previous = revisions.at(-2)
  if (previous) return previous
  throw new CommandError(
    info.type.kind === 'Deployment'
      ? `no rollout history found for deployment "${info.name}"`
      : 'no last revision to roll back to',
  )
}

function withoutHash(template: ApiObject): ApiObject {
  const { [HASH]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

function deploymentPatch(info: Info, target: Revision, template: ApiObject): object[] {
  const own = info.object.metadata?.annotations ?? {}
  const old = target.source.metadata?.annotations ?? {}
  const annotations = {
    ...Object.fromEntries(Object.entries(own).filter(([key]) => KEPT.includes(key))),
    ...Object.fromEntries(Object.entries(old).filter(([key]) => !KEPT.includes(key))),
  }
  return [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: annotations },
  ]
}
