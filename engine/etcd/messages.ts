/**
 * What an API server (or etcdctl) says to an etcd member, and what comes back: etcd's v3 API as plain
 * data. Values are JavaScript objects, kept by reference and never mutated.
 *
 * Request: kernel event `etcd.request` with EtcdRequest, through the fabric to port 2379 of a member's
 * host. Answer: `etcd.response` with EtcdResponse at `replyTo.address`. A watch answers with
 * `etcd.watch` events. A member that has no leader answers reads and writes late, with an error.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { ReplyTo } from '../fabric/http.ts'
import type { AuthCall, AuthResult, Credentials } from './auth-messages.ts'

export interface KeyValue {
  key: string
  value: unknown
  createRevision: number
  modRevision: number
  version: number
  lease: number
}

export interface Compare {
  key: string
  target: 'mod' | 'create' | 'version' | 'value' | 'lease'
  result: 'equal' | 'greater' | 'less' | 'not-equal'
  operand: unknown
}

export type RequestOp =
  | { op: 'put'; key: string; value: unknown; lease?: number; prevKv?: boolean }
  | { op: 'delete'; key: string; rangeEnd?: string; prevKv?: boolean }
  | {
      op: 'range'
      key: string
      rangeEnd?: string
      limit?: number
      revision?: number
      keysOnly?: boolean
      countOnly?: boolean
    }

export type ResponseOp =
  | { op: 'put'; prevKv?: KeyValue }
  | { op: 'delete'; deleted: number; prevKvs: KeyValue[] }
  | { op: 'range'; kvs: KeyValue[]; count: number; more: boolean }

/** `rangeEnd` as etcd's: absent, one key; `\0`, all keys from `key` on; otherwise exclusive. */
export type EtcdCall =
  | { kind: 'txn'; compare: Compare[]; success: RequestOp[]; failure: RequestOp[] }
  | {
      kind: 'range'
      key: string
      rangeEnd?: string
      limit?: number
      revision?: number
      serializable?: boolean
      keysOnly?: boolean
      countOnly?: boolean
    }
  /** A linearizable look at the current revision (ReadIndex), without keys; `key`: what upstream reads for it. */
  | { kind: 'readIndex'; key?: string }
  | { kind: 'compact'; revision: number }
  | { kind: 'leaseGrant'; ttlSeconds: number; id?: number }
  | { kind: 'leaseRevoke'; id: number }
  | { kind: 'leaseKeepAlive'; id: number }
  /** `keys`: those that go with it. */
  | { kind: 'leaseTimeToLive'; id: number; keys?: boolean }
  | { kind: 'leases' }
  /** Events from `startRevision` on (0: from now); answered by `etcd.watch` until `watchCancel`. */
  | {
      kind: 'watch'
      watchId: string
      key: string
      rangeEnd?: string
      startRevision: number
      prevKv?: boolean
      progressNotify?: boolean
    }
  | { kind: 'watchCancel'; watchId: string }
  /** Asks for a progress notification of one watch, after what is on its way to it. Answered by `etcd.watch` only. */
  | { kind: 'watchProgress'; watchId: string }
  | { kind: 'status' }
  /** `linearizable: false` answers from this member's own picture; 3.4 always does. */
  | { kind: 'memberList'; linearizable?: boolean }
  | { kind: 'memberAdd'; peerUrls: string[]; learner: boolean }
  /** Ids of members are 16 hex digits (less when they begin with zeros). */
  | { kind: 'memberRemove'; id: string }
  | { kind: 'memberUpdate'; id: string; peerUrls: string[] }
  | { kind: 'memberPromote'; id: string }
  /** To the leader only. */
  | { kind: 'moveLeader'; target: string }
  /** `get` and `deactivate` without `memberId` and `alarm` mean all. */
  | { kind: 'alarm'; action: 'get' | 'activate' | 'deactivate'; memberId?: string; alarm?: 'NOSPACE' | 'CORRUPT' }
  | { kind: 'defragment' }
  | { kind: 'snapshot' }
  /** The hash of all keys up to a revision (0: now). */
  | { kind: 'hashKv'; revision: number }
  | AuthCall

export interface EtcdRequest {
  from: HostName
  call: EtcdCall
  /** Absent: nobody in particular. */
  as?: Credentials
  replyTo: ReplyTo
}

export interface EtcdHeader {
  clusterId: string
  memberId: string
  revision: number
  raftTerm: number
}

/** `name` is empty for a member that never started. Ids are hex without leading zeros, as `etcdctl` prints them. */
export interface EtcdMemberInfo {
  id: string
  name: string
  peerUrls: string[]
  clientUrls: string[]
  isLearner: boolean
}

/** An alarm that one member raised. */
export interface EtcdAlarm {
  memberId: string
  alarm: string
}

export interface EtcdStatus {
  version: string
  /** `3.6.0`; absent before 3.6. */
  storageVersion?: string
  dbSize: number
  dbSizeInUse: number
  /** Absent before 3.6. */
  dbSizeQuota?: number
  leader: string
  raftIndex: number
  raftTerm: number
  raftAppliedIndex: number
  isLearner: boolean
  errors: string[]
}

export type EtcdResult =
  | { kind: 'txn'; succeeded: boolean; responses: ResponseOp[] }
  | { kind: 'range'; kvs: KeyValue[]; count: number; more: boolean }
  | { kind: 'readIndex' }
  | { kind: 'compact' }
  | { kind: 'lease'; id: number; ttlSeconds: number; grantedTtlSeconds?: number; keys?: string[] }
  | { kind: 'leases'; ids: number[] }
  | { kind: 'watch'; watchId: string }
  | { kind: 'status'; status: EtcdStatus }
  | { kind: 'memberList'; members: EtcdMemberInfo[] }
  | { kind: 'memberAdd'; member: EtcdMemberInfo; members: EtcdMemberInfo[] }
  /** Removed, updated or promoted. */
  | { kind: 'memberChange'; members: EtcdMemberInfo[] }
  | { kind: 'moveLeader' }
  | { kind: 'alarms'; alarms: EtcdAlarm[] }
  | { kind: 'defragment' }
  /** `text` is what the file holds; see snapshot.ts. */
  | { kind: 'snapshot'; text: string; sizeBytes: number; version: string }
  | { kind: 'hashKv'; hash: number; compactRevision: number; hashRevision: number }
  | AuthResult
  /** etcd's own text, such as `etcdserver: request timed out` or `etcdserver: mvcc: required revision has been compacted`. */
  | { kind: 'error'; message: string; compactRevision?: number }

export interface EtcdResponse {
  tag: string
  header: EtcdHeader
  result: EtcdResult
}

export interface WatchEvent {
  type: 'PUT' | 'DELETE'
  kv: KeyValue
  prevKv?: KeyValue
}

export interface EtcdWatchData {
  watchId: string
  header: EtcdHeader
  /** Empty for a progress notification. All events of one revision come together. */
  events: WatchEvent[]
  /** Set when the watch cannot go on. */
  canceled?: { reason: string; compactRevision?: number }
}

/** `lease` and `leaseAnswer` go between members: only the leader knows how long a lease lives. */
export const ETCD = {
  request: 'etcd.request',
  response: 'etcd.response',
  watch: 'etcd.watch',
  raft: 'etcd.raft',
  lease: 'etcd.lease',
  leaseAnswer: 'etcd.leaseAnswer',
} as const
