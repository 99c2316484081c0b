/**
 * `kubectl port-forward`. Models kubectl/pkg/cmd/portforward and client-go/tools/portforward: listens on the host's
 * own addresses, hands each connection to the kubelet over one stream. Not modelled: what is not HTTP.
 */
import type { HttpResponse } from '../../../fabric/http.ts'
import type { Run } from '../../../host/process.ts'
import type { OpenStream } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { klogHeader } from '../discovery.ts'
import { CommandError, UsageError, type StatusError } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { texts } from '../texts.ts'
import { forwardedPorts, portWords, type ForwardedPort } from './port-forward-ports.ts'
import { firstPod, oneObject, type PodLike } from './pods-of.ts'

export const portForwardCommand: Command = { path: 'port-forward', run: runPortForward }

function* runPortForward(ctx: Context): Run<number> {
  const { args } = ctx
  if (args.length < 2) throw new UsageError('port-forward', 'TYPE/NAME and list of ports are required for port-forward')
  const info = yield* oneObject(ctx, args[0]!)
  const pod = yield* firstPod(ctx, info)
  const words = portWords(args.slice(1), info.object, pod)
  const fresh = yield* readPod(ctx, pod)
  const phase = fresh.status?.phase ?? ''
  if (phase !== 'Running')
    throw new CommandError(`unable to forward port because pod is not running. Current status=${phase}`)
  const addresses = listenAddresses(ctx.flags.list('address'))
  const ports = forwardedPorts(words)
  const stream = yield* upgraded(ctx, fresh)
  yield* listenAll(ctx, stream, ports, addresses)
  return yield* serve(ctx, stream, ports)
}

function* podPath(ctx: Context, pod: PodLike, subresource?: string): Run<string> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  return pathOf(type, pod.metadata?.namespace, pod.metadata?.name, subresource)
}

function* readPod(ctx: Context, pod: PodLike): Run<PodLike> {
  return yield* (yield* ctx.session.client()).get<PodLike>(yield* podPath(ctx, pod))
}

function* upgraded(ctx: Context, pod: PodLike): Run<OpenStream> {
  try {
    const client = yield* ctx.session.client()
    return yield* client.open('POST', yield* podPath(ctx, pod, 'portforward'), { upgrade: true })
  } catch (error) {
    const { status } = error as Partial<StatusError>
    if (status === undefined || !(error instanceof CommandError)) throw error
    throw new CommandError(`error upgrading connection: ${error.message}`)
  }
}

interface ListenAddress {
  protocol: 'tcp4' | 'tcp6'
  address: string
  /** `all`: it is a failure only when every address of the kind failed. */
  mode: 'all' | 'any'
}

const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256)
const isIPv6 = (text: string): boolean => /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)

function listenAddresses(words: string[]): ListenAddress[] {
  const found = new Map<string, ListenAddress>()
  for (const word of words) {
    if (word === 'localhost') {
      if (!found.has('127.0.0.1')) found.set('127.0.0.1', { protocol: 'tcp4', address: '127.0.0.1', mode: 'all' })
      if (!found.has('::1')) found.set('::1', { protocol: 'tcp6', address: '::1', mode: 'all' })
    } else if (isIPv4(word)) found.set(word, { protocol: 'tcp4', address: word, mode: 'any' })
    else if (isIPv6(word)) found.set(word, { protocol: 'tcp6', address: word, mode: 'any' })
    else throw new CommandError(`${word} is not a valid IP`)
  }
  if (found.size === 0) throw new CommandError('you must specify at least 1 address')
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
}

function* listenAll(ctx: Context, stream: OpenStream, ports: ForwardedPort[], addresses: ListenAddress[]): Run<void> {
  const asked = ports.map(({ local, remote }) => `{${local} ${remote}}`).join(' ')
  let listens = false
  for (const port of ports) {
    const failure = yield* listenOnPort(ctx, stream, port, addresses)
    if (failure === undefined) listens = true
    else yield* ctx.p.err(`Unable to listen on port ${port.local}: ${failure}\n`)
  }
  if (!listens) throw new CommandError(`unable to listen on any of the requested ports: [${asked}]`)
}

const hostPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const WHY: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
}

/** Listens for one port on each address. An IPv6 address shares the fate of the IPv4 one: the host has one port table. */
function* listenOnPort(
  ctx: Context,
  stream: OpenStream,
  port: ForwardedPort,
  addresses: ListenAddress[],
): Run<string | undefined> {
  const { local } = port
  const bind = addresses.every(({ address }) => address === '::1' || address.startsWith('127.'))
    ? '127.0.0.1'
    : '0.0.0.0'
  const got = (yield* ctx.p.ask('listen', { port: local, address: bind, stream: stream.stream })) as
    { port: number } | { error: string }
  if ('error' in got) {
    const failed = addresses.map(
      ({ protocol, address }) =>
        `unable to create listener: Error listen ${protocol} ${hostPort(address, local)}: bind: ${WHY[got.error] ?? got.error}`,
    )
    return `Listeners failed to create with the following errors: [${failed.join(' ')}]`
  }
  port.local = got.port
  for (const { address } of addresses)
    yield* ctx.p.out(`Forwarding from ${hostPort(address, port.local)} -> ${port.remote}\n`)
  return undefined
}

type Incoming =
  | { accepted: string; port: number; request: unknown }
  | { connection: string; response: HttpResponse }
  | { connection: string; error: string }

/** Hands on what comes in until the person has enough (exit code 0) or the pod is lost. */
function* serve(ctx: Context, stream: OpenStream, ports: ForwardedPort[]): Run<number> {
  const { p } = ctx
  const local = new Map<string, ForwardedPort>()
  yield* p.catchSignals(['INT'])
  for (;;) {
    const item = yield* stream.next()
    if (item.kind === 'end') throw new CommandError('lost connection to pod')
    if (item.kind === 'timeout') {
      if ((yield* p.takeSignal()) !== null) return 0
      continue
    }
    const message = item.chunk as Incoming
    if ('accepted' in message) {
      const port = ports.find(({ local: own }) => own === message.port)!
      local.set(message.accepted, port)
      yield* p.out(`Handling connection for ${port.local}\n`)
      yield* stream.send({ connection: message.accepted, port: port.remote, request: message.request })
    } else if ('response' in message) {
      yield* p.ask('reply', { accepted: message.connection, response: message.response })
    } else if ('error' in message) yield* lost(ctx, message, local.get(message.connection)!)
  }
}

/** A connection that the pod refused ends the session. */
function* lost(
  ctx: Context,
  { connection, error }: { connection: string; error: string },
  port: ForwardedPort,
): Run<never> {
  const { p, session } = ctx
  const said = `an error occurred forwarding ${port.local} -> ${port.remote}: ${error}`
  const unhandled = texts.unhandledError(session.minor)
  const place = `portforward.go:${texts.portForwardLine(session.minor)}`
  const text = unhandled ? `"Unhandled Error" err=${JSON.stringify(said)}` : said
  yield* p.err(`${yield* klogHeader(p, 'E', place)} ${text}\n`)
  yield* p.ask('reply', { accepted: connection })
  throw new CommandError('lost connection to pod')
}
