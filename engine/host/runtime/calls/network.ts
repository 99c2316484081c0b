/** System calls on the network, through the `HostNetwork` of the process's root. */
import type { HttpResponse } from '../../../fabric/http.ts'
import type { DnsQuestion, HostNetwork, NetworkPoint, SentRequest } from '../../network-port.ts'
import type { Outgoing, Syscall } from '../../process.ts'
import type { Machine, NetworkWait, RuntimeCall } from '../machine.ts'
import type { ProcessRecord } from '../record.ts'

export function pointOf(process: ProcessRecord): NetworkPoint {
  return { host: process.host, root: process.root, pid: process.pid }
}

export function networkOf(machine: Machine, process: ProcessRecord): HostNetwork {
  return machine.world.network(process.host, process.root)
}

const request =
  (stream: boolean): RuntimeCall =>
  (machine, process, args) => {
    const outgoing = args.outgoing as Outgoing
    const tag = machine.newTag(process.pid)
    const wait: NetworkWait = { pid: process.pid, items: [] }
    if (stream) wait.stream = Number(tag.split('.')[1])
    machine.exchanges.set(tag, wait)
    const start = networkOf(machine, process).http(pointOf(process), outgoing, {
      host: process.host,
      address: 'processes',
      tag,
    })
    if ('answer' in start) {
      machine.exchanges.delete(tag)
      const patienceMs = outgoing.timeoutMs || Infinity
      return later(machine, process, args, start.answer, Math.min(start.afterMs ?? 0, patienceMs))
    }
    if ('sent' in start) wait.sent = start.sent
    const pending = machine.block(process, args, `net ${tag}`)
    if (outgoing.timeoutMs !== undefined && outgoing.timeoutMs > 0) machine.timer(process, outgoing.timeoutMs)
    return pending
  }

/** Answers after a while, as a refused or silent network does. */
function later(machine: Machine, process: ProcessRecord, args: Syscall, answer: unknown, afterMs = 0): unknown {
  if (afterMs <= 0) return answer
  const pending = machine.block(process, { ...args, timeoutAnswer: answer }, 'timer')
  machine.timer(process, afterMs)
  return pending
}

function streamOf(machine: Machine, process: ProcessRecord, stream: number): NetworkWait | undefined {
  return machine.exchanges.get(`${process.pid}.${stream}`)
}

const next: RuntimeCall = (machine, process, args) => {
  const wait = streamOf(machine, process, args.stream as number)
  if (wait === undefined) return { kind: 'end' }
  if (wait.items.length > 0) return { kind: 'chunk', chunk: wait.items.shift() }
  if (wait.ended !== undefined) return { kind: 'end', ...wait.ended }
  if (process.pending.length > 0) return { kind: 'timeout' }
  const first = process.blocked === undefined
  const pending = machine.block(process, args, `net ${process.pid}.${args.stream as number}`)
  if (first && args.timeoutMs !== undefined) machine.timer(process, args.timeoutMs as number)
  return pending
}

const send: RuntimeCall = (machine, process, args) => {
  const sent = streamOf(machine, process, args.stream as number)?.sent as SentRequest | undefined
  if (sent !== undefined) networkOf(machine, process).input(pointOf(process), sent, args.input)
  return undefined
}

const close: RuntimeCall = (machine, process, args) => {
  cancelExchange(machine, process, `${process.pid}.${args.stream as number}`)
  return undefined
}

/** Gives an exchange up; the server is told when it has not ended yet. */
export function cancelExchange(machine: Machine, process: ProcessRecord, tag: string): void {
  const wait = machine.exchanges.get(tag)
  if (wait === undefined) return
  machine.exchanges.delete(tag)
  if (wait.sent !== undefined && wait.ended === undefined)
    networkOf(machine, process).cancel(pointOf(process), wait.sent as SentRequest)
}

const lookUp =
  (kind: 'resolve' | 'connect'): RuntimeCall =>
  (machine, process, args) => {
    const tag = machine.newTag(process.pid)
    const network = networkOf(machine, process)
    const got =
      kind === 'resolve'
        ? network.resolve(pointOf(process), args.name as string, tag)
        : network.connect(pointOf(process), args.host as string, args.port as number, tag)
    const timeoutMs = args.timeoutMs as number | undefined
    if ('answer' in got) {
      const { answer, afterMs = 0 } = got
      if (timeoutMs !== undefined && afterMs > timeoutMs) return later(machine, process, args, 'timeout', timeoutMs)
      return later(machine, process, args, answer, afterMs)
    }
    const pending = machine.block(
      process,
      { ...args, timeoutAnswer: kind === 'connect' ? 'timeout' : { error: 'timeout' } },
      `net ${tag}`,
    )
    machine.timer(process, timeoutMs ?? 30_000)
    return pending
  }

/** Networks that know no questions know addresses. */
const query: RuntimeCall = (machine, process, args) => {
  const network = networkOf(machine, process)
  const question = args.question as DnsQuestion
  const got = network.query?.(pointOf(process), question) ?? { answer: 'timeout' as const }
  return 'answer' in got ? later(machine, process, args, got.answer, got.afterMs) : undefined
}

export const networkCalls: Record<string, RuntimeCall> = {
  http: request(false),
  open: request(true),
  next,
  send,
  close,
  resolve: lookUp('resolve'),
  'dns.query': query,
  connect: lookUp('connect'),
}

/** The whole answer to a plain request whose server streamed it. */
export function gathered(response: HttpResponse, chunks: unknown[]): HttpResponse {
  const body = chunks.every((chunk) => typeof chunk === 'string') ? chunks.join('') : chunks
  const { streaming: _streaming, ...rest } = response
  return { ...rest, body }
}
