/** How writes and changes of the members get into the log. Models server/etcdserver/v3_server.go (processInternalRaftRequestOnce) and server.go (configure). */
import type { ReplyTo } from '../fabric/http.ts'
import type { Command, Write } from './apply.ts'
import type { AuthInfo } from './auth-messages.ts'
import { ERRORS } from './errors.ts'
import type { EtcdCall } from './messages.ts'
import type { RaftNode } from './node.ts'
import type { ConfChange } from './raft/types.ts'
import type { Replies } from './replies.ts'
import type { WaitingClients } from './waiting.ts'

export interface ProposalsHost {
  readonly raft: RaftNode<Command>
}

/** A proposal that waits for a leader. */
type Unproposed = { id: string; command: Command } | { id: string; conf: ConfChange }

export type ProposalsState = Unproposed[]

/** Entries that are committed and not applied yet: more than so many, and no more are taken. */
const MAX_COMMIT_GAP = 5000

export class Proposals {
  private unproposed: Unproposed[] = []

  constructor(
    private readonly host: ProposalsHost,
    private readonly clients: WaitingClients,
    private readonly replies: Replies,
  ) {}

  /** A client's write waits for a leader; what the server wants by itself (no `replyTo`) does not. */
  propose(write: Write, replyTo?: ReplyTo, who?: AuthInfo): void {
    const { raft } = this.host
    const id = this.clients.nextId()
    const command: Command = { id, write, ...(who !== undefined && { who }) }
    if (replyTo === undefined) return void raft.propose(command)
    if (raft.view.commit > raft.applied + MAX_COMMIT_GAP) return this.replies.fail(replyTo, ERRORS.tooManyRequests)
    this.clients.add(id, write as EtcdCall, replyTo)
    if (!raft.propose(command) && !raft.isTransferring) this.unproposed.push({ id, command })
    this.clients.arm()
  }

  proposeChange(call: EtcdCall, conf: ConfChange, replyTo: ReplyTo): void {
    const id = this.clients.nextId()
    this.clients.add(id, call, replyTo)
    if (!this.host.raft.proposeConf(conf, id)) this.unproposed.push({ id, conf })
    this.clients.arm()
  }

  /** There is a leader: those that waited for one are proposed. */
  leaderFound(): void {
    this.unproposed = this.unproposed.filter((one) => !this.proposeAgain(one))
  }

  /** Its client waits no longer. Returns whether it still waited for a leader. */
  forget(id: string): boolean {
    const found = this.unproposed.length
    this.unproposed = this.unproposed.filter((one) => one.id !== id)
    return this.unproposed.length < found
  }

  clear(): void {
    this.unproposed = []
  }

  dump(): ProposalsState {
    return [...this.unproposed]
  }

  load(state: ProposalsState): void {
    this.unproposed = [...state]
  }

  private proposeAgain(one: Unproposed): boolean {
    const { raft } = this.host
    return 'conf' in one ? raft.proposeConf(one.conf, one.id) : raft.propose(one.command)
  }
}
