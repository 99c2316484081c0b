/** `kubectl rollout pause`, `resume` and `restart`. Models kubectl/pkg/polymorphichelpers/object{pauser,resumer,restarter}.go. */
import type { Run } from '../../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../../builder.ts'
import { forEach, tellerOf, writeQuery } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { groupResourceOf, pathOf } from '../../mapper.ts'
import { isEmptyPatch, twoWayPatch } from '../../patching.ts'

interface Step {
  word: string
  operation: string
  /** The object after the step. Throws the words that follow its name. */
  apply(object: ApiObject, nowMs: number): ApiObject
}

interface Spec {
  paused?: boolean
  template?: { metadata?: { annotations?: Record<string, string> } }
}

const refuse = (text: string): never => {
  throw new CommandError(text)
}

const specOf = (object: ApiObject): Spec => (object.spec ?? {}) as Spec

const withPaused = (object: ApiObject, paused: boolean): ApiObject => {
  const { paused: _, ...spec } = specOf(object)
  return { ...object, spec: paused ? { ...spec, paused } : spec }
}

const RESTARTED = 'kubectl.kubernetes.io/restartedAt'
const RESTARTABLE = ['Deployment', 'DaemonSet', 'StatefulSet']

const STEPS: Step[] = [
  {
    word: 'pause',
    operation: 'paused',
    apply(object) {
      if (object.kind !== 'Deployment') refuse('pausing is not supported')
      return specOf(object).paused ? refuse('is already paused') : withPaused(object, true)
    },
  },
  {
    word: 'resume',
    operation: 'resumed',
    apply(object) {
      if (object.kind !== 'Deployment') refuse('resuming is not supported')
      return specOf(object).paused ? withPaused(object, false) : refuse('is not paused')
    },
  },
  {
    word: 'restart',
    operation: 'restarted',
    apply(object, nowMs) {
      if (!RESTARTABLE.includes(object.kind ?? '')) refuse('restarting is not supported')
      const spec = specOf(object)
      if (spec.paused) refuse("can't restart paused deployment (run rollout resume first)")
      const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
      const metadata = {
        ...spec.template?.metadata,
        annotations: { ...spec.template?.metadata?.annotations, [RESTARTED]: at },
      }
      return { ...object, spec: { ...spec, template: { ...spec.template, metadata } } }
    },
  },
]

const stepCommand = (step: Step): Command => ({
  path: `rollout ${step.word}`,
  complete: 'types',
  run: (ctx) => runStep(ctx, step),
})

function* runStep(ctx: Context, step: Step): Run<void> {
  const { flags, args } = ctx
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.text('kustomize') && !flags.text('selector'))
    throw new CommandError('required resource not specified')
  const tell = yield* tellerOf(ctx)
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), selectAllByDefault: true })
  yield* forEach(infos, errors, function* (info) {
    const after = applied(info, step, yield* ctx.p.now())
    const patch = twoWayPatch(info.type, info.object, after)
    if (isEmptyPatch(patch)) throw unchanged(info, step)
    const client = yield* ctx.session.client()
    yield* tell(
      yield* client.patch(
        pathOf(info.type, info.namespace, info.name),
        patch.type,
        patch.body,
        writeQuery(ctx, 'none'),
      ),
      step.operation,
    )
  })
  throwAll(errors)
  if (infos.length === 0)
    yield* ctx.p.err(`No resources found in ${(yield* ctx.session.namespace()).namespace} namespace.\n`)
}

function applied(info: Info, step: Step, nowMs: number): ApiObject {
  try {
    return step.apply(info.object, nowMs)
  } catch (error) {
    throw error instanceof CommandError
      ? new CommandError(`${groupResourceOf(info.type)} "${info.name}" ${error.message}`)
      : error
  }
}

const unchanged = (info: Info, step: Step): CommandError =>
  new CommandError(
    step.word === 'restart'
      ? `failed to create patch for ${info.name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`
      : `${groupResourceOf(info.type)} "${info.name}" is not changed`,
  )

export const rolloutSteps: Command[] = STEPS.map(stepCommand)
