/** `kubectl drain`. Models kubectl/pkg/cmd/drain (I2). */
import type { Run } from '../../../../host/process.ts'
import type { Pod } from '../../../../objects/types.gen.ts'
import { listAll, type Info } from '../../builder.ts'
import { changeText, type DryRun } from '../../changes.ts'
import type { Command, Context } from '../../command.ts'
import { PlainError } from '../../errors.ts'
import { texts } from '../../texts.ts'
import { nodesOf, setUnschedulable } from '../cordon.ts'
import { takePods } from './evict.ts'
import { sortPods, type Sorted } from './filters.ts'

export const drainCommand: Command = { path: 'drain', complete: 'nodes', run: runDrain }

function* runDrain(ctx: Context): Run<void> {
  const { p, session } = ctx
  const { infos, dryRun } = yield* nodesOf(ctx, 'drain')
  yield* setUnschedulable(ctx, infos, true, dryRun)
  const failures: { node: string; errors: string[] }[] = []
  for (const info of infos) {
    const errors = yield* drainNode(ctx, info, dryRun)
    if (errors.length === 0) {
      yield* p.out(`${changeText(info.object, 'drained', dryRun)}\n`)
      continue
    }
    failures.push({ node: info.name, errors })
    yield* p.err(
      `error: unable to drain node "${info.name}" due to ${texts.drainDueTo(session.minor)}${aggregate(errors)}, continuing command...\n`,
    )
  }
  if (failures.length === 0) return
  yield* p.err(`There are pending nodes to be drained:\n${failures.map(({ node }) => ` ${node}\n`).join('')}`)
  const lines = failures.length === 1 ? failures[0]!.errors : failures.map(({ errors }) => aggregate(errors))
  throw new PlainError(lines.join('\n'))
}

/** Go's text of several errors. */
const aggregate = (errors: string[]): string => (errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`)

function* podsOf(ctx: Context, info: Info): Run<Sorted> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const selector = ctx.flags.text('pod-selector')
  const query = { fieldSelector: `spec.nodeName=${info.name}`, ...(selector ? { labelSelector: selector } : {}) }
  return yield* sortPods(ctx, (yield* listAll(ctx, type, '', query)) as Pod[])
}

function* drainNode(ctx: Context, info: Info, dryRun: DryRun): Run<string[]> {
  const { p } = ctx
  const { pods, warnings, errors } = yield* podsOf(ctx, info)
  if (errors.length > 0) return errors
  if (warnings) yield* p.err(`Warning: ${warnings}\n`)
  const failed = yield* takePods(ctx, pods, dryRun)
  if (failed.length === 0) return []
  const pending = yield* podsOf(ctx, info)
  if (pending.pods.length > 0)
    yield* p.err(
      `There are pending pods in node "${info.name}" when an error occurred: ${aggregate(failed)}\n${pending.pods.map((pod) => `pod/${pod.metadata?.name}\n`).join('')}`,
    )
  return failed
}
