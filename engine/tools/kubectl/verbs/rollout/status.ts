/** `kubectl rollout status`. Models kubectl/pkg/cmd/rollout/rollout_status.go. */
import type { Run } from '../../../../host/process.ts'
import { build, named, optionsFromFlags, type Info } from '../../builder.ts'
import { forEach } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { pathOf } from '../../mapper.ts'
import { nextEvent } from '../get-watch.ts'
import { rolloutState } from './viewers.ts'

export const rolloutStatus: Command = { path: 'rollout status', complete: 'types', run: runStatus }

function* runStatus(ctx: Context): Run<void> {
  const { flags, args } = ctx
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.text('kustomize') && !flags.text('selector'))
    throw new CommandError('required resource not specified')
  if (flags.int('revision') < 0) throw new CommandError(`revision must be a positive integer: ${flags.int('revision')}`)
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), selectAllByDefault: true })
  const deadline = flags.durationMs('timeout') > 0 ? (yield* ctx.p.now()) + flags.durationMs('timeout') : Infinity
  yield* forEach(infos, errors, (info) => follow(ctx, info, deadline))
  throwAll(errors)
}

/** Tells the state; true when it is the last one to tell. */
function* tell(ctx: Context, object: ApiObject): Run<boolean> {
  const { text, done } = rolloutState(object, ctx.flags.int('revision'))
  yield* ctx.p.out(text)
  return done || !ctx.flags.bool('watch')
}

const TIMED_OUT = 'timed out waiting for the condition'

function* follow(ctx: Context, info: Info, deadline: number): Run<void> {
  const client = yield* ctx.session.client()
  let object: ApiObject = named(info.object, info.type)
  if (yield* tell(ctx, object)) return
  for (;;) {
    const version = object.metadata?.resourceVersion
    const stream = yield* client.open('GET', pathOf(info.type, info.namespace), {
      query: {
        watch: 'true',
        fieldSelector: `metadata.name=${info.name}`,
        ...(version ? { resourceVersion: version } : {}),
      },
    })
    for (;;) {
      const left = deadline - (yield* ctx.p.now())
      const event = left > 0 ? yield* nextEvent<ApiObject>(stream, left === Infinity ? undefined : left) : 'timeout'
      if (event === null) break
      if (event === 'timeout') {
        yield* stream.close()
        throw new CommandError(TIMED_OUT)
      }
      if (event.type === 'BOOKMARK') continue
      if (event.type === 'DELETED') throw new CommandError('object has been deleted')
      object = named(event.object, info.type)
      if (yield* tell(ctx, object)) return yield* stream.close()
    }
    if ((yield* ctx.p.now()) >= deadline) throw new CommandError(TIMED_OUT)
    object = named(yield* client.get(pathOf(info.type, info.namespace, info.name)), info.type)
    if (yield* tell(ctx, object)) return
  }
}
