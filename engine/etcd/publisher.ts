/**
 * What a member tells the cluster of itself: its name, where clients find it, and, as the leader, how old
 * the oldest of all is. Models server/etcdserver/server.go (publishV3, monitorVersions) (H2).
 */
import type { EventId, Kernel } from '../kernel/kernel.ts'
import type { Command, Write } from './apply.ts'
import type { EtcdConfig } from './config.ts'
import type { Database } from './database.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import type { RaftNode } from './node.ts'
import type { LinkedMember } from './peer-links.ts'
import type { MemberId } from './raft/types.ts'
import { wantedVersion } from './reconfiguration.ts'

export interface PublisherHost {
  readonly address: string
  readonly memberId: MemberId
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: RaftNode<Command>
  readonly config: EtcdConfig | undefined
  propose(write: Write): void
  /** The other members that can be reached. */
  others(): LinkedMember[]
  /** The cluster knows this member: it serves clients. */
  published(): void
}

export interface PublisherState {
  isDone: boolean
  timerId: EventId | null
  /** The cluster version that it proposed last. */
  askedVersion: string | null
}

/** The event that it sends to its server, which hands it to `retry`. */
export const PUBLISH_DUE = 'etcd.publish'

export class Publisher {
  private state: PublisherState = { isDone: false, timerId: null, askedVersion: null }

  constructor(
    private readonly kernel: Kernel,
    private readonly host: PublisherHost,
  ) {}

  /** `isKnown`: the cluster knows the member already. */
  start(isKnown: boolean): void {
    this.state = { isDone: isKnown, timerId: null, askedVersion: null }
  }

  stop(): void {
    this.kernel.cancel(this.state.timerId ?? undefined)
    this.state.timerId = null
  }

  /** Proposes it, as soon as there is a leader, until it is applied. */
  publish(): void {
    const { config, raft, memberId, flags, address } = this.host
    if (config === undefined || this.state.isDone || raft.lead === null || this.state.timerId !== null) return
    this.state.timerId = this.kernel.send({ to: address, type: PUBLISH_DUE }, requestTimeoutMs(flags))
    this.host.propose({ kind: 'publish', memberId, name: config.name, clientUrls: config.advertiseClientUrls })
  }

  retry(): void {
    this.state.timerId = null
    this.publish()
  }

  /** A member's name is known from here on. */
  applied(id: MemberId): void {
    if (id === this.host.memberId && !this.state.isDone) {
      this.state.isDone = true
      this.stop()
      this.host.published()
    }
    if (this.host.raft.isLeader) this.decideVersion()
  }

  dump(): PublisherState {
    return { ...this.state }
  }

  load(state: PublisherState): void {
    this.state = { ...state }
  }

  private decideVersion(): void {
    const { db, memberId, flags } = this.host
    const others = new Map(this.host.others().map((other) => [other.memberId, other.flags.version]))
    const versions = db.membership.all().map(({ id }) => (id === memberId ? flags.version : others.get(id)))
    const version = wantedVersion(db.membership.version, versions)
    if (version === undefined || version === this.state.askedVersion) return
    this.state.askedVersion = version
    this.host.propose({ kind: 'clusterVersion', version })
  }
}
