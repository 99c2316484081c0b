/**
 * The API server's side of its connection to etcd: one endpoint at a time, the next one when it does
 * not answer the door. Models apiserver storage/storagebackend/factory/etcd3.go with grpc's pick-first.
 */
import type { Credentials } from '../../etcd/auth-messages.ts'
import { ETCD } from '../../etcd/messages.ts'
import type { EtcdCall, EtcdRequest } from '../../etcd/messages.ts'
import type { Dial, Fabric, HostName } from '../../fabric/fabric.ts'
import { klogHeader } from '../../objects/klog.ts'

const ETCD_CLIENT_PORT = 2379

export interface EtcdEndpoint {
  /** The host behind the address; absent: the address leads nowhere. */
  host?: HostName
  port?: number
  /** As the flag names it: `127.0.0.1:2379`. */
  address?: string
  /** Where the address leads nowhere: what dialling it says, `dial tcp: lookup …`. */
  failure?: string
  /** Whether it is named with https. */
  isTls?: boolean
}

/** What a closed door says. */
type Closed = { kind: 'closed'; reason: string }

export class EtcdClient {
  /** Which endpoint is in use; part of the server's dump. */
  current = 0

  constructor(
    private readonly fabric: Fabric,
    private readonly host: HostName,
    private readonly address: string,
    private readonly endpoints: () => readonly EtcdEndpoint[],
    private readonly problem: (endpoint: EtcdEndpoint) => string | undefined = () => undefined,
    private readonly serves: (endpoint: EtcdEndpoint) => boolean = () => true,
    /** What the member behind an endpoint sees of who asks, as long as that matters to it. */
    private readonly credentials: (endpoint: EtcdEndpoint) => Credentials | undefined = () => undefined,
  ) {}

  /** Sends a call; the answer comes back under the tag. Returns whether an endpoint took it. */
  send(call: EtcdCall, tag: string): boolean {
    const endpoints = this.endpoints()
    for (let tried = 0; tried < endpoints.length; tried++) {
      const endpoint = endpoints[this.current] as EtcdEndpoint
      const dial = this.dial(endpoint)
      if (dial.kind === 'open') {
        const { host = '', port = ETCD_CLIENT_PORT } = endpoint
        const as = this.credentials(endpoint)
        const replyTo = { host: this.host, address: this.address, tag }
        const data: EtcdRequest = { from: this.host, call, replyTo, ...(as !== undefined && { as }) }
        this.fabric.send({ from: this.host, to: host, port, event: { to: dial.address, type: ETCD.request, data } })
        return true
      }
      this.current = (this.current + 1) % endpoints.length
    }
    return false
  }

  /** Whether the endpoint in use can be reached right now. */
  get connected(): boolean {
    const endpoint = this.endpoints()[this.current]
    return endpoint !== undefined && this.dial(endpoint).kind === 'open'
  }

  /** Whether a `get` would be answered. Models apiserver storage/storagebackend/factory/etcd3.go newETCD3Check. */
  get healthy(): boolean {
    const endpoint = this.endpoints()[this.current]
    return endpoint !== undefined && this.dial(endpoint).kind === 'open' && this.serves(endpoint)
  }

  /** gRPC's lines about endpoints that it cannot connect to (O2): it tries all of them. */
  complaints(clockMs: number): { endpoint: EtcdEndpoint; text: string }[] {
    return this.endpoints().flatMap((endpoint, at) => {
      const dial = this.dial(endpoint)
      if (dial.kind !== 'closed') return []
      const to = JSON.stringify(addressOf(endpoint))
      const text =
        `${klogHeader('W', clockMs, 'logging.go:55')} [core] [Channel #2 SubChannel #${4 + at}]grpc: ` +
        `addrConn.createTransport failed to connect to {Addr: ${to}, ServerName: ${to}, }. ` +
        `Err: connection error: desc = ${JSON.stringify(dial.reason)}\n`
      return [{ endpoint, text }]
    })
  }

  private dial(endpoint: EtcdEndpoint): Extract<Dial, { kind: 'open' }> | Closed {
    const { host, port = ETCD_CLIENT_PORT } = endpoint
    const where = `transport: Error while dialing: dial tcp ${addressOf(endpoint)}`
    if (host === undefined) {
      const reason = endpoint.failure && `transport: Error while dialing: ${endpoint.failure}`
      return { kind: 'closed', reason: reason ?? `${where}: i/o timeout` }
    }
    const dial = this.fabric.dial(this.host, host, port)
    if (dial.kind === 'refused') return { kind: 'closed', reason: `${where}: connect: connection refused` }
    if (dial.kind === 'silent') return { kind: 'closed', reason: `${where}: i/o timeout` }
    const reason = this.problem(endpoint)
    return reason === undefined ? dial : { kind: 'closed', reason }
  }
}

const addressOf = ({ address, host = '', port = ETCD_CLIENT_PORT }: EtcdEndpoint): string =>
  address ?? `${host}:${port}`
