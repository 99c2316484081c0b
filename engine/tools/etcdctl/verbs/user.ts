/** Models etcdctl/ctlv3/command/user_command.go. */
import type { AuthCall } from '../../../etcd/auth-messages.ts'
import type { Run } from '../../../host/process.ts'
import { badArgs } from '../exit.ts'
import { newPassword, plainPassword } from '../passwords.ts'
import type { Session, Verb } from '../session.ts'

const oneName = ({ args }: Session, verb: string): string => {
  if (args.length !== 1) throw badArgs(`user ${verb} command requires user name as its argument`)
  return args[0] as string
}

/** Sends a change and tells of it. */
export function* change(session: Session, call: AuthCall, said: string): Run<void> {
  const client = yield* session.client()
  const { header } = yield* client.must(call)
  yield* session.show({ kind: 'authChange', header, said })
}

function* passwordFor(session: Session, name: string): Run<string> {
  return session.isSet('interactive') ? yield* newPassword(session.p, name) : yield* plainPassword(session.p)
}

const add: Verb = function* (session) {
  const given = oneName(session, 'add')
  const { name, password } = yield* newUser(session, given)
  const noPassword = session.isSet('no-password')
  yield* change(session, { kind: 'userAdd', name, password, noPassword }, `User ${name} created`)
}

/** `name:password`, unless a flag says how it comes. */
function* newUser(session: Session, given: string): Run<{ name: string; password: string }> {
  if (session.isSet('no-password')) return { name: given, password: '' }
  const flag = session.flag('new-user-password')
  if (flag !== '') return { name: given, password: flag }
  const at = given.indexOf(':')
  if (at < 0) return { name: given, password: yield* passwordFor(session, given) }
  if (at === 0) throw badArgs('empty user name is not allowed')
  return { name: given.slice(0, at), password: given.slice(at + 1) }
}

const remove: Verb = function* (session) {
  const name = oneName(session, 'delete')
  yield* change(session, { kind: 'userDelete', name }, `User ${name} deleted`)
}

const get: Verb = function* (session) {
  const name = oneName(session, 'get')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'userGet', name })
  if (result.kind !== 'user') return
  const { roles } = result
  if (!session.isSet('detail')) return yield* session.show({ kind: 'user', header, name, roles })
  yield* session.p.out(`User: ${name}\n`)
  for (const role of roles) {
    yield* session.p.out('\n')
    yield* showRole(session, role)
  }
}

export function* showRole(session: Session, role: string): Run<void> {
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'roleGet', role })
  if (result.kind === 'role') yield* session.show({ kind: 'role', header, role, permissions: result.permissions })
}

const list: Verb = function* (session) {
  if (session.args.length > 0) throw badArgs('user list command requires no arguments')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'userList' })
  if (result.kind === 'users') yield* session.show({ kind: 'users', header, users: result.users })
}

const passwd: Verb = function* (session) {
  const name = oneName(session, 'passwd')
  const password = yield* passwordFor(session, name)
  yield* change(session, { kind: 'userChangePassword', name, password }, 'Password updated')
}

const grantRole: Verb = function* (session) {
  const [name = '', role = '', ...more] = session.args
  if (session.args.length < 2 || more.length > 0)
    throw badArgs('user grant command requires user name and role name as its argument')
  yield* change(session, { kind: 'userGrantRole', name, role }, `Role ${role} is granted to user ${name}`)
}

const revokeRole: Verb = function* (session) {
  const [name = '', role = '', ...more] = session.args
  if (session.args.length < 2 || more.length > 0)
    throw badArgs('user revoke-role requires user name and role name as its argument')
  yield* change(session, { kind: 'userRevokeRole', name, role }, `Role ${role} is revoked from user ${name}`)
}

export const userVerbs: Record<string, Verb> = {
  'user add': add,
  'user delete': remove,
  'user get': get,
  'user list': list,
  'user passwd': passwd,
  'user grant-role': grantRole,
  'user revoke-role': revokeRole,
}
