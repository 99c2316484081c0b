/** `kubectl create role` and `create clusterrole`. Models kubectl/pkg/cmd/create/create_role.go and create_clusterrole.go. */
import type { Run } from '../../../../host/process.ts'
import type { Context } from '../../command.ts'
import { CommandError, PlainError } from '../../errors.ts'
import type { FlagValues } from '../../flags.ts'
import { parseLabels } from '../../changes.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

const GROUP = 'rbac.authorization.k8s.io'
const RESOURCE_VERBS = [
  'get',
  'delete',
  'list',
  'create',
  'update',
  'patch',
  'watch',
  'proxy',
  'deletecollection',
  'use',
  'bind',
  'escalate',
  'impersonate',
  'approve',
  'sign',
  'attest',
]
const NON_RESOURCE_VERBS = ['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']

interface Rule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

interface Wanted {
  group: string
  resource: string
}

const unique = (list: string[]): string[] => [...new Set(list)]

/** `*` makes the others needless. */
const verbsOf = (flags: FlagValues): string[] => {
  const verbs = unique(flags.list('verb'))
  return verbs.includes('*') ? ['*'] : verbs
}

/** Each type by its group and plural name, subresources kept; `*` as it is. */
function* resourcesOf(ctx: Context): Run<Wanted[]> {
  const words = unique(ctx.flags.list('resource'))
  if (words.includes('*')) return [{ group: '', resource: '*' }]
  const mapper = yield* ctx.session.mapper()
  const verbs = verbsOf(ctx.flags)
  return words.map((word) => {
    const [typed = '', ...sub] = word.split('/')
    const type = mapper.find(typed) ?? typeOfWord(typed)
    const isKnown = checkSpecialVerbs(verbs, type) || mapper.find(typed) !== undefined
    if (!isKnown) throw new PlainError(noSuchType(typed))
    return { group: type.group, resource: [type.resource, ...sub].join('/') }
  })
}

/** A type as it is written, for what the server does not serve. */
function typeOfWord(word: string): Wanted {
  const [resource = '', ...group] = word.split('.')
  return { resource, group: group.join('.') }
}

/** Verbs that only some types know; those need not be served. */
const SPECIAL_VERBS: Record<string, Wanted[]> = {
  use: [
    { resource: 'podsecuritypolicies', group: 'policy' },
    { resource: 'podsecuritypolicies', group: 'extensions' },
  ],
  bind: [
    { resource: 'roles', group: GROUP },
    { resource: 'clusterroles', group: GROUP },
  ],
  escalate: [
    { resource: 'roles', group: GROUP },
    { resource: 'clusterroles', group: GROUP },
  ],
  impersonate: [
    { resource: 'users', group: '' },
    { resource: 'serviceaccounts', group: '' },
    { resource: 'groups', group: '' },
    { resource: 'userextras', group: 'authentication.k8s.io' },
  ],
}

/** Whether a special verb vouches for the type. Throws when one cannot be performed on it. */
function checkSpecialVerbs(verbs: string[], type: Wanted): boolean {
  const special = verbs.filter((verb) => SPECIAL_VERBS[verb] !== undefined)
  for (const verb of special) {
    const fits = SPECIAL_VERBS[verb]?.some(({ resource, group }) => resource === type.resource && group === type.group)
    if (fits !== true)
      throw new CommandError(`can not perform '${verb}' on '${type.resource}' in group '${type.group}'`)
  }
  return special.length > 0
}

function noSuchType(word: string): string {
  const [resource = '', ...group] = word.split('.')
  return `the server doesn't have a resource type "${resource}"${group.length > 0 ? ` in group "${group.join('.')}"` : ''}`
}

/** One rule for each API group, in order of the groups. */
function rulesOf(verbs: string[], resources: Wanted[], names: string[]): Rule[] {
  const groups = unique(resources.map(({ group }) => group)).sort()
  return groups.map((group) => ({
    verbs,
    apiGroups: [group],
    resources: resources.filter((one) => one.group === group).map(({ resource }) => resource),
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }))
}

function* warnVerbs(ctx: Context, verbs: string[]): Run<void> {
  for (const verb of verbs)
    if (verb !== '*' && !RESOURCE_VERBS.includes(verb))
      yield* ctx.p.err(`Warning: '${verb}' is not a standard resource verb\n`)
}

export const createRole = generatorCommand({
  path: 'create role',
  *make(ctx, name, meta) {
    const { flags } = ctx
    const verbs = verbsOf(flags)
    if (verbs.length === 0) throw new CommandError('at least one verb must be specified')
    if (flags.list('resource').length === 0) throw new CommandError('at least one resource must be specified')
    const resources = yield* resourcesOf(ctx)
    yield* warnVerbs(ctx, verbs)
    return {
      kind: 'Role',
      apiVersion: `${GROUP}/v1`,
      metadata: meta({ name, ...(yield* explicitNamespace(ctx)) }),
      rules: rulesOf(verbs, resources, flags.list('resource-name')),
    }
  },
})

function checkUrls(verbs: string[], urls: string[]): void {
  for (const url of urls)
    if (!url.startsWith('/') && url !== '*') throw new CommandError('nonResourceURL should start with /')
  for (const verb of verbs)
    if (urls.length > 0 && !NON_RESOURCE_VERBS.includes(verb))
      throw new CommandError(`invalid verb: '${verb}' for nonResourceURL`)
}

function aggregated(flags: FlagValues): object {
  const given = ['verb', 'resource', 'resource-name', 'non-resource-url'].some((name) => flags.list(name).length > 0)
  if (given)
    throw new CommandError(
      'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
    )
  return {
    rules: null,
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: parseLabels(flags.text('aggregation-rule')) }] },
  }
}

function* clusterRules(ctx: Context): Run<object> {
  const { flags } = ctx
  const verbs = verbsOf(flags)
  const urls = unique(flags.list('non-resource-url'))
  if (verbs.length === 0) throw new CommandError('at least one verb must be specified')
  if (flags.list('resource').length === 0 && urls.length === 0)
    throw new CommandError('one of resource or nonResourceURL must be specified')
  const resources = yield* resourcesOf(ctx)
  if (resources.length > 0) yield* warnVerbs(ctx, verbs)
  checkUrls(verbs, urls)
  const rules: Rule[] = [
    ...rulesOf(verbs, resources, flags.list('resource-name')),
    ...(urls.length > 0 ? [{ verbs, nonResourceURLs: urls }] : []),
  ]
  return { rules }
}

export const createClusterRole = generatorCommand({
  path: 'create clusterrole',
  *make(ctx, name, meta) {
    const head = { kind: 'ClusterRole', apiVersion: `${GROUP}/v1`, metadata: meta({ name }) }
    return { ...head, ...(ctx.flags.text('aggregation-rule') ? aggregated(ctx.flags) : yield* clusterRules(ctx)) }
  },
})
