/**
 * What a committed command may do in the name of who asked. Models server/etcdserver/apply/apply_auth.go, as it was
 * before what compactions, alarms and leases may do was looked at too (3.4.42, 3.5.28, 3.6.9).
 */
import type { Write } from './apply.ts'
import type { AuthInfo } from './auth-messages.ts'
import type { Database } from './database.ts'
import type { EtcdCall, RequestOp } from './messages.ts'

type Txn = Extract<EtcdCall, { kind: 'txn' }>

/** Those that only who has the role root may do. */
const FOR_ADMINS: ReadonlySet<Write['kind']> = new Set<Write['kind']>([
  'authEnable',
  'authDisable',
  'authStatus',
  'userAdd',
  'userDelete',
  'userChangePassword',
  'userGrantRole',
  'userRevokeRole',
  'userList',
  'roleAdd',
  'roleDelete',
  'roleGrantPermission',
  'roleRevokePermission',
  'roleList',
])

/** Why a write is refused; undefined: it is not. */
export function authRefusal(db: Database, write: Write, who: AuthInfo | undefined): string | undefined {
  const { auth } = db
  if (!auth.enabled) return undefined
  if (FOR_ADMINS.has(write.kind)) return auth.adminRefusal(who)
  switch (write.kind) {
    case 'txn':
      return txnRefusal(db, write, who)
    case 'leaseRevoke':
      return leaseRefusal(db, write.id, who)
    case 'userGet':
      return write.name === who?.name ? undefined : auth.adminRefusal(who)
    case 'roleGet': {
      const refused = auth.adminRefusal(who)
      return refused === undefined || auth.hasRole(who?.name ?? '', write.role) ? undefined : refused
    }
    default:
      return undefined
  }
}

/** A put or a delete is a transaction of one operation here. */
export function txnRefusal(db: Database, txn: Txn, who: AuthInfo | undefined): string | undefined {
  const [only, ...more] = txn.success
  if (txn.compare.length + txn.failure.length + more.length === 0 && only?.op === 'put')
    return putRefusal(db, only, who)
  for (const { key } of txn.compare) {
    const refused = db.auth.refusal(who, 'READ', { key })
    if (refused !== undefined) return refused
  }
  for (const op of [...txn.success, ...txn.failure]) {
    const refused = opRefusal(db, op, who)
    if (refused !== undefined) return refused
  }
  return undefined
}

/** Who may not write all keys of a lease may not add to it. */
function putRefusal(
  db: Database,
  { key, lease = 0, prevKv }: Extract<RequestOp, { op: 'put' }>,
  who: AuthInfo | undefined,
): string | undefined {
  const refused = db.auth.refusal(who, 'WRITE', { key }) ?? leaseRefusal(db, lease, who)
  return refused ?? (prevKv === true ? db.auth.refusal(who, 'READ', { key }) : undefined)
}

function opRefusal({ auth }: Database, op: RequestOp, who: AuthInfo | undefined): string | undefined {
  if (op.op === 'range') return auth.refusal(who, 'READ', op)
  if (op.op === 'put') return auth.refusal(who, 'WRITE', { key: op.key })
  return auth.refusal(who, 'WRITE', op) ?? (op.prevKv === true ? auth.refusal(who, 'READ', op) : undefined)
}

function leaseRefusal({ auth, lessor }: Database, id: number, who: AuthInfo | undefined): string | undefined {
  if (auth.adminRefusal(who) === undefined) return undefined
  for (const key of [...(lessor.get(id)?.keys ?? [])].sort()) {
    const refused = auth.refusal(who, 'WRITE', { key })
    if (refused !== undefined) return refused
  }
  return undefined
}
