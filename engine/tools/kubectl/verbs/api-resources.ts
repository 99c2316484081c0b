/** `kubectl api-resources` and `api-versions`. Models kubectl/pkg/cmd/apiresources. */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import { CommandError, ConnectionError, UsageError } from '../errors.ts'
import { apiVersionOf, groupResourceOf, type Mapper } from '../mapper.ts'
import { alignTabs, GET_TABS } from '../printers/tabwriter.ts'

export const apiResourcesCommand: Command = { path: 'api-resources', complete: 'none', run: runApiResources }
export const apiVersionsCommand: Command = { path: 'api-versions', complete: 'none', run: runApiVersions }

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byGroupAndName = (a: ResourceType, b: ResourceType): number =>
  compare(a.group, b.group) || compare(a.resource, b.resource)

function orderOf(sortBy: string): (a: ResourceType, b: ResourceType) => number {
  if (sortBy === '') return byGroupAndName
  return (a, b) =>
    (sortBy === 'kind' ? compare(a.kind, b.kind) : compare(a.resource, b.resource)) || byGroupAndName(a, b)
}

function checkFlags(ctx: Context): void {
  const { flags, args } = ctx
  if (args.length > 0) throw new UsageError(ctx.path, `unexpected arguments: [${args.join(' ')}]`)
  const output = flags.text('output')
  if (!['', 'wide', 'name'].includes(output)) throw new CommandError(`--output ${output} is not available`)
  if (!['', 'name', 'kind'].includes(flags.text('sort-by')))
    throw new CommandError('--sort-by accepts only name or kind')
}

function wanted(ctx: Context, type: ResourceType): boolean {
  const { flags } = ctx
  if (type.verbs.length === 0) return false
  if (flags.changed('api-group') && type.group !== flags.text('api-group')) return false
  if (flags.changed('namespaced') && type.namespaced !== flags.bool('namespaced')) return false
  if (!flags.list('verbs').every((verb) => type.verbs.includes(verb))) return false
  return flags.list('categories').every((category) => type.categories.includes(category))
}

function* runApiResources(ctx: Context): Run<void> {
  checkFlags(ctx)
  const { flags, p } = ctx
  const types = (yield* ctx.session.mapper(1, true))
    .preferred()
    .filter((type) => wanted(ctx, type))
    .sort(orderOf(flags.text('sort-by')))
  const output = flags.text('output')
  if (output === 'name') return yield* p.out(types.map((type) => `${groupResourceOf(type)}\n`).join(''))
  const wide = output === 'wide'
  const rows = types.map((type) => row(type, wide))
  if (!flags.bool('no-headers'))
    rows.unshift(['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])])
  yield* p.out(alignTabs(rows.map((cells) => `${cells.join('\t')}\n`).join(''), GET_TABS))
}

const row = (type: ResourceType, wide: boolean): string[] => [
  type.resource,
  type.shortNames.join(','),
  apiVersionOf(type),
  String(type.namespaced),
  type.kind,
  ...(wide ? [[...type.verbs].sort().join(','), type.categories.join(',')] : []),
]

/** The types, or the command's own words for why there are none. */
function* discovered(ctx: Context): Run<Mapper> {
  try {
    return yield* ctx.session.mapper(1, true)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    throw new CommandError(`couldn't get available api versions from server: ${error.goText}`)
  }
}

function* runApiVersions(ctx: Context): Run<void> {
  if (ctx.args.length > 0) throw new UsageError(ctx.path, `unexpected arguments: [${ctx.args.join(' ')}]`)
  const { groups } = (yield* discovered(ctx)).discovered
  const names = groups.flatMap(({ group, versions }) =>
    versions.map((version) => (group ? `${group}/${version}` : version)),
  )
  yield* ctx.p.out(
    [...names]
      .sort()
      .map((name) => `${name}\n`)
      .join(''),
  )
}
