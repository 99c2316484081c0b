/** `kubectl certificate approve|deny`. Models kubectl/pkg/cmd/certificates (T11). */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags } from '../builder.ts'
import type { Info } from '../builder.ts'
import { forEach, tellerOf } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, StatusError, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'

interface Condition {
  type: string
  status: string
  reason: string
  message: string
  lastUpdateTime?: string
}

interface Decision {
  type: string
  /** The decision that must not have been taken. */
  other: string
  reason: string
  message: string
  operation: string
}

const APPROVE: Decision = {
  type: 'Approved',
  other: 'Denied',
  reason: 'KubectlApprove',
  message: 'This CSR was approved by kubectl certificate approve.',
  operation: 'approved',
}
const DENY: Decision = {
  type: 'Denied',
  other: 'Approved',
  reason: 'KubectlDeny',
  message: 'This CSR was denied by kubectl certificate deny.',
  operation: 'denied',
}

export const approveCommand: Command = {
  path: 'certificate approve',
  complete: 'names',
  run: (ctx) => decide(ctx, APPROVE),
}
export const denyCommand: Command = {
  path: 'certificate deny',
  complete: 'names',
  run: (ctx) => decide(ctx, DENY),
}

const MAX_CONFLICTS = 10

function* decide(ctx: Context, decision: Decision): Run<void> {
  const { flags, args } = ctx
  if (args.length === 0 && flags.list('filename').length === 0 && flags.text('kustomize') === '')
    throw new CommandError('one or more CSRs must be specified as <name> or -f <filename>')
  const words = args.map((name) => `certificatesigningrequests/${name}`)
  const { infos, errors } = yield* build(ctx, optionsFromFlags(ctx, words))
  const tell = yield* tellerOf(ctx)
  yield* forEach(infos, errors, function* (info) {
    yield* tell(yield* decided(ctx, info, decision), decision.operation)
  })
  throwAll(errors)
  if (infos.length === 0) yield* ctx.p.out('No resources found\n')
}

/** A request that was changed meanwhile is read anew. */
function* decided(ctx: Context, info: Info, decision: Decision): Run<ApiObject> {
  const client = yield* ctx.session.client()
  const path = pathOf(info.type, '', info.name)
  let object = info.object.metadata?.uid === undefined ? yield* client.get(path) : info.object
  for (let tries = 0; ; tries++) {
    const { conditions, known } = withCondition(object, decision, yield* ctx.p.now())
    if (known && !ctx.flags.bool('force')) return object
    const body = { ...object, status: { ...(object.status as object | undefined), conditions } }
    try {
      yield* client.update(`${path}/approval`, body)
      return object
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'Conflict' || tries >= MAX_CONFLICTS) throw error
      object = yield* client.get(path)
    }
  }
}

function withCondition(
  object: ApiObject,
  { type, other, reason, message }: Decision,
  nowMs: number,
): { conditions: Condition[]; known: boolean } {
  const conditions = ((object.status as { conditions?: Condition[] } | undefined)?.conditions ?? []) as Condition[]
  for (const condition of conditions) {
    if (condition.type === other)
      throw new CommandError(
        `certificate signing request ${JSON.stringify(object.metadata?.name)} is already ${condition.type}`,
      )
    if (condition.type === type) return { conditions, known: true }
  }
  const lastUpdateTime = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
  return { conditions: [...conditions, { type, reason, message, lastUpdateTime, status: 'True' }], known: false }
}
