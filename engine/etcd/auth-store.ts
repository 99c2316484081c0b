/**
 * Users, roles and whether they matter: the same on every member, a part of its database.
 * Models server/auth/store.go. Not modelled: bcrypt and its cost (a hash of another kind stands for it), JSON web
 * tokens.
 */
import { sha256 } from '@noble/hashes/sha2.js'

import type { AuthInfo, AuthResult, AuthWrite, Permission } from './auth-messages.ts'
import { covers } from './auth-ranges.ts'
import type { Range } from './auth-ranges.ts'
import { isAtLeast } from './config.ts'
import { AUTH_ERRORS } from './errors.ts'
import type { LogLine } from './logs.ts'
import { StoreError } from './store.ts'

interface User {
  hash: string
  noPassword: boolean
  /** In order. */
  roles: string[]
}

export interface AuthState {
  enabled: boolean
  revision: number
  users: [string, User][]
  roles: [string, Permission[]][]
}

const ROOT = 'root'
const DONE: AuthResult = { kind: 'auth' }
const ALL_KEYS: Permission = { type: 'READWRITE', key: '', rangeEnd: '\0' }
/** Of a database that nobody touched. */
const FIRST_REVISION = 1

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
const names = (rows: ReadonlyMap<string, unknown>): string[] => [...rows.keys()].sort()

/** What stands for a password in the database. */
export function passwordHash(name: string, password: string): string {
  const bytes = sha256(new TextEncoder().encode(`${name}\n${password}`))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export class AuthStore {
  enabled = false
  /** Counts the changes, so that a request that was judged by older rules is noticed. */
  revision = FIRST_REVISION
  private users = new Map<string, User>()
  private roles = new Map<string, Permission[]>()
  /** What the log is to say, until somebody takes it. */
  private notes: LogLine[] = []

  /** Whether nobody ever did anything here. */
  get isPristine(): boolean {
    return this.revision === FIRST_REVISION
  }

  /** Throws a StoreError when it cannot. */
  apply(write: AuthWrite, version: string): AuthResult {
    switch (write.kind) {
      case 'authEnable':
        return this.enable()
      case 'authDisable':
        return this.disable()
      case 'authStatus':
        return { kind: 'authStatus', enabled: this.enabled, revision: this.revision }
      case 'authenticate':
        return this.authenticate(write.name, write.token)
      case 'userAdd':
        return this.addUser(write)
      case 'userDelete':
        return this.deleteUser(write.name)
      case 'userGet':
        return { kind: 'user', roles: [...this.user(write.name).roles] }
      case 'userList':
        return { kind: 'users', users: names(this.users) }
      case 'userChangePassword':
        return this.changePassword(write.name, write.hash)
      case 'userGrantRole':
        return this.grantRole(write.name, write.role)
      case 'userRevokeRole':
        return this.revokeRole(write.name, write.role)
      case 'roleAdd':
        return this.addRole(write.role)
      case 'roleDelete':
        return this.deleteRole(write.role)
      case 'roleGet':
        return { kind: 'role', permissions: this.shownPermissions(write.role, version) }
      case 'roleList':
        return { kind: 'roles', roles: names(this.roles) }
      case 'roleGrantPermission':
        return this.grantPermission(write.role, write.permission)
      case 'roleRevokePermission':
        return this.revokePermission(write)
    }
  }

  /** Throws a StoreError when it is the wrong one (CheckPassword). */
  checkPassword(name: string, password: string): void {
    if (!this.enabled) throw new StoreError(AUTH_ERRORS.notEnabled)
    const user = this.users.get(name)
    if (user === undefined) throw new StoreError(AUTH_ERRORS.failed)
    if (user.noPassword) throw new StoreError(AUTH_ERRORS.noPassword)
    if (user.hash === passwordHash(name, password)) return
    this.note('info', 383, 'invalid password', { 'user-name': name })
    throw new StoreError(AUTH_ERRORS.failed)
  }

  /** Why somebody may not touch a range; undefined: they may (isOpPermitted). */
  refusal(who: AuthInfo | undefined, access: 'READ' | 'WRITE', range: Range): string | undefined {
    if (!this.enabled) return undefined
    if (who === undefined) return AUTH_ERRORS.userEmpty
    if (who.revision < this.revision) return AUTH_ERRORS.oldRevision
    const user = this.users.get(who.name)
    if (user === undefined) {
      this.note('error', 968, 'cannot find a user for permission check', { 'user-name': who.name })
      return AUTH_ERRORS.denied
    }
    if (user.roles.includes(ROOT)) return undefined
    const permissions = user.roles.flatMap((role) => this.roles.get(role) ?? [])
    return covers(permissions, access, range) ? undefined : AUTH_ERRORS.denied
  }

  /** Why somebody is no administrator; undefined: they are (IsAdminPermitted). */
  adminRefusal(who: AuthInfo | undefined): string | undefined {
    if (!this.enabled) return undefined
    if (who === undefined || who.name === '') return AUTH_ERRORS.userEmpty
    const user = this.users.get(who.name)
    if (user === undefined) return AUTH_ERRORS.userNotFound
    return user.roles.includes(ROOT) ? undefined : AUTH_ERRORS.denied
  }

  hasRole(name: string, role: string): boolean {
    const user = this.users.get(name)
    if (user === undefined)
      this.note('warn', 1462, "'has-role' requested for non-existing user", { 'user-name': name, 'role-name': role })
    return user?.roles.includes(role) ?? false
  }

  /** What the server does by itself, it does as root. */
  rootInfo(): AuthInfo | undefined {
    return this.enabled ? { name: ROOT, revision: this.revision } : undefined
  }

  takeNotes(): LogLine[] {
    const { notes } = this
    if (notes.length > 0) this.notes = []
    return notes
  }

  dump(): AuthState {
    const { enabled, revision } = this
    return { enabled, revision, users: [...this.users], roles: [...this.roles] }
  }

  load(state: AuthState | undefined): void {
    this.enabled = state?.enabled ?? false
    this.revision = state?.revision ?? FIRST_REVISION
    this.users = new Map(state?.users ?? [])
    this.roles = new Map(state?.roles ?? [])
    this.notes = []
  }

  private enable(): AuthResult {
    if (this.enabled) {
      this.note('info', 245, 'authentication is already enabled; ignored auth enable request')
      return DONE
    }
    const root = this.users.get(ROOT)
    if (root === undefined) throw new StoreError(AUTH_ERRORS.noRootUser)
    if (!root.roles.includes(ROOT)) throw new StoreError(AUTH_ERRORS.noRootRole)
    this.enabled = true
    this.note('info', 273, 'enabled authentication')
    return DONE
  }

  private disable(): AuthResult {
    if (!this.enabled) return DONE
    this.enabled = false
    return this.changed(299, 'disabled authentication')
  }

  private authenticate(name: string, token: string): AuthResult {
    if (!this.enabled) throw new StoreError(AUTH_ERRORS.notEnabled)
    const user = this.users.get(name)
    if (user === undefined || user.noPassword) throw new StoreError(AUTH_ERRORS.failed)
    return { kind: 'token', token }
  }

  private addUser({ name, hash, noPassword }: Extract<AuthWrite, { kind: 'userAdd' }>): AuthResult {
    if (name === '') throw new StoreError(AUTH_ERRORS.userEmpty)
    if (this.users.has(name)) throw new StoreError(AUTH_ERRORS.userExists)
    this.users.set(name, { hash: noPassword ? '' : hash, noPassword, roles: [] })
    return this.changed(471, 'added a user', { 'user-name': name })
  }

  private deleteUser(name: string): AuthResult {
    if (this.enabled && name === ROOT) this.refuseRoot(495, "cannot delete 'root' user", { 'user-name': name })
    const { roles } = this.user(name)
    this.users.delete(name)
    return this.changed(506, 'deleted a user', { 'user-name': name, 'user-roles': roles })
  }

  private changePassword(name: string, hash: string): AuthResult {
    const user = this.user(name)
    this.users.set(name, { ...user, hash: user.noPassword ? '' : hash })
    return this.changed(559, 'changed a password of a user', { 'user-name': name, 'user-roles': user.roles })
  }

  private grantRole(name: string, role: string): AuthResult {
    const user = this.user(name)
    if (role !== ROOT) this.permissions(role)
    const fields = { 'user-name': name, 'user-roles': user.roles }
    if (user.roles.includes(role)) {
      this.note('warn', 595, 'ignored grant role request to a user', { ...fields, 'duplicate-role-name': role })
      return DONE
    }
    const roles = [...user.roles, role].sort()
    this.users.set(name, { ...user, roles })
    return this.changed(612, 'granted a role to a user', { ...fields, 'user-roles': roles, 'added-role-name': role })
  }

  private revokeRole(name: string, role: string): AuthResult {
    if (this.enabled && name === ROOT && role === ROOT)
      this.refuseRoot(651, "'root' user cannot revoke 'root' role", { 'user-name': name, 'role-name': role })
    const user = this.user(name)
    if (!user.roles.includes(role)) throw new StoreError(AUTH_ERRORS.roleNotGranted)
    const roles = user.roles.filter((one) => one !== role)
    this.users.set(name, { ...user, roles })
    return this.changed(685, 'revoked a role from a user', {
      'user-name': name,
      'old-user-roles': user.roles,
      'new-user-roles': roles,
      'revoked-role-name': role,
    })
  }

  private addRole(role: string): AuthResult {
    if (role === '') throw new StoreError(AUTH_ERRORS.roleEmpty)
    if (this.roles.has(role)) throw new StoreError(AUTH_ERRORS.roleExists)
    this.roles.set(role, [])
    return this.changed(861, 'created a role', { 'role-name': role })
  }

  /** Nobody has it any more. */
  private deleteRole(role: string): AuthResult {
    if (this.enabled && role === ROOT) this.refuseRoot(791, "cannot delete 'root' role", { 'role-name': role })
    this.permissions(role)
    this.roles.delete(role)
    for (const [name, user] of this.users)
      if (user.roles.includes(role)) this.users.set(name, { ...user, roles: user.roles.filter((one) => one !== role) })
    return this.changed(832, 'deleted a role', { 'role-name': role })
  }

  /** Before 3.5 the role root was shown without what it may. */
  private shownPermissions(role: string, version: string): Permission[] {
    const permissions = this.permissions(role)
    return role === ROOT && isAtLeast(version, 5) ? [ALL_KEYS] : permissions
  }

  private grantPermission(role: string, permission: Permission): AuthResult {
    const before = this.permissions(role)
    const others = before.filter(({ key, rangeEnd }) => key !== permission.key || rangeEnd !== permission.rangeEnd)
    this.roles.set(role, [...others, permission].sort(byKey))
    return this.changed(922, 'granted/updated a permission to a user', {
      'user-name': role,
      'permission-name': permission.type,
    })
  }

  private revokePermission({ role, key, rangeEnd }: Extract<AuthWrite, { kind: 'roleRevokePermission' }>): AuthResult {
    const before = this.permissions(role)
    const after = before.filter((one) => one.key !== key || one.rangeEnd !== rangeEnd)
    if (after.length === before.length) throw new StoreError(AUTH_ERRORS.permissionNotGranted)
    this.roles.set(role, after)
    const fields = { 'role-name': role, key, 'range-end': rangeEnd ?? '' }
    return this.changed(763, 'revoked a permission on range', fields)
  }

  private user(name: string): User {
    const user = this.users.get(name)
    if (user === undefined) throw new StoreError(AUTH_ERRORS.userNotFound)
    return user
  }

  private permissions(role: string): Permission[] {
    const permissions = this.roles.get(role)
    if (permissions === undefined) throw new StoreError(AUTH_ERRORS.roleNotFound)
    return permissions
  }

  private refuseRoot(line: number, msg: string, fields: Record<string, unknown>): never {
    this.note('error', line, msg, fields)
    throw new StoreError(AUTH_ERRORS.invalidManagement)
  }

  private changed(line: number, msg: string, fields: Record<string, unknown> = {}): AuthResult {
    this.revision++
    this.note('info', line, msg, fields)
    return DONE
  }

  private note(level: LogLine['level'], line: number, msg: string, fields: Record<string, unknown> = {}): void {
    this.notes.push({ level, caller: `auth/store.go:${line}`, msg, fields })
  }
}
