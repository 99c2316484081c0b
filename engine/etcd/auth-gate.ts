/**
 * Who asks, and what a member looks at before it proposes or answers. Models server/etcdserver/v3_server.go
 * (AuthInfoFromCtx, Authenticate, doSerialize), api/v3rpc (maintenance.go, watch.go) and server/auth (AuthInfoFromTLS).
 */
import { txnRefusal } from './auth-checks.ts'
import type { AuthCall, AuthInfo, AuthWrite, Credentials } from './auth-messages.ts'
import type { Range } from './auth-ranges.ts'
import { passwordHash } from './auth-store.ts'
import type { AuthTokens } from './auth-tokens.ts'
import { isAtLeast, minorOf } from './config.ts'
import type { EtcdConfig } from './config.ts'
import type { Database } from './database.ts'
import { AUTH_ERRORS } from './errors.ts'
import type { EtcdFlags } from './flags.ts'
import type { EtcdCall } from './messages.ts'
import type { ServerLog } from './server-log.ts'
import { StoreError } from './store.ts'

export interface GateHost {
  readonly config: EtcdConfig | undefined
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: { readonly applied: number }
}

type WatchCall = Extract<EtcdCall, { kind: 'watch' }>

export class AuthGate {
  constructor(
    private readonly host: GateHost,
    private readonly tokens: AuthTokens,
    private readonly log: ServerLog,
  ) {}

  /** undefined: nobody in particular. Throws a StoreError for a token that is none. */
  identify({ token, commonName }: Credentials = {}): AuthInfo | undefined {
    const { auth } = this.host.db
    if (!auth.enabled) return undefined
    const { revision } = auth
    if (token !== undefined) {
      const name = this.tokens.userOf(token)
      if (name !== undefined) return { name, revision }
      this.log.say('warn', 'auth/store.go:1055', 'invalid auth token', { token })
      throw new StoreError(AUTH_ERRORS.invalidToken)
    }
    return commonName === undefined || !this.looksAtNames ? undefined : { name: commonName, revision }
  }

  /** What a member refuses before it asks anybody. Throws a StoreError. */
  checkCall(call: EtcdCall, as: Credentials | undefined): void {
    const { auth } = this.host.db
    if (!auth.enabled) return
    if (call.kind.startsWith('member') && call.kind !== 'memberList') this.must(auth.adminRefusal(this.identify(as)))
    else if (call.kind === 'defragment') this.must(this.maintenanceRefusal(as))
  }

  /** What is looked at when an answer is given. Throws a StoreError. */
  checkRead(call: EtcdCall, as: Credentials | undefined): void {
    const { db } = this.host
    if (!db.auth.enabled) return
    switch (call.kind) {
      case 'range':
        return this.must(db.auth.refusal(this.identify(as), 'READ', call))
      case 'readIndex':
        return this.must(db.auth.refusal(this.identify(as), 'READ', { key: call.key ?? '\0' }))
      case 'txn':
        return this.must(txnRefusal(db, call, this.identify(as)))
      case 'snapshot':
      case 'hashKv':
        return this.must(this.maintenanceRefusal(as))
      case 'leaseTimeToLive':
        return this.must(this.timeToLiveRefusal(call.id, as))
    }
  }

  /** Throws a StoreError when somebody may not watch what they ask for. Nobody looks again later. */
  checkWatch(call: WatchCall, as: Credentials | undefined): void {
    this.must(this.host.db.auth.refusal(this.identify(as), 'READ', this.watchedRange(call)))
  }

  /** A call as it goes into the log. Throws a StoreError when a password is wrong. */
  writeOf(call: AuthCall): AuthWrite {
    if (call.kind === 'authenticate') return this.authenticated(call)
    if (call.kind === 'userAdd') {
      const { kind, name, password, noPassword = false } = call
      return { kind, name, noPassword, hash: passwordHash(name, password) }
    }
    if (call.kind !== 'userChangePassword') return call
    const { kind, name, password } = call
    return { kind, name, hash: passwordHash(name, password) }
  }

  /** Whether somebody could read a key now: what a server's own health check asks. */
  mayRead(key: string, as: Credentials): boolean {
    const { auth } = this.host.db
    if (!auth.enabled) return true
    const may = auth.refusal(this.identify(as), 'READ', { key }) === undefined
    this.tell()
    return may
  }

  /** What users and roles have to say goes to the log. */
  tell(): void {
    for (const { level, caller, msg, fields } of this.host.db.auth.takeNotes()) this.log.say(level, caller, msg, fields)
  }

  /** Names of certificates count where certificates are asked for (--client-cert-auth). */
  private get looksAtNames(): boolean {
    return this.host.config?.clientTls?.clientCertAuth ?? true
  }

  private authenticated({ name, password }: Extract<AuthCall, { kind: 'authenticate' }>): AuthWrite {
    try {
      this.host.db.auth.checkPassword(name, password)
    } catch (error) {
      this.tell()
      if (error instanceof StoreError && error.message !== AUTH_ERRORS.notEnabled)
        this.log.say('warn', 'etcdserver/v3_server.go:457', 'invalid authentication was requested', {
          user: name,
          error: error.message.replace('etcdserver:', 'auth:'),
        })
      throw error
    }
    return { kind: 'authenticate', name, token: this.tokens.make(this.host.raft.applied + 1) }
  }

  /** Before 3.6 the words are those of the store, not of the API. */
  private maintenanceRefusal(as: Credentials | undefined): string | undefined {
    const refused = this.host.db.auth.adminRefusal(this.identify(as))
    if (refused === undefined || minorOf(this.host.flags.version) >= 6) return refused
    return refused.replace('etcdserver:', 'auth:').replace('user name not found', 'user not found')
  }

  /** Names of keys are told only to who may read them (3.4.26, 3.5.9). */
  private timeToLiveRefusal(id: number, as: Credentials | undefined): string | undefined {
    const { version } = this.host.flags
    if (minorOf(version) === 4 ? !isAtLeast(version, 4, 26) : !isAtLeast(version, 5, 9)) return undefined
    const { auth, lessor } = this.host.db
    const who = this.identify(as)
    if (who === undefined) return AUTH_ERRORS.userEmpty
    for (const key of [...(lessor.get(id)?.keys ?? [])].sort()) {
      const refused = auth.refusal(who, 'READ', { key })
      if (refused !== undefined) return refused
    }
    return undefined
  }

  /** Until 3.5.33 and 3.6.14, all keys from one on were looked at as that one. */
  private watchedRange({ key, rangeEnd }: WatchCall): Range {
    const { version } = this.host.flags
    const isMended = minorOf(version) === 5 ? isAtLeast(version, 5, 33) : isAtLeast(version, 6, 14)
    return rangeEnd === '\0' && !isMended ? { key } : { key, rangeEnd }
  }

  private must(refused: string | undefined): void {
    this.tell()
    if (refused !== undefined) throw new StoreError(refused)
  }
}
