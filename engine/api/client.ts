/**
 * How a component of the cluster talks to an API server: calls whose answers come back later, and
 * informers (list + watch kept in a cache). Models client-go's REST client and reflector.
 *
 * The component that owns a client hands it every kernel event first (`if (client.handle(event)) return`)
 * and puts `client.dump()` into its own dump.
 */
import type { ObjectMeta } from '../objects/types.gen.ts'
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { KernelEvent } from '../kernel/queue.ts'

/** What every API object has. */
export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}

/** `v1/pods`, `apps/v1/deployments`: group, version and resource as in the path. */
export type Resource = string

export interface Call {
  verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  resource: Resource
  namespace?: string
  name?: string
  /** `status`, `scale`, `binding`, `eviction`, `token` … */
  subresource?: string
  body?: unknown
  patchType?: 'json' | 'merge' | 'strategic' | 'apply'
  query?: Record<string, string>
  /** How long it may take; the client's own limit when absent. */
  timeoutMs?: number
  /** Whose certificate the call goes out with; the client's own when absent. */
  as?: NonNullable<HttpRequest['certificate']>
  /** Nobody waits for the answer: the call goes its way although the process ends. */
  detached?: true
}

/** The answer to a call. `code` 0 means that none came: refused, cut or timed out (see `failure`). */
export interface Answer {
  call: Call
  /** The mark that the caller gave, plain data. */
  tag: unknown
  code: number
  /** The object, list or Status. */
  body: unknown
  failure?: string
}

export type Change<T extends KubeObject = KubeObject> =
  | { type: 'added'; object: T; old?: undefined }
  | { type: 'modified'; object: T; old: T }
  | { type: 'deleted'; object: T; old: T }

/** A cache of one resource, kept up to date by a watch. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource
  /** The first list has arrived. */
  readonly synced: boolean
  /** The revision the cache has reached. */
  readonly revision: number
  get(namespace: string, name: string): T | undefined
  /** All objects, or those of one namespace, in order of first arrival. */
  list(namespace?: string): T[]
  /** Objects whose index function gave this value. */
  by(index: string, value: string): T[]
}

export interface InformerOptions<T extends KubeObject> {
  namespace?: string
  fieldSelector?: string
  labelSelector?: string
  /** Index functions by name; derived, so not part of a snapshot. */
  indexes?: Record<string, (object: T) => string[]>
  /** Nobody waits for its first list: a kind that may not be served yet. */
  optional?: boolean
}

export interface ApiClient {
  /** Sends a call; the answer arrives at `onAnswer` of the owner, at a later event. */
  call(call: Call, tag?: unknown): void
  /** Opens an informer (before `start`). Changes arrive at `onChange` of the owner. */
  informer<T extends KubeObject>(resource: Resource, options?: InformerOptions<T>): Informer<T>
  /** Ends the informer of a resource that is gone; its cache is empty from now on. */
  closeInformer(resource: Resource): void
  /** Starts listing and watching. */
  start(): void
  /** Drops watches, calls in flight and caches, as a dying process does. */
  stop(): void
  /** Takes an event that is the client's own. Returns whether it was. */
  handle(event: KernelEvent): boolean
  /** Whether every informer has synced. */
  readonly synced: boolean
  dump(): unknown
  load(state: unknown): void
}

export interface ApiClientOwner {
  onAnswer(answer: Answer): void
  onChange(resource: Resource, change: Change): void
}

export type { HttpResponse }
