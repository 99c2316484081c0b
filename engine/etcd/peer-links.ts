/**
 * The way from member to member: URL, host, port, the process that listens there, and whether the two
 * trust each other. Models server/etcdserver/api/rafthttp (transport.go, peer.go, http.go) and
 * cluster_util.go (getClusterFromRemotePeers).
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { parseUrl } from './config.ts'
import type { EtcdConfig } from './config.ts'
import type { EtcdFlags } from './flags.ts'
import type { MembershipState } from './membership.ts'
import type { EtcdMemberInfo } from './messages.ts'
import type { MemberId } from './raft/types.ts'
import type { Store } from './store.ts'
import { handshake } from './tls.ts'
import type { HandshakeProblem } from './tls.ts'

/** What one member may know of another that it reaches. */
export interface LinkedMember {
  readonly memberId: MemberId
  readonly clusterId: string
  readonly host: HostName
  readonly running: boolean
  readonly startedAt: number
  readonly epoch: number
  readonly config: EtcdConfig | undefined
  readonly flags: EtcdFlags
  readonly store: Store
  memberInfo(id: MemberId): EtcdMemberInfo | undefined
  cluster(): MembershipState
  /** Whether it knows that a member was removed. */
  hasRemoved(id: MemberId): boolean
  /** This member learns that it was removed. */
  leave(): void
  read(path: string): string | undefined
  /** It cannot open a connection to a member. */
  sayUnreachable(id: MemberId, error: string): void
  sayRejected(kind: 'peer', problem: string, remoteAddress: string, serverName?: string): void
}

interface Place {
  host: HostName
  port: number
  /** As the URL says, for the name in a certificate. */
  address: string
}

/** What comes of one member dialling another. */
export type Meet = (dialler: LinkedMember, server: LinkedMember, serverName: string) => HandshakeProblem | undefined

/** What two processes made of each other when they first met. */
interface Trust {
  epochs: string
  ok: boolean
  checkedAt: number
}

/** A rejected connection is tried again after so long. */
const RETRY_MS = 1000
/** How often an unreachable member is mentioned. */
const PROBING_MS = 5000

export class PeerLinks {
  /** Derived. */
  private readonly places = new Map<string, Place | null>()
  /** Derived: checked anew after a restore. */
  private readonly trust = new Map<MemberId, Trust>()

  /** When the log last said that a member cannot be reached: derived, what it costs is a line said twice. */
  private readonly complained = new Map<MemberId, number>()

  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly self: LinkedMember,
    private readonly hostOfAddress: (address: string) => HostName | undefined,
    private readonly meet: Meet = (dialler, server, name) => meetByFiles(dialler, server, name, kernel.clockMs),
  ) {}

  /** Sends to the process of a member, where it should be; nobody else may get it. Who was removed is told so (410). */
  send(to: MemberId, type: string, data: unknown): void {
    const place = this.placeOf(to)
    if (place === undefined) return
    const { host, port } = place
    const dial = this.fabric.dial(this.self.host, host, port)
    if (dial.kind !== 'open')
      this.complain(to, place, dial.kind === 'refused' ? 'connect: connection refused' : 'i/o timeout')
    const address = this.fabric.listener(host, port) ?? `etcd/${host}`
    const other = this.memberAt(address)
    if (other !== undefined && (!isMember(other, to, this.self.clusterId) || !this.trusts(other, place))) return
    if (other?.running === true && other.hasRemoved(this.self.memberId) && this.reaches(to)) return this.self.leave()
    this.fabric.send({ from: this.self.host, to: host, port, event: { to: address, type, data } })
  }

  /** Whether a connection to a member's process could be opened now. */
  reaches(id: MemberId): boolean {
    const place = this.placeOf(id)
    const other = place === undefined ? undefined : this.openAt(place)
    if (place === undefined || other === undefined) return false
    return isMember(other, id, this.self.clusterId) && this.trusts(other, place)
  }

  /** Since when both processes run and see each other. `heardSince`: what Raft knows of it. */
  activeSinceMs(id: MemberId, heardSince: number | undefined): number | undefined {
    const place = this.placeOf(id)
    const other = place === undefined ? undefined : this.openAt(place)
    if (other === undefined || !this.reaches(id)) return undefined
    return Math.max(this.self.startedAt, other.startedAt, heardSince ?? 0)
  }

  /** The members of the cluster that can be reached, without this one. */
  others(): LinkedMember[] {
    return this.self.cluster().members.flatMap(({ id }) => {
      const place = id === this.self.memberId ? undefined : this.placeOf(id)
      const other = place === undefined ? undefined : this.openAt(place)
      return other !== undefined && this.reaches(id) ? [other] : []
    })
  }

  /** What the first process that answers at these URLs says of its cluster. */
  askCluster(urls: readonly string[]): MembershipState | undefined {
    for (const url of urls) {
      const place = this.resolve(url)
      const other = place === undefined ? undefined : this.openAt(place)
      const cluster = other?.cluster()
      if (cluster !== undefined && cluster.members.length > 0) return cluster
    }
    return undefined
  }

  /** Every few seconds, as the prober does. */
  private complain(to: MemberId, { address, port }: Place, error: string): void {
    const { now } = this.kernel
    if (now - (this.complained.get(to) ?? -PROBING_MS) < PROBING_MS) return
    this.complained.set(to, now)
    this.self.sayUnreachable(to, `dial tcp ${address}:${port}: ${error}`)
  }

  clear(): void {
    this.trust.clear()
    this.complained.clear()
    this.places.clear()
  }

  private placeOf(id: MemberId): Place | undefined {
    for (const url of this.self.memberInfo(id)?.peerUrls ?? []) {
      const place = this.resolve(url)
      if (place !== undefined) return place
    }
    return undefined
  }

  private resolve(url: string): Place | undefined {
    const known = this.places.get(url)
    if (known !== undefined) return known ?? undefined
    const listener = parseUrl(url)
    const { address = '', port = 0 } = listener ?? {}
    const host = isLoopback(address) ? this.self.host : this.hostOfAddress(address)
    const place = host === undefined ? null : { host, port, address }
    if (place !== null) this.places.set(url, place)
    return place ?? undefined
  }

  private openAt({ host, port }: Place): LinkedMember | undefined {
    const dial = this.fabric.dial(this.self.host, host, port)
    const other = dial.kind === 'open' ? this.memberAt(dial.address) : undefined
    return other?.running === true ? other : undefined
  }

  private memberAt(address: string): LinkedMember | undefined {
    const component = this.kernel.component(address)
    return component !== undefined && 'memberId' in component ? (component as unknown as LinkedMember) : undefined
  }

  /** Connections live on while certificates expire: only new ones are checked. One of the two ways must do. */
  private trusts(other: LinkedMember, place: Place): boolean {
    if (this.self.config?.peerTls === undefined && other.config?.peerTls === undefined) return true
    const epochs = `${this.self.epoch}/${other.epoch}`
    const known = this.trust.get(other.memberId)
    const { now } = this.kernel
    if (known?.epochs === epochs && (known.ok || now - known.checkedAt < RETRY_MS)) return known.ok
    const ok = this.connect(other, place)
    this.trust.set(other.memberId, { epochs, ok, checkedAt: now })
    return ok
  }

  private connect(other: LinkedMember, place: Place): boolean {
    const there = this.meet(this.self, other, place.address)
    if (there === undefined) return true
    const own = parseUrl(this.self.config?.initialAdvertisePeerUrls[0] ?? '')?.address ?? ''
    const here = this.meet(other, this.self, own)
    if (here === undefined) return true
    if (there.server !== undefined) other.sayRejected('peer', there.server, `${own}:40000`, place.address)
    return false
  }
}

/** By the certificates that both read from their hosts' files. */
function meetByFiles(
  dialler: LinkedMember,
  server: LinkedMember,
  serverName: string,
  nowMs: number,
): HandshakeProblem | undefined {
  const tls = dialler.config?.peerTls
  const text = (path: string | undefined): string => (path === undefined ? '' : (dialler.read(path) ?? ''))
  const serverTls = server.config?.peerTls
  const client = {
    isTls: tls !== undefined,
    trusted: text(tls?.trustedCaFile),
    serverName,
    certificate: text(tls?.certFile),
    key: text(tls?.keyFile),
  }
  const read = (path: string): string | undefined => server.read(path)
  return handshake(client, { ...(serverTls !== undefined && { tls: serverTls }), read, nowMs })
}

const isLoopback = (address: string): boolean =>
  address === 'localhost' || address.startsWith('127.') || address === '::1'

const isMember = (other: LinkedMember, id: MemberId, clusterId: string): boolean =>
  other.memberId === id && other.clusterId === clusterId
