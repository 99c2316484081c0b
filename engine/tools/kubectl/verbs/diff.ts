/** `kubectl diff`: what apply would change, as the server's dry run tells it. Models kubectl/pkg/cmd/diff. Not modelled: another program than diff by default. */
import type { Run } from '../../../host/process.ts'
import { buildLocal, optionsFromFlags, type Info } from '../builder.ts'
import { usage } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import { CommandError, isNotFound, throwAll } from '../errors.ts'
import { withoutLastApplied } from '../last-applied.ts'
import { pathOf } from '../mapper.ts'
import { isEmptyPatch } from '../patching.ts'
import { hideManagedFields } from '../printers/managed-fields.ts'
import { makeYaml } from '../serialize.ts'
import { unifiedHunks } from '../unified-diff.ts'
import { applyPatchOf } from './apply/patcher.ts'
import { prunable, prunedTypes, type Visited } from './apply/prune.ts'

export const diffCommand: Command = { path: 'diff', complete: 'none', run: runOrFail }

/** 1 means that there are differences; what goes wrong ends with 2. */
function* runOrFail(ctx: Context): Run<number> {
  try {
    return yield* runDiff(ctx)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    yield* ctx.p.err(`${error.text()}\n`)
    return 2
  }
}

function* runDiff(ctx: Context): Run<number> {
  const { flags, p, args } = ctx
  if (args.length > 0) throw usage(ctx, `Unexpected args: [${args.join(' ')}]`)
  if (flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('must specify one of -f and -k')
  if (flags.bool('force-conflicts') && !flags.bool('server-side'))
    throw new CommandError('--force-conflicts only works with --server-side')
  const pruned = flags.bool('prune') ? yield* prunedTypes(ctx) : []
  const { infos, errors } = yield* buildLocal(ctx, { ...optionsFromFlags(ctx), validate: true })
  throwAll(errors)
  const pairs: Pair[] = []
  const visited: Visited = { uids: new Set(), namespaces: new Set() }
  for (const info of infos) pairs.push(yield* compared(ctx, info, visited))
  for (const { type, object } of yield* prunable(ctx, pruned, visited)) {
    const { namespace = '', name = '' } = object.metadata ?? {}
    pairs.push({ name: fileName(type, namespace, name), live: makeYaml(object), merged: '' })
  }
  if (p.env.KUBECTL_EXTERNAL_DIFF) return yield* runExternal(ctx, p.env.KUBECTL_EXTERNAL_DIFF, pairs)
  const different = pairs.filter(({ live, merged }) => live !== merged).sort((a, b) => (a.name < b.name ? -1 : 1))
  if (different.length === 0) return 0
  const [from, to] = [`/tmp/LIVE-${yield* digits(ctx)}`, `/tmp/MERGED-${yield* digits(ctx)}`]
  const stamp = fileTime(yield* p.now())
  for (const { name, live, merged } of different) {
    yield* p.out(
      `diff -u -N ${from}/${name} ${to}/${name}\n--- ${from}/${name}\t${stamp}\n+++ ${to}/${name}\t${stamp}\n${unifiedHunks(live, merged)}`,
    )
  }
  return 1
}

/** One object: the names of its files and their texts; empty: no file. */
interface Pair {
  name: string
  live: string
  merged: string
}

/** A program of the person's choice gets two folders; its exit code is kubectl's. */
function* runExternal(ctx: Context, command: string, pairs: Pair[]): Run<number> {
  const { p } = ctx
  const [program = '', ...words] = command.split(' ')
  const [from, to] = [`/tmp/LIVE-${yield* digits(ctx)}`, `/tmp/MERGED-${yield* digits(ctx)}`]
  for (const folder of [from, to]) yield* p.mkdir(folder, { parents: true, mode: 0o700 })
  for (const { name, live, merged } of pairs) {
    yield* p.writeFile(`${from}/${name}`, live)
    if (merged !== '' || live === '') yield* p.writeFile(`${to}/${name}`, merged)
  }
  const child = yield* p.spawn({ argv: [program, from, to, ...words.filter((one) => /^[a-zA-Z0-9-=]+$/.test(one))] })
  const missing = 'error' in child
  const code = missing ? 0 : yield* p.wait(child.pid)
  for (const folder of [from, to]) yield* p.remove(folder, { recursive: true })
  if (!missing) return code
  throw new CommandError(`failed to run ${JSON.stringify(program)}: executable file not found in $PATH`)
}

/** `apps.v1.Deployment.default.web`; a cluster-scoped object has nothing between two dots. */
const fileName = (type: ResourceType, namespace: string, name: string): string =>
  [...(type.group ? [type.group] : []), type.version, type.kind, namespace, name].join('.')

function* digits(ctx: Context): Run<string> {
  return String(Math.floor((yield* ctx.p.random()) * 4294967296))
}

/** `2026-11-21 01:30:00.000000000 +0000`. */
const fileTime = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}000000 +0000`

function* compared(ctx: Context, info: Info, visited: Visited): Run<Pair> {
  const { type, namespace, name } = info
  const live = yield* liveOf(ctx, info)
  visited.uids.add(live?.metadata?.uid ?? '')
  if (type.namespaced) visited.namespaces.add(namespace)
  const merged = yield* mergedOf(ctx, info, live)
  const [shownLive, shownMerged] = type.kind === 'Secret' && type.group === '' ? masked(live, merged) : [live, merged]
  return { name: fileName(type, namespace, name), live: textOf(ctx, shownLive), merged: textOf(ctx, shownMerged) }
}

const textOf = (ctx: Context, object: ApiObject | undefined): string =>
  object === undefined ? '' : makeYaml(ctx.flags.bool('show-managed-fields') ? object : hideManagedFields(object))

function* liveOf(ctx: Context, info: Info): Run<ApiObject | undefined> {
  const client = yield* ctx.session.client()
  try {
    return yield* client.get(pathOf(info.type, info.namespace, info.name))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** What the server would make of it. */
function* mergedOf(ctx: Context, info: Info, live: ApiObject | undefined): Run<ApiObject> {
  const { flags } = ctx
  const client = yield* ctx.session.client()
  const manager = flags.text('field-manager')
  const query = { dryRun: 'All', ...(manager ? { fieldManager: manager } : {}) }
  const path = pathOf(info.type, info.namespace, info.name)
  if (flags.bool('server-side')) {
    const fieldManager = flags.changed('field-manager') ? manager : 'kubectl'
    return yield* client.patch(path, 'apply', info.object, {
      ...query,
      fieldManager,
      force: String(flags.bool('force-conflicts')),
    })
  }
  if (!live) return yield* client.create(pathOf(info.type, info.namespace), info.object, query)
  const patch = applyPatchOf(info, withoutLastApplied(info.object), live, true)
  return isEmptyPatch(patch) ? live : yield* client.patch(path, patch.type, patch.body, query)
}

type Data = Record<string, string>

/** Secrets are not shown: `***`, or `*** (before)` and `*** (after)` where they differ. */
function masked(live: ApiObject | undefined, merged: ApiObject): [ApiObject | undefined, ApiObject] {
  const [old, now] = [(live?.data ?? {}) as Data, (merged.data ?? {}) as Data]
  const hide = (data: Data, other: Data, mark: string): Data =>
    Object.fromEntries(
      Object.keys(data).map((key) => [key, key in other && other[key] !== data[key] ? `*** (${mark})` : '***']),
    )
  return [
    live && { ...live, ...(live.data ? { data: hide(old, now, 'before') } : {}) },
    { ...merged, ...(merged.data ? { data: hide(now, old, 'after') } : {}) },
  ]
}
