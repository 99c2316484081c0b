/**
 * Listening on a port of the host: what comes in are whole HTTP requests. `listen` makes a stream of them, or
 * puts them into a stream that is read already; `reply` answers one, `relay` hands it on to another server, whose
 * answer goes straight to the caller. With `raw` a request is a connection: what the caller sends and that it goes
 * away come as further items, and `push` and `hangUp` answer it bit by bit.
 * Models listen(2) and accept(2) as far as an HTTP proxy and nc need them. Not modelled: other protocols, IPv6.
 */
import type { HttpRequest, HttpRequestData, HttpResponse, ReplyTo } from '../../../fabric/http.ts'
import { HTTP } from '../../../fabric/http.ts'
import type { SentRequest } from '../../network-port.ts'
import type { Outgoing } from '../../process.ts'
import type { Machine, RuntimeCall } from '../machine.ts'
import type { ProcessRecord } from '../record.ts'
import { networkOf, pointOf } from './network.ts'

/** An open port: who reads what comes in. */
export interface ListeningSocket {
  pid: number
  host: string
  port: number
  /** The exchange that gets the requests. */
  tag: string
  /** The address that it is bound to. */
  bind: string
  raw?: true
}

/** A request that a process has taken. */
export interface Accepted {
  pid: number
  replyTo: ReplyTo
  /** Where it was handed on to. */
  sent?: SentRequest
  /** The exchange that hears of more from the caller. */
  tag?: string
}

/** What `next` of the stream gives for a request that came in. */
export interface AcceptedRequest {
  accepted: string
  port: number
  request: HttpRequest
}

/** Ports that the system chooses from (net.ipv4.ip_local_port_range). */
const EPHEMERAL: [number, number] = [32_768, 61_000]
const PRIVILEGED = 1024
/** Handed-on requests of one process whose callers may still go away. */
const MAX_ACCEPTED = 200

const keyOf = (host: string, port: number): string => `${host}:${port}`

const listen: RuntimeCall = (machine, process, args) => {
  const network = networkOf(machine, process)
  const bind = (args.address as string | undefined) ?? '0.0.0.0'
  const port = (args.port as number) || freePort(machine, process)
  if (port < PRIVILEGED && process.user !== 'root') return { error: 'EACCES' }
  if (network.listen === undefined || process.root.kind !== 'host' || process.root.netns !== undefined)
    return { error: 'EADDRNOTAVAIL' }
  const own = machine.sockets.get(keyOf(process.host, port))
  if (own !== undefined || !network.listen(pointOf(process), bind, port)) return { error: 'EADDRINUSE' }
  const joined = args.stream as number | undefined
  const tag = joined === undefined ? machine.newTag(process.pid) : `${process.pid}.${joined}`
  const stream = Number(tag.split('.')[1])
  if (joined === undefined) machine.exchanges.set(tag, { pid: process.pid, stream, items: [] })
  const raw = args.raw === true ? { raw: true as const } : {}
  machine.sockets.set(keyOf(process.host, port), { pid: process.pid, host: process.host, port, tag, bind, ...raw })
  return { stream, port }
}

function freePort(machine: Machine, { host }: ProcessRecord): number {
  const [from, to] = EPHEMERAL
  const random = machine.kernel.random(`host/${host}`)
  for (;;) {
    const port = from + random.int(to - from)
    if (!machine.sockets.has(keyOf(host, port))) return port
  }
}

/** A request arrived at a port of a host; false when nobody listens there any more. */
export function arrived(machine: Machine, data: HttpRequestData): void {
  const socket = data.at === undefined ? undefined : machine.sockets.get(keyOf(data.at.host, data.at.port))
  const process = machine.processes.get(socket?.pid ?? -1)
  const wait = machine.exchanges.get(socket?.tag ?? '')
  if (socket === undefined || process === undefined || wait === undefined) return
  const accepted = `${data.from}/${data.id}`
  machine.accepted.set(accepted, { pid: socket.pid, replyTo: data.replyTo, ...(socket.raw && { tag: socket.tag }) })
  const item: AcceptedRequest = { accepted, port: socket.port, request: data.request }
  wait.items.push(item)
  machine.wake(`net ${socket.tag}`)
  forgetOld(machine, socket.pid)
}

function forgetOld(machine: Machine, pid: number): void {
  const own = [...machine.accepted].filter(([, { pid: other }]) => other === pid)
  for (const [key, { sent }] of own.slice(0, -MAX_ACCEPTED)) if (sent !== undefined) machine.accepted.delete(key)
}

/** The caller of a request goes away, or sends more. */
export function followedUp(machine: Machine, type: string, data: { id: string; from: string; input?: unknown }): void {
  const key = `${data.from}/${data.id}`
  const found = machine.accepted.get(key)
  const process = machine.processes.get(found?.pid ?? -1)
  if (found === undefined || process === undefined) return
  const network = networkOf(machine, process)
  if (found.sent !== undefined && type === HTTP.input) network.input(pointOf(process), found.sent, data.input)
  if (found.tag !== undefined) tellOf(machine, found.tag, key, type === HTTP.cancel ? { closed: true } : { input: data.input }) // prettier-ignore
  if (type !== HTTP.cancel) return
  if (found.sent !== undefined) network.cancel(pointOf(process), found.sent)
  machine.accepted.delete(key)
}

/** More of a raw connection. */
function tellOf(machine: Machine, tag: string, accepted: string, what: { closed: true } | { input: unknown }): void {
  machine.exchanges.get(tag)?.items.push({ accepted, ...what })
  machine.wake(`net ${tag}`)
}

function post(machine: Machine, process: ProcessRecord, replyTo: ReplyTo, type: string, data: unknown): void {
  networkOf(machine, process).reply?.(pointOf(process), replyTo, type, data)
}

/** Answers a request; without a response the connection breaks. */
const reply: RuntimeCall = (machine, process, args) => {
  const found = machine.accepted.get(args.accepted as string)
  if (found === undefined || found.pid !== process.pid) return false
  machine.accepted.delete(args.accepted as string)
  const response = args.response as HttpResponse | undefined
  const { tag } = found.replyTo
  if (response === undefined) post(machine, process, found.replyTo, HTTP.end, { tag, error: 'EOF' })
  else post(machine, process, found.replyTo, HTTP.response, { tag, response })
  return true
}

/** A piece of the answer to a raw connection; the first begins it. */
const push: RuntimeCall = (machine, process, args) => {
  const found = machine.accepted.get(args.accepted as string)
  if (found === undefined || found.pid !== process.pid) return false
  const { tag } = found.replyTo
  const response: HttpResponse = { code: 101, headers: {}, streaming: true }
  if (args.begins === true) post(machine, process, found.replyTo, HTTP.response, { tag, response })
  if (args.chunk !== undefined) post(machine, process, found.replyTo, HTTP.chunk, { tag, chunk: args.chunk })
  return true
}

/** Ends a raw connection. */
const hangUp: RuntimeCall = (machine, process, args) => {
  const found = machine.accepted.get(args.accepted as string)
  if (found === undefined || found.pid !== process.pid) return false
  machine.accepted.delete(args.accepted as string)
  post(machine, process, found.replyTo, HTTP.end, { tag: found.replyTo.tag })
  return true
}

/** The ports of the host that its processes listen on. */
const listeners: RuntimeCall = (machine, process) =>
  process.root.kind !== 'host' || process.root.netns !== undefined
    ? []
    : [...machine.sockets.values()]
        .filter(({ host }) => host === process.host)
        .map(({ pid, port, bind, raw }) => ({ pid, port, bind, program: machine.processes.get(pid)?.argv[0] ?? '', backlog: raw ? 1 : 4096 })) // prettier-ignore

/** Hands a request on. Answers what went wrong, or nothing. */
const relay: RuntimeCall = (machine, process, args) => {
  const found = machine.accepted.get(args.accepted as string)
  if (found === undefined || found.pid !== process.pid) return null
  const start = networkOf(machine, process).http(pointOf(process), args.outgoing as Outgoing, found.replyTo)
  if ('answer' in start) return start.answer
  if ('sent' in start) found.sent = start.sent
  return null
}

/** Closes the ports of a process that ends; who waits for an answer of it sees the connection break. */
export function closeSockets(machine: Machine, process: ProcessRecord): void {
  for (const [key, socket] of [...machine.sockets]) {
    if (socket.pid !== process.pid) continue
    machine.sockets.delete(key)
    networkOf(machine, process).unlisten?.(pointOf(process), socket.port)
  }
  for (const [key, { pid, replyTo, sent }] of [...machine.accepted]) {
    if (pid !== process.pid) continue
    machine.accepted.delete(key)
    if (sent !== undefined) networkOf(machine, process).cancel(pointOf(process), sent)
    post(machine, process, replyTo, HTTP.end, { tag: replyTo.tag, error: 'EOF' })
  }
}

export const socketCalls: Record<string, RuntimeCall> = { listen, reply, relay, push, hangUp, listeners }
