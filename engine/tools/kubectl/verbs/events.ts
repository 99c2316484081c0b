/** `kubectl events`. Models kubectl/pkg/cmd/events (K4). */
import { humanDuration } from '../../../objects/duration.ts'
import type { Run } from '../../../host/process.ts'
import { listAll } from '../builder.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { unstableSort } from '../unstable-sort.ts'
import { CommandError, PlainError } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { asList, nameable } from '../printers/lists.ts'
import { outputFormat } from '../printers/output.ts'
import { alignTabs, GET_TABS } from '../printers/tabwriter.ts'
import { nextEvent } from './get-watch.ts'

export const eventsCommand: Command = { path: 'events', complete: 'none', run: runEvents }

export interface EventObject extends ApiObject {
  type?: string
  reason?: string
  message?: string
  count?: number
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  series?: { count?: number; lastObservedTime?: string }
  source?: { component?: string; host?: string }
  reportingComponent?: string
  involvedObject?: {
    kind?: string
    name?: string
    namespace?: string
    fieldPath?: string
    uid?: string
    apiVersion?: string
  }
}

/** When it was last seen, in milliseconds. */
export function lastSeen(event: EventObject): number {
  const text = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp
  return Date.parse(text ?? event.metadata?.creationTimestamp ?? '') || 0
}

/** `5m`, or `5m (x3 over 10m)` for one seen several times. */
export function ageText(event: EventObject, nowMs: number): string {
  const since = (text: string | null | undefined): string =>
    text ? humanDuration(nowMs - Date.parse(text)) : '<unknown>'
  const first = since(event.firstTimestamp ?? event.eventTime)
  if (event.series) return `${since(event.series.lastObservedTime)} (x${event.series.count ?? 0} over ${first})`
  const last = event.lastTimestamp ? since(event.lastTimestamp) : first
  return (event.count ?? 0) > 1 ? `${last} (x${event.count} over ${first})` : last
}

/** `--for type/name`: field selectors of the events of one object. */
function* fieldsFor(ctx: Context, target: string): Run<string[]> {
  if (target === '') return []
  const parts = target.split('/')
  if (parts.length > 2) throw new CommandError('arguments in resource/name form may not have more than one slash')
  if (parts.length !== 2 || parts.some((part) => part === ''))
    throw new CommandError('--for must be in resource/name form')
  const type = (yield* ctx.session.mapper()).find(parts[0]!)
  if (type === undefined) throw new PlainError(`the server doesn't have a resource type "${parts[0]}"`)
  return [
    `involvedObject.kind=${type.kind}`,
    `involvedObject.apiVersion=${type.group ? `${type.group}/` : ''}${type.version}`,
    `involvedObject.name=${parts[1]}`,
  ]
}

function* runEvents(ctx: Context): Run<void> {
  const { flags, p } = ctx
  const types = flags.list('types').map((type) => type.toLowerCase())
  const bad = types.find((type) => type !== 'normal' && type !== 'warning')
  if (bad !== undefined) throw new CommandError('valid --types are Normal or Warning')
  if (flags.changed('for') && !/^[^/]+\/[^/]+(\/|$)/.test(flags.text('for')))
    throw new CommandError('--for must be in resource/name form')
  const format = yield* outputFormat(p, flags, ctx.session.minor)
  const { namespace } = yield* ctx.session.namespace()
  const scope = flags.bool('all-namespaces') ? '' : namespace
  const type = (yield* ctx.session.mapper()).resolve('events')
  const fields = yield* fieldsFor(ctx, flags.text('for'))
  const query: Record<string, string> = fields.length > 0 ? { fieldSelector: fields.join(',') } : {}
  const wanted = (event: EventObject): boolean => types.length === 0 || types.includes((event.type ?? '').toLowerCase())
  if (flags.bool('watch')) return yield* watchEvents(ctx, pathOf(type, scope), query, wanted)
  const events = ((yield* listAll(ctx, type, scope, query)) as EventObject[]).filter(wanted)
  if (events.length === 0) {
    yield* p.err(scope === '' ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`)
    return
  }
  const sorted = unstableSort(events, (a, b) => lastSeen(a) < lastSeen(b))
  if (format?.kind === 'object') return yield* p.out(format.printer.print(nameable(asList(sorted), type)))
  yield* p.out(table(ctx, sorted, yield* p.now(), !flags.bool('no-headers')))
}

function row(ctx: Context, event: EventObject, nowMs: number): string {
  const target = event.involvedObject
  const cells = [
    ageText(event, nowMs),
    event.type ?? '',
    event.reason ?? '',
    `${target?.kind}/${target?.name}`,
    (event.message ?? '').trim(),
  ]
  return `${[...(ctx.flags.bool('all-namespaces') ? [event.metadata?.namespace ?? ''] : []), ...cells].join('\t')}\n`
}

const HEADERS = 'LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n'

function table(ctx: Context, events: EventObject[], nowMs: number, headers: boolean, widths?: number[]): string {
  const head = headers ? (ctx.flags.bool('all-namespaces') ? `NAMESPACE\t${HEADERS}` : HEADERS) : ''
  return alignTabs(head + events.map((event) => row(ctx, event, nowMs)).join(''), GET_TABS, widths)
}

function* watchEvents(
  ctx: Context,
  path: string,
  query: Record<string, string>,
  wanted: (event: EventObject) => boolean,
): Run<void> {
  const client = yield* ctx.session.client()
  const stream = yield* client.open('GET', path, { query: { ...query, watch: 'true' } })
  const widths: number[] = []
  let headers = !ctx.flags.bool('no-headers')
  for (;;) {
    const event = yield* nextEvent<EventObject>(stream)
    if (event === null || event === 'timeout') return
    if (event.type === 'BOOKMARK' || event.type === 'DELETED' || !wanted(event.object)) continue
    yield* ctx.p.out(table(ctx, [event.object], yield* ctx.p.now(), headers, widths))
    headers = false
  }
}
