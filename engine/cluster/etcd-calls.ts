/**
 * How programs talk to etcd: etcdctl, kubeadm. `etcd.call {url, tls, token, request, timeoutMs}` dials the URL through the
 * network of the process, shakes hands where it is https, and waits for the member's answer. `etcd.watch` opens
 * a watch, `etcd.next {stream, timeoutMs}` waits for what comes out of it, `etcd.close {stream}` ends it.
 * Models grpc's connection errors as clientv3 words them (H3, O8b). Not modelled: one connection for many calls,
 * keep-alives.
 */
import type { Credentials } from '../etcd/auth-messages.ts'
import { ETCD } from '../etcd/messages.ts'
import type { EtcdCall, EtcdHeader, EtcdRequest, EtcdResponse, EtcdResult, EtcdWatchData } from '../etcd/messages.ts'
import type { EtcdMember } from '../etcd/member.ts'
import type { EtcdTls } from '../etcd/config.ts'
import { handshake } from '../etcd/tls.ts'
import type { TlsClient } from '../etcd/tls.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { NetworkPoint } from '../host/network-port.ts'
import { ANSWER_EVENT, PENDING, RUNTIME_ADDRESS } from '../host/pending.ts'
import type { Caller, SyscallTable } from '../host/syscalls/table.ts'
import type { Component, EventId, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Door } from '../network/cluster-network.ts'
import { commonNameOf, parseCertificate } from '../pki/index.ts'

/** PEM texts, as the flags --cacert, --cert and --key name them. */
export interface EtcdClientTls {
  ca?: string
  cert?: string
  key?: string
  insecure?: boolean
  serverName?: string
}

/** `connection`: nobody to talk to, in grpc's words; `timeout`: no answer in time; `closed`: the other end went away. */
export type EtcdCallAnswer =
  { header: EtcdHeader; result: EtcdResult } | { failure: 'connection' | 'timeout' | 'closed'; message: string }

export type EtcdNextAnswer = { data: EtcdWatchData } | { timeout: true } | { closed: true }

export interface EtcdCallsOptions {
  kernel: Kernel
  fabric: Fabric
  door(from: NetworkPoint, name: string, port: number): Door
  /** The member of a host that listens on a port. */
  member(host: HostName, port: number): EtcdMember | undefined
  readFile(host: HostName, path: string): string | undefined
  isAlive(pid: number): boolean
}

interface Waiting {
  pid: number
  host: HostName
  call: string
  timer?: EventId
}

/** A member, and the name that it reads in the client's certificate once it asks for names. */
interface Reached {
  host: HostName
  port: number
  address: string
  commonName?: string
}

interface Stream {
  pid: number
  host: HostName
  /** Where its member answers: host and address. */
  member: Reached
  watchId: string
  items: EtcdWatchData[]
  closed?: true
}

interface State {
  serial: number
  waiting: [string, Waiting][]
  streams: [string, Stream][]
}

/** What a member serves with that was started without flags. */
const KUBEADM: EtcdTls = {
  certFile: '/etc/kubernetes/pki/etcd/server.crt',
  keyFile: '/etc/kubernetes/pki/etcd/server.key',
  trustedCaFile: '/etc/kubernetes/pki/etcd/ca.crt',
  clientCertAuth: true,
}

const OWN = { timeout: 'etcd.call.timeout', nextTimeout: 'etcd.next.timeout' } as const
const CONNECTION = 'connection error: desc = '

/** The client ends of all programs of a cluster. */
export class EtcdCalls implements Component {
  static readonly address = 'etcd-calls'
  private serial = 0
  private readonly waiting = new Map<string, Waiting>()
  private readonly streams = new Map<string, Stream>()

  constructor(private readonly options: EtcdCallsOptions) {
    options.kernel.register(EtcdCalls.address, this)
  }

  /** The system calls, for the table of the process world. */
  table(): SyscallTable {
    return {
      'etcd.call': (_world, caller, args) => this.call(caller, args as unknown as CallArguments),
      'etcd.watch': (_world, caller, args) => this.watch(caller, args as unknown as CallArguments),
      'etcd.next': (_world, caller, args) => this.next(caller, String(args['stream']), args['timeoutMs']),
      'etcd.close': (_world, _caller, args) => this.close(String(args['stream'])),
    }
  }

  handle(event: KernelEvent): void {
    if (event.type === ETCD.response) this.answered(event.data as EtcdResponse)
    else if (event.type === ETCD.watch) this.watched(event.data as EtcdWatchData)
    else if (event.type === OWN.timeout) this.timedOut((event.data as { tag: string }).tag)
    else if (event.type === OWN.nextTimeout) this.nothingCame((event.data as { tag: string }).tag)
  }

  dump(): State {
    return { serial: this.serial, waiting: [...this.waiting], streams: [...this.streams] }
  }

  load(state: unknown): void {
    const { serial, waiting, streams } = state as State
    this.serial = serial
    this.waiting.clear()
    this.streams.clear()
    for (const [tag, one] of waiting) this.waiting.set(tag, one)
    for (const [id, one] of streams) this.streams.set(id, { ...one, items: [...one.items] })
  }

  private call(
    caller: Caller,
    { url, tls, token, request, timeoutMs }: CallArguments,
  ): EtcdCallAnswer | typeof PENDING {
    const door = this.dial(caller, url, tls)
    if ('failure' in door) return door
    const tag = `${caller.pid}.${++this.serial}`
    const waiting: Waiting = { pid: caller.pid, host: caller.host, call: 'etcd.call' }
    if (timeoutMs !== undefined) waiting.timer = this.after(OWN.timeout, tag, timeoutMs)
    this.waiting.set(tag, waiting)
    this.request(caller.host, door, request, tag, token)
    return PENDING
  }

  private watch(caller: Caller, { url, tls, token, request }: CallArguments): { stream: string } | EtcdCallAnswer {
    const door = this.dial(caller, url, tls)
    if ('failure' in door) return door
    const stream = `${caller.pid}.${++this.serial}`
    const watchId = `etcdctl/${stream}`
    this.streams.set(stream, { pid: caller.pid, host: caller.host, member: door, watchId, items: [] })
    this.request(caller.host, door, { ...request, watchId } as EtcdCall, stream, token)
    return { stream }
  }

  private next(caller: Caller, id: string, timeoutMs: unknown): EtcdNextAnswer | typeof PENDING {
    const stream = this.streams.get(id)
    if (stream === undefined) return { closed: true }
    const data = stream.items.shift()
    if (data !== undefined) return { data }
    if (stream.closed) return { closed: true }
    const waiting: Waiting = { pid: caller.pid, host: caller.host, call: 'etcd.next' }
    if (typeof timeoutMs === 'number') waiting.timer = this.after(OWN.nextTimeout, id, timeoutMs)
    this.waiting.set(id, waiting)
    return PENDING
  }

  private close(id: string): void {
    const stream = this.streams.get(id)
    this.streams.delete(id)
    if (stream !== undefined && !stream.closed)
      this.request(stream.host, stream.member, { kind: 'watchCancel', watchId: stream.watchId }, id)
  }

  /** A member that listens there and takes the client, or why not. */
  private dial(
    { host, root, pid }: Caller,
    url: string,
    tls: EtcdClientTls | undefined,
  ): Reached | { failure: 'connection'; message: string } {
    const to = parseEndpoint(url)
    const door = this.options.door({ host, root, pid }, to.name, to.port)
    if (door.kind !== 'open')
      return { failure: 'connection', message: `${CONNECTION}"transport: Error while dialing: ${door.failure}"` }
    const found = this.options.fabric.dial(host, door.host, door.port)
    const problem = this.handshake(door.host, door.port, to, tls)
    if (found.kind === 'open' && problem === undefined)
      return { host: door.host, port: door.port, address: found.address, ...this.shownName(door, to, tls) }
    return { failure: 'connection', message: `${CONNECTION}${JSON.stringify(problem ?? 'transport is closing')}` }
  }

  private shownName(at: { host: HostName; port: number }, to: Endpoint, tls?: EtcdClientTls): { commonName?: string } {
    if (!to.secure || tls?.cert === undefined) return {}
    if (this.options.member(at.host, at.port)?.db.auth.enabled !== true) return {}
    const certificate = parseCertificate(tls.cert)
    return certificate === undefined ? {} : { commonName: commonNameOf(certificate.subject) }
  }

  /** Both sides look at each other; a member that turns a client away says so in its log. */
  private handshake(host: HostName, port: number, to: Endpoint, tls: EtcdClientTls | undefined): string | undefined {
    const client: TlsClient = {
      isTls: to.secure,
      ...(tls?.insecure !== true && { trusted: tls?.ca ?? '', serverName: tls?.serverName ?? to.name }),
      ...(tls?.cert !== undefined && { certificate: tls.cert }),
      ...(tls?.key !== undefined && { key: tls.key }),
    }
    const remoteAddress = `127.0.0.1:${40_000 + (++this.serial % 20_000)}`
    const member = this.options.member(host, port)
    if (member === undefined) return undefined
    if (
      member.config?.clientTls !== undefined ||
      member.config?.listenClientUrls.some((url) => url.startsWith('http:'))
    )
      return member.handshake(port, client, remoteAddress)?.client
    const read = (path: string): string | undefined => member.read(path) ?? this.options.readFile(host, path)
    return handshake(client, { tls: KUBEADM, read, nowMs: this.options.kernel.clockMs })?.client
  }

  private request(from: HostName, to: Reached, call: EtcdCall, tag: string, token?: string): void {
    const { commonName } = to
    const as: Credentials = { ...(token !== undefined && { token }), ...(commonName !== undefined && { commonName }) }
    const replyTo = { host: from, address: EtcdCalls.address, tag }
    const isKnown = token !== undefined || commonName !== undefined
    const data: EtcdRequest = { from, call, replyTo, ...(isKnown && { as }) }
    const event = { to: to.address, type: ETCD.request, data }
    this.options.fabric.send({ from, to: to.host, port: to.port, event })
  }

  private answered({ tag, header, result }: EtcdResponse): void {
    const stream = this.streams.get(tag)
    if (stream !== undefined && result.kind === 'error')
      return this.watched({ watchId: stream.watchId, header, events: [], canceled: { reason: result.message } })
    if (stream === undefined) this.finish(tag, { header, result })
  }

  private watched(data: EtcdWatchData): void {
    const id = data.watchId.replace(/^etcdctl\//, '')
    const stream = this.streams.get(id)
    if (stream === undefined) return
    if (data.canceled !== undefined) stream.closed = true
    if (!this.options.isAlive(stream.pid)) return this.close(id)
    if (this.waiting.has(id)) this.finish(id, { data })
    else stream.items.push(data)
  }

  private timedOut(tag: string): void {
    this.finish(tag, { failure: 'timeout', message: 'context deadline exceeded' })
  }

  private nothingCame(tag: string): void {
    this.finish(tag, { timeout: true })
  }

  private finish(tag: string, answer: EtcdCallAnswer | EtcdNextAnswer): void {
    const waiting = this.waiting.get(tag)
    if (waiting === undefined) return
    this.waiting.delete(tag)
    this.options.kernel.cancel(waiting.timer)
    const { host, pid, call } = waiting
    this.options.kernel.send({ to: RUNTIME_ADDRESS, type: ANSWER_EVENT, data: { host, pid, call, answer } })
  }

  private after(type: string, tag: string, ms: number): EventId {
    return this.options.kernel.send({ to: EtcdCalls.address, type, data: { tag } }, ms)
  }
}

interface CallArguments {
  url: string
  tls?: EtcdClientTls
  /** What a password was given for. */
  token?: string
  request: EtcdCall
  timeoutMs?: number
}

interface Endpoint {
  secure: boolean
  name: string
  port: number
}

/** `https://10.0.0.1:2379`, `unix://…` is not known; without a scheme it is plain. */
function parseEndpoint(url: string): Endpoint {
  const match = /^(?:(https?):\/\/)?(\[[^\]]+\]|[^/:]*)(?::(\d+))?/.exec(url)
  const secure = match?.[1] === 'https'
  return { secure, name: match?.[2] ?? '', port: Number(match?.[3] ?? (secure ? 443 : 80)) }
}
