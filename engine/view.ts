/**
 * The two ports through which scenarios meet a cluster: ClusterView reads, ClusterHands acts, breaks
 * and mends. The simulator implements both, and so does a real cluster behind a kubeconfig
 * (server/real). Everything is a promise because a real cluster answers late; the simulator answers
 * without real time passing. All waiting is on the cluster's own clock.
 */
import type { JournalEntry } from './kernel/journal.ts'
import type { ObjectMeta } from './objects/types.gen.ts'

export interface ViewedObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
  [field: string]: unknown
}

/** Which objects: a kind as kubectl takes it (`Deployment`, `deploy`, `deployments.apps`). */
export interface ObjectQuery {
  kind: string
  name?: string
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

/** Where a command runs or a connection starts. */
export type Vantage = { host: string; user?: string } | { pod: string; namespace?: string; container?: string }

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** What became of a connection. `status` is the HTTP status where HTTP was spoken. */
export type Reach =
  | { outcome: 'open'; status?: number; body?: string }
  | { outcome: 'refused' | 'timeout' | 'unresolved' | 'unreachable' }

/** A thing that this kind of cluster cannot tell or do; the text says which and why. */
export class NotSupported extends Error {}

export interface ClusterView {
  /** `simulated`, or what the real cluster calls itself. */
  readonly name: string
  /** Milliseconds since 1970 on the cluster's clock. */
  now(): Promise<number>
  /** Lets the cluster's clock run. */
  wait(ms: number): Promise<void>
  /** One object, or undefined. Throws when the server refuses for any reason but NotFound. */
  object(query: ObjectQuery & { name: string }): Promise<ViewedObject | undefined>
  /** All objects that match, of one namespace, or of all without one. */
  objects(query: ObjectQuery): Promise<ViewedObject[]>
  canI(question: {
    as: string
    groups?: string[]
    verb: string
    resource: string
    namespace?: string
    name?: string
  }): Promise<boolean>
  /** Runs a command and waits for it, at most `timeoutMs` of the cluster's time (30 s). */
  run(at: Vantage, command: string, timeoutMs?: number): Promise<CommandResult>
  /** Opens `target` (`http://web.default`, `tcp://10.96.0.10:53`) from a vantage. */
  reach(from: Vantage, target: string, timeoutMs?: number): Promise<Reach>
  /** The addresses of a name as the vantage resolves it; empty when it does not. */
  resolve(from: Vantage, name: string): Promise<string[]>
  /** A file's text, or undefined. */
  file(host: string, path: string): Promise<string | undefined>
  unit(host: string, unit: string): Promise<{ active: boolean; enabled: boolean } | undefined>
  /**
   * What the journal recorded under a dotted prefix since `sinceMs` on the cluster's clock (as `now`,
   * ms since 1970). Throws NotSupported on a real cluster.
   */
  journal(prefix: string, sinceMs?: number): Promise<JournalEntry[]>
  /**
   * The versions that one object had since `sinceMs` (as `now`), oldest first: the one that was valid
   * then, and each later one; without `object` where it was deleted. Missing where no cluster keeps them.
   */
  history?(query: ObjectQuery & { name: string }, sinceMs: number): Promise<{ atMs: number; object?: ViewedObject }[]>
}

export interface ClusterHands {
  /** Creates or updates objects, as `kubectl apply` with full rights. */
  apply(manifest: ViewedObject): Promise<void>
  /** A JSON merge patch: null removes a field, a list is replaced as a whole. */
  patch(query: ObjectQuery & { name: string }, patch: Record<string, unknown>): Promise<void>
  remove(query: ObjectQuery & { name: string }, options?: { graceSeconds?: number }): Promise<void>
  run(at: Vantage, command: string, timeoutMs?: number): Promise<CommandResult>
  writeFile(host: string, path: string, text: string): Promise<void>
  /** Power off at once; back on; both in order. */
  crash(host: string): Promise<void>
  boot(host: string): Promise<void>
  reboot(host: string): Promise<void>
  /** The wire between two hosts. */
  cut(a: string, b: string): Promise<void>
  mend(a: string, b: string): Promise<void>
  /**
   * A copy of the cluster to try things on, so that a check disturbs nothing. Throws NotSupported
   * where there is no copy; then the check acts on the cluster itself, or says that it cannot.
   */
  fork(): Promise<{ view: ClusterView; hands: ClusterHands }>
}
