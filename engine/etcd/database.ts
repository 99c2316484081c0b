/**
 * What a member's database file holds: keys, leases, members, alarms, users; and how large that file is.
 * Models server/storage (backend, schema).
 */
import { AuthStore } from './auth-store.ts'
import type { AuthState } from './auth-store.ts'
import { Backend } from './backend.ts'
import type { BackendState } from './backend.ts'
import { Lessor } from './lease.ts'
import type { LessorState } from './lease.ts'
import { Membership } from './membership.ts'
import type { MembershipState } from './membership.ts'
import type { EtcdAlarm } from './messages.ts'
import { recordBytes } from './sizes.ts'
import { Store } from './store.ts'
import type { Change, StoreState } from './store.ts'

export interface DatabaseState {
  store: StoreState
  lessor: LessorState
  membership: MembershipState
  alarms: EtcdAlarm[]
  backend: BackendState
  /** Absent while nobody ever made a user or a role. */
  auth?: AuthState
}

export class Database {
  readonly store = new Store()
  readonly lessor: Lessor
  readonly membership = new Membership()
  readonly backend = new Backend()
  readonly auth = new AuthStore()
  alarms: EtcdAlarm[] = []

  constructor(minLeaseTtlSeconds: number) {
    this.lessor = new Lessor(minLeaseTtlSeconds)
  }

  hasAlarm(alarm: string): boolean {
    return this.alarms.some((one) => one.alarm === alarm)
  }

  /** Versions that a transaction made go to the file. */
  write(changes: readonly Change[], nowMs: number): void {
    for (const { kv } of changes) this.backend.append(kv.modRevision, recordBytes(kv), nowMs)
  }

  /** Throws a StoreError when it cannot. */
  compact(revision: number, nowMs: number): void {
    for (const kv of this.store.compact(revision)) this.backend.remove(kv.modRevision, recordBytes(kv), nowMs)
  }

  dump(): DatabaseState {
    const { store, lessor, membership, backend, auth } = this
    const alarms = [...this.alarms]
    return {
      store: store.dump(),
      lessor: lessor.dump(),
      membership: membership.dump(),
      alarms,
      backend: backend.dump(),
      ...(!auth.isPristine && { auth: auth.dump() }),
    }
  }

  load({ store, lessor, membership, alarms, backend, auth }: DatabaseState): void {
    this.store.load(store)
    this.lessor.load(lessor)
    this.membership.load(membership)
    this.backend.load(backend)
    this.auth.load(auth)
    this.alarms = [...alarms]
  }
}
