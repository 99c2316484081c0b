/**
 * The network that processes of hosts and pods see: names by resolv.conf and CoreDNS, Services by the
 * rules of the node, pods by their addresses, hosts by the fabric. Not modelled: UDP other than DNS,
 * NetworkPolicy (a policy that selects a pod is stored and does nothing), IPv6, MTU.
 */
import type { Fabric, HostName } from '../fabric/fabric.ts'
import { HTTP } from '../fabric/http.ts'
import type { HttpRequest, HttpRequestData, HttpResponse, ReplyTo } from '../fabric/http.ts'
import { dialPort, openPort } from '../host/listening.ts'
import type {
  Asked,
  DnsQuestion,
  Connected,
  Eventually,
  HostNetwork,
  NetworkPoint,
  Resolved,
  SentRequest,
} from '../host/network-port.ts'
import type { HttpFailure, Outgoing } from '../host/process.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { parseCertificates, verifyCertificate } from '../pki/index.ts'
import type { CoreDns, Upstream } from './core-dns.ts'
import type { DnsAnswer } from './dns-records.ts'
import { NETWORK_FLAGS } from './flags.ts'
import { replyOf } from './dns-records.ts'
import { lookUp, parseResolvConf } from './resolver.ts'
import { route } from './route.ts'
import type { Origin, Route, RouteWorld } from './route.ts'

/** A modelled listener of a pod. */
export interface PodListeners {
  listening(podIp: string, port: number): { http: boolean; certificate?: string } | undefined
  respond(podIp: string, port: number, request: HttpRequest, from: string): HttpResponse | undefined
}

export interface ClusterNetworkOptions extends RouteWorld {
  kernel: Kernel
  fabric: Fabric
  /** The pod listeners of a host's kubelet. */
  listenersOf(host: HostName): PodListeners | undefined
  dnsOf(host: HostName): CoreDns | undefined
  upstream: Upstream
  /** What a site outside of the simulation answers to a GET of a path; undefined: nothing is there. */
  site?(name: string, path: string): HttpResponse | undefined
  /** The address of a host, or of the pod that a container belongs to. */
  addressOf(from: NetworkPoint): string
  /** Text of a file as the process sees it. */
  readFile(from: NetworkPoint, path: string): string | undefined
  /** A host by its bare name, as a hosts file or the site's DNS knows it. */
  hostAddress(name: string): string | undefined
  /** What TLS says of a connection to a host's port. */
  handshake(
    from: NetworkPoint,
    to: { host: HostName; port: number; name: string },
    tls: Outgoing['tls'],
  ): { certificate?: HttpRequest['certificate'] } | HttpFailure
  /** What a port of a host that waits for TLS makes of a request without: it says so, or only closes. */
  toPlain?(host: HostName, port: number): 'refused' | 'closed' | undefined
}

/** What Go's net/http says to those who do not speak TLS to a port that does. */
const NOT_HTTPS: HttpResponse = {
  code: 400,
  headers: {},
  body: 'Client sent an HTTP request to an HTTPS server.\n',
}

interface Target {
  secure: boolean
  name: string
  port: number
  path: string
}

export class ClusterNetwork implements HostNetwork {
  constructor(private readonly options: ClusterNetworkOptions) {}

  http(from: NetworkPoint, outgoing: Outgoing, replyTo: ReplyTo): { sent: SentRequest } | Eventually<HttpFailure> {
    const target = parseUrl(outgoing.url)
    const resolved = this.find(from, target.name)
    if ('error' in resolved) return dnsFailure(target.name, resolved.error, this.resolverOf(from))
    const ip = resolved.addresses[0] ?? ''
    const way = this.route(from, ip, target.port)
    if (way.kind === 'pod') return this.askPod(from, outgoing, replyTo, way, target)
    if (way.kind === 'host') return this.askHost(from, outgoing, replyTo, way, target)
    const site = way.kind === 'unreachable' ? this.options.site?.(target.name, target.path) : undefined
    if (site === undefined) return failure(way, `${ip}:${target.port}`)
    this.answer(replyTo, site)
    return { sent: { address: 'nobody', host: from.host, id: replyTo.tag } }
  }

  input(from: NetworkPoint, sent: SentRequest, input: unknown): void {
    this.post(from, sent, HTTP.input, { id: sent.id, from: from.host, input })
  }

  cancel(from: NetworkPoint, sent: SentRequest): void {
    this.post(from, sent, HTTP.cancel, { id: sent.id, from: from.host })
  }

  resolve(from: NetworkPoint, name: string): Eventually<Resolved> {
    const found = this.find(from, name)
    if (!('error' in found) || found.error !== 'timeout') return { answer: found }
    return { answer: found, afterMs: NETWORK_FLAGS.dnsTimeoutMs * NETWORK_FLAGS.dnsAttempts }
  }

  query(from: NetworkPoint, { server, name, type }: DnsQuestion): Eventually<Asked> {
    if (from.root.kind === 'host' && server.startsWith('127.')) return { answer: this.siteReply(from, name, type) }
    const way = route(this.options, { host: from.host, ip: this.options.addressOf(from) }, server, 53, 'udp')
    if (way.kind === 'refused') return { answer: 'refused' }
    if (way.kind === 'pod') {
      const dns = this.options.dnsOf(way.host)
      const id = dns?.serving(way.ip)
      return { answer: dns === undefined || id === undefined ? 'refused' : dns.query(id, name, type) }
    }
    if (way.kind === 'host' && !this.options.upstream.nameservers(from.host).includes(server))
      return { answer: 'refused' }
    const answer = this.options.upstream.ask(from.host, server, name)
    if (answer !== undefined) return { answer: replyOf(answer, name, type, SITE_TTL) }
    return { answer: 'timeout', afterMs: NETWORK_FLAGS.dnsTimeoutMs }
  }

  /** systemd-resolved of a host: /etc/hosts, and then the site's servers. */
  private siteReply(from: NetworkPoint, name: string, type: string): Asked {
    const listed = hostsFile(this.options.readFile(from, '/etc/hosts') ?? '', name)
    const found = listed === undefined ? this.siteDns(from, name) : { addresses: [listed] }
    if (!('error' in found)) return replyOf({ rcode: 'NOERROR', addresses: found.addresses }, name, type, 0)
    return found.error === 'timeout' ? 'timeout' : { rcode: found.error, answer: [], authority: [] }
  }

  connect(from: NetworkPoint, name: string, port: number): Eventually<Connected> {
    const found = this.find(from, name)
    if ('error' in found) return { answer: 'unreachable' }
    const way = this.route(from, found.addresses[0] ?? '', port)
    return this.dial(from, way)
  }

  listen(at: NetworkPoint, bind: string, port: number): boolean {
    if (this.options.listenersOf(at.host)?.listening(LOOPBACK, port) !== undefined) return false
    return openPort(this.options.fabric, at.host, bind, port)
  }

  unlisten(at: NetworkPoint, port: number): void {
    this.options.fabric.unlisten(at.host, port)
  }

  reply(at: NetworkPoint, to: ReplyTo, type: string, data: unknown): void {
    this.options.fabric.send({ from: at.host, to: to.host, event: { to: to.address, type, data } })
  }

  /** What a connection from a pod's address finds; for probes and other outside questions. */
  routeFrom(origin: Origin, ip: string, port: number): Route {
    return route(this.options, origin, ip, port)
  }

  private dial(from: NetworkPoint, way: Route): Eventually<Connected> {
    if (way.kind === 'refused') return { answer: 'refused' }
    if (way.kind === 'reset') return { answer: 'open', afterMs: NETWORK_FLAGS.roundTripMs }
    if (way.kind === 'unreachable') return { answer: 'unreachable' }
    if (way.kind === 'dropped') return { answer: 'timeout', afterMs: NETWORK_FLAGS.connectTimeoutMs }
    return this.isOpen(from, way) ? { answer: 'open', afterMs: NETWORK_FLAGS.roundTripMs } : { answer: 'refused' }
  }

  private isOpen(from: NetworkPoint, way: Route & { kind: 'pod' | 'host' }): boolean {
    if (way.kind === 'pod') return this.podListens(way.host, way.ip, way.port)
    if (dialPort(this.options.fabric, from.host, way.host, way.ip, way.port).kind === 'open') return true
    return this.options.listenersOf(way.host)?.listening(way.ip, way.port) !== undefined
  }

  private podListens(host: HostName, ip: string, port: number): boolean {
    const dns = this.options.dnsOf(host)
    if (dns?.serving(ip) !== undefined && (port === 53 || dns.healthy(ip, port) !== undefined)) return true
    return this.options.listenersOf(host)?.listening(ip, port) !== undefined
  }

  private route(from: NetworkPoint, ip: string, port: number): Route {
    const own = this.options.addressOf(from)
    const isOwnLoopback = ip.startsWith('127.') && (from.root.kind === 'container' || from.root.netns !== undefined)
    return route(this.options, { host: from.host, ip: own }, isOwnLoopback ? own : ip, port)
  }

  /** The host and port behind an address and port of a host or Service; undefined for pods and for nothing. */
  destination(from: NetworkPoint, name: string, port: number): { host: HostName; port: number } | undefined {
    const resolved = this.find(from, name)
    if ('error' in resolved) return undefined
    const way = this.route(from, resolved.addresses[0] ?? '', port)
    return way.kind === 'host' ? { host: way.host, port: way.port } : undefined
  }

  /** What a client finds that dials an address and port of a host or Service, and holds its connection itself. */
  door(from: NetworkPoint, name: string, port: number): Door {
    const found = this.find(from, name)
    if ('error' in found) return closed(dnsFailure(name, found.error, this.resolverOf(from)))
    const ip = found.addresses[0] ?? ''
    const way = this.route(from, ip, port)
    if (way.kind === 'pod') return closed(failure({ kind: 'refused' }, `${ip}:${port}`))
    if (way.kind !== 'host') return closed(failure(way, `${ip}:${port}`))
    const { kind } = dialPort(this.options.fabric, from.host, way.host, way.ip, way.port)
    const via = way.via === undefined ? {} : { via: way.via }
    if (kind === 'open') return { kind, host: way.host, port: way.port, ...via }
    return closed(failure({ kind: kind === 'silent' ? 'dropped' : 'refused' }, `${ip}:${port}`))
  }

  private askPod(
    from: NetworkPoint,
    outgoing: Outgoing,
    replyTo: ReplyTo,
    way: Route & { kind: 'pod' },
    target: Target,
  ): { sent: SentRequest } | Eventually<HttpFailure> {
    const where = `${way.ip}:${way.port}`
    if (!this.podListens(way.host, way.ip, way.port)) return failure({ kind: 'refused' }, where)
    const problem = this.podTlsProblem(outgoing, way, target)
    if (problem !== undefined) return { answer: { failure: 'tls', message: problem } }
    const request: HttpRequest = { ...outgoing.request, path: target.path }
    const response = this.options
      .listenersOf(way.host)
      ?.respond(way.ip, way.port, request, this.options.addressOf(from))
    if (response === undefined)
      return { answer: { failure: 'reset', message: `read tcp ${where}: read: connection reset by peer` } }
    this.answer(replyTo, response)
    return { sent: { address: 'nobody', host: way.host, id: replyTo.tag } }
  }

  /** Pods show a certificate to those who look: callers that name whom they expect. Models crypto/tls. */
  private podTlsProblem({ tls }: Outgoing, way: Route & { kind: 'pod' }, target: Target): string | undefined {
    if (!target.secure || tls?.serverName === undefined) return undefined
    const pem = this.options.listenersOf(way.host)?.listening(way.ip, way.port)?.certificate
    if (pem === undefined) return 'http: server gave HTTP response to HTTPS client'
    const [own, ...intermediates] = parseCertificates(pem)
    if (own === undefined) return 'remote error: tls: internal error'
    const roots = parseCertificates(tls.ca ?? '')
    const nowMs = this.options.kernel.clockMs
    const problem = verifyCertificate(own, { roots, intermediates, nowMs, name: tls.serverName, usage: 'serverAuth' })
    return problem && `tls: failed to verify certificate: ${problem}`
  }

  private askHost(
    from: NetworkPoint,
    outgoing: Outgoing,
    replyTo: ReplyTo,
    way: Route & { kind: 'host' },
    target: Target,
  ): { sent: SentRequest } | Eventually<HttpFailure> {
    const where = `${way.ip}:${way.port}`
    const dial = dialPort(this.options.fabric, from.host, way.host, way.ip, way.port)
    if (dial.kind === 'silent') return failure({ kind: 'dropped' }, where)
    if (dial.kind === 'refused') return this.askHostPod(from, outgoing, replyTo, way, target)
    const plain = target.secure ? undefined : this.options.toPlain?.(way.host, way.port)
    if (plain === 'closed') return { answer: { failure: 'reset', message: 'EOF' } }
    if (plain === 'refused') {
      this.answer(replyTo, NOT_HTTPS)
      return { sent: { address: 'nobody', host: way.host, id: replyTo.tag } }
    }
    if (target.secure && outgoing.handshakeMs !== undefined && this.options.kernel.isPaused(dial.address))
      return { answer: { failure: 'tls', message: 'net/http: TLS handshake timeout' }, afterMs: outgoing.handshakeMs }
    const shaken = target.secure
      ? this.options.handshake(
          from,
          { host: way.host, port: way.port, name: outgoing.tls?.serverName ?? target.name },
          outgoing.tls,
        )
      : {}
    if ('failure' in shaken) return { answer: shaken }
    const request: HttpRequest = { ...outgoing.request, path: target.path, ...shaken }
    const at = { host: way.host, port: way.port }
    const data: HttpRequestData = { id: replyTo.tag, from: from.host, request, replyTo, at }
    this.options.fabric.send({
      from: from.host,
      to: way.host,
      port: way.port,
      event: { to: dial.address, type: HTTP.request, data },
    })
    return { sent: { address: dial.address, host: way.host, id: replyTo.tag } }
  }

  /** Pods with hostNetwork listen on their node's address. */
  private askHostPod(
    from: NetworkPoint,
    outgoing: Outgoing,
    replyTo: ReplyTo,
    way: Route & { kind: 'host' },
    target: Target,
  ): { sent: SentRequest } | Eventually<HttpFailure> {
    const listeners = this.options.listenersOf(way.host)
    if (listeners?.listening(way.ip, way.port) === undefined)
      return failure({ kind: 'refused' }, `${way.ip}:${way.port}`)
    const response = listeners.respond(
      way.ip,
      way.port,
      { ...outgoing.request, path: target.path },
      this.options.addressOf(from),
    )
    if (response === undefined) return failure({ kind: 'refused' }, `${way.ip}:${way.port}`)
    this.answer(replyTo, response)
    return { sent: { address: 'nobody', host: way.host, id: replyTo.tag } }
  }

  private answer(replyTo: ReplyTo, response: HttpResponse): void {
    const event = { to: replyTo.address, type: HTTP.response, data: { tag: replyTo.tag, response } }
    this.options.kernel.send(event, NETWORK_FLAGS.roundTripMs)
  }

  private post(from: NetworkPoint, sent: SentRequest, type: string, data: unknown): void {
    this.options.fabric.send({ from: from.host, to: sent.host, event: { to: sent.address, type, data } })
  }

  private resolverOf(from: NetworkPoint): string {
    return parseResolvConf(this.options.readFile(from, '/etc/resolv.conf') ?? '').nameservers[0] ?? '127.0.0.53'
  }

  /** /etc/hosts first, then the nameservers of resolv.conf. */
  private find(from: NetworkPoint, name: string): Resolved {
    if (IPV4.test(name)) return { addresses: [name] }
    const listed = hostsFile(this.options.readFile(from, '/etc/hosts') ?? '', name)
    if (listed !== undefined) return { addresses: [listed] }
    if (name === 'localhost') return { addresses: ['127.0.0.1'] }
    const conf = parseResolvConf(this.options.readFile(from, '/etc/resolv.conf') ?? '')
    if (from.root.kind === 'host' && conf.nameservers.every((server) => server.startsWith('127.')))
      return this.siteDns(from, name)
    return lookUp(name, conf, (server, question) => this.askServer(from, server, question))
  }

  /** The site's own DNS knows the hosts, and what lies outside. */
  private siteDns(from: NetworkPoint, name: string): Resolved {
    const address = this.options.hostAddress(name)
    if (address !== undefined) return { addresses: [address] }
    const answer = this.options.upstream.ask(from.host, this.options.upstream.nameservers(from.host)[0] ?? '', name)
    if (answer === undefined) return { error: 'timeout' }
    return answer.addresses.length > 0
      ? { addresses: answer.addresses }
      : { error: answer.rcode === 'SERVFAIL' ? 'SERVFAIL' : 'NXDOMAIN' }
  }

  private askServer(from: NetworkPoint, server: string, name: string): DnsAnswer | 'refused' | undefined {
    const way = route(this.options, { host: from.host, ip: this.options.addressOf(from) }, server, 53, 'udp')
    if (way.kind === 'refused') return 'refused'
    if (way.kind !== 'pod') return this.options.upstream.ask(from.host, server, name)
    const dns = this.options.dnsOf(way.host)
    const id = dns?.serving(way.ip)
    return dns === undefined || id === undefined ? 'refused' : dns.answer(id, name)
  }
}

/** A listener, or why there is none; `silent`: nothing comes back. */
export type Door =
  | { kind: 'open'; host: HostName; port: number; via?: HostName }
  | { kind: 'refused'; failure: string }
  | { kind: 'silent'; failure: string }

type Failed = { answer: HttpFailure; afterMs?: number }

function closed({ answer, afterMs }: Failed): Door {
  return { kind: afterMs === undefined ? 'refused' : 'silent', failure: answer.message }
}

/** Seconds that an answer from outside the cluster holds. */
const SITE_TTL = 30

const LOOPBACK = '127.0.0.1'
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

function hostsFile(text: string, name: string): string | undefined {
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (address !== undefined && IPV4.test(address) && names.includes(name)) return address
  }
  return undefined
}

function failure(way: { kind: 'refused' | 'reset' | 'dropped' | 'unreachable' }, where: string): Failed {
  if (way.kind === 'reset') return { answer: { failure: 'reset', message: 'EOF' } }
  if (way.kind === 'refused')
    return { answer: { failure: 'refused', message: `dial tcp ${where}: connect: connection refused` } }
  if (way.kind === 'unreachable')
    return { answer: { failure: 'timeout', message: `dial tcp ${where}: connect: no route to host` } }
  return {
    answer: { failure: 'timeout', message: `dial tcp ${where}: i/o timeout` },
    afterMs: NETWORK_FLAGS.connectTimeoutMs,
  }
}

function dnsFailure(name: string, error: 'NXDOMAIN' | 'SERVFAIL' | 'timeout', server: string): Failed {
  const texts = { NXDOMAIN: 'no such host', SERVFAIL: 'server misbehaving', timeout: 'i/o timeout' }
  const message = `dial tcp: lookup ${name} on ${server}:53: ${texts[error]}`
  const answer: HttpFailure = { failure: 'dns', message }
  return error === 'timeout' ? { answer, afterMs: NETWORK_FLAGS.dnsTimeoutMs * NETWORK_FLAGS.dnsAttempts } : { answer }
}

function parseUrl(url: string): Target {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^/:?]+)(?::(\d+))?(\/[^?]*)?/.exec(url)
  const secure = match?.[1] !== 'http'
  const port = match?.[3] === undefined ? (secure ? 443 : 80) : Number(match[3])
  return { secure, name: match?.[2] ?? '', port, path: match?.[4] ?? '/' }
}
