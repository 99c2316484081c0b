/**
 * The network of a host's own processes, over the fabric. Names come from /etc/hosts and from the
 * address book; errors have Go's texts.
 *
 * Not modelled: the TCP handshake's round trip, DNS servers other than the address book.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { dialPort, openPort } from './listening.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData, ReplyTo } from '../fabric/http.ts'
import type { FileTree } from './files.ts'
import type { Connected, Eventually, HostNetwork, NetworkPoint, Resolved, SentRequest } from './network-port.ts'
import type { HttpFailure, Outgoing } from './process.ts'
import type { ProcessRoot } from './runtime/world.ts'

/** Go's default dial timeout; a silent address is given up after it. */
const DIAL_TIMEOUT_MS = 30_000

/** Which host has which address. */
export interface AddressBook {
  hostOf(ip: string): HostName | undefined
  ipOf(name: string): string | undefined
}

export interface FabricNetworkOptions {
  fabric: Fabric
  book: AddressBook
  /** For /etc/hosts. */
  tree(host: HostName, root: ProcessRoot): FileTree | undefined
  /** What TLS says: the identity of a client certificate, or why the handshake fails. */
  handshake?(
    from: NetworkPoint,
    to: { host: HostName; port: number; name: string },
    tls: Outgoing['tls'],
  ): { certificate?: HttpRequest['certificate'] } | HttpFailure
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

export class FabricNetwork implements HostNetwork {
  constructor(private readonly options: FabricNetworkOptions) {}

  http(from: NetworkPoint, outgoing: Outgoing, replyTo: ReplyTo): { sent: SentRequest } | Eventually<HttpFailure> {
    const target = parseUrl(outgoing.url)
    const found = this.addressOf(from, target.name)
    if (found === undefined) {
      return { answer: { failure: 'dns', message: `dial tcp: lookup ${target.name}: no such host` } }
    }
    const to = this.hostOf(from, found)
    const dial =
      to === undefined
        ? ({ kind: 'silent' } as const)
        : dialPort(this.options.fabric, from.host, to, found, target.port)
    const where = `${found}:${target.port}`
    if (dial.kind === 'refused')
      return { answer: { failure: 'refused', message: `dial tcp ${where}: connect: connection refused` } }
    if (dial.kind === 'silent' || to === undefined) {
      return { answer: { failure: 'timeout', message: `dial tcp ${where}: i/o timeout` }, afterMs: DIAL_TIMEOUT_MS }
    }
    return this.send(from, outgoing, replyTo, { ...target, host: to, address: dial.address })
  }

  input(from: NetworkPoint, sent: SentRequest, input: unknown): void {
    this.post(from, sent, HTTP.input, { id: sent.id, from: from.host, input })
  }

  cancel(from: NetworkPoint, sent: SentRequest): void {
    this.post(from, sent, HTTP.cancel, { id: sent.id, from: from.host })
  }

  resolve(from: NetworkPoint, name: string): Eventually<Resolved> {
    const address = this.addressOf(from, name)
    return { answer: address === undefined ? { error: 'NXDOMAIN' } : { addresses: [address] } }
  }

  connect(from: NetworkPoint, name: string, port: number): Eventually<Connected> {
    const address = this.addressOf(from, name)
    const host = address === undefined ? undefined : this.hostOf(from, address)
    if (host === undefined) return { answer: 'unreachable' }
    const { kind } = dialPort(this.options.fabric, from.host, host, address ?? '', port)
    if (kind === 'silent') return { answer: 'timeout', afterMs: 120_000 }
    return { answer: kind === 'open' ? 'open' : 'refused' }
  }

  listen(at: NetworkPoint, bind: string, port: number): boolean {
    return openPort(this.options.fabric, at.host, bind, port)
  }

  unlisten(at: NetworkPoint, port: number): void {
    this.options.fabric.unlisten(at.host, port)
  }

  reply(at: NetworkPoint, to: ReplyTo, type: string, data: unknown): void {
    this.options.fabric.send({ from: at.host, to: to.host, event: { to: to.address, type, data } })
  }

  private send(
    from: NetworkPoint,
    outgoing: Outgoing,
    replyTo: ReplyTo,
    to: Target & { host: HostName; address: string },
  ): { sent: SentRequest } | { answer: HttpFailure } {
    const shaken = to.secure ? (this.options.handshake?.(from, to, outgoing.tls) ?? {}) : {}
    if ('failure' in shaken) return { answer: shaken }
    const request: HttpRequest = { ...outgoing.request, path: to.path, ...shaken }
    const sent: SentRequest = { address: to.address, host: to.host, id: replyTo.tag }
    const at = { host: to.host, port: to.port }
    const data: HttpRequestData = { id: replyTo.tag, from: from.host, request, replyTo, at }
    this.options.fabric.send({
      from: from.host,
      to: to.host,
      port: to.port,
      event: { to: to.address, type: HTTP.request, data },
    })
    return { sent }
  }

  private post(from: NetworkPoint, sent: SentRequest, type: string, data: unknown): void {
    this.options.fabric.send({ from: from.host, to: sent.host, event: { to: sent.address, type, data } })
  }

  private hostOf(from: NetworkPoint, ip: string): HostName | undefined {
    return ip.startsWith('127.') ? from.host : this.options.book.hostOf(ip)
  }

  /** /etc/hosts first, then the address book. */
  private addressOf(from: NetworkPoint, name: string): string | undefined {
    if (IPV4.test(name)) return name
    const lines = this.options.tree(from.host, from.root)?.text('/etc/hosts')?.split('\n') ?? []
    for (const line of lines) {
      const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
      if (address !== undefined && IPV4.test(address) && names.includes(name)) return address
    }
    return name === 'localhost' ? '127.0.0.1' : this.options.book.ipOf(name)
  }
}

interface Target {
  secure: boolean
  name: string
  port: number
  path: string
}

function parseUrl(url: string): Target {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?(\/[^?]*)?/.exec(url)
  const secure = match?.[1] !== 'http'
  const port = match?.[3] === undefined ? (secure ? 443 : 80) : Number(match[3])
  return { secure, name: match?.[2] ?? '', port, path: match?.[4] ?? '/' }
}
