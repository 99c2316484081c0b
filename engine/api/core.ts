/** What the stages of the pipeline may use of the API server that runs them. */
import type { EtcdResult, EtcdHeader } from '../etcd/messages.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { HttpResponse } from '../fabric/http.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Random } from '../kernel/random.ts'
import type { KindEntry, KindRegistry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import type { Flight } from './flight.ts'
import type { ApiFlags } from './flags.ts'
import type { TokenKeys } from './pipeline/service-account-tokens.ts'
import type { Authorities } from './system-config-maps.ts'
import type { TokenCache } from './pipeline/token-cache.ts'
import type { Outbox } from './outbox.ts'
import type { Charge, OutsideCall } from './pipeline/admission/plugin.ts'
import type { ApiStatus } from './status.ts'
import type { EtcdClient } from './storage/etcd-client.ts'
import type { StoredForm } from './storage/stored-form.ts'
import type { WatchCache } from './storage/watch-cache.ts'
import type { Traffic } from './traffic.ts'
import type { Watches } from './watch/watches.ts'

/** What a kubelet answers a server whose certificate it does not believe, or does not let. */
export interface KubeletRefusal {
  code: 401 | 403
  text: string
}

export interface Core {
  readonly kernel: Kernel
  readonly fabric: Fabric
  readonly host: HostName
  readonly address: string
  /** The release as `1.35`. */
  readonly release: string
  readonly minor: number
  readonly registry: KindRegistry
  readonly flags: ApiFlags
  readonly serviceCidr: string
  /** This host's own address, where one is known; otherwise its name. */
  readonly advertiseAddress: string
  readonly cache: WatchCache
  /** How objects stand in etcd. */
  readonly stored: StoredForm
  readonly watches: Watches
  readonly outbox: Outbox
  readonly etcd: EtcdClient
  readonly random: Random
  /** Counts of what was answered. */
  readonly traffic: Traffic
  /** The keys of service accounts' tokens. */
  readonly tokenKeys: TokenKeys
  /** Absent: no files are given. */
  readonly authorities: Authorities | undefined
  /** Tokens that were good a moment ago. */
  readonly tokenCache: TokenCache
  /** The lease that events of this minute are stored under. */
  readonly leaseMemo: { id: number }
  /** What other API servers stand behind this one. */
  readonly aggregation: { documentOf(name: string): unknown }
  /** Whether etcd has answered lately. */
  readonly etcdHealthy: boolean
  /** Whether the component of this host that listens on a port (10257, 10259) is healthy. */
  componentHealthy(port: number): boolean
  /** Why the kubelet of a node turns this server away; undefined: it does not. */
  readonly kubeletRefusal?: ((node: HostName, verb: string) => KubeletRefusal | undefined) | undefined
  /** The entry that a request's path names. */
  entryOf(flight: Flight): KindEntry
  /** The entry in whose version objects are stored. */
  storageEntry(group: string, resource: string): KindEntry
  /** RFC 3339 text of this instant. */
  timestamp(): string
  /** Answers and forgets the request. */
  respond(flight: Flight, response: HttpResponse): void
  refuse(flight: Flight, status: ApiStatus): void
  /** Asks outside of the API server; the flight's step is run again from its start once the answer is in its memo. */
  callOut(flight: Flight, call: OutsideCall): void
  /** Sends a call to etcd whose answer belongs to the flight. */
  ask(flight: Flight, call: Parameters<EtcdClient['send']>[0]): void
  /** Calls `step` of the read table with what etcd holds under a key, by a linearizable read. */
  readStored(flight: Flight, step: string, key: string): void
  /** Calls `step` of the read table when the cache has surely seen all that is committed now. */
  readConsistently(flight: Flight, step: string): void
  /** Calls `step` of the read table when the cache has reached a revision. */
  readAt(flight: Flight, step: string, revision: number): void
  /** Starts a read-transform-put cycle on a key, by a row of the table of write steps. */
  write(flight: Flight, step: string, key: string): void
  /** Dispatches a flight again after a while. */
  later(flight: Flight, delayMs: number): void
  /** Ends a flight that stays open as a stream; nothing more is answered through it. */
  land(flight: Flight): void
  /** Looks again at the requests that nobody is told no to before the default roles are there. */
  releaseHeld(): void
  /** Opens timers that streams need. */
  arm(): void
  /** Tells of the kinds that CustomResourceDefinitions made or took away. */
  refreshKinds(): void
}

/** What a transformation of the stored object comes to. */
export type Outcome =
  | { kind: 'put'; object: KubeObject; lease?: number; charges?: Charge[] }
  | { kind: 'remove'; object: KubeObject }
  | { kind: 'same'; object: KubeObject }
  | { kind: 'refuse'; status: ApiStatus }
  | { kind: 'call'; call: OutsideCall }

/** One kind of write. Rows are named, so that a waiting flight is plain data. */
export interface WriteStep {
  /** From the stored object (undefined: none) to what is to be stored. Called again when it was overtaken. */
  transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome
  /** After the commit: the object as stored, or as it was when it was removed. */
  done(core: Core, flight: Flight, object: KubeObject, outcome: 'put' | 'remove' | 'same'): void
}

export type WriteSteps = Record<string, WriteStep>

/** Steps that read: called with the cache as fresh as asked, or with the object that etcd holds. */
export type ReadSteps = Record<string, (core: Core, flight: Flight, stored?: KubeObject) => void>

/** Steps that take a bare answer of etcd. */
export type AnswerSteps = Record<string, (core: Core, flight: Flight, result: EtcdResult, header: EtcdHeader) => void>

export type VerbHandler = (core: Core, flight: Flight) => void
