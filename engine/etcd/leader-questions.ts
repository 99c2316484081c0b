/** What only the leader can answer: others ask it for their clients. Models server/etcdserver/v3_server.go (LeaseRenew, LeaseTimeToLive) and server.go (PromoteMember). */
import type { ReplyTo } from '../fabric/http.ts'
import type { Command } from './apply.ts'
import { ERRORS } from './errors.ts'
import type { LeaseCall, LeaseClock } from './lease-clock.ts'
import type { MemberChanges } from './member-changes.ts'
import { ETCD } from './messages.ts'
import type { EtcdCall, EtcdResult } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { MemberId } from './raft/types.ts'
import type { Replies } from './replies.ts'
import type { WaitingClients } from './waiting.ts'

type PromoteCall = Extract<EtcdCall, { kind: 'memberPromote' }>
export type LeaderCall = LeaseCall | PromoteCall

/** From member to member. */
export interface LeaderQuestion {
  from: MemberId
  id: string
  call: LeaderCall
}

export interface LeaderAnswer {
  id: string
  result: EtcdResult
}

export interface QuestionsHost {
  readonly memberId: MemberId
  readonly raft: RaftNode<Command>
}

/** The way to other members. */
export interface QuestionLinks {
  send(to: MemberId, type: string, data: unknown): void
}

/** What the questions are about. */
export interface QuestionTopics {
  leases: LeaseClock
  changes: MemberChanges
}

export class LeaderQuestions {
  constructor(
    private readonly host: QuestionsHost,
    private readonly links: QuestionLinks,
    private readonly clients: WaitingClients,
    private readonly replies: Replies,
    private readonly topics: QuestionTopics,
  ) {}

  ask(call: LeaderCall, replyTo: ReplyTo): void {
    const { raft, memberId } = this.host
    const { leases } = this.topics
    if (raft.isLeader && call.kind !== 'memberPromote') return this.replies.answer(replyTo, leases.answer(call))
    if (raft.lead === null) return this.replies.fail(replyTo, ERRORS.noLeader)
    const id = this.clients.nextId()
    this.clients.add(id, call, replyTo)
    this.links.send(raft.lead, ETCD.lease, { from: memberId, id, call } satisfies LeaderQuestion)
    this.clients.arm()
  }

  /** Another member asks. */
  answer({ from, id, call }: LeaderQuestion): void {
    const result = this.host.raft.isLeader ? this.resultOf(call) : error(ERRORS.notLeader)
    this.links.send(from, ETCD.leaseAnswer, { id, result } satisfies LeaderAnswer)
  }

  /** A promotion that the leader lets through is proposed by the member that was asked. */
  take({ id, result }: LeaderAnswer): void {
    const waiting = this.clients.take(id)
    if (waiting === undefined) return
    const { call, replyTo } = waiting
    if (call.kind === 'memberPromote' && result.kind !== 'error') this.topics.changes.propose(call, replyTo)
    else this.replies.answer(replyTo, result)
  }

  private resultOf(call: LeaderCall): EtcdResult {
    if (call.kind !== 'memberPromote') return this.topics.leases.answer(call)
    const refused = this.topics.changes.refusal(call)
    return refused === undefined ? { kind: 'readIndex' } : error(refused)
  }
}

const error = (message: string): EtcdResult => ({ kind: 'error', message })
