/** `kubectl get`. Models kubectl/pkg/cmd/get (K1). Not modelled: `-k`, printing without the server's tables other than NAME and AGE. */
import type { Run } from '../../../host/process.ts'
import {
  fetchTarget,
  getting,
  listing,
  optionsFromFlags,
  plan,
  selectorQuery,
  type BuildOptions,
  type Info,
  type Target,
} from '../builder.ts'
import { refusal, type ApiObject, type ListObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { AggregateError, CommandError, isNotFound, PlainError, StatusError, UsageError } from '../errors.ts'
import { pathOf, singularWithGroup } from '../mapper.ts'
import { asList } from '../printers/lists.ts'
import { outputFormat, type ObjectPrinter } from '../printers/output.ts'
import { noSuchField, sortByField } from '../printers/sort.ts'
import { isTable, plainTable, TABLE_ACCEPT, TablePrinter, type Table } from '../printers/table.ts'
import { watchObjects, watchTables } from './get-watch.ts'

export const getCommand: Command = {
  path: 'get',
  flags: [
    { name: 'use-openapi-print-columns', type: 'bool', default: 'false', usage: '', hidden: true },
    { name: 'server-print', type: 'bool', default: 'true', usage: '' },
  ],
  complete: 'types',
  run: runGet,
}

function* runGet(ctx: Context): Run<number | void> {
  const { flags } = ctx
  if (flags.text('raw')) return yield* getRaw(ctx)
  const options: BuildOptions = { ...optionsFromFlags(ctx), selectAllByDefault: true }
  checkUsage(ctx, options)
  const format = yield* outputFormat(ctx.p, flags, ctx.session.minor, { tables: true })
  if (flags.bool('watch') || flags.bool('watch-only')) return yield* watch(ctx, options, format)
  if (format?.kind === 'object') return yield* printObjects(ctx, options, format.printer)
  return yield* printTables(ctx, options, format?.wide ?? false)
}

const NO_TYPE =
  'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n'

function checkUsage(ctx: Context, options: BuildOptions): void {
  const fromFiles = (options.filenames ?? []).length > 0 || options.kustomize
  if (options.args.length === 0 && !fromFiles)
    throw new PlainError(
      `${NO_TYPE}\n${new UsageError('get', 'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).').text()}`,
    )
  if (ctx.flags.bool('output-watch-events') && !ctx.flags.bool('watch') && !ctx.flags.bool('watch-only'))
    throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only')
}

function* getRaw(ctx: Context): Run<number> {
  const { flags, args, p } = ctx
  if (args.length > 0 || flags.list('filename').length > 0)
    throw new CommandError('arguments may not be passed when --raw is specified')
  if (flags.bool('watch'))
    throw new CommandError(
      '--raw may not be specified with other flags that filter the server request or alter the output',
    )
  const client = yield* ctx.session.client()
  const [path = '', search = ''] = flags.text('raw').split('?', 2)
  const answer = yield* client.raw('GET', path, { query: parseQuery(search) })
  if (answer.code >= 400) throw refusal(answer, 'GET', '')
  const { body } = answer
  yield* p.out(typeof body === 'string' ? body : `${JSON.stringify(asServed(body))}\n`)
  return 0
}

/** Kind and apiVersion first, as the server's types state them. */
function asServed(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('kind' in body) || !('apiVersion' in body)) return body
  const { kind, apiVersion, ...rest } = body as Record<string, unknown>
  return { kind, apiVersion, ...rest }
}

const parseQuery = (search: string): Record<string, string> =>
  Object.fromEntries(
    search
      .split('&')
      .filter(Boolean)
      .map((pair) => {
        const [key = '', ...value] = pair.split('=')
        return [decodeURIComponent(key), decodeURIComponent(value.join('='))]
      }),
  )

/** Whole objects: one alone, or a `List` of all. */
function* printObjects(ctx: Context, options: BuildOptions, printer: ObjectPrinter): Run<void> {
  const planned = yield* plan(ctx, options)
  const errors: CommandError[] = planned.errors.map(bare)
  const infos: Info[] = []
  for (const target of planned.targets) {
    try {
      infos.push(...(yield* fetchTarget(ctx, target, options, ctx.flags.text('subresource'))))
    } catch (error) {
      collect(ctx, errors, error)
    }
  }
  const sorted = sortedInfos(ctx, infos)
  if (planned.single && sorted.length === 0) return finish(errors)
  if (!(
    ctx.flags.bool('ignore-not-found') &&
    planned.targets.every((t) => t.name !== undefined) &&
    sorted.length === 0
  ))
    yield* ctx.p.out(printer.print(planned.single ? sorted[0]!.object : asList(sorted.map((info) => info.object))))
  finish(errors)
}

function sortedInfos(ctx: Context, infos: Info[]): Info[] {
  const field = ctx.flags.text('sort-by')
  if (!field || infos.length === 0) return infos
  const sorted = sortByField(infos, field, (info) => info.object)
  if (!sorted) throw noSuchField(field)
  return sorted
}

/** Errors of documents print without `error: `. */
const bare = (error: CommandError): CommandError => new PlainError(error.message)

function collect(ctx: Context, errors: CommandError[], error: unknown): void {
  if (!(error instanceof StatusError)) throw error
  if (ctx.flags.bool('ignore-not-found') && isNotFound(error)) return
  errors.push(error)
}

function finish(errors: CommandError[]): void {
  const seen = new Set<string>()
  const distinct = errors.filter((error) => !seen.has(error.text()) && seen.add(error.text()))
  if (distinct.length === 1) throw distinct[0]!
  if (distinct.length > 1) throw new AggregateError(distinct)
}

/** What one target's request gave. */
interface Piece {
  target: Target
  table: Table
}

/** Tables, one block a type. */
function* printTables(ctx: Context, options: BuildOptions, wide: boolean): Run<void> {
  const planned = yield* plan(ctx, options)
  const errors: CommandError[] = planned.errors.map(bare)
  const pieces: Piece[] = []
  for (const target of planned.targets) {
    try {
      for (const table of yield* fetchTables(ctx, target, options)) pieces.push({ target, table })
    } catch (error) {
      collect(ctx, errors, error)
    }
  }
  const blocks = blocksOf(pieces)
  const kinds = new Set(pieces.map((piece) => piece.target).map((t) => `${t.type.group}/${t.type.resource}`)).size
  yield* printBlocks(ctx, options, blocks, { wide, showKind: kinds > 1 || ctx.flags.bool('show-kind') })
  const empty = blocks.every((block) => sortedRows(ctx, block.table).length === 0)
  if (empty && errors.length === 0 && !ctx.flags.bool('ignore-not-found'))
    yield* sayNothingFound(ctx, options, planned.targets)
  finish(errors)
}

/** `No resources found in default namespace.` */
export function* sayNothingFound(ctx: Context, options: BuildOptions, targets: Target[]): Run<void> {
  const { namespace } = yield* ctx.session.namespace()
  const scoped = !options.allNamespaces && targets.every((target) => target.type.namespaced)
  yield* ctx.p.err(scoped ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n')
}

/** Tables of neighbouring targets of one type become one; sorted when asked. */
function blocksOf(pieces: Piece[]): Piece[] {
  const blocks: Piece[] = []
  for (const piece of pieces) {
    const last = blocks.at(-1)
    if (last && last.target.type === piece.target.type) {
      last.table = { ...last.table, rows: [...(last.table.rows ?? []), ...(piece.table.rows ?? [])] }
    } else blocks.push({ ...piece })
  }
  return blocks
}

function* printBlocks(
  ctx: Context,
  options: BuildOptions,
  blocks: Piece[],
  view: { wide: boolean; showKind: boolean },
): Run<void> {
  let first = true
  for (const { target, table } of blocks) {
    const rows = sortedRows(ctx, table)
    if (rows.length === 0) continue
    const printer = tablePrinter(ctx, options, target, view)
    const parted = !first && !ctx.flags.bool('no-headers')
    yield* ctx.p.out((parted ? '\n' : '') + printer.print({ ...table, rows }))
    first = false
  }
}

function sortedRows(ctx: Context, table: Table): NonNullable<Table['rows']> {
  const rows = table.rows ?? []
  const field = ctx.flags.text('sort-by')
  if (!field) return rows
  const sorted = sortByField(rows, field, (row) => row.object ?? {})
  if (!sorted && table.plain) throw noSuchField(field)
  return sorted ?? []
}

export function tablePrinter(
  ctx: Context,
  options: BuildOptions,
  target: Target,
  view: { wide: boolean; showKind: boolean },
): TablePrinter {
  const { flags } = ctx
  return new TablePrinter({
    wide: view.wide,
    noHeaders: flags.bool('no-headers'),
    withNamespace: (options.allNamespaces ?? false) && target.type.namespaced,
    kindPrefix: view.showKind ? singularWithGroup(target.type) : '',
    showLabels: flags.bool('show-labels'),
    labelColumns: flags.list('label-columns'),
  })
}

/** The tables of one target: pages of a list, or one object. */
function* fetchTables(ctx: Context, target: Target, options: BuildOptions): Run<Table[]> {
  const client = yield* ctx.session.client()
  const whole: Record<string, string> = ctx.flags.text('sort-by') ? { includeObject: 'Object' } : {}
  const path = pathOf(target.type, target.namespace, target.name, ctx.flags.text('subresource') || undefined)
  if (target.name !== undefined)
    return [yield* asTable(ctx, yield* getting(ctx, target, client.get(path, whole, accept(ctx))))]
  const tables: Table[] = []
  const limit = chunkSize(ctx)
  let next = ''
  do {
    const query = { ...selectorQuery(options), ...whole, ...limit, ...(next ? { continue: next } : {}) }
    const table = yield* asTable(ctx, yield* listing(target.type, query, client.get(path, query, accept(ctx))))
    tables.push(table)
    next = table.metadata?.continue ?? ''
  } while (next !== '')
  return tables
}

const accept = (ctx: Context): string => (ctx.flags.bool('server-print') ? TABLE_ACCEPT : 'application/json')

function chunkSize(ctx: Context): Record<string, string> {
  const size = ctx.flags.int('chunk-size')
  return size > 0 ? { limit: String(size) } : {}
}

/** What a server answered, as a table: one without tables gives objects. */
function* asTable(ctx: Context, body: unknown): Run<Table> {
  if (isTable(body)) return body
  const object = body as ApiObject & Partial<ListObject>
  const table = plainTable(object.items ?? [object], yield* ctx.p.now())
  return object.items ? { ...table, metadata: object.metadata as Table['metadata'] } : table
}

function* watch(
  ctx: Context,
  options: BuildOptions,
  format: { kind: 'table'; wide: boolean } | { kind: 'object'; printer: ObjectPrinter } | undefined,
): Run<number | void> {
  const planned = yield* plan(ctx, options)
  if (planned.errors.length > 0) throw planned.errors[0]!
  const kinds = new Set(planned.targets.map((t) => t.type)).size
  if (kinds > 1) throw new CommandError('you may only specify a single resource type')
  if (planned.targets.length > 1)
    throw new CommandError('watch is only supported on individual resources and resource collections')
  const target = planned.targets[0]!
  if (format?.kind === 'object') return yield* watchObjects(ctx, options, target, format.printer)
  const printer = tablePrinter(ctx, options, target, {
    wide: format?.wide ?? false,
    showKind: ctx.flags.bool('show-kind'),
  })
  return yield* watchTables(ctx, options, target, printer)
}
