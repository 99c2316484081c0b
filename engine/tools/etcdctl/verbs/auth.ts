/** Users, roles and authentication: members here know none of them, which `status` and the lists say truly. */
import { notSimulated } from '../exit.ts'
import type { Verb } from '../session.ts'

const status: Verb = function* (session) {
  const client = yield* session.client()
  const { header } = yield* client.must({ kind: 'readIndex' })
  yield* session.show({ kind: 'authStatus', header, enabled: false, revision: 1 })
}

/** There are none to be listed. */
const nothing: Verb = function* (session) {
  const client = yield* session.client()
  yield* client.must({ kind: 'readIndex' })
}

const refused: Verb = function* () {
  throw notSimulated("etcd's users and roles")
}

const REFUSED = [
  'auth enable',
  'auth disable',
  'role add',
  'role delete',
  'role get',
  'role grant-permission',
  'role revoke-permission',
  'user add',
  'user delete',
  'user get',
  'user grant-role',
  'user passwd',
  'user revoke-role',
]

export const authVerbs: Record<string, Verb> = {
  'auth status': status,
  'user list': nothing,
  'role list': nothing,
  ...Object.fromEntries(REFUSED.map((path) => [path, refused])),
}
