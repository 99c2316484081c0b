/**
 * The API server's side of its connection to etcd: one endpoint at a time, the next one when it does
 * not answer the door. Models apiserver storage/storagebackend/factory/etcd3.go with grpc's pick-first.
 */
import { ETCD } from '../../etcd/messages.ts'
import type { EtcdCall, EtcdRequest } from '../../etcd/messages.ts'
import type { Fabric, HostName } from '../../fabric/fabric.ts'

const ETCD_CLIENT_PORT = 2379

export interface EtcdEndpoint {
  host: HostName
  port?: number
}

export class EtcdClient {
  /** Which endpoint is in use; part of the server's dump. */
  current = 0

  constructor(
    private readonly fabric: Fabric,
    private readonly host: HostName,
    private readonly address: string,
    private readonly endpoints: EtcdEndpoint[],
  ) {}

  /** Sends a call; the answer comes back under the tag. Returns whether an endpoint took it. */
  send(call: EtcdCall, tag: string): boolean {
    for (let tried = 0; tried < this.endpoints.length; tried++) {
      const { host, port = ETCD_CLIENT_PORT } = this.endpoints[this.current] as EtcdEndpoint
      const dial = this.fabric.dial(this.host, host, port)
      if (dial.kind === 'open') {
        const data: EtcdRequest = { from: this.host, call, replyTo: { host: this.host, address: this.address, tag } }
        this.fabric.send({ from: this.host, to: host, port, event: { to: dial.address, type: ETCD.request, data } })
        return true
      }
      this.current = (this.current + 1) % this.endpoints.length
    }
    return false
  }

  /** Whether the endpoint in use can be reached right now. */
  get connected(): boolean {
    const endpoint = this.endpoints[this.current]
    return (
      endpoint !== undefined &&
      this.fabric.dial(this.host, endpoint.host, endpoint.port ?? ETCD_CLIENT_PORT).kind === 'open'
    )
  }
}
