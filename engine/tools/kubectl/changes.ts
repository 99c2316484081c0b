/** What the changing verbs share: dry run, field manager, validation, and how a change is told. Models kubectl/pkg/cmd/util and cli-runtime's PrintFlags (K4). */
import type { Run } from '../../host/process.ts'
import type { Info } from './builder.ts'
import type { ApiObject } from './client.ts'
import type { Context } from './command.ts'
import { klogHeader } from './discovery.ts'
import { CommandError, ConnectionError, prefixed, StatusError } from './errors.ts'
import { goJson } from './last-applied.ts'
import { kindName, outputFormat } from './printers/output.ts'

export type DryRun = 'none' | 'client' | 'server'

/** What is added to `created`, `scaled` …. */
export const DRY_RUN_SUFFIX: Record<DryRun, string> = { none: '', client: ' (dry run)', server: ' (server dry run)' }

/** Reads `--dry-run`; old forms are warned of. */
export function* dryRunOf(ctx: Context): Run<DryRun> {
  const text = ctx.flags.has('dry-run') ? ctx.flags.text('dry-run') : 'none'
  if (text === 'none' || text === 'client' || text === 'server') return text
  const old = text === 'unchanged' ? 'client' : booleanText(text)
  if (old === undefined)
    throw new CommandError(`Invalid dry-run value (${text}). Must be "none", "server", or "client".`)
  const said =
    text === 'unchanged'
      ? '--dry-run is deprecated and can be replaced with --dry-run=client.'
      : `--dry-run=${text} is deprecated (boolean value) and can be replaced with --dry-run=${old}.`
  yield* ctx.p.err(`${yield* klogHeader(ctx.p, 'W', 'helpers.go:703')} ${said}\n`)
  return old
}

function booleanText(text: string): DryRun | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return 'client'
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? 'none' : undefined
}

/** The query of a write: dry run, field manager, field validation. */
export function writeQuery(ctx: Context, dryRun: DryRun): Record<string, string> {
  const { flags } = ctx
  const manager = flags.has('field-manager') ? flags.text('field-manager') : ''
  return {
    ...(dryRun === 'server' ? { dryRun: 'All' } : {}),
    ...(manager ? { fieldManager: manager } : {}),
    ...(flags.has('validate') ? { fieldValidation: validationOf(ctx) } : {}),
  }
}

/** `--validate` as the server's fieldValidation. */
export function validationOf(ctx: Context): 'Strict' | 'Warn' | 'Ignore' {
  const text = ctx.flags.text('validate')
  if (text === 'strict' || /^(1|t|true)$/i.test(text)) return 'Strict'
  if (text === 'warn') return 'Warn'
  if (text === 'ignore' || /^(0|f|false)$/i.test(text)) return 'Ignore'
  throw new CommandError(`invalid - validate option "${text}"`)
}

/** Tells a change: `pod/web created`, or the object in the format asked for. */
export type Tell = (object: ApiObject, operation: string) => Run<void>

/** How changes are told. `typed`: JSON keeps the order of the fields, as for objects that kubectl made itself. */
export function* tellerOf(ctx: Context, dryRun: DryRun = 'none', typed = false): Run<Tell> {
  const { p, flags, session } = ctx
  const format = yield* outputFormat(p, flags, session.minor)
  if (format?.kind === 'object') {
    const { printer } = format
    const asMade = typed && printer.format === 'json'
    return (object) => p.out(asMade ? `${goJson(object, 4)}\n` : printer.print(object))
  }
  return (object, operation) => p.out(`${changeText(object, operation, dryRun)}\n`)
}

/** `deployment.apps/web scaled (dry run)`. */
export const changeText = (object: ApiObject, operation: string, dryRun: DryRun = 'none'): string =>
  `${kindName(object)}/${object.metadata?.name ?? '<unknown>'} ${operation}${DRY_RUN_SUFFIX[dryRun]}`

/** `error when creating "f.yaml": ` before the refusal; Invalid ones keep their own form. */
export function sourced(doing: string, source: string, error: unknown): unknown {
  if (!source || (error instanceof StatusError && error.reason === 'Invalid')) return error
  return prefixed(`error when ${doing} "${source}": `, error)
}

/** An error inside another text, as Go's `fmt.Errorf("…%v")`: no longer a refusal, only words. */
export function wrapped(text: string, error: unknown): unknown {
  if (error instanceof ConnectionError) return new CommandError(text + error.goText)
  return error instanceof CommandError ? new CommandError(text + error.message) : error
}

/** Runs one step for each object; failures are collected, so that the rest is still done. */
export function* forEach(infos: Info[], errors: CommandError[], step: (info: Info) => Run<void>): Run<void> {
  for (const info of infos) {
    try {
      yield* step(info)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      errors.push(error)
    }
  }
}

/** The one name that `create deployment NAME` and its like take; those after `--` are no names. */
export function oneName(ctx: Context): string {
  const names = ctx.dash < 0 ? ctx.args : ctx.args.slice(0, ctx.dash)
  if (names.length !== 1) throw usage(ctx, `exactly one NAME is required, got ${names.length}`)
  return names[0]!
}

/** `… See 'kubectl create deployment -h' for help and examples`. */
export const usage = (ctx: Context, text: string): CommandError =>
  new CommandError(`${text}\nSee 'kubectl ${ctx.path} -h' for help and examples`)

/** The words after `--`. */
export const commandWords = (ctx: Context): string[] => (ctx.dash < 0 ? [] : ctx.args.slice(ctx.dash))

/** `key=value,key=value` as a map. Throws `unexpected label spec`. */
export function parseLabels(text: string): Record<string, string> {
  if (text === '') return {}
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', ...rest] = pair.split('=')
      if (rest.length !== 1 || key === '') throw new CommandError(`unexpected label spec: ${pair}`)
      return [key, rest[0]!]
    }),
  )
}
