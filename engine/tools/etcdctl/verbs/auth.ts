/** Models etcdctl/ctlv3/command/auth_command.go. */
import { AUTH_ERRORS } from '../../../etcd/errors.ts'
import type { Run } from '../../../host/process.ts'
import type { EtcdClient } from '../client.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import type { Verb } from '../session.ts'

/** Until root has the role of that name: it is made, and given. */
const enable: Verb = function* (session) {
  if (session.args.length > 0) throw badArgs('auth enable command does not accept any arguments')
  const client = yield* session.client()
  for (;;) {
    const answer = yield* client.call({ kind: 'authEnable' })
    if (!('error' in answer)) break
    if (answer.error !== AUTH_ERRORS.noRootRole) throw new Failed(EXIT.error, answer.error)
    yield* makeRoot(client)
  }
  yield* session.p.out('Authentication Enabled\n')
}

function* makeRoot(client: EtcdClient): Run<void> {
  yield* client.must({ kind: 'roleAdd', role: 'root' })
  yield* client.must({ kind: 'userGrantRole', name: 'root', role: 'root' })
}

const disable: Verb = function* (session) {
  if (session.args.length > 0) throw badArgs('auth disable command does not accept any arguments')
  const client = yield* session.client()
  yield* client.must({ kind: 'authDisable' })
  yield* session.p.out('Authentication Disabled\n')
}

const status: Verb = function* (session) {
  if (session.args.length > 0) throw badArgs('auth status command does not accept any arguments')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'authStatus' })
  if (result.kind !== 'authStatus') return
  const { enabled, revision } = result
  yield* session.show({ kind: 'authStatus', header, enabled, revision })
}

export const authVerbs: Record<string, Verb> = { 'auth enable': enable, 'auth disable': disable, 'auth status': status }
