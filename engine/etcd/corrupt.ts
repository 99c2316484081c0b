/**
 * Do all members hold the same? Once before a member with data serves, and now and then on the leader.
 * Models server/etcdserver/corrupt.go (InitialCheck, PeriodicCheck) and monitorKVHash (H3, H4). Not modelled: the
 * check after compactions; a linearizable read between the leader's two looks at itself, since no time passes there.
 */
import type { EventId, Kernel } from '../kernel/kernel.ts'
import type { Write } from './apply.ts'
import type { EtcdConfig } from './config.ts'
import { ERRORS } from './errors.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import { hashKv } from './hash.ts'
import type { LogLevel } from './logs.ts'
import type { EtcdMemberInfo } from './messages.ts'
import type { LinkedMember } from './peer-links.ts'
import type { MemberId } from './raft/types.ts'
import type { Store } from './store.ts'

/** The server around it. */
export interface CorruptionHost {
  readonly address: string
  readonly memberId: MemberId
  readonly config: EtcdConfig | undefined
  readonly flags: EtcdFlags
  readonly store: Store
  readonly isLeader: boolean
  /** All members, this one included. */
  members(): EtcdMemberInfo[]
  /** The other members that can be reached. */
  others(): LinkedMember[]
  propose(write: Write): void
  say(level: LogLevel, caller: string, msg: string, fields?: Record<string, unknown>): void
}

/** What one member says of itself at a revision. */
interface Hash {
  revision: number
  compactRevision: number
  hash: number
}

/** The answer of another member: a hash, or why there is none. */
type PeerHash = { id: MemberId; endpoints: string[] } & ({ error: string } | (Hash & { currentRevision: number }))

export const CORRUPT_CHECK_DUE = 'etcd.corruptCheck'

const FILE = 'etcdserver/corrupt.go'

export class CorruptionChecker {
  private timerId: EventId | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly host: CorruptionHost,
  ) {}

  /** --corrupt-check-time */
  start(): void {
    const ms = this.host.config?.corruptCheckMs ?? 0
    if (ms <= 0) return
    this.host.say('info', 'etcdserver/server.go:2312', 'enabled corruption checking', {
      'local-member-id': this.host.memberId,
      interval: goDuration(ms),
    })
    this.arm()
  }

  stop(): void {
    this.kernel.cancel(this.timerId ?? undefined)
    this.timerId = null
  }

  /** What keeps a member with data from serving: different hashes at its own revision (InitialCheck). */
  initialProblem(): string | undefined {
    const { memberId, flags } = this.host
    this.host.say('info', `${FILE}:96`, 'starting initial corruption check', {
      'local-member-id': memberId,
      timeout: goDuration(requestTimeoutMs(flags)),
    })
    const own = hashAt(this.host.store)
    const mismatches = this.peerHashes(own.revision).filter((peer) => this.isMismatch(own, peer))
    if (mismatches.length > 0) return `${memberId} found data inconsistency with peers`
    this.host.say('info', `${FILE}:167`, 'initial corruption checking passed; no corruption', {
      'local-member-id': memberId,
    })
    return undefined
  }

  /** The tick of --corrupt-check-time: only a leader looks. */
  check(): void {
    this.arm()
    if (this.host.isLeader) this.periodicCheck()
  }

  dump(): EventId | null {
    return this.timerId
  }

  load(timerId: EventId | null): void {
    this.timerId = timerId
  }

  private arm(): void {
    const ms = this.host.config?.corruptCheckMs ?? 0
    this.timerId = this.kernel.send({ to: this.host.address, type: CORRUPT_CHECK_DUE }, ms)
  }

  private isMismatch(own: Hash, peer: PeerHash): boolean {
    const fields = { ...this.localFields(own), 'remote-peer-id': peer.id, 'remote-peer-endpoints': peer.endpoints }
    if ('error' in peer) {
      const msg = WITHOUT_HASH[peer.error]
      if (msg !== undefined) this.host.say('warn', `${FILE}:130`, msg, fields)
      return false
    }
    if (peer.hash === own.hash) return false
    const isComparable = peer.compactRevision === own.compactRevision
    const what = isComparable ? 'hash values' : 'compact revision values'
    this.host.say('warn', `${FILE}:${isComparable ? 121 : 124}`, `found different ${what} from remote peer`, {
      ...fields,
      'remote-peer-revision': peer.currentRevision,
      'remote-peer-compact-revision': peer.compactRevision,
      'remote-peer-hash': peer.hash,
    })
    return isComparable
  }

  private localFields({ revision, compactRevision, hash }: Hash): Record<string, unknown> {
    return {
      'local-member-id': this.host.memberId,
      'local-member-revision': revision,
      'local-member-compact-revision': compactRevision,
      'local-member-hash': hash,
    }
  }

  /** The first member that differs gets the alarm; the log names all. */
  private periodicCheck(): void {
    const own = hashAt(this.host.store)
    const answered = this.peerHashes(own.revision).flatMap((peer) => ('error' in peer ? [] : [peer]))
    const suspects = answered.filter((peer) => this.isSuspect(own, peer))
    if (suspects[0] !== undefined)
      this.host.propose({ kind: 'alarm', action: 'activate', memberId: suspects[0].id, alarm: 'CORRUPT' })
    this.host.say('info', `${FILE}:244`, 'finished peer corruption check', {
      'number-of-peers-checked': answered.length,
    })
  }

  /** A follower is never ahead of its leader, and where both were compacted alike they hold the same. */
  private isSuspect(own: Hash, peer: Extract<PeerHash, Hash>): boolean {
    const follower = { 'follower-peer-id': peer.id }
    const problems: [boolean, number, string, Record<string, unknown>][] = [
      [
        peer.currentRevision > own.revision,
        209,
        "revision from follower must be less than or equal to leader's",
        { 'leader-revision': own.revision, 'follower-revision': peer.currentRevision },
      ],
      [
        peer.compactRevision > own.compactRevision,
        220,
        "compact revision from follower must be less than or equal to leader's",
        { 'leader-compact-revision': own.compactRevision, 'follower-compact-revision': peer.compactRevision },
      ],
      [
        peer.compactRevision === own.compactRevision && peer.hash !== own.hash,
        231,
        'same compact revision then hashes must match',
        {
          'leader-compact-revision': own.compactRevision,
          'leader-hash': own.hash,
          'follower-compact-revision': peer.compactRevision,
          'follower-hash': peer.hash,
        },
      ],
    ]
    const found = problems.filter(([isProblem]) => isProblem)
    for (const [, line, msg, fields] of found) this.host.say('warn', `${FILE}:${line}`, msg, { ...fields, ...follower })
    return found.length > 0
  }

  /** What all others say of themselves at a revision of this member (getPeerHashKVs). */
  private peerHashes(revision: number): PeerHash[] {
    const reached = new Map(this.host.others().map((other) => [other.memberId, other]))
    return this.host.members().flatMap(({ id, peerUrls: endpoints }) => {
      if (id === this.host.memberId) return []
      const answer = peerHash(reached.get(id), revision)
      if ('error' in answer) this.sayFailed(endpoints, revision, answer.error)
      return [{ id, endpoints, ...answer }]
    })
  }

  private sayFailed(endpoints: string[], revision: number, error: string): void {
    for (const endpoint of endpoints)
      this.host.say('warn', `${FILE}:485`, 'failed hash kv request', {
        'local-member-id': this.host.memberId,
        'requested-revision': revision,
        'remote-peer-endpoint': endpoint,
        error: error === NOBODY ? `Get "${endpoint}/members/hashkv": ${error}` : error,
      })
  }
}

const NOBODY = 'dial tcp: connect: connection refused'

/** Errors that the first check speaks of once more. */
const WITHOUT_HASH: Readonly<Record<string, string>> = {
  [ERRORS.futureRevision]: 'cannot fetch hash from slow remote peer',
  [ERRORS.compacted]: 'cannot fetch hash from remote peer; local member is behind',
}

function hashAt(store: Store, revision = store.revision): Hash {
  return { revision, compactRevision: store.compactRevision, hash: hashKv(store, revision) }
}

function peerHash(
  peer: LinkedMember | undefined,
  revision: number,
): { error: string } | (Hash & { currentRevision: number }) {
  if (peer === undefined) return { error: NOBODY }
  const { store } = peer
  if (revision > store.revision) return { error: ERRORS.futureRevision }
  if (revision < store.compactRevision) return { error: ERRORS.compacted }
  return { ...hashAt(store, revision), currentRevision: store.revision }
}

/** As Go's time.Duration prints itself: `7s`, `1m0s`, `4h0m0s`. */
function goDuration(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000]
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
