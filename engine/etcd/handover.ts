/** SIGTERM: a leader hands over before it ends. Models server/etcdserver/server.go (TryTransferLeadershipOnShutdown, longestConnected). */
import type { Kernel } from '../kernel/kernel.ts'
import type { Command } from './apply.ts'
import { requestTimeoutMs } from './flags.ts'
import type { EtcdFlags } from './flags.ts'
import type { RaftNode } from './node.ts'
import type { MemberId } from './raft/types.ts'

export interface HandoverHost {
  readonly address: string
  readonly memberId: MemberId
  readonly epoch: number
  readonly flags: EtcdFlags
  readonly raft: RaftNode<Command>
}

/** The event that is sent to the server, which calls `look` with its data. */
export const HANDOVER_DUE = 'etcd.terminate'

export interface Leaving {
  epoch: number
  at: number
}

export class Handover {
  constructor(
    private readonly kernel: Kernel,
    private readonly host: HandoverHost,
    private readonly done: () => void,
  ) {}

  begin(): void {
    const heir = this.heir()
    if (heir === undefined) return this.done()
    this.host.raft.transferLeadership(heir)
    this.lookAgain({ epoch: this.host.epoch, at: this.kernel.now })
  }

  /** Whether another leads by now, or it took too long. */
  look(leaving: Leaving): void {
    if (leaving.epoch !== this.host.epoch) return
    const { raft, flags } = this.host
    if (!raft.isLeader || this.kernel.now - leaving.at >= requestTimeoutMs(flags)) return this.done()
    this.lookAgain(leaving)
  }

  private lookAgain(data: Leaving): void {
    const { address, flags } = this.host
    this.kernel.send({ to: address, type: HANDOVER_DUE, data }, flags.heartbeatIntervalMs)
  }

  /** Who was connected longest. */
  private heir(): MemberId | undefined {
    const { raft, memberId } = this.host
    if (!raft.isLeader) return undefined
    const since = (id: MemberId): number | undefined => raft.activeSinceMs(id)
    const others = raft.voters.filter((id) => id !== memberId && since(id) !== undefined)
    return others.sort((a, b) => (since(a) ?? 0) - (since(b) ?? 0))[0]
  }
}
