/** What a server does with each call. Models server/etcdserver/api/v3rpc (key.go, quota.go, lease.go, interceptor.go) (H4, L). */
import type { ReplyTo } from '../fabric/http.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Command, Write } from './apply.ts'
import { isOverQuota, isReadOnly, refusal } from './apply.ts'
import type { AuthGate } from './auth-gate.ts'
import type { AuthCall, Credentials } from './auth-messages.ts'
import { minorOf } from './config.ts'
import type { Database } from './database.ts'
import { ERRORS } from './errors.ts'
import type { EtcdFlags } from './flags.ts'
import { isTtlTooLarge } from './lease.ts'
import type { LeaderQuestions } from './leader-questions.ts'
import type { Maintenance } from './maintenance.ts'
import type { MemberChanges } from './member-changes.ts'
import type { EtcdCall, EtcdRequest } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { Proposals } from './proposals.ts'
import type { MemberId } from './raft/types.ts'
import type { ReadLoop } from './read-loop.ts'
import type { Replies } from './replies.ts'
import { opBytes } from './sizes.ts'
import { StoreError } from './store.ts'
import type { WatchServer } from './watch-server.ts'

export interface CallsHost {
  readonly address: string
  readonly memberId: MemberId
  readonly isLearner: boolean
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: RaftNode<Command>
}

/** Who sees to it. */
export interface Departments {
  replies: Replies
  proposals: Proposals
  reads: ReadLoop
  watches: WatchServer
  questions: LeaderQuestions
  changes: MemberChanges
  maintenance: Maintenance
  gate: AuthGate
}

export class Calls {
  constructor(
    private readonly kernel: Kernel,
    private readonly host: CallsHost,
    private readonly to: Departments,
  ) {}

  serve(request: EtcdRequest): void {
    try {
      this.serveOrThrow(request)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.to.gate.tell()
      this.refuse(request, error.message)
    }
  }

  private refuse({ call, replyTo }: EtcdRequest, message: string): void {
    if (call.kind === 'watch') this.to.watches.refuse(call.watchId, replyTo, message)
    else this.to.replies.fail(replyTo, message)
  }

  /** Throws a StoreError for what its sender may not do. */
  private serveOrThrow(request: EtcdRequest): void {
    const { call, replyTo, as } = request
    const { to } = this
    if (this.host.isLearner && !isForLearner(call)) return this.refuse(request, ERRORS.notForLearner)
    to.gate.checkCall(call, as)
    switch (call.kind) {
      case 'txn':
        return this.serveTxn(call, replyTo, as)
      case 'compact':
      case 'leaseRevoke':
      case 'alarm':
        return to.proposals.propose(call, replyTo, to.gate.identify(as))
      case 'leaseGrant':
        return this.serveGrant(call, replyTo, as)
      case 'range':
        return call.serializable === true ? to.reads.answer(call, replyTo, as) : to.reads.ask(call, replyTo, as)
      case 'memberList':
        return this.listsLocally(call) ? to.reads.answer(call, replyTo) : to.reads.ask(call, replyTo)
      case 'readIndex':
      case 'leases':
        return to.reads.ask(call, replyTo, as)
      case 'leaseTimeToLive':
      case 'leaseKeepAlive':
        to.gate.checkRead(call, as)
        return to.questions.ask(call, replyTo)
      case 'status':
      case 'snapshot':
      case 'hashKv':
        return to.reads.answer(call, replyTo, as)
      case 'watch':
        return this.serveWatch(call, replyTo, as)
      case 'watchCancel':
        return to.watches.cancel(call.watchId, replyTo)
      case 'watchProgress':
        return to.watches.tellProgress(call.watchId, replyTo)
      case 'defragment':
        return to.maintenance.defragment(replyTo)
      case 'moveLeader':
        return to.maintenance.moveLeader(call.target, replyTo)
      case 'memberPromote':
        return this.host.raft.isLeader ? to.changes.serve(call, replyTo) : to.questions.ask(call, replyTo)
      case 'memberAdd':
      case 'memberRemove':
      case 'memberUpdate':
        return to.changes.serve(call, replyTo)
      default:
        return this.serveAuth(call, replyTo, as)
    }
  }

  /** Lists of users and roles go through the log too. Who wants a token has none yet. */
  private serveAuth(call: AuthCall, replyTo: ReplyTo, as: Credentials | undefined): void {
    const { gate, proposals } = this.to
    const write = gate.writeOf(call)
    proposals.propose(write, replyTo, call.kind === 'authenticate' ? undefined : gate.identify(as))
  }

  /** 3.4 never asks the others. */
  private listsLocally({ linearizable }: Extract<EtcdCall, { kind: 'memberList' }>): boolean {
    return linearizable === false || minorOf(this.host.flags.version) < 5
  }

  private serveTxn(call: Extract<Write, { kind: 'txn' }>, replyTo: ReplyTo, as: Credentials | undefined): void {
    const { replies, reads, proposals, gate } = this.to
    const { maxTxnOps, maxRequestBytes } = this.host.flags
    const message = refusal(call, maxTxnOps)
    if (message !== undefined) replies.fail(replyTo, message)
    else if (isReadOnly(call)) reads.ask(call, replyTo, as)
    else if (this.isOutOfSpace(call, replyTo)) return
    else if (bytesOf(call) > maxRequestBytes) replies.fail(replyTo, ERRORS.tooLarge)
    else proposals.propose(call, replyTo, gate.identify(as))
  }

  /** A member without space says so to all: from then on nobody takes puts (quotaKVServer). */
  private isOutOfSpace(write: Write, replyTo: ReplyTo): boolean {
    const { db, flags, memberId } = this.host
    if (!isOverQuota(db, write, this.kernel.now, flags.quotaBytes)) return false
    this.to.proposals.propose({ kind: 'alarm', action: 'activate', memberId, alarm: 'NOSPACE' })
    this.to.replies.fail(replyTo, ERRORS.noSpace)
    return true
  }

  private serveGrant(
    call: Extract<Write, { kind: 'leaseGrant' }>,
    replyTo: ReplyTo,
    as: Credentials | undefined,
  ): void {
    const { replies, proposals, gate } = this.to
    if (isTtlTooLarge(call.ttlSeconds)) return replies.fail(replyTo, ERRORS.leaseTtlTooLarge)
    const isNameless = call.id === undefined || call.id === 0
    const id = isNameless ? 1 + this.kernel.random(this.host.address).int(2 ** 48) : call.id
    if (!this.isOutOfSpace(call, replyTo)) proposals.propose({ ...call, id }, replyTo, gate.identify(as))
  }

  private serveWatch(call: Extract<EtcdCall, { kind: 'watch' }>, replyTo: ReplyTo, as: Credentials | undefined): void {
    const { watches, replies, gate } = this.to
    gate.checkWatch(call, as)
    if (this.host.raft.lead === null) return watches.refuse(call.watchId, replyTo, ERRORS.noLeader)
    replies.answer(replyTo, { kind: 'watch', watchId: call.watchId })
    watches.begin(call, replyTo)
  }
}

/** What a learner answers (isRPCSupportedForLearner); streams of snapshots too. */
function isForLearner(call: EtcdCall): boolean {
  if (call.kind === 'range') return call.serializable === true
  return call.kind === 'status' || call.kind === 'snapshot'
}

function bytesOf({ compare, success, failure }: Extract<Write, { kind: 'txn' }>): number {
  const sum = (ops: typeof success): number => ops.reduce((bytes, op) => bytes + opBytes(op), 0)
  return sum(success) + sum(failure) + compare.length * 32
}
