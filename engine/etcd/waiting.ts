/**
 * Clients that wait: for their write to be applied, for their read to be allowed, for the leader's word; and what they
 * hear when that takes too long. Models server/etcdserver/v3_server.go (wait, parseProposeCtxErr) (L).
 */
import type { ReplyTo } from '../fabric/http.ts'
import type { EventId, Kernel } from '../kernel/kernel.ts'
import { isReadOnly } from './apply.ts'
import { ERRORS } from './errors.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import type { Credentials } from './auth-messages.ts'
import type { EtcdCall } from './messages.ts'
import type { MemberId } from './raft/types.ts'

export interface Waiting {
  id: string
  call: EtcdCall
  replyTo: ReplyTo
  startedAt: number
  as?: Credentials
}

export interface WaitingHost {
  readonly address: string
  readonly flags: EtcdFlags
  readonly memberId: MemberId
  /** Counts the starts of the process. */
  readonly epoch: number
}

export interface WaitingState {
  /** Ids that were given out. */
  count: number
  waiting: Waiting[]
  timerId: EventId | null
}

/** The event that it sends to its server, which asks for `overdue`. */
export const REQUEST_DUE = 'etcd.deadline'

export class WaitingClients {
  private count = 0
  /** In the order in which they came, which is the order in which they will be due. */
  private waiting = new Map<string, Waiting>()
  private timerId: EventId | null = null

  constructor(
    private readonly kernel: Kernel,
    private readonly host: WaitingHost,
  ) {}

  get size(): number {
    return this.waiting.size
  }

  /** An id that no other request of this cluster ever has. */
  nextId(): string {
    return `${this.host.memberId}/${this.host.epoch}/${++this.count}`
  }

  /** Call `arm` when it turned out that there was no answer at once. */
  add(id: string, call: EtcdCall, replyTo: ReplyTo, as?: Credentials): void {
    this.waiting.set(id, { id, call, replyTo, startedAt: this.kernel.now, ...(as !== undefined && { as }) })
  }

  /** Somebody is about to be answered. undefined: nobody here waits for that. */
  take(id: string): Waiting | undefined {
    const found = this.waiting.get(id)
    this.waiting.delete(id)
    return found
  }

  /** One timer for all. */
  arm(): void {
    const [first] = this.waiting.values()
    if (this.timerId !== null || first === undefined) return
    this.timerId = this.kernel.send({ to: this.host.address, type: REQUEST_DUE }, this.dueAt(first) - this.kernel.now)
  }

  /** The timer went off: takes those who waited for too long. */
  overdue(): Waiting[] {
    this.timerId = null
    const found: Waiting[] = []
    for (const one of this.waiting.values()) {
      if (this.dueAt(one) > this.kernel.now) break
      found.push(one)
    }
    for (const { id } of found) this.waiting.delete(id)
    return found
  }

  /** Takes all: the process ends. */
  end(): Waiting[] {
    const all = [...this.waiting.values()]
    this.waiting.clear()
    return all
  }

  cancelTimer(): void {
    this.kernel.cancel(this.timerId ?? undefined)
    this.timerId = null
  }

  dump(): WaitingState {
    return { count: this.count, waiting: [...this.waiting.values()], timerId: this.timerId }
  }

  load({ count, waiting, timerId }: WaitingState): void {
    this.count = count
    this.waiting = new Map(waiting.map((one) => [one.id, one]))
    this.timerId = timerId
  }

  private dueAt({ startedAt }: Waiting): number {
    return startedAt + requestTimeoutMs(this.host.flags)
  }
}

/** What a server knows of its leader when a request was not answered in time. */
export interface LeaderFacts {
  /** When the present leader became known; 0: none ever was. */
  leadSince: number
  electionTimeoutMs: number
  isCutFromLeader: () => boolean
}

/** Why a request got no answer (parseProposeCtxErr). */
export function timeoutText({ call, startedAt }: Waiting, facts: LeaderFacts): string {
  if (isRead(call)) return ERRORS.timeout
  const { leadSince } = facts
  const lostAt = leadSince - 2 * facts.electionTimeoutMs
  if (leadSince > 0 && startedAt > lostAt && startedAt < leadSince) return ERRORS.timeoutLeaderFailure
  return facts.isCutFromLeader() ? ERRORS.timeoutConnectionLost : ERRORS.timeout
}

const WRITES = [
  'txn',
  'compact',
  'leaseGrant',
  'leaseRevoke',
  'alarm',
  'memberAdd',
  'memberRemove',
  'memberUpdate',
  'memberPromote',
]

export function isRead(call: EtcdCall): boolean {
  return !WRITES.includes(call.kind) || (call.kind === 'txn' && isReadOnly(call))
}
