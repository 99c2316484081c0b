/** `kubectl taint`. Models kubectl/pkg/cmd/taint. */
import type { Run } from '../../../host/process.ts'
import { labelKeyErrors, labelValueErrors } from '../../../objects/selectors.ts'
import { build, optionsFromFlags } from '../builder.ts'
import { dryRunOf, forEach, tellerOf, usage, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { AggregateError, CommandError, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { splitPairs } from '../pairs.ts'
import { twoWayPatch } from '../patching.ts'

export const taintCommand: Command = { path: 'taint', complete: 'nodes', run: runTaint }

interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}

interface Changes {
  add: Taint[]
  remove: Taint[]
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const isTaint = (word: string): boolean => word.includes('=') || word.includes(':') || word.endsWith('-')
const makeTaint = ({ key, value, effect }: Taint): string =>
  `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`

/** `key=value:Effect`, `key:Effect`; without effect only to remove. */
function parseTaint(text: string): Taint {
  const [left = '', effect = '', ...more] = text.split(':')
  const [key = '', value = '', ...rest] = text.includes(':') ? left.split('=') : [left]
  if (more.length > 0 || rest.length > 0) throw new CommandError(`invalid taint spec: ${text}`)
  if (text.includes(':') && !EFFECTS.includes(effect))
    throw new CommandError(`invalid taint effect: ${effect}, unsupported taint effect`)
  const problems = [...labelKeyErrors(key), ...labelValueErrors(value)]
  if (problems.length > 0) throw new CommandError(`invalid taint spec: ${text}, ${problems.join('; ')}`)
  return { key, ...(value ? { value } : {}), effect }
}

function parseTaints(words: string[]): Changes {
  const changes: Changes = { add: [], remove: [] }
  for (const word of words) {
    if (word.endsWith('-')) changes.remove.push(parseTaint(word.slice(0, -1)))
    else {
      const taint = parseTaint(word)
      if (taint.effect === '') throw new CommandError(`invalid taint spec: ${word}`)
      if (changes.add.some((other) => same(other, taint)))
        throw new CommandError(
          `duplicated taints with the same key and effect: {${taint.key} ${taint.value ?? ''} ${taint.effect} <nil>}`,
        )
      changes.add.push(taint)
    }
  }
  return changes
}

const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect
const removes = (gone: Taint, taint: Taint): boolean =>
  gone.key === taint.key && (gone.effect === '' || gone.effect === taint.effect)

function checkBoth({ add, remove }: Changes): void {
  const both = add.filter((taint) => remove.some((gone) => removes(gone, taint)))
  if (both.length > 0)
    throw new CommandError(
      `can not both modify and remove the following taint(s) in the same command: ${both.map(makeTaint).join(', ')}`,
    )
}

/** New taints first, then the old ones that stay. Throws for taints to remove that are not there. */
function reorganized(
  old: Taint[],
  { add, remove }: Changes,
  overwrite: boolean,
): { taints: Taint[]; operation: string } {
  const all = [...add, ...old.filter((taint) => !add.some((other) => same(other, taint)))]
  const missing = remove.filter((gone) => !all.some((taint) => removes(gone, taint)))
  if (missing.length > 0) throwAll(missing.map((gone) => new CommandError(`taint "${makeTaint(gone)}" not found`)))
  const taints = all.filter((taint) => !remove.some((gone) => removes(gone, taint)))
  const added = all.length !== old.length
  const deleted = remove.length > 0
  const operation = (added && deleted) || overwrite ? 'modified' : added ? 'tainted' : 'untainted'
  return { taints, operation }
}

function* runTaint(ctx: Context): Run<void> {
  const { flags } = ctx
  const { objects, pairs } = splitPairs(ctx.args, 'taint', isTaint)
  const dryRun = yield* dryRunOf(ctx)
  if (objects.length === 0) throw new CommandError('one or more resources must be specified as <resource> <name>')
  if (pairs.length === 0) throw new CommandError('at least one taint update is required')
  const changes = parsing(ctx, pairs)
  checkBoth(changes)
  yield* checkNodes(ctx, objects)
  const tell = yield* tellerOf(ctx)
  const { infos, errors } = yield* build(ctx, optionsFromFlags(ctx, objects))
  yield* forEach(infos, errors, function* (info) {
    const old = ((info.object.spec as { taints?: Taint[] } | undefined)?.taints ?? []) as Taint[]
    const exist = changes.add.filter((taint) => old.some((other) => same(other, taint)))
    if (!flags.bool('overwrite') && exist.length > 0)
      throw new CommandError(
        `node ${info.name} already has ${[...new Set(exist.map(({ key }) => key))].join(',')} taint(s) with same effect(s) and --overwrite is false`,
      )
    const { taints, operation } = reorganized(old, changes, flags.bool('overwrite'))
    const after: ApiObject = { ...info.object, spec: { ...(info.object.spec as object), taints } }
    if (dryRun === 'client') return yield* tell(after, operation)
    const patch = twoWayPatch(info.type, info.object, taints.length > 0 ? after : withoutTaints(after))
    const client = yield* ctx.session.client()
    yield* tell(
      yield* client.patch(pathOf(info.type, '', info.name), patch.type, patch.body, writeQuery(ctx, dryRun)),
      operation,
    )
  })
  throwAll(errors.flatMap((error) => (error instanceof AggregateError ? error.errors : [error])))
}

function withoutTaints(node: ApiObject): ApiObject {
  const { taints: _, ...spec } = node.spec as { taints?: unknown }
  return { ...node, spec }
}

function parsing(ctx: Context, words: string[]): Changes {
  try {
    return parseTaints(words)
  } catch (error) {
    throw error instanceof CommandError ? usage(ctx, error.message) : error
  }
}

function* checkNodes(ctx: Context, objects: string[]): Run<void> {
  const mapper = yield* ctx.session.mapper()
  const words = objects.some((word) => word.includes('/'))
    ? objects.map((word) => word.split('/')[0]!)
    : objects[0]!.split(',')
  for (const word of words) {
    const type = mapper.resolve(word)
    if (type.kind !== 'Node') throw new CommandError(`invalid resource type ${word}, only node types are supported`)
  }
}
