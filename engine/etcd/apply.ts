/**
 * What a committed command does to the store and the leases: the same on every member.
 * Models server/etcdserver/apply and txn, with the appliers that alarms put before it (applierV3Capped,
 * applierV3Corrupt, quotaApplierV3), and what who asked may do (authApplierV3). Not modelled: ranges inside a compare.
 */
import { authRefusal } from './auth-checks.ts'
import type { AuthInfo, AuthWrite } from './auth-messages.ts'
import type { Database } from './database.ts'
import { ERRORS } from './errors.ts'
import type { Lessor } from './lease.ts'
import type { Compare, EtcdAlarm, EtcdCall, EtcdResult, KeyValue, RequestOp, ResponseOp } from './messages.ts'
import { txnCost } from './sizes.ts'
import { Store, StoreError } from './store.ts'
import type { Change } from './store.ts'

/** What goes through the log: calls, and what members say of themselves. */
export type Write =
  | Extract<EtcdCall, { kind: 'txn' | 'compact' | 'leaseGrant' | 'leaseRevoke' | 'alarm' }>
  | AuthWrite
  /** A member tells its name and where clients find it. */
  | { kind: 'publish'; memberId: string; name: string; clientUrls: string[] }
  | { kind: 'clusterVersion'; version: string }

/** A write in the log: who asked is in the id, so that the member in question can answer. */
export interface Command {
  id: string
  write: Write
  /** In whose name, as long as that matters. */
  who?: AuthInfo
}

/** What the member itself brings to it. */
interface ApplySettings {
  /** What the database may take here. */
  quotaBytes?: number
  version?: string
}

export interface Applied {
  result: EtcdResult
  changes: readonly Change[]
}

const NO_CHANGES: readonly Change[] = []

export function apply(
  db: Database,
  { write, who }: Pick<Command, 'write' | 'who'>,
  nowMs: number,
  { quotaBytes = Infinity, version = '' }: ApplySettings = {},
): Applied {
  try {
    const refused = alarmRefuses(db, write) ?? authRefusal(db, write, who)
    if (refused !== undefined) throw new StoreError(refused)
    const isFull = addsBytes(write) && isOverQuota(db, write, nowMs, quotaBytes)
    const applied = applyWrite(db, write, nowMs, version)
    db.write(applied.changes, nowMs)
    return isFull ? { ...applied, result: { kind: 'error', message: ERRORS.noSpace } } : applied
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { result: { kind: 'error', message: error.message }, changes: NO_CHANGES }
  }
}

/** Reads of a transaction, which go past the alarms (applyV3Base). Throws a StoreError when it cannot. */
export function readTxn(db: Database, txn: Txn): EtcdResult {
  return applyTxn(db.store, db.lessor, txn).result
}

const ENDED_BY_CORRUPTION: ReadonlySet<Write['kind']> = new Set(['txn', 'compact', 'leaseGrant', 'leaseRevoke'])

function alarmRefuses(db: Database, write: Write): string | undefined {
  if (ENDED_BY_CORRUPTION.has(write.kind) && db.hasAlarm('CORRUPT')) return ERRORS.corrupt
  return addsBytes(write) && db.hasAlarm('NOSPACE') ? ERRORS.noSpace : undefined
}

function addsBytes(write: Write): boolean {
  return write.kind === 'leaseGrant' || (write.kind === 'txn' && txnCost(write.success, write.failure) > 0)
}

const LEASE_COST = 64

/** Whether a write asks for more than there is (BackendQuota.Available). */
export function isOverQuota(db: Database, write: Write, nowMs: number, quotaBytes: number): boolean {
  if (quotaBytes === Infinity) return false
  const cost =
    write.kind === 'txn' ? txnCost(write.success, write.failure) : write.kind === 'leaseGrant' ? LEASE_COST : 0
  return cost > 0 && db.backend.sizeBytes(nowMs) + cost >= quotaBytes
}

function applyWrite(db: Database, write: Write, nowMs: number, version: string): Applied {
  const { store, lessor } = db
  switch (write.kind) {
    case 'txn':
      return applyTxn(store, lessor, write)
    case 'compact':
      db.compact(write.revision, nowMs)
      return { result: { kind: 'compact' }, changes: NO_CHANGES }
    case 'leaseGrant':
      return { result: grant(lessor, write.id ?? 0, write.ttlSeconds), changes: NO_CHANGES }
    case 'leaseRevoke':
      return revoke(store, lessor, write.id)
    case 'alarm':
      return { result: { kind: 'alarms', alarms: applyAlarm(db, write) }, changes: NO_CHANGES }
    case 'publish':
      db.membership.publish(write.memberId, write.name, write.clientUrls)
      return NOTHING
    case 'clusterVersion':
      db.membership.version = write.version
      return NOTHING
    default:
      return { result: db.auth.apply(write, version), changes: NO_CHANGES }
  }
}

const NOTHING: Applied = { result: { kind: 'readIndex' }, changes: NO_CHANGES }

/** Returns the alarms that are asked for, raised or ended. */
function applyAlarm(db: Database, { action, memberId, alarm }: Extract<Write, { kind: 'alarm' }>): EtcdAlarm[] {
  const isMeant = (one: EtcdAlarm): boolean =>
    (memberId === undefined || one.memberId === memberId) && (alarm === undefined || one.alarm === alarm)
  const meant = db.alarms.filter(isMeant)
  if (action === 'get') return meant
  if (action === 'deactivate') {
    db.alarms = db.alarms.filter((one) => !isMeant(one))
    return meant
  }
  if (memberId === undefined || alarm === undefined) return []
  if (meant.length === 0) db.alarms = [...db.alarms, { memberId, alarm }]
  return [{ memberId, alarm }]
}

function grant(lessor: Lessor, id: number, ttlSeconds: number): EtcdResult {
  if (lessor.has(id)) return { kind: 'error', message: ERRORS.leaseExists }
  return { kind: 'lease', id, ttlSeconds: lessor.grant(id, ttlSeconds).ttlSeconds }
}

function revoke(store: Store, lessor: Lessor, id: number): Applied {
  if (!lessor.has(id)) throw new StoreError(ERRORS.leaseNotFound)
  const revision = store.revision + 1
  const changes = lessor.revoke(id).flatMap((key) => store.delete(key, undefined, revision))
  if (changes.length > 0) store.seal(revision)
  return { result: { kind: 'lease', id, ttlSeconds: 0 }, changes }
}

type Txn = Extract<Write, { kind: 'txn' }>

function applyTxn(store: Store, lessor: Lessor, txn: Txn): Applied {
  const succeeded = txn.compare.every((compare) => holds(store, compare))
  const ops = succeeded ? txn.success : txn.failure
  for (const op of ops) checkOp(store, lessor, op)
  const revision = store.revision + 1
  const changes: Change[] = []
  const responses = ops.map((op) => applyOp(store, lessor, op, revision, changes))
  if (changes.length > 0) store.seal(revision)
  return { result: { kind: 'txn', succeeded, responses }, changes }
}

/** A transaction is carried out whole or not at all, so what can fail is looked at first. */
function checkOp(store: Store, lessor: Lessor, op: RequestOp): void {
  if (op.op === 'put' && op.lease !== undefined && op.lease !== 0 && !lessor.has(op.lease))
    throw new StoreError(ERRORS.leaseNotFound)
  if (op.op === 'range' && op.revision !== undefined) store.checkRevision(op.revision)
}

function applyOp(store: Store, lessor: Lessor, op: RequestOp, revision: number, changes: Change[]): ResponseOp {
  if (op.op === 'range') return { op: 'range', ...store.range(op.key, op.rangeEnd, op) }
  if (op.op === 'delete') return applyDelete(store, lessor, op, revision, changes)
  const change = store.put(op.key, op.value, op.lease ?? 0, revision)
  changes.push(change)
  if (change.prevKv !== undefined) lessor.detach(change.prevKv.lease, op.key)
  lessor.attach(change.kv.lease, op.key)
  return op.prevKv === true ? { op: 'put', prevKv: change.prevKv } : { op: 'put' }
}

type DeleteOp = Extract<RequestOp, { op: 'delete' }>

function applyDelete(store: Store, lessor: Lessor, op: DeleteOp, revision: number, changes: Change[]): ResponseOp {
  const deleted = store.delete(op.key, op.rangeEnd, revision)
  for (const change of deleted) {
    changes.push(change)
    lessor.detach(change.prevKv?.lease ?? 0, change.kv.key)
  }
  const prevKvs = op.prevKv === true ? deleted.map((change) => change.prevKv as KeyValue) : []
  return { op: 'delete', deleted: deleted.length, prevKvs }
}

const ABSENT = { createRevision: 0, modRevision: 0, version: 0, lease: 0, value: undefined }

function holds(store: Store, compare: Compare): boolean {
  const kv = store.get(compare.key)
  if (kv === undefined && compare.target === 'value') return false
  const got = fieldOf(kv ?? ABSENT, compare.target)
  const operand = compare.operand as number
  if (compare.result === 'equal') return got === operand
  if (compare.result === 'not-equal') return got !== operand
  return compare.result === 'greater' ? (got as number) > operand : (got as number) < operand
}

function fieldOf(kv: typeof ABSENT | KeyValue, target: Compare['target']): unknown {
  if (target === 'mod') return kv.modRevision
  if (target === 'create') return kv.createRevision
  return kv[target]
}

/** Whether a transaction only reads, so that it needs no entry in the log. */
export function isReadOnly(txn: Txn): boolean {
  return txn.success.every(isRange) && txn.failure.every(isRange)
}

function isRange({ op }: RequestOp): boolean {
  return op === 'range'
}

/** What etcd refuses before it proposes; undefined when nothing. */
export function refusal(txn: Txn, maxOps: number): string | undefined {
  if (Math.max(txn.compare.length, txn.success.length, txn.failure.length) > maxOps) return ERRORS.tooManyOps
  for (const ops of [txn.success, txn.failure]) {
    if (ops.some((op) => op.key === '')) return ERRORS.emptyKey
    if (ops.length > 1 && hasDuplicatePut(ops)) return ERRORS.duplicateKey
  }
  return undefined
}

function hasDuplicatePut(ops: RequestOp[]): boolean {
  const puts = ops.filter((op) => op.op === 'put')
  return new Set(puts.map((op) => op.key)).size < puts.length
}
