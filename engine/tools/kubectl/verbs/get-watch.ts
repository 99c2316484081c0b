/** `kubectl get --watch`: a list, then what changes, until the stream ends. */
import type { Run } from '../../../host/process.ts'
import { getting, named, selectorQuery, type BuildOptions, type Target } from '../builder.ts'
import type { ApiObject, ListObject, OpenStream } from '../client.ts'
import type { Context } from '../command.ts'
import { StatusError, type Status } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import type { ObjectPrinter } from '../printers/output.ts'
import { isTable, plainTable, TABLE_ACCEPT, type Table, type TablePrinter } from '../printers/table.ts'

export interface WatchEvent<T = ApiObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: T
}

/** The next event of a watch; null when it ended. Throws StatusError for an error event. */
export function* nextEvent<T>(stream: OpenStream, timeoutMs?: number): Run<WatchEvent<T> | 'timeout' | null> {
  const item = yield* stream.next(timeoutMs)
  if (item.kind === 'timeout') return 'timeout'
  if (item.kind === 'end') return null
  const event = (typeof item.chunk === 'string' ? JSON.parse(item.chunk) : item.chunk) as WatchEvent<T>
  if (event.type === 'ERROR') throw new StatusError(event.object as Status)
  return event
}

/** The query of a watch on one target, from a revision. */
export function watchQuery(options: BuildOptions, target: Target, resourceVersion: string): Record<string, string> {
  const byName: Record<string, string> =
    target.name === undefined ? {} : { fieldSelector: `metadata.name=${target.name}` }
  return {
    ...selectorQuery(options),
    ...byName,
    watch: 'true',
    ...(resourceVersion && resourceVersion !== '0' ? { resourceVersion } : {}),
  }
}

const collection = (target: Target): string => pathOf(target.type, target.namespace)

export function* watchTables(ctx: Context, options: BuildOptions, target: Target, printer: TablePrinter): Run<number> {
  const client = yield* ctx.session.client()
  const events = ctx.flags.bool('output-watch-events')
  const query = target.name === undefined ? { ...selectorQuery(options), limit: '500' } : {}
  const path = pathOf(target.type, target.namespace, target.name)
  const first = yield* getting(ctx, target, client.get<Table | ApiObject>(path, query, TABLE_ACCEPT))
  const table = yield* toTable(ctx, first)
  const revision = revisionOf(table, target)
  if (!ctx.flags.bool('watch-only') && (table.rows ?? []).length > 0)
    yield* ctx.p.out(printer.print(table, events ? 'ADDED' : undefined))
  const stream = yield* client.open('GET', collection(target), {
    query: watchQuery(options, target, revision),
    accept: TABLE_ACCEPT,
  })
  for (;;) {
    const event = yield* nextEvent<Table | ApiObject>(stream)
    if (event === null || event === 'timeout') return 0
    if (event.type === 'BOOKMARK') continue
    yield* ctx.p.out(printer.print(yield* toTable(ctx, event.object), events ? event.type : undefined))
  }
}

const revisionOf = (table: Table, target: Target): string =>
  (target.name === undefined ? table.metadata?.resourceVersion : table.rows?.[0]?.object?.metadata?.resourceVersion) ??
  table.metadata?.resourceVersion ??
  ''

function* toTable(ctx: Context, body: Table | ApiObject): Run<Table> {
  if (isTable(body)) return body
  const list = body as ApiObject & Partial<ListObject>
  return plainTable(list.items ?? [list], yield* ctx.p.now())
}

export function* watchObjects(
  ctx: Context,
  options: BuildOptions,
  target: Target,
  printer: ObjectPrinter,
): Run<number> {
  const client = yield* ctx.session.client()
  const events = ctx.flags.bool('output-watch-events')
  const first = yield* client.get<ApiObject & Partial<ListObject>>(
    pathOf(target.type, target.namespace, target.name),
    target.name === undefined ? selectorQuery(options) : {},
  )
  const items = first.items ?? [first]
  if (!ctx.flags.bool('watch-only'))
    for (const item of items) yield* ctx.p.out(printer.print(wrapped(named(item, target.type), 'ADDED', events)))
  const query = watchQuery(options, target, first.metadata?.resourceVersion ?? '')
  const stream = yield* client.open('GET', collection(target), { query })
  for (;;) {
    const event = yield* nextEvent<ApiObject>(stream)
    if (event === null || event === 'timeout') return 0
    if (event.type === 'BOOKMARK') continue
    yield* ctx.p.out(printer.print(wrapped(named(event.object, target.type), event.type, events)))
  }
}

const wrapped = (object: ApiObject, type: string, events: boolean): ApiObject => (events ? { type, object } : object)
