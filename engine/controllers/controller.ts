/**
 * What a controller is: a level-based loop. It is given a key, reads caches and returns the writes
 * that it wants; the manager carries them out, and asks again when something that it watches changes,
 * when a write failed (with back-off), or when the time that it asked for has come.
 *
 * Models the shape of client-go's workqueue and controller-runtime's reconciler. In place of
 * upstream's expectations, the manager does not reconcile a key again before the caches have seen
 * the answers to the writes of its last pass.
 */
import type { Answer, Call, Change, Informer, KubeObject, Resource } from '../api/client.ts'
import type { Random } from '../kernel/random.ts'
import type { JournalFacts } from '../kernel/journal.ts'

/** An event object to be recorded about an object; the manager counts, aggregates and limits them. */
export interface EventWrite {
  verb: 'event'
  about: KubeObject
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  /** `deployment-controller` …: the event's source. */
  source: string
}

/** A write to the API. `mark` comes back with the answer in `settle`. */
export interface ApiWrite extends Call {
  mark?: string
}

/** Writes sent in batches of 1, 2, 4, 8 …; the rest of them is dropped when a batch has an error (D1). */
export interface SlowStart {
  verb: 'slowStart'
  writes: ApiWrite[]
}

export type Write = ApiWrite | SlowStart | EventWrite

/** A kind that a CustomResourceDefinition serves, in the version that it stores. */
export interface CustomKind {
  resource: Resource
  apiVersion: string
  kind: string
  namespaced: boolean
}

/** What a reconcile pass may read and ask for. */
export interface Context {
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number
  readonly random: Random
  cache<T extends KubeObject>(resource: Resource): Informer<T>
  /** The custom kinds that are watched now, for a controller that has `custom`. */
  customKinds(): readonly CustomKind[]
  /** Reconciles a key (of this controller) again after a time; the earliest of several wins. */
  requeueAfter(key: string, delayMs: number): void
  record(name: string, facts?: JournalFacts): void
  /** Plain data of this controller that lasts: survives snapshots, is lost when the process dies. */
  memory<T>(initial: () => T): T
}

export interface Settled {
  /** Of the last round of writes. */
  answers: Answer[]
  /** Writes of a slow start that were never sent. */
  skipped: ApiWrite[]
}

export interface Controller {
  /** `deployment`, `replicaset` …, as in --controllers. */
  name: string
  /** What it looks at; `keys` says which of its keys a change concerns. */
  watches: { resource: Resource; keys: (change: Change, context: Context) => string[] }[]
  /** Extra indexes it needs on the shared caches. */
  indexes?: Record<Resource, Record<string, (object: KubeObject) => string[]>>
  /** What it looks at in kinds that appear at run time; without it, it does not see them. */
  custom?: {
    keys: (resource: Resource, change: Change, context: Context) => string[]
    indexes?: Record<string, (object: KubeObject) => string[]>
  }
  /** A failed write is not tried again before the key's next turn, which the controller asks for itself. */
  fixedInterval?: boolean
  /** A pass over all keys, or a periodic job: called every so often under the given key. */
  ticks?: { key: string; everyMs: number }[]
  reconcile(context: Context, key: string): Write[]
  /**
   * Called when all writes were answered, and again after each round of writes that it returns, until
   * it returns none. A key with a failed write is retried with back-off anyway.
   */
  settle?(context: Context, key: string, settled: Settled): Write[]
}

/** The key of a namespaced or cluster-scoped object: `namespace/name` or `name`. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

/** The two halves of a key; the namespace of a cluster-scoped key is ''. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
