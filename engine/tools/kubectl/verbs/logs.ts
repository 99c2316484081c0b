/** `kubectl logs`. Models kubectl/pkg/cmd/logs (K4). Not modelled: --insecure-skip-tls-verify-backend. */
import type { Run } from '../../../host/process.ts'
import { listAll } from '../builder.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, isNotFound, StatusError, UsageError } from '../errors.ts'
import type { OpenStream } from '../client.ts'
import { pathOf } from '../mapper.ts'
import { containerOf, oneObject, waitedPods, type PodLike } from './pods-of.ts'

export const logsCommand: Command = { path: 'logs', complete: 'pods', run: runLogs }

interface Source {
  pod: PodLike
  container: string
}

const USAGE =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"

function* runLogs(ctx: Context): Run<void> {
  const { flags } = ctx
  checkUsage(ctx)
  const sources = yield* sourcesOf(ctx)
  if (flags.bool('follow') && sources.length > 1) return yield* followAll(ctx, sources)
  for (const source of sources) yield* printOne(ctx, source)
}

function checkUsage(ctx: Context): void {
  const { flags, args } = ctx
  if (args.length === 0 && flags.text('selector') === '') throw new UsageError('logs', USAGE)
  if (args.length > 2) throw new UsageError('logs', USAGE)
  if (args.length > 0 && flags.text('selector'))
    throw new UsageError('logs', 'only a selector (-l) or a POD name is allowed')
  if (args.length === 2 && flags.text('container'))
    throw new UsageError('logs', 'only one of -c or an inline [CONTAINER] arg is allowed')
  if (flags.changed('tail') && flags.int('tail') < -1)
    throw new CommandError('--tail must be greater than or equal to -1')
  if (flags.text('since-time') && flags.changed('since'))
    throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified')
  const time = flags.text('since-time')
  if (time && Number.isNaN(Date.parse(time)))
    throw new CommandError(`parsing time "${time}" as "2006-01-02T15:04:05Z07:00": cannot parse "${time}" as "2006"`)
  if (flags.bool('all-containers') && (flags.text('container') || args.length === 2))
    throw new CommandError(
      '--all-containers=true should not be specified with container name ' + (flags.text('container') || args[1]),
    )
}

function* sourcesOf(ctx: Context): Run<Source[]> {
  const { flags, args } = ctx
  const container = flags.text('container') || args[1] || ''
  if (flags.text('selector')) return yield* selected(ctx, container)
  const info = yield* named(ctx, args[0]!)
  const pods = yield* waitedPods(ctx, info, true)
  const first = pods[0]!
  if (flags.has('all-pods') && flags.bool('all-pods')) return yield* expand(ctx, pods, container)
  if (pods.length > 1) yield* ctx.p.err(`Found ${pods.length} pods, using pod/${first.metadata?.name}\n`)
  return yield* expand(ctx, [first], container)
}

/** A missing object is told in logs' own way. */
function* named(ctx: Context, word: string) {
  try {
    return yield* oneObject(ctx, word)
  } catch (error) {
    if (!(error instanceof StatusError) || !isNotFound(error)) throw error
    const { namespace } = yield* ctx.session.namespace()
    throw new CommandError(`error from server (NotFound): ${error.message} in namespace "${namespace}"`)
  }
}

function* selected(ctx: Context, container: string): Run<Source[]> {
  const { namespace } = yield* ctx.session.namespace()
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const pods = (yield* listAll(ctx, type, namespace, { labelSelector: ctx.flags.text('selector') })) as PodLike[]
  if (pods.length === 0) yield* ctx.p.err(`No resources found in ${namespace} namespace.\n`)
  const sources = yield* expand(ctx, pods, container)
  const limit = ctx.flags.int('max-log-requests')
  if (ctx.flags.bool('follow') && sources.length > limit)
    throw new CommandError(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${limit}, use --max-log-requests to increase the limit`,
    )
  return sources
}

function* expand(ctx: Context, pods: PodLike[], container: string): Run<Source[]> {
  const sources: Source[] = []
  for (const pod of pods) {
    if (ctx.flags.bool('all-containers')) for (const name of allNames(pod)) sources.push({ pod, container: name })
    else sources.push({ pod, container: yield* chosen(ctx, pod, container) })
  }
  return sources
}

const allNames = (pod: PodLike): string[] =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? []), ...(pod.spec?.ephemeralContainers ?? [])].map(
    (c) => c.name,
  )

function* chosen(ctx: Context, pod: PodLike, container: string): Run<string> {
  if (container !== '' && !allNames(pod).includes(container))
    throw new CommandError(`container ${container} is not valid for pod ${pod.metadata?.name}`)
  return yield* containerOf(ctx, pod, container)
}

function query(ctx: Context, source: Source): Record<string, string> {
  const { flags } = ctx
  const tail = flags.changed('tail') ? flags.int('tail') : flags.text('selector') ? 10 : -1
  return {
    container: source.container,
    ...(flags.bool('follow') ? { follow: 'true' } : {}),
    ...(flags.bool('previous') ? { previous: 'true' } : {}),
    ...(flags.changed('since') && flags.durationMs('since') > 0
      ? { sinceSeconds: String(Math.ceil(flags.durationMs('since') / 1000)) }
      : {}),
    ...(flags.text('since-time') ? { sinceTime: flags.text('since-time') } : {}),
    ...(flags.bool('timestamps') ? { timestamps: 'true' } : {}),
    ...(tail >= 0 ? { tailLines: String(tail) } : {}),
    ...(flags.int('limit-bytes') > 0 ? { limitBytes: String(flags.int('limit-bytes')) } : {}),
  }
}

function* logPath(ctx: Context, source: Source): Run<string> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  return pathOf(type, source.pod.metadata?.namespace, source.pod.metadata?.name, 'log')
}

const prefixOf = (ctx: Context, source: Source): string =>
  ctx.flags.bool('prefix') ? `[pod/${source.pod.metadata?.name}/${source.container}] ` : ''

/** Puts the prefix before each line that begins in the chunk. */
export function prefixLines(text: string, prefix: string, atStart: boolean): string {
  if (prefix === '' || text === '') return text
  return (atStart ? prefix : '') + text.replace(/\n(?!$)/g, `\n${prefix}`)
}

function* printOne(ctx: Context, source: Source): Run<void> {
  const client = yield* ctx.session.client()
  const path = yield* logPath(ctx, source)
  try {
    if (!ctx.flags.bool('follow')) {
      const body = yield* client.request<unknown>('GET', path, { query: query(ctx, source) })
      return yield* ctx.p.out(prefixLines(logText(body), prefixOf(ctx, source), true))
    }
    const stream = yield* client.open('GET', path, { query: query(ctx, source) })
    let atStart = true
    for (;;) {
      const text = yield* nextText(stream)
      if (text === null) return
      yield* ctx.p.out(prefixLines(text, prefixOf(ctx, source), atStart))
      atStart = text.endsWith('\n')
    }
  } catch (error) {
    if (!(error instanceof StatusError) || !ctx.flags.bool('ignore-errors')) throw error
    yield* ctx.p.err(`error: ${error.message}\n`)
  }
}

const logText = (body: unknown): string =>
  typeof body === 'string' ? body : body === undefined || body === null ? '' : `${JSON.stringify(body)}\n`

function* nextText(stream: OpenStream, timeoutMs?: number): Run<string | null> {
  const item = yield* stream.next(timeoutMs)
  if (item.kind === 'end') return null
  return item.kind === 'timeout' ? '' : logText(item.chunk)
}

/** How long one of several streams is listened to before the next. */
const TURN_MS = 50

function* followAll(ctx: Context, sources: Source[]): Run<void> {
  const client = yield* ctx.session.client()
  const open: { source: Source; stream: OpenStream; atStart: boolean }[] = []
  for (const source of sources)
    open.push({
      source,
      stream: yield* client.open('GET', yield* logPath(ctx, source), { query: query(ctx, source) }),
      atStart: true,
    })
  while (open.length > 0) {
    for (const entry of [...open]) {
      const text = yield* nextText(entry.stream, TURN_MS)
      if (text === null) open.splice(open.indexOf(entry), 1)
      else if (text !== '') {
        yield* ctx.p.out(prefixLines(text, prefixOf(ctx, entry.source), entry.atStart))
        entry.atStart = text.endsWith('\n')
      }
    }
  }
}
