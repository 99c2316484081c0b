/** Changes of the members: let through, proposed, applied, answered. Models server/etcdserver/server.go (AddMember and its neighbours, applyConfChange) (H2). */
import type { ReplyTo } from '../fabric/http.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Command } from './apply.ts'
import { confChange } from './boot.ts'
import type { Database } from './database.ts'
import type { EtcdFlags } from './flags.ts'
import type { Membership, MembershipChange } from './membership.ts'
import type { EtcdResult } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { Proposals } from './proposals.ts'
import type { ConfChange, MemberId } from './raft/types.ts'
import { changeOf, changeRefusal } from './reconfiguration.ts'
import type { ChangeCall } from './reconfiguration.ts'
import type { Replies } from './replies.ts'
import type { WaitingClients } from './waiting.ts'

export interface ChangesHost {
  readonly memberId: MemberId
  readonly flags: EtcdFlags
  readonly db: Database
  readonly raft: RaftNode<Command>
  /** Since when both processes run and see each other. */
  activeSinceMs(id: MemberId): number | undefined
  /** A member belongs to the cluster no more. */
  removed(id: MemberId): void
}

export class MemberChanges {
  constructor(
    private readonly kernel: Kernel,
    private readonly host: ChangesHost,
    private readonly clients: WaitingClients,
    private readonly replies: Replies,
    private readonly proposals: Proposals,
  ) {}

  serve(call: ChangeCall, replyTo: ReplyTo): void {
    const refused = this.refusal(call)
    if (refused !== undefined) return this.replies.fail(replyTo, refused)
    this.propose(call, replyTo)
  }

  propose(call: ChangeCall, replyTo: ReplyTo): void {
    const conf = confChange(changeOf(call, this.host.db.membership, this.kernel.clockMs))
    this.proposals.proposeChange(call, conf, replyTo)
  }

  /** Why a server does not let a change through (--strict-reconfig-check). */
  refusal(call: ChangeCall): string | undefined {
    const { db, memberId, flags, raft } = this.host
    const at = {
      membership: db.membership,
      ownId: memberId,
      nowMs: this.kernel.now,
      strict: flags.strictReconfigCheck,
      healthIntervalMs: flags.healthIntervalMs,
      activeSinceMs: (id: MemberId) => this.host.activeSinceMs(id),
    }
    return changeRefusal(at, call, (id) => raft.progressOf(id))
  }

  /** A change is committed. Returns false when it is refused after all. */
  apply({ id, context }: ConfChange, requestId: string | undefined): boolean {
    const change = context as MembershipChange
    const { membership } = this.host.db
    const again = isAgain(membership, change)
    const problem = again ? undefined : membership.problem(change, this.host.flags.maxLearners)
    if (problem === undefined && !again) membership.change(change)
    if (requestId !== undefined) this.answer(change, requestId, problem)
    if (problem !== undefined) return false
    if (change.type === 'remove') this.host.removed(id)
    return true
  }

  private answer(change: MembershipChange, requestId: string, problem: string | undefined): void {
    const waiting = this.clients.take(requestId)
    if (waiting === undefined) return
    if (problem !== undefined) return this.replies.fail(waiting.replyTo, problem)
    const members = this.host.db.membership.all()
    const result: EtcdResult =
      change.type === 'add' ? { kind: 'memberAdd', member: change.member, members } : { kind: 'memberChange', members }
    this.replies.answer(waiting.replyTo, result)
  }
}

/** Added once more, with the same URLs. */
function isAgain(membership: Membership, change: MembershipChange): boolean {
  return change.type === 'add' && membership.get(change.member.id)?.peerUrls.join() === change.member.peerUrls.join()
}
