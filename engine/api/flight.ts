/**
 * A request on its way through the API server: plain data, so that a snapshot may be taken while it
 * waits for etcd. What comes next is named by `step` and looked up in a table, never a closure.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { HttpRequest, ReplyTo } from '../fabric/http.ts'
import type { EtcdCall } from '../etcd/messages.ts'
import type { KubeObject } from './client.ts'

export type ApiVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'post'
  | 'put'
  | 'head'
  | 'options'

/** Models k8s.io/apiserver/pkg/endpoints/request/requestinfo.go. */
export interface RequestInfo {
  isResource: boolean
  path: string
  verb: ApiVerb
  group: string
  version: string
  resource: string
  subresource: string
  /** Empty for cluster-scoped requests and for all namespaces. */
  namespace: string
  name: string
}

/** Who asks: what authentication found out. */
export interface UserInfo {
  name: string
  groups: string[]
  uid?: string
  extra?: Record<string, string[]>
}

/** One write under way: read, transform, compare-and-put, and again when somebody else was faster. */
export interface PendingWrite {
  /** The row of the table of write steps that transforms the object and goes on afterwards. */
  step: string
  key: string
  /** The revision that the stored object must still have; 0: it must not exist. */
  baseRevision: number
  phase: 'read' | 'commit'
  /** What is being stored; absent for a deletion. */
  object?: KubeObject
  /** The same as the request's version has it, where that is another than the stored one. */
  shown?: KubeObject
  /** What is being deleted, or what the write started from. */
  current?: KubeObject
  /** Whether `current` came from etcd itself rather than from the watch cache. */
  fresh: boolean
  /** Whether it would be written to etcd otherwise today, though nothing in it changed. */
  stale?: boolean
}

export interface Flight {
  id: string
  from: HostName
  clientId: string
  request: HttpRequest
  replyTo: ReplyTo
  info: RequestInfo
  user: UserInfo
  /** Virtual milliseconds. */
  startedAt: number
  deadlineAt: number
  /** What etcd's next answer means. */
  step: string
  write?: PendingWrite
  /** The decoded body of the request. */
  body?: KubeObject
  warnings: string[]
  /** A call that no etcd endpoint has taken yet. */
  unsent?: EtcdCall
  /** Plain data of the verb at work. */
  memo: Record<string, unknown>
}
