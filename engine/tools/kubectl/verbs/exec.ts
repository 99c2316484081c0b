/**
 * `kubectl exec`. Models kubectl/pkg/cmd/exec and client-go/tools/remotecommand (K4). The stream's chunks are
 * `{channel, data}`, the last one on `error` a Status; input is `{channel: 'stdin', data}`, null at its end.
 */
import type { Run } from '../../../host/process.ts'
import type { OpenStream } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, ExitError, StatusError, UsageError, type Status } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { containerOf, firstPod, oneObject, type PodLike } from './pods-of.ts'

export const execCommand: Command = { path: 'exec', complete: 'pods', run: runExec }

function* runExec(ctx: Context): Run<number> {
  const { flags, args, dash } = ctx
  const files = flags.list('filename')
  if (args.length === 0 && files.length === 0) throw new CommandError('pod, type/name or --filename must be specified')
  const named = files.length === 0
  if (dash < 0 && args.length > 1)
    throw new UsageError('exec', 'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead')
  const command = args.slice(dash >= 0 ? dash : args.length)
  if (dash === 0 && named) throw new UsageError('exec', 'pod, type/name or --filename must be specified')
  if (command.length === 0) throw new CommandError('you must specify at least one command for the container')
  const info = yield* oneObject(ctx, args[0] ?? '', named ? {} : { args: [], filenames: files })
  const pod = yield* firstPod(ctx, info)
  const phase = pod.status?.phase ?? ''
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`)
  const container = yield* containerOf(ctx, pod, flags.text('container'), flags.bool('quiet'))
  return yield* runIn(ctx, pod, 'exec', { container, command, stdin: flags.bool('stdin'), tty: flags.bool('tty') })
}

export interface RemoteOptions {
  container: string
  command?: string[]
  stdin: boolean
  tty: boolean
  /** Said before the stream is opened. */
  greeting?: string
}

/** Runs a command in (or attaches to) a container; its output is ours; the result is its exit code. */
export function* runIn(
  ctx: Context,
  pod: PodLike,
  subresource: 'exec' | 'attach',
  options: RemoteOptions,
): Run<number> {
  const { p } = ctx
  const tty = options.tty && (yield* p.isTty(0))
  if (options.tty && !tty) yield* p.err('Unable to use a TTY - input is not a terminal or the right kind of file\n')
  if (options.greeting) yield* p.err(options.greeting)
  const stream = yield* openIn(ctx, pod, subresource, { ...options, tty })
  return yield* pump(ctx, stream, options.stdin, tty)
}

/** The stream of a command in a container. Throws what kubectl says when there is none. */
export function* openIn(
  ctx: Context,
  pod: PodLike,
  subresource: 'exec' | 'attach',
  options: RemoteOptions,
): Run<OpenStream> {
  const client = yield* ctx.session.client()
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const path = pathOf(type, pod.metadata?.namespace, pod.metadata?.name, subresource)
  const query = {
    ...(options.command ? { command: JSON.stringify(options.command) } : {}),
    container: options.container,
    ...(options.stdin ? { stdin: 'true' } : {}),
    stdout: 'true',
    ...(options.tty ? { tty: 'true' } : { stderr: 'true' }),
  }
  const headers: Record<string, string> =
    ctx.session.minor >= 31 ? { 'sec-websocket-protocol': 'v5.channel.k8s.io' } : {}
  return yield* opened(client.open('POST', path, { query, headers, upgrade: true }))
}

/** A refusal before the stream is up is an upgrade that failed. */
function* opened(open: Run<OpenStream>): Run<OpenStream> {
  try {
    return yield* open
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'InternalError')
      throw new CommandError(`Internal error occurred: ${error.message.replace(/^Internal error occurred: /, '')}`)
    if (error instanceof CommandError && error.message.startsWith('unable to upgrade'))
      throw new CommandError(`Internal error occurred: ${error.message}`)
    throw error
  }
}

export type RemoteChunk = { channel: 'stdout' | 'stderr'; data: string } | { channel: 'error'; data: Status }

/** A terminal is handed over as it is, and taken back at the end. */
function* pump(ctx: Context, stream: OpenStream, stdin: boolean, tty: boolean): Run<number> {
  const { p } = ctx
  if (!stdin || !(yield* p.isTty(0))) {
    if (stdin) yield* sendAll(ctx, stream)
    return yield* received(ctx, stream)
  }
  if (tty) yield* p.ask('ttyMode', { mode: 'raw' })
  yield* p.ask('ttyForward', { stream: stream.stream })
  try {
    return yield* received(ctx, stream)
  } finally {
    yield* p.ask('ttyForward')
    if (tty) yield* p.ask('ttyMode', { mode: 'cooked' })
  }
}

function* received(ctx: Context, stream: OpenStream): Run<number> {
  for (;;) {
    const item = yield* stream.next()
    if (item.kind === 'timeout') continue
    if (item.kind === 'end') {
      if (item.error) throw new CommandError(item.error)
      return 0
    }
    const { channel, data } = item.chunk as RemoteChunk
    if (typeof data !== 'string') return yield* finished(ctx, data)
    yield* channel === 'stdout' ? ctx.p.out(data) : ctx.p.err(data)
  }
}

function* sendAll(ctx: Context, stream: OpenStream): Run<void> {
  for (;;) {
    const data = yield* ctx.p.read(0)
    if (data === null) break
    yield* stream.send({ channel: 'stdin', data })
  }
  yield* stream.send(null)
}

/** What the last status of a stream means: 0, or the error that ends the program. */
export function* finished(ctx: Context, status: Status): Run<number> {
  if (status.status !== 'Failure') return 0
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')
  if (cause === undefined) throw new CommandError(status.message ?? 'unknown error')
  const code = Number(cause.message)
  yield* ctx.p.err(`command terminated with exit code ${code}\n`)
  throw new ExitError(code)
}
