/** `kubectl create token`. Models kubectl/pkg/cmd/create/create_token.go. */
import type { Run } from '../../../../host/process.ts'
import { oneName, tellerOf, wrapped } from '../../changes.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'

export const createToken: Command = { path: 'create token', complete: 'none', run: runToken }

const BOUND_KINDS: Record<string, string> = { Pod: 'v1', Secret: 'v1', Node: 'v1' }

function boundObject({ flags }: Context): object | undefined {
  const [kind, name, uid] = [
    flags.text('bound-object-kind'),
    flags.text('bound-object-name'),
    flags.text('bound-object-uid'),
  ]
  if (kind === '') {
    if (name !== '') throw new CommandError('--bound-object-name can only be set if --bound-object-kind is provided')
    if (uid !== '') throw new CommandError('--bound-object-uid can only be set if --bound-object-kind is provided')
    return undefined
  }
  const apiVersion = BOUND_KINDS[kind]
  if (!apiVersion)
    throw new CommandError(`supported --bound-object-kind values are ${Object.keys(BOUND_KINDS).sort().join(', ')}`)
  if (name === '') throw new CommandError('--bound-object-name is required if --bound-object-kind is provided')
  return { kind, apiVersion, name, ...(uid ? { uid } : {}) }
}

function checkDuration(ctx: Context): number | undefined {
  const { flags } = ctx
  if (!flags.changed('duration')) return undefined
  const ms = flags.durationMs('duration')
  if (ms <= 0) throw new CommandError(`--duration must be greater than or equal to 0`)
  if (ms % 1000 !== 0) throw new CommandError('--duration cannot be expressed in units less than seconds')
  return ms / 1000
}

function* runToken(ctx: Context): Run<void> {
  const name = oneName(ctx)
  const { p, flags, session } = ctx
  const expirationSeconds = checkDuration(ctx)
  const boundObjectRef = boundObject(ctx)
  const audiences = flags.list('audience')
  const { namespace } = yield* session.namespace()
  const client = yield* session.client()
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    spec: {
      audiences: audiences.length > 0 ? audiences : null,
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
      ...(boundObjectRef ? { boundObjectRef } : {}),
    },
  }
  const answer = yield* asked(
    client.create(
      `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`,
      body,
    ),
  )
  const { token = '' } = (answer.status ?? {}) as { token?: string }
  if (token === '') throw new CommandError('failed to create token: no token in server response')
  if (!flags.text('output')) return yield* p.out((yield* p.isTty(1)) ? `${token}\n` : token)
  yield* (yield* tellerOf(ctx))(answer, 'created')
}

function* asked<T>(request: Run<T>): Run<T> {
  try {
    return yield* request
  } catch (error) {
    throw wrapped('failed to create token: ', error)
  }
}
