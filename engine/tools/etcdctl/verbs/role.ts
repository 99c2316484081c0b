/** Models etcdctl/ctlv3/command/role_command.go. */
import type { PermissionType } from '../../../etcd/auth-messages.ts'
import { badArgs } from '../exit.ts'
import type { Session, Verb } from '../session.ts'
import { prefixEnd } from '../values.ts'
import { change, showRole } from './user.ts'

const TYPES = ['READ', 'WRITE', 'READWRITE'] as const

const oneName = ({ args }: Session, verb: string): string => {
  if (args.length !== 1) throw badArgs(`role ${verb} command requires role name as its argument`)
  return args[0] as string
}

const add: Verb = function* (session) {
  const role = oneName(session, 'add')
  yield* change(session, { kind: 'roleAdd', role }, `Role ${role} created`)
}

const remove: Verb = function* (session) {
  const role = oneName(session, 'delete')
  yield* change(session, { kind: 'roleDelete', role }, `Role ${role} deleted`)
}

const get: Verb = function* (session) {
  yield* showRole(session, oneName(session, 'get'))
}

const list: Verb = function* (session) {
  if (session.args.length > 0) throw badArgs('role list command requires no arguments')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'roleList' })
  if (result.kind === 'roles') yield* session.show({ kind: 'roles', header, roles: result.roles })
}

function typeOf(word: string): PermissionType {
  const type = TYPES.find((one) => one === word.toUpperCase())
  if (type === undefined) throw badArgs(`invalid permission type: ${word}`)
  return type
}

/** `<key> [endkey]` with --prefix and --from-key; the empty key stands for the first one there is. */
function rangeOf(session: Session, [key = '', end]: string[]): { key: string; rangeEnd?: string } {
  const [prefix, fromKey] = [session.isSet('prefix'), session.isSet('from-key')]
  if (prefix && fromKey) throw badArgs('--from-key and --prefix flags are mutually exclusive')
  if (end !== undefined && prefix) throw badArgs('unexpected endkey argument with --prefix flag')
  if (end !== undefined && fromKey) throw badArgs('unexpected endkey argument with --from-key flag')
  const first = key === '' ? '\0' : key
  if (prefix) return { key: first, rangeEnd: prefixEnd(key) }
  if (fromKey) return { key: first, rangeEnd: '\0' }
  return end === undefined || end === '' ? { key: first } : { key: first, rangeEnd: end }
}

const grant: Verb = function* (session) {
  const [role = '', word = '', ...keys] = session.args
  if (keys.length < 1)
    throw badArgs('role grant command requires role name, permission type, and key [endkey] as its argument')
  const type = typeOf(word)
  const permission = { type, ...rangeOf(session, keys) }
  yield* change(session, { kind: 'roleGrantPermission', role, permission }, `Role ${role} updated`)
}

const revoke: Verb = function* (session) {
  const [role = '', ...keys] = session.args
  if (keys.length < 1)
    throw badArgs('role revoke-permission command requires role name and key [endkey] as its argument')
  const range = rangeOf(session, keys)
  const said = `Permission of ${shown(keys[0] as string, range.rangeEnd)} is revoked from role ${role}`
  yield* change(session, { kind: 'roleRevokePermission', role, ...range }, said)
}

function shown(key: string, rangeEnd: string | undefined): string {
  if (rangeEnd === undefined) return `key ${key}`
  return `range [${key}, ${rangeEnd === '\0' ? '<open ended>' : `${rangeEnd})`}`
}

export const roleVerbs: Record<string, Verb> = {
  'role add': add,
  'role delete': remove,
  'role get': get,
  'role list': list,
  'role grant-permission': grant,
  'role revoke-permission': revoke,
}
