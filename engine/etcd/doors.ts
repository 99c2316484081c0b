/** The ports of a server: who may come in, and what HTTP gets there. Models server/embed (etcd.go, serve.go). */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { Replier } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData, HttpResponse } from '../fabric/http.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { parseUrl } from './config.ts'
import type { EtcdConfig } from './config.ts'
import { respond } from './http.ts'
import type { HealthFacts } from './http.ts'
import { handshake } from './tls.ts'
import type { HandshakeProblem, TlsClient } from './tls.ts'

/** A TCP port, and what is served there. */
export interface Listener {
  kind: 'client' | 'peer' | 'metrics'
  scheme: 'http' | 'https'
  address: string
  port: number
}

export interface DoorsHost {
  readonly host: HostName
  readonly address: string
  readonly config: EtcdConfig | undefined
  /** The text of a file of the host. */
  read(path: string): string | undefined
  /** A connection was refused. */
  sayRejected(endpoint: 'client' | 'peer', problem: string, remoteAddress: string, serverName?: string): void
  healthFacts(): HealthFacts
}

export class Doors {
  isOpen = false
  /** The listeners of a config. Derived. */
  private known: { of: EtcdConfig; list: Listener[] } | undefined

  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly server: DoorsHost,
  ) {}

  open(): void {
    this.isOpen = true
    for (const { port } of this.listeners()) this.fabric.listen(this.server.host, port, this.server.address)
  }

  close(): void {
    const { host, address } = this.server
    for (const { port } of this.listeners())
      if (this.fabric.listener(host, port) === address) this.fabric.unlisten(host, port)
    this.isOpen = false
  }

  listeners(): Listener[] {
    const { config } = this.server
    if (config === undefined || !this.isOpen) return []
    if (this.known?.of !== config) this.known = { of: config, list: listenersOf(config) }
    return this.known.list
  }

  /** Whether the process listens at an address of its host. */
  accepts(address: string, port: number): boolean {
    return this.listeners().some((one) => one.port === port && (one.address === address || isAny(one.address)))
  }

  /** A client at the door of a port: undefined when it may come in. The server logs whom it rejects. */
  handshake(port: number, client: TlsClient, remoteAddress = '127.0.0.1:40000'): HandshakeProblem | undefined {
    const listener = this.listeners().find((one) => one.port === port)
    if (listener === undefined) return { client: 'connect: connection refused' }
    const { clientTls, peerTls } = this.server.config ?? {}
    const tls = listener.scheme === 'http' ? undefined : listener.kind === 'peer' ? peerTls : clientTls
    const problem = handshake(client, { tls, read: (path) => this.server.read(path), nowMs: this.kernel.clockMs })
    const endpoint = listener.kind === 'peer' ? 'peer' : 'client'
    if (problem?.server !== undefined)
      this.server.sayRejected(endpoint, problem.server, remoteAddress, client.serverName)
    return problem
  }

  /** HTTP on a client or metrics port; undefined when nothing listens there. */
  respond(port: number, request: HttpRequest): HttpResponse | undefined {
    const listener = this.listeners().find((one) => one.port === port && one.kind !== 'peer')
    return listener === undefined ? undefined : respond(request, this.server.healthFacts())
  }

  /** HTTP that came through the network; without a port it is meant for the first that clients have. */
  serve({ request, replyTo, at }: HttpRequestData): void {
    const port = at?.port ?? this.listeners().find(({ kind }) => kind !== 'peer')?.port ?? 0
    const response = this.respond(port, request)
    if (response !== undefined) new Replier(this.fabric, this.server.host, replyTo).respond(response)
  }
}

function listenersOf(config: EtcdConfig): Listener[] {
  const of = (kind: Listener['kind'], urls: readonly string[]): Listener[] =>
    urls.flatMap((url) => {
      const listener = parseUrl(url)
      return listener === undefined ? [] : [{ kind, ...listener }]
    })
  return [
    ...of('client', config.listenClientUrls),
    ...of('peer', config.listenPeerUrls),
    ...of('metrics', config.listenMetricsUrls),
  ]
}

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::'
