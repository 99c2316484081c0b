/** What etcdctl prints, before it is given a form. */
import type { Permission } from '../../../etcd/auth-messages.ts'
import type {
  EtcdAlarm,
  EtcdHeader,
  EtcdMemberInfo,
  EtcdStatus,
  KeyValue,
  ResponseOp,
  WatchEvent,
} from '../../../etcd/messages.ts'

/** A header without a revision is that of a call about members. */
export type Header = Omit<EtcdHeader, 'revision'> & { revision?: number }

export interface EndpointStatus {
  endpoint: string
  header: Header
  status: EtcdStatus
}

export interface EndpointHealth {
  endpoint: string
  healthy: boolean
  /** Go's duration. */
  took: string
  error: string
}

export interface EndpointHash {
  endpoint: string
  header: Header
  hash: number
  compactRevision: number
  hashRevision: number
}

export interface SnapshotStatus {
  hash: number
  revision: number
  totalKey: number
  totalSize: number
  /** Since 3.6. */
  version?: string
}

export type Response =
  | { kind: 'put'; header: Header; prevKv?: KeyValue }
  | { kind: 'get'; header: Header; kvs: KeyValue[]; more: boolean; count: number }
  | { kind: 'del'; header: Header; deleted: number; prevKvs: KeyValue[] }
  | { kind: 'txn'; header: Header; succeeded: boolean; responses: ResponseOp[] }
  | { kind: 'watch'; header: Header; events: WatchEvent[] }
  | { kind: 'grant'; header: Header; id: number; ttl: number }
  | { kind: 'revoke'; header: Header; id: number }
  | { kind: 'keepAlive'; header: Header; id: number; ttl: number }
  | { kind: 'timeToLive'; header: Header; id: number; ttl: number; grantedTtl: number; keys?: string[] }
  | { kind: 'leases'; header: Header; ids: number[] }
  | { kind: 'alarms'; header: Header; alarms: EtcdAlarm[] }
  | { kind: 'members'; header: Header; members: EtcdMemberInfo[] }
  | { kind: 'memberAdd'; header: Header; member: EtcdMemberInfo; members: EtcdMemberInfo[] }
  | { kind: 'memberChange'; verb: string; header: Header; id: string; members: EtcdMemberInfo[] }
  | { kind: 'moveLeader'; header: Header; from: string; to: string }
  | { kind: 'status'; list: EndpointStatus[] }
  | { kind: 'health'; list: EndpointHealth[] }
  | { kind: 'hashKv'; list: EndpointHash[] }
  | { kind: 'snapshot'; status: SnapshotStatus }
  | { kind: 'authStatus'; header: Header; enabled: boolean; revision: number }
  /** A change of users or roles, as the simple form says it. */
  | { kind: 'authChange'; header: Header; said: string }
  | { kind: 'user'; header: Header; name: string; roles: string[] }
  | { kind: 'users'; header: Header; users: string[] }
  | { kind: 'role'; header: Header; role: string; permissions: Permission[] }
  | { kind: 'roles'; header: Header; roles: string[] }

export type ResponseKind = Response['kind']
export type Of<K extends ResponseKind> = Extract<Response, { kind: K }>

export interface PrintOptions {
  minor: number
  isHex: boolean
  valueOnly: boolean
  keysOnly: boolean
}

/** A part of the printed text goes to standard error. */
export interface Printed {
  out: string
  err?: string
}

/** A form of output: what it knows how to print; the rest is `… not supported as output format`. */
export type Printer = { [K in ResponseKind]?: (response: Of<K>, options: PrintOptions) => string | Printed }

/** The decimal form of an id in hex. */
export const decimal = (hex: string): string => BigInt(`0x${hex === '' ? '0' : hex}`).toString()
export const hexId = (id: string): string => id.replace(/^0+(?=.)/, '')
export const leaseHex = (id: number): string => id.toString(16).padStart(16, '0')
