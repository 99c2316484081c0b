/** `kubectl exec`. Models kubectl/pkg/cmd/exec (K4). The stream's chunks are `{ stdout }`, `{ stderr }` and, last, `{ exitCode }` or `{ error }`; input is sent as `{ stdin }`, `{ stdinEnd }`. */
import type { Run } from '../../../host/process.ts'
import type { OpenStream } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, ExitError, StatusError, UsageError } from '../errors.ts'
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
  const client = yield* ctx.session.client()
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const path = pathOf(type, pod.metadata?.namespace, pod.metadata?.name, subresource)
  const stream = yield* opened(
    client.open('POST', path, {
      query: {
        container: options.container,
        ...(options.command ? { command: options.command.join('\u0000') } : {}),
        ...(options.stdin ? { stdin: 'true' } : {}),
        stdout: 'true',
        ...(tty ? { tty: 'true' } : { stderr: 'true' }),
      },
    }),
  )
  return yield* pump(ctx, stream, options.stdin, tty)
}

/** A refusal before the stream is up is an upgrade that failed. */
function* opened(open: Run<OpenStream>): Run<OpenStream> {
  try {
    return yield* open
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'InternalError')
      throw new CommandError(`Internal error occurred: ${error.message.replace(/^Internal error occurred: /, '')}`)
    throw error
  }
}

interface RemoteChunk {
  stdout?: string
  stderr?: string
  exitCode?: number
  error?: string
}

/** How long a terminal's input is waited for before looking at the output again. */
const TURN_MS = 20

function* pump(ctx: Context, stream: OpenStream, stdin: boolean, tty: boolean): Run<number> {
  const { p } = ctx
  if (stdin && !tty) yield* sendAll(ctx, stream)
  for (;;) {
    const item = yield* stream.next(tty && stdin ? TURN_MS : undefined)
    if (item.kind === 'timeout') {
      const typed = yield* p.read(0)
      if (typed === null) yield* stream.send({ stdinEnd: true })
      else if (typed !== '') yield* stream.send({ stdin: typed })
      continue
    }
    if (item.kind === 'end') {
      if (item.error) throw new CommandError(item.error)
      return 0
    }
    const chunk: RemoteChunk = typeof item.chunk === 'string' ? { stdout: item.chunk } : (item.chunk as RemoteChunk)
    if (chunk.stdout) yield* p.out(chunk.stdout)
    if (chunk.stderr) yield* p.err(chunk.stderr)
    if (chunk.error !== undefined) throw new CommandError(chunk.error)
    if (chunk.exitCode !== undefined) return yield* finished(ctx, chunk.exitCode)
  }
}

function* sendAll(ctx: Context, stream: OpenStream): Run<void> {
  for (;;) {
    const text = yield* ctx.p.read(0)
    if (text === null) break
    yield* stream.send({ stdin: text })
  }
  yield* stream.send({ stdinEnd: true })
}

function* finished(ctx: Context, code: number): Run<number> {
  if (code === 0) return 0
  yield* ctx.p.err(`command terminated with exit code ${code}\n`)
  throw new ExitError(code)
}
