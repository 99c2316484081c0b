/** Waits until deleted objects are gone, or others of their names stand there. Models kubectl/pkg/cmd/wait.IsDeleted. */
import type { Run } from '../../host/process.ts'
import type { Target } from './builder.ts'
import type { ApiObject, OpenStream } from './client.ts'
import type { Context } from './command.ts'
import { CommandError, isNotFound, StatusError, throwAll } from './errors.ts'
import { groupResourceOf, pathOf } from './mapper.ts'
import { nextEvent } from './verbs/get-watch.ts'

export interface Deleted {
  target: Target
  /** Empty when the server did not tell. */
  uid: string
}

/** Throws `timed out waiting for the condition on pods/x`. */
export function* waitForDeletion(ctx: Context, deleted: Deleted[], timeoutMs: number): Run<void> {
  const deadline = (yield* ctx.p.now()) + timeoutMs
  const errors: CommandError[] = []
  for (const one of deleted) {
    try {
      yield* waitForOne(ctx, one, deadline)
    } catch (error) {
      // Who may delete but not read does not wait.
      if (error instanceof StatusError && (error.reason === 'Forbidden' || error.reason === 'MethodNotAllowed'))
        continue
      if (!(error instanceof CommandError)) throw error
      errors.push(error)
    }
  }
  throwAll(errors)
}

function* waitForOne(ctx: Context, { target, uid }: Deleted, deadline: number): Run<void> {
  for (;;) {
    const current = yield* present(ctx, target)
    if (!current || isOther(current, uid)) return
    const client = yield* ctx.session.client()
    const stream = yield* client.open('GET', pathOf(target.type, target.namespace), {
      query: {
        watch: 'true',
        fieldSelector: `metadata.name=${target.name}`,
        ...(current.metadata?.resourceVersion ? { resourceVersion: current.metadata.resourceVersion } : {}),
      },
    })
    if (yield* goneIn(ctx, stream, target, uid, deadline)) return
  }
}

const isOther = (object: ApiObject, uid: string): boolean => uid !== '' && object.metadata?.uid !== uid

function* present(ctx: Context, target: Target): Run<ApiObject | undefined> {
  const client = yield* ctx.session.client()
  try {
    return yield* client.get(pathOf(target.type, target.namespace, target.name))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Reads the watch until the object is gone (true) or the watch ends (false). */
function* goneIn(ctx: Context, stream: OpenStream, target: Target, uid: string, deadline: number): Run<boolean> {
  for (;;) {
    const left = deadline - (yield* ctx.p.now())
    const event = left > 0 ? yield* nextEvent<ApiObject>(stream, left) : 'timeout'
    if (event === null) return false
    if (event === 'timeout') {
      yield* stream.close()
      throw new CommandError(
        `timed out waiting for the condition on ${groupResourceOf(target.type).split('.')[0]}/${target.name}`,
      )
    }
    if (event.type !== 'DELETED' && !(event.type !== 'BOOKMARK' && isOther(event.object, uid))) continue
    yield* stream.close()
    return true
  }
}
