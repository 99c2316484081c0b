/** What a server says to its clients, and the header that goes with every answer. Models server/etcdserver/api/v3rpc (header.go). */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { ReplyTo } from '../fabric/http.ts'
import { ETCD } from './messages.ts'
import type { EtcdHeader, EtcdResponse, EtcdResult, EtcdWatchData } from './messages.ts'
import type { MemberId } from './raft/types.ts'

/** Who answers. */
export interface Speaker {
  readonly host: HostName
  readonly memberId: MemberId
  readonly clusterId: string
  readonly store: { readonly revision: number }
  readonly raft: { readonly term: number }
}

export class Replies {
  constructor(
    private readonly fabric: Fabric,
    private readonly speaker: Speaker,
  ) {}

  header(): EtcdHeader {
    const { clusterId, memberId, store, raft } = this.speaker
    return { clusterId, memberId, revision: store.revision, raftTerm: raft.term }
  }

  answer(replyTo: ReplyTo, result: EtcdResult): void {
    this.send(replyTo, ETCD.response, { tag: replyTo.tag, header: this.header(), result } satisfies EtcdResponse)
  }

  fail(replyTo: ReplyTo, message: string): void {
    this.answer(replyTo, { kind: 'error', message })
  }

  /** Sends to the client of a watch. Returns false when its host is gone, and the connection with it. */
  post(replyTo: ReplyTo, data: EtcdWatchData): boolean {
    if (!this.fabric.isUp(replyTo.host)) return false
    this.send(replyTo, ETCD.watch, data)
    return true
  }

  private send({ host, address }: ReplyTo, type: string, data: EtcdResponse | EtcdWatchData): void {
    this.fabric.send({ from: this.speaker.host, to: host, event: { to: address, type, data } })
  }
}
