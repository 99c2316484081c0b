/** What one member answers from what it has applied. Models server/etcdserver/v3_server.go (Range, Txn) and api/v3rpc (maintenance.go, member.go). */
import { readTxn } from './apply.ts'
import type { Database } from './database.ts'
import { ERRORS } from './errors.ts'
import type { Maintenance } from './maintenance.ts'
import type { EtcdCall, EtcdResult } from './messages.ts'
import { StoreError } from './store.ts'

/** Throws a StoreError when it cannot. */
export function answerFrom(db: Database, maintenance: Maintenance, call: EtcdCall): EtcdResult {
  switch (call.kind) {
    case 'range':
      if (call.key === '') throw new StoreError(ERRORS.emptyKey)
      return { kind: 'range', ...db.store.range(call.key, call.rangeEnd, call) }
    case 'txn':
      return readTxn(db, call)
    case 'leases':
      return { kind: 'leases', ids: db.lessor.ids() }
    case 'status':
      return { kind: 'status', status: maintenance.status() }
    case 'memberList':
      return { kind: 'memberList', members: db.membership.all() }
    case 'snapshot':
      return maintenance.snapshot()
    case 'hashKv':
      return maintenance.hashKv(call.revision)
    default:
      return { kind: 'readIndex' }
  }
}
