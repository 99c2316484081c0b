/** Reads that must not be stale: the leader names an index, and they are answered once it is applied. Models server/etcdserver/v3_server.go (linearizableReadLoop, requestCurrentIndex) (H1). */
import type { ReplyTo } from '../fabric/http.ts'
import type { EventId, Kernel } from '../kernel/kernel.ts'
import type { Command } from './apply.ts'
import type { Credentials } from './auth-messages.ts'
import { ERRORS } from './errors.ts'
import type { EtcdFlags } from './flags.ts'
import type { EtcdCall, EtcdResult } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { MemberId } from './raft/types.ts'
import { ReadBatches } from './reads.ts'
import type { ReadBatchesState } from './reads.ts'
import type { Replies } from './replies.ts'
import { StoreError } from './store.ts'
import type { WaitingClients } from './waiting.ts'

export interface ReadHost {
  readonly address: string
  readonly memberId: MemberId
  readonly epoch: number
  readonly flags: EtcdFlags
  readonly raft: RaftNode<Command>
  /** What the state machine says now. Throws a StoreError when it cannot. */
  answerTo(call: EtcdCall, as?: Credentials): EtcdResult
}

export interface ReadLoopState {
  batches: ReadBatchesState
  retryId: EventId | null
}

/** The event that it sends to its server, which calls `retry`. */
export const READ_DUE = 'etcd.read.retry'

export class ReadLoop {
  private readonly batches = new ReadBatches()
  private retryId: EventId | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly host: ReadHost,
    private readonly clients: WaitingClients,
    private readonly replies: Replies,
  ) {}

  /** Answers as soon as the leader named an index and it is applied here. */
  ask(call: EtcdCall, replyTo: ReplyTo, as?: Credentials): void {
    const id = this.clients.nextId()
    this.clients.add(id, call, replyTo, as)
    this.batches.add(id)
    this.begin()
    this.clients.arm()
  }

  /** Answers from what is applied here now. */
  answer(call: EtcdCall, replyTo: ReplyTo, as?: Credentials): void {
    try {
      this.replies.answer(replyTo, this.host.answerTo(call, as))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.replies.fail(replyTo, error.message)
    }
  }

  /** Begins the next batch, unless one is on its way. */
  begin(): void {
    const context = this.batches.begin(`${this.host.memberId}/${this.host.epoch}`)
    if (context === null) return
    this.host.raft.readIndex(context)
    this.armRetry()
  }

  /** What the batch must see is applied. */
  ready(context: string): void {
    if (context !== this.batches.context) return
    for (const id of this.batches.end()) {
      const waiting = this.clients.take(id)
      if (waiting !== undefined) this.answer(waiting.call, waiting.replyTo, waiting.as)
    }
    this.begin()
  }

  retry(): void {
    this.retryId = null
    if (this.batches.context === null) return
    this.host.raft.readIndex(this.batches.context)
    this.armRetry()
  }

  /** Reads that were asked under another leader fail; those that waited for the first one are asked now. */
  leaderFound(isFirst: boolean): void {
    const { context } = this.batches
    if (context === null) return
    if (isFirst) return void this.host.raft.readIndex(context)
    for (const id of this.batches.end()) {
      const waiting = this.clients.take(id)
      if (waiting !== undefined) this.replies.fail(waiting.replyTo, ERRORS.leaderChanged)
    }
    this.begin()
  }

  /** Its client waits no longer. */
  forget(id: string): void {
    if (this.batches.forget(id)) this.batches.end()
  }

  clear(): void {
    this.batches.clear()
  }

  cancelTimer(): void {
    this.kernel.cancel(this.retryId ?? undefined)
    this.retryId = null
  }

  dump(): ReadLoopState {
    return { batches: this.batches.dump(), retryId: this.retryId }
  }

  load({ batches, retryId }: ReadLoopState): void {
    this.batches.load(batches)
    this.retryId = retryId
  }

  private armRetry(): void {
    if (this.batches.context === null) return
    const { address, flags } = this.host
    this.retryId ??= this.kernel.send({ to: address, type: READ_DUE }, flags.readIndexRetryMs)
  }
}
