/** Users, roles and permissions in etcd's v3 API. Models api/v3 (authpb, rpc.proto). */

export type PermissionType = 'READ' | 'WRITE' | 'READWRITE'

/** `rangeEnd` as everywhere: absent, one key; `\0`, all from `key` on; otherwise exclusive. */
export interface Permission {
  type: PermissionType
  key: string
  rangeEnd?: string
}

export type AuthCall =
  | { kind: 'authEnable' }
  | { kind: 'authDisable' }
  | { kind: 'authStatus' }
  /** A password for a token. */
  | { kind: 'authenticate'; name: string; password: string }
  | { kind: 'userAdd'; name: string; password: string; noPassword?: boolean }
  | { kind: 'userDelete'; name: string }
  | { kind: 'userGet'; name: string }
  | { kind: 'userList' }
  | { kind: 'userChangePassword'; name: string; password: string }
  | { kind: 'userGrantRole'; name: string; role: string }
  | { kind: 'userRevokeRole'; name: string; role: string }
  | { kind: 'roleAdd'; role: string }
  | { kind: 'roleDelete'; role: string }
  | { kind: 'roleGet'; role: string }
  | { kind: 'roleList' }
  | { kind: 'roleGrantPermission'; role: string; permission: Permission }
  | { kind: 'roleRevokePermission'; role: string; key: string; rangeEnd?: string }

/** What goes through the log: no password, but what was made of it; a token that a member gave. */
export type AuthWrite =
  | Exclude<AuthCall, { kind: 'authenticate' | 'userAdd' | 'userChangePassword' }>
  | { kind: 'authenticate'; name: string; token: string }
  | { kind: 'userAdd'; name: string; hash: string; noPassword: boolean }
  | { kind: 'userChangePassword'; name: string; hash: string }

export type AuthResult =
  /** Done. */
  | { kind: 'auth' }
  | { kind: 'authStatus'; enabled: boolean; revision: number }
  | { kind: 'token'; token: string }
  | { kind: 'user'; roles: string[] }
  | { kind: 'users'; users: string[] }
  | { kind: 'role'; permissions: Permission[] }
  | { kind: 'roles'; roles: string[] }

/** What a request says of who asks: the token of a password, the common name of a certificate. */
export interface Credentials {
  token?: string
  commonName?: string
}

/** Who asks, and what rules that was found by. */
export interface AuthInfo {
  name: string
  revision: number
}
