/**
 * The watches of a member: when what is sent.
 * Models server/etcdserver/api/v3rpc/watch.go and interceptor.go (monitorLeader) (L).
 */
import type { ReplyTo } from '../fabric/http.ts'
import type { EventId, Kernel } from '../kernel/kernel.ts'
import { ERRORS } from './errors.ts'
import type { EtcdFlags } from './flags.ts'
import type { EtcdCall, EtcdHeader, EtcdWatchData } from './messages.ts'
import type { Change, Store } from './store.ts'
import { shape, Watchers } from './watch.ts'
import type { Watcher } from './watch.ts'

type WatchCall = Extract<EtcdCall, { kind: 'watch' }>

/** What the watches want from the member around them. */
export interface WatchHost {
  readonly address: string
  readonly flags: EtcdFlags
  readonly store: Store
}

/** The way to its clients. */
export interface WatchReplies {
  header(): EtcdHeader
  /** Returns false when nobody can be there any more. */
  post(replyTo: ReplyTo, data: EtcdWatchData): boolean
}

export interface WatchServerState {
  watchers: Watcher[]
  flushId: EventId | null
  progressId: EventId | null
  leaderlessId: EventId | null
}

const OWN = { flush: 'etcd.watch.flush', progress: 'etcd.watch.progress', leaderless: 'etcd.watch.leaderless' } as const

export class WatchServer {
  private readonly watchers = new Watchers()
  private flushId: EventId | null = null
  private progressId: EventId | null = null
  private leaderlessId: EventId | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly host: WatchHost,
    private readonly replies: WatchReplies,
  ) {}

  /** Begins a watch whose `watch` answer is given already. */
  begin(call: WatchCall, replyTo: ReplyTo): void {
    const { compactRevision } = this.host.store
    if (call.startRevision > 0 && call.startRevision < compactRevision)
      return this.refuse(call.watchId, replyTo, ERRORS.compacted, compactRevision)
    const watcher = makeWatcher(call, replyTo)
    if (call.startRevision > 0) watcher.events = this.missedBy(watcher)
    this.watchers.add(watcher)
    if (watcher.events.length > 0) this.armFlush()
    this.armProgress()
  }

  cancel(watchId: string, replyTo: ReplyTo): void {
    this.watchers.remove(watcherId(replyTo, watchId))
  }

  /** Says that a watch cannot be, or cannot go on. */
  refuse(watchId: string, replyTo: ReplyTo, reason: string, compactRevision?: number): void {
    const canceled = compactRevision === undefined ? { reason } : { reason, compactRevision }
    this.replies.post(replyTo, { watchId, header: this.replies.header(), events: [], canceled })
  }

  /** Tells one watch how far it is, after what is on its way to it. */
  tellProgress(watchId: string, replyTo: ReplyTo): void {
    const watcher = this.watchers.get(watcherId(replyTo, watchId))
    if (watcher === undefined) return
    if (watcher.events.length > 0) this.send(watcher)
    this.send(watcher)
  }

  /** Changes of one transaction, for whom they concern. */
  offer(changes: readonly Change[]): void {
    let wanted = false
    for (const change of changes) wanted = this.watchers.offer(change) || wanted
    if (wanted) this.armFlush()
  }

  /** Watches outlive three election timeouts without a leader. */
  leaderLost(): void {
    const delayMs = 3 * this.host.flags.electionTimeoutMs
    this.leaderlessId ??= this.kernel.send({ to: this.host.address, type: OWN.leaderless }, delayMs)
  }

  leaderFound(): void {
    this.kernel.cancel(this.leaderlessId ?? undefined)
    this.leaderlessId = null
  }

  /** Ends all watches, and the timers with them. */
  end(reason: string): void {
    for (const { watchId, replyTo } of this.watchers.all()) this.refuse(watchId, replyTo, reason)
    this.watchers.clear()
    for (const id of [this.flushId, this.progressId, this.leaderlessId]) this.kernel.cancel(id ?? undefined)
    this.flushId = this.progressId = this.leaderlessId = null
  }

  /** Takes a kernel event. Returns whether it was one of its own. */
  handle(type: string): boolean {
    if (type === OWN.flush) this.flush()
    else if (type === OWN.progress) this.notifyProgress()
    else if (type === OWN.leaderless) this.end(ERRORS.noLeader)
    else return false
    return true
  }

  dump(): WatchServerState {
    const { flushId, progressId, leaderlessId } = this
    return { watchers: this.watchers.dump(), flushId, progressId, leaderlessId }
  }

  load(state: WatchServerState): void {
    this.watchers.load(state.watchers)
    this.flushId = state.flushId
    this.progressId = state.progressId
    this.leaderlessId = state.leaderlessId
  }

  private missedBy(watcher: Watcher): Watcher['events'] {
    return this.host.store
      .history(watcher.key, watcher.rangeEnd, watcher.fromRevision)
      .map((change) => shape(watcher, change))
  }

  private send(watcher: Watcher): void {
    const { watchId, replyTo, events } = watcher
    watcher.events = []
    if (events.length > 0) watcher.served = true
    if (!this.replies.post(replyTo, { watchId, header: this.replies.header(), events }))
      this.watchers.remove(watcher.id)
  }

  private armFlush(): void {
    this.flushId ??= this.kernel.send({ to: this.host.address, type: OWN.flush })
  }

  private flush(): void {
    this.flushId = null
    for (const watcher of this.watchers.waiting()) this.send(watcher)
  }

  private armProgress(): void {
    if (this.progressId !== null || !this.watchers.all().some(({ progressNotify }) => progressNotify)) return
    const delayMs = this.host.flags.watchProgressNotifyIntervalMs
    this.progressId = this.kernel.send({ to: this.host.address, type: OWN.progress }, delayMs)
  }

  private notifyProgress(): void {
    this.progressId = null
    for (const watcher of this.watchers.all()) {
      if (!watcher.progressNotify) continue
      if (!watcher.served && watcher.events.length === 0) this.send(watcher)
      watcher.served = false
    }
    this.armProgress()
  }
}

function makeWatcher(call: WatchCall, replyTo: ReplyTo): Watcher {
  return {
    id: watcherId(replyTo, call.watchId),
    watchId: call.watchId,
    key: call.key,
    rangeEnd: call.rangeEnd,
    prevKv: call.prevKv ?? false,
    progressNotify: call.progressNotify ?? false,
    fromRevision: call.startRevision,
    replyTo,
    events: [],
    served: false,
  }
}

function watcherId({ host, address }: ReplyTo, watchId: string): string {
  return `${host} ${address} ${watchId}`
}
